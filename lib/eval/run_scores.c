/* Several runs' figures, added up by user: see run_scores.h. */
#include "eval/run_scores.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"
#include "math/metrics.h"

/* The columns of a file. */
struct columns {
    size_t n;        /* of "n", and how many keys there are before it */
    size_t *figures; /* (n_figures) */
    int is_joined;   /* by user: the keys are not the first file's */
};

int tt_run_scores_init(struct tt_run_scores *s, char *const *figures, size_t n_figures, int by_user,
                       struct tt_err *err)
{
    *s = (struct tt_run_scores){.by_user = by_user};
    s->figures = tt_alloc_zero(n_figures + 1, sizeof(*s->figures), err);
    if (!s->figures || tt_vocab_init(&s->users, err))
        goto fail;
    for (; s->n_figures < n_figures; s->n_figures++) {
        const char *name = figures[s->n_figures];
        if (!(s->figures[s->n_figures] = tt_copy_text(name, strlen(name), err)))
            goto fail;
    }
    return 0;
fail:
    tt_run_scores_release(s);
    return -1;
}

void tt_run_scores_release(struct tt_run_scores *s)
{
    for (size_t i = 0; i < s->n_figures; i++)
        free(s->figures[i]);
    for (size_t i = 0; i < s->n_runs; i++)
        free(s->runs[i]);
    for (size_t i = 0; i < s->n_keys; i++)
        free(s->keys[i]);
    free(s->figures);
    free(s->keys);
    free(s->runs);
    free(s->first);
    free(s->events);
    free(s->queries);
    free(s->ones);
    free(s->user_of);
    free(s->rows);
    tt_vocab_release(&s->users);
    *s = (struct tt_run_scores){0};
}

/* Is the figure, as "recall@10", of a metric whose mean is over events? */
static int is_over_events(const struct tt_run_scores *s, size_t figure)
{
    const char *name = s->figures[figure], *at = strchr(name, '@');
    enum tt_metric metric = at ? tt_metric_find(name, (size_t)(at - name)) : TT_METRICS;

    return metric < TT_METRICS && tt_metric_info[metric].mean == TT_MEAN_OVER_EVENTS;
}

/* ---- columns ---- */

/* Without figures to read, the first one that there is. */
static int use_first_figure(struct tt_run_scores *s, const struct tt_csv *csv, size_t n, struct tt_err *err)
{
    if (s->n_figures)
        return 0;
    if (n + 1 >= csv->n_columns)
        return tt_err_set(err, TT_ERR_INPUT, "%s:1: no column after 'n'", csv->reader.name);
    s->figures[0] = tt_copy_text(csv->names[n + 1], strlen(csv->names[n + 1]), err);
    s->n_figures = s->figures[0] ? 1 : 0;
    return s->figures[0] ? 0 : -1;
}

/* The first file's keys are those that others are compared with. */
static int set_keys(struct tt_run_scores *s, const struct tt_csv *csv, size_t n, struct tt_err *err)
{
    if (!(s->keys = tt_alloc_zero(n, sizeof(*s->keys), err)))
        return -1;
    for (; s->n_keys < n; s->n_keys++) {
        const char *name = csv->names[s->n_keys];
        if (!(s->keys[s->n_keys] = tt_copy_text(name, strlen(name), err)))
            return -1;
    }
    return 0;
}

static int check_keys(const struct tt_run_scores *s, const struct tt_csv *csv, struct columns *c, struct tt_err *err)
{
    c->is_joined = c->n != s->n_keys;
    for (size_t i = 0; i < c->n && !c->is_joined; i++)
        c->is_joined = strcmp(csv->names[i], s->keys[i]) != 0;
    if (strcmp(csv->names[0], s->keys[0]) != 0)
        return tt_err_set(err, TT_ERR_MISMATCH, "%s:1: the first column is '%s', and '%s' in '%s'", csv->reader.name,
                          csv->names[0], s->keys[0], s->first);
    for (size_t i = 0; i < s->n_figures; i++)
        if (c->is_joined && tt_run_scores_mean(s, i) == TT_SCORES_OVER_QUERIES)
            return tt_err_set(err, TT_ERR_MISMATCH, "%s:1: other key columns than in '%s', so other queries: '%s' is a "
                              "mean over queries; only %s@K can be compared, or means by user", csv->reader.name,
                              s->first, s->figures[i], tt_metric_names[TT_METRIC_TOP_K_ACCURACY]);
    return 0;
}

static int find_columns(struct tt_run_scores *s, struct tt_csv *csv, struct columns *c, struct tt_err *err)
{
    long n = tt_csv_need_column(csv, "n", err);

    if (n < 0)
        return -1;
    if (n == 0)
        return tt_err_set(err, TT_ERR_INPUT, "%s:1: no key column before 'n'", csv->reader.name);
    c->n = (size_t)n;
    for (size_t i = 0; i < c->n; i++)
        tt_csv_use(csv, i);
    if (use_first_figure(s, csv, c->n, err) || !(c->figures = tt_alloc(s->n_figures, sizeof(*c->figures), err)))
        return -1;
    for (size_t i = 0; i < s->n_figures; i++) {
        long column = tt_csv_need_column(csv, s->figures[i], err);
        if (column < 0)
            return -1;
        c->figures[i] = (size_t)column;
    }
    return s->keys ? check_keys(s, csv, c, err) : set_keys(s, csv, c->n, err);
}

/* ---- rows ---- */

/* The hash of what makes the row's query: its keys and the number of its events. */
static uint64_t hash_of(const struct tt_csv *csv, const struct columns *c)
{
    uint64_t hash = 0;

    for (size_t i = 0; i <= c->n; i++)
        hash = tt_hash64(csv->fields[i].text, csv->fields[i].len, hash + 1);
    return hash;
}

/* A user of whom nothing is known yet. */
static int add_user(struct tt_run_scores *s, struct tt_err *err)
{
    if (tt_grow(&s->events, &s->cap_events, s->n_users + 1, sizeof(*s->events), err) ||
        tt_grow(&s->queries, &s->cap_queries, s->n_users + 1, sizeof(*s->queries), err) ||
        tt_grow(&s->ones, &s->cap_ones, s->n_users + 1, sizeof(*s->ones), err))
        return -1;
    s->ones[s->n_users] = 1;
    s->events[s->n_users] = s->queries[s->n_users] = 0;
    s->n_users++;
    return 0;
}

/* A row of the first file says which queries there are. */
static int add_query(struct tt_run_scores *s, const struct tt_csv *csv, uint64_t hash, double events,
                      struct tt_err *err)
{
    uint32_t user;

    if (tt_vocab_add(&s->users, csv->fields[0].text, csv->fields[0].len, &user, err) ||
        (user == s->n_users && add_user(s, err)) ||
        tt_grow(&s->user_of, &s->cap_user_of, s->n_queries + 1, sizeof(*s->user_of), err) ||
        tt_grow(&s->rows, &s->cap_rows, s->n_queries + 1, sizeof(*s->rows), err))
        return -1;
    s->user_of[s->n_queries] = user;
    s->rows[s->n_queries] = hash;
    s->n_queries++;
    s->n_events += events;
    s->events[user] += events;
    s->queries[user] += 1;
    return 0;
}

static int is_next_query(const struct tt_run_scores *s, const struct tt_csv *csv, size_t query, uint64_t hash,
                         struct tt_err *err)
{
    if (query < s->n_queries && s->rows[query] == hash)
        return 1;
    tt_err_set(err, TT_ERR_MISMATCH, "%s:%llu: not the query that '%s' has at this place, with its events: runs are "
               "compared over the same test rows", csv->reader.name, (unsigned long long)csv->line, s->first);
    return 0;
}

/* Add the present row's figures to the user's. sums (n_figures, room). */
static int add_figures(const struct tt_run_scores *s, const struct tt_csv *csv, const struct columns *c, double events,
                       double *sums, size_t room, size_t user, struct tt_err *err)
{
    for (size_t i = 0; i < s->n_figures; i++) {
        const struct tt_csv_field *field = &csv->fields[c->figures[i]];
        double value;
        if (tt_parse_f64(field->text, field->len, &value) || value < 0 || value > 1)
            return tt_csv_field_error(csv, c->figures[i], "is not a number from 0 to 1", err);
        sums[i * room + user] += is_over_events(s, i) ? rint(value * events) : value;
    }
    return 0;
}

static int read_events(const struct tt_csv *csv, const struct columns *c, double *events, struct tt_err *err)
{
    const struct tt_csv_field *field = &csv->fields[c->n];
    uint64_t n;

    if (tt_parse_u64(field->text, field->len, &n) || n < 1 || n > UINT32_MAX)
        return tt_csv_field_error(csv, c->n, "is not a number of events", err);
    *events = (double)n;
    return 0;
}

/* By user: a user's figure is the mean of their queries. sums (n_figures, n_users), queries (n_users). */
static void divide_by_queries(const struct tt_run_scores *s, double *sums, const double *queries)
{
    for (size_t i = 0; i < s->n_figures; i++)
        for (size_t u = 0; u < s->n_users && tt_run_scores_mean(s, i) == TT_SCORES_OVER_USERS; u++)
            sums[i * s->n_users + u] /= queries[u];
}

/* The first file tells the users as it goes, so its figures are kept by query, in its order, until all are known. */
static int read_first(struct tt_run_scores *s, struct tt_csv *csv, const struct columns *c, double **sums,
                      struct tt_err *err)
{
    double *rows = NULL, events = 0;
    size_t cap = 0, f = s->n_figures;
    int more, status = -1;

    while ((more = tt_csv_next(csv, err)) == 1) {
        if (read_events(csv, c, &events, err) || add_query(s, csv, hash_of(csv, c), events, err) ||
            tt_grow(&rows, &cap, s->n_queries * f, sizeof(*rows), err))
            goto done;
        double *row = rows + (s->n_queries - 1) * f;
        memset(row, 0, f * sizeof(*row));
        if (add_figures(s, csv, c, events, row, 1, 0, err))
            goto done;
    }
    if (more < 0)
        goto done;
    if (s->n_queries == 0) {
        tt_err_set(err, TT_ERR_INPUT, "%s: no rows", csv->reader.name);
        goto done;
    }
    if (!(*sums = tt_alloc_zero(f, s->n_users * sizeof(**sums), err)))
        goto done;
    for (size_t q = 0; q < s->n_queries; q++)
        for (size_t i = 0; i < f; i++)
            (*sums)[i * s->n_users + s->user_of[q]] += rows[q * f + i];
    divide_by_queries(s, *sums, s->queries);
    status = 0;
done:
    free(rows);
    return status;
}

/* Another file with the first one's keys: the same queries, row by row. */
static int read_next(const struct tt_run_scores *s, struct tt_csv *csv, const struct columns *c, double *sums,
                     struct tt_err *err)
{
    size_t query = 0;
    double events = 0;
    int more;

    for (; (more = tt_csv_next(csv, err)) == 1; query++)
        if (read_events(csv, c, &events, err) || !is_next_query(s, csv, query, hash_of(csv, c), err) ||
            add_figures(s, csv, c, events, sums, s->n_users, s->user_of[query], err))
            return -1;
    if (more < 0)
        return -1;
    return query == s->n_queries ? 0 : tt_err_set(err, TT_ERR_MISMATCH, "%s: %zu queries, where '%s' has %zu: runs are "
                                                  "compared over the same test rows", csv->reader.name, query,
                                                  s->first, s->n_queries);
}

/* A file with other keys: the same users, with as many events each. seen, queries (n_users): zero, and then the events
 * and queries of each user. */
static int read_joined(const struct tt_run_scores *s, struct tt_csv *csv, const struct columns *c, double *sums,
                       double *seen, double *queries, struct tt_err *err)
{
    const struct tt_csv_field *name = &csv->fields[0];
    double events = 0;
    int more;

    while ((more = tt_csv_next(csv, err)) == 1) {
        uint32_t user = tt_vocab_find(&s->users, name->text, name->len);
        if (user == TT_VOCAB_NONE) {
            char what[300];
            snprintf(what, sizeof(what), "is not in '%.250s'", s->first);
            return tt_csv_field_error(csv, 0, what, err);
        }
        if (read_events(csv, c, &events, err) || add_figures(s, csv, c, events, sums, s->n_users, user, err))
            return -1;
        seen[user] += events;
        queries[user] += 1;
    }
    if (more < 0)
        return -1;
    for (size_t u = 0; u < s->n_users; u++)
        if (seen[u] != s->events[u]) {
            size_t len;
            const char *text = tt_text_list_get(&s->users.texts, u, &len);
            return tt_err_set(err, TT_ERR_MISMATCH, "%s: '%.*s' has %.0f events, and %.0f in '%s': runs are compared "
                              "over the same test events", csv->reader.name, len < 100 ? (int)len : 100, text, seen[u],
                              s->events[u], s->first);
        }
    return 0;
}

static int read_other(const struct tt_run_scores *s, struct tt_csv *csv, const struct columns *c, double **sums,
                      struct tt_err *err)
{
    double *seen = tt_alloc_zero(s->n_users, sizeof(*seen), err);
    double *queries = tt_alloc_zero(s->n_users, sizeof(*queries), err);
    int status = -1;

    *sums = tt_alloc_zero(s->n_figures, s->n_users * sizeof(**sums), err);
    if (seen && queries && *sums)
        status = c->is_joined ? read_joined(s, csv, c, *sums, seen, queries, err) : read_next(s, csv, c, *sums, err);
    if (status == 0)
        divide_by_queries(s, *sums, c->is_joined ? queries : s->queries);
    free(seen);
    free(queries);
    return status;
}

int tt_run_scores_add(struct tt_run_scores *s, struct tt_csv *csv, struct tt_err *err)
{
    struct columns c = {0};
    double *sums = NULL;
    int status = -1;

    if (find_columns(s, csv, &c, err) == 0 &&
        tt_grow(&s->runs, &s->cap_runs, s->n_runs + 1, sizeof(*s->runs), err) == 0 &&
        (s->first || (s->first = tt_copy_text(csv->reader.name, strlen(csv->reader.name), err))))
        status = s->n_runs ? read_other(s, csv, &c, &sums, err) : read_first(s, csv, &c, &sums, err);
    free(c.figures);
    if (status)
        free(sums);
    else
        s->runs[s->n_runs++] = sums;
    return status;
}

/* ---- figures ---- */

const double *tt_run_scores_sums(const struct tt_run_scores *s, size_t run, size_t figure)
{
    return s->runs[run] + figure * s->n_users;
}

enum tt_scores_mean tt_run_scores_mean(const struct tt_run_scores *s, size_t figure)
{
    return is_over_events(s, figure) ? TT_SCORES_OVER_EVENTS : s->by_user ? TT_SCORES_OVER_USERS
                                                                          : TT_SCORES_OVER_QUERIES;
}

const double *tt_run_scores_divisors(const struct tt_run_scores *s, size_t figure)
{
    enum tt_scores_mean mean = tt_run_scores_mean(s, figure);

    return mean == TT_SCORES_OVER_EVENTS ? s->events : mean == TT_SCORES_OVER_USERS ? s->ones : s->queries;
}

double tt_run_scores_n(const struct tt_run_scores *s, size_t figure)
{
    enum tt_scores_mean mean = tt_run_scores_mean(s, figure);

    return mean == TT_SCORES_OVER_EVENTS ? s->n_events : (double)(mean == TT_SCORES_OVER_USERS ? s->n_users
                                                                                               : s->n_queries);
}
