/* The arithmetic of a softmax over a whole catalogue, a tile of 64 queries and some items at a time: scores,
 * exponentials and both gradients. It is all there is to do in a step of millions of pairs, so the kernels are our own:
 * a score becomes an exponential while it is still in a register, and operands are packed once a step at most.
 *
 *     panel    the vectors of 64 queries, turned and scaled: the kernels' own form, made by `turn`
 *     items    the vectors of a tile's n items: v (n, dim) as it lies, or the form that `pack_items` makes of it
 *     queries  the vectors of 64 queries: u (64, dim) as it lies, or the form that `pack_queries` makes of it
 *     e        (n, 64) a tile: row j has the exponentials of item j and all the panel's queries
 *     again    the tile once more, in a form of the kernels' own, for to_queries; room for TT_TILE_AGAIN bytes
 *
 * Kernels in float multiply floats: every sum is a chain of multiply-adds in the order of its inner index, and every
 * exponential is the same polynomial. So the bits do not depend on how a sum is cut into calls, and the kernels for
 * AVX2 and AVX-512 give the same ones; the plain one rounds products too where the CPU has no fused multiply-add.
 *
 * Those in bfloat16 (8 bits of precision, a float's range) round the vectors and the exponentials to it, multiply these
 * in pairs, and add in float. They are twice as fast; a score is off by up to 2^-7 times the sum of its products'
 * sizes, by far less as a rule, as the errors are many and small. Their sums may be cut at even places alone.
 *
 * Any number of calls at once. Panels, packed items and queries, e and again are aligned as by tt_alloc_aligned.
 */
#ifndef TT_MATH_SOFTMAX_TILE_H
#define TT_MATH_SOFTMAX_TILE_H

#include <stddef.h>

enum {
    TT_TILE_QUERIES = 64,
    TT_TILE_MAX_ITEMS = 504,
    TT_TILE_AGAIN = TT_TILE_MAX_ITEMS * TT_TILE_QUERIES * 2, /* bytes */
};

struct tt_tile_kernels {
    const char *name;
    size_t e_size; /* bytes of one exponential: a float, or a bfloat16 */

    /* A panel of n <= 64 queries: scale u, u (n, dim); missing ones are zero. */
    void (*turn)(size_t n, size_t dim, const float *u, float scale, void *panel);
    /* NULL: items are v, queries are u. */
    void (*pack_items)(size_t n, size_t dim, const float *v, void *items);
    void (*pack_queries)(size_t dim, const float *u, void *queries);

    /* e[j][q] = 2^x, x = bias[j] + the product of item j and query q of the panel, which must be in [-126, 127]; a
     * relative error of 2e-7 (2^-8 in bfloat16) and what the rounding of x brings. z[q] = sum over j of e[j][q]. */
    void (*exponentials)(size_t n, size_t dim, const void *panel, const void *items, const float *bias, void *e,
                         void *again, float *z);
    /* Multiply e[item][query] by a factor. */
    void (*correct)(size_t item, size_t query, float factor, void *e, void *again);
    /* z[q] = sum over j of e[j][q], once more. */
    void (*sums)(size_t n, const void *e, float *z);

    /* d_u[q][:] += sum over the n items of e[j][q] v[j][:], for the first n_queries of the panel.
     * d_u (n_queries, dim) */
    void (*to_queries)(size_t n_queries, size_t n, size_t dim, const void *e, const void *again, const void *items,
                       float *d_u);
    /* d_v[j][:] += sum over the 64 queries of e[j][q] u[q][:], or, is_new, = that. d_v (n, dim) */
    void (*to_items)(int is_new, size_t n, size_t dim, const void *e, const void *queries, float *d_v);
};

enum tt_tile_isa { TT_TILE_PLAIN, TT_TILE_AVX2, TT_TILE_AVX512, TT_TILE_BF16, TT_TILE_ISAS };

/* The kernels for an instruction set, or NULL where this CPU lacks it. PLAIN is always there, and is the reference.
 * BF16, for AVX512-BF16, is the one in bfloat16. */
const struct tt_tile_kernels *tt_tile_kernels(enum tt_tile_isa isa);

/* The fastest in float that this CPU has. */
const struct tt_tile_kernels *tt_tile_best(void);

/* How many items a tile should have, for the second-level cache to hold it and their vectors: even, at most
 * TT_TILE_MAX_ITEMS. */
size_t tt_tile_items(const struct tt_tile_kernels *kernels, size_t dim);

/* Bytes of a panel or of packed queries, and of n packed items; whole cache lines. */
size_t tt_tile_queries_bytes(const struct tt_tile_kernels *kernels, size_t dim);
size_t tt_tile_items_bytes(const struct tt_tile_kernels *kernels, size_t n, size_t dim);

#endif
