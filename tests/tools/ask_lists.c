/* ask_lists: do the answers of a service stay right while its files are exchanged?
 *
 *     ask_lists http://127.0.0.1:PORT MORE CONNECTIONS SECONDS MODEL:INDEX:LISTS...
 *
 * Asks for users at random, "/recommend?user=USER" and the text MORE, over so many connections, one request after the
 * other on each. LISTS is a TSV of "user item score", best first, without a header: what a service answers from the
 * files whose fingerprints (tt-show: checksum) begin with MODEL and INDEX. All have the same users. Each answer must
 * have the fingerprints of one of them and its list, digit by digit. Ends after SECONDS, or with SIGTERM; then prints
 * TSV: how many answers came from each, and how many were wrong, lost (a connection ended) or refused. Exit 1 when any
 * was, or when a model was not heard of. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/number.h"
#include "table/vocab.h"

enum { MAX_SERVED = 4, MAX_CONNECTIONS = 200, MAX_ANSWER = 1 << 16 };

/* What a model and its index answer. */
struct served {
    const char *model, *index;
    struct tt_buf items;          /* as an answer has them: {"id":"A","score":1}{"id" ... */
    size_t *from, *end;           /* of each user in items */
    size_t heard;
};

struct connection {
    int fd;
    uint32_t user;                /* who was asked for */
    size_t sent, to_send, got;
    char request[512];
    char answer[MAX_ANSWER];
};

static struct served served[MAX_SERVED];
static size_t n_served;
static struct tt_vocab users;
static struct connection connections[MAX_CONNECTIONS];
static const char *more;
static struct sockaddr_in address;
static size_t wrong, lost, refused;
static volatile sig_atomic_t ended;

static void end(int signal)
{
    (void)signal;
    ended = 1;
}

static int complain(const char *text)
{
    fprintf(stderr, "ask_lists: %s\n", text);
    return -1;
}

/* ---- what is right ---- */

static int add_row(struct served *s, char *line, size_t first, struct tt_err *err)
{
    char *item = strchr(line, '\t'), *score = item ? strchr(item + 1, '\t') : NULL;
    size_t n = users.texts.n;
    uint32_t user;

    if (!score)
        return complain("a line is not of three fields");
    *item++ = *score++ = '\0';
    if (tt_vocab_add(&users, line, strlen(line), &user, err))
        return -1;
    if (user == n && first != 0)
        return complain("lists have other users");
    if (user >= 1 << 20)
        return complain("too many users");
    if (s->end[user] == 0)
        s->from[user] = s->items.len;
    else if (s->end[user] != s->items.len)
        return complain("a user's rows do not stand together");
    if (tt_buf_printf(&s->items, err, "{\"id\":\"%s\",\"score\":%s}", item, score))
        return -1;
    s->end[user] = s->items.len;
    return 0;
}

static int read_lists(struct served *s, const char *path, size_t first, struct tt_err *err)
{
    char line[1024];
    FILE *f = fopen(path, "r");
    int status = 0;

    s->from = tt_alloc_zero(1 << 20, sizeof(*s->from), err);
    s->end = tt_alloc_zero(1 << 20, sizeof(*s->end), err);
    if (!f || !s->from || !s->end)
        return complain("cannot read lists");
    while (status == 0 && fgets(line, sizeof(line), f)) {
        line[strcspn(line, "\n")] = '\0';
        status = add_row(s, line, first, err);
    }
    fclose(f);
    return status;
}

/* Does the answer say what model s says of the user? Attributes and the like, behind a score, are passed over. */
static int is_list_of(const struct served *s, uint32_t user, const char *answer)
{
    const char *want = s->items.data + s->from[user], *end = s->items.data + s->end[user];
    const char *at = strstr(answer, "\"items\":[");

    if (!at)
        return 0;
    for (at += strlen("\"items\":["); want < end; at += *at == ',') {
        size_t n = (size_t)((const char *)memchr(want, '}', (size_t)(end - want)) - want); /* without its bracket */
        if (strncmp(at, want, n) != 0 || (at[n] != ',' && at[n] != '}'))
            return 0;
        want += n + 1;
        at += n;
        for (int depth = 1; depth; at++) {
            if (!*at)
                return 0;
            depth += (*at == '{') - (*at == '}');
        }
    }
    return *at == ']';
}

static int has_member(const char *answer, const char *name, const char *begin)
{
    char text[64];
    const char *at;

    snprintf(text, sizeof(text), "\"%s\":\"", name);
    at = strstr(answer, text);
    return at && strncmp(at + strlen(text), begin, strlen(begin)) == 0;
}

static void judge(struct connection *c, const char *body)
{
    const char *user;
    char text[512];
    size_t len;

    if (strncmp(c->answer, "HTTP/1.1 200 ", 13) != 0) {
        refused++;
        return;
    }
    user = tt_text_list_get(&users.texts, c->user, &len);
    snprintf(text, sizeof(text), "{\"user\":\"%.*s\",", (int)len, user);
    for (size_t i = 0; strncmp(body, text, strlen(text)) == 0 && i < n_served; i++)
        if (has_member(body, "model", served[i].model) && has_member(body, "index", served[i].index) &&
            is_list_of(&served[i], c->user, body)) {
            served[i].heard++;
            return;
        }
    if (wrong++ == 0)
        fprintf(stderr, "ask_lists: wrong: %s\n", body);
}

/* ---- connections ---- */

static void ask(struct connection *c)
{
    static uint64_t seed = 88172645463325252u;
    const char *user;
    size_t len;

    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    c->user = (uint32_t)(seed % users.texts.n);
    user = tt_text_list_get(&users.texts, c->user, &len);
    c->to_send = (size_t)snprintf(c->request, sizeof(c->request),
                                  "GET /recommend?user=%.*s%s HTTP/1.1\r\nHost: a\r\n\r\n", (int)len, user, more);
    c->sent = c->got = 0;
}

static int open_connection(struct connection *c)
{
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&address, sizeof(address)))
        return complain(strerror(errno));
    ask(c);
    return 0;
}

static int again(struct connection *c)
{
    lost++;
    close(c->fd);
    return open_connection(c);
}

/* What may be done without waiting. */
static int move(struct connection *c, short events)
{
    if (c->sent < c->to_send) {
        ssize_t n = send(c->fd, c->request + c->sent, c->to_send - c->sent, MSG_NOSIGNAL);
        if (n < 0)
            return again(c);
        c->sent += (size_t)n;
        return 0;
    }
    if (!(events & (POLLIN | POLLHUP | POLLERR)))
        return 0;
    ssize_t n = recv(c->fd, c->answer + c->got, MAX_ANSWER - 1 - c->got, 0);
    if (n <= 0)
        return again(c);
    c->got += (size_t)n;
    c->answer[c->got] = '\0';
    const char *body = strstr(c->answer, "\r\n\r\n"), *length = strstr(c->answer, "Content-Length: ");
    if (!body)
        return 0;
    if (!length || length > body)
        return complain("an answer without Content-Length");
    body += 4;
    size_t whole = (size_t)(body - c->answer) + strtoul(length + strlen("Content-Length: "), NULL, 10);
    if (c->got < whole)
        return 0;
    if (c->got > whole)
        wrong++;
    judge(c, body);
    ask(c);
    return 0;
}

static int run(size_t n, double seconds)
{
    struct pollfd fds[MAX_CONNECTIONS];
    struct timespec t;
    double until;

    clock_gettime(CLOCK_MONOTONIC, &t);
    until = (double)t.tv_sec + (double)t.tv_nsec * 1e-9 + seconds;
    for (size_t i = 0; i < n; i++)
        if (open_connection(&connections[i]))
            return -1;
    for (int idle = 0; !ended; clock_gettime(CLOCK_MONOTONIC, &t)) {
        if ((double)t.tv_sec + (double)t.tv_nsec * 1e-9 > until)
            break;
        for (size_t i = 0; i < n; i++)
            fds[i] = (struct pollfd){connections[i].fd,
                                     connections[i].sent < connections[i].to_send ? POLLOUT : POLLIN, 0};
        int ready = poll(fds, (nfds_t)n, 1000);
        idle = ready > 0 ? 0 : idle + 1;
        if (idle > 60)
            return complain("no answer in a minute");
        for (size_t i = 0; ready > 0 && i < n; i++)
            if (fds[i].revents && move(&connections[i], fds[i].revents))
                return -1;
    }
    return 0;
}

/* "MODEL:INDEX:LISTS" */
static int take(char *text, size_t first, struct tt_err *err)
{
    struct served *s = &served[n_served];
    char *index = strchr(text, ':'), *path = index ? strchr(index + 1, ':') : NULL;

    if (n_served == MAX_SERVED || !path)
        return complain("expected up to 4 of MODEL:INDEX:LISTS");
    *index++ = *path++ = '\0';
    s->model = text;
    s->index = index;
    n_served++;
    return read_lists(s, path, first, err);
}

int main(int argc, char **argv)
{
    struct tt_err err = TT_ERR_INIT;
    uint64_t n, seconds;
    int failed;

    if (argc < 6 || strncmp(argv[1], "http://127.0.0.1:", 17) != 0 || tt_parse_count(argv[3], strlen(argv[3]), &n) ||
        n < 1 || n > MAX_CONNECTIONS || tt_parse_count(argv[4], strlen(argv[4]), &seconds) ||
        tt_vocab_init(&users, &err))
        return 2;
    for (int i = 5; i < argc; i++)
        if (take(argv[i], (size_t)i - 5, &err)) {
            fprintf(stderr, "ask_lists: %s\n", err.text);
            return 2;
        }
    more = argv[2];
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((unsigned short)strtoul(argv[1] + 17, NULL, 10));
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = end}, NULL);
    failed = run((size_t)n, (double)seconds) || wrong || lost || refused;
    printf("what\tanswers\n");
    for (size_t i = 0; i < n_served; i++) {
        printf("%.8s\t%zu\n", served[i].model, served[i].heard);
        failed |= served[i].heard == 0;
    }
    printf("wrong\t%zu\nlost\t%zu\nrefused\t%zu\n", wrong, lost, refused);
    return failed;
}
