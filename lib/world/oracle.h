/* The best possible Top-k accuracy in a made-up world. For one user and meal time no list of k stores can hold a larger
 * share of the visits than the sum of the k largest probabilities; the mean of these sums over visits is the bound, and
 * what a model reaches that has learnt the true probabilities.
 */
#ifndef TT_WORLD_ORACLE_H
#define TT_WORLD_ORACLE_H

#include "world/world.h"

enum { TT_ORACLE_MAX_K = 100 };

struct tt_oracle {
    double value, low, high; /* low, high: 95 % interval; equal to value when every user was looked at */
};

/* For each k of ks (n_k), ascending, at most TT_ORACLE_MAX_K (those above n_stores count as n_stores):
 *   with_meal     (n_k)  the best accuracy of lists that depend on user and meal time
 *   without_meal  (n_k)  that of lists that depend on the user alone
 *   n_users              how many users it was computed from: all when users * stores <= 10^8, else a sample, drawn by
 *                        activity */
int tt_world_oracle(const struct tt_world *world, const int *ks, size_t n_k, struct tt_oracle *with_meal,
                    struct tt_oracle *without_meal, uint64_t *n_users, struct tt_err *err) TT_CHECKED;

#endif
