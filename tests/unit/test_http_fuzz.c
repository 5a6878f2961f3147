/* Two thousand requests that were changed at random, over real connections: the server keeps answering proper ones, and
 * no connection stays. The seed is fixed. Most of all for the sanitizers. */
#include "http/http.h"

#include <stdatomic.h>

#include "http_client.h"
#include "mutate.h"

enum { ROUNDS = 2000, CONNECTIONS = 32, MAX_CONNECTIONS = 200, MAX_REQUEST = 20000 };

static const char *const requests[] = {
    GET("/recommend?user=a%20b&k=10&exclude=x+y"),
    "HEAD /about HTTP/1.1\r\n" HOST "Connection: keep-alive\r\nAuthorization: Bearer secret\r\n\r\n",
    "POST /events HTTP/1.1\r\n" HOST "Content-Type: application/json\r\nContent-Length: 27\r\n\r\n"
    "{\"user\": \"a\", \"item\": \"b\"}\n",
    "POST /events HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nTrailer: X\r\n\r\n"
    "5;a=b\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\nX: y\r\n\r\n",
    GET("/a") "POST /b HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc" GET("/c?d"),
    "PUT /x HTTP/1.0\r\nExpect: 100-continue\r\nCookie: a=b; c=\"d\"\r\nContent-Length: 1\r\n\r\nx",
};

/* What means something in a request. */
static const char *const words[] = {
    "ffffffffffffffffff", "0x10", "%00", "%", "%%%", "%2", "\r\n", "\n",
    "\r", "\r\n\r\n", " ", "\t", ":", ";", "&&&&", "==", "?", "#", "/../", "//", "HTTP/1.1", "Content-Length: 5\r\n",
    "Transfer-Encoding: chunked\r\n", "Host: a\r\n", "Connection: close\r\n", "Authorization: Bearer \r\n",
    "Expect: 100-continue\r\n", "\xff\xfe", "\"", "0\r\n\r\n", " folded\r\n", "http://", "Upgrade: websocket\r\n",
};

static struct mutator mutator = {.words = words, .n_words = LENGTH(words), .max_len = MAX_REQUEST, .max_repeats = 200};

static size_t below(size_t n)
{
    return tt_rng_below(&mutator.rng, n);
}

static atomic_ulong n_answered;

/* Looks at all that it is given. */
static void answer(void *arg, const struct tt_http_request *request, struct tt_http_answer *answer_)
{
    struct tt_err err = TT_ERR_INIT;
    size_t sum = strlen(request->method) + strlen(request->path) + request->path_len;

    (void)arg;
    for (size_t i = 0; i < request->n_params; i++) {
        const struct tt_http_param *p = &request->params[i];
        sum += strlen(p->name) + strlen(p->value) + p->name_len + p->value_len;
    }
    for (size_t i = 0; i <= request->body_len; i++)
        sum += (unsigned char)request->body[i];
    sum += request->content_type ? strlen(request->content_type) : 0;
    if (tt_buf_printf(&answer_->body, &err, "%zu", sum))
        answer_->status = 503;
    answer_->content_type = "text/plain";
    n_answered++;
}

static void count_bytes(void *arg, const struct tt_http_done *done)
{
    atomic_ulong *bytes = arg;

    *bytes += strlen(done->address) + strlen(done->method) + strlen(done->target) + strlen(done->endpoint);
}

static int is_open(const char *path, size_t path_len)
{
    return path_len == 5 && memcmp(path, "/open", 5) == 0;
}

static void expect_proper_answer(struct tt_http *http)
{
    static struct reply reply;

    request_once(tt_http_address(http), &reply, GET("/open?b=c"));
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply.body, "17"); /* 3 of GET, twice 5 of the path, twice 2 of the parameter, and a NUL */
}

static void run(const char *token)
{
    static struct client clients[CONNECTIONS];
    struct tt_buf text = TT_BUF_INIT;
    struct tt_http_options options = {.listen = "127.0.0.1:0", .fd = -1, .threads = 2,
                                      .max_connections = MAX_CONNECTIONS, .idle_seconds = 60,
                                      .request_seconds = 60, .max_body = 64, .token = token, .is_open = is_open};
    struct tt_err err = TT_ERR_INIT;
    atomic_ulong reported = 0;
    struct tt_http *http = tt_http_start(&options, answer, count_bytes, &reported, &err);

    assert_non_null(http);
    for (size_t i = 0; i < CONNECTIONS; i++)
        clients[i].fd = -1;
    for (int round = 0; round < ROUNDS / 2; round++) {
        /* Some thirty are open at a time, so that answers need not be waited for. */
        struct client *client = &clients[round % CONNECTIONS];
        const char *request = requests[below(LENGTH(requests))];
        if (client->fd >= 0)
            client_close(client);
        mutate(&mutator, &text, request, strlen(request), 1 + below(6));
        client_open(client, tt_http_address(http));
        size_t first = below(3) ? text.len : below(text.len + 1); /* in one piece or two */
        client_send_bytes(client, text.data, first);
        client_send_bytes(client, text.data + first, text.len - first);
        if (!below(4))
            shutdown(client->fd, SHUT_WR);
        if (round % 50 == 49) {
            expect_proper_answer(http);
            tt_http_tick(http);
        }
    }
    for (size_t i = 0; i < CONNECTIONS; i++)
        client_close(&clients[i]);
    expect_proper_answer(http);
    for (int i = 0; i < 4000 && tt_http_connections(http); i++) {
        pause_for(5);
        tt_http_tick(http);
    }
    assert_int_equal(tt_http_connections(http), 0);
    assert_int_equal(tt_http_active(http), 0);
    assert_true(reported > 0);
    tt_buf_release(&text);
    tt_http_stop(http);
}

static void test_http_survives_requests_changed_at_random(void **state)
{
    (void)state;
    tt_rng_init(&mutator.rng, 1, TT_RNG_TEST, 0);
    run(NULL);
    assert_true(n_answered > ROUNDS / 20);
    run("secret");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http_survives_requests_changed_at_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
