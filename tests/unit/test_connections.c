/* The table of connections with a server that answers nothing: who is let in, who makes way, who takes too long. */
#include "http/connections.h"

#include <stdatomic.h>

#include "http/listener.h"
#include "http_client.h"

enum { MAX = 3, SEEN = 16 };

static struct tt_connections *table;
static struct tt_listener listener;

/* What was accepted, in this order. */
static struct tt_connection *accepted[SEEN];
static int fds[SEEN];
static atomic_int n_accepted;
static atomic_int refuses;

static int open_(void *arg, struct tt_connection *connection, int fd)
{
    assert_ptr_equal(arg, fds);
    if (refuses) {
        close(fd);
        return -1;
    }
    accepted[n_accepted] = connection;
    fds[n_accepted] = fd;
    tt_connections_opened(table, connection, fd);
    n_accepted++;
    return 0;
}

static int setup(void **state)
{
    struct tt_connections_options options = {MAX, 2, 1, 1, open_, fds};
    struct tt_err err = TT_ERR_INIT;

    (void)state;
    n_accepted = refuses = 0;
    listener = (struct tt_listener)TT_LISTENER_INIT;
    table = tt_connections_new(&options, &err);
    return !table || tt_listener_open(&listener, "127.0.0.1:0", -1, &err) ||
           tt_connections_start(table, listener.fd, &err);
}

static void close_accepted(int i)
{
    tt_connections_closed(table, accepted[i]);
    close(fds[i]);
}

static int teardown(void **state)
{
    (void)state;
    tt_connections_free(table);
    tt_listener_close(&listener);
    return 0;
}

/* A client, once the server has accepted it. */
static int connect_one(void)
{
    int n = n_accepted, fd = try_connect(listener.address);

    assert_true(fd >= 0);
    for (int i = 0; i < 4000 && n_accepted == n; i++)
        pause_for(5);
    assert_int_equal(n_accepted, n + 1);
    return fd;
}

/* Has the connection been shut down: does the server read its end? */
static int is_shut(int i)
{
    char byte;

    return recv(fds[i], &byte, 1, MSG_DONTWAIT) == 0;
}

static void test_connections_are_counted_and_spread_over_workers(void **state)
{
    int clients[MAX];

    (void)state;
    assert_int_equal(tt_connections_count(table), 0);
    for (int i = 0; i < MAX; i++) {
        clients[i] = connect_one();
        assert_int_equal(accepted[i]->worker, i % 2);
        assert_string_equal(tt_connection_address(accepted[i]), "127.0.0.1");
        assert_true(accepted[i]->peer_hash && accepted[i]->peer_hash == accepted[0]->peer_hash);
    }
    assert_true(accepted[0]->place != accepted[1]->place);
    assert_int_equal(tt_connections_count(table), MAX);
    assert_int_equal(tt_connections_active(table), 0);
    tt_connection_set(accepted[0], TT_CONNECTION_ARRIVING);
    tt_connection_set(accepted[1], TT_CONNECTION_ANSWERING);
    tt_connection_set(accepted[2], TT_CONNECTION_SENDING);
    assert_int_equal(tt_connections_active(table), MAX);
    tt_connection_set(accepted[2], TT_CONNECTION_IDLE);
    assert_int_equal(tt_connections_active(table), 2);
    for (int i = 0; i < MAX; i++) {
        close_accepted(i);
        close(clients[i]);
    }
    assert_int_equal(tt_connections_count(table), 0);
}

static void test_connections_that_are_idle_the_longest_make_way(void **state)
{
    int clients[MAX + 1];

    (void)state;
    for (int i = 0; i < MAX; i++) {
        clients[i] = connect_one();
        pause_for(20);
    }
    tt_connection_set(accepted[0], TT_CONNECTION_ANSWERING);
    tt_connection_set(accepted[1], TT_CONNECTION_ARRIVING);
    tt_connection_set(accepted[1], TT_CONNECTION_IDLE); /* so 2 is idle the longest */
    clients[MAX] = try_connect(listener.address);
    for (int i = 0; i < 4000 && !is_shut(2); i++)
        pause_for(5);
    assert_true(is_shut(2) && !is_shut(1) && !is_shut(0));
    assert_int_equal(n_accepted, MAX);
    close_accepted(2);
    for (int i = 0; i < 4000 && n_accepted == MAX; i++)
        pause_for(5);
    assert_int_equal(n_accepted, MAX + 1);
    for (int i = 0; i <= MAX; i++) {
        if (i != 2)
            close_accepted(i);
        close(clients[i]);
    }
}

static void test_connections_that_take_too_long_are_shut_down_by_a_tick(void **state)
{
    int clients[MAX];

    (void)state;
    for (int i = 0; i < MAX; i++)
        clients[i] = connect_one();
    tt_connection_set(accepted[0], TT_CONNECTION_ARRIVING); /* a second */
    tt_connection_set(accepted[1], TT_CONNECTION_SENDING);  /* two */
    tt_connection_set(accepted[2], TT_CONNECTION_ANSWERING); /* is the server's own time */
    tt_connections_tick(table);
    assert_true(!is_shut(0) && !is_shut(1) && !is_shut(2));
    for (int i = 0; i < 4000 && !is_shut(0); i++, tt_connections_tick(table))
        pause_for(5);
    assert_true(is_shut(0) && !is_shut(1) && !is_shut(2));
    for (int i = 0; i < 4000 && !is_shut(1); i++, tt_connections_tick(table))
        pause_for(5);
    assert_true(is_shut(1) && !is_shut(2));
    for (int i = 0; i < MAX; i++) {
        close_accepted(i);
        close(clients[i]);
    }
}

static void test_connections_end_when_idle_after_accepting_has_stopped(void **state)
{
    int clients[2];

    (void)state;
    for (int i = 0; i < 2; i++)
        clients[i] = connect_one();
    tt_connection_set(accepted[1], TT_CONNECTION_ARRIVING);
    assert_false(tt_connections_has_stopped(table));
    tt_connections_stop_accepting(table);
    assert_true(tt_connections_has_stopped(table));
    tt_connections_tick(table);
    assert_true(is_shut(0) && !is_shut(1));
    tt_connections_stop_accepting(table);
    for (int i = 0; i < 2; i++) {
        close_accepted(i);
        close(clients[i]);
    }
}

static void test_connections_that_cannot_be_opened_leave_their_place(void **state)
{
    (void)state;
    refuses = 1;
    for (int i = 0; i < 2 * MAX; i++) {
        char byte;
        int fd = try_connect(listener.address);
        assert_int_equal(recv(fd, &byte, 1, 0), 0);
        close(fd);
    }
    refuses = 0;
    int fd = connect_one();
    assert_int_equal(tt_connections_count(table), 1);
    close_accepted(0);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_connections_are_counted_and_spread_over_workers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_connections_that_are_idle_the_longest_make_way, setup, teardown),
        cmocka_unit_test_setup_teardown(test_connections_that_take_too_long_are_shut_down_by_a_tick, setup, teardown),
        cmocka_unit_test_setup_teardown(test_connections_end_when_idle_after_accepting_has_stopped, setup, teardown),
        cmocka_unit_test_setup_teardown(test_connections_that_cannot_be_opened_leave_their_place, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
