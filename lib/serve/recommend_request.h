/* A request for recommendations, parsed from its parameters.
 *
 *     tt_recommend_request_parse(&request, snapshot, params, n_params, &settings, now, &err)
 *
 * Parameters: user (or the name of the users' id column), k, seen=remove|keep, exclude, history, time, explain=0|1. Any
 * other is the name of a column: a feature or context of the users, which becomes part of the user's vector, or an
 * attribute of the items, which filters: only items with this value are listed, and the same name again allows another
 * value. "user.NAME" and "item.NAME" say which of the two is meant; without that, a column of the users comes first.
 * exclude and history may be repeated; each is an item's id or, when no item has that id, several with commas between.
 *
 * A context that is not given is read from the clock when tt-feature derives it from a time (meal_time, hour ...), and
 * is unknown otherwise.
 */
#ifndef TT_SERVE_RECOMMEND_REQUEST_H
#define TT_SERVE_RECOMMEND_REQUEST_H

#include "table/time_feature.h"
#include "table/zone.h"
#include "http/http.h"
#include "serve/snapshot.h"

enum { TT_REQUEST_MAX_K = 1000, TT_REQUEST_MAX_COLUMNS = 64, TT_REQUEST_MAX_ITEMS = 1024 };

/* The service's settings, which a request may override. */
struct tt_recommend_settings {
    const struct tt_zone *zone; /* of the clock */
    struct tt_meal_times meals;
    int removes_seen;         /* items that the user has seen are not listed, unless the request has seen=keep */
};

/* A value of a column, or an item's id. The text is borrowed from the parameters, or from clock_texts below. */
struct tt_request_text {
    size_t column;            /* of the schema; in a filter, of the item attributes; of an id, unused */
    const char *text;
    size_t len;
};

/* Some 60 KiB, so each thread has one and uses it again. */
struct tt_recommend_request {
    const char *user;         /* NULL: none */
    size_t user_len;
    size_t k;
    int removes_seen, explains;
    int64_t now;              /* seconds since 1970 */
    struct tt_request_text values[TT_REQUEST_MAX_COLUMNS]; /* features and contexts of the user, each column once */
    size_t n_values;
    struct tt_request_text filters[TT_HTTP_MAX_PARAMS]; /* grouped by column */
    size_t n_filters;
    struct tt_request_text history[TT_REQUEST_MAX_ITEMS], excluded[TT_REQUEST_MAX_ITEMS];
    size_t n_history, n_excluded;

    /* private */
    struct tt_time_features clock;
    char clock_texts[TT_TIME_KINDS][32];
};

/* now: the present time, for a request that gives no time. TT_ERR_USAGE: a parameter is wrong. */
int tt_recommend_request_parse(struct tt_recommend_request *request, const struct tt_snapshot *snapshot,
                               const struct tt_http_param *params, size_t n,
                               const struct tt_recommend_settings *settings, int64_t now,
                               struct tt_err *err) TT_CHECKED;

#endif
