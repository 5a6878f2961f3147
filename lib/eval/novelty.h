/* Novelty and popularity of recommendations: metrics of the lists beyond accuracy, which need no test events.
 *
 *     tt_novelty_init(&r, &training, ks, n_ks, n_queries, &err);
 *     for each list that counts:
 *         tt_novelty_begin(&r, query, user);
 *         for each of its rows: tt_novelty_add(&r, item);
 *         tt_novelty_end(&r);
 *     tt_novelty_estimates(&r, user_of, n_users, pool, 1000, seed, estimates, &err);
 *     tt_novelty_release(&r);
 *
 * At each k, of one list and its first k items, or all where it is shorter:
 *
 *   novelty     the mean of tt_interactions_novelty, in bits
 *   popularity  the mean of the items' numbers of training events: average recommendation popularity (Yin et al. 2012,
 *               "Challenging the long tail recommendation", PVLDB 5; RecBole's averagepopularity)
 *
 * The figure is the mean over the queries that have a list.
 */
#ifndef TT_EVAL_NOVELTY_H
#define TT_EVAL_NOVELTY_H

#include "base/pool.h"
#include "eval/bootstrap.h"
#include "eval/interactions.h"

enum tt_novelty_figure { TT_NOVELTY_SELF_INFORMATION, TT_NOVELTY_POPULARITY, TT_NOVELTY_FIGURES };

/* "novelty", "popularity". */
extern const char *const tt_novelty_names[TT_NOVELTY_FIGURES];

struct tt_novelty {
    size_t n_rows;              /* of lists, that were added */
    size_t n_seen_rows;         /* ... whose item the user has in training */
    size_t n_unheld_rows;       /* ... whose item has no training event */
    /* private */
    const struct tt_interactions *training; /* borrowed */
    const size_t *ks;           /* (n_ks), ascending, borrowed */
    size_t n_ks, n_queries;
    unsigned char *has_list;    /* (n_queries) */
    double *values;             /* (n_queries, n_ks, TT_NOVELTY_FIGURES); 0 without a list */
    size_t query, rank, at;     /* of the open list; `at` is the next place in ks */
    uint32_t user;              /* of the training events */
    double sum[TT_NOVELTY_FIGURES];
};

int tt_novelty_init(struct tt_novelty *r, const struct tt_interactions *training, const size_t *ks, size_t n_ks,
                    size_t n_queries, struct tt_err *err) TT_CHECKED;
void tt_novelty_release(struct tt_novelty *r); /* fine on a struct that is all zero */

/* A list of a query, once a query; user and item by the codes of the training events, or TT_VOCAB_NONE. A list has at
 * least one row. */
void tt_novelty_begin(struct tt_novelty *r, size_t query, uint32_t user);
void tt_novelty_add(struct tt_novelty *r, uint32_t item);
void tt_novelty_end(struct tt_novelty *r);

/* The means over queries with a list, and their intervals over the users who have one, by tt_bootstrap_estimates.
 * user_of (n_queries), below n_users. estimates (n_ks, TT_NOVELTY_FIGURES); value, low and high are NaN and n is 0
 * when there are no lists. Fails only for memory. */
int tt_novelty_estimates(const struct tt_novelty *r, const uint32_t *user_of, size_t n_users, struct tt_pool *pool,
                         size_t resamples, uint64_t seed, struct tt_estimate *estimates,
                         struct tt_err *err) TT_CHECKED;

#endif
