/* Encoded examples: see examples.h. */
#include "encode/examples.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

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

int tt_table_store(const struct tt_table *table, const struct tt_dictionary *dictionary, unsigned with,
                   struct tt_segment *segment, struct tt_err *err)
{
    char name[TT_TENSOR_NAME];

    for (size_t i = 0; i < dictionary->schema.n_columns; i++) {
        const struct tt_column *c = &dictionary->schema.columns[i];
        if (c->side != table->side || !(with & 1u << c->kind))
            continue;
        if (tt_bags_store(&table->bags[i], c, segment, err) ||
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
        if ((with & 1u << c->kind ? tt_bags_load(&table->bags[i], &dictionary->features[i], n_rows, segment, err)
                                  : c->kind == TT_KIND_ID && tt_table_count_ids(table, i, n_rows, err)) ||
            (with & TT_WITH_HISTORY && c->kind == TT_KIND_HISTORY && load_latest(table, c, segment, err))) {
            tt_table_release(table, dictionary);
            return -1;
        }
    }
    return 0;
}

/* ---- examples ---- */

int tt_examples_init(struct tt_examples *examples, struct tt_dictionary *dictionary, struct tt_err *err)
{
    *examples = (struct tt_examples){.dictionary = *dictionary};
    *dictionary = (struct tt_dictionary){0};
    size_t n = examples->dictionary.schema.n_columns;
    examples->events.contexts = tt_alloc_zero(n, sizeof(*examples->events.contexts), err);
    if (!examples->events.contexts || tt_table_init(&examples->users, TT_USER, &examples->dictionary, err) ||
        tt_table_init(&examples->items, TT_ITEM, &examples->dictionary, err)) {
        tt_examples_release(examples);
        return -1;
    }
    for (size_t i = 0; i < n; i++)
        examples->events.contexts[i] = (struct tt_narrow)TT_NARROW_INIT;
    return 0;
}

void tt_events_release(struct tt_events *events, size_t n_columns)
{
    for (size_t i = 0; events->contexts && i < n_columns; i++)
        tt_narrow_release(&events->contexts[i]);
    free(events->contexts);
    if (events->cap_user)
        free(events->user);
    if (events->cap_item)
        free(events->item);
    if (events->cap_weight)
        free(events->weight);
    if (events->cap_label)
        free(events->label);
    if (events->cap_time)
        free(events->time);
    *events = (struct tt_events){0};
}

void tt_examples_release(struct tt_examples *examples)
{
    tt_events_release(&examples->events, examples->dictionary.schema.n_columns);
    tt_table_release(&examples->users, &examples->dictionary);
    tt_table_release(&examples->items, &examples->dictionary);
    tt_dictionary_release(&examples->dictionary);
    tt_segment_release(&examples->segment);
    *examples = (struct tt_examples){0};
}

static const char *context_name(char buffer[TT_TENSOR_NAME], const struct tt_column *column)
{
    snprintf(buffer, TT_TENSOR_NAME, "event.context.%s", column->name);
    return buffer;
}

static int events_store(const struct tt_events *events, const struct tt_schema *schema, struct tt_segment *segment,
                        struct tt_err *err)
{
    char name[TT_TENSOR_NAME];

    if (tt_segment_tensor(segment, "event.user", TT_U32, events->n, 0, events->user, err) ||
        tt_segment_tensor(segment, "event.item", TT_U32, events->n, 0, events->item, err))
        return -1;
    for (size_t i = 0; i < schema->n_columns; i++) {
        const struct tt_column *c = &schema->columns[i];
        if (c->kind == TT_KIND_CONTEXT && tt_segment_tensor(segment, context_name(name, c), events->contexts[i].dtype,
                                                            events->n, 0, events->contexts[i].data, err))
            return -1;
    }
    if (tt_schema_find(schema, TT_EVENT, TT_KIND_WEIGHT) &&
        tt_segment_tensor(segment, "event.weight", TT_F32, events->n, 0, events->weight, err))
        return -1;
    if (tt_schema_find(schema, TT_EVENT, TT_KIND_LABEL) &&
        tt_segment_tensor(segment, "event.label", TT_U8, events->n, 0, events->label, err))
        return -1;
    if (tt_schema_find(schema, TT_EVENT, TT_KIND_TIME) &&
        tt_segment_tensor(segment, "event.time", TT_U32, events->n, 0, events->time, err))
        return -1;
    return 0;
}

int tt_examples_store(const struct tt_examples *examples, struct tt_segment *segment, struct tt_err *err)
{
    const struct tt_dictionary *d = &examples->dictionary;

    if (tt_segment_init(segment, "examples", TT_FORMAT, err) || tt_segment_text(segment, "like", examples->like, err))
        return -1;
    if (examples->extends[0] && tt_segment_text(segment, "extends", examples->extends, err))
        return -1;
    if (examples->like[0]) { /* events alone: the dictionary and the tables are in the file that is followed */
        if (tt_segment_text(segment, "schema_fingerprint", d->schema.fingerprint, err))
            return -1;
    } else if (tt_dictionary_store(d, segment, err) ||
               tt_table_store(&examples->users, d, TT_WITH_ATTRIBUTES, segment, err) ||
               tt_table_store(&examples->items, d, TT_WITH_ATTRIBUTES, segment, err)) {
        return -1;
    }
    return events_store(&examples->events, &d->schema, segment, err);
}

/* The optional tensors, each there exactly when the schema has its column. */
static int load_optional(struct tt_events *events, const struct tt_schema *schema, const struct tt_segment *segment,
                         struct tt_err *err)
{
    const struct tt_tensor *t;

    if (tt_schema_find(schema, TT_EVENT, TT_KIND_WEIGHT)) {
        if (!(t = tt_segment_need(segment, "event.weight", TT_F32, events->n, 0, err)))
            return -1;
        events->weight = (float *)t->data;
        for (size_t i = 0; i < events->n; i++)
            if (!(events->weight[i] >= 0) || isinf(events->weight[i]))
                return tt_err_set(err, TT_ERR_INPUT, "%s: damaged: a weight that is no number from 0 up",
                                  segment->name);
    }
    if (tt_schema_find(schema, TT_EVENT, TT_KIND_LABEL)) {
        if (!(t = tt_segment_need(segment, "event.label", TT_U8, events->n, 0, err)))
            return -1;
        events->label = (uint8_t *)t->data;
        for (size_t i = 0; i < events->n; i++)
            if (events->label[i] > 1)
                return tt_err_set(err, TT_ERR_INPUT, "%s: damaged: a label that is neither 0 nor 1", segment->name);
    }
    if (tt_schema_find(schema, TT_EVENT, TT_KIND_TIME)) {
        if (!(t = tt_segment_need(segment, "event.time", TT_U32, events->n, 0, err)))
            return -1;
        events->time = (uint32_t *)t->data;
    }
    return 0;
}

/* Views of the events' tensors; every code is checked against the dictionary. */
static int events_load(struct tt_events *events, const struct tt_dictionary *d, const struct tt_segment *segment,
                       struct tt_err *err)
{
    const struct tt_tensor *user = tt_segment_need(segment, "event.user", TT_U32, TT_ANY, 0, err);
    const struct tt_tensor *item = user ? tt_segment_need(segment, "event.item", TT_U32, user->shape[0], 0, err) : NULL;
    char name[TT_TENSOR_NAME];

    if (!item)
        return -1;
    events->n = user->shape[0];
    events->user = (uint32_t *)user->data;
    events->item = (uint32_t *)item->data;
    for (size_t i = 0; i < events->n; i++)
        if (events->user[i] >= d->features[d->user_id].n_codes || events->item[i] >= d->features[d->item_id].n_codes)
            return tt_err_set(err, TT_ERR_INPUT, "%s: damaged: an event of a user or item that is not there",
                              segment->name);
    for (size_t i = 0; i < d->schema.n_columns; i++)
        if (d->schema.columns[i].kind == TT_KIND_CONTEXT &&
            tt_narrow_view(&events->contexts[i], segment, context_name(name, &d->schema.columns[i]), events->n,
                           d->features[i].n_codes, err))
            return -1;
    return load_optional(events, &d->schema, segment, err);
}

/* Refuse events that have no dictionary of their own. */
static int need_own_dictionary(const struct tt_segment *segment, struct tt_err *err)
{
    const char *like = tt_segment_find_text(segment, "like");

    return like && like[0] ? tt_err_set(err, TT_ERR_MISMATCH,
                                        "%s: events encoded with --like, where examples with a dictionary are expected",
                                        segment->name)
                           : 0;
}

/* Take the segment; load its dictionary and its tables. */
static int load_tables(struct tt_examples *examples, struct tt_segment *segment, unsigned with,
                       struct tt_err *err)
{
    struct tt_dictionary dictionary = {0};

    *examples = (struct tt_examples){0};
    if (tt_dictionary_load(&dictionary, segment, err) || tt_examples_init(examples, &dictionary, err)) {
        tt_dictionary_release(&dictionary);
        tt_segment_release(segment);
        return -1;
    }
    examples->segment = *segment;
    const struct tt_dictionary *d = &examples->dictionary;
    tt_table_release(&examples->users, d);
    tt_table_release(&examples->items, d);
    if (tt_table_load(&examples->users, TT_USER, d, with, d->features[d->user_id].n_codes, segment, err) ||
        tt_table_load(&examples->items, TT_ITEM, d, with, d->features[d->item_id].n_codes, segment, err)) {
        tt_examples_release(examples);
        return -1;
    }
    return 0;
}

/* Take a segment of examples; load all. */
static int load_all(struct tt_examples *examples, struct tt_segment *segment, struct tt_err *err)
{
    if (need_own_dictionary(segment, err)) {
        tt_segment_release(segment);
        return -1;
    }
    if (load_tables(examples, segment, TT_WITH_ATTRIBUTES, err))
        return -1;
    const char *extends = tt_segment_find_text(&examples->segment, "extends");
    snprintf(examples->extends, sizeof(examples->extends), "%s", extends ? extends : "");
    if (events_load(&examples->events, &examples->dictionary, &examples->segment, err)) {
        tt_examples_release(examples);
        return -1;
    }
    return 0;
}

int tt_examples_load(struct tt_examples *examples, const char *path, struct tt_err *err)
{
    struct tt_segment segment;

    *examples = (struct tt_examples){0};
    return tt_container_load(path, "examples", &segment, err) ? -1 : load_all(examples, &segment, err);
}

static int is_model(const struct tt_segment *segment)
{
    return strcmp(segment->texts[0].value, "model") == 0;
}

/* Load a segment of examples or of a model. */
static int load_either(struct tt_segment *segment, const char *path, struct tt_err *err)
{
    if (tt_container_load(path, NULL, segment, err))
        return -1;
    if (is_model(segment) || strcmp(segment->texts[0].value, "examples") == 0)
        return 0;
    tt_err_set(err, TT_ERR_MISMATCH, "%s: holds '%s', expected 'model' or 'examples'", segment->name,
               segment->texts[0].value);
    tt_segment_release(segment);
    return -1;
}

int tt_examples_take_tables(struct tt_examples *examples, struct tt_segment *segment, struct tt_err *err)
{
    *examples = (struct tt_examples){0};
    if (!is_model(segment) && need_own_dictionary(segment, err)) {
        tt_segment_release(segment);
        return -1;
    }
    return load_tables(examples, segment, TT_WITH_ATTRIBUTES | (is_model(segment) ? TT_WITH_HISTORY : 0), err);
}

int tt_examples_load_tables(struct tt_examples *examples, const char *path, struct tt_err *err)
{
    struct tt_segment segment;

    *examples = (struct tt_examples){0};
    return load_either(&segment, path, err) ? -1 : tt_examples_take_tables(examples, &segment, err);
}

int tt_examples_load_base(struct tt_examples *examples, const char *path, struct tt_err *err)
{
    struct tt_segment segment;

    *examples = (struct tt_examples){0};
    if (load_either(&segment, path, err))
        return -1;
    return is_model(&segment) ? load_tables(examples, &segment, TT_WITH_ATTRIBUTES | TT_WITH_HISTORY, err)
                              : load_all(examples, &segment, err);
}

int tt_examples_are_model(const struct tt_examples *examples)
{
    return is_model(&examples->segment);
}

int tt_events_load_like(struct tt_events *events, struct tt_segment *segment, const char *path,
                        const struct tt_dictionary *base, const char *checksum, struct tt_err *err)
{
    *events = (struct tt_events){0};
    if (tt_container_load(path, "examples", segment, err))
        return -1;
    const char *like = tt_segment_find_text(segment, "like");
    if (!like || strcmp(like, checksum) != 0) {
        tt_err_set(err, TT_ERR_MISMATCH, "%s: not encoded with --like the training examples", path);
        goto fail;
    }
    events->contexts = tt_alloc_zero(base->schema.n_columns, sizeof(*events->contexts), err);
    if (!events->contexts || events_load(events, base, segment, err))
        goto fail;
    return 0;
fail:
    tt_events_release(events, base->schema.n_columns);
    tt_segment_release(segment);
    return -1;
}
