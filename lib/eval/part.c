/* Some of the test events judged by themselves: see part.h. */
#include "eval/part.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* New codes for those of `old` (n) that appear, by first appearance. code_of (n_old) is overwritten, TT_VOCAB_NONE for
 * those that do not. */
static uint32_t renumber(uint32_t old, uint32_t *code_of, size_t *n)
{
    if (code_of[old] == TT_VOCAB_NONE)
        code_of[old] = (uint32_t)(*n)++;
    return code_of[old];
}

/* The part's queries and users: query_of (n), the new code of each event's query. */
static int number_queries(struct tt_evaluation *part, const struct tt_evaluation *e, const uint32_t *events, size_t n,
                          uint32_t *query_of, struct tt_err *err)
{
    uint32_t *query_codes = tt_alloc(e->n_queries, sizeof(*query_codes), err);
    uint32_t *user_codes = tt_alloc(e->n_users, sizeof(*user_codes), err);
    size_t most = n < e->n_queries ? n : e->n_queries;
    int status = -1;

    part->user_of = tt_alloc(most, sizeof(*part->user_of), err);
    part->events_of = tt_alloc_zero(most, sizeof(*part->events_of), err);
    if (!query_codes || !user_codes || !part->user_of || !part->events_of)
        goto done;
    memset(query_codes, 0xff, e->n_queries * sizeof(*query_codes)); /* TT_VOCAB_NONE */
    memset(user_codes, 0xff, e->n_users * sizeof(*user_codes));
    for (size_t i = 0; i < n; i++) {
        uint32_t query = e->events[events[i]].query;
        query_of[i] = renumber(query, query_codes, &part->n_queries);
        part->user_of[query_of[i]] = renumber(e->user_of[query], user_codes, &part->n_users);
        part->events_of[query_of[i]]++;
    }
    status = 0;
done:
    free(query_codes);
    free(user_codes);
    return status;
}

static int by_place(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static int by_rank(const void *a, const void *b)
{
    uint32_t x = ((const struct tt_hit *)a)->rank, y = ((const struct tt_hit *)b)->rank;

    return (x > y) - (x < y);
}

/* The metrics of a query whose events are of these places (n) of e's wanted items. hits (n) is scratch. */
static void judge_query(const struct tt_evaluation *e, uint32_t *places, size_t n, struct tt_hit *hits, double *values)
{
    size_t n_hits = 0, n_items = 0;

    qsort(places, n, sizeof(*places), by_place);
    for (size_t from = 0, to; from < n; from = to) {
        uint32_t rank = e->wanted[places[from]].rank;
        for (to = from + 1; to < n && places[to] == places[from];)
            to++;
        n_items++;
        if (rank)
            hits[n_hits++] = (struct tt_hit){rank, (double)(to - from)};
    }
    qsort(hits, n_hits, sizeof(*hits), by_rank);
    for (size_t i = 0; i < e->n_ks; i++)
        tt_metrics_of_list(hits, n_hits, n_items, (double)n, e->ks[i], values + i * TT_METRICS);
}

int tt_part_judge(struct tt_evaluation *part, const struct tt_evaluation *e, const uint32_t *events, size_t n,
                  struct tt_err *err)
{
    uint32_t *query_of = tt_alloc(n, sizeof(*query_of), err), *places = tt_alloc(n, sizeof(*places), err);
    struct tt_hit *hits = tt_alloc(n, sizeof(*hits), err);
    size_t *ends = NULL; /* of each query's places */
    int status = -1;

    *part = (struct tt_evaluation){.n_events = n, .ks = e->ks, .n_ks = e->n_ks};
    if (!query_of || !places || !hits || number_queries(part, e, events, n, query_of, err))
        goto done;
    part->values = tt_alloc(part->n_queries, e->n_ks * TT_METRICS * sizeof(*part->values), err);
    ends = tt_alloc(part->n_queries, sizeof(*ends), err);
    if (!part->values || !ends)
        goto done;
    for (size_t q = 0, at = 0; q < part->n_queries; q++) {
        ends[q] = at;
        at += part->events_of[q];
    }
    for (size_t i = 0; i < n; i++)
        places[ends[query_of[i]]++] = e->events[events[i]].place;
    for (size_t q = 0; q < part->n_queries; q++)
        judge_query(e, places + ends[q] - part->events_of[q], part->events_of[q], hits,
                    part->values + q * e->n_ks * TT_METRICS);
    status = 0;
done:
    free(query_of);
    free(places);
    free(hits);
    free(ends);
    if (status)
        tt_evaluation_release(part);
    return status;
}
