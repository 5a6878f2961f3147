/* Training: see trainer.h. */
#include "model/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "data/history.h"
#include "model/batch.h"
#include "model/queries.h"
#include "model/ranking.h"
#include "model/spectral.h"
#include "model/softmax.h"

enum {
    TILE = 128,             /* batches of queries are whole tiles of the loss */
    MIN_STEPS = 32,         /* an epoch has at least so many steps where the data allow it: Adam needs steps, not passes */
    MAX_BATCH = 1024,
    FULL_CATALOGUE = 200000, /* auto: up to here the whole catalogue is the cheaper and the better loss */
    TRAIN_SAMPLE = 2048,    /* queries whose accuracy on the training events is logged */
    VALID_SAMPLE = 8192,
};

/* What is ranked to measure an accuracy: some queries, evenly chosen, and what they want. */
struct measure {
    struct tt_queries queries;
    struct tt_tower_input input;  /* over the chosen queries */
    uint32_t *chosen;             /* (n) queries */
    uint32_t *users;              /* (n) */
    struct tt_bags *contexts;     /* chosen rows of the queries' contexts */
    uint32_t *starts, *item;      /* wanted, as catalogue numbers */
    float *weight;
    uint64_t *seen_starts;
    uint32_t *seen;
    uint32_t *ranks;
    float *u;
    size_t n, n_columns;
    double total;                 /* weight of all wanted, in the catalogue or not */
};

struct trainer {
    struct tt_model *model;
    const struct tt_train_options *o;
    struct tt_pool *pool;
    struct tt_train_report *report;
    struct tt_queries queries;
    struct tt_bags visits_store;  /* when the schema has no history */
    const struct tt_bags *visits; /* per user: what they have been to */
    uint32_t *catalogue;          /* (n_catalogue) item rows with an event, rising */
    uint32_t *place;              /* (n_items) place in the catalogue, or UINT32_MAX */
    size_t n_catalogue;
    struct tt_tower_input user_input, item_input;
    struct tt_batch users, items;
    struct tt_moments moments;
    struct tt_softmax softmax;
    struct tt_adam adam;
    float *u, *v, *d_u, *d_v;
    /* the step at hand */
    uint32_t *order;              /* queries, or entries (loss batch) */
    size_t n_order, step, items_ready;
    uint32_t *rows, *candidates;
    size_t n_rows, n_candidates;
    uint32_t *starts, *p_query, *p_item;
    float *p_weight, *log_p;
    size_t cap_query, cap_item, cap_weight;
    /* loss batch */
    uint32_t *entry_query;        /* (n entries) */
    double *share;                /* (n_items) of the entries */
    uint32_t *candidate_place;    /* (n_items) */
    struct measure train, valid;
    float **best;                 /* (schema.n_columns) the best epoch's tables */
};

/* ---- setting up ---- */

/* The items with an event that is liked. */
static int find_catalogue(struct trainer *t, struct tt_err *err)
{
    const struct tt_events *events = &t->model->base.events;
    size_t n_items = t->model->base.items.n_rows;

    t->place = tt_alloc(n_items, sizeof(*t->place), err);
    t->catalogue = tt_alloc(n_items, sizeof(*t->catalogue), err);
    if (!t->place || !t->catalogue)
        return -1;
    memset(t->place, 0, n_items * sizeof(*t->place));
    for (size_t e = 0; e < events->n; e++)
        if (!events->label || events->label[e])
            t->place[events->item[e]] = 1;
    t->place[0] = 0;
    for (size_t i = 0; i < n_items; i++) {
        if (t->place[i])
            t->catalogue[t->n_catalogue] = (uint32_t)i;
        t->place[i] = t->place[i] ? (uint32_t)t->n_catalogue++ : UINT32_MAX;
    }
    return 0;
}

/* Each user's history: into the users' table when the schema has one, else beside it. */
static int find_visits(struct trainer *t, struct tt_err *err)
{
    static const struct tt_column plain = {.kind = TT_KIND_HISTORY, .count = TT_COUNT_SQRT};
    struct tt_examples *base = &t->model->base;
    const struct tt_column *column = tt_schema_find(&base->dictionary.schema, TT_USER, TT_KIND_HISTORY);
    struct tt_bags *bags = column ? &base->users.bags[column - base->dictionary.schema.columns] : &t->visits_store;
    const struct tt_events *ev = &base->events;
    struct tt_visits visits = {.n = ev->n, .user = ev->user, .item = ev->item, .time = ev->time, .label = ev->label};

    t->visits = bags;
    tt_bags_release(bags);
    return tt_history_build(bags, column ? column : &plain, base->users.n_rows, &visits, err);
}

static void choose(struct trainer *t)
{
    const struct tt_train_options *o = t->o;
    size_t n = t->queries.n, batch = o->batch;

    t->report->loss = o->loss != TT_LOSS_AUTO ? o->loss : t->n_catalogue <= FULL_CATALOGUE ? TT_LOSS_FULL : TT_LOSS_BATCH;
    if (t->report->loss == TT_LOSS_BATCH) {
        t->n_order = (size_t)t->queries.wanted.offsets[t->queries.n];
        batch = batch ? batch : MAX_BATCH;
    } else {
        t->n_order = n;
        if (!batch) {
            batch = n / MIN_STEPS / TILE * TILE;
            batch = batch < TILE ? TILE : batch > MAX_BATCH ? MAX_BATCH : batch;
        }
        while (batch > TILE && tt_softmax_bytes(batch, t->n_catalogue, o->dim) > o->max_memory)
            batch -= TILE;
    }
    t->report->batch = batch;
    t->report->queries = n;
    t->report->catalogue = t->n_catalogue;
}

/* Shares and queries of the entries, for the batch loss. */
static int prepare_entries(struct trainer *t, struct tt_err *err)
{
    size_t n_items = t->model->base.items.n_rows;
    const struct tt_bags *wanted = &t->queries.wanted;

    t->entry_query = tt_alloc(t->n_order, sizeof(*t->entry_query), err);
    t->share = tt_alloc_zero(n_items, sizeof(*t->share), err);
    t->candidate_place = tt_alloc(n_items, sizeof(*t->candidate_place), err);
    if (!t->entry_query || !t->share || !t->candidate_place)
        return -1;
    for (size_t q = 0; q < t->queries.n; q++)
        for (uint64_t e = wanted->offsets[q]; e < wanted->offsets[q + 1]; e++) {
            t->entry_query[e] = (uint32_t)q;
            t->share[wanted->codes[e]] += 1 / (double)t->n_order;
        }
    memset(t->candidate_place, 0xff, n_items * sizeof(*t->candidate_place));
    return 0;
}

static int prepare_steps(struct trainer *t, struct tt_err *err)
{
    size_t batch = t->report->batch, dim = t->o->dim, full = t->report->loss == TT_LOSS_FULL;
    size_t max_candidates = full ? t->n_catalogue : batch < t->n_catalogue ? batch : t->n_catalogue;
    const struct tt_schema *schema = &t->model->base.dictionary.schema;

    if (tt_queries_input(&t->queries, &t->model->base.dictionary, &t->model->base.users, &t->user_input, err) ||
        tt_tower_input_of_table(&t->item_input, &t->model->base.items, schema, err) ||
        tt_batch_init(&t->users, t->model, &t->user_input, batch, err) ||
        tt_batch_init(&t->items, t->model, &t->item_input, max_candidates, err) ||
        tt_moments_init(&t->moments, t->model, err) ||
        tt_softmax_init(&t->softmax, batch, max_candidates, dim, err) || (!full && prepare_entries(t, err)))
        return -1;
    t->u = tt_alloc_aligned(tt_softmax_rows_u(batch), dim * sizeof(float), err);
    t->d_u = tt_alloc_aligned(tt_softmax_rows_u(batch), dim * sizeof(float), err);
    t->v = tt_alloc_aligned(tt_softmax_rows_v(t->n_catalogue), dim * sizeof(float), err); /* measuring uses it too */
    t->d_v = tt_alloc_aligned(tt_softmax_rows_v(max_candidates), dim * sizeof(float), err);
    t->order = tt_alloc(t->n_order, sizeof(*t->order), err);
    t->rows = tt_alloc(batch, sizeof(*t->rows), err);
    t->candidates = tt_alloc(max_candidates, sizeof(*t->candidates), err);
    t->log_p = tt_alloc(max_candidates, sizeof(*t->log_p), err);
    t->starts = tt_alloc(batch + 1, sizeof(*t->starts), err);
    return t->u && t->d_u && t->v && t->d_v && t->order && t->rows && t->candidates && t->log_p && t->starts ? 0 : -1;
}

/* ---- steps ---- */

static int add_positive(struct trainer *t, size_t at, uint32_t query, uint32_t item, float weight, struct tt_err *err)
{
    if (tt_grow(&t->p_query, &t->cap_query, at + 1, sizeof(*t->p_query), err) ||
        tt_grow(&t->p_item, &t->cap_item, at + 1, sizeof(*t->p_item), err) ||
        tt_grow(&t->p_weight, &t->cap_weight, at + 1, sizeof(*t->p_weight), err))
        return -1;
    t->p_query[at] = query;
    t->p_item[at] = item;
    t->p_weight[at] = weight;
    return 0;
}

/* Loss full: queries order[from ... from + n) with all of their positives. */
static int make_full_step(struct trainer *t, size_t from, size_t n, struct tt_err *err)
{
    const struct tt_bags *wanted = &t->queries.wanted;
    size_t at = 0;

    t->n_rows = n;
    for (size_t r = 0; r < n; r++) {
        uint32_t q = t->rows[r] = t->order[from + r];
        t->starts[r] = (uint32_t)at;
        for (uint64_t e = wanted->offsets[q]; e < wanted->offsets[q + 1]; e++, at++)
            if (add_positive(t, at, (uint32_t)r, t->place[wanted->codes[e]], wanted->weights[e], err))
                return -1;
    }
    t->starts[n] = (uint32_t)at;
    t->n_candidates = t->n_catalogue;
    return 0;
}

static int compare_u32(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

/* Loss batch: entries order[from ... from + n), their distinct queries and their distinct items. */
static int make_batch_step(struct trainer *t, size_t from, size_t n, struct tt_err *err)
{
    const struct tt_bags *wanted = &t->queries.wanted;
    uint32_t *entries = t->order + from;

    qsort(entries, n, sizeof(*entries), compare_u32); /* entries of one query are neighbours */
    t->n_rows = t->n_candidates = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t q = t->entry_query[entries[i]], item = wanted->codes[entries[i]];
        if (t->n_rows == 0 || t->rows[t->n_rows - 1] != q) {
            t->starts[t->n_rows] = (uint32_t)i;
            t->rows[t->n_rows++] = q;
        }
        if (t->candidate_place[item] == UINT32_MAX) {
            /* the probability that a batch of n holds the item: 1 - (1 - share)^n */
            t->log_p[t->n_candidates] = (float)log(-expm1((double)n * log1p(-t->share[item] * (1 - 1e-12))));
            t->candidate_place[item] = (uint32_t)t->n_candidates;
            t->candidates[t->n_candidates++] = item;
        }
        if (add_positive(t, i, (uint32_t)t->n_rows - 1, t->candidate_place[item], wanted->weights[entries[i]], err))
            return -1;
    }
    t->starts[t->n_rows] = (uint32_t)n;
    for (size_t c = 0; c < t->n_candidates; c++)
        t->candidate_place[t->candidates[c]] = UINT32_MAX;
    return 0;
}

/* One step: *loss is the mean over its events, *weight theirs. */
static int run_step(struct trainer *t, size_t from, size_t n, uint64_t epoch, double *loss, double *weight,
                    struct tt_err *err)
{
    struct tt_drop drop = {t->o->drop, t->o->seed, epoch};
    int full = t->report->loss == TT_LOSS_FULL;
    struct tt_positives positives;

    if (full ? make_full_step(t, from, n, err) : make_batch_step(t, from, n, err))
        return -1;
    if (tt_batch_gather(&t->users, t->rows, t->n_rows, &drop, err))
        return -1;
    if (!(full && t->items_ready) && tt_batch_gather(&t->items, full ? t->catalogue : t->candidates, t->n_candidates, NULL, err))
        return -1;
    t->items_ready = 1;
    tt_batch_forward(&t->users, t->pool, t->u);
    tt_batch_forward(&t->items, t->pool, t->v);
    positives = (struct tt_positives){t->starts, t->p_query, t->p_item, t->p_weight};
    if (tt_softmax_loss(&t->softmax, t->pool, t->n_rows, t->n_candidates, t->u, t->v, &positives, full ? NULL : t->log_p,
                        t->o->temperature, t->o->negative, t->d_u, t->d_v, loss, err))
        return -1;
    *weight = 0;
    for (size_t k = 0; k < t->starts[t->n_rows]; k++)
        *weight += (double)t->p_weight[k];
    if (!isfinite(*loss))
        return tt_err_set(err, TT_ERR_INPUT, "the loss is not finite in step %zu: is the learning rate too large?", t->step + 1);
    tt_adam_step(&t->adam, t->step++);
    tt_batch_backward(&t->users, t->pool, t->u, t->d_u, &t->adam, &t->moments);
    tt_batch_backward(&t->items, t->pool, t->v, t->d_v, &t->adam, &t->moments);
    return 0;
}

static int run_epoch(struct trainer *t, size_t epoch, struct tt_epoch *line, struct tt_err *err)
{
    struct tt_rng rng;
    double sum = 0, weights = 0;

    for (size_t i = 0; i < t->n_order; i++)
        t->order[i] = (uint32_t)i;
    tt_rng_init(&rng, t->o->seed, TT_RNG_SHUFFLE, epoch);
    for (size_t i = t->n_order; i > 1; i--) { /* Fisher and Yates */
        size_t k = (size_t)tt_rng_below(&rng, i);
        uint32_t swap = t->order[i - 1];
        t->order[i - 1] = t->order[k];
        t->order[k] = swap;
    }
    for (size_t from = 0; from < t->n_order; from += t->report->batch) {
        size_t n = t->n_order - from < t->report->batch ? t->n_order - from : t->report->batch;
        double loss, weight;
        if (run_step(t, from, n, epoch, &loss, &weight, err))
            return -1;
        sum += loss * weight;
        weights += weight;
    }
    line->loss = weights > 0 ? sum / weights : 0;
    line->examples = weights;
    return 0;
}

/* ---- measuring ---- */

static void measure_release(struct measure *m)
{
    for (size_t c = 0; m->contexts && c < m->n_columns; c++)
        tt_bags_release(&m->contexts[c]);
    free(m->contexts);
    tt_queries_release(&m->queries);
    tt_tower_input_release(&m->input);
    free(m->chosen);
    free(m->users);
    free(m->starts);
    free(m->item);
    free(m->weight);
    free(m->seen_starts);
    free(m->seen);
    free(m->ranks);
    free(m->u);
}

/* What the chosen queries want, as places of the catalogue; wanted items outside of it are misses. */
static int choose_wanted(struct trainer *t, struct measure *m, const struct tt_queries *q, struct tt_err *err)
{
    size_t total = 0, at = 0;

    for (size_t i = 0; i < m->n; i++)
        total += (size_t)(q->wanted.offsets[m->chosen[i] + 1] - q->wanted.offsets[m->chosen[i]]);
    m->starts = tt_alloc(m->n + 1, sizeof(*m->starts), err);
    m->item = tt_alloc(total, sizeof(*m->item), err);
    m->weight = tt_alloc(total, sizeof(*m->weight), err);
    m->ranks = tt_alloc(total, sizeof(*m->ranks), err);
    m->u = tt_alloc_aligned(m->n, t->o->dim * sizeof(float), err);
    if (!m->starts || !m->item || !m->weight || !m->ranks || !m->u)
        return -1;
    for (size_t i = 0; i < m->n; i++) {
        m->starts[i] = (uint32_t)at;
        for (uint64_t e = q->wanted.offsets[m->chosen[i]]; e < q->wanted.offsets[m->chosen[i] + 1]; e++) {
            uint32_t place = t->place[q->wanted.codes[e]];
            m->total += (double)q->wanted.weights[e];
            if (place == UINT32_MAX)
                continue;
            m->item[at] = place;
            m->weight[at++] = q->wanted.weights[e];
        }
    }
    m->starts[m->n] = (uint32_t)at;
    return 0;
}

/* The training items of the chosen queries' users, as places of the catalogue. */
static int choose_seen(struct trainer *t, struct measure *m, struct tt_err *err)
{
    size_t total = 0, at = 0;

    for (size_t i = 0; i < m->n; i++)
        total += (size_t)(t->visits->offsets[m->users[i] + 1] - t->visits->offsets[m->users[i]]);
    m->seen_starts = tt_alloc(m->n + 1, sizeof(*m->seen_starts), err);
    m->seen = tt_alloc(total, sizeof(*m->seen), err);
    if (!m->seen_starts || !m->seen)
        return -1;
    for (size_t i = 0; i < m->n; i++) {
        m->seen_starts[i] = at;
        for (uint64_t e = t->visits->offsets[m->users[i]]; e < t->visits->offsets[m->users[i] + 1]; e++)
            m->seen[at++] = t->place[t->visits->codes[e]];
    }
    m->seen_starts[m->n] = at;
    return 0;
}

/* Up to `most` of q's queries, evenly chosen. */
static int measure_init(struct trainer *t, struct measure *m, const struct tt_queries *q, size_t most, int remove_seen,
                        struct tt_err *err)
{
    const struct tt_schema *schema = &t->model->base.dictionary.schema;

    m->n = q->n < most ? q->n : most;
    m->n_columns = schema->n_columns;
    m->chosen = tt_alloc(m->n, sizeof(*m->chosen), err);
    m->users = tt_alloc(m->n, sizeof(*m->users), err);
    m->contexts = tt_alloc_zero(m->n_columns, sizeof(*m->contexts), err);
    if (!m->chosen || !m->users || !m->contexts || tt_tower_input_init(&m->input, TT_USER, m->n, schema, err))
        return -1;
    for (size_t i = 0; i < m->n; i++) {
        m->chosen[i] = (uint32_t)((uint64_t)i * q->n / m->n);
        m->users[i] = q->user[m->chosen[i]];
    }
    for (size_t c = 0; c < schema->n_columns; c++) {
        const struct tt_column *column = &schema->columns[c];
        if (column->side != TT_USER || !tt_column_is_embedded(column))
            continue;
        m->input.bags[c] = column->kind == TT_KIND_CONTEXT ? &m->contexts[c] : &t->model->base.users.bags[c];
        m->input.rows[c] = column->kind == TT_KIND_CONTEXT ? NULL : m->users;
        for (size_t i = 0; column->kind == TT_KIND_CONTEXT && i < m->n; i++)
            if (tt_bags_add_row_of(&m->contexts[c], &q->contexts[c], m->chosen[i], err))
                return -1;
    }
    if (choose_wanted(t, m, q, err) || (remove_seen && choose_seen(t, m, err)))
        return -1;
    return 0;
}

/* The share of the wanted weight that ranks among the first k. t->v must hold the catalogue's vectors. */
static int measure_accuracy(struct trainer *t, struct measure *m, double *accuracy, struct tt_err *err)
{
    struct tt_wanted wanted = {m->n, m->starts, m->item, m->seen_starts, m->seen};
    double hits = 0;

    tt_model_embed(t->model, &m->input, t->pool, m->u);
    if (tt_rank_wanted(&wanted, t->o->dim, m->u, t->n_catalogue, t->v, t->pool, m->ranks, err))
        return -1;
    for (size_t k = 0; k < m->starts[m->n]; k++)
        if (m->ranks[k] < t->o->k)
            hits += (double)m->weight[k];
    *accuracy = m->total > 0 ? hits / m->total : 0;
    return 0;
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
    if (measure_init(t, &t->train, &t->queries, TRAIN_SAMPLE, 0, err))
        return -1;
    if (!valid)
        return 0;
    struct tt_events plain = *valid;
    plain.weight = NULL; /* accuracy counts events */
    if (tt_queries_init(&t->valid.queries, &t->model->base.dictionary, &plain, 0, err))
        return -1;
    t->report->seen = t->o->seen != TT_SEEN_AUTO              ? t->o->seen
                      : repeats(t, &t->valid.queries) ? TT_SEEN_KEEP : TT_SEEN_REMOVE;
    if (measure_init(t, &t->valid, &t->valid.queries, VALID_SAMPLE, t->report->seen == TT_SEEN_REMOVE, err))
        return -1;
    if (t->valid.n == t->valid.queries.n) { /* all were chosen: events of unknown items are misses too */
        t->valid.total = 0;
        for (size_t e = 0; e < valid->n; e++)
            t->valid.total += !valid->label || valid->label[e];
    }
    return 0;
}

/* ---- the whole ---- */

static size_t table_floats(const struct trainer *t, size_t column)
{
    return t->model->base.dictionary.features[column].n_codes * t->model->dim;
}

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
    if (tt_batch_gather(&t->items, t->catalogue, 0, NULL, err)) /* the batch may be of another size: embed afresh */
        return -1;
    t->items_ready = 0;
    struct tt_tower_input input = t->item_input;
    const uint32_t *rows[64] = {NULL}; /* a schema has at most 60 columns */
    for (size_t c = 0; c < t->model->base.dictionary.schema.n_columns; c++)
        rows[c] = t->catalogue;
    input.rows = rows;
    input.n_rows = t->n_catalogue;
    tt_model_embed(t->model, &input, t->pool, t->v);
    if (measure_accuracy(t, &t->train, &line->train_accuracy, err) ||
        (t->valid.n && measure_accuracy(t, &t->valid, &line->valid_accuracy, err)))
        return -1;
    return 0;
}

static int run_epochs(struct trainer *t, tt_epoch_fn *on_epoch, void *arg, struct tt_err *err)
{
    struct tt_train_report *report = t->report;

    report->best_accuracy = -1;
    for (size_t epoch = 1; epoch <= t->o->epochs; epoch++) {
        struct tt_epoch line = {.epoch = epoch};
        if (run_epoch(t, epoch, &line, err) || measure_epoch(t, &line, err))
            return -1;
        report->epochs = epoch;
        line.is_best = t->valid.n == 0 || line.valid_accuracy > report->best_accuracy;
        if (line.is_best) {
            report->best_epoch = epoch;
            report->best_accuracy = line.valid_accuracy;
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

/* Row 0 of a table, "unknown", becomes the mean of the rows that training used; so do the rows of items without an event. The
 * unknown history is trained, by the queries whose whole history was dropped, and stays. */
static void fill_unknown(struct trainer *t)
{
    const struct tt_dictionary *d = &t->model->base.dictionary;
    size_t dim = t->model->dim;

    for (size_t c = 0; c < d->schema.n_columns; c++) {
        float *table = t->model->tables[c];
        double mean[TT_MAX_DIM] = {0};
        size_t n = 0;
        if (!table || d->schema.columns[c].kind == TT_KIND_HISTORY)
            continue;
        for (size_t r = 1; r < d->features[c].n_codes; r++) {
            if ((c == d->item_id && t->place[r] == UINT32_MAX) ||
                (c == d->user_id && t->visits->offsets[r] == t->visits->offsets[r + 1]))
                continue;
            for (size_t i = 0; i < dim; i++)
                mean[i] += (double)table[r * dim + i];
            n++;
        }
        for (size_t i = 0; i < dim; i++)
            table[i] = n ? (float)(mean[i] / (double)n) : 0;
        for (size_t r = 1; r < d->features[c].n_codes; r++)
            if ((c == d->item_id && t->place[r] == UINT32_MAX) ||
                (c == d->user_id && t->visits->offsets[r] == t->visits->offsets[r + 1]))
                memcpy(table + r * dim, table, dim * sizeof(*table));
    }
}

static int check_events(struct trainer *t, struct tt_err *err)
{
    const struct tt_events *events = &t->model->base.events;

    for (size_t e = 0; e < events->n; e++)
        t->report->unliked += events->label && !events->label[e];
    t->report->events = events->n - t->report->unliked;
    if (t->queries.weight > 0)
        return 0;
    return tt_err_set(err, TT_ERR_INPUT, "%s: no training event: %zu rows, %zu of them with label 0, weight %g in all",
                      t->model->base.segment.name ? t->model->base.segment.name : "examples", events->n,
                      t->report->unliked, t->queries.weight);
}

static void trainer_release(struct trainer *t)
{
    for (size_t c = 0; t->best && c < t->model->base.dictionary.schema.n_columns; c++)
        free(t->best[c]);
    free(t->best);
    measure_release(&t->train);
    measure_release(&t->valid);
    if (t->users.model)
        tt_batch_release(&t->users);
    if (t->items.model)
        tt_batch_release(&t->items);
    tt_tower_input_release(&t->user_input);
    tt_tower_input_release(&t->item_input);
    tt_moments_release(&t->moments);
    tt_softmax_release(&t->softmax);
    tt_queries_release(&t->queries);
    tt_bags_release(&t->visits_store);
    free(t->catalogue);
    free(t->place);
    free(t->u);
    free(t->v);
    free(t->d_u);
    free(t->d_v);
    free(t->order);
    free(t->rows);
    free(t->candidates);
    free(t->starts);
    free(t->p_query);
    free(t->p_item);
    free(t->p_weight);
    free(t->log_p);
    free(t->entry_query);
    free(t->share);
    free(t->candidate_place);
}

int tt_train(struct tt_model *model, const struct tt_train_options *options, const struct tt_events *valid,
             struct tt_pool *pool, tt_epoch_fn *on_epoch, void *arg, struct tt_train_report *report, struct tt_err *err)
{
    struct trainer t = {.model = model, .o = options, .pool = pool, .report = report};
    int status = -1;

    *report = (struct tt_train_report){0};
    if (options->half_life > 0 && !model->base.events.time)
        return tt_err_set(err, TT_ERR_USAGE, "--half-life: the schema has no event column of kind 'time'");
    if (tt_queries_init(&t.queries, &model->base.dictionary, &model->base.events, options->half_life, err) || check_events(&t, err) ||
        find_catalogue(&t, err) || find_visits(&t, err))
        goto done;
    choose(&t);
    if (prepare_steps(&t, err) || prepare_measures(&t, valid, err))
        goto done;
    if (options->start == TT_START_RANDOM)
        tt_random_start(model, options->seed);
    else if (tt_spectral_start(model, t.visits, options->seed, options->noise, pool, err))
        goto done;
    t.adam = (struct tt_adam){.rate = options->rate, .beta1 = 0.9, .beta2 = options->beta2, .epsilon = 1e-8,
                              .warmup = options->warmup,
                              .total = options->epochs * tt_blocks(t.n_order, report->batch)};
    if (run_epochs(&t, on_epoch, arg, err))
        goto done;
    fill_unknown(&t);
    status = 0;
done:
    trainer_release(&t);
    return status;
}
