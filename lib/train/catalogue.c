/* The items with an event: see catalogue.h. */
#include "train/catalogue.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

int tt_catalogue_init(struct tt_catalogue *catalogue, const struct tt_queries *queries, size_t n_items,
                      struct tt_err *err)
{
    *catalogue = (struct tt_catalogue){.items = tt_alloc(n_items, sizeof(uint32_t), err),
                                       .place = tt_alloc_zero(n_items, sizeof(uint32_t), err)};
    if (!catalogue->items || !catalogue->place) {
        tt_catalogue_release(catalogue);
        return -1;
    }
    for (size_t e = 0; e < queries->wanted.offsets[queries->n]; e++)
        catalogue->place[queries->wanted.codes[e]] = 1;
    for (size_t e = 0; queries->disliked.n_rows && e < queries->disliked.offsets[queries->n]; e++)
        catalogue->place[queries->disliked.codes[e]] = 1;
    for (size_t i = 0; i < n_items; i++) {
        int is_in = catalogue->place[i] == 1;
        catalogue->place[i] = is_in ? (uint32_t)catalogue->n : TT_NO_PLACE;
        if (is_in)
            catalogue->items[catalogue->n++] = (uint32_t)i;
    }
    return 0;
}

void tt_catalogue_release(struct tt_catalogue *catalogue)
{
    free(catalogue->items);
    free(catalogue->place);
    *catalogue = (struct tt_catalogue){0};
}
