/* Memory with checked products: see alloc.h. */
#include "base/alloc.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20 };

/* n * size, or SIZE_MAX when that overflows: no allocation of SIZE_MAX bytes succeeds. */
static size_t product(size_t n, size_t size)
{
    size_t bytes;

    return __builtin_mul_overflow(n, size, &bytes) ? SIZE_MAX : bytes;
}

/* A table whose rows are read in no order should lie in large pages, if the system has them: with pages of 4 KiB, the
 * processor has to look up the address of nearly each row in memory, too. */
static int is_large(size_t bytes)
{
    return bytes > 2 * (size_t)HUGE_PAGE;
}

/* A block that begins at a multiple of `alignment`; a large one is of whole large pages. */
static void *allocate(size_t bytes, size_t alignment, struct tt_err *err)
{
    void *block = NULL;

    if (bytes > PTRDIFF_MAX - HUGE_PAGE) {
        tt_err_memory(err, bytes);
        return NULL;
    }
    size_t all = is_large(bytes) ? (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE : bytes ? bytes : 1;
    if (posix_memalign(&block, is_large(bytes) ? HUGE_PAGE : alignment, all)) {
        tt_err_memory(err, bytes);
        return NULL;
    }
#ifdef MADV_HUGEPAGE
    if (is_large(bytes))
        (void)madvise(block, all, MADV_HUGEPAGE);
#endif
    return block;
}

void *tt_alloc(size_t n, size_t size, struct tt_err *err)
{
    return allocate(product(n, size), _Alignof(max_align_t), err);
}

void *tt_alloc_zero(size_t n, size_t size, struct tt_err *err)
{
    size_t bytes = product(n, size);
    void *block;

    if (is_large(bytes)) {
        block = allocate(bytes, HUGE_PAGE, err);
        return block ? memset(block, 0, bytes) : NULL;
    }
    block = calloc(bytes ? bytes : 1, 1);
    if (!block)
        tt_err_memory(err, bytes);
    return block;
}

void *tt_alloc_aligned(size_t n, size_t size, struct tt_err *err)
{
    return allocate(product(n, size), 64, err);
}

int tt_grow(void *block, size_t *cap, size_t need, size_t size, struct tt_err *err)
{
    void *old, *grown;

    if (need <= *cap)
        return 0;
    size_t grown_cap = *cap + *cap / 2 + 16;
    if (grown_cap < need)
        grown_cap = need;
    size_t bytes = product(grown_cap, size);
    memcpy(&old, block, sizeof(old)); /* the caller's pointer may be of any type */
    grown = bytes > PTRDIFF_MAX ? NULL : realloc(old, bytes);
    if (!grown)
        return tt_err_memory(err, bytes);
    memcpy(block, &grown, sizeof(grown));
    *cap = grown_cap;
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
