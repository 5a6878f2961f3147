/* The oracle is what lists made from the true probabilities reach. */
#include "world/oracle.h"

#include <math.h>

#include "small_world.h"

/* Lists made from p, as a model would make them, reach the oracle's accuracy and not more. */
static void test_oracle_is_what_the_truth_reaches(void **state)
{
    enum { STORES = 90, USERS = 50, MEALS = 5, K = 10 };
    static const int ks[] = {1, 5, K, TT_ORACLE_MAX_K};
    static unsigned char in_list[USERS][MEALS][STORES];
    struct tt_world_options o = small();
    struct tt_oracle with[4], without[4];
    struct tt_err err = TT_ERR_INIT;
    struct tt_span span = TT_SPAN_INIT;
    uint64_t n;

    (void)state;
    o.n_stores = STORES;
    struct tt_world *world = world_or_fail(&o);
    assert_int_equal(tt_world_oracle(world, ks, 4, with, without, &n, &err), 0);
    assert_int_equal(n, USERS);
    assert_true(fabs(with[3].value - 1) < 1e-9 && fabs(without[3].value - 1) < 1e-9); /* all stores */
    for (int i = 0; i < 3; i++) {
        assert_true(with[i].value < with[i + 1].value && with[i].value > without[i].value);
        assert_true(with[i].low == with[i].value && with[i].high == with[i].value);
    }
    for (uint64_t u = 0; u < USERS; u++) {
        for (int m = 0; m < MEALS; m++) {
            double p[STORES];
            probabilities_or_fail(world, u, m, p);
            for (int k = 0; k < K; k++) {
                size_t best = 0;
                for (size_t s = 1; s < STORES; s++)
                    if (p[s] > p[best])
                        best = s;
                in_list[u][m][best] = 1;
                p[best] = -1;
            }
        }
    }
    double hits = 0;
    for (uint64_t i = 0; i < o.n_events; i++) {
        struct tt_visit visit;
        tt_world_visit(world, i, &span, &visit);
        hits += in_list[visit.user][visit.meal][visit.store];
    }
    double accuracy = hits / (double)o.n_events, deviation = sqrt(accuracy * (1 - accuracy) / (double)o.n_events);
    if (fabs(accuracy - with[2].value) > 3 * deviation)
        fail_msg("accuracy %g, oracle %g, deviation %g", accuracy, with[2].value, deviation);
    tt_world_free(world);
}

/* The sample's interval holds what all users give; without a meal effect both figures are one. */
static void test_oracle_of_a_sample(void **state)
{
    static const int ks[] = {1, 10};
    struct tt_world_options o = small();
    struct tt_oracle exact[2][2], sampled[2][2];
    struct tt_err err = TT_ERR_INIT;
    uint64_t n;

    (void)state;
    o.n_stores = 1000;
    o.n_users = 100000; /* the last number that is looked at whole */
    o.zipf_users = 0;
    o.meal_effect = 0;
    struct tt_world *world = world_or_fail(&o);
    o.n_users = 100001;
    struct tt_world *larger = world_or_fail(&o);
    assert_int_equal(tt_world_oracle(larger, ks, 2, sampled[0], sampled[1], &n, &err), 0);
    assert_int_equal(n, 20000);
    assert_int_equal(tt_world_oracle(world, ks, 2, exact[0], exact[1], &n, &err), 0);
    assert_int_equal(n, 100000);
    for (int k = 0; k < 2; k++) {
        assert_true(fabs(exact[0][k].value - exact[1][k].value) < 1e-9);
        assert_true(sampled[0][k].low < exact[0][k].value && exact[0][k].value < sampled[0][k].high);
        assert_true(sampled[0][k].high - sampled[0][k].low < 0.01);
    }
    tt_world_free(world);
    tt_world_free(larger);
}

/* What the demo stands on: knowing the meal time is worth 5 points at 10 in the world that is made by default. */
static void test_oracle_of_the_default_world_rewards_the_meal_time(void **state)
{
    static const int ks[] = {10};
    struct tt_world_options o;
    struct tt_oracle with, without;
    struct tt_err err = TT_ERR_INIT;
    uint64_t n;

    (void)state;
    tt_world_options_init(&o);
    o.zone = utc;
    struct tt_world *world = world_or_fail(&o);
    assert_int_equal(tt_world_oracle(world, ks, 1, &with, &without, &n, &err), 0);
    assert_true(with.value > without.value + 0.05);
    tt_world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_oracle_is_what_the_truth_reaches),
        cmocka_unit_test(test_oracle_of_a_sample),
        cmocka_unit_test(test_oracle_of_the_default_world_rewards_the_meal_time),
    };
    return cmocka_run_group_tests(tests, make_zone, free_zone);
}
