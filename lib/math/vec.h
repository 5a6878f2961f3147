/* Vectors of floats: products, sums and norms whose bits are the same on every CPU and for every compiler option that
 * tt is built with. 16 running sums (element i goes to sum i % 16) are added pairwise at the end: enough of them for
 * the widest registers, and an order that nothing changes. A product and its sum are rounded separately.
 *
 * All functions take borrowed arrays of n elements, n = 0 included, cannot fail, and may run at once.
 */
#ifndef TT_MATH_VEC_H
#define TT_MATH_VEC_H

#include <stddef.h>

/* Sum of a[i] * b[i], in float. */
float tt_vec_dot(const float *a, const float *b, size_t n);

/* Sums in double: of x[i], of x[i] squared. */
double tt_vec_sum(const float *x, size_t n);
double tt_vec_sum_squares(const float *x, size_t n);

/* The Euclidean length: the root of the sum of squares, taken in double, so that no float can overflow it. */
float tt_vec_norm(const float *x, size_t n);

/* y += a x. x and y may not overlap. */
void tt_vec_axpy(float *restrict y, float a, const float *restrict x, size_t n);

/* x *= a. */
void tt_vec_scale(float *x, float a, size_t n);

/* 1 when no element is NaN or infinite. */
int tt_vec_is_finite(const float *x, size_t n);

/* The same results by plain loops over 16 sums: what the tests hold the above against, bit by bit. */
float tt_vec_dot_ref(const float *a, const float *b, size_t n);
double tt_vec_sum_ref(const float *x, size_t n);
double tt_vec_sum_squares_ref(const float *x, size_t n);

#endif
