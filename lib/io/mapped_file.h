/* Mapped files whose bytes stay as they are, whatever happens to the file: for programs that live long. A plain mapping
 * changes with its file, and a program that reads a page which was cut off is killed.
 *
 *     file = tt_mapped_file_new(fd, &bytes, &length);           NULL: this file can only be copied
 *     on the signal tt_mapped_file_signal():  tt_mapped_file_preserve_all(&err);
 *     tt_mapped_file_free(file);
 *
 * Each mapping holds a lease (fcntl(2), F_SETLEASE): before another process opens the file for writing, or shortens it,
 * the system stops that process and sends us a signal. tt_mapped_file_preserve_all() then puts a copy in memory in the
 * place of the mapping, at the same addresses, and lets the other process continue. A file that is replaced by renaming
 * needs no copy, and costs no memory of our own. There is no lease on a file that is open for writing already, that
 * belongs to another user, or on systems and file systems that have none.
 *
 * The signal must be blocked in all threads, and one of them must wait for it (sigtimedwait); the system allows some 45
 * seconds. It stays pending until then, so nothing is missed. Threads: all calls may run at once.
 */
#ifndef TT_IO_MAPPED_FILE_H
#define TT_IO_MAPPED_FILE_H

#include <stddef.h>

#include "base/err.h"

struct tt_mapped_file;

/* Map the regular file fd, from its first byte to its last; fd stays the caller's. NULL when that cannot be done. */
struct tt_mapped_file *tt_mapped_file_new(int fd, void **bytes, size_t *length);
void tt_mapped_file_free(struct tt_mapped_file *file); /* NULL is fine */

int tt_mapped_file_signal(void); /* 0: there are no leases here */

/* Copy every mapped file that another process is about to change. An error says that memory did not suffice: the
 * mapping will change with its file. */
int tt_mapped_file_preserve_all(struct tt_err *err) TT_CHECKED;

/* How many files have been copied so far: for tests. */
size_t tt_mapped_file_copies(void);

#endif
