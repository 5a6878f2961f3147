/* One run of a training: epochs of a session (trainer.h), an evaluation after each (validation.h), until early stopping
 * ends them (early_stopping.h); the best epoch's model is kept.
 *
 *     tt_run_init(&run, model, events, valid, &options, pool, &err);
 *     tt_run_start(&run, &err);                                 or tt_run_state, which restores it
 *     tt_run_go(&run, &hooks, &err);
 *     tt_run_finish(&run, &report, &err);                       the model's tables are then complete
 *     tt_run_release(&run);
 */
#ifndef TT_TRAIN_RUN_H
#define TT_TRAIN_RUN_H

#include "train/early_stopping.h"
#include "train/pattern_search.h"
#include "train/validation.h"

/* One line of the log. The values are of the options' metric at k, -1 when not evaluated. */
struct tt_epoch {
    size_t epoch;          /* from 1 */
    double loss, gradient; /* trainer.h */
    double train_value, valid_value;
    double examples;       /* events that the epoch had */
    int is_best;           /* so far */
};

struct tt_run_options {
    struct tt_trainer_options trainer;
    struct tt_stopping_options stopping;
    struct tt_validation_options validation;
};

struct tt_run {
    struct tt_trainer trainer;
    struct tt_validation validation;
    struct tt_early_stopping stopping;
    double first_loss, loss; /* of the first and of the last epoch */
    struct tt_softmax_peak peak; /* of the start (evaluator.h) */
};

/* What is called on the way; both may be NULL. When a function does not return 0 the run ends with *err. */
struct tt_run_hooks {
    int (*on_epoch)(void *arg, const struct tt_epoch *epoch, struct tt_err *err); /* after each epoch */
    int (*on_pause)(void *arg, struct tt_err *err);                              /* after each step, and on_epoch */
    void *arg;
};

/* What was chosen and found: for notes, and for the metadata of the model. */
struct tt_train_report {
    struct tt_plan plan;              /* of the steps */
    struct tt_settings settings;      /* those that tuning found, or that were given (training.h) */
    enum tt_seen_policy seen;
    enum tt_targets targets;          /* not auto */
    size_t events, disliked;          /* events with a label other than 0, and with label 0 */
    size_t epochs, best_epoch;
    double best_value;                /* on the validation events; -1 without */
    int keeps_best;                   /* the run was evaluated on validation events, and the best epoch is kept */
    int has_no_progress;              /* the last epoch's loss is not below the first one's */
    struct tt_validation_signs signs; /* of the kept epoch */
};

/* events: what the run learns from. valid: events to validate by, or NULL; borrowed for the call. Both follow the
 * model's dictionary. The options are borrowed. On failure the struct is released. */
int tt_run_init(struct tt_run *run, struct tt_model *model, const struct tt_events *events,
                const struct tt_events *valid, const struct tt_run_options *options, struct tt_pool *pool,
                struct tt_err *err) TT_CHECKED;
void tt_run_release(struct tt_run *run); /* fine on a struct that is all zero */

/* The first values of the tables, and their softmax peak. */
int tt_run_start(struct tt_run *run, struct tt_err *err) TT_CHECKED;

/* Is the temperature too small for the scores? Two signs of it at the start, in a catalogue of a hundred items or
 * more: one negative has nearly half of a query's softmax, so that most of the gradient is that item's, whichever it
 * is; or the spectral start has a loss above *alike, that of scores that are all alike, although it is better than
 * those. */
int tt_run_is_temperature_small(const struct tt_run *run, double *alike);

/* All that changes in it. A place that the run does not have is an error. */
int tt_run_state(struct tt_run *run, struct tt_state *state, struct tt_err *err) TT_CHECKED;

/* Run the epochs that are left. */
int tt_run_go(struct tt_run *run, const struct tt_run_hooks *hooks, struct tt_err *err) TT_CHECKED;

/* The best epoch's tables, looked at and then filled (untrained_rows.h). */
int tt_run_finish(struct tt_run *run, struct tt_train_report *report, struct tt_err *err) TT_CHECKED;

#endif
