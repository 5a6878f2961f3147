/* The made-up world: its probabilities add up to 1, and users and visits follow them. */
#include "world/world.h"

#include <math.h>

#include "small_world.h"
#include "table/calendar.h"

static void test_world_probabilities_add_up_to_1(void **state)
{
    static const double effects[] = {0, 0.5, 1};
    double p[120], mean[120];

    (void)state;
    for (size_t i = 0; i < 81; i++) {
        struct tt_world_options o = small();
        o.meal_effect = effects[i % 3];
        o.category_effect = effects[i / 3 % 3];
        o.area_effect = effects[i / 9 % 3];
        o.repeat = effects[i / 27];
        struct tt_world *world = world_or_fail(&o);
        for (uint64_t user = 0; user < 5; user++) {
            assert_true(fabs(probabilities_or_fail(world, user, -1, mean) - 1) < 1e-9);
            for (int meal = 0; meal < tt_world_meals(world)->n; meal++) {
                assert_true(fabs(probabilities_or_fail(world, user, meal, p) - 1) < 1e-9);
                for (size_t s = 0; s < 120; s++)
                    mean[s] -= tt_world_meal_shares(world)[meal] * p[s];
            }
            for (size_t s = 0; s < 120; s++) /* without the meal it is the mean over the meals */
                assert_true(fabs(mean[s]) < 1e-12);
        }
        tt_world_free(world);
    }
}

static void test_world_worlds_without_an_effect_do_not_show_it(void **state)
{
    struct tt_world_options o = small();
    double p[120], q[120];

    (void)state;
    o.meal_effect = 0;
    struct tt_world *world = world_or_fail(&o);
    probabilities_or_fail(world, 3, 0, p);
    probabilities_or_fail(world, 3, 4, q);
    assert_memory_equal(p, q, sizeof(p));
    probabilities_or_fail(world, 4, 0, q);
    assert_memory_not_equal(p, q, sizeof(p));
    tt_world_free(world);
    o.category_effect = o.area_effect = o.repeat = 0; /* now nothing is left but popularity */
    world = world_or_fail(&o);
    probabilities_or_fail(world, 3, 0, p);
    for (size_t s = 1; s < 120; s++) {
        double ratio = tt_world_store(world, s)->weight / tt_world_store(world, 0)->weight;
        assert_true(fabs(p[s] / p[0] - ratio) < 1e-9 * ratio);
    }
    tt_world_free(world);
}

/* How often users 0 ... 4 were seen at each store in each meal time, against p: chi-square over cells with 5 or more
 * expected, the others put together. */
static void check_against_truth(const struct tt_world_options *o)
{
    enum { USERS = 5, MEALS = 5, STORES = 120 };
    static int count[USERS][MEALS][STORES];
    int total[USERS][MEALS] = {{0}}, freedom = 0;
    struct tt_world *world = world_or_fail(o);
    struct tt_span span = TT_SPAN_INIT;
    double chi = 0, p[STORES];

    memset(count, 0, sizeof(count));
    for (uint64_t i = 0; i < o->n_events; i++) {
        struct tt_visit visit;
        tt_world_visit(world, i, &span, &visit);
        assert_true(visit.store < STORES && visit.user < o->n_users && visit.meal < MEALS);
        if (visit.user < USERS) {
            count[visit.user][visit.meal][visit.store]++;
            total[visit.user][visit.meal]++;
        }
    }
    for (uint64_t u = 0; u < USERS; u++) {
        for (int m = 0; m < MEALS; m++) {
            double rest = 0, rest_seen = 0;
            probabilities_or_fail(world, u, m, p);
            for (size_t s = 0; s < STORES; s++) {
                double expected = p[s] * total[u][m], seen = count[u][m][s];
                if (expected < 5) {
                    rest += expected;
                    rest_seen += seen;
                    continue;
                }
                chi += (seen - expected) * (seen - expected) / expected;
                freedom++;
            }
            if (rest > 0)
                chi += (rest_seen - rest) * (rest_seen - rest) / rest;
        }
    }
    assert_true(freedom > 60);
    if (fabs(chi - freedom) > 4 * sqrt(2.0 * freedom)) /* too small would be as wrong as too large */
        fail_msg("chi-square %g for %d cells", chi, freedom);
    tt_world_free(world);
}

static void test_world_visits_follow_the_truth(void **state)
{
    static const double effects[][4] = {
        {0.6, 0.9, 0.3, 0.3}, {0, 1, 1, 0}, {1, 0.5, 0, 1}, {1, 0, 0.5, 0.5}, {0.5, 1, 0.5, 0}};

    (void)state;
    for (size_t i = 0; i < LENGTH(effects); i++) {
        struct tt_world_options o = small();
        o.n_events = 200000;
        o.meal_effect = effects[i][0];
        o.category_effect = effects[i][1];
        o.area_effect = effects[i][2];
        o.repeat = effects[i][3];
        check_against_truth(&o);
    }
}

static void test_world_visits_rise_in_time_and_fill_the_days(void **state)
{
    static const char letters[] = "bladn";
    struct tt_world_options o = small();
    double share[24] = {0}, meals[5] = {0};
    struct tt_span span = TT_SPAN_INIT;
    int64_t last = INT64_MIN;

    (void)state;
    o.n_days = 9;
    struct tt_world *world = world_or_fail(&o);
    for (uint64_t i = 0; i < o.n_events; i++) {
        struct tt_visit visit;
        tt_world_visit(world, i, &span, &visit);
        int64_t day = tt_local_day(visit.local) - o.start;
        assert_true(visit.local >= last && day >= 0 && day < 9);
        assert_true(visit.rating >= 1 && visit.rating <= 5);
        if (i == 0 || i == o.n_events - 1)
            assert_int_equal(day, i == 0 ? 0 : 8);
        assert_int_equal(tt_world_meals(world)->names[visit.meal][0], letters[visit.meal]);
        last = visit.local;
        share[tt_local_hour(visit.local)] += 1.0 / (double)o.n_events;
        meals[visit.meal] += 1.0 / (double)o.n_events;
    }
    assert_true(share[12] > 3 * share[15] && share[19] > 20 * share[3]); /* lunch and dinner stand out */
    for (int m = 0; m < 5; m++) /* times are evenly spread, so the shares are all but exact */
        assert_true(fabs(meals[m] - tt_world_meal_shares(world)[m]) < 0.001);
    tt_world_free(world);
}

static void test_world_events_can_be_made_in_any_order(void **state)
{
    struct tt_world_options o = small();
    struct tt_world *a = world_or_fail(&o), *b = world_or_fail(&o);
    struct tt_span forward = TT_SPAN_INIT, other = TT_SPAN_INIT;
    struct tt_visit x, y;

    (void)state;
    for (uint64_t i = 0; i < 2000; i++) {
        tt_world_visit(a, i * 7919 % 40000, &other, &x);
        tt_world_visit(b, i * 7919 % 40000, &forward, &y);
        assert_memory_equal(&x.rng, &y.rng, sizeof(x.rng));
        assert_true(x.user == y.user && x.store == y.store && x.local == y.local && x.rating == y.rating);
    }
    tt_world_free(a);
    tt_world_free(b);
}

static void test_world_does_not_depend_on_the_events(void **state)
{
    struct tt_world_options o = small(), more = small(), other = small();
    int different = 0;

    (void)state;
    more.n_events = 7;
    more.n_users = 1000000;
    other.seed = 2;
    struct tt_world *a = world_or_fail(&o), *b = world_or_fail(&more), *c = world_or_fail(&other);
    for (uint64_t s = 0; s < o.n_stores; s++) {
        const struct tt_store *x = tt_world_store(a, s), *y = tt_world_store(b, s), *z = tt_world_store(c, s);
        assert_true(x->category == y->category && x->area == y->area && x->price == y->price && x->weight == y->weight);
        different += x->category != z->category || x->price != z->price;
    }
    assert_true(different > 60);
    for (uint64_t u = 0; u < o.n_users; u++) {
        struct tt_user x, y;
        tt_world_user(a, u, &x);
        tt_world_user(b, u, &y);
        assert_true(x.age == y.age && x.home == y.home && x.age >= 15 && x.age <= 75);
    }
    tt_world_free(a);
    tt_world_free(b);
    tt_world_free(c);
}

/* In a gap of the clock no local time is made that no clock showed. */
static void test_world_keeps_to_the_clock_where_it_jumps(void **state)
{
    struct tt_world_options o = small();
    struct tt_err err = TT_ERR_INIT;
    struct tt_span span = TT_SPAN_INIT;
    int64_t last = INT64_MIN, seen[2] = {0, 0};

    (void)state;
    struct tt_zone *zone = tt_zone_new("America/New_York", NULL, &err);
    if (!zone)
        SKIP("the database of time zones is not installed");
    o.zone = zone;
    o.n_events = 20000;
    o.n_days = 3;
    o.start = tt_days_from_date(2024, 3, 9); /* on the 10th 02:00 became 03:00 */
    struct tt_world *world = world_or_fail(&o);
    for (uint64_t i = 0; i < o.n_events; i++) {
        struct tt_visit visit;
        tt_world_visit(world, i, &span, &visit);
        assert_true(visit.local - visit.offset >= last);
        last = visit.local - visit.offset;
        int after = last >= 1710054000; /* 2024-03-10T07:00Z */
        assert_int_equal(visit.offset, after ? -14400 : -18000);
        seen[after]++;
        assert_int_equal(visit.meal, tt_world_meals(world)->of_hour[tt_local_hour(visit.local)]);
    }
    assert_true(seen[0] > 1000 && seen[1] > 1000);
    tt_world_free(world);
    tt_zone_free(zone);
}

/* Chi-square of 200,000 draws from n users; with n - 1 degrees of freedom, mean n - 1 and deviation sqrt(2 (n - 1)). */
static void check_draws(uint64_t n, double exponent, uint64_t seed)
{
    enum { DRAWS = 200000, MOST = 64 };
    struct tt_world_options o = small();
    double sum = 0, chi = 0;
    int count[MOST] = {0};
    struct tt_rng rng;

    o.n_users = n;
    o.zipf_users = exponent;
    struct tt_world *world = world_or_fail(&o);
    tt_rng_init(&rng, seed, TT_RNG_TEST, 0);
    for (int i = 0; i < DRAWS; i++) {
        uint64_t k = tt_world_draw_user(world, &rng);
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
    tt_world_free(world);
}

static void test_world_draws_users_by_activity(void **state)
{
    static const double exponents[] = {0, 0.3, 0.5, 0.999, 1, 1.001, 1.5, 2};
    static const uint64_t sizes[] = {1, 2, 3, 10, 50};

    (void)state;
    for (size_t e = 0; e < LENGTH(exponents); e++)
        for (size_t i = 0; i < LENGTH(sizes); i++)
            check_draws(sizes[i], exponents[e], 10 * e + i);
}

/* Of 10^9 users with exponent 1 the first hundred have the share H(100) / H(10^9) = 5.187 / 21.30. */
static void test_world_draws_of_very_many_users(void **state)
{
    enum { DRAWS = 200000 };
    struct tt_world_options o = small();
    struct tt_rng rng;
    int low = 0;

    (void)state;
    o.n_users = 1000000000;
    o.zipf_users = 1;
    struct tt_world *world = world_or_fail(&o);
    tt_rng_init(&rng, 1, TT_RNG_TEST, 0);
    for (int i = 0; i < DRAWS; i++)
        low += tt_world_draw_user(world, &rng) < 100;
    assert_true(fabs((double)low / DRAWS - 5.18738 / 21.30048) < 5 * 0.001);
    tt_world_free(world);
}

/* Worlds of one: no division by nothing. */
static void test_world_smallest_worlds(void **state)
{
    struct tt_world_options o = small();
    struct tt_span span = TT_SPAN_INIT;
    struct tt_visit visit;
    double p[1];

    (void)state;
    o.n_events = o.n_users = o.n_stores = o.n_categories = o.n_areas = o.n_days = 1;
    struct tt_world *world = world_or_fail(&o);
    tt_world_visit(world, 0, &span, &visit);
    assert_true(visit.user == 0 && visit.store == 0);
    assert_true(fabs(probabilities_or_fail(world, 0, -1, p) - 1) < 1e-12);
    tt_world_free(world);
    o.n_categories = o.n_areas = 1000; /* nearly all cells empty */
    world = world_or_fail(&o);
    tt_world_visit(world, 0, &span, &visit);
    assert_int_equal(visit.store, 0);
    tt_world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_world_probabilities_add_up_to_1),
        cmocka_unit_test(test_world_worlds_without_an_effect_do_not_show_it),
        cmocka_unit_test(test_world_visits_follow_the_truth),
        cmocka_unit_test(test_world_visits_rise_in_time_and_fill_the_days),
        cmocka_unit_test(test_world_events_can_be_made_in_any_order),
        cmocka_unit_test(test_world_does_not_depend_on_the_events),
        cmocka_unit_test(test_world_keeps_to_the_clock_where_it_jumps),
        cmocka_unit_test(test_world_draws_users_by_activity),
        cmocka_unit_test(test_world_draws_of_very_many_users),
        cmocka_unit_test(test_world_smallest_worlds),
    };
    return cmocka_run_group_tests(tests, make_zone, free_zone);
}
