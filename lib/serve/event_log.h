/* Events that arrive over HTTP: each is checked as tt-encode would, appended to the log, and added to the recent
 * events, so that the next answer is made with it.
 *
 *     tt_event_log_open(&log, path, sync, snapshot, recent, &cut, &err)    adds the events that are in the file already
 *     tt_event_batch_begin(&batch)
 *     tt_event_batch_add(&batch, snapshot, params, n, ...)                 TT_ERR_USAGE: this event is wrong
 *     tt_event_batch_commit(&batch, &log, recent, &err)                    all that were added, or none
 *
 * The log's columns are those that the model's schema reads of events: the ids of user and item, contexts, weight,
 * label and time. tt-encode reads it beside the older events. An event gives its columns by these names; "user" and
 * "item" also name the ids. A context or time that is not given is read from the clock where possible.
 *
 * Threads: each has its own batch; the log is shared.
 */
#ifndef TT_SERVE_EVENT_LOG_H
#define TT_SERVE_EVENT_LOG_H

#include "table/time_feature.h"
#include "serve/recommend_request.h"
#include "serve/csv_log.h"
#include "serve/recent_events.h"

struct tt_event_log {
    struct tt_csv_log *file;
    struct tt_buf names;      /* the columns' names, each with its NUL */
    size_t n_columns;
    size_t user, item;        /* the columns that are the ids */
};

/* Events of one request, until they are committed. */
struct tt_event_batch {
    size_t n;                 /* events */
    struct tt_recent_event *events;
    struct tt_event_place *fields; /* (n, n_columns) in texts */
    struct tt_csv_log_field *lines;
    struct tt_buf texts;
    size_t cap_events, cap_fields, cap_lines;
};

int tt_event_log_open(struct tt_event_log *log, const char *path, enum tt_csv_log_sync sync,
                      const struct tt_snapshot *snapshot, struct tt_recent_events *recent, uint64_t *cut,
                      struct tt_err *err) TT_CHECKED;
void tt_event_log_release(struct tt_event_log *log); /* fine on a struct that is all zero */

/* 0: the events of this model's schema have the columns of the log; else -1 and TT_ERR_MISMATCH. */
int tt_event_log_check(const struct tt_event_log *log, const struct tt_snapshot *snapshot,
                       struct tt_err *err) TT_CHECKED;

void tt_event_batch_begin(struct tt_event_batch *batch);
int tt_event_batch_add(struct tt_event_batch *batch, const struct tt_snapshot *snapshot,
                       const struct tt_http_param *params, size_t n, const struct tt_recommend_settings *settings,
                       struct tt_time_features *clock, int64_t now, struct tt_err *err) TT_CHECKED;

/* Append to the log, then add to the recent events. When appending fails, nothing is written or added. */
int tt_event_batch_commit(struct tt_event_batch *batch, struct tt_event_log *log, struct tt_recent_events *recent,
                          struct tt_err *err) TT_CHECKED;
void tt_event_batch_release(struct tt_event_batch *batch);

#endif
