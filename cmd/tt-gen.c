/* tt-gen: a made-up restaurant world of any size, whose best possible accuracy is known. */
#include "cli.h"
#include "table/calendar.h"
#include "table/time_text.h"
#include "world/oracle.h"
#include "world/world.h"
#include "world/world_csv.h"

static const char *const yes_no[] = {"no", "yes", NULL};
static const int oracle_ks[] = {1, 5, 10, 20};
enum { N_KS = sizeof(oracle_ks) / sizeof(*oracle_ks) };

static struct tt_world_options world_options; /* set to the defaults before the options are read */
static struct tt_review_columns columns = {.rating = 1};
static const char *stores_path, *users_path, *start = "2024-01-01", *zone_name = "+09:00";
static int oracle;

static struct cli_option options[] = {
    {'n', "events", CLI_COUNT, &world_options.n_events, .metavar = "N", .help = "reviews"},
    {0, "n-users", CLI_COUNT, &world_options.n_users, .min = 1, .max = 999999999, .metavar = "N", .help = "users"},
    {0, "n-stores", CLI_COUNT, &world_options.n_stores, .min = 1, .max = 1 << 24, .metavar = "N", .help = "stores"},
    {0, "categories", CLI_COUNT, &world_options.n_categories, .min = 1, .max = 1000, .metavar = "N",
     .help = "categories of stores"},
    {0, "areas", CLI_COUNT, &world_options.n_areas, .min = 1, .max = 1000, .metavar = "N", .help = "parts of the town"},
    {0, "days", CLI_COUNT, &world_options.n_days, .min = 1, .max = 36500, .metavar = "N",
     .help = "days that the reviews span"},
    {0, "start", CLI_TEXT, &start, .metavar = "DATE", .help = "the first day"},
    {'z', "zone", CLI_TEXT, &zone_name, .metavar = "ZONE", .help = "the town's clock: Asia/Seoul, +09:00"},
    {0, "meal-effect", CLI_NUMBER, &world_options.meal_effect, .max = 1, .metavar = "X",
     .help = "how much taste depends on the meal time, 0 to 1"},
    {0, "category-effect", CLI_NUMBER, &world_options.category_effect, .max = 1, .metavar = "X",
     .help = "how much visits depend on liked categories, 0 to 1"},
    {0, "area-effect", CLI_NUMBER, &world_options.area_effect, .max = 1, .metavar = "X",
     .help = "how much users stay near home, 0 to 1"},
    {0, "repeat", CLI_NUMBER, &world_options.repeat, .max = 1, .metavar = "X",
     .help = "share of visits to favourite stores, 0 to 1"},
    {0, "zipf-stores", CLI_NUMBER, &world_options.zipf_stores, .max = 4, .metavar = "X",
     .help = "exponent of popularity"},
    {0, "zipf-users", CLI_NUMBER, &world_options.zipf_users, .max = 4, .metavar = "X", .help = "exponent of activity"},
    {0, "rating", CLI_CHOICE, &columns.rating, .choices = yes_no, .metavar = "YES",
     .help = "a column of ratings: yes or no"},
    {0, "text", CLI_NUMBER, &columns.text, .max = 1, .metavar = "X",
     .help = "share of reviews with a text; 0: no column"},
    {0, "seed", CLI_COUNT, &world_options.seed, .metavar = "N", .help = "each seed makes another world"},
    {0, "stores", CLI_TEXT, &stores_path, .metavar = "FILE", .no_lineage = 1, .help = "write the stores too"},
    {0, "users", CLI_TEXT, &users_path, .metavar = "FILE", .no_lineage = 1, .help = "write the users too"},
    {0, "oracle", CLI_FLAG, &oracle, .help = "print the best possible accuracy, in place of reviews"},
    CLI_OUTPUT,
    CLI_QUIET,
    CLI_VERBOSE,
};

static const struct cli_program program = {
    .name = "tt-gen",
    .purpose = "Make a restaurant world from a seed; write its reviews as CSV, or their best possible accuracy.",
    .usage = "[OPTION]...",
    .options = options,
    .n_options = sizeof(options) / sizeof(*options),
    .example = "tt-gen --events 1M --seed 7 --stores stores.csv > reviews.csv",
};

/* One of --stores and --users. */
static int write_table(const struct tt_world *world, const char *path,
                       int (*write)(const struct tt_world *, struct tt_writer *, struct tt_err *), struct tt_err *err)
{
    struct tt_writer writer;

    if (tt_writer_open(&writer, path, cli_watch_temporary, err))
        return -1;
    if (write(world, &writer, err)) {
        tt_writer_discard(&writer, cli_watch_temporary);
        return -1;
    }
    return tt_writer_finish(&writer, cli_watch_temporary, err);
}

static int write_oracle(const struct tt_world *world, struct tt_writer *writer, struct tt_err *err)
{
    static const char *const names[] = {"best_top_k_accuracy", "best_top_k_accuracy_no_meal"};
    struct tt_oracle figures[2][N_KS];
    uint64_t n;

    if (tt_world_oracle(world, oracle_ks, N_KS, figures[0], figures[1], &n, err) ||
        tt_writer_text(writer, "metric\tk\tvalue\tlow\thigh\tn\n", err))
        return -1;
    for (int m = 0; m < 2; m++)
        for (int k = 0; k < N_KS; k++)
            if (tt_writer_printf(writer, err, "%s\t%d\t%.9g\t%.9g\t%.9g\t%llu\n", names[m], oracle_ks[k],
                                 figures[m][k].value, figures[m][k].low, figures[m][k].high, (unsigned long long)n))
                return -1;
    return 0;
}

static int is_standard_output(const char *path)
{
    return !path || strcmp(path, "-") == 0;
}

static void check_options(void)
{
    int64_t end;

    if (tt_date_parse(start, strlen(start), &world_options.start) ||
        world_options.start < tt_days_from_date(TT_WORLD_MIN_YEAR, 1, 1) ||
        world_options.start >= tt_days_from_date(TT_WORLD_MAX_YEAR + 1, 1, 1))
        cli_usage_error("--start: '%s' is not a date like 2024-01-01, from 1900 to 2200", start);
    end = world_options.start + (int64_t)world_options.n_days;
    if (end > tt_days_from_date(TT_WORLD_MAX_YEAR + 1, 1, 1))
        cli_usage_error("--days: %llu days from %s lead beyond the year 2200",
                        (unsigned long long)world_options.n_days, start);
    if ((stores_path && is_standard_output(stores_path)) || (users_path && is_standard_output(users_path)))
        cli_usage_error("--stores and --users need a file's name: standard output is for the reviews");
    cli_check_different((struct cli_file[]){{"output", cli_output ? cli_output : "-"},
                                            {"stores", stores_path}, {"users", users_path}}, 3);
}

int main(int argc, char **argv)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_writer writer = {.fd = -1};
    struct tt_world *world = NULL;
    struct tt_zone *zone;
    int status = -1;

    tt_world_options_init(&world_options);
    cli_start(&program, argc, argv);
    check_options();
    zone = tt_zone_new(zone_name, getenv("TZDIR"), &err);
    if (!zone)
        goto done;
    world_options.zone = zone;
    world = tt_world_new(&world_options, &err);
    if (!world || (stores_path && write_table(world, stores_path, tt_world_write_stores, &err)) ||
        (users_path && write_table(world, users_path, tt_world_write_users, &err)) || cli_open_output(&writer, 0, &err))
        goto done;
    if (oracle ? write_oracle(world, &writer, &err) : tt_world_write_reviews(world, &columns, &writer, &err))
        goto done;
    status = tt_writer_finish(&writer, cli_watch_temporary, &err);
    if (status == 0 && cli_verbose)
        cli_note("%.2f s", cli_seconds());
done:
    tt_writer_discard(&writer, cli_watch_temporary);
    tt_world_free(world);
    tt_zone_free(zone);
    return cli_finish(status, &err);
}
