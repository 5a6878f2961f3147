/* The description of the API (OpenAPI 3.1) for one model: which columns a request may name is not the same for every
 * service. The text in page/openapi.json has marks where these stand:
 *
 *     "@query": {},    the columns of users and items, as query parameters
 *     "@ask": {},      the same as members of JSON
 *     "@event": {},    contexts, weight, label and time of an event
 *
 * Each mark becomes members "NAME": SCHEMA, each with a comma behind it; so a member that is always there follows it.
 */
#ifndef TT_SERVE_OPENAPI_H
#define TT_SERVE_OPENAPI_H

#include "base/buf.h"
#include "serve/snapshot.h"

/* Append the description. */
int tt_openapi_print(const struct tt_snapshot *snapshot, const char *text, size_t len, struct tt_buf *out,
                     struct tt_err *err) TT_CHECKED;

#endif
