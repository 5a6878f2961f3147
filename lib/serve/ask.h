/* What a request for recommendations asks, from its parameters.
 *
 *     tt_ask_parse(&ask, snapshot, params, n_params, &settings, now, &err)         TT_ERR_USAGE: the client's mistake
 *
 * Parameters: user (or the name of the users' id column), k, seen=remove|keep, exclude, history, time, explain=1. Any
 * other is the name of a column: of the users' features and contexts (it goes into the user's vector), or of what is
 * known of the items (only those that have the value are listed; the same name again allows another value). "user.NAME"
 * and "item.NAME" say which of the two is meant; without that a column of the users wins. exclude and history may come
 * many times; each is an item's id or, when no item has that name, several with commas between.
 *
 * A context that is not given is taken from the clock when its name is one that tt-feature derives from a time, and is
 * unknown otherwise.
 */
#ifndef TT_SERVE_ASK_H
#define TT_SERVE_ASK_H

#include "table/time_feature.h"
#include "table/zone.h"
#include "http/http.h"
#include "serve/snapshot.h"

enum { TT_ASK_MAX_K = 1000, TT_ASK_MAX_COLUMNS = 64, TT_ASK_MAX_ITEMS = 1024 };

struct tt_recommend_settings {
    const struct tt_zone *zone;
    struct tt_meal_times meals;
    int removes_seen;         /* when a request does not say */
};

/* A text of the request (borrowed from its parameters), or of the clock (in `clock` below). */
struct tt_ask_text {
    size_t column;            /* of the schema; of a filter, of the shelf */
    const char *text;
    size_t len;
};

/* Large: one a thread, used again and again. */
struct tt_ask {
    const char *user;         /* NULL: none */
    size_t user_len;
    size_t k;
    int removes_seen, explains;
    int64_t now;              /* instant */
    struct tt_ask_text values[TT_ASK_MAX_COLUMNS]; /* features and contexts of the user, each column once */
    size_t n_values;
    struct tt_ask_text filters[TT_HTTP_MAX_PARAMS]; /* those of one column stand together */
    size_t n_filters;
    struct tt_ask_text history[TT_ASK_MAX_ITEMS], excluded[TT_ASK_MAX_ITEMS]; /* items' ids, column unused */
    size_t n_history, n_excluded;
    struct tt_time_features clock;
    char clock_texts[TT_ADD_KINDS][32];
};

/* `now`: the present instant, where the request names no time. */
int tt_ask_parse(struct tt_ask *ask, const struct tt_snapshot *snapshot, const struct tt_http_param *params, size_t n,
                 const struct tt_recommend_settings *settings, int64_t now, struct tt_err *err) TT_CHECKED;

#endif
