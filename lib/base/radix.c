/* Sorting by counting: see radix.h. */
#include "base/radix.h"

#include <string.h>

/* Two passes sort keys up to four million; the counters (8 KiB) stay in the first-level cache. */
enum { BITS = 11, DIGITS = 1 << BITS };

/* From the numbers of each digit to the places where they begin. */
static void sum_up(uint32_t counts[DIGITS])
{
    uint32_t sum = 0;

    for (size_t d = 0; d < DIGITS; d++) {
        uint32_t count = counts[d];
        counts[d] = sum;
        sum += count;
    }
}

static int has_digit(size_t limit, int shift)
{
    return limit > 1 && shift < 32 && (limit - 1) >> shift > 0;
}

void tt_radix_sort(uint32_t *keys, uint32_t *other, size_t n, size_t limit)
{
    uint32_t *from = keys, *to = other;

    for (int shift = 0; has_digit(limit, shift); shift += BITS) {
        uint32_t places[DIGITS] = {0}, *swap = from;
        for (size_t i = 0; i < n; i++)
            places[from[i] >> shift & (DIGITS - 1)]++;
        sum_up(places);
        for (size_t i = 0; i < n; i++)
            to[places[from[i] >> shift & (DIGITS - 1)]++] = from[i];
        from = to;
        to = swap;
    }
    if (from != keys && n)
        memcpy(keys, from, n * sizeof(*keys));
}
