/* The state of a training, to be stored and taken back. Each part of it lists what changes while training in one
 * function, tt_PART_state, which serves both ways, so that what is stored and what is taken back cannot differ:
 *
 *     storing   each value becomes a tensor of the segment; arrays are borrowed until it is written
 *     taking    each value is set from the tensor of its name, which must be there with the same type and shape
 *
 * What follows from examples and options is not state.
 */
#ifndef TT_IO_STATE_H
#define TT_IO_STATE_H

#include "io/container.h"

enum { TT_STATE_VALUES = 256 };

struct tt_state {
    struct tt_segment *segment;       /* borrowed */
    int is_taking;
    uint64_t values[TT_STATE_VALUES]; /* single numbers that the segment borrows while storing */
    size_t n_values;
};

int tt_state_count(struct tt_state *state, const char *name, size_t *value, struct tt_err *err) TT_CHECKED;
int tt_state_flag(struct tt_state *state, const char *name, int *value, struct tt_err *err) TT_CHECKED;
int tt_state_number(struct tt_state *state, const char *name, double *value, struct tt_err *err) TT_CHECKED;

/* An array of this shape; columns 0: one dimension. */
int tt_state_array(struct tt_state *state, const char *name, enum tt_dtype dtype, size_t rows, size_t columns,
                   void *data, struct tt_err *err) TT_CHECKED;

#endif
