/* Chooses what the options leave open about training steps: the candidates, the batch size, the number of negatives.
 *
 * The candidates are chosen by what an epoch costs. With D dimensions, R rows an epoch (queries, or pairs of a query
 * and a positive) and S candidates a step, the products take 6 D R S floating-point operations: each pair of row and
 * candidate has one inner product and a part in two sums, each a multiplication and an addition a dimension. S is the
 * catalogue for `all`, and for `mixed` the positives and the sampled negatives of a step of the chosen size.
 *
 *     auto: all, when that is at most 4e12, half a minute of two processors, or at most 4 times what mixed takes
 *
 * A step with all items improves the model as much as several steps with a sample, hence the 4: plan.c has the
 * measurements. Otherwise mixed, because sampled negatives alone have the popular items too seldom, and in a batch
 * alone a rare item has a large weight 1 / p in the few steps that have it.
 *
 * Where items have histories, and summing them up would take a step more than a quarter of the time of its products,
 * the sums are renewed for the whole catalogue once in `renewal` steps (stale.h). Renewals are so rare that they take
 * that share or less, but happen at least in every fourth step and 32 times an epoch.
 */
#ifndef TT_TRAIN_PLAN_H
#define TT_TRAIN_PLAN_H

#include "train/steps.h"

enum tt_batch_of { TT_BATCH_OF_QUERIES, TT_BATCH_OF_EVENTS };

/* What the caller sets; 0 or auto: to be chosen. */
struct tt_plan_options {
    enum tt_candidates candidates;
    enum tt_batch_of batch_of;
    size_t batch_size; /* queries or events a step */
    size_t negatives;  /* sampled a step, with candidates sampled or mixed */
    size_t max_memory; /* bytes for the scores of a step; a batch is made smaller, down to 64, to fit */
};

/* Sizes of the data and of the model. */
struct tt_plan_data {
    size_t queries, entries, items; /* queries that have positives, pairs of these, the catalogue */
    size_t visitors;                /* entries of the items' histories; 0: they have none */
    size_t dim;                     /* of the vectors */
};

struct tt_plan {
    struct tt_steps_options steps;
    double mean_candidates;         /* shared by all rows of a step, on average, or somewhat fewer */
    size_t renewal;                 /* steps from one renewal of the items' histories to the next; 1: none is stale */
    double flop_all, flop_mixed;    /* floating-point operations of an epoch with candidates all, and mixed */
};

struct tt_plan tt_plan_make(const struct tt_plan_options *options, const struct tt_plan_data *data);

#endif
