/* A growing byte buffer: see buf.h. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void tt_buf_release(struct tt_buf *buf)
{
    free(buf->data);
    *buf = (struct tt_buf)TT_BUF_INIT;
}

int tt_buf_reserve(struct tt_buf *buf, size_t n, struct tt_err *err)
{
    size_t need;

    if (__builtin_add_overflow(buf->len, n, &need) || __builtin_add_overflow(need, 1, &need))
        return tt_err_memory(err, n);
    return tt_grow(&buf->data, &buf->cap, need, 1, err);
}

int tt_buf_add(struct tt_buf *buf, const void *bytes, size_t n, struct tt_err *err)
{
    if (tt_buf_reserve(buf, n, err))
        return -1;
    if (n)
        memcpy(buf->data + buf->len, bytes, n);
    buf->len += n;
    buf->data[buf->len] = '\0';
    return 0;
}

int tt_buf_add_text(struct tt_buf *buf, const char *text, struct tt_err *err)
{
    return tt_buf_add(buf, text, strlen(text), err);
}

int tt_buf_printf(struct tt_buf *buf, struct tt_err *err, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0 || tt_buf_reserve(buf, (size_t)n, err))
        return tt_err_memory(err, 0);
    va_start(args, fmt);
    vsnprintf(buf->data + buf->len, (size_t)n + 1, fmt, args);
    va_end(args);
    buf->len += (size_t)n;
    return 0;
}
