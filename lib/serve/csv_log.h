/* A CSV file to which rows are appended, whole rows or none: the log of events, which the nightly training reads and
 * the service reads again when it starts.
 *
 *     log = tt_csv_log_open("events.csv", names, n, TT_SYNC_SECOND, &cut, &err);
 *     tt_csv_log_append(log, fields, n_rows, &err);      when it returns 0, all rows are in the file
 *     tt_csv_log_tick(log, &err);                        about once a second
 *     tt_csv_log_reopen(log, &is_new, &err);             after the file was moved away
 *     tt_csv_log_close(log);
 *
 * append hands its rows to the system before it returns, so they survive the end of the process, SIGKILL too. The rows
 * of one call are in the file all or not at all; only when the process is killed during a call, which is then never
 * acknowledged, some of its first rows may be there. What survives a loss of power depends on the policy: sync at each
 * append, once a second, or when the system does. open cuts off a last row that is incomplete, which was never
 * acknowledged. A lock on the file keeps other processes from writing to it.
 *
 * Threads: append, tick and reopen may run at once.
 */
#ifndef TT_SERVE_CSV_LOG_H
#define TT_SERVE_CSV_LOG_H

#include <stdint.h>

#include "base/err.h"

enum tt_csv_log_sync { TT_SYNC_NEVER, TT_SYNC_SECOND, TT_SYNC_ALWAYS };

struct tt_csv_log;

struct tt_csv_log_field {
    const char *text;
    size_t len;
};

/* A file that does not exist, or is empty, gets a header of the n names; any other must have this header. *cut: how
 * many bytes of an incomplete last row were cut off. NULL and *err on failure. */
struct tt_csv_log *tt_csv_log_open(const char *path, const char *const *names, size_t n, enum tt_csv_log_sync sync,
                                   uint64_t *cut, struct tt_err *err) TT_CHECKED;

/* fields (n_rows, n). On failure (no space, say) the file is as before, and later calls may succeed. */
int tt_csv_log_append(struct tt_csv_log *log, const struct tt_csv_log_field *fields, size_t n_rows,
                      struct tt_err *err) TT_CHECKED;

int tt_csv_log_tick(struct tt_csv_log *log, struct tt_err *err) TT_CHECKED;

/* When the path no longer names the open file, open or make the file that it names, and append to that: *is_new is 1
 * then, else 0. On failure the old file stays in use. */
int tt_csv_log_reopen(struct tt_csv_log *log, int *is_new, struct tt_err *err) TT_CHECKED;

void tt_csv_log_close(struct tt_csv_log *log); /* NULL is fine */

#endif
