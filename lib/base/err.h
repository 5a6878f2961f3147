/* Errors as values. A function of lib/ that can fail returns 0 or -1 (or a pointer or NULL) and fills the caller's
 * struct tt_err with a kind to test and a text that is complete enough to print as it is: place first, then what.
 *
 *     struct tt_err err = TT_ERR_INIT;
 *     if (tt_thing_load(&thing, path, &err))
 *         ... print err.text
 *
 * lib/ never prints and never exits. The first error is kept: setting another one has no effect.
 */
#ifndef TT_BASE_ERR_H
#define TT_BASE_ERR_H

#include <stddef.h>

#define TT_CHECKED __attribute__((warn_unused_result))
#define TT_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

enum tt_err_kind {
    TT_ERR_NONE = 0,
    TT_ERR_INPUT,    /* the data is damaged or of another form */
    TT_ERR_MISMATCH, /* two good files that do not belong together */
    TT_ERR_USAGE,    /* options that cannot work together or with this input */
    TT_ERR_SYSTEM,   /* open, read, write, rename ... failed */
    TT_ERR_MEMORY,
};

struct tt_err {
    enum tt_err_kind kind;
    char text[1024]; /* one line, no newline; control characters of the data are shown as \xNN */
};

#define TT_ERR_INIT { TT_ERR_NONE, "" }

/* Fill *err (unless it is filled already) and return -1, so that `return tt_err_set(...)` reads well. */
int tt_err_set(struct tt_err *err, enum tt_err_kind kind, const char *fmt, ...) TT_PRINTF(3, 4);

/* The same for a failed system call: appends ": " and the text of errnum. */
int tt_err_system(struct tt_err *err, int errnum, const char *fmt, ...) TT_PRINTF(3, 4);

/* Out of memory; the text names the number of bytes that could not be allocated, unless it is 0: unknown. */
int tt_err_memory(struct tt_err *err, size_t bytes);

#endif
