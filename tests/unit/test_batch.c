/* The rows of a step: sums of bags, and gradients of the whole chain by differences. */
#include "train/batch.h"

#include <math.h>
#include <stdlib.h>

#include "encode/history.h"
#include "math/vec.h"
#include "train/softmax.h"
#include "train/spectral.h"
#include "tiny_model.h"

static const char schema[] =
    "user u id\nuser color category\nuser i history count=sqrt\nuser meal context\nuser age number scale=yes\n"
    "item i id\nitem kind bag\nitem city category\n";
enum { USERS = 30, ITEMS = 20, DIM = 6, HISTORY = 2, MEAL = 3 };

/* A model with random tables, histories, and inputs for both towers; contexts by row. */
struct world {
    struct tt_model model;
    struct tt_tower_input users, items;
    struct tt_bags meals;
    struct tt_pool *pool;
};

/* Layers whose units are far from the corner of ReLU, every other one on, the rest off: differences then see slopes. */
static void make_layers(struct tt_model *model)
{
    static const size_t widths[] = {6, 4};
    struct tt_err err = TT_ERR_INIT;

    NEED(tt_model_add_layers(model, widths, LENGTH(widths), &err));
    for (int side = TT_USER; side <= TT_ITEM; side++) {
        struct tt_dense *dense = &model->dense[side];
        struct tt_rng rng;
        tt_rng_init(&rng, 6, TT_RNG_TEST, (uint64_t)side);
        for (size_t i = 0; i < dense->n_params; i++)
            dense->params[i] = (float)(0.2 * tt_rng_normal(&rng));
        for (size_t l = 0; l + 1 < dense->n_layers; l++)
            for (size_t j = 0; j < dense->layers[l].n_out; j++)
                dense->params[dense->layers[l].bias + j] = j % 2 ? -2.5f : 2.5f;
    }
}

static void world_init(struct world *w, int is_deep)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples base;

    *w = (struct world){0};
    tiny_begin(&base, schema, USERS, ITEMS);
    tiny_clusters(&base, USERS, ITEMS, 6, 1);
    tiny_history(&base, TT_USER, HISTORY);
    tiny_model(&w->model, &base, DIM);
    tt_random_start(&w->model, 5);
    if (is_deep)
        make_layers(&w->model);
    for (uint32_t r = 0; r <= USERS; r++) {
        uint32_t code = tiny_code(r + 1);
        NEED(tt_bags_add(&w->meals, &code, NULL, 1, 1, &err));
    }
    NEED(tt_tower_input_of_table(&w->users, &w->model.entities.users, &w->model.entities.dictionary.schema, &err));
    w->users.bags[MEAL] = &w->meals;
    NEED(tt_tower_input_of_table(&w->items, &w->model.entities.items, &w->model.entities.dictionary.schema, &err));
    w->pool = tt_pool_new(2, &err);
    assert_non_null(w->pool);
}

static void world_release(struct world *w)
{
    tt_tower_input_release(&w->users);
    tt_tower_input_release(&w->items);
    tt_bags_release(&w->meals);
    tt_model_release(&w->model);
    tt_pool_free(w->pool);
}

static void test_batch_forward_agrees_with_embedding(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct world w;
    struct tt_batch batch;
    float all[(USERS + 1) * DIM], u[5 * DIM];
    static const uint32_t rows[5] = {30, 0, 7, 7, 1};

    (void)state;
    for (int is_deep = 0; is_deep < 2; is_deep++) {
        world_init(&w, is_deep);
        NEED(tt_batch_init(&batch, &w.model, &w.users, 5, &err));
        NEED(tt_batch_gather(&batch, w.pool, rows, 5, NULL, &err));
        tt_batch_forward(&batch, w.pool, u);
        NEED(tt_model_embed(&w.model, &w.users, w.pool, all, &err));
        for (size_t r = 0; r < 5; r++)
            assert_memory_equal(u + r * DIM, all + rows[r] * DIM, DIM * sizeof(float));
        NEED(tt_batch_gather(&batch, w.pool, rows, 0, NULL, &err)); /* no rows are fine */
        tt_batch_forward(&batch, w.pool, u);
        tt_batch_release(&batch);
        world_release(&w);
    }
}

/* Sums of gradients by row, and those of the layers; of the rows' the squares. */
struct sink {
    double *gradient[8];
    size_t calls[8];
    float *layers[2];
    double squares;
};

static double take(void *arg, size_t column, size_t row, const float *gradient)
{
    struct sink *sink = arg;

    sink->calls[column]++;
    for (size_t d = 0; d < DIM; d++)
        sink->gradient[column][row * DIM + d] += (double)gradient[d];
    return tt_vec_sum_squares_ref(gradient, DIM);
}

/* The loss of the whole chain, by tables as they are: with gradients into `sink`, or without (NULL). */
static double chain(struct world *w, struct sink *sink)
{
    struct tt_err err = TT_ERR_INIT;
    enum { N = 8 };
    static const uint32_t rows[N] = {1, 2, 5, 7, 14, 21, 2, 30},
                          items[ITEMS] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20};
    static const uint32_t starts[N + 1] = {0, 2, 3, 3, 4, 6, 7, 8, 10}, query[10] = {0, 0, 1, 3, 4, 4, 5, 6, 7, 7},
                          item[10] = {3, 17, 4, 9, 0, 2, 19, 6, 11, 5};
    static const float weight[10] = {1, 2, 1, 0.5f, 1, 1, 3, 1, 1, 0.25f};
    struct tt_history_mask mask = {.dropout = 0.3, .seed = 1, .epoch = 1};
    struct tt_batch users, batch_items;
    struct tt_softmax softmax;
    double loss;
    float *u = calloc(N * DIM, 4), *d_u = calloc(N * DIM, 4);
    float *v = calloc(ITEMS * DIM, 4), *d_v = calloc(ITEMS * DIM, 4);

    assert_true(u && v && d_u && d_v);
    NEED(tt_batch_init(&users, &w->model, &w->users, N, &err));
    NEED(tt_batch_init(&batch_items, &w->model, &w->items, ITEMS, &err));
    NEED(tt_softmax_init(&softmax, N, ITEMS, ITEMS, DIM, tt_tile_best(), &err));
    NEED(tt_batch_gather(&users, w->pool, rows, N, &mask, &err));
    NEED(tt_batch_gather(&batch_items, w->pool, items, ITEMS, NULL, &err));
    tt_batch_forward(&users, w->pool, u);
    tt_batch_forward(&batch_items, w->pool, v);
    struct tt_softmax_step step = {.n_queries = N, .n_shared = ITEMS, .n_items = ITEMS, .u = u, .v = v,
                                   .positives = {starts, query, item, weight},
                                   .loss = {.temperature = 0.4, .negative_weight = 1.2},
                                   .d_u = d_u, .d_v = d_v};
    NEED(tt_softmax_loss(&softmax, w->pool, &step, &loss, &err));
    if (sink) {
        struct tt_pool *one = tt_pool_new(1, &err);
        assert_non_null(one);
        sink->squares = tt_batch_backward(&users, one, u, d_u, take, NULL, sink) +
                        tt_batch_backward(&batch_items, one, v, d_v, take, NULL, sink);
        for (int side = TT_USER; side <= TT_ITEM && sink->layers[side]; side++)
            memcpy(sink->layers[side], (side == TT_USER ? &users : &batch_items)->gradient,
                   w->model.dense[side].n_params * sizeof(float));
        tt_pool_free(one);
    }
    tt_batch_release(&users);
    tt_batch_release(&batch_items);
    tt_softmax_release(&softmax);
    free(u);
    free(v);
    free(d_u);
    free(d_v);
    return loss;
}

/* Hold a gradient against differences of the whole chain; returns 1 when the slope is not nearly 0. */
static size_t check_slope(struct world *w, float *number, double gradient, const char *what, size_t which, size_t i)
{
    float old = *number, above, below;

    above = *number = old + 0.01f;
    double up = chain(w, NULL);
    below = *number = old - 0.01f;
    double slope = (up - chain(w, NULL)) / ((double)above - (double)below);
    *number = old;
    if (fabs(slope - gradient) > 2e-4 + 0.01 * fabs(slope))
        fail_msg("%s %zu, number %zu: gradient %g, by differences %g", what, which, i, gradient, slope);
    return fabs(slope) > 1e-3;
}

static void check_gradients(int is_deep)
{
    struct world w;
    struct sink sink = {0};
    size_t moved = 0, moved_layers = 0;
    double squares = 0;

    world_init(&w, is_deep);
    const struct tt_dictionary *d = &w.model.entities.dictionary;
    for (size_t c = 0; c < d->schema.n_columns; c++)
        sink.gradient[c] = calloc(d->features[c].n_codes * DIM, sizeof(double));
    for (int side = TT_USER; is_deep && side <= TT_ITEM; side++)
        sink.layers[side] = calloc(w.model.dense[side].n_params, sizeof(float));
    chain(&w, &sink);
    for (size_t c = 0; c < d->schema.n_columns; c++) {
        assert_true(sink.calls[c] > 0 && sink.calls[c] <= d->features[c].n_codes); /* each row once */
        for (size_t i = 0; i < d->features[c].n_codes * DIM; i++) {
            moved += check_slope(&w, &w.model.tables[c][i], sink.gradient[c][i], "column", c, i);
            squares += sink.gradient[c][i] * sink.gradient[c][i];
        }
        free(sink.gradient[c]);
    }
    assert_true(moved > 300);
    for (int side = TT_USER; is_deep && side <= TT_ITEM; side++) {
        struct tt_dense *dense = &w.model.dense[side];
        for (size_t i = 0; i < dense->n_params; i++)
            moved_layers += check_slope(&w, &dense->params[i], (double)sink.layers[side][i], "side", (size_t)side, i);
        free(sink.layers[side]);
    }
    assert_true(squares > 0 && fabs(sink.squares - squares) < 1e-12 * squares);
    if (is_deep && moved_layers < 100)
        fail_msg("only %zu slopes of layers differ from 0", moved_layers);
    world_release(&w);
}

static void test_batch_gives_the_gradients_of_the_whole_chain(void **state)
{
    (void)state;
    check_gradients(0);
}

static void test_batch_gives_the_gradients_of_deep_towers(void **state)
{
    (void)state;
    check_gradients(1);
}

/* An empty bag of any kind counts as the unknown code, in training as in embedding. */
static void test_batch_takes_an_empty_bag_for_the_unknown(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct world w;
    struct tt_batch batch;
    float u[DIM], all[(ITEMS + 1) * DIM];
    static const uint32_t row = 3;
    uint32_t none = 0;

    (void)state;
    world_init(&w, 0);
    size_t kind = 6;
    struct tt_bags empty = {0};
    for (size_t r = 0; r <= ITEMS; r++)
        NEED(tt_bags_add(&empty, &none, NULL, 0, 0, &err));
    w.items.bags[kind] = &empty;
    NEED(tt_batch_init(&batch, &w.model, &w.items, 1, &err));
    NEED(tt_batch_gather(&batch, w.pool, &row, 1, NULL, &err));
    tt_batch_forward(&batch, w.pool, u);
    NEED(tt_model_embed(&w.model, &w.items, w.pool, all, &err));
    for (size_t d = 0; d < DIM; d++)
        assert_true(fabsf(u[d] - all[3 * DIM + d]) < 1e-6f);
    tt_bags_release(&empty);
    tt_batch_release(&batch);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batch_forward_agrees_with_embedding),
        cmocka_unit_test(test_batch_gives_the_gradients_of_the_whole_chain),
        cmocka_unit_test(test_batch_gives_the_gradients_of_deep_towers),
        cmocka_unit_test(test_batch_takes_an_empty_bag_for_the_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
