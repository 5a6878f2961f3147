/* Vectors of floats: sums whose bits are the same on every CPU and for every compiler option that tt is built with. 16
 * running sums (element i goes to sum i % 16) are added pairwise at the end: enough of them for
 * the widest registers, and an order that nothing changes. A product and its sum are rounded separately.
 *
 * All functions take borrowed arrays of n elements, n = 0 included, cannot fail, and may run at once.
 */
#ifndef TT_MATH_VEC_H
#define TT_MATH_VEC_H

#include <stddef.h>

/* The sum of x[i] squared, in double: no float can overflow it. */
double tt_vec_sum_squares(const float *x, size_t n);

/* 1 when no element is NaN or infinite. */
int tt_vec_is_finite(const float *x, size_t n);

/* The same by a plain loop over 16 sums: what the tests hold it against, bit by bit. */
double tt_vec_sum_squares_ref(const float *x, size_t n);

#endif
