/* The tables of an evaluation, whose figures are computed by hand. */
#include "eval/evaluation_writer.h"

#include <math.h>

#include "data_files.h"

/* u1 has b twice and x, and finds b at rank 2. u2 has a and d, and finds both. u3 has no list. */
static const char truth[] = "user\titem\tday\nu1\tb\tMon\nu2\ta\tMon\nu1\tb\tMon\nu1\tx\tTue\nu2\td\tTue\nu3\tc\tTue\n";
static const char lists[] = "user\trank\titem\nu1\t1\ta\nu1\t2\tb\nu2\t1\td\nu2\t2\ta\n";
/* All but "x": "a", "b" and "d" are listed, "a" and "d" first. Users have been there 2, 1 and 0 times. */
static const char items[] = "item\na\nb\nc\nd\n";
static const char training[] = "user\titem\nu1\ta\nu1\td\nu2\ta\n";

static const size_t ks[] = {2};

/* Evaluate at 2 by slices of "day". more: also with a catalogue and training events. */
static void evaluate(struct tt_evaluation *e, struct tt_slices *slices, int more)
{
    static char day[] = "day";
    struct tt_err err = TT_ERR_INIT;
    struct tt_csv files[4] = {0};
    struct tt_evaluation_sources sources = {
        .lists = &files[0], .truth = &files[1], .items = more ? &files[2] : NULL, .training = more ? &files[3] : NULL,
        .slices = slices,
    };

    assert_int_equal(tt_slices_init(slices, (const char *[]){day}, 1, &err), 0);
    assert_int_equal(tt_csv_open(&files[0], write_file("l", lists), TT_CSV_AUTO, &err), 0);
    assert_int_equal(tt_csv_open(&files[1], write_file("t", truth), TT_CSV_AUTO, &err), 0);
    assert_int_equal(tt_csv_open(&files[2], write_file("i", items), TT_CSV_AUTO, &err), 0);
    assert_int_equal(tt_csv_open(&files[3], write_file("e", training), TT_CSV_AUTO, &err), 0);
    assert_int_equal(tt_evaluation_run(e, &sources, ks, 1, 0, &err), 0);
    for (size_t i = 0; i < LENGTH(files); i++)
        tt_csv_close(&files[i]);
}

enum table { METRICS, REPLICATES, SLICES, QUERIES, EVENTS };

/* A table, with so many resamples, as text that lives until the next call. */
static const char *written(enum table table, const struct tt_evaluation *e, size_t resamples)
{
    static char text[65536];
    struct tt_evaluation_figures figures;
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(2, &err);
    struct tt_writer writer;

    assert_non_null(pool);
    assert_int_equal(tt_evaluation_figures_init(&figures, e, pool, resamples, 1, &err), 0);
    assert_int_equal(tt_writer_open(&writer, "o", NULL, &err), 0);
    int status = table == METRICS      ? tt_evaluation_write_metrics(e, &figures, "r", &writer, &err)
                 : table == REPLICATES ? tt_evaluation_write_replicates(e, &figures, &writer, &err)
                 : table == SLICES     ? tt_evaluation_write_slices(e, "r", pool, resamples, 1, &writer, &err)
                 : table == QUERIES    ? tt_evaluation_write_queries(e, &writer, &err)
                                       : tt_evaluation_write_events(e, &writer, &err);
    assert_int_equal(status, 0);
    assert_int_equal(tt_writer_finish(&writer, NULL, &err), 0);
    tt_evaluation_figures_release(&figures);
    tt_pool_free(pool);
    FILE *f = fopen("o", "rb");
    assert_non_null(f);
    text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
    assert_int_equal(fclose(f), 0);
    return text;
}

/* The table has these lines (n), each given from a line's start on. */
static void assert_lines(const char *table, const char *const *lines, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!strstr(table, lines[i]))
            fail_msg("no line '%s' in\n%s", lines[i], table);
}

/* In training "a" has 2 events, "d" 1 and "b" none: u1's mean is 1, u2's 1.5. */
static void test_metrics(void **state)
{
    static const char *const accuracy[] = {
        "\nr\ttop_k_accuracy\t2\t0.666666667\t-\t-\t6\n", "\nr\trecall\t2\t0.5\t-\t-\t3\n",
        "\nr\tndcg\t2\t0.462284269\t-\t-\t3\n", "\nr\tdistinct_items\t2\t3\t-\t-\t2\n",
    };
    static const char *const others[] = {"\nr\tcoverage\t2\t0.75\t-\t-\t4\n", "\nr\tpopularity\t2\t1.25\t-\t-\t2\n"};
    struct tt_evaluation e;
    struct tt_slices slices;
    (void)state;

    for (int more = 0; more < 2; more++) {
        evaluate(&e, &slices, more);
        const char *text = written(METRICS, &e, 0);
        assert_memory_equal(text, "run\tmetric\tk\tvalue\tlow\thigh\tn\nr\t", 32);
        assert_lines(text, accuracy, LENGTH(accuracy));
        if (more)
            assert_lines(text, others, LENGTH(others));
        else
            assert_null(strstr(text, "coverage"));
        assert_true(!strstr(text, "novelty") == !more);
        tt_evaluation_release(&e);
        tt_slices_release(&slices);
    }
}

/* Of 39 resamples the least and the greatest end the interval. */
static void test_replicates(void **state)
{
    struct tt_evaluation e;
    struct tt_slices slices;
    char *end;
    double least = INFINITY, greatest = -INFINITY;
    int n = 0;
    (void)state;

    evaluate(&e, &slices, 0);
    const char *line = written(REPLICATES, &e, 39);
    assert_memory_equal(line, "top_k_accuracy@2\trecall@2\t", 26);
    while ((line = strchr(line, '\n')) && *++line) {
        double accuracy = strtod(line, NULL);
        least = fmin(least, accuracy);
        greatest = fmax(greatest, accuracy);
        n++;
    }
    assert_true(n == 39 && least < greatest);
    const char *row = strstr(written(METRICS, &e, 39), "\nr\ttop_k_accuracy\t2\t0.666666667\t");
    assert_non_null(row);
    double low = strtod(row + strlen("\nr\ttop_k_accuracy\t2\t0.666666667\t"), &end);
    double high = strtod(end, NULL);
    assert_true(fabs(low - least) < 1e-12 && fabs(high - greatest) < 1e-12);
    tt_evaluation_release(&e);
    tt_slices_release(&slices);
}

/* On Monday b is found twice and a once; on Tuesday d of three. */
static void test_slices(void **state)
{
    struct tt_evaluation e;
    struct tt_slices slices;
    (void)state;

    evaluate(&e, &slices, 0);
    const char *text = written(SLICES, &e, 0);
    assert_memory_equal(text, "run\tslice\tpart\tmetric\tk\tvalue\tlow\thigh\tn\n", 41);
    assert_non_null(strstr(text, "\nr\tday\tMon\ttop_k_accuracy\t2\t1\t-\t-\t3\nr\tday\tMon\trecall\t2\t1\t-\t-\t2\n"));
    assert_non_null(strstr(text, "\nr\tday\tTue\ttop_k_accuracy\t2\t0.333333333\t-\t-\t3\n"
                           "r\tday\tTue\trecall\t2\t0.333333333\t-\t-\t3\n"));
    tt_evaluation_release(&e);
    tt_slices_release(&slices);
}

static void test_queries_and_events(void **state)
{
    static const char *const queries[] = {"\nu1\t3\t0.666666667\t0.5\t", "\nu2\t2\t1\t1\t", "\nu3\t1\t0\t0\t"};
    struct tt_evaluation e;
    struct tt_slices slices;
    (void)state;

    evaluate(&e, &slices, 0);
    const char *text = written(QUERIES, &e, 0);
    assert_memory_equal(text, "user\tn\ttop_k_accuracy@2\trecall@2\t", 33);
    assert_lines(text, queries, LENGTH(queries));
    assert_string_equal(written(EVENTS, &e, 0), "user\titem\trank\tslice:day\nu1\tb\t2\tMon\nu2\ta\t2\tMon\n"
                        "u1\tb\t2\tMon\nu1\tx\t-\tTue\nu2\td\t1\tTue\nu3\tc\t-\tTue\n");
    tt_evaluation_release(&e);
    tt_slices_release(&slices);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_metrics),
        cmocka_unit_test(test_replicates),
        cmocka_unit_test(test_slices),
        cmocka_unit_test(test_queries_and_events),
    };
    return cmocka_run_group_tests(tests, enter_data_folder, leave_data_folder);
}
