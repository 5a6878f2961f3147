/* tt-serve: recommendations over HTTP from a model and an index. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli.h"
#include "table/calendar.h"
#include "table/zone.h"
#include "io/json_writer.h"
#include "io/mapped_file.h"
#include "serve/service.h"
#include "http/systemd.h"

static const char *listen_at = "127.0.0.1:8600", *items, *events, *name = "tt", *zone_name = "UTC",
                  *meals = TT_MEAL_TIMES, *token_file;
static struct cli_list seen_files;
static uint64_t cache = 12000000, max_connections = 10000, max_body = 1000000, idle_timeout = 30, request_timeout = 10,
                drain_timeout = 10, rate;
static int sync_policy = TT_SYNC_SECOND, access_log;

static const char *const syncs[] = {"never", "second", "always", NULL};

enum { LOG_LINE, LOG_JSON, LOG_NONE };
static const char *const logs[] = {"line", "json", "none", NULL};

static struct cli_option options[] = {
    {'l', "listen", CLI_TEXT, &listen_at, .metavar = "ADDRESS",
     .help = "listen at HOST:PORT, :PORT (all addresses) or unix:PATH"},
    {0, "items", CLI_TEXT, &items, .metavar = "FILE",
     .help = "CSV or TSV of item attributes, to show and to filter by"},
    {0, "seen", CLI_LIST, &seen_files, .metavar = "FILE",
     .help = "CSV or TSV of users and items they have seen, which are not recommended unless seen=keep"},
    {0, "events", CLI_TEXT, &events, .metavar = "FILE", .help = "accept events, and append them to this CSV"},
    {0, "sync", CLI_CHOICE, &sync_policy, .choices = syncs, .metavar = "WHEN",
     .help = "when events are forced to disk: never, every second, or always (before they are acknowledged)"},
    {'z', "zone", CLI_TEXT, &zone_name, .metavar = "ZONE", .help = "time zone of the clock, such as Asia/Seoul"},
    {'m', "meals", CLI_TEXT, &meals, .metavar = "LIST", .help = "names of meal times and the hours when they begin",
     .is_rare = 1},
    {0, "name", CLI_TEXT, &name, .metavar = "NAME", .help = "name of the model under /v1/models/"},
    {0, "token", CLI_TEXT, &token_file, .metavar = "FILE",
     .help = "require \"Authorization: Bearer TOKEN\", with the first line of this file"},
    {0, "rate", CLI_COUNT, &rate, .max = 1e9, .metavar = "N",
     .help = "limit of requests a second for each address; 0: no limit"},
    {0, "cache", CLI_COUNT, &cache, .max = 1e12, .metavar = "BYTES", .help = "size of the cache of lists"},
    {0, "log", CLI_CHOICE, &access_log, .choices = logs, .metavar = "FORM",
     .help = "access log on standard error: line, json or none"},
    {0, "max-connections", CLI_COUNT, &max_connections, .min = 10, .max = 1e6, .metavar = "N",
     .help = "limit of open connections", .is_rare = 1},
    {0, "max-body", CLI_COUNT, &max_body, .min = 100, .max = 1e9, .metavar = "BYTES",
     .help = "limit of the body of a request", .is_rare = 1},
    {0, "idle-timeout", CLI_COUNT, &idle_timeout, .min = 1, .max = 86400, .metavar = "SECONDS",
     .help = "close connections that are idle for longer", .is_rare = 1},
    {0, "request-timeout", CLI_COUNT, &request_timeout, .min = 1, .max = 86400, .metavar = "SECONDS",
     .help = "close connections whose request takes longer to arrive", .is_rare = 1},
    {0, "drain-timeout", CLI_COUNT, &drain_timeout, .max = 3600, .metavar = "SECONDS",
     .help = "time for open requests to complete when the service ends", .is_rare = 1},
    CLI_JOBS,
    CLI_QUIET,
    CLI_VERBOSE,
};

static const struct cli_program program = {
    .name = "tt-serve",
    .purpose = "Recommend items of INDEX to users of MODEL, over HTTP.",
    .usage = "[OPTION]... MODEL INDEX",
    .options = options,
    .n_options = sizeof(options) / sizeof(*options),
    .min_operands = 2,
    .max_operands = 2,
    .example = "tt-serve --items stores.csv --seen visits.csv --zone Asia/Seoul model.tt stores.tt",
};

/* ---- the log ---- */

static void note(void *arg, const char *text)
{
    (void)arg;
    cli_note("%s", text);
}

static int64_t now(void)
{
    return (int64_t)time(NULL);
}

/* "2026-01-31T12:00:00Z" */
static void stamp(char text[32])
{
    int64_t t = now(), rest;
    struct tt_date date;

    tt_date_from_days(tt_local_day(t), &date);
    rest = t - tt_local_day(t) * TT_DAY;
    snprintf(text, 32, "%04d-%02d-%02dT%02d:%02d:%02dZ", date.year, date.month, date.day, (int)(rest / TT_HOUR),
             (int)(rest / 60 % 60), (int)(rest % 60));
}

static int line_of(const struct tt_http_done *done, struct tt_buf *line, struct tt_err *err)
{
    char when[32];

    stamp(when);
    if (tt_buf_printf(line, err, "%s %s \"%s ", when, done->address, done->method))
        return -1;
    for (const char *p = done->target; *p; p++) { /* no bytes of a client that a terminal obeys */
        unsigned char c = (unsigned char)*p;
        if (c < 0x20 || c == 0x7f || c == '"' || c == '\\' ? tt_buf_printf(line, err, "\\x%02x", c)
                                                            : tt_buf_add(line, p, 1, err))
            return -1;
    }
    return tt_buf_printf(line, err, "\" %u %zu %.3fms\n", done->status, done->bytes, (double)done->nanoseconds * 1e-6);
}

static int json_of(const struct tt_http_done *done, struct tt_buf *line, struct tt_err *err)
{
    struct tt_json json = {.out = line};
    char when[32];

    stamp(when);
    tt_json_open(&json, '{');
    tt_json_key(&json, "time");
    tt_json_string(&json, when);
    tt_json_key(&json, "address");
    tt_json_string(&json, done->address);
    tt_json_key(&json, "method");
    tt_json_string(&json, done->method);
    tt_json_key(&json, "target");
    tt_json_string(&json, done->target);
    tt_json_key(&json, "status");
    tt_json_count(&json, done->status);
    tt_json_key(&json, "bytes");
    tt_json_count(&json, done->bytes);
    tt_json_key(&json, "seconds");
    tt_json_double(&json, (double)done->nanoseconds * 1e-9);
    tt_json_close(&json, '}');
    return tt_json_finish(&json, err) || tt_buf_add(line, "\n", 1, err) ? -1 : 0;
}

static void done(void *arg, const struct tt_http_done *request)
{
    struct tt_err ignored = TT_ERR_INIT;
    struct tt_buf line = TT_BUF_INIT;

    tt_service_done(arg, request);
    if (access_log == LOG_NONE || cli_quiet)
        return;
    if ((access_log == LOG_JSON ? json_of : line_of)(request, &line, &ignored) == 0)
        (void)!write(STDERR_FILENO, line.data, line.len); /* a failure is ignored: the request was answered */
    tt_buf_release(&line);
}

/* ---- running ---- */

/* The first line of the token's file. */
static int read_token(struct tt_buf *token, struct tt_err *err)
{
    struct tt_reader reader;
    char bytes[4096];
    size_t got;

    if (!token_file)
        return 0;
    if (tt_reader_open(&reader, token_file, err))
        return -1;
    int status = tt_reader_read_full(&reader, bytes, sizeof(bytes), &got, err);
    tt_reader_close(&reader);
    if (status)
        return -1;
    size_t len = 0;
    while (len < got && bytes[len] > ' ' && bytes[len] < 0x7f)
        len++;
    if (len == 0 || (len < got && bytes[len] != '\n' && bytes[len] != '\r'))
        return tt_err_set(err, TT_ERR_INPUT, "%s:1: a token of visible ASCII characters is expected", token_file);
    return tt_buf_add(token, bytes, len, err);
}

/* Another process is about to write to a file that is mapped. */
static void keep_files(void)
{
    struct tt_err err = TT_ERR_INIT;

    if (tt_mapped_file_preserve_all(&err))
        cli_note("a file that is in use is being overwritten, and cannot be copied: %s", err.text);
}

/* Signals are blocked in our threads, and main waits for them. But OpenBLAS starts threads of its own before main
 * begins, which block nothing: a signal that comes while main is busy may be delivered to one of those, which notes it
 * here. */
static atomic_int got_hangup, got_end, got_write;

static void note_signal(int signal)
{
    if (signal == SIGHUP)
        got_hangup = 1;
    else if (signal == tt_mapped_file_signal())
        got_write = 1;
    else
        got_end = 1;
}

/* The next signal, SIGINT as SIGTERM; 0: none in that time. */
static int wait_for_signal(const sigset_t *signals, const struct timespec *timeout)
{
    int signal = got_end || got_write || got_hangup ? 0 : sigtimedwait(signals, NULL, timeout);

    if (signal > 0)
        note_signal(signal);
    if (atomic_exchange(&got_end, 0))
        return SIGTERM;
    if (atomic_exchange(&got_write, 0))
        return tt_mapped_file_signal();
    return atomic_exchange(&got_hangup, 0) ? SIGHUP : 0;
}

/* Serve until SIGTERM or SIGINT. */
static void run(struct tt_service *service, struct tt_http *http, const sigset_t *signals)
{
    const struct timespec second = {.tv_sec = 1};
    int watches = tt_systemd_watches();

    for (;;) {
        int signal = wait_for_signal(signals, &second);
        if (signal == SIGTERM)
            return;
        if (signal && signal == tt_mapped_file_signal())
            keep_files();
        if (signal == SIGHUP) {
            tt_systemd_reloading();
            tt_service_reload(service);
            tt_systemd_notify("READY=1");
        }
        tt_service_tick(service);
        tt_http_tick(http);
        if (watches)
            tt_systemd_notify("WATCHDOG=1");
    }
}

/* Accept no new requests, and wait for the open ones; a second signal ends it at once. */
static void end(struct tt_service *service, struct tt_http *http, const sigset_t *signals)
{
    const struct timespec little = {.tv_nsec = 20000000};
    double until = cli_seconds() + (double)drain_timeout;

    tt_systemd_notify("STOPPING=1");
    tt_service_drain(service);
    tt_http_drain(http);
    while (tt_http_active(http) && cli_seconds() < until)
        if (wait_for_signal(signals, &little) == SIGTERM)
            break;
    if (tt_http_active(http))
        cli_note("ended with %u requests unanswered", tt_http_active(http));
}

/* Limit of the memory for bodies and answers that wait for slow clients: 256 MiB, or 4 bodies if these may be large. */
static size_t max_held(void)
{
    const size_t usual = (size_t)256 << 20;

    return max_body > usual / 4 ? (size_t)max_body * 4 : usual;
}

static int serve(const struct tt_service_options *service_options, struct tt_http_options *http_options,
                 const sigset_t *signals, struct tt_err *err)
{
    struct tt_service *service = tt_service_new(service_options, err);
    struct tt_http *http;
    struct tt_buf token = TT_BUF_INIT;
    int status = -1;

    if (!service || read_token(&token, err))
        goto done;
    http_options->token = token.data;
    http = tt_http_start(http_options, tt_service_answer, done, service, err);
    if (!http)
        goto done;
    tt_service_count_connections(service, tt_http_connections, http);
    cli_note("listening on %s", tt_http_address(http));
    tt_systemd_notify("READY=1");
    run(service, http, signals);
    end(service, http, signals);
    tt_http_stop(http);
    status = 0;
done:
    tt_service_free(service);
    tt_buf_release(&token);
    return status;
}

static void check_usage(struct tt_recommend_settings *settings)
{
    struct tt_err err = TT_ERR_INIT;

    if (tt_meal_times_parse(&settings->meals, meals, &err))
        cli_usage_error("--meals: %s", err.text);
    for (const char *p = name; *p; p++)
        if (*p == '/' || *p == ':' || *p == '?' || *p == '#' || *p == '%' || (unsigned char)*p <= ' ')
            cli_usage_error("--name: '%s' cannot stand in a path", name);
    if (name[0] == '\0')
        cli_usage_error("--name: is empty");
    for (int i = 0; i < 2; i++)
        if (strcmp(cli_operands[i], "-") == 0)
            cli_usage_error("MODEL and INDEX must be files: they are read again when they change");
    if (cli_given("sync") && !events)
        cli_usage_error("--sync has no meaning without --events");
}

static void block_signals(sigset_t *signals)
{
    const int ours[] = {SIGHUP, SIGTERM, SIGINT, tt_mapped_file_signal()};
    struct sigaction action = {.sa_handler = note_signal, .sa_flags = SA_RESTART};

    sigemptyset(signals);
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
        if (ours[i])
            sigaddset(signals, ours[i]);
    sigprocmask(SIG_BLOCK, signals, NULL);
    for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
        if (ours[i])
            sigaction(ours[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN); /* a client that has disconnected */
    signal(SIGXFSZ, SIG_IGN); /* the log has reached a limit: events are refused */
}

int main(int argc, char **argv)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_service_options service_options = {0};
    struct tt_http_options http_options = {0};
    struct tt_zone *zone = NULL;
    sigset_t signals;
    int status = -1;

    cli_start(&program, argc, argv);
    check_usage(&service_options.settings);
    /* Return long bodies, long answers and old models to the system when they are freed. Without this, glibc would
     * raise its threshold to the size of the first one, and keep the others. */
    mallopt(M_MMAP_THRESHOLD, 1 << 17);
    block_signals(&signals);
    service_options.pool = cli_pool(&err);
    zone = service_options.pool ? tt_zone_new(zone_name, getenv("TZDIR"), &err) : NULL;
    if (zone) {
        service_options.files = (struct tt_snapshot_files){cli_operands[0], cli_operands[1], items, seen_files.items,
                                                           seen_files.n};
        service_options.settings.zone = zone;
        service_options.settings.removes_seen = seen_files.n > 0;
        service_options.name = name;
        service_options.events = events;
        service_options.sync = (enum tt_csv_log_sync)sync_policy;
        service_options.cache = (size_t)cache;
        service_options.now = now;
        service_options.note = note;
        http_options = (struct tt_http_options){.listen = listen_at, .fd = tt_systemd_socket(),
                                                .threads = (unsigned)tt_pool_threads(service_options.pool),
                                                .max_connections = (unsigned)max_connections,
                                                .idle_seconds = (unsigned)idle_timeout,
                                                .request_seconds = (unsigned)request_timeout,
                                                .max_body = (size_t)max_body, .max_held = max_held(),
                                                .rate = (unsigned)rate,
                                                .allowed = tt_service_allowed, .is_open = tt_service_is_open};
        status = serve(&service_options, &http_options, &signals, &err);
    }
    tt_zone_free(zone);
    tt_pool_free(service_options.pool);
    return cli_finish(status, &err);
}
