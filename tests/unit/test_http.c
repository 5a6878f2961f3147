/* The HTTP layer over real connections, to a server on a port of the system's choice: connections that are kept, limits
 * and their answers, slow and idle clients, the end. */
#include "http/http.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "http_client.h"

static struct client a, b, c;
static struct reply reply;
static char big[1 << 20];

/* ---- a service ---- */

static atomic_int gate_is_shut, waiting; /* requests for /gate wait while it is shut */

/* "METHOD path:length type body:length" and "[name:length|value:length]" for each parameter. */
static void answer(void *arg, const struct tt_http_request *request, struct tt_http_answer *answer_)
{
    struct tt_err err = TT_ERR_INIT;

    (void)arg;
    answer_->endpoint = "echo";
    answer_->content_type = "text/plain";
    if (!strcmp(request->path, "/html")) {
        answer_->content_type = "text/html; charset=utf-8";
        answer_->is_static = 1;
        answer_->text = "<p>static";
        answer_->text_len = 9;
        return;
    }
    if (!strcmp(request->path, "/empty")) {
        answer_->status = 204;
        answer_->content_type = NULL;
        return;
    }
    if (!strcmp(request->path, "/none")) {
        answer_->status = 405;
        answer_->allow = "POST";
        answer_->retry_after = 7;
        return;
    }
    if (!strcmp(request->path, "/gate")) {
        waiting++;
        while (gate_is_shut)
            pause_for(1);
        waiting--;
    }
    assert(!tt_buf_printf(&answer_->body, &err, "%s %s:%zu %s %s:%zu", request->method, request->path,
                          request->path_len, request->content_type ? request->content_type : "-",
                          request->body_len < 100 ? request->body : "(long)", request->body_len));
    for (size_t i = 0; i < request->n_params && i < 10; i++) {
        const struct tt_http_param *p = &request->params[i];
        assert(!tt_buf_printf(&answer_->body, &err, " [%s:%zu|%s:%zu]", p->name, p->name_len, p->value, p->value_len));
    }
    if (request->n_params > 10)
        assert(!tt_buf_printf(&answer_->body, &err, " %zu parameters", request->n_params));
}

static struct tt_http *start(struct tt_http_options options, tt_http_done_fn *done, void *arg)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_http *http;

    if (!options.listen)
        options.listen = "127.0.0.1:0";
    if (!options.threads)
        options.threads = 2;
    if (!options.max_connections)
        options.max_connections = 64;
    if (!options.idle_seconds)
        options.idle_seconds = 60;
    if (!options.request_seconds)
        options.request_seconds = 60;
    if (!options.max_body)
        options.max_body = 1000;
    options.fd = -1;
    http = tt_http_start(&options, answer, done, arg, &err);
    assert_string_equal(err.text, "");
    assert_non_null(http);
    return http;
}

#define START(...) start((struct tt_http_options){__VA_ARGS__}, NULL, NULL)

/* Wait until it is so; patience ends after some twenty seconds. */
#define WAIT_FOR(condition)                         \
    do {                                            \
        for (int i_ = 0; !(condition) && i_ < 4000; i_++) \
            pause_for(5);                           \
        assert_true(condition);                     \
    } while (0)

static void expect_error(int status)
{
    assert_int_equal(reply.status, status);
    assert_string_equal(reply_header(&reply, "Content-Type"), "application/json");
    assert_memory_equal(reply.body, "{\"error\": \"", 11);
    assert_memory_equal(reply.body + reply.body_len - 3, "\"}\n", 3);
    assert_string_equal(reply_header(&reply, "Cache-Control"), "no-store");
}

/* ---- requests and answers ---- */

static void test_http_keeps_connections(void **state)
{
    struct tt_http *http = START(.threads = 1);

    (void)state;
    client_open(&a, tt_http_address(http));
    for (int i = 0; i < 20; i++) {
        client_request(&a, &reply, i % 2 ? GET("/one?k=10") : GET("/two"));
        assert_int_equal(reply.status, 200);
        assert_string_equal(reply.body, i % 2 ? "GET /one:4 - :0 [k:1|10:2]" : "GET /two:4 - :0");
        assert_null(reply_header(&reply, "Connection"));
    }
    assert_int_equal(tt_http_connections(http), 1);
    client_request(&a, &reply, "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    client_expect_end(&a);
    client_close(&a);
    WAIT_FOR(tt_http_connections(http) == 0);

    client_open(&a, tt_http_address(http));
    client_request(&a, &reply, "GET / HTTP/1.0\r\n\r\n");
    assert_int_equal(reply.status, 200);
    client_expect_end(&a);
    client_close(&a);
    tt_http_stop(http);
}

static void test_http_answers_pipelined_requests_in_order(void **state)
{
    struct tt_http *http = START(0);
    char body[64];

    (void)state;
    client_open(&a, tt_http_address(http));
    for (int i = 0; i < 30; i++)
        client_send(&a, i % 3 == 2 ? "POST /c HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nhi"
                        : i % 3    ? GET("/b")
                                   : GET("/a"));
    client_send(&a, "GET /las");
    for (int i = 0; i < 30; i++) {
        assert_int_equal(client_read(&a, &reply, 0), 1);
        snprintf(body, sizeof(body), i % 3 == 2 ? "POST /c:2 - hi:2" : i % 3 ? "GET /b:2 - :0" : "GET /a:2 - :0");
        assert_string_equal(reply.body, body);
    }
    client_request(&a, &reply, "t HTTP/1.1\r\n" HOST "\r\n");
    assert_string_equal(reply.body, "GET /last:5 - :0");
    client_close(&a);
    tt_http_stop(http);
}

static void test_http_answers_head_without_the_body(void **state)
{
    struct tt_http *http = START(0);

    (void)state;
    client_open(&a, tt_http_address(http));
    client_request(&a, &reply, "HEAD /a HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(reply.status, 200);
    assert_int_equal(reply.length, strlen("HEAD /a:2 - :0"));
    client_request(&a, &reply, GET("/empty"));
    assert_int_equal(reply.status, 204);
    client_request(&a, &reply, GET("/a"));
    assert_string_equal(reply.body, "GET /a:2 - :0");
    client_close(&a);
    tt_http_stop(http);
}

static void test_http_adds_headers(void **state)
{
    struct tt_http *http = START(0);

    (void)state;
    request_once(tt_http_address(http), &reply, GET("/a"));
    assert_string_equal(reply_header(&reply, "Cache-Control"), "no-store");
    assert_string_equal(reply_header(&reply, "X-Content-Type-Options"), "nosniff");
    assert_string_equal(reply_header(&reply, "Content-Type"), "text/plain");
    assert_null(reply_header(&reply, "Content-Security-Policy"));
    assert_null(reply_header(&reply, "Access-Control-Allow-Origin"));
    request_once(tt_http_address(http), &reply, GET("/html"));
    assert_string_equal(reply.body, "<p>static");
    assert_non_null(strstr(reply_header(&reply, "Content-Security-Policy"), "default-src 'self';"));
    request_once(tt_http_address(http), &reply, GET("/none"));
    assert_int_equal(reply.status, 405);
    assert_int_equal(reply.length, 0);
    assert_string_equal(reply_header(&reply, "Allow"), "POST");
    assert_string_equal(reply_header(&reply, "Retry-After"), "7");
    tt_http_stop(http);
}

static void test_http_decodes_the_target(void **state)
{
    struct tt_http *http = START(0);
    static char target[3000];
    size_t n;

    (void)state;
    client_open(&a, tt_http_address(http));
    client_request(&a, &reply, GET("/a%20b+c?x+y=1%2b2&z&n=a%00b&100%"));
    assert_string_equal(reply.body, "GET /a b+c:6 - :0 [x y:3|1+2:3] [z:1|:0] [n:1|a:3] [100%:4|:0]");
    client_request(&a, &reply, GET("/a%00/../b"));
    assert_string_equal(reply.body, "GET /a:8 - :0");
    client_request(&a, &reply, GET("http://localhost:80/a?b=c"));
    assert_string_equal(reply.body, "GET /a:2 - :0 [b:1|c:1]");

    n = (size_t)snprintf(target, sizeof(target), "GET /?");
    for (int i = 0; i < TT_HTTP_MAX_PARAMS; i++)
        n += (size_t)snprintf(target + n, sizeof(target) - n, "a=%%41&");
    snprintf(target + n, sizeof(target) - n, " HTTP/1.1\r\n" HOST "\r\n");
    client_request(&a, &reply, target);
    assert_non_null(strstr(reply.body, "[a:1|A:1] 256 parameters"));
    snprintf(target + n, sizeof(target) - n, "a HTTP/1.1\r\n" HOST "\r\n");
    client_request(&a, &reply, target);
    expect_error(400);
    client_request(&a, &reply, GET("/a"));
    assert_int_equal(reply.status, 200);
    client_close(&a);
    tt_http_stop(http);
}

/* ---- bodies ---- */

static void send_body(struct client *client, size_t n, size_t chunk)
{
    char head[200];

    memset(big, 'x', n);
    if (!chunk) {
        snprintf(head, sizeof(head), "POST /p HTTP/1.1\r\n" HOST "Content-Type: a/b\r\nContent-Length: %zu\r\n\r\n", n);
        client_send(client, head);
        client_send_bytes(client, big, n);
        return;
    }
    client_send(client, "POST /p HTTP/1.1\r\n" HOST "Content-Type: a/b\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (size_t done = 0, piece; done < n; done += piece) {
        piece = n - done < chunk ? n - done : chunk;
        snprintf(head, sizeof(head), "%zx\r\n", piece);
        client_send(client, head);
        client_send_bytes(client, big, piece);
        client_send(client, "\r\n");
    }
    client_send(client, "0\r\n\r\n");
}

static void test_http_reads_bodies_up_to_the_limit(void **state)
{
    static const size_t limits[] = {1, 1000, 200000};
    char body[64];

    (void)state;
    for (size_t i = 0; i < LENGTH(limits); i++) {
        size_t limit = limits[i];
        struct tt_http *http = START(.max_body = limit);
        client_open(&a, tt_http_address(http));
        for (size_t chunk = 0; chunk < 3 * limit; chunk += limit / 3 + 1) {
            send_body(&a, limit, chunk);
            assert_int_equal(client_read(&a, &reply, 0), 1);
            snprintf(body, sizeof(body), "POST /p:2 a/b %s:%zu", limit < 100 ? "x" : "(long)", limit);
            assert_string_equal(reply.body, body);

            /* One byte more, when the head does not say so: the body is read, and the connection stays open. */
            if (chunk) {
                send_body(&a, limit + 1, chunk);
                assert_int_equal(client_read(&a, &reply, 0), 1);
                expect_error(413);
            }
        }
        client_request(&a, &reply, "POST /p HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n");
        assert_string_equal(reply.body, "POST /p:2 - :0");
        client_request(&a, &reply, "GET /p HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\nx");
        assert_string_equal(reply.body, "GET /p:2 - x:1");
        client_close(&a);
        tt_http_stop(http);
    }
}

/* libmicrohttpd 0.9 ignores extensions of chunks, 1.0.1 refuses them. */
static void test_http_ignores_or_refuses_extensions_of_chunks(void **state)
{
    struct tt_http *http = START(0);

    (void)state;
    request_once(tt_http_address(http), &reply, "POST /p HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
                                               "2;a=b\r\nhi\r\n0\r\n\r\n");
    if (reply.status != 400)
        assert_string_equal(reply.body, "POST /p:2 - hi:2");
    request_once(tt_http_address(http), &reply, GET("/a"));
    assert_int_equal(reply.status, 200);
    tt_http_stop(http);
}

static void test_http_refuses_a_long_body_before_it_comes(void **state)
{
    static const char *const lengths[] = {"1001", "4294967297", "18446744073709551615", "18446744073709551616"};
    struct tt_http *http = START(0);
    char request[200];

    (void)state;
    for (size_t i = 0; i < LENGTH(lengths); i++) {
        snprintf(request, sizeof(request), "POST /p HTTP/1.1\r\n" HOST "Content-Length: %s\r\n\r\n", lengths[i]);
        client_open(&a, tt_http_address(http));
        client_request(&a, &reply, request);
        assert_int_equal(reply.status, 413);
        if (i < 2)
            expect_error(413);
        assert_string_equal(reply_header(&reply, "Connection"), "close");
        client_read_all(&a);
        client_close(&a);
    }
    client_open(&a, tt_http_address(http));
    client_request(&a, &reply, "POST /p HTTP/1.1\r\n" HOST "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    assert_int_equal(reply.status, 100);
    client_request(&a, &reply, "hi");
    assert_string_equal(reply.body, "POST /p:2 - hi:2");
    client_request(&a, &reply, "POST /p HTTP/1.1\r\n" HOST "Content-Length: 1001\r\nExpect: 100-continue\r\n\r\n");
    expect_error(413);
    client_close(&a);
    tt_http_stop(http);
}

/* At a megabyte beyond the limit the connection ends. */
static void test_http_ends_a_body_without_end(void **state)
{
    struct tt_http *http = START(0);

    (void)state;
    client_open(&a, tt_http_address(http));
    client_send(&a, "POST /p HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n7fffffff\r\n");
    memset(big, 'x', sizeof(big));
    for (int i = 0; i < 16; i++)
        client_send_bytes(&a, big, sizeof(big));
    client_expect_end(&a);
    client_close(&a);
    tt_http_stop(http);
}

/* Where two readers may disagree on where a request ends, one may smuggle a second past a proxy. */
static void test_http_refuses_bodies_of_unclear_length(void **state)
{
    static const char *const headers[] = {
        "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n",
        "Content-Length: 1\r\nContent-Length: 2\r\n", "Content-Length: 0\r\nContent-Length: 0\r\n",
        "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Content-Length: -1\r\n",
        "Content-Length: 1x\r\n", "Content-Length: +1\r\n", "Content-Length: 0x1\r\n",
    };
    struct tt_http *http = START(0);
    char request[300];

    (void)state;
    for (size_t i = 0; i < LENGTH(headers); i++) {
        snprintf(request, sizeof(request), "POST /p HTTP/1.1\r\n" HOST "%s\r\n", headers[i]);
        client_open(&a, tt_http_address(http));
        client_request(&a, &reply, request);
        assert_int_equal(reply.status, 400);
        client_read_all(&a);
        client_close(&a);
    }
    tt_http_stop(http);
}

/* ---- who is refused ---- */

static void test_http_refuses_other_methods(void **state)
{
    static const char *const methods[] = {"PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW", "get", "G", "GETX"};
    struct tt_http *http = START(0);
    char request[200];

    (void)state;
    client_open(&a, tt_http_address(http));
    for (size_t i = 0; i < LENGTH(methods); i++) {
        snprintf(request, sizeof(request), "%s /a HTTP/1.1\r\n" HOST "\r\n", methods[i]);
        client_request(&a, &reply, request);
        expect_error(405);
        assert_string_equal(reply_header(&reply, "Allow"), "GET, HEAD, POST");
    }
    client_request(&a, &reply, "PUT /a HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc");
    expect_error(405);
    client_expect_end(&a);
    client_close(&a);
    tt_http_stop(http);
}

static const char *allow_by_length(const char *path, size_t path_len)
{
    assert_int_equal(strlen(path), path_len);
    return path_len == 2 ? "POST" : NULL;
}

static void test_http_says_which_methods_a_path_has(void **state)
{
    struct tt_http *http = START(.allowed = allow_by_length);

    (void)state;
    client_open(&a, tt_http_address(http));
    client_request(&a, &reply, "PUT /a?b=c HTTP/1.1\r\n" HOST "\r\n");
    expect_error(405);
    assert_string_equal(reply_header(&reply, "Allow"), "POST");
    client_request(&a, &reply, "PUT /ab HTTP/1.1\r\n" HOST "\r\n");
    assert_string_equal(reply_header(&reply, "Allow"), "GET, HEAD, POST");
    client_close(&a);
    tt_http_stop(http);
}

/* Of four long bodies that arrive slowly two are held and two refused, and so is the next one; when they have ended, it
 * is accepted again. Short requests are always answered. */
static void test_http_limits_what_slow_clients_hold(void **state)
{
    struct tt_http *http = START(.max_body = 1 << 20, .max_held = (2 << 20) + 10000);
    static struct client slow[4];
    char head[200];

    (void)state;
    memset(big, 'x', sizeof(big));
    snprintf(head, sizeof(head), "POST /p HTTP/1.1\r\n" HOST "Content-Length: %d\r\n\r\n", 1 << 20);
    for (size_t i = 0; i < LENGTH(slow); i++) { /* all but the last byte */
        client_open(&slow[i], tt_http_address(http));
        client_send(&slow[i], head);
        client_send_bytes(&slow[i], big, sizeof(big) - 1);
    }
    pause_for(500); /* the next one must not compete with bodies that are still being read: a third might be refused */
    client_open(&a, tt_http_address(http));
    snprintf(head, sizeof(head), "POST /p HTTP/1.1\r\n" HOST "Content-Length: 20000\r\n\r\n");
    for (int i = 0; i < 4000; i++) { /* until all that was sent has been read */
        client_send(&a, head);
        client_send_bytes(&a, big, 20000);
        assert_int_equal(client_read(&a, &reply, 0), 1);
        if (reply.status == 503)
            break;
        assert_int_equal(reply.status, 200);
        pause_for(5);
    }
    expect_error(503);
    assert_string_equal(reply_header(&reply, "Retry-After"), "1");
    client_request(&a, &reply, GET("/short"));
    assert_int_equal(reply.status, 200);
    int refused = 0;
    for (size_t i = 0; i < LENGTH(slow); i++) {
        client_send_bytes(&slow[i], big, 1);
        assert_int_equal(client_read(&slow[i], &reply, 0), 1);
        refused += reply.status == 503;
        client_close(&slow[i]);
    }
    assert_int_equal(refused, 2);
    for (int i = 0; i < 4000 && (i == 0 || reply.status == 503); i++) {
        client_send(&a, head);
        client_send_bytes(&a, big, 20000);
        assert_int_equal(client_read(&a, &reply, 0), 1);
        pause_for(i ? 5 : 0);
    }
    assert_int_equal(reply.status, 200);
    client_close(&a);
    tt_http_stop(http);
}

static int is_page(const char *path, size_t path_len)
{
    return path_len == 5 && memcmp(path, "/page", 5) == 0;
}

static void test_http_needs_the_token(void **state)
{
    static const struct { const char *target, *header; int status; } cases[] = {
        {"/a", "", 401},
        {"/a", "Authorization: Bearer secret\r\n", 200},
        {"/a", "authorization: bearer secret\r\n", 200},
        {"/a", "Authorization: Bearer secre\r\n", 401},
        {"/a", "Authorization: Bearer secrets\r\n", 401},
        {"/a", "Authorization: Bearer Secret\r\n", 401},
        {"/a", "Authorization: Bearer \r\n", 401},
        {"/a", "Authorization: Bearer\r\n", 401},
        {"/a", "Authorization: secret\r\n", 401},
        {"/a", "Authorization: Basic secret\r\n", 401},
        {"/a?token=secret", "", 401},
        {"/page", "", 200},
        {"/page/", "", 401},
        {"/page", "Authorization: Bearer wrong\r\n", 200},
        {"/page?a=b", "", 200},
        {"/pages", "", 401},
        {"/a/page", "", 401},
        {"/a?/page", "", 401},
    };
    struct tt_http *http = START(.token = "secret", .is_open = is_page);
    char request[200];

    (void)state;
    client_open(&a, tt_http_address(http));
    for (size_t i = 0; i < LENGTH(cases); i++) {
        snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\n" HOST "%s\r\n", cases[i].target, cases[i].header);
        client_request(&a, &reply, request);
        assert_int_equal(reply.status, cases[i].status);
        if (reply.status == 401) {
            expect_error(401);
            assert_string_equal(reply_header(&reply, "WWW-Authenticate"), "Bearer");
        }
    }
    client_request(&a, &reply, "POST /a HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\n");
    expect_error(401);
    client_expect_end(&a);
    client_close(&a);
    tt_http_stop(http);
}

static void test_http_limits_the_rate_of_an_address(void **state)
{
    struct tt_http *http = START(.rate = 5);
    int answered = 0, refused = 0;

    (void)state;
    client_open(&a, tt_http_address(http));
    for (int i = 0; i < 60; i++)
        client_send(&a, GET("/a"));
    for (int i = 0; i < 60; i++) {
        assert_int_equal(client_read(&a, &reply, 0), 1);
        if (reply.status == 200) {
            answered++;
        } else {
            expect_error(429);
            assert_string_equal(reply_header(&reply, "Retry-After"), "1");
            refused++;
        }
        assert_true(i >= 5 || reply.status == 200);
    }
    assert_true(answered >= 5 && refused > 0);
    client_close(&a);
    tt_http_stop(http);
}

static void test_http_survives_malformed_requests(void **state)
{
    static const char *const requests[] = {
        "GET\r\n\r\n", "GET \r\n\r\n", "GET /\r\n\r\n", " / HTTP/1.1\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n", "GET / a b HTTP/1.1\r\n" HOST "\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\n: empty\r\n\r\n", "GET / HTTP/1.1\r\n folded\r\n\r\n",
        "\x16\x03\x01\x02\x01\x01\xff\xff\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n11111111111111111\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
    };
    struct tt_http *http = START(0);

    (void)state;
    for (size_t i = 0; i < LENGTH(requests); i++) {
        client_open(&a, tt_http_address(http));
        client_send(&a, requests[i]);
        if (client_read(&a, &reply, 0))
            assert_true(reply.status >= 400 && reply.status < 600);
        client_close(&a);
        request_once(tt_http_address(http), &reply, GET("/a"));
        assert_string_equal(reply.body, "GET /a:2 - :0");
    }
    client_open(&a, tt_http_address(http));
    client_request(&a, &reply, "\r\n" GET("/a")); /* an older client's blank line */
    assert_string_equal(reply.body, "GET /a:2 - :0");
    client_close(&a);
    WAIT_FOR(tt_http_connections(http) == 0);
    tt_http_stop(http);
}

/* libmicrohttpd does not see an end that comes together with bytes; a tick does. */
static void test_http_notices_clients_that_left(void **state)
{
    struct tt_http *http = START(0);

    (void)state;
    static struct client clients[20];
    for (size_t i = 0; i < LENGTH(clients); i++)
        client_open(&clients[i], tt_http_address(http));
    WAIT_FOR(tt_http_connections(http) == LENGTH(clients));
    for (size_t i = 0; i < LENGTH(clients); i++) {
        client_send(&clients[i], i % 2 ? "\r\n" : "GE");
        client_close(&clients[i]);
    }
    for (int i = 0; i < 4000 && tt_http_connections(http); i++) {
        pause_for(5);
        tt_http_tick(http);
    }
    assert_int_equal(tt_http_connections(http), 0);
    tt_http_stop(http);
}

static void test_http_refuses_long_heads(void **state)
{
    struct tt_http *http = START(0);

    (void)state;
    for (int i = 0; i < 3; i++) {
        client_open(&a, tt_http_address(http));
        memset(big, 'x', sizeof(big));
        client_send(&a, i == 0 ? "GET /" : i == 1 ? "GET /?" : "GET / HTTP/1.1\r\n" HOST "X: ");
        client_send_bytes(&a, big, 100000);
        client_send(&a, i < 2 ? " HTTP/1.1\r\n" HOST "\r\n" : "\r\n\r\n");
        if (client_read(&a, &reply, 0)) /* what it had not read may have reset the connection */
            assert_true(reply.status == 413 || reply.status == 414 || reply.status == 431);
        client_close(&a);

        client_open(&a, tt_http_address(http));
        client_send(&a, i == 0 ? "GET /" : i == 1 ? "GET /?" : "GET / HTTP/1.1\r\n" HOST "X: ");
        client_send_bytes(&a, big, 15000);
        client_request(&a, &reply, i < 2 ? " HTTP/1.1\r\n" HOST "\r\n" : "\r\n\r\n");
        assert_int_equal(reply.status, 200);
        client_close(&a);
    }
    tt_http_stop(http);
}

/* ---- slow, idle and too many ---- */

static void test_http_ends_slow_requests(void **state)
{
    static const char *const starts[] = {
        "G", "GET / HTTP/1.1\r\nHos", "POST / HTTP/1.1\r\n" HOST "Content-Length: 1000\r\n\r\nx",
    };
    struct tt_http *http = START(.request_seconds = 1);
    static struct client slow[LENGTH(starts)], again[LENGTH(starts)];
    int open = 0;

    (void)state;
    client_open(&a, tt_http_address(http)); /* was never used: it may be idle */
    client_open(&b, tt_http_address(http)); /* was used */
    client_request(&b, &reply, GET("/a"));
    for (size_t i = 0; i < LENGTH(starts); i++) {
        client_open(&slow[i], tt_http_address(http));
        client_send(&slow[i], starts[i]);
        client_open(&again[i], tt_http_address(http));
        client_request(&again[i], &reply, GET("/a"));
    }
    tt_http_tick(http);
    for (size_t i = 0; i < LENGTH(starts); i++)
        client_send(&again[i], starts[i]);
    WAIT_FOR(tt_http_active(http) == 4);
    open = 8;
    for (int i = 0; i < 1000 && open > 2; i++) {
        pause_for(20);
        if (i % 5 == 0 && i < 50)
            for (size_t j = 0; j < LENGTH(starts); j++) { /* they drip */
                client_send(&slow[j], "x");
                client_send(&again[j], "x");
            }
        tt_http_tick(http);
        open = (int)tt_http_connections(http);
    }
    assert_int_equal(open, 2);
    assert_int_equal(tt_http_active(http), 0);
    for (size_t i = 0; i < LENGTH(starts); i++) {
        client_expect_end(&slow[i]);
        client_expect_end(&again[i]);
        client_close(&slow[i]);
        client_close(&again[i]);
    }
    client_request(&a, &reply, GET("/a"));
    client_request(&b, &reply, GET("/a"));
    client_close(&a);
    client_close(&b);
    tt_http_stop(http);
}

static void test_http_ends_idle_connections(void **state)
{
    struct tt_http *http = START(.idle_seconds = 1);

    (void)state;
    client_open(&a, tt_http_address(http));
    client_request(&a, &reply, GET("/a"));
    client_expect_end(&a);
    client_close(&a);
    tt_http_stop(http);
}

static void test_http_evicts_the_connection_that_is_idle_the_longest(void **state)
{
    struct tt_http *http = START(.max_connections = 8);
    static struct client clients[8];

    (void)state;
    for (int i = 0; i < 8; i++) {
        client_open(&clients[i], tt_http_address(http));
        client_request(&clients[i], &reply, GET("/a"));
        pause_for(10);
    }
    client_request(&clients[0], &reply, GET("/a")); /* so 1 is the idlest */
    assert_int_equal(tt_http_connections(http), 8);
    client_open(&a, tt_http_address(http));
    client_request(&a, &reply, GET("/b"));
    assert_string_equal(reply.body, "GET /b:2 - :0");
    client_expect_end(&clients[1]);
    for (int i = 0; i < 8; i++)
        if (i != 1)
            client_request(&clients[i], &reply, GET("/a"));
    assert_int_equal(tt_http_connections(http), 8);
    for (int i = 0; i < 8; i++)
        client_close(&clients[i]);
    client_close(&a);
    tt_http_stop(http);
}

static void test_http_lets_clients_wait_when_all_are_busy(void **state)
{
    struct tt_http *http = START(.max_connections = 2);

    (void)state;
    gate_is_shut = 1;
    client_open(&a, tt_http_address(http));
    client_open(&b, tt_http_address(http));
    client_send(&a, GET("/gate"));
    client_send(&b, GET("/gate"));
    WAIT_FOR(waiting == 2);
    client_open(&c, tt_http_address(http));
    client_send(&c, GET("/c"));
    pause_for(60);
    assert_int_equal(tt_http_active(http), 2);
    gate_is_shut = 0;
    assert_int_equal(client_read(&c, &reply, 0), 1);
    assert_string_equal(reply.body, "GET /c:2 - :0");
    assert_int_equal(client_read(&a, &reply, 0), 1);
    assert_string_equal(reply.body, "GET /gate:5 - :0");
    assert_int_equal(client_read(&b, &reply, 0), 1);
    client_close(&a);
    client_close(&b);
    client_close(&c);
    tt_http_stop(http);
}

/* Whoever takes all connections by requests that never end does not have them for long. */
static void test_http_evicts_the_slowest_request_when_none_is_idle(void **state)
{
    struct tt_http *http = START(.max_connections = 2);

    (void)state;
    client_open(&a, tt_http_address(http));
    client_send(&a, "GET /a HTTP/1.1\r\n");
    WAIT_FOR(tt_http_active(http) == 1);
    pause_for(20);
    client_open(&b, tt_http_address(http));
    client_send(&b, "GET /b HTTP/1.1\r\n");
    WAIT_FOR(tt_http_active(http) == 2);
    client_open(&c, tt_http_address(http));
    client_request(&c, &reply, GET("/c"));
    assert_string_equal(reply.body, "GET /c:2 - :0");
    client_expect_end(&a);
    client_close(&a);
    client_close(&b);
    client_close(&c);
    tt_http_stop(http);
}

static void test_http_keeps_many_idle_connections(void **state)
{
    enum { MANY = 1500 };
    static int fds[MANY];
    struct rlimit limit;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_max < 2 * MANY + 200)
        SKIP("the limit of open files (ulimit -Hn) is below 3200");
    limit.rlim_cur = limit.rlim_max; /* for the clients, which are here too */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    struct tt_http *http = START(.max_connections = MANY + 1);
    for (int i = 0; i < MANY; i++)
        assert_true((fds[i] = try_connect(tt_http_address(http))) >= 0);
    WAIT_FOR(tt_http_connections(http) == MANY);
    tt_http_tick(http);
    request_once(tt_http_address(http), &reply, GET("/a"));
    assert_int_equal(reply.status, 200);
    WAIT_FOR(tt_http_connections(http) == MANY);

    /* More than one tick looks at have left in a way that only a tick notices. */
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(send(fds[i], "\r\n", 2, MSG_NOSIGNAL), 2);
        close(fds[i]);
    }
    for (int i = 0; i < 4000 && tt_http_connections(http); i++) {
        pause_for(5);
        tt_http_tick(http);
    }
    assert_int_equal(tt_http_connections(http), 0);
    tt_http_stop(http);
}

/* ---- the end, and reports ---- */

static void test_http_drains(void **state)
{
    struct tt_http *http = START(.threads = 3); /* so that no other waits for the one at the gate */
    char address[128];

    (void)state;
    snprintf(address, sizeof(address), "%s", tt_http_address(http));
    client_open(&a, address);
    client_request(&a, &reply, GET("/a"));
    client_open(&b, address);
    client_send(&b, "POST /b HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n");
    gate_is_shut = 1;
    client_open(&c, address);
    client_send(&c, GET("/gate"));
    WAIT_FOR(waiting == 1 && tt_http_active(http) == 2);
    tt_http_drain(http);
    client_expect_end(&a);
    assert_int_equal(try_connect(address), -1);
    assert_int_equal(tt_http_active(http), 2);
    gate_is_shut = 0;
    assert_int_equal(client_read(&c, &reply, 0), 1);
    assert_string_equal(reply.body, "GET /gate:5 - :0");
    assert_string_equal(reply_header(&reply, "Connection"), "close");
    client_expect_end(&c);
    client_request(&b, &reply, "hi");
    assert_string_equal(reply.body, "POST /b:2 - hi:2");
    assert_string_equal(reply_header(&reply, "Connection"), "close");
    client_expect_end(&b);
    WAIT_FOR(tt_http_active(http) == 0 && tt_http_connections(http) == 0);
    tt_http_drain(http);
    client_close(&a);
    client_close(&b);
    client_close(&c);
    tt_http_stop(http);
}

static void test_http_stops_with_connections_open(void **state)
{
    struct tt_http *http = START(0);

    (void)state;
    client_open(&a, tt_http_address(http));
    client_request(&a, &reply, GET("/a"));
    client_open(&b, tt_http_address(http));
    client_send(&b, "POST /b HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nx");
    WAIT_FOR(tt_http_active(http) == 1);
    tt_http_stop(http);
    client_expect_end(&a);
    client_expect_end(&b);
    client_close(&a);
    client_close(&b);
    tt_http_stop(NULL);
}

static void test_http_listens_at_a_path(void **state)
{
    char folder[] = "/tmp/tt-http.XXXXXX", listen[64];
    struct stat st;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(listen, sizeof(listen), "unix:%s/s", folder);
    struct tt_http *http = START(.listen = listen, .rate = 1);
    assert_string_equal(tt_http_address(http), listen);
    client_open(&a, listen);
    for (int i = 0; i < 5; i++) {
        client_request(&a, &reply, GET("/a"));
        assert_string_equal(reply.body, "GET /a:2 - :0");
    }
    tt_http_tick(http);
    client_request(&a, &reply, GET("/a"));
    client_close(&a);
    tt_http_drain(http);
    assert_int_equal(stat(listen + 5, &st), -1);
    tt_http_stop(http);
    assert_int_equal(rmdir(folder), 0);
}

static char reported[4096];
static atomic_int n_reported;

static void note_done(void *arg, const struct tt_http_done *done)
{
    size_t n = strlen(reported);

    assert(arg == reported && done->nanoseconds < UINT64_C(60000000000));
    snprintf(reported + n, sizeof(reported) - n, "%s %s %s %s %u %zu\n", done->address, done->method, done->target,
             done->endpoint, done->status, done->bytes);
    n_reported++;
}

static void test_http_reports_each_answer(void **state)
{
    struct tt_http *http =
        start((struct tt_http_options){.threads = 1, .token = "t", .is_open = is_page}, note_done, reported);

    (void)state;
    client_open(&a, tt_http_address(http));
    client_request(&a, &reply, "GET /a%20b?c=%41 HTTP/1.1\r\n" HOST "Authorization: Bearer t\r\n\r\n");
    client_request(&a, &reply, "HEAD /page HTTP/1.1\r\n" HOST "\r\n");
    client_request(&a, &reply, GET("/?q"));
    client_request(&a, &reply, "PUT /p HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\n");
    client_close(&a);
    WAIT_FOR(n_reported == 4);
    assert_string_equal(reported, "127.0.0.1 GET /a%20b?c=%41 echo 200 25\n"
                                  "127.0.0.1 HEAD /page echo 200 0\n"
                                  "127.0.0.1 GET /?q  401 60\n"
                                  "127.0.0.1 PUT /p  405 49\n");
    tt_http_stop(http);
}

static void test_http_says_why_it_does_not_start(void **state)
{
    struct tt_http *http = START(0);
    struct tt_err err = TT_ERR_INIT;
    char expected[200];
    struct rlimit limit;

    (void)state;
    struct tt_http_options options = {.listen = tt_http_address(http) + strlen("http://"), .fd = -1, .threads = 1,
                                      .max_connections = 10, .idle_seconds = 1, .request_seconds = 1, .max_body = 1};
    assert_null(tt_http_start(&options, answer, NULL, NULL, &err));
    snprintf(expected, sizeof(expected), "%s: Address already in use", options.listen);
    assert_string_equal(err.text, expected);
    tt_http_stop(http);

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max > 4000000000u)
        SKIP("there is no limit of open files (ulimit -Hn)");
    options.max_connections = (unsigned)limit.rlim_max;
    err = (struct tt_err)TT_ERR_INIT;
    assert_null(tt_http_start(&options, answer, NULL, NULL, &err));
    snprintf(expected, sizeof(expected),
             "%u connections need %u open files, and the system's limit (ulimit -Hn) is %u", options.max_connections,
             options.max_connections + 67, options.max_connections);
    assert_string_equal(err.text, expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http_keeps_connections),
        cmocka_unit_test(test_http_answers_pipelined_requests_in_order),
        cmocka_unit_test(test_http_answers_head_without_the_body),
        cmocka_unit_test(test_http_adds_headers),
        cmocka_unit_test(test_http_decodes_the_target),
        cmocka_unit_test(test_http_reads_bodies_up_to_the_limit),
        cmocka_unit_test(test_http_ignores_or_refuses_extensions_of_chunks),
        cmocka_unit_test(test_http_refuses_a_long_body_before_it_comes),
        cmocka_unit_test(test_http_ends_a_body_without_end),
        cmocka_unit_test(test_http_refuses_bodies_of_unclear_length),
        cmocka_unit_test(test_http_refuses_other_methods),
        cmocka_unit_test(test_http_says_which_methods_a_path_has),
        cmocka_unit_test(test_http_limits_what_slow_clients_hold),
        cmocka_unit_test(test_http_needs_the_token),
        cmocka_unit_test(test_http_limits_the_rate_of_an_address),
        cmocka_unit_test(test_http_survives_malformed_requests),
        cmocka_unit_test(test_http_notices_clients_that_left),
        cmocka_unit_test(test_http_refuses_long_heads),
        cmocka_unit_test(test_http_ends_slow_requests),
        cmocka_unit_test(test_http_ends_idle_connections),
        cmocka_unit_test(test_http_evicts_the_connection_that_is_idle_the_longest),
        cmocka_unit_test(test_http_lets_clients_wait_when_all_are_busy),
        cmocka_unit_test(test_http_evicts_the_slowest_request_when_none_is_idle),
        cmocka_unit_test(test_http_keeps_many_idle_connections),
        cmocka_unit_test(test_http_drains),
        cmocka_unit_test(test_http_stops_with_connections_open),
        cmocka_unit_test(test_http_listens_at_a_path),
        cmocka_unit_test(test_http_reports_each_answer),
        cmocka_unit_test(test_http_says_why_it_does_not_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
