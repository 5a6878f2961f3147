/* The inner loop of a coarse search: dot products of vectors rounded to 8 bits, a group of queries with a panel of
 * items, compared with each query's limit in registers, as in scan.h, at four times the elements a register. All of it
 * is whole numbers, so every kernel gives the same.
 *
 * A vector is rounded to q[k] = nearest(x[k] / step) in -127 ... 127 with step = max |x| / 127. For AVX-512 VNNI, whose
 * instruction multiplies unsigned by signed bytes and adds four neighbouring products, queries are stored as q + 128,
 * and an item's sum begins at -128 (its q[0] + q[1] + ...), which takes that away again.
 *
 *     panel    (ceil(dim / 4), 32, 4) int8   4 dimensions of item 0, of item 1, ...; zero beyond dim, and for no item
 *     begin    (32) int32                    -128 * the sum of an item's bytes
 *     queries  (ceil(dim / 4), q, 4) uint8   likewise; 128 beyond dim
 *
 * dim is at most TT_BYTE_SCAN_MAX_DIM, so that no sum overflows.
 */
#ifndef TT_MATH_BYTE_SCAN_H
#define TT_MATH_BYTE_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include "math/scan.h"

enum { TT_BYTE_SCAN_MAX_DIM = 65536 }; /* 65536 * 255 * 127 < 2^31 */

struct tt_byte_hit {
    int32_t dot;
    uint16_t query, item;
};

/* Write to hits, which has room for TT_SCAN_HITS, each (query, item) whose dot product is above limit[query], by rising
 * query and, within a query, item; returns their number. quads is ceil(dim / 4). Any number of calls at once. */
typedef size_t tt_byte_scan_fn(size_t q, size_t quads, const uint8_t *queries, const int8_t *panel,
                               const int32_t *begin, const int32_t *limit, struct tt_byte_hit *hits);

/* The reference, and the fast kernel or NULL where this CPU has none. */
tt_byte_scan_fn *tt_byte_scan_plain(void);
tt_byte_scan_fn *tt_byte_scan_fast(void);

/* The largest magnitude among n values, over 127: the step that spreads them over all bytes. */
float tt_byte_step(const float *x, size_t n);

/* Round one vector with this step (0: all of x is zero). Returns the length of x minus its rounded self, step * q: how
 * wrong it became. Byte k goes to out[k / 4 * stride + k % 4]. */
double tt_byte_round(const float *x, size_t dim, float step, int8_t *out, size_t stride);

#endif
