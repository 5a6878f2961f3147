/* Sorting by counting: see radix.h. */
#include "base/radix.h"

#include <string.h>

/* Two passes sort keys up to four million; the counters (8 KiB) stay in the first-level cache. */
enum { BITS = 11, DIGITS = 1 << BITS };

void tt_radix_places(uint32_t *counts, size_t n_parts, size_t n_keys)
{
    uint32_t sum = 0;

    for (size_t k = 0; k < n_keys; k++)
        for (size_t part = 0; part < n_parts; part++) {
            uint32_t count = counts[part * n_keys + k];
            counts[part * n_keys + k] = sum;
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
        tt_radix_places(places, 1, DIGITS);
        for (size_t i = 0; i < n; i++)
            to[places[from[i] >> shift & (DIGITS - 1)]++] = from[i];
        from = to;
        to = swap;
    }
    if (from != keys && n)
        memcpy(keys, from, n * sizeof(*keys));
}
