/* The arithmetic of a softmax over many candidates, a tile of 64 queries and some items at a time: scores, exponentials
 * and both gradients. A training step computes millions of pairs, and nothing else costs much, so the kernels are our
 * own: a score becomes an exponential while it is still in a register.
 *
 *     panel    (dim, 64) the vectors of 64 queries, transposed and scaled (tt_tile_panel)
 *     v        (n, dim) the vectors of the tile's n items
 *     e        (n, 64) the tile: row j has the exponentials of item j and all the panel's queries
 *     u        (64, dim) the vectors of the queries
 *
 * Every sum is a chain of multiply-adds in the order of its inner index, and every exponential is the same polynomial.
 * So the bits do not depend on how a sum is cut into calls, and the kernels for AVX2 and AVX-512 give the same ones;
 * the plain one rounds products too where the CPU has no fused multiply-add.
 *
 * Any number of calls at once. All arrays are aligned as by tt_alloc_aligned.
 */
#ifndef TT_MATH_SOFTMAX_TILE_H
#define TT_MATH_SOFTMAX_TILE_H

#include <stddef.h>

enum { TT_TILE_QUERIES = 64, TT_TILE_MAX_ITEMS = 504 };

struct tt_tile_kernels {
    const char *name;
    /* e[j][q] = 2^x, x = bias[j] + the product of item j and query q of the panel, which must be in [-126, 127]; a
     * relative error of 2e-7 and what the rounding of x brings. z[q] = sum over j of e[j][q]. */
    void (*exponentials)(size_t n, size_t dim, const float *panel, const float *v, const float *bias, float *e,
                         float *z);
    /* z[q] = sum over j of e[j][q], after some of them were changed. */
    void (*sums)(size_t n, const float *e, float *z);
    /* d_u[q][:] += sum over the n items of e[j][q] v[j][:], for the first n_queries of the panel.
     * d_u (n_queries, dim) */
    void (*to_queries)(size_t n_queries, size_t n, size_t dim, const float *e, const float *v, float *d_u);
    /* d_v[j][:] += sum over the 64 queries of e[j][q] u[q][:], or, is_new, = that. d_v (n, dim) */
    void (*to_items)(int is_new, size_t n, size_t dim, const float *e, const float *u, float *d_v);
};

enum tt_tile_isa { TT_TILE_PLAIN, TT_TILE_AVX2, TT_TILE_AVX512, TT_TILE_ISAS };

/* The kernels for an instruction set, or NULL where this CPU lacks it. PLAIN is always there, and is the reference. */
const struct tt_tile_kernels *tt_tile_kernels(enum tt_tile_isa isa);

/* The fastest that this CPU has. */
const struct tt_tile_kernels *tt_tile_best(void);

/* How many items a tile should have, for the second-level cache to hold it and their vectors: a multiple of 6, at most
 * TT_TILE_MAX_ITEMS. */
size_t tt_tile_items(size_t dim);

/* The panel of n <= 64 queries, u (n, dim) times scale; missing queries are zero. */
void tt_tile_panel(size_t n, size_t dim, const float *u, float scale, float *panel);

#endif
