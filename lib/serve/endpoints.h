/* The endpoints of the service: which function answers which method of which path. One table, in endpoints.c; the
 * description of each is in page/openapi.json, and a test compares the two. For lib/serve alone.
 *
 * To add an endpoint: its function and its line of the table in endpoints.c, its path in page/openapi.json, a test in
 * test_endpoints.c, and a paragraph in man/tt-serve.1.
 */
#ifndef TT_SERVE_ENDPOINTS_H
#define TT_SERVE_ENDPOINTS_H

#include "serve/call.h"

struct tt_endpoint {
    const char *method;       /* "GET", which answers HEAD too, or "POST" */
    const char *path;         /* as in openapi.json; {...} stands for any text that is not empty */
    const char *name;         /* under which /metrics counts it; several may share one */
    void (*answer)(struct tt_call *call);
    int is_open;              /* needs no token */
};

extern const struct tt_endpoint tt_endpoints[];
extern const size_t tt_n_endpoints;

/* Find the endpoint of the request, and let it answer: 404 and 405 where there is none. */
void tt_endpoints_answer(struct tt_service *service, struct tt_service_worker *worker, struct tt_snapshot *snapshot,
                         const struct tt_http_request *request, struct tt_http_answer *answer);

/* Counters of requests for these endpoints. */
struct tt_telemetry *tt_endpoints_telemetry(struct tt_err *err) TT_CHECKED;

/* ---- for the files of single APIs ---- */

enum { TT_MAX_ROWS = 1000 }; /* of a body */

/* Make the list of each row of the body, and write it by `each`. -1 and call->err on failure. */
int tt_call_recommend_rows(struct tt_call *call, struct tt_body *body,
                           void (*each)(void *arg, struct tt_call *, const struct tt_list *), void *arg) TT_CHECKED;

/* tf_serving.c */
void tt_tf_get_model(struct tt_call *call);
void tt_tf_predict(struct tt_call *call);

#endif
