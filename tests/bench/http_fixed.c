/* Answer every request with one fixed text, for a client such as wrk to time: by lib/http, or (plain) by
 * libmicrohttpd without it.
 *
 *     http_fixed plain|static|buffer PORT [LENGTH]
 *     wrk -t1 -c32 -d5 http://127.0.0.1:PORT/
 *
 * "buffer" makes the body for each request, as for real answers; "static" sends the same text always. LENGTH: of the
 * body. Ends with its standard input. */
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http/http.h"

static char text[1 << 20] = "{\"items\": [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"g\", \"h\", \"i\", \"j\"]}\n";
static size_t text_len;

static enum MHD_Result plain(void *arg, struct MHD_Connection *connection, const char *url, const char *method,
                             const char *version, const char *bytes, size_t *n, void **context)
{
    static int seen;

    (void)arg, (void)url, (void)method, (void)version, (void)bytes, (void)n;
    if (!*context) {
        *context = &seen;
        return MHD_YES;
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(text_len, text, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result result = MHD_queue_response(connection, 200, response);
    MHD_destroy_response(response);
    return result;
}

static void answer_static(void *arg, const struct tt_http_request *request, struct tt_http_answer *answer)
{
    (void)arg, (void)request;
    answer->content_type = "application/json";
    answer->is_static = 1;
    answer->text = text;
    answer->text_len = text_len;
}

static void answer_buffer(void *arg, const struct tt_http_request *request, struct tt_http_answer *answer)
{
    struct tt_err err = TT_ERR_INIT;

    (void)arg, (void)request;
    answer->content_type = "application/json";
    if (tt_buf_add(&answer->body, text, text_len, &err))
        answer->status = 503;
}

int main(int argc, char **argv)
{
    struct tt_err err = TT_ERR_INIT;
    char listen[64];

    if (argc != 3 && argc != 4) {
        fprintf(stderr, "usage: http_fixed plain|static|buffer PORT [LENGTH]\n");
        return 2;
    }
    text_len = strlen(text);
    for (size_t wanted = argc == 4 ? strtoul(argv[3], NULL, 10) : text_len; wanted < sizeof(text) && text_len < wanted;)
        text[text_len++] = ' ';
    if (!strcmp(argv[1], "plain")) {
        unsigned short port = (unsigned short)strtoul(argv[2], NULL, 10);
        struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, port, NULL, NULL, plain, NULL,
                                                     MHD_OPTION_CONNECTION_TIMEOUT, 60u, MHD_OPTION_END);
        if (!daemon)
            return 1;
        while (getchar() != EOF)
            ;
        MHD_stop_daemon(daemon);
        return 0;
    }
    snprintf(listen, sizeof(listen), "127.0.0.1:%s", argv[2]);
    struct tt_http_options options = {.listen = listen, .fd = -1, .threads = 1, .max_connections = 1000,
                                      .idle_seconds = 60, .request_seconds = 10, .max_body = 1 << 20};
    struct tt_http *http =
        tt_http_start(&options, strcmp(argv[1], "static") ? answer_buffer : answer_static, NULL, NULL, &err);
    if (!http) {
        fprintf(stderr, "http_fixed: %s\n", err.text);
        return 1;
    }
    while (getchar() != EOF)
        ;
    tt_http_stop(http);
    return 0;
}
