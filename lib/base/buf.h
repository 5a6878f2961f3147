/* A growing byte buffer. Always followed by a NUL that is not counted, so `data` is a C string when the bytes are text.
 * TT_BUF_INIT is an empty buffer. The struct owns `data` until release.
 */
#ifndef TT_BASE_BUF_H
#define TT_BASE_BUF_H

#include "base/err.h"

struct tt_buf {
    char *data; /* NULL before the first addition */
    size_t len; /* bytes in use */
    size_t cap; /* bytes allocated */
};

#define TT_BUF_INIT { NULL, 0, 0 }

void tt_buf_release(struct tt_buf *buf);

/* Append. On failure -1, and the content is as before. */
int tt_buf_add(struct tt_buf *buf, const void *bytes, size_t n, struct tt_err *err) TT_CHECKED;
int tt_buf_add_text(struct tt_buf *buf, const char *text, struct tt_err *err) TT_CHECKED;
int tt_buf_printf(struct tt_buf *buf, struct tt_err *err, const char *fmt, ...) TT_PRINTF(3, 4) TT_CHECKED;

/* Make room for n more bytes after len, so that they can be written in place. */
int tt_buf_reserve(struct tt_buf *buf, size_t n, struct tt_err *err) TT_CHECKED;

#endif
