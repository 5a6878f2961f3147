/* Exact search made faster by a coarse one: every row is first compared in 8 bits (math/byte_scan.h), and only rows
 * that might be among the k best are compared in full. The lists and scores are those of exact search, bit by bit.
 *
 * Why that is exact. Let x = t p + u and y = s q + w, with bytes p and q, steps t and s, and the rests u and w of
 * rounding. Then x.y - t s p.q = u.y + t p.w, whose magnitude is at most |u| |y| + (|x| + |u|) |w| (Cauchy and
 * Schwarz). Adding a bound of the rounding of the full score itself gives a B for each query and panel of items, so a
 * score lies within B of the coarse one. A row is passed over only when its coarse score + B is not above the k-th best
 * of (coarse score - B) over the rows before it: then k rows before it score at least as much, and win a tie.
 *
 * Vectors of length 1 in 64 dimensions have B = 0.01 or so, and some 20 rows are compared in full for the 10 best.
 * A query that lets too many rows through, as one does that is zero, is left to the plain exact search.
 */
#ifndef TT_INDEX_SIEVE_H
#define TT_INDEX_SIEVE_H

#include "index/ann.h"
#include "math/byte_scan.h"

/* The rows in 8 bits, which a sieve is made from: they can be kept in a file, so that it need not be made again. The
 * same bytes on every CPU. */
struct tt_sieve_parts {
    size_t n_panels;  /* of 32 rows; 0: there is no sieve, as the vectors are too long for its arithmetic */
    size_t quads;     /* ceil(dim / 4) */
    int8_t *bytes;    /* (n_panels, quads, 32, 4) */
    int32_t *begin;   /* (n_panels, 32) */
    float *panels;    /* (n_panels, 4): step, 1 / step, the largest |y| and |w|, raised */
    int borrowed;     /* the arrays are somebody else's */
};

int tt_sieve_make(struct tt_sieve_parts *parts, const float *vectors, size_t n, size_t dim, struct tt_pool *pool,
                  struct tt_err *err) TT_CHECKED;
void tt_sieve_parts_release(struct tt_sieve_parts *parts); /* fine on a struct that is all zero */

/* Are there so many rows that a sieve is worth it? */
int tt_sieve_suits(size_t n);

/* A sieve before `exact`, which has the same rows and is taken (freed with the sieve, or on failure), as are the parts
 * of these vectors. vectors (n, dim) are borrowed as long as the sieve lives. Requests that a sieve does not suit (few
 * rows, or a large k) go to `exact`, unless `always`. NULL and *err on failure. Without panels, returns `exact`
 * itself. */
struct tt_ann *tt_sieve_new(tt_byte_scan_fn *scan, struct tt_ann *exact, const float *vectors,
                            struct tt_sieve_parts *parts, int always, struct tt_err *err) TT_CHECKED;

#endif
