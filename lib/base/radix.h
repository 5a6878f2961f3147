/* Sorting of whole numbers by counting their digits, least first: time in proportion to n, the same for any values.
 * What a training step sorts has a thousand to some ten thousand entries; qsort took more time there than the sums.
 */
#ifndef TT_BASE_RADIX_H
#define TT_BASE_RADIX_H

#include <stddef.h>
#include <stdint.h>

/* Sort n keys, all of them below `limit`. other (n) is scratch. */
void tt_radix_sort(uint32_t *keys, uint32_t *other, size_t n, size_t limit);

#endif
