/* A small world for the tests of lib/model and lib/train: a schema, ids "u1"... and "i1"..., attributes and events.
 *
 *     struct tt_examples base;
 *     tiny_begin(&base, schema text, users, items);
 *     tiny_event(&base, user, item, context, weight, label, time)...;      or tiny_clusters
 *     tiny_model(&model, &base, dim);
 *
 * Codes are given as they are in the tables: user 1 is the first known user. Each row's code of an attribute is chosen
 * by a formula (tiny_code), so that a test can compute it again. Columns are looked up by side and name: tiny_column,
 * tiny_table.
 */
#ifndef TT_TESTS_TINY_MODEL_H
#define TT_TESTS_TINY_MODEL_H

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "encode/column_kind.h"
#include "encode/examples.h"
#include "encode/history.h"
#include "model/model.h"
#include "unit.h"

enum { TINY_VALUES = 5 }; /* values that a category, bag or context knows */

#define NEED(call) do { if (call) fail_msg("%s", err.text); } while (0)

/* The codes of a row of an attribute: 1 + row % TINY_VALUES; row 0 and every 7th row are empty, code 0. */
static inline uint32_t tiny_code(size_t row) { return row % 7 == 0 ? 0 : (uint32_t)(1 + row % TINY_VALUES); }

static inline void tiny_learn(struct tt_feature *f, const char *prefix, size_t n, struct tt_err *errp)
{
    char text[32];
    uint32_t code;

    for (size_t i = 1; i <= n; i++) {
        snprintf(text, sizeof(text), "%s%zu", prefix, i);
        if (tt_vocab_add(&f->vocab, text, strlen(text), &code, errp))
            fail_msg("%s", errp->text);
    }
    f->n_codes = n + 1;
}

/* One attribute column of a table of n rows. */
static inline void tiny_attribute(struct tt_bags *bags, const struct tt_column *column, size_t n, struct tt_err *errp)
{
    for (size_t r = 0; r < n; r++) {
        uint32_t codes[2] = {tiny_code(r), 0};
        float weights[2] = {1, 0};
        size_t size = 1;
        if (column->kind == TT_KIND_BAG && codes[0] > 1) { /* two values, the smaller code first */
            codes[1] = codes[0];
            codes[0] = 1;
            weights[0] = weights[1] = 0.70710678f;
            size = 2;
        }
        if (column->kind == TT_KIND_NUMBER && codes[0]) {
            codes[0] = 1;
            weights[0] = (float)(r % TINY_VALUES) - 2;
        }
        if (tt_bags_add(bags, codes, weights, size, tt_column_is_single(column), errp))
            fail_msg("%s", errp->text);
    }
    bags->n_rows = n;
}

/* The place of the column of this side and name. */
static inline size_t tiny_column(const struct tt_schema *schema, enum tt_side side, const char *name)
{
    for (size_t c = 0; c < schema->n_columns; c++)
        if (schema->columns[c].side == side && strcmp(schema->columns[c].name, name) == 0)
            return c;
    fail_msg("no column '%s'", name);
    return 0;
}

/* Examples over the schema without events; numbers are scaled. */
static inline void tiny_begin(struct tt_examples *base, const char *schema_text, size_t n_users, size_t n_items)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_schema schema;
    struct tt_dictionary dictionary;

    NEED(tt_schema_parse(&schema, schema_text, strlen(schema_text), "schema", &err));
    NEED(tt_dictionary_init(&dictionary, &schema, &err));
    for (size_t c = 0; c < dictionary.schema.n_columns; c++) {
        const struct tt_column *column = &dictionary.schema.columns[c];
        struct tt_feature *f = &dictionary.features[c];
        if (c == dictionary.user_id)
            tiny_learn(f, "u", n_users, &err);
        else if (c == dictionary.item_id)
            tiny_learn(f, "i", n_items, &err);
        else if (column->kind == TT_KIND_HISTORY)
            f->n_codes = (column->side == TT_USER ? n_items : n_users) + 1;
        else if (column->kind == TT_KIND_NUMBER) /* scaled */
            f->n_codes = f->n_params = 2;
        else if (column->side != TT_EVENT)
            tiny_learn(f, "c", TINY_VALUES, &err);
    }
    for (size_t c = 0; c < dictionary.schema.n_columns; c++) {
        static const double mean_and_deviation[2] = {2, 1};
        if (dictionary.features[c].n_params) {
            dictionary.features[c].params = tt_alloc(2, sizeof(double), &err);
            memcpy(dictionary.features[c].params, mean_and_deviation, sizeof(mean_and_deviation));
        }
    }
    NEED(tt_examples_init(base, &dictionary, &err));
    struct tt_table *users = &base->entities.users, *items = &base->entities.items;
    const struct tt_dictionary *d = &base->entities.dictionary;
    NEED(tt_table_count_ids(users, d->user_id, n_users + 1, &err));
    NEED(tt_table_count_ids(items, d->item_id, n_items + 1, &err));
    for (size_t c = 0; c < d->schema.n_columns; c++) {
        const struct tt_column *column = &d->schema.columns[c];
        if (!tt_column_is_attribute(column))
            continue;
        if (column->side == TT_USER)
            tiny_attribute(&users->bags[c], column, n_users + 1, &err);
        else
            tiny_attribute(&items->bags[c], column, n_items + 1, &err);
    }
}

/* Append an event; every context column gets `context`. weight, label and time are kept where the schema has them. */
static inline void tiny_event(struct tt_examples *base, uint32_t user, uint32_t item, uint32_t context, float weight,
                              uint8_t label, uint32_t time)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_events *e = &base->events;
    const struct tt_schema *schema = &base->entities.dictionary.schema;

    NEED(tt_events_add(e, user, item, &(struct tt_event_values){weight, label, time}, &err));
    for (size_t c = 0; c < schema->n_columns; c++)
        if (schema->columns[c].kind == TT_KIND_CONTEXT)
            NEED(tt_narrow_add(&e->contexts[c], context, &err));
}

/* Two clusters: an even user likes even items, an odd one odd items; `per_user` events each, every 10th of any item. */
static inline void tiny_clusters(struct tt_examples *base, size_t n_users, size_t n_items, size_t per_user,
                                 uint64_t seed)
{
    struct tt_rng rng;

    tt_rng_init(&rng, seed, TT_RNG_TEST, 7);
    for (size_t u = 1; u <= n_users; u++)
        for (size_t e = 0; e < per_user; e++) {
            uint32_t item = (uint32_t)(1 + tt_rng_below(&rng, n_items));
            if (item % 2 != u % 2 && tt_rng_below(&rng, 10) > 0)
                item = item > 1 ? item - 1 : item + 1;
            tiny_event(base, (uint32_t)u, item, (uint32_t)(1 + item % TINY_VALUES), 1, 1, (uint32_t)(e * 86400));
        }
}

/* The history of a side, in this column, by the events. */
static inline void tiny_history(struct tt_examples *base, enum tt_side side, size_t column)
{
    struct tt_err err = TT_ERR_INIT;
    const struct tt_events *e = &base->events;
    struct tt_table *table = side == TT_USER ? &base->entities.users : &base->entities.items;
    struct tt_visits visits = {.n = e->n, .user = side == TT_USER ? e->user : e->item,
                               .item = side == TT_USER ? e->item : e->user, .label = e->label};

    NEED(tt_history_build(&table->bags[column], &base->entities.dictionary.schema.columns[column], table->n_rows,
                          &visits, &err));
}

/* A model over the entities of `base`, whose events are released. */
static inline void tiny_model(struct tt_model *model, struct tt_examples *base, size_t dim)
{
    struct tt_err err = TT_ERR_INIT;

    NEED(tt_model_init(model, &base->entities, dim, &err));
    tt_events_release(&base->events);
}

/* The table of the column of this side and name. */
static inline float *tiny_table(const struct tt_model *model, enum tt_side side, const char *name)
{
    return model->tables[tiny_column(&model->entities.dictionary.schema, side, name)];
}

#endif
