/* Times as text, and dates. */
#include "table/calendar.h"

#include "unit.h"

static void test_calendar_counts_every_day_from_1899_to_2201(void **state)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t days = -25932; /* 1899-01-01: 71 years of which 17 are leap years */
    int weekday = 6;       /* a Sunday */

    (void)state;
    for (int year = 1899; year <= 2201; year++) {
        int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        for (int month = 1; month <= 12; month++) {
            for (int day = 1; day <= lengths[month - 1] + (month == 2 && leap); day++) {
                struct tt_date date;
                assert_int_equal(tt_days_from_date(year, month, day), days);
                assert_int_equal(tt_weekday(days), weekday);
                tt_date_from_days(days, &date);
                assert_true(date.year == year && date.month == month && date.day == day);
                days++;
                weekday = (weekday + 1) % 7;
            }
        }
    }
}

static void test_calendar_reads_each_spelling_of_a_time(void **state)
{
    static const struct { const char *text; int64_t seconds; int is_local; } good[] = {
        {"1709264096", 1709264096, 0},
        {"0", 0, 0},
        {"-1", -1, 0},
        {"1709264096.75", 1709264096, 0},
        {"-0.5", -1, 0},
        {"-1.0", -1, 0},
        {"-2208988800", -2208988800, 0},
        {"7289654399", 7289654399, 0},
        {"2024-03-01", 1709251200, 1},
        {"2024-03-01T12:34:56", 1709296496, 1},
        {"2024-03-01 12:34:56", 1709296496, 1},
        {"2024-03-01T12:34", 1709296440, 1},
        {"2024-03-01T12:34:56.123456789", 1709296496, 1},
        {"2024-03-01T12:34:56Z", 1709296496, 0},
        {"2024-03-01T12:34:56.5Z", 1709296496, 0},
        {"2024-03-01T12:34Z", 1709296440, 0},
        {"2024-03-01T12:34:56+09:00", 1709264096, 0},
        {"2024-03-01 12:34:56+0900", 1709264096, 0},
        {"2024-03-01T12:34:56+09", 1709264096, 0},
        {"2024-03-01T12:34:56-03:30", 1709309096, 0},
        {"2024-02-29", 1709164800, 1},
        {"2000-02-29", 951782400, 1},
        {"1969-12-31T23:59:59", -1, 1},
        {"1900-01-01", -2208988800, 1},
        {"2200-12-31T23:59:59", 7289654399, 1},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(good); i++) {
        struct tt_time time = {-99, -1};
        const char *what = "";
        if (tt_time_parse(good[i].text, strlen(good[i].text), &time, &what))
            fail_msg("'%s' %s", good[i].text, what);
        if (time.seconds != good[i].seconds || time.is_local != good[i].is_local)
            fail_msg("'%s' gives %lld, %d", good[i].text, (long long)time.seconds, time.is_local);
    }
}

static void test_calendar_refuses_what_is_no_time(void **state)
{
    static const char *const not_a_time = "is not a time (epoch seconds, or like 2024-03-01T12:34:56+09:00)";
    static const char *const not_a_date = "is not a date that exists";
    static const char *const not_a_clock = "is not a time of day from 00:00:00 to 23:59:59";
    static const char *const not_an_offset = "is not an offset of at most 18:00 from UTC";
    static const char *const not_in_range = "is not in the years 1900 to 2200";
    const struct { const char *text, *what; } bad[] = {
        {"", not_a_time}, {" ", not_a_time}, {"abc", not_a_time}, {"-", not_a_time}, {"+5", not_a_time},
        {"12x", not_a_time}, {"1.", not_a_time}, {".5", not_a_time}, {"1e9", not_a_time}, {" 12", not_a_time},
        {"2024-3-1", not_a_time}, {"2024-03", not_a_time}, {"2024-03-01T", not_a_time}, {"2024-03-01T12", not_a_time},
        {"2024-03-01T12:", not_a_time}, {"2024-03-01T12:3", not_a_time}, {"2024-03-01T12:34:", not_a_time},
        {"2024-03-01T12:34:5", not_a_time}, {"2024-03-01T12:34:56.", not_a_time}, {"2024-03-01T12:34.5", not_a_time},
        {"2024-03-01t12:34:56", not_a_time}, {"2024-03-01  12:34", not_a_time}, {"2024-03-01T12:34:56 ", not_a_time},
        {"2024-03-01T12:34:56z", not_a_time}, {"2024-03-01T12:34:56+9", not_a_time}, {"2024-03-01Z", not_a_time},
        {"2024-03-01T12:34:56+09:0", not_a_time}, {"2024-03-01T12:34:56+090", not_a_time}, {"20x4-03-01", not_a_time},
        {"2024/03/01", not_a_time}, {"01.03.2024", not_a_time}, {"2024-03-01T12-34-56", not_a_time},
        {"2024-03-01T12:34:56ZZ", not_a_time}, {"2024-03-01T12:34:56+09:00x", not_a_time},
        {"2023-02-29", not_a_date}, {"1900-02-29", not_a_date}, {"2024-00-10", not_a_date}, {"2024-13-01", not_a_date},
        {"2024-04-31", not_a_date}, {"2024-04-00", not_a_date},
        {"2024-03-01T24:00:00", not_a_clock}, {"2024-03-01T12:60", not_a_clock}, {"2024-03-01T23:59:60", not_a_clock},
        {"2024-03-01T12:34:56+18:01", not_an_offset}, {"2024-03-01T12:34:56+09:60", not_an_offset},
        {"1899-12-31", not_in_range}, {"2201-01-01", not_in_range}, {"-2208988801", not_in_range},
        {"7289654400", not_in_range}, {"1709264096000", not_in_range}, {"99999999999999999999999999", not_in_range},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(bad); i++) {
        struct tt_time time;
        const char *what = "";
        if (tt_time_parse(bad[i].text, strlen(bad[i].text), &time, &what) == 0)
            fail_msg("'%s' was taken", bad[i].text);
        assert_string_equal(what, bad[i].what);
    }
}

/* No byte past the text is looked at: each prefix stands at the end of its own block, which a sanitizer watches. */
static void test_calendar_looks_at_no_byte_past_the_text(void **state)
{
    static const char text[] = "2024-03-01T12:34:56.25+09:00";
    size_t taken = 0;

    (void)state;
    for (size_t n = 0; n < sizeof(text); n++) {
        struct tt_time time;
        const char *what;
        char *copy = malloc(n ? n : 1);
        assert_non_null(copy);
        memcpy(copy, text, n);
        taken += tt_time_parse(copy, n, &time, &what) == 0;
        free(copy);
    }
    assert_int_equal(taken, 11); /* 2, 20, 202, 2024, the date, hh:mm, hh:mm:ss, .2, .25, +09, +09:00 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calendar_counts_every_day_from_1899_to_2201),
        cmocka_unit_test(test_calendar_reads_each_spelling_of_a_time),
        cmocka_unit_test(test_calendar_refuses_what_is_no_time),
        cmocka_unit_test(test_calendar_looks_at_no_byte_past_the_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
