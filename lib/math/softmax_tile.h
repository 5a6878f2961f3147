/* The arithmetic of a softmax over a whole catalogue, a tile of 64 queries and some items at a time: scores,
 * exponentials and both gradients. It is all there is to do in a step of millions of pairs, so the kernels are our own:
 * a score becomes an exponential while it is still in a register, and the three products read the vectors as they lie
 * in memory, but for the queries' side, which is turned once a step.
 *
 *     panel (dim, 64)  the vectors of 64 queries, turned and scaled: column q is query q's; missing ones are zero
 *     v     (n, dim)   the vectors of n items, as they lie
 *     e     (n, 64)    a tile: row j has the exponentials of item j and all the panel's queries
 *
 * Every sum is a chain of multiply-adds in float, in the order of its inner index, and every exponential is the same
 * polynomial. So the bits do not depend on how a sum is cut into calls, and the kernels for AVX2 and AVX-512 give the
 * same ones; the plain one rounds products too where the CPU has no fused multiply-add.
 * Any number of calls at once. Rows need no alignment, panels and tiles that of tt_alloc_aligned.
 */
#ifndef TT_MATH_SOFTMAX_TILE_H
#define TT_MATH_SOFTMAX_TILE_H

#include <stddef.h>

enum { TT_TILE_QUERIES = 64 };

struct tt_tile_kernels {
    /* e[j][q] = 2^x, x = bias[j] + sum over d of v[j][d] panel[d][q], which must be in [-126, 127]; a relative error of
     * 2e-7 and what the rounding of x brings. z[q] = sum over j of e[j][q]. */
    void (*exponentials)(size_t n, size_t dim, const float *panel, const float *v, const float *bias, float *e,
                         float *z);
    /* z[q] = sum over j of e[j][q], once more, after the caller has changed some. */
    void (*sums)(size_t n, const float *e, float *z);
    /* d_u[q][:] += sum over the n items of e[j][q] v[j][:], for the first n_queries of the panel. d_u (n_queries, dim) */
    void (*to_queries)(size_t n_queries, size_t n, size_t dim, const float *e, const float *v, float *d_u);
    /* d_v[j][:] += sum over the 64 queries of e[j][q] u[q][:]. u (64, dim), d_v (n, dim) */
    void (*to_items)(size_t n, size_t dim, const float *e, const float *u, float *d_v);
};

enum tt_tile_isa { TT_TILE_PLAIN, TT_TILE_AVX2, TT_TILE_AVX512, TT_TILE_ISAS };

/* The kernels for an instruction set, or NULL where this CPU lacks it. PLAIN is always there, and is the reference. */
const struct tt_tile_kernels *tt_tile_kernels(enum tt_tile_isa isa);

/* The fastest that this CPU has. */
const struct tt_tile_kernels *tt_tile_best(void);

/* How many items a tile should have for the second-level cache to hold it, with their vectors, between two products. */
size_t tt_tile_items(size_t dim);

/* A panel of n <= 64 queries: panel[d][q] = scale u[q][d]. u (n, dim) */
void tt_tile_turn(size_t n, size_t dim, const float *u, float scale, float *panel);

#endif
