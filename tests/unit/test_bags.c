/* Bags: rows of weighted codes. */
#include "encode/bags.h"

#include "unit.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bags_copy_rows_of_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
