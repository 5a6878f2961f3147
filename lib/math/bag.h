/* The sum of a bag: some rows of a table, each by its weight. The forward pass sums a row's embeddings with it, the
 * backward pass an embedding's gradients.
 *
 * The kernel picks AVX-512, AVX2 or plain C when the program starts. Products and sums are rounded separately and
 * added in the order of the entries, so the bits do not depend on the choice.
 */
#ifndef TT_MATH_BAG_H
#define TT_MATH_BAG_H

#include <stddef.h>
#include <stdint.h>

/* out (dim) += sum over e of weights[e] table[rows[e] * stride ...]
 *   rows, weights  (n); weights NULL: all 1
 *   table          rows of dim floats, `stride` floats from one to the next
 * out must not overlap the table. */
void tt_bag_add(size_t n, const uint32_t *rows, const float *weights, const float *table, size_t stride, size_t dim,
                float *out);

/* Prefetch n floats. To load a row of a large table from memory takes as long as some hundred sums; prefetched a few
 * rows ahead, it is in the cache in time. Inlined by force: GCC drops calls of a function that only prefetches. */
__attribute__((always_inline)) static inline void tt_bag_prefetch(const float *row, size_t n)
{
    for (size_t i = 0; i < n; i += 64 / sizeof(*row))
        __builtin_prefetch(row + i);
}

#endif
