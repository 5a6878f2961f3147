/* TensorFlow Serving's REST API, as its clients use it for a TensorFlow Recommenders index. */
#include <string.h>

#include "serve/endpoints_internal.h"

/* 1: the rest of the path is this service's model, and then `verb`. */
static int is_model_path(const struct tt_call *call, const char *verb)
{
    size_t name = strlen(call->service->options.name), len = strlen(verb);

    return call->rest_len == name + len && memcmp(call->rest, call->service->options.name, name) == 0 &&
           memcmp(call->rest + name, verb, len) == 0;
}

void tt_tf_get_model(struct tt_call *call)
{
    char version[16];

    if (!is_model_path(call, "")) {
        tt_call_refuse(call, 404, "no such model is served");
        return;
    }
    snprintf(version, sizeof(version), "%u", call->snapshot->serial);
    tt_json_open(&call->json, '{');
    tt_json_key(&call->json, "model_version_status");
    tt_json_open(&call->json, '[');
    tt_json_open(&call->json, '{');
    tt_call_string(call, "version", version);
    tt_call_string(call, "state", "AVAILABLE");
    tt_json_key(&call->json, "status");
    tt_json_open(&call->json, '{');
    tt_call_string(call, "error_code", "OK");
    tt_call_string(call, "error_message", "");
    tt_json_close(&call->json, '}');
    tt_json_close(&call->json, '}');
    tt_json_close(&call->json, ']');
    tt_json_close(&call->json, '}');
    tt_call_finish(call);
}

static void scores_alone(struct tt_json *json, const struct tt_list *list)
{
    tt_json_open(json, '[');
    for (size_t i = 0; i < list->n; i++)
        tt_json_float(json, list->scores[i]);
    tt_json_close(json, ']');
}

static void ids_alone(struct tt_call *call, struct tt_json *json, const struct tt_list *list)
{
    tt_json_open(json, '[');
    for (size_t i = 0; i < list->n; i++) {
        size_t len;
        const char *text = tt_text_list_get(&call->snapshot->index.ids, list->rows[i], &len);
        tt_json_text(json, text, len);
    }
    tt_json_close(json, ']');
}

static void one_prediction(struct tt_call *call, const struct tt_list *list)
{
    tt_json_open(&call->json, '{');
    tt_json_key(&call->json, "output_1");
    scores_alone(&call->json, list);
    tt_json_key(&call->json, "output_2");
    ids_alone(call, &call->json, list);
    tt_json_close(&call->json, '}');
}

/* By columns: the scores of all go to the answer, the ids of all to call->ids, to follow them. */
static void one_of_columns(struct tt_call *call, const struct tt_list *list)
{
    scores_alone(&call->json, list);
    ids_alone(call, &call->ids, list);
}

static int predict_rows(struct tt_call *call, struct tt_body *body)
{
    tt_json_key(&call->json, "predictions");
    tt_json_open(&call->json, '[');
    if (tt_call_each_ask(call, body, one_prediction))
        return -1;
    tt_json_close(&call->json, ']');
    return 0;
}

static int predict_columns(struct tt_call *call, struct tt_body *body)
{
    struct tt_buf ids = TT_BUF_INIT;
    int status = -1;

    call->ids = (struct tt_json){.out = &ids};
    tt_json_key(&call->json, "outputs");
    tt_json_open(&call->json, '{');
    tt_json_key(&call->json, "output_1");
    tt_json_open(&call->json, '[');
    tt_json_open(&call->ids, '[');
    if (tt_call_each_ask(call, body, one_of_columns))
        goto done;
    tt_json_close(&call->json, ']');
    tt_json_close(&call->ids, ']');
    if (tt_json_finish(&call->ids, &call->err))
        goto done;
    tt_json_key(&call->json, "output_2");
    tt_json_raw(&call->json, ids.data, ids.len);
    tt_json_close(&call->json, '}');
    status = 0;
done:
    tt_buf_release(&ids);
    return status;
}

static int predict(struct tt_call *call, struct tt_body *body)
{
    tt_json_open(&call->json, '{');
    if (body->is_columns ? predict_columns(call, body) : predict_rows(call, body))
        return -1;
    tt_json_close(&call->json, '}');
    return 0;
}

void tt_tf_post_model(struct tt_call *call)
{
    struct tt_body_shape shape = {.list = "instances", .columns = "inputs", .plain = "user", .max_rows = TT_MAX_ROWS};
    struct tt_body body = {0};

    if (!is_model_path(call, ":predict")) {
        tt_call_refuse(call, 404, "no such model is served");
        return;
    }
    if (tt_body_read(&body, call->request->body, call->request->body_len, &shape, &call->err)) {
        tt_call_fail(call);
        return;
    }
    body.skips_root = 1; /* "signature_name" and the like are none of the rows' */
    if (!body.is_list)
        tt_call_refuse(call, 400, "the body has neither 'instances' nor 'inputs'");
    else if (predict(call, &body))
        tt_call_fail(call);
    else
        tt_call_finish(call);
    tt_body_release(&body);
}
