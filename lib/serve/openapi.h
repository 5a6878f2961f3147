/* The description of the API (OpenAPI 3.1) for one model. The columns that a request may name depend on the model, so
 * the text in page/openapi.json has marks where they belong:
 *
 *     "@query": {},    the columns of users and items, as query parameters
 *     "@request": {},  the same as members of a JSON request
 *     "@event": {},    contexts, weight, label and time of an event
 *
 * Each mark is replaced by members "NAME": SCHEMA with a comma after each; so another member must follow the mark.
 */
#ifndef TT_SERVE_OPENAPI_H
#define TT_SERVE_OPENAPI_H

#include "base/buf.h"
#include "serve/snapshot.h"

/* Append the description. */
int tt_openapi_print(const struct tt_snapshot *snapshot, const char *text, size_t len, struct tt_buf *out,
                     struct tt_err *err) TT_CHECKED;

#endif
