/* The sum of a bag: see bag.h. 64 columns at a time are summed in registers. */
#include "math/bag.h"

#include <string.h>

#include "math/clones.h"

enum {
    LANES = 16,
    WIDE = 4,  /* blocks of lanes in registers */
    AHEAD = 6, /* entries whose rows are on their way from memory */
};

typedef float lanes __attribute__((vector_size(LANES * sizeof(float))));

TT_CLONES
static void add_wide(size_t n, const uint32_t *rows, const float *weights, const float *table, size_t stride,
                     float *out)
{
    lanes sum[WIDE], v;

    memcpy(sum, out, sizeof(sum)); /* needs no alignment, here and below */
    for (size_t e = 0; e < n; e++) {
        const float *row = table + (size_t)rows[e] * stride;
        float w = weights ? weights[e] : 1;
        if (e + AHEAD < n) {
            const float *next = table + (size_t)rows[e + AHEAD] * stride;
            for (size_t l = 0; l < WIDE; l++)
                __builtin_prefetch(next + l * LANES);
        }
        for (size_t l = 0; l < WIDE; l++) {
            memcpy(&v, row + l * LANES, sizeof(v));
            sum[l] += w * v;
        }
    }
    memcpy(out, sum, sizeof(sum));
}

TT_CLONES
static void add_some(size_t n, const uint32_t *rows, const float *weights, const float *table, size_t stride,
                     size_t dim, float *restrict out)
{
    for (size_t e = 0; e < n; e++) {
        const float *row = table + (size_t)rows[e] * stride;
        float w = weights ? weights[e] : 1;
        for (size_t d = 0; d < dim; d++)
            out[d] += w * row[d];
    }
}

void tt_bag_add(size_t n, const uint32_t *rows, const float *weights, const float *table, size_t stride, size_t dim,
                float *out)
{
    size_t d = 0;

    for (; d + WIDE * LANES <= dim; d += WIDE * LANES)
        add_wide(n, rows, weights, table + d, stride, out + d);
    if (d < dim)
        add_some(n, rows, weights, table + d, stride, dim - d, out + d);
}
