/* The cluster bootstrap against distributions that are known exactly, and its coverage in a simulation. */
#include "eval/bootstrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "unit.h"

static struct tt_pool *pool_of(int threads)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(threads, &err);

    assert_non_null(pool);
    return pool;
}

static void run(int threads, const double *sums, size_t n, size_t columns, const size_t *divisors, size_t resamples,
                uint64_t seed, double *replicates)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = pool_of(threads);

    assert_int_equal(tt_bootstrap_ratios(pool, sums, n, columns, divisors, resamples, seed, replicates, &err), 0);
    tt_pool_free(pool);
}

/* Three users with the values 0, 1, 10: the 27 equally likely draws give ten different sums, each with the
 * multinomial probability 3! / (a! b! c!) / 27. Pearson's statistic over the ten has 9 degrees of freedom: its 99.9 %
 * point is 27.9. */
static void test_bootstrap_replicates_follow_the_multinomial(void **state)
{
    static const double sums[] = {1, 0, 1, 1, 1, 10}; /* (3, 2): the divisor 1, the value */
    static const size_t divisors[] = {0, 0};
    static const struct { int sum, ways; } exact[] = {
        {0, 1}, {1, 3}, {2, 3}, {3, 1}, {10, 3}, {11, 6}, {12, 3}, {20, 3}, {21, 3}, {30, 1},
    };
    enum { R = 27000 };
    double *replicates = malloc(2 * R * sizeof(*replicates));
    double statistic = 0;
    size_t seen = 0;
    (void)state;

    run(1, sums, 3, 2, divisors, R, 7, replicates);
    for (size_t i = 0; i < LENGTH(exact); i++) {
        size_t count = 0;
        for (size_t r = 0; r < R; r++)
            count += replicates[R + r] == exact[i].sum / 3.0;
        double expected = (double)R / 27 * exact[i].ways;
        statistic += ((double)count - expected) * ((double)count - expected) / expected;
        seen += count;
    }
    assert_int_equal(seen, R);
    assert_true(statistic < 27.9);
    for (size_t r = 0; r < R; r++)
        assert_true(replicates[r] == 1);
    free(replicates);
}

/* 6 ones among 20: a replicate is Binomial(20, 0.3) / 20. P(X <= 1) = 0.008, P(X <= 2) = 0.035: the 2.5 % point is 2;
 * P(X <= 9) = 0.952, P(X <= 10) = 0.983: the 97.5 % point is 10. */
static void test_bootstrap_interval_of_a_share_is_the_binomials(void **state)
{
    double sums[20 * 2], replicates[2 * 4000], low, high;
    static const size_t divisors[] = {1, 1};
    (void)state;

    for (size_t i = 0; i < 20; i++) {
        sums[2 * i] = i < 6;
        sums[2 * i + 1] = 1;
    }
    run(2, sums, 20, 2, divisors, 4000, 1, replicates);
    tt_bootstrap_interval(replicates, 4000, 0.95, &low, &high);
    assert_true(fabs(low - 0.10) < 1e-12);
    assert_true(fabs(high - 0.50) < 1e-12);
}

/* A ratio of sums, not a mean of ratios: users of 1 event and 3 events, one hit each. Draws: both first 2/2, both
 * second 2/6, mixed 2/4. */
static void test_bootstrap_takes_the_ratio_of_sums(void **state)
{
    static const double sums[] = {1, 1, 1, 3};
    static const size_t divisors[] = {1, 1};
    double replicates[2 * 400];
    size_t first = 0, second = 0, mixed = 0;
    (void)state;

    run(1, sums, 2, 2, divisors, 400, 3, replicates);
    for (size_t r = 0; r < 400; r++) {
        first += replicates[r] == 1.0;
        second += replicates[r] == 2.0 / 6;
        mixed += replicates[r] == 0.5;
    }
    assert_int_equal(first + second + mixed, 400);
    assert_true(first > 60 && first < 140); /* 100 expected, standard deviation 8.7 */
    assert_true(second > 60 && second < 140);
}

/* 19 columns are three panels, the last not full. */
static void test_bootstrap_is_the_same_for_any_pool_and_any_column_panel(void **state)
{
    enum { N = 101, C = 19, R = 57 };
    static double sums[N * C], first[C * R], other[C * R], alone[2 * R];
    double pair[N * 2];
    size_t divisors[C];
    static const size_t under_pair[] = {0, 0};
    struct tt_rng rng;
    (void)state;

    tt_rng_init(&rng, 5, TT_RNG_TEST, 0);
    for (size_t i = 0; i < N * C; i++)
        sums[i] = 0.5 + tt_rng_unit(&rng);
    memset(divisors, 0, sizeof(divisors));
    run(1, sums, N, C, divisors, R, 9, first);
    for (int threads = 2; threads <= 3; threads++) {
        run(threads, sums, N, C, divisors, R, 9, other);
        assert_memory_equal(first, other, sizeof(first));
    }
    for (size_t i = 0; i < N; i++) {
        pair[2 * i] = sums[i * C];
        pair[2 * i + 1] = sums[i * C + 18];
    }
    run(1, pair, N, 2, under_pair, R, 9, alone);
    assert_memory_equal(alone + R, first + 18 * R, R * sizeof(*alone));
    run(1, sums, N, C, divisors, R, 10, other);
    assert_memory_not_equal(first, other, sizeof(first));
}

static void test_bootstrap_interval_takes_order_statistics(void **state)
{
    double values[39], few[3] = {3, 1, 2}, low, high;
    (void)state;

    for (size_t i = 0; i < 39; i++) /* 1 ... 39 in some order */
        values[i] = (double)(i * 7 % 39 + 1);
    tt_bootstrap_interval(values, 39, 0.95, &low, &high); /* 40 * 0.025 = 1, 40 * 0.975 = 39 */
    assert_true(fabs(low - 1) < 1e-9 && fabs(high - 39) < 1e-9);
    tt_bootstrap_interval(values, 39, 0.80, &low, &high); /* 4 and 36 */
    assert_true(fabs(low - 4) < 1e-9 && fabs(high - 36) < 1e-9);
    tt_bootstrap_interval(values, 39, 0.85, &low, &high); /* 40 * 0.075 = 3, 37 */
    assert_true(fabs(low - 3) < 1e-9 && fabs(high - 37) < 1e-9);
    tt_bootstrap_interval(values, 38, 0.90, &low, &high); /* 39 * 0.05 = 1.95, 37.05 */
    assert_true(fabs(low - 1.95) < 1e-9 && fabs(high - 37.05) < 1e-9);
    tt_bootstrap_interval(few, 3, 0.95, &low, &high); /* too few for 2.5 %: all of them */
    assert_true(low == 1 && high == 3);
}

/* One value of each of 50 users: exponential, mean 1. The percentile interval is somewhat short for few and skewed
 * values (the standard error has no n - 1, and the skewness is met on the wrong side): 0.939 here by 4000 trials.
 * With 1000 trials the standard deviation is 0.008. */
static void test_bootstrap_coverage_for_few_users(void **state)
{
    enum { TRIALS = 1000, N = 50, R = 399 };
    static const size_t divisors[] = {1, 1};
    double sums[N * 2], replicates[2 * R];
    struct tt_pool *pool = pool_of(2);
    struct tt_err err = TT_ERR_INIT;
    size_t covered = 0;
    (void)state;

    for (size_t trial = 0; trial < TRIALS; trial++) {
        struct tt_rng rng;
        double low, high;
        tt_rng_init(&rng, 11, TT_RNG_TEST, trial);
        for (size_t i = 0; i < N; i++) {
            sums[2 * i] = -log(1.0 - tt_rng_unit(&rng));
            sums[2 * i + 1] = 1;
        }
        assert_int_equal(tt_bootstrap_ratios(pool, sums, N, 2, divisors, R, trial, replicates, &err), 0);
        tt_bootstrap_interval(replicates, R, 0.95, &low, &high);
        covered += low <= 1 && 1 <= high;
    }
    tt_pool_free(pool);
    assert_in_range(covered, 915, 963);
}

/* 193 users with 1 to 40 events each, the share of hits its user's own: the case of event means. The truth is the
 * ratio of the expectations: E[events * p] / E[events] = E[p] = 0.3, as p is drawn apart from events. */
static void test_bootstrap_coverage_of_a_share_of_clustered_events(void **state)
{
    enum { TRIALS = 400, N = 193, R = 399 };
    static const size_t divisors[] = {1, 1};
    static double sums[N * 2], replicates[2 * R];
    struct tt_pool *pool = pool_of(2);
    struct tt_err err = TT_ERR_INIT;
    size_t covered = 0;
    (void)state;

    for (size_t trial = 0; trial < TRIALS; trial++) {
        struct tt_rng rng;
        double low, high;
        tt_rng_init(&rng, 12, TT_RNG_TEST, trial);
        for (size_t i = 0; i < N; i++) {
            size_t events = 1 + tt_rng_below(&rng, 40), hits = 0;
            double p = 0.6 * tt_rng_unit(&rng);
            for (size_t e = 0; e < events; e++)
                hits += tt_rng_unit(&rng) < p;
            sums[2 * i] = (double)hits;
            sums[2 * i + 1] = (double)events;
        }
        assert_int_equal(tt_bootstrap_ratios(pool, sums, N, 2, divisors, R, trial, replicates, &err), 0);
        tt_bootstrap_interval(replicates, R, 0.95, &low, &high);
        covered += low <= 0.3 && 0.3 <= high;
    }
    tt_pool_free(pool);
    assert_in_range(covered, 368, 392); /* 0.92 ... 0.98 */
}

/* The ratios themselves, and the same intervals and resamples as step by step. */
static void test_estimates_are_ratios_with_intervals(void **state)
{
    static const double sums[] = {2, 1, 0.5, 3, 4, 1.25, 1, 0, 0.75}; /* three users; events, hits, another sum */
    static const size_t divisors[] = {0, 0, 0};
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(2, &err);
    double replicates[3 * 99], kept[2 * 99], low, high;
    struct tt_estimate estimates[2];
    (void)state;

    assert_int_equal(tt_bootstrap_ratios(pool, sums, 3, 3, divisors, 99, 5, replicates, &err), 0);
    assert_int_equal(tt_bootstrap_estimates(pool, sums, 3, 3, divisors, 1, 99, 5, estimates, kept, &err), 0);
    assert_memory_equal(kept, replicates + 99, sizeof(kept));
    assert_true(estimates[0].value == 5.0 / 6 && estimates[1].value == 2.5 / 6);
    for (size_t j = 0; j < 2; j++) {
        tt_bootstrap_interval(replicates + (j + 1) * 99, 99, 0.95, &low, &high);
        assert_true(low < high && estimates[j].low == low && estimates[j].high == high);
        assert_int_equal(estimates[j].n, 6);
    }
    assert_int_equal(tt_bootstrap_estimates(pool, sums, 3, 3, divisors, 1, 0, 5, estimates, kept, &err), 0);
    assert_true(estimates[1].value == 2.5 / 6 && isnan(estimates[1].low) && isnan(estimates[1].high));
    tt_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bootstrap_replicates_follow_the_multinomial),
        cmocka_unit_test(test_bootstrap_interval_of_a_share_is_the_binomials),
        cmocka_unit_test(test_bootstrap_takes_the_ratio_of_sums),
        cmocka_unit_test(test_bootstrap_is_the_same_for_any_pool_and_any_column_panel),
        cmocka_unit_test(test_bootstrap_interval_takes_order_statistics),
        cmocka_unit_test(test_bootstrap_coverage_for_few_users),
        cmocka_unit_test(test_bootstrap_coverage_of_a_share_of_clustered_events),
        cmocka_unit_test(test_estimates_are_ratios_with_intervals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
