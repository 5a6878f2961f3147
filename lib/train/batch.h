/* A tower over the rows of one training step: the forward pass from their features (embedding_bag.h) to vectors, and
 * the backward pass to the gradients of the tables' rows and of the layers.
 *
 * Shapes: R rows, D dimensions. Forward: x (R,D) is the sum of the features' bags, in deep towers with the output of
 * the layers (dense.h), and u (R,D) = x / |x|. Backward, where d_e is d_x for each feature of a plain tower, and comes
 * through the layers in a deep one:
 *     d_x = (d_u - u (u . d_u)) / |x|,      d_E[code] as in embedding_bag.h, of d_e
 */
#ifndef TT_TRAIN_BATCH_H
#define TT_TRAIN_BATCH_H

#include "train/stale.h"

struct tt_batch_column {
    struct tt_embedding_bag bag; /* of a column of the input */
    size_t place;                /* deep towers: where in z_0 the feature begins */
};

struct tt_batch {
    const struct tt_model *model;
    const struct tt_tower_input *input;
    struct tt_stale *stale;      /* borrowed: replaces the bag of its column; NULL: no column is stale. Set between init
                                    and the first gather */
    size_t n_rows;               /* of the present step, */
    const uint32_t *rows;        /* and which these are: borrowed from the gather on */
    struct tt_batch_column *columns; /* (schema.n_columns) */
    float *length;               /* (max_rows of init) |x| */
    struct tt_dense_rows dense;  /* deep towers: intermediate results of max_rows rows */
    float *gradient;             /* deep towers: (dense.n_params) of the layers, by the last backward pass */
    struct tt_embedding_bag_scratch scratch;
};

int tt_batch_init(struct tt_batch *batch, const struct tt_model *model, const struct tt_tower_input *input,
                  size_t max_rows, struct tt_err *err) TT_CHECKED;
void tt_batch_release(struct tt_batch *batch);

/* Gather the features of the input's rows `rows`, n <= max_rows of them, which must stay unchanged until the backward
 * pass. mask NULL: nothing is left out of histories. */
int tt_batch_gather(struct tt_batch *batch, struct tt_pool *pool, const uint32_t *rows, size_t n,
                    const struct tt_history_mask *mask, struct tt_err *err) TT_CHECKED;

/* Call fn once for each table row that the gathered rows read, from any thread, for different rows at once. */
void tt_batch_each_row(struct tt_batch *batch, struct tt_pool *pool, tt_row_fn *fn, void *arg);

/* Compute u (n_rows, dim) of the gathered rows. */
void tt_batch_forward(struct tt_batch *batch, struct tt_pool *pool, float *u);

/* From u and d_u, which is overwritten by d_x, compute the gradients of the tables' rows, with which `apply` is called,
 * and batch->gradient. Once after each forward pass, whose intermediate results it uses up. prefetch and the result are
 * as in tt_embedding_bag_backward; layers and stale sums do not count in the result. */
double tt_batch_backward(struct tt_batch *batch, struct tt_pool *pool, const float *u, float *d_u,
                         tt_gradient_fn *apply, tt_prefetch_fn *prefetch, void *arg);

#endif
