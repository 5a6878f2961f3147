/* Vectors of floats: see vec.h. Sums are written with GCC's vector types; without -ffast-math no compiler may change
 * the order of addition, and in ISO mode none fuses a product with a sum. */
#include "math/vec.h"

#include <math.h>
#include <string.h>

#include "math/clones.h"

enum { LANES = 16 };

/* Four at a time: wider vectors than those of AVX2 would live in memory on its CPUs, and gain nothing on others. */
typedef float four __attribute__((vector_size(4 * sizeof(float))));
typedef double wide __attribute__((vector_size(4 * sizeof(double))));

__attribute__((always_inline)) static inline void add_block(const float *x, const float *y, wide sum[4])
{
    four v, w;

#pragma GCC unroll 4
    for (size_t j = 0; j < 4; j++) {
        memcpy(&v, x + 4 * j, sizeof(v)); /* needs no alignment */
        memcpy(&w, y + 4 * j, sizeof(w));
        sum[j] += __builtin_convertvector(v, wide) * __builtin_convertvector(w, wide);
    }
}

__attribute__((always_inline)) static inline double dot(const float *x, const float *y, size_t n)
{
    wide sum[4] = {{0}};
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        add_block(x + i, y + i, sum);
    if (i < n) { /* with zeros, which change no sum */
        float last[2][LANES] = {{0}};
        memcpy(last[0], x + i, (n - i) * sizeof(*x));
        memcpy(last[1], y + i, (n - i) * sizeof(*y));
        add_block(last[0], last[1], sum);
    }
    wide s = (sum[0] + sum[2]) + (sum[1] + sum[3]); /* pairwise: 16, 8, 4, 2, 1 */
    return (s[0] + s[2]) + (s[1] + s[3]);
}

TT_CLONES
double tt_vec_dot(const float *x, const float *y, size_t n)
{
    return dot(x, y, n);
}

double tt_vec_sum_squares(const float *x, size_t n)
{
    return tt_vec_dot(x, x, n);
}

TT_CLONES
float tt_vec_normalise(float *x, size_t n)
{
    double squares = dot(x, x, n), length = squares > 1e-24 ? sqrt(squares) : 0;
    float scale = length > 0 ? (float)(1 / length) : 0;

    for (size_t i = 0; i < n; i++)
        x[i] *= scale;
    return (float)length;
}

TT_CLONES
void tt_vec_normalise_back(const float *restrict u, float length, float *restrict d, size_t n)
{
    float along = (float)dot(u, d, n), scale = length > 0 ? 1 / length : 0;

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
    for (size_t half = LANES / 2; half > 0; half /= 2)
        for (size_t j = 0; j < half; j++)
            sum[j] += sum[j + half];
    return sum[0];
}

double tt_vec_sum_squares_ref(const float *x, size_t n)
{
    return tt_vec_dot_ref(x, x, n);
}

TT_CLONES
uint32_t tt_vec_count_above(const float *x, size_t n, float limit)
{
    uint32_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += x[i] > limit;
    return count;
}

TT_CLONES
uint32_t tt_vec_count_from(const float *x, size_t n, float limit)
{
    uint32_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += x[i] >= limit;
    return count;
}
