/* Which models are compared with which, by all events and in parts of slices, and p corrected for all of them. */
#include "eval/pairwise.h"

#include <math.h>

#include "data_files.h"

static const struct tt_compare_options usual = {
    .resamples = 99, .permutations = 999, .seed = 1, .level = 0.95, .power = 0.8,
};

/* Two models by hand. At 2, "a" hits 2 of Monday's 4 events, and "b" 3. Tuesday's event is of a single user. */
#define EVENTS "user\titem\trank\tslice:day\n"
static const char events_a[] = EVENTS "ann\tx\t1\tMon\nann\tz\t3\tMon\nbob\ty\t-\tMon\neve\tx\t2\tMon\n"
                               "ann\ty\t2\tTue\n";
static const char events_b[] = EVENTS "ann\tx\t1\tMon\nann\tz\t2\tMon\nbob\ty\t1\tMon\neve\tx\t-\tMon\n"
                               "ann\ty\t3\tTue\n";

/* The same, of Monday alone, by query. */
#define QUERIES "user\tn\ttop_k_accuracy@2\trecall@2\n"
static const char queries_a[] = QUERIES "ann\t2\t0.5\t0.5\nbob\t1\t0\t0\neve\t1\t1\t1\n";
static const char queries_b[] = QUERIES "ann\t2\t1\t1\nbob\t1\t1\t1\neve\t1\t0\t0\n";

/* Of 8 users "b" is better for all by accuracy, which 2 of 256 exchanges are as far from 0 as; and by recall better for
 * 3 and worse for 1, which 10 of 16 are. */
static const char many_a[] = QUERIES "a\t1\t0\t0\nb\t1\t0\t0\nc\t1\t0\t0\nd\t1\t0\t1\ne\t1\t0\t1\nf\t1\t0\t1\n"
                             "g\t1\t0\t1\nh\t1\t0\t1\n";
static const char many_b[] = QUERIES "a\t1\t1\t1\nb\t1\t1\t1\nc\t1\t1\t1\nd\t1\t1\t0\ne\t1\t1\t1\nf\t1\t1\t1\n"
                             "g\t1\t1\t1\nh\t1\t1\t1\n";

/* Runs, a letter each, that is the model's name, too. */
static void add_models(struct tt_compared_models *models, const char *runs)
{
    struct tt_err err = TT_ERR_INIT;

    for (; *runs; runs++)
        assert_int_equal(tt_compared_models_add_run(models, runs, 1, &err), 0);
}

static void read_scores(struct tt_run_scores *scores, const char *text)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_csv csv = {0};

    assert_int_equal(tt_csv_open(&csv, write_file("q", text), TT_CSV_AUTO, &err), 0);
    assert_int_equal(tt_run_scores_add(scores, &csv, &err), 0);
    tt_csv_close(&csv);
}

static void read_ranks(struct tt_run_ranks *ranks, const char *name, const char *text)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_csv csv = {0};

    assert_int_equal(tt_csv_open(&csv, write_file(name, text), TT_CSV_AUTO, &err), 0);
    assert_int_equal(tt_run_ranks_add(ranks, &csv, &err), 0);
    tt_csv_close(&csv);
}

/* Compare models of these runs by accuracy and recall. Every second run has the scores b, the others have a. */
static void compare_scores(struct tt_findings *findings, struct tt_compared_models *models,
                           struct tt_run_scores *scores, const char *runs, const char *a, const char *b,
                           enum tt_against against)
{
    static char accuracy[] = "top_k_accuracy@2", recall[] = "recall@2";
    struct tt_pairwise_options options = {against, usual};
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(2, &err);

    assert_non_null(pool);
    add_models(models, runs);
    assert_int_equal(tt_run_scores_init(scores, (char *[]){accuracy, recall}, 2, 0, &err), 0);
    for (size_t i = 0; runs[i]; i++)
        read_scores(scores, i % 2 ? b : a);
    assert_int_equal(tt_pairwise_scores(findings, models, scores, pool, &options, &err), 0);
    tt_pool_free(pool);
}

static void test_models_are_ordered_by_their_first_run(void **state)
{
    struct tt_compared_models models = {0};
    struct tt_err err = TT_ERR_INIT;
    (void)state;

    assert_int_equal(tt_compared_models_add_run(&models, "base=", 4, &err), 0);
    assert_int_equal(tt_compared_models_add_run(&models, "base2", 5, &err), 0);
    assert_int_equal(tt_compared_models_add_run(&models, "base", 4, &err), 0);
    assert_true(models.n == 2 && models.n_runs == 3);
    assert_string_equal(models.all[0].name, "base");
    assert_true(models.all[0].n_runs == 2 && models.all[0].runs[0] == 0 && models.all[0].runs[1] == 2);
    assert_true(models.all[1].n_runs == 1 && models.all[1].runs[0] == 1);
    tt_compared_models_release(&models);
}

static void test_figure_parse(void **state)
{
    static const char *const bad[] = {"", "@5", "recall", "recall@", "recall@0", "recall@x", "recal@5", "recall_@5"};
    struct tt_figure figure;
    (void)state;

    assert_int_equal(tt_figure_parse(&figure, "ndcg@20"), 0);
    assert_true(figure.metric == TT_METRIC_NDCG && figure.k == 20);
    assert_string_equal(figure.name, "ndcg@20");
    for (size_t i = 0; i < LENGTH(bad); i++)
        assert_int_equal(tt_figure_parse(&figure, bad[i]), -1);
}

/* Each figure's pairs, model before base. */
static void test_pairwise_pairs(void **state)
{
    static const char *const pairs[] = {
        [TT_AGAINST_FIRST] = "ba ca da ", [TT_AGAINST_PREVIOUS] = "ba cb dc ", [TT_AGAINST_ALL] = "ba ca cb da db dc ",
    };
    (void)state;

    for (size_t a = 0; a < LENGTH(pairs); a++) {
        struct tt_findings findings = {0};
        struct tt_compared_models models = {0};
        struct tt_run_scores scores = {0};
        size_t n = strlen(pairs[a]) / 3;
        compare_scores(&findings, &models, &scores, "abcd", queries_a, queries_b, (enum tt_against)a);
        assert_int_equal(findings.n, 2 * n);
        for (size_t i = 0; i < 2 * n; i++) {
            const struct tt_finding *f = &findings.all[i];
            assert_string_equal(f->figure, i < n ? "top_k_accuracy@2" : "recall@2");
            assert_memory_equal(f->model, &pairs[a][i % n * 3], 1);
            assert_memory_equal(f->base, &pairs[a][i % n * 3 + 1], 1);
        }
        tt_findings_release(&findings);
        tt_compared_models_release(&models);
        tt_run_scores_release(&scores);
    }
}

/* Runs of a model need not be together: here they score as a, b and a. */
static void test_pairwise_scores_by_hand(void **state)
{
    struct tt_findings findings = {0};
    struct tt_compared_models models = {0};
    struct tt_run_scores scores = {0};
    (void)state;

    compare_scores(&findings, &models, &scores, "xyy", queries_a, queries_b, TT_AGAINST_FIRST);
    const struct tt_finding *accuracy = &findings.all[0], *recall = &findings.all[1];
    assert_true(findings.n == 2 && accuracy->n_runs == 2 && accuracy->n_base_runs == 1 && accuracy->n_users == 3);
    assert_null(accuracy->slice);
    assert_true(accuracy->n == 4 && recall->n == 3);
    assert_string_equal(accuracy->unit, "events");
    assert_string_equal(recall->unit, "queries");
    assert_true(accuracy->c.value == (0.75 + 0.5) / 2 && accuracy->c.base_value == 0.5);
    assert_true(fabs(recall->c.value - (2.0 / 3 + 0.5) / 2) < 1e-15 && recall->c.base_value == 0.5);
    tt_findings_release(&findings);
    tt_compared_models_release(&models);
    tt_run_scores_release(&scores);
}

static void test_pairwise_p_is_corrected_for_all(void **state)
{
    struct tt_findings findings = {0};
    struct tt_compared_models models = {0};
    struct tt_run_scores scores = {0};
    (void)state;

    compare_scores(&findings, &models, &scores, "ab", many_a, many_b, TT_AGAINST_FIRST);
    const struct tt_finding *accuracy = &findings.all[0], *recall = &findings.all[1];
    assert_true(fabs(accuracy->c.p - 2.0 / 256) < 0.01 && fabs(recall->c.p - 10.0 / 16) < 0.06);
    assert_true(accuracy->p_holm == 2 * accuracy->c.p && recall->p_holm == recall->c.p);
    tt_findings_release(&findings);
    tt_compared_models_release(&models);
    tt_run_scores_release(&scores);
}

static void test_pairwise_scores_refuses_a_single_user(void **state)
{
    const struct tt_pairwise_options options = {TT_AGAINST_FIRST, usual};
    struct tt_findings findings = {0};
    struct tt_compared_models models = {0};
    struct tt_run_scores scores = {0};
    struct tt_err err = TT_ERR_INIT;
    (void)state;

    add_models(&models, "ab");
    assert_int_equal(tt_run_scores_init(&scores, NULL, 0, 0, &err), 0);
    for (int i = 0; i < 2; i++)
        read_scores(&scores, QUERIES "ann\t2\t0.5\t0.5\n");
    assert_int_equal(tt_pairwise_scores(&findings, &models, &scores, NULL, &options, &err), -1);
    assert_string_equal(err.text, "q: a single user: nothing can be said of others");
    tt_findings_release(&findings);
    tt_compared_models_release(&models);
    tt_run_scores_release(&scores);
}

/* ---- in parts of slices ---- */

/* Compare "a" and "b", whose events are these, by METRIC@2: the error, or "". */
static const char *compare_parts(struct tt_findings *findings, struct tt_compared_models *models,
                                 struct tt_run_ranks *ranks, const char *b, const char *names, int by_user)
{
    const struct tt_pairwise_options options = {TT_AGAINST_FIRST, usual};
    static struct tt_err err;
    struct tt_figure figure;

    err = (struct tt_err)TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(2, &err);
    assert_non_null(pool);
    assert_int_equal(tt_figure_parse(&figure, names), 0);
    add_models(models, "ab");
    read_ranks(ranks, "a", events_a);
    read_ranks(ranks, "b", b);
    int status = tt_pairwise_parts(findings, models, ranks, &figure, 1, by_user, pool, &options, &err);
    assert_int_equal(status, err.text[0] ? -1 : 0);
    tt_pool_free(pool);
    return err.text;
}

static void release(struct tt_findings *findings, struct tt_compared_models *models, struct tt_run_ranks *ranks)
{
    tt_findings_release(findings);
    tt_compared_models_release(models);
    tt_run_ranks_release(ranks);
}

/* A part is compared as if there were no other events, and a single user not at all. */
static void test_pairwise_parts(void **state)
{
    struct tt_findings findings = {0}, expected = {0};
    struct tt_compared_models models = {0}, expected_models = {0};
    struct tt_run_ranks ranks = {0};
    struct tt_run_scores scores = {0};
    (void)state;

    assert_string_equal(compare_parts(&findings, &models, &ranks, events_b, "top_k_accuracy@2", 0), "");
    compare_scores(&expected, &expected_models, &scores, "ab", queries_a, queries_b, TT_AGAINST_FIRST);
    assert_int_equal(findings.n, 2);
    const struct tt_finding *monday = &findings.all[0], *tuesday = &findings.all[1];
    assert_string_equal(monday->slice, "day");
    assert_true(monday->part_len == 3 && tuesday->part_len == 3);
    assert_memory_equal(monday->part, "Mon", 3);
    assert_memory_equal(tuesday->part, "Tue", 3);
    assert_true(monday->n == 4 && monday->n_users == 3 && monday->c.value == 0.75 && monday->c.base_value == 0.5);
    assert_memory_equal(&monday->c, &expected.all[0].c, sizeof(monday->c));
    assert_true(monday->p_holm == monday->c.p); /* Tuesday's has no p */
    assert_true(tuesday->n_users == 1 && tuesday->c.value == 0 && tuesday->c.base_value == 1);
    assert_true(tuesday->c.difference == -1 && isnan(tuesday->c.p) && isnan(tuesday->p_holm) && isnan(tuesday->c.low));
    release(&findings, &models, &ranks);
    tt_findings_release(&expected);
    tt_compared_models_release(&expected_models);
    tt_run_scores_release(&scores);
}

/* With a context, ann's events of Monday are of two queries. */
static void test_pairwise_parts_of_other_queries(void **state)
{
    static const char other[] = "user\tmeal\titem\trank\tslice:day\nann\tlunch\tx\t1\tMon\nann\tdinner\tz\t5\tMon\n"
                                "bob\tlunch\ty\t1\tMon\neve\tlunch\tx\t-\tMon\nann\tlunch\ty\t3\tTue\n";
    struct tt_findings findings = {0};
    struct tt_compared_models models = {0};
    struct tt_run_ranks ranks = {0};
    (void)state;

    assert_string_equal(compare_parts(&findings, &models, &ranks, other, "mrr@2", 0), "b: other queries than in 'a': "
                        "'mrr@2' is a mean over queries; only top_k_accuracy@K can be compared, or means by user");
    release(&findings, &models, &ranks);
    assert_string_equal(compare_parts(&findings, &models, &ranks, other, "top_k_accuracy@2", 0), "");
    assert_true(findings.all[0].c.value == 0.5);
    release(&findings, &models, &ranks);
    assert_string_equal(compare_parts(&findings, &models, &ranks, other, "mrr@2", 1), "");
    assert_true(findings.all[0].c.value == (0.5 + 1 + 0) / 3 && findings.all[0].n == 3); /* ann: 1 at lunch, else 0 */
    assert_string_equal(findings.all[0].unit, "users");
    release(&findings, &models, &ranks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_models_are_ordered_by_their_first_run),
        cmocka_unit_test(test_figure_parse),
        cmocka_unit_test(test_pairwise_pairs),
        cmocka_unit_test(test_pairwise_scores_by_hand),
        cmocka_unit_test(test_pairwise_p_is_corrected_for_all),
        cmocka_unit_test(test_pairwise_scores_refuses_a_single_user),
        cmocka_unit_test(test_pairwise_parts),
        cmocka_unit_test(test_pairwise_parts_of_other_queries),
    };
    return cmocka_run_group_tests(tests, enter_data_folder, leave_data_folder);
}
