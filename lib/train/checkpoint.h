/* Checkpoints: all that a training has become, in a file (kind "checkpoint", man 5 tt-format), so that a run that was
 * killed can be resumed and ends in the same bytes.
 *
 *     saving     tt_checkpoint_begin, the states of the training's parts into .state, tt_checkpoint_write
 *     restoring  tt_checkpoint_open, the same states, tt_checkpoint_release
 *
 * A checkpoint belongs to one run. Facts tell runs apart: the checksums of the inputs, each option that changes the
 * result, the program's version, the kind of CPU. One of another run is refused, and the message names what differs.
 *
 * A keeper says where the checkpoints of a run go and when the next one is due: as often as saving takes no more than
 * a fiftieth of the time, but within an epoch not more than ten times a second. So when a checkpoint is saved depends
 * on the clock; the model does not.
 */
#ifndef TT_TRAIN_CHECKPOINT_H
#define TT_TRAIN_CHECKPOINT_H

#include "io/stream.h"
#include "train/state.h"

/* What a run is made of: "--dim" "64", "the checksum of the examples" "3f2c...". The value is "" when there is none. */
struct tt_fact {
    const char *what, *value;
};
enum { TT_MAX_FACTS = 80 };

/* The checksums of what a training reads; "" for what is not given. */
struct tt_training_inputs {
    const char *examples, *valid, *warm_start;
};

/* The facts of a run by its program's name and version, its options as "--dim 64 --epochs 16" (cut into pieces, which
 * the facts borrow) and its inputs. Returns how many they are. */
size_t tt_facts_of_run(struct tt_fact facts[TT_MAX_FACTS], const char *program, char *options,
                       const struct tt_training_inputs *inputs);

struct tt_checkpoint_keeper {
    const char *path;            /* borrowed; NULL: no checkpoints are saved */
    const struct tt_fact *facts; /* (n_facts) of the run, borrowed */
    size_t n_facts;
    tt_temporary_fn *watch;
    /* private */
    double saved, cost;          /* when the last one was complete, and how long it took, in seconds */
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

/* Is the next checkpoint due at `now`, in seconds, at this step of an epoch? After saving it, say how long it took. */
int tt_checkpoint_is_due(const struct tt_checkpoint_keeper *keeper, double now, size_t step);
void tt_checkpoint_saved(struct tt_checkpoint_keeper *keeper, double begun, double done);

#endif
