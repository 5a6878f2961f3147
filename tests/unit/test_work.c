/* Work counted from the data: in proportion to what it should be. */
#include "train/work.h"

#include <math.h>
#include <stdlib.h>

#include "tiny_training.h"

static const char plain[] = "user u id\nuser i history\nitem i id\n";

static struct tt_work work_by(const char *schema, size_t n_users, size_t n_items, const struct tt_train_options *o,
                              size_t measured)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(1, &err);
    struct tt_examples base;
    struct tt_model model;
    struct tt_trainer t;

    assert_non_null(pool);
    tiny_begin(&base, schema, n_users, n_items);
    tiny_clusters(&base, n_users, n_items, 8, 1);
    NEED(tt_model_init(&model, &base.entities, o->dim, &err));
    NEED(tt_trainer_init(&t, &model, &base.events, o, pool, &err));
    struct tt_work work = tt_work_of(&t, measured);
    struct tt_train_options warm = *o; /* begins with a model, without a decomposition */
    warm.warm_start = &model;
    t.o = &warm;
    assert_true(tt_work_of(&t, measured).start == 0 && tt_work_of(&t, measured).epoch == work.epoch);
    tt_trainer_release(&t);
    tt_model_release(&model);
    tt_events_release(&base.events);
    tt_pool_free(pool);
    return work;
}

static struct tt_work work_of(size_t n_users, size_t n_items, const struct tt_train_options *o, size_t measured)
{
    return work_by(plain, n_users, n_items, o, measured);
}

static void test_work_grows_with_what_is_to_be_done(void **state)
{
    struct tt_train_options o = tiny_options, wide = tiny_options, deep = tiny_options, random = tiny_options;

    (void)state;
    struct tt_work one = work_of(200, 100, &o, 50);
    assert_true(one.start > 0 && one.epoch > 0);
    wide.dim = 2 * o.dim;
    struct tt_work two = work_of(200, 100, &wide, 50);
    assert_true(fabs(two.epoch / one.epoch - 2) < 1e-9 && fabs(two.start / one.start - 2) < 1e-9);
    assert_true(work_of(400, 100, &o, 50).epoch > 1.5 * one.epoch);
    assert_true(work_of(200, 100, &o, 150).epoch - one.epoch > 0);
    /* 100 more queries: each the products of 100 items; what wants nothing costs nothing more */
    assert_true(fabs(work_of(200, 100, &o, 150).epoch - one.epoch - 2.0 * 100 * 100 * TINY_DIM / 1e11) < 1e-12);
    deep.n_hidden = 1;
    deep.hidden[0] = 64;
    assert_true(work_of(200, 100, &deep, 50).epoch > one.epoch);
    random.start = TT_START_RANDOM;
    assert_true(work_of(200, 100, &random, 50).start == 0);
}

/* Every step adds up the users of all its candidates, there and back, and moves their rows; of 200, every fourth. */
static void test_histories_of_items_cost_passes_over_the_visits(void **state)
{
    static const char both[] = "user u id\nuser i history\nitem i id\nitem u history\n";
    struct tt_train_options o = tiny_options;
    double visits = 4000 * 7.5; /* of 8 events, some are repetitions */
    static const struct { size_t batch; double passes; } cases[] = {{500, 8}, {1000, 4}, {20, 50}};

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        o.batch_size = cases[i].batch;
        double more = work_by(both, 4000, 100, &o, 0).epoch - work_of(4000, 100, &o, 0).epoch;
        assert_true(fabs(more / (cases[i].passes * TINY_DIM * (2 * visits / 2e9 + 4000 / 5e8)) - 1) < 0.1);
    }
}

/* 6 D operations for each pair of query and item: the whole, where the catalogue is large. */
static void test_the_full_softmax_is_its_products(void **state)
{
    struct tt_train_options o = tiny_options;

    (void)state;
    o.batch_size = 4000;
    struct tt_work work = work_of(4000, 3000, &o, 0);
    double items = 3000 * (1 - exp(-4000.0 * 8 / 3000)); /* some have no event: as good as none */
    assert_true(fabs(work.epoch / (6.0 * TINY_DIM * 4000 * items / 1e11 + TINY_DIM * (2 * items + 4000) / 5e8 +
                                   2 * TINY_DIM * 4000 * 8 / 2e9) - 1) < 0.05);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_work_grows_with_what_is_to_be_done),
        cmocka_unit_test(test_histories_of_items_cost_passes_over_the_visits),
        cmocka_unit_test(test_the_full_softmax_is_its_products),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
