/* Training: see trainer.h. */
#include "model/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "data/history.h"
#include "math/vec.h"
#include "model/adam.h"
#include "model/batch.h"
#include "model/measure.h"
#include "model/spectral.h"
#include "model/steps.h"

enum {
    TILE = 128,              /* batches of queries are some whole tiles of the loss */
    MIN_STEPS = 32,          /* of an epoch, where the data allow it: Adam needs steps, not passes */
    MAX_BATCH = 1024,
    FULL_CATALOGUE = 200000, /* auto: up to here the whole catalogue is the cheaper and the better loss */
    TRAIN_SAMPLE = 2048,     /* queries whose accuracy on the training events is logged */
    VALID_SAMPLE = 8192,
    FEW_QUERIES = 10,        /* so few may be alike without anything being wrong */
};
static const double alike = 0.99; /* the mean cosine of users who all get the same list */

struct trainer {
    struct tt_model *model;
    const struct tt_train_options *o;
    struct tt_pool *pool;
    struct tt_train_report *report;
    struct tt_queries queries, valid_queries;
    struct tt_bags visits_store;  /* when the schema has no history */
    const struct tt_bags *visits; /* per user: what they have been to */
    struct tt_catalogue catalogue;
    struct tt_steps steps;
    size_t step;                  /* done in all epochs */
    struct tt_tower_input user_input, item_input;
    struct tt_tower_input catalogue_input; /* row i is the catalogue's item i */
    struct tt_batch users, items;
    int items_gathered;           /* loss full: the items of all steps are the same */
    struct tt_softmax softmax;
    struct tt_adam adam;
    float *u, *v, *d_u, *d_v;
    struct tt_measure train, valid;
    float **best;                 /* (schema.n_columns) the best epoch's tables */
};

/* ---- setting up ---- */

/* Each user's history: into the users' table when the schema has one, else beside it. */
static int find_visits(struct trainer *t, struct tt_err *err)
{
    static const struct tt_column plain = {.kind = TT_KIND_HISTORY, .count = TT_COUNT_SQRT};
    struct tt_examples *base = &t->model->base;
    const struct tt_column *column = tt_schema_find(&base->dictionary.schema, TT_USER, TT_KIND_HISTORY);
    struct tt_bags *bags = column ? &base->users.bags[column - base->dictionary.schema.columns] : &t->visits_store;
    const struct tt_events *ev = &base->events;
    struct tt_visits visits = {.n = ev->n, .user = ev->user, .item = ev->item, .time = ev->time, .label = ev->label,
                                .weight = ev->weight};

    t->visits = bags;
    tt_bags_release(bags);
    return tt_history_build(bags, column ? column : &plain, base->users.n_rows, &visits, err);
}

/* The loss, and how much of it a step takes. */
static size_t choose_batch(struct trainer *t)
{
    const struct tt_train_options *o = t->o;
    int full;

    t->report->loss = o->loss != TT_LOSS_AUTO             ? o->loss
                      : t->catalogue.n <= FULL_CATALOGUE ? TT_LOSS_FULL : TT_LOSS_BATCH;
    full = t->report->loss == TT_LOSS_FULL;
    size_t n = full ? tt_steps_queries(&t->queries) : tt_steps_entries(&t->queries), batch = o->batch;
    if (!batch && full)
        batch = n / MIN_STEPS / TILE * TILE;
    if (!batch)
        batch = full ? TILE : MAX_BATCH;
    if (!o->batch && batch > MAX_BATCH)
        batch = MAX_BATCH;
    batch = batch < n ? batch : n;
    while (batch > TILE && tt_softmax_bytes(batch, full || batch > t->catalogue.n ? t->catalogue.n : batch, o->dim) >
                               o->max_memory)
        batch = (batch - 1) / TILE * TILE;
    return batch;
}

/* The catalogue as input of the item tower. */
static int prepare_catalogue_input(struct trainer *t, struct tt_err *err)
{
    const struct tt_schema *schema = &t->model->base.dictionary.schema;

    if (tt_tower_input_of_table(&t->catalogue_input, &t->model->base.items, schema, err))
        return -1;
    t->catalogue_input.n_rows = t->catalogue.n;
    for (size_t c = 0; c < schema->n_columns; c++)
        t->catalogue_input.rows[c] = t->catalogue.items;
    return 0;
}

static int prepare_steps(struct trainer *t, struct tt_err *err)
{
    size_t batch = choose_batch(t), dim = t->o->dim;
    const struct tt_dictionary *d = &t->model->base.dictionary;

    if (tt_steps_init(&t->steps, &t->queries, &t->catalogue, t->report->loss == TT_LOSS_BATCH, batch, err))
        return -1;
    size_t candidates = t->steps.max_candidates;
    if (tt_queries_input(&t->queries, d, &t->model->base.users, &t->user_input, err) ||
        tt_tower_input_of_table(&t->item_input, &t->model->base.items, &d->schema, err) ||
        prepare_catalogue_input(t, err) || tt_batch_init(&t->users, t->model, &t->user_input, batch, err) ||
        tt_batch_init(&t->items, t->model, &t->item_input, candidates, err) ||
        tt_softmax_init(&t->softmax, batch, candidates, candidates, dim, err) || tt_adam_init(&t->adam, t->model, err))
        return -1;
    t->u = tt_alloc_aligned(tt_softmax_rows_u(batch), dim * sizeof(float), err);
    t->d_u = tt_alloc_aligned(tt_softmax_rows_u(batch), dim * sizeof(float), err);
    t->v = tt_alloc_aligned(tt_softmax_rows_v(t->catalogue.n), dim * sizeof(float), err); /* measuring uses it too */
    t->d_v = tt_alloc_aligned(tt_softmax_rows_v(candidates), dim * sizeof(float), err);
    t->report->batch = batch;
    t->report->queries = t->queries.n;
    t->report->catalogue = t->catalogue.n;
    return t->u && t->d_u && t->v && t->d_v ? 0 : -1;
}

static int compare_u32(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

/* Does any validation event repeat a visit of the training events? */
static int repeats(const struct trainer *t, const struct tt_queries *q)
{
    for (size_t i = 0; i < q->n; i++) {
        const uint32_t *seen = t->visits->codes + t->visits->offsets[q->user[i]];
        size_t n = (size_t)(t->visits->offsets[q->user[i] + 1] - t->visits->offsets[q->user[i]]);
        for (uint64_t e = q->wanted.offsets[i]; e < q->wanted.offsets[i + 1]; e++)
            if (n && bsearch(&q->wanted.codes[e], seen, n, sizeof(*seen), compare_u32))
                return 1;
    }
    return 0;
}

static int prepare_measures(struct trainer *t, const struct tt_events *valid, struct tt_err *err)
{
    if (tt_measure_init(&t->train, t->model, &t->queries, &t->catalogue, NULL, TRAIN_SAMPLE, err))
        return -1;
    if (!valid)
        return 0;
    struct tt_events plain = *valid;
    plain.weight = NULL; /* accuracy counts events */
    if (tt_queries_init(&t->valid_queries, &t->model->base.dictionary, &plain, 0, err))
        return -1;
    t->report->seen = t->o->seen != TT_SEEN_AUTO       ? t->o->seen
                      : repeats(t, &t->valid_queries) ? TT_SEEN_KEEP : TT_SEEN_REMOVE;
    if (tt_measure_init(&t->valid, t->model, &t->valid_queries, &t->catalogue,
                        t->report->seen == TT_SEEN_REMOVE ? t->visits : NULL, VALID_SAMPLE, err))
        return -1;
    if (!(t->valid.total > 0))
        return tt_err_set(err, TT_ERR_INPUT, "--valid: no validation event: %zu rows, all with label 0", valid->n);
    return 0;
}

/* ---- steps ---- */

/* One step: *loss is the mean over the weight of its events. */
static int run_step(struct trainer *t, size_t number, uint64_t epoch, double *loss, struct tt_err *err)
{
    struct tt_drop drop = {t->o->drop, t->o->seed, epoch};
    struct tt_steps *s = &t->steps;

    if (tt_steps_make(s, number, err) || tt_batch_gather(&t->users, s->rows, s->n_rows, &drop, err) ||
        (!t->items_gathered && tt_batch_gather(&t->items, s->candidates, s->n_candidates, NULL, err)))
        return -1;
    t->items_gathered = !s->is_sampled;
    tt_batch_forward(&t->users, t->pool, t->u);
    tt_batch_forward(&t->items, t->pool, t->v);
    struct tt_softmax_step step = {.n_queries = s->n_rows, .n_shared = s->n_candidates, .n_items = s->n_candidates,
                                   .u = t->u, .v = t->v, .positives = s->positives, .log_p = s->log_p,
                                   .temperature = t->o->temperature, .c = t->o->negative, .d_u = t->d_u, .d_v = t->d_v};
    if (tt_softmax_loss(&t->softmax, t->pool, &step, loss, err))
        return -1;
    if (!isfinite(*loss))
        return tt_err_set(err, TT_ERR_INPUT, "the loss is not finite in step %zu: is the learning rate too large?",
                          t->step + 1);
    tt_adam_step(&t->adam, t->step++);
    tt_batch_backward(&t->users, t->pool, t->u, t->d_u, tt_adam_apply, &t->adam);
    tt_batch_backward(&t->items, t->pool, t->v, t->d_v, tt_adam_apply, &t->adam);
    return 0;
}

static size_t table_floats(const struct trainer *t, size_t column)
{
    return t->model->base.dictionary.features[column].n_codes * t->model->dim;
}

static int check_finite(const struct trainer *t, struct tt_err *err)
{
    const struct tt_schema *schema = &t->model->base.dictionary.schema;
    char name[TT_TENSOR_NAME];

    for (size_t c = 0; c < schema->n_columns; c++)
        if (t->model->tables[c] && !tt_vec_is_finite(t->model->tables[c], table_floats(t, c)))
            return tt_err_set(err, TT_ERR_INPUT, "'%s' is not finite after step %zu: is the learning rate too large?",
                              tt_tensor_name(name, &schema->columns[c], "embedding"), t->step);
    return 0;
}

static int run_epoch(struct trainer *t, size_t epoch, struct tt_epoch *line, struct tt_err *err)
{
    double sum = 0, weights = 0;

    tt_steps_shuffle(&t->steps, t->o->seed, epoch);
    for (size_t i = 0; i < t->steps.n_steps; i++) {
        double loss;
        if (run_step(t, i, epoch, &loss, err))
            return -1;
        sum += loss * t->steps.weight;
        weights += t->steps.weight;
    }
    line->loss = weights > 0 ? sum / weights : 0;
    line->examples = t->report->events;
    return check_finite(t, err);
}

/* ---- the whole ---- */

static int keep_best(struct trainer *t, struct tt_err *err)
{
    size_t n = t->model->base.dictionary.schema.n_columns;

    if (!t->best && !(t->best = tt_alloc_zero(n, sizeof(*t->best), err)))
        return -1;
    for (size_t c = 0; c < n; c++) {
        if (!t->model->tables[c])
            continue;
        if (!t->best[c] && !(t->best[c] = tt_alloc(table_floats(t, c), sizeof(float), err)))
            return -1;
        memcpy(t->best[c], t->model->tables[c], table_floats(t, c) * sizeof(float));
    }
    return 0;
}

static int measure_epoch(struct trainer *t, struct tt_epoch *line, struct tt_err *err)
{
    line->valid_accuracy = -1;
    tt_model_embed(t->model, &t->catalogue_input, t->pool, t->v);
    if (tt_measure_accuracy(&t->train, t->model, t->catalogue.n, t->v, t->o->k, t->pool, &line->train_accuracy, err) ||
        (t->valid.n && tt_measure_accuracy(&t->valid, t->model, t->catalogue.n, t->v, t->o->k, t->pool,
                                           &line->valid_accuracy, err)))
        return -1;
    return 0;
}

static int run_epochs(struct trainer *t, tt_epoch_fn *on_epoch, void *arg, struct tt_err *err)
{
    struct tt_train_report *report = t->report;
    double first_loss = 0;

    report->best_accuracy = -1;
    for (size_t epoch = 1; epoch <= t->o->epochs; epoch++) {
        struct tt_epoch line = {.epoch = epoch};
        if (run_epoch(t, epoch, &line, err) || measure_epoch(t, &line, err))
            return -1;
        first_loss = epoch == 1 ? line.loss : first_loss;
        report->epochs = epoch;
        report->has_no_progress = epoch > 1 && line.loss >= first_loss;
        line.is_best = t->valid.n == 0 || line.valid_accuracy > report->best_accuracy;
        if (line.is_best) {
            report->best_epoch = epoch;
            report->best_accuracy = line.valid_accuracy;
            report->has_collapsed = t->train.n >= FEW_QUERIES && tt_measure_cosine(&t->train, t->o->dim) > alike;
            if (t->valid.n && keep_best(t, err))
                return -1;
        }
        if (on_epoch)
            on_epoch(arg, &line);
        if (t->valid.n && t->o->patience && epoch - report->best_epoch >= t->o->patience)
            break;
    }
    for (size_t c = 0; t->best && c < t->model->base.dictionary.schema.n_columns; c++)
        if (t->best[c])
            memcpy(t->model->tables[c], t->best[c], table_floats(t, c) * sizeof(float));
    return 0;
}

/* The mean bag of a history over the users that have one, or 0: what stands for a user of whom nothing is known. */
static void mean_bag(const struct trainer *t, size_t column, float *mean)
{
    const float *table = t->model->tables[column];
    size_t dim = t->model->dim, n = 0;
    double sums[TT_MAX_DIM] = {0};

    for (size_t u = 0; u < t->visits->n_rows; u++) {
        const uint32_t *codes;
        const float *weights;
        size_t size = tt_bags_row(t->visits, u, &codes, &weights);
        double length = (double)tt_history_length(weights, size);
        for (size_t e = 0; e < size; e++)
            for (size_t i = 0; i < dim; i++)
                sums[i] += (double)weights[e] / length * (double)table[codes[e] * dim + i];
        n += size > 0;
    }
    for (size_t i = 0; i < dim; i++)
        mean[i] = n ? (float)(sums[i] / (double)n) : 0;
}

/* The mean of the trained rows from 1 up, or 0. */
static void mean_row(const struct trainer *t, size_t column, float *mean)
{
    size_t dim = t->model->dim, n = 0;
    double sums[TT_MAX_DIM] = {0};

    for (size_t r = 1; r < t->model->base.dictionary.features[column].n_codes; r++) {
        if (!t->adam.trained[column][r])
            continue;
        for (size_t i = 0; i < dim; i++)
            sums[i] += (double)t->model->tables[column][r * dim + i];
        n++;
    }
    for (size_t i = 0; i < dim; i++)
        mean[i] = n ? (float)(sums[i] / (double)n) : 0;
}

/* What training never saw has only noise in its row. Row 0 of a table, the unknown code, becomes the mean of the rows
 * that were trained (of a scaled number 0, as for the mean number; of a history the mean bag), unless empty fields or
 * dropped histories have trained it; other untrained rows become row 0. */
static void fill_untrained(struct trainer *t)
{
    const struct tt_dictionary *d = &t->model->base.dictionary;
    size_t dim = t->model->dim;

    for (size_t c = 0; c < d->schema.n_columns; c++) {
        float *table = t->model->tables[c];
        if (!table)
            continue;
        if (!t->adam.trained[c][0]) {
            if (d->schema.columns[c].kind == TT_KIND_HISTORY)
                mean_bag(t, c, table);
            else if (d->schema.columns[c].kind == TT_KIND_NUMBER && !tt_kind_is_single(&d->schema.columns[c]))
                memset(table, 0, dim * sizeof(*table));
            else
                mean_row(t, c, table);
        }
        for (size_t r = 1; r < d->features[c].n_codes; r++)
            if (!t->adam.trained[c][r])
                memcpy(table + r * dim, table, dim * sizeof(*table));
    }
}

static int check_events(struct trainer *t, struct tt_err *err)
{
    const struct tt_events *events = &t->model->base.events;
    const char *name = t->model->base.segment.name ? t->model->base.segment.name : "examples";

    for (size_t e = 0; e < events->n; e++)
        t->report->unliked += events->label && !events->label[e];
    t->report->events = events->n - t->report->unliked;
    if (!(t->queries.weight > 0))
        return tt_err_set(err, TT_ERR_INPUT,
                          "%s: no training event: %zu rows, %zu of them with label 0, weight %g in all", name,
                          events->n, t->report->unliked, t->queries.weight);
    if (t->queries.weight > 1e30)
        return tt_err_set(err, TT_ERR_INPUT, "%s: the events weigh %g in all, more than 1e30", name, t->queries.weight);
    return 0;
}

static void trainer_release(struct trainer *t)
{
    for (size_t c = 0; t->best && c < t->model->base.dictionary.schema.n_columns; c++)
        free(t->best[c]);
    free(t->best);
    tt_measure_release(&t->train);
    tt_measure_release(&t->valid);
    tt_batch_release(&t->users);
    tt_batch_release(&t->items);
    tt_tower_input_release(&t->user_input);
    tt_tower_input_release(&t->item_input);
    tt_tower_input_release(&t->catalogue_input);
    tt_adam_release(&t->adam);
    tt_softmax_release(&t->softmax);
    tt_steps_release(&t->steps);
    tt_catalogue_release(&t->catalogue);
    tt_queries_release(&t->queries);
    tt_queries_release(&t->valid_queries);
    tt_bags_release(&t->visits_store);
    free(t->u);
    free(t->v);
    free(t->d_u);
    free(t->d_v);
}

int tt_train(struct tt_model *model, const struct tt_train_options *options, const struct tt_events *valid,
             struct tt_pool *pool, tt_epoch_fn *on_epoch, void *arg, struct tt_train_report *report, struct tt_err *err)
{
    struct trainer t = {.model = model, .o = options, .pool = pool, .report = report};
    int status = -1;

    *report = (struct tt_train_report){0};
    if (options->half_life > 0 && !model->base.events.time)
        return tt_err_set(err, TT_ERR_USAGE, "--half-life: the schema has no event column of kind 'time'");
    if (tt_queries_init(&t.queries, &model->base.dictionary, &model->base.events, options->half_life, err) ||
        check_events(&t, err) || tt_catalogue_init(&t.catalogue, &t.queries, model->base.items.n_rows, err) ||
        find_visits(&t, err))
        goto done;
    if (prepare_steps(&t, err) || prepare_measures(&t, valid, err))
        goto done;
    if (options->start == TT_START_RANDOM)
        tt_random_start(model, options->seed);
    else if (tt_spectral_start(model, t.visits, options->seed, options->noise, pool, err))
        goto done;
    t.adam.rate = options->rate;
    t.adam.beta1 = 0.9;
    t.adam.beta2 = options->beta2;
    t.adam.epsilon = 1e-8;
    t.adam.warmup = options->warmup;
    t.adam.total = options->epochs * t.steps.n_steps;
    if (run_epochs(&t, on_epoch, arg, err))
        goto done;
    fill_untrained(&t);
    status = 0;
done:
    trainer_release(&t);
    return status;
}
