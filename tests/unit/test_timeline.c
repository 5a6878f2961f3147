/* The order of visits: what was before a moment, what after, and whether the order matters. */
#include "train/timeline.h"

#include <math.h>

#include "encode/history.h"
#include "tiny_model.h"

static const char schema[] = "user u id\nitem i id\nevent stars weight\nevent liked label\nevent at time\n";

struct world {
    struct tt_examples base;
    struct tt_bags visits;
    struct tt_timeline timeline;
};

/* From the events that have been added to w->base. */
static void world_finish(struct world *w)
{
    static const struct tt_column column = {.kind = TT_KIND_HISTORY, .count = TT_COUNT_SQRT};
    struct tt_err err = TT_ERR_INIT;
    const struct tt_events *e = &w->base.events;
    struct tt_visits visits = {.n = e->n, .user = e->user, .item = e->item, .time = e->time, .label = e->label,
                               .weight = e->weight};

    NEED(tt_history_build(&w->visits, &column, w->base.entities.users.n_rows, &visits, &err));
    NEED(tt_timeline_init(&w->timeline, &w->visits, e, &err));
}

static void world_release(struct world *w)
{
    tt_timeline_release(&w->timeline);
    tt_bags_release(&w->visits);
    tt_examples_release(&w->base);
}

static double drift_of(const struct world *w)
{
    struct tt_err err = TT_ERR_INIT;
    double drift = -7;

    NEED(tt_timeline_drift(&w->timeline, w->base.entities.items.n_rows, &drift, &err));
    return drift;
}

static void test_timeline_keeps_first_and_last_visits(void **state)
{
    static const struct { uint32_t user, item; float weight; uint8_t label; uint32_t time; } events[] = {
        {1, 3, 1, 1, 50}, {1, 2, 1, 1, 20}, {1, 3, 1, 1, 30}, {1, 3, 1, 1, 40},
        {1, 2, 1, 0, 10}, {1, 2, 0, 1, 99}, {1, 0, 1, 1, 5}, {2, 3, 1, 1, 7}, /* three do not count; another user */
    };
    struct world w = {0};

    (void)state;
    tiny_begin(&w.base, schema, 3, 4);
    for (size_t e = 0; e < LENGTH(events); e++)
        tiny_event(&w.base, events[e].user, events[e].item, 0, events[e].weight, events[e].label, events[e].time);
    world_finish(&w);
    assert_int_equal(w.visits.offsets[w.visits.n_rows], 3);
    assert_memory_equal(w.timeline.first, ((uint32_t[]){21, 31, 8}), 3 * sizeof(uint32_t));
    assert_memory_equal(w.timeline.last, ((uint32_t[]){21, 51, 8}), 3 * sizeof(uint32_t));
    /* each of user 1's items is as likely to say the moment; user 3 has none */
    assert_int_equal(tt_timeline_moment(&w.timeline, 1, 0), 21);
    assert_int_equal(tt_timeline_moment(&w.timeline, 1, 0.499), 21);
    assert_int_equal(tt_timeline_moment(&w.timeline, 1, 0.5), 31);
    assert_int_equal(tt_timeline_moment(&w.timeline, 1, 0.9999999), 31);
    assert_int_equal(tt_timeline_moment(&w.timeline, 3, 0.5), 0);
    assert_true(tt_timeline_is_later(&w.timeline, 1, 2, 21) && !tt_timeline_is_later(&w.timeline, 1, 2, 22));
    assert_true(tt_timeline_is_later(&w.timeline, 1, 3, 51) && !tt_timeline_is_later(&w.timeline, 1, 3, 52));
    assert_false(tt_timeline_is_later(&w.timeline, 1, 4, 0)); /* not theirs */
    assert_false(tt_timeline_is_later(&w.timeline, 3, 2, 0));
    world_release(&w);
}

/* Items of an earlier model: in the history, without an event of this one. */
static void test_what_has_no_event_was_before_all(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct world w = {0};

    (void)state;
    tiny_begin(&w.base, schema, 3, 4);
    tiny_event(&w.base, 1, 1, 0, 1, 1, 0);
    tiny_event(&w.base, 1, 3, 0, 1, 1, UINT32_MAX);
    tiny_event(&w.base, 1, 2, 0, 1, 1, 8);
    world_finish(&w);
    tt_timeline_release(&w.timeline);
    w.base.events.n = 2; /* item 2 is known from before */
    NEED(tt_timeline_init(&w.timeline, &w.visits, &w.base.events, &err));
    assert_memory_equal(w.timeline.first, ((uint32_t[]){1, 0, UINT32_MAX}), 3 * sizeof(uint32_t));
    assert_int_equal(tt_timeline_moment(&w.timeline, 1, 0.4), 1); /* of item 2: what is new is later, itself is past */
    assert_true(tt_timeline_is_later(&w.timeline, 1, 1, 1) && tt_timeline_is_later(&w.timeline, 1, 3, UINT32_MAX));
    assert_false(tt_timeline_is_later(&w.timeline, 1, 2, 1));
    w.timeline.first[0] = w.timeline.first[2] = w.timeline.last[0] = w.timeline.last[2] = 0; /* nothing is new */
    assert_int_equal(tt_timeline_moment(&w.timeline, 1, 0.4), 0);
    assert_true(tt_timeline_is_later(&w.timeline, 1, 2, 0)); /* all is wanted */
    assert_false(tt_timeline_is_later(&w.timeline, 1, 4, 0));
    tt_timeline_release(&w.timeline);
    NEED(tt_timeline_init(&w.timeline, &w.visits, &w.base.events, &err));
    assert_float_equal(drift_of(&w), 0, 1e-12); /* items 1 and 3, each once: 1/2 (1 - 1 + 1 - 1) */
    world_release(&w);
}

static void test_drift_is_what_the_formula_says(void **state)
{
    /* the median of user 1's times is 20: item 2 is left out; of user 2's 25, between two */
    static const uint32_t events[][3] = {{1, 1, 10}, {1, 2, 20}, {1, 3, 30}, {2, 1, 20}, {2, 3, 30}, {3, 1, 5}};
    struct world w = {0};

    (void)state;
    tiny_begin(&w.base, schema, 3, 4);
    for (size_t e = 0; e < LENGTH(events); e++)
        tiny_event(&w.base, events[e][0], events[e][1], 0, 1, 1, events[e][2]);
    world_finish(&w);
    /* item 1 is early twice, item 3 late twice: 1/4 ((2-0)^2/2 - 1 + (0-2)^2/2 - 1) */
    assert_float_equal(drift_of(&w), 0.5, 1e-12);
    world_release(&w);
    w = (struct world){0};
    tiny_begin(&w.base, schema, 3, 4);
    for (uint32_t i = 1; i < 5; i++)
        tiny_event(&w.base, 1, i, 0, 1, 1, 77); /* all at one time: nothing is early or late */
    world_finish(&w);
    assert_true(drift_of(&w) == 0);
    world_release(&w);
}

/* `users` with 20 items each of 50, whose order is any (`order` 0), or those of low numbers first, by some or all. */
static double drift_of_world(double order, size_t users)
{
    struct world w = {0};
    struct tt_rng rng;

    tiny_begin(&w.base, schema, users, 50);
    tt_rng_init(&rng, 3, TT_RNG_TEST, users);
    for (uint32_t u = 1; u <= users; u++)
        for (size_t e = 0; e < 20; e++) {
            uint32_t item = (uint32_t)(1 + tt_rng_below(&rng, 50));
            double any = tt_rng_unit(&rng);
            tiny_event(&w.base, u, item, 0, 1, 1, (uint32_t)(1e6 * (order * item / 50 + (1 - order) * any)));
        }
    world_finish(&w);
    double drift = drift_of(&w);
    world_release(&w);
    return drift;
}

static void test_drift_tells_an_order_from_none(void **state)
{
    (void)state;
    for (size_t users = 100; users <= 1600; users *= 4)
        assert_true(fabs(drift_of_world(0, users)) < 4 * sqrt(100) / (20 * (double)users)); /* of 50 squared normals */
    double some = drift_of_world(0.3, 800), all = drift_of_world(1, 800);
    assert_true(some > 0.05 && all > 1.5 * some && all < 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timeline_keeps_first_and_last_visits),
        cmocka_unit_test(test_what_has_no_event_was_before_all),
        cmocka_unit_test(test_drift_is_what_the_formula_says),
        cmocka_unit_test(test_drift_tells_an_order_from_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
