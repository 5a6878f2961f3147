/* What is known of the items besides their vectors, as texts: to show with an answer, and to filter by.
 *
 *     tt_shelf_init(&shelf, n_rows, &err);
 *     tt_shelf_read(&shelf, path, "store_id", &ids, &model->base.dictionary, &unknown, &err);    a table of items
 *     tt_shelf_add_known(&shelf, &model->base, &ids.texts, &err);      what the model knows, of columns not there yet
 *     tt_shelf_finish(&shelf, &err);
 *     column = tt_shelf_find(&shelf, "category", 8);
 *     tt_shelf_allow(column, "korean", 6, bits);                       bits of the rows that have the value
 *
 * Rows are those of the index. A column has values, numbered, and for each row the numbers of its values (none, one, or
 * of a bag several), and for each value its rows.
 */
#ifndef TT_SERVE_SHELF_H
#define TT_SERVE_SHELF_H

#include "encode/entities.h"
#include "table/vocab.h"

struct tt_shelf_pair {
    uint32_t row, value;
};

struct tt_shelf_column {
    char *name;
    char separator;             /* between several values; 0: there is one */
    struct tt_vocab values;
    size_t *of_row;             /* (n_rows + 1) into row_values */
    uint32_t *row_values;
    size_t *of_value;           /* (values + 1) into value_rows */
    uint32_t *value_rows;       /* rising within a value */
    struct tt_shelf_pair *pairs; /* until finish, which sorts them both ways */
    size_t n_pairs, cap_pairs;
};

struct tt_shelf {
    size_t n_rows;
    struct tt_shelf_column *columns;
    size_t n_columns, cap_columns;
};

int tt_shelf_init(struct tt_shelf *shelf, size_t n_rows, struct tt_err *err) TT_CHECKED;
void tt_shelf_release(struct tt_shelf *shelf); /* fine on a struct that is all zero */

/* All columns of a CSV or TSV but the id's; columns that are bags in the dictionary are split as there. ids: rows by
 * text. *unknown: how many rows of the file name an item that is not there; they are passed over, as are all but the
 * first row of an item. Before finish, once. */
int tt_shelf_read(struct tt_shelf *shelf, const char *path, const char *id_column, const struct tt_vocab *ids,
                  const struct tt_dictionary *dictionary, size_t *unknown, struct tt_err *err) TT_CHECKED;

/* Categories and bags of the model's items whose columns are not there yet. ids (n_rows): the texts of the rows; the
 * dictionary is indexed. */
int tt_shelf_add_known(struct tt_shelf *shelf, const struct tt_entities *base, const struct tt_text_list *ids,
                       struct tt_err *err) TT_CHECKED;

int tt_shelf_finish(struct tt_shelf *shelf, struct tt_err *err) TT_CHECKED;

/* NULL: there is none of this name. */
const struct tt_shelf_column *tt_shelf_find(const struct tt_shelf *shelf, const char *name, size_t len);

/* Set the bits of the rows that have the value, row 0 the lowest of word 0; how many rows these are. */
size_t tt_shelf_allow(const struct tt_shelf_column *column, const char *value, size_t len, uint64_t *bits);

/* The numbers of a row's values, *n of them. */
static inline const uint32_t *tt_shelf_values(const struct tt_shelf_column *column, size_t row, size_t *n)
{
    *n = column->of_row[row + 1] - column->of_row[row];
    return column->row_values + column->of_row[row];
}

#endif
