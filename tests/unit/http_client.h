/* For the tests of lib/http: a client that sends any bytes, however wrong, and reads answers. */
#ifndef TT_TESTS_HTTP_CLIENT_H
#define TT_TESTS_HTTP_CLIENT_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"

struct client {
    int fd;
    size_t len;         /* bytes that have come and were not read */
    char bytes[65536];
};

struct reply {
    int status;
    char head[2048];    /* with its blank line */
    char body[32768];
    size_t body_len;    /* of what came */
    long length;        /* what Content-Length says, or -1 */
};

static inline void pause_for(long milliseconds)
{
    nanosleep(&(struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000}, NULL);
}

/* To an address as tt_http_address gives it: "http://127.0.0.1:80", "unix:path". -1: refused. */
static inline int try_connect(const char *address)
{
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct timeval patience = {20, 0};
    int is_unix = !strncmp(address, "unix:", 5), fd = socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM, 0), code;

    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (is_unix) {
        snprintf(local.sun_path, sizeof(local.sun_path), "%s", address + 5);
        code = connect(fd, (struct sockaddr *)&local, sizeof(local));
    } else {
        in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        in.sin_port = htons((unsigned short)strtoul(strrchr(address, ':') + 1, NULL, 10));
        code = connect(fd, (struct sockaddr *)&in, sizeof(in));
    }
    if (code) {
        close(fd);
        return -1;
    }
    return fd;
}

static inline void client_open(struct client *client, const char *address)
{
    client->len = 0;
    client->fd = try_connect(address);
    assert_true(client->fd >= 0);
}

static inline void client_close(struct client *client)
{
    close(client->fd);
}

/* The server may have closed: then what is sent goes nowhere. */
static inline void client_send_bytes(struct client *client, const char *bytes, size_t n)
{
    while (n) {
        ssize_t sent = send(client->fd, bytes, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        bytes += sent;
        n -= (size_t)sent;
    }
}

static inline void client_send(struct client *client, const char *text)
{
    client_send_bytes(client, text, strlen(text));
}

/* More bytes; 0: the connection has ended. Patience that ends fails the test. */
static inline int client_receive(struct client *client)
{
    ssize_t n;

    assert_true(client->len < sizeof(client->bytes) - 1);
    n = recv(client->fd, client->bytes + client->len, sizeof(client->bytes) - 1 - client->len, 0);
    assert_true(n >= 0 || errno == ECONNRESET || errno == EPIPE);
    if (n <= 0)
        return 0;
    client->len += (size_t)n;
    client->bytes[client->len] = '\0';
    return 1;
}

static inline void client_expect_end(struct client *client)
{
    assert_int_equal(client->len, 0);
    assert_int_equal(client_receive(client), 0);
}

/* Read to the end. (Where libmicrohttpd itself refuses a Content-Length, the answer's head comes twice.) */
static inline void client_read_all(struct client *client)
{
    while (client_receive(client))
        client->len = 0;
}

/* The value of a header of the reply, or NULL. Valid until the next call. */
static inline const char *reply_header(const struct reply *reply, const char *name)
{
    static char value[512];
    size_t n = strlen(name);

    for (const char *line = reply->head; (line = strstr(line, "\r\n")); ) {
        line += 2;
        if (!strncasecmp(line, name, n) && line[n] == ':') {
            line += n + 1 + strspn(line + n + 1, " ");
            snprintf(value, sizeof(value), "%.*s", (int)strcspn(line, "\r"), line);
            return value;
        }
    }
    return NULL;
}

/* The next answer; 0 when the connection ends before one. */
static inline int client_read(struct client *client, struct reply *reply, int is_head)
{
    const char *end;
    size_t head, want;

    while (client->len < 4 || !(end = strstr(client->bytes, "\r\n\r\n")))
        if (!client_receive(client))
            return 0;
    head = (size_t)(end - client->bytes) + 4;
    assert_true(head < sizeof(reply->head));
    memcpy(reply->head, client->bytes, head);
    reply->head[head] = '\0';
    assert_int_equal(sscanf(reply->head, "HTTP/1.1 %d", &reply->status), 1);
    reply->length = -1;
    if (reply_header(reply, "Content-Length"))
        reply->length = strtol(reply_header(reply, "Content-Length"), NULL, 10);
    want = is_head || reply->length < 0 ? 0 : (size_t)reply->length;
    assert_true(want < sizeof(reply->body));
    while (client->len < head + want)
        assert_int_equal(client_receive(client), 1);
    memcpy(reply->body, client->bytes + head, want);
    reply->body[want] = '\0';
    reply->body_len = want;
    client->len -= head + want;
    memmove(client->bytes, client->bytes + head + want, client->len + 1);
    return 1;
}

/* Send and read. */
static inline void client_request(struct client *client, struct reply *reply, const char *request)
{
    client_send(client, request);
    assert_int_equal(client_read(client, reply, !strncmp(request, "HEAD ", 5)), 1);
}

/* The same over a connection of its own. */
static inline void request_once(const char *address, struct reply *reply, const char *request)
{
    static struct client client;

    client_open(&client, address);
    client_request(&client, reply, request);
    client_close(&client);
}

#define HOST "Host: localhost\r\n"
#define GET(target) "GET " target " HTTP/1.1\r\n" HOST "\r\n"

#endif
