/* How the training steps are made: see plan.h. */
#include "train/plan.h"

#include <math.h>

/* MIN_STEPS by Recall@20 and CPU seconds of 16 epochs with all candidates, for so many queries a step. Yelp2018:
 * 64: 0.0717, 135 s; 128: 0.0720, 122 s; 256: 0.0718, 104 s; 512: 0.0716, 93 s; 1024: 0.0715, 90 s.
 * yelp2020: 128: 0.1266, 47 s; 256: 0.1267, 40 s; 512: 0.1265, 36 s; 768: 0.1262, 36 s. */
enum {
    TILE = 64,         /* batches are some whole panels of the loss, from one ... */
    MOST_BATCH = 1024, /* ... to so many queries or entries */
    MIN_STEPS = 128,   /* of an epoch, where the data allow it: Adam needs steps, not passes */
    POSITIVES = 8192,  /* of a step whose candidates are not all: shared candidates, or terms of one query's Z */
    NEGATIVES = 4096,  /* sampled beside them; `sampled`, which has no others, takes twice as many */
    MIN_RENEWALS = 32, /* readings of the items' histories an epoch, where they are not in each step, */
    MOST_RENEWAL = 4,  /* and steps from one to the next */
};
static const double cheap = 4e12; /* floating-point operations of an epoch: up to so many are not worth saving */

/* A step with all candidates may take so many times what a mixed one takes. Yelp2018, 64-d, where it takes 2.7 times as
 * many operations and 2.5 times the time: Recall@20 0.0718 after 16 epochs (104 s of CPU), mixed 0.0715 (42 s), mixed
 * after 32 epochs 0.0717 (86 s). So there they are worth the same, and where all candidates cost much more, mixed gets
 * further. */
static const double worth = 4;

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int by_entry(const struct tt_plan_options *o)
{
    return o->batch_of == TT_BATCH_OF_EVENTS;
}

/* How many candidates a step's rows share: batch (rows) may have a fraction of an item twice, which is passed over. */
static double count_candidates(const struct tt_plan_options *o, const struct tt_plan_data *data,
                               const struct tt_steps_options *s)
{
    double items = (double)data->items, n = 0;
    double positives = by_entry(o) ? 1 : (double)data->entries / (double)(data->queries ? data->queries : 1);

    if (s->candidates == TT_CANDIDATES_ALL)
        return items;
    if (tt_candidates_include_sampled(s->candidates))
        n += (double)s->negatives;
    if (tt_candidates_include_batch(s->candidates))
        n += (double)s->batch_size * positives;
    return n < items ? n : items;
}

static size_t choose_batch_size(const struct tt_plan_options *o, const struct tt_plan_data *data,
                                enum tt_candidates candidates)
{
    size_t n = by_entry(o) ? data->entries : data->queries, most = MOST_BATCH, batch;

    if (candidates != TT_CANDIDATES_ALL && !by_entry(o) && data->entries)
        most = least(most, (size_t)((double)POSITIVES * (double)data->queries / (double)data->entries) / TILE * TILE);
    batch = least(n / MIN_STEPS / TILE * TILE, most);
    batch = batch ? batch : TILE;
    return n ? tt_blocks(n, tt_blocks(n, batch)) : batch; /* equal parts: each step moves as far, whatever it holds */
}

static struct tt_steps_options choose(const struct tt_plan_options *o, const struct tt_plan_data *data,
                                      enum tt_candidates candidates)
{
    size_t n = by_entry(o) ? data->entries : data->queries;
    struct tt_steps_options s = {.candidates = candidates, .by_entry = by_entry(o), .batch_size = o->batch_size};

    if (!s.batch_size)
        s.batch_size = choose_batch_size(o, data, candidates);
    s.batch_size = least(s.batch_size, n);
    if (tt_candidates_include_sampled(candidates))
        s.negatives = least(o->negatives ? o->negatives
                            : candidates == TT_CANDIDATES_SAMPLED ? 2 * NEGATIVES : NEGATIVES, data->items);
    while (s.batch_size > TILE &&
           tt_softmax_bytes(s.batch_size, (size_t)count_candidates(o, data, &s), data->dim) > o->max_memory)
        s.batch_size = (s.batch_size - 1) / TILE * TILE;
    return s;
}

static double count_operations(const struct tt_plan_options *o, const struct tt_plan_data *data,
                               const struct tt_steps_options *s)
{
    return 6 * (double)data->dim * (double)(by_entry(o) ? data->entries : data->queries) * count_candidates(o, data, s);
}

/* How often the items' histories are read, when a reading may take so much of the time of a step's products. It is 4
 * operations an entry and dimension, to and fro, each as long as `slow` of the products': the entries' rows come from
 * all over a table. Steps that read their own candidates' histories read less where these are few.
 * MOST_RENEWAL by Recall@20 and CPU seconds of 2 epochs of Yelp2018 with its items' histories, on a part of train held
 * out, with a reading in every step: 0.1156, 21 s; in every fourth: 0.1161, 19 s; eighth: 0.1144, 17 s; 16th: 0.1122,
 * 17 s; 128th: 0.0681. After 12 epochs in every step and in every fourth: 0.1229 and 0.1231. */
static size_t choose_renewal(const struct tt_plan_options *o, const struct tt_plan_data *data,
                             const struct tt_plan *plan)
{
    static const double share = 0.25, slow = 8;
    size_t n = by_entry(o) ? data->entries : data->queries;
    size_t batch = plan->steps.batch_size ? plan->steps.batch_size : 1;
    size_t most = least(tt_blocks(n, batch) / MIN_RENEWALS, MOST_RENEWAL);
    double allowed = share * 6 * (double)batch * plan->mean_candidates, all = slow * 4 * (double)data->visitors;
    double own = data->items ? all * plan->mean_candidates / (double)data->items : 0;

    if (most <= 1 || own <= allowed || own <= all / (double)most)
        return 1;
    return least((size_t)ceil(all / allowed), most);
}

struct tt_plan tt_plan_make(const struct tt_plan_options *o, const struct tt_plan_data *data)
{
    struct tt_steps_options all = choose(o, data, TT_CANDIDATES_ALL), mixed = choose(o, data, TT_CANDIDATES_MIXED);
    struct tt_plan plan = {.flop_all = count_operations(o, data, &all),
                           .flop_mixed = count_operations(o, data, &mixed)};

    if (o->candidates != TT_CANDIDATES_AUTO)
        plan.steps = choose(o, data, o->candidates);
    else
        plan.steps = plan.flop_all <= cheap || plan.flop_all <= worth * plan.flop_mixed ? all : mixed;
    plan.mean_candidates = count_candidates(o, data, &plan.steps);
    plan.renewal = choose_renewal(o, data, &plan);
    return plan;
}
