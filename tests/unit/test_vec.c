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

static void test_vec_sums_have_the_bits_of_plain_loops(void **state)
{
    float a[MAX + 1], b[MAX + 1];
    struct tt_rng rng;
    (void)state;
    tt_rng_init(&rng, 1, TT_RNG_TEST, 0);
    for (size_t n = 0; n <= MAX; n++) {
        fill(&rng, a, MAX + 1);
        fill(&rng, b, MAX + 1);
        for (size_t shift = 0; shift < 2 && n + shift <= MAX; shift++) { /* aligned or not */
            assert_true(tt_vec_dot(a + shift, b, n) == tt_vec_dot_ref(a + shift, b, n));
            assert_true(tt_vec_sum(a + shift, n) == tt_vec_sum_ref(a + shift, n));
            assert_true(tt_vec_sum_squares(a + shift, n) == tt_vec_sum_squares_ref(a + shift, n));
        }
    }
}

/* Values computed by hand in the stated order: the bits are part of tt's promises. */
static void test_vec_order_of_addition(void **state)
{
    float big[17] = {0}, one[17];
    (void)state;
    for (size_t i = 0; i < 17; i++)
        one[i] = 1;
    big[0] = 1e8f;  /* element 16 goes to sum 0 as well, and is lost in it: 1e8 + 1 = 1e8 in float */
    big[16] = 1;
    assert_true(tt_vec_dot(big, one, 17) == 1e8f);
    big[16] = -1e8f; /* cancels within sum 0, before element 1 is added */
    big[1] = 1;
    assert_true(tt_vec_dot(big, one, 17) == 1);
    assert_true(tt_vec_sum(one, 17) == 17);
    assert_true(tt_vec_sum_squares(one, 17) == 17);
}

static void test_vec_product_and_sum_are_rounded_apart(void **state)
{
    /* (1 + e)(1 - e) = 1 - e^2 rounds to 1; a fused product would keep -e^2 = -2^-46. */
    float e = ldexpf(1, -23), a[17] = {0}, b[17] = {0};
    (void)state;
    a[0] = -1, b[0] = 1;
    a[16] = 1 + e, b[16] = 1 - e;
    assert_true(tt_vec_dot(a, b, 17) == 0);
    float y[16] = {-1}, x[16] = {1 + e};
    tt_vec_axpy(y, 1 - e, x, 16);
    assert_true(y[0] == 0);
}

static void test_vec_norm(void **state)
{
    float x[] = {3, 4}, huge[] = {3e38f, 0}, zero[3] = {0};
    (void)state;
    assert_true(tt_vec_norm(x, 2) == 5);
    assert_true(tt_vec_norm(huge, 2) == 3e38f);
    assert_true(tt_vec_norm(zero, 3) == 0);
    assert_true(tt_vec_norm(x, 0) == 0);
}

static void test_vec_axpy_and_scale(void **state)
{
    float x[MAX], y[MAX], z[MAX];
    struct tt_rng rng;
    (void)state;
    tt_rng_init(&rng, 2, TT_RNG_TEST, 0);
    for (size_t n = 0; n <= 70; n++) {
        fill(&rng, x, MAX);
        fill(&rng, y, MAX);
        for (size_t i = 0; i < MAX; i++)
            z[i] = i < n ? y[i] + 0.37f * x[i] : y[i];
        tt_vec_axpy(y, 0.37f, x, n);
        assert_memory_equal(y, z, sizeof(y));
        for (size_t i = 0; i < n; i++)
            z[i] *= -1.7f;
        tt_vec_scale(y, -1.7f, n);
        assert_memory_equal(y, z, sizeof(y));
    }
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
        cmocka_unit_test(test_vec_sums_have_the_bits_of_plain_loops),
        cmocka_unit_test(test_vec_order_of_addition),
        cmocka_unit_test(test_vec_product_and_sum_are_rounded_apart),
        cmocka_unit_test(test_vec_norm),
        cmocka_unit_test(test_vec_axpy_and_scale),
        cmocka_unit_test(test_vec_is_finite_sees_every_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
