/* Attributes of the items: see item_attributes.h. */
#include "serve/item_attributes.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "encode/column_kind.h"
#include "io/csv_reader.h"

int tt_item_attributes_init(struct tt_item_attributes *attributes, size_t n_rows, struct tt_err *err)
{
    *attributes = (struct tt_item_attributes){.n_rows = n_rows};
    return n_rows > UINT32_MAX ? tt_err_set(err, TT_ERR_INPUT, "more items than a row number can name") : 0;
}

void tt_item_attributes_release(struct tt_item_attributes *attributes)
{
    for (size_t i = 0; i < attributes->n_columns; i++) {
        struct tt_item_attribute *c = &attributes->columns[i];
        free(c->name);
        tt_vocab_release(&c->values);
        free(c->of_row);
        free(c->row_values);
        free(c->of_value);
        free(c->value_rows);
        free(c->pairs);
    }
    free(attributes->columns);
    *attributes = (struct tt_item_attributes){0};
}

static int add_column(struct tt_item_attributes *attributes, const char *name, char separator, struct tt_err *err)
{
    if (tt_grow(&attributes->columns, &attributes->cap_columns, attributes->n_columns + 1, sizeof(*attributes->columns),
                err))
        return -1;
    struct tt_item_attribute *c = &attributes->columns[attributes->n_columns];
    *c = (struct tt_item_attribute){.separator = separator};
    attributes->n_columns++;
    c->name = tt_copy_text(name, strlen(name), err);
    return !c->name || tt_vocab_init(&c->values, err) ? -1 : 0;
}

static int add_value(struct tt_item_attribute *c, uint32_t row, const char *text, size_t len, struct tt_err *err)
{
    struct tt_item_attribute_pair pair = {.row = row};

    if (len == 0)
        return 0;
    if (tt_vocab_add(&c->values, text, len, &pair.value, err))
        return -1;
    for (size_t i = c->n_pairs; i > 0 && c->pairs[i - 1].row == row; i--)
        if (c->pairs[i - 1].value == pair.value)
            return 0;
    if (tt_grow(&c->pairs, &c->cap_pairs, c->n_pairs + 1, sizeof(*c->pairs), err))
        return -1;
    c->pairs[c->n_pairs++] = pair;
    return 0;
}

/* One field, which may hold several values. */
static int add_field(struct tt_item_attribute *c, uint32_t row, const char *text, size_t len, struct tt_err *err)
{
    const char *end = text + len, *cut;

    for (; c->separator && (cut = memchr(text, c->separator, (size_t)(end - text))); text = cut + 1)
        if (add_value(c, row, text, (size_t)(cut - text), err))
            return -1;
    return add_value(c, row, text, (size_t)(end - text), err);
}

static char separator_of(const struct tt_dictionary *dictionary, const char *name)
{
    for (size_t i = 0; i < dictionary->schema.n_columns; i++) {
        const struct tt_column *c = &dictionary->schema.columns[i];
        if (c->side == TT_ITEM && tt_column_is_attribute(c) && strcmp(c->name, name) == 0)
            return c->separator;
    }
    return 0;
}

int tt_item_attributes_read(struct tt_item_attributes *attributes, const char *path, const char *id_column,
                            const struct tt_vocab *ids, const struct tt_dictionary *dictionary, size_t *unknown,
                            struct tt_err *err)
{
    struct tt_csv csv = {0};
    unsigned char *had = tt_alloc_zero(attributes->n_rows, 1, err);
    long id;
    int more = -1;

    *unknown = 0;
    if (!had || tt_csv_open(&csv, path, TT_CSV_AUTO, err) || (id = tt_csv_need_column(&csv, id_column, err)) < 0)
        goto done;
    for (size_t i = 0; i < csv.n_columns; i++)
        if ((long)i != id && add_column(attributes, csv.names[i], separator_of(dictionary, csv.names[i]), err))
            goto done;
    tt_csv_use_all(&csv);
    while ((more = tt_csv_next(&csv, err)) == 1) {
        uint32_t row = tt_vocab_find(ids, csv.fields[id].text, csv.fields[id].len);
        struct tt_item_attribute *c = attributes->columns;
        *unknown += row == TT_VOCAB_NONE;
        if (row == TT_VOCAB_NONE || had[row])
            continue;
        had[row] = 1;
        for (size_t i = 0; i < csv.n_columns; i++)
            if ((long)i != id && add_field(c++, row, csv.fields[i].text, csv.fields[i].len, err)) {
                more = -1;
                goto done;
            }
    }
done:
    tt_csv_close(&csv);
    free(had);
    return more;
}

/* Add one column of the model's items. codes (n_rows): the code of each row's item in the model. */
static int add_model_column(struct tt_item_attributes *attributes, const struct tt_entities *base, size_t feature,
                            const uint32_t *codes, struct tt_err *err)
{
    const struct tt_feature *f = &base->dictionary.features[feature];

    if (add_column(attributes, f->column->name, f->column->separator, err))
        return -1;
    for (size_t row = 0; row < attributes->n_rows; row++) {
        const uint32_t *values;
        const float *weights;
        size_t n = codes[row] ? tt_bags_row(&base->items.bags[feature], codes[row], &values, &weights) : 0;
        for (size_t i = 0; i < n; i++) {
            size_t len;
            if (values[i] == 0)
                continue;
            const char *text = tt_text_list_get(&f->vocab.texts, values[i] - 1, &len);
            if (add_value(&attributes->columns[attributes->n_columns - 1], (uint32_t)row, text, len, err))
                return -1;
        }
    }
    return 0;
}

int tt_item_attributes_add_model(struct tt_item_attributes *attributes, const struct tt_entities *base,
                                 const struct tt_text_list *ids, struct tt_err *err)
{
    const struct tt_dictionary *d = &base->dictionary;
    uint32_t *codes = NULL;
    int status = 0;

    for (size_t f = 0; f < d->schema.n_columns && status == 0; f++) {
        const struct tt_column *column = &d->schema.columns[f];
        if (column->side != TT_ITEM || !tt_column_is_attribute(column) || !tt_kind_of(column)->has_vocabulary ||
            tt_item_attributes_find(attributes, column->name, strlen(column->name)))
            continue;
        if (!codes && !(codes = tt_alloc(attributes->n_rows, sizeof(*codes), err)))
            return -1;
        for (size_t row = 0; row < attributes->n_rows; row++) {
            size_t len;
            const char *text = tt_text_list_get(ids, row, &len);
            codes[row] = tt_vocab_find(&d->features[d->item_id].vocab, text, len) + 1; /* TT_VOCAB_NONE becomes 0 */
        }
        status = add_model_column(attributes, base, f, codes, err);
    }
    free(codes);
    return status;
}

/* Sort the pairs by row and by value, by counting. Within a row the order is that of the input. */
static int sort_pairs(struct tt_item_attribute *c, size_t n_rows, struct tt_err *err)
{
    size_t n_values = c->values.texts.n;

    c->of_row = tt_alloc_zero(n_rows + 2, sizeof(*c->of_row), err);
    c->of_value = tt_alloc_zero(n_values + 2, sizeof(*c->of_value), err);
    c->row_values = tt_alloc(c->n_pairs, sizeof(*c->row_values), err);
    c->value_rows = tt_alloc(c->n_pairs, sizeof(*c->value_rows), err);
    if (!c->of_row || !c->of_value || !c->row_values || !c->value_rows)
        return -1;
    for (size_t i = 0; i < c->n_pairs; i++) {
        c->of_row[c->pairs[i].row + 2]++;
        c->of_value[c->pairs[i].value + 2]++;
    }
    for (size_t r = 0; r < n_rows; r++)
        c->of_row[r + 2] += c->of_row[r + 1];
    for (size_t v = 0; v < n_values; v++)
        c->of_value[v + 2] += c->of_value[v + 1];
    for (size_t i = 0; i < c->n_pairs; i++) /* of_row[r + 1] moves from the start of r to its end */
        c->row_values[c->of_row[c->pairs[i].row + 1]++] = c->pairs[i].value;
    for (size_t r = 0; r < n_rows; r++)
        for (size_t i = c->of_row[r]; i < c->of_row[r + 1]; i++)
            c->value_rows[c->of_value[c->row_values[i] + 1]++] = (uint32_t)r;
    free(c->pairs);
    c->pairs = NULL;
    c->n_pairs = c->cap_pairs = 0;
    return 0;
}

int tt_item_attributes_finish(struct tt_item_attributes *attributes, struct tt_err *err)
{
    for (size_t i = 0; i < attributes->n_columns; i++)
        if (sort_pairs(&attributes->columns[i], attributes->n_rows, err))
            return -1;
    return 0;
}

const struct tt_item_attribute *tt_item_attributes_find(const struct tt_item_attributes *attributes, const char *name,
                                                        size_t len)
{
    for (size_t i = 0; i < attributes->n_columns; i++)
        if (strlen(attributes->columns[i].name) == len && memcmp(attributes->columns[i].name, name, len) == 0)
            return &attributes->columns[i];
    return NULL;
}

size_t tt_item_attribute_allow(const struct tt_item_attribute *column, const char *value, size_t len, uint64_t *bits)
{
    uint32_t v = tt_vocab_find(&column->values, value, len);

    if (v == TT_VOCAB_NONE)
        return 0;
    for (size_t i = column->of_value[v]; i < column->of_value[v + 1]; i++)
        bits[column->value_rows[i] / 64] |= (uint64_t)1 << (column->value_rows[i] % 64);
    return column->of_value[v + 1] - column->of_value[v];
}
