/* What is evaluated after each epoch: see validation.h. */
#include "train/validation.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum {
    TRAIN_SAMPLE = 1024, /* training queries */
    PEAK_SAMPLE = 64,    /* of them, for the softmax peak */
    VALID_SAMPLE = 8192,
    LEAST_SAMPLE = 512,  /* ... and at least so many, whatever that costs */
    FEW_QUERIES = 10,    /* so few may be alike without anything being wrong */
    FEW_LISTS = 10,      /* a catalogue of so few whole lists: an item is in many of them by chance */
};
static const double alike = 0.99;   /* the mean cosine of users who all get the same list */
/* One item in too many lists: in more than half of them, at odds so many times those of being a positive. Sound
 * runs on Foursquare, Yelp, MovieLens and generated worlds had it in 2 to 24 % of the lists, at odds of 0.1 to 2 times;
 * with c = 3 it was 73 to 100 %, and 8 times and more. */
static const double common = 0.5, odds = 5;

static int compare_u32(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

/* Does any validation event repeat an item of its user's history? */
static int repeats(const struct tt_bags *visits, const struct tt_queries *q)
{
    for (size_t i = 0; i < q->n; i++) {
        const uint32_t *seen = visits->codes + visits->offsets[q->user[i]];
        size_t n = (size_t)(visits->offsets[q->user[i] + 1] - visits->offsets[q->user[i]]);
        for (uint64_t e = q->positives.offsets[i]; e < q->positives.offsets[i + 1]; e++)
            if (n && bsearch(&q->positives.codes[e], seen, n, sizeof(*seen), compare_u32))
                return 1;
    }
    return 0;
}

/* How many queries to evaluate on: up to `most`, as long as scoring them takes at most a third of the products of an
 * epoch. An epoch scores all rows against a step's candidates, and both gradients cost as much again. So with all
 * candidates it is as many queries as the training has; it is fewer only with a sample of a large catalogue. Models
 * that have different queries of the same events, as with and without a context, are then evaluated on all of them. */
static size_t sample_size(const struct tt_trainer *t, size_t most)
{
    double rows = (double)t->steps.n * t->plan.mean_candidates / (double)t->catalogue.n;

    return rows >= (double)most ? most : rows > LEAST_SAMPLE ? (size_t)rows : LEAST_SAMPLE;
}

int tt_validation_init(struct tt_validation *v, const struct tt_validation_options *options, const struct tt_trainer *t,
                       const struct tt_events *events, struct tt_err *err)
{
    struct tt_events plain;

    *v = (struct tt_validation){.options = *options};
    if (tt_evaluator_init(&v->train, t->model, &t->queries, &t->catalogue, NULL, sample_size(t, TRAIN_SAMPLE), err))
        return -1;
    if (!events)
        return 0;
    plain = *events;
    plain.weight = NULL; /* accuracy counts events */
    if (tt_queries_init(&v->queries, &t->model->entities.dictionary, &plain, 0, 0, err))
        goto fail;
    v->seen = options->seen;
    if (v->seen == TT_SEEN_AUTO)
        v->seen = repeats(t->visits, &v->queries) ? TT_SEEN_KEEP : TT_SEEN_REMOVE;
    if (tt_evaluator_init(&v->valid, t->model, &v->queries, &t->catalogue, v->seen == TT_SEEN_REMOVE ? t->visits : NULL,
                        sample_size(t, VALID_SAMPLE), err))
        goto fail;
    if (v->valid.total > 0)
        return 0;
    tt_err_set(err, TT_ERR_INPUT, "no validation event: %zu rows, all with label 0", events->n);
fail:
    tt_validation_release(v);
    return -1;
}

void tt_validation_release(struct tt_validation *v)
{
    tt_evaluator_release(&v->train);
    tt_evaluator_release(&v->valid);
    tt_queries_release(&v->queries);
    *v = (struct tt_validation){0};
}

int tt_validation_evaluate(struct tt_validation *v, const struct tt_trainer *t, const struct tt_model *model,
                          struct tt_epoch_values *found, struct tt_err *err)
{
    size_t n = t->catalogue.n, k = v->options.k;
    enum tt_metric metric = v->options.metric;

    *found = (struct tt_epoch_values){-1, -1};
    if (tt_model_embed(model, &t->catalogue_input, t->pool, t->v, err) ||
        tt_evaluator_metric(&v->train, model, n, t->v, metric, k, t->pool, &found->train, err) ||
        (v->valid.n && tt_evaluator_metric(&v->valid, model, n, t->v, metric, k, t->pool, &found->valid, err)))
        return -1;
    return 0;
}

int tt_validation_state(struct tt_validation *v, struct tt_state *state, struct tt_err *err)
{
    return v->valid.n ? tt_state_array(state, "last.shares", TT_F64, v->valid.n, 2, v->valid.shares, err) : 0;
}

/* The largest share of the queries of the sample that have one and the same positive. */
static int commonest_positive(const struct tt_evaluator *ev, size_t n_items, double *share, struct tt_err *err)
{
    uint32_t *queries = tt_alloc_zero(n_items, sizeof(*queries), err), most = 0;

    if (!queries)
        return -1;
    for (size_t i = 0; i < ev->starts[ev->n]; i++)
        if (++queries[ev->targets[i]] > most)
            most = queries[ev->targets[i]];
    *share = ev->n ? (double)most / (double)ev->n : 0;
    free(queries);
    return 0;
}

int tt_validation_softmax_peak(struct tt_validation *v, const struct tt_trainer *t, const struct tt_model *model,
                        struct tt_softmax_peak *peak, struct tt_err *err)
{
    struct tt_evaluator *ev = &v->train;

    return tt_model_embed(model, &t->catalogue_input, t->pool, t->v, err) ||
                   tt_model_embed(model, &ev->input, t->pool, ev->u, err) ||
                   tt_evaluator_softmax_peak(ev, t->model->dim, t->catalogue.n, t->v, t->o->loss.temperature,
                                             t->o->loss.negative_weight, PEAK_SAMPLE, t->pool, peak, err)
               ? -1
               : 0;
}

int tt_validation_inspect(struct tt_validation *v, const struct tt_trainer *t, const struct tt_model *model,
                          struct tt_validation_signs *signs, struct tt_err *err)
{
    struct tt_evaluator *ev = &v->train;

    *signs = (struct tt_validation_signs){0};
    if (tt_model_embed(model, &t->catalogue_input, t->pool, t->v, err) ||
        tt_model_embed(model, &ev->input, t->pool, ev->u, err))
        return -1;
    signs->cosine = tt_evaluator_cosine(ev, t->model->dim);
    if (commonest_positive(ev, t->catalogue.n, &signs->commonest_positive, err) ||
        tt_evaluator_commonest(ev, t->model->dim, t->catalogue.n, t->v, v->options.k, t->pool,
                               &signs->commonest_listed, err))
        return -1;
    if (ev->n < FEW_QUERIES)
        return 0;
    double listed = signs->commonest_listed, positive = signs->commonest_positive;
    signs->has_collapsed = signs->cosine > alike;
    signs->has_common_item = t->catalogue.n >= FEW_LISTS * v->options.k && listed > common &&
                             listed * (1 - positive) > odds * positive * (1 - listed);
    return 0;
}
