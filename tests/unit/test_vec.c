/* Vectors against plain loops, bit by bit, and against known values. */
#include "math/vec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

static void test_vec_dot_has_the_bits_of_a_plain_loop(void **state)
{
    float x[MAX], y[MAX + 1];
    struct tt_rng rng;
    (void)state;
    tt_rng_init(&rng, 2, TT_RNG_TEST, 0);
    for (size_t n = 0; n <= MAX; n++) {
        fill(&rng, x, MAX);
        fill(&rng, y, MAX + 1);
        assert_true(tt_vec_dot(x, y + 1, n) == tt_vec_dot_ref(x, y + 1, n));
    }
}

static void test_vec_unit_takes_the_length_out(void **state)
{
    float x[] = {3, 0, -4}, tiny[] = {1e-13f, 0}, zero[2] = {0};
    (void)state;
    assert_true(tt_vec_normalise(x, 3) == 5);
    assert_true(fabsf(x[0] - 0.6f) < 1e-6f && x[1] == 0 && fabsf(x[2] + 0.8f) < 1e-6f);
    assert_true(tt_vec_normalise(tiny, 2) == 0 && tiny[0] == 0);
    assert_true(tt_vec_normalise(zero, 2) == 0 && zero[1] == 0);
}

/* The gradient of sum of g_i u_i by x, against central differences. */
static void test_vec_unit_back_gives_the_gradient(void **state)
{
    enum { N = 20 };
    float x[N], u[N], g[N], d[N];
    struct tt_rng rng;
    (void)state;
    tt_rng_init(&rng, 3, TT_RNG_TEST, 0);
    fill(&rng, x, N);
    fill(&rng, g, N);
    memcpy(u, x, sizeof(u));
    memcpy(d, g, sizeof(d));
    float length = tt_vec_normalise(u, N);
    tt_vec_normalise_back(u, length, d, N);
    for (size_t i = 0; i < N; i++) {
        double value[2];
        for (int side = 0; side < 2; side++) {
            double squares = 0, sum = 0;
            for (size_t k = 0; k < N; k++) {
                double v = (double)x[k] + (k == i ? side ? 1e-4 : -1e-4 : 0);
                squares += v * v;
                sum += (double)g[k] * v;
            }
            value[side] = sum / sqrt(squares);
        }
        assert_true(fabs((value[1] - value[0]) / 2e-4 - (double)d[i]) < 1e-5);
    }
    tt_vec_normalise_back(u, 0, d, N); /* a vector of 0 has no direction to learn */
    for (size_t i = 0; i < N; i++)
        assert_true(d[i] == 0);
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

static void test_vec_counts_every_length(void **state)
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
        assert_int_equal(tt_vec_count_above(scores, n, 2), above);
        assert_int_equal(tt_vec_count_from(scores, n, 2), from);
    }
}

static void test_vec_does_not_count_nan(void **state)
{
    float scores[40];

    (void)state;
    for (size_t i = 0; i < 40; i++)
        scores[i] = i % 4 ? 1 : NAN;
    assert_int_equal(tt_vec_count_above(scores, 40, 0), 30);
    assert_int_equal(tt_vec_count_from(scores, 40, 1), 30);
    assert_int_equal(tt_vec_count_from(scores, 40, NAN), 0);
    assert_int_equal(tt_vec_count_above(scores, 40, -INFINITY), 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vec_sum_squares_has_the_bits_of_a_plain_loop),
        cmocka_unit_test(test_vec_dot_has_the_bits_of_a_plain_loop),
        cmocka_unit_test(test_vec_unit_takes_the_length_out),
        cmocka_unit_test(test_vec_unit_back_gives_the_gradient),
        cmocka_unit_test(test_vec_order_of_addition),
        cmocka_unit_test(test_vec_is_finite_sees_every_place),
        cmocka_unit_test(test_vec_counts_every_length),
        cmocka_unit_test(test_vec_does_not_count_nan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
