/* Copies of a model's parameters: see parameters.h. */
#include "train/parameters.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

int tt_parameters_init(struct tt_parameters *p, const struct tt_model *model, struct tt_err *err)
{
    *p = (struct tt_parameters){.n_columns = model->entities.dictionary.schema.n_columns};
    if (!(p->tables = tt_alloc_zero(p->n_columns, sizeof(*p->tables), err)))
        goto fail;
    for (size_t c = 0; c < p->n_columns; c++)
        if (model->tables[c] &&
            !(p->tables[c] = tt_alloc_aligned(tt_model_table_size(model, c), sizeof(float), err)))
            goto fail;
    for (int side = TT_USER; side <= TT_ITEM; side++)
        if (model->dense[side].n_params &&
            !(p->layers[side] = tt_alloc_aligned(model->dense[side].n_params, sizeof(float), err)))
            goto fail;
    return 0;
fail:
    tt_parameters_release(p);
    return -1;
}

void tt_parameters_release(struct tt_parameters *p)
{
    for (size_t c = 0; p->tables && c < p->n_columns; c++)
        free(p->tables[c]);
    free(p->tables);
    free(p->layers[TT_USER]);
    free(p->layers[TT_ITEM]);
    *p = (struct tt_parameters){0};
}

struct tt_model tt_parameters_view(const struct tt_parameters *p, const struct tt_model *model)
{
    struct tt_model view = *model;

    view.owns_tables = 0;
    view.tables = p->tables;
    for (int side = TT_USER; side <= TT_ITEM; side++)
        view.dense[side].params = p->layers[side];
    return view;
}

static void copy(float *to, const float *from, size_t n)
{
    if (n > 0 && to != from)
        memcpy(to, from, n * sizeof(*to));
}

void tt_parameters_assign(struct tt_model *to, const struct tt_model *from)
{
    for (size_t c = 0; c < to->entities.dictionary.schema.n_columns; c++)
        if (to->tables[c])
            copy(to->tables[c], from->tables[c], tt_model_table_size(to, c));
    for (int side = TT_USER; side <= TT_ITEM; side++)
        copy(to->dense[side].params, from->dense[side].params, to->dense[side].n_params);
}

int tt_layers_state(const struct tt_model *model, enum tt_side side, const char *what, float *numbers,
                    struct tt_state *state, struct tt_err *err)
{
    char name[TT_TENSOR_NAME];
    size_t n = model->dense[side].n_params;

    snprintf(name, sizeof(name), "layers.%s.%s", tt_side_name(side), what);
    return n ? tt_state_array(state, name, TT_F32, n, 0, numbers, err) : 0;
}

int tt_parameters_state(struct tt_parameters *p, const struct tt_model *model, const char *what,
                        struct tt_state *state, struct tt_err *err)
{
    const struct tt_dictionary *d = &model->entities.dictionary;
    char name[TT_TENSOR_NAME];

    for (size_t c = 0; c < p->n_columns; c++)
        if (p->tables[c] && tt_state_array(state, tt_tensor_name(name, &d->schema.columns[c], what), TT_F32,
                                           d->features[c].n_codes, model->dim, p->tables[c], err))
            return -1;
    for (enum tt_side side = TT_USER; side <= TT_ITEM; side++)
        if (tt_layers_state(model, side, what, p->layers[side], state, err))
            return -1;
    return 0;
}
