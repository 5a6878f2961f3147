/* Nearest neighbours by inner product: what every index can do. An index is built once from vectors (n, dim) and then
 * searched by many queries at a time.
 *
 *     struct tt_ann *ann = tt_flat_new(vectors, n, dim, pool, &err);      (flat.h; others have their own _new)
 *     struct tt_ann_request ask = {.n = 100, .queries = q, .k = 10};
 *     struct tt_ann_result got = {rows, scores, found};                  arrays of the caller
 *     if (tt_ann_search(ann, &ask, &got, pool, &err)) ...
 *     tt_ann_free(ann);
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
    size_t n, dim;
    const struct tt_ann_ops *ops;
};

/* What an index type brings; its struct begins with struct tt_ann. */
struct tt_ann_ops {
    int (*search)(const struct tt_ann *ann, const struct tt_ann_request *request, const struct tt_ann_result *result,
                  struct tt_pool *pool, struct tt_err *err);
    void (*free)(struct tt_ann *ann);
};

/* Fails only for want of memory; results are undefined then. */
static inline int tt_ann_search(const struct tt_ann *ann, const struct tt_ann_request *request,
                                const struct tt_ann_result *result, struct tt_pool *pool, struct tt_err *err)
{
    return ann->ops->search(ann, request, result, pool, err);
}

static inline void tt_ann_free(struct tt_ann *ann)
{
    if (ann)
        ann->ops->free(ann);
}

#endif
