/* Listening sockets: what may be written, what the errors say, sockets left behind, one that another program opened. */
#include "http/listener.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "http_client.h"

static char folder[] = "/tmp/tt-listener.XXXXXX";

static int enter(void **state)
{
    (void)state;
    return !mkdtemp(folder) || chdir(folder);
}

static int leave(void **state)
{
    (void)state;
    return chdir("/") || rmdir(folder);
}

static void expect_error(const char *text, const char *message)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_listener listener;

    assert_int_equal(tt_listener_open(&listener, text, -1, &err), -1);
    assert_string_equal(err.text, message);
    assert_int_equal(listener.fd, -1);
}

static void test_listener_takes_the_port_that_the_system_chose(void **state)
{
    static const struct { const char *text, *start; } cases[] = {
        {"127.0.0.1:0", "http://127.0.0.1:"}, {"localhost:0", "http://"}, {":0", "http://"},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct tt_err err = TT_ERR_INIT;
        struct tt_listener listener;
        int fd;
        assert_int_equal(tt_listener_open(&listener, cases[i].text, -1, &err), 0);
        assert_memory_equal(listener.address, cases[i].start, strlen(cases[i].start));
        assert_true(strtoul(strrchr(listener.address, ':') + 1, NULL, 10) > 0);
        assert_true(fcntl(listener.fd, F_GETFL) & O_NONBLOCK);
        if (cases[i].text[0] != 'l') { /* localhost may be ::1 */
            assert_true((fd = try_connect(listener.address)) >= 0);
            close(fd);
        }
        tt_listener_close(&listener);
        tt_listener_close(&listener);
    }
}

static void test_listener_says_which_address_is_in_use(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_listener listener;
    char message[128];

    (void)state;
    assert_int_equal(tt_listener_open(&listener, "127.0.0.1:0", -1, &err), 0);
    snprintf(message, sizeof(message), "%s: Address already in use", listener.address + strlen("http://"));
    expect_error(listener.address + strlen("http://"), message);
    tt_listener_close(&listener);
}

static void test_listener_refuses_what_is_no_address(void **state)
{
    static const char *const texts[] = {"", "80", "localhost", "localhost:", "localhost:x", "localhost:80x", "a:65536",
                                        "a:123456", "a:-1", "::1:80", "[::1]", "[::1]80"};
    char message[128];

    (void)state;
    for (size_t i = 0; i < LENGTH(texts); i++) {
        snprintf(message, sizeof(message), "%s: not HOST:PORT, [ADDRESS]:PORT, :PORT or unix:PATH", texts[i]);
        if (!strcmp(texts[i], "::1:80"))
            snprintf(message, sizeof(message), "::1:80: an IPv6 address is written [ADDRESS]:PORT");
        expect_error(texts[i], message);
    }
    expect_error("192.0.2.1:0", "192.0.2.1:0: Cannot assign requested address");
}

static void test_listener_replaces_a_socket_that_was_left_behind(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_listener listener;
    struct stat st;
    int fd;

    (void)state;
    assert_int_equal(tt_listener_open(&listener, "unix:s", -1, &err), 0);
    assert_string_equal(listener.address, "unix:s");
    assert_true((fd = try_connect("unix:s")) >= 0);
    close(fd);
    expect_error("unix:s", "unix:s: Address already in use");

    /* as one who was killed leaves it */
    close(listener.fd);
    free(listener.unix_path);
    assert_int_equal(stat("s", &st), 0);
    assert_int_equal(try_connect("unix:s"), -1);
    assert_int_equal(tt_listener_open(&listener, "unix:s", -1, &err), 0);
    assert_true((fd = try_connect("unix:s")) >= 0);
    close(fd);
    tt_listener_close(&listener);
    assert_int_equal(stat("s", &st), -1);
}

static void test_listener_leaves_files_alone(void **state)
{
    struct stat st;
    char text[300];

    (void)state;
    fclose(fopen("f", "w"));
    expect_error("unix:f", "unix:f: Address already in use");
    assert_int_equal(stat("f", &st), 0);
    unlink("f");
    expect_error("unix:no/s", "unix:no/s: No such file or directory");
    expect_error("unix:", "unix:: a path of 1 to 107 bytes is expected");
    memset(text, 'a', sizeof(text));
    memcpy(text, "unix:", 5);
    text[5 + 108] = '\0';
    struct tt_err err = TT_ERR_INIT;
    struct tt_listener listener;
    assert_int_equal(tt_listener_open(&listener, text, -1, &err), -1);
    assert_int_equal(err.kind, TT_ERR_USAGE);
}

static void test_listener_takes_a_socket_that_is_open(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_listener first, second;
    int fd;

    (void)state;
    assert_int_equal(tt_listener_open(&first, "127.0.0.1:0", -1, &err), 0);
    assert_int_equal(tt_listener_open(&second, "not looked at", first.fd, &err), 0);
    assert_string_equal(second.address, first.address);
    assert_true((fd = try_connect(second.address)) >= 0);
    close(fd);
    tt_listener_close(&second);
    assert_int_equal(try_connect(first.address), -1);
    assert_int_equal(tt_listener_open(&second, NULL, first.fd, &err), -1);
    assert_string_equal(err.text, "the listening socket: Bad file descriptor");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_listener_takes_the_port_that_the_system_chose),
        cmocka_unit_test(test_listener_says_which_address_is_in_use),
        cmocka_unit_test(test_listener_refuses_what_is_no_address),
        cmocka_unit_test(test_listener_replaces_a_socket_that_was_left_behind),
        cmocka_unit_test(test_listener_leaves_files_alone),
        cmocka_unit_test(test_listener_takes_a_socket_that_is_open),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
