/* Exponentials of whole rows: see exp.h. */
#include "math/exp.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "math/clones.h"

enum { LANES = 16 };

/* exp(x) = 2^n exp(r), n = round(x / ln 2), |r| <= ln 2 / 2. */
static inline float exp_one(float x)
{
    const float log2e = 1.44269504f, ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
    const float magic = 12582912.0f; /* 1.5 * 2^23: adding it rounds to a whole number in the low bits */

    x = x < -87.0f ? -87.0f : x;
    x = x > 88.0f ? 88.0f : x;
    float t = x * log2e + magic;
    float n = t - magic;
    float r = x - n * ln2_high - n * ln2_low;
    float p = 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    uint32_t bits;
    memcpy(&bits, &t, sizeof(bits));
    bits = (bits + 127) << 23; /* the low bits of t hold n: the exponent of 2^n */
    float power;
    memcpy(&power, &bits, sizeof(power));
    return p * power;
}

TT_CLONES
static void exp_lanes(float *row, size_t n, float scale, float offset, float sums[LANES])
{
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        for (size_t l = 0; l < LANES; l++) {
            float e = exp_one(scale * row[i + l] - offset);
            row[i + l] = e;
            sums[l] += e;
        }
    for (size_t l = 0; i + l < n; l++) {
        row[i + l] = exp_one(scale * row[i + l] - offset);
        sums[l] += row[i + l];
    }
}

TT_CLONES
static void exp_lanes_shifted(float *row, size_t n, float scale, float offset, const float *shift, float sums[LANES])
{
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        for (size_t l = 0; l < LANES; l++) {
            float e = exp_one(scale * row[i + l] - offset - shift[i + l]);
            row[i + l] = e;
            sums[l] += e;
        }
    for (size_t l = 0; i + l < n; l++) {
        row[i + l] = exp_one(scale * row[i + l] - offset - shift[i + l]);
        sums[l] += row[i + l];
    }
}

float tt_exp_row(float *row, size_t n, float scale, float offset, const float *shift)
{
    float sums[LANES] = {0}, sum = 0;

    if (shift)
        exp_lanes_shifted(row, n, scale, offset, shift, sums);
    else
        exp_lanes(row, n, scale, offset, sums);
    for (size_t l = 0; l < LANES; l++)
        sum += sums[l];
    return sum;
}

double tt_exp_row_ref(float *row, size_t n, float scale, float offset, const float *shift)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        double e = exp((double)scale * (double)row[i] - (double)offset - (shift ? (double)shift[i] : 0));
        row[i] = (float)e;
        sum += e;
    }
    return sum;
}
