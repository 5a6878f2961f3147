/* A whole training: see training.h. */
#include "model/training.h"

int tt_training_state(struct tt_training *t, struct tt_state *state, struct tt_err *err)
{
    if (tt_trainer_state(&t->trainer, state, err) ||
        tt_validation_state(&t->validation, t->trainer.model, state, err) ||
        tt_state_count(state, "epochs", &t->epochs, err) ||
        tt_state_number(state, "first_loss", &t->first_loss, err) || tt_state_number(state, "loss", &t->loss, err))
        return -1;
    if (t->epochs + 1 != t->trainer.at.epoch || t->validation.best_epoch > t->epochs)
        return tt_err_set(err, TT_ERR_INPUT, "epoch %zu after %zu: a place that the training does not have",
                          t->trainer.at.epoch, t->epochs);
    return 0;
}

static int pause_at(const struct tt_train_hooks *hooks, struct tt_training *t, struct tt_err *err)
{
    return hooks->on_pause ? hooks->on_pause(hooks->arg, t, err) : 0;
}

/* Between two epochs: have all been run, or is there no hope for a better one? */
static int is_over(const struct tt_training *t)
{
    const struct tt_train_options *o = t->trainer.o;

    return t->epochs == o->epochs ||
           (t->validation.valid.n && o->patience && t->epochs - t->validation.best_epoch >= o->patience);
}

/* What is left of the present epoch. */
static int run_epoch(struct tt_training *t, const struct tt_train_hooks *hooks, struct tt_err *err)
{
    struct tt_epoch line = {.epoch = t->trainer.at.epoch, .examples = (double)t->trainer.events};
    struct tt_epoch_values found;

    while (!tt_trainer_is_epoch_over(&t->trainer))
        if (tt_trainer_step(&t->trainer, err) || pause_at(hooks, t, err))
            return -1;
    tt_trainer_end_epoch(&t->trainer, &line.loss);
    if (tt_validation_measure(&t->validation, &t->trainer, line.epoch, &found, err))
        return -1;
    t->epochs = line.epoch;
    t->loss = line.loss;
    t->first_loss = line.epoch == 1 ? line.loss : t->first_loss;
    line.train_value = found.train;
    line.valid_value = found.valid;
    line.is_best = found.is_best;
    if (hooks->on_epoch)
        hooks->on_epoch(hooks->arg, &line);
    return pause_at(hooks, t, err);
}

static void fill_report(const struct tt_training *t, struct tt_train_report *report)
{
    const struct tt_trainer *trainer = &t->trainer;

    *report = (struct tt_train_report){.plan = trainer->plan,
                                       .seen = t->validation.seen,
                                       .queries = trainer->queries.n,
                                       .catalogue = trainer->catalogue.n,
                                       .best_epoch = t->validation.best_epoch,
                                       .epochs = t->epochs,
                                       .events = trainer->events,
                                       .unliked = trainer->unliked,
                                       .best_value = t->validation.best_value,
                                       .has_no_progress = t->epochs > 1 && t->loss >= t->first_loss};
}

int tt_train(struct tt_model *model, const struct tt_train_options *options, const struct tt_events *valid,
             struct tt_pool *pool, const struct tt_train_hooks *hooks, struct tt_train_report *report,
             struct tt_err *err)
{
    static const struct tt_train_hooks none = {0};
    struct tt_training t = {0};
    int status = -1;

    hooks = hooks ? hooks : &none;
    *report = (struct tt_train_report){0};
    if (tt_trainer_init(&t.trainer, model, options, pool, err) ||
        tt_validation_init(&t.validation, &t.trainer, valid, err) ||
        (hooks->state ? tt_training_state(&t, hooks->state, err) : tt_trainer_start(&t.trainer, err)))
        goto done;
    if (hooks->on_start)
        hooks->on_start(hooks->arg, &t);
    while (!is_over(&t))
        if (run_epoch(&t, hooks, err))
            goto done;
    tt_validation_restore(&t.validation, &t.trainer);
    fill_report(&t, report);
    if (tt_validation_inspect(&t.validation, &t.trainer, &report->signs, err))
        goto done;
    tt_trainer_finish(&t.trainer);
    status = 0;
done:
    tt_validation_release(&t.validation);
    tt_trainer_release(&t.trainer);
    return status;
}
