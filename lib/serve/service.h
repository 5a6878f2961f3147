/* The recommendation service: answers HTTP requests from a snapshot of model, index and item data, which a reload
 * replaces.
 *
 *     service = tt_service_new(&options, &err);            loads and verifies all files, reads the log of events
 *     http = tt_http_start(&http_options, tt_service_answer, tt_service_done, service, &err);
 *     once a second:  tt_service_tick(service);            syncs the log; reloads when the files have changed
 *     on SIGHUP:      tt_service_reload(service);
 *     at the end:     tt_service_drain(service); ... tt_http_stop(http); tt_service_free(service);
 *
 * A reload loads and verifies the files as a new snapshot, which then replaces the old one in one step. A request is
 * answered from one snapshot only, the one that was current when it began. When a reload fails, the old snapshot stays,
 * and the error is noted and shown by /health/ready.
 *
 * Threads: tt_service_answer and tt_service_done may be called by many at once; the other calls are one thread's.
 */
#ifndef TT_SERVE_SERVICE_H
#define TT_SERVE_SERVICE_H

#include "serve/recommend_request.h"
#include "http/http.h"
#include "serve/csv_log.h"
#include "serve/snapshot.h"

struct tt_service_options {
    struct tt_snapshot_files files;
    struct tt_recommend_settings settings;
    const char *name;            /* of the model, under /v1/models/ */
    const char *events;          /* path of the log of events; NULL: events are refused */
    enum tt_csv_log_sync sync;
    size_t cache;                /* bytes of the cache of lists */
    struct tt_pool *pool;        /* for loading */
    int64_t (*now)(void);        /* the clock: seconds since 1970 */
    tt_note_fn *note;            /* receives what happens, for the program's log */
    void *note_arg;
};

struct tt_service;

/* options and all that it points to must live as long as the service. NULL and *err on failure. */
struct tt_service *tt_service_new(const struct tt_service_options *options, struct tt_err *err) TT_CHECKED;
void tt_service_free(struct tt_service *service); /* NULL is fine */

/* For tt_http_options: the methods of a path; and the paths that need no token. */
tt_http_allowed_fn tt_service_allowed;
tt_http_open_fn tt_service_is_open;

tt_http_answer_fn tt_service_answer;
tt_http_done_fn tt_service_done;

/* Load the files again, and begin a new log of events if the old one was moved away. An error is noted. */
void tt_service_reload(struct tt_service *service);

void tt_service_tick(struct tt_service *service);

/* From now on /health/ready answers 503. */
void tt_service_drain(struct tt_service *service);

/* For /metrics: a function that counts the open connections. */
void tt_service_count_connections(struct tt_service *service, unsigned (*connections)(const struct tt_http *),
                                  const struct tt_http *http);

#endif
