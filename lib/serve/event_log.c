/* Events that arrive over HTTP: see event_log.h. */
#include "serve/event_log.h"

#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "table/time_text.h"
#include "encode/events.h"
#include "io/csv_reader.h"

enum { MAX_CHARACTERS = TT_RECENT_MAX_TEXT / 4 };

struct tt_event_place {
    size_t at, len; /* in texts.data, which moves while it grows */
};

/* Is this column part of an event? Histories and features are not. */
static int is_of_events(const struct tt_column *c)
{
    return c->side == TT_EVENT || c->kind == TT_KIND_ID || c->kind == TT_KIND_CONTEXT;
}

/* ---- the log ---- */

static int list_columns(struct tt_event_log *log, const struct tt_schema *schema, struct tt_err *err)
{
    *log = (struct tt_event_log){0};
    for (size_t c = 0; c < schema->n_columns; c++) {
        const struct tt_column *column = &schema->columns[c];
        if (!is_of_events(column))
            continue;
        if (tt_buf_add(&log->names, column->name, strlen(column->name) + 1, err))
            return -1;
        if (column->kind == TT_KIND_ID)
            *(column->side == TT_USER ? &log->user : &log->item) = log->n_columns;
        log->n_columns++;
    }
    return 0;
}

int tt_event_log_check(const struct tt_event_log *log, const struct tt_snapshot *snapshot, struct tt_err *err)
{
    struct tt_event_log needed;
    int status = list_columns(&needed, &snapshot->model.entities.dictionary.schema, err);

    if (status == 0 &&
        (needed.names.len != log->names.len || memcmp(needed.names.data, log->names.data, log->names.len) != 0))
        status = tt_err_set(err, TT_ERR_MISMATCH, "%s: its events have other columns than those of the log",
                            snapshot->model.entities.segment.name);
    tt_event_log_release(&needed);
    return status;
}

void tt_event_log_release(struct tt_event_log *log)
{
    tt_csv_log_close(log->file);
    tt_buf_release(&log->names);
    *log = (struct tt_event_log){0};
}

static void set_values(struct tt_recent_event *event, const struct tt_event_values *values)
{
    event->weight = values->weight;
    event->label = values->label;
    event->time = values->time;
}

/* Add the event of a row that is in the file. */
static int add_row(const struct tt_csv *csv, const struct tt_snapshot *s, struct tt_recent_events *recent,
                   struct tt_err *err)
{
    const struct tt_schema *schema = &s->model.entities.dictionary.schema;
    struct tt_event_values values = {.weight = 1, .label = 1};
    struct tt_recent_event event = {0};
    size_t at = 0;

    for (size_t c = 0; c < schema->n_columns; c++) {
        const struct tt_column *column = &schema->columns[c];
        if (!is_of_events(column))
            continue;
        const struct tt_csv_field *f = &csv->fields[at];
        if (column->kind == TT_KIND_ID && column->side == TT_USER) {
            event.user = f->text;
            event.user_len = f->len;
        } else if (column->kind == TT_KIND_ID) {
            event.item = f->text;
            event.item_len = f->len;
        } else if (tt_event_read_field(&values, column, csv, at, err)) {
            return -1;
        }
        at++;
    }
    set_values(&event, &values);
    return tt_recent_events_add(recent, &event, err);
}

static int read_events(const char *path, const struct tt_snapshot *s, struct tt_recent_events *recent,
                       struct tt_err *err)
{
    struct tt_csv csv = {0};
    int more;

    if (tt_csv_open(&csv, path, TT_CSV_COMMA, err))
        return -1;
    tt_csv_use_all(&csv);
    while ((more = tt_csv_next(&csv, err)) == 1)
        if (add_row(&csv, s, recent, err)) {
            more = -1;
            break;
        }
    tt_csv_close(&csv);
    return more;
}

int tt_event_log_open(struct tt_event_log *log, const char *path, enum tt_csv_log_sync sync,
                      const struct tt_snapshot *snapshot, struct tt_recent_events *recent, uint64_t *cut,
                      struct tt_err *err)
{
    const char **names = NULL;

    if (list_columns(log, &snapshot->model.entities.dictionary.schema, err))
        goto fail;
    names = tt_alloc(log->n_columns, sizeof(*names), err);
    if (!names)
        goto fail;
    for (size_t i = 0, from = 0; i < log->n_columns; from += strlen(names[i++]) + 1)
        names[i] = log->names.data + from;
    log->file = tt_csv_log_open(path, names, log->n_columns, sync, cut, err);
    free(names);
    if (log->file && read_events(path, snapshot, recent, err) == 0)
        return 0;
fail:
    tt_event_log_release(log);
    return -1;
}

/* ---- a batch ---- */

void tt_event_batch_begin(struct tt_event_batch *batch)
{
    batch->n = 0;
    batch->texts.len = 0;
}

void tt_event_batch_release(struct tt_event_batch *batch)
{
    free(batch->events);
    free(batch->fields);
    free(batch->lines);
    tt_buf_release(&batch->texts);
    *batch = (struct tt_event_batch){0};
}

/* The parameter that gives this column, or NULL. If there are two, err is set. */
static const struct tt_http_param *find(const struct tt_http_param *params, size_t n, const struct tt_column *column,
                                        struct tt_err *err)
{
    const char *other = column->kind != TT_KIND_ID ? NULL : column->side == TT_USER ? "user" : "item";
    const struct tt_http_param *found = NULL;

    for (size_t i = 0; i < n; i++) {
        if (!tt_http_param_is(&params[i], column->name) && !(other && tt_http_param_is(&params[i], other)))
            continue;
        if (found) {
            tt_err_set(err, TT_ERR_USAGE, "an event has '%s' twice", column->name);
            return NULL;
        }
        found = &params[i];
    }
    return found;
}

static int refuse(const struct tt_column *column, const char *text, size_t len, const char *wrong, struct tt_err *err)
{
    return tt_err_set(err, TT_ERR_USAGE, "an event's '%s': '%.*s' %s", column->name, len > 80 ? 80 : (int)len, text,
                      wrong);
}

/* The text of a column that the event does not give: of contexts and times the clock's. NULL: it must be given. */
static const char *default_text(const struct tt_column *column, const struct tt_recommend_settings *settings,
                                struct tt_time_features *clock, int64_t now, char seconds[24], size_t *len)
{
    struct tt_time time = {.seconds = now};
    struct tt_span span = TT_SPAN_INIT;

    *len = 0;
    switch (column->kind) {
    case TT_KIND_WEIGHT:
    case TT_KIND_LABEL:
    case TT_KIND_ID: return NULL;
    case TT_KIND_TIME:
        if (column->unit > 1)
            return NULL;
        *len = (size_t)snprintf(seconds, 24, "%lld", (long long)now);
        return seconds;
    default:
        return tt_time_feature(clock, tt_time_feature_find(column->name, strlen(column->name)),
                               tt_zone_local(settings->zone, &time, &span), len);
    }
}

static int parse_text(const struct tt_column *column, const char *text, size_t len, struct tt_event_values *values,
                      struct tt_err *err)
{
    if (tt_utf8_count(text, len) > MAX_CHARACTERS)
        return refuse(column, text, len, "... is longer than 1000 characters", err);
    const char *wrong =
        column->kind == TT_KIND_ID && !len ? "is empty" : tt_event_read(values, column, text, len);
    return wrong ? refuse(column, text, len, wrong, err) : 0;
}

/* Each parameter must be a column of the log. */
static int check_names(const struct tt_schema *schema, const struct tt_http_param *params, size_t n,
                       struct tt_err *err)
{
    for (size_t i = 0; i < n; i++) {
        size_t c = 0;
        while (c < schema->n_columns &&
               !(is_of_events(&schema->columns[c]) && tt_http_param_is(&params[i], schema->columns[c].name)))
            c++;
        if (c == schema->n_columns && !tt_http_param_is(&params[i], "user") && !tt_http_param_is(&params[i], "item"))
            return tt_err_set(err, TT_ERR_USAGE, "an event has no column '%.*s'",
                              params[i].name_len > 80 ? 80 : (int)params[i].name_len, params[i].name);
    }
    return 0;
}

int tt_event_batch_add(struct tt_event_batch *batch, const struct tt_snapshot *snapshot,
                       const struct tt_http_param *params, size_t n, const struct tt_recommend_settings *settings,
                       struct tt_time_features *clock, int64_t now, struct tt_err *err)
{
    const struct tt_schema *schema = &snapshot->model.entities.dictionary.schema;
    struct tt_event_values values = {.weight = 1, .label = 1, .time = (uint32_t)now};
    struct tt_recent_event event = {0};
    size_t width = 0, at;
    char seconds[24];

    for (size_t c = 0; c < schema->n_columns; c++)
        width += (size_t)is_of_events(&schema->columns[c]);
    at = batch->n * width;
    if (check_names(schema, params, n, err) ||
        tt_grow(&batch->events, &batch->cap_events, batch->n + 1, sizeof(*batch->events), err) ||
        tt_grow(&batch->fields, &batch->cap_fields, at + width, sizeof(*batch->fields), err))
        return -1;
    for (size_t c = 0; c < schema->n_columns; c++) {
        const struct tt_column *column = &schema->columns[c];
        if (!is_of_events(column))
            continue;
        const struct tt_http_param *p = find(params, n, column, err);
        if (err->kind)
            return -1;
        size_t len = p ? p->value_len : 0;
        const char *text = p ? p->value : default_text(column, settings, clock, now, seconds, &len);
        if (!text)
            return tt_err_set(err, TT_ERR_USAGE, "an event has no '%s'", column->name);
        if (parse_text(column, text, len, &values, err))
            return -1;
        batch->fields[at++] = (struct tt_event_place){batch->texts.len, len};
        if (tt_buf_add(&batch->texts, text, len, err))
            return -1;
    }
    set_values(&event, &values);
    batch->events[batch->n++] = event;
    return 0;
}

int tt_event_batch_commit(struct tt_event_batch *batch, struct tt_event_log *log, struct tt_recent_events *recent,
                          struct tt_err *err)
{
    size_t width = log->n_columns;

    if (tt_grow(&batch->lines, &batch->cap_lines, batch->n * width, sizeof(*batch->lines), err))
        return -1;
    for (size_t i = 0; i < batch->n * width; i++)
        batch->lines[i] = (struct tt_csv_log_field){batch->texts.data + batch->fields[i].at, batch->fields[i].len};
    if (tt_csv_log_append(log->file, batch->lines, batch->n, err))
        return -1;
    for (size_t e = 0; e < batch->n; e++) {
        struct tt_recent_event *event = &batch->events[e];
        const struct tt_csv_log_field *line = batch->lines + e * width;
        event->user = line[log->user].text;
        event->user_len = line[log->user].len;
        event->item = line[log->item].text;
        event->item_len = line[log->item].len;
        if (tt_recent_events_add(recent, event, err))
            return -1;
    }
    return 0;
}
