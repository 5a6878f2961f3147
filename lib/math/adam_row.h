/* The arithmetic of one Adam update, over a row. The kernel picks AVX-512, AVX2 or plain C when the program starts;
 * each element is computed alone and nothing is fused, so the bits do not depend on the choice.
 */
#ifndef TT_MATH_ADAM_ROW_H
#define TT_MATH_ADAM_ROW_H

#include <stddef.h>

struct tt_adam_rule {
    float beta1, beta2;
    float rate, epsilon; /* of this step, with both bias corrections in them */
    float shrink;        /* decoupled weight decay: this share of a value goes (Loshchilov & Hutter 2019, alg. 2) */
};

/* For each of n elements, with g its gradient:
 *     moment1 = beta1 moment1 + (1 - beta1) g        moment2 = beta2 moment2 + (1 - beta2) g^2
 *     value  -= rate moment1 / (sqrt(moment2) + epsilon) + shrink value
 * The arrays must not overlap. *squares gets the sum of all g^2: element i is added to sum i % 16, and these are added
 * up pairwise. Returns 1 when all the values are finite then, else 0; a gradient that is not makes a value that is not.
 */
int tt_adam_row(const struct tt_adam_rule *rule, size_t n, const float *gradient, float *value, float *moment1,
                float *moment2, float *squares);

#endif
