/* An HTTP/1.1 server by libmicrohttpd. It reads requests, enforces limits, and calls one function of the caller's for
 * each answer; what an answer says is the caller's matter.
 *
 *     tt_http_start(&options, answer, done, arg, &err)    threads listen, and call answer() from now on
 *     tt_http_tick(http)                                  about once a second: ends what takes too long
 *     tt_http_drain(http)                                 no new connections; the open ones end with their next answer
 *     tt_http_active(http)                                how many requests are being answered
 *     tt_http_stop(http)                                  waits for the threads, frees
 *
 * A request that breaks a limit is refused:
 *
 *     400              the length of the body is ambiguous, or there are more than TT_HTTP_MAX_PARAMS parameters
 *     401              the token is missing or wrong
 *     405              the method is not GET, HEAD or POST
 *     413              the body has more than max_body bytes
 *     413, 414, 431    request line and headers have more than some 16 KiB (the answer is libmicrohttpd's)
 *     429              more than `rate` requests a second from one address (an IPv6 /64 is one; a Unix socket has none)
 *     503              bodies and answers that wait for their clients would need more than max_held bytes of memory
 *
 * A refusal has the body {"error": "..."}, and one before a body was read closes the connection; all other answers keep
 * it open, if the client does. HEAD is answered as GET is, without the body. Connections have limits of time and
 * number: connections.h says which one ends when.
 *
 * done(), when it is not NULL, is called for each request that was answered or refused here; not for those that
 * libmicrohttpd refuses itself, such as one with a malformed request line.
 *
 * Threads: answer() and done() are called by several threads at once, which have the signal mask of the caller of
 * tt_http_start; SIGPIPE must be ignored. tt_http_active and tt_http_connections are for any thread, the other
 * functions for one.
 */
#ifndef TT_HTTP_HTTP_H
#define TT_HTTP_HTTP_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "http/target.h"

struct tt_http_request {
    const char *method;             /* "GET", "HEAD" or "POST" */
    const char *path;               /* percent-decoded, without the query; path_len counts a %00 too */
    size_t path_len;
    const struct tt_http_param *params;
    size_t n_params;                /* at most TT_HTTP_MAX_PARAMS */
    const char *body;               /* body_len bytes and a NUL */
    size_t body_len;
    const char *content_type;       /* or NULL */
};

struct tt_http_answer {
    unsigned status;
    const char *content_type;       /* static */
    const char *allow;              /* of a 405: the Allow header; else NULL */
    unsigned retry_after;           /* seconds for Retry-After, or 0 */
    int is_static;                  /* the body is `text`, which outlives everything, and not `body` */
    const char *text;
    size_t text_len;
    struct tt_buf body;             /* owned by the server from then on */
    const char *endpoint;           /* static: the name under which the request is counted, such as "users" */
};

/* Fill *answer, which comes with status 200 and all else zero. `arg` is that of tt_http_start. */
typedef void tt_http_answer_fn(void *arg, const struct tt_http_request *request, struct tt_http_answer *answer);

/* A request that was answered, for an access log and counters. */
struct tt_http_done {
    const char *address;            /* the client's, as text */
    const char *method, *target;    /* as sent; control characters are not masked */
    const char *endpoint;           /* the answer's; "" when the request was refused here */
    unsigned status;
    size_t bytes;                   /* of the body */
    uint64_t nanoseconds;           /* from the end of the request to the answer being queued */
};

typedef void tt_http_done_fn(void *arg, const struct tt_http_done *done);

/* The methods of a path, as the header Allow lists them; NULL: not known. */
typedef const char *tt_http_allowed_fn(const char *path, size_t path_len);

/* Is the path answered without the token? */
typedef int tt_http_open_fn(const char *path, size_t path_len);

struct tt_http_options {
    const char *listen;             /* "127.0.0.1:8600", "[::1]:8600", ":8600" (all addresses), "unix:PATH" */
    int fd;                         /* a listening socket to use instead, which it then owns; or -1 */
    unsigned threads;               /* 1 or more */
    unsigned max_connections;
    unsigned idle_seconds, request_seconds;
    size_t max_body;
    size_t max_held;                /* bytes; 0: no limit */
    unsigned rate;                  /* requests a second of an address; 0: no limit */
    const char *token;              /* requests must have "Authorization: Bearer TOKEN"; NULL: they need not */
    tt_http_open_fn *is_open;       /* paths that need no token; or NULL: none */
    tt_http_allowed_fn *allowed;    /* for the Allow of a 405; or NULL: GET, HEAD, POST */
};

struct tt_http;

/* Start. NULL on failure, and *err names the address. The options and their texts are copied. Raises the soft limit of
 * open files as far as max_connections needs. */
struct tt_http *tt_http_start(const struct tt_http_options *options, tt_http_answer_fn *answer, tt_http_done_fn *done,
                              void *arg, struct tt_err *err) TT_CHECKED;

/* Where it listens, as "http://127.0.0.1:8600" (the port that the system chose, when 0 was asked). */
const char *tt_http_address(const struct tt_http *http);

/* End connections that take too long; after tt_http_drain also those that have become idle. */
void tt_http_tick(struct tt_http *http);

/* Close the listening socket, and each connection with its next answer, or at once when it is idle. Requests that have
 * arrived in part may complete: tick until tt_http_active is 0 or enough time has passed, then stop. */
void tt_http_drain(struct tt_http *http);

/* How many requests have a first line and no complete answer yet; how many connections are open. Counted anew each
 * time. */
unsigned tt_http_active(const struct tt_http *http);
unsigned tt_http_connections(const struct tt_http *http);

/* Ends all connections as they are. NULL is allowed. */
void tt_http_stop(struct tt_http *http);

#endif
