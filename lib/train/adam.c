/* Adam: see adam.h. */
#include "train/adam.h"

#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "math/bag.h"
#include "math/vec.h"
#include "train/parameters.h"

/* The learning rate of layers, as a share of that of tables. Each number of a layer acts on every row of a step, and
 * the changes of all inputs of a layer add up in its output, where the change of a table acts once. */
static const float layers_share = 0.1f;

enum { BAD_GRADIENT = 1, BAD_VALUE = 2, ROW_BLOCK = 1024, LAYER_BLOCK = 4096 };

int tt_adam_init(struct tt_adam *adam, struct tt_model *model, struct tt_err *err)
{
    const struct tt_dictionary *d = &model->entities.dictionary;

    adam->model = model;
    adam->first = tt_alloc_zero(d->schema.n_columns, sizeof(*adam->first), err);
    adam->second = tt_alloc_zero(d->schema.n_columns, sizeof(*adam->second), err);
    adam->trained = tt_alloc_zero(d->schema.n_columns, sizeof(*adam->trained), err);
    adam->row_log_decay = tt_alloc_zero(d->schema.n_columns, sizeof(*adam->row_log_decay), err);
    adam->bad = tt_alloc_zero(d->schema.n_columns + 2, sizeof(*adam->bad), err);
    if (!adam->first || !adam->second || !adam->trained || !adam->row_log_decay || !adam->bad)
        goto fail;
    for (size_t c = 0; c < d->schema.n_columns; c++) {
        if (!model->tables[c])
            continue;
        adam->first[c] = tt_alloc_zero(d->features[c].n_codes, model->dim * sizeof(float), err);
        adam->second[c] = tt_alloc_zero(d->features[c].n_codes, model->dim * sizeof(float), err);
        adam->trained[c] = tt_alloc_zero(d->features[c].n_codes, 1, err);
        if (!adam->first[c] || !adam->second[c] || !adam->trained[c])
            goto fail;
        if (adam->o.weight_decay > 0 &&
            !(adam->row_log_decay[c] = tt_alloc_zero(d->features[c].n_codes, sizeof(double), err)))
            goto fail;
    }
    for (int side = TT_USER; side <= TT_ITEM; side++) {
        adam->layers_first[side] = tt_alloc_zero(model->dense[side].n_params, sizeof(float), err);
        adam->layers_second[side] = tt_alloc_zero(model->dense[side].n_params, sizeof(float), err);
        if (!adam->layers_first[side] || !adam->layers_second[side])
            goto fail;
    }
    return 0;
fail:
    tt_adam_release(adam);
    return -1;
}

void tt_adam_release(struct tt_adam *adam)
{
    for (size_t c = 0; adam->model && c < adam->model->entities.dictionary.schema.n_columns; c++) {
        if (adam->first)
            free(adam->first[c]);
        if (adam->second)
            free(adam->second[c]);
        if (adam->trained)
            free(adam->trained[c]);
        if (adam->row_log_decay)
            free(adam->row_log_decay[c]);
    }
    free(adam->first);
    free(adam->second);
    free(adam->trained);
    free(adam->row_log_decay);
    free(adam->bad);
    for (int side = TT_USER; side <= TT_ITEM; side++) {
        free(adam->layers_first[side]);
        free(adam->layers_second[side]);
    }
    *adam = (struct tt_adam){0};
}

int tt_adam_state(struct tt_adam *adam, struct tt_state *state, struct tt_err *err)
{
    const struct tt_dictionary *d = &adam->model->entities.dictionary;
    char name[TT_TENSOR_NAME];

    for (size_t c = 0; c < d->schema.n_columns; c++) {
        const struct tt_column *column = &d->schema.columns[c];
        size_t n = d->features[c].n_codes, dim = adam->model->dim;
        if (adam->first[c] &&
            (tt_state_array(state, tt_tensor_name(name, column, "first"), TT_F32, n, dim, adam->first[c], err) ||
             tt_state_array(state, tt_tensor_name(name, column, "second"), TT_F32, n, dim, adam->second[c], err) ||
             tt_state_array(state, tt_tensor_name(name, column, "trained"), TT_U8, n, 0, adam->trained[c], err)))
            return -1;
        if (adam->row_log_decay[c] &&
            tt_state_array(state, tt_tensor_name(name, column, "shrunk"), TT_F64, n, 0, adam->row_log_decay[c], err))
            return -1;
    }
    if (adam->o.weight_decay > 0 && tt_state_number(state, "shrunk", &adam->log_decay, err))
        return -1;
    for (enum tt_side side = TT_USER; side <= TT_ITEM; side++)
        if (tt_layers_state(adam->model, side, "first", adam->layers_first[side], state, err) ||
            tt_layers_state(adam->model, side, "second", adam->layers_second[side], state, err))
            return -1;
    return 0;
}

void tt_adam_step(struct tt_adam *adam, size_t step)
{
    double t = (double)step + 1, rate = adam->o.learning_rate;

    if (step < adam->o.warmup)
        rate *= t / (double)adam->o.warmup;
    /* rate * m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + e)  =  rule.rate * m / (sqrt(v) + rule.epsilon) */
    double root = sqrt(1 - pow(adam->o.beta2, t));
    adam->rule = (struct tt_adam_rule){.beta1 = (float)adam->beta1, .beta2 = (float)adam->o.beta2,
                                       .rate = (float)(rate * root / (1 - pow(adam->beta1, t))),
                                       .epsilon = (float)(adam->epsilon * root),
                                       .shrink = (float)(rate * adam->o.weight_decay)};
    adam->log_decay += log1p(-rate * adam->o.weight_decay);
}

/* The corrections of the moments' bias stay: b^n to the power of t / n is b^t. */
void tt_adam_stretch(struct tt_adam *adam, size_t n)
{
    adam->rule.beta1 = (float)pow(adam->beta1, (double)n);
    adam->rule.beta2 = (float)pow(adam->o.beta2, (double)n);
    adam->rule.rate *= (float)n;
}

static void note_bad(struct tt_adam *adam, size_t place, size_t n, const float *gradient)
{
    atomic_fetch_or(&adam->bad[place], tt_vec_is_finite(gradient, n) ? BAD_VALUE : BAD_GRADIENT);
}

double tt_adam_apply(void *arg, size_t column, size_t row, const float *gradient)
{
    struct tt_adam *adam = arg;
    size_t dim = adam->model->dim, at = row * dim;
    float squares;

    if (!tt_adam_row(&adam->rule, dim, gradient, adam->model->tables[column] + at, adam->first[column] + at,
                     adam->second[column] + at, &squares))
        note_bad(adam, column, dim, gradient);
    adam->trained[column][row] = 1;
    if (adam->row_log_decay[column])
        adam->row_log_decay[column][row] = adam->log_decay;
    return (double)squares;
}

void tt_adam_prefetch(void *arg, size_t column, size_t row, const float *d)
{
    const struct tt_adam *adam = arg;
    size_t dim = adam->model->dim, at = row * dim;

    (void)d;
    tt_bag_prefetch(adam->model->tables[column] + at, dim);
    tt_bag_prefetch(adam->first[column] + at, dim);
    tt_bag_prefetch(adam->second[column] + at, dim);
}

void tt_adam_catch_up(void *arg, size_t column, size_t row)
{
    struct tt_adam *adam = arg;
    size_t dim = adam->model->dim;

    if (!adam->row_log_decay[column] || adam->row_log_decay[column][row] == adam->log_decay)
        return;
    float *value = adam->model->tables[column] + row * dim;
    float left = (float)exp(adam->log_decay - adam->row_log_decay[column][row]);
    for (size_t i = 0; i < dim; i++)
        value[i] *= left;
    adam->row_log_decay[column][row] = adam->log_decay;
}

struct all_rows {
    struct tt_adam *adam;
    size_t column;
};

static void row_block(void *arg, size_t block, int worker)
{
    const struct all_rows *all = arg;
    size_t n = all->adam->model->entities.dictionary.features[all->column].n_codes, to = (block + 1) * ROW_BLOCK;

    (void)worker;
    for (size_t row = block * ROW_BLOCK; row < n && row < to; row++)
        tt_adam_catch_up(all->adam, all->column, row);
}

void tt_adam_catch_up_all(struct tt_adam *adam, struct tt_pool *pool)
{
    const struct tt_dictionary *d = &adam->model->entities.dictionary;

    for (size_t c = 0; c < d->schema.n_columns; c++)
        if (adam->row_log_decay[c])
            tt_pool_run(pool, tt_blocks(d->features[c].n_codes, ROW_BLOCK), row_block, &(struct all_rows){adam, c});
}

double tt_adam_apply_layers(struct tt_adam *adam, enum tt_side side, const float *gradient)
{
    const struct tt_dense *dense = &adam->model->dense[side];
    struct tt_adam_rule rule = adam->rule;
    double squares = 0;

    rule.rate *= layers_share;
    for (size_t at = 0; at < dense->n_params; at += LAYER_BLOCK) {
        size_t n = dense->n_params - at < LAYER_BLOCK ? dense->n_params - at : LAYER_BLOCK;
        float some;
        if (!tt_adam_row(&rule, n, gradient + at, dense->params + at, adam->layers_first[side] + at,
                         adam->layers_second[side] + at, &some))
            note_bad(adam, adam->model->entities.dictionary.schema.n_columns + (size_t)side, n, gradient + at);
        squares += (double)some;
    }
    return squares;
}

int tt_adam_check(const struct tt_adam *adam, size_t number, struct tt_err *err)
{
    const struct tt_schema *schema = &adam->model->entities.dictionary.schema;
    char name[TT_TENSOR_NAME];
    size_t place = 0;

    while (place < schema->n_columns + 2 && !adam->bad[place])
        place++;
    if (place == schema->n_columns + 2)
        return 0;
    int is_gradient = adam->bad[place] & BAD_GRADIENT;
    const char *tensor = place < schema->n_columns ? tt_tensor_name(name, &schema->columns[place], "embedding")
                                                   : tt_model_layers_not_finite(adam->model, name);
    return tt_err_set(err, TT_ERR_INPUT, "%s'%s' is not finite %s step %zu: is the learning rate too large?",
                      is_gradient ? "the gradient of " : "", tensor, is_gradient ? "in" : "after", number);
}
