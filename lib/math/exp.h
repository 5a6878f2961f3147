/* Exponentials of whole rows, for softmax. The kernels pick AVX-512, AVX2 or plain C when the program starts; all add
 * in the same order and none fuses multiplication with addition, so the bits do not depend on the choice.
 */
#ifndef TT_MATH_EXP_H
#define TT_MATH_EXP_H

#include <stddef.h>

/* row[i] = exp(scale * row[i] - shift[i] - offset) for i < n; shift may be NULL (zeros). Returns the sum, added in 16
 * interleaved lanes that are then added in order. The argument is cut to [-87, 88], so a value is never 0, infinite or
 * denormal; the relative error is below 3e-7 (Cody and Waite 1980 reduction, a degree-6 polynomial). */
float tt_exp_row(float *row, size_t n, float scale, float offset, const float *shift);

/* The same by the C library's exp in double, for tests. */
double tt_exp_row_ref(float *row, size_t n, float scale, float offset, const float *shift);

#endif
