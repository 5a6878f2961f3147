/* Layers against plain loops, bit by bit, for every size of the last tile; and the same bits at every place. */
#include "math/affine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "unit.h"

enum { ROWS = 9, IN = 21, OUT = 53, LDX = IN + 2, LDO = OUT + 3 };

struct layer {
    float x[ROWS * LDX], w[IN * OUT], b[OUT], out[ROWS * LDO], want[ROWS * LDO];
};

static void layer_init(struct layer *l)
{
    struct tt_rng rng;

    tt_rng_init(&rng, 1, TT_RNG_TEST, 0);
    for (size_t i = 0; i < LENGTH(l->x); i++)
        l->x[i] = (float)tt_rng_normal(&rng);
    for (size_t i = 0; i < LENGTH(l->w); i++)
        l->w[i] = (float)tt_rng_normal(&rng);
    for (size_t i = 0; i < LENGTH(l->b); i++)
        l->b[i] = (float)tt_rng_normal(&rng);
}

static void test_affine_has_the_bits_of_plain_loops(void **state)
{
    static const size_t ins[] = {0, 1, 2, IN};
    static struct layer l;

    (void)state;
    layer_init(&l);
    for (size_t rows = 0; rows <= ROWS; rows++)
        for (size_t n = 0; n <= OUT; n++)
            for (size_t k = 0; k < LENGTH(ins); k++)
                for (int way = 0; way < 4; way++) {
                    const float *b = way & 1 ? l.b : NULL;
                    for (size_t i = 0; i < LENGTH(l.out); i++)
                        l.out[i] = l.want[i] = (float)i; /* what lies between and behind the rows stays */
                    tt_affine(rows, ins[k], n, l.x, LDX, l.w, b, way & 2, l.out, LDO);
                    tt_affine_ref(rows, ins[k], n, l.x, LDX, l.w, b, way & 2, l.want, LDO);
                    assert_memory_equal(l.out, l.want, sizeof(l.out));
                }
}

/* So large that its columns are copied together, in more than one piece. */
static void test_affine_of_a_large_layer_has_the_bits_of_plain_loops(void **state)
{
    enum { BIG_ROWS = 70, BIG_IN = 600, BIG_OUT = 115 };
    float *x = malloc(BIG_ROWS * BIG_IN * sizeof(*x)), *w = malloc(BIG_IN * BIG_OUT * sizeof(*w));
    float *out = malloc(BIG_ROWS * BIG_OUT * sizeof(*out)), *want = malloc(BIG_ROWS * BIG_OUT * sizeof(*want));
    struct tt_rng rng;

    (void)state;
    assert_true(x && w && out && want);
    tt_rng_init(&rng, 2, TT_RNG_TEST, 0);
    for (size_t i = 0; i < BIG_ROWS * BIG_IN; i++)
        x[i] = (float)tt_rng_normal(&rng);
    for (size_t i = 0; i < BIG_IN * BIG_OUT; i++)
        w[i] = (float)tt_rng_normal(&rng);
    for (int relu = 0; relu < 2; relu++) {
        tt_affine(BIG_ROWS, BIG_IN, BIG_OUT, x, BIG_IN, w, w + 7, relu, out, BIG_OUT);
        tt_affine_ref(BIG_ROWS, BIG_IN, BIG_OUT, x, BIG_IN, w, w + 7, relu, want, BIG_OUT);
        assert_memory_equal(out, want, BIG_ROWS * BIG_OUT * sizeof(*out));
    }
    /* in parts, over the columns of x */
    tt_affine(BIG_ROWS, 77, BIG_OUT, x, BIG_IN, w, w + 7, 0, out, BIG_OUT);
    tt_affine(BIG_ROWS, BIG_IN - 77, BIG_OUT, x + 77, BIG_IN, w + 77 * BIG_OUT, NULL, 1, out, BIG_OUT);
    assert_memory_equal(out, want, BIG_ROWS * BIG_OUT * sizeof(*out));
    free(x);
    free(w);
    free(out);
    free(want);
}

static void test_affine_gives_a_row_the_same_bits_at_every_place(void **state)
{
    static struct layer l;

    (void)state;
    layer_init(&l);
    tt_affine(1, IN, OUT, l.x, LDX, l.w, l.b, 0, l.want, LDO);
    for (size_t place = 1; place < ROWS; place++) {
        memcpy(l.x + place * LDX, l.x, IN * sizeof(float));
        tt_affine(ROWS, IN, OUT, l.x, LDX, l.w, l.b, 0, l.out, LDO);
        assert_memory_equal(l.out + place * LDO, l.want, OUT * sizeof(float));
    }
}

static void test_affine_by_hand(void **state)
{
    const float x[] = {1, 2, -3, NAN}, w[] = {10, -1, 100, -1}, b[] = {0.5f, 0};
    float out[4];

    (void)state;
    tt_affine(2, 2, 2, x, 2, w, b, 0, out, 2);
    assert_true(out[0] == 210.5f && out[1] == -3);
    tt_affine(2, 2, 2, x, 2, w, b, 1, out, 2);
    assert_true(out[0] == 210.5f && out[1] == 0 && isnan(out[2]) && isnan(out[3]));
}

/* The kernel too must not turn NaN into 0. */
static void test_affine_keeps_nan_through_relu(void **state)
{
    static struct layer l;

    (void)state;
    layer_init(&l);
    l.x[2 * LDX + 5] = NAN;
    tt_affine(ROWS, IN, OUT, l.x, LDX, l.w, l.b, 1, l.out, LDO);
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < OUT; j++)
            assert_int_equal(!!isnan(l.out[i * LDO + j]), i == 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_affine_has_the_bits_of_plain_loops),
        cmocka_unit_test(test_affine_of_a_large_layer_has_the_bits_of_plain_loops),
        cmocka_unit_test(test_affine_gives_a_row_the_same_bits_at_every_place),
        cmocka_unit_test(test_affine_by_hand),
        cmocka_unit_test(test_affine_keeps_nan_through_relu),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
