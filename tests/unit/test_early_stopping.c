/* When a run ends, which epoch is the best, and how many epochs are recommended. */
#include "train/early_stopping.h"

#include <math.h>

#include "tiny_training.h"

static const char schema[] = "user u id\nuser i history\nitem i id\n";
enum { USERS = 5, ITEMS = 9, QUERIES = 6 };

struct world {
    struct tt_model model;
    struct tt_metric_share last[QUERIES];
    uint32_t users[QUERIES];
    struct tt_evaluator valid;
    struct tt_early_stopping stopping;
};

static void begin(struct world *w, size_t epochs, size_t patience, int is_validated)
{
    struct tt_stopping_options options = {epochs, patience};
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples base;
    static const size_t widths[] = {4};

    *w = (struct world){0};
    tiny_begin(&base, schema, USERS, ITEMS);
    tiny_model(&w->model, &base, TINY_DIM);
    NEED(tt_model_add_layers(&w->model, widths, 1, &err));
    for (uint32_t i = 0; i < QUERIES; i++)
        w->users[i] = i;
    w->valid = (struct tt_evaluator){.n = QUERIES, .users = w->users, .shares = w->last};
    NEED(tt_early_stopping_init(&w->stopping, &options, is_validated ? &w->valid : NULL, &err));
}

static void end(struct world *w)
{
    tt_early_stopping_release(&w->stopping);
    tt_early_stopping_release(&w->stopping);
    tt_model_release(&w->model);
}

/* An epoch with this value, which is also that of all numbers of the model. */
static int add(struct world *w, double value)
{
    struct tt_err err = TT_ERR_INIT;
    int is_best;

    for (size_t c = 0; c < w->model.entities.dictionary.schema.n_columns; c++)
        for (size_t i = 0; w->model.tables[c] && i < tt_model_table_size(&w->model, c); i++)
            w->model.tables[c][i] = (float)value;
    for (int side = TT_USER; side <= TT_ITEM; side++)
        for (size_t i = 0; i < w->model.dense[side].n_params; i++)
            w->model.dense[side].params[i] = (float)value;
    for (size_t i = 0; i < QUERIES; i++)
        w->last[i] = (struct tt_metric_share){value, 1};
    NEED(tt_early_stopping_add(&w->stopping, value, &w->model, &is_best, &err));
    return is_best;
}

static int is_over(const struct world *w) { return tt_early_stopping_is_over(&w->stopping); }

static float best_number(const struct world *w, int of_layers)
{
    struct tt_model best = tt_early_stopping_best(&w->stopping, &w->model);

    return of_layers ? best.dense[TT_ITEM].params[0] : tiny_table(&best, TT_USER, "u")[0];
}

static void test_the_best_epoch_is_the_first_of_equal_ones(void **state)
{
    static const double values[] = {0.25, 0.5, 0.375, 0.5, 0.125};
    static const int is_best[] = {1, 1, 0, 0, 0};
    struct world w;

    (void)state;
    begin(&w, LENGTH(values), 0, 1);
    for (size_t e = 0; e < LENGTH(values); e++) {
        assert_false(is_over(&w));
        assert_int_equal(add(&w, values[e]), is_best[e]);
    }
    assert_true(is_over(&w));
    assert_true(w.stopping.best_epoch == 2 && w.stopping.best_value == 0.5);
    assert_true(best_number(&w, 0) == 0.5f && best_number(&w, 1) == 0.5f);
    assert_true(tiny_table(&w.model, TT_USER, "u")[0] == 0.125f); /* the model itself is as it was */
    end(&w);
}

static void test_without_validation_the_last_epoch_is_the_best(void **state)
{
    struct world w;

    (void)state;
    begin(&w, 3, 1, 0);
    for (size_t e = 1; e <= 3; e++) {
        assert_false(is_over(&w));
        add(&w, -1);
        assert_true(w.stopping.best_epoch == e && w.stopping.best_value == -1);
    }
    assert_true(is_over(&w) && best_number(&w, 0) == -1);
    tiny_table(&w.model, TT_USER, "u")[0] = 7; /* no copy is kept */
    assert_true(best_number(&w, 0) == 7);
    end(&w);
}

static void test_patience_counts_epochs_since_the_best_one(void **state)
{
    static const double values[] = {0.25, 0.125, 0.5, 0.375, 0.5};
    struct world w;

    (void)state;
    begin(&w, 100, 2, 1);
    for (size_t e = 0; e < LENGTH(values); e++) {
        assert_false(is_over(&w));
        add(&w, values[e]);
    }
    assert_true(is_over(&w)); /* the fourth and the fifth were not better than the third */
    assert_int_equal(w.stopping.best_epoch, 3);
    end(&w);
}

/* The best epoch is recommended only when it is better than the last one by more than two standard errors. */
static void test_a_recommendation_is_surely_better(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_recommendation r;
    struct world w;

    (void)state;
    begin(&w, 9, 0, 1);
    for (size_t e = 1; e <= 9; e++)
        add(&w, e == 3 ? 0.5 : 0.4);
    for (size_t i = 0; i < QUERIES; i++) /* one user is better off in the end, one worse */
        w.last[i].sum = i == 0 ? 0.2 : i == 1 ? 0.75 : 0.5;
    NEED(tt_early_stopping_recommend(&w.stopping, &r, &err));
    assert_true(r.epochs == 9 && fabs(r.value - (0.5 - 0.05 / 6)) < 1e-12 && r.shares == w.last);
    for (size_t i = 0; i < QUERIES; i++) /* five are worse off */
        w.last[i].sum = i ? 0.3 : 0.6;
    NEED(tt_early_stopping_recommend(&w.stopping, &r, &err));
    assert_true(r.epochs == 3 && r.value == 0.5 && r.shares == w.stopping.best_shares);
    for (size_t i = 0; i < QUERIES; i++) /* worse by 1.9 standard errors, and by 2.1 */
        w.last[i].sum = 0.5;
    static const double errors[] = {1.9, 2.1};
    for (size_t k = 0; k < 2; k++) {
        double loss = errors[k] / sqrt(QUERIES); /* of each user, in deviations, of which the differences have one */
        double deviation = 0.01 * sqrt((QUERIES - 1.0) / QUERIES);
        for (size_t i = 0; i < QUERIES; i++)
            w.last[i].sum = 0.5 - 0.01 * loss + (i % 2 ? deviation : -deviation);
        NEED(tt_early_stopping_recommend(&w.stopping, &r, &err));
        assert_int_equal(r.epochs, k ? 3 : 9);
    }
    for (size_t i = 0; i < QUERIES; i++) /* the same */
        w.last[i].sum = 0.5;
    NEED(tt_early_stopping_recommend(&w.stopping, &r, &err));
    assert_true(r.epochs == 9 && r.value == 0.5);
    end(&w);
}

static void test_state_restores_the_best_epoch(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_segment segment = {0};
    struct tt_state save = {.segment = &segment}, restore = {.segment = &segment, .is_restoring = 1};
    struct world a, b;

    (void)state;
    begin(&a, 5, 2, 1);
    begin(&b, 5, 2, 1);
    add(&a, 0.25);
    add(&a, 0.5);
    add(&a, 0.375);
    NEED(tt_early_stopping_state(&a.stopping, &a.model, &save, &err));
    NEED(tt_early_stopping_state(&b.stopping, &b.model, &restore, &err));
    assert_true(b.stopping.epochs == 3 && b.stopping.best_epoch == 2 && b.stopping.best_value == 0.5);
    assert_true(b.stopping.best_shares[1].sum == 0.5 && best_number(&b, 0) == 0.5f && best_number(&b, 1) == 0.5f);
    end(&b);
    begin(&b, 2, 2, 1); /* of fewer epochs than the state has */
    restore.n_values = 0;
    assert_int_equal(tt_early_stopping_state(&b.stopping, &b.model, &restore, &err), -1);
    assert_non_null(strstr(err.text, "a place that the training does not have"));
    tt_segment_release(&segment);
    end(&a);
    end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_best_epoch_is_the_first_of_equal_ones),
        cmocka_unit_test(test_without_validation_the_last_epoch_is_the_best),
        cmocka_unit_test(test_patience_counts_epochs_since_the_best_one),
        cmocka_unit_test(test_a_recommendation_is_surely_better),
        cmocka_unit_test(test_state_restores_the_best_epoch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
