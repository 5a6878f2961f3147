/* What is measured after an epoch: the Top-K accuracy of some queries over the full ranking of the catalogue, and how
 * alike the queries' vectors are.
 */
#ifndef TT_MODEL_MEASURE_H
#define TT_MODEL_MEASURE_H

#include "base/pool.h"
#include "model/catalogue.h"
#include "model/ranking.h"

struct tt_measure {
    size_t n;                    /* chosen queries */
    uint32_t *chosen, *users;    /* (n) */
    struct tt_tower_input input; /* over the chosen queries */
    struct tt_bags *contexts;    /* (n_columns) chosen rows of the queries' contexts */
    size_t n_columns;
    uint32_t *starts, *item;     /* (n + 1), (starts[n]) wanted, as places of the catalogue */
    float *weight;               /* (starts[n]) */
    double total;                /* weight of all that is wanted, in the catalogue or not */
    uint64_t *seen_starts;       /* (n + 1), or NULL */
    uint32_t *seen;
    uint32_t *ranks;
    float *u;                    /* (n, dim) */
};

/* Choose up to `most` of the queries, evenly. seen: users' bags whose items are left out of the ranking, or NULL.
 * Borrows the users' bags of the model, and nothing of the other arguments. */
int tt_measure_init(struct tt_measure *measure, const struct tt_model *model, const struct tt_queries *queries,
                    const struct tt_catalogue *catalogue, const struct tt_bags *seen, size_t most,
                    struct tt_err *err) TT_CHECKED;
void tt_measure_release(struct tt_measure *measure); /* fine on a struct that is all zero */

/* The share of the wanted weight that ranks among the first k of the catalogue, whose vectors are v (n_items, dim). An
 * item outside of the catalogue, or of the dictionary, is a miss. */
int tt_measure_accuracy(struct tt_measure *measure, const struct tt_model *model, size_t n_items, const float *v,
                        size_t k, struct tt_pool *pool, double *accuracy, struct tt_err *err) TT_CHECKED;

/* The mean cosine of two different queries, of the vectors at the last measuring; 0 for fewer than two queries. */
double tt_measure_cosine(const struct tt_measure *measure, size_t dim);

#endif
