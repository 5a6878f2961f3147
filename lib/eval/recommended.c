/* What lists recommend: see recommended.h. */
#include "eval/recommended.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

const char *const tt_recommended_names[TT_RECOMMENDED_FIGURES] = {
    [TT_RECOMMENDED_NOVELTY] = "novelty",
    [TT_RECOMMENDED_POPULARITY] = "popularity",
};

int tt_recommended_init(struct tt_recommended *r, const struct tt_past *past, const size_t *ks, size_t n_ks,
                        size_t n_queries, struct tt_err *err)
{
    *r = (struct tt_recommended){.past = past, .ks = ks, .n_ks = n_ks, .n_queries = n_queries};
    r->has_list = tt_alloc_zero(n_queries, sizeof(*r->has_list), err);
    r->values = tt_alloc_zero(n_queries, n_ks * TT_RECOMMENDED_FIGURES * sizeof(*r->values), err);
    if (r->has_list && r->values)
        return 0;
    tt_recommended_release(r);
    return -1;
}

void tt_recommended_release(struct tt_recommended *r)
{
    free(r->has_list);
    free(r->values);
    *r = (struct tt_recommended){0};
}

void tt_recommended_begin(struct tt_recommended *r, size_t query, uint32_t user)
{
    r->query = query;
    r->user = user;
    r->rank = r->at = 0;
    memset(r->sum, 0, sizeof(r->sum));
    r->has_list[query] = 1;
    r->n_lists++;
}

/* The means of the rows so far are those of the next k. */
static void take_means(struct tt_recommended *r)
{
    double *values = r->values + (r->query * r->n_ks + r->at) * TT_RECOMMENDED_FIGURES;

    for (int f = 0; f < TT_RECOMMENDED_FIGURES; f++)
        values[f] = r->sum[f] / (double)r->rank;
    r->at++;
}

void tt_recommended_add(struct tt_recommended *r, uint32_t item)
{
    r->n_rows++;
    r->n_seen_rows += (size_t)tt_past_has(r->past, r->user, item);
    r->n_unheld_rows += item == TT_VOCAB_NONE;
    r->rank++;
    r->sum[TT_RECOMMENDED_NOVELTY] += tt_past_novelty(r->past, item);
    r->sum[TT_RECOMMENDED_POPULARITY] += tt_past_popularity(r->past, item);
    if (r->at < r->n_ks && r->rank == r->ks[r->at])
        take_means(r);
}

void tt_recommended_end(struct tt_recommended *r)
{
    while (r->at < r->n_ks) /* the list is shorter */
        take_means(r);
}

/* Codes of the users who have a list, by first appearance: code_of (n_users), TT_VOCAB_NONE for the others. Returns
 * how many. */
static size_t users_with_lists(const struct tt_recommended *r, const uint32_t *user_of, size_t n_users,
                               uint32_t *code_of)
{
    size_t n = 0;

    for (size_t u = 0; u < n_users; u++)
        code_of[u] = TT_VOCAB_NONE;
    for (size_t q = 0; q < r->n_queries; q++)
        if (r->has_list[q] && code_of[user_of[q]] == TT_VOCAB_NONE)
            code_of[user_of[q]] = (uint32_t)n++;
    return n;
}

int tt_recommended_estimates(const struct tt_recommended *r, const uint32_t *user_of, size_t n_users,
                             struct tt_pool *pool, size_t resamples, uint64_t seed, struct tt_estimate *estimates,
                             struct tt_err *err)
{
    size_t figures = r->n_ks * TT_RECOMMENDED_FIGURES, columns = 1 + figures; /* the first: lists */
    uint32_t *code_of = tt_alloc(n_users, sizeof(*code_of), err);
    double *sums = tt_alloc_zero(n_users, columns * sizeof(*sums), err);
    size_t *under = tt_alloc_zero(columns, sizeof(*under), err);
    int status = -1;

    if (!code_of || !sums || !under)
        goto done;
    size_t n = users_with_lists(r, user_of, n_users, code_of);
    for (size_t q = 0; q < r->n_queries; q++) {
        if (!r->has_list[q])
            continue;
        double *row = sums + code_of[user_of[q]] * columns;
        row[0] += 1;
        for (size_t j = 0; j < figures; j++)
            row[1 + j] += r->values[q * figures + j];
    }
    for (size_t j = 0; n == 0 && j < figures; j++)
        estimates[j] = (struct tt_estimate){NAN, NAN, NAN, 0};
    status = n == 0 ? 0 : tt_bootstrap_estimates(pool, sums, n, columns, under, 1, resamples, seed, estimates, NULL,
                                                 err);
done:
    free(code_of);
    free(sums);
    free(under);
    return status;
}
