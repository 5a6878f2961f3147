/* Histories against a naive sum over all pairs of users and items. */
#include "encode/history.h"

#include <math.h>

#include "base/rng.h"
#include "data_files.h"

enum { USERS = 40, ITEMS = 30, EVENTS = 3000 };

static struct tt_bags build(const struct tt_column *column, size_t n_users, const struct tt_visits *visits)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_bags bags;

    assert_int_equal(tt_history_build(&bags, column, n_users, visits, &err), 0);
    assert_int_equal(bags.n_rows, n_users);
    return bags;
}

static void row_is(const struct tt_bags *bags, size_t row, size_t n, const uint32_t *codes, const double *weights)
{
    const uint32_t *have_codes;
    const float *have;

    assert_int_equal(tt_bags_row(bags, row, &have_codes, &have), n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(have_codes[i], codes[i]);
        assert_float_equal(have[i], weights[i], 1e-6 * weights[i]);
    }
}

static void test_history_weighs_visits_by_count(void **state)
{
    static const uint32_t user[] = {1, 1, 1, 1, 2, 1, 1}, item[] = {7, 3, 7, 7, 7, 3, 0}, codes[] = {3, 7};
    static const struct { enum tt_count count; double weights[2]; } cases[] = {
        {TT_COUNT_ONE, {1, 1}},
        {TT_COUNT_LOG, {1.5849625007211562, 2}},
        {TT_COUNT_SQRT, {1.4142135623730951, 1.7320508075688772}},
        {TT_COUNT_LINEAR, {2, 3}},
    };
    struct tt_visits v = {.n = LENGTH(user), .user = user, .item = item};

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct tt_column column = {.kind = TT_KIND_HISTORY, .count = cases[i].count};
        struct tt_bags bags = build(&column, 4, &v);
        row_is(&bags, 0, 0, NULL, NULL);
        row_is(&bags, 1, 2, codes, cases[i].weights); /* by code, not by time; item 0 passed over */
        row_is(&bags, 2, 1, codes + 1, (double[]){1});
        row_is(&bags, 3, 0, NULL, NULL);
        tt_bags_release(&bags);
    }
}

static void test_history_half_life_counts_from_the_users_latest_event(void **state)
{
    enum { DAY = 86400 };
    static const uint32_t user[] = {0, 0, 0, 1}, item[] = {1, 2, 2, 1};
    static const uint32_t time[] = {100 * DAY, 110 * DAY, 90 * DAY, 5}, codes[] = {1, 2};
    struct tt_visits v = {.n = 4, .user = user, .item = item, .time = time};
    struct tt_column column = {.kind = TT_KIND_HISTORY, .count = TT_COUNT_LINEAR, .half_life = 10};

    (void)state;
    struct tt_bags bags = build(&column, 2, &v);
    row_is(&bags, 0, 2, codes, (double[]){0.5, 1.25});
    row_is(&bags, 1, 1, codes, (double[]){1});
    tt_bags_release(&bags);
    column.half_life = 0;
    bags = build(&column, 2, &v);
    row_is(&bags, 0, 2, codes, (double[]){1, 2});
    tt_bags_release(&bags);
}

static void test_history_passes_over_label_0_and_weight_0(void **state)
{
    static const uint32_t user[] = {0, 0, 0, 1}, item[] = {1, 2, 3, 1}, time[] = {0, 0, 86400, 0}, two = 2;
    static const uint8_t label[] = {0, 1, 0, 1};
    static const float weight[] = {1, 2.5f, 9, 0};
    struct tt_visits v = {.n = 4, .user = user, .item = item, .label = label, .weight = weight, .time = time};
    struct tt_column column = {.kind = TT_KIND_HISTORY, .count = TT_COUNT_LINEAR, .half_life = 1};

    (void)state;
    struct tt_bags bags = build(&column, 2, &v);
    row_is(&bags, 0, 1, &two, (double[]){2.5}); /* a visit that does not count does not make the others older either */
    row_is(&bags, 1, 0, NULL, NULL);
    tt_bags_release(&bags);
    column.count = TT_COUNT_ONE; /* nor does count=one make something of weight 0 */
    bags = build(&column, 2, &v);
    row_is(&bags, 1, 0, NULL, NULL);
    tt_bags_release(&bags);
}

static void test_history_of_huge_and_tiny_weights_stays_finite(void **state)
{
    static uint32_t user[4000], item[4000];
    static float weight[4000];
    static const uint32_t one = 1;

    (void)state;
    for (int count = TT_COUNT_ONE; count <= TT_COUNT_LINEAR; count++) {
        struct tt_column column = {.kind = TT_KIND_HISTORY, .count = (enum tt_count)count};
        struct tt_visits v = {.n = LENGTH(user), .user = user, .item = item, .weight = weight};
        for (size_t i = 0; i < LENGTH(user); i++) {
            item[i] = 1;
            weight[i] = 3e38f; /* the sum is beyond float */
        }
        struct tt_bags bags = build(&column, 1, &v);
        assert_true(isfinite(bags.weights[0]) && bags.weights[0] >= 1);
        tt_bags_release(&bags);
        v.n = 1;
        weight[0] = 1e-30f; /* 1 + v is 1, but the logarithm is not 0 */
        bags = build(&column, 1, &v);
        row_is(&bags, 0, 1, &one,
               (double[]){count == TT_COUNT_ONE    ? 1
                          : count == TT_COUNT_LOG  ? 1e-30 / log(2)
                          : count == TT_COUNT_SQRT ? 1e-15
                                                   : 1e-30});
        tt_bags_release(&bags);
    }
}

/* Random events from a time on. */
static void random_events(struct tt_rng *rng, size_t n, uint32_t users, uint32_t from_time, uint32_t *user,
                          uint32_t *item, uint32_t *time, uint8_t *label, float *weight)
{
    for (size_t e = 0; e < n; e++) {
        user[e] = (uint32_t)tt_rng_below(rng, users);
        item[e] = (uint32_t)tt_rng_below(rng, ITEMS);
        time[e] = from_time + (uint32_t)tt_rng_below(rng, 20) * 40000;
        label[e] = tt_rng_below(rng, 4) > 0;
        weight[e] = (float)tt_rng_below(rng, 5) / 3;
    }
}

/* Earlier events summed up and later ones added are all events together; also when some of the "later" ones are older
 * than the latest of the earlier, and with users who are only in one part. */
static void test_history_extend_agrees_with_the_history_of_all_events(void **state)
{
    enum { PAST = 2000, PAST_USERS = USERS / 2 };
    static uint32_t user[EVENTS], item[EVENTS], time[EVENTS], latest[USERS], now[USERS];
    static uint8_t label[EVENTS];
    static float weight[EVENTS];
    struct tt_visits all = {EVENTS, user, item, time, label, weight};
    struct tt_visits early = {PAST, user, item, time, label, weight};
    struct tt_visits late = {EVENTS - PAST, user + PAST, item + PAST, time + PAST, label + PAST, weight + PAST};
    struct tt_err err = TT_ERR_INIT;
    struct tt_rng rng;

    (void)state;
    tt_rng_init(&rng, 4, TT_RNG_TEST, 0);
    random_events(&rng, PAST, PAST_USERS, 0, user, item, time, label, weight);
    random_events(&rng, EVENTS - PAST, USERS, 400000, user + PAST, item + PAST, time + PAST, label + PAST,
                  weight + PAST);
    tt_history_latest(latest, &early);
    for (int count = TT_COUNT_ONE; count <= TT_COUNT_LINEAR; count++)
        for (int half_life = 0; half_life <= 3; half_life += 3) {
            struct tt_column column = {.kind = TT_KIND_HISTORY, .count = (enum tt_count)count, .half_life = half_life};
            struct tt_bags old = build(&column, PAST_USERS, &early), whole = build(&column, USERS, &all), bags;
            struct tt_earlier_histories past = {&old, latest};
            assert_int_equal(tt_history_extend(&bags, &column, USERS, &past, &late, &err), 0);
            assert_int_equal(bags.n_rows, USERS);
            for (size_t u = 0; u < USERS; u++) {
                const uint32_t *codes;
                const float *have;
                double weights[ITEMS];
                size_t n = tt_bags_row(&whole, u, &codes, &have);
                for (size_t i = 0; i < n; i++)
                    weights[i] = (double)have[i];
                row_is(&bags, u, n, codes, weights);
            }
            tt_bags_release(&bags);
            assert_int_equal(tt_history_extend(&bags, &column, USERS, &past, &(struct tt_visits){0}, &err), 0);
            for (size_t i = 0; i < old.offsets[PAST_USERS]; i++) { /* without a new event nothing fades */
                assert_int_equal(bags.codes[i], old.codes[i]);
                assert_float_equal(bags.weights[i], old.weights[i], 1e-6 * (double)old.weights[i]);
            }
            assert_int_equal(bags.offsets[USERS], old.offsets[PAST_USERS]);
            tt_bags_release(&bags);
            tt_bags_release(&old);
            tt_bags_release(&whole);
        }
    tt_history_latest(now, &all);
    for (size_t e = PAST; e < EVENTS; e++) /* and times may be raised in two steps too */
        latest[user[e]] = item[e] && label[e] && weight[e] > 0 && time[e] > latest[user[e]] ? time[e] : latest[user[e]];
    assert_memory_equal(now, latest, sizeof(now));
}

static void test_history_extend_takes_any_finite_weight_of_a_file(void **state)
{
    static uint64_t offsets[] = {0, 3};
    static uint32_t codes[] = {1, 2, 3}, day_two = 2 * 86400, user = 0, item = 4, never = 0;
    static float weights[] = {3e38f, -3e38f, -0.5f};
    struct tt_bags old = {.n_rows = 1, .offsets = offsets, .codes = codes, .weights = weights}, bags;
    struct tt_earlier_histories past = {&old, &never};
    struct tt_visits visit = {.n = 1, .user = &user, .item = &item, .time = &day_two};
    struct tt_err err = TT_ERR_INIT;

    (void)state;
    for (int count = TT_COUNT_ONE; count <= TT_COUNT_LINEAR; count++) {
        struct tt_column column = {.kind = TT_KIND_HISTORY, .count = (enum tt_count)count, .half_life = 0.001};
        assert_int_equal(tt_history_extend(&bags, &column, 1, &past, &visit, &err), 0);
        assert_int_equal(bags.offsets[1], 4);
        for (size_t i = 0; i < 4; i++)
            assert_true(isfinite(bags.weights[i]) && bags.weights[i] >= 0);
        tt_bags_release(&bags);
    }
}

/* All that bears on a weight at once, on random events; and the same bytes when the events come in another order. */
static void test_history_agrees_with_a_naive_sum(void **state)
{
    static uint32_t user[EVENTS], item[EVENTS], time[EVENTS];
    static uint8_t label[EVENTS];
    static float weight[EVENTS];
    struct tt_visits v = {.n = EVENTS, .user = user, .item = item, .time = time, .label = label, .weight = weight};
    struct tt_rng rng;

    (void)state;
    tt_rng_init(&rng, 3, TT_RNG_TEST, 0);
    random_events(&rng, EVENTS, USERS - 1, 0, user, item, time, label, weight); /* the last user has none */
    for (int count = TT_COUNT_ONE; count <= TT_COUNT_LINEAR; count++) {
        struct tt_column column = {.kind = TT_KIND_HISTORY, .count = (enum tt_count)count, .half_life = 3};
        struct tt_bags bags = build(&column, USERS, &v), again;
        for (uint32_t u = 0; u < USERS; u++) {
            uint32_t latest = 0, codes[ITEMS];
            double weights[ITEMS];
            size_t n = 0;
            for (size_t e = 0; e < EVENTS; e++)
                if (user[e] == u && item[e] && label[e] && weight[e] > 0 && time[e] > latest)
                    latest = time[e];
            for (uint32_t i = 1; i < ITEMS; i++) {
                double sum = 0;
                for (size_t e = 0; e < EVENTS; e++)
                    if (user[e] == u && item[e] == i && label[e])
                        sum += (double)weight[e] * pow(0.5, ((double)latest - time[e]) / 86400 / 3);
                if (sum == 0)
                    continue;
                codes[n] = i;
                weights[n++] = count == TT_COUNT_ONE    ? 1
                               : count == TT_COUNT_LOG  ? log2(1 + sum)
                               : count == TT_COUNT_SQRT ? sqrt(sum)
                                                        : sum;
            }
            row_is(&bags, u, n, codes, weights);
        }
        for (size_t e = 0; e < EVENTS / 2; e++) { /* the events from the last to the first */
            size_t f = EVENTS - 1 - e;
            uint32_t swap;
            swap = user[e], user[e] = user[f], user[f] = swap;
            swap = item[e], item[e] = item[f], item[f] = swap;
            swap = time[e], time[e] = time[f], time[f] = swap;
            uint8_t s = label[e];
            label[e] = label[f], label[f] = s;
            float w = weight[e];
            weight[e] = weight[f], weight[f] = w;
        }
        again = build(&column, USERS, &v);
        assert_memory_equal(bags.offsets, again.offsets, (USERS + 1) * sizeof(*bags.offsets));
        assert_memory_equal(bags.codes, again.codes, bags.offsets[USERS] * sizeof(*bags.codes));
        assert_memory_equal(bags.weights, again.weights, bags.offsets[USERS] * sizeof(*bags.weights));
        tt_bags_release(&bags);
        tt_bags_release(&again);
    }
}

static void test_history_without_events_or_users(void **state)
{
    struct tt_column column = {.kind = TT_KIND_HISTORY, .count = TT_COUNT_SQRT};
    struct tt_visits none = {.n = 0};

    (void)state;
    struct tt_bags bags = build(&column, 3, &none);
    for (size_t r = 0; r < 3; r++)
        row_is(&bags, r, 0, NULL, NULL);
    tt_bags_release(&bags);
    bags = build(&column, 0, &none);
    tt_bags_release(&bags);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_history_weighs_visits_by_count),
        cmocka_unit_test(test_history_half_life_counts_from_the_users_latest_event),
        cmocka_unit_test(test_history_passes_over_label_0_and_weight_0),
        cmocka_unit_test(test_history_of_huge_and_tiny_weights_stays_finite),
        cmocka_unit_test(test_history_agrees_with_a_naive_sum),
        cmocka_unit_test(test_history_extend_agrees_with_the_history_of_all_events),
        cmocka_unit_test(test_history_extend_takes_any_finite_weight_of_a_file),
        cmocka_unit_test(test_history_without_events_or_users),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
