/* The gradients of the loss over every kind of candidates by central differences, from the tables' rows through towers,
 * steps and softmax. */
#include <math.h>
#include <stdlib.h>

#include "encode/history.h"
#include "math/vec.h"
#include "train/batch.h"
#include "train/spectral.h"
#include "train/steps.h"
#include "tiny_model.h"

static const char schema[] = "user u id\nuser color category\nuser i history count=sqrt\nuser meal context\n"
                             "item i id\nitem kind bag\nevent weight weight\nevent liked label\n";
enum { USERS = 14, ITEMS = 17, DIM = 4, BATCH = 9, NEGATIVES = 5 };

struct world {
    struct tt_model model;
    struct tt_queries queries;
    struct tt_catalogue catalogue;
    struct tt_tower_input users, items;
    struct tt_pool *pool;
};

/* Random tables, histories, contexts, weights, and every fourth event disliked; item 17 by user 1 alone. */
static void world_init(struct world *w)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples base;
    struct tt_rng rng;

    *w = (struct world){0};
    tiny_begin(&base, schema, USERS, ITEMS);
    tt_rng_init(&rng, 6, TT_RNG_TEST, 0);
    tiny_event(&base, 1, ITEMS, 1, 1, 0, 0);
    for (size_t e = 0; e < 70; e++)
        tiny_event(&base, (uint32_t)(1 + tt_rng_below(&rng, USERS)), (uint32_t)(1 + tt_rng_below(&rng, ITEMS - 1)),
                   (uint32_t)(1 + tt_rng_below(&rng, 2)), (float)(0.5 + tt_rng_unit(&rng)), e % 4 > 0, 0);
    tiny_history(&base, TT_USER, 2);
    NEED(tt_model_init(&w->model, &base.entities, DIM, &err));
    tt_random_start(&w->model, 5);
    const struct tt_entities *b = &w->model.entities;
    NEED(tt_queries_init(&w->queries, &b->dictionary, &base.events, 0, 1, &err));
    tt_events_release(&base.events);
    NEED(tt_catalogue_init(&w->catalogue, &w->queries, ITEMS + 1, &err));
    NEED(tt_queries_input(&w->queries, &b->dictionary, &b->users, &w->users, &err));
    NEED(tt_tower_input_of_table(&w->items, &b->items, &b->dictionary.schema, &err));
    w->pool = tt_pool_new(1, &err);
    assert_non_null(w->pool);
}

static void world_release(struct world *w)
{
    tt_tower_input_release(&w->users);
    tt_tower_input_release(&w->items);
    tt_catalogue_release(&w->catalogue);
    tt_queries_release(&w->queries);
    tt_model_release(&w->model);
    tt_pool_free(w->pool);
}

struct sink {
    double *gradient[8];
};

static double take(void *arg, size_t column, size_t row, const float *gradient)
{
    struct sink *sink = arg;

    for (size_t d = 0; d < DIM; d++)
        sink->gradient[column][row * DIM + d] += (double)gradient[d];
    return tt_vec_sum_squares_ref(gradient, DIM);
}

/* The loss of the step at hand by the tables as they are: with gradients into `sink`, or without (NULL). */
static double chain(struct world *w, const struct tt_steps *s, double positive_temperature, struct sink *sink)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_history_mask mask = {.dropout = 0.3, .seed = 1, .epoch = 1};
    struct tt_batch users, items;
    struct tt_softmax softmax;
    double loss;
    float *u = calloc(s->n_rows * DIM, 4), *d_u = calloc(s->n_rows * DIM, 4);
    float *v = calloc(ITEMS * DIM, 4), *d_v = calloc(ITEMS * DIM, 4);
    struct tt_softmax_step step = {.n_queries = s->n_rows, .n_shared = s->n_shared, .n_items = s->n_candidates, .u = u,
                                   .v = v, .positives = s->positives, .disliked = s->disliked, .log_p = s->log_p,
                                   .loss = {.temperature = 0.4, .negative_weight = 1.2,
                                            .positive_temperature = positive_temperature, .disliked_weight = 4},
                                   .d_u = d_u, .d_v = d_v};

    assert_true(u && v && d_u && d_v);
    NEED(tt_batch_init(&users, &w->model, &w->users, s->batch_size, &err));
    NEED(tt_batch_init(&items, &w->model, &w->items, s->max_candidates, &err));
    NEED(tt_softmax_init(&softmax, s->batch_size, s->max_shared, s->max_candidates, DIM, tt_tile_best(), &err));
    NEED(tt_batch_gather(&users, w->pool, s->rows, s->n_rows, &mask, &err));
    NEED(tt_batch_gather(&items, w->pool, s->candidates, s->n_candidates, NULL, &err));
    tt_batch_forward(&users, w->pool, u);
    tt_batch_forward(&items, w->pool, v);
    NEED(tt_softmax_loss(&softmax, w->pool, &step, &loss, &err));
    if (sink) {
        tt_batch_backward(&users, w->pool, u, d_u, take, NULL, sink);
        tt_batch_backward(&items, w->pool, v, d_v, take, NULL, sink);
    }
    tt_batch_release(&users);
    tt_batch_release(&items);
    tt_softmax_release(&softmax);
    free(u);
    free(v);
    free(d_u);
    free(d_v);
    return loss;
}

/* Step 0 with one temperature, step 1 with another one for the positives. */
static void check_gradients(enum tt_candidates kind, int by_entry, size_t number)
{
    struct tt_err err = TT_ERR_INIT;
    struct world w;
    struct tt_steps s;
    struct sink sink = {0};
    double positive_temperature = number ? 2.5 : 0;
    size_t moved = 0;

    world_init(&w);
    struct tt_steps_options o = {kind, by_entry, BATCH, NEGATIVES, NULL};
    NEED(tt_steps_init(&s, &w.queries, &w.catalogue, &o, &err));
    tt_steps_shuffle(&s, 1, 1);
    tt_steps_make(&s, number);
    assert_true(s.disliked.starts[s.n_rows] > 0);
    assert_int_equal(kind == TT_CANDIDATES_ALL, s.n_shared == s.n_candidates);
    const struct tt_dictionary *d = &w.model.entities.dictionary;
    for (size_t c = 0; c < d->schema.n_columns; c++)
        sink.gradient[c] = calloc(d->features[c].n_codes * DIM + 1, sizeof(double));
    chain(&w, &s, positive_temperature, &sink);
    for (size_t c = 0; c < d->schema.n_columns; c++) {
        float *table = w.model.tables[c];
        for (size_t i = 0; table && i < d->features[c].n_codes * DIM; i++) {
            float old = table[i], above;
            above = table[i] = old + 0.01f;
            double up = chain(&w, &s, positive_temperature, NULL);
            table[i] = old - 0.01f;
            double slope = (up - chain(&w, &s, positive_temperature, NULL)) / ((double)above - (double)table[i]);
            table[i] = old;
            if (fabs(slope - sink.gradient[c][i]) > 3e-4 + 0.01 * fabs(slope))
                fail_msg("candidates %d, column %zu, number %zu: gradient %g, by differences %g", (int)kind, c, i,
                         sink.gradient[c][i], slope);
            moved += fabs(slope) > 1e-3;
        }
    }
    assert_true(moved > 100);
    for (size_t c = 0; c < d->schema.n_columns; c++)
        free(sink.gradient[c]);
    tt_steps_release(&s);
    world_release(&w);
}

static void test_the_loss_over_all_candidates_has_its_gradients(void **state)
{
    (void)state;
    check_gradients(TT_CANDIDATES_ALL, 0, 0);
    check_gradients(TT_CANDIDATES_ALL, 1, 1);
}

static void test_the_loss_over_sampled_candidates_has_its_gradients(void **state)
{
    (void)state;
    check_gradients(TT_CANDIDATES_SAMPLED, 0, 1);
    check_gradients(TT_CANDIDATES_SAMPLED, 1, 0);
}

static void test_the_loss_over_the_batch_has_its_gradients(void **state)
{
    (void)state;
    check_gradients(TT_CANDIDATES_BATCH, 0, 0);
    check_gradients(TT_CANDIDATES_BATCH, 1, 1);
}

static void test_the_loss_over_mixed_candidates_has_its_gradients(void **state)
{
    (void)state;
    check_gradients(TT_CANDIDATES_MIXED, 0, 0);
    check_gradients(TT_CANDIDATES_MIXED, 1, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_loss_over_all_candidates_has_its_gradients),
        cmocka_unit_test(test_the_loss_over_sampled_candidates_has_its_gradients),
        cmocka_unit_test(test_the_loss_over_the_batch_has_its_gradients),
        cmocka_unit_test(test_the_loss_over_mixed_candidates_has_its_gradients),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
