/* Adam against the published algorithm in double, its schedule, and which rows it touches. */
#include "train/adam.h"

#include <math.h>
#include <stdlib.h>

#include "math/vec.h"
#include "tiny_model.h"

static const char schema[] = "user u id\nitem i id\n";

static void test_adam_follows_the_algorithm(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples base;
    struct tt_model model;
    struct tt_adam adam = {.o = {.learning_rate = 0.05, .beta2 = 0.98}, .beta1 = 0.9, .epsilon = 1e-3};
    enum { DIM = 35 }; /* two vectors of 16 and a tail */
    double value[DIM] = {0}, m[DIM] = {0}, v[DIM] = {0};
    struct tt_rng rng;

    (void)state;
    tiny_begin(&base, schema, 3, 2);
    tiny_model(&model, &base, DIM);
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
        double squares = tt_adam_apply(&adam, 0, 2, gradient), want = tt_vec_sum_squares_ref(gradient, DIM);
        assert_true(fabs(squares - want) < 1e-6 * want);
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

/* Under a gradient that stays, one move for three steps gets as far as three, whenever it comes: the corrections of the
 * bias fit too. */
static void test_adam_makes_one_move_for_some_steps(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples base;
    struct tt_model model;
    struct tt_adam adam = {.o = {.learning_rate = 0.05, .beta2 = 0.98}, .beta1 = 0.9, .epsilon = 1e-8};
    static const float once[] = {0.5f, -2}, thrice[] = {1.5f, -6};

    (void)state;
    tiny_begin(&base, schema, 3, 2);
    tiny_model(&model, &base, 2);
    NEED(tt_adam_init(&adam, &model, &err));
    for (size_t step = 0; step < 30; step++) {
        tt_adam_step(&adam, step);
        tt_adam_apply(&adam, 0, 1, once);
        if (step % 3 < 2)
            continue;
        tt_adam_stretch(&adam, 3);
        tt_adam_apply(&adam, 0, 2, thrice);
        for (size_t i = 0; i < 2; i++) {
            double expected = (once[i] > 0 ? -0.05 : 0.05) * (double)(step + 1);
            assert_true(fabs((double)model.tables[0][2 + i] - expected) < 1e-4);
            assert_true(fabs((double)model.tables[0][4 + i] - expected) < 1e-4);
        }
    }
    tt_adam_release(&adam);
    tt_model_release(&model);
}

/* The rate without the bias corrections. */
static double rate_at(struct tt_adam *adam, size_t step)
{
    double t = (double)step + 1;

    tt_adam_step(adam, step);
    return (double)adam->rule.rate * (1 - pow(adam->beta1, t)) / sqrt(1 - pow(adam->o.beta2, t));
}

static void test_adam_warms_up_and_stays(void **state)
{
    struct tt_adam adam = {.o = {.learning_rate = 0.2, .beta2 = 0.99, .warmup = 10}, .beta1 = 0.9, .epsilon = 1e-8};

    (void)state;
    assert_true(fabs(rate_at(&adam, 0) - 0.02) < 1e-6);
    assert_true(fabs(rate_at(&adam, 4) - 0.1) < 1e-6);
    for (size_t step = 9; step < 500; step++)
        assert_true(fabs(rate_at(&adam, step) - 0.2) < 1e-6);
    adam.o.warmup = 0;
    assert_true(fabs(rate_at(&adam, 0) - 0.2) < 1e-6);
}

/* Rows with a turn now and then, against the decay of every row in every step. */
static void check_decay(double decay)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples base;
    struct tt_model model;
    struct tt_adam adam = {.o = {.learning_rate = 0.05, .beta2 = 0.98, .weight_decay = decay, .warmup = 5},
                           .beta1 = 0.9, .epsilon = 1e-3};
    enum { DIM = 3, ROWS = 4 };
    double value[ROWS][DIM], m[ROWS][DIM] = {{0}}, v[ROWS][DIM] = {{0}};
    struct tt_pool *pool = tt_pool_new(2, &err);
    struct tt_rng rng;

    assert_non_null(pool);
    tiny_begin(&base, schema, ROWS - 1, 2);
    tiny_model(&model, &base, DIM);
    NEED(tt_adam_init(&adam, &model, &err));
    tt_rng_init(&rng, 2, TT_RNG_TEST, 0);
    for (size_t i = 0; i < ROWS * DIM; i++)
        value[i / DIM][i % DIM] = (double)(model.tables[0][i] = (float)tt_rng_normal(&rng));
    for (size_t step = 0; step < 100; step++) {
        float gradient[DIM];
        double t = (double)step + 1;
        for (size_t row = 0; row < ROWS; row++)
            if ((step + row) % (3 * row + 1) == 0) /* read, and then moved */
                tt_adam_catch_up(&adam, 0, row);
        tt_adam_step(&adam, step);
        double rate = (double)adam.rule.rate * (1 - pow(0.9, t)) / sqrt(1 - pow(0.98, t));
        for (size_t row = 0; row < ROWS; row++) {
            int has_turn = (step + row) % (3 * row + 1) == 0;
            if (has_turn)
                for (size_t i = 0; i < DIM; i++) { /* what is read is what a decay in each step has left */
                    assert_true(fabs((double)model.tables[0][row * DIM + i] - value[row][i]) < 1e-5);
                    gradient[i] = (float)tt_rng_normal(&rng);
                }
            for (size_t i = 0; i < DIM; i++) {
                double g = (double)gradient[i], up = 0;
                if (has_turn) {
                    m[row][i] = 0.9 * m[row][i] + 0.1 * g;
                    v[row][i] = 0.98 * v[row][i] + 0.02 * g * g;
                    up = rate * (m[row][i] / (1 - pow(0.9, t))) / (sqrt(v[row][i] / (1 - pow(0.98, t))) + 1e-3);
                }
                value[row][i] -= rate * decay * value[row][i] + up;
            }
            if (has_turn)
                tt_adam_apply(&adam, 0, row, gradient);
        }
    }
    tt_adam_catch_up_all(&adam, pool);
    for (size_t i = 0; i < ROWS * DIM; i++)
        assert_true(fabs((double)model.tables[0][i] - value[i / DIM][i % DIM]) < 1e-5);
    assert_int_equal(adam.row_log_decay[0] != NULL, decay > 0);
    tt_pool_free(pool);
    tt_adam_release(&adam);
    tt_model_release(&model);
}

static void test_adam_lets_untouched_rows_decay(void **state)
{
    (void)state;
    check_decay(0.5);
    check_decay(0.01);
    check_decay(0);
}

/* Layers move by a tenth of the tables' rate, all of their numbers: more than are moved at once. */
static void test_adam_moves_layers_by_a_tenth(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples base;
    struct tt_model model;
    struct tt_adam adam = {.o = {.learning_rate = 0.05, .beta2 = 0.98}, .beta1 = 0.9, .epsilon = 1e-9};
    static float gradient[20000];

    (void)state;
    tiny_begin(&base, schema, 3, 2);
    tiny_model(&model, &base, 2);
    NEED(tt_model_add_layers(&model, (const size_t[]){100, 97}, 2, &err));
    NEED(tt_adam_init(&adam, &model, &err));
    struct tt_dense *dense = &model.dense[TT_ITEM];
    assert_true(dense->n_params > 9000 && dense->n_params <= LENGTH(gradient));
    for (size_t i = 0; i < dense->n_params; i++)
        gradient[i] = i % 3 ? 0.25f : -0.5f; /* the first step is as long as the rate, whatever the gradient */
    tt_adam_step(&adam, 0);
    double squares = tt_adam_apply_layers(&adam, TT_ITEM, gradient);
    double want = tt_vec_sum_squares_ref(gradient, dense->n_params);
    assert_true(fabs(squares - want) < 1e-6 * want);
    for (size_t i = 0; i < dense->n_params; i++)
        assert_true(fabs((double)dense->params[i] - (i % 3 ? -0.005 : 0.005)) < 1e-6);
    NEED(tt_adam_check(&adam, 1, &err));
    gradient[9000] = NAN;
    tt_adam_apply_layers(&adam, TT_ITEM, gradient);
    assert_int_equal(tt_adam_check(&adam, 2, &err), -1);
    assert_true(strncmp(err.text, "the gradient of '", 17) == 0);
    tt_adam_release(&adam);
    tt_model_release(&model);
}

static void test_adam_names_what_is_not_finite(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples base;
    struct tt_model model;
    struct tt_adam adam = {.o = {.learning_rate = 0.05, .beta2 = 0.98}, .beta1 = 0.9, .epsilon = 1e-8};
    float gradient[2] = {1, INFINITY};

    (void)state;
    tiny_begin(&base, schema, 3, 2);
    tiny_model(&model, &base, 2);
    NEED(tt_adam_init(&adam, &model, &err));
    tt_adam_step(&adam, 0);
    NEED(tt_adam_check(&adam, 1, &err));
    model.tables[1][2] = NAN;
    tt_adam_apply(&adam, 1, 1, (const float[]){1, 1});
    assert_int_equal(tt_adam_check(&adam, 1, &err), -1);
    assert_string_equal(err.text, "'item.i.embedding' is not finite after step 1: is the learning rate too large?");
    tt_adam_apply(&adam, 0, 2, gradient);
    err = (struct tt_err)TT_ERR_INIT;
    assert_int_equal(tt_adam_check(&adam, 7, &err), -1);
    assert_string_equal(err.text,
                        "the gradient of 'user.u.embedding' is not finite in step 7: is the learning rate too large?");
    tt_adam_release(&adam);
    tt_model_release(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adam_follows_the_algorithm),
        cmocka_unit_test(test_adam_makes_one_move_for_some_steps),
        cmocka_unit_test(test_adam_warms_up_and_stays),
        cmocka_unit_test(test_adam_lets_untouched_rows_decay),
        cmocka_unit_test(test_adam_moves_layers_by_a_tenth),
        cmocka_unit_test(test_adam_names_what_is_not_finite),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
