/* A tower over the rows of one training step: see batch.h. */
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
    const struct tt_schema *schema = &model->entities.dictionary.schema;
    const struct tt_dense *dense = &model->dense[input->side];
    size_t place = 0;

    *batch = (struct tt_batch){.model = model, .input = input};
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
        if (input->bags[c] && tt_embedding_bag_init(&batch->columns[c].bag, model, input, c, max_rows, err))
            goto fail;
    }
    return 0;
fail:
    tt_batch_release(batch);
    return -1;
}

void tt_batch_release(struct tt_batch *batch)
{
    for (size_t c = 0; batch->columns && c < batch->model->entities.dictionary.schema.n_columns; c++)
        tt_embedding_bag_release(&batch->columns[c].bag);
    free(batch->columns);
    free(batch->length);
    free(batch->gradient);
    tt_dense_rows_release(&batch->dense);
    tt_embedding_bag_scratch_release(&batch->scratch);
    *batch = (struct tt_batch){0};
}

/* Does the column have a bag here, and not in `stale`? */
static int has_bag(const struct tt_batch *batch, size_t column)
{
    return batch->input->bags[column] && !(batch->stale && batch->stale->bag.column == column);
}

int tt_batch_gather(struct tt_batch *batch, struct tt_pool *pool, const uint32_t *rows, size_t n,
                    const struct tt_history_mask *mask, struct tt_err *err)
{
    batch->n_rows = n;
    batch->rows = rows;
    for (size_t c = 0; c < batch->model->entities.dictionary.schema.n_columns; c++)
        if (has_bag(batch, c) &&
            tt_embedding_bag_gather(&batch->columns[c].bag, &batch->scratch, pool, rows, n, mask, err))
            return -1;
    return 0;
}

void tt_batch_each_row(struct tt_batch *batch, struct tt_pool *pool, tt_row_fn *fn, void *arg)
{
    for (size_t c = 0; c < batch->model->entities.dictionary.schema.n_columns; c++)
        if (has_bag(batch, c))
            tt_embedding_bag_each_row(&batch->columns[c].bag, pool, fn, arg);
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
    for (size_t c = 0; c < batch->model->entities.dictionary.schema.n_columns; c++)
        if (has_bag(batch, c))
            tt_embedding_bag_forward(&batch->columns[c].bag, from, n, sums_of(batch, c, forward->u) + from * stride,
                                     stride);
    if (batch->stale)
        tt_stale_forward(batch->stale, batch->rows + from, n,
                         sums_of(batch, batch->stale->bag.column, forward->u) + from * stride, stride);
    for (size_t l = 0; l < dense->n_layers; l++)
        z[l] = batch->dense.z[l] + from * dense->layers[l].n_in;
    if (dense->n_layers)
        tt_dense_forward(dense, n, z, x);
    for (size_t r = 0; r < n; r++)
        batch->length[from + r] = tt_vec_normalise(x + r * dim, dim);
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
    tt_gradient_fn *apply;
    tt_prefetch_fn *prefetch;
    void *arg;
};

/* d_u to d_x, through the division by the length. */
static void length_back(const struct back *back, size_t row)
{
    size_t dim = back->batch->model->dim;

    tt_vec_normalise_back(back->u + row * dim, back->batch->length[row], back->d + row * dim, dim);
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

    for (size_t c = 0; c < batch->model->entities.dictionary.schema.n_columns; c++)
        if (batch->input->bags[c]) {
            *column = c;
            n++;
        }
    if (n != 1 || batch->model->dense[batch->input->side].n_layers)
        return 0;
    const struct tt_embedding_bag *only = &batch->columns[*column].bag;
    return !only->is_weighted && only->n == batch->n_rows && only->n_groups == batch->n_rows;
}

/* Then a row's gradient is that of its code, and the division by the length is differentiated just before it is
 * applied: the gradients of a whole catalogue do not fit into any cache. */
static double apply_one_to_one(void *arg, size_t column, size_t code, const float *gradient)
{
    const struct back *back = arg;

    length_back(back, (size_t)(gradient - back->d) / back->batch->model->dim);
    return back->apply(back->arg, column, code, gradient);
}

static void prefetch_one_to_one(void *arg, size_t column, size_t code, const float *d)
{
    const struct back *back = arg;

    tt_bag_prefetch(back->u + (d - back->d), back->batch->model->dim);
    back->prefetch(back->arg, column, code, d);
}

double tt_batch_backward(struct tt_batch *batch, struct tt_pool *pool, const float *u, float *d_u,
                         tt_gradient_fn *apply, tt_prefetch_fn *prefetch, void *arg)
{
    struct back back = {batch, u, d_u, apply, prefetch, arg};
    const struct tt_dense *dense = &batch->model->dense[batch->input->side];
    size_t only = 0;
    double squares = 0;

    if (is_one_to_one(batch, &only))
        return tt_embedding_bag_backward(&batch->columns[only].bag, pool, d_u, batch->model->dim, apply_one_to_one,
                              prefetch ? prefetch_one_to_one : NULL, &back);
    tt_pool_run(pool, tt_blocks(batch->n_rows, ROW_BLOCK), length_block, &back);
    if (dense->n_layers)
        tt_dense_backward(dense, pool, batch->n_rows, batch->dense.z, d_u, batch->gradient);
    for (size_t c = 0; c < batch->model->entities.dictionary.schema.n_columns; c++)
        if (has_bag(batch, c))
            squares += tt_embedding_bag_backward(&batch->columns[c].bag, pool, sums_of(batch, c, d_u), stride_of(batch),
                                                 apply, prefetch, arg);
    if (batch->stale)
        tt_stale_accumulate(batch->stale, pool, batch->rows, batch->n_rows,
                            sums_of(batch, batch->stale->bag.column, d_u), stride_of(batch));
    return squares;
}
