/* The part of TensorFlow Serving's REST API that its clients use with an index of TensorFlow Recommenders. */
#include <string.h>

#include "serve/endpoints.h"

/* Does the path name this service's model? If not, that is the answer. */
static int is_model(struct tt_call *call)
{
    const char *name = call->service->options.name;

    if (call->name_len == strlen(name) && memcmp(call->name, name, call->name_len) == 0)
        return 1;
    tt_call_refuse(call, 404, "no such model is served");
    return 0;
}

void tt_tf_get_model(struct tt_call *call)
{
    char version[16];

    if (!is_model(call))
        return;
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

static void write_scores(struct tt_json *json, const struct tt_list *list)
{
    tt_json_open(json, '[');
    for (size_t i = 0; i < list->n; i++)
        tt_json_float(json, list->scores[i]);
    tt_json_close(json, ']');
}

static void write_ids(struct tt_call *call, struct tt_json *json, const struct tt_list *list)
{
    tt_json_open(json, '[');
    for (size_t i = 0; i < list->n; i++) {
        size_t len;
        const char *text = tt_text_list_get(&call->snapshot->index.ids, list->rows[i], &len);
        tt_json_text(json, text, len);
    }
    tt_json_close(json, ']');
}

static void row_prediction(void *arg, struct tt_call *call, const struct tt_list *list)
{
    (void)arg;
    tt_json_open(&call->json, '{');
    tt_json_key(&call->json, "output_1");
    write_scores(&call->json, list);
    tt_json_key(&call->json, "output_2");
    write_ids(call, &call->json, list);
    tt_json_close(&call->json, '}');
}

/* By columns: the scores of all rows go to the answer, and the ids of all to `arg`, to follow them. */
static void column_prediction(void *arg, struct tt_call *call, const struct tt_list *list)
{
    write_scores(&call->json, list);
    write_ids(call, arg, list);
}

static int predict_rows(struct tt_call *call, struct tt_body *body)
{
    tt_json_key(&call->json, "predictions");
    tt_json_open(&call->json, '[');
    if (tt_call_recommend_rows(call, body, row_prediction, NULL))
        return -1;
    tt_json_close(&call->json, ']');
    return 0;
}

static int predict_columns(struct tt_call *call, struct tt_body *body)
{
    struct tt_buf text = TT_BUF_INIT;
    struct tt_json ids = {.out = &text};
    int status = -1;

    tt_json_key(&call->json, "outputs");
    tt_json_open(&call->json, '{');
    tt_json_key(&call->json, "output_1");
    tt_json_open(&call->json, '[');
    tt_json_open(&ids, '[');
    if (tt_call_recommend_rows(call, body, column_prediction, &ids))
        goto done;
    tt_json_close(&call->json, ']');
    tt_json_close(&ids, ']');
    if (tt_json_finish(&ids, &call->err))
        goto done;
    tt_json_key(&call->json, "output_2");
    tt_json_raw(&call->json, text.data, text.len);
    tt_json_close(&call->json, '}');
    status = 0;
done:
    tt_buf_release(&text);
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

void tt_tf_predict(struct tt_call *call)
{
    struct tt_body_shape shape = {.list = "instances", .columns = "inputs", .plain = "user", .max_rows = TT_MAX_ROWS};
    struct tt_body body = {0};

    if (!is_model(call))
        return;
    if (tt_body_read(&body, call->http->body, call->http->body_len, &shape, &call->err)) {
        tt_call_fail(call);
        return;
    }
    body.skips_root = 1; /* "signature_name" and the like do not belong to the rows */
    if (!body.is_list)
        tt_call_refuse(call, 400, "the body has neither 'instances' nor 'inputs'");
    else if (predict(call, &body))
        tt_call_fail(call);
    else
        tt_call_finish(call);
    tt_body_release(&body);
}
