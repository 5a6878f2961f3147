/* Fills the table rows that no training step has updated, which have only their first values.
 *
 * Row 0 of a table, the unknown code, becomes the mean of the trained rows (for a scaled number 0, as for the mean
 * number; for a history the mean bag of the users that have one), unless empty fields or dropped histories have trained
 * it. Then every other untrained row becomes a copy of row 0.
 */
#ifndef TT_TRAIN_UNTRAINED_ROWS_H
#define TT_TRAIN_UNTRAINED_ROWS_H

#include "model/model.h"

/* trained (schema.n_columns) of (n_codes): 1 for a row that has had a gradient; entries of columns without a table are
 * not read. visits: each user's bag of a history column. Cannot fail. */
void tt_untrained_rows_fill(struct tt_model *model, unsigned char *const *trained, const struct tt_bags *visits);

#endif
