/* Whole evaluations of random lists against a plain recomputation, and what a run tells beside the figures. */
#include "eval/evaluation.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "unit.h"

/* A small random world: users with two contexts each; a query is u * CONTEXTS + c. Item 0 ... ITEMS-1. */
enum { USERS = 23, CONTEXTS = 2, QUERIES = USERS * CONTEXTS, ITEMS = 30, LENGTH_MAX = 12, EVENTS = 200 };

struct world {
    int length[QUERIES];           /* of the list; 0: none */
    int list[QUERIES][LENGTH_MAX];
    int targets[QUERIES][ITEMS];    /* events */
    int query_of[EVENTS], item_of[EVENTS];
};

static void make_world(struct world *w, uint64_t seed)
{
    struct tt_rng rng;

    tt_rng_init(&rng, seed, TT_RNG_TEST, 0);
    memset(w, 0, sizeof(*w));
    for (int q = 0; q < QUERIES; q++) {
        int items[ITEMS];
        for (int i = 0; i < ITEMS; i++)
            items[i] = i;
        w->length[q] = (int)tt_rng_below(&rng, LENGTH_MAX + 1);
        for (int r = 0; r < w->length[q]; r++) { /* Fisher and Yates, the first part */
            int from = r + (int)tt_rng_below(&rng, (uint64_t)(ITEMS - r)), item = items[from];
            items[from] = items[r];
            items[r] = item;
            w->list[q][r] = item;
        }
    }
    w->length[0] = LENGTH_MAX; /* at least one has all ranks */
    for (int r = 0; r < LENGTH_MAX; r++)
        w->list[0][r] = r;
    for (int e = 0; e < EVENTS; e++) { /* squared: some queries have many events, some none */
        double x = tt_rng_unit(&rng);
        w->query_of[e] = (int)(x * x * QUERIES);
        w->item_of[e] = (int)tt_rng_below(&rng, ITEMS);
        w->targets[w->query_of[e]][w->item_of[e]]++;
    }
}

static void write_world(const struct world *w, const char *lists, const char *truth)
{
    FILE *f = fopen(lists, "w");

    assert_non_null(f);
    fprintf(f, "user\tctx\trank\titem\tscore\n");
    for (int q = 0; q < QUERIES; q++)
        for (int r = 0; r < w->length[q]; r++)
            fprintf(f, "u%d\tc%d\t%d\ti%d\t%g\n", q / CONTEXTS, q % CONTEXTS, r + 1, w->list[q][r], 1.0 / (r + 1));
    assert_int_equal(fclose(f), 0);
    f = fopen(truth, "w");
    assert_non_null(f);
    fprintf(f, "item,ctx,when,user\n");
    for (int e = 0; e < EVENTS; e++)
        fprintf(f, "i%d,c%d,%d,u%d\n", w->item_of[e], w->query_of[e] % CONTEXTS, e, w->query_of[e] / CONTEXTS);
    assert_int_equal(fclose(f), 0);
}

/* The mean of each metric, by loops over everything; those of one list are checked in test_metrics.c. */
static void naive(const struct world *w, size_t k, double mean[TT_METRICS])
{
    double sum[TT_METRICS] = {0}, of_list[TT_METRICS];
    int queries = 0;

    for (int q = 0; q < QUERIES; q++) {
        struct tt_hit hits[LENGTH_MAX];
        size_t n_hits = 0, n_items = 0;
        double events = 0;
        for (int i = 0; i < ITEMS; i++) {
            n_items += w->targets[q][i] > 0;
            events += w->targets[q][i];
        }
        if (!n_items)
            continue;
        queries++;
        for (int r = 0; r < w->length[q]; r++)
            if (w->targets[q][w->list[q][r]])
                hits[n_hits++] = (struct tt_hit){(uint32_t)r + 1, w->targets[q][w->list[q][r]]};
        tt_metrics_of_list(hits, n_hits, n_items, events, k, of_list);
        for (int m = 0; m < TT_METRICS; m++)
            sum[m] += of_list[m] * (tt_metric_info[m].mean == TT_MEAN_OVER_EVENTS ? events : 1);
    }
    for (int m = 0; m < TT_METRICS; m++)
        mean[m] = sum[m] / (tt_metric_info[m].mean == TT_MEAN_OVER_EVENTS ? EVENTS : queries);
}

struct files {
    char folder[1024], lists[1040], truth[1040];
};

static int set_up(void **state)
{
    static struct files files;
    const char *tmp = getenv("TMPDIR");

    snprintf(files.folder, sizeof(files.folder), "%s/tt-test.XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(files.folder));
    snprintf(files.lists, sizeof(files.lists), "%s/lists", files.folder);
    snprintf(files.truth, sizeof(files.truth), "%s/truth", files.folder);
    *state = &files;
    return 0;
}

static int tear_down(void **state)
{
    struct files *files = *state;

    unlink(files->lists);
    unlink(files->truth);
    return rmdir(files->folder);
}

static int run(const struct files *files, struct tt_evaluation *e, const size_t *ks, size_t n_ks, int may_be_short,
               struct tt_err *err)
{
    struct tt_csv lists, truth;

    assert_int_equal(tt_csv_open(&lists, files->lists, TT_CSV_AUTO, err), 0);
    assert_int_equal(tt_csv_open(&truth, files->truth, TT_CSV_AUTO, err), 0);
    struct tt_evaluation_sources sources = {.lists = &lists, .truth = &truth};
    int status = tt_evaluation_run(e, &sources, ks, n_ks, may_be_short, err);
    tt_csv_close(&lists);
    tt_csv_close(&truth);
    return status;
}

static void test_evaluation_agrees_with_loops_over_random_worlds(void **state)
{
    static const size_t ks[] = {1, 3, 12, 100};
    struct tt_estimate estimates[LENGTH(ks) * TT_METRICS];
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(2, &err);

    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct tt_evaluation e;
        struct world w;
        make_world(&w, seed);
        write_world(&w, ((struct files *)*state)->lists, ((struct files *)*state)->truth);
        assert_int_equal(run(*state, &e, ks, LENGTH(ks), 1, &err), 0);
        assert_int_equal(tt_scores_estimates(&e.scores, pool, seed % 2 ? 0 : 99, seed, estimates, NULL, &err), 0);
        for (size_t i = 0; i < LENGTH(ks); i++) {
            double mean[TT_METRICS];
            naive(&w, ks[i], mean);
            for (int m = 0; m < TT_METRICS; m++) {
                const struct tt_estimate *x = &estimates[i * TT_METRICS + (size_t)m];
                assert_true(fabs(x->value - mean[m]) < 1e-12);
                assert_int_equal(x->n, m == TT_METRIC_TOP_K_ACCURACY ? EVENTS : e.ranks.n_queries);
                if (seed % 2)
                    assert_true(isnan(x->low) && isnan(x->high));
                else
                    assert_true(x->low <= x->value && x->value <= x->high);
            }
        }
        tt_evaluation_release(&e);
    }
    tt_pool_free(pool);
}

/* Events whose user had the item count for nothing: the rest is evaluated as if they had never been. */
static void test_known_events_do_not_count(void **state)
{
    static const size_t ks[] = {5};
    const struct files *files = *state;
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(1, &err);
    char known_path[1060];

    snprintf(known_path, sizeof(known_path), "%s/known", files->folder);
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct tt_evaluation e;
        struct tt_estimate estimates[TT_METRICS];
        struct tt_csv lists, truth, known;
        struct world w;
        double hits = 0, events = 0;
        make_world(&w, seed);
        write_world(&w, files->lists, files->truth);
        FILE *f = fopen(known_path, "w");
        assert_non_null(f);
        fprintf(f, "user\titem\n"); /* without a context: users know items, whatever the context */
        for (int u = 0; u < USERS; u++)
            for (int i = (int)seed % 3; i < ITEMS; i += 3)
                fprintf(f, "u%d\ti%d\n", u, i);
        assert_int_equal(fclose(f), 0);
        for (int n = 0; n < EVENTS; n++) {
            int q = w.query_of[n];
            if (w.item_of[n] % 3 == (int)seed % 3)
                continue;
            events++;
            for (int r = 0; r < w.length[q] && r < (int)ks[0]; r++)
                hits += w.list[q][r] == w.item_of[n];
        }
        assert_int_equal(tt_csv_open(&lists, files->lists, TT_CSV_AUTO, &err), 0);
        assert_int_equal(tt_csv_open(&truth, files->truth, TT_CSV_AUTO, &err), 0);
        assert_int_equal(tt_csv_open(&known, known_path, TT_CSV_AUTO, &err), 0);
        struct tt_evaluation_sources sources = {.lists = &lists, .truth = &truth, .known = &known};
        assert_int_equal(tt_evaluation_run(&e, &sources, ks, 1, 1, &err), 0);
        assert_int_equal(tt_scores_estimates(&e.scores, pool, 0, 1, estimates, NULL, &err), 0);
        assert_true(e.ranks.n_events == (size_t)events && e.n_known_events == EVENTS - (size_t)events);
        assert_true(fabs(estimates[TT_METRIC_TOP_K_ACCURACY].value - hits / events) < 1e-12);
        tt_evaluation_release(&e);
        tt_csv_close(&lists);
        tt_csv_close(&truth);
        tt_csv_close(&known);
    }
    unlink(known_path);
    tt_pool_free(pool);
}

static void test_evaluation_counts_what_it_saw(void **state)
{
    static const size_t ks[] = {3};
    struct tt_err err = TT_ERR_INIT;
    struct tt_evaluation e;
    struct world w;
    int queries[QUERIES] = {0}, users[USERS] = {0}, listed[ITEMS] = {0}, distinct[ITEMS] = {0};
    size_t n_queries = 0, n_users = 0, n_lists = 0, ignored = 0, rows = 0, unlisted = 0, n_distinct = 0;

    make_world(&w, 7);
    for (int event = 0; event < EVENTS; event++) {
        n_queries += !queries[w.query_of[event]]++;
        n_users += !users[w.query_of[event] / CONTEXTS]++;
    }
    for (int q = 0; q < QUERIES; q++) {
        if (w.length[q] > 5)
            w.length[q] = 5;
        for (int r = 0; r < w.length[q]; r++) {
            w.list[q][r] %= 20; /* leaves ten items in no list; makes doubles, which go: */
            for (int before = 0; before < r; before++)
                if (w.list[q][before] == w.list[q][r])
                    w.length[q] = r;
        }
        n_lists += w.length[q] && queries[q];
        ignored += w.length[q] && !queries[q];
        rows += queries[q] ? 0 : (size_t)w.length[q];
        for (int r = 0; r < w.length[q]; r++) {
            listed[w.list[q][r]] = 1;
            if (queries[q] && r < 3)
                n_distinct += !distinct[w.list[q][r]]++;
        }
    }
    for (int event = 0; event < EVENTS; event++)
        unlisted += !listed[w.item_of[event]];
    assert_true(ignored > 0 && unlisted > 0 && n_lists < n_queries); /* the world has what is counted */
    write_world(&w, ((struct files *)*state)->lists, ((struct files *)*state)->truth);
    assert_int_equal(run(*state, &e, ks, 1, 0, &err), 0);
    assert_int_equal(e.ranks.n_events, EVENTS);
    assert_int_equal(e.ranks.n_queries, n_queries);
    assert_int_equal(e.ranks.n_users, n_users);
    assert_int_equal(e.n_lists, n_lists);
    assert_int_equal(e.n_ignored_lists, ignored);
    assert_int_equal(e.n_ignored_rows, rows);
    assert_int_equal(e.n_unlisted_events, unlisted);
    assert_int_equal(e.max_rank, 5);
    assert_int_equal(tt_evaluation_distinct(&e, 3), n_distinct);
    tt_evaluation_release(&e);
}

/* The clusters are users: the interval equals that of sums by user, made here by hand. */
static void test_evaluation_draws_users_and_not_queries(void **state)
{
    static const size_t ks[] = {5}, under[] = {1, 1};
    struct tt_estimate estimates[TT_METRICS];
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(1, &err);
    struct tt_evaluation e;
    struct world w;
    double sums[USERS * 2] = {0}, replicates[2 * 199], low, high;
    int order[USERS], n_users = 0;

    make_world(&w, 3);
    write_world(&w, ((struct files *)*state)->lists, ((struct files *)*state)->truth);
    for (int u = 0; u < USERS; u++)
        order[u] = -1;
    for (int i = 0; i < EVENTS; i++) { /* users by first appearance */
        int q = w.query_of[i], *user = &order[q / CONTEXTS];
        if (*user < 0)
            *user = n_users++;
        sums[*user * 2 + 1] += 1;
        for (int r = 0; r < 5 && r < w.length[q]; r++)
            sums[*user * 2] += w.list[q][r] == w.item_of[i];
    }
    assert_int_equal(run(*state, &e, ks, 1, 0, &err), 0);
    assert_int_equal(tt_scores_estimates(&e.scores, pool, 199, 5, estimates, NULL, &err), 0);
    assert_int_equal(tt_bootstrap_ratios(pool, sums, (size_t)n_users, 2, under, 199, 5, replicates, &err), 0);
    tt_bootstrap_interval(replicates, 199, 0.95, &low, &high);
    assert_true(low < high);
    assert_true(estimates[TT_METRIC_TOP_K_ACCURACY].low == low);
    assert_true(estimates[TT_METRIC_TOP_K_ACCURACY].high == high);
    tt_evaluation_release(&e);
    tt_pool_free(pool);
}

static void test_evaluation_releases_itself_on_failure(void **state)
{
    static const size_t ks[] = {100};
    struct tt_err err = TT_ERR_INIT;
    struct tt_evaluation e;
    struct world w;

    make_world(&w, 1);
    write_world(&w, ((struct files *)*state)->lists, ((struct files *)*state)->truth);
    assert_int_equal(run(*state, &e, ks, 1, 0, &err), -1);
    assert_int_equal(err.kind, TT_ERR_INPUT);
    assert_non_null(strstr(err.text, ": lists have at most 12 items, too few for metrics of the first 100"));
    assert_null(e.scores.values);
    tt_evaluation_release(&e); /* fine once more */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_evaluation_agrees_with_loops_over_random_worlds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_evaluation_counts_what_it_saw, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_known_events_do_not_count, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_evaluation_draws_users_and_not_queries, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_evaluation_releases_itself_on_failure, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
