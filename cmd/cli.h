/* What all programs share: the option table, --help, --version, messages, outputs, and the end of a run.
 *
 * To add a program tt-x, write
 *   cmd/tt-x.c         one option table; main: parse, check, open, one call into lib/, finish
 *   man/tt-x.1         mdoc; tests/cli/manual.t compares its SYNOPSIS and OPTIONS with --help, and runs its examples
 *   tests/cli/tt-x.t   TAP in plain sh; tests/cli/lib.sh has the helpers
 *   README.md          a line of the table of programs
 *   man/tt.7           an entry in "The programs"
 * The Makefile finds it by its name, and tests/cli/programs.t fails when one of the others is missing.
 *
 *     static struct cli_option options[] = {
 *         {'k', "top", CLI_COUNT, &k, .min = 1, .max = 10000, .metavar = "K", .help = "items a query"},
 *         CLI_OUTPUT,
 *         CLI_QUIET,
 *     };
 *     static const struct cli_program program = {.name = "tt-x", .purpose = "Read ..., write ...",
 *                                                .usage = "[OPTION]... [FILE]", .options = options, ...};
 *     int main(int argc, char **argv)
 *     {
 *         cli_start(&program, argc, argv);            // parses; exits for --help, --version and wrong usage
 *         ...
 *         return cli_finish(status, &err);            // prints err.text when status is not 0
 *     }
 */
#ifndef TT_CMD_CLI_H
#define TT_CMD_CLI_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/pool.h"
#include "io/stream.h"

#define TT_VERSION "0.1.0"

enum cli_kind {
    CLI_FLAG,   /* int *: set to 1 */
    CLI_COUNT,  /* uint64_t *: whole number, K, M, G allowed */
    CLI_NUMBER, /* double * */
    CLI_TEXT,   /* const char ** */
    CLI_CHOICE, /* int *: index into the NULL-terminated list `choices` */
    CLI_LIST,   /* struct cli_list *: the option may be given many times */
};

struct cli_list {
    const char **items; /* owned by cli until the program ends */
    size_t n;
};

struct cli_option {
    char letter;             /* 0: none */
    const char *name;
    enum cli_kind kind;
    void *target;            /* holds the default before parsing, and the value after; a COUNT below min, a NUMBER that
                                is NaN or a TEXT that is NULL is no default */
    double min, max;         /* CLI_COUNT, CLI_NUMBER: both ends allowed; 0, 0: no limit (COUNT: 0 ... 2^53 - 1) */
    const char *metavar;     /* "FILE", "N" ... */
    const char *const *choices;
    const char *help;        /* one line; --help puts the default behind it */
    int is_rare;             /* few need it: --help prints its name and default alone, all such on a few lines */
    int no_lineage;          /* it does not change the output, so it is not recorded there (-j, -o, input files) */
    int given;               /* set by parsing */
};

struct cli_program {
    const char *name;
    const char *purpose;     /* one line: reads ..., writes ... */
    const char *usage;       /* after the name: "[OPTION]... MODEL" */
    struct cli_option *options;
    size_t n_options;
    int min_operands, max_operands;
    const char *example;     /* one command line, ends --help */
};

/* The options that programs share, to be listed in their tables, and their values. -h and -V need not be listed. */
extern const char *cli_output; /* NULL: standard output */
extern uint64_t cli_jobs;      /* 0: as many as there are processors */
extern int cli_quiet, cli_verbose;

#define CLI_OUTPUT \
    {'o', "output", CLI_TEXT, &cli_output, .metavar = "FILE", .no_lineage = 1, \
     .help = "write to FILE when complete, not to standard output"}
#define CLI_JOBS \
    {'j', "jobs", CLI_COUNT, &cli_jobs, .min = 0, .max = 1024, .metavar = "N", .no_lineage = 1, \
     .help = "threads; 0: one for each processor; results do not depend on it"}
#define CLI_QUIET \
    {'q', "quiet", CLI_FLAG, &cli_quiet, .no_lineage = 1, .help = "no notes on standard error, only errors"}
#define CLI_VERBOSE {'v', "verbose", CLI_FLAG, &cli_verbose, .no_lineage = 1, .help = "more notes on standard error"}

/* Parse. Operands are then cli_operands[0 ... cli_n_operands-1]. Exits with 0 after --help or --version, with 2 on
 * wrong usage. */
void cli_start(const struct cli_program *program, int argc, char **argv);
extern char **cli_operands;
extern int cli_n_operands;

/* Wrong usage found after parsing: "program: what", "Try 'program --help'.", exit 2. */
void cli_usage_error(const char *fmt, ...) TT_PRINTF(1, 2) __attribute__((noreturn));

/* A note or warning on stderr, "program: what", unless --quiet. */
void cli_note(const char *fmt, ...) TT_PRINTF(1, 2);

/* Progress of the work. On a terminal it is one line, which each call overwrites and the next note or error removes;
 * elsewhere, with --verbose, it is a note. cli_progress_is_due: is it time for the next call? Every quarter of a second
 * on a terminal, every ten seconds elsewhere with --verbose, else never. */
int cli_progress_is_due(void);
void cli_progress(const char *fmt, ...) TT_PRINTF(1, 2);

/* Is the option with this long name given on the command line? */
int cli_given(const char *name);

/* The options that change the output, with defaults, in the table's order, as "--top 10 --candidates all": the
 * lineage's "options". */
int cli_lineage(struct tt_buf *text, struct tt_err *err) TT_CHECKED;

/* Add program, version and options to the segment's metadata. */
struct tt_segment;
int cli_add_lineage(struct tt_segment *segment, struct tt_err *err) TT_CHECKED;

/* The pool of -j. NULL and *err on failure. */
struct tt_pool *cli_pool(struct tt_err *err) TT_CHECKED;

/* Open cli_output or standard output; binary = 1 refuses a terminal (exit 2). */
int cli_open_output(struct tt_writer *writer, int binary, struct tt_err *err) TT_CHECKED;

/* An option that names an output file, "-" for standard output, NULL when it is not given. */
struct cli_file {
    const char *option, *path;
};

/* Exits with wrong usage when two of the n are the same regular file, also under different names: one output would
 * replace the other. */
void cli_check_different(const struct cli_file *files, size_t n);

/* The end of an output: finish it when status is 0, else discard it. Returns the status that then holds. */
int cli_close_output(struct tt_writer *writer, int status, struct tt_err *err) TT_CHECKED;

/* For tt_writer_open: a temporary file was made (alive = 1) or is gone. A signal removes those that are alive. */
void cli_watch_temporary(const char *temporary, int alive);

/* Seconds since the program began. */
double cli_seconds(void);

/* The end of main: print err->text when status is not 0, and return the exit status: 0, 1, or 2 for TT_ERR_USAGE. */
int cli_finish(int status, const struct tt_err *err);

#endif
