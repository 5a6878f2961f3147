/* A whole training: see training.h. */
#include "model/training.h"

#include "model/validation.h"

static int run_epochs(struct tt_trainer *t, struct tt_validation *v, tt_epoch_fn *on_epoch, void *arg,
                      struct tt_train_report *report, struct tt_err *err)
{
    double first_loss = 0;

    while (t->at.epoch <= t->o->epochs) {
        struct tt_epoch line = {.epoch = t->at.epoch, .examples = (double)t->events};
        struct tt_epoch_measures found;
        while (!tt_trainer_is_epoch_over(t))
            if (tt_trainer_step(t, err))
                return -1;
        if (tt_trainer_end_epoch(t, &line.loss, err) || tt_validation_measure(v, t, line.epoch, &found, err))
            return -1;
        first_loss = line.epoch == 1 ? line.loss : first_loss;
        report->epochs = line.epoch;
        report->has_no_progress = line.epoch > 1 && line.loss >= first_loss;
        line.train_accuracy = found.train_accuracy;
        line.valid_accuracy = found.valid_accuracy;
        line.is_best = found.is_best;
        if (on_epoch)
            on_epoch(arg, &line);
        if (v->valid.n && t->o->patience && line.epoch - v->best_epoch >= t->o->patience)
            break;
    }
    return 0;
}

int tt_train(struct tt_model *model, const struct tt_train_options *options, const struct tt_events *valid,
             struct tt_pool *pool, tt_epoch_fn *on_epoch, void *arg, struct tt_train_report *report, struct tt_err *err)
{
    struct tt_trainer t = {0};
    struct tt_validation v = {0};
    int status = -1;

    *report = (struct tt_train_report){0};
    if (tt_trainer_init(&t, model, options, pool, err) || tt_validation_init(&v, &t, valid, err) ||
        tt_trainer_start(&t, err) || run_epochs(&t, &v, on_epoch, arg, report, err))
        goto done;
    tt_validation_restore(&v, &t);
    tt_trainer_finish(&t);
    report->loss = t.loss;
    report->seen = v.seen;
    report->batch = t.steps.batch;
    report->queries = t.queries.n;
    report->catalogue = t.catalogue.n;
    report->best_epoch = v.best_epoch;
    report->events = t.events;
    report->unliked = t.unliked;
    report->best_accuracy = v.best_accuracy;
    report->has_collapsed = v.has_collapsed;
    status = 0;
done:
    tt_validation_release(&v);
    tt_trainer_release(&t);
    return status;
}
