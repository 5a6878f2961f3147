/* Strict numbers: what is one, what is not, and the limits. */
#include "base/number.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

#include "unit.h"

static void test_parse_u64_takes_digits_to_the_limit(void **state)
{
    static const struct { const char *text; uint64_t value; } good[] = {
        {"0", 0}, {"7", 7}, {"0012", 12}, {"18446744073709551615", UINT64_MAX},
    };
    static const char *const bad[] = {"", "-1", "+1", " 1", "1 ", "1.0", "1e3", "0x1", "a", "18446744073709551616",
                                      "99999999999999999999999"};
    uint64_t value = 99;

    (void)state;
    for (size_t i = 0; i < LENGTH(bad); i++)
        assert_int_equal(tt_parse_u64(bad[i], strlen(bad[i]), &value), -1);
    assert_int_equal(value, 99); /* nothing was written */
    for (size_t i = 0; i < LENGTH(good); i++) {
        assert_int_equal(tt_parse_u64(good[i].text, strlen(good[i].text), &value), 0);
        assert_int_equal(value, good[i].value);
    }
    assert_int_equal(tt_parse_u64("123456", 3, &value), 0); /* the length counts, not a NUL */
    assert_int_equal(value, 123);
}

static void test_parse_i64_takes_both_limits(void **state)
{
    static const struct { const char *text; int64_t value; } good[] = {
        {"0", 0}, {"-0", 0}, {"-7", -7}, {"9223372036854775807", INT64_MAX}, {"-9223372036854775808", INT64_MIN},
    };
    static const char *const bad[] = {"", "-", "--1", "- 1", "+1", "9223372036854775808", "-9223372036854775809", "1-"};
    int64_t value = 99;

    (void)state;
    for (size_t i = 0; i < LENGTH(bad); i++)
        assert_int_equal(tt_parse_i64(bad[i], strlen(bad[i]), &value), -1);
    assert_int_equal(value, 99);
    for (size_t i = 0; i < LENGTH(good); i++) {
        assert_int_equal(tt_parse_i64(good[i].text, strlen(good[i].text), &value), 0);
        assert_true(value == good[i].value);
    }
}

static void test_parse_f64_takes_decimals_only(void **state)
{
    static const struct { const char *text; double value; } good[] = {
        {"0", 0}, {"-1", -1}, {"1.5", 1.5}, {".5", 0.5}, {"5.", 5}, {"1e3", 1000}, {"1E+3", 1000}, {"-2.5e-1", -0.25},
        {"0.1", 0.1}, {"1.7976931348623157e308", DBL_MAX}, {"123456789012345678", 123456789012345678.0},
        {"4.9e-324", 4.9e-324}, {"1e-400", 0},
    };
    static const char *const bad[] = {
        "", "-", ".", "-.", "e3", "1e", "1e+", "1.5.2", "1,5", " 1", "1 ", "+1", "nan", "inf", "-inf", "NaN", "0x1p3",
        "1f", "1e400", "-1e400", "1_000",
    };
    double value = 99;

    (void)state;
    for (size_t i = 0; i < LENGTH(bad); i++)
        if (tt_parse_f64(bad[i], strlen(bad[i]), &value) == 0)
            fail_msg("'%s' was accepted", bad[i]);
    assert_true(value == 99);
    for (size_t i = 0; i < LENGTH(good); i++) {
        assert_int_equal(tt_parse_f64(good[i].text, strlen(good[i].text), &value), 0);
        if (value != good[i].value)
            fail_msg("'%s' is %.17g", good[i].text, value);
    }
}

static void test_parse_f64_reads_back_every_double(void **state)
{
    struct tt_rng rng;

    (void)state;
    tt_rng_init(&rng, 1, TT_RNG_TEST, 0);
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = tt_rng_u64(&rng);
        double wanted, value;
        char text[40];
        memcpy(&wanted, &bits, sizeof(wanted));
        if ((bits >> 52 & 0x7ff) == 0x7ff) /* not finite */
            continue;
        int n = snprintf(text, sizeof(text), "%.17g", wanted);
        assert_int_equal(tt_parse_f64(text, (size_t)n, &value), 0);
        assert_true(value == wanted);
    }
}

static void test_parse_count_knows_k_m_g(void **state)
{
    static const struct { const char *text; uint64_t value; } good[] = {
        {"0", 0}, {"12", 12}, {"3K", 3000}, {"2M", 2000000}, {"1G", 1000000000},
        {"18446744073G", UINT64_C(18446744073000000000)},
    };
    static const char *const bad[] = {"", "K", "1k", "1KB", "1KK", "1.5K", "-1K", "18446744074G", "K1"};
    uint64_t value = 99;

    (void)state;
    for (size_t i = 0; i < LENGTH(bad); i++)
        assert_int_equal(tt_parse_count(bad[i], strlen(bad[i]), &value), -1);
    assert_int_equal(value, 99);
    for (size_t i = 0; i < LENGTH(good); i++) {
        assert_int_equal(tt_parse_count(good[i].text, strlen(good[i].text), &value), 0);
        assert_int_equal(value, good[i].value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_u64_takes_digits_to_the_limit),
        cmocka_unit_test(test_parse_i64_takes_both_limits),
        cmocka_unit_test(test_parse_f64_takes_decimals_only),
        cmocka_unit_test(test_parse_f64_reads_back_every_double),
        cmocka_unit_test(test_parse_count_knows_k_m_g),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
