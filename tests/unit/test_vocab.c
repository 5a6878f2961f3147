/* The vocabulary against a plain list that is searched from its start. */
#include "table/vocab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

#include "unit.h"

static void test_vocab_numbers_texts_by_first_appearance(void **state)
{
    static const char *const texts[] = {"b", "a", "b", "", "a", "c", ""};
    static const uint32_t codes[] = {0, 1, 0, 2, 1, 3, 2};
    struct tt_err err = TT_ERR_INIT;
    struct tt_vocab vocab;
    uint32_t code;

    (void)state;
    assert_int_equal(tt_vocab_init(&vocab, &err), 0);
    for (size_t i = 0; i < LENGTH(texts); i++) {
        assert_int_equal(tt_vocab_add(&vocab, texts[i], strlen(texts[i]), &code, &err), 0);
        assert_int_equal(code, codes[i]);
    }
    assert_int_equal(vocab.texts.n, 4);
    for (size_t i = 0; i < LENGTH(texts); i++)
        assert_int_equal(tt_vocab_find(&vocab, texts[i], strlen(texts[i])), codes[i]);
    assert_int_equal(tt_vocab_find(&vocab, "d", 1), TT_VOCAB_NONE);
    tt_vocab_release(&vocab);
}

/* Random short texts, many of them equal, NUL bytes and prefixes of each other among them. */
static void test_vocab_agrees_with_a_plain_list(void **state)
{
    enum { TRIES = 6000 };
    struct tt_err err = TT_ERR_INIT;
    struct tt_vocab vocab;
    struct tt_rng rng;
    static char seen[TRIES][8];
    static size_t seen_len[TRIES];
    uint32_t n = 0;

    (void)state;
    tt_rng_init(&rng, 1, TT_RNG_TEST, 0);
    assert_int_equal(tt_vocab_init(&vocab, &err), 0);
    for (int t = 0; t < TRIES; t++) {
        char text[8];
        size_t len = tt_rng_below(&rng, 6) % sizeof(text); /* gcc 14 warns where it does not see a bound */
        uint32_t code, truth;
        for (size_t i = 0; i < len; i++)
            text[i] = (char)tt_rng_below(&rng, 5);
        for (truth = 0; truth < n; truth++)
            if (seen_len[truth] == len && memcmp(seen[truth], text, len) == 0)
                break;
        assert_int_equal(tt_vocab_find(&vocab, text, len), truth < n ? truth : TT_VOCAB_NONE);
        assert_int_equal(tt_vocab_add(&vocab, text, len, &code, &err), 0);
        assert_int_equal(code, truth);
        if (truth == n) {
            memcpy(seen[n], text, len);
            seen_len[n++] = len;
        }
    }
    assert_true(n > 1000);
    assert_int_equal(vocab.texts.n, n);
    tt_vocab_release(&vocab);
}

static void test_vocab_finds_all_of_many_values(void **state)
{
    enum { N = 200000 };
    struct tt_err err = TT_ERR_INIT;
    struct tt_vocab vocab;
    char text[16];
    uint32_t code;

    (void)state;
    assert_int_equal(tt_vocab_init(&vocab, &err), 0);
    for (int i = 0; i < N; i++) {
        size_t len = (size_t)snprintf(text, sizeof(text), "u%07d", i);
        assert_int_equal(tt_vocab_add(&vocab, text, len, &code, &err), 0);
        assert_int_equal(code, i);
    }
    assert_true(vocab.mask + 1 >= 2 * (size_t)N && vocab.mask < 4 * (size_t)N); /* a quarter to a half full */
    for (int i = N - 1; i >= 0; i--) {
        size_t len = (size_t)snprintf(text, sizeof(text), "u%07d", i), have;
        uint64_t hash = tt_vocab_hash(text, len);
        tt_vocab_prefetch(&vocab, hash);
        assert_int_equal(tt_vocab_find_hashed(&vocab, text, len, hash), i);
        assert_memory_equal(tt_text_list_get(&vocab.texts, (size_t)i, &have), text, len);
        assert_int_equal(have, len);
    }
    tt_vocab_release(&vocab);
}

static void test_vocab_from_an_owned_list_can_grow(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_text_list list;
    struct tt_vocab vocab;
    uint32_t code;

    (void)state;
    assert_int_equal(tt_text_list_init(&list, &err), 0);
    assert_int_equal(tt_text_list_add(&list, "x", 1, &err), 0);
    assert_int_equal(tt_text_list_add(&list, "y", 1, &err), 0);
    assert_int_equal(tt_vocab_from_list(&vocab, &list, "here", &err), 0);
    assert_int_equal(list.n, 0);
    assert_null(list.bytes); /* taken */
    assert_int_equal(tt_vocab_find(&vocab, "y", 1), 1);
    assert_int_equal(tt_vocab_add(&vocab, "z", 1, &code, &err), 0);
    assert_int_equal(code, 2);
    tt_vocab_release(&vocab);
}

static void test_vocab_over_a_view_is_closed(void **state)
{
    static char bytes[] = "abcdefg";
    static uint64_t offsets[] = {0, 3, 7, 7};
    struct tt_text_list view = {.n = 3, .offsets = offsets, .bytes = bytes};
    struct tt_err err = TT_ERR_INIT;
    struct tt_vocab vocab;
    uint32_t code;

    (void)state;
    assert_int_equal(tt_vocab_from_list(&vocab, &view, "here", &err), 0);
    assert_int_equal(tt_vocab_find(&vocab, "defg", 4), 1);
    assert_int_equal(tt_vocab_find(&vocab, "", 0), 2);
    assert_int_equal(tt_vocab_add(&vocab, "abc", 3, &code, &err), 0);
    assert_int_equal(code, 0);
    assert_int_equal(tt_vocab_add(&vocab, "ab", 2, &code, &err), -1);
    assert_int_equal(err.kind, TT_ERR_MISMATCH);
    assert_string_equal(err.text, "'ab' is not in the vocabulary");
    assert_int_equal(tt_vocab_find(&vocab, "ab", 2), TT_VOCAB_NONE);
    tt_vocab_release(&vocab);
}

static void test_vocab_refuses_a_list_with_a_text_twice(void **state)
{
    static char bytes[] = "abcabc";
    static uint64_t offsets[] = {0, 2, 3, 5, 6}; /* ab, c, ab, c */
    struct tt_text_list view = {.n = 4, .offsets = offsets, .bytes = bytes};
    struct tt_err err = TT_ERR_INIT;
    struct tt_vocab vocab;

    (void)state;
    assert_int_equal(tt_vocab_from_list(&vocab, &view, "model.tt: vocabulary 'user_id'", &err), -1);
    assert_int_equal(err.kind, TT_ERR_INPUT);
    assert_string_equal(err.text, "model.tt: vocabulary 'user_id': 'ab' stands twice, as values 0 and 2");
    assert_int_equal(view.n, 4); /* not taken */
    tt_vocab_release(&vocab);
}

static void test_vocab_of_an_empty_list_finds_nothing(void **state)
{
    static uint64_t offsets[] = {0};
    struct tt_text_list view = {.offsets = offsets};
    struct tt_err err = TT_ERR_INIT;
    struct tt_vocab vocab;

    (void)state;
    assert_int_equal(tt_vocab_from_list(&vocab, &view, "here", &err), 0);
    assert_int_equal(tt_vocab_find(&vocab, "", 0), TT_VOCAB_NONE);
    tt_vocab_release(&vocab);
}

/* Texts "0" ... "n - 1" as a list. */
static void number_list(struct tt_text_list *list, size_t n)
{
    struct tt_err err = TT_ERR_INIT;
    char text[16];

    assert_int_equal(tt_text_list_init(list, &err), 0);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(tt_text_list_add(list, text, (size_t)snprintf(text, sizeof(text), "%zu", i), &err), 0);
}

static void test_vocab_with_the_table_of_a_file_finds_the_same(void **state)
{
    (void)state;
    for (size_t n = 0; n <= 3000; n = 3 * n + 1) {
        struct tt_err err = TT_ERR_INIT;
        struct tt_segment segment;
        struct tt_text_list list, view;
        struct tt_vocab_slot *slots = NULL;
        struct tt_vocab vocab;
        uint32_t code;
        char text[16];
        number_list(&list, n);
        assert_int_equal(tt_segment_init(&segment, "index", TT_FORMAT, &err), 0);
        assert_int_equal(tt_vocab_store_slots(&list, "ids", &slots, &segment, &err), 0);
        view = (struct tt_text_list){.n = list.n, .offsets = list.offsets, .bytes = list.bytes};
        assert_int_equal(tt_vocab_from_segment(&vocab, &view, "ids", &segment, "here", &err), 0);
        assert_ptr_equal(vocab.slots, slots); /* used as it stands */
        for (size_t i = 0; i < 2 * n + 2; i++) {
            size_t len = (size_t)snprintf(text, sizeof(text), "%zu", i);
            assert_int_equal(tt_vocab_find(&vocab, text, len), i < n ? i : TT_VOCAB_NONE);
        }
        assert_int_equal(tt_vocab_add(&vocab, "new", 3, &code, &err), -1);
        tt_vocab_release(&vocab);
        view = (struct tt_text_list){.n = list.n, .offsets = list.offsets, .bytes = list.bytes};
        err = (struct tt_err)TT_ERR_INIT;
        assert_int_equal(tt_vocab_from_segment(&vocab, &view, "other", &segment, "here", &err), 0); /* makes its own */
        assert_int_equal(tt_vocab_find(&vocab, "0", 1), n ? 0 : TT_VOCAB_NONE);
        tt_vocab_release(&vocab);
        tt_segment_release(&segment);
        tt_text_list_release(&list);
        free(slots);
    }
}

static void test_vocab_refuses_a_table_that_cannot_be(void **state)
{
    (void)state;
    for (int fault = 0; fault < 4; fault++) {
        struct tt_err err = TT_ERR_INIT;
        struct tt_segment segment;
        struct tt_text_list list, view;
        struct tt_vocab_slot *slots = NULL;
        struct tt_vocab vocab;
        number_list(&list, 5);
        assert_int_equal(tt_segment_init(&segment, "index", TT_FORMAT, &err), 0);
        assert_int_equal(tt_vocab_store_slots(&list, "ids", &slots, &segment, &err), 0);
        for (size_t i = 0; i < 64; i++) {
            if (fault == 0 && slots[i].code == 4)
                slots[i].code = 5; /* beyond the list */
            if (fault == 1 && slots[i].code == TT_VOCAB_NONE)
                slots[i].code = 0; /* full: a search would never end */
            if (fault == 2 && slots[i].code == 4)
                slots[i].code = TT_VOCAB_NONE; /* one is missing */
        }
        segment.tensors[0].shape[0] -= fault == 3; /* not a power of 2 */
        view = (struct tt_text_list){.n = list.n, .offsets = list.offsets, .bytes = list.bytes};
        assert_int_equal(tt_vocab_from_segment(&vocab, &view, "ids", &segment, "here", &err), -1);
        assert_string_equal(err.text, "here: damaged: the index of 'ids'");
        assert_int_equal(view.n, 5);
        tt_segment_release(&segment);
        tt_text_list_release(&list);
        free(slots);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vocab_numbers_texts_by_first_appearance),
        cmocka_unit_test(test_vocab_agrees_with_a_plain_list),
        cmocka_unit_test(test_vocab_finds_all_of_many_values),
        cmocka_unit_test(test_vocab_from_an_owned_list_can_grow),
        cmocka_unit_test(test_vocab_over_a_view_is_closed),
        cmocka_unit_test(test_vocab_refuses_a_list_with_a_text_twice),
        cmocka_unit_test(test_vocab_of_an_empty_list_finds_nothing),
        cmocka_unit_test(test_vocab_with_the_table_of_a_file_finds_the_same),
        cmocka_unit_test(test_vocab_refuses_a_table_that_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
