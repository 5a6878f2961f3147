/* Bags: the rows of a feature, as weighted codes. What a row contributes to a tower is the weighted sum of its codes'
 * embeddings.
 */
#ifndef TT_ENCODE_BAGS_H
#define TT_ENCODE_BAGS_H

#include <stdint.h>

#include "base/err.h"

/* The rows of one feature. With one code of weight 1 in every row, offsets and weights stay NULL. */
struct tt_bags {
    size_t n_rows;
    uint64_t *offsets; /* (n_rows + 1): row r has entries offsets[r] ... offsets[r + 1] - 1 */
    uint32_t *codes;
    float *weights;    /* NULL: all 1 */
    size_t cap_offsets, cap_codes, cap_weights; /* 0: a view */
};

/* Append a row of n entries, or a copy of another's row. weights may be NULL: all 1. is_single: every row has one code
 * of weight 1. */
int tt_bags_add(struct tt_bags *bags, const uint32_t *codes, const float *weights, size_t n, int is_single,
                struct tt_err *err) TT_CHECKED;
int tt_bags_add_row_of(struct tt_bags *bags, const struct tt_bags *other, size_t row, struct tt_err *err) TT_CHECKED;
void tt_bags_release(struct tt_bags *bags);

/* Row r's entries: their number, *codes, and *weights (NULL: all 1). */
static inline size_t tt_bags_row(const struct tt_bags *bags, size_t row, const uint32_t **codes, const float **weights)
{
    size_t from = bags->offsets ? (size_t)bags->offsets[row] : row;

    *codes = bags->codes + from;
    *weights = bags->weights ? bags->weights + from : NULL;
    return bags->offsets ? (size_t)(bags->offsets[row + 1] - bags->offsets[row]) : 1;
}

#endif
