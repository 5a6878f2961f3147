/* A whole training: see training.h. */
#include "model/training.h"

const char *const tt_phase_names[TT_PHASES] = {"choosing", "final"};

/* What a training knows beside its run. */
static int own_state(struct tt_training *t, struct tt_state *state, struct tt_err *err)
{
    size_t phase = t->phase, seen = t->seen;

    if (tt_state_count(state, "phase", &phase, err) || tt_state_count(state, "chosen.epoch", &t->chosen_epoch, err) ||
        tt_state_number(state, "chosen.value", &t->chosen_value, err) ||
        tt_state_count(state, "chosen.seen", &seen, err))
        return -1;
    t->phase = (enum tt_phase)phase;
    t->seen = (enum tt_seen)seen;
    int is_chosen = t->o->valid_fraction > 0 && phase == TT_PHASE_FINAL;
    if (phase >= TT_PHASES || seen > TT_SEEN_REMOVE || (phase == TT_PHASE_CHOOSING && !(t->o->valid_fraction > 0)) ||
        (is_chosen ? t->chosen_epoch < 1 || t->chosen_epoch > t->o->epochs : t->chosen_epoch > 0))
        return tt_err_set(err, TT_ERR_INPUT, "phase %zu, epoch %zu: a place that the training does not have", phase,
                          t->chosen_epoch);
    return 0;
}

int tt_training_state(struct tt_training *t, struct tt_state *state, struct tt_err *err)
{
    return own_state(t, state, err) || tt_run_state(&t->run, state, err) ? -1 : 0;
}

/* The hooks of a run that belongs to a training. */
struct listener {
    struct tt_training *training;
    const struct tt_train_hooks *hooks;
};

static void hear_epoch(void *arg, const struct tt_epoch *epoch)
{
    struct listener *listener = arg;

    if (listener->hooks->on_epoch)
        listener->hooks->on_epoch(listener->hooks->arg, listener->training, epoch);
}

static int hear_pause(void *arg, struct tt_err *err)
{
    struct listener *listener = arg;

    return listener->hooks->on_pause ? listener->hooks->on_pause(listener->hooks->arg, listener->training, err) : 0;
}

/* The run at hand, over `events` instead of the model's; from *state, which is then used up, or from its start. Without a
 * report it is not finished: only what was measured counts. */
static int run(struct tt_training *t, struct tt_model *model, const struct tt_events *events,
               const struct tt_events *valid, struct tt_pool *pool, const struct tt_train_hooks *hooks,
               struct tt_state **state, struct tt_train_report *report, struct tt_err *err)
{
    struct listener listener = {t, hooks};
    struct tt_run_hooks run_hooks = {hear_epoch, hear_pause, &listener};
    struct tt_events all = model->base.events;
    int status = -1;

    if (t->is_model_used && tt_model_reset(model, t->options.dim, err))
        return -1;
    t->is_model_used = 1;
    model->base.events = *events;
    if (tt_run_init(&t->run, model, &t->options, valid, pool, err) == 0) {
        status = *state ? tt_run_state(&t->run, *state, err) : tt_run_start(&t->run, err);
        *state = NULL;
        if (status == 0 && hooks->on_start)
            hooks->on_start(hooks->arg, t);
        if (status == 0)
            status = tt_run_go(&t->run, &run_hooks, err);
        if (status == 0 && report)
            status = tt_run_finish(&t->run, report, err);
    }
    model->base.events = all;
    return status;
}

/* Put the share aside. */
static int hold_out(struct tt_training *t, const struct tt_model *model, struct tt_err *err)
{
    const struct tt_examples *base = &model->base;
    size_t liked = 0;

    if (tt_holdout_init(&t->holdout, &base->events, &base->dictionary, base->users.n_rows, t->o->valid_fraction,
                        t->o->seed, err))
        return -1;
    for (size_t e = 0; e < t->holdout.held.n; e++)
        liked += !t->holdout.held.label || t->holdout.held.label[e];
    if (liked)
        return 0;
    return tt_err_set(err, TT_ERR_INPUT,
                      "--valid-fraction: none of the %zu events that would be put aside is liked: each user keeps one",
                      t->holdout.held.n);
}

/* Find the number of epochs on a part of the events. */
static int choose(struct tt_training *t, struct tt_model *model, struct tt_pool *pool,
                  const struct tt_train_hooks *hooks, struct tt_state **state, struct tt_err *err)
{
    if (hold_out(t, model, err) ||
        run(t, model, &t->holdout.kept, &t->holdout.held, pool, hooks, state, NULL, err) ||
        tt_validation_choose(&t->run.validation, t->run.epochs, &t->chosen_epoch, &t->chosen_value, err))
        return -1;
    t->seen = t->run.validation.seen;
    t->phase = TT_PHASE_FINAL;
    tt_run_release(&t->run);
    tt_holdout_release(&t->holdout);
    return 0;
}

int tt_train(struct tt_model *model, const struct tt_train_options *options, const struct tt_events *valid,
             struct tt_pool *pool, const struct tt_train_hooks *hooks, struct tt_train_report *report,
             struct tt_err *err)
{
    static const struct tt_train_hooks none = {0};
    struct tt_training t = {.o = options, .options = *options, .chosen_value = -1,
                            .phase = options->valid_fraction > 0 ? TT_PHASE_CHOOSING : TT_PHASE_FINAL};
    int status = -1;

    hooks = hooks ? hooks : &none;
    struct tt_state *state = hooks->state;
    *report = (struct tt_train_report){0};
    if (state && own_state(&t, state, err))
        goto done;
    if (t.phase == TT_PHASE_CHOOSING && choose(&t, model, pool, hooks, &state, err))
        goto done;
    if (t.chosen_epoch)
        t.options.stop = t.chosen_epoch;
    if (run(&t, model, &model->base.events, valid, pool, hooks, &state, report, err))
        goto done;
    if (t.chosen_epoch) {
        report->best_value = t.chosen_value;
        report->seen = t.seen;
    }
    status = 0;
done:
    tt_run_release(&t.run);
    tt_holdout_release(&t.holdout);
    return status;
}
