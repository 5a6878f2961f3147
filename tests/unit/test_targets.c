/* The targets of steps: all items of the history, or those after a moment. */
#include "train/training.h"

#include "tiny_training.h"

static const char timed[] = "user u id\nuser i history\nitem i id\nevent at time\n";
static const char timeless[] = "user u id\nuser i history\nitem i id\n";
enum { USERS = 120, ITEMS = 32, VISITS = 8, STARTS = 16 };

static uint32_t first_item(uint32_t user) { return 1 + user % STARTS; }

/* Users who go from one item to the next, VISITS of them, in rising order of time or in any. */
static void walk(struct tt_model *model, struct tt_events *events, const char *schema, int by_order)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples base;
    struct tt_rng rng;

    tiny_begin(&base, schema, USERS, ITEMS);
    tt_rng_init(&rng, 9, TT_RNG_TEST, 0);
    for (uint32_t u = 1; u <= USERS; u++)
        for (uint32_t i = 0; i < VISITS; i++) {
            uint32_t any = (uint32_t)tt_rng_below(&rng, 1000);
            tiny_event(&base, u, first_item(u) + i, 0, 1, 1, by_order ? i : any);
        }
    NEED(tt_model_init(model, &base.entities, TINY_DIM, &err));
    *events = base.events;
}

static void test_auto_follows_the_drift(void **state)
{
    static const struct {
        const char *schema;
        int by_order;
        enum tt_targets asked, expected;
        double low, high;
    } cases[] = {
        {timed, 1, TT_TARGETS_AUTO, TT_TARGETS_LATER, 0.1, 1},
        {timed, 0, TT_TARGETS_AUTO, TT_TARGETS_ALL, -0.04, 0.04},
        {timed, 1, TT_TARGETS_ALL, TT_TARGETS_ALL, -1, -1},
        {timed, 0, TT_TARGETS_LATER, TT_TARGETS_LATER, -0.04, 0.04},
        {timeless, 1, TT_TARGETS_AUTO, TT_TARGETS_ALL, -1, -1},
    };
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(1, &err);
    struct tt_train_options o = tiny_options;

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct tt_model model;
        struct tt_events events;
        struct tt_trainer t;
        walk(&model, &events, cases[i].schema, cases[i].by_order);
        o.run.trainer.targets = cases[i].asked;
        NEED(tt_trainer_init(&t, &model, &events, &o.run.trainer, pool, &err));
        assert_int_equal(t.targets.kind, cases[i].expected);
        if (!(t.targets.drift >= cases[i].low && t.targets.drift <= cases[i].high))
            fail_msg("case %zu: drift %g", i, t.targets.drift);
        assert_true((t.steps.timeline != NULL) == (t.targets.kind == TT_TARGETS_LATER));
        tt_trainer_release(&t);
        tt_model_release(&model);
        tt_events_release(&events);
    }
    tt_pool_free(pool);
}

static void test_what_is_later_needs_times(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_train_options o = tiny_options;
    struct tt_model model;
    struct tt_events events;
    struct tt_trainer t;

    (void)state;
    walk(&model, &events, timeless, 1);
    o.run.trainer.targets = TT_TARGETS_LATER;
    assert_int_equal(tt_trainer_init(&t, &model, &events, &o.run.trainer, NULL, &err), -1);
    assert_int_equal(err.kind, TT_ERR_USAGE);
    assert_string_equal(err.text, "targets 'later' need times: the schema has no event column of kind 'time'");
    tt_model_release(&model);
    tt_events_release(&events);
}

/* How many users have the item that comes next in the row as the first that they do not have yet, after training. */
static double next_found(enum tt_targets targets, int threads, struct tt_model *model)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(threads, &err);
    struct tt_train_options o = tiny_options;
    struct tt_train_hooks hooks = {0};
    struct tt_train_report report;
    struct tt_examples next;
    struct tt_events events;

    walk(model, &events, timed, 1);
    tiny_begin(&next, timed, USERS, ITEMS);
    for (uint32_t u = 1; u <= USERS; u++)
        if (first_item(u) < STARTS) /* the others would go where nobody has been */
            tiny_event(&next, u, first_item(u) + VISITS, 0, 1, 1, VISITS);
    o.run.trainer.targets = targets;
    o.run.stopping.epochs = 40;
    o.run.validation.k = 1;
    NEED(tt_train(model, &events, &o, &next.events, pool, &hooks, &report, &err));
    assert_int_equal(report.seen, TT_SEEN_REMOVE);
    tt_examples_release(&next);
    tt_events_release(&events);
    tt_pool_free(pool);
    return report.best_value;
}

static void test_what_comes_next_is_learnt_from_what_was_later(void **state)
{
    struct tt_model models[3];

    (void)state;
    double all = next_found(TT_TARGETS_ALL, 1, &models[0]), later = next_found(TT_TARGETS_LATER, 1, &models[1]);
    if (!(later > 0.9 && later > all + 0.2))
        fail_msg("found %g from what was later, %g from all", later, all);
    next_found(TT_TARGETS_LATER, 3, &models[2]);
    assert_true(tiny_same_tables(&models[1], &models[2]));
    for (size_t i = 0; i < LENGTH(models); i++)
        tt_model_release(&models[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_auto_follows_the_drift),
        cmocka_unit_test(test_what_is_later_needs_times),
        cmocka_unit_test(test_what_comes_next_is_learnt_from_what_was_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
