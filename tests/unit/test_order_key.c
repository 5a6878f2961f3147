/* Keys against known days, and their order against the order of the values. */
#include "table/order_key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

#include "unit.h"

static struct tt_order_key key(const char *text)
{
    struct tt_order_key out = {TT_KEY_NONE, 0};

    if (tt_order_key_parse(text, strlen(text), &out))
        fail_msg("'%s' was refused", text);
    return out;
}

static void test_order_key_times_are_microseconds_since_1970(void **state)
{
    static const struct { const char *text; int64_t micro; int form; } known[] = {
        {"1970-01-01", 0, TT_KEY_LOCAL},
        {"1970-01-01T00:00", 0, TT_KEY_LOCAL},
        {"1970-01-02 00:00:01", INT64_C(86401000000), TT_KEY_LOCAL},
        {"1969-12-31T23:59:59.999999Z", -1, TT_KEY_ZONED},
        {"2000-02-29T12:30:15.5Z", INT64_C(951827415500000), TT_KEY_ZONED},
        {"2024-03-01T00:00:00+09:00", INT64_C(1709218800000000), TT_KEY_ZONED},
        {"2024-02-29T10:00:00-0500", INT64_C(1709218800000000), TT_KEY_ZONED},
        {"2024-02-29T13:00-02", INT64_C(1709218800000000), TT_KEY_ZONED},
        {"2024-03-01T00:00:00.123456000", INT64_C(1709251200123456), TT_KEY_LOCAL},
        {"0001-01-01", INT64_C(-62135596800000000), TT_KEY_LOCAL},
        {"0000-01-01", INT64_C(-62167219200000000), TT_KEY_LOCAL},
        {"0000-12-31", INT64_C(-62135683200000000), TT_KEY_LOCAL},
        {"9999-12-31T23:59:59", INT64_C(253402300799000000), TT_KEY_LOCAL},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(known); i++) {
        struct tt_order_key k = key(known[i].text);
        if (k.key != known[i].micro || (int)k.form != known[i].form)
            fail_msg("'%s' is %lld of form %d", known[i].text, (long long)k.key, (int)k.form);
    }
}

/* Every day from the year 0 to 9999 is one day after the one before it. */
static void test_order_key_days_follow_each_other(void **state)
{
    static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t last = key("0000-01-01").key - INT64_C(86400000000);
    char text[32];

    (void)state;
    for (int y = 0; y <= 9999; y++) {
        for (int m = 1; m <= 12; m++) {
            int n = length[m - 1] + (m == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0));
            struct tt_order_key k;
            for (int d = 1; d <= n; d++) {
                snprintf(text, sizeof(text), "%04d-%02d-%02d", y, m, d);
                assert_int_equal(tt_order_key_parse(text, 10, &k), 0);
                assert_int_equal(k.key - last, INT64_C(86400000000));
                last = k.key;
            }
            snprintf(text, sizeof(text), "%04d-%02d-%02d", y, m, n + 1);
            assert_int_equal(tt_order_key_parse(text, 10, &k), -1);
        }
    }
}

static void test_order_key_refuses_what_is_no_value(void **state)
{
    static const char *const bad[] = {
        "", "abc", "1x", " 1", "1 ", "nan", "inf", "0x10", "+1", "1e400", "2024-1-01", "2024-13-01", "2024-00-10",
        "2024-01-00", "2023-02-29", "2024-01-01T", "2024-01-01T1", "2024-01-01T24:00", "2024-01-01T12:60",
        "2024-01-01T12:00:60", "2024-01-01T12:00:", "2024-01-01T12:00:0", "2024-01-01T12:00:00.",
        "2024-01-01T12:00:00.1234567", "2024-01-01x12:00", "2024-01-01T12:00z", "2024-01-01T12:00+",
        "2024-01-01T12:00+9", "2024-01-01T12:00+24:00", "2024-01-01T12:00+09:60", "2024-01-01T12:00+09-00",
        "2024-01-01Z", "2024/01/01", "-2024-01-01", "2024-01-01T12:00:00 ", "20240101T120000",
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(bad); i++) {
        struct tt_order_key k;
        if (tt_order_key_parse(bad[i], strlen(bad[i]), &k) == 0)
            fail_msg("'%s' was accepted", bad[i]);
    }
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
        cmocka_unit_test(test_order_key_times_are_microseconds_since_1970),
        cmocka_unit_test(test_order_key_days_follow_each_other),
        cmocka_unit_test(test_order_key_refuses_what_is_no_value),
        cmocka_unit_test(test_order_key_orders_numbers),
        cmocka_unit_test(test_order_key_orders_random_reals),
        cmocka_unit_test(test_order_key_forms_fit_only_their_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
