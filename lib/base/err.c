/* Errors as values: see err.h. Texts are cleaned here, once, so that no data can write control codes to a terminal. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Bytes of the UTF-8 character at p; 1 where there is none. */
static size_t character(const unsigned char *p)
{
    size_t n = *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : *p >= 0xc2 ? 2 : 1;

    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 1;
    return n;
}

/* Copy src to dst, at most cap bytes with the final NUL, showing control characters as \xNN: those of ASCII, and U+0080
 * to U+009F, some of which a terminal reads as the start of a command. Cut between characters. Returns the length. */
static size_t copy_clean(char *dst, size_t cap, const char *src)
{
    const unsigned char *p = (const unsigned char *)src;
    size_t used = 0;

    while (*p) {
        size_t n = character(p), shown = n;
        int is_control = *p < 0x20 || *p == 0x7f || (n == 2 && *p == 0xc2 && p[1] < 0xa0);
        if (is_control)
            shown = 4 * n;
        if (used + shown + 1 > cap)
            break;
        for (size_t i = 0; i < n; i++) {
            if (is_control)
                snprintf(dst + used + 4 * i, 5, "\\x%02x", p[i]);
            else
                dst[used + i] = (char)p[i];
        }
        used += shown;
        p += n;
    }
    dst[used] = '\0';
    return used;
}

/* The text, and ": tail" if there is one, before which a long text is cut. */
static void set(struct tt_err *err, enum tt_err_kind kind, const char *tail, const char *fmt, va_list args)
{
    char raw[sizeof(err->text) + 8]; /* a character that is cut here does not fit there */
    size_t tail_len = tail ? strlen(tail) + 2 : 0;

    if (err->kind != TT_ERR_NONE)
        return;
    if (vsnprintf(raw, sizeof(raw), fmt, args) < 0)
        raw[0] = '\0';
    err->kind = kind;
    size_t used = copy_clean(err->text, sizeof(err->text) - tail_len, raw);
    if (tail)
        snprintf(err->text + used, sizeof(err->text) - used, ": %s", tail);
}

int tt_err_set(struct tt_err *err, enum tt_err_kind kind, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    set(err, kind, NULL, fmt, args);
    va_end(args);
    return -1;
}

int tt_err_system(struct tt_err *err, int errnum, const char *fmt, ...)
{
    va_list args;
    char reason[256];

    if (strerror_r(errnum, reason, sizeof(reason)))
        snprintf(reason, sizeof(reason), "error %d", errnum);
    va_start(args, fmt);
    set(err, TT_ERR_SYSTEM, reason, fmt, args);
    va_end(args);
    return -1;
}

int tt_err_memory(struct tt_err *err, size_t bytes)
{
    if (bytes == 0)
        return tt_err_set(err, TT_ERR_MEMORY, "out of memory");
    return tt_err_set(err, TT_ERR_MEMORY, "out of memory: %zu more bytes are needed", bytes);
}
