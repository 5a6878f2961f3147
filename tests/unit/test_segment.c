/* Segments in memory: what was added is found, and what is missing or of another shape is an error that says so. */
#include "io/segment.h"

#include <string.h>

#include "unit.h"

static void test_segment_finds_what_was_added(void **state)
{
    static const float f32[] = {1, 2, 3, 4, 5, 6};
    struct tt_err err = TT_ERR_INIT;
    struct tt_text_list list, view;
    struct tt_segment s;
    size_t len;
    (void)state;
    assert_int_equal(tt_text_list_init(&list, &err), 0);
    assert_int_equal(tt_text_list_add(&list, "abc", 3, &err) + tt_text_list_add(&list, "", 0, &err), 0);
    assert_int_equal(tt_segment_init(&s, "sample", 3, &err), 0);
    assert_int_equal(tt_segment_text(&s, "key", "value", &err), 0);
    assert_int_equal(tt_segment_tensor(&s, "pairs", TT_F32, 3, 2, f32, &err), 0);
    assert_int_equal(tt_segment_text_list(&s, "names", &list, &err), 0);
    assert_string_equal(tt_segment_find_text(&s, "kind"), "sample");
    assert_string_equal(tt_segment_need_text(&s, "format", &err), "3");
    assert_string_equal(tt_segment_find_text(&s, "key"), "value");
    assert_null(tt_segment_find_text(&s, "ke"));
    const struct tt_tensor *t = tt_segment_find(&s, "pairs");
    assert_true(t && t->data == f32 && t->n_dims == 2 && tt_tensor_bytes(t) == sizeof(f32));
    assert_ptr_equal(tt_segment_need(&s, "pairs", TT_F32, TT_ANY, 2, &err), t);
    assert_null(tt_segment_find(&s, "names"));
    assert_int_equal(tt_segment_need_text_list(&s, "names", 2, &view, &err), 0);
    assert_memory_equal(tt_text_list_get(&view, 0, &len), "abc", 3);
    assert_int_equal(len, 3);
    tt_segment_release(&s);
    tt_segment_release(&s); /* empty now */
    tt_text_list_release(&list);
}

static void test_segment_need_says_what_is_wrong(void **state)
{
    static const struct { const char *name; enum tt_dtype dtype; size_t rows, columns; } wrong[] = {
        {"no", TT_F32, TT_ANY, TT_ANY}, {"f32", TT_F64, 2, 3}, {"f32", TT_F32, 3, 3},
        {"f32", TT_F32, 2, 2},          {"f32", TT_F32, 2, 0}, {"f64", TT_F64, 2, TT_ANY},
    };
    static const double f64[] = {1, 2};
    static const float f32[] = {1, 2, 3, 4, 5, 6};
    struct tt_err err = TT_ERR_INIT;
    struct tt_segment s;
    (void)state;
    assert_int_equal(tt_segment_init(&s, "sample", 1, &err), 0);
    s.name = "file";
    assert_int_equal(tt_segment_tensor(&s, "f32", TT_F32, 2, 3, f32, &err), 0);
    assert_int_equal(tt_segment_tensor(&s, "f64", TT_F64, 2, 0, f64, &err), 0);
    for (size_t i = 0; i < LENGTH(wrong); i++) {
        err = (struct tt_err)TT_ERR_INIT;
        assert_null(tt_segment_need(&s, wrong[i].name, wrong[i].dtype, wrong[i].rows, wrong[i].columns, &err));
        assert_non_null(strstr(err.text, i ? "has another type or shape than expected" : "file: no tensor 'no'"));
    }
    err = (struct tt_err)TT_ERR_INIT;
    assert_null(tt_segment_need_text(&s, "nothing", &err));
    assert_string_equal(err.text, "file: the header has no 'nothing'");
    err = (struct tt_err)TT_ERR_INIT;
    assert_int_equal(tt_segment_damaged(&s, "a tail", &err), -1);
    assert_string_equal(err.text, "file: damaged: a tail");
    tt_segment_release(&s);
}

static void test_segment_hostile_text_lists_are_refused(void **state)
{
    static const uint64_t bad[][3] = {{1, 2, 4}, {0, 5, 4}, {0, 2, 3}, {0, 2, 5}, {0, UINT64_MAX, 4}, {4, 4, 4}};
    static const uint64_t good[] = {0, 2, 4};
    struct tt_err err = TT_ERR_INIT;
    struct tt_text_list list;
    (void)state;
    for (size_t i = 0; i <= LENGTH(bad); i++) {
        const uint64_t *offsets = i < LENGTH(bad) ? bad[i] : good;
        struct tt_segment s;
        assert_int_equal(tt_segment_init(&s, "x", 1, &err), 0);
        s.name = "file";
        assert_int_equal(tt_segment_tensor(&s, "t.offsets", TT_U64, 3, 0, offsets, &err), 0);
        assert_int_equal(tt_segment_tensor(&s, "t.bytes", TT_U8, 4, 0, "abcd", &err), 0);
        assert_int_equal(tt_segment_need_text_list(&s, "t", TT_ANY, &list, &err), i < LENGTH(bad) ? -1 : 0);
        if (i == LENGTH(bad)) /* of another length than wanted */
            assert_int_equal(tt_segment_need_text_list(&s, "t", 3, &list, &err), -1);
        err = (struct tt_err)TT_ERR_INIT;
        tt_segment_release(&s);
    }
    struct tt_segment s;
    assert_int_equal(tt_segment_init(&s, "x", 1, &err), 0);
    s.name = "file";
    assert_int_equal(tt_segment_tensor(&s, "t.offsets", TT_U64, 0, 0, good, &err), 0);
    assert_int_equal(tt_segment_tensor(&s, "t.bytes", TT_U8, 0, 0, "", &err), 0);
    assert_int_equal(tt_segment_need_text_list(&s, "t", TT_ANY, &list, &err), -1); /* not even the first offset */
    tt_segment_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_segment_finds_what_was_added),
        cmocka_unit_test(test_segment_need_says_what_is_wrong),
        cmocka_unit_test(test_segment_hostile_text_lists_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
