/* What is evaluated after an epoch. */
#include "train/validation.h"

#include <stdlib.h>

#include "train/parameters.h"
#include "tiny_training.h"

static const char plain[] = "user u id\nuser i history\nuser meal context\nitem i id\nitem kind category\n";
enum { USERS = 60, ITEMS = 40 };

static void run_epoch(struct tt_trainer *t)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_epoch_means means;

    while (!tt_trainer_is_epoch_over(t))
        NEED(tt_trainer_step(t, &err));
    tt_trainer_end_epoch(t, &means);
}

/* The evaluated model is the one that is given, and the trainer's own stays as it is. */
static void test_another_model_is_evaluated(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(1, &err);
    struct tt_trainer t;
    struct tt_validation v;
    struct tt_epoch_values own, other;
    struct tt_model model, before;
    struct tt_events events;
    struct tt_examples valid;

    (void)state;
    tiny_begin(&valid, plain, USERS, ITEMS);
    tiny_clusters(&valid, USERS - 1, ITEMS - 2, 2, 77);
    tiny_clustered_model(&model, &events, plain, USERS, ITEMS);
    tiny_clustered_model(&before, NULL, plain, USERS, ITEMS);
    NEED(tt_trainer_init(&t, &model, &events, &tiny_options.run.trainer, pool, &err));
    NEED(tt_validation_init(&v, &tiny_options.run.validation, &t, &valid.events, &err));
    NEED(tt_trainer_start(&t, &err));
    run_epoch(&t);
    tt_parameters_assign(&before, &model);
    NEED(tt_validation_evaluate(&v, &t, &model, &own, &err));
    assert_true(own.valid > 0.2 && own.train > 0.2);
    struct tt_parameters reversed;
    NEED(tt_parameters_init(&reversed, &model, &err));
    struct tt_model view = tt_parameters_view(&reversed, &model);
    tt_parameters_assign(&view, &model);
    for (size_t c = 0; c < model.entities.dictionary.schema.n_columns; c++)
        for (size_t i = 0; t.item_input.bags[c] && i < tt_model_table_size(&model, c); i++)
            view.tables[c][i] *= -1; /* the worst items come first */
    NEED(tt_validation_evaluate(&v, &t, &view, &other, &err));
    assert_true(other.valid < own.valid && other.train < own.train);
    assert_true(tiny_same_tables(&model, &before));
    tt_parameters_release(&reversed);
    tt_validation_release(&v);
    tt_validation_release(&v);
    tt_trainer_release(&t);
    tt_model_release(&model);
    tt_model_release(&before);
    tt_events_release(&events);
    tt_examples_release(&valid);
    tt_pool_free(pool);
}

/* Whatever events weigh, each counts once. */
static void test_weights_do_not_count(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(1, &err);
    struct tt_trainer t;
    struct tt_model model;
    struct tt_events events;
    struct tt_examples valid;
    double values[2];

    (void)state;
    tiny_clustered_model(&model, &events, plain, USERS, ITEMS);
    NEED(tt_trainer_init(&t, &model, &events, &tiny_options.run.trainer, pool, &err));
    NEED(tt_trainer_start(&t, &err));
    run_epoch(&t);
    for (int is_weighted = 0; is_weighted < 2; is_weighted++) {
        struct tt_validation v;
        struct tt_epoch_values found;
        tiny_begin(&valid, plain, USERS, ITEMS);
        tiny_clusters(&valid, USERS - 1, ITEMS - 2, 2, 77);
        float *weight = calloc(valid.events.n, sizeof(*weight));
        assert_non_null(weight);
        for (size_t e = 0; e < valid.events.n; e++)
            weight[e] = (float)(1 + 50 * (e % 3));
        struct tt_events weighted = valid.events;
        weighted.weight = is_weighted ? weight : NULL;
        NEED(tt_validation_init(&v, &tiny_options.run.validation, &t, &weighted, &err));
        NEED(tt_validation_evaluate(&v, &t, &model, &found, &err));
        values[is_weighted] = found.valid;
        tt_validation_release(&v);
        tt_examples_release(&valid);
        free(weight);
    }
    assert_true(values[0] > 0 && values[0] < 1 && values[0] == values[1]);
    tt_trainer_release(&t);
    tt_model_release(&model);
    tt_events_release(&events);
    tt_pool_free(pool);
}

/* The full loss scores as many queries as it trains on: models with different queries are evaluated on all events. */
static void test_the_full_loss_evaluates_all_queries(void **state)
{
    enum { MANY = 700 };
    static const char without[] = "user u id\nuser i history\nitem i id\nitem kind category\n";
    const char *schemas[] = {plain, without};
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(1, &err);

    (void)state;
    for (size_t s = 0; s < sizeof(schemas) / sizeof(*schemas); s++) {
        struct tt_trainer t;
        struct tt_validation v;
        struct tt_model model;
        struct tt_events events;
        struct tt_examples valid;
        tiny_begin(&valid, schemas[s], MANY, ITEMS);
        tiny_clusters(&valid, MANY - 1, ITEMS - 2, 2, 77);
        tiny_clustered_model(&model, &events, schemas[s], MANY, ITEMS);
        NEED(tt_trainer_init(&t, &model, &events, &tiny_options.run.trainer, pool, &err));
        NEED(tt_validation_init(&v, &tiny_options.run.validation, &t, &valid.events, &err));
        assert_true(v.queries.n > 600 && v.valid.n == v.queries.n);
        assert_true(v.valid.total == (double)valid.events.n);
        tt_validation_release(&v);
        tt_trainer_release(&t);
        tt_model_release(&model);
        tt_events_release(&events);
        tt_examples_release(&valid);
    }
    tt_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_another_model_is_evaluated),
        cmocka_unit_test(test_weights_do_not_count),
        cmocka_unit_test(test_the_full_loss_evaluates_all_queries),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
