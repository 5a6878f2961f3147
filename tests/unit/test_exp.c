/* Exponentials of rows against the C library. */
#include "math/exp.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "unit.h"

enum { MOST = 600 };

static void test_exp_row_is_within_3e_7_of_the_c_library(void **state)
{
    float row[1024];

    (void)state;
    for (int step = 0; step < 350; step++) {
        double from = -87 + step * 0.5;
        float x[1024];
        for (size_t i = 0; i < LENGTH(row); i++)
            row[i] = x[i] = (float)(from + 0.5 * (double)i / (double)LENGTH(row));
        tt_exp_row(row, LENGTH(row), 1, 0, NULL);
        for (size_t i = 0; i < LENGTH(row); i++) {
            double exact = exp((double)x[i]);
            if (fabs((double)row[i] - exact) > 3e-7 * exact)
                fail_msg("exp(%.9g) = %.9g, exactly %.17g", (double)x[i], (double)row[i], exact);
        }
    }
}

static void test_exp_row_cuts_its_argument(void **state)
{
    float row[6] = {-INFINITY, -1e30f, -87, 88, 1e30f, INFINITY};

    (void)state;
    tt_exp_row(row, 6, 1, 0, NULL);
    for (int i = 0; i < 6; i++)
        assert_true(isnormal(row[i]));
    assert_true(row[0] == row[2] && row[1] == row[2]);
    assert_true(row[4] == row[3] && row[5] == row[3]);
}

static void test_exp_row_keeps_nan(void **state)
{
    float row[20] = {0};

    (void)state;
    row[17] = NAN;
    assert_true(isnan(tt_exp_row(row, 20, 1, 0, NULL)));
    assert_true(isnan(row[17]));
    assert_true(row[16] == 1 && row[18] == 1);
}

static void test_exp_row_scales_and_shifts_rows_of_every_length(void **state)
{
    float row[MOST + 1], ref[MOST + 1], shift[MOST];
    struct tt_rng rng;

    (void)state;
    tt_rng_init(&rng, 1, TT_RNG_TEST, 0);
    for (size_t n = 0; n <= MOST; n += n < 70 ? 1 : 53)
        for (int shifted = 0; shifted < 2; shifted++) {
            for (size_t i = 0; i < n; i++) {
                row[i] = ref[i] = (float)(2 * tt_rng_unit(&rng) - 1);
                shift[i] = (float)(-5 * tt_rng_unit(&rng));
            }
            row[n] = 77; /* what lies behind the row stays */
            double sum = (double)tt_exp_row(row, n, 7.5f, 0.25f, shifted ? shift : NULL);
            double exact = tt_exp_row_ref(ref, n, 7.5f, 0.25f, shifted ? shift : NULL);
            assert_true(fabs(sum - exact) <= 2e-6 * exact);
            for (size_t i = 0; i < n; i++) /* the argument is rounded as a float of up to 16 */
                assert_true(fabsf(row[i] - ref[i]) <= 2e-6f * ref[i]);
            assert_true(row[n] == 77);
        }
}

/* The sum is the one that exp.h states, bit by bit: 16 lanes, then the lanes in order. */
static void test_exp_row_sums_in_16_lanes(void **state)
{
    float row[1000], lanes[16];

    (void)state;
    for (size_t n = 0; n <= LENGTH(row); n += 37) {
        float sum = 0;
        for (size_t i = 0; i < n; i++)
            row[i] = (float)((i * 7919) % 101) * 0.1f - 5;
        float got = tt_exp_row(row, n, 1, 0, NULL);
        memset(lanes, 0, sizeof(lanes));
        for (size_t i = 0; i < n; i++)
            lanes[i % 16] += row[i];
        for (size_t l = 0; l < 16; l++)
            sum += lanes[l];
        assert_true(got == sum);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exp_row_is_within_3e_7_of_the_c_library),
        cmocka_unit_test(test_exp_row_cuts_its_argument),
        cmocka_unit_test(test_exp_row_keeps_nan),
        cmocka_unit_test(test_exp_row_scales_and_shifts_rows_of_every_length),
        cmocka_unit_test(test_exp_row_sums_in_16_lanes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
