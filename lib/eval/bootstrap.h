/* Confidence intervals of means by the cluster bootstrap: users are drawn with replacement, each with all that is
 * theirs, since the events of one user are not independent (Efron and Tibshirani 1993, "An introduction to the
 * bootstrap", chapters 6 and 13; Davison and Hinkley 1997, "Bootstrap methods and their application", sections 2.4
 * and 3.8).
 *
 * Every figure is a ratio of two sums over users: hits / events, sum of recalls / queries. A resample draws n users
 * out of n and takes the ratio of the sums over those. All figures of one resample see the same users, so that their
 * replicates are paired, and drawing, the dear part, is done once.
 *
 *     tt_bootstrap_ratios(pool, sums, n, columns, divisors, resamples, seed, replicates, &err);
 *     for each column j: tt_bootstrap_interval(replicates + j * resamples, resamples, 0.95, &low, &high);
 *
 * or tt_bootstrap_estimates, which does both.
 *
 * Percentile intervals are right when there are many users and somewhat too short when there are few. Simulated (4000
 * trials, 999 resamples), the 95 % interval holds the true mean of exponential values 91.2 times of 100 with 20
 * users, 93.9 with 50 and 94.6 with 193; of a share of clustered events 92.2, 94.5 and 95.7. test_bootstrap.c repeats
 * some of it.
 */
#ifndef TT_EVAL_BOOTSTRAP_H
#define TT_EVAL_BOOTSTRAP_H

#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"

/* Replicates of ratios of sums.
 *   sums       (n, columns)          one row a user, finite; borrowed
 *   divisors      (columns)             the column whose sum is the divisor of this one; a column that is a divisor
 * itself
 *                                    is positive in every row
 *   replicates (columns, resamples)  overwritten
 * n >= 1, below 2^32. Resample r draws by the stream (seed, TT_RNG_BOOTSTRAP, r) and adds users in their order: the
 * same bits for any pool. Fails only for memory. */
int tt_bootstrap_ratios(struct tt_pool *pool, const double *sums, size_t n, size_t columns, const size_t *divisors,
                        size_t resamples, uint64_t seed, double *replicates, struct tt_err *err) TT_CHECKED;

/* The percentile interval of a level in (0, 1): the ((R + 1) a)-th and ((R + 1)(1 - a))-th of the R replicates in
 * ascending order, a = (1 - level) / 2 (Davison and Hinkley, section 5.3.1), between two of them by
 * proportion, and the first or last where R is too small. values (n), n >= 1: sorted in place. */
void tt_bootstrap_interval(double *values, size_t n, double level, double *low, double *high);

struct tt_estimate {
    double value;
    double low, high; /* 95 %; NaN when there were no resamples */
    size_t n;         /* the divisor: events, queries ... */
};

/* The ratios themselves with their 95 % intervals. sums, n, columns and divisors as in tt_bootstrap_ratios; divisors
 * are whole numbers and are the columns before `first`. estimates (columns - first). resamples may be 0. kept (columns
 * - first, resamples), or NULL: every resample's figures, in the order in which they were drawn. Fails only for memory.
 * Same bits for any pool. */
int tt_bootstrap_estimates(struct tt_pool *pool, const double *sums, size_t n, size_t columns, const size_t *divisors,
                           size_t first, size_t resamples, uint64_t seed, struct tt_estimate *estimates, double *kept,
                           struct tt_err *err) TT_CHECKED;

#endif
