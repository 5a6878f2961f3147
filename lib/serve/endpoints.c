/* The endpoints: see endpoints.h. What each answer says is described in page/openapi.json. */
#include "serve/endpoints.h"

#include <string.h>

#include "encode/column_kind.h"
#include "serve/assets.h"
#include "serve/openapi.h"

enum {
    MAX_ITEMS = 100000,  /* of all rows of a request: some ten megabytes, and under a second */
    EXPLAINED = 10,      /* items that one with its reason counts as: it is compared with all of the user's */
    MAX_LISTED = 1000,
    MAX_VALUES = 500,
};

/* ---- recommend, similar ---- */

static void context(struct tt_call *call, const struct tt_recommend_request *request)
{
    const struct tt_schema *schema = &call->snapshot->model.entities.dictionary.schema;

    tt_json_key(&call->json, "context");
    tt_json_open(&call->json, '{');
    for (size_t i = 0; i < request->n_values; i++) {
        const struct tt_column *column = &schema->columns[request->values[i].column];
        if (column->kind == TT_KIND_CONTEXT)
            tt_call_text(call, column->name, request->values[i].text, request->values[i].len);
    }
    tt_json_close(&call->json, '}');
}

/* Why a list has fewer than k items. */
static void reason(struct tt_call *call, const struct tt_recommend_request *request, const struct tt_list *list)
{
    char text[160];

    if (list->n >= request->k)
        return;
    if (list->source == TT_SOURCE_POPULAR && !call->snapshot->knows_popular)
        snprintf(text, sizeof(text), "the user has no history and no features, and the popularity of items is unknown");
    else if (list->left == call->snapshot->index.n)
        snprintf(text, sizeof(text), "the index has only %zu items", list->left);
    else
        snprintf(text, sizeof(text), "%s leave only %zu of %zu items",
                 request->n_filters == 0      ? "items that are seen or excluded"
                 : !request->removes_seen && !request->n_excluded ? "the filters"
                                                          : "the filters, and items that are seen or excluded,",
                 list->left, call->snapshot->index.n);
    tt_call_string(call, "reason", text);
}

static void items(struct tt_call *call, const struct tt_list *list)
{
    tt_json_key(&call->json, "items");
    tt_json_open(&call->json, '[');
    for (size_t i = 0; i < list->n; i++) {
        tt_json_open(&call->json, '{');
        tt_call_item_id(call, "id", list->rows[i]);
        tt_json_key(&call->json, "score");
        tt_json_float(&call->json, list->scores[i]);
        tt_call_attributes(call, list->rows[i]);
        if (list->because && list->because[i] != TT_VOCAB_NONE)
            tt_call_item_id(call, "because", list->because[i]);
        tt_json_close(&call->json, '}');
    }
    tt_json_close(&call->json, ']');
}

/* The list for one request. */
static int recommend(struct tt_call *call, const struct tt_http_param *params, size_t n, struct tt_list *list)
{
    const struct tt_service_options *o = &call->service->options;
    struct tt_recommend_request *request = &call->worker->request;

    if (tt_recommend_request_parse(request, call->snapshot, params, n, &o->settings, o->now(), &call->err))
        return -1;
    call->items += request->k * (request->explains ? EXPLAINED : 1);
    if (call->items > MAX_ITEMS)
        return tt_err_set(&call->err, TT_ERR_USAGE, "more than %d items are asked for in all%s", MAX_ITEMS,
                          request->explains ? ", of which one with 'explain' counts ten times" : "");
    return tt_recommend(call->worker->recommender, call->snapshot, call->service->recent, call->service->cache, request,
                        list, &call->err);
}

/* The members of an answer, without its brackets. */
static void list_members(void *arg, struct tt_call *call, const struct tt_list *list)
{
    const struct tt_recommend_request *request = &call->worker->request;

    (void)arg;
    if (request->user)
        tt_call_text(call, "user", request->user, request->user_len);
    tt_call_string(call, "source", tt_source_name(list->source));
    context(call, request);
    items(call, list);
    reason(call, request, list);
}

static void get_recommend(struct tt_call *call)
{
    struct tt_list list;

    if (recommend(call, call->http->params, call->http->n_params, &list)) {
        tt_call_fail(call);
        return;
    }
    tt_json_open(&call->json, '{');
    list_members(NULL, call, &list);
    tt_call_fingerprints(call);
    tt_json_close(&call->json, '}');
    tt_call_finish(call);
}

int tt_call_recommend_rows(struct tt_call *call, struct tt_body *body,
                           void (*each)(void *arg, struct tt_call *, const struct tt_list *), void *arg)
{
    for (size_t i = 0; i < body->n; i++) {
        const struct tt_http_param *params;
        struct tt_list list;
        size_t n;
        if (tt_body_row(body, i, &params, &n, &call->err) || recommend(call, params, n, &list))
            return -1;
        each(arg, call, &list);
    }
    return 0;
}

static void list_object(void *arg, struct tt_call *call, const struct tt_list *list)
{
    tt_json_open(&call->json, '{');
    list_members(arg, call, list);
    tt_json_close(&call->json, '}');
}

static void post_recommend(struct tt_call *call)
{
    static const struct tt_body_shape shape = {.list = "requests", .plain = "user", .max_rows = TT_MAX_ROWS};
    struct tt_body body = {0};

    if (tt_call_no_params(call) ||
        tt_body_read(&body, call->http->body, call->http->body_len, &shape, &call->err)) {
        tt_call_fail(call);
        return;
    }
    tt_json_open(&call->json, '{');
    if (body.is_list) {
        tt_json_key(&call->json, "answers");
        tt_json_open(&call->json, '[');
    }
    if (tt_call_recommend_rows(call, &body, body.is_list ? list_object : list_members, NULL)) {
        tt_call_fail(call);
    } else {
        if (body.is_list)
            tt_json_close(&call->json, ']');
        tt_call_fingerprints(call);
        tt_json_close(&call->json, '}');
        tt_call_finish(call);
    }
    tt_body_release(&body);
}

static void get_similar(struct tt_call *call)
{
    static const char *const names[] = {"item", "k", NULL};
    const struct tt_http_param *item = tt_call_param(call, "item");
    struct tt_list list;
    size_t k;

    if (tt_call_only(call, names) || tt_call_number(call, "k", TT_REQUEST_MAX_K, 10, &k)) {
        tt_call_fail(call);
        return;
    }
    if (!item) {
        tt_call_refuse(call, 400, "'item' is missing");
        return;
    }
    uint32_t row = tt_vocab_find(&call->snapshot->ids, item->value, item->value_len);
    if (row == TT_VOCAB_NONE) {
        tt_call_refuse(call, 404, "the index has no such item");
        return;
    }
    if (tt_recommend_similar(call->worker->recommender, call->snapshot, row, k, &list, &call->err)) {
        tt_call_fail(call);
        return;
    }
    tt_json_open(&call->json, '{');
    tt_call_item_id(call, "item", row);
    items(call, &list);
    tt_call_fingerprints(call);
    tt_json_close(&call->json, '}');
    tt_call_finish(call);
}

/* ---- users, items ---- */

/* Ids that begin with `prefix`, in the order of the vocabulary, at most `limit`. */
static void ids_with_prefix(struct tt_call *call, const char *key, const struct tt_text_list *texts)
{
    static const char *const names[] = {"prefix", "limit", NULL};
    const struct tt_http_param *prefix = tt_call_param(call, "prefix");
    size_t limit, listed = 0;

    if (tt_call_only(call, names) || tt_call_number(call, "limit", MAX_LISTED, 20, &limit)) {
        tt_call_fail(call);
        return;
    }
    tt_json_open(&call->json, '{');
    tt_json_key(&call->json, key);
    tt_json_open(&call->json, '[');
    for (size_t i = 0; i < texts->n && listed < limit; i++) {
        size_t len;
        const char *text = tt_text_list_get(texts, i, &len);
        if (prefix && (len < prefix->value_len || memcmp(text, prefix->value, prefix->value_len) != 0))
            continue;
        tt_json_text(&call->json, text, len);
        listed++;
    }
    tt_json_close(&call->json, ']');
    tt_call_count(call, "total", texts->n);
    tt_json_close(&call->json, '}');
    tt_call_finish(call);
}

static void get_users(struct tt_call *call)
{
    const struct tt_dictionary *d = &call->snapshot->model.entities.dictionary;

    ids_with_prefix(call, "users", &d->features[d->user_id].vocab.texts);
}

static void get_items(struct tt_call *call)
{
    ids_with_prefix(call, "items", &call->snapshot->index.ids);
}

/* The user's items with their weights, in the order of the model. */
static void history_items(struct tt_call *call, size_t n, const uint32_t *codes, const float *weights)
{
    const struct tt_dictionary *d = &call->snapshot->model.entities.dictionary;

    tt_json_key(&call->json, "history");
    tt_json_open(&call->json, '[');
    for (size_t i = 0; i < n; i++) {
        size_t len;
        uint32_t row = tt_snapshot_row_of(call->snapshot, codes[i]);
        if (codes[i] == 0)
            continue;
        const char *text = tt_text_list_get(&d->features[d->item_id].vocab.texts, codes[i] - 1, &len);
        tt_json_open(&call->json, '{');
        tt_call_text(call, "id", text, len);
        tt_json_key(&call->json, "weight");
        tt_json_float(&call->json, weights ? weights[i] : 1);
        if (row != TT_VOCAB_NONE)
            tt_call_attributes(call, row);
        tt_json_close(&call->json, '}');
    }
    tt_json_close(&call->json, ']');
}

static void get_user(struct tt_call *call)
{
    uint32_t user = tt_snapshot_user(call->snapshot, call->name, call->name_len);
    struct tt_recent_events *recent = call->service->recent;
    const uint32_t *codes;
    const float *weights;
    size_t n;

    if (tt_call_no_params(call)) {
        tt_call_fail(call);
        return;
    }
    if (!user && !tt_recent_events_version(recent, call->name, call->name_len)) {
        tt_call_refuse(call, 404, "there is no such user");
        return;
    }
    if (tt_recommend_history(call->worker->recommender, call->snapshot, recent, call->name, call->name_len, &n, &codes,
                             &weights, &call->err)) {
        tt_call_fail(call);
        return;
    }
    tt_json_open(&call->json, '{');
    tt_call_text(call, "user", call->name, call->name_len);
    tt_call_bool(call, "in_model", user != 0);
    history_items(call, n, codes, weights);
    tt_call_fingerprints(call);
    tt_json_close(&call->json, '}');
    tt_call_finish(call);
}

static void get_item(struct tt_call *call)
{
    uint32_t row = tt_vocab_find(&call->snapshot->ids, call->name, call->name_len);

    if (tt_call_no_params(call) || tt_snapshot_need_popular(call->snapshot, &call->err)) {
        tt_call_fail(call);
        return;
    }
    if (row == TT_VOCAB_NONE) {
        tt_call_refuse(call, 404, "the index has no such item");
        return;
    }
    tt_json_open(&call->json, '{');
    tt_call_item_id(call, "id", row);
    tt_call_count(call, "users", call->snapshot->users_of_row[row]);
    tt_call_bool(call, "in_model", tt_snapshot_code_of(call->snapshot, row) != 0);
    tt_call_attributes(call, row);
    tt_call_fingerprints(call);
    tt_json_close(&call->json, '}');
    tt_call_finish(call);
}

/* ---- events ---- */

static void post_events(struct tt_call *call)
{
    static const struct tt_body_shape shape = {.list = "events", .max_rows = TT_MAX_ROWS};
    const struct tt_service_options *o = &call->service->options;
    struct tt_event_batch *batch = &call->worker->batch;
    struct tt_body body = {0};

    if (!call->service->log.file) {
        tt_call_refuse(call, 503, "this service was started without a log of events");
        return;
    }
    if (tt_call_no_params(call) ||
        tt_body_read(&body, call->http->body, call->http->body_len, &shape, &call->err)) {
        tt_call_fail(call);
        return;
    }
    tt_event_batch_begin(batch);
    for (size_t i = 0; i < body.n && call->err.kind == TT_ERR_NONE; i++) {
        const struct tt_http_param *params;
        size_t n;
        if (tt_body_row(&body, i, &params, &n, &call->err) ||
            tt_event_batch_add(batch, call->snapshot, params, n, &o->settings, &call->worker->clock, o->now(),
                               &call->err))
            break;
    }
    tt_body_release(&body);
    if (call->err.kind ||
        tt_event_batch_commit(batch, &call->service->log, call->service->recent, &call->err)) {
        tt_call_fail(call);
        return;
    }
    atomic_fetch_add(&call->service->events, batch->n);
    tt_json_open(&call->json, '{');
    tt_call_count(call, "accepted", batch->n);
    tt_json_close(&call->json, '}');
    tt_call_finish(call);
}

/* ---- health, metrics, what there is ---- */

static void get_live(struct tt_call *call)
{
    tt_json_open(&call->json, '{');
    tt_call_string(call, "status", "live");
    tt_json_close(&call->json, '}');
    tt_call_finish(call);
}

static void get_ready(struct tt_call *call)
{
    int is_draining = atomic_load(&call->service->is_draining);
    char error[sizeof(call->service->last_error)];

    tt_mutex_lock(&call->service->lock);
    memcpy(error, call->service->last_error, sizeof(error));
    tt_mutex_unlock(&call->service->lock);
    call->answer->status = is_draining ? 503 : 200;
    tt_json_open(&call->json, '{');
    tt_call_string(call, "status", is_draining ? "draining" : "ready");
    if (error[0])
        tt_call_string(call, "last_error", error);
    tt_call_count(call, "version", call->snapshot->serial);
    tt_call_fingerprints(call);
    tt_json_close(&call->json, '}');
    tt_call_finish(call);
}

static int print_metrics(struct tt_call *call, struct tt_buf *out)
{
    struct tt_service *s = call->service;
    struct tt_err *err = &call->err;

    return tt_telemetry_print(s->telemetry, out, err) ||
                   tt_telemetry_add(out, "tt_reloads_total", "counter", "Reloads that succeeded.",
                                    (double)atomic_load(&s->reloads), err) ||
                   tt_telemetry_add(out, "tt_failed_reloads_total", "counter", "Reloads that failed.",
                                    (double)atomic_load(&s->failed_reloads), err) ||
                   tt_telemetry_add(out, "tt_events_total", "counter", "Events that were accepted.",
                                    (double)atomic_load(&s->events), err) ||
                   tt_telemetry_add(out, "tt_recent_events", "gauge", "Events since the model was trained.",
                                    (double)tt_recent_events_count(s->recent), err) ||
                   tt_telemetry_add(out, "tt_items", "gauge", "Items of the index.", (double)call->snapshot->index.n,
                                    err) ||
                   tt_telemetry_add(out, "tt_start_time_seconds", "gauge",
                                    "When the service was started, in seconds since 1970.", (double)s->started, err) ||
                   (s->connections &&
                    tt_telemetry_add(out, "tt_connections", "gauge", "Open connections.", s->connections(s->http), err))
               ? -1
               : 0;
}

static void get_metrics(struct tt_call *call)
{
    if (print_metrics(call, &call->answer->body))
        tt_call_fail(call);
    else
        call->answer->content_type = "text/plain; version=0.0.4; charset=utf-8";
}

/* The values of a column, at most so many. */
static void values_of(struct tt_call *call, const char *name, const struct tt_text_list *texts)
{
    tt_json_open(&call->json, '{');
    tt_call_string(call, "name", name);
    tt_json_key(&call->json, "values");
    tt_json_open(&call->json, '[');
    for (size_t i = 0; i < texts->n && i < MAX_VALUES; i++) {
        size_t len;
        const char *text = tt_text_list_get(texts, i, &len);
        tt_json_text(&call->json, text, len);
    }
    tt_json_close(&call->json, ']');
    tt_call_count(call, "total", texts->n);
    tt_json_close(&call->json, '}');
}

/* The users' contexts, or their attributes. */
static void user_columns(struct tt_call *call, const char *key, int is_context)
{
    const struct tt_dictionary *d = &call->snapshot->model.entities.dictionary;

    tt_json_key(&call->json, key);
    tt_json_open(&call->json, '[');
    for (size_t c = 0; c < d->schema.n_columns; c++) {
        const struct tt_column *column = &d->schema.columns[c];
        if (column->side == TT_USER &&
            (is_context ? column->kind == TT_KIND_CONTEXT : tt_column_is_attribute(column)))
            values_of(call, column->name, &d->features[c].vocab.texts);
    }
    tt_json_close(&call->json, ']');
}

/* The columns and settings that requests to this service may use: the page's controls are made from it. */
static void get_about(struct tt_call *call)
{
    const struct tt_snapshot *s = call->snapshot;
    const struct tt_service_options *o = &call->service->options;
    struct tt_recommend_request *request = &call->worker->request;

    if (tt_recommend_request_parse(request, s, NULL, 0, &o->settings, o->now(), &call->err)) {
        tt_call_fail(call);
        return;
    }
    tt_json_open(&call->json, '{');
    tt_call_string(call, "name", o->name);
    tt_call_string(call, "user_column", tt_snapshot_user_column(s));
    tt_call_string(call, "item_column", s->index.item);
    tt_call_count(call, "users", s->model.entities.users.n_rows ? s->model.entities.users.n_rows - 1 : 0);
    tt_call_count(call, "items", s->index.n);
    tt_call_string(call, "seen", o->settings.removes_seen ? "remove" : "keep");
    tt_call_bool(call, "takes_events", call->service->log.file != NULL);
    context(call, request); /* what the clock says now */
    user_columns(call, "contexts", 1);
    user_columns(call, "features", 0);
    tt_json_key(&call->json, "filters");
    tt_json_open(&call->json, '[');
    for (size_t c = 0; c < s->attributes.n_columns; c++)
        values_of(call, s->attributes.columns[c].name, &s->attributes.columns[c].values.texts);
    tt_json_close(&call->json, ']');
    tt_call_fingerprints(call);
    tt_json_close(&call->json, '}');
    tt_call_finish(call);
}

/* ---- files within the program ---- */

static void send_asset(struct tt_call *call, const struct tt_asset *asset)
{
    call->answer->is_static = 1;
    call->answer->content_type = asset->content_type;
    call->answer->text = asset->text;
    call->answer->text_len = asset->len;
}

static void get_page(struct tt_call *call) { send_asset(call, &tt_asset_page); }
static void get_style(struct tt_call *call) { send_asset(call, &tt_asset_style); }
static void get_script(struct tt_call *call) { send_asset(call, &tt_asset_script); }

static void get_openapi(struct tt_call *call)
{
    if (tt_openapi_print(call->snapshot, tt_asset_openapi.text, tt_asset_openapi.len, &call->answer->body, &call->err))
        tt_call_fail(call);
    else
        call->answer->content_type = "application/json";
}

/* ---- the table ---- */

/* The first path that fits a request is its path, so one that fits fewer texts comes first. */
const struct tt_endpoint tt_endpoints[] = {
    {"GET", "/recommend", "recommend", get_recommend, 0},
    {"POST", "/recommend", "recommend", post_recommend, 0},
    {"GET", "/similar", "similar", get_similar, 0},
    {"GET", "/users", "users", get_users, 0},
    {"GET", "/users/{user}", "user", get_user, 0},
    {"GET", "/items", "items", get_items, 0},
    {"GET", "/items/{item}", "item", get_item, 0},
    {"POST", "/events", "events", post_events, 0},
    {"POST", "/v1/models/{model}:predict", "predict", tt_tf_predict, 0},
    {"GET", "/v1/models/{model}", "predict", tt_tf_get_model, 0},
    {"GET", "/health/live", "health", get_live, 1},
    {"GET", "/health/ready", "health", get_ready, 1},
    {"GET", "/health", "health", get_ready, 0},
    {"GET", "/metrics", "metrics", get_metrics, 0},
    {"GET", "/about", "about", get_about, 0},
    {"GET", "/openapi.json", "page", get_openapi, 0},
    {"GET", "/page.css", "page", get_style, 1},
    {"GET", "/page.js", "page", get_script, 1},
    {"GET", "/", "page", get_page, 1}, /* holds no data, and lets the user type the token */
};
enum { ENDPOINTS = sizeof(tt_endpoints) / sizeof(*tt_endpoints) };
const size_t tt_n_endpoints = ENDPOINTS;

struct tt_telemetry *tt_endpoints_telemetry(struct tt_err *err)
{
    const char *names[ENDPOINTS + 1] = {NULL};
    size_t n = 0;

    for (size_t i = 0; i < ENDPOINTS; i++) {
        size_t at = 0;
        while (at < n && strcmp(names[at], tt_endpoints[i].name) != 0)
            at++;
        names[at] = tt_endpoints[i].name;
        n += at == n;
    }
    names[n++] = "other";
    return tt_telemetry_new(names, n, err);
}

/* Does the path fit the pattern? *name: the text that stands for its {...}. */
static int fits(const char *pattern, const char *path, size_t len, const char **name, size_t *name_len)
{
    size_t before = strcspn(pattern, "{");
    const char *close = strchr(pattern, '}');
    size_t after = close ? strlen(close + 1) : 0;

    if (close ? len <= before + after : len != before)
        return 0;
    *name = path + before;
    *name_len = len - before - after;
    return memcmp(path, pattern, before) == 0 && (!close || memcmp(path + len - after, close + 1, after) == 0);
}

/* The first endpoint with a path that fits, or NULL. Those with the same path and other methods follow it. */
static const struct tt_endpoint *find_path(const char *path, size_t len, const char **name, size_t *name_len)
{
    for (size_t i = 0; i < ENDPOINTS; i++)
        if (fits(tt_endpoints[i].path, path, len, name, name_len))
            return &tt_endpoints[i];
    return NULL;
}

/* The endpoint with the path of `first` and this method, or NULL. */
static const struct tt_endpoint *find_method(const struct tt_endpoint *first, const char *method)
{
    for (const struct tt_endpoint *e = first; e < tt_endpoints + ENDPOINTS; e++)
        if (strcmp(e->path, first->path) == 0 && strcmp(e->method, method) == 0)
            return e;
    return NULL;
}

static const char *allowed(const struct tt_endpoint *first)
{
    if (!find_method(first, "POST"))
        return "GET, HEAD";
    return find_method(first, "GET") ? "GET, HEAD, POST" : "POST";
}

const char *tt_service_allowed(const char *path, size_t path_len)
{
    const char *name;
    size_t name_len;
    const struct tt_endpoint *first = find_path(path, path_len, &name, &name_len);

    return first ? allowed(first) : NULL;
}

int tt_service_is_open(const char *path, size_t path_len)
{
    const char *name;
    size_t name_len;
    const struct tt_endpoint *first = find_path(path, path_len, &name, &name_len);

    return first && first->is_open;
}

void tt_endpoints_answer(struct tt_service *service, struct tt_service_worker *worker, struct tt_snapshot *snapshot,
                         const struct tt_http_request *request, struct tt_http_answer *answer)
{
    struct tt_call call = {.service = service, .worker = worker, .snapshot = snapshot, .http = request,
                           .answer = answer, .json = {.out = &answer->body}};
    int is_post = strcmp(request->method, "POST") == 0;
    const struct tt_endpoint *first = find_path(request->path, request->path_len, &call.name, &call.name_len);
    const struct tt_endpoint *endpoint = first ? find_method(first, is_post ? "POST" : "GET") : NULL;

    answer->endpoint = first ? first->name : "other";
    if (!first) {
        tt_call_refuse(&call, 404, "there is nothing under this path");
    } else if (!endpoint) {
        answer->allow = allowed(first);
        tt_call_refuse(&call, 405, is_post ? "only GET is possible here" : "only POST is possible here");
    } else {
        endpoint->answer(&call);
    }
}
