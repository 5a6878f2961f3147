/* Parsing of requests for recommendations: see recommend_request.h. */
#include "serve/recommend_request.h"

#include <string.h>

#include "base/number.h"
#include "table/time_text.h"

static int value_is(const struct tt_http_param *p, const char *value)
{
    return p->value_len == strlen(value) && memcmp(p->value, value, p->value_len) == 0;
}

/* "'NAME=VALUE' WHAT" */
static int refuse(const struct tt_http_param *p, const char *what, struct tt_err *err)
{
    return tt_err_set(err, TT_ERR_USAGE, "'%.*s=%.*s' %s", p->name_len > 80 ? 80 : (int)p->name_len, p->name,
                      p->value_len > 80 ? 80 : (int)p->value_len, p->value, what);
}

static int add_item(struct tt_request_text *items, size_t *n, const char *text, size_t len,
                    const struct tt_http_param *p, struct tt_err *err)
{
    if (len == 0)
        return 0;
    if (*n == TT_REQUEST_MAX_ITEMS)
        return tt_err_set(err, TT_ERR_USAGE, "'%.*s' names more than %d items", (int)p->name_len, p->name,
                          TT_REQUEST_MAX_ITEMS);
    items[(*n)++] = (struct tt_request_text){0, text, len};
    return 0;
}

/* One item, or several with commas between. */
static int add_items(const struct tt_snapshot *s, struct tt_request_text *items, size_t *n,
                     const struct tt_http_param *p, struct tt_err *err)
{
    const char *text = p->value, *end = p->value + p->value_len, *comma;

    if (tt_vocab_find(&s->ids, p->value, p->value_len) == TT_VOCAB_NONE)
        for (; (comma = memchr(text, ',', (size_t)(end - text))); text = comma + 1)
            if (add_item(items, n, text, (size_t)(comma - text), p, err))
                return -1;
    return add_item(items, n, text, (size_t)(end - text), p, err);
}

/* The users' feature or context of this name, as a column of the schema; -1: there is none. */
static long user_column(const struct tt_snapshot *s, const char *name, size_t len)
{
    const struct tt_schema *schema = &s->model.entities.dictionary.schema;

    for (size_t c = 0; c < schema->n_columns; c++) {
        const struct tt_column *column = &schema->columns[c];
        if (column->side == TT_USER && column->kind != TT_KIND_ID && column->kind != TT_KIND_HISTORY &&
            strlen(column->name) == len && memcmp(column->name, name, len) == 0)
            return (long)c;
    }
    return -1;
}

static int add_value(struct tt_recommend_request *request, const struct tt_snapshot *s, size_t column,
                     const struct tt_http_param *p, struct tt_err *err)
{
    const char *wrong = tt_feature_refuses(&s->model.entities.dictionary.features[column], p->value, p->value_len);

    if (wrong)
        return refuse(p, wrong, err);
    for (size_t i = 0; i < request->n_values; i++)
        if (request->values[i].column == column)
            return refuse(p, "comes after another value of it", err);
    if (request->n_values == TT_REQUEST_MAX_COLUMNS)
        return refuse(p, "is one column too many", err);
    request->values[request->n_values++] = (struct tt_request_text){column, p->value, p->value_len};
    return 0;
}

/* Add a filter, after the others of its column. */
static int add_filter(struct tt_recommend_request *request, size_t column, const struct tt_http_param *p,
                      struct tt_err *err)
{
    size_t at = request->n_filters;

    if (request->n_filters == TT_HTTP_MAX_PARAMS)
        return refuse(p, "is one filter too many", err);
    while (at > 0 && request->filters[at - 1].column > column) {
        request->filters[at] = request->filters[at - 1];
        at--;
    }
    request->filters[at] = (struct tt_request_text){column, p->value, p->value_len};
    request->n_filters++;
    return 0;
}

static int add_column(struct tt_recommend_request *request, const struct tt_snapshot *s, const struct tt_http_param *p,
                      struct tt_err *err)
{
    int only_user = p->name_len > 5 && memcmp(p->name, "user.", 5) == 0;
    int only_item = p->name_len > 5 && memcmp(p->name, "item.", 5) == 0;
    size_t skip = only_user || only_item ? 5 : 0;
    const char *name = p->name + skip;
    size_t len = p->name_len - skip;
    long column = only_item ? -1 : user_column(s, name, len);

    if (column >= 0)
        return add_value(request, s, (size_t)column, p, err);
    const struct tt_item_attribute *attribute = only_user ? NULL : tt_item_attributes_find(&s->attributes, name, len);
    if (!attribute)
        return refuse(p, "names no parameter and no column of this model's users or items", err);
    return add_filter(request, (size_t)(attribute - s->attributes.columns), p, err);
}

static int parse_param(struct tt_recommend_request *request, const struct tt_snapshot *s, const struct tt_http_param *p,
                       const struct tt_recommend_settings *settings, struct tt_err *err)
{
    struct tt_time time;
    const char *what;
    uint64_t k;

    if (tt_http_param_is(p, "user") || tt_http_param_is(p, tt_snapshot_user_column(s))) {
        if (p->value_len == 0)
            return refuse(p, "is empty", err);
        request->user = p->value;
        request->user_len = p->value_len;
    } else if (tt_http_param_is(p, "k")) {
        if (tt_parse_u64(p->value, p->value_len, &k) || k < 1 || k > TT_REQUEST_MAX_K)
            return refuse(p, "is not a whole number from 1 to 1000", err);
        request->k = (size_t)k;
    } else if (tt_http_param_is(p, "seen")) {
        if (!value_is(p, "remove") && !value_is(p, "keep"))
            return refuse(p, "is neither remove nor keep", err);
        request->removes_seen = value_is(p, "remove");
    } else if (tt_http_param_is(p, "explain")) {
        if (!value_is(p, "0") && !value_is(p, "1"))
            return refuse(p, "is neither 0 nor 1", err);
        request->explains = value_is(p, "1");
    } else if (tt_http_param_is(p, "time")) {
        struct tt_span span = TT_SPAN_INIT;
        if (tt_time_parse(p->value, p->value_len, &time, &what))
            return refuse(p, what, err);
        request->now = time.is_local ? tt_zone_instant(settings->zone, time.seconds, &span) : time.seconds;
    } else if (tt_http_param_is(p, "exclude")) {
        return add_items(s, request->excluded, &request->n_excluded, p, err);
    } else if (tt_http_param_is(p, "history")) {
        return add_items(s, request->history, &request->n_history, p, err);
    } else {
        return add_column(request, s, p, err);
    }
    return 0;
}

/* Add the contexts that were not given and that the clock has. */
static void add_clock(struct tt_recommend_request *request, const struct tt_snapshot *s,
                      const struct tt_recommend_settings *settings)
{
    const struct tt_schema *schema = &s->model.entities.dictionary.schema;
    struct tt_span span = TT_SPAN_INIT;
    struct tt_time time = {.seconds = request->now};
    int has_local = 0;
    int64_t local = 0;

    for (size_t c = 0; c < schema->n_columns && request->n_values < TT_REQUEST_MAX_COLUMNS; c++) {
        const struct tt_column *column = &schema->columns[c];
        enum tt_time_kind kind = tt_time_feature_find(column->name, strlen(column->name));
        size_t given = 0, len;
        if (column->side != TT_USER || column->kind != TT_KIND_CONTEXT || kind == TT_TIME_KINDS)
            continue;
        while (given < request->n_values && request->values[given].column != c)
            given++;
        if (given < request->n_values)
            continue;
        if (!has_local)
            local = tt_zone_local(settings->zone, &time, &span);
        has_local = 1;
        const char *text = tt_time_feature(&request->clock, kind, local, &len);
        memcpy(request->clock_texts[kind], text, len);
        request->values[request->n_values++] = (struct tt_request_text){c, request->clock_texts[kind], len};
    }
}

int tt_recommend_request_parse(struct tt_recommend_request *request, const struct tt_snapshot *snapshot,
                               const struct tt_http_param *params, size_t n,
                               const struct tt_recommend_settings *settings, int64_t now, struct tt_err *err)
{
    request->user = NULL;
    request->user_len = 0;
    request->k = 10;
    request->removes_seen = settings->removes_seen;
    request->explains = 0;
    request->now = now;
    request->n_values = request->n_filters = request->n_history = request->n_excluded = 0;
    request->clock.meals = settings->meals;
    for (size_t i = 0; i < n; i++)
        if (parse_param(request, snapshot, &params[i], settings, err))
            return -1;
    add_clock(request, snapshot, settings);
    return 0;
}
