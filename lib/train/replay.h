/* Replays an earlier model's user histories as events beside the new ones.
 *
 * Training on the events of a day alone would forget: only the items of that day would be positives. The users'
 * histories in the earlier model hold the events before, so training goes over these again.
 */
#ifndef TT_TRAIN_REPLAY_H
#define TT_TRAIN_REPLAY_H

#include "encode/entities.h"
#include "encode/events.h"
#include "encode/history.h"

/* Whose histories are replayed: those of every user with a new event that counts, and of a random share of the others,
 * which depends on the examples. */
struct tt_replay {
    double share;  /* of the others, 0 to 1 */
    uint64_t seed;
};

/* *all gets `events` of `base` with weights, and behind them the replayed ones: one for each item of a history, with
 * the number of visits as weight, label 1, unknown contexts, and the user's latest time. `column` is the history's
 * column, `past` the earlier model's histories. The caller owns *all: tt_events_release. */
int tt_replay_histories(struct tt_events *all, const struct tt_events *events, const struct tt_entities *base,
                        const struct tt_column *column, const struct tt_earlier_histories *past,
                        const struct tt_replay *replay, struct tt_err *err) TT_CHECKED;

#endif
