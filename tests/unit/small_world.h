/* A small made-up world, and the clock of UTC, for the tests of lib/world. */
#ifndef TT_TESTS_SMALL_WORLD_H
#define TT_TESTS_SMALL_WORLD_H

#include "unit.h"
#include "world/world.h"

static struct tt_zone *utc;

static int make_zone(void **state)
{
    struct tt_err err = TT_ERR_INIT;

    (void)state;
    utc = tt_zone_new("UTC", NULL, &err);
    return utc ? 0 : -1;
}

static int free_zone(void **state)
{
    (void)state;
    tt_zone_free(utc);
    return 0;
}

/* A small world with all effects on. */
static struct tt_world_options small(void)
{
    struct tt_world_options o;

    tt_world_options_init(&o);
    o.zone = utc;
    o.n_events = 40000;
    o.n_users = 50;
    o.n_stores = 120;
    o.n_categories = 7;
    o.n_areas = 4;
    return o;
}

static struct tt_world *world_or_fail(const struct tt_world_options *o)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_world *world = tt_world_new(o, &err);

    if (!world)
        fail_msg("%s", err.text);
    return world;
}

static double probabilities_or_fail(const struct tt_world *world, uint64_t user, int meal, double *p)
{
    struct tt_err err = TT_ERR_INIT;
    double sum = 0;

    assert_int_equal(tt_world_probabilities(world, user, meal, p, &err), 0);
    for (size_t s = 0; s < tt_world_get_options(world)->n_stores; s++) {
        assert_true(p[s] >= 0);
        sum += p[s];
    }
    return sum;
}

#endif
