/* The warm start: tables begin as those of an earlier model of the same schema and dimension, whatever codes its
 * dictionary gave to the texts.
 *
 *     matched by text   ids, categories, values of bags, contexts, and the items of histories
 *     by place          slots of hashes
 *     by value          buckets of numbers: the old bucket that holds the new one's middle; a scaled number's row is
 *                       scaled by the ratio of the deviations
 *
 * A row whose code the earlier model had trained is carried over. Each other row, of what is new, begins where the old
 * space would expect it. With z_r the mean vector of the users who visited an item of code r (of an item's column or
 * a history), or of the items at the visits of code r (of a user's column), by the earlier model, the map
 *
 *     row_r ~ W z_r + b
 *
 * is fitted to the carried rows by ridge regression (Hoerl & Kennard 1970), and tells the row of what is new. It gets a
 * little noise, so that equal rows can part. Layers are carried over whole.
 */
#ifndef TT_TRAIN_WARM_START_H
#define TT_TRAIN_WARM_START_H

#include "encode/events.h"
#include "model/model.h"

/* Refuse an earlier model of another schema or dimension than `model`, naming what differs; and one that is not what
 * the examples in `model` extend. */
int tt_warm_check(const struct tt_model *model, const struct tt_model *earlier, struct tt_err *err) TT_CHECKED;

/* Fill the model's tables and layers from the earlier one's; both have the same layers. events: what is learnt from.
 * visits: each user's items (rows of model->base.users, whose histories are filled). carried (schema.n_columns) of
 * (n_codes): set to 1 for a row that is carried over, the unknown code's among them. Same bits for any pool. */
int tt_warm_start(struct tt_model *model, const struct tt_model *earlier, const struct tt_events *events,
                  const struct tt_bags *visits, uint64_t seed, double noise, unsigned char **carried,
                  struct tt_pool *pool, struct tt_err *err) TT_CHECKED;

#endif
