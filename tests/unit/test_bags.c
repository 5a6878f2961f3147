/* Bags: rows of weighted codes, and through a file; hostile content. */
#include "encode/bags.h"

#include <math.h>

#include "data_files.h"

static void test_bags_copy_rows_of_each_other(void **state)
{
    static const uint32_t codes[] = {5, 6};
    static const float weights[] = {0.5f, 2};
    struct tt_bags a = {0}, b = {0};
    struct tt_err err = TT_ERR_INIT;
    const uint32_t *c;
    const float *w;

    (void)state;
    assert_int_equal(tt_bags_add(&a, codes, weights, 0, 0, &err), 0); /* an empty row first */
    assert_int_equal(tt_bags_add(&a, codes, weights, 2, 0, &err), 0);
    assert_int_equal(tt_bags_add(&a, codes, NULL, 1, 0, &err), 0);
    for (size_t r = 0; r < 3; r++)
        assert_int_equal(tt_bags_add_row_of(&b, &a, r, &err), 0);
    assert_int_equal(b.n_rows, 3);
    assert_int_equal(tt_bags_row(&b, 0, &c, &w), 0);
    assert_int_equal(tt_bags_row(&b, 1, &c, &w), 2);
    assert_memory_equal(c, codes, sizeof(codes));
    assert_memory_equal(w, weights, sizeof(weights));
    assert_int_equal(tt_bags_row(&b, 2, &c, &w), 1);
    assert_true(w[0] == 1);
    tt_bags_release(&a);
    tt_bags_release(&b);
}

/* Load two rows of a column with this content, where a scaled number has 2 codes and others have 11: the error text. */
static const char *load_bags(const char *column_name, const uint64_t offsets[3], const uint32_t *codes,
                             const float *weights, size_t n)
{
    static struct tt_err err;
    struct tt_schema schema;
    size_t c = 0;
    char name[TT_TENSOR_NAME], *copies[3];
    static const char *const what[] = {"codes", "offsets", "weights"};
    struct tt_tensor tensors[3] = {
        {.dtype = TT_U32, .n_dims = 1, .shape = {n, 1}, .data = codes},
        {.dtype = TT_U64, .n_dims = 1, .shape = {3, 1}, .data = offsets},
        {.dtype = TT_F32, .n_dims = 1, .shape = {n, 1}, .data = weights},
    };
    struct tt_segment segment = {.tensors = tensors, .n_tensors = offsets ? 3 : 1, .name = "f"};
    struct tt_bags bags;

    err = (struct tt_err)TT_ERR_INIT;
    parse_schema(&schema, "user u id\nuser i history\nitem i id\nitem k category\nitem b bag\n"
                          "item s number scale=yes\n");
    while (strcmp(schema.columns[c].name, column_name) != 0)
        c++;
    for (size_t i = 0; i < 3; i++) {
        tensors[i].name = copies[i] = malloc(TT_TENSOR_NAME);
        assert_non_null(copies[i]);
        strcpy(copies[i], tt_tensor_name(name, &schema.columns[c], what[i]));
    }
    size_t n_codes = schema.columns[c].form == TT_FORM_SCALED ? 2 : 11;
    if (tt_bags_load(&bags, &schema.columns[c], n_codes, 2, &segment, &err) == 0)
        assert_int_equal(err.text[0], 0);
    tt_bags_release(&bags);
    for (size_t i = 0; i < 3; i++)
        free(copies[i]);
    tt_schema_release(&schema);
    return err.text;
}

static void test_bags_refuse_hostile_content(void **state)
{
    static const uint32_t good[] = {1, 10, 0}, high[] = {1, 11, 0};
    static const float ones[] = {1, 1, 1}, with_nan[] = {1, NAN, 1}, infinite[] = {1, 1, -INFINITY};

    (void)state;
    assert_string_equal(load_bags("b", (uint64_t[]){0, 1, 3}, good, ones, 3), "");
    assert_string_equal(load_bags("b", (uint64_t[]){0, 3, 3}, good, ones, 3), "");
    assert_string_equal(load_bags("b", (uint64_t[]){0, 1, 3}, high, ones, 3),
                        "f: tensor 'item.b.codes': a code that the feature does not have");
    assert_string_equal(load_bags("b", (uint64_t[]){0, 4, 3}, good, ones, 3),
                        "f: damaged: offsets or weights of 'item.b'");
    assert_string_equal(load_bags("b", (uint64_t[]){1, 2, 3}, good, ones, 3),
                        "f: damaged: offsets or weights of 'item.b'");
    assert_string_equal(load_bags("b", (uint64_t[]){0, 1, 2}, good, ones, 3),
                        "f: damaged: offsets or weights of 'item.b'");
    assert_string_equal(load_bags("b", (uint64_t[]){0, UINT64_MAX, 3}, good, ones, 3),
                        "f: damaged: offsets or weights of 'item.b'");
    assert_string_equal(load_bags("b", (uint64_t[]){0, 1, 3}, good, with_nan, 3),
                        "f: damaged: offsets or weights of 'item.b'");
    assert_string_equal(load_bags("b", (uint64_t[]){0, 1, 3}, good, infinite, 3),
                        "f: damaged: offsets or weights of 'item.b'");
    assert_string_equal(load_bags("k", NULL, good, NULL, 2), "");
    assert_string_equal(load_bags("k", NULL, high, NULL, 2),
                        "f: tensor 'item.k.codes': a code that the feature does not have");
    assert_string_equal(load_bags("k", NULL, good, NULL, 3),
                        "f: tensor 'item.k.codes' has another type or shape than expected");
    assert_string_equal(load_bags("s", (uint64_t[]){0, 1, 2}, (uint32_t[]){1, 2}, ones, 2),
                        "f: tensor 'item.s.codes': a code that the feature does not have");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bags_copy_rows_of_each_other),
        cmocka_unit_test(test_bags_refuse_hostile_content),
    };
    return cmocka_run_group_tests(tests, enter_data_folder, leave_data_folder);
}
