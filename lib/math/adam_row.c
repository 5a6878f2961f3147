/* Adam's arithmetic: see adam_row.h. */
#include "math/adam_row.h"

#include <math.h>

#include "math/clones.h"

TT_CLONES
void tt_adam_row(const struct tt_adam_rule *rule, size_t n, const float *restrict gradient, float *restrict value,
                 float *restrict moment1, float *restrict moment2)
{
    const float b1 = rule->beta1, b2 = rule->beta2, rate = rule->rate, epsilon = rule->epsilon;

    for (size_t i = 0; i < n; i++) {
        float g = gradient[i];
        moment1[i] = b1 * moment1[i] + (1 - b1) * g;
        moment2[i] = b2 * moment2[i] + (1 - b2) * g * g;
        value[i] -= rate * moment1[i] / (sqrtf(moment2[i]) + epsilon);
    }
}
