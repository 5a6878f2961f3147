/* The protocols of a service manager such as systemd: readiness and signs of life (sd_notify(3)), and sockets that it
 * opened (sd_listen_fds(3)). Without such a manager the calls do nothing.
 */
#ifndef TT_HTTP_SYSTEMD_H
#define TT_HTTP_SYSTEMD_H

#include <stdint.h>

/* Send "READY=1", "STOPPING=1", "STATUS=..." or "WATCHDOG=1" to the socket that the environment's NOTIFY_SOCKET names.
 * Errors are ignored. */
void tt_systemd_notify(const char *text);

/* Send "RELOADING=1" with the time that the protocol needs. The caller sends "READY=1" when it has reloaded. */
void tt_systemd_reloading(void);

/* Does the manager expect "WATCHDOG=1" of this process (WATCHDOG_USEC)? */
int tt_systemd_watches(void);

/* The listening socket that the manager opened for this process, the first of several; -1: none. */
int tt_systemd_socket(void);

#endif
