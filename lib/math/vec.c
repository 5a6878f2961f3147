/* Vectors of floats: see vec.h. Blocks of 16 are written with GCC's vector types, which become whatever registers the
 * target has; without -ffast-math no compiler may change the order of addition, and in ISO mode none fuses a product
 * with a sum. */
#include "math/vec.h"

#include <math.h>
#include <string.h>

#include "math/clones.h"

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

/* The 16 sums over whole blocks. Returns how many elements these are. */
TT_CLONES
static size_t dot_blocks(const float *x, const float *y, size_t n, double sum[LANES])
{
    wide total = {0};
    lanes v, w;
    size_t i = 0;

    for (; i + LANES <= n; i += LANES) {
        memcpy(&v, x + i, sizeof(v)); /* needs no alignment */
        memcpy(&w, y + i, sizeof(w));
        total += __builtin_convertvector(v, wide) * __builtin_convertvector(w, wide);
    }
    memcpy(sum, &total, sizeof(total));
    return i;
}

double tt_vec_dot(const float *x, const float *y, size_t n)
{
    double sum[LANES];
    size_t i = dot_blocks(x, y, n, sum);

    for (size_t j = 0; i < n; i++, j++)
        sum[j] += (double)x[i] * (double)y[i];
    return fold(sum);
}

double tt_vec_sum_squares(const float *x, size_t n)
{
    return tt_vec_dot(x, x, n);
}

float tt_vec_unit(float *x, size_t n)
{
    double squares = tt_vec_sum_squares(x, n);
    double length = squares > 1e-24 ? sqrt(squares) : 0;
    float scale = length > 0 ? (float)(1 / length) : 0;

    for (size_t i = 0; i < n; i++)
        x[i] *= scale;
    return (float)length;
}

TT_CLONES
void tt_vec_unit_back(const float *restrict u, float length, float *restrict d, size_t n)
{
    float along = (float)tt_vec_dot(u, d, n), scale = length > 0 ? 1 / length : 0;

    for (size_t i = 0; i < n; i++)
        d[i] = (d[i] - along * u[i]) * scale;
}

int tt_vec_is_finite(const float *x, size_t n)
{
    unsigned bad = 0; /* without a branch, so that the loop runs at the speed of memory */

    for (size_t i = 0; i < n; i++)
        bad |= !isfinite(x[i]);
    return !bad;
}

double tt_vec_dot_ref(const float *x, const float *y, size_t n)
{
    double sum[LANES] = {0};

    for (size_t i = 0; i < n; i++)
        sum[i % LANES] += (double)x[i] * (double)y[i];
    return fold(sum);
}

double tt_vec_sum_squares_ref(const float *x, size_t n)
{
    return tt_vec_dot_ref(x, x, n);
}
