/* Comparisons of models against SciPy and statsmodels, and against simulations whose truth is known. */
#include "eval/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "math/student.h"
#include "unit.h"

static const struct tt_compare_options usual = {
    .resamples = 999, .permutations = 999, .seed = 1, .level = 0.95, .power = 0.8,
};

static struct tt_comparison compare(int threads, const struct tt_runs *model, const struct tt_runs *base,
                                    const double *divisors, size_t n_users, const struct tt_compare_options *options)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(threads, &err);
    struct tt_comparison c;

    assert_non_null(pool);
    assert_int_equal(tt_compare(pool, model, base, divisors, n_users, options, &c, &err), 0);
    tt_pool_free(pool);
    return c;
}

static int is_near(double x, double y, double tolerance)
{
    return fabs(x - y) <= tolerance;
}

/* ---- one run each ---- */

/* 40 users, in Python with NumPy, SciPy 1.17.1 and statsmodels 0.15.0:
 *
 *     i = np.arange(40); n = 1 + i % 4; a = n * (i * 7 % 11) / 11; b = n * ((i * 5 + 3) % 13) / 13 * 0.8
 *     D = (a.sum() - b.sum()) / n.sum()
 *     ci = scipy.stats.bootstrap((a, b, n), lambda a, b, n, axis: (a.sum(axis) - b.sum(axis)) / n.sum(axis),
 *                                paired=True, method='percentile', n_resamples=400000, batch=20000)
 *     p = scipy.stats.permutation_test((a, b), lambda a, b, axis: (a.sum(axis) - b.sum(axis)) / n.sum(),
 *                                      permutation_type='samples', n_resamples=1000000, batch=20000)
 *     d = 40 / n.sum() * (a - b - D * n); sd = d.std(ddof=1)
 *     P = statsmodels.stats.power.TTestPower()
 *     print(sd**2 / 40, D / sd, P.power(abs(D) / sd, 40, 0.05), P.solve_power(None, 40, 0.05, 0.8) * sd,
 *           P.solve_power(abs(D) / sd, None, 0.05, 0.8) / 40, P.power(0.1 / sd, 40, 0.05),
 *           P.solve_power(0.1 / sd, None, 0.05, 0.8) / 40)
 */
enum { FORTY = 40 };

static void forty(double *a, double *b, double *n)
{
    for (size_t i = 0; i < FORTY; i++) {
        n[i] = (double)(1 + i % 4);
        a[i] = n[i] * (double)(i * 7 % 11) / 11;
        b[i] = n[i] * (double)((i * 5 + 3) % 13) / 13 * 0.8;
    }
}

static struct tt_comparison compare_forty(const struct tt_compare_options *options)
{
    double a[FORTY], b[FORTY], n[FORTY];
    const double *sums[2] = {a, b};

    forty(a, b, n);
    return compare(2, &(struct tt_runs){&sums[0], 1}, &(struct tt_runs){&sums[1], 1}, n, FORTY, options);
}

/* The ends of 20,000 resamples scatter by 0.02 standard errors, which are 0.073; the interval is spread by t / z. */
static void test_compare_one_run_each_is_scipys_paired_bootstrap(void **state)
{
    struct tt_compare_options o = usual;
    double wider = tt_student_critical(0.05, FORTY - 1) / tt_normal_critical(0.05);
    (void)state;

    o.resamples = 20000;
    struct tt_comparison c = compare_forty(&o);
    assert_true(is_near(c.value, 0.4572727272727273, 1e-12));
    assert_true(is_near(c.difference, 0.10281118881118878, 1e-12));
    assert_true(is_near(c.users_part, 0.005382680803650358, 1e-12));
    assert_true(is_near(c.cohens_d, 0.22157005829647222, 1e-12));
    assert_true(isnan(c.seeds_part) && c.degrees == FORTY - 1);
    assert_true(is_near((c.low - c.difference) / wider + c.difference, -0.0395005, 0.005));
    assert_true(is_near((c.high - c.difference) / wider + c.difference, 0.2424151, 0.005));
}

static void test_compare_one_run_each_is_scipys_permutation_test(void **state)
{
    struct tt_compare_options o = usual;
    (void)state;

    o.permutations = 100000; /* standard deviation 0.0012 */
    assert_true(is_near(compare_forty(&o).p, 0.173016, 0.004));
}

static void test_compare_power_is_statsmodels(void **state)
{
    struct tt_compare_options o = usual;
    struct tt_comparison c = compare_forty(&o);
    (void)state;

    assert_true(is_near(c.power, 0.2770153, 0.003));
    assert_true(is_near(c.detectable, 0.2107808, 0.0005));
    assert_true(is_near(c.users_factor, 4.045192, 0.005));
    assert_true(isnan(c.runs));
    o.effect = 0.1;
    c = compare_forty(&o);
    assert_true(is_near(c.power, 0.2647153, 0.003));
    assert_true(is_near(c.users_factor, 4.273058, 0.005));
}

/* All 4,096 ways to exchange the figures of 12 users are enumerated: scipy.stats.permutation_test(n_resamples=np.inf)
 * says the same, 0.046875. */
static void test_compare_p_is_the_enumerations(void **state)
{
    static const double n[] = {1, 4, 2, 3, 1, 5, 2, 2, 6, 1, 3, 2}, a[] = {1, 3, 1, 2, 0, 4, 2, 1, 3, 1, 2, 1};
    static const double b[] = {0, 1, 1, 2, 1, 2, 0, 1, 2, 0, 1, 1};
    const double *sums[2] = {a, b};
    struct tt_compare_options o = usual;
    double seen = 0;
    int as_far = 0;
    (void)state;

    for (size_t u = 0; u < 12; u++)
        seen += a[u] - b[u];
    for (unsigned way = 0; way < 4096; way++) {
        double total = 0;
        for (size_t u = 0; u < 12; u++)
            total += way >> u & 1 ? a[u] - b[u] : b[u] - a[u];
        as_far += fabs(total) >= fabs(seen);
    }
    assert_true(as_far / 4096.0 == 0.046875);
    o.permutations = 100000;
    struct tt_comparison c = compare(1, &(struct tt_runs){&sums[0], 1}, &(struct tt_runs){&sums[1], 1}, n, 12, &o);
    assert_true(is_near(c.p, 0.046875, 0.0023)); /* standard deviation 0.00067 */
}

static void test_compare_runs_that_are_alike_are_one(void **state)
{
    double a[FORTY], b[FORTY], n[FORTY];
    const double *of_a[] = {a, a, a}, *of_b[] = {b, b};
    struct tt_comparison one = compare_forty(&usual), c;
    (void)state;

    forty(a, b, n);
    c = compare(1, &(struct tt_runs){of_a, 3}, &(struct tt_runs){of_b, 2}, n, FORTY, &usual);
    assert_true(c.seeds_part == 0 && is_near(c.degrees, FORTY - 1, 1e-9));
    assert_true(is_near(c.p, one.p, 1e-12) && is_near(c.low, one.low, 1e-12) && is_near(c.high, one.high, 1e-12));
    assert_true(is_near(c.users_factor, one.users_factor, 1e-9));
    assert_true(isinf(c.runs)); /* no number of such runs changes anything */
}

static void test_compare_a_model_with_itself(void **state)
{
    double a[FORTY], b[FORTY], n[FORTY];
    const double *sums[] = {a, a};
    (void)state;

    forty(a, b, n);
    struct tt_comparison c = compare(1, &(struct tt_runs){sums, 2}, &(struct tt_runs){sums, 2}, n, FORTY, &usual);
    assert_true(c.difference == 0 && c.low == 0 && c.high == 0 && c.p == 1 && c.power == 0 && c.detectable == 0);
    assert_true(isnan(c.cohens_d) && isinf(c.users_factor) && isinf(c.runs));
}

/* ---- runs by users ---- */

/* Two tables of runs by 6 users, in Python with statsmodels:
 *
 *     def table(T):                               # the mean squares by anova_lm(ols('x ~ C(r) + C(u)'))
 *         f = pandas.DataFrame([(r, u, T[r, u]) for r in range(len(T)) for u in range(6)], columns=['r', 'u', 'x'])
 *         m = sm.stats.anova_lm(smf.ols('x ~ C(r) + C(u)', f).fit())['mean_sq']
 *         return max(0, (m['C(r)'] - m['Residual']) / 6), m['Residual'], len(T)
 *     (sa, ea, ra), (sb, eb, rb) = table(A / 10), table(B / 10)
 *     d = (A.mean(0) - B.mean(0)) / 10; V = d.var(ddof=1) / 6; S = sa / ra + sb / rb
 *     df = (V + S)**2 / (V**2 / 5 + ((sa + ea / 6) / ra)**2 / (ra - 1) + ((sb + eb / 6) / rb)**2 / (rb - 1))
 */
static const double table_a[3][6] = {{5, 3, 7, 1, 4, 6}, {6, 3, 8, 2, 4, 8}, {4, 2, 7, 1, 3, 6}};
static const double table_b[2][6] = {{4, 3, 5, 1, 2, 5}, {5, 4, 5, 2, 2, 7}};
static const double tens[6] = {10, 10, 10, 10, 10, 10};

static struct tt_comparison compare_tables(size_t n_a, size_t n_b)
{
    const double *a[] = {table_a[0], table_a[1], table_a[2]}, *b[] = {table_b[0], table_b[1]};

    return compare(1, &(struct tt_runs){a, n_a}, &(struct tt_runs){b, n_b}, tens, 6, &usual);
}

static void test_compare_variance_components_are_statsmodels(void **state)
{
    struct tt_comparison c = compare_tables(3, 2);
    (void)state;

    assert_true(is_near(c.difference, 0.06944444444444446, 1e-12));
    assert_true(is_near(c.users_part, 0.002248456790123457, 1e-12));
    assert_true(is_near(c.seeds_part, 0.0029074074074074115, 1e-12));
    assert_true(is_near(c.degrees, 5.14297260572132, 1e-9));
    assert_true(is_near(c.cohens_d, 0.5978876872545369, 1e-12));
}

/* The base has its first run only: sb, eb and their degrees are sa, ea and 2, found once for both. */
static void test_compare_one_run_has_the_seed_variance_of_the_other_model(void **state)
{
    struct tt_comparison c = compare_tables(3, 1);
    (void)state;

    assert_true(is_near(c.users_part, 0.0016049382716049386, 1e-12));
    assert_true(is_near(c.seeds_part, 0.005629629629629641, 1e-12));
    assert_true(is_near(c.degrees, 2.7821113181560393, 1e-9));
    assert_true(isfinite(c.detectable) && !isnan(c.runs));
}

/* Runs 1 and 3 of one and both of the other, in pairs: one table, of A[[0, 2]] - B. */
static void test_compare_pairs_are_one_table_of_differences(void **state)
{
    const double *a[] = {table_a[0], table_a[2]}, *b[] = {table_b[0], table_b[1]};
    struct tt_compare_options o = usual;
    (void)state;

    o.is_paired = 1;
    struct tt_comparison c = compare(1, &(struct tt_runs){a, 2}, &(struct tt_runs){b, 2}, tens, 6, &o);
    assert_true(is_near(c.users_part, 0.0022777777777777774, 1e-12));
    assert_true(is_near(c.seeds_part, 0.0041666666666666675, 1e-12));
    assert_true(is_near(c.degrees, 1.9975653929515156, 1e-9));
    assert_true(isfinite(c.detectable) && !isnan(c.runs));
}

/* A run that is better for all events, of users with few and with many, is the seed's doing and no luck. */
static void test_compare_a_seed_counts_by_events(void **state)
{
    enum { U = 50 };
    double n[U], sums[4][U];
    const double *a[] = {sums[0], sums[1]}, *b[] = {sums[2], sums[3]};
    (void)state;

    for (size_t u = 0; u < U; u++) {
        n[u] = (double)(1 + u * u % 17);
        for (size_t r = 0; r < 4; r++)
            sums[r][u] = n[u] * (0.3 + 0.01 * (double)(u % 7) + (r == 1 ? 0.02 : r == 3 ? 0.04 : 0));
    }
    struct tt_comparison c = compare(1, &(struct tt_runs){a, 2}, &(struct tt_runs){b, 2}, n, U, &usual);
    assert_true(is_near(c.seeds_part, (0.02 * 0.02 + 0.04 * 0.04) / 2 / 2, 1e-12));
    assert_true(c.users_part < 1e-20);
}

/* With 3 and 2 seeds p = 1 / 1000 of the permutations would be 0.02 by Student's distribution; the difference is of
 * many standard errors. */
static void test_compare_p_of_few_seeds_goes_below_that_of_permutations(void **state)
{
    enum { U = 300 };
    static double sums[5][U], n[U];
    const double *a[] = {sums[0], sums[1], sums[2]}, *b[] = {sums[3], sums[4]};
    static const double seed[] = {0.301, 0.302, 0.3, 0.1, 0.102};
    double squares = 0;
    (void)state;

    for (size_t u = 0; u < U; u++) {
        n[u] = 1;
        for (size_t r = 0; r < 5; r++)
            sums[r][u] = seed[r] + 0.1 * (double)(u * (r < 3 ? 7 : 11) % 13 % 3);
    }
    struct tt_comparison c = compare(1, &(struct tt_runs){a, 3}, &(struct tt_runs){b, 2}, n, U, &usual);
    for (size_t u = 0; u < U; u++) {
        double d = ((sums[0][u] + sums[1][u] + sums[2][u]) / 3 - (sums[3][u] + sums[4][u]) / 2) / U;
        squares += d * d;
    }
    double seeds = 0.001 * 0.001 / 3 + 0.002 * 0.002 / 2 / 2, parts = 0.001 * 0.001 / 3, other = 0.002 * 0.002 / 4;
    double total = c.users_part + seeds, degrees = total * total / (parts * parts / 2 + other * other);
    assert_true(is_near(c.seeds_part, seeds, 1e-12));
    assert_true(is_near(c.p / tt_student_tails(c.difference / sqrt(squares + seeds), degrees), 1, 1e-6));
    assert_true(c.p < 1e-6);
}

/* ---- the same bits ---- */

static void test_compare_is_the_same_for_any_pool(void **state)
{
    const double *a[] = {table_a[0], table_a[1], table_a[2]}, *b[] = {table_b[0], table_b[1]};
    struct tt_comparison first, other;
    struct tt_compare_options o = usual;
    (void)state;

    first = compare(1, &(struct tt_runs){a, 3}, &(struct tt_runs){b, 2}, tens, 6, &o);
    for (int threads = 2; threads <= 3; threads++) {
        other = compare(threads, &(struct tt_runs){a, 3}, &(struct tt_runs){b, 2}, tens, 6, &o);
        assert_memory_equal(&first, &other, sizeof(first));
    }
    o.seed = 2;
    other = compare(1, &(struct tt_runs){a, 3}, &(struct tt_runs){b, 2}, tens, 6, &o);
    assert_true(first.low != other.low && first.degrees == other.degrees);
}

/* ---- simulations ---- */

enum { MOST_USERS = 1000, MOST_RUNS = 60 };

/* A made-up test: users with 1 to 9 events, whose chances of a hit differ, as do the models' for half of them. */
struct world {
    size_t users, runs, base_runs;
    double seeds;  /* the standard deviation of a run */
    double truth;  /* the difference of the models */
    int is_skewed; /* hits, by chances of which most are small; else normal values */
    int is_paired; /* each seed does the same to both models */
};

/* One user's chances or means in the two models. */
static void draw_user(const struct world *w, struct tt_rng *rng, double *models)
{
    if (w->is_skewed) {
        double v = tt_rng_unit(rng);
        models[0] = 0.05 + 0.8 * v * v * v;
        models[1] = models[0] + (tt_rng_unit(rng) < 0.5 ? 0.1 * (tt_rng_unit(rng) - 0.5) : 0);
    } else {
        models[0] = 0.3 + 0.2 * tt_rng_normal(rng);
        models[1] = models[0] + 0.1 * tt_rng_normal(rng);
    }
    models[0] += w->truth;
}

static double draw_sum(const struct world *w, struct tt_rng *rng, double events, double chance)
{
    double hits = 0;

    if (!w->is_skewed)
        return events * (chance + 0.1 * tt_rng_normal(rng));
    for (double e = 0; e < events; e++)
        hits += tt_rng_unit(rng) < chance;
    return hits;
}

static struct tt_comparison simulate(const struct world *w, size_t trial, double effect)
{
    static double sums[2 * MOST_RUNS][MOST_USERS], n[MOST_USERS], chance[MOST_USERS][2];
    const double *rows[2 * MOST_RUNS];
    struct tt_compare_options o = {.resamples = 199, .permutations = 199, .seed = trial, .level = 0.95, .power = 0.8,
                                   .effect = effect, .is_paired = w->is_paired};
    double other[2 * MOST_RUNS];
    struct tt_rng rng;

    tt_rng_init(&rng, 21, TT_RNG_TEST, trial);
    for (size_t u = 0; u < w->users; u++) {
        n[u] = (double)(1 + tt_rng_below(&rng, 9));
        draw_user(w, &rng, chance[u]);
    }
    for (size_t r = 0; r < w->runs + w->base_runs; r++) {
        other[r] = w->is_paired && r >= w->runs ? other[r - w->runs] : w->seeds * tt_rng_normal(&rng);
        for (size_t u = 0; u < w->users; u++)
            sums[r][u] = draw_sum(w, &rng, n[u], chance[u][r >= w->runs] + other[r]);
        rows[r] = sums[r];
    }
    return compare(1, &(struct tt_runs){rows, w->runs}, &(struct tt_runs){rows + w->runs, w->base_runs}, n, w->users,
                   &o);
}

/* Of so many trials without a difference: how many intervals hold 0, and how many p are below 0.05. */
static void count(const struct world *w, size_t trials, size_t *covered, size_t *found)
{
    *covered = *found = 0;
    for (size_t trial = 0; trial < trials; trial++) {
        struct tt_comparison c = simulate(w, trial, 0);
        *covered += c.low <= 0 && 0 <= c.high;
        *found += c.p < 0.05;
    }
}

/* 200 trials: a binomial count of 0.95 is 190 with a standard deviation of 3.1, one of 0.05 is 10. Two or three seeds
 * that happen to be alike might not be, so the interval is wide then. */
static void test_compare_interval_covers_and_p_is_rarely_small(void **state)
{
    static const struct world worlds[] = {
        {193, 10, 10, 0.05, 0, 0, 0}, {193, 10, 10, 0, 0, 1, 0}, {193, 10, 10, 0.02, 0, 1, 0},
        {193, 3, 3, 0, 0, 1, 0}, {193, 3, 3, 0.02, 0, 1, 0}, {193, 3, 3, 0.05, 0, 0, 0}, {193, 3, 1, 0.05, 0, 0, 0},
        {193, 10, 10, 0.05, 0, 0, 1},
    };
    (void)state;

    for (size_t i = 0; i < LENGTH(worlds); i++) {
        size_t covered, found;
        count(&worlds[i], 200, &covered, &found);
        if (covered < 180 || found > 20 || (worlds[i].runs == 10 && (covered > 198 || found < 2)))
            fail_msg("world %zu: %zu of 200 covered, %zu found", i, covered, found);
    }
}

/* A difference of half the seeds' standard deviation: an interval that took the users alone would miss it. */
static void test_compare_interval_covers_a_difference(void **state)
{
    static const struct world w = {100, 5, 5, 0.04, 0.02, 0, 0};
    size_t covered = 0;
    (void)state;

    for (size_t trial = 0; trial < 200; trial++) {
        struct tt_comparison c = simulate(&w, trial, 0);
        covered += c.low <= w.truth && w.truth <= c.high;
    }
    assert_in_range(covered, 180, 199);
}

/* How often p < 0.05 among so many trials of a world with this difference. */
static double share_found(struct world w, double truth, size_t trials)
{
    size_t found = 0;

    w.truth = truth;
    for (size_t trial = 0; trial < trials; trial++)
        found += simulate(&w, 1000 + trial, 0).p < 0.05;
    return (double)found / (double)trials;
}

/* What is said of the power, in worlds without a difference, is how often a difference is found where there is one. */
static void test_compare_power_is_what_simulation_finds(void **state)
{
    static const struct world w = {150, 10, 10, 0.015, 0, 0, 0};
    enum { PILOTS = 30, TRIALS = 150 }; /* standard deviation of a share of 0.8: 0.033 */
    double power = 0, detectable = 0, effect = 0.025;
    (void)state;

    for (size_t trial = 0; trial < PILOTS; trial++) {
        struct tt_comparison c = simulate(&w, trial, effect);
        power += c.power / PILOTS;
        detectable += c.detectable / PILOTS;
    }
    assert_true(power > 0.4 && power < 0.7);
    assert_true(is_near(share_found(w, effect, TRIALS), power, 0.1));
    assert_true(is_near(share_found(w, detectable, TRIALS), 0.8, 0.1));
}

/* With the users, or the seeds, that it is said to take, a difference is found 8 times of 10. */
static void test_compare_more_users_or_seeds_find_what_they_should(void **state)
{
    static const struct world few_users = {150, 10, 10, 0.005, 0, 0, 0}, few_seeds = {400, 6, 6, 0.02, 0, 0, 0};
    enum { PILOTS = 30, TRIALS = 150 };
    double factor = 0, runs = 0, effect = 0.025;
    (void)state;

    for (size_t trial = 0; trial < PILOTS; trial++) {
        factor += log(simulate(&few_users, trial, effect).users_factor) / PILOTS;
        runs += log(simulate(&few_seeds, trial, effect).runs) / PILOTS;
    }
    struct world users = few_users, seeds = few_seeds;
    users.users = (size_t)rint(150 * exp(factor));
    seeds.runs = seeds.base_runs = (size_t)rint(exp(runs));
    assert_true(factor > 0.1 && users.users < MOST_USERS);
    assert_true(seeds.runs > 10 && seeds.runs <= MOST_RUNS);
    assert_true(is_near(share_found(users, effect, TRIALS), 0.8, 0.1));
    assert_true(is_near(share_found(seeds, effect, TRIALS), 0.8, 0.1));
}

/* ---- Holm ---- */

/* statsmodels.stats.multitest.multipletests(p, method='holm')[1] */
static void test_compare_holm_is_statsmodels(void **state)
{
    double p[] = {0.01, 0.04, 0.03, 0.005, 0.04, 0.9, 0.5}, one[] = {0.2};
    static const double holm[] = {0.06, 0.16, 0.15, 0.035, 0.16, 1, 1};
    struct tt_err err = TT_ERR_INIT;
    (void)state;

    assert_int_equal(tt_holm(p, LENGTH(p), &err), 0);
    for (size_t i = 0; i < LENGTH(p); i++)
        assert_true(is_near(p[i], holm[i], 1e-12));
    assert_int_equal(tt_holm(one, 1, &err), 0);
    assert_true(one[0] == 0.2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compare_one_run_each_is_scipys_paired_bootstrap),
        cmocka_unit_test(test_compare_one_run_each_is_scipys_permutation_test),
        cmocka_unit_test(test_compare_power_is_statsmodels),
        cmocka_unit_test(test_compare_p_is_the_enumerations),
        cmocka_unit_test(test_compare_runs_that_are_alike_are_one),
        cmocka_unit_test(test_compare_a_model_with_itself),
        cmocka_unit_test(test_compare_variance_components_are_statsmodels),
        cmocka_unit_test(test_compare_one_run_has_the_seed_variance_of_the_other_model),
        cmocka_unit_test(test_compare_pairs_are_one_table_of_differences),
        cmocka_unit_test(test_compare_a_seed_counts_by_events),
        cmocka_unit_test(test_compare_p_of_few_seeds_goes_below_that_of_permutations),
        cmocka_unit_test(test_compare_is_the_same_for_any_pool),
        cmocka_unit_test(test_compare_interval_covers_and_p_is_rarely_small),
        cmocka_unit_test(test_compare_interval_covers_a_difference),
        cmocka_unit_test(test_compare_power_is_what_simulation_finds),
        cmocka_unit_test(test_compare_more_users_or_seeds_find_what_they_should),
        cmocka_unit_test(test_compare_holm_is_statsmodels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
