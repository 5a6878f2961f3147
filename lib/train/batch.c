/* One training step's rows of a tower: see batch.h. */
#include "train/batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "math/bag.h"
#include "math/vec.h"

enum { ROW_BLOCK = 64 };

int tt_batch_init(struct tt_batch *batch, const struct tt_model *model, const struct tt_tower_input *input,
                  size_t max_rows, struct tt_err *err)
{
    const struct tt_schema *schema = &model->base.dictionary.schema;
    const struct tt_dense *dense = &model->dense[input->side];
    size_t place = 0;

    *batch = (struct tt_batch){.model = model, .input = input, .max_rows = max_rows};
    batch->columns = tt_alloc_zero(schema->n_columns, sizeof(*batch->columns), err);
    batch->length = tt_alloc(max_rows, sizeof(*batch->length), err);
    batch->gradient = tt_alloc(dense->n_params, sizeof(*batch->gradient), err);
    if (!batch->columns || !batch->length || !batch->gradient ||
        tt_dense_rows_init(&batch->dense, dense, max_rows, err))
        goto fail;
    for (size_t c = 0; c < schema->n_columns; c++) {
        batch->columns[c].place = place;
        if (schema->columns[c].side == input->side && model->tables[c])
            place += model->dim;
        if (input->bags[c] && tt_lookup_init(&batch->columns[c].lookup, model, input, c, max_rows, err))
            goto fail;
    }
    return 0;
fail:
    tt_batch_release(batch);
    return -1;
}

void tt_batch_release(struct tt_batch *batch)
{
    for (size_t c = 0; batch->columns && c < batch->model->base.dictionary.schema.n_columns; c++)
        tt_lookup_release(&batch->columns[c].lookup);
    free(batch->columns);
    free(batch->length);
    free(batch->gradient);
    tt_dense_rows_release(&batch->dense);
    tt_lookup_scratch_release(&batch->scratch);
    *batch = (struct tt_batch){0};
}

/* Is the column looked up here? */
static int is_looked_up(const struct tt_batch *batch, size_t column)
{
    return batch->input->bags[column] && !(batch->stale && batch->stale->lookup.column == column);
}

int tt_batch_gather(struct tt_batch *batch, struct tt_pool *pool, const uint32_t *rows, size_t n,
                    const struct tt_drop *drop, struct tt_err *err)
{
    batch->n_rows = n;
    batch->rows = rows;
    for (size_t c = 0; c < batch->model->base.dictionary.schema.n_columns; c++)
        if (is_looked_up(batch, c) &&
            tt_lookup_gather(&batch->columns[c].lookup, &batch->scratch, pool, rows, n, drop, err))
            return -1;
    return 0;
}

void tt_batch_each_row(struct tt_batch *batch, struct tt_pool *pool, tt_row_fn *fn, void *arg)
{
    for (size_t c = 0; c < batch->model->base.dictionary.schema.n_columns; c++)
        if (is_looked_up(batch, c))
            tt_lookup_each_row(&batch->columns[c].lookup, pool, fn, arg);
}

/* ---- forward and backward ---- */

/* A column's sums are columns of a matrix of n_rows, so many floats from one row to the next: of x of a plain tower, of
 * z_0 of a deep one. */
static size_t stride_of(const struct tt_batch *batch)
{
    const struct tt_dense *dense = &batch->model->dense[batch->input->side];

    return dense->n_layers ? dense->layers[0].n_in : batch->model->dim;
}

static float *sums_of(const struct tt_batch *batch, size_t column, float *x)
{
    return batch->dense.z[0] ? batch->dense.z[0] + batch->columns[column].place : x;
}

struct forward {
    struct tt_batch *batch;
    float *u;
};

static void forward_block(void *arg, size_t block, int worker)
{
    const struct forward *forward = arg;
    struct tt_batch *batch = forward->batch;
    const struct tt_dense *dense = &batch->model->dense[batch->input->side];
    size_t dim = batch->model->dim, stride = stride_of(batch), from = block * ROW_BLOCK;
    size_t n = batch->n_rows - from < ROW_BLOCK ? batch->n_rows - from : ROW_BLOCK;
    float *z[TT_MAX_HIDDEN + 1], *x = forward->u + from * dim;

    (void)worker;
    memset(batch->dense.z[0] ? batch->dense.z[0] + from * stride : x, 0, n * stride * sizeof(*x));
    for (size_t c = 0; c < batch->model->base.dictionary.schema.n_columns; c++)
        if (is_looked_up(batch, c))
            tt_lookup_add(&batch->columns[c].lookup, from, n, sums_of(batch, c, forward->u) + from * stride, stride);
    if (batch->stale)
        tt_stale_add(batch->stale, batch->rows + from, n,
                     sums_of(batch, batch->stale->lookup.column, forward->u) + from * stride, stride);
    for (size_t l = 0; l < dense->n_layers; l++)
        z[l] = batch->dense.z[l] + from * dense->layers[l].n_in;
    if (dense->n_layers)
        tt_dense_forward(dense, n, z, x);
    for (size_t r = 0; r < n; r++)
        batch->length[from + r] = tt_vec_unit(x + r * dim, dim);
}

void tt_batch_forward(struct tt_batch *batch, struct tt_pool *pool, float *u)
{
    struct forward forward = {batch, u};

    tt_pool_run(pool, tt_blocks(batch->n_rows, ROW_BLOCK), forward_block, &forward);
}

struct back {
    const struct tt_batch *batch;
    const float *u;
    float *d; /* d_u in, d_x out */
    tt_gradient_fn *take;
    tt_ahead_fn *ahead;
    void *arg;
};

/* d_u to d_x, through the division by the length. */
static void length_back(const struct back *back, size_t row)
{
    size_t dim = back->batch->model->dim;

    tt_vec_unit_back(back->u + row * dim, back->batch->length[row], back->d + row * dim, dim);
}

static void length_block(void *arg, size_t block, int worker)
{
    const struct back *back = arg;
    size_t to = (block + 1) * ROW_BLOCK;

    (void)worker;
    for (size_t r = block * ROW_BLOCK; r < to && r < back->batch->n_rows; r++)
        length_back(back, r);
}

/* Has the tower one feature alone, an id, whose codes are all different in these rows? Which column is it? */
static int is_one_to_one(const struct tt_batch *batch, size_t *column)
{
    size_t n = 0;

    for (size_t c = 0; c < batch->model->base.dictionary.schema.n_columns; c++)
        if (batch->input->bags[c]) {
            *column = c;
            n++;
        }
    if (n != 1 || batch->model->dense[batch->input->side].n_layers)
        return 0;
    const struct tt_lookup *only = &batch->columns[*column].lookup;
    return !only->is_weighted && only->n == batch->n_rows && only->n_groups == batch->n_rows;
}

/* Then a row's gradient is its code's, and the length is taken on the way to it: a whole catalogue's gradients are too
 * many for any cache. */
static double take_one_to_one(void *arg, size_t column, size_t code, const float *gradient)
{
    const struct back *back = arg;

    length_back(back, (size_t)(gradient - back->d) / back->batch->model->dim);
    return back->take(back->arg, column, code, gradient);
}

static void ahead_one_to_one(void *arg, size_t column, size_t code, const float *d)
{
    const struct back *back = arg;

    tt_bag_ahead(back->u + (d - back->d), back->batch->model->dim);
    back->ahead(back->arg, column, code, d);
}

double tt_batch_backward(struct tt_batch *batch, struct tt_pool *pool, const float *u, float *d_u,
                         tt_gradient_fn *take, tt_ahead_fn *ahead, void *arg)
{
    struct back back = {batch, u, d_u, take, ahead, arg};
    const struct tt_dense *dense = &batch->model->dense[batch->input->side];
    size_t only = 0;
    double squares = 0;

    if (is_one_to_one(batch, &only))
        return tt_lookup_back(&batch->columns[only].lookup, pool, d_u, batch->model->dim, take_one_to_one,
                              ahead ? ahead_one_to_one : NULL, &back);
    tt_pool_run(pool, tt_blocks(batch->n_rows, ROW_BLOCK), length_block, &back);
    if (dense->n_layers)
        tt_dense_backward(dense, pool, batch->n_rows, batch->dense.z, d_u, batch->gradient);
    for (size_t c = 0; c < batch->model->base.dictionary.schema.n_columns; c++)
        if (is_looked_up(batch, c))
            squares += tt_lookup_back(&batch->columns[c].lookup, pool, sums_of(batch, c, d_u), stride_of(batch), take,
                                      ahead, arg);
    if (batch->stale)
        tt_stale_collect(batch->stale, pool, batch->rows, batch->n_rows,
                         sums_of(batch, batch->stale->lookup.column, d_u), stride_of(batch));
    return squares;
}
