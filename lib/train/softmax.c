/* Softmax loss of queries over candidates: see softmax.h.
 *
 * First pass, parallel over panels of 64 queries and ranges of shared candidates: for each tile of candidates the
 * exponentials, their sums, and E V into the range's part of d_u. Then, parallel over panels, the ranges' parts are
 * added in order. Second pass, parallel over blocks of candidates: d_v = E' (u scaled), added over the panels in order.
 * Pairs of a query with a positive or a disliked item have other weights than 1 / p. Among the shared candidates their
 * exponentials are corrected in the tiles; behind these they are computed one by one. In the end each pair is a factor
 * of both gradients. */
#include "train/softmax.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/radix.h"
#include "math/bag.h"
#include "math/vec.h"

enum {
    Q = TT_TILE_QUERIES,
    MAX_RANGES = 8,     /* each but the first has a d_u of its own */
    MIN_RANGE = 8192,   /* candidates: fewer are not worth that */
    SMALL_BLOCK = 48,   /* candidates of a block in the second pass: a multiple of the kernels' 6 rows, */
    LARGE_BLOCK = 504,  /* and as many as a tile has where that leaves enough of them to share among threads */
    LARGE_CATALOGUE = 16384,
};
static const double LOG2_E = 1.4426950408889634, MOST_LOG_P = 34;

static size_t n_ranges(size_t n_shared)
{
    size_t n = tt_blocks(n_shared, MIN_RANGE);

    return n < 1 ? 1 : n < MAX_RANGES ? n : MAX_RANGES;
}

/* How many candidates a range has: whole tiles. */
static size_t range_size(size_t n_shared, size_t tile)
{
    return tt_blocks(tt_blocks(n_shared, tile), n_ranges(n_shared)) * tile;
}

size_t tt_softmax_bytes(size_t max_queries, size_t max_shared, size_t dim)
{
    size_t q = tt_blocks(max_queries, Q) * Q, ranges = n_ranges(max_shared);

    return sizeof(float) * (q * max_shared + (ranges + 2) * q * dim + max_shared) +
           sizeof(double) * (ranges + 1) * q;
}

int tt_softmax_init(struct tt_softmax *s, size_t max_queries, size_t max_shared, size_t max_items, size_t dim,
                    const struct tt_tile_kernels *kernels, struct tt_err *err)
{
    size_t q = tt_blocks(max_queries, Q) * Q;

    *s = (struct tt_softmax){.max_queries = q, .max_shared = max_shared, .max_items = max_items, .dim = dim,
                             .kernels = kernels};
    s->e = tt_alloc_aligned(q, max_shared * sizeof(float), err);
    s->panels = tt_alloc_aligned(q, dim * sizeof(float), err);
    s->u_scaled = tt_alloc_aligned(q, dim * sizeof(float), err);
    s->positive_sum = tt_alloc_aligned(q, dim * sizeof(float), err);
    s->parts = tt_alloc_aligned((n_ranges(max_shared) - 1) * q, dim * sizeof(float), err);
    s->z = tt_alloc(n_ranges(max_shared) * q, sizeof(*s->z), err);
    s->losses = tt_alloc(q, sizeof(*s->losses), err);
    s->bias = tt_alloc(max_shared, sizeof(*s->bias), err);
    s->positives.starts = tt_alloc(max_items + 1, sizeof(uint32_t), err);
    s->disliked.starts = tt_alloc(max_items + 1, sizeof(uint32_t), err);
    if (s->e && s->panels && s->u_scaled && s->positive_sum && s->parts && s->z && s->losses && s->bias &&
        s->positives.starts && s->disliked.starts)
        return 0;
    tt_softmax_release(s);
    return -1;
}

static void factors_release(struct tt_pair_factors *f)
{
    free(f->starts);
    free(f->place);
    free(f->item_query);
    free(f->factor);
    free(f->item_factor);
}

void tt_softmax_release(struct tt_softmax *s)
{
    free(s->e);
    free(s->panels);
    free(s->u_scaled);
    free(s->positive_sum);
    free(s->parts);
    free(s->z);
    free(s->losses);
    free(s->shares);
    free(s->bias);
    factors_release(&s->positives);
    factors_release(&s->disliked);
    *s = (struct tt_softmax){0};
}

struct job {
    struct tt_softmax *s;
    const struct tt_softmax_step *step;
    size_t n_panels;
    size_t tile, range, n_ranges; /* candidates of a tile and of a range of tiles */
    size_t block;                 /* candidates of a block of the second pass */
    double total;
};

/* The queries of a panel, 64 or, in the last, what is left. */
static size_t panel_queries(const struct job *job, size_t panel)
{
    size_t left = job->step->n_queries - panel * Q;

    return left < Q ? left : Q;
}

/* The exponentials of a panel and the candidates from `item` on. */
static float *tile_of(const struct job *job, size_t panel, size_t item)
{
    return job->s->e + (panel * job->step->n_shared + item) * Q;
}

static size_t tile_size(const struct job *job, size_t from)
{
    size_t left = job->step->n_shared - from;

    return left < job->tile ? left : job->tile;
}

static void panel_block(void *arg, size_t panel, int worker)
{
    const struct job *job = arg;
    const struct tt_softmax *s = job->s;

    (void)worker;
    tt_tile_panel(panel_queries(job, panel), s->dim, job->step->u + panel * Q * s->dim,
                  (float)(LOG2_E / job->step->loss.temperature), s->panels + panel * Q * s->dim);
}

/* Give the pairs of a tile the weight `count` in place of 1 / p. */
static void set_pair_weights(const struct job *job, const struct tt_pairs *p, double count, size_t panel, size_t from,
                             float *e)
{
    const float *log_p = job->step->log_p;
    size_t to = from + tile_size(job, from);

    for (size_t q = 0; q < panel_queries(job, panel); q++)
        for (size_t k = p->starts[panel * Q + q]; k < p->starts[panel * Q + q + 1]; k++)
            if (p->item[k] >= from && p->item[k] < to)
                e[(p->item[k] - from) * Q + q] *= (float)(count * (log_p ? exp((double)log_p[p->item[k]]) : 1));
}

/* One tile: its exponentials, their sums added to z, and E V to d_u. */
static void tile_pass(const struct job *job, size_t panel, size_t from, double z[Q], float *d_u)
{
    const struct tt_softmax_step *step = job->step;
    struct tt_softmax *s = job->s;
    const float *v = step->v + from * s->dim;
    size_t n = tile_size(job, from);
    float *e = tile_of(job, panel, from), sums[Q];

    s->kernels->exponentials(n, s->dim, s->panels + panel * Q * s->dim, v, s->bias + from, e, sums);
    if (step->log_p)
        set_pair_weights(job, &step->positives, 1, panel, from, e);
    if (step->disliked.starts)
        set_pair_weights(job, &step->disliked, step->loss.disliked_weight, panel, from, e);
    if (step->log_p || step->disliked.starts)
        s->kernels->sums(n, e, sums);
    for (size_t q = 0; q < Q; q++)
        z[q] += (double)sums[q];
    s->kernels->to_queries(panel_queries(job, panel), n, s->dim, e, v, d_u);
}

/* Neighbouring blocks share a range, so that threads read the same candidates at about the same time. */
static void range_block(void *arg, size_t block, int worker)
{
    const struct job *job = arg;
    struct tt_softmax *s = job->s;
    size_t panel = block % job->n_panels, range = block / job->n_panels, row = panel * Q;
    float *d_u = range ? s->parts + ((range - 1) * s->max_queries + row) * s->dim : job->step->d_u + row * s->dim;
    double *z = s->z + range * s->max_queries + row;

    (void)worker;
    memset(d_u, 0, panel_queries(job, panel) * s->dim * sizeof(*d_u));
    memset(z, 0, Q * sizeof(*z));
    for (size_t from = range * job->range; from < (range + 1) * job->range && from < job->step->n_shared;
         from += job->tile)
        tile_pass(job, panel, from, z, d_u);
}

/* The terms of Z of a query's pairs behind the shared candidates: each goes into factor[k], which is 0 for shared
 * candidates, whose terms are in the tiles. Returns their sum. */
static double pair_terms(const struct job *job, const struct tt_pairs *p, double count, size_t query, float *factor)
{
    const struct tt_softmax_step *step = job->step;
    size_t dim = job->s->dim;
    double sum = 0;

    for (size_t k = p->starts[query]; k < p->starts[query + 1]; k++) {
        factor[k] = 0;
        if (p->item[k] < step->n_shared)
            continue;
        double score = tt_vec_dot(step->u + query * dim, step->v + (size_t)p->item[k] * dim, dim);
        factor[k] = (float)(count * exp(score / step->loss.temperature));
        sum += (double)factor[k];
    }
    return sum;
}

/* The positive term of a query, with a temperature of its own; shares[k] gets the share of the query's weight that its
 * which its positive k pulls. */
static double share_positives(const struct job *job, size_t query, double weights, float *shares)
{
    const struct tt_softmax_step *step = job->step;
    const struct tt_pairs *p = &step->positives;
    size_t dim = job->s->dim, from = p->starts[query], to = p->starts[query + 1];
    double most = -2, sum = 0, t = step->loss.temperature, h = step->loss.positive_temperature;

    for (size_t k = from; k < to; k++) {
        double score = tt_vec_dot(step->u + query * dim, step->v + (size_t)p->item[k] * dim, dim);
        shares[k] = (float)score;
        most = p->weight[k] > 0 && score > most ? score : most;
    }
    for (size_t k = from; k < to; k++) {
        double share = p->weight[k] > 0 ? (double)p->weight[k] * exp(((double)shares[k] - most) / (h * t)) : 0;
        shares[k] = (float)share;
        sum += share;
    }
    for (size_t k = from; k < to; k++)
        shares[k] *= (float)(weights / sum);
    /* cppcheck-suppress invalidFunctionArg ; the highest positive is in the sum with its weight */
    return weights * (h * log(sum / weights) + most / t);
}

/* Makes the pairs' terms of Z factors of the gradient, and adds the pairs' part of d_u. For positives, item_factor also
 * gets the positive term's part, positive_factor times the share; shares is NULL for disliked items. */
static void pair_gradient(const struct job *job, const struct tt_pairs *p, size_t query, double scale,
                          double positive_factor, const float *shares, struct tt_pair_factors *f)
{
    const struct tt_softmax_step *step = job->step;
    size_t dim = job->s->dim;

    for (size_t k = p->starts[query]; k < p->starts[query + 1]; k++) {
        f->factor[k] *= (float)scale;
        f->item_factor[f->place[k]] = f->factor[k] - (shares ? (float)(positive_factor * (double)shares[k]) : 0);
        if (f->factor[k] != 0)
            tt_bag_add(1, &p->item[k], &f->factor[k], step->v, dim, dim, step->d_u + query * dim);
    }
}

/* One query, after the first pass: Z, the loss, d_u, and the scaled u that the second pass multiplies by. */
static void finish_query(const struct job *job, size_t query)
{
    const struct tt_softmax_step *step = job->step;
    const struct tt_pairs *positives = &step->positives;
    struct tt_softmax *s = job->s;
    size_t dim = s->dim, from = positives->starts[query], n = positives->starts[query + 1] - from;
    const float *u = step->u + query * dim;
    float *d = step->d_u + query * dim, *scaled = s->u_scaled + query * dim;
    float *positive_sum = s->positive_sum + query * dim;
    const float *shares = positives->weight;
    double z = s->z[query], weights = 0, term = 0, factor = 1 / (step->loss.temperature * job->total);

    for (size_t range = 1; range < job->n_ranges; range++) {
        const float *part = s->parts + ((range - 1) * s->max_queries + query) * dim;
        for (size_t i = 0; i < dim; i++)
            d[i] += part[i];
        z += s->z[range * s->max_queries + query];
    }
    for (size_t k = from; k < from + n; k++)
        weights += (double)positives->weight[k];
    if (step->loss.positive_temperature > 0 && weights > 0) {
        term = share_positives(job, query, weights, s->shares);
        shares = s->shares;
    }
    memset(positive_sum, 0, dim * sizeof(*positive_sum));
    tt_bag_add(n, positives->item + from, shares + from, step->v, dim, dim, positive_sum);
    if (shares == positives->weight)
        term = tt_vec_dot(u, positive_sum, dim) / step->loss.temperature;
    z += pair_terms(job, positives, 1, query, s->positives.factor);
    if (step->disliked.starts)
        z += pair_terms(job, &step->disliked, step->loss.disliked_weight, query, s->disliked.factor);
    double scale = step->loss.negative_weight * weights / (step->loss.temperature * z * job->total);
    for (size_t i = 0; i < dim; i++) {
        d[i] = d[i] * (float)scale - positive_sum[i] * (float)factor;
        scaled[i] = u[i] * (float)scale;
    }
    pair_gradient(job, positives, query, scale, factor, shares, &s->positives);
    if (step->disliked.starts)
        pair_gradient(job, &step->disliked, query, scale, 0, NULL, &s->disliked);
    s->losses[query] = step->loss.negative_weight * weights * log(z) - term;
}

static void query_block(void *arg, size_t panel, int worker)
{
    const struct job *job = arg;
    size_t n = panel_queries(job, panel), dim = job->s->dim;

    (void)worker;
    for (size_t q = 0; q < n; q++)
        finish_query(job, panel * Q + q);
    memset(job->s->u_scaled + (panel * Q + n) * dim, 0, (Q - n) * dim * sizeof(float));
}

/* d_v's part of the pairs of one candidate. */
static void add_pairs(const struct job *job, const struct tt_pair_factors *f, size_t item)
{
    size_t dim = job->s->dim, from = f->starts[item];

    tt_bag_add(f->starts[item + 1] - from, f->item_query + from, f->item_factor + from, job->step->u, dim, dim,
               job->step->d_v + item * dim);
}

static void item_block(void *arg, size_t block, int worker)
{
    const struct job *job = arg;
    const struct tt_softmax_step *step = job->step;
    struct tt_softmax *s = job->s;
    size_t from = block * job->block, to = from + job->block, shared, own;

    (void)worker;
    to = to < step->n_items ? to : step->n_items;
    shared = to < step->n_shared ? to : step->n_shared;
    own = shared > from ? shared : from; /* here begin those that are not shared */
    memset(step->d_v + own * s->dim, 0, (to - own) * s->dim * sizeof(float));
    for (size_t panel = 0; panel < job->n_panels && from < shared; panel++)
        s->kernels->to_items(panel == 0, shared - from, s->dim, tile_of(job, panel, from),
                             s->u_scaled + panel * Q * s->dim, step->d_v + from * s->dim);
    for (size_t j = from; j < to; j++) {
        add_pairs(job, &s->positives, j);
        if (step->disliked.starts)
            add_pairs(job, &s->disliked, j);
    }
}

/* Group the pairs by candidate; within a candidate they keep their order. */
static int group_pairs(struct tt_pair_factors *f, const struct tt_pairs *p, size_t n_queries, size_t n_items,
                       struct tt_err *err)
{
    size_t n = p->starts[n_queries];

    if (tt_grow(&f->place, &f->cap_place, n + 1, sizeof(*f->place), err) ||
        tt_grow(&f->item_query, &f->cap_query, n + 1, sizeof(*f->item_query), err) ||
        tt_grow(&f->factor, &f->cap_factor, n + 1, sizeof(*f->factor), err) ||
        tt_grow(&f->item_factor, &f->cap_item_factor, n + 1, sizeof(*f->item_factor), err))
        return -1;
    memset(f->starts, 0, (n_items + 1) * sizeof(*f->starts));
    for (size_t k = 0; k < n; k++)
        f->starts[p->item[k]]++;
    tt_radix_places(f->starts, 1, n_items + 1);
    for (size_t k = 0; k < n; k++) {
        f->place[k] = f->starts[p->item[k]]++;
        f->item_query[f->place[k]] = p->query[k];
    }
    for (size_t j = n_items; j > 0; j--) /* each start has moved to its end, which is the next one's start */
        f->starts[j] = f->starts[j - 1];
    f->starts[0] = 0;
    return 0;
}

/* What is added to the scores, in powers of 2: 1 / p. */
static void set_bias(struct tt_softmax *s, const struct tt_softmax_step *step)
{
    for (size_t j = 0; j < step->n_shared; j++) {
        assert(!step->log_p || fabs((double)step->log_p[j]) <= MOST_LOG_P);
        s->bias[j] = step->log_p ? (float)(-LOG2_E * (double)step->log_p[j]) : 0;
    }
}

int tt_softmax_loss(struct tt_softmax *s, struct tt_pool *pool, const struct tt_softmax_step *step, double *loss,
                    struct tt_err *err)
{
    size_t n_queries = step->n_queries, n_items = step->n_items, n = step->positives.starts[n_queries];
    struct job job = {.s = s, .step = step, .n_panels = tt_blocks(n_queries, Q),
                      .tile = tt_tile_items(s->dim),
                      .block = n_items < LARGE_CATALOGUE ? SMALL_BLOCK : LARGE_BLOCK};
    double sum = 0;

    assert(n_queries > 0 && step->n_shared > 0 && step->n_shared <= n_items && n_items <= s->max_items);
    assert(n_queries <= s->max_queries && step->n_shared <= s->max_shared);
    job.range = range_size(step->n_shared, job.tile);
    job.n_ranges = tt_blocks(step->n_shared, job.range);
    for (size_t k = 0; k < n; k++)
        job.total += (double)step->positives.weight[k];
    if (!(job.total > 0))
        job.total = 1; /* every weight is 0: so is every gradient */
    if ((step->loss.positive_temperature > 0 && tt_grow(&s->shares, &s->cap_shares, n + 1, sizeof(*s->shares), err)) ||
        group_pairs(&s->positives, &step->positives, n_queries, n_items, err) ||
        (step->disliked.starts && group_pairs(&s->disliked, &step->disliked, n_queries, n_items, err)))
        return -1;
    set_bias(s, step);
    tt_pool_run(pool, job.n_panels, panel_block, &job);
    tt_pool_run(pool, job.n_panels * job.n_ranges, range_block, &job);
    tt_pool_run(pool, job.n_panels, query_block, &job);
    tt_pool_run(pool, tt_blocks(n_items, job.block), item_block, &job);
    for (size_t q = 0; q < n_queries; q++)
        sum += s->losses[q];
    *loss = sum / job.total;
    return 0;
}

/* ---- the reference ---- */

static double score_of(const struct tt_softmax_step *step, size_t dim, size_t q, size_t j)
{
    double sum = 0;

    for (size_t d = 0; d < dim; d++)
        sum += (double)step->u[q * dim + d] * (double)step->v[j * dim + d];
    return sum;
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

/* The positive term of query q: sum over its positives, or their log-mean-exp; shares[k] gets each one's share. */
static double positive_term_ref(const struct tt_softmax_step *step, size_t dim, size_t q, double weights,
                                double *shares)
{
    const struct tt_pairs *p = &step->positives;
    double t = step->loss.temperature, h = step->loss.positive_temperature, sum = 0;
    size_t from = p->starts[q], n = p->starts[q + 1] - from;

    for (size_t k = 0; k < n; k++) {
        double s = score_of(step, dim, q, p->item[from + k]) / t;
        shares[k] = (double)p->weight[from + k] * (h > 0 ? exp(s / h) : 1);
        sum += h > 0 ? shares[k] : shares[k] * s;
    }
    for (size_t k = 0; k < n && h > 0; k++)
        shares[k] *= sum > 0 ? weights / sum : 0;
    return h > 0 ? weights > 0 ? h * weights * log(sum / weights) : 0 : sum;
}

double tt_softmax_loss_ref(size_t dim, const struct tt_softmax_step *step, double *d_u, double *d_v, double *e)
{
    const struct tt_pairs *p = &step->positives, *n = &step->disliked;
    double total = 0, loss = 0, t = step->loss.temperature;

    memset(d_u, 0, step->n_queries * dim * sizeof(*d_u));
    memset(d_v, 0, step->n_items * dim * sizeof(*d_v));
    for (size_t k = 0; k < p->starts[step->n_queries]; k++)
        total += (double)p->weight[k];
    for (size_t q = 0; q < step->n_queries; q++) {
        double z = 0, weights = 0, *row = e + q * step->n_items;
        for (size_t k = p->starts[q]; k < p->starts[q + 1]; k++)
            weights += (double)p->weight[k];
        loss -= positive_term_ref(step, dim, q, weights, row); /* its shares stand in the row for a while */
        for (size_t k = p->starts[q]; k < p->starts[q + 1]; k++)
            add_ref(step, dim, q, p->item[k], -row[k - p->starts[q]] / (t * total), d_u, d_v);
        for (size_t j = 0; j < step->n_items; j++)
            row[j] = j >= step->n_shared ? 0
                     : exp(score_of(step, dim, q, j) / t - (step->log_p ? (double)step->log_p[j] : 0));
        for (size_t k = p->starts[q]; k < p->starts[q + 1]; k++)
            row[p->item[k]] = exp(score_of(step, dim, q, p->item[k]) / t);
        for (size_t k = n->starts ? n->starts[q] : 0; n->starts && k < n->starts[q + 1]; k++)
            row[n->item[k]] = step->loss.disliked_weight * exp(score_of(step, dim, q, n->item[k]) / t);
        for (size_t j = 0; j < step->n_items; j++)
            z += row[j];
        /* cppcheck-suppress invalidFunctionArg ; z has an exponential in it, as there is a candidate */
        loss += step->loss.negative_weight * weights * log(z);
        for (size_t j = 0; j < step->n_items; j++)
            add_ref(step, dim, q, j, step->loss.negative_weight * weights * row[j] / (z * t * total), d_u, d_v);
    }
    return loss / total;
}
