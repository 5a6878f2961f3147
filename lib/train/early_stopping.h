/* Early stopping: decides when a run of epochs ends, which epoch's model it keeps, and which number of epochs it
 * recommends to the final run.
 *
 *     tt_early_stopping_init(&stopping, &options, valid);
 *     while (!tt_early_stopping_is_over(&stopping)) {
 *         ... one more epoch, and its model evaluated ...
 *         tt_early_stopping_add(&stopping, value, model, &is_best, &err);
 *     }
 *     tt_early_stopping_recommend(&stopping, &recommended, &err);    with validation
 *     kept = tt_early_stopping_best(&stopping, model);               with validation
 *     tt_early_stopping_release(&stopping);
 *
 * The end. A run ends after the given number of epochs; before that, with validation and a patience of p, after p
 * epochs in a row none of which was better than the best one before them.
 *
 * The best epoch has the highest value on the validation events; it is the first of equal ones. A copy of its model is
 * kept. Without validation the last epoch counts as the best one, and there is no copy.
 *
 * The recommendation is for a final run that learns from all events and so has nothing to validate by (training.h). It
 * is the best epoch if that is better than the last one by more than TT_SURE standard errors of the difference, and
 * otherwise the last epoch: a curve that goes up and down by chance is no reason to end early.
 */
#ifndef TT_TRAIN_EARLY_STOPPING_H
#define TT_TRAIN_EARLY_STOPPING_H

#include "train/evaluator.h"
#include "train/parameters.h"

struct tt_stopping_options {
    size_t epochs;   /* at most so many */
    size_t patience; /* with validation: epochs without a better one before the end; 0: no early stopping */
};

struct tt_early_stopping {
    struct tt_stopping_options options;
    const struct tt_evaluator *valid;      /* borrowed: the last epoch's evaluation; NULL without validation */
    size_t epochs;                       /* done */
    size_t best_epoch;                   /* 0: none yet */
    double best_value;                   /* on the validation events; -1 without */
    struct tt_metric_share *best_shares; /* (valid->n) the queries' parts of it */
    struct tt_parameters best;           /* the best epoch's; empty without validation, or before an epoch */
};

/* valid: what evaluates each epoch, or NULL. On failure the struct is released. */
int tt_early_stopping_init(struct tt_early_stopping *stopping, const struct tt_stopping_options *options,
                           const struct tt_evaluator *valid, struct tt_err *err) TT_CHECKED;
void tt_early_stopping_release(struct tt_early_stopping *stopping); /* fine on a struct that is all zero */

/* One more epoch is done, and `value` is that of its model by `valid` (-1 without). *is_best: is it better than all
 * before it? Then the model is copied. */
int tt_early_stopping_add(struct tt_early_stopping *stopping, double value, const struct tt_model *model, int *is_best,
                          struct tt_err *err) TT_CHECKED;

int tt_early_stopping_is_over(const struct tt_early_stopping *stopping);

struct tt_recommendation {
    size_t epochs;
    double value;                         /* of that epoch, on the validation events */
    const struct tt_metric_share *shares; /* (valid->n) the queries' parts of it, borrowed from the run */
};
int tt_early_stopping_recommend(const struct tt_early_stopping *stopping, struct tt_recommendation *recommended,
                                struct tt_err *err) TT_CHECKED;

/* The model that the run keeps: a view of `model` with the best epoch's parameters; `model` itself where there is no
 * copy. */
struct tt_model tt_early_stopping_best(const struct tt_early_stopping *stopping, const struct tt_model *model);

/* Save or restore what changes. Epochs that the run does not have are an error. */
int tt_early_stopping_state(struct tt_early_stopping *stopping, const struct tt_model *model, struct tt_state *state,
                            struct tt_err *err) TT_CHECKED;

#endif
