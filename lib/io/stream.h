/* Named byte streams over file descriptors. The name is what messages show: the path, or <stdin> and <stdout>.
 *
 * A reader can compute the fingerprint of all bytes that were read from it. A writer buffers. A writer to a path writes
 * a temporary file beside it, "PATH.tmp.PID", and renames it in tt_writer_finish, after fsync: a crash leaves the old
 * file or the new one, never half of one. The new file has the permission bits of the old one. A symbolic link stays;
 * its target is replaced. A temporary file that exists already is an error, so a second writer of the same process to
 * the same file cannot be opened, under whatever name. A path that exists and is not a regular file (/dev/full, a fifo)
 * is written to directly.
 *
 * Both structs are the caller's: open, use, then close a reader, finish or discard a writer.
 */
#ifndef TT_IO_STREAM_H
#define TT_IO_STREAM_H

#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"

struct tt_reader {
    char *name;
    int fd;
    int owns_fd;              /* closed by close; stdin is not */
    struct tt_hasher *hasher; /* NULL: no fingerprint is computed */
    uint64_t offset;          /* bytes read so far */
};

/* Open path; NULL or "-" is standard input. */
int tt_reader_open(struct tt_reader *reader, const char *path, struct tt_err *err) TT_CHECKED;

/* Compute the fingerprint of all bytes from here on. */
int tt_reader_keep_fingerprint(struct tt_reader *reader, struct tt_err *err) TT_CHECKED;

/* Up to n bytes into `bytes`: *got is how many; 0 only at the end of the input. */
int tt_reader_read(struct tt_reader *reader, void *bytes, size_t n, size_t *got, struct tt_err *err) TT_CHECKED;

/* The same, until n bytes are there or the input ends. */
int tt_reader_read_full(struct tt_reader *reader, void *bytes, size_t n, size_t *got, struct tt_err *err) TT_CHECKED;

/* Start again at the first byte, with the fingerprint too. -1 without an error text when the input cannot (a
 * pipe). */
int tt_reader_rewind(struct tt_reader *reader);

/* Fine on a struct that is all zero, or closed already. */
void tt_reader_close(struct tt_reader *reader);

struct tt_writer {
    char *name;
    int fd;
    char *path;      /* the final name; NULL when writing directly */
    char *temporary; /* the name until finish */
    char *buffer;
    size_t used;
    uint64_t offset; /* bytes accepted so far */
    int owns_fd;
    int failed; /* a write failed: the rest is dropped, and close and finish say so */
    int closed; /* by tt_writer_close */
};

/* Called with each temporary file's name when it is made (alive = 1) and when it is gone (alive = 0), so that a program
 * can remove it on a signal. May be NULL. Set per process by cmd/cli through tt_writer_open's last argument. */
typedef void tt_temporary_fn(const char *temporary, int alive);

/* NULL or "-" is standard output. */
int tt_writer_open(struct tt_writer *writer, const char *path, tt_temporary_fn *watch, struct tt_err *err) TT_CHECKED;

int tt_writer_write(struct tt_writer *writer, const void *bytes, size_t n, struct tt_err *err) TT_CHECKED;
int tt_writer_text(struct tt_writer *writer, const char *text, struct tt_err *err) TT_CHECKED;
int tt_writer_printf(struct tt_writer *writer, struct tt_err *err, const char *fmt, ...) TT_PRINTF(3, 4) TT_CHECKED;

/* Write the buffered bytes now (for a reader that waits at the other end of a pipe). */
int tt_writer_flush(struct tt_writer *writer, struct tt_err *err) TT_CHECKED;

/* Flush, fsync a regular file, and close, but leave it under its temporary name. For outputs that belong together:
 * close all, and only when none failed, finish all. Then only the renaming can fail; files are renamed one after
 * another, so a crash or an error between two of them leaves some new and some old. After it: finish or discard. */
int tt_writer_close(struct tt_writer *writer, struct tt_err *err) TT_CHECKED;

/* Close, if tt_writer_close did not, and give the file its name. On failure nothing stands under the final name that
 * was not there before. The writer is closed either way. */
int tt_writer_finish(struct tt_writer *writer, tt_temporary_fn *watch, struct tt_err *err) TT_CHECKED;

/* Close, and remove the temporary file. Fine on a struct that is all zero, or finished already. */
void tt_writer_discard(struct tt_writer *writer, tt_temporary_fn *watch);

#endif
