/* The metrics of each query: see scores.h. */
#include "eval/scores.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static const uint32_t not_there = UINT32_MAX;

/* The number of an old query or user, by first appearance. number_of (the old ones), not_there before. */
static uint32_t renumber(uint32_t old, uint32_t *number_of, size_t *n)
{
    if (number_of[old] == not_there)
        number_of[old] = (uint32_t)(*n)++;
    return number_of[old];
}

static size_t place_of(const uint32_t *events, size_t i)
{
    return events ? events[i] : i;
}

/* query_of (n): the query of each event. */
static int number_queries(struct tt_scores *s, const struct tt_ranks *ranks, const uint32_t *events, size_t n,
                          uint32_t *query_of, struct tt_err *err)
{
    uint32_t *query_numbers = tt_alloc(ranks->n_queries, sizeof(*query_numbers), err);
    uint32_t *user_numbers = tt_alloc(ranks->n_users, sizeof(*user_numbers), err);
    size_t most = n < ranks->n_queries ? n : ranks->n_queries;
    int status = -1;

    s->user_of = tt_alloc(most, sizeof(*s->user_of), err);
    s->events_of = tt_alloc_zero(most, sizeof(*s->events_of), err);
    if (!query_numbers || !user_numbers || !s->user_of || !s->events_of)
        goto done;
    memset(query_numbers, 0xff, ranks->n_queries * sizeof(*query_numbers)); /* not_there */
    memset(user_numbers, 0xff, ranks->n_users * sizeof(*user_numbers));
    for (size_t i = 0; i < n; i++) {
        uint32_t query = ranks->events[place_of(events, i)].query;
        query_of[i] = renumber(query, query_numbers, &s->n_queries);
        s->user_of[query_of[i]] = renumber(ranks->user_of[query], user_numbers, &s->n_users);
        s->events_of[query_of[i]]++;
    }
    status = 0;
done:
    free(query_numbers);
    free(user_numbers);
    return status;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static int by_rank(const void *a, const void *b)
{
    uint32_t x = ((const struct tt_hit *)a)->rank, y = ((const struct tt_hit *)b)->rank;

    return (x > y) - (x < y);
}

/* The metrics of a query: targets (n) are those of its events, one for each. hits (n) is scratch. */
static void score_query(const struct tt_scores *s, const struct tt_ranks *ranks, uint32_t *targets, size_t n,
                        struct tt_hit *hits, double *values)
{
    size_t n_hits = 0, n_items = 0;

    qsort(targets, n, sizeof(*targets), by_number);
    for (size_t from = 0, to; from < n; from = to) {
        uint32_t rank = ranks->targets[targets[from]].rank;
        for (to = from + 1; to < n && targets[to] == targets[from];)
            to++;
        n_items++;
        if (rank)
            hits[n_hits++] = (struct tt_hit){rank, (double)(to - from)};
    }
    qsort(hits, n_hits, sizeof(*hits), by_rank);
    for (size_t i = 0; i < s->n_ks; i++)
        tt_metrics_of_list(hits, n_hits, n_items, (double)n, s->ks[i], values + i * TT_METRICS);
}

int tt_scores_init(struct tt_scores *s, const struct tt_ranks *ranks, const uint32_t *events, size_t n,
                   const size_t *ks, size_t n_ks, struct tt_err *err)
{
    uint32_t *query_of = tt_alloc(n, sizeof(*query_of), err), *targets = tt_alloc(n, sizeof(*targets), err);
    struct tt_hit *hits = tt_alloc(n, sizeof(*hits), err);
    size_t *ends = NULL, width = n_ks * TT_METRICS; /* ends: of each query's targets */
    int status = -1;

    *s = (struct tt_scores){.n_events = n, .ks = ks, .n_ks = n_ks};
    if (!query_of || !targets || !hits || number_queries(s, ranks, events, n, query_of, err))
        goto done;
    s->values = tt_alloc(s->n_queries, width * sizeof(*s->values), err);
    ends = tt_alloc(s->n_queries, sizeof(*ends), err);
    if (!s->values || !ends)
        goto done;
    for (size_t q = 0, at = 0; q < s->n_queries; q++) {
        ends[q] = at;
        at += s->events_of[q];
    }
    for (size_t i = 0; i < n; i++)
        targets[ends[query_of[i]]++] = ranks->events[place_of(events, i)].target;
    for (size_t q = 0; q < s->n_queries; q++)
        score_query(s, ranks, targets + ends[q] - s->events_of[q], s->events_of[q], hits, s->values + q * width);
    status = 0;
done:
    free(query_of);
    free(targets);
    free(hits);
    free(ends);
    if (status)
        tt_scores_release(s);
    return status;
}

void tt_scores_release(struct tt_scores *s)
{
    free(s->user_of);
    free(s->events_of);
    free(s->values);
    *s = (struct tt_scores){0};
}

/* ---- means ---- */

enum { EVENTS, QUERIES, FIRST_FIGURE }; /* columns of the sums over each user */

/* What the sum of figure j, of (n_ks, TT_METRICS), is divided by. */
static size_t divisor_of(size_t j)
{
    return tt_metric_info[j % TT_METRICS].mean == TT_MEAN_OVER_EVENTS ? EVENTS : QUERIES;
}

/* What a query adds to the sum of figure j: of a mean over events the events that were hit, which are whole. */
static double addend(const struct tt_scores *s, size_t query, size_t j)
{
    double value = s->values[query * s->n_ks * TT_METRICS + j];

    return divisor_of(j) == EVENTS ? rint(value * s->events_of[query]) : value;
}

/* sums (n_users, columns): each user's events, queries, and then the figures of all its queries, added. */
static void add_by_user(const struct tt_scores *s, double *sums, size_t columns)
{
    for (size_t q = 0; q < s->n_queries; q++) {
        double *row = sums + s->user_of[q] * columns;
        row[EVENTS] += s->events_of[q];
        row[QUERIES] += 1;
        for (size_t j = 0; j < s->n_ks * TT_METRICS; j++)
            row[FIRST_FIGURE + j] += addend(s, q, j);
    }
}

int tt_scores_estimates(const struct tt_scores *s, struct tt_pool *pool, size_t resamples, uint64_t seed,
                        struct tt_estimate *estimates, double *kept, struct tt_err *err)
{
    size_t columns = FIRST_FIGURE + s->n_ks * TT_METRICS;
    double *sums = tt_alloc_zero(s->n_users, columns * sizeof(*sums), err);
    size_t *divisors = tt_alloc(columns, sizeof(*divisors), err);
    int status = -1;

    if (!sums || !divisors)
        goto done;
    add_by_user(s, sums, columns);
    for (size_t j = 0; j < columns; j++)
        divisors[j] = j < FIRST_FIGURE ? j : divisor_of(j - FIRST_FIGURE);
    status = tt_bootstrap_estimates(pool, sums, s->n_users, columns, divisors, FIRST_FIGURE, resamples, seed, estimates,
                                    kept, err);
done:
    free(sums);
    free(divisors);
    return status;
}

void tt_scores_by_user(const struct tt_scores *s, enum tt_metric metric, size_t at, int by_user, double *sums,
                       double *divisors)
{
    size_t j = at * TT_METRICS + metric;

    for (size_t u = 0; u < s->n_users; u++)
        sums[u] = divisors[u] = 0;
    for (size_t q = 0; q < s->n_queries; q++) {
        sums[s->user_of[q]] += addend(s, q, j);
        divisors[s->user_of[q]] += divisor_of(j) == EVENTS ? s->events_of[q] : 1;
    }
    for (size_t u = 0; by_user && divisor_of(j) == QUERIES && u < s->n_users; u++) {
        sums[u] /= divisors[u];
        divisors[u] = 1;
    }
}
