/* One training step's rows of a tower: their features looked up (lookup.h) and summed, the forward pass, and the
 * backward pass down to the tables' rows.
 *
 * Shapes: R rows, D dimensions. Forward: x (R,D) is the sum of the lookups, of deep towers with what the layers add
 * (dense.h), and u (R,D) = x / |x|. Backward, where d_e of a plain tower's features are all d_x, and those of a deep
 * one's come through the layers:
 *     d_x = (d_u - u (u . d_u)) / |x|,      d_E[code] as in lookup.h, of d_e
 */
#ifndef TT_TRAIN_BATCH_H
#define TT_TRAIN_BATCH_H

#include "train/stale.h"

struct tt_batch_column {
    struct tt_lookup lookup;     /* columns of the input */
    size_t place;                /* deep towers: where in z_0 the feature begins */
};

struct tt_batch {
    const struct tt_model *model;
    const struct tt_tower_input *input;
    struct tt_stale *stale;      /* borrowed: stands for the lookup of its column; NULL: all columns are looked up. Set
                                    between init and the first gather */
    size_t max_rows, n_rows;     /* n_rows of the present step, */
    const uint32_t *rows;        /* and which these are: borrowed from the gather on */
    struct tt_batch_column *columns; /* (schema.n_columns) */
    float *length;               /* (max_rows) |x| */
    struct tt_dense_rows dense;  /* deep towers: what their layers keep of max_rows rows */
    float *gradient;             /* deep towers: (dense.n_params) what the last backward pass found for the layers */
    struct tt_lookup_scratch scratch;
};

int tt_batch_init(struct tt_batch *batch, const struct tt_model *model, const struct tt_tower_input *input,
                  size_t max_rows, struct tt_err *err) TT_CHECKED;
void tt_batch_release(struct tt_batch *batch);

/* Take the input's rows `rows` (n of them, n <= max_rows), which stay as they are until the backward pass. drop NULL:
 * nothing is left out. */
int tt_batch_gather(struct tt_batch *batch, struct tt_pool *pool, const uint32_t *rows, size_t n,
                    const struct tt_drop *drop, struct tt_err *err) TT_CHECKED;

/* Call fn for each row of a table that the gathered rows read, once, from any thread, for different rows at once. */
void tt_batch_each_row(struct tt_batch *batch, struct tt_pool *pool, tt_row_fn *fn, void *arg);

/* u (n_rows, dim) of the gathered rows. */
void tt_batch_forward(struct tt_batch *batch, struct tt_pool *pool, float *u);

/* From u and d_u, which is overwritten by d_x, to the rows' gradients, which `take` gets, and to batch->gradient. Once
 * after each forward pass, whose intermediate results it takes. ahead, and what is returned: as in tt_lookup_back;
 * layers and stale sums are not in it. */
double tt_batch_backward(struct tt_batch *batch, struct tt_pool *pool, const float *u, float *d_u,
                         tt_gradient_fn *take, tt_ahead_fn *ahead, void *arg);

#endif
