/* Users and items with their features: see entities.h. */
#include "encode/entities.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "encode/column_kind.h"

/* ---- one side's rows ---- */

int tt_table_init(struct tt_table *table, enum tt_side side, const struct tt_dictionary *dictionary, struct tt_err *err)
{
    *table = (struct tt_table){.side = side};
    table->bags = tt_alloc_zero(dictionary->schema.n_columns, sizeof(*table->bags), err);
    return table->bags ? 0 : -1;
}

void tt_table_release(struct tt_table *table, const struct tt_dictionary *dictionary)
{
    for (size_t i = 0; table->bags && i < dictionary->schema.n_columns; i++)
        tt_bags_release(&table->bags[i]);
    free(table->bags);
    if (table->cap_latest)
        free(table->latest);
    *table = (struct tt_table){0};
}

int tt_table_count_ids(struct tt_table *table, size_t id_column, size_t n_rows, struct tt_err *err)
{
    struct tt_bags *bags = &table->bags[id_column];

    if (tt_grow(&bags->codes, &bags->cap_codes, n_rows + 1, sizeof(*bags->codes), err))
        return -1;
    for (size_t r = 0; r < n_rows; r++)
        bags->codes[r] = (uint32_t)r;
    bags->n_rows = table->n_rows = n_rows;
    return 0;
}

/* Does a file with these columns hold this one? */
static int holds(unsigned with, const struct tt_column *column)
{
    unsigned part = tt_column_is_attribute(column)    ? TT_WITH_ATTRIBUTES
                    : column->kind == TT_KIND_HISTORY ? TT_WITH_HISTORY
                    : column->kind == TT_KIND_ID      ? TT_WITH_ID
                                                      : TT_WITH_CONTEXT;

    return (with & part) != 0;
}

int tt_table_store(const struct tt_table *table, const struct tt_dictionary *dictionary, unsigned with,
                   struct tt_segment *segment, struct tt_err *err)
{
    char name[TT_TENSOR_NAME];

    for (size_t i = 0; i < dictionary->schema.n_columns; i++) {
        const struct tt_column *c = &dictionary->schema.columns[i];
        if (c->side != table->side || !holds(with, c))
            continue;
        if (tt_feature_store_rows(&dictionary->features[i], &table->bags[i], segment, err) ||
            (c->kind == TT_KIND_HISTORY && table->latest &&
             tt_segment_tensor(segment, tt_tensor_name(name, c, "latest"), TT_U32, table->n_rows, 0, table->latest,
                               err)))
            return -1;
    }
    return 0;
}

/* When each row was last met, in files that say so. */
static int load_latest(struct tt_table *table, const struct tt_column *history, const struct tt_segment *segment,
                       struct tt_err *err)
{
    char name[TT_TENSOR_NAME];

    if (!tt_segment_find(segment, tt_tensor_name(name, history, "latest")))
        return 0;
    const struct tt_tensor *t = tt_segment_need(segment, name, TT_U32, table->n_rows, 0, err);
    if (!t)
        return -1;
    table->latest = (uint32_t *)t->data;
    return 0;
}

int tt_table_load(struct tt_table *table, enum tt_side side, const struct tt_dictionary *dictionary, unsigned with,
                  size_t n_rows, const struct tt_segment *segment, struct tt_err *err)
{
    if (tt_table_init(table, side, dictionary, err))
        return -1;
    table->n_rows = n_rows;
    for (size_t i = 0; i < dictionary->schema.n_columns; i++) {
        const struct tt_column *c = &dictionary->schema.columns[i];
        if (c->side != side)
            continue;
        int status = 0;
        if (holds(with, c))
            status = tt_feature_load_rows(&dictionary->features[i], &table->bags[i], n_rows, segment, err);
        else if (c->kind == TT_KIND_ID)
            status = tt_table_count_ids(table, i, n_rows, err);
        if (status || (holds(with & TT_WITH_HISTORY, c) && load_latest(table, c, segment, err))) {
            tt_table_release(table, dictionary);
            return -1;
        }
    }
    return 0;
}

/* ---- both sides ---- */

int tt_entities_init(struct tt_entities *entities, struct tt_dictionary *dictionary, struct tt_err *err)
{
    *entities = (struct tt_entities){.dictionary = *dictionary};
    *dictionary = (struct tt_dictionary){0};
    if (tt_table_init(&entities->users, TT_USER, &entities->dictionary, err) ||
        tt_table_init(&entities->items, TT_ITEM, &entities->dictionary, err)) {
        tt_entities_release(entities);
        return -1;
    }
    return 0;
}

void tt_entities_release(struct tt_entities *entities)
{
    tt_table_release(&entities->users, &entities->dictionary);
    tt_table_release(&entities->items, &entities->dictionary);
    tt_dictionary_release(&entities->dictionary);
    tt_segment_release(&entities->segment);
    *entities = (struct tt_entities){0};
}

int tt_entities_store(const struct tt_entities *entities, unsigned with, struct tt_segment *segment, struct tt_err *err)
{
    const struct tt_dictionary *d = &entities->dictionary;

    return tt_dictionary_store(d, segment, err) || tt_table_store(&entities->users, d, with, segment, err) ||
                   tt_table_store(&entities->items, d, with, segment, err)
               ? -1
               : 0;
}

static int is_model(const struct tt_segment *segment)
{
    return strcmp(segment->texts[0].value, "model") == 0;
}

int tt_entities_are_model(const struct tt_entities *entities)
{
    return is_model(&entities->segment);
}

/* Refuse events that have no dictionary of their own. */
static int need_own_dictionary(const struct tt_segment *segment, struct tt_err *err)
{
    const char *like = tt_segment_find_text(segment, "like");

    return like && like[0] ? tt_err_set(err, TT_ERR_MISMATCH,
                                        "%s: events that follow the dictionary of another file, where examples are "
                                        "expected",
                                        segment->name)
                           : 0;
}

int tt_entities_from_segment(struct tt_entities *entities, struct tt_segment *segment, struct tt_err *err)
{
    unsigned with = TT_WITH_ATTRIBUTES | (is_model(segment) ? TT_WITH_HISTORY : 0);
    const char *extends = tt_segment_find_text(segment, "extends");
    const struct tt_dictionary *d = &entities->dictionary;

    *entities = (struct tt_entities){.segment = *segment};
    *segment = (struct tt_segment){0};
    segment = &entities->segment;
    if (extends)
        snprintf(entities->extends, sizeof(entities->extends), "%s", extends);
    if (need_own_dictionary(segment, err) || tt_dictionary_load(&entities->dictionary, segment, err) ||
        tt_table_load(&entities->users, TT_USER, d, with, d->features[d->user_id].n_codes, segment, err) ||
        tt_table_load(&entities->items, TT_ITEM, d, with, d->features[d->item_id].n_codes, segment, err)) {
        tt_entities_release(entities);
        return -1;
    }
    return 0;
}

int tt_entities_load(struct tt_entities *entities, const char *path, struct tt_err *err)
{
    struct tt_segment segment;

    *entities = (struct tt_entities){0};
    if (tt_container_load(path, NULL, &segment, err))
        return -1;
    if (is_model(&segment) || strcmp(segment.texts[0].value, "examples") == 0)
        return tt_entities_from_segment(entities, &segment, err);
    tt_err_set(err, TT_ERR_MISMATCH, "%s: holds '%s', expected 'model' or 'examples'", segment.name,
               segment.texts[0].value);
    tt_segment_release(&segment);
    return -1;
}
