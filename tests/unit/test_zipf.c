/* Zipf draws against the probabilities they stand for. */
#include "world/zipf.h"

#include <math.h>

#include "unit.h"

/* Chi-square of 200,000 draws from n ranks; with n - 1 degrees of freedom, mean n - 1 and deviation sqrt(2 (n - 1)). */
static void check_draws(uint64_t n, double exponent, uint64_t seed)
{
    enum { DRAWS = 200000, MOST = 64 };
    double sum = 0, chi = 0;
    int count[MOST] = {0};
    struct tt_zipf zipf;
    struct tt_rng rng;

    tt_zipf_init(&zipf, n, exponent);
    tt_rng_init(&rng, seed, TT_RNG_TEST, 0);
    for (int i = 0; i < DRAWS; i++) {
        uint64_t k = tt_zipf_draw(&zipf, &rng);
        assert_true(k < n);
        count[k]++;
    }
    for (uint64_t k = 0; k < n; k++)
        sum += pow((double)k + 1, -exponent);
    for (uint64_t k = 0; k < n; k++) {
        double expected = DRAWS * pow((double)k + 1, -exponent) / sum;
        chi += (count[k] - expected) * (count[k] - expected) / expected;
    }
    if (chi > (double)(n - 1) + 5 * sqrt(2.0 * (double)n)) /* the seeds are fixed: it passes always or never */
        fail_msg("n %llu, exponent %g: chi-square %g", (unsigned long long)n, exponent, chi);
}

static void test_zipf_draws_by_rank(void **state)
{
    static const double exponents[] = {0, 0.3, 0.5, 0.999, 1, 1.001, 1.5, 2};
    static const uint64_t sizes[] = {1, 2, 3, 10, 50};

    (void)state;
    for (size_t e = 0; e < LENGTH(exponents); e++)
        for (size_t i = 0; i < LENGTH(sizes); i++)
            check_draws(sizes[i], exponents[e], 10 * e + i);
}

/* Of 10^9 ranks with exponent 1 the first hundred have the share H(100) / H(10^9) = 5.187 / 21.30. */
static void test_zipf_of_very_many_ranks(void **state)
{
    enum { DRAWS = 200000 };
    struct tt_zipf zipf;
    struct tt_rng rng;
    int low = 0;

    (void)state;
    tt_zipf_init(&zipf, 1000000000, 1);
    tt_rng_init(&rng, 1, TT_RNG_TEST, 0);
    for (int i = 0; i < DRAWS; i++)
        low += tt_zipf_draw(&zipf, &rng) < 100;
    assert_true(fabs((double)low / DRAWS - 5.18738 / 21.30048) < 5 * 0.001);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zipf_draws_by_rank),
        cmocka_unit_test(test_zipf_of_very_many_ranks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
