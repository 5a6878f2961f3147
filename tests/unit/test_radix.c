/* Sorting by counting, against qsort. */
#include "base/radix.h"

#include <stdlib.h>

#include "base/rng.h"
#include "unit.h"

enum { MOST = 5000 };

static const size_t sizes[] = {0, 1, 2, 3, 100, 2048, MOST};
static const size_t limits[] = {1, 2, 10, 2048, 2049, 70000, (size_t)1 << 22, ((size_t)1 << 22) + 1, (size_t)1 << 32};

static uint32_t keys[MOST], kept[MOST], other[MOST];

static void draw(size_t n, size_t limit)
{
    struct tt_rng rng;

    tt_rng_init(&rng, 1, TT_RNG_TEST, n * 1000003 + limit);
    for (size_t i = 0; i < n; i++)
        keys[i] = kept[i] = (uint32_t)(i % 7 == 0 ? limit - 1 : tt_rng_below(&rng, limit));
}

static int compare_u32(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

static void test_radix_sorts_as_qsort_does(void **state)
{
    (void)state;
    for (size_t s = 0; s < LENGTH(sizes); s++)
        for (size_t l = 0; l < LENGTH(limits); l++) {
            draw(sizes[s], limits[l]);
            tt_radix_sort(keys, other, sizes[s], limits[l]);
            qsort(kept, sizes[s], sizeof(*kept), compare_u32);
            assert_memory_equal(keys, kept, sizes[s] * sizeof(*keys));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_radix_sorts_as_qsort_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
