/* A growing array of small whole numbers in the narrowest of 1, 2 or 4 bytes each: it widens itself when a larger value
 * comes. What an event's context codes are kept in: most contexts have a handful of values.
 */
#ifndef TT_ENCODE_NARROW_H
#define TT_ENCODE_NARROW_H

#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "io/container.h"

struct tt_narrow {
    void *data;        /* owned, unless cap is 0 */
    size_t n, cap;     /* in values */
    enum tt_dtype dtype; /* TT_U8, TT_U16 or TT_U32 */
};

#define TT_NARROW_INIT { NULL, 0, 0, TT_U8 }

int tt_narrow_add(struct tt_narrow *array, uint32_t value, struct tt_err *err) TT_CHECKED;
void tt_narrow_release(struct tt_narrow *array);

static inline uint32_t tt_narrow_get(const struct tt_narrow *array, size_t i)
{
    switch (array->dtype) {
    case TT_U8: return ((const uint8_t *)array->data)[i];
    case TT_U16: return ((const uint16_t *)array->data)[i];
    default: return ((const uint32_t *)array->data)[i];
    }
}

/* A view of the segment's tensor of n values, each below `limit`. */
int tt_narrow_view(struct tt_narrow *array, const struct tt_segment *segment, const char *name, size_t n, size_t limit,
                   struct tt_err *err) TT_CHECKED;

#endif
