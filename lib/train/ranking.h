/* Full rankings, for validation while training. Where wanted items stand is found without a list of the best: the items
 * that score higher are counted.
 */
#ifndef TT_TRAIN_RANKING_H
#define TT_TRAIN_RANKING_H

#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"

/* Queries with what each of them wants, and what is left out of its ranking. */
struct tt_wanted {
    size_t n_queries;
    const uint32_t *starts;      /* (n_queries + 1) */
    const uint32_t *item;        /* wanted rows of v */
    const uint64_t *seen_starts; /* (n_queries + 1), or NULL: nothing is left out */
    const uint32_t *seen;        /* rows of v, rising within a query */
};

/*   u (n_queries, dim), v (n_items, dim)
 *   ranks (starts[n_queries])  how many items stand before each wanted one: those with a higher score, and of an
 *                              equal score those of a lower row; seen ones do not count. A rank of `most` or more
 *                              may be any number from `most` up: then counting them all is saved
 * Parallel over fixed blocks of queries. */
int tt_rank_wanted(const struct tt_wanted *wanted, size_t dim, const float *u, size_t n_items, const float *v,
                   size_t most, struct tt_pool *pool, uint32_t *ranks, struct tt_err *err) TT_CHECKED;

/*   u (n_queries, dim), v (n_items, dim)
 *   rows (n_queries, k)  the first k <= n_items of each ranking, in no order
 * Parallel over fixed blocks of queries. */
int tt_rank_first(size_t n_queries, size_t dim, const float *u, size_t n_items, const float *v, size_t k,
                  struct tt_pool *pool, uint32_t *rows, struct tt_err *err) TT_CHECKED;

#endif
