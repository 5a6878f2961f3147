/* The service manager's protocols, with the test as the manager. */
#include "http/systemd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"

static char folder[] = "/tmp/tt-systemd-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

/* A manager that listens there; '@' begins an abstract name. */
static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

    assert_true(fd >= 0 && len < sizeof(address.sun_path));
    memcpy(address.sun_path, path, len);
    if (path[0] == '@')
        address.sun_path[0] = '\0';
    if (bind(fd, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)))
        fail_msg("%s: %s", path, strerror(errno));
    assert_int_equal(setenv("NOTIFY_SOCKET", path, 1), 0);
    return fd;
}

/* The next message, or "" when there is none. */
static const char *heard(int fd)
{
    static char text[256];
    ssize_t n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

    text[n > 0 ? n : 0] = '\0';
    return text;
}

static int lowest_fd(void)
{
    int fd = dup(0);

    close(fd);
    return fd;
}

static void test_systemd_hears_what_it_is_told(void **state)
{
    char path[2][108];
    (void)state;

    snprintf(path[0], sizeof(path[0]), "%s/notify", folder);
    snprintf(path[1], sizeof(path[1]), "@tt-test-%ld", (long)getpid());
    for (int i = 0; i < 2; i++) {
        int manager = listen_at(path[i]), free_fd = lowest_fd();
        tt_systemd_notify("READY=1");
        tt_systemd_notify("STATUS=two\nlines");
        tt_systemd_notify("WATCHDOG=1");
        assert_string_equal(heard(manager), "READY=1");
        assert_string_equal(heard(manager), "STATUS=two\nlines");
        assert_string_equal(heard(manager), "WATCHDOG=1");
        assert_string_equal(heard(manager), "");
        assert_int_equal(lowest_fd(), free_fd);
        close(manager);
        tt_systemd_notify("READY=1"); /* no process listens any more: nothing happens */
        assert_int_equal(lowest_fd(), manager);
    }
    unlink(path[0]);
}

/* As long as an address can be; and much longer, which cannot be an address. */
static void test_systemd_paths_may_be_long(void **state)
{
    static char path[9000];
    size_t len = strlen(folder), longest = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;
    (void)state;

    memcpy(path, folder, len);
    memset(path + len, 'x', sizeof(path) - len);
    path[len] = '/';
    path[longest] = '\0';
    int manager = listen_at(path);
    tt_systemd_notify("READY=1");
    assert_string_equal(heard(manager), "READY=1");
    path[longest] = 'x';
    path[sizeof(path) - 1] = '\0';
    assert_int_equal(setenv("NOTIFY_SOCKET", path, 1), 0);
    tt_systemd_notify("READY=1");
    assert_string_equal(heard(manager), "");
    path[longest] = '\0';
    unlink(path);
    close(manager);
}

static void test_systemd_may_be_missing(void **state)
{
    static const char *const paths[] = {NULL, "", "relative", "vsock:2:1234"};
    int free_fd = lowest_fd();
    (void)state;

    for (size_t i = 0; i < LENGTH(paths); i++) {
        if (paths[i])
            setenv("NOTIFY_SOCKET", paths[i], 1);
        else
            unsetenv("NOTIFY_SOCKET");
        tt_systemd_notify("READY=1");
        tt_systemd_reloading();
        assert_int_equal(lowest_fd(), free_fd);
    }
}

static long long microseconds(void)
{
    struct timespec now;

    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void test_systemd_hears_when_reloading_began(void **state)
{
    char path[108], rest[64];
    long long said;
    (void)state;

    snprintf(path, sizeof(path), "@tt-test-%ld", (long)getpid());
    int manager = listen_at(path);
    long long before = microseconds();
    tt_systemd_reloading();
    long long after = microseconds();
    const char *text = heard(manager);
    assert_int_equal(sscanf(text, "RELOADING=1\nMONOTONIC_USEC=%lld%63s", &said, rest), 1);
    assert_true(before <= said && said <= after);
    assert_memory_equal(text, "RELOADING=1\nM", 13);
    close(manager);
}

static void set(const char *name, const char *value)
{
    if (value)
        assert_int_equal(setenv(name, value, 1), 0);
    else
        assert_int_equal(unsetenv(name), 0);
}

static void test_systemd_watches_this_process_alone(void **state)
{
    char own[24], other[24];
    const struct { const char *usec, *pid; int watches; } cases[] = {
        {NULL, NULL, 0}, {NULL, own, 0}, {"3000000", NULL, 1}, {"3000000", own, 1}, {"3000000", other, 0},
        {"3000000", "", 0}, {"3000000", "x", 0},
    };
    (void)state;

    snprintf(own, sizeof(own), "%ld", (long)getpid());
    snprintf(other, sizeof(other), "%ld", (long)getpid() + 1);
    for (size_t i = 0; i < LENGTH(cases); i++) {
        set("WATCHDOG_USEC", cases[i].usec);
        set("WATCHDOG_PID", cases[i].pid);
        assert_int_equal(tt_systemd_watches() != 0, cases[i].watches);
    }
}

static void test_systemd_hands_a_socket_to_this_process_alone(void **state)
{
    char own[24], other[24];
    const struct { const char *fds, *pid; int fd; } cases[] = {
        {NULL, NULL, -1}, {"1", NULL, -1}, {NULL, own, -1}, {"1", own, 3}, {"2", own, 3}, {"0", own, -1},
        {"1", other, -1}, {"x", own, -1}, {"", own, -1}, {"-1", own, -1}, {"1", "", -1},
    };
    (void)state;

    snprintf(own, sizeof(own), "%ld", (long)getpid());
    snprintf(other, sizeof(other), "%ld", (long)getpid() + 1);
    for (size_t i = 0; i < LENGTH(cases); i++) {
        set("LISTEN_FDS", cases[i].fds);
        set("LISTEN_PID", cases[i].pid);
        assert_int_equal(tt_systemd_socket(), cases[i].fd);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_systemd_hears_what_it_is_told),
        cmocka_unit_test(test_systemd_paths_may_be_long),
        cmocka_unit_test(test_systemd_may_be_missing),
        cmocka_unit_test(test_systemd_hears_when_reloading_began),
        cmocka_unit_test(test_systemd_watches_this_process_alone),
        cmocka_unit_test(test_systemd_hands_a_socket_to_this_process_alone),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
