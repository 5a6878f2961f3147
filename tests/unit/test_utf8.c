/* UTF-8 against a slow decoder; characters counted and cut. */
#include "base/utf8.h"

#include <string.h>

#include "base/rng.h"
#include "unit.h"

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

static void test_utf8_count_and_cut(void **state)
{
    static const char text[] = "a\xc3\xa9\xed\x95\x9c\xf0\x9f\x8d\x9c!"; /* of 1, 2, 3, 4, 1 bytes */
    static const size_t ends[] = {0, 1, 3, 6, 10, 11};
    (void)state;

    for (size_t i = 0; i < LENGTH(ends); i++) {
        assert_int_equal(tt_utf8_count(text, ends[i]), i);
        assert_int_equal(tt_utf8_cut(text, ends[5], i), ends[i]);
        for (size_t j = 0; j <= i; j++)
            assert_int_equal(tt_utf8_cut(text, ends[i], j), ends[j]);
    }
    assert_int_equal(tt_utf8_cut(text, ends[3], 9), ends[3]); /* no more than there are */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_utf8_agrees_with_a_decoder),
        cmocka_unit_test(test_utf8_count_and_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
