/* Sums that are kept for several steps: by the table as it was, gradients added up, one move. */
#include "train/stale.h"

#include <math.h>
#include <stdlib.h>

#include "math/vec.h"
#include "train/batch.h"
#include "tiny_histories.h"

static const char schema[] = "user u id\nitem i id\nitem u history\n";
enum { HISTORY = 2, N = 7 };

/* Items of a catalogue that has all but the unknown one and item 1. */
static const uint32_t rows[N] = {3, 20, 11, 2, 4, 17, 8};

static void begin(struct world *w, struct tt_stale *stale)
{
    static uint32_t items[ITEMS - 1], place[ITEMS + 1] = {TT_NO_PLACE, TT_NO_PLACE};
    static const struct tt_catalogue catalogue = {ITEMS - 1, items, place};
    struct tt_err err = TT_ERR_INIT;

    for (uint32_t i = 2; i <= ITEMS; i++) {
        items[i - 2] = i;
        place[i] = i - 2;
    }
    world_init(w, schema, TT_ITEM, HISTORY);
    NEED(tt_stale_init(stale, &w->model, &w->input, HISTORY, &catalogue, w->pool, &err));
}

static void end(struct world *w, struct tt_stale *stale)
{
    tt_stale_release(stale);
    tt_stale_release(stale);
    world_release(w);
}

static double take(void *arg, size_t column, size_t row, const float *gradient)
{
    float *sums = arg;

    assert_int_equal(column, HISTORY);
    for (size_t i = 0; i < DIM; i++)
        sums[row * DIM + i] += gradient[i];
    return tt_vec_sum_squares_ref(gradient, DIM);
}

static void test_stale_adds_what_a_bag_adds_until_the_table_changes(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_embedding_bag bag;
    struct world w;
    struct tt_stale kept;
    float fresh[N * DIM] = {0}, stale[N * DIM] = {0}, later[N * DIM] = {0};

    (void)state;
    begin(&w, &kept);
    NEED(tt_embedding_bag_init(&bag, &w.model, &w.input, HISTORY, N, &err));
    NEED(tt_embedding_bag_gather(&bag, &w.scratch, w.pool, rows, N, NULL, &err));
    tt_embedding_bag_forward(&bag, 0, N, fresh, DIM);
    tt_stale_refresh(&kept, w.pool);
    tt_stale_forward(&kept, rows, N, stale, DIM);
    assert_memory_equal(fresh, stale, sizeof(stale));
    for (size_t i = 0; i < tt_model_table_size(&w.model, HISTORY); i++)
        w.model.tables[HISTORY][i] *= 2;
    tt_stale_refresh(&kept, w.pool); /* nobody has said that the table moved */
    tt_stale_forward(&kept, rows, N, later, DIM);
    assert_memory_equal(later, stale, sizeof(stale));
    kept.is_fresh = 0;
    tt_stale_refresh(&kept, w.pool);
    memset(later, 0, sizeof(later));
    tt_stale_forward(&kept, rows, N, later, DIM);
    for (size_t i = 0; i < N * DIM; i++)
        assert_true(later[i] == 2 * stale[i]);
    tt_embedding_bag_release(&bag);
    end(&w, &kept);
}

/* The gradients of two steps with some rows in common, against those of two bags. */
static void test_stale_moves_by_the_gradients_of_all_steps(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_embedding_bag bag;
    struct world w;
    struct tt_stale kept;
    float d[N * DIM], expected[(USERS + 1) * DIM] = {0}, found[(USERS + 1) * DIM] = {0};
    size_t differing = 0;

    (void)state;
    begin(&w, &kept);
    NEED(tt_embedding_bag_init(&bag, &w.model, &w.input, HISTORY, N, &err));
    struct tt_pool *one = tt_pool_new(1, &err);
    assert_non_null(one);
    for (size_t step = 0; step < 2; step++) {
        size_t n = step ? 4 : N;
        for (size_t i = 0; i < n * DIM; i++)
            d[i] = (float)((i * 7 + step * 3) % 11) - 5;
        NEED(tt_embedding_bag_gather(&bag, &w.scratch, w.pool, rows, n, NULL, &err));
        tt_embedding_bag_backward(&bag, one, d, DIM, take, NULL, expected);
        tt_stale_accumulate(&kept, w.pool, rows, n, d, DIM);
    }
    assert_int_equal(kept.steps, 2);
    tt_stale_refresh(&kept, w.pool);
    double squares = tt_stale_backward(&kept, one, take, NULL, found);
    assert_true(fabs(squares - tt_vec_sum_squares_ref(found, LENGTH(found))) < 1e-5 * squares);
    for (size_t i = 0; i < LENGTH(found); i++) {
        assert_true(fabsf(found[i] - expected[i]) < 1e-5f * (1 + fabsf(expected[i])));
        differing += expected[i] != 0;
    }
    assert_true(differing > DIM * 10);
    assert_int_equal(kept.steps, 0);
    assert_false(kept.is_fresh);
    memset(found, 0, sizeof(found));
    assert_true(tt_stale_backward(&kept, one, take, NULL, found) == 0); /* nothing has come together */
    for (size_t i = 0; i < LENGTH(found); i++)
        assert_true(found[i] == 0);
    tt_stale_accumulate(&kept, w.pool, rows, 0, d, DIM);
    tt_stale_backward(&kept, one, take, NULL, found);
    for (size_t i = 0; i < LENGTH(found); i++) /* and what was handed over is forgotten */
        assert_true(found[i] == 0);
    tt_pool_free(one);
    tt_embedding_bag_release(&bag);
    end(&w, &kept);
}

/* A batch that has the sums kept computes what one computes that looks them up. */
static void test_a_batch_with_stale_sums_is_the_same_while_they_are_fresh(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct world w;
    struct tt_stale kept;
    struct tt_batch plain, batch;
    float u[N * DIM], v[N * DIM];

    (void)state;
    begin(&w, &kept);
    NEED(tt_batch_init(&plain, &w.model, &w.input, N, &err));
    NEED(tt_batch_init(&batch, &w.model, &w.input, N, &err));
    batch.stale = &kept;
    tt_stale_refresh(&kept, w.pool);
    NEED(tt_batch_gather(&plain, w.pool, rows, N, NULL, &err));
    NEED(tt_batch_gather(&batch, w.pool, rows, N, NULL, &err));
    tt_batch_forward(&plain, w.pool, u);
    tt_batch_forward(&batch, w.pool, v);
    for (size_t i = 0; i < N * DIM; i++) /* added up in another order */
        assert_true(fabsf(u[i] - v[i]) < 1e-6f);
    tt_batch_release(&plain);
    tt_batch_release(&batch);
    end(&w, &kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stale_adds_what_a_bag_adds_until_the_table_changes),
        cmocka_unit_test(test_stale_moves_by_the_gradients_of_all_steps),
        cmocka_unit_test(test_a_batch_with_stale_sums_is_the_same_while_they_are_fresh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
