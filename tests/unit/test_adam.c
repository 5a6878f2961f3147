/* Adam against the published algorithm in double, its schedule, and which rows it touches. */
#include "model/adam.h"

#include <math.h>
#include <stdlib.h>

#include "tiny_model.h"

static const char schema[] = "user u id\nitem i id\n";

static void test_adam_follows_the_algorithm(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples base;
    struct tt_model model;
    struct tt_adam adam = {.rate = 0.05, .beta1 = 0.9, .beta2 = 0.98, .epsilon = 1e-3, .warmup = 0, .total = 0};
    enum { DIM = 35 }; /* two vectors of 16 and a tail */
    double value[DIM] = {0}, m[DIM] = {0}, v[DIM] = {0};
    struct tt_rng rng;

    (void)state;
    tiny_begin(&base, schema, 3, 2);
    NEED(tt_model_init(&model, &base, DIM, &err));
    NEED(tt_adam_init(&adam, &model, &err));
    tt_rng_init(&rng, 1, TT_RNG_TEST, 0);
    for (size_t step = 0; step < 50; step++) {
        float gradient[DIM];
        tt_adam_step(&adam, step);
        for (size_t i = 0; i < DIM; i++) {
            gradient[i] = (float)(tt_rng_normal(&rng) * (i % 5 == 0 ? 0.001 : 1));
            double g = (double)gradient[i], t = (double)step + 1;
            m[i] = 0.9 * m[i] + 0.1 * g;
            v[i] = 0.98 * v[i] + 0.02 * g * g;
            value[i] -= 0.05 * (m[i] / (1 - pow(0.9, t))) / (sqrt(v[i] / (1 - pow(0.98, t))) + 1e-3);
        }
        tt_adam_apply(&adam, 0, 2, gradient);
    }
    for (size_t i = 0; i < DIM; i++) {
        assert_true(fabs((double)model.tables[0][2 * DIM + i] - value[i]) < 1e-5);
        assert_true(model.tables[0][1 * DIM + i] == 0 && model.tables[0][3 * DIM + i] == 0 && model.tables[1][i] == 0);
    }
    assert_int_equal(adam.trained[0][2], 1);
    assert_int_equal(adam.trained[0][1] + adam.trained[0][3] + adam.trained[1][2], 0);
    tt_adam_release(&adam);
    tt_adam_release(&adam);
    tt_model_release(&model);
}

/* The rate without the bias corrections. */
static double rate_at(struct tt_adam *adam, size_t step)
{
    double t = (double)step + 1;

    tt_adam_step(adam, step);
    return (double)adam->rule.rate * (1 - pow(adam->beta1, t)) / sqrt(1 - pow(adam->beta2, t));
}

static void test_adam_warms_up_and_cools_down(void **state)
{
    struct tt_adam adam = {.rate = 0.2, .beta1 = 0.9, .beta2 = 0.99, .epsilon = 1e-8, .warmup = 10, .total = 110};

    (void)state;
    assert_true(fabs(rate_at(&adam, 0) - 0.02) < 1e-6);
    assert_true(fabs(rate_at(&adam, 4) - 0.1) < 1e-6);
    assert_true(fabs(rate_at(&adam, 9) - 0.2) < 1e-6);
    for (size_t step = 10; step < 110; step++)
        assert_true(rate_at(&adam, step) < rate_at(&adam, step - 1));
    assert_true(fabs(rate_at(&adam, 59) - 0.1) < 0.01); /* half way */
    assert_true(rate_at(&adam, 109) > 0 && rate_at(&adam, 109) < 0.001);
    assert_true(fabs(rate_at(&adam, 500)) < 1e-9);
    adam.warmup = 0;
    assert_true(rate_at(&adam, 0) > 0.199);
    adam.warmup = 200; /* longer than the training: it only rises */
    assert_true(fabs(rate_at(&adam, 109) - 0.11) < 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adam_follows_the_algorithm),
        cmocka_unit_test(test_adam_warms_up_and_cools_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
