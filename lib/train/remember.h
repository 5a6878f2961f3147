/* What an earlier model remembers: its users' histories as events beside the new ones.
 *
 * Training on a day's events alone would unlearn: the day's items seem to be all that anybody wants. A model with a
 * history column knows where its users have been, so they are learnt with those visits too.
 */
#ifndef TT_TRAIN_REMEMBER_H
#define TT_TRAIN_REMEMBER_H

#include "encode/entities.h"
#include "encode/events.h"
#include "encode/history.h"

/* Whose visits are remembered: of every user with an event that counts, and of a share of the others, another one for
 * other examples. */
struct tt_remember {
    double others; /* 0 to 1 */
    uint64_t seed;
};

/* *all gets `events` of `base` with weights, and behind them the remembered visits: user and item, the number of
 * visits as weight, label 1, contexts unknown, and the user's latest time. `column` is the history's, `past` what the
 * earlier model has in it. Owned: tt_events_release. */
int tt_remember_visits(struct tt_events *all, const struct tt_events *events, const struct tt_entities *base,
                       const struct tt_column *column, const struct tt_past *past, const struct tt_remember *remember,
                       struct tt_err *err) TT_CHECKED;

#endif
