/* Several runs' figures, added up by user: see judgements.h. */
#include "eval/judgements.h"

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

int tt_judgements_init(struct tt_judgements *j, char *const *figures, size_t n_figures, struct tt_err *err)
{
    *j = (struct tt_judgements){0};
    j->figures = tt_alloc_zero(n_figures + 1, sizeof(*j->figures), err);
    if (!j->figures || tt_vocab_init(&j->users, err))
        goto fail;
    for (; j->n_figures < n_figures; j->n_figures++) {
        const char *name = figures[j->n_figures];
        if (!(j->figures[j->n_figures] = tt_copy_text(name, strlen(name), err)))
            goto fail;
    }
    return 0;
fail:
    tt_judgements_release(j);
    return -1;
}

void tt_judgements_release(struct tt_judgements *j)
{
    for (size_t i = 0; i < j->n_figures; i++)
        free(j->figures[i]);
    for (size_t i = 0; i < j->n_runs; i++)
        free(j->runs[i]);
    for (size_t i = 0; i < j->n_keys; i++)
        free(j->keys[i]);
    free(j->figures);
    free(j->keys);
    free(j->runs);
    free(j->first);
    free(j->events);
    free(j->queries);
    free(j->user_of);
    free(j->rows);
    tt_vocab_release(&j->users);
    *j = (struct tt_judgements){0};
}

/* ---- columns ---- */

/* Without figures to read, the first one that there is. */
static int take_first_figure(struct tt_judgements *j, const struct tt_csv *csv, size_t n, struct tt_err *err)
{
    if (j->n_figures)
        return 0;
    if (n + 1 >= csv->n_columns)
        return tt_err_set(err, TT_ERR_INPUT, "%s:1: no column after 'n'", csv->reader.name);
    j->figures[0] = tt_copy_text(csv->names[n + 1], strlen(csv->names[n + 1]), err);
    j->n_figures = j->figures[0] ? 1 : 0;
    return j->figures[0] ? 0 : -1;
}

/* The first file's keys are those that others are held against. */
static int take_keys(struct tt_judgements *j, const struct tt_csv *csv, size_t n, struct tt_err *err)
{
    if (!(j->keys = tt_alloc_zero(n, sizeof(*j->keys), err)))
        return -1;
    for (; j->n_keys < n; j->n_keys++) {
        const char *name = csv->names[j->n_keys];
        if (!(j->keys[j->n_keys] = tt_copy_text(name, strlen(name), err)))
            return -1;
    }
    return 0;
}

static int check_keys(const struct tt_judgements *j, const struct tt_csv *csv, struct columns *c, struct tt_err *err)
{
    c->is_joined = c->n != j->n_keys;
    for (size_t i = 0; i < c->n && !c->is_joined; i++)
        c->is_joined = strcmp(csv->names[i], j->keys[i]) != 0;
    if (strcmp(csv->names[0], j->keys[0]) != 0)
        return tt_err_set(err, TT_ERR_MISMATCH, "%s:1: the first column is '%s', and '%s' in '%s'", csv->reader.name,
                          csv->names[0], j->keys[0], j->first);
    for (size_t i = 0; i < j->n_figures; i++)
        if (c->is_joined && !tt_judgements_is_over_events(j, i))
            return tt_err_set(err, TT_ERR_MISMATCH, "%s:1: other key columns than in '%s', so other queries: '%s' is a "
                              "mean over queries; only %s@K can be compared", csv->reader.name, j->first, j->figures[i],
                              tt_metric_names[TT_METRIC_TOP_K_ACCURACY]);
    return 0;
}

static int find_columns(struct tt_judgements *j, struct tt_csv *csv, struct columns *c, struct tt_err *err)
{
    long n = tt_csv_need_column(csv, "n", err);

    if (n < 0)
        return -1;
    if (n == 0)
        return tt_err_set(err, TT_ERR_INPUT, "%s:1: no key column before 'n'", csv->reader.name);
    c->n = (size_t)n;
    for (size_t i = 0; i < c->n; i++)
        tt_csv_want(csv, i);
    if (take_first_figure(j, csv, c->n, err) || !(c->figures = tt_alloc(j->n_figures, sizeof(*c->figures), err)))
        return -1;
    for (size_t i = 0; i < j->n_figures; i++) {
        long column = tt_csv_need_column(csv, j->figures[i], err);
        if (column < 0)
            return -1;
        c->figures[i] = (size_t)column;
    }
    return j->keys ? check_keys(j, csv, c, err) : take_keys(j, csv, c->n, err);
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
static int add_user(struct tt_judgements *j, struct tt_err *err)
{
    if (tt_grow(&j->events, &j->cap_events, j->n_users + 1, sizeof(*j->events), err) ||
        tt_grow(&j->queries, &j->cap_queries, j->n_users + 1, sizeof(*j->queries), err))
        return -1;
    j->events[j->n_users] = j->queries[j->n_users] = 0;
    j->n_users++;
    return 0;
}

/* A row of the first file says which queries there are. */
static int take_query(struct tt_judgements *j, const struct tt_csv *csv, uint64_t hash, double events,
                      struct tt_err *err)
{
    uint32_t user;

    if (tt_vocab_add(&j->users, csv->fields[0].text, csv->fields[0].len, &user, err) ||
        (user == j->n_users && add_user(j, err)) ||
        tt_grow(&j->user_of, &j->cap_user_of, j->n_queries + 1, sizeof(*j->user_of), err) ||
        tt_grow(&j->rows, &j->cap_rows, j->n_queries + 1, sizeof(*j->rows), err))
        return -1;
    j->user_of[j->n_queries] = user;
    j->rows[j->n_queries] = hash;
    j->n_queries++;
    j->n_events += events;
    j->events[user] += events;
    j->queries[user] += 1;
    return 0;
}

static int is_next_query(const struct tt_judgements *j, const struct tt_csv *csv, size_t query, uint64_t hash,
                         struct tt_err *err)
{
    if (query < j->n_queries && j->rows[query] == hash)
        return 1;
    tt_err_set(err, TT_ERR_MISMATCH, "%s:%llu: not the query that '%s' has at this place, with its events: runs are "
               "compared over the same test rows", csv->reader.name, (unsigned long long)csv->line, j->first);
    return 0;
}

/* Add the present row's figures to the user's. sums (n_figures, room). */
static int add_figures(const struct tt_judgements *j, const struct tt_csv *csv, const struct columns *c, double events,
                       double *sums, size_t room, size_t user, struct tt_err *err)
{
    for (size_t i = 0; i < j->n_figures; i++) {
        const struct tt_csv_field *field = &csv->fields[c->figures[i]];
        double value;
        if (tt_parse_f64(field->text, field->len, &value) || value < 0 || value > 1)
            return tt_csv_field_error(csv, c->figures[i], "is not a number from 0 to 1", err);
        sums[i * room + user] += tt_judgements_is_over_events(j, i) ? rint(value * events) : value;
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

/* The first file tells the users as it goes, so its figures are kept by query, in its order, until all are known. */
static int read_first(struct tt_judgements *j, struct tt_csv *csv, const struct columns *c, double **sums,
                      struct tt_err *err)
{
    double *rows = NULL, events = 0;
    size_t cap = 0, f = j->n_figures;
    int more, status = -1;

    while ((more = tt_csv_next(csv, err)) == 1) {
        if (read_events(csv, c, &events, err) || take_query(j, csv, hash_of(csv, c), events, err) ||
            tt_grow(&rows, &cap, j->n_queries * f, sizeof(*rows), err))
            goto done;
        double *row = rows + (j->n_queries - 1) * f;
        memset(row, 0, f * sizeof(*row));
        if (add_figures(j, csv, c, events, row, 1, 0, err))
            goto done;
    }
    if (more < 0)
        goto done;
    if (j->n_queries == 0) {
        tt_err_set(err, TT_ERR_INPUT, "%s: no rows", csv->reader.name);
        goto done;
    }
    if (!(*sums = tt_alloc_zero(f, j->n_users * sizeof(**sums), err)))
        goto done;
    for (size_t q = 0; q < j->n_queries; q++)
        for (size_t i = 0; i < f; i++)
            (*sums)[i * j->n_users + j->user_of[q]] += rows[q * f + i];
    status = 0;
done:
    free(rows);
    return status;
}

/* Another file with the first one's keys: the same queries, row by row. */
static int read_next(const struct tt_judgements *j, struct tt_csv *csv, const struct columns *c, double *sums,
                     struct tt_err *err)
{
    size_t query = 0;
    double events = 0;
    int more;

    for (; (more = tt_csv_next(csv, err)) == 1; query++)
        if (read_events(csv, c, &events, err) || !is_next_query(j, csv, query, hash_of(csv, c), err) ||
            add_figures(j, csv, c, events, sums, j->n_users, j->user_of[query], err))
            return -1;
    if (more < 0)
        return -1;
    return query == j->n_queries ? 0 : tt_err_set(err, TT_ERR_MISMATCH, "%s: %zu queries, where '%s' has %zu: runs are "
                                                  "compared over the same test rows", csv->reader.name, query,
                                                  j->first, j->n_queries);
}

/* A file with other keys: the same users, with as many events each. seen (n_users), zero. */
static int read_joined(const struct tt_judgements *j, struct tt_csv *csv, const struct columns *c, double *sums,
                       double *seen, struct tt_err *err)
{
    const struct tt_csv_field *name = &csv->fields[0];
    double events = 0;
    int more;

    while ((more = tt_csv_next(csv, err)) == 1) {
        uint32_t user = tt_vocab_find(&j->users, name->text, name->len);
        if (user == TT_VOCAB_NONE) {
            char what[300];
            snprintf(what, sizeof(what), "is not in '%.250s'", j->first);
            return tt_csv_field_error(csv, 0, what, err);
        }
        if (read_events(csv, c, &events, err) || add_figures(j, csv, c, events, sums, j->n_users, user, err))
            return -1;
        seen[user] += events;
    }
    if (more < 0)
        return -1;
    for (size_t u = 0; u < j->n_users; u++)
        if (seen[u] != j->events[u]) {
            size_t len;
            const char *text = tt_text_list_get(&j->users.texts, u, &len);
            return tt_err_set(err, TT_ERR_MISMATCH, "%s: '%.*s' has %.0f events, and %.0f in '%s': runs are compared "
                              "over the same test events", csv->reader.name, len < 100 ? (int)len : 100, text, seen[u],
                              j->events[u], j->first);
        }
    return 0;
}

static int read_other(const struct tt_judgements *j, struct tt_csv *csv, const struct columns *c, double **sums,
                      struct tt_err *err)
{
    double *seen = tt_alloc_zero(j->n_users, sizeof(*seen), err);
    int status = -1;

    *sums = tt_alloc_zero(j->n_figures, j->n_users * sizeof(**sums), err);
    if (seen && *sums)
        status = c->is_joined ? read_joined(j, csv, c, *sums, seen, err) : read_next(j, csv, c, *sums, err);
    free(seen);
    return status;
}

int tt_judgements_add(struct tt_judgements *j, struct tt_csv *csv, struct tt_err *err)
{
    struct columns c = {0};
    double *sums = NULL;
    int status = -1;

    if (find_columns(j, csv, &c, err) == 0 &&
        tt_grow(&j->runs, &j->cap_runs, j->n_runs + 1, sizeof(*j->runs), err) == 0 &&
        (j->first || (j->first = tt_copy_text(csv->reader.name, strlen(csv->reader.name), err))))
        status = j->n_runs ? read_other(j, csv, &c, &sums, err) : read_first(j, csv, &c, &sums, err);
    free(c.figures);
    if (status)
        free(sums);
    else
        j->runs[j->n_runs++] = sums;
    return status;
}

/* ---- what is asked of them ---- */

const double *tt_judgements_sums(const struct tt_judgements *j, size_t run, size_t figure)
{
    return j->runs[run] + figure * j->n_users;
}

int tt_judgements_is_over_events(const struct tt_judgements *j, size_t figure)
{
    const char *name = tt_metric_names[TT_METRIC_TOP_K_ACCURACY];
    size_t len = strlen(name);

    return strncmp(j->figures[figure], name, len) == 0 && j->figures[figure][len] == '@';
}

const double *tt_judgements_under(const struct tt_judgements *j, size_t figure)
{
    return tt_judgements_is_over_events(j, figure) ? j->events : j->queries;
}
