/* JSON text (RFC 8259) written into a buffer. (Parsing is jansson's: segment_header.c, body.c.)
 *
 *     struct tt_json json = {.out = &buf};
 *     tt_json_open(&json, '{');
 *     tt_json_key(&json, "user");   tt_json_text(&json, id, len);
 *     tt_json_key(&json, "items");  tt_json_open(&json, '[');  ...  tt_json_close(&json, ']');
 *     tt_json_close(&json, '}');
 *     if (tt_json_finish(&json, &err)) ...
 *
 * Only finish can fail: when memory ran out on the way, the buffer holds a part. The caller pairs the brackets and puts
 * keys where they may stand.
 */
#ifndef TT_IO_JSON_WRITER_H
#define TT_IO_JSON_WRITER_H

#include <stdint.h>

#include "base/buf.h"

struct tt_json {
    struct tt_buf *out;  /* appended to */
    int follows;         /* a value stands before: the next one needs a comma */
    struct tt_err failed;
};

void tt_json_open(struct tt_json *json, char bracket);  /* '{' or '[' */
void tt_json_close(struct tt_json *json, char bracket); /* '}' or ']' */
void tt_json_key(struct tt_json *json, const char *name);
void tt_json_key_n(struct tt_json *json, const char *name, size_t len);

/* A text; bytes that are not UTF-8 become U+FFFD, one each. */
void tt_json_text(struct tt_json *json, const char *text, size_t len);
void tt_json_string(struct tt_json *json, const char *text); /* up to its NUL */

/* A float as %.9g, which names it exactly. Not finite: null. */
void tt_json_float(struct tt_json *json, float value);
void tt_json_double(struct tt_json *json, double value); /* as %.9g */
void tt_json_count(struct tt_json *json, uint64_t value);
void tt_json_bool(struct tt_json *json, int value);
void tt_json_null(struct tt_json *json);

/* A value that is JSON text already, such as one made once and used often. */
void tt_json_raw(struct tt_json *json, const char *text, size_t len);

int tt_json_finish(struct tt_json *json, struct tt_err *err) TT_CHECKED;

#endif
