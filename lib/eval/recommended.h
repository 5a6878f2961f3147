/* What lists recommend, whether or not it came true: how novel and how popular their items are.
 *
 *     tt_recommended_init(&r, &past, ks, n_ks, n_queries, &err);
 *     for each list that counts:
 *         tt_recommended_begin(&r, query, user);
 *         for each of its rows: tt_recommended_add(&r, item);
 *         tt_recommended_end(&r);
 *     tt_recommended_estimates(&r, user_of, n_users, pool, 1000, seed, estimates, &err);
 *     tt_recommended_release(&r);
 *
 * At each k, of one list and its first k items, or all where it is shorter:
 *
 *   novelty     the mean of tt_past_novelty, in bits
 *   popularity  the mean of the items' numbers of training events: average recommendation popularity (Yin et al. 2012,
 *               "Challenging the long tail recommendation", PVLDB 5; RecBole's averagepopularity)
 *
 * The figure is the mean over the queries that have a list.
 */
#ifndef TT_EVAL_RECOMMENDED_H
#define TT_EVAL_RECOMMENDED_H

#include "base/pool.h"
#include "eval/bootstrap.h"
#include "eval/past.h"

enum tt_recommended_figure { TT_RECOMMENDED_NOVELTY, TT_RECOMMENDED_POPULARITY, TT_RECOMMENDED_FIGURES };

/* "novelty", "popularity". */
extern const char *const tt_recommended_names[TT_RECOMMENDED_FIGURES];

struct tt_recommended {
    size_t n_lists, n_rows; /* that were added */
    size_t n_seen_rows;     /* ... whose item the user has in the past */
    size_t n_unheld_rows;   /* ... whose item nobody has there */
    /* private */
    const struct tt_past *past; /* borrowed */
    const size_t *ks;           /* (n_ks), ascending, borrowed */
    size_t n_ks, n_queries;
    unsigned char *has_list;    /* (n_queries) */
    double *values;             /* (n_queries, n_ks, TT_RECOMMENDED_FIGURES); 0 without a list */
    size_t query, rank, at;     /* of the open list; `at` is the next place in ks */
    uint32_t user;              /* of past */
    double sum[TT_RECOMMENDED_FIGURES];
};

int tt_recommended_init(struct tt_recommended *r, const struct tt_past *past, const size_t *ks, size_t n_ks,
                        size_t n_queries, struct tt_err *err) TT_CHECKED;
void tt_recommended_release(struct tt_recommended *r); /* fine on a struct that is all zero */

/* A list of a query, once a query; user and item by past's codes, or TT_VOCAB_NONE. A list has at least one row. */
void tt_recommended_begin(struct tt_recommended *r, size_t query, uint32_t user);
void tt_recommended_add(struct tt_recommended *r, uint32_t item);
void tt_recommended_end(struct tt_recommended *r);

/* The means over queries with a list, and their intervals over the users who have one, by tt_bootstrap_estimates.
 * user_of (n_queries), below n_users. estimates (n_ks, TT_RECOMMENDED_FIGURES); value, low and high are NaN and n is 0
 * when there are no lists. Fails only for memory. */
int tt_recommended_estimates(const struct tt_recommended *r, const uint32_t *user_of, size_t n_users,
                             struct tt_pool *pool, size_t resamples, uint64_t seed, struct tt_estimate *estimates,
                             struct tt_err *err) TT_CHECKED;

#endif
