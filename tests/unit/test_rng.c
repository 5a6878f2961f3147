/* The generator against the published vectors, and the ranges of what is drawn from it. */
#include "base/rng.h"

#include "unit.h"

/* Random123's known answers for philox4x32, 10 rounds. */
static void test_philox_known_answers(void **state)
{
    static const struct { uint32_t counter[4], key[2], out[4]; } known[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        uint32_t out[4];
        tt_philox(known[i].counter, known[i].key, out);
        assert_memory_equal(out, known[i].out, sizeof(out));
    }
}

static void test_rng_streams_differ_by_each_part_of_the_name(void **state)
{
    struct tt_rng a, b;
    (void)state;
    tt_rng_init(&a, 1, TT_RNG_TEST, 0);
    uint64_t first = tt_rng_u64(&a);
    tt_rng_init(&b, 2, TT_RNG_TEST, 0);
    assert_int_not_equal(first, tt_rng_u64(&b));
    tt_rng_init(&b, 1, TT_RNG_TEST + 1, 0);
    assert_int_not_equal(first, tt_rng_u64(&b));
    tt_rng_init(&b, 1, TT_RNG_TEST, 1);
    assert_int_not_equal(first, tt_rng_u64(&b));
    tt_rng_init(&b, 1, TT_RNG_TEST, 0);
    assert_int_equal(first, tt_rng_u64(&b));
}

static void test_rng_below_is_uniform_and_in_range(void **state)
{
    struct tt_rng rng;
    size_t count[7] = {0};
    (void)state;
    tt_rng_init(&rng, 1, TT_RNG_TEST, 0);
    for (int i = 0; i < 70000; i++) {
        uint64_t x = tt_rng_below(&rng, 7);
        assert_true(x < 7);
        count[x]++;
    }
    for (int i = 0; i < 7; i++) /* 10,000 each, standard deviation 93 */
        assert_true(count[i] > 9500 && count[i] < 10500);
    assert_int_equal(tt_rng_below(&rng, 1), 0);
}

static void test_rng_normal_has_mean_0_and_variance_1(void **state)
{
    struct tt_rng rng;
    double sum = 0, squares = 0;
    enum { N = 100000 };
    (void)state;
    tt_rng_init(&rng, 3, TT_RNG_TEST, 0);
    for (int i = 0; i < N; i++) {
        double x = tt_rng_normal(&rng);
        sum += x;
        squares += x * x;
    }
    assert_true(sum / N > -0.02 && sum / N < 0.02);
    assert_true(squares / N > 0.97 && squares / N < 1.03);
}

static void test_rng_at_is_a_stream_by_position(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 1000; i++) {
        float x = tt_rng_at(1, TT_RNG_TEST, 5, i);
        assert_true(x >= 0 && x < 1);
        assert_true(x == tt_rng_at(1, TT_RNG_TEST, 5, i));
    }
    assert_true(tt_rng_at(1, TT_RNG_TEST, 5, 0) != tt_rng_at(1, TT_RNG_TEST, 5, 1));
}

static void test_rng_fill_is_at_for_many_positions(void **state)
{
    float out[24];
    (void)state;
    for (size_t n = 0; n < LENGTH(out); n++)
        for (uint32_t from = 0; from < 12; from += 4) {
            out[n] = 7; /* what lies behind stays */
            tt_rng_fill(9, TT_RNG_TEST, UINT64_C(5) << 32 | 3, from, n, out);
            for (size_t i = 0; i < n; i++)
                assert_true(out[i] == tt_rng_at(9, TT_RNG_TEST, UINT64_C(5) << 32 | 3, from + (uint32_t)i));
            assert_true(out[n] == 7);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_philox_known_answers),
        cmocka_unit_test(test_rng_streams_differ_by_each_part_of_the_name),
        cmocka_unit_test(test_rng_below_is_uniform_and_in_range),
        cmocka_unit_test(test_rng_normal_has_mean_0_and_variance_1),
        cmocka_unit_test(test_rng_at_is_a_stream_by_position),
        cmocka_unit_test(test_rng_fill_is_at_for_many_positions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
