/* A quantized scan with exact re-ranking: every row is first compared in 8 bits (math/byte_scan.h), and only rows that
 * may be among the k best are compared in full. The lists and scores are those of exact search, bit by bit.
 *
 * Why that is exact. Let x = t p + u be the query and y = s q + w the row, with bytes p and q, steps t and s, and what
 * rounding took away, u and w. Then x.y - t s p.q = u.y + t p.w, whose magnitude is at most |u| |y| + (|x| + |u|) |w|
 * (Cauchy and Schwarz). Adding a bound of the rounding of the full score itself gives a B for each query and panel of
 * items, so a score lies within B of the quantized one. A row is passed over only when its quantized score + B is not
 * above the k-th best of (quantized score - B) over the rows before it: then k rows before it score at least as much,
 * and win a tie.
 *
 * Vectors of length 1 in 64 dimensions have B = 0.01 or so, and some 20 rows are compared in full for the 10 best.
 * A query that lets too many rows through, as one does that is zero, is given up: it needs a search in full.
 */
#ifndef TT_INDEX_QUANTIZED_SCAN_H
#define TT_INDEX_QUANTIZED_SCAN_H

#include "index/ann.h"
#include "math/byte_scan.h"

/* Rows rounded to 8 bits (scalar quantization, a step for each panel): the same bytes on every CPU. */
struct tt_quantized {
    size_t n_panels;  /* of 32 rows; 0: no rows, or vectors too long for the arithmetic */
    size_t quads;     /* ceil(dim / 4) */
    int8_t *bytes;    /* (n_panels, quads, 32, 4) */
    int32_t *begin;   /* (n_panels, 32) */
    float *panels;    /* (n_panels, 4): step, 1 / step, the largest |y| and |w|, raised */
    int borrowed;     /* the arrays are a segment's */
};

int tt_quantized_make(struct tt_quantized *quantized, const float *vectors, size_t n, size_t dim, struct tt_pool *pool,
                      struct tt_err *err) TT_CHECKED;
void tt_quantized_release(struct tt_quantized *quantized); /* fine on a struct that is all zero */

/* Add the rows to a segment as the tensors "quantized.bytes", ".begin" and ".panels" (man 5 tt-format), unless
 * there are none. Borrowed until the segment was written. */
int tt_quantized_store(const struct tt_quantized *quantized, struct tt_segment *segment,
                       struct tt_err *err) TT_CHECKED;

/* The quantized rows of n vectors that a segment holds, borrowed from it; none where it has no such tensors. Shapes are
 * checked. */
int tt_quantized_view(struct tt_quantized *quantized, size_t n, size_t dim, const struct tt_segment *segment,
                      struct tt_err *err) TT_CHECKED;

/* As tt_ann_search of an index with these rows, whose vectors are read for re-ranking. Where result->found[i] is
 * TT_QUANTIZED_GAVE_UP, query i needs a search in full. */
#define TT_QUANTIZED_GAVE_UP SIZE_MAX
int tt_quantized_search(const struct tt_quantized *quantized, tt_byte_scan_fn *scan, const struct tt_ann *ann,
                        const struct tt_ann_request *request, const struct tt_ann_result *result, struct tt_pool *pool,
                        struct tt_err *err) TT_CHECKED;

#endif
