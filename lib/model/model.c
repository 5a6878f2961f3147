/* The two-tower model: see model.h. */
#include "model/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"
#include "math/vec.h"

enum { ROW_BLOCK = 64 };

int tt_model_init(struct tt_model *model, struct tt_examples *base, size_t dim, struct tt_err *err)
{
    *model = (struct tt_model){.base = *base, .dim = dim, .owns_tables = 1};
    *base = (struct tt_examples){0};
    const struct tt_schema *schema = &model->base.dictionary.schema;
    model->tables = tt_alloc_zero(schema->n_columns, sizeof(*model->tables), err);
    if (!model->tables)
        goto fail;
    for (size_t i = 0; i < schema->n_columns; i++) {
        size_t n = model->base.dictionary.features[i].n_codes;
        if (!tt_column_is_embedded(&schema->columns[i]))
            continue;
        model->tables[i] = tt_alloc_aligned(n, dim * sizeof(float), err);
        if (!model->tables[i])
            goto fail;
        memset(model->tables[i], 0, n * dim * sizeof(float));
    }
    return 0;
fail:
    tt_model_release(model);
    return -1;
}

void tt_model_release(struct tt_model *model)
{
    for (size_t i = 0; model->tables && model->owns_tables && i < model->base.dictionary.schema.n_columns; i++)
        free(model->tables[i]);
    free(model->tables);
    tt_examples_release(&model->base);
    *model = (struct tt_model){0};
}

int tt_tower_input_init(struct tt_tower_input *input, enum tt_side side, size_t n_rows, const struct tt_schema *schema,
                        struct tt_err *err)
{
    *input = (struct tt_tower_input){.side = side, .n_rows = n_rows};
    input->bags = tt_alloc_zero(schema->n_columns, sizeof(*input->bags), err);
    input->rows = tt_alloc_zero(schema->n_columns, sizeof(*input->rows), err);
    if (input->bags && input->rows)
        return 0;
    tt_tower_input_release(input);
    return -1;
}

void tt_tower_input_release(struct tt_tower_input *input)
{
    free(input->bags);
    free(input->rows);
    *input = (struct tt_tower_input){0};
}

int tt_tower_input_of_table(struct tt_tower_input *input, const struct tt_table *table, const struct tt_schema *schema,
                            struct tt_err *err)
{
    if (tt_tower_input_init(input, table->side, table->n_rows, schema, err))
        return -1;
    for (size_t i = 0; i < schema->n_columns; i++)
        if (schema->columns[i].side == table->side && tt_column_is_embedded(&schema->columns[i]))
            input->bags[i] = &table->bags[i];
    return 0;
}

float tt_history_length(const float *weights, size_t n)
{
    double squares = 0;

    for (size_t i = 0; i < n; i++)
        squares += (double)weights[i] * (double)weights[i];
    return squares > 0 ? (float)sqrt(squares) : 1;
}

/* x (dim) += the bag's weighted sum. */
static void add_bag(const struct tt_model *model, size_t column, const uint32_t *codes, const float *weights, size_t n,
                    float *x)
{
    const float *table = model->tables[column];
    int is_history = model->base.dictionary.schema.columns[column].kind == TT_KIND_HISTORY;
    float length = is_history && weights ? tt_history_length(weights, n) : 1;

    for (size_t e = 0; e < n; e++) {
        const float *row = table + (size_t)codes[e] * model->dim;
        float w = weights ? weights[e] / length : 1;
        for (size_t d = 0; d < model->dim; d++)
            x[d] += w * row[d];
    }
}

struct embed_job {
    const struct tt_model *model;
    const struct tt_tower_input *input;
    float *out;
};

static void embed_block(void *arg, size_t block, int worker)
{
    const struct embed_job *job = arg;
    const struct tt_model *model = job->model;
    size_t n_columns = model->base.dictionary.schema.n_columns;
    size_t from = block * ROW_BLOCK, to = from + ROW_BLOCK;

    (void)worker;
    for (size_t r = from; r < to && r < job->input->n_rows; r++) {
        float *x = job->out + r * model->dim;
        double squares = 0;
        memset(x, 0, model->dim * sizeof(*x));
        for (size_t c = 0; c < n_columns; c++) {
            const uint32_t *codes;
            const float *weights;
            if (!job->input->bags[c])
                continue;
            size_t row = job->input->rows[c] ? job->input->rows[c][r] : r;
            size_t n = tt_bags_row(job->input->bags[c], row, &codes, &weights);
            if (n == 0) { /* an empty history stands for the unknown one */
                static const uint32_t unknown = 0;
                codes = &unknown;
                weights = NULL;
                n = 1;
            }
            add_bag(model, c, codes, weights, n, x);
        }
        for (size_t d = 0; d < model->dim; d++)
            squares += (double)x[d] * (double)x[d];
        float scale = squares > 1e-24 ? (float)(1 / sqrt(squares)) : 0;
        for (size_t d = 0; d < model->dim; d++)
            x[d] *= scale;
    }
}

void tt_model_embed(const struct tt_model *model, const struct tt_tower_input *input, struct tt_pool *pool, float *out)
{
    struct embed_job job = {model, input, out};

    tt_pool_run(pool, tt_blocks(input->n_rows, ROW_BLOCK), embed_block, &job);
}

/* ---- files ---- */

int tt_model_store(const struct tt_model *model, struct tt_segment *segment, struct tt_err *err)
{
    const struct tt_dictionary *d = &model->base.dictionary;
    char text[32], name[TT_TENSOR_NAME];

    snprintf(text, sizeof(text), "%zu", model->dim);
    if (tt_segment_init(segment, "model", TT_FORMAT, err) || tt_segment_text(segment, "dim", text, err) ||
        tt_dictionary_store(d, segment, err) ||
        tt_table_store(&model->base.users, d, TT_WITH_ATTRIBUTES | TT_WITH_HISTORY, segment, err) ||
        tt_table_store(&model->base.items, d, TT_WITH_ATTRIBUTES, segment, err))
        return -1;
    for (size_t i = 0; i < d->schema.n_columns; i++)
        if (model->tables[i] &&
            tt_segment_tensor(segment, tt_tensor_name(name, &d->schema.columns[i], "embedding"), TT_F32,
                              d->features[i].n_codes, model->dim, model->tables[i], err))
            return -1;
    return 0;
}

static int load_table(struct tt_model *model, size_t column, struct tt_err *err)
{
    const struct tt_dictionary *d = &model->base.dictionary;
    const struct tt_segment *segment = &model->base.segment;
    char name[TT_TENSOR_NAME];
    size_t n = d->features[column].n_codes;
    const struct tt_tensor *t = tt_segment_need(
        segment, tt_tensor_name(name, &d->schema.columns[column], "embedding"), TT_F32, n, model->dim, err);

    if (!t)
        return -1;
    model->tables[column] = (float *)t->data;
    if (!tt_vec_is_finite(model->tables[column], n * model->dim))
        return tt_err_set(err, TT_ERR_INPUT, "%s: tensor '%s' holds a value that is not finite", segment->name, name);
    return 0;
}

int tt_model_load(struct tt_model *model, const char *path, struct tt_err *err)
{
    uint64_t dim;

    *model = (struct tt_model){0};
    if (tt_examples_load_tables(&model->base, path, err))
        return -1;
    const struct tt_segment *segment = &model->base.segment;
    if (strcmp(segment->texts[0].value, "model") != 0) {
        tt_err_set(err, TT_ERR_MISMATCH, "%s: holds '%s', expected 'model'", segment->name, segment->texts[0].value);
        goto fail;
    }
    const char *text = tt_segment_need_text(segment, "dim", err);
    if (!text)
        goto fail;
    if (tt_parse_u64(text, strlen(text), &dim) || dim < 1 || dim > TT_MAX_DIM) {
        tt_err_set(err, TT_ERR_INPUT, "%s: damaged: the dimension", segment->name);
        goto fail;
    }
    model->dim = (size_t)dim;
    model->tables = tt_alloc_zero(model->base.dictionary.schema.n_columns, sizeof(*model->tables), err);
    if (!model->tables)
        goto fail;
    for (size_t i = 0; i < model->base.dictionary.schema.n_columns; i++)
        if (tt_column_is_embedded(&model->base.dictionary.schema.columns[i]) && load_table(model, i, err))
            goto fail;
    return 0;
fail:
    tt_model_release(model);
    return -1;
}
