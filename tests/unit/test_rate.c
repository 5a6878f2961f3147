/* Rates: a bucket's depth and how it fills, addresses apart, a full set. The time is given, so nothing here waits. */
#include "http/rate.h"

#include "unit.h"

/* Addresses whose places are in one set of the table, with tags that differ. */
static uint64_t in_one_set(unsigned i)
{
    return (uint64_t)(i + 1) << 48 | 7;
}

static unsigned allowed(struct tt_rate *rate, uint64_t hash, uint64_t now, unsigned tries)
{
    unsigned n = 0;

    while (tries--)
        n += tt_rate_allow(rate, hash, now) != 0;
    return n;
}

static void test_rate_gives_a_second_at_once_and_then_as_it_fills(void **state)
{
    static const unsigned rates[] = {1, 3, 10, 1000, 999999, 1000000, 5000000};
    struct tt_err err = TT_ERR_INIT;

    (void)state;
    for (size_t i = 0; i < LENGTH(rates); i++) {
        struct tt_rate *rate = tt_rate_new(rates[i], &err);
        unsigned depth = rates[i] < 1000000 ? rates[i] : 1000000;
        uint64_t now = 5000000, price = 1000000 / depth;
        assert_non_null(rate);
        assert_int_equal(allowed(rate, 42, now, depth + 10), depth);
        assert_int_equal(allowed(rate, 42, now + price - 1, 10), 0);
        assert_int_equal(allowed(rate, 42, now + price, 10), 1);
        assert_int_equal(allowed(rate, 42, now + 4 * price, 10), depth < 3 ? depth : 3);
        assert_int_equal(allowed(rate, 42, now + 100000000, depth + 10), depth);
        tt_rate_free(rate);
    }
}

static void test_rate_keeps_addresses_apart(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_rate *rate = tt_rate_new(2, &err);

    (void)state;
    assert_non_null(rate);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(allowed(rate, in_one_set(i), 1, 5), 2);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(allowed(rate, in_one_set(i), 1, 5), 0);
    tt_rate_free(rate);
}

static void test_rate_gives_up_the_fullest_of_a_full_set(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_rate *rate = tt_rate_new(10, &err);

    (void)state;
    assert_non_null(rate);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(allowed(rate, in_one_set(i), 1, i == 2 ? 1 : 10), i == 2 ? 1 : 10);
    assert_int_equal(allowed(rate, in_one_set(4), 1, 20), 10);
    for (unsigned i = 0; i < 5; i++)
        if (i != 2)
            assert_int_equal(allowed(rate, in_one_set(i), 1, 1), 0);
    tt_rate_free(rate);
    tt_rate_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rate_gives_a_second_at_once_and_then_as_it_fills),
        cmocka_unit_test(test_rate_keeps_addresses_apart),
        cmocka_unit_test(test_rate_gives_up_the_fullest_of_a_full_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
