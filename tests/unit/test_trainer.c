/* A session of steps. */
#include "train/trainer.h"

#include <math.h>
#include <stdlib.h>

#include "math/vec.h"
#include "tiny_training.h"

static const char plain[] = "user u id\nuser i history\nuser meal context\nitem i id\nitem kind category\n";
enum { USERS = 60, ITEMS = 40, STEPS = 5 };

static void begin(struct tt_trainer *t, struct tt_model *model, struct tt_events *events,
                  const struct tt_trainer_options *o, struct tt_pool *pool)
{
    struct tt_err err = TT_ERR_INIT;

    tiny_clustered_model(model, events, plain, USERS, ITEMS);
    NEED(tt_trainer_init(t, model, events, o, pool, &err));
}

/* Steps until `steps` are done in all, and the ends of the epochs between. */
static void run_until(struct tt_trainer *t, size_t steps)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_epoch_means means;

    while (t->at.steps < steps) {
        NEED(tt_trainer_step(t, &err));
        if (tt_trainer_is_epoch_over(t))
            tt_trainer_end_epoch(t, &means);
    }
}

static void test_a_session_counts_steps_and_epochs(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(1, &err);
    struct tt_trainer_options o = tiny_options.run.trainer;
    struct tt_trainer t;
    struct tt_model model;
    struct tt_events events;
    struct tt_epoch_means means;
    double sum = 0, weight = 0, gradient = 0;

    (void)state;
    o.steps.batch_size = 64;
    begin(&t, &model, &events, &o, pool);
    NEED(tt_trainer_start(&t, &err));
    assert_true(t.at.epoch == 1 && t.at.step == 0 && t.at.steps == 0);
    assert_true(t.steps.n_steps >= 3);
    for (size_t i = 0; i < t.steps.n_steps; i++) {
        assert_false(tt_trainer_is_epoch_over(&t));
        NEED(tt_trainer_step(&t, &err));
        assert_true(t.at.step == i + 1 && t.at.steps == i + 1);
        weight += t.steps.weight;
        sum = t.at.loss;
        assert_true(t.at.gradient > gradient);
        gradient = t.at.gradient;
    }
    assert_true(tt_trainer_is_epoch_over(&t) && t.at.weight == weight && t.n_events == (size_t)weight);
    tt_trainer_end_epoch(&t, &means);
    assert_true(means.loss == sum / weight);
    assert_true(gradient > 0 && means.gradient == gradient / (double)t.steps.n_steps && t.at.gradient == 0);
    assert_true(t.at.epoch == 2 && t.at.step == 0 && t.at.steps == t.steps.n_steps && t.at.loss == 0);
    tt_trainer_release(&t);
    tt_trainer_release(&t);
    tt_model_release(&model);
    tt_events_release(&events);
    tt_pool_free(pool);
}

/* After the first step, the first moments are the gradient times 0.1. */
static double squares_of_moments(const struct tt_trainer *t)
{
    const struct tt_model *model = t->model;
    double squares = 0;

    for (size_t c = 0; c < model->entities.dictionary.schema.n_columns; c++)
        if (model->tables[c])
            squares += tt_vec_sum_squares_ref(t->adam.first[c], tt_model_table_size(model, c));
    for (int side = TT_USER; side <= TT_ITEM; side++)
        squares += tt_vec_sum_squares_ref(t->adam.layers_first[side], model->dense[side].n_params);
    return squares * 100;
}

static void test_the_gradient_is_that_of_all_tables_and_layers(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(2, &err);
    struct tt_trainer_options o = tiny_options.run.trainer;
    double length[2];

    (void)state;
    for (o.shape.n_hidden = 0; o.shape.n_hidden < 2; o.shape.n_hidden++) {
        struct tt_trainer t;
        struct tt_model model;
        struct tt_events events;
        o.shape.hidden[0] = 5;
        begin(&t, &model, &events, &o, pool);
        NEED(tt_trainer_start(&t, &err));
        NEED(tt_trainer_step(&t, &err));
        length[o.shape.n_hidden] = t.at.gradient;
        assert_true(fabs(length[o.shape.n_hidden] - sqrt(squares_of_moments(&t))) < 1e-5 * length[o.shape.n_hidden]);
        tt_trainer_release(&t);
        tt_model_release(&model);
        tt_events_release(&events);
    }
    assert_true(length[1] > length[0] * 1.001); /* of layers that begin at 0 */
    tt_pool_free(pool);
}

/* Tables, moments, marks and position are all that a session has become: another one that gets them goes on alike. */
static void test_a_session_goes_on_from_its_state(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(2, &err);
    struct tt_trainer_options o = tiny_options.run.trainer;

    (void)state;
    for (size_t stop = 1; stop <= STEPS; stop++) { /* within epochs and at an end of one */
        struct tt_trainer whole, rest;
        struct tt_model a, b;
        struct tt_events events;
        o.shape.n_hidden = stop > 3;
        o.shape.hidden[0] = 6;
        o.steps.candidates = stop % 2 ? TT_CANDIDATES_ALL : TT_CANDIDATES_BATCH;
        o.steps.batch_size = 100;
        begin(&whole, &a, &events, &o, pool);
        tiny_clustered_model(&b, NULL, plain, USERS, ITEMS);
        NEED(tt_trainer_init(&rest, &b, &events, &o, pool, &err));
        NEED(tt_trainer_start(&whole, &err));
        run_until(&whole, stop);
        rest.at = whole.at;
        for (size_t c = 0; c < a.entities.dictionary.schema.n_columns; c++) {
            size_t size = tt_model_table_size(&a, c) * sizeof(float);
            if (!a.tables[c])
                continue;
            memcpy(b.tables[c], a.tables[c], size);
            memcpy(rest.adam.first[c], whole.adam.first[c], size);
            memcpy(rest.adam.second[c], whole.adam.second[c], size);
            memcpy(rest.adam.trained[c], whole.adam.trained[c], a.entities.dictionary.features[c].n_codes);
        }
        for (int side = TT_USER; o.shape.n_hidden && side <= TT_ITEM; side++) {
            size_t size = a.dense[side].n_params * sizeof(float);
            memcpy(b.dense[side].params, a.dense[side].params, size);
            memcpy(rest.adam.layers_first[side], whole.adam.layers_first[side], size);
            memcpy(rest.adam.layers_second[side], whole.adam.layers_second[side], size);
        }
        run_until(&whole, 2 * STEPS);
        run_until(&rest, 2 * STEPS);
        assert_true(tiny_same_tables(&a, &b));
        assert_true(rest.at.loss == whole.at.loss && rest.at.epoch == whole.at.epoch);
        assert_true(rest.at.gradient == whole.at.gradient);
        tt_trainer_finish(&whole);
        tt_trainer_finish(&rest);
        assert_true(tiny_same_tables(&a, &b));
        tt_trainer_release(&whole);
        tt_trainer_release(&rest);
        tt_model_release(&a);
        tt_model_release(&b);
        tt_events_release(&events);
    }
    tt_pool_free(pool);
}

static const char both[] = "user u id\nuser i history\nitem i id\nitem u history\n";

/* Items' histories are read in every third step, and their table moves in the third for the first time: by three times
 * the rate, as Adam's first moves go, from values that three steps have decayed. A session that would wait longer is
 * the same, but for what that adds to the gradient. */
static void test_stale_histories_move_as_far_as_their_steps(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(2, &err);
    struct tt_trainer_options o = tiny_options.run.trainer;
    struct tt_trainer moving, waiting;
    struct tt_model a, b;
    struct tt_events events;
    size_t moved = 0;

    (void)state;
    o.steps.batch_size = 3;
    o.optimiser.weight_decay = 0.1;
    tiny_clustered_model(&a, &events, both, 300, ITEMS);
    tiny_clustered_model(&b, NULL, both, 300, ITEMS);
    NEED(tt_trainer_init(&moving, &a, &events, &o, pool, &err));
    NEED(tt_trainer_init(&waiting, &b, &events, &o, pool, &err));
    assert_int_equal(moving.plan.renewal, 3);
    waiting.plan.renewal = 4;
    NEED(tt_trainer_start(&moving, &err));
    NEED(tt_trainer_start(&waiting, &err));
    run_until(&moving, 2);
    run_until(&waiting, 2);
    assert_true(tiny_same_tables(&a, &b) && moving.at.gradient == waiting.at.gradient);
    double before = moving.at.gradient, squares = 0;
    double rate = o.optimiser.learning_rate, decay = rate * o.optimiser.weight_decay; /* the warm-up ends with step 3 */
    double left = (1 - decay / 3) * (1 - decay * 2 / 3) * (1 - decay);
    run_until(&moving, 3);
    run_until(&waiting, 3);
    const size_t column = tiny_column(&a.entities.dictionary.schema, TT_ITEM, "u"); /* the items' histories */
    for (size_t i = 0; i < tt_model_table_size(&a, column); i++) {
        double g = (double)moving.adam.first[column][i] / (1 - pow(0.9, 3)); /* of the moments' first move */
        double old = (double)b.tables[column][i], now = (double)a.tables[column][i];
        squares += g * g;
        if (fabs(g) < 1e-3) /* the optimiser's epsilon would be felt */
            continue;
        if (fabs(now - (old * left - copysign(3 * rate, g))) >= 2e-5)
            fail_msg("number %zu: %g by a gradient of %g, from %g", i, now, g, old);
        moved++;
    }
    assert_true(moved > 1000);
    double with = moving.at.gradient - before, without = waiting.at.gradient - before;
    assert_true(fabs(with * with / (without * without + squares) - 1) < 1e-4);
    tt_trainer_release(&moving);
    tt_trainer_release(&waiting);
    tt_model_release(&a);
    tt_model_release(&b);
    tt_events_release(&events);
    tt_pool_free(pool);
}

/* Items' histories that are read in every third step only, with a decay that moves them in between: a session that was
 * taken back between two readings has the same sums, and the gradients that had come together. */
static void test_stale_histories_are_taken_back(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(2, &err);
    struct tt_trainer_options o = tiny_options.run.trainer;
    size_t waiting = 0;

    (void)state;
    o.steps.batch_size = 3;
    o.optimiser.weight_decay = 0.1;
    for (size_t stop = 97; stop < 103; stop++) {
        struct tt_trainer whole, rest;
        struct tt_model a, b;
        struct tt_events events;
        struct tt_segment segment = {0};
        struct tt_state store = {.segment = &segment}, taken = {.segment = &segment, .is_restoring = 1};
        tiny_clustered_model(&a, &events, both, 300, ITEMS);
        tiny_clustered_model(&b, NULL, both, 300, ITEMS);
        NEED(tt_trainer_init(&whole, &a, &events, &o, pool, &err));
        NEED(tt_trainer_init(&rest, &b, &events, &o, pool, &err));
        assert_int_equal(whole.plan.renewal, 3);
        assert_true(whole.steps.n_steps == 100);
        NEED(tt_trainer_start(&whole, &err));
        run_until(&whole, stop);
        waiting += whole.stale.steps;
        assert_true(stop != 100 || whole.stale.steps == 0); /* nothing is left over at the end of an epoch */
        NEED(tt_trainer_state(&whole, &store, &err));
        NEED(tt_trainer_state(&rest, &taken, &err));
        assert_int_equal(rest.stale.steps, whole.stale.steps);
        run_until(&whole, stop + 7);
        run_until(&rest, stop + 7);
        assert_true(tiny_same_tables(&a, &b));
        assert_true(rest.at.gradient == whole.at.gradient);
        tt_segment_release(&segment);
        tt_trainer_release(&whole);
        tt_trainer_release(&rest);
        tt_model_release(&a);
        tt_model_release(&b);
        tt_events_release(&events);
    }
    assert_true(waiting > 3);
    tt_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_session_counts_steps_and_epochs),
        cmocka_unit_test(test_the_gradient_is_that_of_all_tables_and_layers),
        cmocka_unit_test(test_a_session_goes_on_from_its_state),
        cmocka_unit_test(test_stale_histories_move_as_far_as_their_steps),
        cmocka_unit_test(test_stale_histories_are_taken_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
