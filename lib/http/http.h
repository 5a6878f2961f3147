/* HTTP by libmicrohttpd: requests in, answers out, and the manners of a server that strangers may reach. What an answer
 * says is the caller's, given as one function; this module knows no model.
 *
 *     tt_http_start(&options, answer, service, &err)      threads listen and call answer() from now on
 *     tt_http_tick(http)                                  about once a second: ends what takes too long
 *     tt_http_drain(http)                                 no new connections; the open ones end with their next answer
 *     tt_http_active(http)                                requests that are being answered
 *     tt_http_stop(http)                                  waits for the threads, frees
 *
 * Limits, each with the answer that a client gets: a body over max_body is 413; a request line and headers over some
 * 16 KiB are 413, 414 or 431 (by libmicrohttpd); a wrong or missing token 401; more than `rate` requests a second from
 * one address (IPv6: one /64; a Unix socket has none) 429 with Retry-After. A connection that is idle for idle_seconds
 * is closed, as is one whose request takes more than request_seconds to arrive, however slowly it drips, or that does
 * not take its answer in the time of both. Bodies and answers that wait for their clients take max_held bytes of memory
 * together, small ones apart; whoever would need more is answered 503. When all max_connections are taken, whoever
 * comes next takes the place of the one that has been idle the longest; when none is idle, of the one whose request has
 * been arriving the longest, if that is more than a second; until then it waits to be accepted.
 *
 * Errors that are made here have the body {"error": "..."}. HEAD is answered as GET is, without the body. A refusal
 * before a body was read closes the connection; all other answers keep it, if the client does.
 *
 * Every request that was answered or refused here is told to done() when that is there; what libmicrohttpd refuses,
 * such as a malformed request line, is not.
 *
 * Threads: answer() and done() are called by several threads at once, which have the signal mask of the caller of
 * tt_http_start; SIGPIPE is to be ignored. The two counts are for any thread, the other functions here for one.
 */
#ifndef TT_HTTP_HTTP_H
#define TT_HTTP_HTTP_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "http/target.h"

struct tt_http_request {
    const char *method;             /* "GET", "HEAD", "POST"; others never come here: they are 405 */
    const char *path;               /* percent-decoded, without the query; path_len counts a %00 too */
    size_t path_len;
    const struct tt_http_param *params;
    size_t n_params;                /* more than TT_HTTP_MAX_PARAMS are 400 */
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
    struct tt_buf body;             /* taken: sent and freed */
    const char *endpoint;           /* static: the name by which it is counted: "recommend" */
};

/* Fill *answer, whose status is 200 and all else zero. `arg` is the service. */
typedef void tt_http_answer_fn(void *arg, const struct tt_http_request *request, struct tt_http_answer *answer);

/* What was done, for the access log and the counters. */
struct tt_http_done {
    const char *address;            /* the client's, as text */
    const char *method, *target;    /* as sent; control characters are not masked */
    const char *endpoint;           /* "" when it was refused before an endpoint was chosen */
    unsigned status;
    size_t bytes;                   /* of the body */
    uint64_t nanoseconds;           /* from the whole request's arrival to the answer being queued */
};

typedef void tt_http_done_fn(void *arg, const struct tt_http_done *done);

/* The methods that are possible for a path, as Allow has them; NULL: nobody knows. */
typedef const char *tt_http_allowed_fn(const char *path, size_t path_len);

struct tt_http_options {
    const char *listen;             /* "127.0.0.1:8600", "[::1]:8600", ":8600" (all addresses), "unix:PATH" */
    int fd;                         /* a listening socket to use instead, which is taken; or -1 */
    unsigned threads;               /* 1 or more */
    unsigned max_connections;
    unsigned idle_seconds, request_seconds;
    size_t max_body;
    size_t max_held;                /* bytes; 0: any */
    unsigned rate;                  /* requests a second of an address; 0: any */
    const char *token;              /* of "Authorization: Bearer TOKEN", which paths under /health/ need not; or NULL */
    tt_http_allowed_fn *allowed;    /* for the Allow of a 405; or NULL: GET, HEAD, POST */
    const char *const *open_paths;  /* more paths that need none, such as a page that asks for it; NULL ends; or NULL */
};

struct tt_http;

/* NULL and *err on failure, which names the address. The options and their texts are copied. Raises the soft limit of
 * open files as far as max_connections needs. */
struct tt_http *tt_http_start(const struct tt_http_options *options, tt_http_answer_fn *answer, tt_http_done_fn *done,
                              void *arg, struct tt_err *err) TT_CHECKED;

/* Where it listens, as "http://127.0.0.1:8600" (the port that the system chose, when 0 was asked). */
const char *tt_http_address(const struct tt_http *http);

/* End connections that take too long; in a drain those that have become idle. */
void tt_http_tick(struct tt_http *http);

/* Close the listening socket, and each connection with its next answer, or at once when it is idle. What has come in
 * part may end: tick until tt_http_active is 0 or patience ends, then stop. */
void tt_http_drain(struct tt_http *http);

/* Requests whose first line has come and whose answer has not been sent yet; connections. Counted anew each time. */
unsigned tt_http_active(const struct tt_http *http);
unsigned tt_http_connections(const struct tt_http *http);

/* Ends all connections as they are. NULL is allowed. */
void tt_http_stop(struct tt_http *http);

#endif
