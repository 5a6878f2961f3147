/* A whole training: epochs of a session (trainer.h) with validation after each (validation.h), the best epoch kept, an
 * early end, and the warnings.
 *
 * Determinism: the model depends on examples, options and seed alone, on one kind of CPU; not on the pool.
 */
#ifndef TT_MODEL_TRAINING_H
#define TT_MODEL_TRAINING_H

#include "model/trainer.h"

/* One line of the log. Accuracies are -1 when not measured. */
struct tt_epoch {
    size_t epoch;        /* from 1 */
    double loss;         /* nats an event */
    double train_accuracy, valid_accuracy;
    double examples;     /* events seen in this epoch */
    int is_best;
};

typedef void tt_epoch_fn(void *arg, const struct tt_epoch *epoch);

/* What was chosen and found, for notes and lineage. */
struct tt_train_report {
    enum tt_loss loss;   /* the one used */
    enum tt_seen seen;
    size_t batch, queries, catalogue, best_epoch, epochs;
    size_t events, unliked; /* events used, and events left out because their label is 0 */
    double best_accuracy; /* valid; -1 without */
    int has_no_progress;  /* the last epoch's loss is not below the first one's */
    int has_collapsed;    /* the kept epoch's user vectors all point the same way: mean cosine above 0.99 */
};

/* The random starts, batches and steps of `options` over model->base (users, items, events), whose users get their
 * histories; model->tables are filled. valid: events that follow the same dictionary, or NULL. on_epoch may be NULL. */
int tt_train(struct tt_model *model, const struct tt_train_options *options, const struct tt_events *valid,
             struct tt_pool *pool, tt_epoch_fn *on_epoch, void *arg, struct tt_train_report *report,
             struct tt_err *err) TT_CHECKED;

#endif
