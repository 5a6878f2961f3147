/* The rows of one embedding table that a training step reads: the bags of one column gathered (histories with a part
 * dropped), their sums, and the gradients of the table's rows.
 *
 * With rows r and entries (code, w) of their bags, E the table (n_codes, D):
 *     sum_r = sum over the entries of r of w E[code],        d_E[code] = sum over the rows r with the code of w d_r
 * A code's gradient is summed in one place, rows rising, so the order of additions, and with it every bit, does not
 * depend on how many threads there are. A bag without entries stands for the unknown code.
 */
#ifndef TT_TRAIN_LOOKUP_H
#define TT_TRAIN_LOOKUP_H

#include "model/model.h"

struct tt_lookup {
    const struct tt_model *model;      /* borrowed, as is the input */
    const struct tt_tower_input *input;
    size_t column;
    size_t n_rows;                     /* gathered */
    uint64_t *starts;                  /* (max_rows) where each row's entries begin; there may be room behind them */
    uint32_t *counts;                  /* (max_rows) how many entries each row has, at least one */
    uint32_t *codes;
    float *weights;                    /* not is_weighted: all 1 */
    size_t n;                          /* entries by code */
    uint32_t *rows;                    /* (n) whose entry it is: codes rising, and of a code the rows */
    float *row_weights;                /* (n) */
    uint32_t *groups;                  /* (n_groups + 1) where each distinct code begins */
    uint32_t *group_codes;             /* (n_groups) */
    size_t n_groups;
    int is_weighted;
    double *squares;                   /* of each block of groups, while gradients are handed over */
    size_t cap_codes, cap_weights, cap_rows, cap_row_weights, cap_groups, cap_group_codes, cap_squares;
};

/* Room for the sorting by code, which lookups that are gathered one after the other can share. All zero at first. */
struct tt_lookup_entry;
struct tt_lookup_scratch {
    struct tt_lookup_entry *entries[2];
    uint32_t *digits;
    size_t cap_entries[2], cap_digits;
};
void tt_lookup_scratch_release(struct tt_lookup_scratch *scratch);

/* Which part of the histories is left out in this step: each entry with probability `share`, by its place in the stream
 * (seed, TT_RNG_DROPOUT, epoch and input row); and before that, if times are given, what was not yet there at a row's
 * moment. */
struct tt_drop {
    double share;
    uint64_t seed, epoch;
    const uint32_t *times;   /* (entries of the history's bags) since when each entry is there; NULL: always */
    const uint32_t *moments; /* (n) of the gathered rows: entries with an equal or later time are left out; 0: none */
};

/* The input has bags for the column. */
int tt_lookup_init(struct tt_lookup *lookup, const struct tt_model *model, const struct tt_tower_input *input,
                   size_t column, size_t max_rows, struct tt_err *err) TT_CHECKED;
void tt_lookup_release(struct tt_lookup *lookup); /* fine on a struct that is all zero */

/* Take the input's rows `rows` (n of them, n <= max_rows). drop NULL: nothing is left out. */
int tt_lookup_gather(struct tt_lookup *lookup, struct tt_lookup_scratch *scratch, struct tt_pool *pool,
                     const uint32_t *rows, size_t n, const struct tt_drop *drop, struct tt_err *err) TT_CHECKED;

/* sums + i stride, D floats each: += sum_r of the gathered rows r = from + i, i < n. */
void tt_lookup_add(const struct tt_lookup *lookup, size_t from, size_t n, float *sums, size_t stride);

/* Call fn for each row of the table that the gathered rows read, once, from any thread, for different rows at once. */
typedef void tt_row_fn(void *arg, size_t column, size_t row);
void tt_lookup_each_row(const struct tt_lookup *lookup, struct tt_pool *pool, tt_row_fn *fn, void *arg);

/* What takes the gradient (D) of one table row: called once for each row that was read, from any thread, for different
 * rows at once. Returns the sum of its squares. */
typedef double tt_gradient_fn(void *arg, size_t column, size_t row, const float *gradient);

/* What is called a few rows before that, for what it may ask of the memory. d is of the first gathered row that has the
 * table's row: the gradient itself, where it is the only one and its weight is 1. */
typedef void tt_ahead_fn(void *arg, size_t column, size_t row, const float *d);

/* From d, D floats for each gathered row, `stride` apart, to d_E. ahead NULL: nothing is asked of the memory. Returns
 * the sum of what `take` returned, in the same order for any pool. */
double tt_lookup_back(const struct tt_lookup *lookup, struct tt_pool *pool, const float *d, size_t stride,
                      tt_gradient_fn *take, tt_ahead_fn *ahead, void *arg);

#endif
