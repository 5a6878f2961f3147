/* HTTP: see http.h. The one file that knows libmicrohttpd.
 *
 * One thread accepts connections and hands them to single-threaded daemons of libmicrohttpd, each with an epoll of its
 * own: to the one that has fewest. So the limit of connections is exact however many threads there are; whom to turn
 * out when all are taken is decided before somebody is let in; and to end accepting is no race, as it is with
 * MHD_quiesce_daemon, which aborts the program when a thread takes the listening socket out of its epoll just then.
 *
 * A connection is a slot of a table made at the start. Its thread writes what it is doing and since when into one
 * atomic number, which tt_http_tick reads; no request takes a lock here. The slot also keeps the buffers of a request,
 * so that the next one needs no memory. */
#include "http/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/tcp.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "http/listener.h"
#include "http/rate.h"

enum {
    /* A request's head, libmicrohttpd's 64 bytes a header, and the answer's head. More than 32 KiB it would map and
     * unmap with each connection. */
    CONNECTION_MEMORY = 24 * 1024,
    KEPT_BUFFER = 4096,      /* bytes of a buffer that an idle connection may keep; not counted as held */
    SWALLOWED = 1 << 20,     /* bytes beyond max_body that are read, so that the 413 is */
    OTHER_FILES = 64,        /* descriptors besides connections: standard streams, files of the program ... */
    FILES_A_THREAD = 3,
    SPARE = 16,              /* a slot is free a little before libmicrohttpd has forgotten its connection */
    CLOSE_WAIT = 8,          /* of a TCP connection: the other side has ended */
    SLOW = 1000,             /* milliseconds that a request may take to arrive when all connections are taken */
    AT_ONCE = 128,           /* slots looked at with the lock held */
    ASKED = 1024,            /* connections that a tick asks the system about, at 1 to 3 microseconds each */
};

/* What a slot is doing, in the low bits of its state; above them a count of changes, so that no two states within a
 * clock's tick are alike, and milliseconds. */
enum doing {
    NOTHING,   /* not started: no descriptor to shut down */
    IDLE,      /* waits for a request's first line */
    ARRIVING,  /* has a first line, and not yet all the rest */
    ANSWERING,
    SENDING,
    DOING_MASK = 7,
    ONE_CHANGE = 8,
    CHANGES_MASK = 0x7f8,
    SINCE_SHIFT = 11,
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
static const struct refusal no_token = {401, ERROR("a token is wanted: Authorization: Bearer TOKEN"), NULL, 0};
static const struct refusal other_method = {405, ERROR("the method is not GET, HEAD or POST"), "GET, HEAD, POST", 0};
static const struct refusal long_body = {413, ERROR("the body is too long"), NULL, 0};
static const struct refusal many_requests = {429, ERROR("too many requests a second"), NULL, 1};
static const struct refusal no_memory = {503, ERROR("out of memory"), NULL, 1};
static const struct refusal all_held = {503, ERROR("too many long bodies and answers at once"), NULL, 1};

struct slot {
    _Atomic uint64_t state;
    int fd;                   /* while the state is not NOTHING; under the lock, or by the connection's thread */
    unsigned thread;          /* which daemon has it */
    struct slot *next_free;

    struct sockaddr_storage peer;
    uint64_t peer_hash;       /* 0 where addresses mean nothing: a Unix socket */
    char address[INET6_ADDRSTRLEN]; /* "" until somebody wants it */

    /* Written by tt_http_tick alone: has a first line begun to come? */
    uint64_t idle_state;      /* the state that the two below belong to */
    uint64_t idle_bytes;
    uint64_t line_since;      /* 0: it has not */

    /* The present request. */
    char *target;             /* as sent, NUL, and room for its decoded parts */
    size_t target_cap, target_len;
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
    struct slot *slot;
};

struct tt_http {
    struct tt_http_options options;
    tt_http_answer_fn *answer;
    tt_http_done_fn *done;
    void *arg;
    size_t token_len;

    struct tt_listener listener;

    struct MHD_Daemon **daemons;
    unsigned *connections;    /* of each daemon; under the lock */
    unsigned n_daemons;

    pthread_t acceptor;
    int acceptor_runs;
    int wake;                 /* eventfd: the acceptor is to look at `draining` */
    atomic_int draining;

    pthread_mutex_t lock;     /* the free list, descriptors of slots, connections */
    pthread_cond_t freed;
    struct slot *slots, *free_slots;
    unsigned n_slots;
    unsigned next_asked;      /* the slot at which the next tick begins */

    _Atomic size_t held;      /* bytes of bodies and answers that wait */
    struct tt_rate *rate;     /* or NULL */
};

/* ---- time ---- */

static uint64_t nanoseconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* To some milliseconds, for a fifth of the price. */
static uint64_t milliseconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

static uint64_t state_of(const struct slot *slot)
{
    return atomic_load_explicit(&slot->state, memory_order_relaxed);
}

static void set_doing(struct slot *slot, enum doing doing)
{
    uint64_t changes = (state_of(slot) + ONE_CHANGE) & CHANGES_MASK;

    atomic_store_explicit(&slot->state, milliseconds() << SINCE_SHIFT | changes | doing, memory_order_relaxed);
}

/* ---- slots ---- */

/* The slot is about to keep n bytes more, of `all` in one buffer. -1: there are too many already. */
static int hold(struct tt_http *http, struct slot *slot, size_t n, size_t all)
{
    if (all <= KEPT_BUFFER || !http->options.max_held)
        return 0;
    if (atomic_fetch_add_explicit(&http->held, n, memory_order_relaxed) + n > http->options.max_held) {
        atomic_fetch_sub_explicit(&http->held, n, memory_order_relaxed);
        return -1;
    }
    slot->held += n;
    return 0;
}

static void let_go(struct tt_http *http, struct slot *slot)
{
    if (slot->held)
        atomic_fetch_sub_explicit(&http->held, slot->held, memory_order_relaxed);
    slot->held = 0;
}

static void release_slot(struct tt_http *http, struct slot *slot)
{
    pthread_mutex_lock(&http->lock);
    atomic_store_explicit(&slot->state, NOTHING, memory_order_relaxed);
    slot->fd = -1;
    free(slot->target);
    slot->target = NULL;
    slot->target_cap = 0;
    tt_buf_release(&slot->body);
    slot->next_free = http->free_slots;
    http->free_slots = slot;
    http->connections[slot->thread]--;
    pthread_cond_signal(&http->freed);
    pthread_mutex_unlock(&http->lock);
}

/* Shut down the slot that has been idle the longest, for reading: its thread will notice, answer what came in, and
 * close it. Where none is idle, the one whose request has been arriving the longest, if that is more than a second.
 * With the lock held. */
static void turn_out_one(struct tt_http *http)
{
    struct slot *idle = NULL, *slow = NULL;
    uint64_t idle_state = UINT64_MAX, slow_state = (milliseconds() - SLOW) << SINCE_SHIFT;

    for (unsigned i = 0; i < http->n_slots; i++) {
        struct slot *slot = &http->slots[i];
        uint64_t state = state_of(slot);
        if ((state & DOING_MASK) == IDLE && state < idle_state) {
            idle_state = state;
            idle = slot;
        } else if ((state & DOING_MASK) == ARRIVING && state < slow_state) {
            slow_state = state;
            slow = slot;
        }
    }
    if (idle)
        shutdown(idle->fd, SHUT_RD);
    else if (slow)
        shutdown(slow->fd, SHUT_RDWR);
}

/* Wait for a slot that is free and take it; NULL when accepting is to end. */
static struct slot *take_slot(struct tt_http *http)
{
    struct slot *slot = NULL;

    pthread_mutex_lock(&http->lock);
    while (!http->free_slots && !http->draining) {
        struct timespec until;
        turn_out_one(http);
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 50 * 1000000;
        if (until.tv_nsec >= 1000000000) {
            until.tv_sec++;
            until.tv_nsec -= 1000000000;
        }
        pthread_cond_timedwait(&http->freed, &http->lock, &until);
    }
    if (!http->draining) {
        slot = http->free_slots;
        http->free_slots = slot->next_free;
        slot->thread = 0;
        for (unsigned i = 1; i < http->n_daemons; i++)
            if (http->connections[i] < http->connections[slot->thread])
                slot->thread = i;
        http->connections[slot->thread]++;
    }
    pthread_mutex_unlock(&http->lock);
    return slot;
}

/* ---- accepting ---- */

/* An address as a number that is not 0: IPv4, also when it comes as IPv6, or the network of an IPv6 address, since a
 * client has 2^64 of those. */
static uint64_t hash_of(const struct sockaddr_storage *peer)
{
    const unsigned char *bytes;
    size_t n = 4;

    if (peer->ss_family == AF_INET) {
        bytes = (const unsigned char *)&((const struct sockaddr_in *)peer)->sin_addr;
    } else if (peer->ss_family == AF_INET6) {
        const struct in6_addr *a = &((const struct sockaddr_in6 *)peer)->sin6_addr;
        bytes = (const unsigned char *)a;
        if (IN6_IS_ADDR_V4MAPPED(a))
            bytes += 12;
        else
            n = 8;
    } else {
        return 0;
    }
    uint64_t hash = tt_hash64(bytes, n, n);
    return hash ? hash : 1;
}

static void write_address(struct slot *slot)
{
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&slot->peer;

    if (slot->peer.ss_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)&slot->peer)->sin_addr, slot->address, sizeof(slot->address));
    else if (slot->peer.ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
        inet_ntop(AF_INET, (const unsigned char *)&six->sin6_addr + 12, slot->address, sizeof(slot->address));
    else if (slot->peer.ss_family == AF_INET6)
        inet_ntop(AF_INET6, &six->sin6_addr, slot->address, sizeof(slot->address));
    else
        snprintf(slot->address, sizeof(slot->address), "unix");
}

/* The next connection into the slot; 0 when it was handed over. */
static int accept_into(struct tt_http *http, struct slot *slot)
{
    socklen_t len = sizeof(slot->peer);
    struct carrier carrier;
    int fd;

    memset(&slot->peer, 0, sizeof(slot->peer));
    fd = accept4(http->listener.fd, (struct sockaddr *)&slot->peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        int error = errno;
        if (error == EAGAIN || error == EINTR || error == ECONNABORTED)
            return -1;
        /* Out of descriptors or memory, mostly: what is idle goes, and a moment passes. */
        pthread_mutex_lock(&http->lock);
        if (error == EMFILE || error == ENFILE)
            turn_out_one(http);
        pthread_mutex_unlock(&http->lock);
        nanosleep(&(struct timespec){0, 10 * 1000000}, NULL);
        return -1;
    }
    slot->peer_hash = hash_of(&slot->peer);
    slot->address[0] = '\0';
    memset(&carrier, 0, sizeof(carrier));
    carrier.head.sa_family = AF_UNSPEC;
    carrier.slot = slot;
    /* It closes the descriptor when it fails. (When it is out of memory later, in its own thread, it says nothing, and
     * the slot is lost.) */
    return MHD_add_connection(http->daemons[slot->thread], fd, &carrier.head, sizeof(carrier)) == MHD_YES ? 0 : -1;
}

static void *accept_all(void *arg)
{
    struct tt_http *http = arg;
    struct pollfd fds[2] = {{http->listener.fd, POLLIN, 0}, {http->wake, POLLIN, 0}};

    while (!http->draining) {
        if (poll(fds, 2, -1) < 0 || !(fds[0].revents & (POLLIN | POLLERR)))
            continue;
        struct slot *slot = take_slot(http);
        if (slot && accept_into(http, slot))
            release_slot(http, slot);
    }
    return NULL;
}

static void stop_accepting(struct tt_http *http)
{
    uint64_t one = 1;

    if (http->acceptor_runs) {
        pthread_mutex_lock(&http->lock);
        http->draining = 1;
        pthread_cond_broadcast(&http->freed);
        pthread_mutex_unlock(&http->lock);
        while (write(http->wake, &one, sizeof(one)) < 0 && errno == EINTR)
            ;
        pthread_join(http->acceptor, NULL);
        http->acceptor_runs = 0;
    }
    tt_listener_close(&http->listener);
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
    /* In a time that says how long the token is at most, and nothing of where they differ. */
    for (size_t i = 0; i < http->token_len; i++)
        differs |= (unsigned char)(http->options.token[i] ^ (i < n ? value[i] : 0));
    return n == http->token_len && !differs;
}

struct head {
    const struct tt_http *http;
    struct slot *slot;
};

static enum MHD_Result read_header(void *arg, enum MHD_ValueKind kind, const char *name, size_t name_len,
                                   const char *value, size_t value_len)
{
    const struct head *head = arg;
    struct slot *slot = head->slot;

    (void)kind;
    value = value ? value : "";
    switch (name_len) {
    case sizeof("Content-Type") - 1:
        if (!strcasecmp(name, "Content-Type"))
            slot->content_type = value;
        break;
    case sizeof("Authorization") - 1:
        if (head->http->options.token && !strcasecmp(name, "Authorization"))
            slot->has_token = (unsigned char)is_token(head->http, value, value_len);
        break;
    case sizeof("Content-Length") - 1:
        if (!strcasecmp(name, "Content-Length")) {
            slot->length = strtoull(value, NULL, 10); /* it was looked at by libmicrohttpd */
            if (slot->n_lengths < 2)
                slot->n_lengths++;
        }
        break;
    case sizeof("Transfer-Encoding") - 1:
        if (!strcasecmp(name, "Transfer-Encoding")) {
            slot->is_chunked = !slot->has_transfer && !strcasecmp(value, "chunked");
            slot->has_transfer = 1;
        }
        break;
    }
    return MHD_YES;
}

/* Make room for a target of n bytes, and what is decoded of it. */
static int reserve_target(struct slot *slot, size_t n)
{
    if (2 * n + 4 <= slot->target_cap)
        return 0;
    struct tt_err err = TT_ERR_INIT; /* a thousand bytes to clear, so not for every request */
    return tt_grow(&slot->target, &slot->target_cap, 2 * n + 64, 1, &err);
}

/* A request's first line is there. What it returns is the request's context. */
static void *start_request(void *arg, const char *uri, struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct slot *slot = info ? info->socket_context : NULL;
    size_t n;

    (void)arg;
    if (!slot)
        return NULL;
    set_doing(slot, ARRIVING);
    slot->has_head = slot->has_token = slot->has_transfer = slot->is_chunked = slot->n_lengths = 0;
    slot->length = 0;
    slot->content_type = NULL;
    slot->refusal = NULL;
    slot->body.len = slot->body_bytes = 0;

    uri = uri ? uri : "";
    n = strlen(uri);
    if (reserve_target(slot, n))
        return NULL;
    memcpy(slot->target, uri, n + 1);
    slot->target_len = n;

    tt_target_split(slot->target, n, &slot->parts);
    /* libmicrohttpd would now make headers of the parameters, in memory that is for headers. They are read here
     * instead, so it is given none: the text is in its buffer, which it writes in itself. */
    if (slot->parts.query_len)
        ((char *)uri)[slot->parts.query] = '\0';
    slot->path = slot->target + n + 1;
    slot->path_len = tt_target_decode(slot->path, slot->target + slot->parts.path, slot->parts.path_len);
    return slot;
}

static void end_request(void *arg, struct MHD_Connection *connection, void **context,
                        enum MHD_RequestTerminationCode code)
{
    struct slot *slot = *context;

    (void)connection, (void)code;
    *context = NULL;
    if (!slot)
        return;
    let_go(arg, slot);
    if (slot->body.cap > KEPT_BUFFER)
        tt_buf_release(&slot->body);
    if (slot->target_cap > KEPT_BUFFER) {
        free(slot->target);
        slot->target = NULL;
        slot->target_cap = 0;
    }
    set_doing(slot, IDLE);
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
    if (atomic_load_explicit(&http->draining, memory_order_relaxed))
        return add_header(response, "Connection", "close");
    return 0;
}

/* Send the answer, whose body is taken, and tell of it. `began`: when the request was there, if that is of interest. */
static enum MHD_Result send_answer(struct tt_http *http, struct slot *slot, struct MHD_Connection *connection,
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
        if (!slot->address[0])
            write_address(slot);
        struct tt_http_done done = {slot->address, slot->method, slot->target, answer->endpoint ? answer->endpoint : "",
                                    answer->status, slot->method[0] == 'H' ? 0 : bytes, nanoseconds() - began};
        http->done(http->arg, &done);
    }
    set_doing(slot, SENDING);
    return result;
}

static enum MHD_Result refuse(struct tt_http *http, struct slot *slot, struct MHD_Connection *connection,
                              const struct refusal *refusal, uint64_t began)
{
    struct tt_http_answer answer = {
        .status = refusal->status, .content_type = "application/json", .allow = refusal->allow,
        .retry_after = refusal->retry_after, .is_static = 1, .text = refusal->text, .text_len = strlen(refusal->text),
        .endpoint = "",
    };

    if (refusal->allow && http->options.allowed) {
        const char *allow = http->options.allowed(slot->path, slot->path_len);
        answer.allow = allow ? allow : refusal->allow;
    }

    return send_answer(http, slot, connection, &answer, began);
}

/* Does the path need no token? */
static int is_open(const struct tt_http *http, const struct slot *slot)
{
    static const char health[] = "/health/";
    const char *const *open = http->options.open_paths;

    if (slot->path_len >= sizeof(health) - 1 && memcmp(slot->path, health, sizeof(health) - 1) == 0)
        return 1;
    for (; open && *open; open++)
        if (strlen(*open) == slot->path_len && memcmp(slot->path, *open, slot->path_len) == 0)
            return 1;
    return 0;
}

/* The head is there, the body is not: is it a request that will be answered? */
static const struct refusal *judge_head(struct tt_http *http, struct slot *slot)
{
    if (slot->n_lengths > 1 || (slot->has_transfer && (slot->n_lengths || !slot->is_chunked)))
        return &bad_encoding;
    if (strcmp(slot->method, "GET") && strcmp(slot->method, "POST") && strcmp(slot->method, "HEAD"))
        return &other_method;
    if (http->rate && slot->peer_hash && !tt_rate_take(http->rate, slot->peer_hash, nanoseconds() / 1000))
        return &many_requests;
    if (http->options.token && !slot->has_token && !is_open(http, slot))
        return &no_token;
    if (slot->length > http->options.max_body)
        return &long_body;
    return NULL;
}

static enum MHD_Result add_body(struct tt_http *http, struct slot *slot, const char *bytes, size_t *n)
{
    struct tt_err err = TT_ERR_INIT;

    if (!slot->refusal && *n > http->options.max_body - slot->body_bytes)
        slot->refusal = &long_body;
    if (!slot->refusal && hold(http, slot, *n, slot->body_bytes + *n))
        slot->refusal = &all_held;
    if (!slot->refusal && tt_buf_add(&slot->body, bytes, *n, &err))
        slot->refusal = &no_memory;
    if (slot->refusal) {
        tt_buf_release(&slot->body);
        let_go(http, slot);
    }
    slot->body_bytes += *n;
    *n = 0;
    /* An answer can only be given at the end of a body that has begun: read on, but not for ever. */
    return slot->body_bytes > http->options.max_body && slot->body_bytes - http->options.max_body > SWALLOWED ? MHD_NO
                                                                                                           : MHD_YES;
}

static enum MHD_Result handle(void *arg, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *bytes, size_t *n, void **context)
{
    struct tt_http *http = arg;
    struct slot *slot = *context;

    (void)url, (void)version;
    if (!slot)
        return MHD_NO;

    /* It calls once for the head, for each piece of the body, and at the end. An answer to the first call would close
     * the connection, since it may be in place of a body's arrival. That is wanted only where a body is refused. */
    if (!slot->has_head) {
        struct head head = {http, slot};
        slot->has_head = 1;
        slot->method = method;
        MHD_get_connection_values_n(connection, MHD_HEADER_KIND, read_header, &head);
        slot->refusal = judge_head(http, slot);
        if (!slot->refusal || (!slot->length && !slot->has_transfer && slot->n_lengths < 2))
            return MHD_YES;
        return refuse(http, slot, connection, slot->refusal, http->done ? nanoseconds() : 0);
    }
    if (*n)
        return add_body(http, slot, bytes, n);

    struct tt_http_param params[TT_HTTP_MAX_PARAMS];
    struct tt_http_request request = {
        slot->method, slot->path, slot->path_len, params, 0, slot->body.len ? slot->body.data : "", slot->body.len,
        slot->content_type,
    };
    struct tt_http_answer answer = {.status = 200};
    uint64_t began = http->done ? nanoseconds() : 0;

    set_doing(slot, ANSWERING);
    if (!slot->refusal && tt_target_params(slot->target + slot->parts.query, slot->parts.query_len,
                                           slot->path + slot->path_len + 1, params, &request.n_params))
        slot->refusal = &many_params;
    if (slot->refusal)
        return refuse(http, slot, connection, slot->refusal, began);
    http->answer(http->arg, &request, &answer);
    if (!answer.is_static && hold(http, slot, answer.body.len, answer.body.len)) {
        tt_buf_release(&answer.body);
        return refuse(http, slot, connection, &all_held, began);
    }
    return send_answer(http, slot, connection, &answer, began);
}

static void connection_changed(void *arg, struct MHD_Connection *connection, void **context,
                               enum MHD_ConnectionNotificationCode code)
{
    struct tt_http *http = arg;
    struct slot *slot;

    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
        struct carrier carrier;
        memcpy(&carrier, info->client_addr, sizeof(carrier));
        slot = *context = carrier.slot;
        info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        pthread_mutex_lock(&http->lock);
        slot->fd = info->connect_fd;
        slot->idle_bytes = slot->line_since = 0;
        set_doing(slot, IDLE);
        slot->idle_state = state_of(slot);
        pthread_mutex_unlock(&http->lock);
    } else if ((slot = *context)) {
        *context = NULL;
        release_slot(http, slot); /* before the descriptor is closed */
    }
}

/* ---- from outside ---- */

/* Nothing tells of a first line that drips in: it is a connection that is idle and yet receives. */
static int is_dripping(struct slot *slot, uint64_t state, uint64_t bytes, uint64_t now, uint64_t limit)
{
    if (slot->idle_state != state) {
        slot->idle_state = state;
        slot->idle_bytes = bytes;
        slot->line_since = 0;
    } else if (bytes != slot->idle_bytes && !slot->line_since) {
        slot->line_since = now;
    }
    return slot->line_since && now - slot->line_since > limit;
}

/* A connection's thread notices that it is shut down, and closes it. One that is idle is shut for reading only: what
 * has come in is answered. 1: the system was asked. */
static int look_at(struct tt_http *http, struct slot *slot, int may_ask)
{
    uint64_t state = state_of(slot), now = milliseconds(), since = state >> SINCE_SHIFT;
    uint64_t request = http->options.request_seconds * UINT64_C(1000);
    uint64_t idle = http->options.idle_seconds * UINT64_C(1000);
    uint64_t age = now > since ? now - since : 0;

    unsigned doing = state & DOING_MASK;
    struct tcp_info info = {0};
    socklen_t len = sizeof(info);

    if ((doing == SENDING && age > request + idle) || (doing == ARRIVING && age > request))
        shutdown(slot->fd, SHUT_RDWR);
    if (doing == IDLE && http->draining)
        shutdown(slot->fd, SHUT_RD);
    if ((doing != IDLE && doing != ARRIVING) || !may_ask || slot->peer.ss_family == AF_UNIX ||
        getsockopt(slot->fd, IPPROTO_TCP, TCP_INFO, &info, &len))
        return 0;
    /* libmicrohttpd does not see an end that came together with bytes: it waits for another change of the socket. */
    if (info.tcpi_state == CLOSE_WAIT)
        shutdown(slot->fd, SHUT_RD);
    if (doing == IDLE && is_dripping(slot, state, info.tcpi_bytes_received, now, request))
        shutdown(slot->fd, SHUT_RDWR);
    return 1;
}

void tt_http_tick(struct tt_http *http)
{
    unsigned first = http->next_asked, asked = 0;

    for (unsigned i = 0; i < http->n_slots; i += AT_ONCE) {
        pthread_mutex_lock(&http->lock);
        for (unsigned j = i; j < http->n_slots && j < i + AT_ONCE; j++) {
            unsigned slot = (first + j) % http->n_slots;
            if (look_at(http, &http->slots[slot], asked < ASKED) && ++asked == ASKED)
                http->next_asked = (slot + 1) % http->n_slots;
        }
        pthread_mutex_unlock(&http->lock);
    }
}

void tt_http_drain(struct tt_http *http)
{
    stop_accepting(http);
    tt_http_tick(http);
}

unsigned tt_http_active(const struct tt_http *http)
{
    unsigned n = 0;

    for (unsigned i = 0; i < http->n_slots; i++) {
        unsigned doing = state_of(&http->slots[i]) & DOING_MASK;
        n += doing == ARRIVING || doing == ANSWERING || doing == SENDING;
    }
    return n;
}

unsigned tt_http_connections(const struct tt_http *http)
{
    unsigned n = 0;

    for (unsigned i = 0; i < http->n_slots; i++)
        n += (state_of(&http->slots[i]) & DOING_MASK) != NOTHING;
    return n;
}

const char *tt_http_address(const struct tt_http *http)
{
    return http->listener.address;
}

void tt_http_stop(struct tt_http *http)
{
    if (!http)
        return;
    stop_accepting(http);
    for (unsigned i = 0; i < http->n_daemons; i++)
        MHD_stop_daemon(http->daemons[i]);
    if (http->wake >= 0)
        close(http->wake);
    for (unsigned i = 0; http->slots && i < http->n_slots; i++) {
        free(http->slots[i].target);
        tt_buf_release(&http->slots[i].body);
    }
    pthread_cond_destroy(&http->freed);
    pthread_mutex_destroy(&http->lock);
    free(http->daemons);
    free(http->connections);
    free(http->slots);
    tt_rate_free(http->rate);
    free((char *)http->options.token);
    free(http);
}

/* ---- starting ---- */

/* Open files that the limit must allow. */
static int raise_limit(const struct tt_http_options *options, struct tt_err *err)
{
    rlim_t wanted = (rlim_t)options->max_connections + (rlim_t)options->threads * FILES_A_THREAD + OTHER_FILES;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit))
        return tt_err_system(err, errno, "limit of open files");
    if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= wanted)
        return 0;
    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < wanted)
        return tt_err_set(err, TT_ERR_SYSTEM,
                          "%u connections need %llu open files, and the system's limit (ulimit -Hn) is %llu",
                          options->max_connections, (unsigned long long)wanted, (unsigned long long)limit.rlim_max);
    limit.rlim_cur = wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit))
        return tt_err_system(err, errno, "limit of open files: %llu", (unsigned long long)wanted);
    return 0;
}

static int start_daemons(struct tt_http *http, struct tt_err *err)
{
    const struct tt_http_options *options = &http->options;

    for (unsigned i = 0; i < options->threads; i++) {
        struct MHD_Daemon *daemon = MHD_start_daemon(
            MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ITC, 0, NULL, NULL, handle, http,
            MHD_OPTION_CONNECTION_LIMIT, options->max_connections + SPARE, /* the table of slots is the limit */
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
    struct tt_http *http;
    int code;

    if (raise_limit(options, err) || !(http = tt_alloc_zero(1, sizeof(*http), err)))
        return NULL;
    http->options = *options;
    http->options.token = NULL;
    http->answer = answer;
    http->done = done;
    http->arg = arg;
    http->listener = (struct tt_listener)TT_LISTENER_INIT;
    http->wake = -1;
    http->n_slots = options->max_connections;
    pthread_mutex_init(&http->lock, NULL);
    pthread_cond_init(&http->freed, NULL);
    if (options->token) {
        http->token_len = strlen(options->token);
        http->options.token = tt_copy_text(options->token, http->token_len, err);
    }
    http->daemons = tt_alloc_zero(options->threads, sizeof(*http->daemons), err);
    http->connections = tt_alloc_zero(options->threads, sizeof(*http->connections), err);
    http->slots = tt_alloc_zero(http->n_slots, sizeof(*http->slots), err);
    http->rate = options->rate ? tt_rate_new(options->rate, err) : NULL;
    if (err->kind != TT_ERR_NONE)
        goto fail;
    for (unsigned i = http->n_slots; i-- > 0;) {
        http->slots[i].fd = -1;
        http->slots[i].next_free = http->free_slots;
        http->free_slots = &http->slots[i];
    }
    http->wake = eventfd(0, EFD_CLOEXEC);
    if (http->wake < 0) {
        tt_err_system(err, errno, "eventfd");
        goto fail;
    }
    if (tt_listener_open(&http->listener, options->listen, options->fd, err) || start_daemons(http, err))
        goto fail;
    code = pthread_create(&http->acceptor, NULL, accept_all, http);
    if (code) {
        tt_err_system(err, code, "%s: a thread", http->listener.address);
        goto fail;
    }
    http->acceptor_runs = 1;
    return http;
fail:
    tt_http_stop(http);
    return NULL;
}
