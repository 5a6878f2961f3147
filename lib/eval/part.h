/* The same lists judged by some of the test events only, as if these were the whole truth: a query that has none of
 * them does not count, nor does its user.
 *
 *     tt_part_judge(&part, &e, events, n, &err);
 *     tt_evaluation_estimates(&part, pool, 1000, seed, estimates, NULL, &err);
 *     tt_evaluation_release(&part);
 */
#ifndef TT_EVAL_PART_H
#define TT_EVAL_PART_H

#include "eval/evaluation.h"

/* part: what tt_evaluation_estimates needs, n_events, n_queries and n_users among it, and nothing of the texts; it
 * borrows ks of e and is to be released. events (n): places in e's events, ascending, n >= 1. Users and queries are
 * numbered by first appearance in the part, so that the estimates have the same bits as those of a truth that holds
 * no other events. Fails only for memory: the part is released then. */
int tt_part_judge(struct tt_evaluation *part, const struct tt_evaluation *e, const uint32_t *events, size_t n,
                  struct tt_err *err) TT_CHECKED;

#endif
