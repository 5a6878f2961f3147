/* One request on its way through the endpoints, and what they all say: for endpoints.c, and the files of single APIs
 * beside it.
 */
#ifndef TT_SERVE_ENDPOINTS_INTERNAL_H
#define TT_SERVE_ENDPOINTS_INTERNAL_H

#include "io/json_writer.h"
#include "serve/service_internal.h"

enum { TT_MAX_ROWS = 1000 }; /* of a body */

struct tt_call {
    struct tt_service *service;
    struct tt_service_worker *worker;
    struct tt_snapshot *snapshot;
    const struct tt_http_request *request;
    struct tt_http_answer *answer;
    const char *rest;      /* of the path, after the endpoint's own */
    size_t rest_len;
    struct tt_json json;   /* into answer->body */
    struct tt_json ids;    /* of predictions by columns */
    size_t items;          /* that were asked for */
    struct tt_err err;
};

/* Answer with {"error": "..."}: this text, or call->err's, which is the client's mistake (400) or ours (503). */
void tt_call_refuse(struct tt_call *call, unsigned status, const char *text);
void tt_call_fail(struct tt_call *call);

/* The JSON is complete. */
void tt_call_finish(struct tt_call *call);

/* A member with a text. */
void tt_call_string(struct tt_call *call, const char *key, const char *text);

/* Every row of the body is an ask: `each` writes its list. */
int tt_call_each_ask(struct tt_call *call, struct tt_body *body,
                     void (*each)(struct tt_call *, const struct tt_list *)) TT_CHECKED;

/* /v1/models/ and what follows. */
void tt_tf_get_model(struct tt_call *call);
void tt_tf_post_model(struct tt_call *call);

#endif
