/* What is measured after an epoch: a metric of some queries over the full ranking of the catalogue, and whether the
 * queries all get the same: how alike their vectors are, and in how many of their lists one item stands.
 */
#ifndef TT_TRAIN_MEASURE_H
#define TT_TRAIN_MEASURE_H

#include "base/pool.h"
#include "math/metrics.h"
#include "train/catalogue.h"
#include "train/ranking.h"

struct tt_measure {
    size_t n;                    /* chosen queries */
    uint32_t *chosen, *users;    /* (n) */
    struct tt_tower_input input; /* over the chosen queries */
    struct tt_bags *contexts;    /* (n_columns) chosen rows of the queries' contexts */
    size_t n_columns;
    uint32_t *starts, *item;     /* (n + 1), (starts[n]) wanted, as places of the catalogue */
    float *weight;               /* (starts[n]) */
    double *events;              /* (n) weight of all that is wanted, in the catalogue or not */
    uint32_t *n_wanted;          /* (n) distinct items wanted; each event of an unknown item is one of its own */
    double total;                /* the sum of `events` */
    uint64_t *seen_starts;       /* (n + 1), or NULL */
    uint32_t *seen;
    uint32_t *ranks;
    struct tt_hit *hits;         /* room for the largest query's */
    struct tt_metric_share *shares; /* (n) each query's part of the last value */
    float *u;                    /* (n, dim) */
};

/* Choose up to `most` of the queries, evenly. seen: users' bags whose items are left out of the ranking, or NULL;
 * such an item that is wanted all the same is a miss. Borrows the users' bags of the model, and nothing of the other
 * arguments. */
int tt_measure_init(struct tt_measure *measure, const struct tt_model *model, const struct tt_queries *queries,
                    const struct tt_catalogue *catalogue, const struct tt_bags *seen, size_t most,
                    struct tt_err *err) TT_CHECKED;
void tt_measure_release(struct tt_measure *measure); /* fine on a struct that is all zero */

/* The metric's mean at k, over the queries that want something, of their rankings of the catalogue, whose vectors are v
 * (n_items, dim). An item outside of the catalogue, or of the dictionary, is a miss. 0 when nothing is wanted. Weights
 * count for top_k_accuracy alone. Same bits for any pool. */
int tt_measure_value(struct tt_measure *measure, const struct tt_model *model, size_t n_items, const float *v,
                     enum tt_metric metric, size_t k, struct tt_pool *pool, double *value,
                     struct tt_err *err) TT_CHECKED;

/* How much one value is above another one of the same queries, whose shares are `now` and `before` (n); *error is
 * the standard error of that difference, users being drawn, each with all of their queries (as in bootstrap.h, by
 * the variance of the linearised ratio: Cochran 1977, "Sampling techniques", section 6.4). Infinite for fewer than
 * two users. */
int tt_measure_gain(const struct tt_measure *measure, const struct tt_metric_share *now,
                    const struct tt_metric_share *before, double *gain, double *error, struct tt_err *err) TT_CHECKED;

/* A gain counts only when it is above this many standard errors. With one, chance alone would find something among
 * twenty that are tried. */
enum { TT_SURE = 2 };

/* The largest share of the queries' lists of the first k that hold one and the same item; of the vectors at the last
 * measuring, nothing left out. */
int tt_measure_commonest(const struct tt_measure *measure, size_t dim, size_t n_items, const float *v, size_t k,
                         struct tt_pool *pool, double *share, struct tt_err *err) TT_CHECKED;

/* What the softmax of the scores over a temperature looks like. */
struct tt_focus {
    double share; /* the largest one, over the items that a query does not want, that one item has alone */
    double loss;  /* of the wanted items (softmax.h), with c */
};

/* Means over up to `most` of the queries that want something, of the vectors that stand in measure->u. Same bits for
 * any pool. */
int tt_measure_focus(const struct tt_measure *measure, size_t dim, size_t n_items, const float *v, double temperature,
                     double c, size_t most, struct tt_pool *pool, struct tt_focus *focus,
                     struct tt_err *err) TT_CHECKED;

/* The mean cosine of two different queries, of the vectors at the last measuring; 0 for fewer than two queries. */
double tt_measure_cosine(const struct tt_measure *measure, size_t dim);

#endif
