/* Vectors of floats: see vec.h. Blocks of 16 are written with GCC's vector types, which become whatever registers the
 * target has; without -ffast-math no compiler may change the order of addition, and in ISO mode none fuses a product
 * with a sum. */
#include "math/vec.h"

#include <math.h>
#include <string.h>

enum { LANES = 16 };

typedef float lanes __attribute__((vector_size(LANES * sizeof(float))));
typedef double wide __attribute__((vector_size(LANES * sizeof(double))));

/* The lanes of block i; loads by memcpy need no alignment. */
#define LOAD(v, x) memcpy(&(v), (x), sizeof(lanes))

/* Add the sums pairwise: 16, 8, 4, 2, 1. */
static float fold(float sum[LANES])
{
    for (size_t half = LANES / 2; half > 0; half /= 2)
        for (size_t j = 0; j < half; j++)
            sum[j] += sum[j + half];
    return sum[0];
}

static double fold_wide(double sum[LANES])
{
    for (size_t half = LANES / 2; half > 0; half /= 2)
        for (size_t j = 0; j < half; j++)
            sum[j] += sum[j + half];
    return sum[0];
}

float tt_vec_dot(const float *a, const float *b, size_t n)
{
    lanes total = {0}, x, y;
    float sum[LANES];
    size_t i = 0;

    for (; i + LANES <= n; i += LANES) {
        LOAD(x, a + i);
        LOAD(y, b + i);
        total += x * y;
    }
    memcpy(sum, &total, sizeof(sum));
    for (size_t j = 0; i < n; i++, j++)
        sum[j] += a[i] * b[i];
    return fold(sum);
}

double tt_vec_sum(const float *x, size_t n)
{
    wide total = {0};
    lanes v;
    double sum[LANES];
    size_t i = 0;

    for (; i + LANES <= n; i += LANES) {
        LOAD(v, x + i);
        total += __builtin_convertvector(v, wide);
    }
    memcpy(sum, &total, sizeof(sum));
    for (size_t j = 0; i < n; i++, j++)
        sum[j] += (double)x[i];
    return fold_wide(sum);
}

double tt_vec_sum_squares(const float *x, size_t n)
{
    wide total = {0};
    lanes v;
    double sum[LANES];
    size_t i = 0;

    for (; i + LANES <= n; i += LANES) {
        LOAD(v, x + i);
        wide w = __builtin_convertvector(v, wide);
        total += w * w;
    }
    memcpy(sum, &total, sizeof(sum));
    for (size_t j = 0; i < n; i++, j++)
        sum[j] += (double)x[i] * (double)x[i];
    return fold_wide(sum);
}

float tt_vec_norm(const float *x, size_t n)
{
    return (float)sqrt(tt_vec_sum_squares(x, n));
}

void tt_vec_axpy(float *restrict y, float a, const float *restrict x, size_t n)
{
    lanes v, w;
    size_t i = 0;

    for (; i + LANES <= n; i += LANES) {
        LOAD(v, x + i);
        LOAD(w, y + i);
        w += a * v;
        memcpy(y + i, &w, sizeof(w));
    }
    for (; i < n; i++)
        y[i] += a * x[i];
}

void tt_vec_scale(float *x, float a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] *= a;
}

int tt_vec_is_finite(const float *x, size_t n)
{
    unsigned bad = 0; /* without a branch, so that the loop runs at the speed of memory */

    for (size_t i = 0; i < n; i++)
        bad |= !isfinite(x[i]);
    return !bad;
}

float tt_vec_dot_ref(const float *a, const float *b, size_t n)
{
    float sum[LANES] = {0};

    for (size_t i = 0; i < n; i++)
        sum[i % LANES] += a[i] * b[i];
    return fold(sum);
}

double tt_vec_sum_ref(const float *x, size_t n)
{
    double sum[LANES] = {0};

    for (size_t i = 0; i < n; i++)
        sum[i % LANES] += (double)x[i];
    return fold_wide(sum);
}

double tt_vec_sum_squares_ref(const float *x, size_t n)
{
    double sum[LANES] = {0};

    for (size_t i = 0; i < n; i++)
        sum[i % LANES] += (double)x[i] * (double)x[i];
    return fold_wide(sum);
}
