/* A training session: see trainer.h. */
#include "train/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "encode/history.h"
#include "math/vec.h"
#include "train/untrained_rows.h"
#include "train/replay.h"
#include "train/spectral.h"
#include "train/warm_start.h"

enum { AVERAGED = 16 }; /* models an epoch; on Yelp2018 they take 2 % of the time */

/* ---- setting up ---- */

/* A history column of the earlier model, and when its rows had their latest events; empty unless the examples extend
 * it. */
static struct tt_earlier_histories earlier_history(const struct tt_trainer *t, size_t column)
{
    const struct tt_entities *from = t->model->entities.extends[0] ? &t->o->start.earlier->entities : NULL;
    enum tt_side side = t->model->entities.dictionary.schema.columns[column].side;

    if (!from)
        return (struct tt_earlier_histories){0};
    const struct tt_table *table = side == TT_USER ? &from->users : &from->items;
    return (struct tt_earlier_histories){&table->bags[column], table->latest};
}

/* The time of each row's latest event, in the earlier model's history or in these visits. */
static int make_latest(struct tt_table *table, const struct tt_earlier_histories *past, const struct tt_visits *visits,
                       struct tt_err *err)
{
    size_t n = table->n_rows;

    if (tt_grow(&table->latest, &table->cap_latest, n, sizeof(*table->latest), err))
        return -1;
    memset(table->latest, 0, n * sizeof(*table->latest));
    if (past->latest)
        memcpy(table->latest, past->latest, past->bags->n_rows * sizeof(*past->latest));
    tt_history_latest(table->latest, visits);
    return 0;
}

/* Make a history column of the table, from the earlier model's history and these visits. */
static int make_history(struct tt_trainer *t, const struct tt_column *column, const struct tt_visits *visits,
                        struct tt_err *err)
{
    struct tt_entities *base = &t->model->entities;
    struct tt_table *table = column->side == TT_USER ? &base->users : &base->items;
    size_t c = (size_t)(column - base->dictionary.schema.columns);
    struct tt_earlier_histories past = earlier_history(t, c);

    tt_bags_release(&table->bags[c]);
    if (column->half_life > 0 && make_latest(table, &past, visits, err))
        return -1;
    return tt_history_extend(&table->bags[c], column, table->n_rows, past.bags ? &past : NULL, visits, err);
}

/* Make the histories: each user's, into the users' table when the schema has one, else beside it; and each item's,
 * which is its users, when the schema has one. */
static int make_histories(struct tt_trainer *t, struct tt_err *err)
{
    static const struct tt_column plain = {.kind = TT_KIND_HISTORY, .count = TT_COUNT_SQRT};
    struct tt_entities *base = &t->model->entities;
    const struct tt_column *of_users = tt_schema_find(&base->dictionary.schema, TT_USER, TT_KIND_HISTORY);
    const struct tt_column *of_items = tt_schema_find(&base->dictionary.schema, TT_ITEM, TT_KIND_HISTORY);
    const struct tt_events *ev = t->events;
    struct tt_visits visits = tt_visits_of(ev);

    t->visits = of_users ? &base->users.bags[of_users - base->dictionary.schema.columns] : &t->visits_store;
    if (of_users ? make_history(t, of_users, &visits, err)
                 : tt_history_build(&t->visits_store, &plain, base->users.n_rows, &visits, err))
        return -1;
    visits.user = ev->item; /* the other way round */
    visits.item = ev->user;
    return of_items ? make_history(t, of_items, &visits, err) : 0;
}

/* The events by query, with the replayed ones of an earlier model. */
static int make_queries(struct tt_trainer *t, struct tt_err *err)
{
    const struct tt_entities *base = &t->model->entities;
    const struct tt_column *column = tt_schema_find(&base->dictionary.schema, TT_USER, TT_KIND_HISTORY);
    struct tt_replay replay = {t->o->start.replay, t->o->seed};
    int with_disliked = t->o->loss.disliked_weight > 0;
    struct tt_events all;

    if (!base->extends[0] || !column)
        return tt_queries_init(&t->queries, &base->dictionary, t->events, t->o->half_life, with_disliked, err);
    struct tt_earlier_histories past = earlier_history(t, (size_t)(column - base->dictionary.schema.columns));
    if (tt_replay_histories(&all, t->events, base, column, &past, &replay, err))
        return -1;
    t->replayed = all.n - t->events->n;
    int status = tt_queries_init(&t->queries, &base->dictionary, &all, t->o->half_life, with_disliked, err);
    tt_events_release(&all);
    return status;
}

static int check_events(struct tt_trainer *t, struct tt_err *err)
{
    const struct tt_events *events = t->events;
    const char *name = t->model->entities.segment.name ? t->model->entities.segment.name : "examples";

    for (size_t e = 0; e < events->n; e++)
        t->n_disliked += events->label && !events->label[e];
    t->n_events = events->n - t->n_disliked;
    if (!(t->queries.weight > 0))
        return tt_err_set(err, TT_ERR_INPUT,
                          "%s: no training event: %zu rows, %zu of them with label 0, weight %g in all", name,
                          events->n, t->n_disliked, t->queries.weight);
    if (t->queries.weight > 1e30)
        return tt_err_set(err, TT_ERR_INPUT, "%s: the events weigh %g in all, more than 1e30", name, t->queries.weight);
    return 0;
}

/* The catalogue as input of the item tower. */
static int prepare_catalogue_input(struct tt_trainer *t, struct tt_err *err)
{
    const struct tt_schema *schema = &t->model->entities.dictionary.schema;

    if (tt_tower_input_of_table(&t->catalogue_input, &t->model->entities.items, schema, err))
        return -1;
    t->catalogue_input.n_rows = t->catalogue.n;
    for (size_t c = 0; c < schema->n_columns; c++)
        t->catalogue_input.rows[c] = t->catalogue.items;
    return 0;
}

static struct tt_plan make_plan(const struct tt_trainer *t)
{
    const struct tt_entities *base = &t->model->entities;
    const struct tt_column *visitors = tt_schema_find(&base->dictionary.schema, TT_ITEM, TT_KIND_HISTORY);
    struct tt_plan_data data = {tt_steps_queries(&t->queries), tt_steps_entries(&t->queries), t->catalogue.n, 0,
                                t->model->dim};

    if (visitors) {
        const struct tt_bags *bags = &base->items.bags[visitors - base->dictionary.schema.columns];
        data.visitors = bags->offsets ? (size_t)bags->offsets[bags->n_rows] : 0;
    }
    return tt_plan_make(&t->o->steps, &data);
}

/* Room for the items of a step. It grows when a step needs more: the most that a step could need, if the queries with
 * the most positives met in it, is far more than steps have. */
static int make_room(struct tt_trainer *t, size_t shared, size_t candidates, struct tt_err *err)
{
    size_t dim = t->model->dim;

    if (shared <= t->softmax.max_shared && candidates <= t->softmax.max_items)
        return 0;
    shared = shared + shared / 4 < t->steps.max_shared ? shared + shared / 4 : t->steps.max_shared;
    candidates = candidates + candidates / 4 < t->steps.max_candidates ? candidates + candidates / 4
                                                                       : t->steps.max_candidates;
    shared = shared > t->softmax.max_shared ? shared : t->softmax.max_shared;
    candidates = candidates > t->softmax.max_items ? candidates : t->softmax.max_items;
    tt_batch_release(&t->items);
    tt_softmax_release(&t->softmax);
    free(t->d_v);
    t->d_v = tt_alloc_aligned(candidates, dim * sizeof(float), err);
    if (!t->d_v || tt_batch_init(&t->items, t->model, &t->item_input, candidates, err))
        return -1;
    t->items.stale = t->plan.renewal > 1 ? &t->stale : NULL;
    return tt_softmax_init(&t->softmax, t->steps.batch_size, shared, candidates, dim, t->kernels, err);
}

/* The items' histories, where they are not read in each step. */
static int prepare_stale(struct tt_trainer *t, struct tt_err *err)
{
    const struct tt_schema *schema = &t->model->entities.dictionary.schema;

    if (t->plan.renewal <= 1)
        return 0;
    size_t column = (size_t)(tt_schema_find(schema, TT_ITEM, TT_KIND_HISTORY) - schema->columns);
    return tt_stale_init(&t->stale, t->model, &t->item_input, column, &t->catalogue, t->pool, err);
}

static int prepare_steps(struct tt_trainer *t, struct tt_err *err)
{
    const struct tt_dictionary *d = &t->model->entities.dictionary;

    t->kernels = tt_tile_best();
    t->adam.o = t->o->optimiser;
    t->adam.beta1 = 0.9;
    t->adam.epsilon = 1e-8;
    t->plan = make_plan(t);
    t->plan.steps.timeline = t->targets.kind == TT_TARGETS_LATER ? &t->targets.timeline : NULL;
    size_t batch = t->plan.steps.batch_size, dim = t->model->dim;
    if (tt_model_add_layers(t->model, t->o->shape.hidden, t->o->shape.n_hidden, err) ||
        tt_steps_init(&t->steps, &t->queries, &t->catalogue, &t->plan.steps, err) ||
        tt_queries_input(&t->queries, d, &t->model->entities.users, &t->user_input, err) ||
        tt_tower_input_of_table(&t->item_input, &t->model->entities.items, &d->schema, err) ||
        prepare_catalogue_input(t, err) || tt_batch_init(&t->users, t->model, &t->user_input, batch, err) ||
        tt_adam_init(&t->adam, t->model, err) || tt_average_init(&t->average, t->model, err) || prepare_stale(t, err) ||
        make_room(t, (size_t)t->plan.mean_candidates, (size_t)t->plan.mean_candidates, err))
        return -1;
    t->u = tt_alloc_aligned(batch, dim * sizeof(float), err);
    t->d_u = tt_alloc_aligned(batch, dim * sizeof(float), err);
    t->v = tt_alloc_aligned(t->catalogue.n, dim * sizeof(float), err);
    return t->u && t->d_u && t->v ? 0 : -1;
}

/* Do the entities, the options and the earlier model of a warm start fit each other? */
static int check_earlier(const struct tt_trainer *t, struct tt_err *err)
{
    const struct tt_model *earlier = t->o->start.earlier;
    char then[TT_WIDTHS_TEXT], now[TT_WIDTHS_TEXT];

    if (!earlier && t->model->entities.extends[0])
        return tt_err_set(err, TT_ERR_USAGE, "the examples extend a model: a warm start from it is needed");
    if (!earlier)
        return 0;
    if (tt_warm_check(t->model, earlier, err))
        return -1;
    tt_dense_print_widths(then, earlier->hidden, earlier->n_hidden);
    tt_dense_print_widths(now, t->o->shape.hidden, t->o->shape.n_hidden);
    return strcmp(then, now) == 0 ? 0 : tt_err_set(err, TT_ERR_MISMATCH, "%s: has the hidden layers '%s', not '%s'",
                                                   earlier->entities.segment.name, then, now);
}

int tt_trainer_init(struct tt_trainer *t, struct tt_model *model, const struct tt_events *events,
                    const struct tt_trainer_options *options, struct tt_pool *pool, struct tt_err *err)
{
    *t = (struct tt_trainer){.model = model, .events = events, .o = options, .pool = pool, .at = {.epoch = 1}};
    if (options->half_life > 0 && !events->time)
        return tt_err_set(err, TT_ERR_USAGE, "a half-life needs times: the schema has no event column of kind 'time'");
    if (check_earlier(t, err) || make_histories(t, err) || make_queries(t, err) || check_events(t, err) ||
        tt_catalogue_init(&t->catalogue, &t->queries, model->entities.items.n_rows, err) ||
        tt_targets_choose(&t->targets, options->targets, events, t->visits, model->entities.items.n_rows,
                          model->entities.extends[0] ? options->start.earlier : NULL, err) ||
        prepare_steps(t, err)) {
        tt_trainer_release(t);
        return -1;
    }
    return 0;
}

void tt_trainer_release(struct tt_trainer *t)
{
    tt_batch_release(&t->users);
    tt_batch_release(&t->items);
    tt_tower_input_release(&t->user_input);
    tt_tower_input_release(&t->item_input);
    tt_tower_input_release(&t->catalogue_input);
    tt_stale_release(&t->stale);
    tt_adam_release(&t->adam);
    tt_average_release(&t->average);
    tt_softmax_release(&t->softmax);
    tt_steps_release(&t->steps);
    tt_catalogue_release(&t->catalogue);
    tt_targets_release(&t->targets);
    tt_queries_release(&t->queries);
    tt_bags_release(&t->visits_store);
    free(t->u);
    free(t->v);
    free(t->d_u);
    free(t->d_v);
    *t = (struct tt_trainer){0};
}

int tt_trainer_start(struct tt_trainer *t, struct tt_err *err)
{
    const struct tt_start_options *start = &t->o->start;

    if (start->earlier)
        return tt_warm_start(t->model, start->earlier, t->events, t->visits, t->o->seed, start->noise, t->adam.trained,
                             t->pool, err);
    for (int side = TT_USER; side <= TT_ITEM; side++)
        tt_dense_start(&t->model->dense[side], t->o->seed, (uint32_t)side);
    if (start->kind == TT_START_SPECTRAL)
        return tt_spectral_start(t->model, t->events, t->visits, t->o->seed, start->noise, t->pool, err);
    tt_random_start(t->model, t->o->seed);
    return 0;
}

/* ---- steps ---- */

/* Does the table of the items' histories move in this step? */
static int is_renewal(const struct tt_trainer *t)
{
    return t->items.stale && (t->stale.steps + 1 >= t->plan.renewal || t->at.step + 1 == t->steps.n_steps);
}

static void catch_up(struct tt_trainer *t)
{
    if (!(t->adam.o.weight_decay > 0))
        return;
    tt_batch_each_row(&t->users, t->pool, tt_adam_catch_up, &t->adam);
    tt_batch_each_row(&t->items, t->pool, tt_adam_catch_up, &t->adam);
    if (is_renewal(t))
        tt_embedding_bag_each_row(&t->stale.bag, t->pool, tt_adam_catch_up, &t->adam);
}

/* Does the average take in what the steps so far have come to? The last step of an epoch is one that does. */
static int is_averaged(const struct tt_trainer *t)
{
    size_t n = t->steps.n_steps;

    return t->at.step * AVERAGED / n != (t->at.step - 1) * AVERAGED / n;
}

/* Returns the sum of the squares of all gradients. */
static double move_tables(struct tt_trainer *t)
{
    int renews = is_renewal(t);
    double squares = 0;

    tt_adam_step(&t->adam, t->at.steps);
    squares += tt_batch_backward(&t->users, t->pool, t->u, t->d_u, tt_adam_apply, tt_adam_prefetch, &t->adam);
    squares += tt_batch_backward(&t->items, t->pool, t->v, t->d_v, tt_adam_apply, tt_adam_prefetch, &t->adam);
    squares += tt_adam_apply_layers(&t->adam, TT_USER, t->users.gradient);
    squares += tt_adam_apply_layers(&t->adam, TT_ITEM, t->items.gradient);
    if (!renews)
        return squares;
    tt_adam_stretch(&t->adam, t->stale.steps);
    return squares + tt_stale_backward(&t->stale, t->pool, tt_adam_apply, tt_adam_prefetch, &t->adam);
}

int tt_trainer_step(struct tt_trainer *t, struct tt_err *err)
{
    struct tt_steps *s = &t->steps;
    struct tt_history_mask mask = {t->o->dropout, t->o->seed, t->at.epoch, t->targets.timeline.first, s->moments};
    double loss;

    if (t->shuffled != t->at.epoch)
        tt_steps_shuffle(s, t->o->seed, t->at.epoch);
    t->shuffled = t->at.epoch;
    tt_steps_make(s, t->at.step);
    if (make_room(t, s->n_shared, s->n_candidates, err) ||
        tt_batch_gather(&t->users, t->pool, s->rows, s->n_rows, &mask, err) ||
        (!t->items_gathered && tt_batch_gather(&t->items, t->pool, s->candidates, s->n_candidates, NULL, err)))
        return -1;
    t->items_gathered = s->kind == TT_CANDIDATES_ALL;
    if (t->items.stale)
        tt_stale_refresh(&t->stale, t->pool);
    catch_up(t); /* after the sums, which are then the same in a restored session */
    tt_batch_forward(&t->users, t->pool, t->u);
    tt_batch_forward(&t->items, t->pool, t->v);
    struct tt_softmax_step step = {.n_queries = s->n_rows, .n_shared = s->n_shared, .n_items = s->n_candidates,
                                   .u = t->u, .v = t->v, .positives = s->positives, .disliked = s->disliked,
                                   .log_p = s->log_p, .loss = t->o->loss, .d_u = t->d_u, .d_v = t->d_v};
    if (tt_softmax_loss(&t->softmax, t->pool, &step, &loss, err))
        return -1;
    if (!isfinite(loss))
        return tt_err_set(err, TT_ERR_INPUT, "the loss is not finite in step %zu: is the learning rate too large?",
                          t->at.steps + 1);
    double squares = move_tables(t);
    if (tt_adam_check(&t->adam, t->at.steps + 1, err))
        return -1;
    t->at.step++;
    t->at.steps++;
    t->at.loss += loss * s->weight;
    t->at.gradient += sqrt(squares);
    t->at.weight += s->weight;
    if (is_averaged(t)) {
        tt_adam_catch_up_all(&t->adam, t->pool);
        tt_average_add(&t->average, t->pool);
    }
    return 0;
}

int tt_trainer_is_epoch_over(const struct tt_trainer *t)
{
    return t->at.step >= t->steps.n_steps;
}

void tt_trainer_end_epoch(struct tt_trainer *t, struct tt_epoch_means *means)
{
    *means = (struct tt_epoch_means){.loss = t->at.weight > 0 ? t->at.loss / t->at.weight : 0,
                                     .gradient = t->at.gradient / (double)t->steps.n_steps};
    t->at = (struct tt_trainer_position){.epoch = t->at.epoch + 1, .steps = t->at.steps};
}

static int check_position(const struct tt_trainer *t, struct tt_err *err)
{
    size_t n = t->steps.n_steps;
    int fits = t->at.epoch >= 1 && t->at.step <= n && t->at.steps == (t->at.epoch - 1) * n + t->at.step;

    return fits ? 0 : tt_err_set(err, TT_ERR_INPUT, "epoch %zu, step %zu: a place that the training does not have",
                                 t->at.epoch, t->at.step);
}

int tt_trainer_state(struct tt_trainer *t, struct tt_state *state, struct tt_err *err)
{
    const struct tt_dictionary *d = &t->model->entities.dictionary;
    char name[TT_TENSOR_NAME];

    for (size_t c = 0; c < d->schema.n_columns; c++)
        if (t->model->tables[c] &&
            tt_state_array(state, tt_tensor_name(name, &d->schema.columns[c], "embedding"), TT_F32,
                           d->features[c].n_codes, t->model->dim, t->model->tables[c], err))
            return -1;
    for (enum tt_side side = TT_USER; side <= TT_ITEM; side++)
        if (tt_layers_state(t->model, side, "params", t->model->dense[side].params, state, err))
            return -1;
    if (t->items.stale && tt_stale_state(&t->stale, state, err))
        return -1;
    return tt_adam_state(&t->adam, state, err) || tt_average_state(&t->average, state, err) ||
                   tt_state_count(state, "at.epoch", &t->at.epoch, err) ||
                   tt_state_count(state, "at.step", &t->at.step, err) ||
                   tt_state_count(state, "at.steps", &t->at.steps, err) ||
                   tt_state_number(state, "at.loss", &t->at.loss, err) ||
                   tt_state_number(state, "at.gradient", &t->at.gradient, err) ||
                   tt_state_number(state, "at.weight", &t->at.weight, err)
               ? -1
               : check_position(t, err);
}

void tt_trainer_finish(struct tt_trainer *t)
{
    tt_untrained_rows_fill(t->model, t->adam.trained, t->visits);
}
