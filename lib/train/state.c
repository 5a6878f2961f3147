/* State, saved and restored: see state.h. */
#include "train/state.h"

#include <string.h>

int tt_state_array(struct tt_state *state, const char *name, enum tt_dtype dtype, size_t rows, size_t columns,
                   void *data, struct tt_err *err)
{
    if (!state->is_restoring)
        return tt_segment_tensor(state->segment, name, dtype, rows, columns, data, err);
    const struct tt_tensor *t = tt_segment_need(state->segment, name, dtype, rows, columns, err);
    if (!t)
        return -1;
    size_t bytes = rows * (columns ? columns : 1) * tt_dtype_size(dtype); /* no overflow: the tensor is there */
    if (bytes)
        memcpy(data, t->data, bytes);
    return 0;
}

/* A place that outlives the call. */
static uint64_t *hold(struct tt_state *state, struct tt_err *err)
{
    if (state->n_values < TT_STATE_VALUES)
        return &state->values[state->n_values++];
    tt_err_set(err, TT_ERR_INPUT, "a state of more than %d numbers", TT_STATE_VALUES);
    return NULL;
}

int tt_state_count(struct tt_state *state, const char *name, size_t *value, struct tt_err *err)
{
    uint64_t *held = hold(state, err);

    if (!held)
        return -1;
    *held = *value;
    if (tt_state_array(state, name, TT_U64, 1, 0, held, err))
        return -1;
    *value = (size_t)*held;
    return 0;
}

int tt_state_flag(struct tt_state *state, const char *name, int *value, struct tt_err *err)
{
    size_t flag = *value != 0;

    if (tt_state_count(state, name, &flag, err))
        return -1;
    *value = flag != 0;
    return 0;
}

int tt_state_number(struct tt_state *state, const char *name, double *value, struct tt_err *err)
{
    uint64_t *held = hold(state, err);

    if (!held)
        return -1;
    memcpy(held, value, sizeof(*held));
    if (tt_state_array(state, name, TT_F64, 1, 0, held, err))
        return -1;
    memcpy(value, held, sizeof(*held));
    return 0;
}
