/* Histories: for each user the items of their events, as a bag whose weights grow with the number of visits and shrink
 * with their age.
 *
 *     visits v(u, i) = sum over the events of u at i of g 2^(-(t_u - t) / half_life)
 *                      t_u: time of u's latest event; g: the event's own weight, 1 when there is none
 *     weight         = 1 (count=one), log2(1 + v) (log), sqrt(v) (sqrt) or v (linear); v at most 1e30
 *
 * The items of a bag stand in the order of their codes. Towers divide a bag by the length of its weights, so only their
 * proportions matter.
 *
 * A history can be continued without its events: v follows from the weight (all but for count=one, where it does not
 * matter), and with a half-life it fades by the time from the user's latest event then to the latest one now.
 */
#ifndef TT_ENCODE_HISTORY_H
#define TT_ENCODE_HISTORY_H

#include "encode/events.h"

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

/* Events as visits, each by its user. */
static inline struct tt_visits tt_visits_of(const struct tt_events *events)
{
    return (struct tt_visits){.n = events->n, .user = events->user, .item = events->item, .time = events->time,
                              .label = events->label, .weight = events->weight};
}

/* *bags gets n_users rows, owned; rows may be empty. */
int tt_history_build(struct tt_bags *bags, const struct tt_column *column, size_t n_users,
                     const struct tt_visits *visits, struct tt_err *err) TT_CHECKED;

/* Histories of an earlier day: bags made by the same column over users 0 ... bags->n_rows - 1, and the time of each
 * one's latest event (0: none), which a column with a half-life needs. Both borrowed. */
struct tt_earlier_histories {
    const struct tt_bags *bags;
    const uint32_t *latest;
};

/* The histories of all events, of which `earlier` sums up the earlier ones and `visits` holds the rest: as
 * tt_history_build would make them of both, but for roundings of a float. n_users is at least earlier->bags->n_rows. */
int tt_history_extend(struct tt_bags *bags, const struct tt_column *column, size_t n_users,
                      const struct tt_earlier_histories *earlier, const struct tt_visits *visits,
                      struct tt_err *err) TT_CHECKED;

/* The visits v that a user's earlier bag stands for at the time `latest`, not before their latest event: visits has
 * room for the bag. */
void tt_history_recall(const struct tt_column *column, const struct tt_earlier_histories *earlier, size_t user,
                       uint32_t latest, double *visits);

/* latest (n_users): raised to the time of each user's latest event that counts. visits->time must be there. */
void tt_history_latest(uint32_t *latest, const struct tt_visits *visits);

#endif
