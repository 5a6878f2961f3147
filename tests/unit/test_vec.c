/* Vectors against plain loops, bit by bit, and against known values. */
#include "math/vec.h"

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "unit.h"

enum { MAX = 333 };

static void fill(struct tt_rng *rng, float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (float)tt_rng_normal(rng);
}

static void test_vec_sum_squares_has_the_bits_of_a_plain_loop(void **state)
{
    float x[MAX + 1];
    struct tt_rng rng;
    (void)state;
    tt_rng_init(&rng, 1, TT_RNG_TEST, 0);
    for (size_t n = 0; n <= MAX; n++) {
        fill(&rng, x, MAX + 1);
        for (size_t shift = 0; shift < 2 && n + shift <= MAX; shift++) /* aligned or not */
            assert_true(tt_vec_sum_squares(x + shift, n) == tt_vec_sum_squares_ref(x + shift, n));
    }
}

/* Values computed by hand in the stated order: the bits are part of tt's promises. 1e16 + 1 = 1e16 in double. */
static void test_vec_order_of_addition(void **state)
{
    float x[33] = {0};
    (void)state;
    x[0] = 1e8f;
    x[16] = x[32] = 1; /* go to sum 0 as well, and are lost in it one by one */
    assert_true(tt_vec_sum_squares(x, 33) == 1e16);
    x[16] = x[32] = 0;
    x[1] = x[3] = 1; /* sums 1 and 3 are added to each other before sum 0 comes */
    assert_true(tt_vec_sum_squares(x, 33) == 1e16 + 2);
    x[0] = 3e38f;
    assert_true(isfinite(tt_vec_sum_squares(x, 33)));
}

static void test_vec_is_finite_sees_every_place(void **state)
{
    static const float bad[] = {NAN, INFINITY, -INFINITY};
    float x[40];
    (void)state;
    for (size_t i = 0; i < LENGTH(x); i++)
        x[i] = 3e38f;
    assert_true(tt_vec_is_finite(x, LENGTH(x)));
    assert_true(tt_vec_is_finite(x, 0));
    for (size_t i = 0; i < LENGTH(x); i++) {
        x[i] = bad[i % 3];
        assert_false(tt_vec_is_finite(x, LENGTH(x)));
        assert_true(tt_vec_is_finite(x, i));
        x[i] = 0;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vec_sum_squares_has_the_bits_of_a_plain_loop),
        cmocka_unit_test(test_vec_order_of_addition),
        cmocka_unit_test(test_vec_is_finite_sees_every_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
