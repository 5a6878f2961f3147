/* tt-compare: is a model better than another, or was it luck? */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cli.h"
#include "eval/judgements.h"
#include "eval/verdict.h"
#include "io/tsv_writer.h"

enum { TEXT_WIDTH = 100, NAME_WIDTH = 20 }; /* characters */

enum against { AGAINST_FIRST, AGAINST_PREVIOUS, AGAINST_ALL };
static const char *const against_names[] = {"first", "previous", "all", NULL};

static const char *metrics;
static uint64_t resamples = 1999, permutations = 9999, seed = 1;
static double level = 0.95, power = 0.8, effect;
static int against = AGAINST_FIRST, is_paired, is_text;

static struct cli_option options[] = {
    {'m', "metric", CLI_TEXT, &metrics, .metavar = "NAME,...",
     .help = "the columns to compare, as recall@10; else the first"},
    {0, "against", CLI_CHOICE, &against, .choices = against_names, .metavar = "WHICH",
     .help = "compare each model with the first, the previous, or all before it"},
    {0, "paired", CLI_FLAG, &is_paired,
     .help = "the first files of two models have one seed, and so on: compare pairs"},
    {0, "effect", CLI_NUMBER, &effect, .min = 0, .max = 1, .metavar = "X",
     .help = "the difference that matters, as 0.005 of 1; 0: the one seen"},
    {0, "power", CLI_NUMBER, &power, .min = 0.5, .max = 0.999, .metavar = "X",
     .help = "the chance with which it should be found"},
    {0, "level", CLI_NUMBER, &level, .min = 0.5, .max = 0.9999, .metavar = "X",
     .help = "of the intervals and verdicts"},
    {0, "resamples", CLI_COUNT, &resamples, .min = 39, .max = 1e6, .metavar = "N", .help = "of the intervals"},
    {0, "permutations", CLI_COUNT, &permutations, .min = 99, .max = 1e7, .metavar = "N", .help = "of the p-values"},
    {0, "seed", CLI_COUNT, &seed, .metavar = "N", .help = "of both"},
    {0, "text", CLI_FLAG, &is_text, .help = "write sentences and a table for people, not TSV"},
    CLI_OUTPUT,
    CLI_JOBS,
    CLI_QUIET,
    CLI_VERBOSE,
};

static const struct cli_program program = {
    .name = "tt-compare",
    .purpose = "Read what tt-eval --per-query wrote of models' trainings, write which is better and how sure that is.",
    .usage = "[OPTION]... MODEL=FILE MODEL=FILE...",
    .options = options,
    .n_options = sizeof(options) / sizeof(*options),
    .min_operands = 2,
    .max_operands = 1 << 20,
    .example = "tt-compare --text base=b1.tsv base=b2.tsv meal=m1.tsv meal=m2.tsv",
};

/* A model and its trainings. */
struct model {
    char *name;
    size_t *runs, n_runs; /* places in the judgements */
    const double **sums;  /* (n_runs) of the figure that is looked at */
};

struct models {
    struct model *all;
    size_t n;
};

/* ---- operands ---- */

static struct model *find_model(struct models *m, const char *name, size_t len)
{
    for (size_t i = 0; i < m->n; i++)
        if (strlen(m->all[i].name) == len && memcmp(m->all[i].name, name, len) == 0)
            return &m->all[i];
    return NULL;
}

/* Which models the operands name, in the order of their first file. */
static int find_models(struct models *m, struct tt_err *err)
{
    size_t n = (size_t)cli_n_operands, n_standard_input = 0;

    if (!(m->all = tt_alloc_zero(n, sizeof(*m->all), err)))
        return -1;
    for (size_t i = 0; i < n; i++) {
        const char *operand = cli_operands[i], *equals = strchr(operand, '=');
        if (!equals || equals == operand || !equals[1])
            cli_usage_error("'%s' is not MODEL=FILE", operand);
        if (strcmp(equals, "=-") == 0 && n_standard_input++)
            cli_usage_error("standard input is given twice");
        struct model *model = find_model(m, operand, (size_t)(equals - operand));
        if (!model) {
            model = &m->all[m->n];
            model->name = tt_copy_text(operand, (size_t)(equals - operand), err);
            model->runs = tt_alloc(n, sizeof(*model->runs), err);
            model->sums = tt_alloc(n, sizeof(*model->sums), err);
            m->n++;
            if (!model->name || !model->runs || !model->sums)
                return -1;
        }
        model->runs[model->n_runs++] = i;
    }
    if (m->n < 2)
        cli_usage_error("there is only the model '%s': two are needed", m->all[0].name);
    for (size_t i = 1; is_paired && i < m->n; i++)
        if (m->all[i].n_runs != m->all[0].n_runs)
            cli_usage_error("--paired: '%s' has %zu files, and '%s' has %zu", m->all[i].name, m->all[i].n_runs,
                            m->all[0].name, m->all[0].n_runs);
    return 0;
}

static void release_models(struct models *m)
{
    for (size_t i = 0; i < m->n; i++) {
        free(m->all[i].name);
        free(m->all[i].runs);
        free(m->all[i].sums);
    }
    free(m->all);
}

static int read_operands(struct tt_judgements *j, struct tt_err *err)
{
    for (int i = 0; i < cli_n_operands; i++) {
        struct tt_csv csv = {0};
        int status = tt_csv_open(&csv, strchr(cli_operands[i], '=') + 1, TT_CSV_AUTO, err);
        if (status == 0)
            status = tt_judgements_add(j, &csv, err);
        tt_csv_close(&csv);
        if (status)
            return -1;
    }
    return j->n_users > 1 ? 0 : tt_err_set(err, TT_ERR_INPUT, "%s: a single user: nothing can be said of others",
                                           strchr(cli_operands[0], '=') + 1);
}

/* The names in --metric: *n of them, cut from a copy that *text owns. */
static char **parse_metrics(char **text, size_t *n, struct tt_err *err)
{
    const char *given = metrics ? metrics : "";
    char **names = tt_alloc(strlen(given) + 1, sizeof(*names), err);

    *n = 0;
    *text = tt_copy_text(given, strlen(given), err);
    if (!names || !*text) {
        free(names);
        return NULL;
    }
    for (char *p = *text; *p;) {
        size_t len = strcspn(p, ",");
        int is_last = !p[len];
        p[len] = '\0';
        names[(*n)++] = p;
        p += len + (is_last ? 0 : 1);
        if (len == 0 || (!is_last && !*p))
            cli_usage_error("--metric: '%s' is not a list of names", metrics);
        for (size_t i = 0; i + 1 < *n; i++)
            if (strcmp(names[i], names[*n - 1]) == 0)
                cli_usage_error("--metric: '%s' is given twice", names[i]);
    }
    return names;
}

/* ---- comparing ---- */

static struct tt_arm arm_of(const struct model *model, const struct tt_judgements *j, size_t figure)
{
    for (size_t r = 0; r < model->n_runs; r++)
        model->sums[r] = tt_judgements_sums(j, model->runs[r], figure);
    return (struct tt_arm){model->sums, model->n_runs};
}

/* How many models before this one it is compared with, and from which on. */
static size_t first_base(size_t model)
{
    return against == AGAINST_PREVIOUS ? model - 1 : 0;
}

static size_t end_base(size_t model)
{
    return against == AGAINST_FIRST ? 1 : model;
}

static int compare_two(const struct models *m, size_t a, size_t b, const struct tt_judgements *j, size_t figure,
                       struct tt_pool *pool, const struct tt_compare_options *o, struct tt_finding *f,
                       struct tt_err *err)
{
    struct tt_arm arm = arm_of(&m->all[a], j, figure), base = arm_of(&m->all[b], j, figure);
    int is_over_events = tt_judgements_is_over_events(j, figure);

    *f = (struct tt_finding){.model = m->all[a].name, .base = m->all[b].name, .figure = j->figures[figure],
                             .n_runs = arm.n_runs, .n_base_runs = base.n_runs, .is_over_events = is_over_events,
                             .n = is_over_events ? j->n_events : (double)j->n_queries};
    return tt_compare(pool, &arm, &base, tt_judgements_under(j, figure), j->n_users, o, &f->c, err);
}

/* All comparisons, figure by figure: *n of them, owned by the caller. */
static struct tt_finding *compare_all(const struct models *m, const struct tt_judgements *j, struct tt_pool *pool,
                                      const struct tt_compare_options *o, size_t *n, struct tt_err *err)
{
    size_t most = j->n_figures * m->n * m->n, at = 0;
    struct tt_finding *found = tt_alloc(most, sizeof(*found), err);
    double *p = tt_alloc(most, sizeof(*p), err);

    if (!found || !p)
        goto fail;
    for (size_t i = 0; i < j->n_figures; i++)
        for (size_t a = 1; a < m->n; a++)
            for (size_t b = first_base(a); b < end_base(a); b++, at++) {
                if (compare_two(m, a, b, j, i, pool, o, &found[at], err))
                    goto fail;
                p[at] = found[at].c.p;
            }
    if (tt_holm(p, at, err))
        goto fail;
    for (size_t i = 0; i < at; i++)
        found[i].p_holm = p[i];
    free(p);
    *n = at;
    return found;
fail:
    free(found);
    free(p);
    return NULL;
}

/* ---- output ---- */

/* A number, or "-" when it is not known. */
static int write_number(struct tt_writer *writer, double value, struct tt_err *err)
{
    if (tt_writer_text(writer, "\t", err))
        return -1;
    return isnan(value) ? tt_writer_text(writer, "-", err) : tt_writer_printf(writer, err, "%.9g", value);
}

static int write_finding(struct tt_writer *writer, const struct tt_finding *f, const struct tt_compare_options *o,
                         size_t n_users, struct tt_err *err)
{
    const struct tt_comparison *c = &f->c;
    const char *at = strrchr(f->figure, '@');
    size_t len = at ? (size_t)(at - f->figure) : strlen(f->figure);
    const double numbers[] = {
        c->value, c->base_value, c->difference, c->low, c->high, c->p, f->p_holm, c->cohens_d, c->users_part,
        c->seeds_part, c->degrees, (double)f->n_runs, (double)f->n_base_runs, (double)n_users, f->n, c->power,
        c->detectable, tt_verdict_more(f), tt_verdict_runs(f),
    };

    if (tt_tsv_field(writer, TT_CSV_TAB, f->model, strlen(f->model), err) || tt_writer_text(writer, "\t", err) ||
        tt_tsv_field(writer, TT_CSV_TAB, f->base, strlen(f->base), err) || tt_writer_text(writer, "\t", err) ||
        tt_tsv_field(writer, TT_CSV_TAB, f->figure, len, err) ||
        tt_writer_printf(writer, err, "\t%s", at ? at + 1 : "-"))
        return -1;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        if (write_number(writer, numbers[i], err))
            return -1;
    return tt_writer_printf(writer, err, "\t%s\n", tt_verdict_names[tt_verdict(f, o)]);
}

static int write_tsv(struct tt_writer *writer, const struct tt_finding *found, size_t n,
                     const struct tt_compare_options *o, size_t n_users, struct tt_err *err)
{
    if (tt_writer_text(writer, "model\tbase\tmetric\tk\tvalue\tbase_value\tdifference\tlow\thigh\tp\tp_holm\tcohens_d\t"
                       "users_part\tseeds_part\tdegrees\tseeds\tbase_seeds\tusers\tn\tpower\tdetectable\tmore_n\t"
                       "needs_seeds\tverdict\n", err))
        return -1;
    for (size_t i = 0; i < n; i++)
        if (write_finding(writer, &found[i], o, n_users, err))
            return -1;
    return 0;
}

/* ---- output for people ---- */

/* The bytes of the first characters of UTF-8 text, at most n of them. */
static size_t first_characters(const char *text, size_t n)
{
    size_t at = 0;

    for (; text[at]; at++)
        if (((unsigned char)text[at] & 0xC0) != 0x80 && n-- == 0)
            break;
    return at;
}

static size_t count_characters(const char *text, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++)
        n += ((unsigned char)text[i] & 0xC0) != 0x80;
    return n;
}

/* The bytes up to a blank where a line may end: not within "p = 0.37" or "95 %". */
static size_t word_length(const char *text)
{
    size_t len = strcspn(text, " ");

    while (len && text[len] && text[len + 1] && (strchr("=<%", text[len + 1]) || strchr("=<", text[len - 1])))
        len += 1 + strcspn(text + len + 1, " ");
    return len;
}

/* The text in lines of TEXT_WIDTH characters, broken at blanks, and where a word is longer, in it. */
static int write_wrapped(struct tt_writer *writer, const char *text, struct tt_err *err)
{
    size_t width = 0;

    while (*text) {
        size_t len = word_length(text), longest = first_characters(text, TEXT_WIDTH);
        len = len < longest ? len : longest;
        size_t characters = count_characters(text, len);
        int fits = width + 1 + characters <= TEXT_WIDTH;
        if (width && tt_writer_text(writer, fits ? " " : "\n", err))
            return -1;
        width = width && fits ? width + 1 + characters : characters;
        if (tt_writer_write(writer, text, len, err))
            return -1;
        text += len + (text[len] == ' ');
    }
    return tt_writer_text(writer, "\n", err);
}

/* A name in a column of NAME_WIDTH, its end cut off where it is longer. */
static int write_name(struct tt_writer *writer, const char *name, struct tt_err *err)
{
    size_t characters = count_characters(name, strlen(name)), kept = NAME_WIDTH - 2;

    if (characters > NAME_WIDTH)
        return tt_writer_write(writer, name, first_characters(name, kept), err) ||
               tt_writer_text(writer, "..", err) ? -1 : 0;
    return tt_writer_printf(writer, err, "%s%*s", name, (int)(NAME_WIDTH - characters), "");
}

static int write_line(struct tt_writer *writer, const struct tt_finding *f, int digits, struct tt_err *err)
{
    const struct tt_comparison *c = &f->c;
    double total = c->users_part + c->seeds_part;

    if (tt_writer_text(writer, "  ", err) || write_name(writer, f->model, err) || tt_writer_text(writer, " ", err) ||
        write_name(writer, f->base, err) ||
        tt_writer_printf(writer, err, " %7.*f %7.*f %+10.*f %10.*f", digits, 100 * c->value, digits,
                         100 * c->base_value, digits, 100 * c->difference, digits, 100 * c->detectable))
        return -1;
    if (!(total > 0)) /* or not known */
        return tt_writer_text(writer, "      -      -\n", err);
    return tt_writer_printf(writer, err, " %4.0f %% %4.0f %%\n", 100 * c->users_part / total,
                            100 * c->seeds_part / total);
}

/* The lines of the n findings about one figure. */
static int write_table(struct tt_writer *writer, const struct tt_finding *found, size_t n, size_t n_users,
                       struct tt_err *err)
{
    int digits = 1;

    for (size_t i = 0; i < n; i++)
        digits = tt_verdict_digits(&found[i].c) > digits ? tt_verdict_digits(&found[i].c) : digits;
    if (tt_writer_printf(writer, err, "\n%s in %%, %.0f test %s of %zu users\n  %-*s %-*s %7s %7s %10s %10s %6s %6s\n",
                         found->figure, found->n, found->is_over_events ? "events" : "queries", n_users, NAME_WIDTH,
                         "model", NAME_WIDTH, "base", "model", "base", "difference", "detectable", "users", "seeds"))
        return -1;
    for (size_t i = 0; i < n; i++)
        if (write_line(writer, &found[i], digits, err))
            return -1;
    return 0;
}

static int write_legend(struct tt_writer *writer, size_t n, struct tt_err *err)
{
    if (tt_writer_printf(writer, err, "\n"
                         "detectable: the smallest difference that such a test finds with a chance of %.4g %%.\n"
                         "users, seeds: their shares of the difference's variance; more of the larger helps more.\n",
                         100 * power))
        return -1;
    return n == 1 ? 0 : tt_writer_printf(writer, err, "p: corrected for %zu comparisons (Holm).\n", n);
}

static int write_text(struct tt_writer *writer, const struct tt_finding *found, size_t n,
                      const struct tt_compare_options *o, const struct tt_judgements *j, struct tt_err *err)
{
    struct tt_buf text = TT_BUF_INIT;
    size_t of_figure = n / j->n_figures;
    int status = -1;

    for (size_t i = 0; i < n; i++) {
        text.len = 0;
        if (tt_verdict_say(&found[i], o, &text, err) || write_wrapped(writer, text.data, err))
            goto done;
    }
    for (size_t i = 0; i < n; i += of_figure)
        if (write_table(writer, found + i, of_figure, j->n_users, err))
            goto done;
    status = write_legend(writer, n, err);
done:
    tt_buf_release(&text);
    return status;
}

static int compare(struct models *m, struct tt_judgements *j, struct tt_err *err)
{
    const struct tt_compare_options o = {.resamples = (size_t)resamples, .permutations = (size_t)permutations,
                                         .seed = seed, .level = level, .power = power, .effect = effect,
                                         .is_paired = is_paired};
    struct tt_pool *pool = cli_pool(err);
    struct tt_writer writer = {0};
    struct tt_finding *found = NULL;
    size_t n;
    int status = -1;

    if (!pool || read_operands(j, err))
        goto done;
    double read = cli_seconds();
    if (!(found = compare_all(m, j, pool, &o, &n, err)))
        goto done;
    if (cli_verbose)
        cli_note("read in %.3f s, compared in %.3f s", read, cli_seconds() - read);
    if (cli_open_output(&writer, 0, err))
        goto done;
    status = is_text ? write_text(&writer, found, n, &o, j, err) : write_tsv(&writer, found, n, &o, j->n_users, err);
    status = cli_close_output(&writer, status, err);
done:
    free(found);
    tt_pool_free(pool);
    return status;
}

/* How many resamples and permutations the level needs, so that the interval has ends and p can be small enough. */
static void check_counts(void)
{
    double interval = ceil(2 / (1 - level) - 1 - 1e-6), p = ceil(1 / (1 - level) - 1e-6);

    if ((double)resamples < interval)
        cli_usage_error("--resamples: '%llu' is too few: a %.4g %% interval needs %.0f", (unsigned long long)resamples,
                        100 * level, interval);
    if ((double)permutations < p)
        cli_usage_error("--permutations: '%llu' is too few: a level of %.4g needs %.0f",
                        (unsigned long long)permutations, level, p);
}

int main(int argc, char **argv)
{
    struct tt_err err = TT_ERR_INIT;
    struct models m = {0};
    struct tt_judgements j = {0};
    char *text = NULL, **names = NULL;
    size_t n;
    int status = -1;

    cli_start(&program, argc, argv);
    check_counts();
    if (find_models(&m, &err) == 0 && (names = parse_metrics(&text, &n, &err)) &&
        tt_judgements_init(&j, names, n, &err) == 0)
        status = compare(&m, &j, &err);
    tt_judgements_release(&j);
    release_models(&m);
    free(names);
    free(text);
    return cli_finish(status, &err);
}
