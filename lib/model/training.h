/* A whole training: one run (run.h), or, with a part of the events put aside (holdout.h), one that chooses the number of
 * epochs and another over all events.
 *
 *     choosing   over the events that are kept, measured on those put aside: which epoch is the best
 *     final      over all events, with the same options and learning rates, up to that epoch
 *
 * Without options->valid_fraction there is only the final run, validated by `valid` if that is given.
 *
 * Determinism: the model depends on examples, options and seed alone, on one kind of CPU; not on the pool.
 */
#ifndef TT_MODEL_TRAINING_H
#define TT_MODEL_TRAINING_H

#include "data/holdout.h"
#include "model/run.h"

enum tt_phase { TT_PHASE_CHOOSING, TT_PHASE_FINAL, TT_PHASES };

/* "choosing", "final" */
extern const char *const tt_phase_names[TT_PHASES];

/* A training on its way. */
struct tt_training {
    const struct tt_train_options *o; /* borrowed */
    enum tt_phase phase;
    struct tt_train_options options;  /* of the run at hand */
    struct tt_run run;
    size_t chosen_epoch;              /* by the choosing run (tt_validation_choose); 0: not chosen */
    double chosen_value;              /* its value; -1: not chosen */
    enum tt_seen seen;                /* how the choosing run ranked */
    struct tt_holdout holdout;        /* while choosing */
    int is_model_used;                /* by an earlier run: its tables and layers are not new */
};

/* Store all that changes in it: the phase, what was chosen, the run. */
int tt_training_state(struct tt_training *training, struct tt_state *state, struct tt_err *err) TT_CHECKED;

typedef void tt_start_fn(void *arg, const struct tt_training *training);
typedef void tt_epoch_fn(void *arg, const struct tt_training *training, const struct tt_epoch *epoch);
typedef int tt_pause_fn(void *arg, struct tt_training *training, struct tt_err *err);

/* What the caller hears of a training, and what it goes on from. All may be NULL. */
struct tt_train_hooks {
    tt_start_fn *on_start;  /* before the first step of each run: all is read and chosen */
    tt_epoch_fn *on_epoch;  /* after each epoch */
    tt_pause_fn *on_pause;  /* after each step, and after on_epoch: here the state may be stored; not 0 ends it all */
    void *arg;              /* of all */
    struct tt_state *state; /* the state of a training of the same examples and options, to be gone on from */
};

/* The random starts, batches and steps of `options` over model->base (users, items, events), whose users get their
 * histories; model->tables are filled. valid: events that follow the same dictionary, or NULL; NULL with a
 * valid_fraction, with which report->best_value and seen are those of the choosing run. */
int tt_train(struct tt_model *model, const struct tt_train_options *options, const struct tt_events *valid,
             struct tt_pool *pool, const struct tt_train_hooks *hooks, struct tt_train_report *report,
             struct tt_err *err) TT_CHECKED;

#endif
