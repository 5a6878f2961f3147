/* The connections of a server: a table of fixed size, a thread that accepts them, and the limits of their time. What is
 * said over a connection is the server's matter (http.c).
 *
 *     table = tt_connections_new(&options, &err);
 *     tt_connections_start(table, listen_fd, &err);      a thread accepts, and hands each connection to options.open
 *       tt_connections_opened(table, connection, fd);    the server has it now
 *       tt_connection_set(connection, TT_CONNECTION_ARRIVING); ...   what it does, whenever that changes
 *       tt_connections_closed(table, connection);        its place is free again
 *     tt_connections_tick(table);                        about once a second: ends what takes too long
 *     tt_connections_stop_accepting(table);
 *     tt_connections_free(table);
 *
 * Ended are: a connection whose request takes more than request_seconds to arrive, however slowly it drips; one that
 * does not accept its answer in request_seconds + idle_seconds; while no connections are accepted any more, one that is
 * idle. (A server ends those that are idle for too long itself.) When all places are taken, whoever comes next gets the
 * place of the connection that has been idle the longest; when none is idle, of the one whose request has been arriving
 * the longest, if that is more than a second; until then it waits to be accepted.
 *
 * To end a connection is to shut down its socket: the thread that serves it sees the end of the input and closes it. An
 * idle one is shut down for reading only, so that a request that has just come is still answered.
 *
 * Threads: a connection belongs to the thread that serves it, which sets its activity without a lock; the counts are
 * for any thread; the other calls are one thread's.
 */
#ifndef TT_HTTP_CONNECTIONS_H
#define TT_HTTP_CONNECTIONS_H

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdint.h>

#include "base/err.h"

enum tt_connection_activity {
    TT_CONNECTION_FREE,      /* the place is free, or the connection is not opened yet */
    TT_CONNECTION_IDLE,      /* waits for a request's first line */
    TT_CONNECTION_ARRIVING,  /* has a first line, and not yet all the rest */
    TT_CONNECTION_ANSWERING,
    TT_CONNECTION_SENDING,
};

/* One place of the table. */
struct tt_connection {
    unsigned place;           /* its number, from 0 */
    unsigned worker;          /* which of the server's threads serves it: the one that had the fewest connections */
    uint64_t peer_hash;       /* of the client's address, an IPv6 network counting as one; 0: a Unix socket */

    /* private */
    struct sockaddr_storage peer;
    char address[INET6_ADDRSTRLEN]; /* "" until it is asked for */
    int fd;                   /* while it is open */
    _Atomic uint64_t state;   /* the activity, and since when */
    struct tt_connection *next_free;
    uint64_t idle_state;      /* by tick alone, of a first line that drips in: the state that the next two belong to */
    uint64_t idle_bytes;
    uint64_t line_since;      /* 0: no line has begun */
};

struct tt_connections;

struct tt_connections_options {
    unsigned max;             /* places */
    unsigned workers;         /* threads that serve */
    unsigned idle_seconds, request_seconds;
    /* Hand the socket to worker connection->worker. On failure -1, and fd is closed. */
    int (*open)(void *arg, struct tt_connection *connection, int fd);
    void *arg;
};

struct tt_connections *tt_connections_new(const struct tt_connections_options *options,
                                          struct tt_err *err) TT_CHECKED;

/* Stops accepting, too. All connections must be closed. NULL is allowed. */
void tt_connections_free(struct tt_connections *table);

/* Accept at a socket that does not block, which is borrowed until accepting is stopped. *err has no address. */
int tt_connections_start(struct tt_connections *table, int listen_fd, struct tt_err *err) TT_CHECKED;
void tt_connections_stop_accepting(struct tt_connections *table);
int tt_connections_has_stopped(const struct tt_connections *table);

void tt_connections_opened(struct tt_connections *table, struct tt_connection *connection, int fd);
void tt_connections_closed(struct tt_connections *table, struct tt_connection *connection); /* before fd is closed */
void tt_connection_set(struct tt_connection *connection, enum tt_connection_activity activity);

/* The client's address as text: "127.0.0.1", "::1", "unix". */
const char *tt_connection_address(struct tt_connection *connection);

void tt_connections_tick(struct tt_connections *table);

/* How many are open; and how many of these are neither free nor idle. Counted anew each time. */
unsigned tt_connections_count(const struct tt_connections *table);
unsigned tt_connections_active(const struct tt_connections *table);

#endif
