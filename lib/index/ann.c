/* The table of index types: see ann.h. */
#include "index/ann.h"

#include <string.h>

#include "index/flat.h"

const struct tt_ann_type *const tt_ann_types[] = {
    &tt_flat_type,
    NULL,
};

_Static_assert(sizeof(tt_ann_types) / sizeof(*tt_ann_types) <= TT_ANN_MAX_TYPES + 1, "room for the names of all types");

const struct tt_ann_type *tt_ann_type_find(const char *name)
{
    for (size_t i = 0; tt_ann_types[i]; i++)
        if (strcmp(tt_ann_types[i]->name, name) == 0)
            return tt_ann_types[i];
    return NULL;
}
