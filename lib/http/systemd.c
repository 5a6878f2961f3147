/* The protocols of systemd: see systemd.h. */
#include "http/systemd.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/number.h"

void tt_systemd_notify(const char *text)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd;

    if (!path || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof(address.sun_path))
        return;
    memcpy(address.sun_path, path, strlen(path));
    if (path[0] == '@') /* Linux's abstract names */
        address.sun_path[0] = '\0';
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    (void)!sendto(fd, text, strlen(text), 0, (struct sockaddr *)&address,
                  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path)));
    close(fd);
}

void tt_systemd_reloading(void)
{
    struct timespec now;
    char text[64];

    if (clock_gettime(CLOCK_MONOTONIC, &now))
        return;
    snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld",
             (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    tt_systemd_notify(text);
}

/* Does the variable hold the number of this process? */
static int is_ours(const char *variable)
{
    const char *text = getenv(variable);
    uint64_t pid;

    return text && tt_parse_u64(text, strlen(text), &pid) == 0 && pid == (uint64_t)getpid();
}

int tt_systemd_watches(void)
{
    return getenv("WATCHDOG_USEC") != NULL && (!getenv("WATCHDOG_PID") || is_ours("WATCHDOG_PID"));
}

int tt_systemd_socket(void)
{
    enum { FIRST = 3 };
    const char *text = getenv("LISTEN_FDS");
    uint64_t n;

    return is_ours("LISTEN_PID") && text && tt_parse_u64(text, strlen(text), &n) == 0 && n >= 1 ? FIRST : -1;
}
