/* A whole training: see training.h. */
#include "train/training.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "train/work.h"

enum { FULL_TRIALS = 12, LEAST_DIM = 8 };

const char *const tt_phase_names[TT_PHASES] = {"trial", "choosing", "final"};

_Static_assert(sizeof(struct tt_trial) == TT_TRIAL_NUMBERS * sizeof(double), "a trial is a row of numbers");
_Static_assert(sizeof(struct tt_metric_share) == 2 * sizeof(double), "a share is a row of two");

/* ---- state ---- */

/* Begin the search, from the settings that were given; trials of full length may have other numbers of epochs. */
static void begin_search(struct tt_training *t)
{
    const struct tt_train_options *o = t->o;
    const struct tt_schema *schema = &t->model->base.dictionary.schema;
    size_t epochs = t->trial_epochs ? t->trial_epochs : o->epochs;
    size_t range = t->trial_epochs == o->epochs ? TT_EPOCHS_RANGE : 1;
    const struct tt_settings given = {o->temperature, o->negative_weight, o->dropout, o->dim, epochs};
    const struct tt_search_range within = {
        .least_dim = o->warm_start ? o->dim : LEAST_DIM, .most_dim = o->dim,
        .least_epochs = epochs / range, .most_epochs = epochs * range,
        .has_dropout = tt_schema_find(schema, TT_USER, TT_KIND_HISTORY) ||
                       tt_schema_find(schema, TT_ITEM, TT_KIND_HISTORY)};

    tt_pattern_search_init(&t->search, &given, &within);
}

static struct tt_settings settings_of(const struct tt_trial *t)
{
    return (struct tt_settings){t->temperature, t->negative_weight, t->dropout, (size_t)t->dim, (size_t)t->epochs};
}

/* Bring the search to where these trials had brought it. */
static int repeat_search(struct tt_training *t, struct tt_err *err)
{
    for (size_t i = 0; i < t->n_trials; i++) {
        const struct tt_trial *trial = &t->trials[i];
        struct tt_settings next;
        const struct tt_settings settings = settings_of(trial);
        if (!tt_pattern_search_next(&t->search, &next) || !tt_same_settings(&next, &settings))
            return tt_err_set(err, TT_ERR_INPUT, "trial %zu: settings that the search does not have", i + 1);
        tt_pattern_search_result(&t->search, trial->is_accepted > 0);
    }
    return 0;
}

static int trials_state(struct tt_training *t, struct tt_state *state, struct tt_err *err)
{
    if (tt_state_count(state, "trials.n", &t->n_trials, err) ||
        tt_state_count(state, "trials.epochs", &t->trial_epochs, err) ||
        tt_state_count(state, "trials.shares.n", &t->n_shares, err))
        return -1;
    if (state->is_restoring)
        begin_search(t);
    if (t->n_trials == 0)
        return 0;
    if (t->n_trials > TT_SEARCH_MOST || t->n_shares > UINT32_MAX)
        return tt_err_set(err, TT_ERR_INPUT, "%zu trials: more than a search has", t->n_trials);
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

static int chooses(const struct tt_training *t)
{
    return (t->o->valid_share > 0 || t->o->tune > 0) && !t->valid;
}

/* What a training knows beside its run. */
static int own_state(struct tt_training *t, struct tt_state *state, struct tt_err *err)
{
    size_t phase = t->phase, seen = t->seen;

    if (tt_state_count(state, "phase", &phase, err) ||
        tt_state_count(state, "chosen.epoch", &t->recommended_epochs, err) ||
        tt_state_number(state, "chosen.value", &t->recommended_value, err) ||
        tt_state_count(state, "chosen.seen", &seen, err) || trials_state(t, state, err))
        return -1;
    t->phase = (enum tt_phase)phase;
    t->seen = (enum tt_seen)seen;
    int is_chosen = phase == TT_PHASE_FINAL && chooses(t);
    if (phase >= TT_PHASES || (phase == TT_PHASE_TRIAL && !(t->o->tune > 0)) ||
        (phase == TT_PHASE_CHOOSING && !chooses(t)) || seen > TT_SEEN_REMOVE || t->trial_epochs > t->o->epochs ||
        t->recommended_epochs > TT_EPOCHS_RANGE * t->o->epochs || (is_chosen && t->recommended_epochs < 1))
        return tt_err_set(err, TT_ERR_INPUT, "phase %zu, epoch %zu: a place that the training does not have", phase,
                          t->recommended_epochs);
    return 0;
}

int tt_training_state(struct tt_training *t, struct tt_state *state, struct tt_err *err)
{
    return own_state(t, state, err) || tt_run_state(&t->run, state, err) ? -1 : 0;
}

/* ---- runs ---- */

static void hear_epoch(void *arg, const struct tt_epoch *epoch)
{
    const struct tt_training *t = arg;

    if (t->hooks->on_epoch)
        t->hooks->on_epoch(t->hooks->arg, t, epoch);
}

static int hear_pause(void *arg, struct tt_err *err)
{
    struct tt_training *t = arg;

    return t->hooks->on_pause ? t->hooks->on_pause(t->hooks->arg, t, err) : 0;
}

static void tell(const struct tt_training *t, tt_training_fn *hear)
{
    if (hear)
        hear(t->hooks->arg, t);
}

/* Make the run at hand, by t->options: over all events and with what validates them, or over those that are kept, to be
 * measured on those put aside. */
static int prepare_run(struct tt_training *t, int is_measuring, struct tt_err *err)
{
    int is_part = is_measuring && !t->valid;

    if ((t->is_model_used || t->model->dim != t->options.dim) && tt_model_reset(t->model, t->options.dim, err))
        return -1;
    t->is_model_used = 1;
    struct tt_stopping_options stopping = {t->options.epochs, t->options.patience};
    if (t->phase == TT_PHASE_FINAL && t->recommended_epochs)
        stopping.epochs = t->recommended_epochs;
    return tt_run_init(&t->run, t->model, is_part ? &t->holdout.kept : t->events, &t->options, &stopping,
                       is_part ? &t->holdout.held : t->valid, t->pool, err);
}

/* Run it, from the state or from its start. */
static int do_run(struct tt_training *t, struct tt_err *err)
{
    struct tt_run_hooks hooks = {hear_epoch, hear_pause, t};

    if (t->state ? tt_run_state(&t->run, t->state, err) : tt_run_start(&t->run, err))
        return -1;
    t->state = NULL;
    tell(t, t->hooks->on_start);
    return tt_run_go(&t->run, &hooks, err);
}

/* Put a share of the events aside. */
static int hold_out(struct tt_training *t, struct tt_err *err)
{
    const struct tt_entities *base = &t->model->base;
    double share = t->o->valid_share > 0 ? t->o->valid_share : TT_TUNE_FRACTION;
    size_t liked = 0;

    if (tt_holdout_init(&t->holdout, t->events, &base->dictionary, base->users.n_rows, share, t->o->seed, err))
        return -1;
    for (size_t e = 0; e < t->holdout.held.n; e++)
        liked += !t->holdout.held.label || t->holdout.held.label[e];
    if (liked)
        return 0;
    return tt_err_set(err, TT_ERR_INPUT,
                      "%s: none of the %zu events that would be put aside is liked: each user keeps one",
                      t->o->valid_share > 0 ? "--valid-share" : "--tune", t->holdout.held.n);
}

/* The final run has as many epochs as the present one recommends. */
static void keep_recommendation(struct tt_training *t, const struct tt_recommendation *recommended)
{
    t->recommended_epochs = recommended->epochs;
    t->recommended_value = recommended->value;
    t->seen = t->run.validation.seen;
}

/* ---- trials ---- */

static void apply(struct tt_train_options *options, const struct tt_settings *settings)
{
    options->temperature = settings->temperature;
    options->negative_weight = settings->negative_weight;
    options->dropout = settings->dropout;
    options->dim = settings->dim;
    options->epochs = settings->epochs;
}

static double seconds_of(const struct tt_training *t, size_t epochs)
{
    struct tt_work work = tt_work_of(&t->run.trainer, t->run.validation.train.n + t->run.validation.valid.n);

    return work.start + (double)epochs * work.epoch;
}

/* How long trials are, from the work of one with the settings that were given. */
static int plan_trials(struct tt_training *t, struct tt_err *err)
{
    if (prepare_run(t, 1, err))
        return -1;
    double start = seconds_of(t, 0), epoch = seconds_of(t, 1) - start;
    double epochs = (t->o->tune / FULL_TRIALS - start) / epoch;
    size_t least = t->o->epochs < TT_LEAST_TRIAL_EPOCHS ? t->o->epochs : TT_LEAST_TRIAL_EPOCHS;
    t->trial_epochs = epochs >= (double)t->o->epochs ? t->o->epochs : epochs > (double)least ? (size_t)epochs : least;
    if (start + (double)t->trial_epochs * epoch > t->o->tune / 2) /* no two of them */
        t->trial_epochs = 0;
    tt_run_release(&t->run);
    begin_search(t);
    return 0;
}

/* Compare the run at hand with the best settings so far, and keep what is found. */
static int judge(struct tt_training *t, const struct tt_settings *settings, double seconds, struct tt_err *err)
{
    const struct tt_validation *v = &t->run.validation;
    struct tt_trial trial = {.temperature = settings->temperature, .negative_weight = settings->negative_weight,
                             .dropout = settings->dropout, .dim = (double)settings->dim,
                             .epochs = (double)settings->epochs, .seconds = seconds, .is_accepted = 1};
    struct tt_recommendation recommended;

    if (tt_early_stopping_recommend(&t->run.stopping, &recommended, err))
        return -1;
    trial.epoch = (double)recommended.epochs;
    trial.value = recommended.value;
    if (t->n_trials == 0) {
        t->n_shares = v->valid.n;
        if (!(t->shares = tt_alloc(t->n_shares, sizeof(*t->shares), err)))
            return -1;
    } else {
        if (t->n_shares != v->valid.n)
            return tt_err_set(err, TT_ERR_INPUT, "the trials' state has %zu queries, not %zu", t->n_shares, v->valid.n);
        if (tt_evaluator_gain(&v->valid, recommended.shares, t->shares, &trial.gain, &trial.error, err))
            return -1;
        trial.is_accepted = trial.gain > TT_SURE * trial.error;
    }
    if (trial.is_accepted > 0) {
        memcpy(t->shares, recommended.shares, t->n_shares * sizeof(*t->shares));
        keep_recommendation(t, &recommended);
    }
    if (tt_grow(&t->trials, &t->cap_trials, t->n_trials + 1, sizeof(*t->trials), err))
        return -1;
    t->trials[t->n_trials++] = trial;
    tt_pattern_search_result(&t->search, trial.is_accepted > 0);
    return 0;
}

/* Try settings for as long as there is time. */
static int try_settings(struct tt_training *t, struct tt_err *err)
{
    struct tt_settings settings;
    double spent = 0;

    for (size_t i = 0; i < t->n_trials; i++)
        spent += t->trials[i].seconds;
    while (tt_pattern_search_next(&t->search, &settings)) {
        apply(&t->options, &settings);
        if (prepare_run(t, 1, err))
            return -1;
        double seconds = seconds_of(t, settings.epochs);
        if (spent + seconds > t->o->tune) {
            tt_run_release(&t->run);
            break;
        }
        spent += seconds;
        if (do_run(t, err) || judge(t, &settings, seconds, err))
            return -1;
        tt_run_release(&t->run);
        tell(t, t->hooks->on_trial);
    }
    return 0;
}

/* Find settings, and what they are to be run with. */
static int tune(struct tt_training *t, struct tt_err *err)
{
    if (!t->state && plan_trials(t, err))
        return -1;
    if (t->trial_epochs && try_settings(t, err))
        return -1;
    t->phase = t->valid || (t->n_trials && t->trial_epochs == t->o->epochs) ? TT_PHASE_FINAL : TT_PHASE_CHOOSING;
    if (t->valid || t->phase == TT_PHASE_CHOOSING) { /* short ones choose no epochs */
        t->recommended_epochs = 0;
        t->recommended_value = -1;
        t->seen = TT_SEEN_AUTO;
    }
    return 0;
}

/* ---- the whole ---- */

/* Find the number of epochs. */
static int choose(struct tt_training *t, struct tt_err *err)
{
    struct tt_recommendation recommended;

    if (prepare_run(t, 1, err) || do_run(t, err) ||
        tt_early_stopping_recommend(&t->run.stopping, &recommended, err))
        return -1;
    keep_recommendation(t, &recommended);
    t->phase = TT_PHASE_FINAL;
    tt_run_release(&t->run);
    return 0;
}

static int find_settings_and_epochs(struct tt_training *t, struct tt_err *err)
{
    if (t->phase != TT_PHASE_FINAL && !t->valid && hold_out(t, err))
        return -1;
    if (t->phase == TT_PHASE_TRIAL && tune(t, err))
        return -1;
    apply(&t->options, &t->search.best);
    if (t->trial_epochs < t->o->epochs) /* none, or shortened */
        t->options.epochs = t->o->epochs;
    if (t->o->tune > 0)
        tell(t, t->hooks->on_tuned);
    if (t->phase == TT_PHASE_CHOOSING && choose(t, err))
        return -1;
    tt_holdout_release(&t->holdout);
    return 0;
}

static void begin(struct tt_training *t)
{
    t->options = *t->o;
    t->recommended_value = -1;
    t->phase = t->o->tune > 0 ? TT_PHASE_TRIAL : chooses(t) ? TT_PHASE_CHOOSING : TT_PHASE_FINAL;
    begin_search(t);
}

static void training_release(struct tt_training *t)
{
    tt_run_release(&t->run);
    tt_holdout_release(&t->holdout);
    free(t->trials);
    free(t->shares);
}

int tt_train(struct tt_model *model, const struct tt_events *events, const struct tt_train_options *options,
             const struct tt_events *valid, struct tt_pool *pool, const struct tt_train_hooks *hooks,
             struct tt_train_report *report, struct tt_err *err)
{
    static const struct tt_train_hooks none = {0};
    struct tt_training t = {.o = options, .model = model, .events = events, .pool = pool, .valid = valid,
                            .hooks = hooks ? hooks : &none};
    int status = -1;

    *report = (struct tt_train_report){0};
    t.state = t.hooks->state;
    begin(&t);
    if ((t.state && own_state(&t, t.state, err)) || find_settings_and_epochs(&t, err) || prepare_run(&t, 0, err) ||
        do_run(&t, err) || tt_run_finish(&t.run, report, err))
        goto done;
    if (t.recommended_epochs) {
        report->best_value = t.recommended_value;
        report->seen = t.seen;
    }
    status = 0;
done:
    training_release(&t);
    return status;
}
