/* What is measured after each epoch of a session, and the best epoch's tables.
 *
 *     tt_validation_init(&v, &trainer, events, &err);
 *     after each epoch: tt_validation_measure(&v, &trainer, epoch, &found, &err);
 *     tt_validation_restore(&v, &trainer);
 *     tt_validation_release(&v);
 *
 * Without validation events the last epoch counts as the best one. Same results for any pool.
 */
#ifndef TT_MODEL_VALIDATION_H
#define TT_MODEL_VALIDATION_H

#include "model/measure.h"
#include "model/trainer.h"

struct tt_validation {
    struct tt_queries queries;    /* of the validation events; none without */
    struct tt_measure train, valid;
    enum tt_seen seen;            /* not auto with validation events */
    size_t best_epoch;            /* 0: none yet */
    double best_accuracy;         /* valid; -1 without */
    int has_collapsed;            /* the best epoch's user vectors all point the same way: mean cosine above 0.99 */
    float **best;                 /* (n_columns) the best epoch's tables; NULL without validation, or before an epoch */
    size_t n_columns;
};

/* Accuracies are -1 when not measured. */
struct tt_epoch_measures {
    double train_accuracy, valid_accuracy;
    int is_best;                  /* so far */
};

/* events: those to validate by, which follow the dictionary of the trainer's model, or NULL; borrowed for the call. */
int tt_validation_init(struct tt_validation *validation, const struct tt_trainer *trainer,
                       const struct tt_events *events, struct tt_err *err) TT_CHECKED;
void tt_validation_release(struct tt_validation *validation); /* fine on a struct that is all zero */

/* Measure the trainer's model as it stands after `epoch`, from 1; keep it when it is better than all before. */
int tt_validation_measure(struct tt_validation *validation, struct tt_trainer *trainer, size_t epoch,
                          struct tt_epoch_measures *found, struct tt_err *err) TT_CHECKED;

/* What changes: the best epoch, its tables and what was found of it. */
int tt_validation_state(struct tt_validation *validation, const struct tt_model *model, struct tt_state *state,
                        struct tt_err *err) TT_CHECKED;

/* Give the model the best epoch's tables. */
void tt_validation_restore(const struct tt_validation *validation, struct tt_trainer *trainer);

#endif
