/* Adam's arithmetic: see adam_row.h. */
#include "math/adam_row.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "math/clones.h"

enum { LANES = 16 };

/* Two make the 16 sums; on a CPU with AVX2 each is a register. */
typedef float eight __attribute__((vector_size(8 * sizeof(float))));

__attribute__((always_inline)) static inline void add_squares(const float *x, eight sum[2])
{
    eight v[2];

    memcpy(v, x, sizeof(v)); /* needs no alignment */
    sum[0] += v[0] * v[0];
    sum[1] += v[1] * v[1];
}

__attribute__((always_inline)) static inline float sum_squares(const float *x, size_t n)
{
    eight sum[2] = {{0}};
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        add_squares(x + i, sum);
    if (i < n) {
        float last[LANES] = {0};
        memcpy(last, x + i, (n - i) * sizeof(*x));
        add_squares(last, sum);
    }
    eight s = sum[0] + sum[1]; /* pairwise: 16, 8, 4, 2, 1 */
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

TT_CLONES
int tt_adam_row(const struct tt_adam_rule *rule, size_t n, const float *restrict gradient, float *restrict value,
                float *restrict moment1, float *restrict moment2, float *restrict squares)
{
    const float b1 = rule->beta1, b2 = rule->beta2, rate = rule->rate, epsilon = rule->epsilon, shrink = rule->shrink;
    uint32_t bad = 0;

    for (size_t i = 0; i < n; i++) {
        float g = gradient[i];
        moment1[i] = b1 * moment1[i] + (1 - b1) * g;
        moment2[i] = b2 * moment2[i] + (1 - b2) * g * g;
        value[i] -= rate * moment1[i] / (sqrtf(moment2[i]) + epsilon) + shrink * value[i];
        uint32_t bits;
        memcpy(&bits, &value[i], sizeof(bits));
        bad |= (bits >> 23 & 0xff) + 1; /* bit 8: every bit of the exponent is set, as in infinities and NaNs alone */
    }
    *squares = sum_squares(gradient, n);
    return !(bad & 0x100);
}
