/* Weighted codes of rows: see bags.h. */
#include "encode/bags.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

int tt_bags_add(struct tt_bags *bags, const uint32_t *codes, const float *weights, size_t n, int is_single,
                struct tt_err *err)
{
    size_t used = bags->offsets ? (size_t)bags->offsets[bags->n_rows] : bags->n_rows;

    if (tt_grow(&bags->codes, &bags->cap_codes, used + n, sizeof(*bags->codes), err))
        return -1;
    if (n)
        memcpy(bags->codes + used, codes, n * sizeof(*codes));
    if (!is_single) {
        if (tt_grow(&bags->offsets, &bags->cap_offsets, bags->n_rows + 2, sizeof(*bags->offsets), err) ||
            tt_grow(&bags->weights, &bags->cap_weights, used + n, sizeof(*bags->weights), err))
            return -1;
        for (size_t i = 0; i < n; i++)
            bags->weights[used + i] = weights ? weights[i] : 1;
        bags->offsets[0] = 0;
        bags->offsets[bags->n_rows + 1] = used + n;
    }
    bags->n_rows++;
    return 0;
}

int tt_bags_add_row_of(struct tt_bags *bags, const struct tt_bags *other, size_t row, struct tt_err *err)
{
    const uint32_t *codes;
    const float *weights;
    size_t n = tt_bags_row(other, row, &codes, &weights);

    return tt_bags_add(bags, codes, weights, n, other->offsets == NULL, err);
}

void tt_bags_release(struct tt_bags *bags)
{
    if (bags->cap_offsets)
        free(bags->offsets);
    if (bags->cap_codes)
        free(bags->codes);
    if (bags->cap_weights)
        free(bags->weights);
    *bags = (struct tt_bags){0};
}

int tt_bags_store(const struct tt_bags *bags, const struct tt_column *column, struct tt_segment *segment,
                  struct tt_err *err)
{
    static const uint64_t no_rows[1] = {0};
    char name[TT_TENSOR_NAME];
    size_t n = bags->offsets ? (size_t)bags->offsets[bags->n_rows] : bags->n_rows;

    if (tt_segment_tensor(segment, tt_tensor_name(name, column, "codes"), TT_U32, n, 0, bags->codes, err))
        return -1;
    if (tt_column_is_single(column))
        return 0;
    if (bags->n_rows == 0)
        n = 0;
    return tt_segment_tensor(segment, tt_tensor_name(name, column, "offsets"), TT_U64, bags->n_rows + 1, 0,
                             bags->offsets ? bags->offsets : no_rows, err) ||
                   tt_segment_tensor(segment, tt_tensor_name(name, column, "weights"), TT_F32, n, 0, bags->weights, err)
               ? -1
               : 0;
}

int tt_bags_load(struct tt_bags *bags, const struct tt_column *column, size_t n_codes, size_t n_rows,
                 const struct tt_segment *segment, struct tt_err *err)
{
    char name[TT_TENSOR_NAME];
    int is_single = tt_column_is_single(column);
    const struct tt_tensor *codes = tt_segment_need(segment, tt_tensor_name(name, column, "codes"), TT_U32,
                                                    is_single ? n_rows : TT_ANY, 0, err);

    *bags = (struct tt_bags){.n_rows = n_rows};
    if (!codes)
        return -1;
    size_t n = codes->shape[0];
    bags->codes = (uint32_t *)codes->data;
    for (size_t i = 0; i < n; i++)
        if (bags->codes[i] >= n_codes)
            return tt_err_set(err, TT_ERR_INPUT, "%s: tensor '%s': a code that the feature does not have",
                              segment->name, name);
    if (is_single)
        return 0;
    const struct tt_tensor *offsets =
        tt_segment_need(segment, tt_tensor_name(name, column, "offsets"), TT_U64, n_rows + 1, 0, err);
    const struct tt_tensor *weights =
        tt_segment_need(segment, tt_tensor_name(name, column, "weights"), TT_F32, n, 0, err);
    if (!offsets || !weights)
        return -1;
    bags->offsets = (uint64_t *)offsets->data;
    bags->weights = (float *)weights->data;
    int good = bags->offsets[0] == 0 && bags->offsets[n_rows] == n;
    for (size_t r = 0; r < n_rows && good; r++)
        good = bags->offsets[r] <= bags->offsets[r + 1];
    for (size_t i = 0; i < n && good; i++)
        good = isfinite(bags->weights[i]);
    if (!good)
        return tt_err_set(err, TT_ERR_INPUT, "%s: damaged: offsets or weights of '%s.%s'", segment->name,
                          tt_side_name(column->side), column->name);
    return 0;
}
