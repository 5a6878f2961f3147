/* JSON text: see json_writer.h. */
#include "io/json_writer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* Appended, without a call where there is room: an answer is made of hundreds of small pieces. */
static inline void add(struct tt_json *json, const char *bytes, size_t n)
{
    struct tt_buf *out = json->out;

    if (n == 0 || json->failed.kind != TT_ERR_NONE) /* nothing comes after what is missing */
        return;
    if (out->len < out->cap && n < out->cap - out->len) { /* room for the NUL, too */
        memcpy(out->data + out->len, bytes, n);
        out->len += n;
        out->data[out->len] = '\0';
    } else if (tt_buf_add(out, bytes, n, &json->failed)) {
        return; /* remembered there */
    }
}

static void begin_value(struct tt_json *json)
{
    if (json->follows)
        add(json, ",", 1);
    json->follows = 1;
}

void tt_json_open(struct tt_json *json, char bracket)
{
    begin_value(json);
    add(json, &bracket, 1);
    json->follows = 0;
}

void tt_json_close(struct tt_json *json, char bracket)
{
    add(json, &bracket, 1);
    json->follows = 1;
}

/* Bytes of the UTF-8 character at text, 0 when there is none. */
static size_t character(const char *text, size_t len)
{
    unsigned char c = (unsigned char)text[0];
    size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

    return n <= len && tt_is_utf8(text, n) ? n : 0;
}

/* Bytes that stand for themselves. */
static int is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static void add_escaped(struct tt_json *json, unsigned char c)
{
    static const char short_escapes[] = "\b\f\n\r\t\"\\", letters[] = "bfnrt\"\\";
    const char *special = c ? memchr(short_escapes, c, sizeof(short_escapes) - 1) : NULL;
    char escape[8];

    if (c >= 0x80)
        add(json, "\xef\xbf\xbd", 3);
    else if (special)
        add(json, (char[]){'\\', letters[special - short_escapes]}, 2);
    else
        add(json, escape, (size_t)snprintf(escape, sizeof(escape), "\\u%04x", c));
}

static void add_quoted(struct tt_json *json, const char *text, size_t len)
{
    size_t from = 0, i = 0;

    add(json, "\"", 1);
    while (i < len) {
        while (i < len && is_plain((unsigned char)text[i]))
            i++;
        if (i == len)
            break;
        size_t n = (unsigned char)text[i] >= 0x80 ? character(text + i, len - i) : 0;
        if (n == 0) {
            add(json, text + from, i - from);
            add_escaped(json, (unsigned char)text[i]);
            from = i + 1;
        }
        i += n ? n : 1;
    }
    add(json, text + from, len - from);
    add(json, "\"", 1);
}

void tt_json_key_n(struct tt_json *json, const char *name, size_t len)
{
    tt_json_text(json, name, len);
    add(json, ":", 1);
    json->follows = 0;
}

void tt_json_key(struct tt_json *json, const char *name)
{
    tt_json_key_n(json, name, strlen(name));
}

void tt_json_text(struct tt_json *json, const char *text, size_t len)
{
    begin_value(json);
    add_quoted(json, text, len);
}

void tt_json_string(struct tt_json *json, const char *text)
{
    tt_json_text(json, text, strlen(text));
}

/* Nine significant digits of x as "0.ddddddddd" without zeros at the end: 0 when this is not the way that %.9g writes
 * it, or when the last digit is too close to call here. printf would take most of the time of an answer. */
static size_t short_float(double x, char text[16])
{
    double scaled = fabs(x) * 1e9, rest;
    char *p = text;
    uint32_t digits;

    if (!(scaled >= 1e8 && scaled < 999999999))
        return 0;
    digits = (uint32_t)scaled;
    rest = scaled - digits;
    if (fabs(rest - 0.5) < 1e-6)
        return 0;
    digits += rest > 0.5;
    if (x < 0)
        *p++ = '-';
    *p++ = '0';
    *p++ = '.';
    for (int i = 8; i >= 0; i--, digits /= 10)
        p[i] = (char)('0' + digits % 10);
    for (p += 9; p[-1] == '0';)
        p--;
    return (size_t)(p - text);
}

void tt_json_double(struct tt_json *json, double value)
{
    char text[32];
    size_t n = short_float(value, text);

    if (!isfinite(value)) {
        tt_json_null(json);
        return;
    }
    begin_value(json);
    add(json, text, n ? n : (size_t)snprintf(text, sizeof(text), "%.9g", value));
}

void tt_json_float(struct tt_json *json, float value)
{
    tt_json_double(json, (double)value);
}

void tt_json_count(struct tt_json *json, uint64_t value)
{
    char text[24], *p = text + sizeof(text);

    do
        *--p = (char)('0' + value % 10);
    while (value /= 10);
    begin_value(json);
    add(json, p, (size_t)(text + sizeof(text) - p));
}

void tt_json_bool(struct tt_json *json, int value)
{
    begin_value(json);
    add(json, value ? "true" : "false", value ? 4 : 5);
}

void tt_json_null(struct tt_json *json)
{
    begin_value(json);
    add(json, "null", 4);
}

void tt_json_raw(struct tt_json *json, const char *text, size_t len)
{
    begin_value(json);
    add(json, text, len);
}

int tt_json_finish(struct tt_json *json, struct tt_err *err)
{
    return json->failed.kind == TT_ERR_NONE ? 0 : tt_err_set(err, json->failed.kind, "%s", json->failed.text);
}
