/* Mapped files whose bytes stay as they are, whatever happens to the file: for programs that live long, and would be
 * killed by the next look at a page that somebody has cut off.
 *
 *     steady = tt_steady_map(fd, &bytes, &length);         NULL: this file can only be copied
 *     on the signal tt_steady_signal():  tt_steady_keep();
 *     tt_steady_release(steady);
 *
 * The system is asked for a lease (fcntl(2), F_SETLEASE): before anybody opens the file for writing, or shortens it, it
 * stops them and sends a signal. tt_steady_keep() then puts a copy in memory in the place of the mapping, at the same
 * addresses, and lets them go on. A file that is replaced by renaming is not touched by that; nor is one of which
 * nothing happens: it costs no memory of our own. There is no lease on a file that is open for writing already, that
 * belongs to another user, or on systems and file systems that have none.
 *
 * The signal must be blocked in all threads, and be waited for by one (sigtimedwait): they have some 45 seconds. It is
 * kept pending until then, so nothing is missed. Threads: all calls may run at once.
 */
#ifndef TT_IO_STEADY_H
#define TT_IO_STEADY_H

#include <stddef.h>

#include "base/err.h"

struct tt_steady;

/* Map the regular file fd, from its first byte to its last; fd stays the caller's. NULL when that cannot be done. */
struct tt_steady *tt_steady_map(int fd, void **bytes, size_t *length);
void tt_steady_release(struct tt_steady *steady); /* NULL is fine */

int tt_steady_signal(void); /* 0: there are no leases here */

/* Copy what somebody is about to change. An error says that memory did not suffice: the file will change under us. */
int tt_steady_keep(struct tt_err *err) TT_CHECKED;

/* How many files have been copied so far: for tests. */
size_t tt_steady_copies(void);

#endif
