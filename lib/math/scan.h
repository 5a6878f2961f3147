/* The inner loop of exact search: scores of a group of queries with a panel of items, compared with each query's limit
 * while they are still in registers. Few scores pass a good limit, so almost none is ever written to memory: the work
 * is that of a matrix product, and the selection costs one comparison for 8 or 16 scores.
 *
 *     panel    (dim, 32)  item i of the panel is column i: the vectors of 32 items, transposed; missing items are zero
 *     queries  (dim, q)   likewise transposed, q <= 12
 *
 * The score of query x and item y is a chain of fused multiply-adds in float, in the order of the dimensions:
 *
 *     s = 0;  s = fma(x[0], y[0], s);  s = fma(x[1], y[1], s);  ...
 *
 * So its bits depend on x and y alone: not on the CPU, the kernel, q, or the places of query and item. Finite vectors
 * whose product overflows score plus or minus infinity, never NaN: an infinite sum stays what it is.
 */
#ifndef TT_MATH_SCAN_H
#define TT_MATH_SCAN_H

#include <stddef.h>
#include <stdint.h>

enum {
    TT_SCAN_ITEMS = 32,   /* a panel: two registers of 16, or four of 8 */
    TT_SCAN_QUERIES = 12, /* a group: 12 x 2 sums, and 2 registers for items, of the 32 that AVX-512 has */
    TT_SCAN_HITS = TT_SCAN_ITEMS * TT_SCAN_QUERIES,
};

struct tt_scan_hit {
    float score;
    uint16_t query, item; /* their places in the group and in the panel */
};

/* Write to hits, which has room for TT_SCAN_HITS, each (query, item) that scores above limit[query], by rising query
 * and, within a query, item; returns their number. Any number of calls at once. */
typedef size_t tt_scan_fn(size_t q, size_t dim, const float *queries, const float *panel, const float *limit,
                          struct tt_scan_hit *hits);

enum tt_scan_isa { TT_SCAN_PLAIN, TT_SCAN_AVX2, TT_SCAN_AVX512, TT_SCAN_ISAS };

/* The kernel for an instruction set, or NULL where this CPU lacks it. PLAIN is always there, and is the reference. All
 * give the same bits. */
tt_scan_fn *tt_scan_kernel(enum tt_scan_isa isa);

/* The fastest that this CPU has. */
tt_scan_fn *tt_scan_best(void);

/* Transpose n <= width vectors (n, dim) into out (dim, width); columns from n on are zero. */
void tt_scan_transpose(const float *vectors, size_t n, size_t dim, size_t width, float *out);

/* One score as the kernels compute it. */
float tt_scan_score(const float *x, const float *y, size_t dim);

#endif
