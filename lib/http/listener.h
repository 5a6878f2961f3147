/* A listening socket at an address that is given as text: "127.0.0.1:8600", "[::1]:8600", ":8600" (all addresses) or
 * "unix:PATH"; or one that another program opened.
 */
#ifndef TT_HTTP_LISTENER_H
#define TT_HTTP_LISTENER_H

#include "base/err.h"

enum { TT_LISTENER_ADDRESS = 1100 }; /* a host's name, or a path, and what is around it */

struct tt_listener {
    int fd;                             /* -1: closed */
    char *unix_path;                    /* owned; the file is removed when the socket is closed; or NULL */
    char address[TT_LISTENER_ADDRESS];  /* "http://127.0.0.1:8600" with the port that the system chose; "unix:PATH" */
};

#define TT_LISTENER_INIT { -1, NULL, "" }

/* Listen at `text`; or at `fd` when that is not -1, which the listener then owns. The socket does not block. A Unix
 * socket at which no process listens is replaced. On failure -1, *err names the address, and `fd` is closed. */
int tt_listener_open(struct tt_listener *listener, const char *text, int fd, struct tt_err *err) TT_CHECKED;

void tt_listener_close(struct tt_listener *listener);

#endif
