/* A copy of a stream on disk, for programs that read their input twice when it is a pipe. The file lies in the folder
 * that TMPDIR names, or in /tmp, and is unlinked from the start, so that a killed program leaves nothing behind.
 *
 *     tt_spool_open(&spool, &err);
 *     ... tt_spool_write(&spool, bytes, n, &err) ...
 *     tt_spool_to_reader(&spool, &reader, &err);     the reader now reads the copy, from its start
 *     tt_spool_release(&spool);
 */
#ifndef TT_IO_SPOOL_H
#define TT_IO_SPOOL_H

#include <stdio.h>

#include "base/err.h"
#include "io/stream.h"

struct tt_spool {
    FILE *file;
    char *place; /* for messages: "temporary file in /tmp" */
};

int tt_spool_open(struct tt_spool *spool, struct tt_err *err) TT_CHECKED;
int tt_spool_write(struct tt_spool *spool, const void *bytes, size_t n, struct tt_err *err) TT_CHECKED;

/* The reader, whose input has ended, reads the copy from its start from now on; its name stays. Its fingerprint starts
 * again. */
int tt_spool_to_reader(struct tt_spool *spool, struct tt_reader *reader, struct tt_err *err) TT_CHECKED;

void tt_spool_release(struct tt_spool *spool); /* fine on a struct that is all zero */

#endif
