/* Ranks of events in several runs: by part, whatever the queries of a run are, and the files that are refused. */
#include "eval/run_ranks.h"

#include "data_files.h"
#include "eval/scores.h"

#define HEAD "user\titem\trank\tslice:day\tslice:kind\n"
#define OTHER ": not the event that 'a' has at this place, with its parts: runs are compared over the same test events"
static const char first[] = HEAD "ann\tx\t1\tMon\tb\nbob\ty\t-\tTue\tb\nann\tz\t3\tMon\tc\nann\tx\t1\tTue\tc\n";

/* Add a file with this text: the error, or "". */
static const char *add(struct tt_run_ranks *r, const char *name, const char *text)
{
    static struct tt_err err;
    struct tt_csv csv = {0};

    err = (struct tt_err)TT_ERR_INIT;
    assert_int_equal(tt_csv_open(&csv, write_file(name, text), TT_CSV_AUTO, &err), 0);
    int status = tt_run_ranks_add(r, &csv, &err);
    assert_int_equal(status, err.text[0] ? -1 : 0);
    tt_csv_close(&csv);
    return err.text;
}

/* The figure of a user by the events of a part. */
static double figure(const struct tt_run_ranks *r, size_t run, size_t slice, size_t part, enum tt_metric metric,
                     int by_user, size_t user)
{
    static const size_t k = 2;
    struct tt_err err = TT_ERR_INIT;
    struct tt_scores scores;
    uint32_t events[8];
    double sums[4], divisors[4];
    size_t n = tt_run_ranks_part(r, slice, part, events);

    assert_int_equal(tt_scores_init(&scores, &r->runs[run], events, n, &k, 1, &err), 0);
    assert_true(user < scores.n_users);
    tt_scores_by_user(&scores, metric, 0, by_user, sums, divisors);
    tt_scores_release(&scores);
    return sums[user] / divisors[user];
}

static void test_run_ranks_by_part(void **state)
{
    struct tt_run_ranks r = {0};
    uint32_t events[4];
    (void)state;

    assert_string_equal(add(&r, "a", first), "");
    assert_true(r.n_events == 4 && r.n_slices == 2 && r.n_runs == 1);
    assert_string_equal(r.slices[0].name, "day");
    assert_true(r.slices[0].parts.texts.n == 2 && r.slices[1].parts.texts.n == 2);
    assert_int_equal(tt_run_ranks_part(&r, 0, 0, events), 2); /* Mon */
    assert_true(events[0] == 0 && events[1] == 2);
    /* A model with a context: ann's two events of kind c are of two queries. */
    assert_string_equal(add(&r, "b", "user\tmeal\titem\trank\tslice:day\tslice:kind\nann\tlunch\tx\t-\tMon\tb\n"
                            "bob\tlunch\ty\t2\tTue\tb\nann\tlunch\tz\t1\tMon\tc\nann\tdinner\tx\t5\tTue\tc\n"), "");
    assert_true(r.runs[0].n_queries == 2 && r.runs[1].n_queries == 3 && r.runs[1].n_users == 2);
    assert_true(figure(&r, 0, 0, 0, TT_METRIC_TOP_K_ACCURACY, 0, 0) == 0.5); /* Mon, ann: x at 1, z beyond k */
    assert_true(figure(&r, 1, 0, 1, TT_METRIC_TOP_K_ACCURACY, 0, 0) == 1);   /* Tue, whose first user is bob */
    assert_true(figure(&r, 1, 0, 1, TT_METRIC_TOP_K_ACCURACY, 0, 1) == 0);
    assert_true(figure(&r, 1, 1, 1, TT_METRIC_MRR, 1, 0) == 0.5);            /* c, ann: 1 by lunch, 0 by dinner */
    tt_run_ranks_release(&r);
    tt_run_ranks_release(&r); /* fine once more */
}

static void test_run_ranks_refuses_other_events(void **state)
{
    static const struct { const char *text, *error; } bad[] = {
        {HEAD "ann\tx\t1\tMon\tb\nann\ty\t-\tTue\tb\n", "b:3" OTHER},
        {HEAD "ann\ty\t1\tMon\tb\n", "b:2" OTHER},
        {HEAD "ann\tx\t1\tTue\tb\n", "b:2" OTHER},
        {HEAD "ann\tx\t1\tMon\tb\n", "b: 1 events, where 'a' has 4: runs are compared over the same test events"},
        {HEAD "ann\tx\t0\tMon\tb\n", "b:2: field 'rank': '0' is neither a rank nor '-'"},
        {HEAD "ann\tx\t1\tMon\tb\nbob\ty\t-\tTue\tb\nann\tz\t1\tMon\tc\nann\tx\t1\tTue\tc\n",
         "b: two items have one rank in one list"},
        {HEAD "ann\tx\t1\tMon\tb\nbob\ty\t-\tTue\tb\nann\tz\t2\tMon\tc\nann\tx\t-\tTue\tc\n",
         "b: an item has two ranks in one list"},
        {HEAD, "b: no rows"},
        {"user\titem\trank\tslice:day\n", "b:1: not the user, item and slices of 'a'"},
        {"who\titem\trank\tslice:day\tslice:kind\n", "b:1: not the user, item and slices of 'a'"},
        {"user\titem\trank\n", "b:1: no slice after 'rank'"},
        {"user\titem\trank\tday\n", "b:1: the column 'day' after 'rank' is not called slice:NAME"},
        {"item\trank\tslice:day\n", "b:1: no key column and item before 'rank'"},
        {"user\titem\tslice:day\n", "b: no column 'rank' (there are: user, item, slice:day)"},
    };
    (void)state;

    for (size_t i = 0; i < LENGTH(bad); i++) {
        struct tt_run_ranks r = {0};
        assert_string_equal(add(&r, "a", first), "");
        assert_string_equal(add(&r, "b", bad[i].text), bad[i].error);
        assert_int_equal(r.n_runs, 1);
        tt_run_ranks_release(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_ranks_by_part),
        cmocka_unit_test(test_run_ranks_refuses_other_events),
    };
    return cmocka_run_group_tests(tests, enter_data_folder, leave_data_folder);
}
