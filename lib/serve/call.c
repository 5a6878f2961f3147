/* What endpoints have in common: see call.h. */
#include "serve/call.h"

#include <string.h>

#include "base/number.h"

static const char json_type[] = "application/json";

/* ---- the end of an answer ---- */

void tt_answer_error(struct tt_http_answer *answer, unsigned status, const char *text)
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
    tt_answer_error(call->answer, status, text);
}

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

/* ---- parameters ---- */

const struct tt_http_param *tt_call_param(const struct tt_call *call, const char *name)
{
    const struct tt_http_request *r = call->http;

    for (size_t i = 0; i < r->n_params; i++)
        if (tt_http_param_is(&r->params[i], name))
            return &r->params[i];
    return NULL;
}

int tt_call_number(struct tt_call *call, const char *name, uint64_t max, size_t other, size_t *value)
{
    const struct tt_http_request *r = call->http;
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

int tt_call_only(struct tt_call *call, const char *const *names)
{
    for (size_t i = 0; i < call->http->n_params; i++) {
        const struct tt_http_param *p = &call->http->params[i];
        size_t k = 0;
        while (names[k] && !tt_http_param_is(p, names[k]))
            k++;
        if (!names[k])
            return tt_err_set(&call->err, TT_ERR_USAGE, "'%.*s' names no parameter of this endpoint",
                              p->name_len > 80 ? 80 : (int)p->name_len, p->name);
    }
    return 0;
}

int tt_call_no_params(struct tt_call *call)
{
    static const char *const none[] = {NULL};

    return tt_call_only(call, none);
}

/* ---- members ---- */

void tt_call_text(struct tt_call *call, const char *key, const char *text, size_t len)
{
    tt_json_key(&call->json, key);
    tt_json_text(&call->json, text, len);
}

void tt_call_string(struct tt_call *call, const char *key, const char *text)
{
    tt_call_text(call, key, text, strlen(text));
}

void tt_call_count(struct tt_call *call, const char *key, uint64_t n)
{
    tt_json_key(&call->json, key);
    tt_json_count(&call->json, n);
}

void tt_call_bool(struct tt_call *call, const char *key, int value)
{
    tt_json_key(&call->json, key);
    tt_json_bool(&call->json, value);
}

void tt_call_item_id(struct tt_call *call, const char *key, uint32_t row)
{
    size_t len;
    const char *text = tt_text_list_get(&call->snapshot->index.ids, row, &len);

    tt_call_text(call, key, text, len);
}

void tt_call_fingerprints(struct tt_call *call)
{
    tt_call_string(call, "model", tt_snapshot_model_name(call->snapshot));
    tt_call_string(call, "index", tt_snapshot_index_name(call->snapshot));
}

void tt_call_attributes(struct tt_call *call, uint32_t row)
{
    const struct tt_item_attributes *all = &call->snapshot->attributes;

    tt_json_key(&call->json, "attributes");
    tt_json_open(&call->json, '{');
    for (size_t c = 0; c < all->n_columns; c++) {
        const struct tt_item_attribute *attribute = &all->columns[c];
        size_t n, len;
        const uint32_t *values = tt_item_attribute_values(attribute, row, &n);
        if (n == 0)
            continue;
        tt_json_key(&call->json, attribute->name);
        if (attribute->separator)
            tt_json_open(&call->json, '[');
        for (size_t i = 0; i < n; i++) {
            const char *text = tt_text_list_get(&attribute->values.texts, values[i], &len);
            tt_json_text(&call->json, text, len);
        }
        if (attribute->separator)
            tt_json_close(&call->json, ']');
    }
    tt_json_close(&call->json, '}');
}
