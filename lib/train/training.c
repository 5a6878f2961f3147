/* A whole training: see training.h. */
#include "train/training.h"

enum { LEAST_DIM = 8 };

const char *const tt_phase_names[TT_PHASES] = {"trial", "choosing", "final"};

static int holds_out(const struct tt_training *t)
{
    return (t->o->valid_share > 0 || t->o->tuning.seconds > 0) && !t->valid;
}

/* ---- state ---- */

/* What changes outside of the present run. */
static int own_state(struct tt_training *t, struct tt_state *state, struct tt_err *err)
{
    size_t phase = t->phase, seen = t->seen;

    if (tt_state_count(state, "phase", &phase, err) ||
        tt_state_count(state, "chosen.epoch", &t->recommended_epochs, err) ||
        tt_state_number(state, "chosen.value", &t->recommended_value, err) ||
        tt_state_count(state, "chosen.seen", &seen, err) || tt_tuning_state(&t->tuning, state, err))
        return -1;
    t->phase = (enum tt_phase)phase;
    t->seen = (enum tt_seen_policy)seen;
    int needs_choice = phase == TT_PHASE_FINAL && holds_out(t);
    if (phase >= TT_PHASES || (phase == TT_PHASE_TRIAL && !(t->o->tuning.seconds > 0)) ||
        (phase == TT_PHASE_CHOOSING && !holds_out(t)) || seen > TT_SEEN_REMOVE ||
        t->recommended_epochs > TT_EPOCHS_RANGE * t->o->run.stopping.epochs ||
        (needs_choice && t->recommended_epochs < 1))
        return tt_err_set(err, TT_ERR_INPUT, "phase %zu, epoch %zu: a place that the training does not have", phase,
                          t->recommended_epochs);
    return 0;
}

int tt_training_state(struct tt_training *t, struct tt_state *state, struct tt_err *err)
{
    return own_state(t, state, err) || tt_run_state(&t->run, state, err) ? -1 : 0;
}

/* ---- runs ---- */

static int forward_epoch(void *arg, const struct tt_epoch *epoch, struct tt_err *err)
{
    const struct tt_training *t = arg;

    return t->hooks->on_epoch ? t->hooks->on_epoch(t->hooks->arg, t, epoch, err) : 0;
}

static int forward_pause(void *arg, struct tt_err *err)
{
    struct tt_training *t = arg;

    return t->hooks->on_pause ? t->hooks->on_pause(t->hooks->arg, t, err) : 0;
}

static int call(const struct tt_training *t, tt_training_fn *hook, struct tt_err *err)
{
    return hook ? hook(t->hooks->arg, t, err) : 0;
}

/* The settings of the next run. */
static void use_settings(struct tt_training *t, const struct tt_settings *settings)
{
    t->settings = *settings;
    t->options.trainer.loss.temperature = settings->temperature;
    t->options.trainer.loss.negative_weight = settings->negative_weight;
    t->options.trainer.dropout = settings->dropout;
    t->options.trainer.shape.dim = settings->dim;
    t->options.stopping.epochs = settings->epochs;
}

/* Make the run at hand: over all events, or over those that are not held out. */
static int prepare_run(struct tt_training *t, struct tt_err *err)
{
    int is_part = t->phase != TT_PHASE_FINAL && !t->valid;
    size_t dim = t->options.trainer.shape.dim;

    if ((t->is_model_used || t->model->dim != dim) && tt_model_reset(t->model, dim, err))
        return -1;
    t->is_model_used = 1;
    if (t->phase == TT_PHASE_FINAL && t->recommended_epochs)
        t->options.stopping.epochs = t->recommended_epochs;
    return tt_run_init(&t->run, t->model, is_part ? &t->holdout.kept : t->events,
                       is_part ? &t->holdout.held : t->valid, &t->options, t->pool, err);
}

/* Run it, from the state or from its start. */
static int do_run(struct tt_training *t, struct tt_err *err)
{
    struct tt_run_hooks hooks = {forward_epoch, forward_pause, t};

    if (t->state ? tt_run_state(&t->run, t->state, err) : tt_run_start(&t->run, err))
        return -1;
    t->state = NULL;
    return call(t, t->hooks->on_start, err) || tt_run_go(&t->run, &hooks, err) ? -1 : 0;
}

static int hold_out(struct tt_training *t, struct tt_err *err)
{
    const struct tt_entities *base = &t->model->entities;
    double share = t->o->valid_share > 0 ? t->o->valid_share : TT_TUNING_SHARE;
    size_t liked = 0;

    if (tt_holdout_init(&t->holdout, t->events, &base->dictionary, base->users.n_rows, share,
                        t->o->run.trainer.seed, err))
        return -1;
    for (size_t e = 0; e < t->holdout.held.n; e++)
        liked += !t->holdout.held.label || t->holdout.held.label[e];
    if (liked)
        return 0;
    return tt_err_set(err, TT_ERR_INPUT,
                      "none of the %zu events that would be held out for validation is liked: each user keeps one",
                      t->holdout.held.n);
}

/* The final run has as many epochs as the present one recommends. */
static void keep_recommendation(struct tt_training *t, const struct tt_recommendation *recommended)
{
    t->recommended_epochs = recommended->epochs;
    t->recommended_value = recommended->value;
    t->seen = t->run.validation.seen;
}

/* ---- the phases ---- */

static double cost_of_run(const struct tt_training *t, size_t epochs)
{
    struct tt_run_cost cost = tt_run_cost_of(&t->run.trainer, t->run.validation.train.n + t->run.validation.valid.n);

    return cost.start + (double)epochs * cost.epoch;
}

static int plan_trials(struct tt_training *t, struct tt_err *err)
{
    if (prepare_run(t, err))
        return -1;
    struct tt_run_cost cost = tt_run_cost_of(&t->run.trainer, t->run.validation.train.n + t->run.validation.valid.n);
    tt_run_release(&t->run);
    tt_tuning_plan(&t->tuning, &cost);
    return 0;
}

static int try_settings(struct tt_training *t, struct tt_err *err)
{
    struct tt_recommendation recommended;
    struct tt_settings settings;
    int is_accepted;

    while (tt_tuning_next(&t->tuning, &settings)) {
        use_settings(t, &settings);
        if (prepare_run(t, err))
            return -1;
        double seconds = cost_of_run(t, settings.epochs);
        if (!tt_tuning_has_time(&t->tuning, seconds)) {
            tt_run_release(&t->run);
            break;
        }
        if (do_run(t, err) ||
            tt_tuning_add(&t->tuning, &settings, seconds, &t->run.stopping, &is_accepted, &recommended, err))
            return -1;
        if (is_accepted)
            keep_recommendation(t, &recommended);
        tt_run_release(&t->run);
        if (call(t, t->hooks->on_trial, err))
            return -1;
    }
    return 0;
}

/* Find settings, and which phase they are for. */
static int tune(struct tt_training *t, struct tt_err *err)
{
    const struct tt_tuning *tuning = &t->tuning;

    if ((!t->state && plan_trials(t, err)) || try_settings(t, err))
        return -1;
    int chose_epochs = tuning->n_trials && tuning->trial_epochs == tuning->given.epochs; /* short trials do not */
    t->phase = t->valid || chose_epochs ? TT_PHASE_FINAL : TT_PHASE_CHOOSING;
    if (t->valid || !chose_epochs) {
        t->recommended_epochs = 0;
        t->recommended_value = -1;
        t->seen = TT_SEEN_AUTO;
    }
    return 0;
}

/* Find the number of epochs. */
static int choose_epochs(struct tt_training *t, struct tt_err *err)
{
    struct tt_recommendation recommended;

    if (prepare_run(t, err) || do_run(t, err) || tt_early_stopping_recommend(&t->run.stopping, &recommended, err))
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
    struct tt_settings best = t->tuning.search.best;
    if (t->tuning.trial_epochs < t->tuning.given.epochs) /* no trials, or shortened ones */
        best.epochs = t->tuning.given.epochs;
    use_settings(t, &best);
    if (t->o->tuning.seconds > 0 && call(t, t->hooks->on_tuned, err))
        return -1;
    if (t->phase == TT_PHASE_CHOOSING && choose_epochs(t, err))
        return -1;
    tt_holdout_release(&t->holdout);
    return 0;
}

/* ---- the whole ---- */

static void begin(struct tt_training *t)
{
    const struct tt_trainer_options *o = &t->o->run.trainer;
    const struct tt_schema *schema = &t->model->entities.dictionary.schema;
    const struct tt_settings given = {o->loss.temperature, o->loss.negative_weight, o->dropout, o->shape.dim,
                                      t->o->run.stopping.epochs};
    const struct tt_search_range range = {.least_dim = o->start.earlier ? o->shape.dim : LEAST_DIM,
                                          .most_dim = o->shape.dim,
                                          .has_dropout = tt_schema_find(schema, TT_USER, TT_KIND_HISTORY) ||
                                                         tt_schema_find(schema, TT_ITEM, TT_KIND_HISTORY)};

    t->options = t->o->run;
    t->recommended_value = -1;
    t->phase = t->o->tuning.seconds > 0 ? TT_PHASE_TRIAL : holds_out(t) ? TT_PHASE_CHOOSING : TT_PHASE_FINAL;
    tt_tuning_init(&t->tuning, &t->o->tuning, &given, &range);
    use_settings(t, &given);
}

static void training_release(struct tt_training *t)
{
    tt_run_release(&t->run);
    tt_holdout_release(&t->holdout);
    tt_tuning_release(&t->tuning);
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
    if ((t.state && own_state(&t, t.state, err)) || find_settings_and_epochs(&t, err) || prepare_run(&t, err) ||
        do_run(&t, err) || tt_run_finish(&t.run, report, err))
        goto done;
    report->settings = t.settings;
    if (t.recommended_epochs) {
        report->best_value = t.recommended_value;
        report->seen = t.seen;
    }
    status = 0;
done:
    training_release(&t);
    return status;
}
