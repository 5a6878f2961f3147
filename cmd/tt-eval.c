/* tt-eval: how good lists of recommendations are, against the events that came true. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"
#include "cli.h"
#include "eval/evaluation.h"
#include "io/tsv_writer.h"

enum {
    MAX_K = 1000000,
    MIN_RESAMPLES = 39, /* the ends of the interval are the values of rank 0.025 (n + 1) and 0.975 (n + 1) */
};

static const char *truth_path, *known_path, *items_path, *per_user_path, *per_event_path, *replicates_path;
static const char *top = "10", *run_name = "-";
static uint64_t resamples = 1000, seed = 1;
static int may_be_short;

static struct cli_option options[] = {
    {'t', "truth", CLI_TEXT, &truth_path, .metavar = "FILE", .no_lineage = 1,
     .help = "the test events, CSV or TSV (needed)"},
    {0, "new", CLI_TEXT, &known_path, .metavar = "FILE", .no_lineage = 1,
     .help = "only events whose user has not the item in FILE"},
    {'k', "top", CLI_TEXT, &top, .metavar = "K,...", .help = "judge the first K of each list"},
    {0, "run", CLI_TEXT, &run_name, .metavar = "NAME", .help = "the first column of the output"},
    {0, "items", CLI_TEXT, &items_path, .metavar = "FILE", .no_lineage = 1,
     .help = "the catalogue: adds its coverage"},
    {0, "per-user", CLI_TEXT, &per_user_path, .metavar = "FILE", .no_lineage = 1,
     .help = "also write each query's metrics to FILE"},
    {0, "per-event", CLI_TEXT, &per_event_path, .metavar = "FILE", .no_lineage = 1,
     .help = "also write the rank of each event's item to FILE"},
    {0, "replicates", CLI_TEXT, &replicates_path, .metavar = "FILE", .no_lineage = 1,
     .help = "also write each resample's metrics to FILE"},
    {0, "resamples", CLI_COUNT, &resamples, .min = 0, .max = 1e6, .metavar = "N",
     .help = "of the interval, 39 or more; 0: no interval"},
    {0, "seed", CLI_COUNT, &seed, .metavar = "N", .help = "of the interval"},
    {0, "short", CLI_FLAG, &may_be_short, .help = "allow K beyond the longest list"},
    CLI_OUTPUT,
    CLI_JOBS,
    CLI_QUIET,
    CLI_VERBOSE,
};

static const struct cli_program program = {
    .name = "tt-eval",
    .purpose = "Read lists of recommendations and the test events, write metrics with 95 % intervals.",
    .usage = "[OPTION]... --truth TEST [LISTS]",
    .options = options,
    .n_options = sizeof(options) / sizeof(*options),
    .min_operands = 0,
    .max_operands = 1,
    .example = "tt-eval -k 5,10,20 --truth test.csv recs.tsv > metrics.tsv",
};

/* The values of --top: *n of them, owned by the caller. */
static size_t *parse_top(size_t *n, struct tt_err *err)
{
    size_t *ks = tt_alloc(strlen(top) + 1, sizeof(*ks), err); /* more than there can be */
    const char *p = top;

    *n = 0;
    while (ks) {
        size_t len = strcspn(p, ",");
        uint64_t k;
        if (tt_parse_count(p, len, &k) || k < 1 || k > MAX_K || (*n && k <= ks[*n - 1])) {
            free(ks);
            cli_usage_error("--top: '%s' is not a list of ascending whole numbers from 1 to %d", top, MAX_K);
        }
        ks[(*n)++] = (size_t)k;
        if (!p[len])
            break;
        p += len + 1;
    }
    return ks;
}

static void say_counts(const struct tt_evaluation *e)
{
    cli_note("test events: %zu, queries: %zu, users: %zu", e->n_events, e->n_queries, e->n_users);
    if (e->n_known_events)
        cli_note("test events left out, as their users had the items already: %zu", e->n_known_events);
    if (e->n_lists < e->n_queries)
        cli_note("queries without a list: %zu (their metrics are 0)", e->n_queries - e->n_lists);
    if (e->n_unlisted_events)
        cli_note("test events whose item is in no list: %zu", e->n_unlisted_events);
    if (e->n_ignored_lists)
        cli_note("lists passed over, their query is not in the truth: %zu (rows: %zu)", e->n_ignored_lists,
                 e->n_ignored_rows);
    if (e->n_uncatalogued)
        cli_note("items in the lists that are not in '%s': %zu", items_path, e->n_uncatalogued);
}

static int read_all(struct tt_evaluation *e, const size_t *ks, size_t n_ks, struct tt_err *err)
{
    struct tt_csv lists = {0}, truth = {0}, known = {0}, items = {0};
    int status = -1, ready = 0;

    if (tt_csv_open(&lists, cli_n_operands ? cli_operands[0] : NULL, TT_CSV_AUTO, err) == 0 &&
        tt_csv_open(&truth, truth_path, TT_CSV_AUTO, err) == 0 &&
        (!known_path || tt_csv_open(&known, known_path, TT_CSV_AUTO, err) == 0)) {
        status = tt_evaluation_run(e, &lists, &truth, known_path ? &known : NULL, ks, n_ks, may_be_short, err);
        ready = status == 0;
    }
    if (ready && items_path) {
        status = tt_csv_open(&items, items_path, TT_CSV_AUTO, err);
        if (status == 0)
            status = tt_evaluation_read_catalogue(e, &items, err);
        if (status)
            tt_evaluation_release(e);
    }
    tt_csv_close(&lists);
    tt_csv_close(&truth);
    tt_csv_close(&known);
    tt_csv_close(&items);
    return status;
}

static int write_row(struct tt_writer *writer, const char *metric, size_t k, const struct tt_estimate *x,
                     struct tt_err *err)
{
    if (tt_tsv_field(writer, TT_CSV_TAB, run_name, strlen(run_name), err) ||
        tt_writer_printf(writer, err, "\t%s\t%zu\t%.9g\t", metric, k, x->value))
        return -1;
    if (isnan(x->low)) /* no interval */
        return tt_writer_printf(writer, err, "-\t-\t%zu\n", x->n);
    return tt_writer_printf(writer, err, "%.9g\t%.9g\t%zu\n", x->low, x->high, x->n);
}

static int write_metrics(struct tt_writer *writer, const struct tt_evaluation *e, const size_t *ks, size_t n_ks,
                         const struct tt_estimate *estimates, struct tt_err *err)
{
    if (tt_writer_text(writer, "run\tmetric\tk\tvalue\tlow\thigh\tn\n", err))
        return -1;
    for (size_t m = 0; m < TT_METRICS; m++)
        for (size_t i = 0; i < n_ks; i++)
            if (write_row(writer, tt_metric_names[m], ks[i], &estimates[i * TT_METRICS + m], err))
                return -1;
    for (size_t i = 0; i < n_ks; i++) {
        struct tt_estimate x = {(double)tt_evaluation_distinct(e, ks[i]), NAN, NAN, e->n_lists};
        if (write_row(writer, "distinct_items", ks[i], &x, err))
            return -1;
    }
    for (size_t i = 0; items_path && i < n_ks; i++) {
        struct tt_estimate x = {tt_evaluation_coverage(e, ks[i]), NAN, NAN, e->n_catalogue};
        if (write_row(writer, "coverage", ks[i], &x, err))
            return -1;
    }
    return 0;
}

/* A file beside the metrics, written whole or not at all. */
static int write_beside(const char *path, const struct tt_evaluation *e,
                        int (*write)(const struct tt_evaluation *, struct tt_writer *, struct tt_err *),
                        struct tt_err *err)
{
    struct tt_writer writer = {0};

    if (tt_writer_open(&writer, path, cli_watch_temporary, err))
        return -1;
    if (write(e, &writer, err)) {
        tt_writer_discard(&writer, cli_watch_temporary);
        return -1;
    }
    return tt_writer_finish(&writer, cli_watch_temporary, err);
}

/* A line a resample: the figures of all metrics at all k. replicates (n_ks, TT_METRICS, resamples). */
static int write_replicates(const size_t *ks, size_t n_ks, const double *replicates, struct tt_err *err)
{
    struct tt_writer writer = {0};
    size_t figures = n_ks * TT_METRICS;

    if (tt_writer_open(&writer, replicates_path, cli_watch_temporary, err))
        return -1;
    for (size_t j = 0; j < figures; j++)
        if (tt_writer_printf(&writer, err, "%s@%zu%c", tt_metric_names[j % TT_METRICS],
                             ks[j / TT_METRICS], j + 1 < figures ? '\t' : '\n'))
            goto fail;
    for (size_t r = 0; r < resamples; r++)
        for (size_t j = 0; j < figures; j++)
            if (tt_writer_printf(&writer, err, "%.9g%c", replicates[j * resamples + r], j + 1 < figures ? '\t' : '\n'))
                goto fail;
    return tt_writer_finish(&writer, cli_watch_temporary, err);
fail:
    tt_writer_discard(&writer, cli_watch_temporary);
    return -1;
}

static int evaluate(const size_t *ks, size_t n_ks, struct tt_err *err)
{
    struct tt_evaluation e = {0};
    struct tt_writer writer = {0};
    struct tt_estimate *estimates = tt_alloc(n_ks, TT_METRICS * sizeof(*estimates), err);
    double *replicates = tt_alloc(n_ks * TT_METRICS, (size_t)resamples * sizeof(*replicates), err);
    struct tt_pool *pool = cli_pool(err);
    int status = -1;

    if (!estimates || !replicates || !pool || read_all(&e, ks, n_ks, err))
        goto done;
    say_counts(&e);
    double read = cli_seconds();
    if (tt_evaluation_estimates(&e, pool, (size_t)resamples, seed, estimates, replicates, err))
        goto done;
    if (cli_verbose)
        cli_note("read and judged in %.3f s, means and intervals in %.3f s", read, cli_seconds() - read);
    if ((per_user_path && write_beside(per_user_path, &e, tt_evaluation_write_queries, err)) ||
        (per_event_path && write_beside(per_event_path, &e, tt_evaluation_write_events, err)) ||
        (replicates_path && write_replicates(ks, n_ks, replicates, err)) || cli_open_output(&writer, 0, err))
        goto done;
    if (write_metrics(&writer, &e, ks, n_ks, estimates, err)) {
        tt_writer_discard(&writer, cli_watch_temporary);
        goto done;
    }
    status = tt_writer_finish(&writer, cli_watch_temporary, err);
done:
    tt_evaluation_release(&e);
    tt_pool_free(pool);
    free(estimates);
    free(replicates);
    return status;
}

/* Standard input is the lists or the truth, standard output the metrics, and no file is written twice. */
static void check_paths(void)
{
    const struct cli_file inputs[] = {{"new", known_path}, {"items", items_path}};
    const struct cli_file outputs[] = {{"output", cli_output ? cli_output : "-"}, {"per-user", per_user_path},
                                       {"per-event", per_event_path}, {"replicates", replicates_path}};
    size_t n_inputs = sizeof(inputs) / sizeof(*inputs), n_outputs = sizeof(outputs) / sizeof(*outputs);

    if (strcmp(truth_path, "-") == 0 && (cli_n_operands == 0 || strcmp(cli_operands[0], "-") == 0))
        cli_usage_error("--truth and the lists cannot both be standard input");
    for (size_t i = 0; i < n_inputs; i++)
        if (inputs[i].path && strcmp(inputs[i].path, "-") == 0)
            cli_usage_error("--%s cannot be standard input", inputs[i].option);
    for (size_t i = 1; i < n_outputs; i++)
        if (outputs[i].path && strcmp(outputs[i].path, "-") == 0)
            cli_usage_error("--%s cannot be standard output", outputs[i].option);
    cli_check_different(outputs, n_outputs);
}

int main(int argc, char **argv)
{
    struct tt_err err = TT_ERR_INIT;
    size_t n_ks;

    cli_start(&program, argc, argv);
    if (!truth_path)
        cli_usage_error("--truth is needed");
    if (resamples > 0 && resamples < MIN_RESAMPLES)
        cli_usage_error("--resamples: '%llu' is too few: a 95 %% interval needs %d, and 0 is for none",
                        (unsigned long long)resamples, MIN_RESAMPLES);
    check_paths();
    size_t *ks = parse_top(&n_ks, &err);
    int status = ks ? evaluate(ks, n_ks, &err) : -1;
    free(ks);
    return cli_finish(status, &err);
}
