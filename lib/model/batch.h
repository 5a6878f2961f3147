/* One training step's rows of a tower: their bags gathered (histories with a part dropped), the forward pass, and the
 * backward pass down to the tables' rows.
 *
 * Shapes: R rows, D dimensions. Forward: x (R,D) is the sum of the bags, u (R,D) = x / |x|. Backward: from d_u (R,D)
 *     d_x = (d_u - u (u . d_u)) / |x|,      d_E[code] = sum over the rows r with the code, in rising r, of w d_x[r]
 * A code's gradient is summed in one place, so the order of additions, and with it every bit, does not depend on how
 * many threads there are. A bag without entries stands for the unknown code.
 */
#ifndef TT_MODEL_BATCH_H
#define TT_MODEL_BATCH_H

#include "model/model.h"

/* The entries of one column: by row, and grouped by code. */
struct tt_batch_column {
    size_t n;                    /* entries */
    uint32_t *codes, *rows;      /* (n) in row order */
    float *weights;              /* (n) */
    uint64_t *row_starts;        /* (max_rows + 1) */
    uint32_t *order, *other;     /* (n) entries sorted by code, stable; and scratch for the sorting */
    uint32_t *groups;            /* (n_groups + 1): where in `order` each distinct code begins */
    size_t n_groups;
    size_t cap_codes, cap_rows, cap_weights, cap_order, cap_other, cap_groups;
};

struct tt_batch {
    const struct tt_model *model;
    const struct tt_tower_input *input;
    size_t max_rows, n_rows;     /* n_rows of the present step */
    struct tt_batch_column *columns; /* (schema.n_columns) */
    float *x_length;             /* (max_rows) |x| */
    uint32_t *digits;            /* (65536) counters for the sorting */
};

int tt_batch_init(struct tt_batch *batch, const struct tt_model *model, const struct tt_tower_input *input,
                  size_t max_rows, struct tt_err *err) TT_CHECKED;
void tt_batch_release(struct tt_batch *batch);

/* Which part of the histories is left out in this step: each entry with probability `share`, by its place in the stream
 * (seed, TT_RNG_DROP, epoch and input row). */
struct tt_drop {
    double share;
    uint64_t seed, epoch;
};

/* Take the input's rows `rows` (n of them, n <= max_rows). drop NULL: nothing is left out. */
int tt_batch_gather(struct tt_batch *batch, const uint32_t *rows, size_t n, const struct tt_drop *drop,
                    struct tt_err *err) TT_CHECKED;

/* u (n_rows, dim) of the gathered rows. */
void tt_batch_forward(struct tt_batch *batch, struct tt_pool *pool, float *u);

/* What takes the gradient (dim) of one table row, d_E[row] of the column: called once for each row that the step
 * touches, from any thread, for different rows at once. */
typedef void tt_gradient_fn(void *arg, size_t column, size_t row, const float *gradient);

/* From u and d_u, which is overwritten by d_x, to the rows' gradients. */
void tt_batch_backward(struct tt_batch *batch, struct tt_pool *pool, const float *u, float *d_u, tt_gradient_fn *take,
                       void *arg);

#endif
