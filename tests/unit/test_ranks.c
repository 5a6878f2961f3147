/* Test events grouped to targets: random events against tables of everything. */
#include "eval/ranks.h"

#include "base/rng.h"
#include "unit.h"

enum { USERS = 6, CONTEXTS = 3, QUERIES = USERS * CONTEXTS, ITEMS = 9, EVENTS = 80 };

static void test_targets_are_the_distinct_items_of_a_query(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        uint32_t number_of[QUERIES], query_of[EVENTS], item_of[EVENTS], events_of[QUERIES][ITEMS] = {{0}}, n = 0;
        struct tt_err err = TT_ERR_INIT;
        struct tt_ranks ranks = {0};
        struct tt_rng rng;
        tt_rng_init(&rng, seed, TT_RNG_TEST, 0);
        for (int q = 0; q < QUERIES; q++)
            number_of[q] = UINT32_MAX;
        for (size_t e = 0; e < EVENTS; e++) {
            uint64_t q = tt_rng_below(&rng, QUERIES);
            if (number_of[q] == UINT32_MAX)
                number_of[q] = n++;
            query_of[e] = number_of[q];
            item_of[e] = (uint32_t)tt_rng_below(&rng, ITEMS);
            events_of[query_of[e]][item_of[e]]++;
            assert_int_equal(tt_ranks_add(&ranks, query_of[e], query_of[e] / CONTEXTS, item_of[e], &err), 0);
        }
        assert_int_equal(tt_ranks_group(&ranks, &err), 0);
        assert_true(ranks.n_events == EVENTS && ranks.n_queries == n && ranks.n_users == (n + CONTEXTS - 1) / CONTEXTS);
        for (size_t q = 0; q < n; q++) {
            size_t at = ranks.starts[q], events = 0;
            assert_int_equal(ranks.user_of[q], q / CONTEXTS);
            for (uint32_t i = 0; i < ITEMS; i++) {
                if (!events_of[q][i])
                    continue;
                const struct tt_target *target = &ranks.targets[at++];
                assert_true(target->item == i && target->events == events_of[q][i] && target->rank == 0);
                events += target->events;
            }
            assert_int_equal(at, ranks.starts[q + 1]);
            assert_int_equal(events, ranks.events_of[q]);
        }
        for (size_t e = 0; e < EVENTS; e++) {
            size_t target = ranks.events[e].target;
            assert_int_equal(ranks.events[e].query, query_of[e]);
            assert_true(target >= ranks.starts[query_of[e]] && target < ranks.starts[query_of[e] + 1]);
            assert_int_equal(ranks.targets[target].item, item_of[e]);
        }
        tt_ranks_release(&ranks);
        tt_ranks_release(&ranks); /* fine once more */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_targets_are_the_distinct_items_of_a_query),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
