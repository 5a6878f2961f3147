/* Softmax loss of queries over candidates: see softmax.h.
 *
 * First pass, parallel over tiles of 64 queries: for each tile of 512 candidates the logits by sgemm, exp, the row
 * sums, and E V into d_u. Second pass, parallel over tiles of candidates: d_v = E' (u scaled), added over the query
 * tiles in order. Positives and disliked items are apart: within the shared candidates their exponentials are put right
 * in the tiles; behind them they are computed one by one. Each pair is a factor in the end, for both gradients. */
#include "model/softmax.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "math/exp.h"
#include "math/gemm.h"

/* A tile's logits are 128 KiB: they stay in the second-level cache between the two products. Small steps have few tiles
 * of queries to share among threads: 64 gave 9 % (yelp2020, 20,000 items) to 18 % (4,300 items) less time than 128. */
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

size_t tt_softmax_bytes(size_t max_queries, size_t max_shared, size_t dim)
{
    size_t q = up(max_queries, QT), n = up(max_shared, IT);

    return sizeof(float) * (q * n + q * dim + n) + sizeof(double) * q;
}

int tt_softmax_init(struct tt_softmax *s, size_t max_queries, size_t max_shared, size_t max_items, size_t dim,
                    struct tt_err *err)
{
    *s = (struct tt_softmax){.max_queries = up(max_queries, QT), .max_shared = up(max_shared, IT),
                             .max_items = max_items, .dim = dim};
    s->e = tt_alloc_aligned(s->max_queries, s->max_shared * sizeof(float), err);
    s->u_scaled = tt_alloc_aligned(s->max_queries, dim * sizeof(float), err);
    s->losses = tt_alloc(s->max_queries, sizeof(*s->losses), err);
    s->log_p = tt_alloc(s->max_shared, sizeof(*s->log_p), err);
    s->positives.starts = tt_alloc(max_items + 1, sizeof(uint32_t), err);
    s->disliked.starts = tt_alloc(max_items + 1, sizeof(uint32_t), err);
    if (s->e && s->u_scaled && s->losses && s->log_p && s->positives.starts && s->disliked.starts)
        return 0;
    tt_softmax_release(s);
    return -1;
}

static void factors_release(struct tt_pair_factors *f)
{
    free(f->starts);
    free(f->order);
    free(f->factor);
}

void tt_softmax_release(struct tt_softmax *s)
{
    free(s->e);
    free(s->u_scaled);
    free(s->losses);
    free(s->log_p);
    factors_release(&s->positives);
    factors_release(&s->disliked);
    *s = (struct tt_softmax){0};
}

struct job {
    struct tt_softmax *s;
    const struct tt_softmax_step *step;
    size_t query_tiles, item_tiles; /* of the shared candidates */
    const float *log_p;             /* NULL, or padded */
    double total;
};

/* The exponentials of a query tile and an item tile, (QT, IT) contiguous. */
static float *tile_of(const struct job *job, size_t query_tile, size_t item_tile)
{
    return job->s->e + (item_tile * job->query_tiles + query_tile) * QT * IT;
}

/* Make up for the correction in advance: the pairs of a tile are to count `count` times, whatever their p. */
static void spare_pairs(const struct job *job, const struct tt_pairs *p, double count, size_t query_tile,
                        size_t item_tile, float *e)
{
    size_t from = query_tile * QT, to = from + QT, n = item_tile * IT + IT;

    to = to < job->step->n_queries ? to : job->step->n_queries;
    n = n < job->step->n_shared ? n : job->step->n_shared;
    for (size_t q = from; q < to; q++)
        for (size_t k = p->starts[q]; k < p->starts[q + 1]; k++)
            if (p->item[k] >= item_tile * IT && p->item[k] < n)
                e[(q - from) * IT + p->item[k] % IT] +=
                    (float)(job->step->temperature *
                            (log(count) + (job->log_p ? (double)job->log_p[p->item[k]] : 0)));
}

/* Logits and exponentials of one query tile; z[q] gets the row sums and d_u the sum of e v. */
static void exponentials(const struct job *job, size_t tile, double z[QT])
{
    const struct tt_softmax_step *step = job->step;
    size_t dim = job->s->dim;
    const float *u = step->u + tile * QT * dim;
    float *d_u = step->d_u + tile * QT * dim;
    float inverse = (float)(1 / step->temperature);

    for (size_t it = 0; it < job->item_tiles; it++) {
        float *e = tile_of(job, tile, it);
        const float *v = step->v + it * IT * dim;
        size_t n = step->n_shared - it * IT < IT ? step->n_shared - it * IT : IT;
        tt_gemm_nt(QT, IT, dim, u, dim, v, dim, 0, e, IT);
        if (job->log_p)
            spare_pairs(job, &step->positives, 1, tile, it, e);
        if (step->disliked.starts)
            spare_pairs(job, &step->disliked, step->dislike, tile, it, e);
        for (size_t q = 0; q < QT; q++) {
            z[q] += (double)tt_exp_row(e + q * IT, n, inverse, 0, job->log_p ? job->log_p + it * IT : NULL);
            if (n < IT)
                memset(e + q * IT + n, 0, (IT - n) * sizeof(*e));
        }
        tt_gemm_nn(QT, dim, IT, e, IT, v, dim, it ? 1 : 0, d_u, dim);
    }
}

static double dot(const float *x, const float *y, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)y[i];
    return sum;
}

static void add(float *sum, float factor, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum[i] += factor * x[i];
}

/* The terms of Z that are a query's alone: each pair's goes into factor[k], 0 for those of shared candidates, which the
 * tiles have. Returns their sum; *scores gets the weighted sum of the scores, if not NULL. */
static double own_terms(const struct job *job, const struct tt_pairs *p, double count, size_t query, float *factor,
                        double *scores)
{
    const struct tt_softmax_step *step = job->step;
    size_t dim = job->s->dim;
    double sum = 0;

    for (size_t k = p->starts[query]; k < p->starts[query + 1]; k++) {
        int is_own = p->item[k] >= step->n_shared;
        factor[k] = 0;
        if (!is_own && !scores)
            continue;
        double score = dot(step->u + query * dim, step->v + (size_t)p->item[k] * dim, dim);
        if (is_own)
            factor[k] = (float)(count * exp(score / step->temperature));
        sum += (double)factor[k];
        if (scores)
            *scores += (double)p->weight[k] * score;
    }
    return sum;
}

/* From terms to factors of the gradient, and d_u's part of it. */
static void own_gradient(const struct job *job, const struct tt_pairs *p, size_t query, double scale, float *factor)
{
    const struct tt_softmax_step *step = job->step;
    size_t dim = job->s->dim;

    for (size_t k = p->starts[query]; k < p->starts[query + 1]; k++) {
        double wanted = p == &step->positives ? (double)p->weight[k] / (step->temperature * job->total) : 0;
        factor[k] = (float)(scale * (double)factor[k] - wanted);
        if (factor[k] != 0)
            add(step->d_u + query * dim, factor[k], step->v + (size_t)p->item[k] * dim, dim);
    }
}

static void query_block(void *arg, size_t tile, int worker)
{
    const struct job *job = arg;
    const struct tt_softmax_step *step = job->step;
    struct tt_softmax *s = job->s;
    size_t dim = s->dim;
    double z[QT] = {0};

    (void)worker;
    exponentials(job, tile, z);
    for (size_t q = 0; q < QT; q++) {
        size_t query = tile * QT + q;
        float *d = step->d_u + query * dim, *scaled = s->u_scaled + query * dim;
        if (query >= step->n_queries) {
            memset(d, 0, dim * sizeof(*d));
            memset(scaled, 0, dim * sizeof(*scaled));
            continue;
        }
        double weights = 0, scores = 0;
        for (size_t k = step->positives.starts[query]; k < step->positives.starts[query + 1]; k++)
            weights += (double)step->positives.weight[k];
        z[q] += own_terms(job, &step->positives, 1, query, s->positives.factor, &scores);
        if (step->disliked.starts)
            z[q] += own_terms(job, &step->disliked, step->dislike, query, s->disliked.factor, NULL);
        double scale = step->c * weights / (step->temperature * z[q] * job->total);
        for (size_t i = 0; i < dim; i++) {
            d[i] *= (float)scale;
            scaled[i] = step->u[query * dim + i] * (float)scale;
        }
        own_gradient(job, &step->positives, query, scale, s->positives.factor);
        if (step->disliked.starts)
            own_gradient(job, &step->disliked, query, scale, s->disliked.factor);
        s->losses[query] = step->c * weights * log(z[q]) - scores / step->temperature;
    }
}

/* d_v's part of the pairs of one candidate. */
static void add_pairs(const struct job *job, const struct tt_pairs *p, const struct tt_pair_factors *f, size_t item)
{
    size_t dim = job->s->dim;

    for (size_t k = f->starts[item]; k < f->starts[item + 1]; k++)
        if (f->factor[f->order[k]] != 0)
            add(job->step->d_v + item * dim, f->factor[f->order[k]], job->step->u + (size_t)p->query[f->order[k]] * dim,
                dim);
}

static void item_block(void *arg, size_t tile, int worker)
{
    const struct job *job = arg;
    const struct tt_softmax_step *step = job->step;
    size_t dim = job->s->dim;
    float *d_v = step->d_v + tile * IT * dim;

    (void)worker;
    for (size_t qt = 0; qt < job->query_tiles && tile < job->item_tiles; qt++)
        tt_gemm_tn(IT, dim, QT, tile_of(job, qt, tile), IT, job->s->u_scaled + qt * QT * dim, dim, qt ? 1 : 0, d_v,
                   dim);
    if (tile >= job->item_tiles)
        memset(d_v, 0, IT * dim * sizeof(*d_v));
    for (size_t j = tile * IT; j < (tile + 1) * IT && j < step->n_items; j++) {
        add_pairs(job, &step->positives, &job->s->positives, j);
        if (step->disliked.starts)
            add_pairs(job, &step->disliked, &job->s->disliked, j);
    }
}

/* The pairs grouped by candidate, in the order in which they stand. */
static int group_pairs(struct tt_pair_factors *f, const struct tt_pairs *p, size_t n_queries, size_t n_items,
                       struct tt_err *err)
{
    size_t n = p->starts[n_queries];
    uint32_t sum = 0;

    if (tt_grow(&f->order, &f->cap_order, n + 1, sizeof(*f->order), err) ||
        tt_grow(&f->factor, &f->cap_factor, n + 1, sizeof(*f->factor), err))
        return -1;
    memset(f->starts, 0, (n_items + 1) * sizeof(*f->starts));
    for (size_t k = 0; k < n; k++)
        f->starts[p->item[k]]++;
    for (size_t j = 0; j <= n_items; j++) {
        uint32_t count = f->starts[j];
        f->starts[j] = sum;
        sum += count;
    }
    for (size_t k = 0; k < n; k++)
        f->order[f->starts[p->item[k]]++] = (uint32_t)k;
    for (size_t j = n_items; j > 0; j--) /* each start has moved to its end, which is the next one's start */
        f->starts[j] = f->starts[j - 1];
    f->starts[0] = 0;
    return 0;
}

int tt_softmax_loss(struct tt_softmax *s, struct tt_pool *pool, const struct tt_softmax_step *step, double *loss,
                    struct tt_err *err)
{
    size_t n_queries = step->n_queries, n_items = step->n_items, n = step->positives.starts[n_queries];
    struct job job = {.s = s, .step = step, .query_tiles = tt_blocks(n_queries, QT),
                      .item_tiles = tt_blocks(step->n_shared, IT)};
    double sum = 0;

    assert(step->n_shared > 0 && step->n_shared <= n_items && n_items <= s->max_items);
    assert(n_queries <= s->max_queries && step->n_shared <= s->max_shared);
    memset(step->u + n_queries * s->dim, 0, (up(n_queries, QT) - n_queries) * s->dim * sizeof(*step->u));
    memset(step->v + n_items * s->dim, 0, (up(n_items, IT) - n_items) * s->dim * sizeof(*step->v));
    if (step->log_p) {
        memset(s->log_p, 0, up(step->n_shared, IT) * sizeof(*s->log_p));
        memcpy(s->log_p, step->log_p, step->n_shared * sizeof(*s->log_p));
        job.log_p = s->log_p;
    }
    for (size_t k = 0; k < n; k++)
        job.total += (double)step->positives.weight[k];
    if (!(job.total > 0))
        job.total = 1; /* every weight is 0: so is every gradient */
    if (group_pairs(&s->positives, &step->positives, n_queries, n_items, err) ||
        (step->disliked.starts && group_pairs(&s->disliked, &step->disliked, n_queries, n_items, err)))
        return -1;
    tt_pool_run(pool, job.query_tiles, query_block, &job);
    tt_pool_run(pool, tt_blocks(n_items, IT), item_block, &job);
    for (size_t q = 0; q < n_queries; q++)
        sum += s->losses[q];
    *loss = sum / job.total;
    return 0;
}

/* ---- plainly ---- */

static double score_of(const struct tt_softmax_step *step, size_t dim, size_t q, size_t j)
{
    return dot(step->u + q * dim, step->v + j * dim, dim);
}

/* Add g v_j to d_u of query q, and g u_q to d_v of candidate j. */
static void add_ref(const struct tt_softmax_step *step, size_t dim, size_t q, size_t j, double g, double *d_u,
                    double *d_v)
{
    for (size_t i = 0; i < dim; i++) {
        d_u[q * dim + i] += g * (double)step->v[j * dim + i];
        d_v[j * dim + i] += g * (double)step->u[q * dim + i];
    }
}

double tt_softmax_loss_ref(size_t dim, const struct tt_softmax_step *step, double *d_u, double *d_v, double *e)
{
    const struct tt_pairs *p = &step->positives, *n = &step->disliked;
    double total = 0, loss = 0, t = step->temperature;

    memset(d_u, 0, step->n_queries * dim * sizeof(*d_u));
    memset(d_v, 0, step->n_items * dim * sizeof(*d_v));
    memset(e, 0, step->n_queries * step->n_items * sizeof(*e));
    for (size_t k = 0; k < p->starts[step->n_queries]; k++)
        total += (double)p->weight[k];
    for (size_t q = 0; q < step->n_queries; q++) {
        double z = 0, weights = 0, *row = e + q * step->n_items;
        for (size_t j = 0; j < step->n_shared; j++)
            row[j] = exp(score_of(step, dim, q, j) / t - (step->log_p ? (double)step->log_p[j] : 0));
        for (size_t k = p->starts[q]; k < p->starts[q + 1]; k++) {
            double w = (double)p->weight[k], s = score_of(step, dim, q, p->item[k]);
            add_ref(step, dim, q, p->item[k], -w / (t * total), d_u, d_v);
            row[p->item[k]] = exp(s / t);
            weights += w;
            loss -= w * s / t;
        }
        for (size_t k = n->starts ? n->starts[q] : 0; n->starts && k < n->starts[q + 1]; k++)
            row[n->item[k]] = step->dislike * exp(score_of(step, dim, q, n->item[k]) / t);
        for (size_t j = 0; j < step->n_items; j++)
            z += row[j];
        /* cppcheck-suppress invalidFunctionArg ; z has an exponential in it, as there is a candidate */
        loss += step->c * weights * log(z);
        for (size_t j = 0; j < step->n_items; j++)
            add_ref(step, dim, q, j, step->c * weights * row[j] / (z * t * total), d_u, d_v);
    }
    return loss / total;
}
