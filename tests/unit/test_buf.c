/* The byte buffer: always a C string, unchanged when it cannot grow. */
#include "base/buf.h"

#include <string.h>

#include "unit.h"

static void test_buf_appends_and_ends_in_a_nul(void **state)
{
    struct tt_buf buf = TT_BUF_INIT;
    struct tt_err err = TT_ERR_INIT;

    (void)state;
    assert_int_equal(tt_buf_add(&buf, NULL, 0, &err), 0);
    assert_string_equal(buf.data, "");
    assert_int_equal(tt_buf_add_text(&buf, "abc", &err), 0);
    assert_int_equal(tt_buf_add(&buf, "d\0e", 3, &err), 0);
    assert_int_equal(tt_buf_printf(&buf, &err, "%d-%s", 12, "x"), 0);
    assert_int_equal(buf.len, 10);
    assert_memory_equal(buf.data, "abcd\0e12-x", 11);
    tt_buf_release(&buf);
    assert_null(buf.data);
    assert_int_equal(buf.len + buf.cap, 0);
    tt_buf_release(&buf);
}

static void test_buf_holds_what_many_calls_add(void **state)
{
    struct tt_buf buf = TT_BUF_INIT;
    struct tt_err err = TT_ERR_INIT;
    char expected[16];

    (void)state;
    for (int i = 0; i < 10000; i++)
        assert_int_equal(tt_buf_printf(&buf, &err, "%06d", i), 0);
    assert_int_equal(buf.len, 60000);
    for (int i = 0; i < 10000; i++) {
        snprintf(expected, sizeof(expected), "%06d", i);
        assert_memory_equal(buf.data + 6 * i, expected, 6);
    }
    tt_buf_release(&buf);
}

static void test_buf_reserve_makes_room_behind_the_end(void **state)
{
    struct tt_buf buf = TT_BUF_INIT;
    struct tt_err err = TT_ERR_INIT;

    (void)state;
    assert_int_equal(tt_buf_add_text(&buf, "ab", &err), 0);
    assert_int_equal(tt_buf_reserve(&buf, 1000, &err), 0);
    assert_true(buf.cap >= 1003);
    assert_string_equal(buf.data, "ab");
    tt_buf_release(&buf);
}

static void test_buf_that_cannot_grow_keeps_its_bytes(void **state)
{
    struct tt_buf buf = TT_BUF_INIT;

    (void)state;
    for (size_t n = SIZE_MAX; n > SIZE_MAX - 4; n--) { /* the sum of lengths overflows, or nearly */
        struct tt_err err = TT_ERR_INIT;
        assert_int_equal(tt_buf_add_text(&buf, "a", &err), 0);
        size_t len = buf.len;
        assert_int_equal(tt_buf_reserve(&buf, n, &err), -1);
        assert_int_equal(err.kind, TT_ERR_MEMORY);
        assert_int_equal(buf.len, len);
    }
    assert_string_equal(buf.data, "aaaa");
    tt_buf_release(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buf_appends_and_ends_in_a_nul),
        cmocka_unit_test(test_buf_holds_what_many_calls_add),
        cmocka_unit_test(test_buf_reserve_makes_room_behind_the_end),
        cmocka_unit_test(test_buf_that_cannot_grow_keeps_its_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
