/* What a service manager such as systemd wants to hear and to give, by its plain protocols (sd_notify(3),
 * sd_listen_fds(3)); without such a manager nothing happens.
 */
#ifndef TT_HTTP_SYSTEMD_H
#define TT_HTTP_SYSTEMD_H

#include <stdint.h>

/* Tell the socket named by the environment's NOTIFY_SOCKET: "READY=1", "STOPPING=1", "STATUS=...", "WATCHDOG=1". What
 * cannot be told is not told. */
void tt_systemd_notify(const char *text);

/* "RELOADING=1" with the time that the protocol wants; "READY=1" follows when it is done. */
void tt_systemd_reloading(void);

/* Is a sign of life expected (WATCHDOG_USEC, for this process)? */
int tt_systemd_watches(void);

/* The socket that was handed over, or -1; with several, the first. */
int tt_systemd_socket(void);

#endif
