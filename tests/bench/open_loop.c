/* Send requests to a service at a given rate, whether it keeps up or not, as independent users do. (wrk waits for an
 * answer before it sends the next request, and so does not measure what waiting costs.)
 *
 *     open_loop http://127.0.0.1:PORT RATE SECONDS CONNECTIONS TARGETS
 *
 * TARGETS is a file with a target a line, of which each request has one at random. Requests are due at times of a
 * Poisson process; one that finds all connections busy waits, and its time counts from when it was due. Prints TSV:
 * target rate, rate of answers, p50, p99, p99.9 and the longest in microseconds, and what was not answered with 200.
 * The first tenth of the time does not count. */
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/number.h"
#include "base/text_list.h"

enum { MAX_CONNECTIONS = 500, MAX_ANSWER = 1 << 16, SPIN = 60000 /* ns that are not worth a sleep */ };

struct connection {
    int fd, is_busy;
    uint64_t due;
    size_t got;
    char answer[MAX_ANSWER];
};

static struct connection connections[MAX_CONNECTIONS];
static struct tt_text_list requests;
static uint64_t seed = 88172645463325252u;

static uint64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t any(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* Nanoseconds to the next request. */
static uint64_t gap(double rate)
{
    double unit = ((double)(any() >> 11) + 1) * 0x1p-53;

    return (uint64_t)(-log(unit) / rate * 1e9);
}

static int open_connection(struct connection *c, int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    int one = 1;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0 || c->fd >= FD_SETSIZE || connect(c->fd, (struct sockaddr *)&address, sizeof(address)))
        return -1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return 0;
}

static int ask(struct connection *c, uint64_t due)
{
    size_t len;
    const char *request = tt_text_list_get(&requests, any() % requests.n, &len);

    c->due = due;
    c->got = 0;
    c->is_busy = 1;
    return send(c->fd, request, len, MSG_NOSIGNAL) == (ssize_t)len ? 0 : -1;
}

/* 1: the answer is there; 0: not yet; -1: the connection ended. */
static int hear(struct connection *c)
{
    ssize_t n = recv(c->fd, c->answer + c->got, MAX_ANSWER - 1 - c->got, MSG_DONTWAIT);
    const char *body, *length;

    if (n < 0 && errno == EAGAIN)
        return 0;
    if (n <= 0)
        return -1;
    c->got += (size_t)n;
    c->answer[c->got] = '\0';
    body = strstr(c->answer, "\r\n\r\n");
    length = body ? strstr(c->answer, "Content-Length: ") : NULL;
    if (!body)
        return 0;
    if (!length)
        return -1;
    return c->got >= (size_t)(body + 4 - c->answer) + strtoul(length + 16, NULL, 10);
}

/* Until `until` or something is to be read; nothing but a look when it is near. */
static void wait_until(uint64_t until, size_t n, fd_set *set)
{
    uint64_t at = now();
    struct timespec patience = {0, 0};
    int most = 0;

    FD_ZERO(set);
    for (size_t i = 0; i < n; i++)
        if (connections[i].is_busy) {
            FD_SET(connections[i].fd, set);
            most = connections[i].fd > most ? connections[i].fd : most;
        }
    if (until > at + SPIN) {
        patience.tv_sec = (time_t)((until - at - SPIN) / 1000000000u);
        patience.tv_nsec = (long)((until - at - SPIN) % 1000000000u);
    }
    if (pselect(most + 1, set, NULL, NULL, &patience, NULL) <= 0)
        FD_ZERO(set);
}

static int by_size(const void *a, const void *b)
{
    const float *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

static int run(int port, double rate, double seconds, size_t n, struct tt_err *err)
{
    uint64_t begin = now(), due = begin + gap(rate), end = begin + (uint64_t)(seconds * 1e9);
    uint64_t counts_from = begin + (end - begin) / 10;
    size_t cap = (size_t)(rate * seconds * 2) + 1000, heard = 0, failed = 0;
    float *micros = tt_alloc(cap, sizeof(*micros), err);

    if (!micros)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (open_connection(&connections[i], port)) {
            fprintf(stderr, "open_loop: cannot connect\n");
            return -1;
        }
    while (due < end) {
        size_t free_one = n;
        fd_set set;
        wait_until(due, n, &set);
        for (size_t i = 0; i < n; i++) {
            struct connection *c = &connections[i];
            int status = c->is_busy && FD_ISSET(c->fd, &set) ? hear(c) : 0;
            if (status < 0) {
                failed++;
                close(c->fd);
                c->is_busy = 0;
                if (open_connection(c, port))
                    return -1;
            } else if (status) {
                c->is_busy = 0;
                failed += strncmp(c->answer, "HTTP/1.1 200 ", 13) != 0;
                if (c->due >= counts_from && heard < cap)
                    micros[heard++] = (float)(now() - c->due) * 1e-3f;
            }
            if (!c->is_busy)
                free_one = i;
        }
        if (free_one < n && now() >= due) {
            if (ask(&connections[free_one], due))
                failed++;
            due += gap(rate);
        }
    }
    if (heard == 0)
        return -1;
    qsort(micros, heard, sizeof(*micros), by_size);
    printf("%.0f\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\t%zu\n", rate, (double)heard / (seconds * 0.9),
           (double)micros[heard / 2], (double)micros[heard - 1 - heard / 100], (double)micros[heard - 1 - heard / 1000],
           (double)micros[heard - 1], failed);
    free(micros);
    return 0;
}

static int read_targets(const char *path, struct tt_err *err)
{
    char line[1000], request[1200];
    FILE *f = fopen(path, "r");

    if (!f || tt_text_list_init(&requests, err))
        return -1;
    while (fgets(line, sizeof(line), f)) {
        line[strcspn(line, "\n")] = '\0';
        int len = snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", line);
        if (tt_text_list_add(&requests, request, (size_t)len, err))
            return -1;
    }
    fclose(f);
    return requests.n ? 0 : -1;
}

int main(int argc, char **argv)
{
    struct tt_err err = TT_ERR_INIT;
    uint64_t number[3];

    if (argc != 6 || strncmp(argv[1], "http://127.0.0.1:", 17) != 0)
        return 2;
    for (int i = 0; i < 3; i++)
        if (tt_parse_count(argv[i + 2], strlen(argv[i + 2]), &number[i]) || number[i] < 1)
            return 2;
    if (number[2] > MAX_CONNECTIONS || read_targets(argv[5], &err))
        return 2;
    int port = (int)strtoul(argv[1] + 17, NULL, 10);
    return run(port, (double)number[0], (double)number[1], (size_t)number[2], &err) ? 1 : 0;
}
