/* Held-out events. */
#include "train/holdout.h"

#include <math.h>
#include <stdlib.h>

#include "tiny_model.h"

static const char plain[] = "user u id\nuser meal context\nitem i id\n";
static const char full[] =
    "user u id\nuser meal context\nitem i id\nevent w weight\nevent liked label\nevent at time\n";
enum { USERS = 200, ITEMS = 50 };

static void split(const struct tt_examples *base, double share, uint64_t seed, struct tt_holdout *h)
{
    struct tt_err err = TT_ERR_INIT;

    NEED(tt_holdout_init(h, &base->events, &base->entities.dictionary, base->entities.users.n_rows, share, seed, &err));
}

static size_t of_user(const struct tt_events *events, uint32_t user)
{
    size_t n = 0;

    for (size_t e = 0; e < events->n; e++)
        n += events->user[e] == user;
    return n;
}

/* Each event is in one of the parts, whole and in order. */
static void assert_parts(const struct tt_examples *base, const struct tt_holdout *h)
{
    const struct tt_events *all = &base->events, *parts[2] = {&h->kept, &h->held};
    size_t at[2] = {0, 0};

    assert_int_equal(h->kept.n + h->held.n, all->n);
    for (size_t e = 0; e < all->n; e++) { /* tests give each event a time and a weight of its own */
        int part = at[0] < h->kept.n && h->kept.weight[at[0]] == all->weight[e] ? 0 : 1;
        const struct tt_events *in = parts[part];
        size_t i = at[part]++;
        assert_true(i < in->n && in->weight[i] == all->weight[e] && in->time[i] == all->time[e]);
        assert_true(in->user[i] == all->user[e] && in->item[i] == all->item[e] && in->label[i] == all->label[e]);
        assert_int_equal(tt_narrow_get(&in->contexts[1], i), tt_narrow_get(&all->contexts[1], e));
    }
}

static void test_every_event_is_in_one_part(void **state)
{
    struct tt_examples base;
    struct tt_holdout h;

    (void)state;
    tiny_begin(&base, full, USERS, ITEMS);
    for (uint32_t e = 0; e < 3000; e++)
        tiny_event(&base, 1 + e * 7 % USERS, 1 + e * 11 % ITEMS, e * 5 % 300, (float)e, e % 3 > 0, 1000 + e);
    split(&base, 0.2, 1, &h);
    assert_true(h.held.n > 500 && h.held.n < 700);
    assert_parts(&base, &h);
    tt_holdout_release(&h);
    tt_holdout_release(&h);
    tt_examples_release(&base);
}

static void test_the_latest_events_of_each_user_are_held(void **state)
{
    struct tt_examples base;
    struct tt_holdout h;
    struct tt_rng rng;
    uint32_t last_kept[USERS + 1] = {0};

    (void)state;
    tiny_begin(&base, full, USERS, ITEMS);
    tt_rng_init(&rng, 1, TT_RNG_TEST, 0);
    for (uint32_t e = 0; e < 4000; e++)
        tiny_event(&base, 1 + e % USERS, 1, 0, (float)e, 1, (uint32_t)tt_rng_below(&rng, 1000000));
    split(&base, 0.25, 1, &h);
    assert_true(fabs((double)h.held.n - 1000) < 20); /* 20 events a user: 5 of them */
    for (size_t e = 0; e < h.kept.n; e++)
        if (h.kept.time[e] > last_kept[h.kept.user[e]])
            last_kept[h.kept.user[e]] = h.kept.time[e];
    for (size_t e = 0; e < h.held.n; e++)
        assert_true(h.held.time[e] > last_kept[h.held.user[e]]);
    tt_holdout_release(&h);
    tt_examples_release(&base);
}

static void test_events_of_one_time_stay_together(void **state)
{
    struct tt_examples base;
    struct tt_holdout h;
    static const uint32_t times[3][6] = {
        {1, 2, 3, 4, 4, 4}, /* 2 of 6 cut the order of 4: 3 is nearer than 0 */
        {1, 1, 1, 1, 1, 2}, /* the nearest change: only the last */
        {7, 7, 7, 7, 7, 7}, /* one time: by the draw */
    };

    (void)state;
    tiny_begin(&base, full, 3, ITEMS);
    for (uint32_t u = 0; u < 3; u++)
        for (uint32_t e = 0; e < 6; e++)
            tiny_event(&base, u + 1, 1 + e, 0, (float)(6 * u + e), 1, times[u][e]);
    split(&base, 2.0 / 6 - 1e-9, 1, &h); /* rounded up, as good as surely */
    assert_parts(&base, &h);
    assert_int_equal(of_user(&h.held, 1), 3);
    assert_int_equal(of_user(&h.held, 2), 1);
    assert_int_equal(of_user(&h.held, 3), 2);
    tt_holdout_release(&h);
    tt_examples_release(&base);
}

static void test_nobody_loses_all_events(void **state)
{
    struct tt_examples base;
    struct tt_holdout h;

    (void)state;
    tiny_begin(&base, plain, USERS, ITEMS);
    for (uint32_t u = 1; u <= USERS; u++)
        for (uint32_t e = 0; e < 1 + u % 3; e++) /* 1 to 3 events */
            tiny_event(&base, u, 1 + (u + e) % ITEMS, e, 1, 1, 0);
    split(&base, 0.99, 1, &h);
    for (uint32_t u = 1; u <= USERS; u++) {
        assert_true(of_user(&h.kept, u) >= 1);
        assert_true(of_user(&h.held, u) == u % 3 || of_user(&h.kept, u) > 1);
    }
    assert_null(h.kept.time);
    assert_null(h.held.weight);
    tt_holdout_release(&h);
    tt_examples_release(&base);
}

/* Users with few events give their share together. */
static void test_the_share_holds_for_small_users_too(void **state)
{
    struct tt_examples base;
    struct tt_holdout h;
    size_t users_held = 0;

    (void)state;
    tiny_begin(&base, plain, 1000, ITEMS);
    for (uint32_t u = 1; u <= 1000; u++)
        for (uint32_t e = 0; e < 3; e++)
            tiny_event(&base, u, 1 + (u + e) % ITEMS, 0, 1, 1, 0);
    split(&base, 0.1, 1, &h);
    assert_true(fabs((double)h.held.n - 300) < 60);
    for (uint32_t u = 1; u <= 1000; u++)
        users_held += of_user(&h.held, u) > 0;
    assert_int_equal(users_held, h.held.n); /* one each */
    tt_holdout_release(&h);
    tt_examples_release(&base);
}

static void test_the_draw_depends_on_the_seed_alone(void **state)
{
    struct tt_examples base;
    struct tt_holdout one, again, other;
    size_t places[ITEMS + 1] = {0};

    (void)state;
    tiny_begin(&base, plain, USERS, ITEMS);
    for (uint32_t e = 0; e < 4000; e++)
        tiny_event(&base, 1 + e % USERS, 1 + e / USERS, 0, 1, 1, 0);
    split(&base, 0.2, 1, &one);
    split(&base, 0.2, 1, &again);
    split(&base, 0.2, 2, &other);
    assert_true(one.held.n == again.held.n);
    assert_memory_equal(one.held.item, again.held.item, one.held.n * sizeof(uint32_t));
    assert_true(other.held.n != one.held.n || memcmp(one.held.item, other.held.item, one.held.n * sizeof(uint32_t)));
    for (size_t e = 0; e < one.held.n; e++)
        places[one.held.item[e]]++; /* the place in the user's events: 20 of them, 40 held in each on average */
    for (size_t i = 1; i <= 20; i++)
        assert_true(places[i] > 15 && places[i] < 70);
    tt_holdout_release(&one);
    tt_holdout_release(&again);
    tt_holdout_release(&other);
    tt_examples_release(&base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_event_is_in_one_part),
        cmocka_unit_test(test_the_latest_events_of_each_user_are_held),
        cmocka_unit_test(test_events_of_one_time_stay_together),
        cmocka_unit_test(test_nobody_loses_all_events),
        cmocka_unit_test(test_the_share_holds_for_small_users_too),
        cmocka_unit_test(test_the_draw_depends_on_the_seed_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
