/* tt-eval: metrics of lists of recommendations, by test events. */
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

static void say_counts(const struct tt_evaluation *e)
{
    cli_note("test events: %zu, queries: %zu, users: %zu", e->ranks.n_events, e->ranks.n_queries, e->ranks.n_users);
    if (e->n_known_events)
        cli_note("test events left out, as their users had the items already: %zu", e->n_known_events);
    if (e->n_lists < e->ranks.n_queries)
        cli_note("queries without a list: %zu (their metrics are 0)", e->ranks.n_queries - e->n_lists);
    if (e->n_unlisted_events)
        cli_note("test events whose item is in no list: %zu", e->n_unlisted_events);
    if (e->n_ignored_lists)
        cli_note("lists passed over, their query is not in the truth: %zu (rows: %zu)", e->n_ignored_lists,
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

/* The last columns of a figure: metric, k, value, low, high, n. */
static int write_figure(struct tt_writer *writer, const char *metric, size_t k, const struct tt_estimate *x,
                        struct tt_err *err)
{
    if (tt_writer_printf(writer, err, "\t%s\t%zu\t%.9g\t", metric, k, x->value))
        return -1;
    if (isnan(x->low)) /* no interval */
        return tt_writer_printf(writer, err, "-\t-\t%zu\n", x->n);
    return tt_writer_printf(writer, err, "%.9g\t%.9g\t%zu\n", x->low, x->high, x->n);
}

static int write_row(struct tt_writer *writer, const char *metric, size_t k, const struct tt_estimate *x,
                     struct tt_err *err)
{
    return tt_tsv_field(writer, TT_CSV_TAB, run_name, strlen(run_name), err) || write_figure(writer, metric, k, x, err)
               ? -1
               : 0;
}

/* What is written of all events: the means of the metrics, and novelty and popularity of the lists. */
struct figures {
    struct tt_estimate *means;       /* (n_ks, TT_METRICS) */
    struct tt_estimate *novelty;     /* (n_ks, TT_NOVELTY_FIGURES); unset without training events */
    double *replicates;              /* (n_ks, TT_METRICS, resamples) */
};

static int write_metrics(struct tt_writer *writer, const struct tt_evaluation *e, const size_t *ks, size_t n_ks,
                         const struct figures *figures, struct tt_err *err)
{
    if (tt_writer_text(writer, "run\tmetric\tk\tvalue\tlow\thigh\tn\n", err))
        return -1;
    for (size_t m = 0; m < TT_METRICS; m++)
        for (size_t i = 0; i < n_ks; i++)
            if (write_row(writer, tt_metric_names[m], ks[i], &figures->means[i * TT_METRICS + m], err))
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
    for (size_t f = 0; training_path && e->n_lists && f < TT_NOVELTY_FIGURES; f++)
        for (size_t i = 0; i < n_ks; i++)
            if (write_row(writer, tt_novelty_names[f], ks[i],
                          &figures->novelty[i * TT_NOVELTY_FIGURES + f], err))
                return -1;
    return 0;
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

/* ---- slices ---- */

/* The metrics by the events of one part: a line a metric and k. events (n_events) is scratch. */
static int write_part(struct tt_writer *writer, const struct tt_evaluation *e, const struct tt_slice *slice,
                      uint32_t number, struct tt_pool *pool, uint32_t *events, struct tt_estimate *estimates,
                      struct tt_err *err)
{
    const char *columns[] = {run_name, slice->name, slice->part[number].name};
    struct tt_scores scores;
    size_t n = 0;

    for (size_t i = 0; i < e->ranks.n_events; i++)
        if (slice->part_of[i] == number)
            events[n++] = (uint32_t)i;
    if (tt_scores_init(&scores, &e->ranks, events, n, e->ks, e->n_ks, err))
        return -1;
    int status = tt_scores_estimates(&scores, pool, (size_t)resamples, seed, estimates, NULL, err);
    tt_scores_release(&scores);
    for (size_t m = 0; m < TT_METRICS; m++)
        for (size_t i = 0; i < e->n_ks; i++) {
            for (size_t c = 0; status == 0 && c < 3; c++)
                if ((c && tt_writer_text(writer, "\t", err)) ||
                    tt_tsv_field(writer, TT_CSV_TAB, columns[c], strlen(columns[c]), err))
                    status = -1;
            if (status || write_figure(writer, tt_metric_names[m], e->ks[i], &estimates[i * TT_METRICS + m], err))
                return -1;
        }
    return 0;
}

static int write_slices(const struct tt_evaluation *e, struct tt_pool *pool, struct tt_err *err)
{
    struct tt_writer writer = {0};
    struct tt_estimate *estimates = tt_alloc(e->n_ks, TT_METRICS * sizeof(*estimates), err);
    uint32_t *events = tt_alloc(e->ranks.n_events, sizeof(*events), err);
    int status = -1;

    if (!estimates || !events || tt_writer_open(&writer, slices_path, cli_watch_temporary, err))
        goto done;
    status = tt_writer_text(&writer, "run\tslice\tpart\tmetric\tk\tvalue\tlow\thigh\tn\n", err);
    for (size_t s = 0; s < e->slices->n; s++)
        for (size_t p = 0; status == 0 && p < e->slices->slice[s].n_parts; p++)
            status = write_part(&writer, e, &e->slices->slice[s], (uint32_t)p, pool, events, estimates, err);
    if (status)
        tt_writer_discard(&writer, cli_watch_temporary);
    else
        status = tt_writer_finish(&writer, cli_watch_temporary, err);
done:
    free(estimates);
    free(events);
    return status;
}

/* ---- the whole ---- */

static int make_figures(struct figures *figures, const struct tt_evaluation *e, struct tt_pool *pool,
                        struct tt_err *err)
{
    if (tt_scores_estimates(&e->scores, pool, (size_t)resamples, seed, figures->means, figures->replicates, err))
        return -1;
    if (!training_path)
        return 0;
    return tt_novelty_estimates(&e->novelty, e->ranks.user_of, e->ranks.n_users, pool, (size_t)resamples, seed,
                                figures->novelty, err);
}

static int evaluate(const size_t *ks, size_t n_ks, struct tt_err *err)
{
    struct tt_evaluation e = {0};
    struct tt_slices slices = {0};
    struct tt_writer writer = {0};
    struct figures figures = {
        .means = tt_alloc(n_ks, TT_METRICS * sizeof(*figures.means), err),
        .novelty = tt_alloc(n_ks, TT_NOVELTY_FIGURES * sizeof(*figures.novelty), err),
        .replicates = tt_alloc(n_ks * TT_METRICS, (size_t)resamples * sizeof(*figures.replicates), err),
    };
    struct tt_pool *pool = cli_pool(err);
    int status = -1;

    if (!figures.means || !figures.novelty || !figures.replicates || !pool ||
        tt_slices_init(&slices, slice_names.items, slice_names.n, err) || read_all(&e, &slices, ks, n_ks, err))
        goto done;
    say_counts(&e);
    double read = cli_seconds();
    if (make_figures(&figures, &e, pool, err))
        goto done;
    if (cli_verbose)
        cli_note("read in %.3f s, means and intervals in %.3f s", read, cli_seconds() - read);
    if ((per_query_path && write_beside(per_query_path, &e, tt_evaluation_write_queries, err)) ||
        (per_event_path && write_beside(per_event_path, &e, tt_evaluation_write_events, err)) ||
        (slices_path && write_slices(&e, pool, err)) ||
        (replicates_path && write_replicates(ks, n_ks, figures.replicates, err)) || cli_open_output(&writer, 0, err))
        goto done;
    if (write_metrics(&writer, &e, ks, n_ks, &figures, err)) {
        tt_writer_discard(&writer, cli_watch_temporary);
        goto done;
    }
    status = tt_writer_finish(&writer, cli_watch_temporary, err);
done:
    tt_evaluation_release(&e);
    tt_slices_release(&slices);
    tt_pool_free(pool);
    free(figures.means);
    free(figures.novelty);
    free(figures.replicates);
    return status;
}

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

int main(int argc, char **argv)
{
    struct tt_err err = TT_ERR_INIT;
    size_t n_ks;

    cli_start(&program, argc, argv);
    if (list_metrics)
        return cli_finish(write_list(&err), &err);
    if (!truth_path)
        cli_usage_error("--truth is needed");
    if (resamples > 0 && resamples < MIN_RESAMPLES)
        cli_usage_error("--resamples: '%llu' is too few: a 95 %% interval needs %d, and 0 is for none",
                        (unsigned long long)resamples, MIN_RESAMPLES);
    check_paths();
    check_slices();
    size_t *ks = parse_top(&n_ks, &err);
    int status = ks ? evaluate(ks, n_ks, &err) : -1;
    free(ks);
    return cli_finish(status, &err);
}
