/* The metrics of one list by hand, and their means against scikit-learn. */
#include "math/metrics.h"

#include <math.h>
#include <string.h>

#include "unit.h"

static void assert_metrics(const struct tt_hit *hits, size_t n_hits, size_t n_items, double n_events, size_t k,
                           const double expected[TT_METRICS])
{
    double out[TT_METRICS];

    tt_metrics_of_list(hits, n_hits, n_items, n_events, k, out);
    for (int m = 0; m < TT_METRICS; m++) {
        if (fabs(out[m] - expected[m]) > 1e-6)
            print_error("%s at %zu: %.9g, expected %.9g\n", tt_metric_names[m], k, out[m], expected[m]);
        assert_true(fabs(out[m] - expected[m]) <= 1e-6);
    }
}

/* Four targets, six events; three of the targets are listed, at ranks 2, 3 and 7, and the second has two events.
 *
 * k = 5: two hits. Accuracy (1 + 2) / 6; recall 2 / 4; precision 2 / 5.
 *        DCG 1/log2(3) + 1/log2(4) = 0.630930 + 0.5 = 1.130930; the best, of min(5, 4) = 4 hits,
 *        1 + 0.630930 + 0.5 + 0.430677 = 2.561606; their quotient 0.441492.
 *        First hit at rank 2: 1 / 2. Average precision (1/2 + 2/3) / 4 = 0.291667.
 * k = 2: one hit. Accuracy 1 / 6; recall 1 / 4; precision 1 / 2; NDCG 0.630930 / (1 + 0.630930) = 0.386853; 1 / 2;
 *        average precision (1/2) / min(2, 4) = 0.25.
 * k = 7: three hits. Accuracy 4 / 6; 3 / 4; 3 / 7; (1.130930 + 1/3) / 2.561606 = 0.571619; (1/2 + 2/3 + 3/7) / 4 =
 * 0.398810. k = 1: none. */
static void test_metrics_of_a_worked_example(void **state)
{
    static const struct tt_hit hits[] = {{2, 1}, {3, 2}, {7, 1}};
    static const struct { size_t k; double expected[TT_METRICS]; } cases[] = {
        {5, {0.5, 0.5, 0.4, 0.441492, 0.5, 1, 0.291667}},
        {2, {0.166667, 0.25, 0.5, 0.386853, 0.5, 1, 0.25}},
        {7, {0.666667, 0.75, 0.428571, 0.571619, 0.5, 1, 0.398810}},
        {100, {0.666667, 0.75, 0.03, 0.571619, 0.5, 1, 0.398810}},
        {1, {0, 0, 0, 0, 0, 0, 0}},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++)
        assert_metrics(hits, LENGTH(hits), 4, 6, cases[i].k, cases[i].expected);
}

static void test_metrics_of_a_list_without_hits_are_zero(void **state)
{
    static const double zero[TT_METRICS] = {0};
    (void)state;
    assert_metrics(NULL, 0, 1, 1, 10, zero);
    assert_metrics(NULL, 0, 50, 70, 10, zero);
}

/* More targets than k: NDCG and MAP are 1 for a list of hits only; recall cannot be. */
static void test_metrics_of_the_best_list(void **state)
{
    static const struct tt_hit hits[] = {{1, 1}, {2, 1}};
    static const double expected[TT_METRICS] = {0.4, 0.4, 1, 1, 1, 1, 1};
    static const double all[TT_METRICS] = {1, 1, 0.5, 1, 1, 1, 1};
    (void)state;
    assert_metrics(hits, 2, 5, 5, 2, expected);
    assert_metrics(hits, 2, 2, 2, 4, all);
}

static void test_metrics_have_names_of_their_own(void **state)
{
    (void)state;
    assert_null(tt_metric_names[TT_METRICS]);
    assert_string_equal(tt_metric_names[TT_METRIC_TOP_K_ACCURACY], "top_k_accuracy");
    assert_string_equal(tt_metric_names[TT_METRIC_NDCG], "ndcg");
    assert_string_equal(tt_metric_names[TT_METRIC_MAP], "map");
    for (size_t m = 0; m < TT_METRICS; m++)
        assert_int_equal(tt_metric_find(tt_metric_names[m], strlen(tt_metric_names[m])), m);
    assert_int_equal(tt_metric_find("map@5", 3), TT_METRIC_MAP);
    assert_int_equal(tt_metric_find("map@5", 5), TT_METRICS);
    assert_int_equal(tt_metric_find("", 0), TT_METRICS);
}

/* Means over queries, but of top_k_accuracy over events, which may have weights. */
static void test_shares_of_a_mean(void **state)
{
    static const struct tt_hit hits[] = {{2, 0.5}, {3, 2}, {7, 1}};
    struct tt_metric_share share = tt_metric_share(TT_METRIC_TOP_K_ACCURACY, hits, 3, 4, 4.5, 5);
    double out[TT_METRICS];
    (void)state;

    assert_true(share.sum == 2.5 && share.under == 4.5);
    tt_metrics_of_list(hits, 3, 4, 4.5, 5, out);
    assert_true(out[TT_METRIC_TOP_K_ACCURACY] == 2.5 / 4.5);
    for (int m = TT_METRIC_TOP_K_ACCURACY + 1; m < TT_METRICS; m++) {
        share = tt_metric_share((enum tt_metric)m, hits, 3, 4, 4.5, 5);
        assert_true(share.sum == out[m] && share.under == 1);
    }
}

/* Six queries over a catalogue of 12 items, ranked whole. The data and the expected values come from this Python
 * (numpy 2.4, scikit-learn 1.9):
 *
 *   import numpy as np, sklearn.metrics as m
 *   r = np.random.default_rng(1)
 *   Q, N, k = 6, 12, 5
 *   lists = np.array([r.permutation(N) for _ in range(Q)])
 *   score = np.empty((Q, N)); np.put_along_axis(score, lists, -np.arange(N)[None, :], 1)
 *   truth = [r.integers(0, N, r.integers(1, 10)) for _ in range(Q)]
 *   target = np.array([np.isin(np.arange(N), t) for t in truth]).astype(int)
 *   m.top_k_accuracy_score(np.concatenate(truth), np.repeat(score, [len(t) for t in truth], 0), k=k, labels=range(N))
 *   m.recall_score(target, score > -k, average="samples"), m.precision_score(target, score > -k, average="samples")
 *   m.ndcg_score(target, score, k=k)
 *   m.label_ranking_average_precision_score(target, score)    # map, k = N
 *   first = np.eye(N)[[t[0] for t in truth]]
 *   m.label_ranking_average_precision_score(first, score)     # mrr of the first event of each query, k = N
 */
enum { Q = 6, N = 12, EVENTS = 7 };

static const uint32_t lists[Q][N] = {
    {8, 11, 4, 7, 5, 0, 1, 9, 2, 10, 6, 3}, {1, 3, 6, 0, 7, 4, 5, 8, 9, 2, 11, 10},
    {3, 11, 2, 0, 9, 6, 7, 10, 1, 4, 5, 8}, {3, 11, 9, 2, 8, 4, 0, 10, 7, 6, 5, 1},
    {8, 5, 10, 4, 0, 7, 6, 1, 2, 3, 11, 9}, {4, 0, 11, 8, 2, 9, 5, 10, 7, 3, 6, 1},
};
static const size_t n_truth[Q] = {7, 6, 2, 1, 7, 5};
static const uint32_t truth[Q][EVENTS] = {
    {10, 2, 7, 9, 3, 4, 10}, {6, 8, 6, 11, 9, 0}, {6, 9}, {8}, {9, 10, 2, 6, 9, 4, 2}, {0, 2, 10, 8, 10},
};

/* The sums over queries, events weighing accuracy, of the first `use` events of each. */
static void mean_over_queries(size_t k, size_t use, double mean[TT_METRICS])
{
    double out[TT_METRICS], sum[TT_METRICS] = {0};
    size_t all_events = 0;

    for (size_t q = 0; q < Q; q++) {
        struct tt_hit hits[N];
        size_t n_hits = 0, n_events = n_truth[q] < use ? n_truth[q] : use;
        for (uint32_t rank = 1; rank <= N; rank++) {
            double events = 0;
            for (size_t e = 0; e < n_events; e++)
                events += truth[q][e] == lists[q][rank - 1];
            if (events > 0)
                hits[n_hits++] = (struct tt_hit){rank, events};
        }
        tt_metrics_of_list(hits, n_hits, n_hits, (double)n_events, k, out); /* all items are listed: T is n_hits */
        out[TT_METRIC_TOP_K_ACCURACY] *= (double)n_events;
        for (int m = 0; m < TT_METRICS; m++)
            sum[m] += out[m];
        all_events += n_events;
    }
    for (int m = 0; m < TT_METRICS; m++)
        mean[m] = sum[m] / (m == TT_METRIC_TOP_K_ACCURACY ? (double)all_events : Q);
}

static void test_metrics_agree_with_scikit_learn(void **state)
{
    double mean[TT_METRICS];
    (void)state;

    mean_over_queries(5, EVENTS, mean);
    assert_true(fabs(mean[TT_METRIC_TOP_K_ACCURACY] - 0.42857142857142855) < 1e-12);
    assert_true(fabs(mean[TT_METRIC_RECALL] - 0.5638888888888889) < 1e-12);
    assert_true(fabs(mean[TT_METRIC_PRECISION] - 0.3666666666666667) < 1e-12);
    assert_true(fabs(mean[TT_METRIC_NDCG] - 0.35607423678033895) < 1e-12);
    mean_over_queries(N, EVENTS, mean);
    assert_true(fabs(mean[TT_METRIC_MAP] - 0.37997735289401957) < 1e-12);
    mean_over_queries(N, 1, mean);
    assert_true(fabs(mean[TT_METRIC_MRR] - 0.23055555555555554) < 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_metrics_of_a_worked_example),
        cmocka_unit_test(test_metrics_of_a_list_without_hits_are_zero),
        cmocka_unit_test(test_metrics_of_the_best_list),
        cmocka_unit_test(test_metrics_have_names_of_their_own),
        cmocka_unit_test(test_shares_of_a_mean),
        cmocka_unit_test(test_metrics_agree_with_scikit_learn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
