/* Radix sort of whole numbers: digit by digit, the least significant first. Its time is proportional to n and does not
 * depend on the values. Training sorts thousands of row numbers in each step, and qsort took more time than the sums.
 */
#ifndef TT_BASE_RADIX_H
#define TT_BASE_RADIX_H

#include <stddef.h>
#include <stdint.h>

/* Sort n keys, all of them below `limit`. other (n) is scratch. */
void tt_radix_sort(uint32_t *keys, uint32_t *other, size_t n, size_t limit);

/* Turn counts into places: counts (n_parts, n_keys), how many elements of each part have each key, become the places
 * where these elements begin when all are sorted by key and, within a key, by part. The end of each counting sort. */
void tt_radix_places(uint32_t *counts, size_t n_parts, size_t n_keys);

#endif
