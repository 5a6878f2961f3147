/* Events: see events.h. */
#include "encode/events.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "encode/column_kind.h"

int tt_events_init(struct tt_events *events, const struct tt_schema *schema, struct tt_err *err)
{
    *events = (struct tt_events){.n_columns = schema->n_columns};
    events->has = (tt_schema_find(schema, TT_EVENT, TT_KIND_WEIGHT) ? TT_HAS_WEIGHT : 0u) |
                  (tt_schema_find(schema, TT_EVENT, TT_KIND_LABEL) ? TT_HAS_LABEL : 0u) |
                  (tt_schema_find(schema, TT_EVENT, TT_KIND_TIME) ? TT_HAS_TIME : 0u);
    events->contexts = tt_alloc(schema->n_columns, sizeof(*events->contexts), err);
    if (!events->contexts)
        return -1;
    for (size_t i = 0; i < schema->n_columns; i++)
        events->contexts[i] = (struct tt_narrow)TT_NARROW_INIT;
    return 0;
}

void tt_events_release(struct tt_events *events)
{
    for (size_t i = 0; events->contexts && i < events->n_columns; i++)
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

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

int tt_events_reserve(struct tt_events *ev, size_t n, struct tt_err *err)
{
    if (n <= ev->room)
        return 0;
    if (tt_grow(&ev->user, &ev->cap_user, n, sizeof(*ev->user), err) ||
        tt_grow(&ev->item, &ev->cap_item, n, sizeof(*ev->item), err) ||
        (ev->has & TT_HAS_WEIGHT && tt_grow(&ev->weight, &ev->cap_weight, n, sizeof(*ev->weight), err)) ||
        (ev->has & TT_HAS_LABEL && tt_grow(&ev->label, &ev->cap_label, n, sizeof(*ev->label), err)) ||
        (ev->has & TT_HAS_TIME && tt_grow(&ev->time, &ev->cap_time, n, sizeof(*ev->time), err)))
        return -1;
    ev->room = least(ev->cap_user, ev->cap_item);
    ev->room = ev->has & TT_HAS_WEIGHT ? least(ev->room, ev->cap_weight) : ev->room;
    ev->room = ev->has & TT_HAS_LABEL ? least(ev->room, ev->cap_label) : ev->room;
    ev->room = ev->has & TT_HAS_TIME ? least(ev->room, ev->cap_time) : ev->room;
    return 0;
}

int tt_events_add(struct tt_events *ev, uint32_t user, uint32_t item, const struct tt_event_values *values,
                  struct tt_err *err)
{
    size_t e = ev->n;

    if (tt_events_reserve(ev, e + 1, err))
        return -1;
    ev->user[e] = user;
    ev->item[e] = item;
    if (ev->has & TT_HAS_WEIGHT)
        ev->weight[e] = values->weight;
    if (ev->has & TT_HAS_LABEL)
        ev->label[e] = values->label;
    if (ev->has & TT_HAS_TIME)
        ev->time[e] = values->time;
    ev->n++;
    return 0;
}

int tt_events_add_from(struct tt_events *events, const struct tt_events *others, size_t e, struct tt_err *err)
{
    struct tt_event_values values = {.weight = others->weight ? others->weight[e] : 1,
                                     .label = others->label ? others->label[e] : 1,
                                     .time = others->time ? others->time[e] : 0};

    for (size_t c = 0; c < events->n_columns; c++)
        if (others->contexts[c].n &&
            tt_narrow_add(&events->contexts[c], tt_narrow_get(&others->contexts[c], e), err))
            return -1;
    return tt_events_add(events, others->user[e], others->item[e], &values, err);
}

const char *tt_event_read(struct tt_event_values *values, const struct tt_column *column, const char *text, size_t len)
{
    const struct tt_column_kind *kind = tt_kind_of(column);

    return kind->read_event ? kind->read_event(column, text, len, values) : NULL;
}

int tt_event_read_field(struct tt_event_values *values, const struct tt_column *column, const struct tt_csv *csv,
                        size_t field, struct tt_err *err)
{
    const struct tt_csv_field *f = &csv->fields[field];
    const char *wrong = tt_event_read(values, column, f->text, f->len);

    return wrong ? tt_csv_field_error(csv, field, wrong, err) : 0;
}

/* ---- files ---- */

static const char *context_name(char buffer[TT_TENSOR_NAME], const struct tt_column *column)
{
    snprintf(buffer, TT_TENSOR_NAME, "event.context.%s", column->name);
    return buffer;
}

int tt_events_store(const struct tt_events *events, const struct tt_schema *schema, struct tt_segment *segment,
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
    if (events->has & TT_HAS_WEIGHT &&
        tt_segment_tensor(segment, "event.weight", TT_F32, events->n, 0, events->weight, err))
        return -1;
    if (events->has & TT_HAS_LABEL &&
        tt_segment_tensor(segment, "event.label", TT_U8, events->n, 0, events->label, err))
        return -1;
    if (events->has & TT_HAS_TIME &&
        tt_segment_tensor(segment, "event.time", TT_U32, events->n, 0, events->time, err))
        return -1;
    return 0;
}

/* The optional tensors, each there exactly when the schema has its column. */
static int load_optional(struct tt_events *events, const struct tt_segment *segment, struct tt_err *err)
{
    const struct tt_tensor *t;

    if (events->has & TT_HAS_WEIGHT) {
        if (!(t = tt_segment_need(segment, "event.weight", TT_F32, events->n, 0, err)))
            return -1;
        events->weight = (float *)t->data;
        for (size_t i = 0; i < events->n; i++)
            if (!(events->weight[i] >= 0) || isinf(events->weight[i]))
                return tt_err_set(err, TT_ERR_INPUT, "%s: damaged: a weight that is no number from 0 up",
                                  segment->name);
    }
    if (events->has & TT_HAS_LABEL) {
        if (!(t = tt_segment_need(segment, "event.label", TT_U8, events->n, 0, err)))
            return -1;
        events->label = (uint8_t *)t->data;
        for (size_t i = 0; i < events->n; i++)
            if (events->label[i] > 1)
                return tt_err_set(err, TT_ERR_INPUT, "%s: damaged: a label that is neither 0 nor 1", segment->name);
    }
    if (events->has & TT_HAS_TIME) {
        if (!(t = tt_segment_need(segment, "event.time", TT_U32, events->n, 0, err)))
            return -1;
        events->time = (uint32_t *)t->data;
    }
    return 0;
}

static int load(struct tt_events *events, const struct tt_dictionary *d, const struct tt_segment *segment,
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
    return load_optional(events, segment, err);
}

int tt_events_load(struct tt_events *events, const struct tt_dictionary *dictionary, const struct tt_segment *segment,
                   struct tt_err *err)
{
    if (tt_events_init(events, &dictionary->schema, err) == 0 && load(events, dictionary, segment, err) == 0)
        return 0;
    tt_events_release(events);
    return -1;
}

int tt_events_store_like(const struct tt_events *events, const struct tt_schema *schema, const char *checksum,
                         struct tt_segment *segment, struct tt_err *err)
{
    return tt_segment_init(segment, "examples", TT_FORMAT, err) || tt_segment_text(segment, "like", checksum, err) ||
                   tt_segment_text(segment, "schema_fingerprint", schema->fingerprint, err) ||
                   tt_events_store(events, schema, segment, err)
               ? -1
               : 0;
}

int tt_events_load_like(struct tt_events *events, struct tt_segment *segment, const char *path,
                        const struct tt_dictionary *dictionary, const char *checksum, struct tt_err *err)
{
    *events = (struct tt_events){0};
    if (tt_container_load(path, "examples", segment, err))
        return -1;
    const char *like = tt_segment_find_text(segment, "like");
    if (!like || strcmp(like, checksum) != 0)
        tt_err_set(err, TT_ERR_MISMATCH, "%s: its events do not follow the dictionary of the training examples", path);
    else if (tt_events_load(events, dictionary, segment, err) == 0)
        return 0;
    tt_segment_release(segment);
    return -1;
}
