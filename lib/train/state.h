/* Saves the state of a running training into a segment, and restores it. Each part of the training lists what changes
 * while it runs in one function, tt_PART_state, which serves both ways, so that what is saved and what is restored
 * cannot differ:
 *
 *     saving      each value becomes a tensor of the segment; arrays are borrowed until it is written
 *     restoring   each value is set from the tensor of its name, which must be there with the same type and shape
 *
 * What follows from examples and options is not state.
 */
#ifndef TT_TRAIN_STATE_H
#define TT_TRAIN_STATE_H

#include "io/container.h"

enum { TT_STATE_VALUES = 256 };

struct tt_state {
    struct tt_segment *segment;       /* borrowed */
    int is_restoring;
    uint64_t values[TT_STATE_VALUES]; /* single numbers that the segment borrows while saving */
    size_t n_values;
};

int tt_state_count(struct tt_state *state, const char *name, size_t *value, struct tt_err *err) TT_CHECKED;
int tt_state_flag(struct tt_state *state, const char *name, int *value, struct tt_err *err) TT_CHECKED;
int tt_state_number(struct tt_state *state, const char *name, double *value, struct tt_err *err) TT_CHECKED;

/* An array of this shape; columns 0: one dimension. */
int tt_state_array(struct tt_state *state, const char *name, enum tt_dtype dtype, size_t rows, size_t columns,
                   void *data, struct tt_err *err) TT_CHECKED;

#endif
