/* Counting scores: see count.h. */
#include "math/count.h"

#include "math/clones.h"

TT_CLONES
uint32_t tt_count_above(const float *scores, size_t n, float limit)
{
    uint32_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += scores[i] > limit;
    return count;
}

TT_CLONES
uint32_t tt_count_from(const float *scores, size_t n, float limit)
{
    uint32_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += scores[i] >= limit;
    return count;
}
