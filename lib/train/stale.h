/* Sums of the items' histories that several steps reuse.
 *
 * An item's history is its visitors, so the histories of all items have an entry for each event, and to sum them up in
 * every step takes longer than the rest of the step. Between two renewals their sums stay as they are: "stale", or
 * historical, embeddings (Chen, Zhu & Song 2018, "Stochastic Training of Graph Convolutional Networks with Variance
 * Reduction", section 4.1; Fey et al. 2021, "GNNAutoScale", section 2). Meanwhile the gradients by these sums are
 * accumulated, and a renewal updates the table once by the accumulated gradients, as far as that number of steps would
 * (tt_adam_stretch). All other tables are updated in every step as usual. plan.h chooses how many steps lie between two
 * renewals; with one, the sums are never stale.
 *
 *     tt_stale_init, then in each step
 *         tt_stale_refresh                       computes the sums, when the table was updated
 *         tt_stale_forward, tt_stale_accumulate  for the step's rows, by batch.h
 *         tt_stale_backward                      at a renewal; and at the end of an epoch
 *
 * Shapes: n items of the catalogue, D dimensions. A step may have any of them.
 */
#ifndef TT_TRAIN_STALE_H
#define TT_TRAIN_STALE_H

#include "train/embedding_bag.h"
#include "train/queries.h"
#include "train/state.h"

struct tt_stale {
    const struct tt_catalogue *catalogue; /* borrowed */
    struct tt_embedding_bag bag; /* of the catalogue's rows, gathered once */
    float *sums;             /* (n, D) as they were at the last refresh */
    float *gradient;         /* (n, D) by the sums, of all steps since the table last moved */
    size_t steps;            /* the number of these steps */
    int is_fresh;            /* 0: the table was updated since, or the sums were never computed */
};

/* The column's bags of the catalogue's items, which are rows of the input. */
int tt_stale_init(struct tt_stale *stale, const struct tt_model *model, const struct tt_tower_input *input,
                  size_t column, const struct tt_catalogue *catalogue, struct tt_pool *pool,
                  struct tt_err *err) TT_CHECKED;
void tt_stale_release(struct tt_stale *stale); /* fine on a struct that is all zero */

/* Compute the sums anew, unless the table is unchanged. */
void tt_stale_refresh(struct tt_stale *stale, struct tt_pool *pool);

/* Add the sum of item rows[i] of the catalogue to sums + i stride, D floats, for i < n. */
void tt_stale_forward(const struct tt_stale *stale, const uint32_t *rows, size_t n, float *sums, size_t stride);

/* Once a step: accumulate the gradients by the sums of all its rows, at d + i stride. The rows are distinct. */
void tt_stale_accumulate(struct tt_stale *stale, struct tt_pool *pool, const uint32_t *rows, size_t n, const float *d,
                         size_t stride);

/* Call `apply` with the accumulated gradient of each table row that the catalogue reads, as tt_embedding_bag_backward
 * does, and start from 0 again. Does nothing, and returns 0, when no step has passed. */
double tt_stale_backward(struct tt_stale *stale, struct tt_pool *pool, tt_gradient_fn *apply, tt_prefetch_fn *prefetch,
                         void *arg);

/* Save or restore the gradient and its steps. The sums follow from the table. */
int tt_stale_state(struct tt_stale *stale, struct tt_state *state, struct tt_err *err) TT_CHECKED;

#endif
