/* The two-tower model: see model.h. */
#include "model/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"
#include "math/bag.h"
#include "math/vec.h"

enum { ROW_BLOCK = 64 };

/* Tables of zeros over model->entities. */
static int make_tables(struct tt_model *model, struct tt_err *err)
{
    const struct tt_schema *schema = &model->entities.dictionary.schema;

    model->tables = tt_alloc_zero(schema->n_columns, sizeof(*model->tables), err);
    if (!model->tables)
        return -1;
    for (size_t i = 0; i < schema->n_columns; i++) {
        size_t n = model->entities.dictionary.features[i].n_codes;
        if (!schema->columns[i].is_embedded)
            continue;
        model->tables[i] = tt_alloc_aligned(n, model->dim * sizeof(float), err);
        if (!model->tables[i])
            return -1;
        memset(model->tables[i], 0, n * model->dim * sizeof(float));
    }
    return 0;
}

static void drop_tables_and_layers(struct tt_model *model)
{
    for (size_t i = 0; model->tables && model->owns_tables && i < model->entities.dictionary.schema.n_columns; i++)
        free(model->tables[i]);
    free(model->tables);
    model->tables = NULL;
    tt_dense_release(&model->dense[TT_USER]);
    tt_dense_release(&model->dense[TT_ITEM]);
    model->n_hidden = 0;
}

int tt_model_init(struct tt_model *model, struct tt_entities *entities, size_t dim, struct tt_err *err)
{
    *model = (struct tt_model){.entities = *entities, .dim = dim, .owns_tables = 1};
    *entities = (struct tt_entities){0};
    if (make_tables(model, err)) {
        tt_model_release(model);
        return -1;
    }
    return 0;
}

int tt_model_reset(struct tt_model *model, size_t dim, struct tt_err *err)
{
    drop_tables_and_layers(model);
    model->dim = dim;
    model->owns_tables = 1;
    return make_tables(model, err);
}

void tt_model_release(struct tt_model *model)
{
    drop_tables_and_layers(model);
    tt_entities_release(&model->entities);
    *model = (struct tt_model){0};
}

/* How many features a tower adds up. */
static size_t count_features(const struct tt_schema *schema, enum tt_side side)
{
    size_t n = 0;

    for (size_t c = 0; c < schema->n_columns; c++)
        n += schema->columns[c].side == side && schema->columns[c].is_embedded;
    return n;
}

int tt_model_add_layers(struct tt_model *model, const size_t *widths, size_t n, struct tt_err *err)
{
    const struct tt_schema *schema = &model->entities.dictionary.schema;

    for (enum tt_side side = TT_USER; side <= TT_ITEM; side++)
        if (tt_dense_init(&model->dense[side], count_features(schema, side), model->dim, widths, n, err))
            return -1;
    model->n_hidden = n;
    for (size_t l = 0; l < n; l++)
        model->hidden[l] = widths[l];
    return 0;
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
        if (schema->columns[i].side == table->side && schema->columns[i].is_embedded)
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

/* x (dim) += the weighted sum of one row's bag. An empty bag stands for the unknown code. */
static void add_bag(const struct tt_model *model, size_t column, const struct tt_bags *bags, size_t row, float *x)
{
    enum { AT_ONCE = 256 };
    static const uint32_t unknown = 0;
    const float *table = model->tables[column], *weights;
    const uint32_t *codes;
    float scaled[AT_ONCE];
    size_t dim = model->dim, n = tt_bags_row(bags, row, &codes, &weights);

    if (n == 0 || !weights || model->entities.dictionary.schema.columns[column].kind != TT_KIND_HISTORY) {
        tt_bag_add(n ? n : 1, n ? codes : &unknown, n ? weights : NULL, table, dim, dim, x);
        return;
    }
    float length = tt_history_length(weights, n);
    for (size_t from = 0; from < n; from += AT_ONCE) {
        size_t some = n - from < AT_ONCE ? n - from : AT_ONCE;
        for (size_t e = 0; e < some; e++)
            scaled[e] = weights[from + e] / length;
        tt_bag_add(some, codes + from, scaled, table, dim, dim, x);
    }
}

struct embed_job {
    const struct tt_model *model;
    const struct tt_tower_input *input;
    const struct tt_dense_rows *scratch; /* one a thread, of ROW_BLOCK rows; deep towers only */
    float *out;
};

static void embed_block(void *arg, size_t block, int worker)
{
    const struct embed_job *job = arg;
    const struct tt_model *model = job->model;
    const struct tt_tower_input *input = job->input;
    const struct tt_schema *schema = &model->entities.dictionary.schema;
    const struct tt_dense *dense = &model->dense[input->side];
    size_t dim = model->dim, from = block * ROW_BLOCK;
    size_t n = input->n_rows - from < ROW_BLOCK ? input->n_rows - from : ROW_BLOCK;
    float *x = job->out + from * dim, *const *z = dense->n_layers ? job->scratch[worker].z : NULL;
    /* a row's sums: all in one place, or each feature's by itself */
    float *sums = z ? z[0] : x;
    size_t width = z ? dense->layers[0].n_in : dim, step = z ? dim : 0;

    memset(sums, 0, n * width * sizeof(*sums));
    for (size_t r = 0; r < n; r++) {
        float *to = sums + r * width;
        for (size_t c = 0; c < schema->n_columns; c++) {
            if (schema->columns[c].side != input->side || !model->tables[c])
                continue;
            if (input->bags[c])
                add_bag(model, c, input->bags[c], input->rows[c] ? input->rows[c][from + r] : from + r, to);
            to += step;
        }
    }
    if (z)
        tt_dense_forward(dense, n, z, x);
    for (size_t r = 0; r < n; r++)
        (void)tt_vec_normalise(x + r * dim, dim);
}

int tt_model_embed(const struct tt_model *model, const struct tt_tower_input *input, struct tt_pool *pool, float *out,
                   struct tt_err *err)
{
    const struct tt_dense *dense = &model->dense[input->side];
    size_t n_threads = dense->n_layers ? (size_t)tt_pool_threads(pool) : 0;
    struct tt_dense_rows *scratch = tt_alloc_zero(n_threads, sizeof(*scratch), err);
    struct embed_job job = {model, input, scratch, out};
    int status = scratch ? 0 : -1;

    for (size_t i = 0; i < n_threads && status == 0; i++)
        status = tt_dense_rows_init(&scratch[i], dense, ROW_BLOCK, err);
    if (status == 0)
        tt_pool_run(pool, tt_blocks(input->n_rows, ROW_BLOCK), embed_block, &job);
    for (size_t i = 0; scratch && i < n_threads; i++)
        tt_dense_rows_release(&scratch[i]);
    free(scratch);
    return status;
}

/* ---- files ---- */

enum { WEIGHT, BIAS };

/* "SIDE.hidden.0.weight", ..., "SIDE.output.bias" */
static const char *layer_name(char buffer[TT_TENSOR_NAME], enum tt_side side, const struct tt_dense *dense,
                              size_t layer, int part)
{
    const char *what = part == BIAS ? "bias" : "weight";

    if (layer + 1 < dense->n_layers)
        snprintf(buffer, TT_TENSOR_NAME, "%s.hidden.%zu.%s", tt_side_name(side), layer, what);
    else
        snprintf(buffer, TT_TENSOR_NAME, "%s.output.%s", tt_side_name(side), what);
    return buffer;
}

const char *tt_model_layers_not_finite(const struct tt_model *model, char buffer[TT_TENSOR_NAME])
{
    for (enum tt_side side = TT_USER; side <= TT_ITEM; side++) {
        const struct tt_dense *dense = &model->dense[side];
        for (size_t l = 0; l < dense->n_layers; l++) {
            const struct tt_dense_layer *layer = &dense->layers[l];
            if (!tt_vec_is_finite(dense->params + layer->weights, layer->n_in * layer->n_out))
                return layer_name(buffer, side, dense, l, WEIGHT);
            if (!tt_vec_is_finite(dense->params + layer->bias, layer->n_out))
                return layer_name(buffer, side, dense, l, BIAS);
        }
    }
    return NULL;
}

static int store_layers(enum tt_side side, const struct tt_dense *dense, struct tt_segment *segment, struct tt_err *err)
{
    char name[TT_TENSOR_NAME];

    for (size_t l = 0; l < dense->n_layers; l++) {
        const struct tt_dense_layer *layer = &dense->layers[l];
        if (tt_segment_tensor(segment, layer_name(name, side, dense, l, WEIGHT), TT_F32, layer->n_in, layer->n_out,
                              dense->params + layer->weights, err) ||
            tt_segment_tensor(segment, layer_name(name, side, dense, l, BIAS), TT_F32, layer->n_out, 0,
                              dense->params + layer->bias, err))
            return -1;
    }
    return 0;
}

int tt_model_store(const struct tt_model *model, struct tt_segment *segment, struct tt_err *err)
{
    const struct tt_dictionary *d = &model->entities.dictionary;
    char text[32], name[TT_TENSOR_NAME], widths[TT_WIDTHS_TEXT];

    snprintf(text, sizeof(text), "%zu", model->dim);
    if (tt_segment_init(segment, "model", model->n_hidden ? TT_FORMAT_LAYERS : TT_FORMAT, err) ||
        tt_segment_text(segment, "dim", text, err) ||
        (model->n_hidden && tt_segment_text(segment, "hidden",
                                            tt_dense_print_widths(widths, model->hidden, model->n_hidden), err)) ||
        tt_entities_store(&model->entities, TT_WITH_ATTRIBUTES | TT_WITH_HISTORY, segment, err))
        return -1;
    for (size_t i = 0; i < d->schema.n_columns; i++)
        if (model->tables[i] &&
            tt_segment_tensor(segment, tt_tensor_name(name, &d->schema.columns[i], "embedding"), TT_F32,
                              d->features[i].n_codes, model->dim, model->tables[i], err))
            return -1;
    return store_layers(TT_USER, &model->dense[TT_USER], segment, err) ||
                   store_layers(TT_ITEM, &model->dense[TT_ITEM], segment, err)
               ? -1
               : 0;
}

static int load_table(struct tt_model *model, size_t column, struct tt_err *err)
{
    const struct tt_dictionary *d = &model->entities.dictionary;
    const struct tt_segment *segment = &model->entities.segment;
    char name[TT_TENSOR_NAME];
    size_t n = d->features[column].n_codes;
    const struct tt_tensor *t = tt_segment_need(
        segment, tt_tensor_name(name, &d->schema.columns[column], "embedding"), TT_F32, n, model->dim, err);

    if (!t)
        return -1;
    model->tables[column] = (float *)t->data;
    return 0;
}

static int check_finite(const struct tt_model *model, struct tt_err *err)
{
    const struct tt_dictionary *d = &model->entities.dictionary;
    char name[TT_TENSOR_NAME];

    for (size_t i = 0; i < d->schema.n_columns; i++)
        if (model->tables[i] && !tt_vec_is_finite(model->tables[i], tt_model_table_size(model, i)))
            return tt_err_set(err, TT_ERR_INPUT, "%s: tensor '%s' holds a value that is not finite",
                              model->entities.segment.name, tt_tensor_name(name, &d->schema.columns[i], "embedding"));
    return 0;
}

/* A tensor that holds a part of a layer, whose shape is checked. */
static const struct tt_tensor *need_layer(const struct tt_segment *segment, enum tt_side side,
                                          const struct tt_dense *dense, size_t l, int part, struct tt_err *err)
{
    const struct tt_dense_layer *layer = &dense->layers[l];
    char name[TT_TENSOR_NAME];

    return tt_segment_need(segment, layer_name(name, side, dense, l, part), TT_F32,
                           part == BIAS ? layer->n_out : layer->n_in, part == BIAS ? 0 : layer->n_out, err);
}

static int load_layer(const struct tt_segment *segment, enum tt_side side, struct tt_dense *dense, size_t l, int part,
                      struct tt_err *err)
{
    const struct tt_tensor *t = need_layer(segment, side, dense, l, part, err);
    const struct tt_dense_layer *layer = &dense->layers[l];
    float *to = dense->params + (part == BIAS ? layer->bias : layer->weights);
    size_t n = part == BIAS ? layer->n_out : layer->n_in * layer->n_out;

    if (!t)
        return -1;
    memcpy(to, t->data, n * sizeof(*to)); /* with the others it is one array */
    if (!tt_vec_is_finite(to, n))
        return tt_err_set(err, TT_ERR_INPUT, "%s: tensor '%s' holds a value that is not finite", segment->name,
                          t->name);
    return 0;
}

static int load_layers(struct tt_model *model, struct tt_err *err)
{
    const struct tt_segment *segment = &model->entities.segment;
    const char *text = tt_segment_find_text(segment, "hidden");
    size_t widths[TT_MAX_HIDDEN], n;

    if (!text)
        return 0;
    if (tt_dense_parse_widths(text, widths, &n))
        return tt_err_set(err, TT_ERR_INPUT, "%s: damaged: the widths of the hidden layers", segment->name);
    for (enum tt_side side = TT_USER; side <= TT_ITEM; side++) { /* no memory before all the numbers are there */
        struct tt_dense plan;
        tt_dense_plan(&plan, count_features(&model->entities.dictionary.schema, side), model->dim, widths, n);
        for (size_t l = 0; l < plan.n_layers; l++)
            if (!need_layer(segment, side, &plan, l, WEIGHT, err) || !need_layer(segment, side, &plan, l, BIAS, err))
                return -1;
    }
    if (tt_model_add_layers(model, widths, n, err))
        return -1;
    for (enum tt_side side = TT_USER; side <= TT_ITEM; side++)
        for (size_t l = 0; l < model->dense[side].n_layers; l++)
            if (load_layer(segment, side, &model->dense[side], l, WEIGHT, err) ||
                load_layer(segment, side, &model->dense[side], l, BIAS, err))
                return -1;
    return 0;
}

/* Fill a model whose entities are loaded. */
static int load_rest(struct tt_model *model, struct tt_err *err)
{
    const struct tt_segment *segment = &model->entities.segment;
    uint64_t dim;

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
    model->tables = tt_alloc_zero(model->entities.dictionary.schema.n_columns, sizeof(*model->tables), err);
    if (!model->tables)
        goto fail;
    for (size_t i = 0; i < model->entities.dictionary.schema.n_columns; i++)
        if (model->entities.dictionary.schema.columns[i].is_embedded && load_table(model, i, err))
            goto fail;
    if (check_finite(model, err) || load_layers(model, err))
        goto fail;
    return 0;
fail:
    tt_model_release(model);
    return -1;
}

int tt_model_load(struct tt_model *model, const char *path, struct tt_err *err)
{
    *model = (struct tt_model){0};
    return tt_entities_load(&model->entities, path, err) ? -1 : load_rest(model, err);
}

int tt_model_from_segment(struct tt_model *model, struct tt_segment *segment, struct tt_err *err)
{
    *model = (struct tt_model){0};
    return tt_entities_from_segment(&model->entities, segment, err) ? -1 : load_rest(model, err);
}
