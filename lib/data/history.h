/* Histories: for each user the items of their events, as a bag whose weights grow with the number of visits and shrink
 * with their age.
 *
 *     visits v(u, i) = sum over the events of u at i of g 2^(-(t_u - t) / half_life)
 *                      t_u: time of u's latest event; g: the event's own weight, 1 when there is none
 *     weight         = 1 (count=one), log2(1 + v) (log), sqrt(v) (sqrt) or v (linear); v at most 1e30
 *
 * The items of a bag stand in the order of their codes. Towers divide a bag by the length of its weights, so only their
 * proportions matter.
 */
#ifndef TT_DATA_HISTORY_H
#define TT_DATA_HISTORY_H

#include "data/feature.h"

/* Visits as parallel arrays; each of the last three may be NULL: no times (then the column has no half-life), all
 * labels 1, all weights 1. Visits to item 0 are passed over, and those whose label or weight is 0. The order of visits
 * does not matter. */
struct tt_visits {
    size_t n;
    const uint32_t *user, *item;
    const uint32_t *time;
    const uint8_t *label;
    const float *weight;
};

/* *bags gets n_users rows, owned; rows may be empty. */
int tt_history_build(struct tt_bags *bags, const struct tt_column *column, size_t n_users,
                     const struct tt_visits *visits, struct tt_err *err) TT_CHECKED;

#endif
