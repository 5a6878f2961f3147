/* The metrics of each query, by all test events or by some of them, and their means with intervals.
 *
 *     tt_scores_init(&scores, &ranks, NULL, ranks.n_events, ks, n_ks, &err);       by all events
 *     tt_scores_init(&scores, &ranks, events, n, ks, n_ks, &err);                  by these
 *     tt_scores_estimates(&scores, pool, 1000, seed, estimates, NULL, &err);
 *     tt_scores_release(&scores);
 *
 * Some of the events are evaluated as if they were all: a query that has none of them does not count, nor does its
 * user. Queries and users are numbered by first appearance in these events, so that the estimates have the same bits
 * as those of a test part that holds no others.
 */
#ifndef TT_EVAL_SCORES_H
#define TT_EVAL_SCORES_H

#include "base/pool.h"
#include "eval/bootstrap.h"
#include "eval/ranks.h"
#include "math/metrics.h"

struct tt_scores {
    size_t n_events, n_queries, n_users;
    const size_t *ks;    /* (n_ks), borrowed */
    size_t n_ks;
    uint32_t *user_of;   /* (n_queries) */
    uint32_t *events_of; /* (n_queries) */
    double *values;      /* (n_queries, n_ks, TT_METRICS) */
};

/* ranks: grouped. events (n): places in ranks->events, ascending; NULL: all of them. n >= 1. ks (n_ks): 1 and up,
 * borrowed until release. Fails only for memory: the struct is released then. */
int tt_scores_init(struct tt_scores *scores, const struct tt_ranks *ranks, const uint32_t *events, size_t n,
                   const size_t *ks, size_t n_ks, struct tt_err *err) TT_CHECKED;
void tt_scores_release(struct tt_scores *scores); /* fine on a struct that is all zero */

/* The means, over events or queries as tt_metric_info says, and their intervals by tt_bootstrap_estimates with users
 * as clusters. resamples may be 0. estimates (n_ks, TT_METRICS). kept (n_ks, TT_METRICS, resamples), or NULL: every
 * resample's figures, in the order in which they were drawn. Scores of the same events with the same seed draw the
 * same users, so the difference of two runs' replicates is a paired bootstrap of their difference. Fails only for
 * memory. Same bits for any pool. */
int tt_scores_estimates(const struct tt_scores *scores, struct tt_pool *pool, size_t resamples, uint64_t seed,
                        struct tt_estimate *estimates, double *kept, struct tt_err *err) TT_CHECKED;

/* A metric at ks[at], added up by user: sums (n_users) over divisors (n_users) is its mean, over events or queries, or
 * by_user: a mean over queries becomes one over users, who are the means of their queries. */
void tt_scores_by_user(const struct tt_scores *scores, enum tt_metric metric, size_t at, int by_user, double *sums,
                       double *divisors);

#endif
