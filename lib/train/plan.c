/* What a step takes: see plan.h. */
#include "train/plan.h"

#include <math.h>

/* MIN_STEPS by Recall@20 and CPU seconds of 16 epochs with the full loss, for so many queries a step. Yelp2018:
 * 64: 0.0717, 135 s; 128: 0.0720, 122 s; 256: 0.0718, 104 s; 512: 0.0716, 93 s; 1024: 0.0715, 90 s.
 * yelp2020: 128: 0.1266, 47 s; 256: 0.1267, 40 s; 512: 0.1265, 36 s; 768: 0.1262, 36 s. */
enum {
    TILE = 64,         /* batches are some whole panels of the loss, from one ... */
    MOST_BATCH = 1024, /* ... to so many queries or entries */
    MIN_STEPS = 128,   /* of an epoch, where the data allow it: Adam needs steps, not passes */
    WANTED = 8192,     /* positives of a step of the sampled losses: candidates, or own terms of Z */
    DRAWN = 4096,      /* with them; `sampled`, which has no others, draws twice as many */
    MIN_RENEWALS = 32, /* readings of the items' histories an epoch, where they are not in each step, */
    MOST_RENEWAL = 4,  /* and steps from one to the next */
};
static const double cheap = 4e12; /* floating-point operations of an epoch that nobody has to save */

/* The full softmax may take so many times what the sampled one takes. Yelp2018, 64-d, where it takes 2.7 times as many
 * operations and 2.5 times the time: Recall@20 0.0718 after 16 epochs (104 s of CPU), mixed 0.0715 (42 s), mixed after
 * 32 epochs 0.0717 (86 s). So there they are worth the same, and where full costs much more, mixed gets further. */
static const double worth = 4;

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many candidates a step's rows share: batch (rows) may have a fraction of an item twice, which is passed over. */
static double count_candidates(const struct tt_plan_options *o, const struct tt_plan_data *data,
                               const struct tt_steps_options *s)
{
    double items = (double)data->items, n = 0;
    double wanted = o->by_entry ? 1 : (double)data->entries / (double)(data->queries ? data->queries : 1);

    if (s->loss == TT_LOSS_FULL)
        return items;
    if (tt_loss_draws(s->loss))
        n += (double)s->negatives;
    if (tt_loss_shares(s->loss))
        n += (double)s->batch * wanted;
    return n < items ? n : items;
}

static size_t choose_batch(const struct tt_plan_options *o, const struct tt_plan_data *data, enum tt_loss loss)
{
    size_t n = o->by_entry ? data->entries : data->queries, most = MOST_BATCH, batch;

    if (loss != TT_LOSS_FULL && !o->by_entry && data->entries)
        most = least(most, (size_t)((double)WANTED * (double)data->queries / (double)data->entries) / TILE * TILE);
    batch = least(n / MIN_STEPS / TILE * TILE, most);
    batch = batch ? batch : TILE;
    return n ? tt_blocks(n, tt_blocks(n, batch)) : batch; /* equal parts: each step moves as far, whatever it holds */
}

static struct tt_steps_options choose(const struct tt_plan_options *o, const struct tt_plan_data *data,
                                      enum tt_loss loss)
{
    size_t n = o->by_entry ? data->entries : data->queries;
    struct tt_steps_options s = {.loss = loss, .by_entry = o->by_entry, .batch = o->batch};

    if (!s.batch)
        s.batch = choose_batch(o, data, loss);
    s.batch = least(s.batch, n);
    if (tt_loss_draws(loss))
        s.negatives = least(o->negatives ? o->negatives : loss == TT_LOSS_SAMPLED ? 2 * DRAWN : DRAWN, data->items);
    while (s.batch > TILE &&
           tt_softmax_bytes(s.batch, (size_t)count_candidates(o, data, &s), o->dim, tt_tile_best()) > o->max_memory)
        s.batch = (s.batch - 1) / TILE * TILE;
    return s;
}

static double count_operations(const struct tt_plan_options *o, const struct tt_plan_data *data,
                               const struct tt_steps_options *s)
{
    return 6 * (double)o->dim * (double)(o->by_entry ? data->entries : data->queries) * count_candidates(o, data, s);
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
    size_t n = o->by_entry ? data->entries : data->queries, batch = plan->steps.batch ? plan->steps.batch : 1;
    size_t most = least(tt_blocks(n, batch) / MIN_RENEWALS, MOST_RENEWAL);
    double allowed = share * 6 * (double)batch * plan->candidates, all = slow * 4 * (double)data->visitors;
    double own = data->items ? all * plan->candidates / (double)data->items : 0;

    if (most <= 1 || own <= allowed || own <= all / (double)most)
        return 1;
    return least((size_t)ceil(all / allowed), most);
}

struct tt_plan tt_plan_make(const struct tt_plan_options *o, const struct tt_plan_data *data)
{
    struct tt_steps_options full = choose(o, data, TT_LOSS_FULL), mixed = choose(o, data, TT_LOSS_MIXED);
    struct tt_plan plan = {.full = count_operations(o, data, &full), .sampled = count_operations(o, data, &mixed)};

    if (o->loss != TT_LOSS_AUTO)
        plan.steps = choose(o, data, o->loss);
    else
        plan.steps = plan.full <= cheap || plan.full <= worth * plan.sampled ? full : mixed;
    plan.candidates = count_candidates(o, data, &plan.steps);
    plan.renewal = choose_renewal(o, data, &plan);
    return plan;
}
