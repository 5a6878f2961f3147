/* Nearest neighbours by inner product: the interface of every index type, and the table of types. An index is built
 * from vectors (n, dim), stored in a file, opened from it (index_file.h), and searched by many queries at a time.
 *
 *     struct tt_ann *ann = tt_ann_types[0]->build(vectors, n, dim, pool, &err);     or tt_index_open(), from a file
 *     struct tt_ann_request request = {.n = 100, .queries = q, .k = 10};
 *     struct tt_ann_result result = {rows, scores, found};                          arrays of the caller
 *     if (tt_ann_search(ann, &request, &result, pool, &err)) ...
 *     tt_ann_free(ann);
 *
 * Adding a type: a module that defines a struct tt_ann_type, and its line in the table of ann.c. Programs then build,
 * open and search it, and offer its name as a choice.
 *
 * Results stand in rank order: the higher score first, and of equal scores the lower row number first. Filters act
 * during the search, so a query finds k rows, or all that its filter leaves when these are fewer.
 *
 * Threads: one search at a time on a pool; several searches of one index on several pools may run at once.
 * Determinism: rows and scores do not depend on the pool's size, on the other queries of the request, or on k.
 */
#ifndef TT_INDEX_ANN_H
#define TT_INDEX_ANN_H

#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"

#define TT_ANN_MAX_ROWS ((size_t)UINT32_MAX) /* rows have 32-bit numbers */

/* Which rows a query may find. */
struct tt_ann_filter {
    const uint32_t *excluded; /* rows that it may not, rising, or NULL */
    size_t n_excluded;
    const uint64_t *allowed;  /* a bit a row, row 0 the lowest bit of word 0: only these, or NULL for all */
};

static inline int tt_ann_is_excluded(const struct tt_ann_filter *filter, uint32_t row)
{
    size_t low = 0, high = filter->n_excluded;

    if (filter->allowed && !(filter->allowed[row / 64] >> (row % 64) & 1))
        return 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (filter->excluded[middle] < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low < filter->n_excluded && filter->excluded[low] == row;
}

struct tt_ann_request {
    size_t n;
    const float *queries;                /* (n, dim), finite */
    size_t k;                            /* 1 or more */
    const struct tt_ann_filter *filters; /* (n), or NULL for none */
};

struct tt_ann_result {
    uint32_t *rows; /* (n, k) the best first; undefined from found[i] on */
    float *scores;  /* (n, k) */
    size_t *found;  /* (n) at most k */
};

struct tt_ann {
    const struct tt_ann_type *type;
    size_t n, dim;
    const float *vectors; /* (n, dim) row-major, borrowed as long as the index lives */
};

struct tt_segment;

/* What a type brings; its own struct begins with struct tt_ann. build and open return NULL on failure. */
struct tt_ann_type {
    const char *name; /* in files, and for users to choose by */

    /* An index over vectors (n, dim), finite; n may be 0, dim is 1 or more. What is built is the same for any pool and
     * on any CPU. */
    struct tt_ann *(*build)(const float *vectors, size_t n, size_t dim, struct tt_pool *pool, struct tt_err *err);

    /* Add what was built, without the vectors, to a segment: borrowed from the index until the segment was written. */
    int (*store)(const struct tt_ann *ann, struct tt_segment *segment, struct tt_err *err);

    /* The index over vectors (n, dim) of a segment, from what store() added to it. Borrows from the segment, whose
     * bytes are hostile: types, shapes and references are checked. */
    struct tt_ann *(*open)(const struct tt_segment *segment, const float *vectors, size_t n, size_t dim,
                           struct tt_pool *pool, struct tt_err *err);

    int (*search)(const struct tt_ann *ann, const struct tt_ann_request *request, const struct tt_ann_result *result,
                  struct tt_pool *pool, struct tt_err *err);
    void (*free)(struct tt_ann *ann);
};

extern const struct tt_ann_type *const tt_ann_types[]; /* NULL at the end; the first one is the default */
enum { TT_ANN_MAX_TYPES = 8 };

/* NULL: there is no such type. */
const struct tt_ann_type *tt_ann_type_find(const char *name);

/* Fails only for want of memory; results are undefined then. */
static inline int tt_ann_search(const struct tt_ann *ann, const struct tt_ann_request *request,
                                const struct tt_ann_result *result, struct tt_pool *pool, struct tt_err *err)
{
    return ann->type->search(ann, request, result, pool, err);
}

static inline void tt_ann_free(struct tt_ann *ann)
{
    if (ann)
        ann->type->free(ann);
}

#endif
