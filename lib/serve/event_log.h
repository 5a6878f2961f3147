/* Events that arrive over HTTP: checked as the encoder would, written to the log, and then known to the live histories.
 *
 *     tt_event_log_open(&log, path, sync, snapshot, live, &cut, &err)      reads what stands in the log already
 *     tt_event_batch_begin(&batch)
 *     tt_event_batch_add(&batch, snapshot, params, n, ...)                 TT_ERR_USAGE: this event is not good
 *     tt_event_batch_commit(&batch, &log, live, &err)                      all that were added, or none
 *
 * The log has the columns by which the model's schema reads events: the users' and the items' id, contexts, and weight,
 * label and time; tt-encode reads it beside the older events. An event names its columns by those names; "user" and
 * "item" are the ids, too. A context or time that is not given is taken from the clock when it can be.
 *
 * Threads: each has its own batch; the log is shared.
 */
#ifndef TT_SERVE_EVENT_LOG_H
#define TT_SERVE_EVENT_LOG_H

#include "table/time_feature.h"
#include "serve/ask.h"
#include "serve/journal.h"
#include "serve/live.h"

struct tt_event_log {
    struct tt_journal *journal;
    struct tt_buf names;      /* the columns' names, each with its NUL */
    size_t n_columns, user, item; /* how many; which ones are the ids */
};

/* Events of one request, until they are committed. */
struct tt_event_batch {
    size_t n;                 /* events */
    struct tt_live_event *events;
    struct tt_event_place *fields; /* (n, n_columns) in texts */
    struct tt_journal_field *lines;
    struct tt_buf texts;
    size_t cap_events, cap_fields, cap_lines;
};

int tt_event_log_open(struct tt_event_log *log, const char *path, enum tt_journal_sync sync,
                      const struct tt_snapshot *snapshot, struct tt_live *live, uint64_t *cut,
                      struct tt_err *err) TT_CHECKED;
void tt_event_log_release(struct tt_event_log *log); /* fine on a struct that is all zero */

/* Has this model's schema the columns of the log? */
int tt_event_log_suits(const struct tt_event_log *log, const struct tt_snapshot *snapshot,
                       struct tt_err *err) TT_CHECKED;

void tt_event_batch_begin(struct tt_event_batch *batch);
int tt_event_batch_add(struct tt_event_batch *batch, const struct tt_snapshot *snapshot,
                       const struct tt_http_param *params, size_t n, const struct tt_recommend_settings *settings,
                       struct tt_time_features *clock, int64_t now, struct tt_err *err) TT_CHECKED;

/* Write, then make known. On failure of the first nothing is written. */
int tt_event_batch_commit(struct tt_event_batch *batch, struct tt_event_log *log, struct tt_live *live,
                          struct tt_err *err) TT_CHECKED;
void tt_event_batch_release(struct tt_event_batch *batch);

#endif
