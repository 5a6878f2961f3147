/* One embedding table in a training step: gathers the bags of the step's rows, sums them up (forward), and sums up the
 * gradient of each row of the table that they have (backward). From histories a part is left out (dropout).
 *
 * With rows r and entries (code, w) of their bags, E the table (n_codes, D):
 *     sum_r = sum over the entries of r of w E[code],        d_E[code] = sum over the rows r with the code of w d_r
 * One thread sums up a code's gradient, with rows rising, so the order of additions, and with it every bit, does not
 * depend on the number of threads. A bag without entries stands for the unknown code.
 */
#ifndef TT_TRAIN_EMBEDDING_BAG_H
#define TT_TRAIN_EMBEDDING_BAG_H

#include "model/model.h"

struct tt_embedding_bag {
    const struct tt_model *model;      /* borrowed, as is the input */
    const struct tt_tower_input *input;
    size_t column;
    size_t n_rows;                     /* gathered */
    uint64_t *starts;                  /* (max_rows) where each row's entries begin; behind them may be unused room */
    uint32_t *counts;                  /* (max_rows) how many entries each row has, at least one */
    uint32_t *codes;
    float *weights;                    /* not is_weighted: all 1 */
    size_t n;                          /* entries by code */
    uint32_t *rows;                    /* (n) the row of each entry, sorted by code and, within a code, by row */
    float *row_weights;                /* (n) */
    uint32_t *groups;                  /* (n_groups + 1) where each distinct code begins */
    uint32_t *group_codes;             /* (n_groups) */
    size_t n_groups;
    int is_weighted;
    double *squares;                   /* of the gradients of each block of groups */
    size_t cap_codes, cap_weights, cap_rows, cap_row_weights, cap_groups, cap_group_codes, cap_squares;
};

/* Scratch of the sort by code, which bags that are gathered one after the other can share. All zero at first. */
struct tt_embedding_bag_entry;
struct tt_embedding_bag_scratch {
    struct tt_embedding_bag_entry *entries[2];
    uint32_t *digits;
    size_t cap_entries[2], cap_digits;
};
void tt_embedding_bag_scratch_release(struct tt_embedding_bag_scratch *scratch);

/* Which entries of the histories a step leaves out: each entry with probability `dropout`, by its place in the stream
 * (seed, TT_RNG_DROPOUT, epoch and input row), and, if times are given, all that are not before the row's moment. */
struct tt_history_mask {
    double dropout;
    uint64_t seed, epoch;
    const uint32_t *times;   /* (entries of the history's bags) of each first visit; NULL: no moments */
    const uint32_t *moments; /* (n) of the gathered rows: entries of an equal or later time are left out; 0: none */
};

/* The input has bags for the column. */
int tt_embedding_bag_init(struct tt_embedding_bag *bag, const struct tt_model *model,
                          const struct tt_tower_input *input, size_t column, size_t max_rows,
                          struct tt_err *err) TT_CHECKED;
void tt_embedding_bag_release(struct tt_embedding_bag *bag); /* fine on a struct that is all zero */

/* Gather the bags of the input's rows `rows`, n <= max_rows of them. mask NULL: nothing is left out. */
int tt_embedding_bag_gather(struct tt_embedding_bag *bag, struct tt_embedding_bag_scratch *scratch,
                            struct tt_pool *pool, const uint32_t *rows, size_t n, const struct tt_history_mask *mask,
                            struct tt_err *err) TT_CHECKED;

/* Add sum_r of the gathered rows r = from + i, i < n, to sums + i stride, D floats each. */
void tt_embedding_bag_forward(const struct tt_embedding_bag *bag, size_t from, size_t n, float *sums, size_t stride);

/* Call fn once for each row of the table that the gathered rows read, from any thread, for different rows at once. */
typedef void tt_row_fn(void *arg, size_t column, size_t row);
void tt_embedding_bag_each_row(const struct tt_embedding_bag *bag, struct tt_pool *pool, tt_row_fn *fn, void *arg);

/* Applies the gradient (D) of one table row: called once for each row that was read, from any thread, for different
 * rows at once. Returns the sum of the gradient's squares. */
typedef double tt_gradient_fn(void *arg, size_t column, size_t row, const float *gradient);

/* Called a few rows before that, to prefetch what the other will read. d is of the first gathered row that has the
 * table's row: the gradient itself, where it is the only one and its weight is 1. */
typedef void tt_prefetch_fn(void *arg, size_t column, size_t row, const float *d);

/* From d, D floats for each gathered row, `stride` apart, compute d_E and call `apply` for each of its rows. prefetch
 * may be NULL. Returns the sum of what `apply` returned, in the same order for any pool. */
double tt_embedding_bag_backward(const struct tt_embedding_bag *bag, struct tt_pool *pool, const float *d,
                                 size_t stride, tt_gradient_fn *apply, tt_prefetch_fn *prefetch, void *arg);

#endif
