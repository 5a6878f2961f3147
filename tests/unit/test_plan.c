/* The choice of candidates, batch size and negatives, by counts. */
#include "train/plan.h"

#include <math.h>

#include "unit.h"

static const struct tt_plan_options all_open = {.candidates = TT_CANDIDATES_AUTO,
                                                .max_memory = 512 * 1000 * 1000};

static void test_plan_counts_the_operations(void **state)
{
    struct tt_plan_data data = {30000, 1200000, 40000, 0, 64};
    struct tt_plan_options o = all_open;

    (void)state;
    struct tt_plan plan = tt_plan_make(&o, &data);
    assert_true(plan.flop_all == 6.0 * 64 * 30000 * 40000);
    o.candidates = TT_CANDIDATES_MIXED;
    o.batch_size = 100;
    o.negatives = 1000;
    plan = tt_plan_make(&o, &data);
    assert_true(fabs(plan.mean_candidates - 5000) < 1e-6); /* 40 positives a query */
    assert_true(fabs(plan.flop_mixed / (6.0 * 64 * 30000 * 5000) - 1) < 1e-9);
    o.batch_of = TT_BATCH_OF_EVENTS;
    plan = tt_plan_make(&o, &data);
    assert_true(fabs(plan.mean_candidates - 1100) < 1e-6);
    assert_true(fabs(plan.flop_mixed / (6.0 * 64 * 1200000 * 1100) - 1) < 1e-9);
    o.batch_size = o.negatives = 1000000;
    plan = tt_plan_make(&o, &data);
    assert_true(plan.mean_candidates == 40000 && plan.steps.negatives == 40000); /* no more than there are */
}

static void test_plan_takes_the_full_softmax_while_it_is_cheap(void **state)
{
    static const struct {
        struct tt_plan_data data;
        enum tt_candidates expected;
    } cases[] = {
        {{100, 1000, 50, 0, 64}, TT_CANDIDATES_ALL},
        {{31668, 1237259, 38048, 0, 64}, TT_CANDIDATES_ALL},
        {{1000, 50000, 1000000, 0, 64}, TT_CANDIDATES_ALL}, /* few queries: 0.4 Tflop, whatever the share */
        {{1000000, 10000000, 20000, 0, 64}, TT_CANDIDATES_ALL},
        {{1000000, 10000000, 1000000, 0, 64}, TT_CANDIDATES_MIXED},
        {{10000000, 100000000, 1000000, 0, 64}, TT_CANDIDATES_MIXED},
        {{10000000, 10000000, 200000, 0, 64}, TT_CANDIDATES_MIXED},
        {{1000000, 20000000, 60000, 0, 64}, TT_CANDIDATES_MIXED},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct tt_plan plan = tt_plan_make(&all_open, &cases[i].data);
        assert_int_equal(plan.steps.candidates, cases[i].expected);
        assert_true(plan.steps.batch_size > 0 && plan.steps.batch_size <= cases[i].data.queries);
        assert_false(plan.steps.by_entry);
        assert_int_equal(plan.steps.negatives > 0, plan.steps.candidates == TT_CANDIDATES_MIXED);
        assert_true(plan.flop_mixed <= plan.flop_all);
    }
}

static void test_plan_keeps_what_is_given(void **state)
{
    static const enum tt_candidates kinds[] = {TT_CANDIDATES_ALL, TT_CANDIDATES_SAMPLED, TT_CANDIDATES_BATCH,
                                               TT_CANDIDATES_MIXED};
    struct tt_plan_data data = {10000, 100000, 5000, 0, 8};

    (void)state;
    for (size_t l = 0; l < LENGTH(kinds); l++)
        for (int by_entry = 0; by_entry < 2; by_entry++) {
            struct tt_plan_options o = {kinds[l], by_entry ? TT_BATCH_OF_EVENTS : TT_BATCH_OF_QUERIES, 100, 300,
                                        100 * 1000 * 1000};
            struct tt_plan plan = tt_plan_make(&o, &data);
            assert_true(plan.steps.candidates == kinds[l] && plan.steps.by_entry == by_entry);
            assert_int_equal(plan.steps.batch_size, 100);
            assert_int_equal(plan.steps.negatives, tt_candidates_include_sampled(kinds[l]) ? 300 : 0);
            o.batch_size = o.negatives = 0;
            plan = tt_plan_make(&o, &data);
            size_t n = by_entry ? data.entries : data.queries, steps = tt_blocks(n, plan.steps.batch_size);
            assert_true(plan.steps.batch_size >= 32 && plan.steps.batch_size <= 1024 && steps >= 128);
            assert_true(n - (steps - 1) * plan.steps.batch_size + steps > plan.steps.batch_size); /* equal parts */
            assert_int_equal(plan.steps.negatives > 0, tt_candidates_include_sampled(kinds[l]));
        }
}

static void test_plan_makes_batches_that_fit(void **state)
{
    struct tt_plan_data data = {100000, 100000, 1000000, 0, 64}, tiny = {5, 9, 4, 0, 64};
    struct tt_plan_options o = all_open;

    (void)state;
    o.candidates = TT_CANDIDATES_ALL;
    o.batch_size = 1000;
    o.max_memory = 1000 * 1000 * 1000;
    struct tt_plan plan = tt_plan_make(&o, &data);
    assert_true(plan.steps.batch_size >= 192 && plan.steps.batch_size <= 256 && plan.steps.batch_size % 64 == 0);
    o.max_memory = 1;
    assert_int_equal(tt_plan_make(&o, &data).steps.batch_size, 64); /* not below */
    o.batch_size = 7;
    assert_int_equal(tt_plan_make(&o, &data).steps.batch_size, 7);
    o.batch_size = 0;
    assert_int_equal(tt_plan_make(&o, &tiny).steps.batch_size, 5);
    o.batch_of = TT_BATCH_OF_EVENTS;
    assert_int_equal(tt_plan_make(&o, &tiny).steps.batch_size, 9);
}

static void test_plan_reads_the_items_histories_as_often_as_it_can_afford(void **state)
{
    struct tt_plan_options o = all_open;
    struct tt_plan_data data = {30000, 1200000, 40000, 1200000, 64};

    (void)state;
    o.batch_size = 200; /* 150 steps: at most every fourth */
    assert_int_equal(tt_plan_make(&o, &data).renewal, 4); /* 32 x 1.2e6 of a quarter of 6 x 200 x 40000: 3.2 */
    data.visitors = 600000;
    assert_int_equal(tt_plan_make(&o, &data).renewal, 2);
    data.visitors = 100000;
    assert_int_equal(tt_plan_make(&o, &data).renewal, 1);
    data.visitors = 100000000;
    assert_int_equal(tt_plan_make(&o, &data).renewal, 4);
    o.batch_size = 1000;
    assert_int_equal(tt_plan_make(&o, &data).renewal, 1); /* 30 steps: there are none to save */
    o.batch_size = 20;
    assert_int_equal(tt_plan_make(&o, &data).renewal, 4); /* of 1500 steps, too: the sums would be too old */
    o.candidates = TT_CANDIDATES_SAMPLED;
    o.negatives = 20000;
    assert_int_equal(tt_plan_make(&o, &data).renewal, 4);
    o.negatives = 8000;
    assert_int_equal(tt_plan_make(&o, &data).renewal, 1); /* a fifth of the items' in each step are fewer */
    o.candidates = TT_CANDIDATES_ALL;
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
