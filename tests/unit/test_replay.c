/* Remembered visits: whose, how many, and what they leave as it was. */
#include "train/replay.h"

#include <math.h>

#include "tiny_training.h"

static const char plain[] = "user u id\nuser i history count=log half_life=2\nuser meal context\nuser day context\n"
                            "item i id\nevent l label\nevent t time\n";
enum { HISTORY = 1, MEAL = 2, USERS = 40, ITEMS = 20, OLD_USERS = 30, DAY = 86400 };

/* Yesterday: user u of OLD_USERS was twice at item (u - 1) % ITEMS + 1 on day 10, once at the next two days before. */
struct past {
    struct tt_bags bags;
    uint32_t latest[OLD_USERS + 1];
    struct tt_earlier_histories past;
};

static void past_begin(struct past *p, const struct tt_column *column)
{
    static uint32_t user[3 * OLD_USERS], item[3 * OLD_USERS], time[3 * OLD_USERS];
    struct tt_visits v = {.n = 3 * OLD_USERS, .user = user, .item = item, .time = time};
    struct tt_err err = TT_ERR_INIT;

    for (uint32_t e = 0; e < 3 * OLD_USERS; e++) {
        user[e] = e / 3 + 1;
        item[e] = (e / 3 + (e % 3 == 2)) % ITEMS + 1;
        time[e] = (e % 3 == 2 ? 8 : 10) * DAY;
    }
    *p = (struct past){0};
    NEED(tt_history_build(&p->bags, column, OLD_USERS + 1, &v, &err));
    tt_history_latest(p->latest, &v);
    p->past = (struct tt_earlier_histories){&p->bags, p->latest};
}

/* Today: users 1 and 2 like something on day 14, user 3 dislikes, 4 is at an unknown item, and 35 is new. */
static void today_begin(struct tt_examples *base)
{
    tiny_begin(base, plain, USERS, ITEMS);
    tiny_event(base, 1, 5, 3, 1, 1, 14 * DAY);
    tiny_event(base, 2, 6, 2, 1, 1, 9 * DAY); /* late news: before what is known */
    tiny_event(base, 3, 7, 1, 1, 0, 14 * DAY);
    tiny_event(base, 4, 0, 1, 1, 1, 14 * DAY);
    tiny_event(base, 35, 8, 1, 1, 1, 14 * DAY);
}

static struct tt_events remembered(const struct tt_examples *base, const struct past *p, double others)
{
    struct tt_replay remember = {others, 1};
    struct tt_err err = TT_ERR_INIT;
    struct tt_events all;

    const struct tt_entities *entities = &base->entities;
    NEED(tt_replay_histories(&all, &base->events, entities, &entities->dictionary.schema.columns[HISTORY], &p->past,
                             &remember, &err));
    return all;
}

static void test_users_who_are_met_are_remembered_with_their_visits(void **state)
{
    struct tt_examples base;
    struct past p;

    (void)state;
    today_begin(&base);
    past_begin(&p, &base.entities.dictionary.schema.columns[HISTORY]);
    struct tt_events all = remembered(&base, &p, 0);
    assert_int_equal(all.n, 5 + 4); /* two items each of users 1 and 2 */
    for (size_t e = 0; e < 5; e++) { /* today's come first, as they were */
        assert_int_equal(all.user[e], base.events.user[e]);
        assert_int_equal(all.item[e], base.events.item[e]);
        assert_int_equal(all.label[e], base.events.label[e]);
        assert_int_equal(all.time[e], base.events.time[e]);
        assert_int_equal(tt_narrow_get(&all.contexts[MEAL], e), tt_narrow_get(&base.events.contexts[MEAL], e));
        assert_true(all.weight[e] == 1);
    }
    static const uint32_t users[] = {1, 1, 2, 2}, items[] = {1, 2, 2, 3};
    /* user 1: two visits 4 days ago, one 6 days ago, half in 2 days; user 2: nothing later than what is known */
    static const double visits[] = {2 * 0.25, 0.125, 2, 0.5};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(all.user[5 + i], users[i]);
        assert_int_equal(all.item[5 + i], items[i]);
        assert_true(fabs((double)all.weight[5 + i] - visits[i]) < 1e-6);
        assert_int_equal(all.label[5 + i], 1);
        assert_int_equal(all.time[5 + i], users[i] == 1 ? 14 * DAY : 10 * DAY);
        assert_int_equal(tt_narrow_get(&all.contexts[MEAL], 5 + i), 0);
        assert_int_equal(tt_narrow_get(&all.contexts[MEAL + 1], 5 + i), 0);
    }
    tt_events_release(&all);
    tt_bags_release(&p.bags);
    tt_examples_release(&base);
}

static void test_a_share_of_the_others_is_remembered(void **state)
{
    static const double shares[] = {0, 0.3, 0.7, 1};
    struct tt_examples base;
    struct past p;
    size_t before = 0;

    (void)state;
    today_begin(&base);
    past_begin(&p, &base.entities.dictionary.schema.columns[HISTORY]);
    for (size_t s = 0; s < LENGTH(shares); s++) {
        struct tt_events all = remembered(&base, &p, shares[s]), again = remembered(&base, &p, shares[s]);
        size_t n = (all.n - 5) / 2; /* users */
        assert_int_equal(all.n, again.n);
        assert_memory_equal(all.user, again.user, all.n * sizeof(*all.user));
        assert_true(s == 0 ? n == 2 : n > before);
        assert_true(fabs((double)n - (2 + shares[s] * (OLD_USERS - 2))) < 8);
        before = n;
        tt_events_release(&all);
        tt_events_release(&again);
    }
    assert_int_equal(before, OLD_USERS);
    struct tt_events one = remembered(&base, &p, 0.5), other;
    base.entities.segment.checksum[0] = 'x'; /* other examples: others are remembered */
    other = remembered(&base, &p, 0.5);
    assert_true(one.n != other.n || memcmp(one.user, other.user, one.n * sizeof(*one.user)) != 0);
    base.entities.segment.checksum[0] = '\0';
    tt_events_release(&one);
    tt_events_release(&other);
    tt_bags_release(&p.bags);
    tt_examples_release(&base);
}

/* Neither weights, labels, times nor contexts, and nothing at all today. */
static void test_remembering_needs_no_event(void **state)
{
    static const char ids[] = "user u id\nuser i history\nitem i id\n";
    struct tt_examples base;
    struct past p;

    (void)state;
    tiny_begin(&base, ids, USERS, ITEMS);
    past_begin(&p, &base.entities.dictionary.schema.columns[HISTORY]);
    p.past.latest = NULL;
    struct tt_events all = remembered(&base, &p, 1);
    assert_int_equal(all.n, 2 * OLD_USERS);
    assert_null(all.label);
    assert_null(all.time);
    for (size_t e = 0; e < all.n; e++)
        assert_true(fabs((double)all.weight[e] - (all.item[e] == (all.user[e] - 1) % ITEMS + 1 ? 2 : 1)) < 1e-6);
    tt_events_release(&all);
    all = remembered(&base, &p, 0);
    assert_int_equal(all.n, 0);
    tt_events_release(&all);
    tt_bags_release(&p.bags);
    tt_examples_release(&base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_users_who_are_met_are_remembered_with_their_visits),
        cmocka_unit_test(test_a_share_of_the_others_is_remembered),
        cmocka_unit_test(test_remembering_needs_no_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
