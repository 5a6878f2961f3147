/* tt-compare: is a model better than another, or was it luck? */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"
#include "cli.h"
#include "eval/run_ranks.h"
#include "eval/run_scores.h"
#include "eval/scores.h"
#include "eval/verdict.h"
#include "io/tsv_writer.h"

enum { TEXT_WIDTH = 100, NAME_WIDTH = 20 }; /* characters */

enum against { AGAINST_FIRST, AGAINST_PREVIOUS, AGAINST_ALL };
static const char *const against_names[] = {"first", "previous", "all", NULL};

static const char *metrics;
static uint64_t resamples = 1999, permutations = 9999, seed = 1;
static double level = 0.95, power = 0.8, effect;
static int against = AGAINST_FIRST, is_paired, by_user, by_slice, is_text;

static struct cli_option options[] = {
    {'m', "metric", CLI_TEXT, &metrics, .metavar = "NAME,...",
     .help = "the columns to compare, as recall@10; else the first"},
    {0, "against", CLI_CHOICE, &against, .choices = against_names, .metavar = "WHICH",
     .help = "compare each model with the first, the previous, or all before it"},
    {0, "paired", CLI_FLAG, &is_paired,
     .help = "the first files of two models have one seed, and so on: compare pairs"},
    {0, "by-user", CLI_FLAG, &by_user,
     .help = "users count alike, whatever their queries: also for models with other contexts"},
    {0, "slices", CLI_FLAG, &by_slice,
     .help = "compare in each part of each slice; the files are of tt-eval --per-event"},
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
    .purpose = "Read the scores of models' trainings by tt-eval, write which model is better and how sure that is.",
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
    size_t *runs, n_runs; /* numbers of its operands */
    const double **sums;  /* (n_runs) scratch of compare_pairs */
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

/* Read each operand's file by `add` into `to`. */
static int read_operands(void *to, int (*add)(void *to, struct tt_csv *csv, struct tt_err *err), struct tt_err *err)
{
    for (int i = 0; i < cli_n_operands; i++) {
        struct tt_csv csv = {0};
        int status = tt_csv_open(&csv, strchr(cli_operands[i], '=') + 1, TT_CSV_AUTO, err);
        if (status == 0)
            status = add(to, &csv, err);
        tt_csv_close(&csv);
        if (status)
            return -1;
    }
    return 0;
}

static int add_scores(void *to, struct tt_csv *csv, struct tt_err *err)
{
    return tt_run_scores_add(to, csv, err);
}

static int add_ranks(void *to, struct tt_csv *csv, struct tt_err *err)
{
    return tt_run_ranks_add(to, csv, err);
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

struct findings {
    struct tt_finding *all;
    size_t n, cap;
    size_t n_figures; /* each of which has as many findings */
};

/* How many models before this one it is compared with, and from which on. */
static size_t first_base(size_t model)
{
    return against == AGAINST_PREVIOUS ? model - 1 : 0;
}

static size_t end_base(size_t model)
{
    return against == AGAINST_FIRST ? 1 : model;
}

static struct tt_arm arm_of(const struct model *model, const double *const *sums)
{
    for (size_t r = 0; r < model->n_runs; r++)
        model->sums[r] = sums[model->runs[r]];
    return (struct tt_arm){model->sums, model->n_runs};
}

/* The mean over the arm's runs of a single user's figure. */
static double value_of(const struct tt_arm *arm, double divisors)
{
    double total = 0;

    for (size_t r = 0; r < arm->n_runs; r++)
        total += arm->sums[r][0] / divisors;
    return total / (double)arm->n_runs;
}

/* Of a single user no more can be said than what is there. */
static struct tt_comparison without_others(const struct tt_arm *arm, const struct tt_arm *base, double divisors)
{
    struct tt_comparison c = {
        .value = value_of(arm, divisors), .base_value = value_of(base, divisors), .low = NAN, .high = NAN, .p = NAN,
        .cohens_d = NAN, .users_part = NAN, .seeds_part = NAN, .degrees = NAN, .power = NAN, .detectable = NAN,
        .users_factor = NAN, .runs = NAN,
    };

    c.difference = c.value - c.base_value;
    return c;
}

/* Compare the models by one figure: sums (operands) of (n_users), over divisors (n_users). about: what is the same in
 * all findings.
 */
static int compare_pairs(struct findings *out, const struct models *m, const double *const *sums, const double *divisors,
                         const struct tt_finding *about, struct tt_pool *pool, const struct tt_compare_options *o,
                         struct tt_err *err)
{
    for (size_t a = 1; a < m->n; a++)
        for (size_t b = first_base(a); b < end_base(a); b++) {
            struct tt_arm arm = arm_of(&m->all[a], sums), base = arm_of(&m->all[b], sums);
            if (tt_grow(&out->all, &out->cap, out->n + 1, sizeof(*out->all), err))
                return -1;
            struct tt_finding *f = &out->all[out->n];
            *f = *about;
            f->model = m->all[a].name;
            f->base = m->all[b].name;
            f->n_runs = arm.n_runs;
            f->n_base_runs = base.n_runs;
            if (f->n_users == 1)
                f->c = without_others(&arm, &base, divisors[0]);
            else if (tt_compare(pool, &arm, &base, divisors, f->n_users, o, &f->c, err))
                return -1;
            out->n++;
        }
    return 0;
}

/* The p of all findings that have one, corrected. */
static int correct_p(struct findings *found, struct tt_err *err)
{
    double *p = tt_alloc(found->n, sizeof(*p), err);
    size_t n = 0;

    if (!p)
        return -1;
    for (size_t i = 0; i < found->n; i++)
        if (!isnan(found->all[i].c.p))
            p[n++] = found->all[i].c.p;
    int status = tt_holm(p, n, err);
    for (size_t i = found->n; i-- > 0;)
        found->all[i].p_holm = isnan(found->all[i].c.p) ? NAN : p[--n];
    free(p);
    return status;
}

static const char *const units[] = {
    [TT_SCORES_OVER_EVENTS] = "events", [TT_SCORES_OVER_QUERIES] = "queries", [TT_SCORES_OVER_USERS] = "users",
};

/* Compare by all test events, figure by figure. */
static int compare_scores(struct findings *out, const struct models *m, const struct tt_run_scores *s,
                          struct tt_pool *pool, const struct tt_compare_options *o, struct tt_err *err)
{
    const double **sums = tt_alloc(s->n_runs, sizeof(*sums), err);
    int status = sums ? 0 : -1;

    out->n_figures = s->n_figures;
    for (size_t i = 0; status == 0 && i < s->n_figures; i++) {
        struct tt_finding about = {.figure = s->figures[i], .n_users = s->n_users, .n = tt_run_scores_n(s, i),
                                   .unit = units[tt_run_scores_mean(s, i)]};
        for (size_t r = 0; r < s->n_runs; r++)
            sums[r] = tt_run_scores_sums(s, r, i);
        status = compare_pairs(out, m, sums, tt_run_scores_divisors(s, i), &about, pool, o, err);
    }
    free(sums);
    return status;
}

/* ---- slices ---- */

/* METRIC@K, as tt-eval calls its columns. */
struct figure {
    const char *name;
    enum tt_metric metric;
    size_t k;
};

static struct figure parse_figure(const char *name)
{
    const char *at = strchr(name, '@');
    uint64_t k;

    for (size_t m = 0; at && m < TT_METRICS; m++)
        if (strlen(tt_metric_info[m].name) == (size_t)(at - name) &&
            strncmp(name, tt_metric_info[m].name, (size_t)(at - name)) == 0 &&
            tt_parse_u64(at + 1, strlen(at + 1), &k) == 0 && k >= 1)
            return (struct figure){name, (enum tt_metric)m, (size_t)k};
    cli_usage_error("--metric: '%s' is not METRIC@K of tt-eval", name);
}

/* A run's figure by the n events of a part, added up by user: sums, divisors (n_users). */
static int add_up(const struct tt_ranks *run, const uint32_t *events, size_t n, const struct figure *figure,
                  double *sums, double *divisors, struct tt_finding *about, struct tt_err *err)
{
    struct tt_scores scores;

    if (tt_scores_init(&scores, run, events, n, &figure->k, 1, err))
        return -1;
    int is_over_events = tt_metric_info[figure->metric].mean == TT_MEAN_OVER_EVENTS;
    tt_scores_by_user(&scores, figure->metric, 0, by_user, sums, divisors);
    about->n_users = scores.n_users;
    about->n = (double)(is_over_events ? n : by_user ? scores.n_users : scores.n_queries);
    about->unit = units[is_over_events ? TT_SCORES_OVER_EVENTS : by_user ? TT_SCORES_OVER_USERS
                                                                          : TT_SCORES_OVER_QUERIES];
    tt_scores_release(&scores);
    return 0;
}

/* Compare by the n events of a part. about: the names of slice and part. */
static int compare_part(struct findings *out, const struct models *m, const struct tt_run_ranks *r,
                        const uint32_t *events, size_t n, const struct figure *figure, struct tt_finding *about,
                        struct tt_pool *pool, const struct tt_compare_options *o, struct tt_err *err)
{
    size_t room = r->users.texts.n;
    double *all = tt_alloc(r->n_runs + 2, room * sizeof(*all), err), *divisors = all, *other = divisors + room;
    const double **sums = tt_alloc(r->n_runs, sizeof(*sums), err);
    int status = all && sums ? 0 : -1;

    about->figure = figure->name;
    for (size_t i = 0; status == 0 && i < r->n_runs; i++) {
        double *run = other + (i + 1) * room;
        sums[i] = run;
        status = add_up(&r->runs[i], events, n, figure, run, i ? other : divisors, about, err);
        if (status == 0 && i && memcmp(divisors, other, about->n_users * sizeof(*divisors)) != 0)
            status = tt_err_set(err, TT_ERR_MISMATCH, "%s: other queries than in '%s', and '%s' is a mean over queries "
                                "(--by-user allows it)", strchr(cli_operands[i], '=') + 1,
                                strchr(cli_operands[0], '=') + 1, figure->name);
    }
    if (status == 0)
        status = compare_pairs(out, m, sums, divisors, about, pool, o, err);
    free(all);
    free(sums);
    return status;
}

/* Compare in each part of each slice. names (n_names): the figures. */
static int compare_slices(struct findings *out, const struct models *m, const struct tt_run_ranks *r, char **names,
                          size_t n_names, struct tt_pool *pool, const struct tt_compare_options *o, struct tt_err *err)
{
    uint32_t *events = tt_alloc(r->n_events, sizeof(*events), err);
    int status = events ? 0 : -1;

    for (size_t s = 0; status == 0 && s < r->n_slices; s++)
        for (size_t p = 0; status == 0 && p < r->slices[s].parts.texts.n; p++) {
            size_t n = tt_run_ranks_part(r, s, p, events);
            struct tt_finding about = {.slice = r->slices[s].name};
            about.part = tt_text_list_get(&r->slices[s].parts.texts, p, &about.part_len);
            for (size_t i = 0; status == 0 && i < n_names; i++) {
                struct figure figure = parse_figure(names[i]);
                status = compare_part(out, m, r, events, n, &figure, &about, pool, o, err);
            }
        }
    free(events);
    return status;
}

/* ---- output ---- */

/* A number, or "-" when it is not known. */
static int write_number(struct tt_writer *writer, double value, struct tt_err *err)
{
    if (tt_writer_text(writer, "\t", err))
        return -1;
    return isnan(value) ? tt_writer_text(writer, "-", err) : tt_writer_printf(writer, err, "%.9g", value);
}

static int write_field(struct tt_writer *writer, const char *text, size_t len, struct tt_err *err)
{
    return tt_tsv_field(writer, TT_CSV_TAB, text, len, err) || tt_writer_text(writer, "\t", err) ? -1 : 0;
}

/* The verdict, and its sentences in two columns. text is scratch. */
static int write_verdict(struct tt_writer *writer, const struct tt_finding *f, const struct tt_compare_options *o,
                         struct tt_buf *text, struct tt_err *err)
{
    text->len = 0;
    if (tt_writer_printf(writer, err, "\t%s\t", tt_verdict_names[tt_verdict(f, o)]) ||
        tt_verdict_answer(f, o, text, err) || write_field(writer, text->data, text->len, err))
        return -1;
    text->len = 0;
    if (tt_verdict_reason(f, o, text, err) || tt_tsv_field(writer, TT_CSV_TAB, text->data, text->len, err))
        return -1;
    return tt_writer_text(writer, "\n", err);
}

static int write_finding(struct tt_writer *writer, const struct tt_finding *f, const struct tt_compare_options *o,
                         struct tt_buf *text, struct tt_err *err)
{
    const struct tt_comparison *c = &f->c;
    const char *at = strrchr(f->figure, '@');
    size_t len = at ? (size_t)(at - f->figure) : strlen(f->figure);
    const double numbers[] = {
        c->value, c->base_value, c->difference, c->low, c->high, c->p, f->p_holm, c->cohens_d, c->users_part,
        c->seeds_part, c->degrees, (double)f->n_runs, (double)f->n_base_runs, (double)f->n_users, f->n, c->power,
        c->detectable, tt_verdict_more(f), tt_verdict_runs(f),
    };

    if (f->slice && (write_field(writer, f->slice, strlen(f->slice), err) ||
                     write_field(writer, f->part, f->part_len, err)))
        return -1;
    if (write_field(writer, f->model, strlen(f->model), err) || write_field(writer, f->base, strlen(f->base), err) ||
        tt_tsv_field(writer, TT_CSV_TAB, f->figure, len, err) ||
        tt_writer_printf(writer, err, "\t%s", at ? at + 1 : "-"))
        return -1;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        if (write_number(writer, numbers[i], err))
            return -1;
    return write_verdict(writer, f, o, text, err);
}

static int write_tsv(struct tt_writer *writer, const struct findings *found, const struct tt_compare_options *o,
                     struct tt_err *err)
{
    struct tt_buf text = TT_BUF_INIT;
    int status = tt_writer_printf(writer, err, "%smodel\tbase\tmetric\tk\tvalue\tbase_value\tdifference\tlow\thigh\tp\t"
                                  "p_holm\tcohens_d\tusers_part\tseeds_part\tdegrees\tseeds\tbase_seeds\tusers\tn\t"
                                  "power\tdetectable\tmore_n\tneeds_seeds\tverdict\tanswer\treason\n",
                                  by_slice ? "slice\tpart\t" : "");

    for (size_t i = 0; status == 0 && i < found->n; i++)
        status = write_finding(writer, &found->all[i], o, &text, err);
    tt_buf_release(&text);
    return status;
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
static int write_table(struct tt_writer *writer, const struct tt_finding *found, size_t n, struct tt_err *err)
{
    int digits = 1;

    for (size_t i = 0; i < n; i++)
        digits = tt_verdict_digits(&found[i].c) > digits ? tt_verdict_digits(&found[i].c) : digits;
    if (tt_writer_printf(writer, err, "\n%s in %%, %.0f test %s of %zu users\n  %-*s %-*s %7s %7s %10s %10s %6s %6s\n",
                         found->figure, found->n, found->unit, found->n_users, NAME_WIDTH,
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

static int write_text(struct tt_writer *writer, const struct findings *found, const struct tt_compare_options *o,
                      struct tt_err *err)
{
    struct tt_buf text = TT_BUF_INIT;
    size_t of_figure = found->n / found->n_figures;
    int status = -1;

    for (size_t i = 0; i < found->n; i++) {
        const struct tt_finding *f = &found->all[i];
        text.len = 0;
        if (tt_verdict_answer(f, o, &text, err) || tt_buf_add_text(&text, " ", err) ||
            tt_verdict_reason(f, o, &text, err) || write_wrapped(writer, text.data, err))
            goto done;
    }
    for (size_t i = 0; i < found->n; i += of_figure)
        if (write_table(writer, found->all + i, of_figure, err))
            goto done;
    status = write_legend(writer, found->n, err);
done:
    tt_buf_release(&text);
    return status;
}

/* ---- the whole ---- */

/* Read what the operands name, by which the models are compared. */
static int read_all(struct tt_run_scores *s, struct tt_run_ranks *r, char **names, size_t n_names, struct tt_err *err)
{
    if (by_slice)
        return read_operands(r, add_ranks, err);
    if (tt_run_scores_init(s, names, n_names, by_user, err) || read_operands(s, add_scores, err))
        return -1;
    return s->n_users > 1 ? 0 : tt_err_set(err, TT_ERR_INPUT, "%s: a single user: nothing can be said of others",
                                           strchr(cli_operands[0], '=') + 1);
}

static int compare(struct models *m, char **names, size_t n_names, struct tt_err *err)
{
    const struct tt_compare_options o = {.resamples = (size_t)resamples, .permutations = (size_t)permutations,
                                         .seed = seed, .level = level, .power = power, .effect = effect,
                                         .is_paired = is_paired};
    struct tt_pool *pool = cli_pool(err);
    struct tt_run_scores scores = {0};
    struct tt_run_ranks ranks = {0};
    struct tt_writer writer = {0};
    struct findings found = {0};
    int status = -1;

    if (!pool || read_all(&scores, &ranks, names, n_names, err))
        goto done;
    double read = cli_seconds();
    if (by_slice ? compare_slices(&found, m, &ranks, names, n_names, pool, &o, err)
                 : compare_scores(&found, m, &scores, pool, &o, err))
        goto done;
    if (correct_p(&found, err))
        goto done;
    if (cli_verbose)
        cli_note("read in %.3f s, compared in %.3f s", read, cli_seconds() - read);
    if (cli_open_output(&writer, 0, err))
        goto done;
    status = is_text ? write_text(&writer, &found, &o, err) : write_tsv(&writer, &found, &o, err);
    status = cli_close_output(&writer, status, err);
done:
    free(found.all);
    tt_run_scores_release(&scores);
    tt_run_ranks_release(&ranks);
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

static void check_slices(char **names, size_t n_names)
{
    if (is_text)
        cli_usage_error("--slices writes columns: not with --text");
    if (n_names == 0)
        cli_usage_error("--slices needs a --metric, as top_k_accuracy@10");
    for (size_t i = 0; i < n_names; i++)
        parse_figure(names[i]);
}

int main(int argc, char **argv)
{
    struct tt_err err = TT_ERR_INIT;
    struct models m = {0};
    char *text = NULL, **names = NULL;
    size_t n;
    int status = -1;

    cli_start(&program, argc, argv);
    check_counts();
    if (find_models(&m, &err) == 0 && (names = parse_metrics(&text, &n, &err))) {
        if (by_slice)
            check_slices(names, n);
        status = compare(&m, names, n, &err);
    }
    release_models(&m);
    free(names);
    free(text);
    return cli_finish(status, &err);
}
