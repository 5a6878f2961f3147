/* Evaluates a model on a sample of queries: a metric over the full ranking of the catalogue, and signs of trouble, such
 * as one item in everybody's list.
 *
 *     tt_evaluator_init(&e, model, queries, catalogue, seen, most, &err);
 *     tt_evaluator_metric(&e, model, n_items, v, metric, k, pool, &value, &err);       embeds the queries into e.u
 *     tt_evaluator_commonest, _cosine, _softmax_peak                                   look at e.u as it is
 *     tt_evaluator_release(&e);
 *
 * v (n_items, dim) are the vectors of the catalogue by the same model. Same bits for any pool.
 */
#ifndef TT_TRAIN_EVALUATOR_H
#define TT_TRAIN_EVALUATOR_H

#include "base/pool.h"
#include "math/metrics.h"
#include "train/queries.h"
#include "train/ranking.h"

struct tt_evaluator {
    size_t n;                       /* queries of the sample */
    uint32_t *chosen, *users;       /* (n) */
    struct tt_tower_input input;    /* over the sample */
    struct tt_bags *contexts;       /* (n_columns) the sample's rows of the queries' contexts */
    size_t n_columns;
    uint32_t *starts, *targets;     /* (n + 1), (starts[n]) the queries' targets, as places of the catalogue */
    float *weights;                 /* (starts[n]) of the targets */
    double *total_weights;          /* (n) of all targets, in the catalogue or not */
    uint32_t *n_targets;            /* (n) distinct targets; each event of an unknown item is one of its own */
    double total;                   /* the sum of total_weights */
    uint64_t *seen_starts;          /* (n + 1), or NULL */
    uint32_t *seen;
    uint32_t *ranks;
    struct tt_hit *hits;            /* room for the largest query's */
    struct tt_metric_share *shares; /* (n) each query's part of the last value */
    float *u;                       /* (n, dim) the queries' vectors */
};

/* A sample of up to `most` of the queries, evenly chosen. seen: users' bags whose items are left out of the ranking, or
 * NULL; a target that is left out is a miss. Borrows the users' bags of the model, and nothing of the other
 * arguments. */
int tt_evaluator_init(struct tt_evaluator *evaluator, const struct tt_model *model, const struct tt_queries *queries,
                      const struct tt_catalogue *catalogue, const struct tt_bags *seen, size_t most,
                      struct tt_err *err) TT_CHECKED;
void tt_evaluator_release(struct tt_evaluator *evaluator); /* fine on a struct that is all zero */

/* The metric's mean at k over the queries that have targets. A target outside of the catalogue, or of the dictionary,
 * is a miss. 0 when there is no target. Weights count for top_k_accuracy alone. */
int tt_evaluator_metric(struct tt_evaluator *evaluator, const struct tt_model *model, size_t n_items, const float *v,
                        enum tt_metric metric, size_t k, struct tt_pool *pool, double *value,
                        struct tt_err *err) TT_CHECKED;

/* How much one value is above another one of the same sample, whose shares are `now` and `before` (n); *error is
 * the standard error of that difference, users being drawn, each with all of their queries (as in bootstrap.h, by
 * the variance of the linearised ratio: Cochran 1977, "Sampling techniques", section 6.4). Infinite for fewer than
 * two users. */
int tt_evaluator_gain(const struct tt_evaluator *evaluator, const struct tt_metric_share *now,
                      const struct tt_metric_share *before, double *gain, double *error,
                      struct tt_err *err) TT_CHECKED;

/* A gain counts only when it is above this many standard errors. With one, chance alone would find something among
 * twenty that are tried. */
enum { TT_SURE = 2 };

/* The largest share of the queries' lists of the first k that hold one and the same item; nothing is left out. */
int tt_evaluator_commonest(const struct tt_evaluator *evaluator, size_t dim, size_t n_items, const float *v, size_t k,
                           struct tt_pool *pool, double *share, struct tt_err *err) TT_CHECKED;

/* The mean cosine of two different queries; 0 for fewer than two queries. */
double tt_evaluator_cosine(const struct tt_evaluator *evaluator, size_t dim);

/* The softmax of the scores over a temperature, over the whole catalogue. */
struct tt_softmax_peak {
    double share; /* of the softmax over the negatives of a query, the largest one of a single item */
    double loss;  /* as in softmax.h, with the negative weight and without a temperature of the positives */
};

/* Means over up to `most` of the queries that have targets. */
int tt_evaluator_softmax_peak(const struct tt_evaluator *evaluator, size_t dim, size_t n_items, const float *v,
                              double temperature, double negative_weight, size_t most, struct tt_pool *pool,
                              struct tt_softmax_peak *peak, struct tt_err *err) TT_CHECKED;

#endif
