/* Checkpoints: all that a training has become, in a file (kind "checkpoint", man 5 tt-format), so that a run that was
 * killed goes on and ends in the same bytes.
 *
 *     storing   tt_checkpoint_begin, the states of the training's parts into .state, tt_checkpoint_write
 *     taking    tt_checkpoint_open, the same states, tt_checkpoint_release
 *
 * A checkpoint belongs to one run. Facts tell the runs apart: the examples' checksum, each option that rules the
 * result, the program's version, the kind of CPU. One of another run is refused, and the message names what differs.
 */
#ifndef TT_TRAIN_CHECKPOINT_H
#define TT_TRAIN_CHECKPOINT_H

#include "io/stream.h"
#include "train/state.h"

/* What a run is made of: "--dim" "64", "the checksum of the examples" "3f2c...". The value is "" when there is none. */
struct tt_fact {
    const char *what, *value;
};

struct tt_checkpoint {
    struct tt_segment segment;
    struct tt_state state;
};

int tt_checkpoint_begin(struct tt_checkpoint *checkpoint, const struct tt_fact *facts, size_t n_facts,
                        struct tt_err *err) TT_CHECKED;

/* Write the file beside `path` and rename it: it is complete, or the old one stays. */
int tt_checkpoint_write(struct tt_checkpoint *checkpoint, const char *path, tt_temporary_fn *watch,
                        struct tt_err *err) TT_CHECKED;

/* Load one; it must have these facts and no others. `path` is borrowed until release. */
int tt_checkpoint_open(struct tt_checkpoint *checkpoint, const char *path, const struct tt_fact *facts, size_t n_facts,
                       struct tt_err *err) TT_CHECKED;

void tt_checkpoint_release(struct tt_checkpoint *checkpoint); /* fine on a struct that is all zero */

#endif
