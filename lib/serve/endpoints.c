/* The answers: which path means what, and what each says (the whole in openapi.json). */
#include <string.h>

#include "base/number.h"
#include "serve/assets.h"
#include "serve/endpoints_internal.h"
#include "serve/openapi.h"

enum {
    MAX_ITEMS = 100000,  /* of all rows: some ten megabytes, and under a second */
    EXPLAINED = 10,      /* items that one with its reason counts as: all of the user's are looked at */
    MAX_LISTED = 1000,
    MAX_VALUES = 500,
};

static const char json_type[] = "application/json";

void tt_endpoint_error(struct tt_http_answer *answer, unsigned status, const char *text)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_json json = {.out = &answer->body};

    answer->status = status;
    answer->content_type = json_type;
    answer->body.len = 0;
    tt_json_open(&json, '{');
    tt_json_key(&json, "error");
    tt_json_string(&json, text);
    tt_json_close(&json, '}');
    if (tt_json_finish(&json, &err))
        answer->body.len = 0; /* a status without words */
}

void tt_call_refuse(struct tt_call *call, unsigned status, const char *text)
{
    tt_endpoint_error(call->answer, status, text);
}

/* What call->err says: the client's mistake, or ours. */
void tt_call_fail(struct tt_call *call)
{
    tt_call_refuse(call, call->err.kind == TT_ERR_USAGE ? 400 : 503, call->err.text);
}

void tt_call_finish(struct tt_call *call)
{
    call->answer->content_type = json_type;
    if (tt_json_finish(&call->json, &call->err))
        tt_call_fail(call);
}

/* ---- pieces of answers ---- */

static void text_of(struct tt_call *call, const char *key, const char *text, size_t len)
{
    tt_json_key(&call->json, key);
    tt_json_text(&call->json, text, len);
}

void tt_call_string(struct tt_call *call, const char *key, const char *text)
{
    text_of(call, key, text, strlen(text));
}

static void count_of(struct tt_call *call, const char *key, uint64_t n)
{
    tt_json_key(&call->json, key);
    tt_json_count(&call->json, n);
}

/* Model and index, so that an answer says what it was made from. */
static void fingerprints(struct tt_call *call)
{
    tt_call_string(call, "model", tt_snapshot_model_name(call->snapshot));
    tt_call_string(call, "index", tt_snapshot_index_name(call->snapshot));
}

static void item_id(struct tt_call *call, const char *key, uint32_t row)
{
    size_t len;
    const char *text = tt_text_list_get(&call->snapshot->index.ids, row, &len);

    text_of(call, key, text, len);
}

/* What is known of an item: a text, or an array where a column has several. */
static void attributes(struct tt_call *call, uint32_t row)
{
    const struct tt_shelf *shelf = &call->snapshot->shelf;

    tt_json_key(&call->json, "attributes");
    tt_json_open(&call->json, '{');
    for (size_t c = 0; c < shelf->n_columns; c++) {
        const struct tt_shelf_column *column = &shelf->columns[c];
        size_t n, len;
        const uint32_t *values = tt_shelf_values(column, row, &n);
        if (n == 0)
            continue;
        tt_json_key(&call->json, column->name);
        if (column->separator)
            tt_json_open(&call->json, '[');
        for (size_t i = 0; i < n; i++) {
            const char *text = tt_text_list_get(&column->values.texts, values[i], &len);
            tt_json_text(&call->json, text, len);
        }
        if (column->separator)
            tt_json_close(&call->json, ']');
    }
    tt_json_close(&call->json, '}');
}

static void context(struct tt_call *call, const struct tt_ask *ask)
{
    const struct tt_schema *schema = &call->snapshot->model.base.dictionary.schema;

    tt_json_key(&call->json, "context");
    tt_json_open(&call->json, '{');
    for (size_t i = 0; i < ask->n_values; i++) {
        const struct tt_column *column = &schema->columns[ask->values[i].column];
        if (column->kind == TT_KIND_CONTEXT)
            text_of(call, column->name, ask->values[i].text, ask->values[i].len);
    }
    tt_json_close(&call->json, '}');
}

/* Why a list is shorter than what was asked for. */
static void reason(struct tt_call *call, const struct tt_ask *ask, const struct tt_list *list)
{
    char text[160];

    if (list->n >= ask->k)
        return;
    if (list->source == TT_SOURCE_POPULAR && !call->snapshot->knows_popular)
        snprintf(text, sizeof(text), "nothing is known of this user, and no item is known to be popular");
    else if (list->left == call->snapshot->index.n)
        snprintf(text, sizeof(text), "the index has only %zu items", list->left);
    else
        snprintf(text, sizeof(text), "%s leave only %zu of %zu items",
                 ask->n_filters == 0      ? "items that are seen or excluded"
                 : !ask->removes_seen && !ask->n_excluded ? "the filters"
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
        item_id(call, "id", list->rows[i]);
        tt_json_key(&call->json, "score");
        tt_json_float(&call->json, list->scores[i]);
        attributes(call, list->rows[i]);
        if (list->because && list->because[i] != TT_VOCAB_NONE)
            item_id(call, "because", list->because[i]);
        tt_json_close(&call->json, '}');
    }
    tt_json_close(&call->json, ']');
}

/* One param as a number from 1 to max; `other` when it is not there. */
static int number_param(struct tt_call *call, const char *name, uint64_t max, size_t other, size_t *value)
{
    const struct tt_http_request *r = call->request;
    uint64_t n;

    *value = other;
    for (size_t i = 0; i < r->n_params; i++) {
        const struct tt_http_param *p = &r->params[i];
        if (!tt_http_param_is(p, name))
            continue;
        if (tt_parse_u64(p->value, p->value_len, &n) || n < 1 || n > max)
            return tt_err_set(&call->err, TT_ERR_USAGE, "'%s' is not a whole number from 1 to %llu", name,
                              (unsigned long long)max);
        *value = (size_t)n;
    }
    return 0;
}

static const struct tt_http_param *find_param(const struct tt_call *call, const char *name)
{
    const struct tt_http_request *r = call->request;

    for (size_t i = 0; i < r->n_params; i++)
        if (tt_http_param_is(&r->params[i], name))
            return &r->params[i];
    return NULL;
}

/* Params that are not among `names` (NULL ends) are the client's mistake. */
static int only_params(struct tt_call *call, const char *const *names)
{
    for (size_t i = 0; i < call->request->n_params; i++) {
        const struct tt_http_param *p = &call->request->params[i];
        size_t k = 0;
        while (names[k] && !tt_http_param_is(p, names[k]))
            k++;
        if (!names[k])
            return tt_err_set(&call->err, TT_ERR_USAGE, "'%.*s' names no parameter of this endpoint",
                              p->name_len > 80 ? 80 : (int)p->name_len, p->name);
    }
    return 0;
}

/* ---- recommend, similar ---- */

static int ask_list(struct tt_call *call, const struct tt_http_param *params, size_t n, struct tt_list *list)
{
    const struct tt_service_options *o = &call->service->options;
    struct tt_ask *ask = &call->worker->ask;

    if (tt_ask_parse(ask, call->snapshot, params, n, &o->settings, o->now(), &call->err))
        return -1;
    call->items += ask->k * (ask->explains ? EXPLAINED : 1);
    if (call->items > MAX_ITEMS)
        return tt_err_set(&call->err, TT_ERR_USAGE, "more than %d items are asked for in all%s", MAX_ITEMS,
                          ask->explains ? ", of which one with 'explain' counts ten times" : "");
    return tt_recommend(call->worker->recommender, call->snapshot, call->service->live, call->service->cache, ask, list,
                        &call->err);
}

/* The members of one answer, without its brackets. */
static void answer_list(struct tt_call *call, const struct tt_list *list)
{
    const struct tt_ask *ask = &call->worker->ask;

    if (ask->user)
        text_of(call, "user", ask->user, ask->user_len);
    tt_call_string(call, "source", tt_source_name(list->source));
    context(call, ask);
    items(call, list);
    reason(call, ask, list);
}

static void get_recommend(struct tt_call *call)
{
    struct tt_list list;

    if (ask_list(call, call->request->params, call->request->n_params, &list)) {
        tt_call_fail(call);
        return;
    }
    tt_json_open(&call->json, '{');
    answer_list(call, &list);
    fingerprints(call);
    tt_json_close(&call->json, '}');
    tt_call_finish(call);
}

/* Every row of the body is an ask. `each` writes an answer. */
int tt_call_each_ask(struct tt_call *call, struct tt_body *body, void (*each)(struct tt_call *, const struct tt_list *))
{
    for (size_t i = 0; i < body->n; i++) {
        const struct tt_http_param *params;
        struct tt_list list;
        size_t n;
        if (tt_body_row(body, i, &params, &n, &call->err) || ask_list(call, params, n, &list))
            return -1;
        each(call, &list);
    }
    return 0;
}

static void one_answer(struct tt_call *call, const struct tt_list *list)
{
    tt_json_open(&call->json, '{');
    answer_list(call, list);
    tt_json_close(&call->json, '}');
}

static void post_recommend(struct tt_call *call)
{
    static const struct tt_body_shape shape = {.list = "requests", .plain = "user", .max_rows = TT_MAX_ROWS};
    static const char *const no_params[] = {NULL};
    struct tt_body body = {0};

    if (only_params(call, no_params) ||
        tt_body_read(&body, call->request->body, call->request->body_len, &shape, &call->err)) {
        tt_call_fail(call);
        return;
    }
    tt_json_open(&call->json, '{');
    if (body.is_list) {
        tt_json_key(&call->json, "answers");
        tt_json_open(&call->json, '[');
    }
    if (tt_call_each_ask(call, &body, body.is_list ? one_answer : answer_list)) {
        tt_call_fail(call);
    } else {
        if (body.is_list)
            tt_json_close(&call->json, ']');
        fingerprints(call);
        tt_json_close(&call->json, '}');
        tt_call_finish(call);
    }
    tt_body_release(&body);
}

static void get_similar(struct tt_call *call)
{
    static const char *const names[] = {"item", "k", NULL};
    const struct tt_http_param *item = find_param(call, "item");
    struct tt_list list;
    size_t k;

    if (only_params(call, names) || number_param(call, "k", TT_ASK_MAX_K, 10, &k)) {
        tt_call_fail(call);
        return;
    }
    if (!item) {
        tt_call_refuse(call, 400, "'item' is wanted");
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
    item_id(call, "item", row);
    items(call, &list);
    fingerprints(call);
    tt_json_close(&call->json, '}');
    tt_call_finish(call);
}

/* ---- users, items ---- */

/* Ids that begin with `prefix`, in the order of the vocabulary, at most `limit`. */
static void ids_with_prefix(struct tt_call *call, const char *key, const struct tt_text_list *texts)
{
    static const char *const names[] = {"prefix", "limit", NULL};
    const struct tt_http_param *prefix = find_param(call, "prefix");
    size_t limit, listed = 0;

    if (only_params(call, names) || number_param(call, "limit", MAX_LISTED, 20, &limit)) {
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
    count_of(call, "total", texts->n);
    tt_json_close(&call->json, '}');
    tt_call_finish(call);
}

static void get_users(struct tt_call *call)
{
    const struct tt_dictionary *d = &call->snapshot->model.base.dictionary;

    ids_with_prefix(call, "users", &d->features[d->user_id].vocab.texts);
}

static void get_items(struct tt_call *call)
{
    ids_with_prefix(call, "items", &call->snapshot->index.ids);
}

/* The user's items with their weights, in the order of the model. */
static void history_items(struct tt_call *call, size_t n, const uint32_t *codes, const float *weights)
{
    const struct tt_dictionary *d = &call->snapshot->model.base.dictionary;

    tt_json_key(&call->json, "history");
    tt_json_open(&call->json, '[');
    for (size_t i = 0; i < n; i++) {
        size_t len;
        uint32_t row = tt_snapshot_row_of(call->snapshot, codes[i]);
        if (codes[i] == 0)
            continue;
        const char *text = tt_text_list_get(&d->features[d->item_id].vocab.texts, codes[i] - 1, &len);
        tt_json_open(&call->json, '{');
        text_of(call, "id", text, len);
        tt_json_key(&call->json, "weight");
        tt_json_float(&call->json, weights ? weights[i] : 1);
        if (row != TT_VOCAB_NONE)
            attributes(call, row);
        tt_json_close(&call->json, '}');
    }
    tt_json_close(&call->json, ']');
}

static void get_user(struct tt_call *call)
{
    static const char *const no_params[] = {NULL};
    uint32_t user = tt_snapshot_user(call->snapshot, call->rest, call->rest_len);
    struct tt_live *live = call->service->live;
    const uint32_t *codes;
    const float *weights;
    size_t n;

    if (only_params(call, no_params)) {
        tt_call_fail(call);
        return;
    }
    if (!user && !tt_live_version(live, call->rest, call->rest_len)) {
        tt_call_refuse(call, 404, "no such user is known");
        return;
    }
    if (tt_recommend_history(call->worker->recommender, call->snapshot, live, call->rest, call->rest_len, &n, &codes,
                             &weights, &call->err)) {
        tt_call_fail(call);
        return;
    }
    tt_json_open(&call->json, '{');
    text_of(call, "user", call->rest, call->rest_len);
    tt_json_key(&call->json, "in_model");
    tt_json_bool(&call->json, user != 0);
    history_items(call, n, codes, weights);
    fingerprints(call);
    tt_json_close(&call->json, '}');
    tt_call_finish(call);
}

static void get_item(struct tt_call *call)
{
    static const char *const no_params[] = {NULL};
    uint32_t row = tt_vocab_find(&call->snapshot->ids, call->rest, call->rest_len);

    if (only_params(call, no_params) || tt_snapshot_need_popular(call->snapshot, &call->err)) {
        tt_call_fail(call);
        return;
    }
    if (row == TT_VOCAB_NONE) {
        tt_call_refuse(call, 404, "the index has no such item");
        return;
    }
    tt_json_open(&call->json, '{');
    item_id(call, "id", row);
    count_of(call, "users", call->snapshot->users_of_row[row]);
    tt_json_key(&call->json, "in_model");
    tt_json_bool(&call->json, tt_snapshot_code_of(call->snapshot, row) != 0);
    attributes(call, row);
    fingerprints(call);
    tt_json_close(&call->json, '}');
    tt_call_finish(call);
}

/* ---- events ---- */

static void post_events(struct tt_call *call)
{
    static const struct tt_body_shape shape = {.list = "events", .max_rows = TT_MAX_ROWS};
    static const char *const no_params[] = {NULL};
    const struct tt_service_options *o = &call->service->options;
    struct tt_event_batch *batch = &call->worker->batch;
    struct tt_body body = {0};

    if (!call->service->log.journal) {
        tt_call_refuse(call, 503, "this service was started without a log of events");
        return;
    }
    if (only_params(call, no_params) ||
        tt_body_read(&body, call->request->body, call->request->body_len, &shape, &call->err)) {
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
        tt_event_batch_commit(batch, &call->service->log, call->service->live, &call->err)) {
        tt_call_fail(call);
        return;
    }
    atomic_fetch_add(&call->service->events, batch->n);
    tt_json_open(&call->json, '{');
    count_of(call, "accepted", batch->n);
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
    int drains = atomic_load(&call->service->drains);
    char error[sizeof(call->service->last_error)];

    tt_mutex_lock(&call->service->lock);
    memcpy(error, call->service->last_error, sizeof(error));
    tt_mutex_unlock(&call->service->lock);
    call->answer->status = drains ? 503 : 200;
    tt_json_open(&call->json, '{');
    tt_call_string(call, "status", drains ? "draining" : "ready");
    if (error[0])
        tt_call_string(call, "last_error", error);
    count_of(call, "version", call->snapshot->serial);
    fingerprints(call);
    tt_json_close(&call->json, '}');
    tt_call_finish(call);
}

static int print_metrics(struct tt_call *call, struct tt_buf *out)
{
    struct tt_service *s = call->service;
    struct tt_err *err = &call->err;

    return tt_telemetry_print(s->telemetry, out, err) ||
                   tt_telemetry_add(out, "tt_reloads_total", "counter", "Times that new files were taken.",
                                    (double)atomic_load(&s->reloads), err) ||
                   tt_telemetry_add(out, "tt_failed_reloads_total", "counter", "Times that new files were refused.",
                                    (double)atomic_load(&s->failed_reloads), err) ||
                   tt_telemetry_add(out, "tt_events_total", "counter", "Events that were accepted.",
                                    (double)atomic_load(&s->events), err) ||
                   tt_telemetry_add(out, "tt_live_events", "gauge", "Events that the model does not know yet.",
                                    (double)tt_live_events(s->live), err) ||
                   tt_telemetry_add(out, "tt_items", "gauge", "Items of the index.", (double)call->snapshot->index.n,
                                    err) ||
                   tt_telemetry_add(out, "tt_start_time_seconds", "gauge", "When the service was started.",
                                    (double)s->started, err) ||
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
    count_of(call, "total", texts->n);
    tt_json_close(&call->json, '}');
}

/* Columns of the users of some kinds. */
static void user_columns(struct tt_call *call, const char *key, unsigned kinds)
{
    const struct tt_dictionary *d = &call->snapshot->model.base.dictionary;

    tt_json_key(&call->json, key);
    tt_json_open(&call->json, '[');
    for (size_t c = 0; c < d->schema.n_columns; c++)
        if (d->schema.columns[c].side == TT_USER && kinds & 1u << d->schema.columns[c].kind)
            values_of(call, d->schema.columns[c].name, &d->features[c].vocab.texts);
    tt_json_close(&call->json, ']');
}

/* What may be asked of this service: what the page is made from. */
static void get_about(struct tt_call *call)
{
    const struct tt_snapshot *s = call->snapshot;
    const struct tt_service_options *o = &call->service->options;
    struct tt_ask *ask = &call->worker->ask;

    if (tt_ask_parse(ask, s, NULL, 0, &o->settings, o->now(), &call->err)) {
        tt_call_fail(call);
        return;
    }
    tt_json_open(&call->json, '{');
    tt_call_string(call, "name", o->name);
    tt_call_string(call, "user_column", tt_snapshot_user_column(s));
    tt_call_string(call, "item_column", s->index.item);
    count_of(call, "users", s->model.base.users.n_rows ? s->model.base.users.n_rows - 1 : 0);
    count_of(call, "items", s->index.n);
    tt_call_string(call, "seen", o->settings.removes_seen ? "remove" : "keep");
    tt_json_key(&call->json, "takes_events");
    tt_json_bool(&call->json, call->service->log.journal != NULL);
    context(call, ask); /* what the clock says now */
    user_columns(call, "contexts", 1u << TT_KIND_CONTEXT);
    user_columns(call, "features", TT_WITH_ATTRIBUTES);
    tt_json_key(&call->json, "filters");
    tt_json_open(&call->json, '[');
    for (size_t c = 0; c < s->shelf.n_columns; c++)
        values_of(call, s->shelf.columns[c].name, &s->shelf.columns[c].values.texts);
    tt_json_close(&call->json, ']');
    fingerprints(call);
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
        call->answer->content_type = json_type;
}

/* ---- routes ---- */

struct route {
    const char *path;   /* one that ends in '/' takes what follows, which is not empty; but "/" itself takes nothing */
    const char *name;
    void (*get)(struct tt_call *), (*post)(struct tt_call *);
};

static const struct route routes[] = {
    {"/recommend", "recommend", get_recommend, post_recommend},
    {"/similar", "similar", get_similar, NULL},
    {"/users", "users", get_users, NULL},
    {"/users/", "user", get_user, NULL},
    {"/items", "items", get_items, NULL},
    {"/items/", "item", get_item, NULL},
    {"/events", "events", NULL, post_events},
    {"/v1/models/", "predict", tt_tf_get_model, tt_tf_post_model},
    {"/health/live", "health", get_live, NULL},
    {"/health/ready", "health", get_ready, NULL},
    {"/health", "health", get_ready, NULL},
    {"/metrics", "metrics", get_metrics, NULL},
    {"/about", "about", get_about, NULL},
    {"/openapi.json", "page", get_openapi, NULL},
    {"/page.css", "page", get_style, NULL},
    {"/page.js", "page", get_script, NULL},
    {"/", "page", get_page, NULL},
};
enum { ROUTES = sizeof(routes) / sizeof(*routes) };

const char *const tt_endpoint_names[] = {"recommend", "similar", "users",   "user",  "items", "item", "events",
                                         "predict",   "health",  "metrics", "about", "page",  "other"};
const size_t tt_endpoint_count = sizeof(tt_endpoint_names) / sizeof(*tt_endpoint_names);

static const struct route *find_route(const char *path, size_t path_len, size_t *len)
{
    for (size_t i = 0; i < ROUTES; i++) {
        *len = strlen(routes[i].path);
        int takes_more = *len > 1 && routes[i].path[*len - 1] == '/';
        if ((takes_more ? path_len > *len : path_len == *len) && memcmp(path, routes[i].path, *len) == 0)
            return &routes[i];
    }
    return NULL;
}

/* Of a path, after its route's own part. */
static const char *allowed(const struct route *route, const char *rest, size_t rest_len)
{
    if (route->get == tt_tf_get_model) /* a name has no colon: what follows one is a verb */
        return memchr(rest, ':', rest_len) ? "POST" : "GET, HEAD";
    return !route->post ? "GET, HEAD" : route->get ? "GET, HEAD, POST" : "POST";
}

const char *tt_service_allowed(const char *path, size_t path_len)
{
    size_t len;
    const struct route *route = find_route(path, path_len, &len);

    return route ? allowed(route, path + len, path_len - len) : NULL;
}

int tt_service_is_open(const char *path, size_t path_len)
{
    static const char *const open[] = {"/", "/page.css", "/page.js", "/health/live", "/health/ready"};

    for (size_t i = 0; i < sizeof(open) / sizeof(*open); i++)
        if (strlen(open[i]) == path_len && memcmp(path, open[i], path_len) == 0)
            return 1;
    return 0;
}

void tt_endpoint_answer(struct tt_service *service, struct tt_service_worker *worker, struct tt_snapshot *snapshot,
                        const struct tt_http_request *request, struct tt_http_answer *answer)
{
    struct tt_call call = {.service = service, .worker = worker, .snapshot = snapshot, .request = request,
                        .answer = answer, .json = {.out = &answer->body}};
    int is_post = strcmp(request->method, "POST") == 0;
    size_t len;
    const struct route *route = find_route(request->path, request->path_len, &len);

    answer->endpoint = route ? route->name : "other";
    if (!route) {
        tt_call_refuse(&call, 404, "nothing is served under this path");
        return;
    }
    if (!(is_post ? route->post : route->get)) {
        answer->allow = allowed(route, request->path + len, request->path_len - len);
        tt_call_refuse(&call, 405, is_post ? "only GET is possible here" : "only POST is possible here");
        return;
    }
    call.rest = request->path + len;
    call.rest_len = request->path_len - len;
    (is_post ? route->post : route->get)(&call);
}
