/* Items' histories, looked up for the whole catalogue once in several steps.
 *
 * An item's history is everybody who has been there, so the histories of all items are all events, and to add them up
 * in every step takes longer than the step. Between two renewals their sums stay as they are: "stale", or historical,
 * embeddings (Chen, Zhu & Song 2018, "Stochastic Training of Graph Convolutional Networks with Variance Reduction",
 * section 4.1; Fey et al. 2021, "GNNAutoScale", section 2). The gradients by them are added up meanwhile, and a renewal
 * moves the table once by what has come together, as far as so many steps would (tt_adam_stretch). All else moves in
 * every step as before. How many steps lie between two renewals is chosen in plan.h; with one, the sums are never
 * stale.
 *
 *     tt_stale_init, then in each step
 *         tt_stale_refresh                     looks the sums up, when the table has moved
 *         tt_stale_add, tt_stale_collect       of the step's rows, by batch.h
 *         tt_stale_move                        at a renewal; and at the end of an epoch
 *
 * Shapes: n items of the catalogue, D dimensions. Which of them a step has does not matter.
 */
#ifndef TT_TRAIN_STALE_H
#define TT_TRAIN_STALE_H

#include "train/catalogue.h"
#include "train/lookup.h"

struct tt_stale {
    const struct tt_catalogue *catalogue; /* borrowed */
    struct tt_lookup lookup; /* of the catalogue's rows, gathered for good */
    float *sums;             /* (n, D) as they were at the last refresh */
    float *gradient;         /* (n, D) by the sums, of all steps since the table last moved */
    size_t steps;            /* how many these are */
    int is_fresh;            /* 0: the table has moved since, or was never looked up */
};

/* The column's bags of the catalogue's items, which are rows of the input. */
int tt_stale_init(struct tt_stale *stale, const struct tt_model *model, const struct tt_tower_input *input,
                  size_t column, const struct tt_catalogue *catalogue, struct tt_pool *pool,
                  struct tt_err *err) TT_CHECKED;
void tt_stale_release(struct tt_stale *stale); /* fine on a struct that is all zero */

/* Look the sums up again, unless the table is as it was. */
void tt_stale_refresh(struct tt_stale *stale, struct tt_pool *pool);

/* The items rows[i] of the catalogue, i < n, at sums + i stride, D floats each: += their sums. */
void tt_stale_add(const struct tt_stale *stale, const uint32_t *rows, size_t n, float *sums, size_t stride);

/* The other way, once a step: the gradient by the sums of all its rows, at d + i stride, is kept. Rows differ. */
void tt_stale_collect(struct tt_stale *stale, struct tt_pool *pool, const uint32_t *rows, size_t n, const float *d,
                      size_t stride);

/* Hand over the gradient of each row of the table that the catalogue reads, as tt_lookup_back does, and begin anew.
 * Nothing, and 0, when no step has passed. */
double tt_stale_move(struct tt_stale *stale, struct tt_pool *pool, tt_gradient_fn *take, tt_ahead_fn *ahead, void *arg);

/* What changes: the gradient and its steps. The sums follow from the table. */
int tt_stale_state(struct tt_stale *stale, struct tt_state *state, struct tt_err *err) TT_CHECKED;

#endif
