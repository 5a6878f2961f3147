/* The struct behind service.h, for service.c and the endpoints. */
#ifndef TT_SERVE_SERVICE_INTERNAL_H
#define TT_SERVE_SERVICE_INTERNAL_H

#include <stdatomic.h>

#include "base/lock.h"
#include "http/telemetry.h"
#include "serve/body.h"
#include "serve/event_log.h"
#include "serve/recommend.h"
#include "serve/service.h"

/* Memory of one request at a time, used again for the next one. */
struct tt_service_worker {
    struct tt_service_worker *next;
    struct tt_recommender *recommender;
    struct tt_recommend_request request;
    struct tt_event_batch batch;
    struct tt_time_features clock;
};

struct tt_service {
    struct tt_service_options options;
    struct tt_mutex lock;            /* of the members up to the blank line */
    struct tt_snapshot *snapshot;
    struct tt_service_worker *idle;
    char last_error[1024];          /* of the last reload; "": it succeeded */

    struct tt_recent_events *recent;
    struct tt_cache *cache;
    struct tt_event_log log;        /* file NULL: events are refused */
    struct tt_telemetry *telemetry;
    atomic_uint_fast64_t reloads, failed_reloads, events;
    atomic_int is_draining;
    int64_t started;
    int log_is_new;                 /* since the last snapshot */
    uint64_t loaded, last_tick, failed; /* stamps of the files: as loaded, at the last tick, when a load failed */
    unsigned (*connections)(const struct tt_http *);
    const struct tt_http *http;
};

#endif
