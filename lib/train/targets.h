/* Which of a user's items are the targets of a training step.
 *
 *     all     every item of the user, given all of the history (less what dropout leaves out)
 *     later   the items after a moment that the step draws, given the history before it (timeline.h)
 *     auto    later if the examples extend a model that was trained so, or if the users' items drift; all otherwise,
 *             and where events have no time
 *
 * `all` suits users who return to what they know, `later` those who move on. The drift is measured in timeline.h.
 */
#ifndef TT_TRAIN_TARGETS_H
#define TT_TRAIN_TARGETS_H

#include "model/model.h"
#include "train/timeline.h"

enum tt_targets { TT_TARGETS_AUTO, TT_TARGETS_ALL, TT_TARGETS_LATER };
extern const char *const tt_targets_names[]; /* ended by NULL */

struct tt_targets_choice {
    enum tt_targets kind;        /* not auto */
    double drift;                /* -1 when it was not measured */
    int is_as_before;            /* as the extended model was trained, not by the drift */
    struct tt_timeline timeline; /* for `later`; else empty */
};

/* visits: the users' histories. extended: the model that the examples extend, or NULL. `later` without times is an
 * error. */
int tt_targets_choose(struct tt_targets_choice *choice, enum tt_targets asked, const struct tt_events *events,
                      const struct tt_bags *visits, size_t n_items, const struct tt_model *extended,
                      struct tt_err *err) TT_CHECKED;
void tt_targets_release(struct tt_targets_choice *choice); /* fine on a struct that is all zero */

#endif
