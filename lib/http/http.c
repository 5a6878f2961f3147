/* HTTP: see http.h. The one file that includes libmicrohttpd.
 *
 * Connections are accepted and counted by connections.c, and handed to single-threaded daemons of libmicrohttpd, each
 * with an epoll of its own. The answer to a request is made in the daemon's thread, without a lock: each place of the
 * table of connections has a struct exchange here, whose buffers serve one request after another. */
#include "http/http.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#include "base/alloc.h"
#include "http/connections.h"
#include "http/listener.h"
#include "http/rate.h"

enum {
    /* A request's head, libmicrohttpd's 64 bytes a header, and the answer's head. More than 32 KiB it would map and
     * unmap with each connection. */
    CONNECTION_MEMORY = 24 * 1024,
    KEPT_BUFFER = 4096,      /* bytes of a buffer that an idle connection may keep; not counted as held */
    SWALLOWED = 1 << 20,     /* bytes beyond max_body that are read, so that the client reads the 413 */
    OTHER_FILES = 64,        /* descriptors besides connections: standard streams, files of the program ... */
    FILES_A_THREAD = 3,
    SPARE = 16,              /* a place is free a little before libmicrohttpd releases its connection */
};

struct refusal {
    unsigned status;
    const char *text;
    const char *allow;
    unsigned retry_after;
};

#define ERROR(text) "{\"error\": \"" text "\"}\n"
static const struct refusal bad_encoding = {400, ERROR("the length of the body is not clear"), NULL, 0};
static const struct refusal many_params = {400, ERROR("there are more than 256 parameters"), NULL, 0};
static const struct refusal no_token = {401, ERROR("a token is needed: Authorization: Bearer TOKEN"), NULL, 0};
static const struct refusal other_method = {405, ERROR("the method is not GET, HEAD or POST"), "GET, HEAD, POST", 0};
static const struct refusal long_body = {413, ERROR("the body is too long"), NULL, 0};
static const struct refusal many_requests = {429, ERROR("too many requests a second"), NULL, 1};
static const struct refusal no_memory = {503, ERROR("out of memory"), NULL, 1};
static const struct refusal all_held = {503, ERROR("too many long bodies and answers at once"), NULL, 1};

/* The present request of a connection and its answer. */
struct exchange {
    struct tt_connection *connection;
    char *target;             /* as sent, NUL, and room for its decoded parts */
    size_t target_cap;
    struct tt_target_parts parts;
    char *path;               /* decoded */
    size_t path_len;
    const char *method, *content_type;
    const struct refusal *refusal;
    struct tt_buf body;
    size_t body_bytes;        /* with those that were not kept */
    size_t held;              /* bytes of http->held that are its body's and its answer's */
    unsigned char has_head, has_token, has_transfer, is_chunked, n_lengths;
    uint64_t length;          /* Content-Length */
};

/* Handed to libmicrohttpd as the client's address, which it keeps and does not look at. */
struct carrier {
    struct sockaddr head;
    struct exchange *exchange;
};

struct tt_http {
    struct tt_http_options options;
    tt_http_answer_fn *answer;
    tt_http_done_fn *done;
    void *arg;
    size_t token_len;

    struct tt_listener listener;
    struct tt_connections *connections;
    struct exchange *exchanges; /* (max_connections) one for each place of the table */
    struct MHD_Daemon **daemons; /* (threads) */
    unsigned n_daemons;         /* that were started */

    _Atomic size_t held;        /* bytes of bodies and answers that wait */
    struct tt_rate *rate;       /* or NULL */
};

static uint64_t nanoseconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- memory that waits for clients ---- */

/* The exchange is about to keep n bytes more, of `all` in one buffer. -1: too many are held already. */
static int hold(struct tt_http *http, struct exchange *x, size_t n, size_t all)
{
    if (all <= KEPT_BUFFER || !http->options.max_held)
        return 0;
    if (atomic_fetch_add_explicit(&http->held, n, memory_order_relaxed) + n > http->options.max_held) {
        atomic_fetch_sub_explicit(&http->held, n, memory_order_relaxed);
        return -1;
    }
    x->held += n;
    return 0;
}

static void release_held(struct tt_http *http, struct exchange *x)
{
    if (x->held)
        atomic_fetch_sub_explicit(&http->held, x->held, memory_order_relaxed);
    x->held = 0;
}

static void free_buffers(struct exchange *x)
{
    free(x->target);
    x->target = NULL;
    x->target_cap = 0;
    tt_buf_release(&x->body);
}

/* ---- a request ---- */

static int is_token(const struct tt_http *http, const char *value, size_t n)
{
    static const char scheme[] = "Bearer ";
    unsigned char differs = 0;

    if (n < sizeof(scheme) - 1 || strncasecmp(value, scheme, sizeof(scheme) - 1))
        return 0;
    value += sizeof(scheme) - 1;
    n -= sizeof(scheme) - 1;
    /* In constant time: a client may find out the length of the token, but not where the two differ. */
    for (size_t i = 0; i < http->token_len; i++)
        differs |= (unsigned char)(http->options.token[i] ^ (i < n ? value[i] : 0));
    return n == http->token_len && !differs;
}

struct head {
    const struct tt_http *http;
    struct exchange *x;
};

static enum MHD_Result read_header(void *arg, enum MHD_ValueKind kind, const char *name, size_t name_len,
                                   const char *value, size_t value_len)
{
    const struct head *head = arg;
    struct exchange *x = head->x;

    (void)kind;
    value = value ? value : "";
    switch (name_len) {
    case sizeof("Content-Type") - 1:
        if (!strcasecmp(name, "Content-Type"))
            x->content_type = value;
        break;
    case sizeof("Authorization") - 1:
        if (head->http->options.token && !strcasecmp(name, "Authorization"))
            x->has_token = (unsigned char)is_token(head->http, value, value_len);
        break;
    case sizeof("Content-Length") - 1:
        if (!strcasecmp(name, "Content-Length")) {
            x->length = strtoull(value, NULL, 10); /* libmicrohttpd has checked it */
            if (x->n_lengths < 2)
                x->n_lengths++;
        }
        break;
    case sizeof("Transfer-Encoding") - 1:
        if (!strcasecmp(name, "Transfer-Encoding")) {
            x->is_chunked = !x->has_transfer && !strcasecmp(value, "chunked");
            x->has_transfer = 1;
        }
        break;
    }
    return MHD_YES;
}

/* Make room for a target of n bytes, and what is decoded of it. */
static int reserve_target(struct exchange *x, size_t n)
{
    if (2 * n + 4 <= x->target_cap)
        return 0;
    struct tt_err err = TT_ERR_INIT; /* takes a thousand bytes, so it is not made for every request */
    return tt_grow(&x->target, &x->target_cap, 2 * n + 64, 1, &err);
}

/* The first line of a request has arrived. Returns the context of the request. */
static void *start_request(void *arg, const char *uri, struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct exchange *x = info ? info->socket_context : NULL;
    size_t n;

    (void)arg;
    if (!x)
        return NULL;
    tt_connection_set(x->connection, TT_CONNECTION_ARRIVING);
    x->has_head = x->has_token = x->has_transfer = x->is_chunked = x->n_lengths = 0;
    x->length = 0;
    x->content_type = NULL;
    x->refusal = NULL;
    x->body.len = x->body_bytes = 0;

    uri = uri ? uri : "";
    n = strlen(uri);
    if (reserve_target(x, n))
        return NULL;
    memcpy(x->target, uri, n + 1);
    tt_target_split(x->target, n, &x->parts);
    /* libmicrohttpd would now make headers of the parameters, in memory that is for headers. They are read here
     * instead, so it is given none: the text is in its buffer, which it writes in itself. */
    if (x->parts.query_len)
        ((char *)uri)[x->parts.query] = '\0';
    x->path = x->target + n + 1;
    x->path_len = tt_target_decode(x->path, x->target + x->parts.path, x->parts.path_len);
    return x;
}

static void end_request(void *arg, struct MHD_Connection *connection, void **context,
                        enum MHD_RequestTerminationCode code)
{
    struct exchange *x = *context;

    (void)connection, (void)code;
    *context = NULL;
    if (!x)
        return;
    release_held(arg, x);
    if (x->body.cap > KEPT_BUFFER)
        tt_buf_release(&x->body);
    if (x->target_cap > KEPT_BUFFER) {
        free(x->target);
        x->target = NULL;
        x->target_cap = 0;
    }
    tt_connection_set(x->connection, TT_CONNECTION_IDLE);
}

static int add_header(struct MHD_Response *response, const char *name, const char *value)
{
    return MHD_add_response_header(response, name, value) == MHD_YES ? 0 : -1;
}

static int add_headers(const struct tt_http *http, struct MHD_Response *response, const struct tt_http_answer *answer)
{
    char seconds[16];

    if (add_header(response, "Cache-Control", "no-store") || add_header(response, "X-Content-Type-Options", "nosniff"))
        return -1;
    if (answer->content_type && add_header(response, "Content-Type", answer->content_type))
        return -1;
    if (answer->content_type && !strncmp(answer->content_type, "text/html", 9) &&
        add_header(response, "Content-Security-Policy",
                   "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"))
        return -1;
    if (answer->allow && add_header(response, "Allow", answer->allow))
        return -1;
    if (answer->retry_after) {
        snprintf(seconds, sizeof(seconds), "%u", answer->retry_after);
        if (add_header(response, "Retry-After", seconds))
            return -1;
    }
    if (answer->status == 401 && add_header(response, "WWW-Authenticate", "Bearer"))
        return -1;
    if (tt_connections_has_stopped(http->connections))
        return add_header(response, "Connection", "close");
    return 0;
}

/* Send the answer, own its body, and report it to done(). `began`: when the request was there, if that is reported. */
static enum MHD_Result send_answer(struct tt_http *http, struct exchange *x, struct MHD_Connection *connection,
                                   struct tt_http_answer *answer, uint64_t began)
{
    size_t bytes = answer->is_static ? answer->text_len : answer->body.len;
    struct MHD_Response *response;
    enum MHD_Result result = MHD_NO;

    if (answer->is_static || !answer->body.data) {
        response = MHD_create_response_from_buffer(bytes, (void *)(answer->is_static ? answer->text : ""),
                                                   MHD_RESPMEM_PERSISTENT);
        tt_buf_release(&answer->body);
    } else {
        response = MHD_create_response_from_buffer(bytes, answer->body.data, MHD_RESPMEM_MUST_FREE);
        if (!response)
            tt_buf_release(&answer->body);
    }
    if (!response)
        return MHD_NO;
    if (!add_headers(http, response, answer))
        result = MHD_queue_response(connection, answer->status, response);
    MHD_destroy_response(response);
    if (http->done && result == MHD_YES) {
        struct tt_http_done done = {
            tt_connection_address(x->connection), x->method, x->target, answer->endpoint ? answer->endpoint : "",
            answer->status, x->method[0] == 'H' ? 0 : bytes, nanoseconds() - began,
        };
        http->done(http->arg, &done);
    }
    tt_connection_set(x->connection, TT_CONNECTION_SENDING);
    return result;
}

static enum MHD_Result refuse(struct tt_http *http, struct exchange *x, struct MHD_Connection *connection,
                              const struct refusal *refusal, uint64_t began)
{
    struct tt_http_answer answer = {
        .status = refusal->status, .content_type = "application/json", .allow = refusal->allow,
        .retry_after = refusal->retry_after, .is_static = 1, .text = refusal->text, .text_len = strlen(refusal->text),
        .endpoint = "",
    };

    if (refusal->allow && http->options.allowed) {
        const char *allow = http->options.allowed(x->path, x->path_len);
        answer.allow = allow ? allow : refusal->allow;
    }

    return send_answer(http, x, connection, &answer, began);
}

/* The head is there, the body is not: why the request is refused, or NULL. */
static const struct refusal *check_head(struct tt_http *http, struct exchange *x)
{
    if (x->n_lengths > 1 || (x->has_transfer && (x->n_lengths || !x->is_chunked)))
        return &bad_encoding;
    if (strcmp(x->method, "GET") && strcmp(x->method, "POST") && strcmp(x->method, "HEAD"))
        return &other_method;
    if (http->rate && x->connection->peer_hash &&
        !tt_rate_allow(http->rate, x->connection->peer_hash, nanoseconds() / 1000))
        return &many_requests;
    if (http->options.token && !x->has_token &&
        !(http->options.is_open && http->options.is_open(x->path, x->path_len)))
        return &no_token;
    if (x->length > http->options.max_body)
        return &long_body;
    return NULL;
}

static enum MHD_Result add_body(struct tt_http *http, struct exchange *x, const char *bytes, size_t *n)
{
    struct tt_err err = TT_ERR_INIT;

    if (!x->refusal && *n > http->options.max_body - x->body_bytes)
        x->refusal = &long_body;
    if (!x->refusal && hold(http, x, *n, x->body_bytes + *n))
        x->refusal = &all_held;
    if (!x->refusal && tt_buf_add(&x->body, bytes, *n, &err))
        x->refusal = &no_memory;
    if (x->refusal) {
        tt_buf_release(&x->body);
        release_held(http, x);
    }
    x->body_bytes += *n;
    *n = 0;
    /* An answer can only be given at the end of a body that has begun: read on, up to a limit. */
    return x->body_bytes > http->options.max_body && x->body_bytes - http->options.max_body > SWALLOWED ? MHD_NO
                                                                                                           : MHD_YES;
}

static enum MHD_Result handle(void *arg, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *bytes, size_t *n, void **context)
{
    struct tt_http *http = arg;
    struct exchange *x = *context;

    (void)url, (void)version;
    if (!x)
        return MHD_NO;

    /* libmicrohttpd calls this for the head, for each piece of the body, and at the end. An answer at the first call
     * closes the connection, which is right only where a body is refused. */
    if (!x->has_head) {
        struct head head = {http, x};
        x->has_head = 1;
        x->method = method;
        MHD_get_connection_values_n(connection, MHD_HEADER_KIND, read_header, &head);
        x->refusal = check_head(http, x);
        if (!x->refusal || (!x->length && !x->has_transfer && x->n_lengths < 2))
            return MHD_YES;
        return refuse(http, x, connection, x->refusal, http->done ? nanoseconds() : 0);
    }
    if (*n)
        return add_body(http, x, bytes, n);

    struct tt_http_param params[TT_HTTP_MAX_PARAMS];
    struct tt_http_request request = {
        x->method, x->path, x->path_len, params, 0, x->body.len ? x->body.data : "", x->body.len,
        x->content_type,
    };
    struct tt_http_answer answer = {.status = 200};
    uint64_t began = http->done ? nanoseconds() : 0;

    tt_connection_set(x->connection, TT_CONNECTION_ANSWERING);
    if (!x->refusal && tt_target_params(x->target + x->parts.query, x->parts.query_len,
                                        x->path + x->path_len + 1, params, &request.n_params))
        x->refusal = &many_params;
    if (x->refusal)
        return refuse(http, x, connection, x->refusal, began);
    http->answer(http->arg, &request, &answer);
    if (!answer.is_static && hold(http, x, answer.body.len, answer.body.len)) {
        tt_buf_release(&answer.body);
        return refuse(http, x, connection, &all_held, began);
    }
    return send_answer(http, x, connection, &answer, began);
}

static void connection_changed(void *arg, struct MHD_Connection *connection, void **context,
                               enum MHD_ConnectionNotificationCode code)
{
    struct tt_http *http = arg;
    struct exchange *x;

    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
        struct carrier carrier;
        memcpy(&carrier, info->client_addr, sizeof(carrier));
        x = *context = carrier.exchange;
        info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        tt_connections_opened(http->connections, x->connection, info->connect_fd);
    } else if ((x = *context)) {
        *context = NULL;
        free_buffers(x);
        tt_connections_closed(http->connections, x->connection);
    }
}

/* ---- the server ---- */

/* A connection was accepted: hand it to its daemon, which closes the descriptor when it fails. (When it is out of
 * memory later, in its own thread, it says nothing, and the place is lost.) */
static int open_connection(void *arg, struct tt_connection *connection, int fd)
{
    struct tt_http *http = arg;
    struct carrier carrier;

    memset(&carrier, 0, sizeof(carrier));
    carrier.head.sa_family = AF_UNSPEC;
    carrier.exchange = &http->exchanges[connection->place];
    carrier.exchange->connection = connection;
    struct MHD_Daemon *daemon = http->daemons[connection->worker];
    return MHD_add_connection(daemon, fd, &carrier.head, sizeof(carrier)) == MHD_YES ? 0 : -1;
}

static void stop_accepting(struct tt_http *http)
{
    tt_connections_stop_accepting(http->connections);
    tt_listener_close(&http->listener);
}

void tt_http_tick(struct tt_http *http)
{
    tt_connections_tick(http->connections);
}

void tt_http_drain(struct tt_http *http)
{
    stop_accepting(http);
    tt_http_tick(http);
}

unsigned tt_http_active(const struct tt_http *http)
{
    return tt_connections_active(http->connections);
}

unsigned tt_http_connections(const struct tt_http *http)
{
    return tt_connections_count(http->connections);
}

const char *tt_http_address(const struct tt_http *http)
{
    return http->listener.address;
}

void tt_http_stop(struct tt_http *http)
{
    if (!http)
        return;
    if (http->connections)
        stop_accepting(http);
    for (unsigned i = 0; i < http->n_daemons; i++)
        MHD_stop_daemon(http->daemons[i]);
    for (unsigned i = 0; http->exchanges && i < http->options.max_connections; i++)
        free_buffers(&http->exchanges[i]);
    tt_connections_free(http->connections);
    free(http->daemons);
    free(http->exchanges);
    tt_rate_free(http->rate);
    free((char *)http->options.token);
    free(http);
}

/* Raise the limit of open files as far as needed. */
static int raise_limit(const struct tt_http_options *options, struct tt_err *err)
{
    rlim_t needed = (rlim_t)options->max_connections + (rlim_t)options->threads * FILES_A_THREAD + OTHER_FILES;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit))
        return tt_err_system(err, errno, "limit of open files");
    if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= needed)
        return 0;
    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < needed)
        return tt_err_set(err, TT_ERR_SYSTEM,
                          "%u connections need %llu open files, and the system's limit (ulimit -Hn) is %llu",
                          options->max_connections, (unsigned long long)needed, (unsigned long long)limit.rlim_max);
    limit.rlim_cur = needed;
    if (setrlimit(RLIMIT_NOFILE, &limit))
        return tt_err_system(err, errno, "limit of open files: %llu", (unsigned long long)needed);
    return 0;
}

static int start_daemons(struct tt_http *http, struct tt_err *err)
{
    const struct tt_http_options *options = &http->options;

    for (unsigned i = 0; i < options->threads; i++) {
        struct MHD_Daemon *daemon = MHD_start_daemon(
            MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ITC, 0, NULL, NULL, handle, http,
            MHD_OPTION_CONNECTION_LIMIT, options->max_connections + SPARE, /* the table of connections is the limit */
            MHD_OPTION_CONNECTION_TIMEOUT, options->idle_seconds,
            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
            MHD_OPTION_STRICT_FOR_CLIENT, 1,
            MHD_OPTION_URI_LOG_CALLBACK, start_request, http,
            MHD_OPTION_NOTIFY_COMPLETED, end_request, http,
            MHD_OPTION_NOTIFY_CONNECTION, connection_changed, http,
            MHD_OPTION_END);
        if (!daemon)
            return tt_err_system(err, errno ? errno : ENOMEM, "%s: thread %u of %u", http->listener.address, i + 1,
                                 options->threads);
        http->daemons[http->n_daemons++] = daemon;
    }
    return 0;
}

struct tt_http *tt_http_start(const struct tt_http_options *options, tt_http_answer_fn *answer, tt_http_done_fn *done,
                              void *arg, struct tt_err *err)
{
    struct tt_connections_options limits = {options->max_connections, options->threads, options->idle_seconds,
                                            options->request_seconds, open_connection, NULL};
    struct tt_http *http;

    if (raise_limit(options, err) || !(http = tt_alloc_zero(1, sizeof(*http), err)))
        return NULL;
    limits.arg = http;
    http->options = *options;
    http->options.token = NULL;
    http->answer = answer;
    http->done = done;
    http->arg = arg;
    http->listener = (struct tt_listener)TT_LISTENER_INIT;
    if (options->token) {
        http->token_len = strlen(options->token);
        http->options.token = tt_copy_text(options->token, http->token_len, err);
    }
    http->connections = tt_connections_new(&limits, err);
    http->daemons = tt_alloc_zero(options->threads, sizeof(*http->daemons), err);
    http->exchanges = tt_alloc_zero(options->max_connections, sizeof(*http->exchanges), err);
    http->rate = options->rate ? tt_rate_new(options->rate, err) : NULL;
    if (err->kind != TT_ERR_NONE)
        goto fail;
    if (tt_listener_open(&http->listener, options->listen, options->fd, err) || start_daemons(http, err) ||
        tt_connections_start(http->connections, http->listener.fd, err))
        goto fail;
    return http;
fail:
    tt_http_stop(http);
    return NULL;
}
