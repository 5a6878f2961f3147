/* Novelty and popularity of recommendations: see novelty.h. */
#include "eval/novelty.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

const char *const tt_novelty_names[TT_NOVELTY_FIGURES] = {
    [TT_NOVELTY_SELF_INFORMATION] = "novelty",
    [TT_NOVELTY_POPULARITY] = "popularity",
};

int tt_novelty_init(struct tt_novelty *r, const struct tt_interactions *training, const size_t *ks, size_t n_ks,
                    size_t n_queries, struct tt_err *err)
{
    *r = (struct tt_novelty){.training = training, .ks = ks, .n_ks = n_ks, .n_queries = n_queries};
    r->has_list = tt_alloc_zero(n_queries, sizeof(*r->has_list), err);
    r->values = tt_alloc_zero(n_queries, n_ks * TT_NOVELTY_FIGURES * sizeof(*r->values), err);
    if (r->has_list && r->values)
        return 0;
    tt_novelty_release(r);
    return -1;
}

void tt_novelty_release(struct tt_novelty *r)
{
    free(r->has_list);
    free(r->values);
    *r = (struct tt_novelty){0};
}

void tt_novelty_begin(struct tt_novelty *r, size_t query, uint32_t user)
{
    r->query = query;
    r->user = user;
    r->rank = r->at = 0;
    memset(r->sum, 0, sizeof(r->sum));
    r->has_list[query] = 1;
}

/* The means of the rows so far are those of the next k. */
static void write_means(struct tt_novelty *r)
{
    double *values = r->values + (r->query * r->n_ks + r->at) * TT_NOVELTY_FIGURES;

    for (int f = 0; f < TT_NOVELTY_FIGURES; f++)
        values[f] = r->sum[f] / (double)r->rank;
    r->at++;
}

void tt_novelty_add(struct tt_novelty *r, uint32_t item)
{
    r->n_rows++;
    r->n_seen_rows += (size_t)tt_interactions_has(r->training, r->user, item);
    r->n_unheld_rows += item == TT_VOCAB_NONE;
    r->rank++;
    r->sum[TT_NOVELTY_SELF_INFORMATION] += tt_interactions_novelty(r->training, item);
    r->sum[TT_NOVELTY_POPULARITY] += tt_interactions_popularity(r->training, item);
    if (r->at < r->n_ks && r->rank == r->ks[r->at])
        write_means(r);
}

void tt_novelty_end(struct tt_novelty *r)
{
    while (r->at < r->n_ks) /* the list is shorter */
        write_means(r);
}

/* Codes of the users who have a list, by first appearance: code_of (n_users), TT_VOCAB_NONE for the others. Returns
 * how many. */
static size_t users_with_lists(const struct tt_novelty *r, const uint32_t *user_of, size_t n_users,
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

int tt_novelty_estimates(const struct tt_novelty *r, const uint32_t *user_of, size_t n_users, struct tt_pool *pool,
                         size_t resamples, uint64_t seed, struct tt_estimate *estimates, struct tt_err *err)
{
    size_t figures = r->n_ks * TT_NOVELTY_FIGURES, columns = 1 + figures; /* the first: lists */
    uint32_t *code_of = tt_alloc(n_users, sizeof(*code_of), err);
    double *sums = tt_alloc_zero(n_users, columns * sizeof(*sums), err);
    size_t *divisors = tt_alloc_zero(columns, sizeof(*divisors), err);
    int status = -1;

    if (!code_of || !sums || !divisors)
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
    status = n == 0 ? 0 : tt_bootstrap_estimates(pool, sums, n, columns, divisors, 1, resamples, seed, estimates, NULL,
                                                 err);
done:
    free(code_of);
    free(sums);
    free(divisors);
    return status;
}
