/* tt-split: rows of a table into train, valid and test. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"
#include "cli.h"
#include "split/splitter.h"

enum way { LAST = 1, LAST_SHARE = 2, BEFORE = 4, HASH = 8, RANDOM = 16 }; /* exactly one is chosen */

static const char *const part_names[] = {"train", "valid", "test"};
static const char *files[TT_SPLIT_PARTS];
static const char *user, *item, *order, *time_column, *before, *valid_before, *hash, *shares;
static uint64_t last, valid_last, k_core = 1, seed = 1;
static double last_share, valid_share;
static int by_random;

static struct cli_option options[] = {
    {0, "last", CLI_COUNT, &last, .min = 1, .max = 1e9, .metavar = "N", .help = "each user's last N rows are test"},
    {0, "valid-last", CLI_COUNT, &valid_last, .min = 1, .max = 1e9, .metavar = "N",
     .help = "the N rows before those are valid; with --valid as --last by default"},
    {0, "last-share", CLI_NUMBER, &last_share, .min = 0, .max = 0.999999, .metavar = "S",
     .help = "the last share S of each user's rows is test"},
    {0, "valid-share", CLI_NUMBER, &valid_share, .min = 0, .max = 0.999999, .metavar = "S",
     .help = "the last share S of the user's other rows is valid"},
    {0, "before", CLI_TEXT, &before, .metavar = "TIME", .help = "rows before TIME are train, the others test"},
    {0, "valid-before", CLI_TEXT, &valid_before, .metavar = "TIME",
     .help = "of the others, rows before this TIME are valid"},
    {0, "hash", CLI_TEXT, &hash, .metavar = "COLUMN[,...]",
     .help = "each row by the hash of its text in these columns"},
    {0, "random", CLI_FLAG, &by_random, .help = "each row by a random number"},
    {0, "shares", CLI_TEXT, &shares, .metavar = "A,B[,C]", .help = "percent of train,test or of train,valid,test"},
    {0, "seed", CLI_COUNT, &seed, .metavar = "N", .help = "seed of --hash and --random"},
    {0, "user", CLI_TEXT, &user, .metavar = "COLUMN", .help = "the column of users"},
    {0, "item", CLI_TEXT, &item, .metavar = "COLUMN", .help = "the column of items"},
    {0, "order", CLI_TEXT, &order, .metavar = "COLUMN[,...]", .help = "order of a user's rows; by default the input's"},
    {0, "time", CLI_TEXT, &time_column, .metavar = "COLUMN", .help = "the column of times for --before"},
    {0, "k-core", CLI_COUNT, &k_core, .min = 1, .max = 1e9, .metavar = "N",
     .help = "first drop users and items with fewer than N rows"},
    {0, "train", CLI_TEXT, &files[TT_SPLIT_TRAIN], .metavar = "FILE", .no_lineage = 1,
     .help = "write the train part to FILE, as -o"},
    {0, "valid", CLI_TEXT, &files[TT_SPLIT_VALID], .metavar = "FILE", .no_lineage = 1,
     .help = "write the valid part to FILE"},
    {0, "test", CLI_TEXT, &files[TT_SPLIT_TEST], .metavar = "FILE", .no_lineage = 1,
     .help = "write the test part to FILE"},
    {'o', "output", CLI_TEXT, &cli_output, .metavar = "FILE", .no_lineage = 1,
     .help = "the train part; by default to standard output"},
    CLI_QUIET,
    CLI_VERBOSE,
};

static const struct cli_program program = {
    .name = "tt-split",
    .purpose = "Read a CSV or TSV table, write its rows into train, valid and test, byte for byte.",
    .usage = "[OPTION]... --test FILE [FILE]",
    .options = options,
    .n_options = sizeof(options) / sizeof(*options),
    .max_operands = 1,
    .example = "tt-split --last 1 --user user_id --order visited_at --train train.csv --test test.csv reviews.csv",
};

static enum way chosen_way(void)
{
    int ways = (cli_given("last") ? LAST : 0) | (cli_given("last-share") ? LAST_SHARE : 0) |
               (cli_given("before") ? BEFORE : 0) | (cli_given("hash") ? HASH : 0) | (by_random ? RANDOM : 0);

    if ((ways & (ways - 1)) != 0)
        cli_usage_error("only one of --last, --last-share, --before, --hash and --random can be given");
    if (ways == 0)
        cli_usage_error("one of --last, --last-share, --before, --hash and --random is needed");
    return (enum way)ways;
}

/* Options that one way needs, or that have no meaning with another. */
static void check_options(enum way way)
{
    static const struct { const char *name; int needed, allowed; const char *with; } rules[] = {
        {"valid-last", 0, LAST, "--last"},
        {"valid-share", 0, LAST_SHARE, "--last-share"},
        {"valid-before", 0, BEFORE, "--before"},
        {"time", BEFORE, BEFORE, "--before"},
        {"order", 0, LAST | LAST_SHARE, "--last or --last-share"},
        {"user", LAST | LAST_SHARE, LAST | LAST_SHARE | BEFORE | HASH | RANDOM, ""},
        {"shares", HASH | RANDOM, HASH | RANDOM, "--hash or --random"},
        {"seed", 0, HASH | RANDOM, "--hash or --random"},
    };

    for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
        int given = cli_given(rules[i].name);
        if (!given && (rules[i].needed & way))
            cli_usage_error("--%s is needed", rules[i].name);
        if (given && !(rules[i].allowed & way))
            cli_usage_error("--%s goes with %s only", rules[i].name, rules[i].with);
    }
    if (k_core > 1 && (!user || !item))
        cli_usage_error("--k-core needs --user and --item");
}

/* "a,b" into column names, which main frees. */
static int parse_columns(const char *name, const char *text, struct tt_split_options *o, struct tt_err *err)
{
    for (const char *end; text; text = *end ? end + 1 : NULL) {
        end = text + strcspn(text, ",");
        if (end == text)
            cli_usage_error("--%s: a column without a name", name);
        if (o->n_columns == TT_SPLIT_MAX_COLUMNS)
            cli_usage_error("--%s: more than %d columns", name, TT_SPLIT_MAX_COLUMNS);
        o->columns[o->n_columns] = tt_copy_text(text, (size_t)(end - text), err);
        if (!o->columns[o->n_columns++])
            return -1;
    }
    return 0;
}

/* "80,20" or "80,10,10", in percent. */
static void parse_shares(double part[TT_SPLIT_PARTS])
{
    double value[TT_SPLIT_PARTS], sum = 0;
    size_t n = 0;

    for (const char *p = shares, *end; p; p = *end ? end + 1 : NULL) {
        end = p + strcspn(p, ",");
        if (n == TT_SPLIT_PARTS || tt_parse_f64(p, (size_t)(end - p), &value[n]) || value[n] < 0)
            cli_usage_error("--shares: '%s' is not two or three numbers", shares);
        sum += value[n++];
    }
    if (n < 2)
        cli_usage_error("--shares: '%s' is not two or three numbers", shares);
    if (fabs(sum - 100) > 1e-9)
        cli_usage_error("--shares: '%s' sums to %.9g, not to 100", shares, sum);
    part[TT_SPLIT_TRAIN] = value[0];
    part[TT_SPLIT_VALID] = n == 3 ? value[1] : 0;
    part[TT_SPLIT_TEST] = value[n - 1];
}

static void parse_bounds(struct tt_split_options *o)
{
    const char *what;

    if (tt_order_key_parse(before, strlen(before), &o->before, &what))
        cli_usage_error("--before: '%s' %s", before, what);
    if (!valid_before)
        return;
    if (tt_order_key_parse(valid_before, strlen(valid_before), &o->valid_before, &what))
        cli_usage_error("--valid-before: '%s' %s", valid_before, what);
    if (!tt_order_key_fits(o->before.form, o->valid_before.form))
        cli_usage_error("--valid-before: '%s' is not %s as --before is", valid_before,
                        tt_key_form_name(o->before.form));
    if (tt_order_key_compare(o->before, o->valid_before) > 0)
        cli_usage_error("--valid-before: '%s' comes before --before", valid_before);
}

/* A part that gets rows needs a file, and a part with a file must get some. */
static void check_files(enum way way, const struct tt_split_options *o)
{
    int has_valid = way == LAST         ? o->last.valid_last > 0
                    : way == LAST_SHARE ? o->last.valid_share > 0
                    : way == BEFORE     ? o->valid_before.form != TT_KEY_NONE
                                        : o->shares[TT_SPLIT_VALID] > 0;
    int has_test = !(way & (HASH | RANDOM)) || o->shares[TT_SPLIT_TEST] > 0;
    int on_stdout = 0;

    if (files[TT_SPLIT_TRAIN] && cli_output)
        cli_usage_error("--train and --output are the same: give one");
    if (cli_output)
        files[TT_SPLIT_TRAIN] = cli_output;
    if (!files[TT_SPLIT_TRAIN])
        files[TT_SPLIT_TRAIN] = "-";
    if (has_test && !files[TT_SPLIT_TEST])
        cli_usage_error("--test is needed: the options give rows to that part");
    if (has_valid && !files[TT_SPLIT_VALID])
        cli_usage_error("--valid is needed: the options give rows to that part");
    if (!has_valid && files[TT_SPLIT_VALID])
        cli_usage_error("--valid: the options give no rows to that part");
    for (int p = 0; p < TT_SPLIT_PARTS; p++)
        on_stdout += files[p] && strcmp(files[p], "-") == 0;
    if (on_stdout > 1)
        cli_usage_error("two parts cannot both go to standard output");
    cli_check_different((struct cli_file[]){{"train", files[TT_SPLIT_TRAIN]},
                                            {"valid", files[TT_SPLIT_VALID]},
                                            {"test", files[TT_SPLIT_TEST]}}, TT_SPLIT_PARTS);
}

/* The command line as options of tt_split. Exits on wrong usage. */
static int read_options(struct tt_split_options *o, struct tt_err *err)
{
    enum way way = chosen_way();

    check_options(way);
    o->user = user;
    o->item = item;
    o->k_core = k_core;
    o->seed = seed;
    switch (way) {
    case LAST:
    case LAST_SHARE:
        o->method = TT_SPLIT_LAST;
        if (files[TT_SPLIT_VALID] && !valid_last)
            valid_last = last;
        o->last = (struct tt_split_last){way == LAST_SHARE, last, valid_last, last_share, valid_share};
        if (order && parse_columns("order", order, o, err))
            return -1;
        break;
    case BEFORE:
        o->method = TT_SPLIT_BEFORE;
        o->time = time_column;
        parse_bounds(o);
        break;
    case HASH:
        o->method = TT_SPLIT_HASH;
        if (parse_columns("hash", hash, o, err))
            return -1;
        parse_shares(o->shares);
        break;
    case RANDOM:
        o->method = TT_SPLIT_RANDOM;
        parse_shares(o->shares);
        break;
    }
    check_files(way, o);
    if (cli_quiet && k_core <= 1 && !(way & (LAST | LAST_SHARE)))
        o->user = NULL; /* their numbers are not printed: do not count them */
    if (cli_quiet && k_core <= 1)
        o->item = NULL;
    return 0;
}

static void note_counts(const struct tt_split_counts *c)
{
    if (k_core > 1)
        cli_note("k-core: %llu rows dropped", (unsigned long long)c->rows[TT_SPLIT_DROPPED]);
    for (int p = 0; p < TT_SPLIT_PARTS; p++) {
        char users[48] = "", items[48] = "";
        if (!files[p])
            continue;
        if (user)
            snprintf(users, sizeof(users), ", %llu users", (unsigned long long)c->users[p]);
        if (item)
            snprintf(items, sizeof(items), ", %llu items", (unsigned long long)c->items[p]);
        cli_note("%s: %llu rows%s%s", part_names[p], (unsigned long long)c->rows[p], users, items);
    }
    if (user && files[TT_SPLIT_TEST])
        cli_note("test: %llu of %llu users are not in train", (unsigned long long)c->new_users,
                 (unsigned long long)c->users[TT_SPLIT_TEST]);
    if (item && files[TT_SPLIT_TEST])
        cli_note("test: %llu of %llu items are not in train", (unsigned long long)c->new_items,
                 (unsigned long long)c->items[TT_SPLIT_TEST]);
}

int main(int argc, char **argv)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_split_options split = {0};
    struct tt_split_counts counts;
    struct tt_csv csv = {.reader.fd = -1};
    struct tt_writer writers[TT_SPLIT_PARTS] = {{.fd = -1}, {.fd = -1}, {.fd = -1}};
    struct tt_writer *parts[TT_SPLIT_PARTS] = {NULL, NULL, NULL};
    int status;

    cli_start(&program, argc, argv);
    status = read_options(&split, &err);
    if (status == 0)
        status = tt_csv_open(&csv, cli_n_operands ? cli_operands[0] : NULL, TT_CSV_AUTO, &err);
    for (int p = 0; p < TT_SPLIT_PARTS && status == 0; p++) {
        if (!files[p])
            continue;
        status = tt_writer_open(&writers[p], files[p], cli_watch_temporary, &err);
        parts[p] = &writers[p];
    }
    if (status == 0)
        status = tt_split(&csv, &split, parts, &counts, &err);
    /* No part gets its name before all of them are on disk. */
    for (int p = 0; p < TT_SPLIT_PARTS && status == 0; p++)
        if (parts[p])
            status = tt_writer_close(parts[p], &err);
    for (int p = TT_SPLIT_PARTS - 1; p >= 0 && status == 0; p--)
        if (parts[p])
            status = tt_writer_finish(parts[p], cli_watch_temporary, &err);
    for (int p = 0; p < TT_SPLIT_PARTS; p++)
        tt_writer_discard(&writers[p], cli_watch_temporary);
    tt_csv_close(&csv);
    for (size_t i = 0; i < split.n_columns; i++)
        free((char *)split.columns[i]);
    if (status == 0)
        note_counts(&counts);
    return cli_finish(status, &err);
}
