/* The log of events: a CSV that only grows, which the nightly run reads and the service reads again when it starts.
 *
 *     journal = tt_journal_open("events.csv", names, n, TT_SYNC_SECOND, &cut, &err);
 *     tt_journal_append(journal, fields, n_rows, &err);      what it has acknowledged is in the file, in whole rows
 *     tt_journal_tick(journal, &err);                        about once a second
 *     tt_journal_reopen(journal, &is_new, &err);             after somebody has moved the file away
 *     tt_journal_close(journal);
 *
 * Rows are handed to the system before append returns, so they survive the end of the process however it comes: all
 * of a call or none, or, of a call that a kill ended and that was never acknowledged, perhaps the first rows. Against
 * the loss of power stands the policy: sync each append, once a second, or leave it to the system. A row that was cut
 * by a crash was never acknowledged: open takes it off. One process writes to a log at a time.
 *
 * Threads: append, tick and reopen may run at once.
 */
#ifndef TT_SERVE_JOURNAL_H
#define TT_SERVE_JOURNAL_H

#include <stdint.h>

#include "base/err.h"

enum tt_journal_sync { TT_SYNC_NEVER, TT_SYNC_SECOND, TT_SYNC_ALWAYS };

struct tt_journal;

struct tt_journal_field {
    const char *text;
    size_t len;
};

/* A file that is not there, or empty, gets a header of the n names. One that is there must have this header. *cut:
 * bytes of an unfinished last row that were taken off. NULL and *err on failure. */
struct tt_journal *tt_journal_open(const char *path, const char *const *names, size_t n, enum tt_journal_sync sync,
                                   uint64_t *cut, struct tt_err *err) TT_CHECKED;

/* fields (n_rows, n). On failure (no space, say) the file is as before, and later calls may succeed. */
int tt_journal_append(struct tt_journal *journal, const struct tt_journal_field *fields, size_t n_rows,
                      struct tt_err *err) TT_CHECKED;

int tt_journal_tick(struct tt_journal *journal, struct tt_err *err) TT_CHECKED;

/* When the path no longer names the open file, go on in a new one there: *is_new is 1 then, else 0. On failure the old
 * one goes on. */
int tt_journal_reopen(struct tt_journal *journal, int *is_new, struct tt_err *err) TT_CHECKED;

void tt_journal_close(struct tt_journal *journal); /* NULL is fine */

#endif
