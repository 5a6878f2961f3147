/* Listening sockets: see listener.h. */
#include "http/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"

enum { BACKLOG = 1024 };

static int listen_unix(struct tt_listener *listener, const char *path, struct tt_err *err)
{
    struct sockaddr_un at;
    struct stat st;
    int fd, error;

    memset(&at, 0, sizeof(at));
    at.sun_family = AF_UNIX;
    if (!*path || strlen(path) >= sizeof(at.sun_path))
        return tt_err_set(err, TT_ERR_USAGE, "unix:%s: a path of 1 to %zu bytes is expected", path,
                          sizeof(at.sun_path) - 1);
    memcpy(at.sun_path, path, strlen(path));
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return tt_err_system(err, errno, "unix:%s", path);
    /* A socket of a process that has ended. */
    if (!lstat(path, &st) && S_ISSOCK(st.st_mode) && connect(fd, (struct sockaddr *)&at, sizeof(at)) &&
        errno == ECONNREFUSED)
        unlink(path);
    close(fd);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, BACKLOG)) {
        error = errno;
        if (fd >= 0)
            close(fd);
        return tt_err_system(err, error, "unix:%s", path);
    }
    listener->fd = fd;
    listener->unix_path = tt_copy_text(path, strlen(path), err);
    return listener->unix_path ? 0 : -1;
}

static int listen_at(const struct addrinfo *at)
{
    int one = 1, zero = 0, error;
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (at->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
    if (!bind(fd, at->ai_addr, at->ai_addrlen) && !listen(fd, BACKLOG))
        return fd;
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* HOST:PORT, [::1]:PORT, :PORT. */
static int listen_tcp(struct tt_listener *listener, const char *text, struct tt_err *err)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *all = NULL;
    const char *colon = strrchr(text, ':'), *host = text;
    char name[NI_MAXHOST];
    size_t n = colon ? (size_t)(colon - text) : 0;
    uint64_t port = 0;
    int code;

    if (!colon || strspn(colon + 1, "0123456789") != strlen(colon + 1) || !colon[1] || strlen(colon + 1) > 5 ||
        (port = strtoull(colon + 1, NULL, 10)) > 65535 || n >= sizeof(name))
        return tt_err_set(err, TT_ERR_USAGE, "%s: not HOST:PORT, [ADDRESS]:PORT, :PORT or unix:PATH", text);
    if (n > 1 && host[0] == '[' && host[n - 1] == ']') {
        host++;
        n -= 2;
    } else if (memchr(host, ':', n)) {
        return tt_err_set(err, TT_ERR_USAGE, "%s: an IPv6 address is written [ADDRESS]:PORT", text);
    }
    memcpy(name, host, n);
    name[n] = '\0';
    if (!n) { /* all addresses: IPv6 with IPv4, or IPv4 alone where there is no IPv6 */
        hints.ai_family = AF_INET6;
        code = getaddrinfo(NULL, colon + 1, &hints, &all);
        if (code || ((listener->fd = listen_at(all)) < 0 && errno != EADDRINUSE && errno != EACCES)) {
            if (!code)
                freeaddrinfo(all);
            all = NULL;
            hints.ai_family = AF_INET;
            code = getaddrinfo(NULL, colon + 1, &hints, &all);
        }
    } else {
        code = getaddrinfo(name, colon + 1, &hints, &all);
    }
    if (code)
        return tt_err_set(err, TT_ERR_SYSTEM, "%s: %s", text, gai_strerror(code));
    for (const struct addrinfo *at = all; at && listener->fd < 0; at = at->ai_next)
        listener->fd = listen_at(at);
    code = errno;
    freeaddrinfo(all);
    return listener->fd < 0 ? tt_err_system(err, code, "%s", text) : 0;
}

/* The address as text. */
static int read_address(struct tt_listener *listener, struct tt_err *err)
{
    struct sockaddr_storage at;
    socklen_t len = sizeof(at);
    char host[NI_MAXHOST], port[NI_MAXSERV];

    memset(&at, 0, sizeof(at));
    if (getsockname(listener->fd, (struct sockaddr *)&at, &len))
        return tt_err_system(err, errno, "the listening socket");
    if (at.ss_family == AF_UNIX) {
        const struct sockaddr_un *local = (const struct sockaddr_un *)&at;
        snprintf(listener->address, sizeof(listener->address), "unix:%.*s", (int)sizeof(local->sun_path),
                 local->sun_path);
        return 0;
    }
    if (getnameinfo((struct sockaddr *)&at, len, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV))
        return tt_err_set(err, TT_ERR_SYSTEM, "the listening socket has no address");
    if (at.ss_family == AF_INET6)
        snprintf(listener->address, sizeof(listener->address), "http://[%s]:%s", host, port);
    else
        snprintf(listener->address, sizeof(listener->address), "http://%s:%s", host, port);
    return 0;
}

int tt_listener_open(struct tt_listener *listener, const char *text, int fd, struct tt_err *err)
{
    int flags;

    *listener = (struct tt_listener)TT_LISTENER_INIT;
    if (fd >= 0)
        listener->fd = fd;
    else if (!strncmp(text, "unix:", 5) ? listen_unix(listener, text + 5, err) : listen_tcp(listener, text, err))
        goto fail;
    flags = fcntl(listener->fd, F_GETFL);
    if (flags < 0 || fcntl(listener->fd, F_SETFL, flags | O_NONBLOCK)) {
        tt_err_system(err, errno, "the listening socket");
        goto fail;
    }
    if (!read_address(listener, err))
        return 0;
fail:
    tt_listener_close(listener);
    return -1;
}

void tt_listener_close(struct tt_listener *listener)
{
    if (listener->unix_path)
        unlink(listener->unix_path);
    free(listener->unix_path);
    if (listener->fd >= 0)
        close(listener->fd);
    listener->unix_path = NULL;
    listener->fd = -1;
}
