/* In what order users came to their items, and what that is good for: to learn to tell what comes next from what was
 * before. Where new items come up, or tastes move on, the items that a user turns to next differ from those of all
 * their past, and a loss that wants back any part of the past does not learn it.
 *
 *     tt_timeline_init(&timeline, visits, events, &err);
 *     tt_timeline_drift(&timeline, n_items, &drift, &err);      does it matter?
 *     moment = tt_timeline_moment(&timeline, user, chance);     drawn anew in each step
 *         an item is past when timeline.first[entry] < moment   what the history holds; with moment 0, always
 *         tt_timeline_is_later(&timeline, user, item, moment)   what is wanted
 *
 * An item that a user comes back to may be both.
 */
#ifndef TT_TRAIN_TIMELINE_H
#define TT_TRAIN_TIMELINE_H

#include "encode/events.h"

struct tt_timeline {
    const struct tt_bags *visits; /* borrowed: per user their items, rising */
    uint32_t *first, *last;       /* (entries of visits) 1 + time of the first and of the last visit; 0: before all */
};

/* visits: the users' histories of these events, which have times; borrowed, the events for the call. An item without an
 * event is known from an earlier model, and was before all. */
int tt_timeline_init(struct tt_timeline *timeline, const struct tt_bags *visits, const struct tt_events *events,
                     struct tt_err *err) TT_CHECKED;
void tt_timeline_release(struct tt_timeline *timeline); /* fine on a struct that is all zero */

/* How far the items that users come to late differ from those they come to early. Each user's items are cut at the
 * median of their first times (ties with it, and items without an event, are left out); over all users, item i is among
 * the early ones a_i times and among the late ones b_i times, N in all:
 *
 *     *drift = 1/N  sum over the items with a_i + b_i > 0 of  [ (a_i - b_i)^2 / (a_i + b_i)  -  1 ]
 *
 * which is what Pearson's chi-squared exceeds its expectation by, an event: 0 on average when the order means nothing,
 * and 1 (less what there are of items an event) when nobody comes late to what others come to early. 0 when N is 0.
 * Looks at some 4 million visits, of users evenly chosen; n_items counts all rows of the item table. */
int tt_timeline_drift(const struct tt_timeline *timeline, size_t n_items, double *drift, struct tt_err *err) TT_CHECKED;

/* Like `first` of one of the user's items, chance in [0, 1) saying of which, and at least 1: what was before all is
 * past at any moment. Of users who have nothing else it is 0: nothing is known to be later, so all is past and all is
 * wanted, as without a timeline. They would want nothing otherwise, and what is new would be all that anybody wants. */
uint32_t tt_timeline_moment(const struct tt_timeline *timeline, size_t user, double chance);

/* Was the user's last visit to the item at this moment or after it? 0 for an item that the user has not. */
int tt_timeline_is_later(const struct tt_timeline *timeline, size_t user, uint32_t item, uint32_t moment);

#endif
