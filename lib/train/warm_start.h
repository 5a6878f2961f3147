/* Warm start: initialises tables and layers from an earlier model of the same schema and dimension. The dictionaries
 * may have given other codes to the same texts. Rows are matched
 *
 *     by text    ids, categories, values of bags, contexts, and the items of histories
 *     by slot    hashes
 *     by value   buckets of numbers: the old bucket that holds the middle of the new one; the row of a scaled number is
 *                scaled by the ratio of the deviations
 *
 * A row whose code the earlier model had trained is carried over. Each new row is estimated from the vectors, by the
 * earlier model, that its code occurs with. For a column of the items, or a history, z_r is the mean vector of the
 * users who visited an item of code r; for a column of the users or a context, that of the items at the visits of code
 * r. The map
 *
 *     row_r ~ W z_r + b
 *
 * is fitted to the carried rows by ridge regression (Hoerl & Kennard 1970), and applied to the new ones. They get a
 * little noise, so that equal rows can become different. Layers are carried over whole.
 */
#ifndef TT_TRAIN_WARM_START_H
#define TT_TRAIN_WARM_START_H

#include "encode/events.h"
#include "model/model.h"

/* Fail if the earlier model has another schema or dimension than `model`, and say what differs; or if it is not the one
 * that the examples in `model` extend. */
int tt_warm_check(const struct tt_model *model, const struct tt_model *earlier, struct tt_err *err) TT_CHECKED;

/* Initialise the model's tables and layers from the earlier ones; both have the same layers. events: to train on.
 * visits: each user's items (rows of model->entities.users, whose histories are filled). carried (schema.n_columns) of
 * (n_codes): set to 1 for a row that is carried over, the unknown code's among them. Same bits for any pool. */
int tt_warm_start(struct tt_model *model, const struct tt_model *earlier, const struct tt_events *events,
                  const struct tt_bags *visits, uint64_t seed, double noise, unsigned char **carried,
                  struct tt_pool *pool, struct tt_err *err) TT_CHECKED;

#endif
