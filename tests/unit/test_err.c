/* Error texts: one clean line, the first one wins, never too long. */
#include "base/err.h"

#include <errno.h>
#include <string.h>

#include "unit.h"

static void test_err_set_fills_kind_and_text(void **state)
{
    struct tt_err err = TT_ERR_INIT;

    (void)state;
    assert_int_equal(tt_err_set(&err, TT_ERR_INPUT, "%s:%d: %s", "a.csv", 3, "bad"), -1);
    assert_int_equal(err.kind, TT_ERR_INPUT);
    assert_string_equal(err.text, "a.csv:3: bad");
}

static void test_err_first_error_wins(void **state)
{
    struct tt_err err = TT_ERR_INIT;

    (void)state;
    assert_int_equal(tt_err_set(&err, TT_ERR_MISMATCH, "first"), -1);
    assert_int_equal(tt_err_set(&err, TT_ERR_INPUT, "second"), -1);
    assert_int_equal(tt_err_system(&err, ENOENT, "third"), -1);
    assert_int_equal(tt_err_memory(&err, 7), -1);
    assert_int_equal(err.kind, TT_ERR_MISMATCH);
    assert_string_equal(err.text, "first");
}

static void test_err_system_and_memory_say_why(void **state)
{
    struct tt_err err = TT_ERR_INIT, full = TT_ERR_INIT;

    (void)state;
    assert_int_equal(tt_err_system(&err, ENOENT, "%s", "a.csv"), -1);
    assert_int_equal(err.kind, TT_ERR_SYSTEM);
    assert_string_equal(err.text, "a.csv: No such file or directory");
    assert_int_equal(tt_err_memory(&full, 123), -1);
    assert_int_equal(full.kind, TT_ERR_MEMORY);
    assert_string_equal(full.text, "out of memory: 123 more bytes are needed");
}

static void test_err_shows_control_characters(void **state)
{
    struct tt_err err = TT_ERR_INIT;

    (void)state;
    tt_err_set(&err, TT_ERR_INPUT, "a\nb\tc\033[2Jd\x7f맛");
    assert_string_equal(err.text, "a\\x0ab\\x09c\\x1b[2Jd\\x7f맛");
    err = (struct tt_err)TT_ERR_INIT;
    tt_err_system(&err, ENOENT, "\r%s", "\b");
    assert_string_equal(err.text, "\\x0d\\x08: No such file or directory");
}

/* The control characters above ASCII, of which U+009B begins a command as ESC [ does. */
static void test_err_shows_control_characters_of_two_bytes(void **state)
{
    struct tt_err err = TT_ERR_INIT;

    (void)state;
    tt_err_set(&err, TT_ERR_INPUT, "a\xc2\x9b" "2J\xc2\x80\xc2\x9f\xc2\xa0\xc3\x9b.\xc2");
    assert_string_equal(err.text, "a\\xc2\\x9b2J\\xc2\\x80\\xc2\\x9f\xc2\xa0\xc3\x9b.\xc2");
}

static void test_err_cuts_what_is_too_long(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    char text[5000];

    (void)state;
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    tt_err_set(&err, TT_ERR_INPUT, "%s", text);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    assert_memory_equal(err.text, text, sizeof(err.text) - 1);
    memset(text, '\n', sizeof(text) - 1);
    err = (struct tt_err)TT_ERR_INIT;
    tt_err_set(&err, TT_ERR_INPUT, "%s", text);
    assert_int_equal(strlen(err.text) % 4, 0); /* whole \x0a only */
    assert_true(strlen(err.text) > sizeof(err.text) - 5);
}

static void test_err_cuts_between_characters(void **state)
{
    (void)state;
    for (int before = 0; before < 3; before++) {
        struct tt_err err = TT_ERR_INIT;
        char text[2000] = "ab";
        size_t used = (size_t)before;
        for (; used + 4 < sizeof(text); used += 3)
            memcpy(text + used, "맛", 3);
        text[used] = '\0';
        tt_err_set(&err, TT_ERR_INPUT, "%s", text);
        size_t len = strlen(err.text);
        assert_int_equal((len - (size_t)before) % 3, 0);
        assert_true(len > sizeof(err.text) - 4);
    }
}

/* The reason is what the reader needs: a long name is cut before it. */
static void test_err_system_keeps_the_reason(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    char path[3000];

    (void)state;
    memset(path, 'p', sizeof(path));
    path[sizeof(path) - 1] = '\0';
    tt_err_system(&err, ENOENT, "%s", path);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    assert_string_equal(err.text + sizeof(err.text) - 1 - strlen("pp: No such file or directory"),
                        "pp: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_err_set_fills_kind_and_text),
        cmocka_unit_test(test_err_first_error_wins),
        cmocka_unit_test(test_err_system_and_memory_say_why),
        cmocka_unit_test(test_err_shows_control_characters),
        cmocka_unit_test(test_err_shows_control_characters_of_two_bytes),
        cmocka_unit_test(test_err_cuts_what_is_too_long),
        cmocka_unit_test(test_err_cuts_between_characters),
        cmocka_unit_test(test_err_system_keeps_the_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
