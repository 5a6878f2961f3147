/* The byte kernels against plain sums over rounded vectors, and the rounding against its bound. */
#include "math/byte_scan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "unit.h"

enum { MAX_DIM = 150, QUADS = (MAX_DIM + 3) / 4 };

static void check(struct tt_rng *rng, tt_byte_scan_fn *scan, size_t q, size_t dim)
{
    static uint8_t queries[QUADS * TT_SCAN_QUERIES * 4];
    static int8_t panel[QUADS * TT_SCAN_ITEMS * 4];
    static struct tt_byte_hit hits[TT_SCAN_HITS];
    int x[TT_SCAN_QUERIES][MAX_DIM], y[TT_SCAN_ITEMS][MAX_DIM];
    int32_t begin[TT_SCAN_ITEMS] = {0}, limit[TT_SCAN_QUERIES];
    static const int32_t limits[] = {INT32_MIN, 0, 20000, INT32_MAX};
    size_t quads = (dim + 3) / 4, at = 0;

    memset(queries, 128, sizeof(queries));
    memset(panel, 0, sizeof(panel));
    for (size_t i = 0; i < q; i++)
        for (size_t k = 0; k < dim; k++) {
            x[i][k] = tt_rng_below(rng, 5) ? (int)tt_rng_below(rng, 255) - 127 : 127; /* extremes are not rare */
            queries[(k / 4 * q + i) * 4 + k % 4] = (uint8_t)(x[i][k] + 128);
        }
    for (size_t j = 0; j < TT_SCAN_ITEMS; j++)
        for (size_t k = 0; k < dim; k++) {
            y[j][k] = tt_rng_below(rng, 5) ? (int)tt_rng_below(rng, 255) - 127 : 127;
            panel[(k / 4 * TT_SCAN_ITEMS + j) * 4 + k % 4] = (int8_t)y[j][k];
            begin[j] -= 128 * y[j][k];
        }
    for (size_t i = 0; i < q; i++)
        limit[i] = limits[tt_rng_below(rng, 4)];
    size_t n = scan(q, quads, queries, panel, begin, limit, hits);
    for (size_t i = 0; i < q; i++)
        for (size_t j = 0; j < TT_SCAN_ITEMS; j++) {
            int32_t sum = 0;
            for (size_t k = 0; k < dim; k++)
                sum += x[i][k] * y[j][k];
            if (sum <= limit[i])
                continue;
            assert_true(at < n);
            assert_int_equal(hits[at].query, i);
            assert_int_equal(hits[at].item, j);
            assert_int_equal(hits[at].dot, sum);
            at++;
        }
    assert_int_equal(at, n);
}

static void test_byte_scan_gives_plain_sums(void **state)
{
    tt_byte_scan_fn *kernels[] = {tt_byte_scan_plain(), tt_byte_scan_fast()};
    struct tt_rng rng;
    (void)state;
    tt_rng_init(&rng, 1, TT_RNG_TEST, 0);
    for (size_t i = 0; i < LENGTH(kernels); i++)
        for (size_t q = 1; kernels[i] && q <= TT_SCAN_QUERIES; q++)
            for (size_t dim = 1; dim <= MAX_DIM; dim += dim < 9 ? 1 : 13)
                check(&rng, kernels[i], q, dim);
}

static void test_byte_rounding_is_as_wrong_as_it_says(void **state)
{
    struct tt_rng rng;
    float x[MAX_DIM];
    int8_t q[QUADS * 8];
    (void)state;
    tt_rng_init(&rng, 2, TT_RNG_TEST, 0);
    for (size_t dim = 1; dim <= MAX_DIM; dim++) {
        double squares = 0;
        for (size_t k = 0; k < dim; k++)
            x[k] = (float)tt_rng_normal(&rng);
        float step = tt_byte_step(x, dim);
        double wrong = tt_byte_round(x, dim, step, q, 8); /* stride 8: two vectors side by side */
        for (size_t k = 0; k < dim; k++) {
            double rest = (double)x[k] - (double)step * q[k / 4 * 8 + k % 4];
            assert_true(fabs(rest) <= (double)step * 0.5001);
            squares += rest * rest;
        }
        assert_true(fabs(wrong - sqrt(squares)) <= 1e-12);
    }
}

static void test_byte_rounding_of_extremes(void **state)
{
    float zero[4] = {0}, huge[4] = {3.4e38f, -3.4e38f, 1, 0}, tiny[4] = {1e-45f, -1e-45f, 0, 0};
    int8_t q[4];
    (void)state;
    assert_true(tt_byte_step(zero, 4) == 0);
    assert_true(tt_byte_round(zero, 4, 0, q, 4) == 0 && q[0] == 0);
    assert_true(isfinite(tt_byte_round(huge, 4, tt_byte_step(huge, 4), q, 4)));
    assert_true(q[0] == 127 && q[1] == -127 && q[2] == 0);
    /* The step underflows to zero: nothing is left of the vector, and that is what it says. */
    assert_true(tt_byte_step(tiny, 4) == 0);
    assert_true(tt_byte_round(tiny, 4, 0, q, 4) > 0 && q[0] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_byte_scan_gives_plain_sums),
        cmocka_unit_test(test_byte_rounding_is_as_wrong_as_it_says),
        cmocka_unit_test(test_byte_rounding_of_extremes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
