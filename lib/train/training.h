/* A whole training: up to three kinds of runs (run.h), one after another.
 *
 *     trials     with tuning: runs with different settings (tuning.h), evaluated on validation events
 *     choosing   a run that finds the best number of epochs
 *     final      a run with the settings and the number of epochs that were found; it makes the model
 *
 * Trials and the choosing run are evaluated on `valid`, if it is given, or else on a share of each user's events that
 * is held out (holdout.h), from which they do not learn; the final run learns from all events, has no validation, and
 * so cannot stop early. With `valid` there is no
 * choosing run: the final run is evaluated on it too, and keeps its best epoch. Nor is there one when the trials were
 * as long as the final run: then the best trial recommends the number of epochs. Without tuning and held-out events
 * there is the final run alone. early_stopping.h says when a run ends, which epoch is the best, and which number of
 * epochs is recommended.
 *
 * Determinism: the model depends on entities, events, options and seed alone, on one kind of CPU; not on the pool.
 */
#ifndef TT_TRAIN_TRAINING_H
#define TT_TRAIN_TRAINING_H

#include "train/holdout.h"
#include "train/run.h"
#include "train/tuning.h"

struct tt_train_options {
    struct tt_run_options run;
    double valid_share;              /* of each user's events held out; 0: none, or as tuning needs */
    struct tt_tuning_options tuning;
};

enum tt_phase { TT_PHASE_TRIAL, TT_PHASE_CHOOSING, TT_PHASE_FINAL, TT_PHASES };

/* "trial", "choosing", "final" */
extern const char *const tt_phase_names[TT_PHASES];

/* The share of the events that is held out for trials when none is given: to tell settings apart takes more events than
 * to end a training. */
#define TT_TUNING_SHARE 0.2

struct tt_train_hooks;

/* A training that runs. */
struct tt_training {
    const struct tt_train_options *o; /* borrowed, as are the next six */
    struct tt_model *model;
    const struct tt_events *events;   /* all that it learns from */
    struct tt_pool *pool;
    const struct tt_events *valid;    /* given, or NULL */
    const struct tt_train_hooks *hooks;
    struct tt_state *state;           /* to resume from, until it is used up */
    enum tt_phase phase;
    struct tt_settings settings;      /* of the present run */
    struct tt_run_options options;    /* likewise, with these settings */
    struct tt_run run;
    int is_model_used;                /* by an earlier run: its tables and layers are not new */
    struct tt_holdout holdout;        /* while something is held out */
    struct tt_tuning tuning;
    size_t recommended_epochs;        /* by the choosing run or the best trial; 0: none */
    double recommended_value;         /* of the last of these epochs, on the validation events; -1: none */
    enum tt_seen_policy seen;         /* how that run ranked */
};

/* Save or restore all that changes in it: the phase, the trials, what is recommended, the run. */
int tt_training_state(struct tt_training *training, struct tt_state *state, struct tt_err *err) TT_CHECKED;

/* What is called on the way. When a function does not return 0 the training ends with *err. */
typedef int tt_training_fn(void *arg, const struct tt_training *training, struct tt_err *err);
typedef int tt_epoch_fn(void *arg, const struct tt_training *training, const struct tt_epoch *epoch,
                        struct tt_err *err);
typedef int tt_pause_fn(void *arg, struct tt_training *training, struct tt_err *err);

/* All may be NULL. */
struct tt_train_hooks {
    tt_training_fn *on_start; /* before the first step of each run: all is read and chosen */
    tt_epoch_fn *on_epoch;    /* after each epoch */
    tt_training_fn *on_trial; /* after each trial, the last of training->tuning.trials */
    tt_training_fn *on_tuned; /* when the trials are over, and when a training is resumed after that;
                                 training->settings are those that were found */
    tt_pause_fn *on_pause;    /* after each step, and after on_epoch: here the state may be saved */
    void *arg;                /* of all */
    struct tt_state *state;   /* to resume from: the state of a training on the same data with the same options */
};

/* Train the model on `events`: its tables are filled, and its users and items get their histories. valid: other events
 * of the same dictionary, or NULL; NULL with a valid_share. In the report, best_value and seen are those of the run
 * that recommended the number of epochs, where there was one. */
int tt_train(struct tt_model *model, const struct tt_events *events, const struct tt_train_options *options,
             const struct tt_events *valid, struct tt_pool *pool, const struct tt_train_hooks *hooks,
             struct tt_train_report *report, struct tt_err *err) TT_CHECKED;

#endif
