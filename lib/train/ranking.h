/* Ranks all items for each query, for validation while training. The rank of a target is found by counting the items
 * that score higher, without a sorted list.
 */
#ifndef TT_TRAIN_RANKING_H
#define TT_TRAIN_RANKING_H

#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"

/* Queries with the items whose ranks are computed, and those that are left out of the ranking. */
struct tt_ranked_queries {
    size_t n_queries;
    const uint32_t *starts;      /* (n_queries + 1) */
    const uint32_t *item;        /* targets: rows of v */
    const uint64_t *seen_starts; /* (n_queries + 1), or NULL: nothing is left out */
    const uint32_t *seen;        /* rows of v, rising within a query */
};

/*   u (n_queries, dim), v (n_items, dim)
 *   ranks (starts[n_queries])  the number of items before each target: those with a higher score, and of an equal
 *                              score those of a lower row; seen items do not count. A rank of `most` or more may be
 *                              any number from `most` up, so that counting may end there
 * Parallel over fixed blocks of queries. */
int tt_rank_targets(const struct tt_ranked_queries *queries, size_t dim, const float *u, size_t n_items, const float *v,
                    size_t most, struct tt_pool *pool, uint32_t *ranks, struct tt_err *err) TT_CHECKED;

/*   u (n_queries, dim), v (n_items, dim)
 *   rows (n_queries, k)  the first k <= n_items of each ranking, in no order
 * Parallel over fixed blocks of queries. */
int tt_rank_first(size_t n_queries, size_t dim, const float *u, size_t n_items, const float *v, size_t k,
                  struct tt_pool *pool, uint32_t *rows, struct tt_err *err) TT_CHECKED;

#endif
