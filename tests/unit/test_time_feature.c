/* Features of a time against the C library's calendar, in any order of days. */
#include "table/time_feature.h"

#include <string.h>
#include <time.h>

#include "base/rng.h"
#include "table/calendar.h"
#include "unit.h"

static void same(struct tt_time_features *f, enum tt_time_kind kind, int64_t local, const char *expected)
{
    size_t len = 99;
    const char *text = tt_time_feature(f, kind, local, &len);

    if (len != strlen(expected) || memcmp(text, expected, len) != 0)
        fail_msg("%s of %lld: '%.*s' instead of '%s'", kind < TT_TIME_KINDS ? tt_time_feature_names[kind] : "nothing",
                 (long long)local, (int)len, text, expected);
}

static void test_time_features_are_those_of_the_calendar(void **state)
{
    static const char *const days[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
    const int64_t from = tt_days_from_date(0, 1, 1), to = tt_days_from_date(10000, 1, 1);
    struct tt_err err = TT_ERR_INIT;
    struct tt_time_features f = {0};
    int64_t day = 0;
    struct tt_rng rng;
    (void)state;

    assert_int_equal(tt_meal_times_parse(&f.meals, TT_MEAL_TIMES, &err), 0);
    tt_rng_init(&rng, 1, TT_RNG_TEST, 2);
    for (int i = 0; i < 200000; i++) {
        char expected[32];
        struct tm tm;
        if (tt_rng_below(&rng, 3) == 0) /* else again the day that is kept; at first that is 1970-01-01 */
            day = from + (int64_t)tt_rng_below(&rng, (uint64_t)(to - from));
        int64_t local = day * TT_DAY + (int64_t)tt_rng_below(&rng, TT_DAY);
        time_t t = (time_t)local;
        assert_non_null(gmtime_r(&t, &tm));
        enum tt_time_kind kind = (enum tt_time_kind)tt_rng_below(&rng, TT_TIME_KINDS + 1);
        switch (kind) {
        case TT_TIME_MEAL:
            snprintf(expected, sizeof(expected), "%s",
                     tm.tm_hour < 5    ? "night"
                     : tm.tm_hour < 11 ? "breakfast"
                     : tm.tm_hour < 15 ? "lunch"
                     : tm.tm_hour < 17 ? "afternoon"
                     : tm.tm_hour < 22 ? "dinner"
                                       : "night");
            break;
        case TT_TIME_HOUR: snprintf(expected, sizeof(expected), "%d", tm.tm_hour); break;
        case TT_TIME_WEEKDAY: snprintf(expected, sizeof(expected), "%s", days[tm.tm_wday]); break;
        case TT_TIME_WEEKEND: snprintf(expected, sizeof(expected), "%d", tm.tm_wday == 0 || tm.tm_wday == 6); break;
        case TT_TIME_DATE:
            snprintf(expected, sizeof(expected), "%04d", tm.tm_year + 1900);
            strftime(expected + 4, sizeof(expected) - 4, "-%m-%d", &tm);
            break;
        case TT_TIME_MONTH: snprintf(expected, sizeof(expected), "%d", tm.tm_mon + 1); break;
        case TT_TIME_KINDS: expected[0] = '\0'; break;
        }
        same(&f, kind, local, expected);
    }
    same(&f, TT_TIME_DATE, to * TT_DAY, "+10000-01-01"); /* where an offset leads out of the four digits */
    same(&f, TT_TIME_MONTH, from * TT_DAY - 1, "12");
    same(&f, TT_TIME_DATE, from * TT_DAY - 1, "-00001-12-31");
}

static void test_time_features_turn_at_midnight(void **state)
{
    struct tt_time_features f = {0};
    int64_t end = tt_days_from_date(2024, 3, 1) * TT_DAY;
    (void)state;

    same(&f, TT_TIME_DATE, end - 1, "2024-02-29");
    same(&f, TT_TIME_HOUR, end - 1, "23");
    same(&f, TT_TIME_DATE, end, "2024-03-01");
    same(&f, TT_TIME_MONTH, end - 1, "2");
    same(&f, TT_TIME_HOUR, end, "0");
    same(&f, TT_TIME_DATE, -1, "1969-12-31");
    same(&f, TT_TIME_HOUR, -1, "23");
    same(&f, TT_TIME_WEEKDAY, -1, "wed");
}

static void test_time_features_are_found_by_name(void **state)
{
    static const char *const names[] = {"meal_time", "hour", "weekday", "weekend", "date", "month"};
    (void)state;

    assert_int_equal(LENGTH(names), TT_TIME_KINDS);
    for (size_t i = 0; i < LENGTH(names); i++) {
        assert_string_equal(tt_time_feature_names[i], names[i]);
        assert_int_equal(tt_time_feature_find(names[i], strlen(names[i])), i);
        assert_int_equal(tt_time_feature_find(names[i], strlen(names[i]) - 1), TT_TIME_KINDS);
        assert_int_equal(tt_time_feature_find(names[i], strlen(names[i]) + 1), TT_TIME_KINDS); /* with its NUL */
    }
    assert_int_equal(tt_time_feature_find("", 0), TT_TIME_KINDS);
    assert_int_equal(tt_time_feature_find("Hour", 4), TT_TIME_KINDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time_features_are_those_of_the_calendar),
        cmocka_unit_test(test_time_features_turn_at_midnight),
        cmocka_unit_test(test_time_features_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
