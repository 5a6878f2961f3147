/* tt-compare: is a model better than another, or was it luck? */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cli.h"
#include "eval/findings_writer.h"

static struct tt_pairwise_options o = {
    .against = TT_AGAINST_FIRST,
    .compare = {.resamples = 1999, .permutations = 9999, .seed = 1, .level = 0.95, .power = 0.8},
};
static const char *metrics;
static int by_user, by_slice, is_text;

/* Options write their values into `o`. */
_Static_assert(sizeof(size_t) == sizeof(uint64_t) && sizeof(enum tt_against) == sizeof(int), "as cli.h has them");

static struct cli_option options[] = {
    {'m', "metric", CLI_TEXT, &metrics, .metavar = "NAME,...",
     .help = "figures to compare, such as recall@10; else the first in the files"},
    {0, "against", CLI_CHOICE, &o.against, .choices = tt_against_names, .metavar = "WHICH",
     .help = "compare each model with the first, the previous, or all before it"},
    {0, "paired", CLI_FLAG, &o.compare.is_paired,
     .help = "the models' first runs have one seed, their second another: compare pairs"},
    {0, "by-user", CLI_FLAG, &by_user,
     .help = "average over users, not queries; models may then differ in context"},
    {0, "slices", CLI_FLAG, &by_slice,
     .help = "compare in each part of each slice; each FILE is of tt-eval --per-event"},
    {0, "effect", CLI_NUMBER, &o.compare.effect, .min = 0, .max = 1, .metavar = "X",
     .help = "smallest difference that matters, such as 0.005; 0: the observed one"},
    {0, "power", CLI_NUMBER, &o.compare.power, .min = 0.5, .max = 0.999, .metavar = "X",
     .help = "probability of detecting that difference"},
    {0, "level", CLI_NUMBER, &o.compare.level, .min = 0.5, .max = 0.9999, .metavar = "X",
     .help = "confidence level of the intervals and verdicts"},
    {0, "resamples", CLI_COUNT, &o.compare.resamples, .min = 39, .max = 1e6, .metavar = "N",
     .help = "bootstrap resamples for the intervals"},
    {0, "permutations", CLI_COUNT, &o.compare.permutations, .min = 99, .max = 1e7, .metavar = "N",
     .help = "permutations for the p-values"},
    {0, "seed", CLI_COUNT, &o.compare.seed, .metavar = "N", .help = "seed of the resamples and permutations"},
    {0, "text", CLI_FLAG, &is_text, .help = "write sentences and tables for people, not TSV"},
    CLI_OUTPUT,
    CLI_JOBS,
    CLI_QUIET,
    CLI_VERBOSE,
};

static const struct cli_program program = {
    .name = "tt-compare",
    .purpose = "Read tt-eval's scores of each model's runs; write which model is better, and how sure that is.",
    .usage = "[OPTION]... MODEL=FILE MODEL=FILE...",
    .options = options,
    .n_options = sizeof(options) / sizeof(*options),
    .min_operands = 2,
    .max_operands = 1 << 20,
    .example = "tt-compare --text base=b1.tsv base=b2.tsv meal=m1.tsv meal=m2.tsv",
};

/* ---- operands and metrics ---- */

static const char *file_of(int operand)
{
    return strchr(cli_operands[operand], '=') + 1;
}

/* Which models the operands MODEL=FILE name. */
static int find_models(struct tt_compared_models *models, struct tt_err *err)
{
    int n_standard_input = 0;

    for (int i = 0; i < cli_n_operands; i++) {
        const char *operand = cli_operands[i], *equals = strchr(operand, '=');
        if (!equals || equals == operand || !equals[1])
            cli_usage_error("'%s' is not MODEL=FILE", operand);
        if (strcmp(file_of(i), "-") == 0 && n_standard_input++)
            cli_usage_error("standard input is given twice");
        if (tt_compared_models_add_run(models, operand, (size_t)(equals - operand), err))
            return -1;
    }
    return 0;
}

/* The names in --metric. */
struct names {
    char *text;  /* what the names are cut from */
    char **all;  /* (n) */
    size_t n;
};

static int parse_metrics(struct names *names, struct tt_err *err)
{
    const char *given = metrics ? metrics : "";

    names->text = tt_copy_text(given, strlen(given), err);
    names->all = tt_alloc(strlen(given) + 1, sizeof(*names->all), err);
    if (!names->text || !names->all)
        return -1;
    for (char *p = names->text; *p;) {
        size_t len = strcspn(p, ",");
        int is_last = !p[len];
        p[len] = '\0';
        names->all[names->n++] = p;
        p += len + (is_last ? 0 : 1);
        if (len == 0 || (!is_last && !*p))
            cli_usage_error("--metric: '%s' is not a list of names", metrics);
    }
    return 0;
}

/* ---- checks ---- */

/* The level needs so many resamples and permutations that the interval has ends and p can be small enough. */
static void check_counts(void)
{
    double outside = 1 - o.compare.level;
    double resamples = ceil(2 / outside - 1 - 1e-6), permutations = ceil(1 / outside - 1e-6);

    if ((double)o.compare.resamples < resamples)
        cli_usage_error("--resamples: '%zu' is too few: a %.4g %% interval needs %.0f", o.compare.resamples,
                        100 * o.compare.level, resamples);
    if ((double)o.compare.permutations < permutations)
        cli_usage_error("--permutations: '%zu' is too few: a level of %.4g needs %.0f", o.compare.permutations,
                        o.compare.level, permutations);
}

static void check_models(const struct tt_compared_models *models)
{
    const struct tt_compared_model *first = &models->all[0];

    if (models->n < 2)
        cli_usage_error("there is only the model '%s': two are needed", first->name);
    for (size_t i = 1; o.compare.is_paired && i < models->n; i++)
        if (models->all[i].n_runs != first->n_runs)
            cli_usage_error("--paired: '%s' has %zu files, and '%s' has %zu", models->all[i].name,
                            models->all[i].n_runs, first->name, first->n_runs);
}

static void check_metrics(const struct names *names)
{
    struct tt_figure figure;

    for (size_t i = 0; i < names->n; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(names->all[i], names->all[j]) == 0)
                cli_usage_error("--metric: '%s' is given twice", names->all[i]);
    if (!by_slice)
        return;
    if (is_text)
        cli_usage_error("--slices writes columns: not with --text");
    if (names->n == 0)
        cli_usage_error("--slices needs a --metric, as top_k_accuracy@10");
    for (size_t i = 0; i < names->n; i++)
        if (tt_figure_parse(&figure, names->all[i]))
            cli_usage_error("--metric: '%s' is not METRIC@K of tt-eval", names->all[i]);
}

/* ---- the whole ---- */

/* Read each operand's file: into ranks, or into scores. */
static int read_files(struct tt_run_ranks *ranks, struct tt_run_scores *scores, struct tt_err *err)
{
    int status = 0;

    for (int i = 0; status == 0 && i < cli_n_operands; i++) {
        struct tt_csv csv = {0};
        status = tt_csv_open(&csv, file_of(i), TT_CSV_AUTO, err);
        if (status == 0)
            status = by_slice ? tt_run_ranks_add(ranks, &csv, err) : tt_run_scores_add(scores, &csv, err);
        tt_csv_close(&csv);
    }
    return status;
}

static int compare_parts(struct tt_findings *findings, const struct tt_compared_models *models,
                         const struct tt_run_ranks *ranks, const struct names *names, struct tt_pool *pool,
                         struct tt_err *err)
{
    struct tt_figure *figures = tt_alloc(names->n, sizeof(*figures), err);
    int status = figures ? 0 : -1;

    for (size_t i = 0; status == 0 && i < names->n; i++)
        status = tt_figure_parse(&figures[i], names->all[i]); /* checked before */
    if (status == 0)
        status = tt_pairwise_parts(findings, models, ranks, figures, names->n, by_user, pool, &o, err);
    free(figures);
    return status;
}

static int write_findings(const struct tt_findings *findings, struct tt_err *err)
{
    struct tt_writer writer = {0};

    if (cli_open_output(&writer, 0, err))
        return -1;
    int status = is_text ? tt_findings_write_text(findings, &o.compare, &writer, err)
                         : tt_findings_write_tsv(findings, by_slice, &o.compare, &writer, err);
    return cli_close_output(&writer, status, err);
}

static int compare(const struct tt_compared_models *models, const struct names *names, struct tt_err *err)
{
    struct tt_pool *pool = cli_pool(err);
    struct tt_run_scores scores = {0};
    struct tt_run_ranks ranks = {0};
    struct tt_findings findings = {0};
    int status = -1;

    if (!pool || tt_run_scores_init(&scores, names->all, names->n, by_user, err) || read_files(&ranks, &scores, err))
        goto done;
    double read = cli_seconds();
    if (by_slice ? compare_parts(&findings, models, &ranks, names, pool, err)
                 : tt_pairwise_scores(&findings, models, &scores, pool, &o, err))
        goto done;
    if (cli_verbose)
        cli_note("read in %.3f s, compared in %.3f s", read, cli_seconds() - read);
    status = write_findings(&findings, err);
done:
    tt_findings_release(&findings);
    tt_run_scores_release(&scores);
    tt_run_ranks_release(&ranks);
    tt_pool_free(pool);
    return status;
}

int main(int argc, char **argv)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_compared_models models = {0};
    struct names names = {0};
    int status = -1;

    cli_start(&program, argc, argv);
    check_counts();
    if (find_models(&models, &err) == 0 && parse_metrics(&names, &err) == 0) {
        check_models(&models);
        check_metrics(&names);
        status = compare(&models, &names, &err);
    }
    tt_compared_models_release(&models);
    free(names.text);
    free(names.all);
    return cli_finish(status, &err);
}
