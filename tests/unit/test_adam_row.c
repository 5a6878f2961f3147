/* One update of Adam against its formula, for every tail length. */
#include "math/adam_row.h"

#include <math.h>

#include "base/rng.h"
#include "unit.h"

static void test_adam_row_without_memory_of_squares_takes_steps_of_the_rate(void **state)
{
    struct tt_adam_rule rule = {.beta1 = 0, .beta2 = 0, .rate = 0.5f, .epsilon = 0};
    float gradient[3] = {2, -0.25f, 8}, value[3] = {1, 1, 1}, m1[3] = {0}, m2[3] = {0}, squares;

    (void)state;
    tt_adam_row(&rule, 3, gradient, value, m1, m2, &squares);
    assert_true(value[0] == 0.5f && value[1] == 1.5f && value[2] == 0.5f);
    assert_true(squares == 4 + 0.0625f + 64);
}

/* In 16 sums, added up pairwise. */
static float sum_squares(const float *x, size_t n)
{
    float sum[16] = {0};

    for (size_t i = 0; i < n; i++)
        sum[i % 16] += x[i] * x[i];
    for (size_t half = 8; half > 0; half /= 2)
        for (size_t j = 0; j < half; j++)
            sum[j] += sum[j + half];
    return sum[0];
}

/* Every operation is rounded to float by itself, in the order that the header writes, so the bits are known. */
static void test_adam_row_has_the_bits_of_its_formula(void **state)
{
    const struct tt_adam_rule rule = {.beta1 = 0.9f, .beta2 = 0.99f, .rate = 0.01f, .epsilon = 1e-6f, .shrink = 0.003f};
    enum { MOST = 70 };
    float gradient[MOST], value[MOST + 1], m1[MOST], m2[MOST], squares;
    struct tt_rng rng;

    (void)state;
    tt_rng_init(&rng, 1, TT_RNG_TEST, 0);
    for (size_t n = 0; n <= MOST; n++) {
        float want[MOST], want1[MOST], want2[MOST];
        for (size_t i = 0; i < n; i++) {
            gradient[i] = (float)tt_rng_normal(&rng);
            value[i] = (float)tt_rng_normal(&rng);
            m1[i] = (float)tt_rng_normal(&rng);
            m2[i] = (float)tt_rng_unit(&rng);
            float a = rule.beta1 * m1[i], b = (1 - rule.beta1) * gradient[i];
            float c = rule.beta2 * m2[i], d = (1 - rule.beta2) * gradient[i];
            d *= gradient[i];
            want1[i] = a + b;
            want2[i] = c + d;
            float up = rule.rate * want1[i], down = sqrtf(want2[i]);
            down += rule.epsilon;
            up /= down;
            float shrink = rule.shrink * value[i];
            up += shrink;
            want[i] = value[i] - up;
        }
        value[n] = 77; /* what lies behind the row stays */
        assert_int_equal(tt_adam_row(&rule, n, gradient, value, m1, m2, &squares), 1);
        for (size_t i = 0; i < n; i++)
            assert_true(value[i] == want[i] && m1[i] == want1[i] && m2[i] == want2[i]);
        assert_true(value[n] == 77 && squares == sum_squares(gradient, n));
    }
}

static void test_adam_row_tells_when_a_value_is_not_finite(void **state)
{
    const struct tt_adam_rule rule = {.beta1 = 0.9f, .beta2 = 0.99f, .rate = 0.01f, .epsilon = 1e-6f};
    static const float bad[] = {NAN, INFINITY, -INFINITY};
    enum { N = 37 };

    (void)state;
    for (size_t at = 0; at < N; at++)
        for (size_t b = 0; b < 2 * LENGTH(bad); b++) {
            float gradient[N] = {0}, value[N], m1[N] = {0}, m2[N] = {0}, squares;
            for (size_t i = 0; i < N; i++)
                value[i] = i % 2 ? 3e38f : -1e-40f; /* as large and as small as floats are */
            assert_int_equal(tt_adam_row(&rule, N, gradient, value, m1, m2, &squares), 1);
            (b % 2 ? value : gradient)[at] = bad[b / 2];
            assert_int_equal(tt_adam_row(&rule, N, gradient, value, m1, m2, &squares), 0);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adam_row_without_memory_of_squares_takes_steps_of_the_rate),
        cmocka_unit_test(test_adam_row_has_the_bits_of_its_formula),
        cmocka_unit_test(test_adam_row_tells_when_a_value_is_not_finite),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
