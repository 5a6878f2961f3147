/* A request that an endpoint answers, and what endpoints have in common: reading parameters, refusing, and the parts of
 * JSON that several answers have. For lib/serve alone.
 *
 * An endpoint writes its answer into call->json between tt_json_open and tt_json_close, and ends with tt_call_finish;
 * or it ends with tt_call_refuse or tt_call_fail.
 */
#ifndef TT_SERVE_CALL_H
#define TT_SERVE_CALL_H

#include "io/json_writer.h"
#include "serve/service_internal.h"

struct tt_call {
    struct tt_service *service;
    struct tt_service_worker *worker;
    struct tt_snapshot *snapshot;
    const struct tt_http_request *http;
    struct tt_http_answer *answer;
    const char *name;      /* what stands for {...} in the endpoint's path: the id of a user, say */
    size_t name_len;
    struct tt_json json;   /* into answer->body */
    size_t items;          /* how many were asked for so far */
    struct tt_err err;
};

/* ---- the end of an answer ---- */

/* The JSON is complete. */
void tt_call_finish(struct tt_call *call);

/* Answer {"error": text}. */
void tt_call_refuse(struct tt_call *call, unsigned status, const char *text);

/* The same with call->err: 400 when it is TT_ERR_USAGE, the client's mistake, else 503. */
void tt_call_fail(struct tt_call *call);

/* Without a call. */
void tt_answer_error(struct tt_http_answer *answer, unsigned status, const char *text);

/* ---- parameters: -1 and call->err when one is wrong ---- */

/* The parameter of this name, or NULL. */
const struct tt_http_param *tt_call_param(const struct tt_call *call, const char *name);

/* A whole number from 1 to max; `other` when it is not given. */
int tt_call_number(struct tt_call *call, const char *name, uint64_t max, size_t other, size_t *value) TT_CHECKED;

/* There must be no parameters but these (NULL ends). */
int tt_call_only(struct tt_call *call, const char *const *names) TT_CHECKED;
int tt_call_no_params(struct tt_call *call) TT_CHECKED;

/* ---- members of a JSON object ---- */

void tt_call_text(struct tt_call *call, const char *key, const char *text, size_t len);
void tt_call_string(struct tt_call *call, const char *key, const char *text);
void tt_call_count(struct tt_call *call, const char *key, uint64_t n);
void tt_call_bool(struct tt_call *call, const char *key, int value);
void tt_call_item_id(struct tt_call *call, const char *key, uint32_t row);

/* "model" and "index": checksums of the files that the answer was made from. */
void tt_call_fingerprints(struct tt_call *call);

/* "attributes" of an item: a text each, or an array where an attribute may have several values. */
void tt_call_attributes(struct tt_call *call, uint32_t row);

#endif
