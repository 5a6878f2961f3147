/* The k best of many scored rows, with one rule for ties everywhere in tt: the higher score first, and of equal scores
 * the lower row number first. The result depends on the set of rows alone, not on the order in which they come.
 *
 *     struct tt_scored best[10];
 *     struct tt_topk top;
 *     tt_topk_init(&top, best, 10);
 *     for each row: tt_topk_push(&top, score, row);
 *     tt_topk_sort(&top);                              best[0 ... top.n-1] are in rank order
 *
 * A heap of at most k rows with the worst at the root: a row that is not good enough costs one comparison, another one
 * log k. Scores may be infinite but not NaN, and k may be 0. The array is the caller's.
 */
#ifndef TT_MATH_TOPK_H
#define TT_MATH_TOPK_H

#include <stddef.h>
#include <stdint.h>

struct tt_scored {
    float score;
    uint32_t row;
};

struct tt_topk {
    struct tt_scored *items; /* (k) borrowed: a heap, or in rank order after sort */
    size_t n, k;             /* in use; room */
};

/* Does a stand before b? */
static inline int tt_scored_before(struct tt_scored a, struct tt_scored b)
{
    return a.score > b.score || (a.score == b.score && a.row < b.row);
}

void tt_topk_init(struct tt_topk *top, struct tt_scored *items, size_t k);
void tt_topk_push(struct tt_topk *top, float score, uint32_t row);

/* Into rank order; nothing may be pushed after it. */
void tt_topk_sort(struct tt_topk *top);

/* Rows that score below this can be passed over: the k-th score so far, or minus infinity while there are
 * fewer than k. */
static inline float tt_topk_limit(const struct tt_topk *top)
{
    return top->n < top->k ? -__builtin_inff() : top->k ? top->items[0].score : __builtin_inff();
}

#endif
