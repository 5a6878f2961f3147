/* What another process does to a file that this one has mapped (io/mapped_file.h). */
#ifndef TT_TESTS_OTHER_PROCESS_H
#define TT_TESTS_OTHER_PROCESS_H

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "io/mapped_file.h"
#include "unit.h"

static inline void signal_is_noticed(int number) { (void)number; }

/* Run change() in another process, and keep meanwhile what it is about to change. The signal may come to any thread,
 * such as one of a library, which does not block it: so nobody waits for it, and leases are looked at all the time. */
static inline void change_elsewhere(int (*change)(void))
{
    const struct timespec little = {.tv_nsec = 2000000};
    struct tt_err err = TT_ERR_INIT;
    int status = 0;

    if (tt_mapped_file_signal())
        signal(tt_mapped_file_signal(), signal_is_noticed);
    pid_t child = fork();
    if (child == 0)
        _exit(change() != 0);
    while (waitpid(child, &status, WNOHANG) == 0) {
        assert_int_equal(tt_mapped_file_preserve_all(&err), 0);
        nanosleep(&little, NULL);
    }
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

#endif
