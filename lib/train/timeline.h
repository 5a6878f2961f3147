/* The order in which users first and last visited their items, for steps that predict later items from earlier ones.
 * Where new items appear or tastes change, the items that a user visits next differ from those of the whole past, and a
 * loss that predicts any part of the past from the rest does not learn it.
 *
 *     tt_timeline_init(&timeline, visits, events, &err);
 *     tt_timeline_drift(&timeline, n_items, &drift, &err);      does the order matter?
 *     moment = tt_timeline_moment(&timeline, user, chance);     a random moment, another one in each step
 *         history   the items with timeline.first[entry] < moment; with moment 0, all
 *         targets   the items with tt_timeline_is_later(&timeline, user, item, moment)
 *
 * An item that a user visits again may be in both.
 */
#ifndef TT_TRAIN_TIMELINE_H
#define TT_TRAIN_TIMELINE_H

#include "encode/events.h"

struct tt_timeline {
    const struct tt_bags *visits; /* borrowed: per user their items, rising */
    uint32_t *first, *last;       /* (entries of visits) 1 + time of the first and of the last visit; 0: before all */
};

/* visits: the users' histories of these events, which have times; borrowed, the events for the call. An item without an
 * event is from an earlier model's history, and is before all others. */
int tt_timeline_init(struct tt_timeline *timeline, const struct tt_bags *visits, const struct tt_events *events,
                     struct tt_err *err) TT_CHECKED;
void tt_timeline_release(struct tt_timeline *timeline); /* fine on a struct that is all zero */

/* How much the items that users visit late differ from those that they visit early. Each user's items are cut at the
 * median of their first times (ties with it, and items without an event, are left out); over all users, item i is among
 * the early ones a_i times and among the late ones b_i times, N in all:
 *
 *     *drift = 1/N  sum over the items with a_i + b_i > 0 of  [ (a_i - b_i)^2 / (a_i + b_i)  -  1 ]
 *
 * which is the excess of Pearson's chi-squared over its expectation, per event. It is 0 on average when the order means
 * nothing, and 1 (less the number of items per event) when no item is late for one user and early for another. 0 when N
 * is 0. Reads some 4 million visits, of evenly chosen users; n_items counts all rows of the item table. */
int tt_timeline_drift(const struct tt_timeline *timeline, size_t n_items, double *drift, struct tt_err *err) TT_CHECKED;

/* A random moment of a user's past: `first` of one of their items, which `chance` in [0, 1) selects, but at least 1, so
 * that items before all others are in the history. It is 0 for users who have only such items: the whole history is
 * input and target then, as without a timeline. Otherwise these users would have no targets, and training would learn
 * new items alone. */
uint32_t tt_timeline_moment(const struct tt_timeline *timeline, size_t user, double chance);

/* Was the user's last visit to the item at this moment or later? 0 for an item that is not in the user's history. */
int tt_timeline_is_later(const struct tt_timeline *timeline, size_t user, uint32_t item, uint32_t moment);

#endif
