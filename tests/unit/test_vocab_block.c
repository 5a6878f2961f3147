/* Blocks give the codes that one look-up after another gives. */
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "table/vocab_block.h"

#include "unit.h"

static void test_vocab_block_gives_the_codes_of_single_calls(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_vocab single, many;
    struct tt_vocab_block block = {0};
    struct tt_rng rng;
    uint32_t expected[TT_VOCAB_BLOCK], codes[TT_VOCAB_BLOCK];
    char text[32];
    (void)state;
    assert_int_equal(tt_vocab_init(&single, &err), 0);
    assert_int_equal(tt_vocab_init(&many, &err), 0);
    tt_rng_init(&rng, 1, TT_RNG_TEST, 0);
    for (int round = 0; round < 300; round++) {
        size_t n = round % 7 ? TT_VOCAB_BLOCK : tt_rng_below(&rng, TT_VOCAB_BLOCK); /* also short and empty ones */
        for (size_t i = 0; i < n; i++) {
            int len = snprintf(text, sizeof(text), "%llu", (unsigned long long)tt_rng_below(&rng, 5000));
            assert_false(tt_vocab_block_is_full(&block));
            assert_int_equal(tt_vocab_add(&single, text, (size_t)len, &expected[i], &err), 0);
            assert_int_equal(tt_vocab_block_put(&block, &many, text, (size_t)len, &err), 0);
        }
        assert_int_equal(tt_vocab_block_is_full(&block), n == TT_VOCAB_BLOCK);
        assert_int_equal(tt_vocab_block_add(&block, &many, codes, &err), 0);
        assert_int_equal(block.n, 0);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(codes[i], expected[i]);
    }
    assert_int_equal(many.texts.n, single.texts.n);
    tt_vocab_block_release(&block);
    tt_vocab_release(&single);
    tt_vocab_release(&many);
}

static void test_vocab_block_of_long_texts_fills_early(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_vocab vocab;
    struct tt_vocab_block block = {0};
    static char text[TT_VOCAB_BLOCK_BYTES / 2 + 1];
    uint32_t codes[TT_VOCAB_BLOCK];
    (void)state;
    assert_int_equal(tt_vocab_init(&vocab, &err), 0);
    memset(text, 'x', sizeof(text));
    assert_int_equal(tt_vocab_block_put(&block, &vocab, text, sizeof(text), &err), 0);
    assert_false(tt_vocab_block_is_full(&block));
    assert_int_equal(tt_vocab_block_put(&block, &vocab, text, sizeof(text) - 1, &err), 0);
    assert_true(tt_vocab_block_is_full(&block));
    assert_int_equal(tt_vocab_block_add(&block, &vocab, codes, &err), 0);
    assert_int_equal(codes[0], 0);
    assert_int_equal(codes[1], 1);
    tt_vocab_block_release(&block);
    tt_vocab_release(&vocab);
}

static void test_vocab_block_find_adds_nothing(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_vocab vocab;
    struct tt_vocab_block block = {0};
    uint32_t codes[TT_VOCAB_BLOCK];
    static const char *const texts[] = {"b", "absent", "a", "", "b"};
    (void)state;
    assert_int_equal(tt_vocab_init(&vocab, &err), 0);
    assert_int_equal(tt_vocab_add(&vocab, "a", 1, codes, &err), 0);
    assert_int_equal(tt_vocab_add(&vocab, "b", 1, codes, &err), 0);
    for (size_t i = 0; i < LENGTH(texts); i++)
        assert_int_equal(tt_vocab_block_put(&block, &vocab, texts[i], strlen(texts[i]), &err), 0);
    tt_vocab_block_find(&block, &vocab, codes);
    assert_int_equal(codes[0], 1);
    assert_int_equal(codes[1], TT_VOCAB_NONE);
    assert_int_equal(codes[2], 0);
    assert_int_equal(codes[3], TT_VOCAB_NONE);
    assert_int_equal(codes[4], 1);
    assert_int_equal(vocab.texts.n, 2);
    assert_int_equal(block.n, 0);
    tt_vocab_block_release(&block);
    tt_vocab_release(&vocab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vocab_block_gives_the_codes_of_single_calls),
        cmocka_unit_test(test_vocab_block_of_long_texts_fills_early),
        cmocka_unit_test(test_vocab_block_find_adds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
