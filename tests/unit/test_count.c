/* Counting against counting one by one, for every length around the widths of vectors. */
#include "math/count.h"

#include <math.h>

#include "base/rng.h"
#include "unit.h"

static void test_counts_of_every_length(void **state)
{
    float scores[201];
    struct tt_rng rng;

    (void)state;
    tt_rng_init(&rng, 1, TT_RNG_TEST, 0);
    for (size_t i = 0; i < LENGTH(scores); i++)
        scores[i] = (float)tt_rng_below(&rng, 5); /* many are equal */
    for (size_t n = 0; n < LENGTH(scores); n++) {
        uint32_t above = 0, from = 0;
        for (size_t i = 0; i < n; i++) {
            above += scores[i] == 3 || scores[i] == 4;
            from += scores[i] == 2 || scores[i] == 3 || scores[i] == 4;
        }
        assert_int_equal(tt_count_above(scores, n, 2), above);
        assert_int_equal(tt_count_from(scores, n, 2), from);
    }
}

static void test_nan_is_not_counted(void **state)
{
    float scores[40];

    (void)state;
    for (size_t i = 0; i < 40; i++)
        scores[i] = i % 4 ? 1 : NAN;
    assert_int_equal(tt_count_above(scores, 40, 0), 30);
    assert_int_equal(tt_count_from(scores, 40, 1), 30);
    assert_int_equal(tt_count_from(scores, 40, NAN), 0);
    assert_int_equal(tt_count_above(scores, 40, -INFINITY), 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_of_every_length),
        cmocka_unit_test(test_nan_is_not_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
