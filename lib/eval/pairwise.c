/* Pairs of models: see pairwise.h. */
#include "eval/pairwise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"
#include "eval/scores.h"

const char *const tt_against_names[] = {"first", "previous", "all", NULL};

static const char *const units[] = {
    [TT_SCORES_OVER_EVENTS] = "events", [TT_SCORES_OVER_QUERIES] = "queries", [TT_SCORES_OVER_USERS] = "users",
};

/* What is the same for all pairs and figures. */
struct task {
    const struct tt_compared_models *models;
    const struct tt_pairwise_options *options;
    struct tt_pool *pool;
    const double **sums;    /* (models->n_runs) of (n_users): the figure of each run, added up by user */
    const double **of_pair; /* (models->n_runs) scratch: those of a model, and of its base */
};

/* ---- models and figures ---- */

static struct tt_compared_model *find_model(struct tt_compared_models *m, const char *name, size_t len)
{
    for (size_t i = 0; i < m->n; i++)
        if (strlen(m->all[i].name) == len && memcmp(m->all[i].name, name, len) == 0)
            return &m->all[i];
    return NULL;
}

int tt_compared_models_add_run(struct tt_compared_models *m, const char *name, size_t len, struct tt_err *err)
{
    struct tt_compared_model *model = find_model(m, name, len);

    if (!model) {
        if (tt_grow(&m->all, &m->cap, m->n + 1, sizeof(*m->all), err))
            return -1;
        model = &m->all[m->n];
        *model = (struct tt_compared_model){.name = tt_copy_text(name, len, err)};
        if (!model->name)
            return -1;
        m->n++;
    }
    if (tt_grow(&model->runs, &model->cap_runs, model->n_runs + 1, sizeof(*model->runs), err))
        return -1;
    model->runs[model->n_runs++] = m->n_runs++;
    return 0;
}

void tt_compared_models_release(struct tt_compared_models *m)
{
    for (size_t i = 0; i < m->n; i++) {
        free(m->all[i].name);
        free(m->all[i].runs);
    }
    free(m->all);
    *m = (struct tt_compared_models){0};
}

int tt_figure_parse(struct tt_figure *figure, const char *name)
{
    const char *at = strchr(name, '@');
    enum tt_metric metric = at ? tt_metric_find(name, (size_t)(at - name)) : TT_METRICS;
    uint64_t k;

    if (metric == TT_METRICS || tt_parse_u64(at + 1, strlen(at + 1), &k) || k < 1)
        return -1;
    *figure = (struct tt_figure){name, metric, (size_t)k};
    return 0;
}

/* ---- pairs ---- */

/* The models that a model is compared with: from the first of them to the one before the end. */
static size_t first_base(enum tt_against against, size_t model)
{
    return against == TT_AGAINST_PREVIOUS ? model - 1 : 0;
}

static size_t end_of_bases(enum tt_against against, size_t model)
{
    return against == TT_AGAINST_FIRST ? 1 : model;
}

/* sums (n_runs): set to those of the model's runs. */
static struct tt_runs runs_of(const struct task *t, const struct tt_compared_model *model, const double **sums)
{
    for (size_t r = 0; r < model->n_runs; r++)
        sums[r] = t->sums[model->runs[r]];
    return (struct tt_runs){sums, model->n_runs};
}

/* The mean over a model's runs of a single user's figure. */
static double value_of(const struct tt_runs *runs, double divisor)
{
    double total = 0;

    for (size_t r = 0; r < runs->n_runs; r++)
        total += runs->sums[r][0] / divisor;
    return total / (double)runs->n_runs;
}

/* A single user says nothing about others: there are the values and their difference alone. */
static struct tt_comparison compare_single_user(const struct tt_runs *runs, const struct tt_runs *base, double divisor)
{
    struct tt_comparison c = {
        .value = value_of(runs, divisor), .base_value = value_of(base, divisor), .low = NAN, .high = NAN, .p = NAN,
        .cohens_d = NAN, .users_part = NAN, .seeds_part = NAN, .degrees = NAN, .power = NAN, .detectable = NAN,
        .users_factor = NAN, .runs = NAN,
    };

    c.difference = c.value - c.base_value;
    return c;
}

/* Compare the pairs by t->sums over divisors (n_users). about: what is the same in all findings. */
static int compare_pairs(struct tt_findings *out, const struct task *t, const double *divisors,
                         const struct tt_finding *about, struct tt_err *err)
{
    enum tt_against against = t->options->against;

    for (size_t m = 1; m < t->models->n; m++)
        for (size_t b = first_base(against, m); b < end_of_bases(against, m); b++) {
            const struct tt_compared_model *model = &t->models->all[m], *base_model = &t->models->all[b];
            struct tt_runs runs = runs_of(t, model, t->of_pair);
            struct tt_runs base = runs_of(t, base_model, t->of_pair + model->n_runs);
            if (tt_grow(&out->all, &out->cap, out->n + 1, sizeof(*out->all), err))
                return -1;
            struct tt_finding *f = &out->all[out->n];
            *f = *about;
            f->model = model->name;
            f->base = base_model->name;
            f->n_runs = runs.n_runs;
            f->n_base_runs = base.n_runs;
            if (f->n_users == 1)
                f->c = compare_single_user(&runs, &base, divisors[0]);
            else if (tt_compare(t->pool, &runs, &base, divisors, f->n_users, &t->options->compare, &f->c, err))
                return -1;
            out->n++;
        }
    return 0;
}

/* The p of all findings that have one, corrected. */
static int correct_p(struct tt_findings *found, struct tt_err *err)
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

static int task_init(struct task *t, const struct tt_compared_models *models, struct tt_pool *pool,
                     const struct tt_pairwise_options *options, struct tt_err *err)
{
    *t = (struct task){.models = models, .options = options, .pool = pool};
    t->sums = tt_alloc(2 * models->n_runs, sizeof(*t->sums), err);
    if (!t->sums)
        return -1;
    t->of_pair = t->sums + models->n_runs;
    return 0;
}

/* ---- by all test events ---- */

int tt_pairwise_scores(struct tt_findings *out, const struct tt_compared_models *models, const struct tt_run_scores *s,
                       struct tt_pool *pool, const struct tt_pairwise_options *options, struct tt_err *err)
{
    struct task t;
    int status = 0;

    if (s->n_users < 2)
        return tt_err_set(err, TT_ERR_INPUT, "%s: a single user: nothing can be said of others", s->first);
    if (task_init(&t, models, pool, options, err))
        return -1;
    for (size_t i = 0; status == 0 && i < s->n_figures; i++) {
        struct tt_finding about = {.figure = s->figures[i], .n_users = s->n_users, .n = tt_run_scores_n(s, i),
                                   .unit = units[tt_run_scores_mean(s, i)]};
        for (size_t r = 0; r < s->n_runs; r++)
            t.sums[r] = tt_run_scores_sums(s, r, i);
        status = compare_pairs(out, &t, tt_run_scores_divisors(s, i), &about, err);
    }
    free(t.sums);
    return status ? -1 : correct_p(out, err);
}

/* ---- in parts of slices ---- */

/* A run's figure by the n events of a part, added up by user: sums, divisors (n_users). about: set to how many users
 * and what else it is a mean over. */
static int add_up(const struct tt_ranks *run, const uint32_t *events, size_t n, const struct tt_figure *figure,
                  int by_user, double *sums, double *divisors, struct tt_finding *about, struct tt_err *err)
{
    int is_over_events = tt_metric_info[figure->metric].mean == TT_MEAN_OVER_EVENTS;
    struct tt_scores scores;

    if (tt_scores_init(&scores, run, events, n, &figure->k, 1, err))
        return -1;
    tt_scores_by_user(&scores, figure->metric, 0, by_user, sums, divisors);
    about->n_users = scores.n_users;
    about->n = (double)(is_over_events ? n : by_user ? scores.n_users : scores.n_queries);
    about->unit = units[is_over_events ? TT_SCORES_OVER_EVENTS : by_user ? TT_SCORES_OVER_USERS
                                                                          : TT_SCORES_OVER_QUERIES];
    tt_scores_release(&scores);
    return 0;
}

/* Compare by the n events of a part. about: the names of slice and part. */
static int compare_part(struct tt_findings *out, const struct task *t, const struct tt_run_ranks *r,
                        const uint32_t *events, size_t n, const struct tt_figure *figure, int by_user,
                        struct tt_finding *about, struct tt_err *err)
{
    size_t most_users = r->users.texts.n;
    double *all = tt_alloc(r->n_runs + 2, most_users * sizeof(*all), err);
    double *divisors = all, *other = divisors + most_users;
    int status = all ? 0 : -1;

    about->figure = figure->name;
    for (size_t i = 0; status == 0 && i < r->n_runs; i++) {
        double *sums = other + (i + 1) * most_users;
        t->sums[i] = sums;
        status = add_up(&r->runs[i], events, n, figure, by_user, sums, i ? other : divisors, about, err);
        if (status == 0 && i && memcmp(divisors, other, about->n_users * sizeof(*divisors)) != 0)
            status = tt_err_set(err, TT_ERR_MISMATCH, "%s: other queries than in '%s': '%s' is a mean over queries; "
                                "only %s@K can be compared, or means by user", r->files[i], r->files[0], figure->name,
                                tt_metric_names[TT_METRIC_TOP_K_ACCURACY]);
    }
    if (status == 0)
        status = compare_pairs(out, t, divisors, about, err);
    free(all);
    return status;
}

int tt_pairwise_parts(struct tt_findings *out, const struct tt_compared_models *models, const struct tt_run_ranks *r,
                      const struct tt_figure *figures, size_t n_figures, int by_user, struct tt_pool *pool,
                      const struct tt_pairwise_options *options, struct tt_err *err)
{
    uint32_t *events = tt_alloc(r->n_events, sizeof(*events), err);
    struct task t = {0};
    int status = events ? task_init(&t, models, pool, options, err) : -1;

    for (size_t s = 0; status == 0 && s < r->n_slices; s++)
        for (size_t p = 0; status == 0 && p < r->slices[s].parts.texts.n; p++) {
            size_t n = tt_run_ranks_part(r, s, p, events);
            struct tt_finding about = {.slice = r->slices[s].name};
            about.part = tt_text_list_get(&r->slices[s].parts.texts, p, &about.part_len);
            for (size_t i = 0; status == 0 && i < n_figures; i++)
                status = compare_part(out, &t, r, events, n, &figures[i], by_user, &about, err);
        }
    free(events);
    free(t.sums);
    return status ? -1 : correct_p(out, err);
}

void tt_findings_release(struct tt_findings *found)
{
    free(found->all);
    *found = (struct tt_findings){0};
}
