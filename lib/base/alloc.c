/* Memory with checked products: see alloc.h. */
#include "base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* n * size, or SIZE_MAX when that overflows: no allocation of SIZE_MAX bytes succeeds. */
static size_t product(size_t n, size_t size)
{
    size_t bytes;

    return __builtin_mul_overflow(n, size, &bytes) ? SIZE_MAX : bytes;
}

void *tt_alloc(size_t n, size_t size, struct tt_err *err)
{
    size_t bytes = product(n, size);
    void *block = bytes > PTRDIFF_MAX ? NULL : malloc(bytes ? bytes : 1);

    if (!block)
        tt_err_memory(err, bytes);
    return block;
}

void *tt_alloc_zero(size_t n, size_t size, struct tt_err *err)
{
    size_t bytes = product(n, size);
    void *block = bytes > PTRDIFF_MAX ? NULL : calloc(bytes ? bytes : 1, 1);

    if (!block)
        tt_err_memory(err, bytes);
    return block;
}

void *tt_alloc_aligned(size_t n, size_t size, struct tt_err *err)
{
    size_t bytes = product(n, size);
    void *block = NULL;

    if (bytes > PTRDIFF_MAX || posix_memalign(&block, 64, bytes ? bytes : 64)) {
        tt_err_memory(err, bytes);
        return NULL;
    }
    return block;
}

int tt_grow(void *block, size_t *cap, size_t need, size_t size, struct tt_err *err)
{
    void *old, *grown;

    if (need <= *cap)
        return 0;
    size_t want = *cap + *cap / 2 + 16;
    if (want < need)
        want = need;
    size_t bytes = product(want, size);
    memcpy(&old, block, sizeof(old)); /* the caller's pointer may be of any type */
    grown = bytes > PTRDIFF_MAX ? NULL : realloc(old, bytes);
    if (!grown)
        return tt_err_memory(err, bytes);
    memcpy(block, &grown, sizeof(grown));
    *cap = want;
    return 0;
}

char *tt_copy_text(const char *text, size_t n, struct tt_err *err)
{
    char *copy = tt_alloc(n + 1, 1, err);

    if (copy) {
        memcpy(copy, text, n);
        copy[n] = '\0';
    }
    return copy;
}
