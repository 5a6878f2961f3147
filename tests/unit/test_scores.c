/* Scores by some of the test events have the same bits as those of a test part that holds no others. */
#include "eval/evaluation.h"

#include "base/buf.h"
#include "base/rng.h"
#include "data_files.h"

enum { USERS = 13, CONTEXTS = 2, ITEMS = 25, LENGTH_MAX = 8, EVENTS = 150 };

struct event {
    int user, context, item, part;
};

static const size_t ks[] = {1, 3, 8, 20};

/* The truth of one part, or of all events for part -1. */
static void write_truth(const char *name, const struct event *events, int part)
{
    struct tt_buf text = TT_BUF_INIT;
    struct tt_err err = TT_ERR_INIT;

    assert_int_equal(tt_buf_add_text(&text, "user,ctx,item\n", &err), 0);
    for (int e = 0; e < EVENTS; e++)
        if (part < 0 || events[e].part == part)
            assert_int_equal(tt_buf_printf(&text, &err, "u%d,c%d,i%d\n", events[e].user, events[e].context,
                                           events[e].item), 0);
    write_file(name, text.data);
    tt_buf_release(&text);
}

static void write_lists(const char *name, struct tt_rng *rng)
{
    struct tt_buf text = TT_BUF_INIT;
    struct tt_err err = TT_ERR_INIT;

    assert_int_equal(tt_buf_add_text(&text, "user\tctx\trank\titem\n", &err), 0);
    for (int q = 0; q < USERS * CONTEXTS; q++) {
        uint64_t first = tt_rng_below(rng, ITEMS), length = tt_rng_below(rng, LENGTH_MAX + 1);
        for (uint64_t r = 0; r < length; r++) /* 7 and ITEMS have no common factor: all differ */
            assert_int_equal(tt_buf_printf(&text, &err, "u%d\tc%d\t%d\ti%d\n", q / CONTEXTS, q % CONTEXTS, (int)r + 1,
                                           (int)((first + 7 * r) % ITEMS)), 0);
    }
    write_file(name, text.data);
    tt_buf_release(&text);
}

static void run(struct tt_evaluation *e, const char *lists_name, const char *truth_name)
{
    struct tt_csv lists, truth;
    struct tt_err err = TT_ERR_INIT;
    struct tt_evaluation_sources sources = {.lists = &lists, .truth = &truth};

    assert_int_equal(tt_csv_open(&lists, lists_name, TT_CSV_AUTO, &err), 0);
    assert_int_equal(tt_csv_open(&truth, truth_name, TT_CSV_AUTO, &err), 0);
    assert_int_equal(tt_evaluation_run(e, &sources, ks, LENGTH(ks), 1, &err), 0);
    tt_csv_close(&lists);
    tt_csv_close(&truth);
}

static void test_scores_by_some_events_are_those_of_a_truth_of_its_own(void **state)
{
    struct tt_estimate expected[LENGTH(ks) * TT_METRICS], got[LENGTH(ks) * TT_METRICS];
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(2, &err);
    (void)state;

    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct event events[EVENTS];
        struct tt_evaluation all;
        struct tt_rng rng;
        tt_rng_init(&rng, seed, TT_RNG_TEST, 0);
        for (int e = 0; e < EVENTS; e++) {
            double x = tt_rng_unit(&rng), y = tt_rng_unit(&rng);
            events[e] = (struct event){(int)(x * x * USERS), (int)tt_rng_below(&rng, CONTEXTS),
                                       (int)tt_rng_below(&rng, ITEMS), (int)(y * y * 3)};
        }
        write_lists("a", &rng);
        write_truth("b", events, -1);
        run(&all, "a", "b");
        for (int part = -1; part < 3; part++) { /* -1: all events are a part too */
            struct tt_evaluation alone;
            struct tt_scores scores;
            uint32_t places[EVENTS];
            size_t n = 0;
            for (uint32_t e = 0; e < EVENTS; e++)
                if (part < 0 || events[e].part == part)
                    places[n++] = e;
            write_truth("c", events, part);
            run(&alone, "a", "c");
            assert_int_equal(tt_scores_init(&scores, &all.ranks, places, n, ks, LENGTH(ks), &err), 0);
            assert_true(scores.n_events == n && scores.n_queries == alone.ranks.n_queries &&
                        scores.n_users == alone.ranks.n_users);
            assert_int_equal(tt_scores_estimates(&alone.scores, pool, 99, seed, expected, NULL, &err), 0);
            assert_int_equal(tt_scores_estimates(&scores, pool, 99, seed, got, NULL, &err), 0);
            for (size_t j = 0; j < LENGTH(got); j++) {
                assert_true(got[j].value == expected[j].value && got[j].n == expected[j].n);
                assert_true(got[j].low == expected[j].low && got[j].high == expected[j].high);
            }
            tt_evaluation_release(&alone);
            tt_scores_release(&scores);
        }
        tt_evaluation_release(&all);
    }
    tt_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scores_by_some_events_are_those_of_a_truth_of_its_own),
    };
    return cmocka_run_group_tests(tests, enter_data_folder, leave_data_folder);
}
