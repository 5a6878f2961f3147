/* Runs' figures added up by user. */
#include "eval/run_scores.h"

#include "data_files.h"

#define OTHER ": not the query that 'a' has at this place, with its events: runs are compared over the same test rows"
#define HEAD "user\tmeal\tn\ttop_k_accuracy@5\trecall@5\n"
static const char first[] = HEAD "ann\tlunch\t3\t0.333333333\t0.5\nbob\tlunch\t1\t0\t0\nann\tdinner\t2\t1\t0.25\n";
static char hits_at[] = "top_k_accuracy@5", recall_at[] = "recall@5";
static char *const both[] = {hits_at, recall_at};

/* Add a file with this text: the error, or "". */
static const char *add(struct tt_run_scores *s, const char *name, const char *text)
{
    static struct tt_err err;
    struct tt_csv csv = {0};

    err = (struct tt_err)TT_ERR_INIT;
    assert_int_equal(tt_csv_open(&csv, write_file(name, text), TT_CSV_AUTO, &err), 0);
    int status = tt_run_scores_add(s, &csv, &err);
    assert_int_equal(status, err.text[0] ? -1 : 0);
    tt_csv_close(&csv);
    return err.text;
}

static void begin(struct tt_run_scores *s, char *const *figures, size_t n)
{
    struct tt_err err = TT_ERR_INIT;

    assert_int_equal(tt_run_scores_init(s, figures, n, 0, &err), 0);
    assert_string_equal(add(s, "a", first), "");
}

static void test_run_scores_are_sums_by_user(void **state)
{
    struct tt_run_scores s;
    (void)state;

    begin(&s, both, 2);
    assert_string_equal(add(&s, "b", HEAD "ann\tlunch\t3\t1\t1\nbob\tlunch\t1\t1\t0.5\nann\tdinner\t2\t0.5\t0\n"), "");
    assert_int_equal(s.n_runs, 2);
    assert_int_equal(s.n_users, 2);
    assert_int_equal(s.n_queries, 3);
    assert_true(s.n_events == 6);
    assert_true(tt_run_scores_mean(&s, 0) == TT_SCORES_OVER_EVENTS);
    assert_true(tt_run_scores_mean(&s, 1) == TT_SCORES_OVER_QUERIES);
    const double *hits = tt_run_scores_sums(&s, 0, 0), *recall = tt_run_scores_sums(&s, 0, 1);
    assert_true(hits[0] == 3 && hits[1] == 0); /* 1 of 3 and 2 of 2; whole, however 1/3 was rounded */
    assert_true(recall[0] == 0.75 && recall[1] == 0);
    hits = tt_run_scores_sums(&s, 1, 0);
    recall = tt_run_scores_sums(&s, 1, 1);
    assert_true(hits[0] == 4 && hits[1] == 1 && recall[0] == 1 && recall[1] == 0.5);
    const double *events = tt_run_scores_divisors(&s, 0), *queries = tt_run_scores_divisors(&s, 1);
    assert_true(events[0] == 5 && events[1] == 1 && queries[0] == 2 && queries[1] == 1);
    tt_run_scores_release(&s);
}

static void test_run_scores_take_the_first_figure(void **state)
{
    struct tt_run_scores s;
    (void)state;

    begin(&s, NULL, 0);
    assert_int_equal(s.n_figures, 1);
    assert_string_equal(s.figures[0], "top_k_accuracy@5");
    assert_string_equal(add(&s, "b", "user\tmeal\tn\trecall@5\nann\tlunch\t3\t1\n"),
                        "b: no column 'top_k_accuracy@5' (there are: user, meal, n, recall@5)");
    tt_run_scores_release(&s);
}

/* "top_k_accuracy_at@5" would be a mean over queries. */
static void test_run_scores_know_what_is_over_events_by_the_whole_name(void **state)
{
    struct tt_run_scores s;
    struct tt_err err = TT_ERR_INIT;
    (void)state;

    assert_int_equal(tt_run_scores_init(&s, NULL, 0, 0, &err), 0);
    assert_string_equal(add(&s, "a", "u\tn\ttop_k_accuracy_at@5\nann\t2\t0.25\n"), "");
    assert_true(tt_run_scores_mean(&s, 0) == TT_SCORES_OVER_QUERIES);
    assert_true(tt_run_scores_sums(&s, 0, 0)[0] == 0.25 && tt_run_scores_divisors(&s, 0)[0] == 1);
    tt_run_scores_release(&s);
}

/* A model without the context has a query a user: hits over events are comparable, recalls over queries are not. */
static void test_run_scores_with_other_keys_are_joined_by_user(void **state)
{
    struct tt_run_scores s;
    (void)state;

    begin(&s, NULL, 0);
    assert_string_equal(add(&s, "b", "user\tn\ttop_k_accuracy@5\nbob\t1\t1\nann\t5\t0.4\n"), "");
    assert_true(tt_run_scores_sums(&s, 1, 0)[0] == 2 && tt_run_scores_sums(&s, 1, 0)[1] == 1);
    assert_string_equal(add(&s, "c", "user\tn\ttop_k_accuracy@5\nbob\t1\t1\neve\t5\t0.4\n"),
                        "c:3: field 'user': 'eve' is not in 'a'");
    assert_string_equal(add(&s, "d", "user\tn\ttop_k_accuracy@5\nbob\t1\t1\nann\t4\t0.25\n"),
                        "d: 'ann' has 4 events, and 5 in 'a': runs are compared over the same test events");
    assert_string_equal(add(&s, "e", "user\tn\ttop_k_accuracy@5\nann\t5\t0.2\n"),
                        "e: 'bob' has 0 events, and 1 in 'a': runs are compared over the same test events");
    assert_string_equal(add(&s, "f", "who\tn\ttop_k_accuracy@5\nbob\t1\t1\n"),
                        "f:1: the first column is 'who', and 'user' in 'a'");
    assert_int_equal(s.n_runs, 2);
    tt_run_scores_release(&s);
    struct tt_err err = TT_ERR_INIT; /* the other way round: a user's rows are added up */
    assert_int_equal(tt_run_scores_init(&s, NULL, 0, 0, &err), 0);
    assert_string_equal(add(&s, "a", "user\tn\ttop_k_accuracy@5\nbob\t1\t1\nann\t5\t0.4\n"), "");
    assert_string_equal(add(&s, "b", first), "");
    assert_true(tt_run_scores_sums(&s, 1, 0)[0] == 0 && tt_run_scores_sums(&s, 1, 0)[1] == 3);
    tt_run_scores_release(&s);
    begin(&s, both, 2);
    assert_string_equal(add(&s, "b", "user\tn\ttop_k_accuracy@5\trecall@5\nbob\t1\t1\t1\nann\t5\t0.4\t1\n"),
                        "b:1: other key columns than in 'a', so other queries: 'recall@5' is a mean over queries; only "
                        "top_k_accuracy@K can be compared, or means by user");
    tt_run_scores_release(&s);
}

/* Bob has two queries, ann three: a user is the mean of their queries, whatever the other file's queries are. */
static void test_run_scores_by_user_are_means_of_queries(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_run_scores s;
    (void)state;

    assert_int_equal(tt_run_scores_init(&s, both, 2, 1, &err), 0);
    assert_string_equal(add(&s, "a", "user\tmeal\tn\ttop_k_accuracy@5\trecall@5\n"
                                     "bob\tlunch\t1\t1\t1\nann\tlunch\t2\t0.5\t0.25\nbob\tdinner\t3\t0\t0\n"
                                     "ann\tdinner\t1\t1\t0.5\nann\tnight\t1\t0\t0\n"), "");
    assert_string_equal(add(&s, "b", "user\tn\ttop_k_accuracy@5\trecall@5\nbob\t4\t0.5\t0.25\nann\t4\t0.25\t1\n"),
                        "");
    assert_true(tt_run_scores_mean(&s, 0) == TT_SCORES_OVER_EVENTS && tt_run_scores_n(&s, 0) == 8);
    assert_true(tt_run_scores_mean(&s, 1) == TT_SCORES_OVER_USERS && tt_run_scores_n(&s, 1) == 2);
    const double *hits = tt_run_scores_sums(&s, 0, 0), *recall = tt_run_scores_sums(&s, 0, 1);
    assert_true(hits[0] == 1 && hits[1] == 2 && recall[0] == 0.5 && recall[1] == 0.25);
    assert_true(tt_run_scores_sums(&s, 1, 1)[0] == 0.25 && tt_run_scores_sums(&s, 1, 1)[1] == 1);
    assert_true(tt_run_scores_divisors(&s, 0)[0] == 4 && tt_run_scores_divisors(&s, 1)[0] == 1);
    tt_run_scores_release(&s);
}

static void test_run_scores_refuse_other_rows(void **state)
{
    static const struct { const char *text, *error; } of[] = {
        {HEAD "ann\tlunch\t3\t1\t1\nbob\tdinner\t1\t1\t1\n", "b:3" OTHER},
        {HEAD "ann\tlunch\t2\t1\t1\n", "b:2" OTHER},
        {HEAD "ann\tlunch\t3\t1\t1\nbob\tlunch\t1\t1\t1\n", "b: 2 queries, where 'a' has 3: runs are compared over the "
         "same test rows"},
        {HEAD "ann\tlunch\t3\t1\t1\nbob\tlunch\t1\t1\t1\nann\tdinner\t2\t1\t1\nann\ttea\t1\t1\t1\n", "b:5" OTHER},
        {HEAD "lunch\tann\t3\t1\t1\n", "b:2" OTHER},
        {HEAD "annl\tunch\t3\t1\t1\n", "b:2" OTHER},
    };
    struct tt_run_scores s;
    (void)state;

    begin(&s, both, 2);
    for (size_t i = 0; i < LENGTH(of); i++)
        assert_string_equal(add(&s, "b", of[i].text), of[i].error);
    tt_run_scores_release(&s);
}

static void test_run_scores_refuse_bad_files(void **state)
{
    static const struct { const char *text, *error; } of[] = {
        {"user\trecall@5\nann\t1\n", "b: no column 'n' (there are: user, recall@5)"},
        {"n\trecall@5\n1\t1\n", "b:1: no key column before 'n'"},
        {"user\tn\nann\t1\n", "b:1: no column after 'n'"},
        {HEAD, "b: no rows"},
        {HEAD "ann\tlunch\t0\t1\t1\n", "b:2: field 'n': '0' is not a number of events"},
        {HEAD "ann\tlunch\tx\t1\t1\n", "b:2: field 'n': 'x' is not a number of events"},
        {HEAD "ann\tlunch\t1\t1.01\t1\n", "b:2: field 'top_k_accuracy@5': '1.01' is not a number from 0 to 1"},
        {HEAD "ann\tlunch\t1\t-1\t1\n", "b:2: field 'top_k_accuracy@5': '-1' is not a number from 0 to 1"},
        {HEAD "ann\tlunch\t1\tnan\t1\n", "b:2: field 'top_k_accuracy@5': 'nan' is not a number from 0 to 1"},
        {HEAD "ann\tlunch\t1\n", "b:2: expected 5 fields, found 3"},
    };
    (void)state;

    for (size_t i = 0; i < LENGTH(of); i++) {
        struct tt_run_scores s;
        struct tt_err err = TT_ERR_INIT;
        assert_int_equal(tt_run_scores_init(&s, NULL, 0, 0, &err), 0);
        assert_string_equal(add(&s, "b", of[i].text), of[i].error);
        tt_run_scores_release(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_scores_are_sums_by_user),
        cmocka_unit_test(test_run_scores_take_the_first_figure),
        cmocka_unit_test(test_run_scores_know_what_is_over_events_by_the_whole_name),
        cmocka_unit_test(test_run_scores_with_other_keys_are_joined_by_user),
        cmocka_unit_test(test_run_scores_by_user_are_means_of_queries),
        cmocka_unit_test(test_run_scores_refuse_other_rows),
        cmocka_unit_test(test_run_scores_refuse_bad_files),
    };
    return cmocka_run_group_tests(tests, enter_data_folder, leave_data_folder);
}
