/* Keys against known days, and their order against the order of the values. */
#include "table/order_key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

#include "time_texts.h"
#include "unit.h"

static struct tt_order_key key(const char *text)
{
    struct tt_order_key out = {TT_KEY_NONE, 0};
    const char *what;

    if (tt_order_key_parse(text, strlen(text), &out, &what))
        fail_msg("'%s' %s", text, what);
    return out;
}

static void refuse(const char *text, const char *expected)
{
    struct tt_order_key k;
    const char *what = "";

    if (tt_order_key_parse(text, strlen(text), &k, &what) == 0)
        fail_msg("'%s' was accepted", text);
    assert_string_equal(what, expected);
}

/* What the parser of times reads is a key, if it has a date and no finer fraction; seconds since 1970 are a number. */
static void test_order_key_takes_the_times_that_all_programs_take(void **state)
{
    size_t n_dated = 0;

    (void)state;
    for (size_t i = 0; i < LENGTH(good_times); i++) {
        const char *text = good_times[i].text;
        const struct tt_time *time = &good_times[i].time;
        if (!tt_time_has_date(text, strlen(text))) {
            assert_true(tt_order_key_fits(key(text).form, TT_KEY_WHOLE));
            continue;
        }
        n_dated++;
        if (time->is_cut) {
            refuse(text, "has a fraction finer than a microsecond");
            continue;
        }
        struct tt_order_key k = key(text);
        if (k.key != time->seconds * 1000000 + time->micro ||
            k.form != (time->is_local ? TT_KEY_LOCAL : TT_KEY_ZONED))
            fail_msg("'%s' is %lld of form %d", text, (long long)k.key, (int)k.form);
    }
    assert_true(n_dated > 30);
    for (size_t i = 0; i < LENGTH(bad_times); i++)
        if (tt_time_has_date(bad_times[i].text, strlen(bad_times[i].text)))
            refuse(bad_times[i].text, bad_times[i].what);
}

static void test_order_key_refuses_what_is_no_value(void **state)
{
    static const char *const bad[] = {
        "", "abc", "1x", " 1", "1 ", "nan", "inf", "0x10", "+1", "1e400", "2024-1-01", "2024/01/01", "-2024-01-01",
        "20240101T120000",
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(bad); i++)
        refuse(bad[i], "is neither a number nor a time like 2024-03-01T12:34:56+09:00");
}

static void test_order_key_orders_numbers(void **state)
{
    static const char *const ascending[] = {"-1e300", "-2.5", "-2", "-1e-300", "0", "1e-300", "0.5", "1", "1e300"};

    (void)state;
    for (size_t i = 0; i < LENGTH(ascending); i++)
        for (size_t j = 0; j < LENGTH(ascending); j++)
            assert_int_equal(tt_order_key_compare(key(ascending[i]), key(ascending[j])), (i > j) - (i < j));
    assert_int_equal(tt_order_key_compare(key("-0.0"), key("0")), 0);
    assert_int_equal(tt_order_key_compare(key("1.0"), key("1")), 0);
    assert_true(key("1700000000000000001").key > key("1700000000000000000").key); /* a double cannot tell them apart */
    assert_int_equal(key("9223372036854775808").form, TT_KEY_REAL);
}

static void test_order_key_orders_random_reals(void **state)
{
    struct tt_rng rng;

    (void)state;
    tt_rng_init(&rng, 1, TT_RNG_TEST, 0);
    for (int i = 0; i < 20000; i++) {
        double x[2];
        struct tt_order_key k[2];
        for (int j = 0; j < 2; j++) {
            char text[40];
            x[j] = (tt_rng_unit(&rng) - 0.5) * (tt_rng_below(&rng, 2) ? 1e-3 : 1e6);
            k[j] = (snprintf(text, sizeof(text), "%.17g", x[j]), key(text));
        }
        assert_int_equal(tt_order_key_compare(k[0], k[1]), (x[0] > x[1]) - (x[0] < x[1]));
    }
}

static void test_order_key_forms_fit_only_their_kind(void **state)
{
    (void)state;
    assert_true(tt_order_key_fits(TT_KEY_WHOLE, TT_KEY_REAL));
    assert_true(tt_order_key_fits(TT_KEY_LOCAL, TT_KEY_LOCAL));
    assert_false(tt_order_key_fits(TT_KEY_LOCAL, TT_KEY_ZONED));
    assert_false(tt_order_key_fits(TT_KEY_WHOLE, TT_KEY_LOCAL));
    assert_string_equal(tt_key_form_name(TT_KEY_REAL), "a number");
    assert_string_equal(tt_key_form_name(TT_KEY_ZONED), "a time with an offset");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_key_takes_the_times_that_all_programs_take),
        cmocka_unit_test(test_order_key_refuses_what_is_no_value),
        cmocka_unit_test(test_order_key_orders_numbers),
        cmocka_unit_test(test_order_key_orders_random_reals),
        cmocka_unit_test(test_order_key_forms_fit_only_their_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
