/* The average of a model's steps: against the weights that it promises, and what takes part in it. */
#include "train/average.h"

#include <math.h>
#include <stdlib.h>

#include "train/run.h"
#include "tiny_training.h"

static const char schema[] = "user u id\nuser i history\nitem i id\n";
enum { USERS = 5, ITEMS = 9, DIM = 3, STEPS = 40 };
static const double eta = 3;

static void set_all(struct tt_model *model, double x)
{
    for (size_t c = 0; c < model->entities.dictionary.schema.n_columns; c++)
        for (size_t i = 0; model->tables[c] && i < tt_model_table_size(model, c); i++)
            model->tables[c][i] = (float)(x + (double)i);
    for (int side = TT_USER; side <= TT_ITEM; side++)
        for (size_t i = 0; i < model->dense[side].n_params; i++)
            model->dense[side].params[i] = (float)(x - (double)i);
}

static void begin(struct tt_model *model, struct tt_examples *base, struct tt_average *average)
{
    static const size_t widths[] = {4};
    struct tt_err err = TT_ERR_INIT;

    tiny_begin(base, schema, USERS, ITEMS);
    tiny_model(model, base, DIM);
    NEED(tt_model_add_layers(model, widths, 1, &err));
    NEED(tt_average_init(average, model, &err));
}

static void end(struct tt_model *model, struct tt_average *average)
{
    tt_average_release(average);
    tt_average_release(average);
    tt_model_release(model);
}

/* Step s counts as the polynomial s (s + 1) (s + 2), which is what eta = 3 makes of the recurrence: s^eta, for large s.
 */
static void test_average_weighs_steps_by_a_polynomial(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(2, &err);
    struct tt_examples base;
    struct tt_average average;
    struct tt_model model;
    double sum = 0, weights = 0;
    (void)state;

    begin(&model, &base, &average);
    for (size_t s = 1; s <= STEPS; s++) {
        double x = sin((double)s), weight = (double)s;
        for (int i = 1; i < (int)eta; i++)
            weight *= (double)s + i;
        sum += weight * x;
        weights += weight;
        set_all(&model, x);
        tt_average_add(&average, pool);
    }
    assert_int_equal(average.n, STEPS);
    struct tt_model mean = tt_average_view(&average);
    for (size_t c = 0; c < 3; c++)
        for (size_t i = 0; i < tt_model_table_size(&model, c); i++)
            assert_true(fabs((double)mean.tables[c][i] - sum / weights - (double)i) < 1e-5 * (1 + (double)i));
    for (int side = TT_USER; side <= TT_ITEM; side++) {
        assert_true(model.dense[side].n_params > 0);
        for (size_t i = 0; i < model.dense[side].n_params; i++)
            assert_true(fabs((double)mean.dense[side].params[i] - sum / weights + (double)i) < 1e-5 * (1 + (double)i));
    }
    assert_true(tiny_table(&model, TT_USER, "u")[0] == (float)sin(STEPS)); /* as the last step left it */
    assert_true(model.dense[TT_ITEM].params[0] == (float)sin(STEPS));
    end(&model, &average);
    tt_pool_free(pool);
}

static void test_average_of_nothing_is_the_model(void **state)
{
    struct tt_examples base;
    struct tt_average average;
    struct tt_model model;
    (void)state;

    begin(&model, &base, &average);
    set_all(&model, 7);
    struct tt_model mean = tt_average_view(&average);
    assert_true(tiny_table(&mean, TT_USER, "u")[0] == 7 && mean.dense[TT_USER].params[0] == 7);
    end(&model, &average);
}

static int on_pause(void *arg, struct tt_err *err)
{
    (void)arg;
    (void)err;
    return 0;
}

/* What a run keeps is the average over the steps, the last one of an epoch included, and not the last step's model. */
static void test_a_run_keeps_the_average(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(1, &err);
    struct tt_run_options o = tiny_options.run;
    struct tt_train_report report;
    struct tt_trainer t;
    struct tt_average by_hand;
    struct tt_epoch_means means;
    struct tt_run run;
    struct tt_model model, other;
    struct tt_events events;
    (void)state;

    o.stopping.epochs = 3;
    o.trainer.steps.batch_size = 10;
    tiny_clustered_model(&model, &events, schema, 60, 40);
    NEED(tt_run_init(&run, &model, &events, NULL, &o, pool, &err));
    NEED(tt_run_start(&run, &err));
    NEED(tt_run_go(&run, &(struct tt_run_hooks){NULL, on_pause, NULL}, &err));
    NEED(tt_run_finish(&run, &report, &err));
    tiny_clustered_model(&other, NULL, schema, 60, 40);
    NEED(tt_trainer_init(&t, &other, &events, &o.trainer, pool, &err));
    NEED(tt_average_init(&by_hand, &other, &err));
    NEED(tt_trainer_start(&t, &err));
    assert_true(t.steps.n_steps > 1 && t.steps.n_steps < 16); /* so few that each counts */
    while (t.at.epoch <= o.stopping.epochs) {
        while (!tt_trainer_is_epoch_over(&t)) {
            NEED(tt_trainer_step(&t, &err));
            tt_average_add(&by_hand, pool);
        }
        tt_trainer_end_epoch(&t, &means);
    }
    for (size_t c = 0; c < 3; c++)
        if (other.tables[c])
            assert_memory_not_equal(model.tables[c], other.tables[c], tt_model_table_size(&model, c) * sizeof(float));
    struct tt_model mean = tt_average_view(&by_hand);
    tt_parameters_assign(&other, &mean);
    tt_trainer_finish(&t);
    for (size_t c = 0; c < 3; c++)
        if (other.tables[c])
            assert_memory_equal(model.tables[c], other.tables[c], tt_model_table_size(&model, c) * sizeof(float));
    tt_average_release(&by_hand);
    tt_trainer_release(&t);
    tt_run_release(&run);
    tt_events_release(&events);
    tt_model_release(&model);
    tt_model_release(&other);
    tt_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_average_weighs_steps_by_a_polynomial),
        cmocka_unit_test(test_average_of_nothing_is_the_model),
        cmocka_unit_test(test_a_run_keeps_the_average),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
