/* Measuring after an epoch, and the best epoch's tables. */
#include "train/validation.h"

#include <math.h>
#include <stdlib.h>

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

/* Of a model with so many layers. */
static void best_comes_back(size_t n_hidden)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(1, &err);
    struct tt_trainer t;
    struct tt_validation v;
    struct tt_epoch_values first, second;
    struct tt_model model, kept;
    struct tt_examples valid;
    struct tt_train_options o = tiny_options;

    tiny_begin(&valid, plain, USERS, ITEMS);
    tiny_clusters(&valid, USERS - 1, ITEMS - 2, 2, 77);
    tiny_clustered_model(&model, plain, USERS, ITEMS);
    tiny_clustered_model(&kept, plain, USERS, ITEMS);
    o.n_hidden = n_hidden;
    o.hidden[0] = 5;
    NEED(tt_model_add_layers(&kept, o.hidden, o.n_hidden, &err));
    NEED(tt_trainer_init(&t, &model, &o, pool, &err));
    NEED(tt_validation_init(&v, &t, &valid.events, &err));
    NEED(tt_trainer_start(&t, &err));
    run_epoch(&t);
    NEED(tt_validation_measure(&v, &t, 1, &first, &err));
    assert_true(first.is_best && v.best_epoch == 1 && v.best_value == first.valid);
    assert_true(first.valid > 0.2 && first.train > 0.2);
    for (size_t c = 0; c < model.base.dictionary.schema.n_columns; c++)
        if (model.tables[c]) {
            memcpy(kept.tables[c], model.tables[c], tt_model_table_size(&model, c) * sizeof(float));
            for (size_t i = 0; i < tt_model_table_size(&model, c); i++) /* turned over: the worst come first */
                model.tables[c][i] *= t.item_input.bags[c] ? -1 : 1;
        }
    for (int side = TT_USER; n_hidden && side <= TT_ITEM; side++) {
        memcpy(kept.dense[side].params, model.dense[side].params, model.dense[side].n_params * sizeof(float));
        memset(model.dense[side].params, 0, model.dense[side].n_params * sizeof(float));
    }
    NEED(tt_validation_measure(&v, &t, 2, &second, &err));
    assert_true(!second.is_best && v.best_epoch == 1 && second.valid < first.valid);
    assert_false(tiny_same_tables(&model, &kept));
    tt_validation_restore(&v, &t);
    assert_true(tiny_same_tables(&model, &kept));
    tt_validation_release(&v);
    tt_validation_release(&v);
    tt_trainer_release(&t);
    tt_model_release(&model);
    tt_model_release(&kept);
    tt_examples_release(&valid);
    tt_pool_free(pool);
}

static void test_the_best_tables_and_layers_come_back(void **state)
{
    (void)state;
    best_comes_back(0);
    best_comes_back(1);
}

static void test_without_events_the_last_epoch_is_best(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(1, &err);
    struct tt_trainer t;
    struct tt_validation v;
    struct tt_epoch_values found;
    struct tt_model model, last;

    (void)state;
    tiny_clustered_model(&model, plain, USERS, ITEMS);
    tiny_clustered_model(&last, plain, USERS, ITEMS);
    NEED(tt_trainer_init(&t, &model, &tiny_options, pool, &err));
    NEED(tt_validation_init(&v, &t, NULL, &err));
    NEED(tt_trainer_start(&t, &err));
    for (size_t epoch = 1; epoch <= 3; epoch++) {
        run_epoch(&t);
        NEED(tt_validation_measure(&v, &t, epoch, &found, &err));
        assert_true(found.is_best && found.valid == -1 && v.best_epoch == epoch && v.best_value == -1);
    }
    for (size_t c = 0; c < model.base.dictionary.schema.n_columns; c++)
        if (model.tables[c])
            memcpy(last.tables[c], model.tables[c], tt_model_table_size(&model, c) * sizeof(float));
    tt_validation_restore(&v, &t);
    assert_true(tiny_same_tables(&model, &last));
    tt_validation_release(&v);
    tt_trainer_release(&t);
    tt_model_release(&model);
    tt_model_release(&last);
    tt_pool_free(pool);
}

/* Whatever events weigh, each counts once. */
static void test_weights_do_not_count(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(1, &err);
    struct tt_trainer t;
    struct tt_model model;
    struct tt_examples valid;
    double values[2];

    (void)state;
    tiny_clustered_model(&model, plain, USERS, ITEMS);
    NEED(tt_trainer_init(&t, &model, &tiny_options, pool, &err));
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
        struct tt_events events = valid.events;
        events.weight = is_weighted ? weight : NULL;
        NEED(tt_validation_init(&v, &t, &events, &err));
        NEED(tt_validation_measure(&v, &t, 1, &found, &err));
        values[is_weighted] = found.valid;
        tt_validation_release(&v);
        tt_examples_release(&valid);
        free(weight);
    }
    assert_true(values[0] > 0 && values[0] < 1 && values[0] == values[1]);
    tt_trainer_release(&t);
    tt_model_release(&model);
    tt_pool_free(pool);
}

/* Only what is surely better than the last epoch is recommended instead of it. */
static void test_the_best_epoch_must_be_surely_better(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_metric_share best[6], last[6];
    uint32_t users[6] = {0, 1, 2, 3, 4, 5};
    struct tt_validation v = {.best_epoch = 3, .best_value = 0.5, .best_shares = best,
                              .valid = {.n = 6, .users = users, .shares = last}};
    struct tt_choice c;

    (void)state;
    for (size_t i = 0; i < 6; i++) { /* one user is better off, one worse */
        best[i] = (struct tt_metric_share){0.5, 1};
        last[i] = (struct tt_metric_share){i == 0 ? 0.2 : i == 1 ? 0.75 : 0.5, 1};
    }
    NEED(tt_validation_choose(&v, 9, &c, &err));
    assert_true(c.epoch == 9 && fabs(c.value - (0.5 - 0.05 / 6)) < 1e-12 && c.shares == last);
    for (size_t i = 0; i < 6; i++) /* five are worse off */
        last[i].sum = i ? 0.3 : 0.6;
    NEED(tt_validation_choose(&v, 9, &c, &err));
    assert_true(c.epoch == 3 && c.value == 0.5 && c.shares == best);
    memcpy(last, best, sizeof(last)); /* the same */
    NEED(tt_validation_choose(&v, 9, &c, &err));
    assert_true(c.epoch == 9 && c.value == 0.5);
}

/* The full loss scores as many queries as it trains on: models that ask different ones are all judged by all events. */
static void test_the_full_loss_measures_all_queries(void **state)
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
        struct tt_examples valid;
        tiny_begin(&valid, schemas[s], MANY, ITEMS);
        tiny_clusters(&valid, MANY - 1, ITEMS - 2, 2, 77);
        tiny_clustered_model(&model, schemas[s], MANY, ITEMS);
        NEED(tt_trainer_init(&t, &model, &tiny_options, pool, &err));
        NEED(tt_validation_init(&v, &t, &valid.events, &err));
        assert_true(v.queries.n > 600 && v.valid.n == v.queries.n);
        assert_true(v.valid.total == (double)valid.events.n);
        tt_validation_release(&v);
        tt_trainer_release(&t);
        tt_model_release(&model);
        tt_examples_release(&valid);
    }
    tt_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_best_tables_and_layers_come_back),
        cmocka_unit_test(test_weights_do_not_count),
        cmocka_unit_test(test_the_full_loss_measures_all_queries),
        cmocka_unit_test(test_the_best_epoch_must_be_surely_better),
        cmocka_unit_test(test_without_events_the_last_epoch_is_best),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
