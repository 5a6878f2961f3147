/* Where the wanted items stand: see ranking.h. */
#include "model/ranking.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "math/count.h"
#include "math/gemm.h"

enum { QUERY_BLOCK = 64, ITEM_BLOCK = 1024 };

struct job {
    const struct tt_wanted *wanted;
    size_t dim, n_items, padded; /* padded: items rounded up to whole blocks */
    const float *u, *v;
    uint32_t *ranks;
    float *scores;               /* (threads, QUERY_BLOCK, padded) */
    float *queries;              /* (threads, QUERY_BLOCK, dim) */
};

/* How many of n items stand before `item`: those of a higher score, and of an equal one those of a lower row. */
static uint32_t count_before(const float *scores, size_t n, size_t item)
{
    return tt_count_from(scores, item, scores[item]) + tt_count_above(scores + item + 1, n - item - 1, scores[item]);
}

static void rank_block(void *arg, size_t block, int worker)
{
    const struct job *job = arg;
    const struct tt_wanted *w = job->wanted;
    size_t from = block * QUERY_BLOCK, n = w->n_queries - from < QUERY_BLOCK ? w->n_queries - from : QUERY_BLOCK;
    float *scores = job->scores + (size_t)worker * QUERY_BLOCK * job->padded;
    float *queries = job->queries + (size_t)worker * QUERY_BLOCK * job->dim;

    memset(queries, 0, QUERY_BLOCK * job->dim * sizeof(*queries));
    memcpy(queries, job->u + from * job->dim, n * job->dim * sizeof(*queries));
    for (size_t i = 0; i < job->n_items; i += ITEM_BLOCK) {
        size_t items = job->n_items - i < ITEM_BLOCK ? job->n_items - i : ITEM_BLOCK;
        tt_gemm_nt(QUERY_BLOCK, items, job->dim, queries, job->dim, job->v + i * job->dim, job->dim, 0, scores + i,
                   job->padded);
    }
    for (size_t q = 0; q < n; q++) {
        const float *row = scores + q * job->padded;
        for (uint32_t k = w->starts[from + q]; k < w->starts[from + q + 1]; k++) {
            size_t item = w->item[k];
            uint32_t rank = count_before(row, job->n_items, item);
            for (uint64_t s = w->seen_starts ? w->seen_starts[from + q] : 0;
                 w->seen_starts && s < w->seen_starts[from + q + 1]; s++) {
                size_t seen = w->seen[s];
                rank -= seen != item && (row[seen] > row[item] || (seen < item && row[seen] == row[item]));
            }
            job->ranks[k] = rank;
        }
    }
}

int tt_rank_wanted(const struct tt_wanted *wanted, size_t dim, const float *u, size_t n_items, const float *v,
                   struct tt_pool *pool, uint32_t *ranks, struct tt_err *err)
{
    size_t threads = (size_t)tt_pool_threads(pool);
    struct job job = {.wanted = wanted, .dim = dim, .n_items = n_items, .u = u, .v = v, .ranks = ranks,
                      .padded = tt_blocks(n_items, ITEM_BLOCK) * ITEM_BLOCK};
    int status = -1;

    job.scores = tt_alloc_aligned(threads * QUERY_BLOCK, job.padded * sizeof(float), err);
    job.queries = tt_alloc_aligned(threads * QUERY_BLOCK, dim * sizeof(float), err);
    if (job.scores && job.queries) {
        tt_pool_run(pool, tt_blocks(wanted->n_queries, QUERY_BLOCK), rank_block, &job);
        status = 0;
    }
    free(job.scores);
    free(job.queries);
    return status;
}
