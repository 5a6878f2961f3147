/* Strict numbers: what is one, what is not, and the limits. UTF-8 against a slow decoder. */
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

/* Decode, and check the value's range and that its shortest form has this length. */
static int slow_is_utf8(const unsigned char *p, size_t n)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};

    while (n > 0) {
        size_t length = *p < 0x80 ? 1 : (*p & 0xe0) == 0xc0 ? 2 : (*p & 0xf0) == 0xe0 ? 3 : (*p & 0xf8) == 0xf0 ? 4 : 0;
        if (length == 0 || length > n)
            return 0;
        uint32_t value = length == 1 ? *p : *p & (0xffu >> (length + 1));
        for (size_t i = 1; i < length; i++) {
            if ((p[i] & 0xc0) != 0x80)
                return 0;
            value = value << 6 | (p[i] & 0x3f);
        }
        if (value < least[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
            return 0;
        p += length;
        n -= length;
    }
    return 1;
}

static void test_is_utf8_agrees_with_a_decoder(void **state)
{
    /* bytes at the edges of what may follow what */
    static const unsigned char edges[] = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf,
                                          0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff};
    struct tt_rng rng;
    size_t good = 0;

    (void)state;
    for (size_t a = 0; a < LENGTH(edges); a++) {
        for (size_t b = 0; b < LENGTH(edges); b++) {
            for (size_t c = 0; c < LENGTH(edges); c++) {
                for (size_t d = 0; d < LENGTH(edges); d++) {
                    unsigned char text[4] = {edges[a], edges[b], edges[c], edges[d]};
                    for (size_t n = 0; n <= 4; n++)
                        if (tt_is_utf8((char *)text, n) != slow_is_utf8(text, n))
                            fail_msg("%02x %02x %02x %02x, %zu of them", text[0], text[1], text[2], text[3], n);
                }
            }
        }
    }
    tt_rng_init(&rng, 1, TT_RNG_TEST, 0);
    for (int i = 0; i < 200000; i++) { /* long ones: the eight at a time, and what comes after them */
        unsigned char text[24];
        size_t n = tt_rng_below(&rng, sizeof(text));
        memset(text, 'a', sizeof(text));
        for (int k = 0; k < 2 && n > 0; k++) {
            size_t at = tt_rng_below(&rng, n);
            memcpy(text + at, "\xed\x95\x9c", n - at < 3 ? n - at : 3);
        }
        assert_int_equal(tt_is_utf8((char *)text, n), slow_is_utf8(text, n));
        good += (size_t)slow_is_utf8(text, n);
    }
    assert_true(good > 50000 && good < 190000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_u64_takes_digits_to_the_limit),
        cmocka_unit_test(test_parse_i64_takes_both_limits),
        cmocka_unit_test(test_parse_f64_takes_decimals_only),
        cmocka_unit_test(test_parse_f64_reads_back_every_double),
        cmocka_unit_test(test_parse_count_knows_k_m_g),
        cmocka_unit_test(test_is_utf8_agrees_with_a_decoder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
