/* Sums of bags against their formula, bit by bit, for every number of columns. */
#include "math/bag.h"

#include <string.h>

#include "base/rng.h"
#include "unit.h"

enum { ROWS = 20, DIM = 150, STRIDE = DIM + 1 };

static void test_bag_add_has_the_bits_of_its_formula(void **state)
{
    static float table[ROWS * STRIDE];
    float weights[ROWS], out[DIM + 1];
    uint32_t rows[ROWS];
    struct tt_rng rng;

    (void)state;
    tt_rng_init(&rng, 1, TT_RNG_TEST, 0);
    for (size_t i = 0; i < LENGTH(table); i++)
        table[i] = (float)tt_rng_normal(&rng);
    for (size_t e = 0; e < ROWS; e++) {
        rows[e] = (uint32_t)tt_rng_below(&rng, ROWS); /* some more than once */
        weights[e] = (float)tt_rng_normal(&rng);
    }
    for (size_t n = 0; n <= ROWS; n++)
        for (size_t dim = 0; dim <= DIM; dim++)
            for (int weighted = 0; weighted < 2; weighted++) {
                for (size_t d = 0; d < dim; d++)
                    out[d] = (float)d / 8;
                out[dim] = 77; /* what lies behind the row stays */
                tt_bag_add(n, rows, weighted ? weights : NULL, table, STRIDE, dim, out);
                for (size_t d = 0; d < dim; d++) {
                    float want = (float)d / 8;
                    for (size_t e = 0; e < n; e++)
                        want += (weighted ? weights[e] : 1) * table[rows[e] * STRIDE + d];
                    assert_true(out[d] == want);
                }
                assert_true(out[dim] == 77);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bag_add_has_the_bits_of_its_formula),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
