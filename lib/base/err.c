/* Errors as values: see err.h. Texts are cleaned here, once, so that no data can write control codes to a terminal. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Copy src to dst, at most cap bytes with the final NUL, showing control characters as \xNN. */
static void copy_clean(char *dst, size_t cap, const char *src)
{
    size_t used = 0;

    for (; *src; src++) {
        unsigned char c = (unsigned char)*src;
        char shown[5] = {(char)c, 0, 0, 0, 0};
        if (c < 0x20 || c == 0x7f)
            snprintf(shown, sizeof(shown), "\\x%02x", c);
        size_t n = strlen(shown);
        if (used + n + 1 > cap)
            break;
        memcpy(dst + used, shown, n);
        used += n;
    }
    dst[used] = '\0';
}

static void set(struct tt_err *err, enum tt_err_kind kind, const char *tail, const char *fmt, va_list args)
{
    char raw[sizeof(err->text)];

    if (err->kind != TT_ERR_NONE)
        return;
    int n = vsnprintf(raw, sizeof(raw), fmt, args);
    if (tail && n >= 0 && (size_t)n < sizeof(raw))
        snprintf(raw + n, sizeof(raw) - (size_t)n, ": %s", tail);
    err->kind = kind;
    copy_clean(err->text, sizeof(err->text), raw);
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
    return tt_err_set(err, TT_ERR_MEMORY, "out of memory: %zu bytes more were wanted", bytes);
}
