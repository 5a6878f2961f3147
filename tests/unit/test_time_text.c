/* Times as text: the shared table, and no byte past the text. */
#include "table/time_text.h"

#include "time_texts.h"
#include "unit.h"

static void test_time_text_reads_each_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(good_times); i++) {
        const struct tt_time *expected = &good_times[i].time;
        struct tt_time time = {-99, -1, -1, -1};
        const char *what = "";
        if (tt_time_parse(good_times[i].text, strlen(good_times[i].text), &time, &what))
            fail_msg("'%s' %s", good_times[i].text, what);
        if (time.seconds != expected->seconds || time.is_local != expected->is_local ||
            time.micro != expected->micro || time.is_cut != expected->is_cut)
            fail_msg("'%s' gives %lld, local %d, %d microseconds, cut %d", good_times[i].text, (long long)time.seconds,
                     time.is_local, (int)time.micro, time.is_cut);
    }
}

static void test_time_text_refuses_all_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(bad_times); i++) {
        struct tt_time time = {-99, -1, -1, -1};
        const char *what = "";
        if (tt_time_parse(bad_times[i].text, strlen(bad_times[i].text), &time, &what) == 0)
            fail_msg("'%s' was accepted", bad_times[i].text);
        assert_string_equal(what, bad_times[i].what);
        assert_true(time.seconds == -99 && time.micro == -1); /* nothing is written */
    }
}

static void test_time_text_reads_dates_alone(void **state)
{
    int64_t days = -99;

    (void)state;
    assert_int_equal(tt_date_parse("1970-01-02", 10, &days), 0);
    assert_int_equal(days, 1);
    assert_int_equal(tt_date_parse("1970-01-02T00:00", 16, &days), -1);
    assert_int_equal(tt_date_parse("1970-02-30", 10, &days), -1);
    assert_int_equal(tt_date_parse("86400", 5, &days), -1);
}

/* No byte past the text is looked at: each prefix stands at the end of its own block, which a sanitizer watches. */
static void test_time_text_looks_at_no_byte_past_the_text(void **state)
{
    static const char text[] = "2024-03-01T12:34:56.25+09:00";
    size_t good = 0;

    (void)state;
    for (size_t n = 0; n < sizeof(text); n++) {
        struct tt_time time;
        const char *what;
        char *copy = malloc(n ? n : 1);
        assert_non_null(copy);
        memcpy(copy, text, n);
        good += tt_time_parse(copy, n, &time, &what) == 0;
        free(copy);
    }
    assert_int_equal(good, 11); /* 2, 20, 202, 2024, the date, hh:mm, hh:mm:ss, .2, .25, +09, +09:00 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time_text_reads_each_form),
        cmocka_unit_test(test_time_text_refuses_all_else),
        cmocka_unit_test(test_time_text_reads_dates_alone),
        cmocka_unit_test(test_time_text_looks_at_no_byte_past_the_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
