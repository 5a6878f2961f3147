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

/* Elements of three parts: each counter becomes the number of elements with a lower key, or the same and an earlier
 * part. */
static void test_radix_places_are_where_keys_of_parts_begin(void **state)
{
    enum { PARTS = 3, KEYS = 50 };
    uint32_t counts[PARTS * KEYS], places[PARTS * KEYS];
    struct tt_rng rng;

    (void)state;
    tt_rng_init(&rng, 2, TT_RNG_TEST, 0);
    for (size_t i = 0; i < PARTS * KEYS; i++)
        counts[i] = places[i] = (uint32_t)tt_rng_below(&rng, 4);
    tt_radix_places(places, PARTS, KEYS);
    for (size_t part = 0; part < PARTS; part++)
        for (size_t key = 0; key < KEYS; key++) {
            uint32_t before = 0;
            for (size_t p = 0; p < PARTS; p++)
                for (size_t k = 0; k < KEYS; k++)
                    before += k < key || (k == key && p < part) ? counts[p * KEYS + k] : 0;
            assert_int_equal(places[part * KEYS + key], before);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_radix_sorts_as_qsort_does),
        cmocka_unit_test(test_radix_places_are_where_keys_of_parts_begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
