/* What is measured after each epoch of a session, and the best epoch's tables.
 *
 *     tt_validation_init(&v, &trainer, events, &err);
 *     after each epoch: tt_validation_measure(&v, &trainer, epoch, &found, &err);
 *     tt_validation_restore(&v, &trainer);
 *     tt_validation_inspect(&v, &trainer, &signs, &err);
 *     tt_validation_release(&v);
 *
 * Without validation events the last epoch counts as the best one. Same results for any pool.
 */
#ifndef TT_TRAIN_VALIDATION_H
#define TT_TRAIN_VALIDATION_H

#include "train/measure.h"
#include "train/trainer.h"

struct tt_validation {
    struct tt_queries queries;    /* of the validation events; none without */
    struct tt_measure train, valid;
    enum tt_seen seen;            /* not auto with validation events */
    size_t best_epoch;            /* 0: none yet */
    double best_value;            /* valid; -1 without */
    struct tt_metric_share *best_shares; /* (valid.n) the queries' parts of it */
    float **best;                 /* (n_columns) the best epoch's tables; NULL without validation, or before an epoch */
    float *best_layers[2];        /* by side: its layers' numbers, likewise */
    size_t n_columns;
};

/* The options' metric at k. valid is -1 without validation. */
struct tt_epoch_values {
    double train, valid;
    int is_best;                  /* so far; the last epoch without validation */
};

/* Signs of a badly set run, seen on a sample of the training queries. */
struct tt_validation_signs {
    double cosine;                /* mean of two queries' vectors */
    double commonest;             /* largest share of the lists of the first k with one and the same item ... */
    double wanted;                /* ... and of the queries that want one and the same */
    int has_collapsed;            /* the vectors are almost alike: cosine above 0.99 */
    int has_common_item;          /* one item is in more than half of the lists, and none is wanted by nearly as many */
};

/* events: those to validate by, which follow the dictionary of the trainer's model, or NULL; borrowed for the call. */
int tt_validation_init(struct tt_validation *validation, const struct tt_trainer *trainer,
                       const struct tt_events *events, struct tt_err *err) TT_CHECKED;
void tt_validation_release(struct tt_validation *validation); /* fine on a struct that is all zero */

/* The trainer's softmax as it stands, before the first step. */
int tt_validation_focus(struct tt_validation *validation, struct tt_trainer *trainer, struct tt_focus *focus,
                        struct tt_err *err) TT_CHECKED;

/* Measure the trainer's model as it stands after `epoch`, from 1; keep it when it is better than all before. */
int tt_validation_measure(struct tt_validation *validation, struct tt_trainer *trainer, size_t epoch,
                          struct tt_epoch_values *found, struct tt_err *err) TT_CHECKED;

/* What changes: the best epoch, its tables and what was found of it and of the last one. */
int tt_validation_state(struct tt_validation *validation, const struct tt_model *model, struct tt_state *state,
                        struct tt_err *err) TT_CHECKED;

/* What is better must be so by this many standard errors of the difference: with one, chance alone would find something
 * among twenty that are tried. */
enum { TT_SURE = 2 };

/* Which number of epochs is to be recommended, the value that it had, and the queries' shares of it: that of the
 * best epoch when it is above the last one's by more than the standard error of their difference, else the last
 * one's. A curve that stays level, up and down by chance, says nothing against the whole way of the learning rate.
 * There are validation events. */
struct tt_choice {
    size_t epoch;
    double value;
    const struct tt_metric_share *shares; /* (valid.n) a view of the validation's */
};
int tt_validation_choose(const struct tt_validation *validation, size_t last_epoch, struct tt_choice *choice,
                         struct tt_err *err) TT_CHECKED;

/* Give the model the best epoch's tables. */
void tt_validation_restore(const struct tt_validation *validation, struct tt_trainer *trainer);

/* Look at the trainer's model as it stands. */
int tt_validation_inspect(struct tt_validation *validation, struct tt_trainer *trainer,
                          struct tt_validation_signs *signs, struct tt_err *err) TT_CHECKED;

#endif
