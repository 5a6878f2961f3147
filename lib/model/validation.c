/* Measuring after each epoch: see validation.h. */
#include "model/validation.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum {
    TRAIN_SAMPLE = 2048, /* queries whose accuracy on the training events is logged */
    VALID_SAMPLE = 8192,
    FEW_QUERIES = 10,    /* so few may be alike without anything being wrong */
};
static const double alike = 0.99; /* the mean cosine of users who all get the same list */

static int compare_u32(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

/* Does any validation event repeat a visit of the training events? */
static int repeats(const struct tt_bags *visits, const struct tt_queries *q)
{
    for (size_t i = 0; i < q->n; i++) {
        const uint32_t *seen = visits->codes + visits->offsets[q->user[i]];
        size_t n = (size_t)(visits->offsets[q->user[i] + 1] - visits->offsets[q->user[i]]);
        for (uint64_t e = q->wanted.offsets[i]; e < q->wanted.offsets[i + 1]; e++)
            if (n && bsearch(&q->wanted.codes[e], seen, n, sizeof(*seen), compare_u32))
                return 1;
    }
    return 0;
}

int tt_validation_init(struct tt_validation *v, const struct tt_trainer *t, const struct tt_events *events,
                       struct tt_err *err)
{
    struct tt_events plain;

    *v = (struct tt_validation){.best_accuracy = -1, .n_columns = t->model->base.dictionary.schema.n_columns};
    if (tt_measure_init(&v->train, t->model, &t->queries, &t->catalogue, NULL, TRAIN_SAMPLE, err))
        return -1;
    if (!events)
        return 0;
    plain = *events;
    plain.weight = NULL; /* accuracy counts events */
    if (tt_queries_init(&v->queries, &t->model->base.dictionary, &plain, 0, err))
        goto fail;
    v->seen = t->o->seen != TT_SEEN_AUTO               ? t->o->seen
              : repeats(t->visits, &v->queries) ? TT_SEEN_KEEP : TT_SEEN_REMOVE;
    if (tt_measure_init(&v->valid, t->model, &v->queries, &t->catalogue, v->seen == TT_SEEN_REMOVE ? t->visits : NULL,
                        VALID_SAMPLE, err))
        goto fail;
    if (v->valid.total > 0)
        return 0;
    tt_err_set(err, TT_ERR_INPUT, "--valid: no validation event: %zu rows, all with label 0", events->n);
fail:
    tt_validation_release(v);
    return -1;
}

void tt_validation_release(struct tt_validation *v)
{
    for (size_t c = 0; v->best && c < v->n_columns; c++)
        free(v->best[c]);
    free(v->best);
    tt_measure_release(&v->train);
    tt_measure_release(&v->valid);
    tt_queries_release(&v->queries);
    *v = (struct tt_validation){0};
}

/* Room for the best epoch's tables. */
static int make_best(struct tt_validation *v, const struct tt_model *model, struct tt_err *err)
{
    if (!v->best && !(v->best = tt_alloc_zero(v->n_columns, sizeof(*v->best), err)))
        return -1;
    for (size_t c = 0; c < v->n_columns; c++)
        if (model->tables[c] && !v->best[c] &&
            !(v->best[c] = tt_alloc(tt_model_table_size(model, c), sizeof(float), err)))
            return -1;
    return 0;
}

static int keep_tables(struct tt_validation *v, const struct tt_model *model, struct tt_err *err)
{
    if (make_best(v, model, err))
        return -1;
    for (size_t c = 0; c < v->n_columns; c++)
        if (v->best[c])
            memcpy(v->best[c], model->tables[c], tt_model_table_size(model, c) * sizeof(float));
    return 0;
}

int tt_validation_measure(struct tt_validation *v, struct tt_trainer *t, size_t epoch, struct tt_epoch_measures *found,
                          struct tt_err *err)
{
    size_t n = t->catalogue.n, k = t->o->k;

    *found = (struct tt_epoch_measures){-1, -1, 0};
    tt_model_embed(t->model, &t->catalogue_input, t->pool, t->v);
    if (tt_measure_accuracy(&v->train, t->model, n, t->v, k, t->pool, &found->train_accuracy, err) ||
        (v->valid.n && tt_measure_accuracy(&v->valid, t->model, n, t->v, k, t->pool, &found->valid_accuracy, err)))
        return -1;
    found->is_best = v->valid.n == 0 || found->valid_accuracy > v->best_accuracy;
    if (!found->is_best)
        return 0;
    v->best_epoch = epoch;
    v->best_accuracy = found->valid_accuracy;
    v->has_collapsed = v->train.n >= FEW_QUERIES && tt_measure_cosine(&v->train, t->o->dim) > alike;
    return v->valid.n ? keep_tables(v, t->model, err) : 0;
}

int tt_validation_state(struct tt_validation *v, const struct tt_model *model, struct tt_state *state,
                        struct tt_err *err)
{
    const struct tt_dictionary *d = &model->base.dictionary;
    char name[TT_TENSOR_NAME];
    int has_best = v->best != NULL;

    if (tt_state_count(state, "best.epoch", &v->best_epoch, err) ||
        tt_state_number(state, "best.accuracy", &v->best_accuracy, err) ||
        tt_state_flag(state, "best.has_collapsed", &v->has_collapsed, err) ||
        tt_state_flag(state, "best.has_tables", &has_best, err) || (has_best && make_best(v, model, err)))
        return -1;
    for (size_t c = 0; has_best && c < v->n_columns; c++)
        if (v->best[c] && tt_state_array(state, tt_tensor_name(name, &d->schema.columns[c], "best"), TT_F32,
                                         d->features[c].n_codes, model->dim, v->best[c], err))
            return -1;
    return 0;
}

void tt_validation_restore(const struct tt_validation *v, struct tt_trainer *t)
{
    for (size_t c = 0; v->best && c < v->n_columns; c++)
        if (v->best[c])
            memcpy(t->model->tables[c], v->best[c], tt_model_table_size(t->model, c) * sizeof(float));
}
