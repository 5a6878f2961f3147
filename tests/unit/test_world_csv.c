/* The tables as text: what the reader reads back is what the world says, quotes and line breaks included. */
#include "world/world_csv.h"

#include <unistd.h>

#include "io/csv_reader.h"
#include "table/calendar.h"

#include "unit.h"

static char path[] = "/tmp/tt-world-XXXXXX";
static struct tt_zone *zone;
static struct tt_world *world;

static int make_world(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_world_options o;
    int fd = mkstemp(path);

    (void)state;
    if (fd < 0 || close(fd))
        return -1;
    zone = tt_zone_new("-03:30", NULL, &err);
    tt_world_options_init(&o);
    o.zone = zone;
    o.n_events = 3000;
    o.n_users = 20000000; /* eight digits */
    world = zone ? tt_world_new(&o, &err) : NULL;
    return world ? 0 : -1;
}

static int free_world(void **state)
{
    (void)state;
    tt_world_free(world);
    tt_zone_free(zone);
    return unlink(path);
}

static void assert_field(const struct tt_csv *csv, size_t column, const char *text)
{
    char field[64];

    snprintf(field, sizeof(field), "%.*s", (int)csv->fields[column].len, csv->fields[column].text);
    assert_string_equal(field, text);
}

static void open_written(struct tt_writer *writer, struct tt_csv *csv, int status)
{
    struct tt_err err = TT_ERR_INIT;

    assert_int_equal(status, 0);
    assert_int_equal(tt_writer_finish(writer, NULL, &err), 0);
    assert_int_equal(tt_csv_open(csv, path, TT_CSV_AUTO, &err), 0);
    tt_csv_use_all(csv);
}

static void test_world_csv_reviews_read_back(void **state)
{
    struct tt_review_columns columns = {.rating = 1, .text = 0.7};
    struct tt_err err = TT_ERR_INIT;
    struct tt_span span = TT_SPAN_INIT;
    struct tt_writer writer;
    struct tt_csv csv;
    size_t texts = 0, commas = 0, quotes = 0, breaks = 0;
    uint64_t i = 0;

    (void)state;
    assert_int_equal(tt_writer_open(&writer, path, NULL, &err), 0);
    open_written(&writer, &csv, tt_world_write_reviews(world, &columns, &writer, &err));
    assert_int_equal(csv.n_columns, 6);
    for (; tt_csv_next(&csv, &err) == 1; i++) {
        struct tt_visit visit;
        struct tt_date date;
        char text[64];
        tt_world_visit(world, i, &span, &visit);
        snprintf(text, sizeof(text), "r%08llu", (unsigned long long)i);
        assert_field(&csv, 0, text);
        snprintf(text, sizeof(text), "u%08llu", (unsigned long long)visit.user);
        assert_field(&csv, 1, text);
        snprintf(text, sizeof(text), "s%06u", (unsigned)visit.store);
        assert_field(&csv, 2, text);
        tt_date_from_days(tt_local_day(visit.local), &date);
        int second = (int)(visit.local % TT_DAY);
        snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d-03:30", date.year, date.month, date.day,
                 second / 3600, second / 60 % 60, second % 60);
        assert_field(&csv, 3, text);
        snprintf(text, sizeof(text), "%d", visit.rating);
        assert_field(&csv, 4, text);
        texts += csv.fields[5].len > 0;
        commas += memchr(csv.fields[5].text, ',', csv.fields[5].len) != NULL;
        quotes += memchr(csv.fields[5].text, '"', csv.fields[5].len) != NULL;
        breaks += memchr(csv.fields[5].text, '\n', csv.fields[5].len) != NULL;
    }
    assert_string_equal(err.text, "");
    assert_int_equal(i, 3000);
    assert_true(texts > 2000 && texts < 2200); /* 2,100, deviation 25 */
    assert_true(commas > 200 && quotes > 100 && breaks > 200);
    tt_csv_close(&csv);
}

static void test_world_csv_stores_read_back(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_writer writer;
    struct tt_csv csv;
    uint64_t s = 0;

    (void)state;
    assert_int_equal(tt_writer_open(&writer, path, NULL, &err), 0);
    open_written(&writer, &csv, tt_world_write_stores(world, &writer, &err));
    for (; tt_csv_next(&csv, &err) == 1; s++) {
        const struct tt_store *store = tt_world_store(world, s);
        char text[TT_WORLD_NAME];
        snprintf(text, sizeof(text), "s%06llu", (unsigned long long)s);
        assert_field(&csv, 0, text);
        tt_world_category_name(store->category, text);
        assert_field(&csv, 1, text);
        tt_world_area_name(store->area, text);
        assert_field(&csv, 2, text);
        snprintf(text, sizeof(text), "%u", (unsigned)store->price);
        assert_field(&csv, 3, text);
    }
    assert_string_equal(err.text, "");
    assert_int_equal(s, 1000);
    tt_csv_close(&csv);
}

/* Names beyond those that are listed differ from each other and from those. */
static void test_world_csv_names_are_different(void **state)
{
    static char names[1000][TT_WORLD_NAME];

    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        for (uint64_t i = 0; i < 1000; i++) {
            kind ? tt_world_area_name(i, names[i]) : tt_world_category_name(i, names[i]);
            for (uint64_t k = 0; k < i; k++)
                assert_string_not_equal(names[i], names[k]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_world_csv_reviews_read_back),
        cmocka_unit_test(test_world_csv_stores_read_back),
        cmocka_unit_test(test_world_csv_names_are_different),
    };
    return cmocka_run_group_tests(tests, make_world, free_world);
}
