/* Rows without training: see untrained_rows.h. */
#include "train/untrained_rows.h"

#include <string.h>

/* The mean bag of a history over the users that have one, or 0: it stands for an unknown user's history. */
static void mean_bag(const struct tt_model *model, const struct tt_bags *visits, size_t column, float *mean)
{
    const float *table = model->tables[column];
    size_t dim = model->dim, n = 0;
    double sums[TT_MAX_DIM] = {0};

    for (size_t u = 0; u < visits->n_rows; u++) {
        const uint32_t *codes;
        const float *weights;
        size_t size = tt_bags_row(visits, u, &codes, &weights);
        double length = (double)tt_history_length(weights, size);
        for (size_t e = 0; e < size; e++)
            for (size_t i = 0; i < dim; i++)
                sums[i] += (double)weights[e] / length * (double)table[codes[e] * dim + i];
        n += size > 0;
    }
    for (size_t i = 0; i < dim; i++)
        mean[i] = n ? (float)(sums[i] / (double)n) : 0;
}

/* The mean of the trained rows from 1 up, or 0. */
static void mean_row(const struct tt_model *model, const unsigned char *trained, size_t column, float *mean)
{
    size_t dim = model->dim, n = 0;
    double sums[TT_MAX_DIM] = {0};

    for (size_t r = 1; r < model->entities.dictionary.features[column].n_codes; r++) {
        if (!trained[r])
            continue;
        for (size_t i = 0; i < dim; i++)
            sums[i] += (double)model->tables[column][r * dim + i];
        n++;
    }
    for (size_t i = 0; i < dim; i++)
        mean[i] = n ? (float)(sums[i] / (double)n) : 0;
}

void tt_untrained_rows_fill(struct tt_model *model, unsigned char *const *trained, const struct tt_bags *visits)
{
    const struct tt_dictionary *d = &model->entities.dictionary;
    size_t dim = model->dim;

    for (size_t c = 0; c < d->schema.n_columns; c++) {
        float *table = model->tables[c];
        if (!table)
            continue;
        if (!trained[c][0]) {
            if (d->schema.columns[c].kind == TT_KIND_HISTORY)
                mean_bag(model, d->schema.columns[c].side == TT_USER ? visits : &model->entities.items.bags[c], c,
                         table);
            else if (d->schema.columns[c].form == TT_FORM_SCALED)
                memset(table, 0, dim * sizeof(*table));
            else
                mean_row(model, trained[c], c, table);
        }
        for (size_t r = 1; r < d->features[c].n_codes; r++)
            if (!trained[c][r])
                memcpy(table + r * dim, table, dim * sizeof(*table));
    }
}
