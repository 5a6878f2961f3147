/* What is evaluated after each epoch of a session: a metric of a sample of the training queries, and of the validation
 * queries where there are any. early_stopping.h decides what follows from the values.
 *
 *     tt_validation_init(&v, &options, &trainer, events, &err);
 *     after each epoch: tt_validation_evaluate(&v, &trainer, model, &found, &err);
 *     in the end:       tt_validation_inspect(&v, &trainer, model, &signs, &err);
 *     tt_validation_release(&v);
 *
 * `model` is what is evaluated: the trainer's own, or a view of it with other parameters (parameters.h). Same results
 * for any pool.
 */
#ifndef TT_TRAIN_VALIDATION_H
#define TT_TRAIN_VALIDATION_H

#include "train/evaluator.h"
#include "train/trainer.h"

enum tt_seen_policy { TT_SEEN_AUTO, TT_SEEN_KEEP, TT_SEEN_REMOVE };

struct tt_validation_options {
    enum tt_metric metric;    /* what is logged, and what the best epoch is the best in */
    size_t k;                 /* of the first k */
    enum tt_seen_policy seen; /* rank a user's training items too, or leave them out; auto: rank them when some event
                                 repeats one */
};

struct tt_validation {
    struct tt_validation_options options;
    struct tt_queries queries;    /* of the validation events; none without */
    struct tt_evaluator train, valid;
    enum tt_seen_policy seen;     /* not auto with validation events */
};

/* The metric at k. valid is -1 without validation. */
struct tt_epoch_values {
    double train, valid;
};

/* Signs of a badly set run, seen on a sample of the training queries. */
struct tt_validation_signs {
    double cosine;                /* mean of two queries' vectors */
    double commonest_listed;      /* largest share of the lists of the first k with one and the same item ... */
    double commonest_positive;    /* ... and of the queries with one and the same positive */
    int has_collapsed;            /* the vectors are almost alike: cosine above 0.99 */
    int has_common_item;          /* one item is in more than half of the lists, and no positive is as common */
};

/* events: those to validate by, which follow the dictionary of the trainer's model, or NULL; borrowed for the call. */
int tt_validation_init(struct tt_validation *validation, const struct tt_validation_options *options,
                       const struct tt_trainer *trainer, const struct tt_events *events,
                       struct tt_err *err) TT_CHECKED;
void tt_validation_release(struct tt_validation *validation); /* fine on a struct that is all zero */

/* The softmax of the model's scores, before the first step. */
int tt_validation_softmax_peak(struct tt_validation *validation, const struct tt_trainer *trainer,
                               const struct tt_model *model, struct tt_softmax_peak *peak,
                               struct tt_err *err) TT_CHECKED;

/* Evaluate the model after an epoch. */
int tt_validation_evaluate(struct tt_validation *validation, const struct tt_trainer *trainer,
                           const struct tt_model *model, struct tt_epoch_values *found,
                           struct tt_err *err) TT_CHECKED;

/* Save or restore what was found of the last epoch. */
int tt_validation_state(struct tt_validation *validation, struct tt_state *state, struct tt_err *err) TT_CHECKED;

/* Look for signs of a badly set run in the model that is kept. */
int tt_validation_inspect(struct tt_validation *validation, const struct tt_trainer *trainer,
                          const struct tt_model *model, struct tt_validation_signs *signs,
                          struct tt_err *err) TT_CHECKED;

#endif
