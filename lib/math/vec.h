/* Vectors of floats: sums whose bits are the same on every CPU and for every compiler option that tt is built with. 16
 * running sums (element i goes to sum i % 16) are added pairwise at the end: enough sums for the
 * widest registers, and one order everywhere. A product and its sum are rounded separately.
 *
 * All functions take borrowed arrays of n elements, n = 0 included, cannot fail, and may run at once.
 */
#ifndef TT_MATH_VEC_H
#define TT_MATH_VEC_H

#include <stddef.h>
#include <stdint.h>

/* The sum of x[i] squared, in double: no float can overflow it. */
double tt_vec_sum_squares(const float *x, size_t n);

/* The sum of x[i] y[i], in double. */
double tt_vec_dot(const float *x, const float *y, size_t n);

/* Divide x by its length, and return the length. An x shorter than 1e-12 becomes 0, with a length of 0. */
float tt_vec_normalise(float *x, size_t n);

/* The gradient of tt_vec_normalise, whose results are u and length: d, the gradient by u, becomes that by x:
 *     d = (d - u (u . d)) / length,     or 0 when the length is 0 */
void tt_vec_normalise_back(const float *u, float length, float *d, size_t n);

/* 1 when no element is NaN or infinite. */
int tt_vec_is_finite(const float *x, size_t n);

/* How many elements are above `limit`, and how many are equal to it or above. NaN is neither. n is below 2^32. */
uint32_t tt_vec_count_above(const float *x, size_t n, float limit);
uint32_t tt_vec_count_from(const float *x, size_t n, float limit);

/* The sums by a plain loop over 16 sums: what the tests hold them against, bit by bit. */
double tt_vec_dot_ref(const float *x, const float *y, size_t n);
double tt_vec_sum_squares_ref(const float *x, size_t n);

#endif
