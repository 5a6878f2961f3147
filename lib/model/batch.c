/* One training step's rows of a tower: see batch.h. */
#include "model/batch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"

enum { ROW_BLOCK = 64, GROUP_BLOCK = 64, DIGIT = 1 << 16 };

int tt_batch_init(struct tt_batch *batch, const struct tt_model *model, const struct tt_tower_input *input,
                  size_t max_rows, struct tt_err *err)
{
    size_t n_columns = model->base.dictionary.schema.n_columns;

    *batch = (struct tt_batch){.model = model, .input = input, .max_rows = max_rows};
    batch->columns = tt_alloc_zero(n_columns, sizeof(*batch->columns), err);
    batch->x_length = tt_alloc(max_rows, sizeof(*batch->x_length), err);
    batch->digits = tt_alloc(DIGIT, sizeof(*batch->digits), err);
    if (!batch->columns || !batch->x_length || !batch->digits)
        goto fail;
    for (size_t c = 0; c < n_columns; c++)
        if (input->bags[c]) {
            batch->columns[c].row_starts = tt_alloc(max_rows + 1, sizeof(uint64_t), err);
            if (!batch->columns[c].row_starts)
                goto fail;
        }
    return 0;
fail:
    tt_batch_release(batch);
    return -1;
}

void tt_batch_release(struct tt_batch *batch)
{
    for (size_t c = 0; batch->columns && c < batch->model->base.dictionary.schema.n_columns; c++) {
        struct tt_batch_column *column = &batch->columns[c];
        free(column->codes);
        free(column->rows);
        free(column->weights);
        free(column->row_starts);
        free(column->order);
        free(column->other);
        free(column->groups);
    }
    free(batch->columns);
    free(batch->x_length);
    free(batch->digits);
    *batch = (struct tt_batch){0};
}

static int make_room(struct tt_batch_column *column, size_t more, struct tt_err *err)
{
    size_t need = column->n + more;

    return tt_grow(&column->codes, &column->cap_codes, need, sizeof(*column->codes), err) ||
                   tt_grow(&column->rows, &column->cap_rows, need, sizeof(*column->rows), err) ||
                   tt_grow(&column->weights, &column->cap_weights, need, sizeof(*column->weights), err)
               ? -1
               : 0;
}

/* A history's row: what the drop leaves, divided by its length; nothing left stands for the unknown history. */
static void add_history(struct tt_batch_column *column, const uint32_t *codes, const float *weights, size_t n,
                        const struct tt_drop *drop, uint32_t input_row)
{
    size_t from = column->n;

    for (size_t e = 0; e < n; e++) {
        if (drop && drop->share > 0 &&
            (double)tt_rng_at(drop->seed, TT_RNG_DROP, drop->epoch << 32 | input_row, (uint32_t)e) < drop->share)
            continue;
        column->codes[column->n] = codes[e];
        column->weights[column->n++] = weights ? weights[e] : 1;
    }
    if (column->n == from) {
        column->codes[column->n] = 0;
        column->weights[column->n++] = 1;
        return;
    }
    float length = tt_history_length(column->weights + from, column->n - from);
    for (size_t e = from; e < column->n; e++)
        column->weights[e] /= length;
}

/* Sort the entries by code, stable: two passes over 16 bits each; then find the groups. */
static int group_by_code(struct tt_batch *batch, struct tt_batch_column *column, size_t n_codes, struct tt_err *err)
{
    size_t n = column->n;

    if (tt_grow(&column->order, &column->cap_order, n + 1, sizeof(*column->order), err) ||
        tt_grow(&column->other, &column->cap_other, n + 1, sizeof(*column->other), err) ||
        tt_grow(&column->groups, &column->cap_groups, n + 1, sizeof(*column->groups), err))
        return -1;
    for (size_t e = 0; e < n; e++)
        column->order[e] = (uint32_t)e;
    for (int shift = 0; shift < 32 && (n_codes - 1) >> shift > 0; shift += 16) {
        memset(batch->digits, 0, DIGIT * sizeof(*batch->digits));
        for (size_t e = 0; e < n; e++)
            batch->digits[column->codes[e] >> shift & (DIGIT - 1)]++;
        uint32_t sum = 0;
        for (size_t d = 0; d < DIGIT; d++) {
            uint32_t count = batch->digits[d];
            batch->digits[d] = sum;
            sum += count;
        }
        for (size_t e = 0; e < n; e++) {
            uint32_t entry = column->order[e];
            column->other[batch->digits[column->codes[entry] >> shift & (DIGIT - 1)]++] = entry;
        }
        uint32_t *swap = column->order;
        size_t swap_cap = column->cap_order;
        column->order = column->other;
        column->cap_order = column->cap_other;
        column->other = swap;
        column->cap_other = swap_cap;
    }
    column->n_groups = 0;
    for (size_t e = 0; e < n; e++)
        if (e == 0 || column->codes[column->order[e]] != column->codes[column->order[e - 1]])
            column->groups[column->n_groups++] = (uint32_t)e;
    column->groups[column->n_groups] = (uint32_t)n;
    return 0;
}

static int gather_column(struct tt_batch *batch, size_t c, const uint32_t *rows, size_t n, const struct tt_drop *drop,
                         struct tt_err *err)
{
    struct tt_batch_column *column = &batch->columns[c];
    const struct tt_feature *feature = &batch->model->base.dictionary.features[c];
    int is_history = feature->column->kind == TT_KIND_HISTORY;

    column->n = 0;
    for (size_t r = 0; r < n; r++) {
        const uint32_t *codes;
        const float *weights;
        size_t row = batch->input->rows[c] ? batch->input->rows[c][rows[r]] : rows[r];
        size_t count = tt_bags_row(batch->input->bags[c], row, &codes, &weights), from = column->n;
        if (make_room(column, count + 1, err))
            return -1;
        column->row_starts[r] = from;
        if (is_history) {
            add_history(column, codes, weights, count, drop, rows[r]);
        } else if (count == 0) {
            column->codes[column->n] = 0;
            column->weights[column->n++] = 1;
        } else {
            memcpy(column->codes + from, codes, count * sizeof(*codes));
            for (size_t e = 0; e < count; e++)
                column->weights[from + e] = weights ? weights[e] : 1;
            column->n += count;
        }
        for (size_t e = from; e < column->n; e++)
            column->rows[e] = (uint32_t)r;
    }
    column->row_starts[n] = column->n;
    return group_by_code(batch, column, feature->n_codes, err);
}

int tt_batch_gather(struct tt_batch *batch, const uint32_t *rows, size_t n, const struct tt_drop *drop,
                    struct tt_err *err)
{
    batch->n_rows = n;
    for (size_t c = 0; c < batch->model->base.dictionary.schema.n_columns; c++)
        if (batch->input->bags[c] && gather_column(batch, c, rows, n, drop, err))
            return -1;
    return 0;
}

struct pass {
    struct tt_batch *batch;
    const float *u;
    float *out; /* forward: u; backward: d_u in, d_x out */
    tt_gradient_fn *take;
    void *arg;
    size_t column;
};

static void forward_block(void *arg, size_t block, int worker)
{
    const struct pass *pass = arg;
    struct tt_batch *batch = pass->batch;
    const struct tt_model *model = batch->model;
    size_t dim = model->dim, to = (block + 1) * ROW_BLOCK;

    (void)worker;
    for (size_t r = block * ROW_BLOCK; r < to && r < batch->n_rows; r++) {
        float *x = pass->out + r * dim;
        double squares = 0;
        memset(x, 0, dim * sizeof(*x));
        for (size_t c = 0; c < model->base.dictionary.schema.n_columns; c++) {
            const struct tt_batch_column *column = &batch->columns[c];
            if (!batch->input->bags[c])
                continue;
            for (size_t e = (size_t)column->row_starts[r]; e < column->row_starts[r + 1]; e++) {
                const float *row = model->tables[c] + (size_t)column->codes[e] * dim;
                float w = column->weights[e];
                for (size_t d = 0; d < dim; d++)
                    x[d] += w * row[d];
            }
        }
        for (size_t d = 0; d < dim; d++)
            squares += (double)x[d] * (double)x[d];
        batch->x_length[r] = squares > 1e-24 ? (float)sqrt(squares) : 0;
        float scale = batch->x_length[r] > 0 ? 1 / batch->x_length[r] : 0;
        for (size_t d = 0; d < dim; d++)
            x[d] *= scale;
    }
}

void tt_batch_forward(struct tt_batch *batch, struct tt_pool *pool, float *u)
{
    struct pass pass = {.batch = batch, .out = u};

    tt_pool_run(pool, tt_blocks(batch->n_rows, ROW_BLOCK), forward_block, &pass);
}

/* d_u to d_x, through the division by the length. */
static void length_block(void *arg, size_t block, int worker)
{
    const struct pass *pass = arg;
    struct tt_batch *batch = pass->batch;
    size_t dim = batch->model->dim, to = (block + 1) * ROW_BLOCK;

    (void)worker;
    for (size_t r = block * ROW_BLOCK; r < to && r < batch->n_rows; r++) {
        const float *u = pass->u + r * dim;
        float *d = pass->out + r * dim;
        double along = 0;
        float scale = batch->x_length[r] > 0 ? 1 / batch->x_length[r] : 0;
        for (size_t i = 0; i < dim; i++)
            along += (double)u[i] * (double)d[i];
        for (size_t i = 0; i < dim; i++)
            d[i] = (d[i] - (float)along * u[i]) * scale;
    }
}

/* The codes of a block of groups: sum each one's gradient, and hand it over. */
static void gradient_block(void *arg, size_t block, int worker)
{
    const struct pass *pass = arg;
    struct tt_batch *batch = pass->batch;
    const struct tt_batch_column *column = &batch->columns[pass->column];
    size_t dim = batch->model->dim, to = (block + 1) * GROUP_BLOCK;
    float gradient[TT_MAX_DIM];

    (void)worker;
    for (size_t g = block * GROUP_BLOCK; g < to && g < column->n_groups; g++) {
        memset(gradient, 0, dim * sizeof(*gradient));
        for (size_t i = column->groups[g]; i < column->groups[g + 1]; i++) {
            uint32_t e = column->order[i];
            const float *d = pass->out + (size_t)column->rows[e] * dim;
            float w = column->weights[e];
            for (size_t k = 0; k < dim; k++)
                gradient[k] += w * d[k];
        }
        pass->take(pass->arg, pass->column, column->codes[column->order[column->groups[g]]], gradient);
    }
}

void tt_batch_backward(struct tt_batch *batch, struct tt_pool *pool, const float *u, float *d_u, tt_gradient_fn *take,
                       void *arg)
{
    struct pass pass = {.batch = batch, .u = u, .out = d_u, .take = take, .arg = arg};

    tt_pool_run(pool, tt_blocks(batch->n_rows, ROW_BLOCK), length_block, &pass);
    for (size_t c = 0; c < batch->model->base.dictionary.schema.n_columns; c++) {
        if (!batch->input->bags[c])
            continue;
        pass.column = c;
        tt_pool_run(pool, tt_blocks(batch->columns[c].n_groups, GROUP_BLOCK), gradient_block, &pass);
    }
}
