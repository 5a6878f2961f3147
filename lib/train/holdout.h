/* Splits events in two: those that a run learns from, and a share of each user's events that is held out to validate
 * by.
 *
 * With times the latest events are held out, because the model will be asked for what comes next. Events of one time,
 * as of one order, stay together: the cut is moved to the nearest change of time, unless all of a user's events have
 * one time. Without times, and where times are equal, events are drawn by a hash of (seed, event). Repeats of a pair of
 * user and item are events of their own.
 *
 * Of a user's n events share * n are held out, rounded up or down by the same hash, so that users of few events take
 * part too, but never all of them: no user becomes unknown. Events count whatever their labels and weights.
 */
#ifndef TT_TRAIN_HOLDOUT_H
#define TT_TRAIN_HOLDOUT_H

#include "encode/events.h"

struct tt_holdout {
    struct tt_events kept, held; /* owned, in the events' order */
};

/* share in (0, 1); every user is below n_users. Events, dictionary, share and seed determine the result. */
int tt_holdout_init(struct tt_holdout *holdout, const struct tt_events *events, const struct tt_dictionary *dictionary,
                    size_t n_users, double share, uint64_t seed, struct tt_err *err) TT_CHECKED;
void tt_holdout_release(struct tt_holdout *holdout); /* fine on a struct that is all zero */

#endif
