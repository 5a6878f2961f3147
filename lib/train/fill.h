/* What training never saw has only its first values in its row: after training such rows are filled.
 *
 * Row 0 of a table, the unknown code, becomes the mean of the rows that were trained (of a scaled number 0, as for the
 * mean number; of a history the mean bag of the users that have one), unless empty fields or dropped histories have
 * trained it. Then every other untrained row becomes row 0.
 */
#ifndef TT_TRAIN_FILL_H
#define TT_TRAIN_FILL_H

#include "model/model.h"

/* trained (schema.n_columns) of (n_codes): 1 for a row that has had a gradient; entries for columns without a table are
 * not looked at. visits: per user, the bags that a history column stands for. Cannot fail. */
void tt_fill_untrained(struct tt_model *model, unsigned char *const *trained, const struct tt_bags *visits);

#endif
