/* tt-feature: add columns that are derived from others: meal time and calendar fields of a time, buckets of a number,
 * cells of a place, and fields of the previous row. */
#include "cli.h"
#include "table/derive.h"
#include "io/csv_reader.h"

enum { BAD_ERROR, BAD_EMPTY };

static const char *const bad_choices[] = {"error", "empty", NULL};
static const char *time_column, *hour_column, *zone_name = "UTC", *meals = TT_MEAL_TIMES, *add = "meal_time";
static const char *cell, *previous, *by;
static struct cli_list buckets, wheres;
static int bad;

static struct cli_option options[] = {
    {'t', "time", CLI_TEXT, &time_column, .metavar = "COLUMN",
     .help = "the column of times: dates, or seconds since 1970"},
    {'H', "hour", CLI_TEXT, &hour_column, .metavar = "COLUMN", .help = "the column of hours 0-23, instead of --time"},
    {'z', "zone", CLI_TEXT, &zone_name, .metavar = "ZONE", .help = "clock of the new columns: Asia/Seoul, +09:00"},
    {'a', "add", CLI_TEXT, &add, .metavar = "LIST", .help = "columns: meal_time,hour,weekday,weekend,date,month"},
    {'m', "meals", CLI_TEXT, &meals, .metavar = "LIST", .help = "meal times NAME=HOUR,... each lasts until the next"},
    {'b', "bucket", CLI_LIST, &buckets, .metavar = "COLUMN=LIST",
     .help = "add COLUMN_bucket; LIST gives the borders"},
    {'c', "cell", CLI_TEXT, &cell, .metavar = "LAT,LON=LIST", .help = "add cell_SIZE: the square of SIZE metres"},
    {'p', "previous", CLI_TEXT, &previous, .metavar = "LIST",
     .help = "add previous_COLUMN: the value in the previous row of its --by group"},
    {0, "by", CLI_TEXT, &by, .metavar = "LIST", .help = "columns that group rows for --previous, as user_id"},
    {'w', "where", CLI_LIST, &wheres, .metavar = "COLUMN=VALUE",
     .help = "write only such rows; A|B: one of them; !=: none of them"},
    {0, "bad", CLI_CHOICE, &bad, .metavar = "DO", .choices = bad_choices,
     .help = "on a field that cannot be read: error, or empty new columns"},
    CLI_OUTPUT,
    CLI_QUIET,
    CLI_VERBOSE,
};

static const struct cli_program program = {
    .name = "tt-feature",
    .purpose = "Read CSV or TSV, add derived columns at the end of each row, write the same format.",
    .usage = "[OPTION]... [FILE]",
    .options = options,
    .n_options = sizeof(options) / sizeof(*options),
    .max_operands = 1,
    .example = "tt-feature --time visited_at --zone Asia/Seoul --add meal_time,weekend < reviews.csv",
};

/* The command line as settings of *derive. Exits on wrong usage. */
static void read_options(struct tt_derive *derive)
{
    struct tt_err err = TT_ERR_INIT;

    if (time_column && hour_column)
        cli_usage_error("--time and --hour exclude each other");
    if (!time_column && !hour_column) {
        static const char *const need_time[] = {"zone", "add", "meals"};
        for (size_t i = 0; i < sizeof(need_time) / sizeof(*need_time); i++)
            if (cli_given(need_time[i]))
                cli_usage_error("--%s needs --time%s", need_time[i], i == 0 ? "" : " or --hour");
        if (!buckets.n && !wheres.n && !cell && !previous)
            cli_usage_error("nothing to do: give --time, --hour, --bucket, --cell, --previous or --where");
    } else {
        if (tt_derive_add(derive, add, &err))
            cli_usage_error("--add: %s", err.text);
        if (hour_column && (derive->n_adds != 1 || derive->adds[0] != TT_TIME_MEAL))
            cli_usage_error("--add: --hour gives meal_time only; the others need --time");
        if (hour_column && cli_given("zone"))
            cli_usage_error("--zone needs --time");
    }
    if (!previous != !by)
        cli_usage_error("--previous and --by belong together");
    if (tt_meal_times_parse(&derive->times.meals, meals, &err))
        cli_usage_error("--meals: %s", err.text);
    for (size_t i = 0; i < buckets.n; i++)
        if (tt_derive_bucket(derive, buckets.items[i], &err))
            cli_usage_error("--bucket: %s", err.text);
    for (size_t i = 0; i < wheres.n; i++)
        if (tt_derive_where(derive, wheres.items[i], &err))
            cli_usage_error("--where: %s", err.text);
    if (cell && tt_derive_cell(derive, cell, &err))
        cli_usage_error("--cell: %s", err.text);
    if (previous && tt_derive_previous(derive, previous, by, &err))
        cli_usage_error("--previous, --by: %s", err.text);
    derive->time_column = time_column;
    derive->hour_column = hour_column;
    derive->empty_when_bad = bad == BAD_EMPTY;
}

int main(int argc, char **argv)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_derive derive;
    struct tt_zone *zone = NULL;
    struct tt_csv csv = {.reader.fd = -1};
    struct tt_writer writer = {.fd = -1};
    int status = -1;

    cli_start(&program, argc, argv);
    tt_derive_init(&derive);
    read_options(&derive);
    if (time_column && !(zone = tt_zone_new(zone_name, getenv("TZDIR"), &err)))
        goto done;
    derive.zone = zone;
    if (tt_csv_open(&csv, cli_n_operands ? cli_operands[0] : NULL, TT_CSV_AUTO, &err) ||
        cli_open_output(&writer, 0, &err) || tt_derive_rows(&derive, &csv, &writer, &err))
        goto done;
    status = tt_writer_finish(&writer, cli_watch_temporary, &err);
    if (status == 0 && derive.n_bad)
        cli_note("%llu bad field%s left empty, the first: %s", (unsigned long long)derive.n_bad,
                 derive.n_bad > 1 ? "s" : "", derive.first_bad.text);
    if (status == 0 && cli_verbose)
        cli_note("%llu rows read, %llu written, %.1f s", (unsigned long long)derive.n_read,
                 (unsigned long long)derive.n_written, cli_seconds());
done:
    tt_writer_discard(&writer, cli_watch_temporary);
    tt_csv_close(&csv);
    tt_zone_free(zone);
    tt_derive_release(&derive);
    return cli_finish(status, &err);
}
