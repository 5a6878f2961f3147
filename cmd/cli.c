/* What all programs share: see cli.h. */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/number.h"
#include "io/container.h"

enum { MAX_TEMPORARIES = 16, COUNT_LIMIT_BITS = 53 };

const char *cli_output;
uint64_t cli_jobs;
int cli_quiet, cli_verbose;
char **cli_operands;
int cli_n_operands;

static const struct cli_program *self;
static struct timespec started;

/* ---- temporary files and signals ---- */

static char temporaries[MAX_TEMPORARIES][4096]; /* "" is a free place; read by the signal handler */

void cli_watch_temporary(const char *temporary, int alive)
{
    sigset_t all, old;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &old);
    for (int i = 0; i < MAX_TEMPORARIES; i++) {
        if (alive ? !temporaries[i][0] : strcmp(temporaries[i], temporary) == 0) {
            snprintf(temporaries[i], sizeof(temporaries[i]), "%s", alive ? temporary : "");
            break;
        }
    }
    sigprocmask(SIG_SETMASK, &old, NULL);
}

static void remove_temporaries(int signal_number)
{
    for (int i = 0; i < MAX_TEMPORARIES; i++)
        if (temporaries[i][0])
            unlink(temporaries[i]);
    signal(signal_number, SIG_DFL); /* die of it, so that the caller sees why */
    raise(signal_number);
}

static void set_signals(void)
{
    static const int deadly[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
    sigset_t none;

    signal(SIGPIPE, SIG_DFL); /* a parent may have set it to be ignored: `tt-x | head` must end quietly */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (size_t i = 0; i < sizeof(deadly) / sizeof(*deadly); i++) {
        struct sigaction old;
        if (sigaction(deadly[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN) { /* nohup stays nohup */
            struct sigaction new = {.sa_handler = remove_temporaries};
            sigfillset(&new.sa_mask);
            sigaction(deadly[i], &new, NULL);
        }
    }
}

/* Else a program that is started with a closed standard stream would get its number for the first file it opens, and
 * write messages into it. */
static void open_standard_streams(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
            _exit(1);
}

/* ---- messages ---- */

static int progress_width;    /* of the line that is on the terminal; 0: none */
static double progress_shown; /* when, in seconds of cli_seconds */

static void clear_progress(void)
{
    if (progress_width)
        fprintf(stderr, "\r%*s\r", progress_width, "");
    progress_width = 0;
}

int cli_progress_is_due(void)
{
    static int is_terminal = -1;

    if (is_terminal < 0)
        is_terminal = isatty(STDERR_FILENO);
    if (cli_quiet || (!is_terminal && !cli_verbose))
        return 0;
    return cli_seconds() - progress_shown >= (is_terminal ? 0.25 : 10);
}

void cli_progress(const char *fmt, ...)
{
    char text[512];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    progress_shown = cli_seconds();
    if (!isatty(STDERR_FILENO)) {
        cli_note("%s", text);
        return;
    }
    int width = fprintf(stderr, "\r%s: %s", self->name, text) - 1;
    if (width < progress_width)
        fprintf(stderr, "%*s\r%s: %s", progress_width - width, "", self->name, text);
    progress_width = width;
    fflush(stderr);
}

void cli_usage_error(const char *fmt, ...)
{
    char text[1024];
    struct tt_err err = TT_ERR_INIT;
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    tt_err_set(&err, TT_ERR_USAGE, "%s", text); /* cleans control characters */
    fprintf(stderr, "%s: %s\nTry '%s --help'.\n", self->name, err.text, self->name);
    exit(2);
}

void cli_note(const char *fmt, ...)
{
    char text[1024];
    struct tt_err err = TT_ERR_INIT;
    va_list args;

    if (cli_quiet)
        return;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    tt_err_set(&err, TT_ERR_INPUT, "%s", text);
    clear_progress();
    fprintf(stderr, "%s: %s\n", self->name, err.text);
}

int cli_finish(int status, const struct tt_err *err)
{
    clear_progress();
    if (status == 0)
        return 0;
    fprintf(stderr, "%s: %s\n", self->name, err->kind == TT_ERR_NONE ? "failed" : err->text);
    if (err->kind == TT_ERR_USAGE) {
        fprintf(stderr, "Try '%s --help'.\n", self->name);
        return 2;
    }
    return 1;
}

double cli_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - started.tv_sec) + (double)(now.tv_nsec - started.tv_nsec) * 1e-9;
}

/* ---- options ---- */

/* The value as text, for --help and the lineage; "" when there is none. */
static void value_text(const struct cli_option *o, char *text, size_t cap)
{
    text[0] = '\0';
    switch (o->kind) {
    case CLI_FLAG: break;
    case CLI_COUNT:
        if ((double)*(uint64_t *)o->target >= o->min)
            snprintf(text, cap, "%llu", (unsigned long long)*(uint64_t *)o->target);
        break;
    case CLI_NUMBER:
        if (!isnan(*(double *)o->target)) /* NaN is "not given" */
            snprintf(text, cap, "%.9g", *(double *)o->target);
        if (!isnan(*(double *)o->target) && strtod(text, NULL) != *(double *)o->target)
            snprintf(text, cap, "%.17g", *(double *)o->target); /* other numbers, other texts */
        break;
    case CLI_TEXT:
        if (*(const char **)o->target)
            snprintf(text, cap, "%s", *(const char **)o->target);
        break;
    case CLI_CHOICE: snprintf(text, cap, "%s", o->choices[*(int *)o->target]); break;
    case CLI_LIST: break;
    }
}

/* The end of --help and --version: 0 only when the text is out. */
static void leave(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        exit(0);
    fprintf(stderr, "%s: <stdout>: %s\n", self->name, strerror(errno));
    exit(1);
}

static int help_line(char letter, const char *name, const char *metavar, const char *help, const char *value)
{
    char left[64];
    char tail[128] = "";

    snprintf(left, sizeof(left), "%s%c%s--%s%s%s", letter ? "-" : " ", letter ? letter : ' ', letter ? ", " : "  ",
             name,
             metavar ? " " : "", metavar ? metavar : "");
    if (value[0])
        snprintf(tail, sizeof(tail), " [%s]", value);
    return printf("  %-24s %s%s\n", left, help, tail);
}

/* The rare options, several on a line. */
static void rare_options(void)
{
    enum { WIDTH = 120 };
    char value[256], text[320];
    size_t column = 0;

    for (size_t i = 0; i < self->n_options; i++) {
        const struct cli_option *o = &self->options[i];
        if (!o->is_rare)
            continue;
        value_text(o, value, sizeof(value));
        int n = snprintf(text, sizeof(text), " --%s %s%s%s%s", o->name, o->metavar, value[0] ? " [" : "", value,
                         value[0] ? "]" : "");
        if (column == 0 || column + (size_t)n > WIDTH) {
            printf("%s", column ? "\n      " : "\nRarely needed, see the manual:");
            column = 31;
        }
        printf("%s", text);
        column += (size_t)n;
    }
    if (column)
        printf("\n");
}

static void print_help(void)
{
    char value[256];

    printf("Usage: %s %s\n%s\n\n", self->name, self->usage, self->purpose);
    for (size_t i = 0; i < self->n_options; i++) {
        const struct cli_option *o = &self->options[i];
        if (o->is_rare)
            continue;
        value_text(o, value, sizeof(value));
        help_line(o->letter, o->name, o->metavar, o->help, value);
    }
    help_line('h', "help", NULL, "print this help", "");
    help_line('V', "version", NULL, "print the version", "");
    rare_options();
    printf("\nExample: %s\n", self->example);
    leave();
}

/* A limit as the manual writes it: 1000000000, not 1e+09. */
static const char *limit_text(double limit, char *text, size_t cap)
{
    snprintf(text, cap, limit == floor(limit) && fabs(limit) < 1e15 ? "%.0f" : "%.9g", limit);
    return text;
}

/* The values that an option accepts, for its error message. */
static void range_text(const struct cli_option *o, char *text, size_t cap)
{
    const char *what = o->kind == CLI_COUNT ? "a whole number" : "a number";
    char min[32], max[32];

    if (o->min == 0 && o->max == 0)
        snprintf(text, cap, "%s%s", what, o->kind == CLI_COUNT ? " from 0 to 2^53 - 1" : "");
    else if (isinf(o->max))
        snprintf(text, cap, "%s from %s up", what, limit_text(o->min, min, sizeof(min)));
    else
        snprintf(text, cap, "%s from %s to %s", what, limit_text(o->min, min, sizeof(min)),
                 limit_text(o->max, max, sizeof(max)));
}

static void set_choice(struct cli_option *o, const char *text)
{
    char list[512] = "";
    size_t used = 0;

    for (int i = 0; o->choices[i]; i++) {
        if (strcmp(o->choices[i], text) == 0) {
            *(int *)o->target = i;
            return;
        }
        used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "", o->choices[i]);
    }
    cli_usage_error("--%s: '%s' is not one of %s", o->name, text, list);
}

static void set_list(struct cli_option *o, const char *text)
{
    struct cli_list *list = o->target;
    const char **grown = realloc(list->items, (list->n + 1) * sizeof(*grown));

    if (!grown) {
        fprintf(stderr, "%s: out of memory\n", self->name);
        exit(1);
    }
    list->items = grown;
    list->items[list->n++] = text;
}

static void set_value(struct cli_option *o, const char *text)
{
    size_t n = strlen(text);
    char range[128];
    double value;
    uint64_t count;

    o->given = 1;
    range_text(o, range, sizeof(range));
    switch (o->kind) {
    case CLI_FLAG:
        *(int *)o->target = 1;
        break;
    case CLI_COUNT:
        if (tt_parse_count(text, n, &count) || count >> COUNT_LIMIT_BITS ||
            ((o->min != 0 || o->max != 0) && ((double)count < o->min || (double)count > o->max)))
            cli_usage_error("--%s: '%s' is not %s", o->name, text, range);
        *(uint64_t *)o->target = count;
        break;
    case CLI_NUMBER:
        if (tt_parse_f64(text, n, &value) || ((o->min != 0 || o->max != 0) && (value < o->min || value > o->max)))
            cli_usage_error("--%s: '%s' is not %s", o->name, text, range);
        *(double *)o->target = value;
        break;
    case CLI_TEXT:
        *(const char **)o->target = text;
        break;
    case CLI_CHOICE:
        set_choice(o, text);
        break;
    case CLI_LIST:
        set_list(o, text);
        break;
    }
}

static struct cli_option *find_option(char letter, const char *name, size_t n)
{
    for (size_t i = 0; i < self->n_options; i++) {
        struct cli_option *o = &self->options[i];
        if (name ? strlen(o->name) == n && memcmp(o->name, name, n) == 0 : o->letter && o->letter == letter)
            return o;
    }
    return NULL;
}

/* --name, --name=value or --name value: returns how many arguments were used. */
static int long_option(char **argv)
{
    const char *name = argv[0] + 2, *equals = strchr(name, '=');
    size_t n = equals ? (size_t)(equals - name) : strlen(name);

    if (strcmp(name, "help") == 0)
        print_help();
    if (strcmp(name, "version") == 0) {
        printf("%s %s\n", self->name, TT_VERSION);
        leave();
    }
    struct cli_option *o = find_option(0, name, n);
    if (!o)
        cli_usage_error("unknown option '--%.*s'", (int)n, name);
    if (o->kind == CLI_FLAG) {
        if (equals)
            cli_usage_error("--%s takes no value", o->name);
        set_value(o, "");
        return 1;
    }
    if (!equals && !argv[1])
        cli_usage_error("--%s needs a value", o->name);
    set_value(o, equals ? equals + 1 : argv[1]);
    return equals ? 1 : 2;
}

/* -k 10, -k10 or bundled flags -qv: returns how many arguments were used. */
static int short_options(char **argv)
{
    static char help[] = "--help", version[] = "--version";
    char *long_form[2] = {NULL, NULL};

    for (const char *p = argv[0] + 1; *p; p++) {
        if (*p == 'h' || *p == 'V') {
            long_form[0] = *p == 'h' ? help : version;
            long_option(long_form);
        }
        struct cli_option *o = find_option(*p, NULL, 0);
        if (!o)
            cli_usage_error("unknown option '-%c'", *p);
        if (o->kind == CLI_FLAG) {
            set_value(o, "");
            continue;
        }
        if (p[1]) {
            set_value(o, p + 1);
            return 1;
        }
        if (!argv[1])
            cli_usage_error("-%c (--%s) needs a value", *p, o->name);
        set_value(o, argv[1]);
        return 2;
    }
    return 1;
}

void cli_start(const struct cli_program *program, int argc, char **argv)
{
    self = program;
    clock_gettime(CLOCK_MONOTONIC, &started);
    open_standard_streams();
    set_signals();
    cli_operands = calloc((size_t)argc + 1, sizeof(*cli_operands));
    if (!cli_operands) {
        fprintf(stderr, "%s: out of memory\n", self->name);
        exit(1);
    }
    for (int i = 1; i < argc;) {
        if (strcmp(argv[i], "--") == 0) {
            while (++i < argc)
                cli_operands[cli_n_operands++] = argv[i];
        } else if (strncmp(argv[i], "--", 2) == 0) {
            i += long_option(argv + i);
        } else if (argv[i][0] == '-' && argv[i][1]) {
            i += short_options(argv + i);
        } else {
            cli_operands[cli_n_operands++] = argv[i++];
        }
    }
    if (cli_n_operands < program->min_operands)
        cli_usage_error("an operand is missing: %s %s", program->name, program->usage);
    if (cli_n_operands > program->max_operands)
        cli_usage_error("unexpected operand '%s'", cli_operands[program->max_operands]);
    if (cli_jobs == 0) {
        long n = sysconf(_SC_NPROCESSORS_ONLN);
        cli_jobs = n < 1 ? 1 : (uint64_t)n;
    }
}

int cli_given(const char *name)
{
    struct cli_option *o = find_option(0, name, strlen(name));

    return o && o->given;
}

int cli_lineage(struct tt_buf *text, struct tt_err *err)
{
    char value[1024];

    for (size_t i = 0; i < self->n_options; i++) {
        const struct cli_option *o = &self->options[i];
        const char *gap = text->len ? " " : "";
        if (o->no_lineage)
            continue;
        if (o->kind == CLI_LIST) {
            const struct cli_list *list = o->target;
            for (size_t k = 0; k < list->n; k++)
                if (tt_buf_printf(text, err, "%s--%s %s", text->len ? " " : "", o->name, list->items[k]))
                    return -1;
            continue;
        }
        value_text(o, value, sizeof(value));
        if (o->kind == CLI_FLAG ? *(int *)o->target && tt_buf_printf(text, err, "%s--%s", gap, o->name)
                                : value[0] && tt_buf_printf(text, err, "%s--%s %s", gap, o->name, value))
            return -1;
    }
    return tt_buf_add(text, "", 0, err); /* at least an empty text */
}

int cli_add_lineage(struct tt_segment *segment, struct tt_err *err)
{
    struct tt_buf options = TT_BUF_INIT;
    int status = cli_lineage(&options, err);

    if (status == 0 && (tt_segment_text(segment, "program", self->name, err) ||
                        tt_segment_text(segment, "version", TT_VERSION, err) ||
                        tt_segment_text(segment, "options", options.data, err)))
        status = -1;
    tt_buf_release(&options);
    return status;
}

struct tt_pool *cli_pool(struct tt_err *err)
{
    return tt_pool_new((int)cli_jobs, err);
}

int cli_open_output(struct tt_writer *writer, int binary, struct tt_err *err)
{
    if (binary && !cli_output && isatty(STDOUT_FILENO))
        cli_usage_error("binary output goes to a file or a pipe, not to a terminal: use -o FILE");
    return tt_writer_open(writer, cli_output, cli_watch_temporary, err);
}

/* The identity of a file: its device and number, or, when it does not exist yet, those of its folder and its name. */
struct identity {
    dev_t device;
    ino_t number;
    const char *name; /* NULL: the file itself */
};

/* 1 and *identity; or 0 where two outputs cannot conflict: no path, a pipe or a device, a folder that does not
 * exist. */
static int identify(const char *path, struct identity *identity)
{
    char folder[4096];
    struct stat st;

    if (!path)
        return 0;
    identity->name = NULL;
    if ((strcmp(path, "-") == 0 ? fstat(STDOUT_FILENO, &st) : stat(path, &st)) == 0) {
        if (!S_ISREG(st.st_mode))
            return 0;
    } else {
        const char *slash = strrchr(path, '/');
        snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash + 1 - path) : 1, slash ? path : ".");
        if (stat(folder, &st))
            return 0;
        identity->name = slash ? slash + 1 : path;
    }
    identity->device = st.st_dev;
    identity->number = st.st_ino;
    return 1;
}

void cli_check_different(const struct cli_file *files, size_t n)
{
    struct identity a, b;

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            if (identify(files[k].path, &a) && identify(files[i].path, &b) && a.device == b.device &&
                a.number == b.number && !a.name == !b.name && (!a.name || strcmp(a.name, b.name) == 0))
                cli_usage_error("--%s and --%s are the same file", files[k].option, files[i].option);
}

int cli_close_output(struct tt_writer *writer, int status, struct tt_err *err)
{
    if (status == 0)
        return tt_writer_finish(writer, cli_watch_temporary, err);
    tt_writer_discard(writer, cli_watch_temporary);
    return status;
}
