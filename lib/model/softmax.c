/* Softmax loss of queries over candidates: see softmax.h.
 *
 * First pass, parallel over tiles of 64 queries: for each tile of 512 candidates the logits by sgemm, exp, the row
 * sums, and E V into d_u. Second pass, parallel over tiles of candidates: d_v = E' (u scaled), added over the query
 * tiles in order. */
#include "model/softmax.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "math/exp.h"
#include "math/gemm.h"

/* A tile's logits are 128 KiB: they stay in the second-level cache between the two products. Small steps have few tiles of
 * queries to share among threads: 64 gave 9 % (yelp2020, 20,000 items) to 18 % (4,300 items) less time than 128. */
enum { QT = 64, IT = 512 };

static size_t up(size_t n, size_t tile)
{
    return tt_blocks(n, tile) * tile;
}

size_t tt_softmax_rows_u(size_t n_queries)
{
    return up(n_queries, QT);
}

size_t tt_softmax_rows_v(size_t n_items)
{
    return up(n_items, IT);
}

size_t tt_softmax_bytes(size_t max_queries, size_t max_items, size_t dim)
{
    size_t q = up(max_queries, QT), n = up(max_items, IT);

    return sizeof(float) * (q * n + q * dim + n) + sizeof(double) * q + sizeof(uint32_t) * (n + 1);
}

int tt_softmax_init(struct tt_softmax *s, size_t max_queries, size_t max_items, size_t dim, struct tt_err *err)
{
    *s = (struct tt_softmax){.max_queries = up(max_queries, QT), .max_items = up(max_items, IT), .dim = dim};
    s->e = tt_alloc_aligned(s->max_queries, s->max_items * sizeof(float), err);
    s->u_scaled = tt_alloc_aligned(s->max_queries, dim * sizeof(float), err);
    s->losses = tt_alloc(s->max_queries, sizeof(*s->losses), err);
    s->log_p = tt_alloc(s->max_items, sizeof(*s->log_p), err);
    s->by_item_starts = tt_alloc(s->max_items + 1, sizeof(*s->by_item_starts), err);
    if (s->e && s->u_scaled && s->losses && s->log_p && s->by_item_starts)
        return 0;
    tt_softmax_release(s);
    return -1;
}

void tt_softmax_release(struct tt_softmax *s)
{
    free(s->e);
    free(s->u_scaled);
    free(s->losses);
    free(s->log_p);
    free(s->by_item_starts);
    free(s->by_item);
    *s = (struct tt_softmax){0};
}

struct job {
    struct tt_softmax *s;
    size_t n_queries, n_items, query_tiles, item_tiles;
    const float *u, *v;
    float *d_u, *d_v;
    const struct tt_positives *positives;
    const float *log_p; /* NULL, or padded */
    double temperature, c, total;
};

/* The exponentials of a query tile and an item tile, (QT, IT) contiguous. */
static float *tile_of(const struct job *job, size_t query_tile, size_t item_tile)
{
    return job->s->e + (item_tile * job->query_tiles + query_tile) * QT * IT;
}

/* A query's own positives are in the sample for certain: add to their logits what the correction will take off. */
static void spare_positives(const struct job *job, size_t query_tile, size_t item_tile, float *e)
{
    const struct tt_positives *p = job->positives;
    size_t from = query_tile * QT, to = from + QT < job->n_queries ? from + QT : job->n_queries;

    for (size_t q = from; q < to; q++)
        for (size_t k = p->starts[q]; k < p->starts[q + 1]; k++)
            if (p->item[k] / IT == item_tile)
                e[(q - from) * IT + p->item[k] % IT] += (float)(job->temperature * (double)job->log_p[p->item[k]]);
}

/* Logits and exponentials of one query tile; z[q] gets the row sums and d_u the sum of e v. */
static void exponentials(const struct job *job, size_t tile, double z[QT])
{
    size_t dim = job->s->dim;
    const float *u = job->u + tile * QT * dim;
    float *d_u = job->d_u + tile * QT * dim;
    float inverse = (float)(1 / job->temperature);

    for (size_t it = 0; it < job->item_tiles; it++) {
        float *e = tile_of(job, tile, it);
        const float *v = job->v + it * IT * dim;
        size_t n = job->n_items - it * IT < IT ? job->n_items - it * IT : IT;
        tt_gemm_nt(QT, IT, dim, u, dim, v, dim, 0, e, IT);
        if (job->log_p)
            spare_positives(job, tile, it, e);
        for (size_t q = 0; q < QT; q++) {
            z[q] += (double)tt_exp_row(e + q * IT, n, inverse, 0, job->log_p ? job->log_p + it * IT : NULL);
            if (n < IT)
                memset(e + q * IT + n, 0, (IT - n) * sizeof(*e));
        }
        tt_gemm_nn(QT, dim, IT, e, IT, v, dim, it ? 1 : 0, d_u, dim);
    }
}

static void query_block(void *arg, size_t tile, int worker)
{
    const struct job *job = arg;
    const struct tt_positives *p = job->positives;
    size_t dim = job->s->dim;
    double z[QT] = {0}, inverse = 1 / job->temperature;

    (void)worker;
    exponentials(job, tile, z);
    for (size_t q = 0; q < QT; q++) {
        size_t query = tile * QT + q;
        float *d = job->d_u + query * dim, *scaled = job->s->u_scaled + query * dim;
        const float *u = job->u + query * dim;
        if (query >= job->n_queries) {
            memset(d, 0, dim * sizeof(*d));
            memset(scaled, 0, dim * sizeof(*scaled));
            continue;
        }
        double weights = 0, scores = 0;
        for (size_t k = p->starts[query]; k < p->starts[query + 1]; k++)
            weights += (double)p->weight[k];
        float scale = (float)(job->c * weights * inverse / (z[q] * job->total));
        for (size_t i = 0; i < dim; i++) {
            d[i] *= scale;
            scaled[i] = u[i] * scale;
        }
        for (size_t k = p->starts[query]; k < p->starts[query + 1]; k++) {
            const float *v = job->v + (size_t)p->item[k] * dim;
            float w = (float)((double)p->weight[k] * inverse / job->total);
            double score = 0;
            for (size_t i = 0; i < dim; i++) {
                score += (double)u[i] * (double)v[i];
                d[i] -= w * v[i];
            }
            scores += (double)p->weight[k] * score;
        }
        job->s->losses[query] = job->c * weights * log(z[q]) - scores * inverse;
    }
}

static void item_block(void *arg, size_t tile, int worker)
{
    const struct job *job = arg;
    const struct tt_positives *p = job->positives;
    size_t dim = job->s->dim;
    float *d_v = job->d_v + tile * IT * dim;

    (void)worker;
    for (size_t qt = 0; qt < job->query_tiles; qt++)
        tt_gemm_tn(IT, dim, QT, tile_of(job, qt, tile), IT, job->s->u_scaled + qt * QT * dim, dim, qt ? 1 : 0, d_v,
                   dim);
    for (size_t j = tile * IT; j < (tile + 1) * IT && j < job->n_items; j++)
        for (size_t k = job->s->by_item_starts[j]; k < job->s->by_item_starts[j + 1]; k++) {
            uint32_t positive = job->s->by_item[k];
            const float *u = job->u + (size_t)p->query[positive] * dim;
            float w = (float)((double)p->weight[positive] / (job->temperature * job->total));
            for (size_t i = 0; i < dim; i++)
                d_v[(j - tile * IT) * dim + i] -= w * u[i];
        }
}

/* The positives grouped by candidate, in the order in which they stand. */
static int group_positives(struct tt_softmax *s, const struct tt_positives *p, size_t n_queries, size_t n_items,
                           struct tt_err *err)
{
    size_t n = p->starts[n_queries];

    if (tt_grow(&s->by_item, &s->cap_by_item, n + 1, sizeof(*s->by_item), err))
        return -1;
    memset(s->by_item_starts, 0, (n_items + 1) * sizeof(*s->by_item_starts));
    for (size_t k = 0; k < n; k++)
        s->by_item_starts[p->item[k]]++;
    uint32_t sum = 0;
    for (size_t j = 0; j <= n_items; j++) {
        uint32_t count = s->by_item_starts[j];
        s->by_item_starts[j] = sum;
        sum += count;
    }
    for (size_t k = 0; k < n; k++)
        s->by_item[s->by_item_starts[p->item[k]]++] = (uint32_t)k;
    for (size_t j = n_items; j > 0; j--) /* each start has moved to its end, which is the next one's start */
        s->by_item_starts[j] = s->by_item_starts[j - 1];
    s->by_item_starts[0] = 0;
    return 0;
}

int tt_softmax_loss(struct tt_softmax *s, struct tt_pool *pool, size_t n_queries, size_t n_items, float *u, float *v,
                    const struct tt_positives *positives, const float *log_p, double temperature, double c, float *d_u,
                    float *d_v, double *loss, struct tt_err *err)
{
    struct job job = {.s = s, .n_queries = n_queries, .n_items = n_items, .query_tiles = tt_blocks(n_queries, QT),
                      .item_tiles = tt_blocks(n_items, IT), .u = u, .v = v, .d_u = d_u, .d_v = d_v,
                      .positives = positives, .temperature = temperature, .c = c};
    size_t n = positives->starts[n_queries];
    double sum = 0;

    memset(u + n_queries * s->dim, 0, (up(n_queries, QT) - n_queries) * s->dim * sizeof(*u));
    memset(v + n_items * s->dim, 0, (up(n_items, IT) - n_items) * s->dim * sizeof(*v));
    if (log_p) {
        memset(s->log_p, 0, up(n_items, IT) * sizeof(*s->log_p));
        memcpy(s->log_p, log_p, n_items * sizeof(*s->log_p));
        job.log_p = s->log_p;
    }
    for (size_t k = 0; k < n; k++)
        job.total += (double)positives->weight[k];
    if (!(job.total > 0))
        job.total = 1; /* every weight is 0: so is every gradient */
    if (group_positives(s, positives, n_queries, n_items, err))
        return -1;
    tt_pool_run(pool, job.query_tiles, query_block, &job);
    tt_pool_run(pool, job.item_tiles, item_block, &job);
    for (size_t q = 0; q < n_queries; q++)
        sum += s->losses[q];
    *loss = sum / job.total;
    return 0;
}

double tt_softmax_loss_ref(size_t dim, size_t n_queries, size_t n_items, const float *u, const float *v,
                           const struct tt_positives *p, const float *log_p, double temperature, double c, double *d_u,
                           double *d_v, double *e)
{
    double total = 0, loss = 0;

    assert(n_items > 0);
    memset(d_u, 0, n_queries * dim * sizeof(*d_u));
    memset(d_v, 0, n_items * dim * sizeof(*d_v));
    for (size_t k = 0; k < p->starts[n_queries]; k++)
        total += (double)p->weight[k];
    for (size_t q = 0; q < n_queries; q++) {
        double z = 0, weights = 0;
        for (size_t j = 0; j < n_items; j++) {
            double s = 0;
            for (size_t i = 0; i < dim; i++)
                s += (double)u[q * dim + i] * (double)v[j * dim + i];
            e[q * n_items + j] = exp(s / temperature - (log_p ? (double)log_p[j] : 0));
        }
        for (size_t k = p->starts[q]; k < p->starts[q + 1]; k++) {
            double w = (double)p->weight[k], s = 0;
            size_t j = p->item[k];
            for (size_t i = 0; i < dim; i++) {
                s += (double)u[q * dim + i] * (double)v[j * dim + i];
                d_u[q * dim + i] -= w * (double)v[j * dim + i] / (temperature * total);
                d_v[j * dim + i] -= w * (double)u[q * dim + i] / (temperature * total);
            }
            e[q * n_items + j] = exp(s / temperature);
            weights += w;
            loss -= w * s / temperature;
        }
        for (size_t j = 0; j < n_items; j++)
            z += e[q * n_items + j];
        /* cppcheck-suppress invalidFunctionArg ; z has an exponential in it, as there is a candidate */
        loss += c * weights * log(z);
        for (size_t j = 0; j < n_items; j++)
            for (size_t i = 0; i < dim; i++) {
                double g = c * weights * e[q * n_items + j] / (z * temperature * total);
                d_u[q * dim + i] += g * (double)v[j * dim + i];
                d_v[j * dim + i] += g * (double)u[q * dim + i];
            }
    }
    return loss / total;
}
