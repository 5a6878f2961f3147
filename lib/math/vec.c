/* Vectors of floats: see vec.h. Blocks of 16 are written with GCC's vector types, which become whatever registers the
 * target has; without -ffast-math no compiler may change the order of addition, and in ISO mode none fuses a product
 * with a sum. */
#include "math/vec.h"

#include <math.h>
#include <string.h>

enum { LANES = 16 };

typedef float lanes __attribute__((vector_size(LANES * sizeof(float))));
typedef double wide __attribute__((vector_size(LANES * sizeof(double))));

/* Add the sums pairwise: 16, 8, 4, 2, 1. */
static double fold(double sum[LANES])
{
    for (size_t half = LANES / 2; half > 0; half /= 2)
        for (size_t j = 0; j < half; j++)
            sum[j] += sum[j + half];
    return sum[0];
}

double tt_vec_sum_squares(const float *x, size_t n)
{
    wide total = {0};
    lanes v;
    double sum[LANES];
    size_t i = 0;

    for (; i + LANES <= n; i += LANES) {
        memcpy(&v, x + i, sizeof(v)); /* needs no alignment */
        wide w = __builtin_convertvector(v, wide);
        total += w * w;
    }
    memcpy(sum, &total, sizeof(sum));
    for (size_t j = 0; i < n; i++, j++)
        sum[j] += (double)x[i] * (double)x[i];
    return fold(sum);
}

int tt_vec_is_finite(const float *x, size_t n)
{
    unsigned bad = 0; /* without a branch, so that the loop runs at the speed of memory */

    for (size_t i = 0; i < n; i++)
        bad |= !isfinite(x[i]);
    return !bad;
}

double tt_vec_sum_squares_ref(const float *x, size_t n)
{
    double sum[LANES] = {0};

    for (size_t i = 0; i < n; i++)
        sum[i % LANES] += (double)x[i] * (double)x[i];
    return fold(sum);
}
