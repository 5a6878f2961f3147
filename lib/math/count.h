/* Counting scores. The kernels pick AVX-512, AVX2 or plain C when the program starts; a count is the same by all. */
#ifndef TT_MATH_COUNT_H
#define TT_MATH_COUNT_H

#include <stddef.h>
#include <stdint.h>

/* How many of n scores are above `limit`, and how many are equal to it or above. NaN is neither. n is below 2^32. */
uint32_t tt_count_above(const float *scores, size_t n, float limit);
uint32_t tt_count_from(const float *scores, size_t n, float limit);

#endif
