/* Days and dates. */
#include "table/calendar.h"

#include "unit.h"

static void test_calendar_counts_every_day_of_its_years(void **state)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t days = -719893; /* -0001-01-01: from there to 1970 are 1,971 years, of which 478 are leap years */
    int weekday = 4;        /* a Friday */

    (void)state;
    for (int year = -1; year <= 10000; year++) {
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
            assert_int_equal(tt_days_of_month(year, month), lengths[month - 1] + (month == 2 && leap));
        }
    }
}

static void test_calendar_days_round_down(void **state)
{
    (void)state;
    assert_int_equal(tt_local_day(0), 0);
    assert_int_equal(tt_local_day(TT_DAY - 1), 0);
    assert_int_equal(tt_local_day(-1), -1);
    assert_int_equal(tt_local_day(-TT_DAY), -1);
    assert_int_equal(tt_local_day(-TT_DAY - 1), -2);
    assert_int_equal(tt_local_hour(-1), 23);
    assert_int_equal(tt_local_hour(12 * TT_HOUR), 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calendar_counts_every_day_of_its_years),
        cmocka_unit_test(test_calendar_days_round_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
