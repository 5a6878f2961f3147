/* The target of a request, "/users?prefix=a%20b&limit=10": its path, and the parameters of its query.
 */
#ifndef TT_HTTP_TARGET_H
#define TT_HTTP_TARGET_H

#include <string.h>

#include "base/err.h"

enum { TT_HTTP_MAX_PARAMS = 256 };

/* One "name=value" of the query, percent-decoded; "+" is a blank. Texts are followed by a NUL. */
struct tt_http_param {
    const char *name, *value;
    size_t name_len, value_len;
};

/* Does the parameter have this name? */
static inline int tt_http_param_is(const struct tt_http_param *param, const char *name)
{
    return param->name_len == strlen(name) && memcmp(param->name, name, param->name_len) == 0;
}

/* Where the path and the query are in a target as it was sent: offsets and lengths. The query follows "?". Of
 * "http://host/path" the path is "/path". */
struct tt_target_parts {
    size_t path, path_len;
    size_t query, query_len;
};

/* Find them in the n bytes of a target. */
void tt_target_split(const char *target, size_t n, struct tt_target_parts *parts);

/* Percent-decode n bytes to `to`, which has room for n + 1, and add a NUL. Returns how many bytes came out. A "%" that
 * is not followed by two hexadecimal digits stays. */
size_t tt_target_decode(char *to, const char *from, size_t n);

/* Split a query of n bytes into its parameters, decoded to `room`, which has n + 2 bytes. "a" alone has an empty value;
 * nothing between two "&" is no parameter. -1: there are more than TT_HTTP_MAX_PARAMS. */
int tt_target_params(const char *query, size_t n, char *room, struct tt_http_param params[TT_HTTP_MAX_PARAMS],
                     size_t *n_params) TT_CHECKED;

#endif
