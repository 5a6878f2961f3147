/* A whole training: epochs of a session (trainer.h) with validation after each (validation.h), the best epoch kept, an
 * early end, and the warnings.
 *
 * Determinism: the model depends on examples, options and seed alone, on one kind of CPU; not on the pool.
 */
#ifndef TT_MODEL_TRAINING_H
#define TT_MODEL_TRAINING_H

#include "model/validation.h"

/* One line of the log. The values are of the options' metric at k, -1 when not measured. */
struct tt_epoch {
    size_t epoch;        /* from 1 */
    double loss;         /* nats an event */
    double train_value, valid_value;
    double examples;     /* events seen in this epoch */
    int is_best;
};

/* A training on its way. */
struct tt_training {
    struct tt_trainer trainer;
    struct tt_validation validation;
    size_t epochs;           /* done */
    double first_loss, loss; /* of the first and of the last of them */
};

/* All that changes in it. */
int tt_training_state(struct tt_training *training, struct tt_state *state, struct tt_err *err) TT_CHECKED;

typedef void tt_start_fn(void *arg, const struct tt_training *training);
typedef void tt_epoch_fn(void *arg, const struct tt_epoch *epoch);
typedef int tt_pause_fn(void *arg, struct tt_training *training, struct tt_err *err);

/* What the caller hears of a training, and what it goes on from. All may be NULL. */
struct tt_train_hooks {
    tt_start_fn *on_start;  /* before the first step: all is read and chosen */
    tt_epoch_fn *on_epoch;  /* after each epoch */
    tt_pause_fn *on_pause;  /* after each step, and after on_epoch: here the state may be stored; not 0 ends it all */
    void *arg;              /* of all */
    struct tt_state *state; /* the state of a training of the same examples and options, to be gone on from */
};

/* What was chosen and found, for notes and lineage. */
struct tt_train_report {
    struct tt_plan plan; /* the loss and the steps used */
    enum tt_seen seen;
    size_t queries, catalogue, best_epoch, epochs;
    size_t events, unliked; /* events used, and events left out because their label is 0 */
    double best_value;    /* valid; -1 without */
    int has_no_progress;  /* the last epoch's loss is not below the first one's */
    struct tt_validation_signs signs; /* of the kept epoch */
};

/* The random starts, batches and steps of `options` over model->base (users, items, events), whose users get their
 * histories; model->tables are filled. valid: events that follow the same dictionary, or NULL. */
int tt_train(struct tt_model *model, const struct tt_train_options *options, const struct tt_events *valid,
             struct tt_pool *pool, const struct tt_train_hooks *hooks, struct tt_train_report *report,
             struct tt_err *err) TT_CHECKED;

#endif
