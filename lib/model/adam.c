/* Adam: see adam.h. */
#include "model/adam.h"

#include <math.h>

void tt_adam_step(struct tt_adam *adam, size_t step)
{
    double t = (double)step + 1, rate = adam->rate;

    if (step < adam->warmup) {
        rate *= t / (double)adam->warmup;
    } else if (adam->total > adam->warmup) {
        double done = (t - (double)adam->warmup) / (double)(adam->total - adam->warmup + 1);
        rate *= 0.5 * (1 + cos(3.141592653589793 * (done < 1 ? done : 1)));
    }
    /* rate * m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + e)  =  step_rate * m / (sqrt(v) + step_epsilon) */
    double root = sqrt(1 - pow(adam->beta2, t));
    adam->step_rate = (float)(rate * root / (1 - pow(adam->beta1, t)));
    adam->step_epsilon = (float)(adam->epsilon * root);
}

void tt_adam_update(const struct tt_adam *adam, const float *restrict gradient, size_t n, float *restrict value,
                    float *restrict moment1, float *restrict moment2)
{
    const float b1 = (float)adam->beta1, b2 = (float)adam->beta2;
    const float rate = adam->step_rate, epsilon = adam->step_epsilon;

    for (size_t i = 0; i < n; i++) {
        float g = gradient[i];
        moment1[i] = b1 * moment1[i] + (1 - b1) * g;
        moment2[i] = b2 * moment2[i] + (1 - b2) * g * g;
        value[i] -= rate * moment1[i] / (sqrtf(moment2[i]) + epsilon);
    }
}
