/* Tuning: see tuning.h. */
#include "train/tuning.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { FULL_TRIALS = 12 };

_Static_assert(sizeof(struct tt_trial) == TT_TRIAL_NUMBERS * sizeof(double), "a trial is a row of numbers");
_Static_assert(sizeof(struct tt_metric_share) == 2 * sizeof(double), "a share is a row of two");

/* ---- cost ---- */

static const double products = 1e11, updates = 5e8, additions = 2e9; /* a second */

/* How often the spectral start goes over the visits, up and down: sketch, iterations, projection. */
enum { PASSES = 40 };

/* How many tables of this kind a side's tower adds up: histories, or the others. */
static double count_tables(const struct tt_schema *schema, enum tt_side side, int histories)
{
    double n = 0;

    for (size_t c = 0; c < schema->n_columns; c++)
        n += schema->columns[c].side == side && schema->columns[c].is_embedded &&
             (schema->columns[c].kind == TT_KIND_HISTORY) == histories;
    return n;
}

struct tt_run_cost tt_run_cost_of(const struct tt_trainer *t, size_t n_evaluated)
{
    const struct tt_schema *schema = &t->model->entities.dictionary.schema;
    double dim = (double)t->model->dim, rows = (double)t->steps.n, steps = (double)t->steps.n_steps;
    double candidates = t->plan.mean_candidates, catalogue = (double)t->catalogue.n;
    double visits = (double)t->visits->offsets[t->visits->n_rows] / (double)t->visits->n_rows; /* of a user */
    double users = (double)t->visits->n_rows, visitors = visits * users / catalogue; /* of an item */
    double of_step = visits * (double)t->steps.batch_size;          /* a step's history entries; its rows are fewer */
    double renewal = (double)t->plan.renewal, of_items = visitors * (renewal > 1 ? catalogue : candidates);
    double touched = candidates * count_tables(schema, TT_ITEM, 0) +
                     (of_step < catalogue ? of_step : catalogue) * count_tables(schema, TT_USER, 1) +
                     (of_items < users ? of_items : users) / renewal * count_tables(schema, TT_ITEM, 1);
    double of_users = rows * count_tables(schema, TT_USER, 0);
    double added = rows * visits * count_tables(schema, TT_USER, 1) +
                   steps / renewal * of_items * count_tables(schema, TT_ITEM, 1);
    double layers = 6 * (rows * (double)t->model->dense[TT_USER].n_params +
                         steps * candidates * (double)t->model->dense[TT_ITEM].n_params);
    double scores = 6 * rows * candidates + 2 * (double)n_evaluated * catalogue;

    return (struct tt_run_cost){
        .start = t->o->start.kind == TT_START_SPECTRAL && !t->o->start.earlier
                     ? dim * PASSES * 2 * (double)t->visits->offsets[t->visits->n_rows] / additions : 0,
        .epoch = (dim * scores + layers) / products + dim * (steps * touched + of_users) / updates +
                 2 * dim * added / additions,
    };
}

/* ---- trials ---- */

/* Trials of full length may have other numbers of epochs too. */
static void start_search(struct tt_tuning *t)
{
    size_t factor = t->trial_epochs == t->given.epochs ? TT_EPOCHS_RANGE : 1;
    struct tt_settings first = t->given;

    if (t->trial_epochs)
        first.epochs = t->trial_epochs;
    t->range.least_epochs = first.epochs / factor;
    t->range.most_epochs = first.epochs * factor;
    tt_pattern_search_init(&t->search, &first, &t->range);
}

void tt_tuning_init(struct tt_tuning *t, const struct tt_tuning_options *options, const struct tt_settings *given,
                    const struct tt_search_range *range)
{
    *t = (struct tt_tuning){.seconds = options->seconds, .given = *given, .range = *range};
    start_search(t);
}

void tt_tuning_release(struct tt_tuning *t)
{
    free(t->trials);
    free(t->shares);
    *t = (struct tt_tuning){0};
}

void tt_tuning_plan(struct tt_tuning *t, const struct tt_run_cost *cost)
{
    size_t given = t->given.epochs, least = given < TT_LEAST_TRIAL_EPOCHS ? given : TT_LEAST_TRIAL_EPOCHS;
    double epochs = (t->seconds / FULL_TRIALS - cost->start) / cost->epoch;

    t->trial_epochs = epochs >= (double)given ? given : epochs > (double)least ? (size_t)epochs : least;
    if (cost->start + (double)t->trial_epochs * cost->epoch > t->seconds / 2) /* no two of them */
        t->trial_epochs = 0;
    start_search(t);
}

int tt_tuning_next(struct tt_tuning *t, struct tt_settings *settings)
{
    return t->trial_epochs && tt_pattern_search_next(&t->search, settings);
}

int tt_tuning_has_time(const struct tt_tuning *t, double seconds)
{
    double spent = 0;

    for (size_t i = 0; i < t->n_trials; i++)
        spent += t->trials[i].seconds;
    return spent + seconds <= t->seconds;
}

/* How the trial compares with the best settings so far. */
static int compare(const struct tt_tuning *t, const struct tt_evaluator *valid, const struct tt_metric_share *shares,
                   struct tt_trial *trial, struct tt_err *err)
{
    if (t->n_shares != valid->n)
        return tt_err_set(err, TT_ERR_INPUT, "the trials' state has %zu queries, not %zu", t->n_shares, valid->n);
    if (tt_evaluator_gain(valid, shares, t->shares, &trial->gain, &trial->error, err))
        return -1;
    trial->is_accepted = trial->gain > TT_SURE * trial->error;
    return 0;
}

int tt_tuning_add(struct tt_tuning *t, const struct tt_settings *settings, double seconds,
                  const struct tt_early_stopping *stopping, int *is_accepted, struct tt_recommendation *recommended,
                  struct tt_err *err)
{
    const struct tt_evaluator *valid = stopping->valid;
    struct tt_trial trial = {.temperature = settings->temperature, .negative_weight = settings->negative_weight,
                             .dropout = settings->dropout, .dim = (double)settings->dim,
                             .epochs = (double)settings->epochs, .seconds = seconds, .is_accepted = 1};

    if (tt_early_stopping_recommend(stopping, recommended, err) ||
        tt_grow(&t->trials, &t->cap_trials, t->n_trials + 1, sizeof(*t->trials), err))
        return -1;
    trial.epoch = (double)recommended->epochs;
    trial.value = recommended->value;
    if (t->n_trials == 0) {
        t->n_shares = valid->n;
        if (!(t->shares = tt_alloc(t->n_shares, sizeof(*t->shares), err)))
            return -1;
    } else if (compare(t, valid, recommended->shares, &trial, err)) {
        return -1;
    }
    *is_accepted = trial.is_accepted > 0;
    if (*is_accepted)
        memcpy(t->shares, recommended->shares, t->n_shares * sizeof(*t->shares));
    t->trials[t->n_trials++] = trial;
    tt_pattern_search_result(&t->search, *is_accepted);
    return 0;
}

/* ---- state ---- */

/* Bring the search to where the restored trials had brought it. */
static int repeat_search(struct tt_tuning *t, struct tt_err *err)
{
    for (size_t i = 0; i < t->n_trials; i++) {
        const struct tt_trial *trial = &t->trials[i];
        const struct tt_settings tried = {trial->temperature, trial->negative_weight, trial->dropout,
                                          (size_t)trial->dim, (size_t)trial->epochs};
        struct tt_settings next;
        if (!tt_pattern_search_next(&t->search, &next) || !tt_same_settings(&next, &tried))
            return tt_err_set(err, TT_ERR_INPUT, "trial %zu: settings that the search does not have", i + 1);
        tt_pattern_search_result(&t->search, trial->is_accepted > 0);
    }
    return 0;
}

int tt_tuning_state(struct tt_tuning *t, struct tt_state *state, struct tt_err *err)
{
    if (tt_state_count(state, "trials.n", &t->n_trials, err) ||
        tt_state_count(state, "trials.epochs", &t->trial_epochs, err) ||
        tt_state_count(state, "trials.shares.n", &t->n_shares, err))
        return -1;
    if (t->n_trials > TT_SEARCH_MOST || t->n_shares > UINT32_MAX || t->trial_epochs > t->given.epochs)
        return tt_err_set(err, TT_ERR_INPUT, "%zu trials of %zu epochs: more than a search has", t->n_trials,
                          t->trial_epochs);
    if (state->is_restoring)
        start_search(t);
    if (t->n_trials == 0)
        return 0;
    if (state->is_restoring) {
        t->trials = tt_alloc(t->n_trials, sizeof(*t->trials), err);
        t->cap_trials = t->n_trials;
        t->shares = tt_alloc(t->n_shares, sizeof(*t->shares), err);
        if (!t->trials || !t->shares)
            return -1;
    }
    if (tt_state_array(state, "trials", TT_F64, t->n_trials, TT_TRIAL_NUMBERS, t->trials, err) ||
        tt_state_array(state, "trials.shares", TT_F64, t->n_shares, 2, t->shares, err))
        return -1;
    return state->is_restoring ? repeat_search(t, err) : 0;
}
