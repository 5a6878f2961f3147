/* Adam's arithmetic: see adam_row.h. */
#include "math/adam_row.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "math/clones.h"

TT_CLONES
int tt_adam_row(const struct tt_adam_rule *rule, size_t n, const float *restrict gradient, float *restrict value,
                float *restrict moment1, float *restrict moment2)
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
    return !(bad & 0x100);
}
