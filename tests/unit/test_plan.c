/* The choice of loss, batch and draws, by counts. */
#include "train/plan.h"

#include <math.h>

#include "unit.h"

static const struct tt_plan_options all_open = {.loss = TT_LOSS_AUTO, .dim = 64, .max_memory = 512 * 1000 * 1000};

static void test_plan_counts_the_operations(void **state)
{
    struct tt_plan_data data = {30000, 1200000, 40000, 0};
    struct tt_plan_options o = all_open;

    (void)state;
    struct tt_plan plan = tt_plan_make(&o, &data);
    assert_true(plan.full == 6.0 * 64 * 30000 * 40000);
    o.loss = TT_LOSS_MIXED;
    o.batch = 100;
    o.negatives = 1000;
    plan = tt_plan_make(&o, &data);
    assert_true(fabs(plan.candidates - 5000) < 1e-6); /* 40 positives a query */
    assert_true(fabs(plan.sampled / (6.0 * 64 * 30000 * 5000) - 1) < 1e-9);
    o.by_entry = 1;
    plan = tt_plan_make(&o, &data);
    assert_true(fabs(plan.candidates - 1100) < 1e-6);
    assert_true(fabs(plan.sampled / (6.0 * 64 * 1200000 * 1100) - 1) < 1e-9);
    o.batch = o.negatives = 1000000;
    plan = tt_plan_make(&o, &data);
    assert_true(plan.candidates == 40000 && plan.steps.negatives == 40000); /* no more than there are */
}

static void test_plan_takes_the_full_softmax_while_it_is_cheap(void **state)
{
    static const struct {
        struct tt_plan_data data;
        enum tt_loss expected;
    } cases[] = {
        {{100, 1000, 50, 0}, TT_LOSS_FULL},
        {{31668, 1237259, 38048, 0}, TT_LOSS_FULL},
        {{1000, 50000, 1000000, 0}, TT_LOSS_FULL}, /* few queries: 0.4 Tflop, whatever the share */
        {{1000000, 10000000, 20000, 0}, TT_LOSS_FULL},
        {{1000000, 10000000, 1000000, 0}, TT_LOSS_MIXED},
        {{10000000, 100000000, 1000000, 0}, TT_LOSS_MIXED},
        {{10000000, 10000000, 200000, 0}, TT_LOSS_MIXED},
        {{1000000, 20000000, 60000, 0}, TT_LOSS_MIXED},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct tt_plan plan = tt_plan_make(&all_open, &cases[i].data);
        assert_int_equal(plan.steps.loss, cases[i].expected);
        assert_true(plan.steps.batch > 0 && plan.steps.batch <= cases[i].data.queries && !plan.steps.by_entry);
        assert_int_equal(plan.steps.negatives > 0, plan.steps.loss == TT_LOSS_MIXED);
        assert_true(plan.sampled <= plan.full);
    }
}

static void test_plan_keeps_what_is_given(void **state)
{
    static const enum tt_loss losses[] = {TT_LOSS_FULL, TT_LOSS_SAMPLED, TT_LOSS_BATCH, TT_LOSS_MIXED};
    struct tt_plan_data data = {10000, 100000, 5000, 0};

    (void)state;
    for (size_t l = 0; l < LENGTH(losses); l++)
        for (int by_entry = 0; by_entry < 2; by_entry++) {
            struct tt_plan_options o = {losses[l], by_entry, 100, 300, 8, 100 * 1000 * 1000};
            struct tt_plan plan = tt_plan_make(&o, &data);
            assert_true(plan.steps.loss == losses[l] && plan.steps.by_entry == by_entry && plan.steps.batch == 100);
            assert_int_equal(plan.steps.negatives, tt_loss_draws(losses[l]) ? 300 : 0);
            o.batch = o.negatives = 0;
            plan = tt_plan_make(&o, &data);
            size_t n = by_entry ? data.entries : data.queries, steps = tt_blocks(n, plan.steps.batch);
            assert_true(plan.steps.batch >= 32 && plan.steps.batch <= 1024 && steps >= 128);
            assert_true(n - (steps - 1) * plan.steps.batch + steps > plan.steps.batch); /* the last one is no rest */
            assert_int_equal(plan.steps.negatives > 0, tt_loss_draws(losses[l]));
        }
}

static void test_plan_makes_batches_that_fit(void **state)
{
    struct tt_plan_data data = {100000, 100000, 1000000, 0}, tiny = {5, 9, 4, 0};
    struct tt_plan_options o = all_open;

    (void)state;
    o.loss = TT_LOSS_FULL;
    o.batch = 1000;
    o.max_memory = 1000 * 1000 * 1000;
    struct tt_plan plan = tt_plan_make(&o, &data);
    assert_true(plan.steps.batch >= 192 && plan.steps.batch <= 256 && plan.steps.batch % 64 == 0);
    o.max_memory = 1;
    assert_int_equal(tt_plan_make(&o, &data).steps.batch, 64); /* not below */
    o.batch = 7;
    assert_int_equal(tt_plan_make(&o, &data).steps.batch, 7);
    o.batch = 0;
    assert_int_equal(tt_plan_make(&o, &tiny).steps.batch, 5);
    o.by_entry = 1;
    assert_int_equal(tt_plan_make(&o, &tiny).steps.batch, 9);
}

static void test_plan_reads_the_items_histories_as_often_as_it_can_afford(void **state)
{
    struct tt_plan_options o = all_open;
    struct tt_plan_data data = {30000, 1200000, 40000, 1200000};

    (void)state;
    o.batch = 200; /* 150 steps: at most every fourth */
    assert_int_equal(tt_plan_make(&o, &data).renewal, 4); /* 32 x 1.2e6 of a quarter of 6 x 200 x 40000: 3.2 */
    data.visitors = 600000;
    assert_int_equal(tt_plan_make(&o, &data).renewal, 2);
    data.visitors = 100000;
    assert_int_equal(tt_plan_make(&o, &data).renewal, 1);
    data.visitors = 100000000;
    assert_int_equal(tt_plan_make(&o, &data).renewal, 4);
    o.batch = 1000;
    assert_int_equal(tt_plan_make(&o, &data).renewal, 1); /* 30 steps: there are none to save */
    o.batch = 20;
    assert_int_equal(tt_plan_make(&o, &data).renewal, 4); /* of 1500 steps, too: the sums would be too old */
    o.loss = TT_LOSS_SAMPLED;
    o.negatives = 20000;
    assert_int_equal(tt_plan_make(&o, &data).renewal, 4);
    o.negatives = 8000;
    assert_int_equal(tt_plan_make(&o, &data).renewal, 1); /* a fifth of the items' in each step are fewer */
    o.loss = TT_LOSS_FULL;
    data.visitors = 0;
    assert_int_equal(tt_plan_make(&o, &data).renewal, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plan_counts_the_operations),
        cmocka_unit_test(test_plan_takes_the_full_softmax_while_it_is_cheap),
        cmocka_unit_test(test_plan_keeps_what_is_given),
        cmocka_unit_test(test_plan_makes_batches_that_fit),
        cmocka_unit_test(test_plan_reads_the_items_histories_as_often_as_it_can_afford),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
