/* A whole training: up to three kinds of runs (run.h) after each other.
 *
 *     trial      with options->tune: short runs with different settings (pattern_search.h), each measured on validation
 *                events
 *     choosing   which number of epochs is the best
 *     final      with the settings and the epochs that were found
 *
 * The first two measure on `valid`, if it is given, or else on a share of each user's events that is put aside
 * (holdout.h), of which they learn nothing; the final run learns from all. With `valid` there is no choosing run: the
 * final one keeps its best epoch. Nor is there one when the trials were as long as the final run: the best trial has
 * chosen. Without tune and valid_share there is the final run alone.
 *
 * The trials begin with the settings that are given, and fit into options->tune seconds of a nominal machine (work.h),
 * counted, not measured: the plan, and with it the model, is the same wherever it is made. If there is room for 12
 * trials of full length they have it; otherwise they are shortened so that 12 fit, but not below 4 epochs. Trials of
 * full length may also be of half the epochs, or twice, or four times as many, while there is time. Settings are taken
 * when their value is above that of the best ones so far by more than TT_SURE standard errors of the difference, users
 * being drawn.
 *
 * Determinism: the model depends on examples, options and seed alone, on one kind of CPU; not on the pool.
 */
#ifndef TT_TRAIN_TRAINING_H
#define TT_TRAIN_TRAINING_H

#include "train/holdout.h"
#include "train/run.h"
#include "train/pattern_search.h"

enum tt_phase { TT_PHASE_TRIAL, TT_PHASE_CHOOSING, TT_PHASE_FINAL, TT_PHASES };

/* "trial", "choosing", "final" */
extern const char *const tt_phase_names[TT_PHASES];

/* The share of the events that is put aside for trials when none is given: they tell settings apart by it, which
 * takes more events than an end of training does. */
#define TT_TUNE_FRACTION 0.2
enum { TT_LEAST_TRIAL_EPOCHS = 4, TT_EPOCHS_RANGE = 4 }; /* epochs: up to so many times those given, or a part */

/* Settings that were tried. All are doubles, so that a checkpoint holds trials as rows of numbers. */
struct tt_trial {
    double temperature, negative_weight, dropout, dim, epochs;
    double epoch;         /* recommended */
    double value;         /* at the recommended epoch */
    double gain, error;   /* over the best settings so far, and its standard error; 0 for the first trial */
    double seconds;       /* nominal */
    double is_accepted;      /* 1: the best settings so far */
};
enum { TT_TRIAL_NUMBERS = 11 };

struct tt_train_hooks;

/* A training on its way. */
struct tt_training {
    const struct tt_train_options *o; /* borrowed, as are the next six */
    struct tt_model *model;
    const struct tt_events *events;   /* all that is learnt from */
    struct tt_pool *pool;
    const struct tt_events *valid;    /* given, or NULL */
    const struct tt_train_hooks *hooks;
    struct tt_state *state;           /* to be gone on from, until it is used up */
    enum tt_phase phase;
    struct tt_train_options options;  /* of the run at hand */
    struct tt_run run;
    int is_model_used;                /* by an earlier run: its tables and layers are not new */
    struct tt_holdout holdout;        /* while something is put aside */
    /* trials */
    struct tt_pattern_search search;
    size_t trial_epochs;              /* the length of a trial; 0: there is no time for any */
    struct tt_trial *trials;          /* (n_trials) those that are over */
    size_t n_trials, cap_trials;
    struct tt_metric_share *shares;   /* (n_shares) the queries' shares of the best settings' value */
    size_t n_shares;
    /* what was chosen */
    size_t recommended_epochs;        /* by the choosing run or the best trial (early_stopping.h); 0: none */
    double recommended_value;         /* of the last of these epochs, on the validation events; -1: none */
    enum tt_seen seen;                /* how that run ranked */
};

/* Store all that changes in it: the phase, the trials, what was chosen, the run. */
int tt_training_state(struct tt_training *training, struct tt_state *state, struct tt_err *err) TT_CHECKED;

typedef void tt_training_fn(void *arg, const struct tt_training *training);
typedef void tt_epoch_fn(void *arg, const struct tt_training *training, const struct tt_epoch *epoch);
typedef int tt_pause_fn(void *arg, struct tt_training *training, struct tt_err *err);

/* What the caller hears of a training, and what it goes on from. All may be NULL. */
struct tt_train_hooks {
    tt_training_fn *on_start; /* before the first step of each run: all is read and chosen */
    tt_epoch_fn *on_epoch;    /* after each epoch */
    tt_training_fn *on_trial; /* after each trial, the last of training->trials */
    tt_training_fn *on_tuned; /* when the trials are over, and when going on after that; training->options has the
                                 settings */
    tt_pause_fn *on_pause;    /* after each step, and after on_epoch: here the state may be stored; not 0 ends it all */
    void *arg;                /* of all */
    struct tt_state *state;   /* the state of a training of the same examples and options, to be gone on from */
};

/* Train the model on `events`, by `options`: its tables are filled, and its users and items get their histories.
 * valid: other events of the same dictionary, or NULL; NULL with a valid_share. report->settings are those of the
 * final run; best_value and seen are of what chose its epochs. */
int tt_train(struct tt_model *model, const struct tt_events *events, const struct tt_train_options *options,
             const struct tt_events *valid, struct tt_pool *pool, const struct tt_train_hooks *hooks,
             struct tt_train_report *report, struct tt_err *err) TT_CHECKED;

#endif
