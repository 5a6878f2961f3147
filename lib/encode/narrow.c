/* A growing array of small whole numbers: see narrow.h. */
#include "encode/narrow.h"

#include <stdlib.h>

#include "base/alloc.h"

static void put(struct tt_narrow *array, size_t i, uint32_t value)
{
    switch (array->dtype) {
    case TT_U8: ((uint8_t *)array->data)[i] = (uint8_t)value; break;
    case TT_U16: ((uint16_t *)array->data)[i] = (uint16_t)value; break;
    default: ((uint32_t *)array->data)[i] = value; break;
    }
}

/* Copy everything into wider values. */
static int widen(struct tt_narrow *array, uint32_t value, struct tt_err *err)
{
    struct tt_narrow wide = {NULL, 0, 0, value > UINT16_MAX ? TT_U32 : TT_U16};

    if (tt_grow(&wide.data, &wide.cap, array->cap ? array->cap : 16, tt_dtype_size(wide.dtype), err))
        return -1;
    for (size_t i = 0; i < array->n; i++)
        put(&wide, i, tt_narrow_get(array, i));
    wide.n = array->n;
    free(array->data);
    *array = wide;
    return 0;
}

int tt_narrow_add(struct tt_narrow *array, uint32_t value, struct tt_err *err)
{
    if ((array->dtype == TT_U8 && value > UINT8_MAX) || (array->dtype == TT_U16 && value > UINT16_MAX))
        if (widen(array, value, err))
            return -1;
    if (array->n == array->cap && tt_grow(&array->data, &array->cap, array->n + 1, tt_dtype_size(array->dtype), err))
        return -1;
    put(array, array->n++, value);
    return 0;
}

void tt_narrow_release(struct tt_narrow *array)
{
    if (array->cap)
        free(array->data);
    *array = (struct tt_narrow)TT_NARROW_INIT;
}

int tt_narrow_view(struct tt_narrow *array, const struct tt_segment *segment, const char *name, size_t n, size_t limit,
                   struct tt_err *err)
{
    const struct tt_tensor *t = tt_segment_find(segment, name);

    if (!t || t->n_dims != 1 || t->shape[0] != n ||
        (t->dtype != TT_U8 && t->dtype != TT_U16 && t->dtype != TT_U32))
        return tt_err_set(err, TT_ERR_INPUT, "%s: no tensor '%s' of %zu codes", segment->name, name, n);
    *array = (struct tt_narrow){(void *)t->data, n, 0, t->dtype};
    for (size_t i = 0; i < n; i++)
        if (tt_narrow_get(array, i) >= limit)
            return tt_err_set(err, TT_ERR_INPUT, "%s: tensor '%s': a code that the vocabulary does not have",
                              segment->name, name);
    return 0;
}
