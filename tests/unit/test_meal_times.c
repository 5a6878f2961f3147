/* Each hour belongs to one meal time, over midnight too; texts that mean nothing are refused. */
#include "table/meal_times.h"

#include "unit.h"

static void test_meal_times_cover_the_day(void **state)
{
    static const char expected[24] = "nnnnnbbbbbbllllaadddddnn";
    struct tt_meal_times meals;
    struct tt_err err = TT_ERR_INIT;

    (void)state;
    assert_int_equal(tt_meal_times_parse(&meals, TT_MEAL_TIMES, &err), 0);
    assert_int_equal(meals.n, 5);
    for (int hour = 0; hour < 24; hour++)
        assert_int_equal(meals.names[meals.of_hour[hour]][0], expected[hour]);
}

static void test_meal_times_of_one_name_or_from_midnight(void **state)
{
    struct tt_meal_times meals;
    struct tt_err err = TT_ERR_INIT;

    (void)state;
    assert_int_equal(tt_meal_times_parse(&meals, "day=7", &err), 0);
    for (int hour = 0; hour < 24; hour++)
        assert_int_equal(meals.of_hour[hour], 0);
    assert_int_equal(tt_meal_times_parse(&meals, "am=0,pm=12", &err), 0);
    for (int hour = 0; hour < 24; hour++)
        assert_int_equal(meals.of_hour[hour], hour >= 12);
    assert_int_equal(tt_meal_times_parse(&meals, "\xec\xa0\x90\xec\x8b\xac=23", &err), 0); /* Korean for lunch */
}

static void test_meal_times_refuse_what_means_nothing(void **state)
{
    static const struct { const char *text, *error; } bad[] = {
        {"", "'': expected NAME=HOUR"},
        {"lunch", "'lunch': expected NAME=HOUR"},
        {"a=1,", "'': expected NAME=HOUR"},
        {"lunch=24", "'lunch=24': the hour is a whole number from 0 to 23"},
        {"lunch=", "'lunch=': the hour is a whole number from 0 to 23"},
        {"lunch=-1", "'lunch=-1': the hour is a whole number from 0 to 23"},
        {"a=5,b=5", "'b=5': the hours do not rise"},
        {"a=5,b=4", "'b=4': the hours do not rise"},
        {"a=5,a=6", "'a=6': a name that was given already"},
        {"=5", "'=5': a name has 1 to 31 letters, digits, '_', '-' and '.'"},
        {"a b=5", "'a b=5': a name has 1 to 31 letters, digits, '_', '-' and '.'"},
        {"a\"b=5", "'a\"b=5': a name has 1 to 31 letters, digits, '_', '-' and '.'"},
        {"abcdefghijklmnopqrstuvwxyz012345=5",
         "'abcdefghijklmnopqrstuvwxyz012345=5': a name has 1 to 31 letters, digits, '_', '-' and '.'"},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(bad); i++) {
        struct tt_meal_times meals;
        struct tt_err err = TT_ERR_INIT;
        assert_int_equal(tt_meal_times_parse(&meals, bad[i].text, &err), -1);
        assert_string_equal(err.text, bad[i].error);
        assert_int_equal(err.kind, TT_ERR_USAGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_meal_times_cover_the_day),
        cmocka_unit_test(test_meal_times_of_one_name_or_from_midnight),
        cmocka_unit_test(test_meal_times_refuse_what_means_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
