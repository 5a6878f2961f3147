/* Weighted codes of rows: see bags.h. */
#include "encode/bags.h"

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
