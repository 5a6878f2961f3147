/* Histories: for each user the items of their events, as a bag whose weights grow with the number of visits and shrink
 * with their age.
 *
 *     visits v(u, i) = sum over the events of u at i of 2^(-(t_u - t) / half_life),  t_u: time of u's latest event
 *     weight         = 1 (count=one), log2(1 + v) (log), sqrt(v) (sqrt) or v (linear)
 *
 * The items of a bag stand in the order of their codes. Towers divide a bag by the length of its weights, so only their
 * proportions matter.
 */
#ifndef TT_DATA_HISTORY_H
#define TT_DATA_HISTORY_H

#include "data/feature.h"

/* Events as three parallel arrays; times may be NULL when the column has no half-life. Events of item 0 are passed over, and
 * those whose label (NULL: all 1) is 0. *bags gets n_users rows, owned; rows may be empty. */
int tt_history_build(struct tt_bags *bags, const struct tt_column *column, size_t n_users, size_t n_events,
                     const uint32_t *users, const uint32_t *items, const uint32_t *times, const uint8_t *labels,
                     struct tt_err *err) TT_CHECKED;

#endif
