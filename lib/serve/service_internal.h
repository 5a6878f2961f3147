/* What the service's life (service.c) and its answers (endpoints.c) share. */
#ifndef TT_SERVE_SERVICE_INTERNAL_H
#define TT_SERVE_SERVICE_INTERNAL_H

#include <stdatomic.h>

#include "base/lock.h"
#include "serve/body.h"
#include "serve/event_log.h"
#include "serve/recommend.h"
#include "serve/service.h"
#include "serve/telemetry.h"

/* Scratch of one request; kept for the next one. */
struct tt_service_worker {
    struct tt_service_worker *next;
    struct tt_recommender *recommender;
    struct tt_ask ask;
    struct tt_event_batch batch;
    struct tt_time_features clock;
};

struct tt_service {
    struct tt_service_options options;
    struct tt_mutex lock;            /* of all until the blank line */
    struct tt_snapshot *snapshot;
    struct tt_service_worker *idle;
    char last_error[1024];          /* of the last reload, "" when it was well */

    struct tt_live *live;
    struct tt_cache *cache;
    struct tt_event_log log;        /* journal NULL: events are refused */
    struct tt_telemetry *telemetry;
    atomic_uint_fast64_t reloads, failed_reloads, events;
    atomic_int drains;
    int64_t started;
    int log_is_new;                 /* since the last snapshot */
    uint64_t files, looked, failed; /* the files' looks: when they were loaded, at the last tick, when a load failed */
    unsigned (*connections)(const struct tt_http *);
    const struct tt_http *http;
};

extern const char *const tt_endpoint_names[];
extern const size_t tt_endpoint_count;

/* Route the request, and answer it. */
void tt_endpoint_answer(struct tt_service *service, struct tt_service_worker *worker, struct tt_snapshot *snapshot,
                        const struct tt_http_request *request, struct tt_http_answer *answer);

/* An answer that says what is wrong: {"error": "..."}. */
void tt_endpoint_error(struct tt_http_answer *answer, unsigned status, const char *text);

#endif
