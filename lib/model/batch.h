/* One training step's rows of a tower: their bags gathered (histories with a part dropped), the forward pass, and the
 * backward pass down to the tables' rows.
 *
 * Shapes: R rows, D dimensions. Forward: x (R,D) is the sum of the bags, of deep towers with what the layers add
 * (dense.h), and u (R,D) = x / |x|. Backward, where d_e of a plain tower's features are all d_x, and those of a deep
 * one's come through the layers:
 *     d_x = (d_u - u (u . d_u)) / |x|,      d_E[code] = sum over the rows r with the code, in rising r, of w d_e[r]
 * A code's gradient is summed in one place, so the order of additions, and with it every bit, does not depend on how
 * many threads there are. A bag without entries stands for the unknown code.
 */
#ifndef TT_MODEL_BATCH_H
#define TT_MODEL_BATCH_H

#include "model/model.h"

/* The entries of one column: by row, and by code. */
struct tt_batch_column {
    uint64_t *starts;            /* (n_rows) where each row's entries begin; there may be room behind them */
    uint32_t *counts;            /* (n_rows) how many entries each row has, at least one */
    uint32_t *codes;
    float *weights;              /* not is_weighted: all 1 */
    size_t n;                    /* entries by code */
    uint32_t *rows;              /* (n) whose entry it is: codes rising, and of a code the rows */
    float *row_weights;          /* (n) */
    uint32_t *groups;            /* (n_groups + 1) where each distinct code begins */
    uint32_t *group_codes;       /* (n_groups) */
    size_t n_groups;
    int is_weighted;
    size_t place;                /* deep towers: where in z_0 the feature begins */
    size_t cap_codes, cap_weights, cap_rows, cap_row_weights, cap_groups, cap_group_codes;
};

struct tt_batch_entry; /* scratch for the sorting */

struct tt_batch {
    const struct tt_model *model;
    const struct tt_tower_input *input;
    size_t max_rows, n_rows;     /* n_rows of the present step */
    struct tt_batch_column *columns; /* (schema.n_columns) */
    float *length;               /* (max_rows) |x| */
    struct tt_dense_rows dense;  /* deep towers: what their layers keep of max_rows rows */
    float *gradient;             /* deep towers: (dense.n_params) what the last backward pass found for the layers */
    struct tt_batch_entry *entries[2];
    uint32_t *digits;
    size_t cap_entries[2], cap_digits;
};

int tt_batch_init(struct tt_batch *batch, const struct tt_model *model, const struct tt_tower_input *input,
                  size_t max_rows, struct tt_err *err) TT_CHECKED;
void tt_batch_release(struct tt_batch *batch);

/* Which part of the histories is left out in this step: each entry with probability `share`, by its place in the stream
 * (seed, TT_RNG_DROP, epoch and input row); and before that, if times are given, what was not yet there at a row's
 * moment. */
struct tt_drop {
    double share;
    uint64_t seed, epoch;
    const uint32_t *times;   /* (entries of the history's bags) since when each entry is there; NULL: always */
    const uint32_t *moments; /* (n) of the gathered rows: entries with an equal or later time are left out */
};

/* Take the input's rows `rows` (n of them, n <= max_rows). drop NULL: nothing is left out. */
int tt_batch_gather(struct tt_batch *batch, struct tt_pool *pool, const uint32_t *rows, size_t n,
                    const struct tt_drop *drop, struct tt_err *err) TT_CHECKED;

/* u (n_rows, dim) of the gathered rows. */
void tt_batch_forward(struct tt_batch *batch, struct tt_pool *pool, float *u);

/* Call fn for each row of a table that the gathered rows read, once, from any thread, for different rows at once. */
typedef void tt_row_fn(void *arg, size_t column, size_t row);
void tt_batch_each_row(struct tt_batch *batch, struct tt_pool *pool, tt_row_fn *fn, void *arg);

/* What takes the gradient (dim) of one table row, d_E[row] of the column: called once for each row that the step
 * touches, from any thread, for different rows at once. */
typedef void tt_gradient_fn(void *arg, size_t column, size_t row, const float *gradient);

/* From u and d_u, which is overwritten by d_x, to the rows' gradients, and to batch->gradient. Once after each forward
 * pass, whose intermediate results it takes. ahead is called a few rows before `take`, for what it may ask of the
 * memory; NULL: it is not. */
void tt_batch_backward(struct tt_batch *batch, struct tt_pool *pool, const float *u, float *d_u, tt_gradient_fn *take,
                       tt_row_fn *ahead, void *arg);

#endif
