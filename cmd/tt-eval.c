/* tt-eval: metrics of lists of recommendations, by test events. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"
#include "cli.h"
#include "eval/evaluation_writer.h"

enum {
    MAX_K = 1000000,
    MIN_RESAMPLES = 39, /* the ends of the interval are the values of rank 0.025 (n + 1) and 0.975 (n + 1) */
};

static const char *truth_path, *known_path, *training_path, *items_path, *users_path;
static const char *per_query_path, *per_event_path, *slices_path, *replicates_path;
static struct cli_list slice_names;
static const char *top = "10", *run_name = "-";
static uint64_t resamples = 1000, seed = 1;
static int may_be_short, list_metrics;

static struct cli_option options[] = {
    {'t', "truth", CLI_TEXT, &truth_path, .metavar = "FILE", .no_lineage = 1,
     .help = "test events, CSV or TSV (needed)"},
    {0, "new", CLI_TEXT, &known_path, .metavar = "FILE", .no_lineage = 1,
     .help = "count only test events whose user has no event with the item in FILE"},
    {'k', "top", CLI_TEXT, &top, .metavar = "K,...", .help = "evaluate the first K items of each list"},
    {0, "run", CLI_TEXT, &run_name, .metavar = "NAME", .help = "name of the run, in the first column of the output"},
    {0, "items", CLI_TEXT, &items_path, .metavar = "FILE", .no_lineage = 1,
     .help = "the catalogue: adds coverage, and its columns to --slice"},
    {0, "train", CLI_TEXT, &training_path, .metavar = "FILE", .no_lineage = 1,
     .help = "training events: adds novelty and popularity of the lists"},
    {0, "slice", CLI_LIST, &slice_names, .metavar = "WHAT",
     .help = "divide test events by a column, or by activity, popularity, known (of --train)"},
    {0, "slices", CLI_TEXT, &slices_path, .metavar = "FILE", .no_lineage = 1,
     .help = "write the metrics of each part of each --slice to FILE"},
    {0, "users", CLI_TEXT, &users_path, .metavar = "FILE", .no_lineage = 1,
     .help = "user attributes: adds their columns to --slice"},
    {0, "per-query", CLI_TEXT, &per_query_path, .metavar = "FILE", .no_lineage = 1,
     .help = "write the metrics of each query to FILE"},
    {0, "per-event", CLI_TEXT, &per_event_path, .metavar = "FILE", .no_lineage = 1,
     .help = "write the rank of each test event's item to FILE"},
    {0, "replicates", CLI_TEXT, &replicates_path, .metavar = "FILE", .no_lineage = 1,
     .help = "write the metrics of each bootstrap resample to FILE"},
    {0, "resamples", CLI_COUNT, &resamples, .min = 0, .max = 1e6, .metavar = "N",
     .help = "bootstrap resamples for the intervals, 39 or more; 0: no intervals"},
    {0, "seed", CLI_COUNT, &seed, .metavar = "N", .help = "seed of the resamples"},
    {0, "list-metrics", CLI_FLAG, &list_metrics, .help = "list the metrics and their meanings, and exit"},
    {0, "short", CLI_FLAG, &may_be_short, .help = "allow K greater than the longest list"},
    CLI_OUTPUT,
    CLI_JOBS,
    CLI_QUIET,
    CLI_VERBOSE,
};

static const struct cli_program program = {
    .name = "tt-eval",
    .purpose = "Read lists of recommendations and the test events; write metrics with 95 % intervals.",
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

static void note_counts(const struct tt_evaluation *e)
{
    cli_note("test events: %zu, queries: %zu, users: %zu", e->ranks.n_events, e->ranks.n_queries, e->ranks.n_users);
    if (e->n_known_events)
        cli_note("test events left out, as their users had the items already: %zu", e->n_known_events);
    if (e->n_lists < e->ranks.n_queries)
        cli_note("queries without a list: %zu (their metrics are 0)", e->ranks.n_queries - e->n_lists);
    if (e->n_unlisted_events)
        cli_note("test events whose item is in no list: %zu", e->n_unlisted_events);
    if (e->n_ignored_lists)
        cli_note("lists ignored, their query is not in the truth: %zu (rows: %zu)", e->n_ignored_lists,
                 e->n_ignored_rows);
    if (e->n_uncatalogued)
        cli_note("items in the lists that are not in '%s': %zu", items_path, e->n_uncatalogued);
    if (!training_path)
        return;
    const struct tt_novelty *r = &e->novelty;
    if (r->n_rows)
        cli_note("rows of the lists: %zu, with an item that the user has in '%s': %zu (seen items %s)", r->n_rows,
                 training_path, r->n_seen_rows, r->n_seen_rows ? "kept" : "removed");
    if (r->n_unheld_rows)
        cli_note("rows of the lists with an item that nobody has in '%s': %zu", training_path, r->n_unheld_rows);
}

/* Open path unless it is NULL: *csv is then the file, else NULL. */
static int open_table(struct tt_csv *file, const char *path, struct tt_csv **csv, struct tt_err *err)
{
    *csv = path ? file : NULL;
    return path ? tt_csv_open(file, path, TT_CSV_AUTO, err) : 0;
}

static int read_all(struct tt_evaluation *e, struct tt_slices *slices, const size_t *ks, size_t n_ks,
                    struct tt_err *err)
{
    enum { FILES = 6 };
    struct tt_csv files[FILES] = {0};
    struct tt_evaluation_sources sources = {.slices = slice_names.n ? slices : NULL};
    int status = -1;

    if (open_table(&files[0], cli_n_operands ? cli_operands[0] : "-", &sources.lists, err) == 0 &&
        open_table(&files[1], truth_path, &sources.truth, err) == 0 &&
        open_table(&files[2], known_path, &sources.known, err) == 0 &&
        open_table(&files[3], training_path, &sources.training, err) == 0 &&
        open_table(&files[4], items_path, &sources.items, err) == 0 &&
        open_table(&files[5], users_path, &sources.users, err) == 0)
        status = tt_evaluation_run(e, &sources, ks, n_ks, may_be_short, err);
    for (int i = 0; i < FILES; i++)
        tt_csv_close(&files[i]);
    return status;
}

/* --list-metrics: a line a metric. */
static int write_list(struct tt_err *err)
{
    struct tt_writer writer = {0};

    if (cli_open_output(&writer, 0, err))
        return -1;
    int status = tt_writer_text(&writer, "metric\tmean_over\tmeaning\n", err);
    for (size_t m = 0; status == 0 && m < TT_METRICS; m++)
        status = tt_writer_printf(&writer, err, "%s\t%s\t%s\n", tt_metric_info[m].name,
                                  tt_metric_info[m].mean == TT_MEAN_OVER_EVENTS ? "events" : "queries",
                                  tt_metric_info[m].what);
    return cli_close_output(&writer, status, err);
}

/* ---- outputs ---- */

enum output { PER_QUERY, PER_EVENT, SLICES, REPLICATES, METRICS };

static int write_table(enum output table, const struct tt_evaluation *e, const struct tt_evaluation_figures *figures,
                       struct tt_pool *pool, struct tt_writer *writer, struct tt_err *err)
{
    switch (table) {
    case PER_QUERY:
        return tt_evaluation_write_queries(e, writer, err);
    case PER_EVENT:
        return tt_evaluation_write_events(e, writer, err);
    case SLICES:
        return tt_evaluation_write_slices(e, run_name, pool, (size_t)resamples, seed, writer, err);
    case REPLICATES:
        return tt_evaluation_write_replicates(e, figures, writer, err);
    case METRICS:
        break;
    }
    return tt_evaluation_write_metrics(e, figures, run_name, writer, err);
}

/* Each table whole or not at all, the metrics last. */
static int write_tables(const struct tt_evaluation *e, const struct tt_evaluation_figures *figures,
                        struct tt_pool *pool, struct tt_err *err)
{
    const char *const paths[] = {[PER_QUERY] = per_query_path, [PER_EVENT] = per_event_path, [SLICES] = slices_path,
                                 [REPLICATES] = replicates_path};

    for (int table = PER_QUERY; table <= METRICS; table++) {
        struct tt_writer writer = {0};
        if (table != METRICS && !paths[table])
            continue;
        if (table == METRICS ? cli_open_output(&writer, 0, err)
                             : tt_writer_open(&writer, paths[table], cli_watch_temporary, err))
            return -1;
        int status = write_table((enum output)table, e, figures, pool, &writer, err);
        if (cli_close_output(&writer, status, err))
            return -1;
    }
    return 0;
}

static int evaluate(const size_t *ks, size_t n_ks, struct tt_err *err)
{
    struct tt_evaluation e = {0};
    struct tt_evaluation_figures figures = {0};
    struct tt_slices slices = {0};
    struct tt_pool *pool = cli_pool(err);
    int status = -1;

    if (!pool || tt_slices_init(&slices, slice_names.items, slice_names.n, err) ||
        read_all(&e, &slices, ks, n_ks, err))
        goto done;
    note_counts(&e);
    double read = cli_seconds();
    if (tt_evaluation_figures_init(&figures, &e, pool, (size_t)resamples, seed, err))
        goto done;
    if (cli_verbose)
        cli_note("read in %.3f s, means and intervals in %.3f s", read, cli_seconds() - read);
    status = write_tables(&e, &figures, pool, err);
done:
    tt_evaluation_figures_release(&figures);
    tt_evaluation_release(&e);
    tt_slices_release(&slices);
    tt_pool_free(pool);
    return status;
}

/* ---- checks ---- */

static void check_slices(void)
{
    if (slice_names.n && !slices_path)
        cli_usage_error("--slice needs --slices, the file for its figures");
    if (slices_path && !slice_names.n)
        cli_usage_error("--slices needs a --slice");
    for (size_t i = 0; i < slice_names.n; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(slice_names.items[i], slice_names.items[j]) == 0)
                cli_usage_error("--slice: '%s' is given twice", slice_names.items[i]);
}

/* Standard input is the lists or the truth, standard output the metrics, and no file is written twice. */
static void check_paths(void)
{
    const struct cli_file inputs[] = {{"new", known_path}, {"train", training_path}, {"items", items_path},
                                      {"users", users_path}};
    const struct cli_file outputs[] = {{"output", cli_output ? cli_output : "-"}, {"per-query", per_query_path},
                                       {"per-event", per_event_path}, {"slices", slices_path},
                                       {"replicates", replicates_path}};
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

static void check_usage(void)
{
    if (!truth_path)
        cli_usage_error("--truth is needed");
    if (resamples > 0 && resamples < MIN_RESAMPLES)
        cli_usage_error("--resamples: '%llu' is too few: a 95 %% interval needs %d, and 0 is for none",
                        (unsigned long long)resamples, MIN_RESAMPLES);
    check_paths();
    check_slices();
}

int main(int argc, char **argv)
{
    struct tt_err err = TT_ERR_INIT;
    size_t n_ks;

    cli_start(&program, argc, argv);
    if (list_metrics)
        return cli_finish(write_list(&err), &err);
    check_usage();
    size_t *ks = parse_top(&n_ks, &err);
    int status = ks ? evaluate(ks, n_ks, &err) : -1;
    free(ks);
    return cli_finish(status, &err);
}
