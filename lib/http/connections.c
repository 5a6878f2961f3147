/* The table of connections: see connections.h.
 *
 * Accepting has a thread of its own, so the limit is exact however many threads serve, it is decided before somebody is
 * let in which connection makes way, and accepting can end at any moment. (MHD_quiesce_daemon aborts the program when a
 * thread of libmicrohttpd removes the listening socket from its epoll just then.)
 *
 * What a connection does, and since when, is one atomic number: its thread writes it, and a tick reads it, without a
 * lock. */
#include "http/connections.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/hash.h"

enum {
    CLOSE_WAIT = 8,      /* of a TCP connection: the other side has ended */
    SLOW = 1000,         /* milliseconds that a request may take to arrive when all places are taken */
    AT_ONCE = 128,       /* places that a tick looks at with the lock held */
    SYSTEM_CALLS = 1024, /* connections that a tick asks the system about, at 1 to 3 microseconds each */
};

/* Of a state: the activity in the low bits; above it a count of changes, so that no two states within a clock's tick
 * are alike; above that milliseconds. */
enum { ACTIVITY_MASK = 7, ONE_CHANGE = 8, CHANGES_MASK = 0x7f8, SINCE_SHIFT = 11 };

struct tt_connections {
    struct tt_connections_options options;

    pthread_mutex_t lock;     /* of the free places, descriptors, and counts */
    pthread_cond_t freed;
    struct tt_connection *all, *free; /* (options.max); a list */
    unsigned *of_worker;      /* (options.workers) how many connections each serves */
    unsigned next_checked;      /* the place at which the next tick begins */

    pthread_t acceptor;
    int acceptor_runs;
    int listen_fd;
    int wake;                 /* eventfd: the acceptor is to look at `stops` */
    atomic_int stops;
};

/* ---- activities ---- */

/* Exact to some milliseconds; a fifth of the cost of the exact clock. */
static uint64_t milliseconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

static uint64_t state_of(const struct tt_connection *c)
{
    return atomic_load_explicit(&c->state, memory_order_relaxed);
}

static enum tt_connection_activity activity_of(uint64_t state)
{
    return (enum tt_connection_activity)(state & ACTIVITY_MASK);
}

void tt_connection_set(struct tt_connection *c, enum tt_connection_activity activity)
{
    uint64_t changes = (state_of(c) + ONE_CHANGE) & CHANGES_MASK;

    atomic_store_explicit(&c->state, milliseconds() << SINCE_SHIFT | changes | activity, memory_order_relaxed);
}

unsigned tt_connections_count(const struct tt_connections *table)
{
    unsigned n = 0;

    for (unsigned i = 0; i < table->options.max; i++)
        n += activity_of(state_of(&table->all[i])) != TT_CONNECTION_FREE;
    return n;
}

unsigned tt_connections_active(const struct tt_connections *table)
{
    unsigned n = 0;

    for (unsigned i = 0; i < table->options.max; i++) {
        enum tt_connection_activity activity = activity_of(state_of(&table->all[i]));
        n += activity != TT_CONNECTION_FREE && activity != TT_CONNECTION_IDLE;
    }
    return n;
}

/* ---- addresses ---- */

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

const char *tt_connection_address(struct tt_connection *c)
{
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&c->peer;

    if (c->address[0])
        return c->address;
    if (c->peer.ss_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)&c->peer)->sin_addr, c->address, sizeof(c->address));
    else if (c->peer.ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
        inet_ntop(AF_INET, (const unsigned char *)&six->sin6_addr + 12, c->address, sizeof(c->address));
    else if (c->peer.ss_family == AF_INET6)
        inet_ntop(AF_INET6, &six->sin6_addr, c->address, sizeof(c->address));
    else
        snprintf(c->address, sizeof(c->address), "unix");
    return c->address;
}

/* ---- places ---- */

void tt_connections_opened(struct tt_connections *table, struct tt_connection *c, int fd)
{
    pthread_mutex_lock(&table->lock);
    c->fd = fd;
    c->idle_bytes = c->line_since = 0;
    tt_connection_set(c, TT_CONNECTION_IDLE);
    c->idle_state = state_of(c);
    pthread_mutex_unlock(&table->lock);
}

void tt_connections_closed(struct tt_connections *table, struct tt_connection *c)
{
    pthread_mutex_lock(&table->lock);
    atomic_store_explicit(&c->state, TT_CONNECTION_FREE, memory_order_relaxed);
    c->fd = -1;
    c->next_free = table->free;
    table->free = c;
    table->of_worker[c->worker]--;
    pthread_cond_signal(&table->freed);
    pthread_mutex_unlock(&table->lock);
}

/* Shut down one connection to make a place: the one that has been idle the longest, or, where none is idle, the one
 * whose request has been arriving the longest, if that is more than a second. With the lock held. */
static void evict_one(struct tt_connections *table)
{
    struct tt_connection *idle = NULL, *slow = NULL;
    uint64_t idle_state = UINT64_MAX, slow_state = (milliseconds() - SLOW) << SINCE_SHIFT;

    for (unsigned i = 0; i < table->options.max; i++) {
        struct tt_connection *c = &table->all[i];
        uint64_t state = state_of(c);
        if (activity_of(state) == TT_CONNECTION_IDLE && state < idle_state) {
            idle_state = state;
            idle = c;
        } else if (activity_of(state) == TT_CONNECTION_ARRIVING && state < slow_state) {
            slow_state = state;
            slow = c;
        }
    }
    if (idle)
        shutdown(idle->fd, SHUT_RD);
    else if (slow)
        shutdown(slow->fd, SHUT_RDWR);
}

/* Wait for a free place, and reserve it; NULL when accepting is to end. */
static struct tt_connection *reserve_place(struct tt_connections *table)
{
    struct tt_connection *c = NULL;

    pthread_mutex_lock(&table->lock);
    while (!table->free && !table->stops) {
        struct timespec until;
        evict_one(table);
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 50 * 1000000;
        if (until.tv_nsec >= 1000000000) {
            until.tv_sec++;
            until.tv_nsec -= 1000000000;
        }
        pthread_cond_timedwait(&table->freed, &table->lock, &until);
    }
    if (!table->stops) {
        c = table->free;
        table->free = c->next_free;
        c->worker = 0;
        for (unsigned i = 1; i < table->options.workers; i++)
            if (table->of_worker[i] < table->of_worker[c->worker])
                c->worker = i;
        table->of_worker[c->worker]++;
    }
    pthread_mutex_unlock(&table->lock);
    return c;
}

/* ---- accepting ---- */

/* Accept into a place; 0 when the connection was handed over. */
static int accept_into(struct tt_connections *table, struct tt_connection *c)
{
    socklen_t len = sizeof(c->peer);
    int fd;

    memset(&c->peer, 0, sizeof(c->peer));
    fd = accept4(table->listen_fd, (struct sockaddr *)&c->peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        int error = errno;
        if (error == EAGAIN || error == EINTR || error == ECONNABORTED)
            return -1;
        /* Mostly out of descriptors or memory: close an idle connection, and wait a moment. */
        pthread_mutex_lock(&table->lock);
        if (error == EMFILE || error == ENFILE)
            evict_one(table);
        pthread_mutex_unlock(&table->lock);
        nanosleep(&(struct timespec){0, 10 * 1000000}, NULL);
        return -1;
    }
    c->peer_hash = hash_of(&c->peer);
    c->address[0] = '\0';
    return table->options.open(table->options.arg, c, fd);
}

static void *accept_all(void *arg)
{
    struct tt_connections *table = arg;
    struct pollfd fds[2] = {{table->listen_fd, POLLIN, 0}, {table->wake, POLLIN, 0}};

    while (!table->stops) {
        if (poll(fds, 2, -1) < 0 || !(fds[0].revents & (POLLIN | POLLERR)))
            continue;
        struct tt_connection *c = reserve_place(table);
        if (c && accept_into(table, c))
            tt_connections_closed(table, c);
    }
    return NULL;
}

int tt_connections_start(struct tt_connections *table, int listen_fd, struct tt_err *err)
{
    table->listen_fd = listen_fd;
    int code = pthread_create(&table->acceptor, NULL, accept_all, table);
    if (code)
        return tt_err_system(err, code, "a thread");
    table->acceptor_runs = 1;
    return 0;
}

void tt_connections_stop_accepting(struct tt_connections *table)
{
    uint64_t one = 1;

    if (!table->acceptor_runs)
        return;
    pthread_mutex_lock(&table->lock);
    table->stops = 1;
    pthread_cond_broadcast(&table->freed);
    pthread_mutex_unlock(&table->lock);
    while (write(table->wake, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
    pthread_join(table->acceptor, NULL);
    table->acceptor_runs = 0;
}

int tt_connections_has_stopped(const struct tt_connections *table)
{
    return atomic_load_explicit(&table->stops, memory_order_relaxed);
}

/* ---- limits of time ---- */

/* While a first line drips in, the connection counts as idle: does it receive bytes all the same, for too long? */
static int is_dripping(struct tt_connection *c, uint64_t state, uint64_t bytes, uint64_t now, uint64_t limit)
{
    if (c->idle_state != state) {
        c->idle_state = state;
        c->idle_bytes = bytes;
        c->line_since = 0;
    } else if (bytes != c->idle_bytes && !c->line_since) {
        c->line_since = now;
    }
    return c->line_since && now - c->line_since > limit;
}

/* Shut the connection down if it takes too long. 1: this took a call of the system. */
static int check(struct tt_connections *table, struct tt_connection *c, int may_call)
{
    uint64_t state = state_of(c), now = milliseconds(), since = state >> SINCE_SHIFT;
    uint64_t request = table->options.request_seconds * UINT64_C(1000);
    uint64_t idle = table->options.idle_seconds * UINT64_C(1000);
    uint64_t age = now > since ? now - since : 0;
    enum tt_connection_activity activity = activity_of(state);
    struct tcp_info info = {0};
    socklen_t len = sizeof(info);

    if ((activity == TT_CONNECTION_SENDING && age > request + idle) ||
        (activity == TT_CONNECTION_ARRIVING && age > request))
        shutdown(c->fd, SHUT_RDWR);
    if (activity == TT_CONNECTION_IDLE && table->stops)
        shutdown(c->fd, SHUT_RD);
    if ((activity != TT_CONNECTION_IDLE && activity != TT_CONNECTION_ARRIVING) || !may_call ||
        c->peer.ss_family == AF_UNIX || getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &len))
        return 0;
    /* libmicrohttpd misses an end of input that arrives together with bytes: it waits for another change of the socket.
     */
    if (info.tcpi_state == CLOSE_WAIT)
        shutdown(c->fd, SHUT_RD);
    if (activity == TT_CONNECTION_IDLE && is_dripping(c, state, info.tcpi_bytes_received, now, request))
        shutdown(c->fd, SHUT_RDWR);
    return 1;
}

void tt_connections_tick(struct tt_connections *table)
{
    unsigned n = table->options.max, first = table->next_checked, n_calls = 0;

    for (unsigned i = 0; i < n; i += AT_ONCE) {
        pthread_mutex_lock(&table->lock);
        for (unsigned j = i; j < n && j < i + AT_ONCE; j++) {
            unsigned place = (first + j) % n;
            if (check(table, &table->all[place], n_calls < SYSTEM_CALLS) && ++n_calls == SYSTEM_CALLS)
                table->next_checked = (place + 1) % n;
        }
        pthread_mutex_unlock(&table->lock);
    }
}

/* ---- the table ---- */

struct tt_connections *tt_connections_new(const struct tt_connections_options *options, struct tt_err *err)
{
    struct tt_connections *table = tt_alloc_zero(1, sizeof(*table), err);

    if (!table)
        return NULL;
    table->options = *options;
    table->all = tt_alloc_zero(options->max, sizeof(*table->all), err);
    table->of_worker = tt_alloc_zero(options->workers, sizeof(*table->of_worker), err);
    table->wake = eventfd(0, EFD_CLOEXEC);
    if (table->wake < 0)
        tt_err_system(err, errno, "eventfd");
    pthread_mutex_init(&table->lock, NULL);
    pthread_cond_init(&table->freed, NULL);
    if (!table->all || !table->of_worker || table->wake < 0) {
        tt_connections_free(table);
        return NULL;
    }
    for (unsigned i = options->max; i-- > 0;) {
        table->all[i].place = i;
        table->all[i].fd = -1;
        table->all[i].next_free = table->free;
        table->free = &table->all[i];
    }
    return table;
}

void tt_connections_free(struct tt_connections *table)
{
    if (!table)
        return;
    tt_connections_stop_accepting(table);
    if (table->wake >= 0)
        close(table->wake);
    pthread_cond_destroy(&table->freed);
    pthread_mutex_destroy(&table->lock);
    free(table->of_worker);
    free(table->all);
    free(table);
}
