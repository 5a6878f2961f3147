/* The catalogue of a training run: the items that somebody liked, or disliked where that counts, in the order of their
 * rows. What has no event can neither be a candidate of the loss nor be ranked.
 */
#ifndef TT_TRAIN_CATALOGUE_H
#define TT_TRAIN_CATALOGUE_H

#include "train/queries.h"

enum { TT_NO_PLACE = UINT32_MAX };

struct tt_catalogue {
    size_t n;
    uint32_t *items; /* (n) item rows, rising */
    uint32_t *place; /* (n_items) each item row's place in `items`, or TT_NO_PLACE */
};

/* The items that the queries want or dislike; n_items counts all rows of the item table. */
int tt_catalogue_init(struct tt_catalogue *catalogue, const struct tt_queries *queries, size_t n_items,
                      struct tt_err *err) TT_CHECKED;
void tt_catalogue_release(struct tt_catalogue *catalogue); /* fine on a struct that is all zero */

#endif
