/* Ranks of targets: see ranking.h. */
#include "train/ranking.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "math/gemm.h"
#include "math/topk.h"
#include "math/vec.h"

enum { QUERY_BLOCK = 64, ITEM_BLOCK = 1024, COUNT_BLOCK = 1024 };

struct job {
    size_t n_queries, dim, n_items, padded; /* padded: items rounded up to whole blocks */
    const float *u, *v;
    float *scores;                          /* (threads, QUERY_BLOCK, padded) */
    float *queries;                         /* (threads, QUERY_BLOCK, dim) */
    const struct tt_ranked_queries *ranked; /* for the ranks of targets */
    uint32_t *ranks;
    size_t most;                            /* ranks that do not matter begin here */
    size_t k;                               /* the first k */
    uint32_t *rows;
    struct tt_scored *first;                /* (threads, k) */
};

/* Score a block of queries. Returns how many it has; *scores (n, padded). */
static size_t score_block(const struct job *job, size_t block, int worker, const float **scores)
{
    size_t from = block * QUERY_BLOCK, n = job->n_queries - from < QUERY_BLOCK ? job->n_queries - from : QUERY_BLOCK;
    float *out = job->scores + (size_t)worker * QUERY_BLOCK * job->padded;
    float *queries = job->queries + (size_t)worker * QUERY_BLOCK * job->dim;

    memset(queries, 0, QUERY_BLOCK * job->dim * sizeof(*queries));
    memcpy(queries, job->u + from * job->dim, n * job->dim * sizeof(*queries));
    for (size_t i = 0; i < job->n_items; i += ITEM_BLOCK) {
        size_t items = job->n_items - i < ITEM_BLOCK ? job->n_items - i : ITEM_BLOCK;
        tt_gemm_nt(QUERY_BLOCK, items, job->dim, queries, job->dim, job->v + i * job->dim, job->dim, 0, out + i,
                   job->padded);
    }
    *scores = out;
    return n;
}

/* Run `work` over all blocks. */
static int run(struct job *job, struct tt_pool *pool, tt_pool_fn *work, struct tt_err *err)
{
    size_t threads = (size_t)tt_pool_threads(pool);
    int status = -1;

    job->padded = tt_blocks(job->n_items, ITEM_BLOCK) * ITEM_BLOCK;
    job->scores = tt_alloc_aligned(threads * QUERY_BLOCK, job->padded * sizeof(float), err);
    job->queries = tt_alloc_aligned(threads * QUERY_BLOCK, job->dim * sizeof(float), err);
    job->first = tt_alloc(threads * job->k, sizeof(*job->first), err);
    if (job->scores && job->queries && job->first) {
        tt_pool_run(pool, tt_blocks(job->n_queries, QUERY_BLOCK), work, job);
        status = 0;
    }
    free(job->scores);
    free(job->queries);
    free(job->first);
    return status;
}

/* How many of n items stand before `item`: those of a higher score, and of an equal one those of a lower row. The count
 * ends where it has reached `enough`. */
static uint32_t count_before(const float *scores, size_t n, size_t item, size_t enough)
{
    uint32_t count = 0;

    for (size_t i = 0, to; i < n && count < enough; i = to) {
        to = i < item && item < i + COUNT_BLOCK ? item : i + COUNT_BLOCK < n ? i + COUNT_BLOCK : n;
        count += i < item ? tt_vec_count_from(scores + i, to - i, scores[item])
                          : tt_vec_count_above(scores + i, to - i, scores[item]);
    }
    return count;
}

static void rank_block(void *arg, size_t block, int worker)
{
    const struct job *job = arg;
    const struct tt_ranked_queries *r = job->ranked;
    const float *scores;
    size_t from = block * QUERY_BLOCK, n = score_block(job, block, worker, &scores);

    for (size_t q = 0; q < n; q++) {
        const float *row = scores + q * job->padded;
        uint64_t seen_from = r->seen_starts ? r->seen_starts[from + q] : 0;
        uint64_t seen_to = r->seen_starts ? r->seen_starts[from + q + 1] : 0;
        for (uint32_t k = r->starts[from + q]; k < r->starts[from + q + 1]; k++) {
            size_t item = r->item[k];
            uint32_t rank = count_before(row, job->n_items, item, job->most + (size_t)(seen_to - seen_from));
            for (uint64_t s = seen_from; s < seen_to; s++) {
                size_t seen = r->seen[s];
                rank -= seen != item && (row[seen] > row[item] || (seen < item && row[seen] == row[item]));
            }
            job->ranks[k] = rank;
        }
    }
}

int tt_rank_targets(const struct tt_ranked_queries *queries, size_t dim, const float *u, size_t n_items, const float *v,
                    size_t most, struct tt_pool *pool, uint32_t *ranks, struct tt_err *err)
{
    struct job job = {.n_queries = queries->n_queries, .dim = dim, .n_items = n_items, .u = u, .v = v,
                      .ranked = queries,
                      .ranks = ranks, .most = most};

    return run(&job, pool, rank_block, err);
}

static void first_block(void *arg, size_t block, int worker)
{
    const struct job *job = arg;
    const float *scores;
    size_t from = block * QUERY_BLOCK, n = score_block(job, block, worker, &scores);
    struct tt_scored *first = job->first + (size_t)worker * job->k;

    for (size_t q = 0; q < n; q++) {
        struct tt_topk top;
        tt_topk_init(&top, first, job->k);
        for (size_t i = 0; i < job->n_items; i++)
            tt_topk_push(&top, scores[q * job->padded + i], (uint32_t)i);
        for (size_t i = 0; i < job->k; i++)
            job->rows[(from + q) * job->k + i] = first[i].row;
    }
}

int tt_rank_first(size_t n_queries, size_t dim, const float *u, size_t n_items, const float *v, size_t k,
                  struct tt_pool *pool, uint32_t *rows, struct tt_err *err)
{
    struct job job = {.n_queries = n_queries, .dim = dim, .n_items = n_items, .u = u, .v = v, .k = k, .rows = rows};

    return run(&job, pool, first_block, err);
}
