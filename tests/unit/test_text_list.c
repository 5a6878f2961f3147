/* Packed texts, owned and borrowed. */
#include "base/text_list.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

static void test_text_list_gives_back_what_was_added(void **state)
{
    struct tt_text_list list;
    struct tt_err err = TT_ERR_INIT;
    char text[32];
    size_t len;

    (void)state;
    assert_int_equal(tt_text_list_init(&list, &err), 0);
    assert_int_equal(list.n, 0);
    for (int i = 0; i < 5000; i++) { /* lengths 0 to 4, NUL bytes too */
        snprintf(text, sizeof(text), "%04d", i);
        text[1] = '\0';
        assert_int_equal(tt_text_list_add(&list, text, (size_t)i % 5, &err), 0);
    }
    assert_int_equal(list.n, 5000);
    assert_int_equal(list.offsets[5000], 5000 / 5 * (0 + 1 + 2 + 3 + 4));
    for (int i = 0; i < 5000; i++) {
        snprintf(text, sizeof(text), "%04d", i);
        text[1] = '\0';
        const char *have = tt_text_list_get(&list, (size_t)i, &len);
        assert_int_equal(len, i % 5);
        assert_memory_equal(have, text, len);
    }
    tt_text_list_release(&list);
    assert_int_equal(list.n, 0);
    tt_text_list_release(&list);
}

static void test_text_list_takes_an_empty_text_from_nowhere(void **state)
{
    struct tt_text_list list;
    struct tt_err err = TT_ERR_INIT;
    size_t len = 9;

    (void)state;
    assert_int_equal(tt_text_list_init(&list, &err), 0);
    assert_int_equal(tt_text_list_add(&list, NULL, 0, &err), 0);
    assert_non_null(tt_text_list_get(&list, 0, &len));
    assert_int_equal(len, 0);
    tt_text_list_release(&list);
}

static void test_text_list_release_leaves_a_view_alone(void **state)
{
    char bytes[] = "abcdefg"; /* on the stack: freeing it would be seen */
    uint64_t offsets[] = {0, 3, 7, 7};
    struct tt_text_list view = {.n = 3, .offsets = offsets, .bytes = bytes};
    size_t len;

    (void)state;
    assert_memory_equal(tt_text_list_get(&view, 1, &len), "defg", 4);
    assert_int_equal(len, 4);
    tt_text_list_get(&view, 2, &len);
    assert_int_equal(len, 0);
    tt_text_list_release(&view);
    assert_null(view.bytes);
    assert_string_equal(bytes, "abcdefg");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_list_gives_back_what_was_added),
        cmocka_unit_test(test_text_list_takes_an_empty_text_from_nowhere),
        cmocka_unit_test(test_text_list_release_leaves_a_view_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
