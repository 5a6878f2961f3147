/* Events in two parts: those to learn from, and some of each user's put aside to validate by.
 *
 * With times the latest are put aside, since what is asked of a model is what comes next. Events of one time, as of one
 * order, stay together: the cut is moved to the nearest change of time, unless all of a user's events have one time.
 * Without times, and where times are equal, they are drawn by a hash of (seed, event): repeats of a pair of user and
 * item are events of their own, as they are in the future that validation stands for.
 *
 * Of a user's n events share n are put aside, rounded up or down by the same hash, so that users of few events take
 * part too, but never the last one that is left: nobody becomes unknown. Events count whatever their labels and
 * weights.
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
