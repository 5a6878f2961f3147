/* Attributes of the items, as texts: shown with an answer, and filtered by.
 *
 *     tt_item_attributes_init(&attributes, n_rows, &err);
 *     tt_item_attributes_read(&attributes, path, "store_id", &ids, &dictionary, &unknown, &err);   a table of items
 *     tt_item_attributes_add_model(&attributes, &model->entities, &ids.texts, &err);    columns that only the model has
 *     tt_item_attributes_finish(&attributes, &err);
 *     category = tt_item_attributes_find(&attributes, "category", 8);
 *     tt_item_attribute_allow(category, "korean", 6, bits);         sets the bits of the rows that have the value
 *
 * Rows are those of the index. An attribute has numbered values; each row has none, one, or, when it is a bag, several.
 */
#ifndef TT_SERVE_ITEM_ATTRIBUTES_H
#define TT_SERVE_ITEM_ATTRIBUTES_H

#include "encode/entities.h"
#include "table/vocab.h"

struct tt_item_attribute_pair {
    uint32_t row, value;
};

struct tt_item_attribute {
    char *name;
    char separator;             /* between several values; 0: there is one */
    struct tt_vocab values;
    size_t *of_row;             /* (n_rows + 1) where each row's values begin in row_values */
    uint32_t *row_values;
    size_t *of_value;           /* (values + 1) where each value's rows begin in value_rows */
    uint32_t *value_rows;       /* rising within a value */
    struct tt_item_attribute_pair *pairs; /* before finish, which makes the four arrays above of them */
    size_t n_pairs, cap_pairs;
};

struct tt_item_attributes {
    size_t n_rows;
    struct tt_item_attribute *columns;
    size_t n_columns, cap_columns;
};

int tt_item_attributes_init(struct tt_item_attributes *attributes, size_t n_rows, struct tt_err *err) TT_CHECKED;
void tt_item_attributes_release(struct tt_item_attributes *attributes); /* fine on a struct that is all zero */

/* Read all columns of a CSV or TSV except the ids'; columns that are bags in the dictionary are split as there. ids:
 * rows by text. Rows with an item that is not among them are skipped, and *unknown is their number; so are all but the
 * first row of an item. To be called before finish, at most once. */
int tt_item_attributes_read(struct tt_item_attributes *attributes, const char *path, const char *id_column,
                            const struct tt_vocab *ids, const struct tt_dictionary *dictionary, size_t *unknown,
                            struct tt_err *err) TT_CHECKED;

/* Add the categories and bags of the model's items, except columns that are there already. ids (n_rows): the texts of
 * the rows. The dictionary must be indexed. */
int tt_item_attributes_add_model(struct tt_item_attributes *attributes, const struct tt_entities *base,
                                 const struct tt_text_list *ids, struct tt_err *err) TT_CHECKED;

int tt_item_attributes_finish(struct tt_item_attributes *attributes, struct tt_err *err) TT_CHECKED;

/* The attribute of this name, or NULL. */
const struct tt_item_attribute *tt_item_attributes_find(const struct tt_item_attributes *attributes, const char *name,
                                                        size_t len);

/* Set the bits of the rows that have the value; row 0 is the lowest bit of word 0. Returns how many rows have it. */
size_t tt_item_attribute_allow(const struct tt_item_attribute *column, const char *value, size_t len, uint64_t *bits);

/* The numbers of the row's *n values. */
static inline const uint32_t *tt_item_attribute_values(const struct tt_item_attribute *column, size_t row, size_t *n)
{
    *n = column->of_row[row + 1] - column->of_row[row];
    return column->row_values + column->of_row[row];
}

#endif
