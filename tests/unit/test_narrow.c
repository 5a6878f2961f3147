/* Narrow arrays: they hold what was added, in the narrowest type, and a view of a file trusts no code. */
#include "encode/narrow.h"

#include "base/rng.h"
#include "data_files.h"

static void test_narrow_widens_when_a_value_needs_it(void **state)
{
    static const struct { uint32_t value; enum tt_dtype dtype; } steps[] = {
        {0, TT_U8},       {255, TT_U8},           {256, TT_U16},   {3, TT_U16},
        {65535, TT_U16},  {65536, TT_U32},        {1, TT_U32},     {UINT32_MAX, TT_U32},
    };
    struct tt_narrow a = TT_NARROW_INIT;
    struct tt_err err = TT_ERR_INIT;

    (void)state;
    for (size_t i = 0; i < LENGTH(steps); i++) {
        assert_int_equal(tt_narrow_add(&a, steps[i].value, &err), 0);
        assert_int_equal(a.dtype, steps[i].dtype);
        assert_int_equal(a.n, i + 1);
        for (size_t k = 0; k <= i; k++)
            assert_int_equal(tt_narrow_get(&a, k), steps[k].value);
    }
    tt_narrow_release(&a);
    assert_int_equal(a.dtype, TT_U8); /* ready again */
    assert_int_equal(tt_narrow_add(&a, 70000, &err), 0); /* the first value may be wide */
    assert_int_equal(tt_narrow_get(&a, 0), 70000);
    tt_narrow_release(&a);
}

static void test_narrow_agrees_with_a_plain_array(void **state)
{
    enum { N = 50000 };
    static uint32_t truth[N];
    struct tt_narrow a = TT_NARROW_INIT;
    struct tt_err err = TT_ERR_INIT;
    struct tt_rng rng;

    (void)state;
    tt_rng_init(&rng, 1, TT_RNG_TEST, 0);
    for (size_t i = 0; i < N; i++) {
        truth[i] = (uint32_t)tt_rng_below(&rng, i < 1000 ? 200 : i < 9000 ? 60000 : 1000000);
        assert_int_equal(tt_narrow_add(&a, truth[i], &err), 0);
    }
    for (size_t i = 0; i < N; i++)
        assert_int_equal(tt_narrow_get(&a, i), truth[i]);
    tt_narrow_release(&a);
}

static int view(const void *data, enum tt_dtype dtype, size_t rows, size_t columns, size_t n, size_t limit,
                struct tt_narrow *a, struct tt_err *err)
{
    struct tt_tensor tensor = {.name = "x", .dtype = dtype, .n_dims = columns ? 2 : 1,
                               .shape = {rows, columns ? columns : 1}, .data = data};
    struct tt_segment segment = {.tensors = &tensor, .n_tensors = 1, .name = "f"};

    *err = (struct tt_err)TT_ERR_INIT;
    return tt_narrow_view(a, &segment, "x", n, limit, err);
}

static void test_narrow_view_checks_type_shape_and_codes(void **state)
{
    static const uint8_t eight[] = {0, 1, 2};
    static const uint16_t sixteen[] = {0, 1, 300};
    static const uint32_t wide[] = {0, 1, 70000};
    struct tt_narrow a;
    struct tt_err err;

    (void)state;
    assert_int_equal(view(eight, TT_U8, 3, 0, 3, 3, &a, &err), 0);
    assert_int_equal(tt_narrow_get(&a, 2), 2);
    tt_narrow_release(&a); /* a view: nothing is freed */
    assert_int_equal(view(sixteen, TT_U16, 3, 0, 3, 301, &a, &err), 0);
    assert_int_equal(tt_narrow_get(&a, 2), 300);
    assert_int_equal(view(wide, TT_U32, 3, 0, 3, 70001, &a, &err), 0);
    assert_int_equal(tt_narrow_get(&a, 2), 70000);
    assert_int_equal(view(NULL, TT_U8, 0, 0, 0, 1, &a, &err), 0);
    assert_int_equal(view(eight, TT_U8, 3, 0, 3, 2, &a, &err), -1);
    assert_string_equal(err.text, "f: tensor 'x': a code that the vocabulary does not have");
    assert_int_equal(view(sixteen, TT_U16, 3, 0, 3, 300, &a, &err), -1);
    assert_int_equal(view(wide, TT_U32, 3, 0, 3, 70000, &a, &err), -1);
    assert_int_equal(view(eight, TT_U8, 3, 0, 2, 3, &a, &err), -1);
    assert_string_equal(err.text, "f: no tensor 'x' of 2 codes");
    assert_int_equal(view(eight, TT_I8, 3, 0, 3, 3, &a, &err), -1);
    assert_int_equal(view(eight, TT_U8, 3, 1, 3, 3, &a, &err), -1);
    assert_string_equal(err.text, "f: no tensor 'x' of 3 codes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_narrow_widens_when_a_value_needs_it),
        cmocka_unit_test(test_narrow_agrees_with_a_plain_array),
        cmocka_unit_test(test_narrow_view_checks_type_shape_and_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
