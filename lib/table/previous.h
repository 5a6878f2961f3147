/* Columns of the previous row of the same user, or of another group of rows: a context that was known at the time of
 * the row, such as where the user was last.
 *
 *     tt_previous_init(&previous, &err);
 *     tt_previous_columns(&previous, "cell_250,cell_1000", &err);
 *     tt_previous_by(&previous, "user_id,week_id", &err);
 *     tt_previous_find(&previous, &csv, &err);             once the header is read
 *     for each row: tt_previous_write(&previous, &csv, &writer, &err);
 *
 * Rows with equal fields in all columns of `by` are a group. The previous row is the last one before in the input of
 * the same group; the first row of a group has none, and gets empty fields. Memory: each group's key, each distinct
 * text, and 4 bytes a group and column.
 */
#ifndef TT_TABLE_PREVIOUS_H
#define TT_TABLE_PREVIOUS_H

#include "table/vocab.h"
#include "io/csv_reader.h"
#include "io/stream.h"

enum { TT_PREVIOUS_MAX = 32 }; /* columns in each of the two lists */

struct tt_previous_column {
    char *name;
    long at; /* in the input */
};

struct tt_previous {
    struct tt_previous_column columns[TT_PREVIOUS_MAX], by[TT_PREVIOUS_MAX];
    size_t n_columns, n_by;
    struct tt_vocab groups, texts;
    uint32_t *last;  /* (groups, n_columns) codes of texts */
    size_t cap_last;
    struct tt_buf key;
};

int tt_previous_init(struct tt_previous *previous, struct tt_err *err) TT_CHECKED;
void tt_previous_release(struct tt_previous *previous); /* fine on a struct that is all zero */

/* Names separated by commas. Errors (TT_ERR_USAGE) begin with the part at fault and do not name an option. */
int tt_previous_columns(struct tt_previous *previous, const char *names, struct tt_err *err) TT_CHECKED;
int tt_previous_by(struct tt_previous *previous, const char *names, struct tt_err *err) TT_CHECKED;

/* Find all columns in the input; an error names the one that is missing. */
int tt_previous_find(struct tt_previous *previous, struct tt_csv *csv, struct tt_err *err) TT_CHECKED;

/* Write the fields of the group's previous row, each after a delimiter, and keep those of this row. */
int tt_previous_write(struct tt_previous *previous, const struct tt_csv *csv, struct tt_writer *writer,
                      struct tt_err *err) TT_CHECKED;

#endif
