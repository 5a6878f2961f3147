/* Memory. Sizes are counts times an element size; a product that overflows is an out-of-memory error and never a small
 * block. The caller owns what these functions return, and frees it with free().
 */
#ifndef TT_BASE_ALLOC_H
#define TT_BASE_ALLOC_H

#include "base/err.h"

/* A block for n elements of `size` bytes, not cleared; n may be 0. NULL and *err on failure. */
void *tt_alloc(size_t n, size_t size, struct tt_err *err) TT_CHECKED;

/* The same, cleared to zero. */
void *tt_alloc_zero(size_t n, size_t size, struct tt_err *err) TT_CHECKED;

/* A block aligned to 64 bytes (a cache line, a full vector register), not cleared. */
void *tt_alloc_aligned(size_t n, size_t size, struct tt_err *err) TT_CHECKED;

/* Make *block, now of *cap elements, hold at least `need`; grows by half, so n additions cost O(n).
 * On failure -1 and *block and *cap are as before. `block` is the address of the caller's pointer. */
int tt_grow(void *block, size_t *cap, size_t need, size_t size, struct tt_err *err) TT_CHECKED;

/* A copy of n bytes with a NUL after them. */
char *tt_copy_text(const char *text, size_t n, struct tt_err *err) TT_CHECKED;

#endif
