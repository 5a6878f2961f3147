/* What steps are made of; and that the sampled loss estimates the full one, and is it when a step holds everything. */
#include "model/steps.h"

#include <math.h>
#include <stdlib.h>

#include "tiny_model.h"

static const char schema[] = "user u id\nitem i id\n";
enum { USERS = 60, ITEMS = 40, DIM = 5 };

struct world {
    struct tt_examples base;
    struct tt_queries queries;
    struct tt_catalogue catalogue;
};

/* Popular and rare items; user 1 has one event, of item 1; users from 58 up and items 39, 40 have none. */
static void world_init(struct world *w)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_rng rng;

    tiny_begin(&w->base, schema, USERS, ITEMS);
    tt_rng_init(&rng, 4, TT_RNG_TEST, 0);
    tiny_event(&w->base, 1, 1, 0, 1, 1, 0);
    tiny_event(&w->base, 58, 0, 0, 1, 1, 0); /* wants nothing that is known */
    for (size_t e = 0; e < 400; e++) {
        double x = tt_rng_unit(&rng);
        tiny_event(&w->base, (uint32_t)(2 + tt_rng_below(&rng, 55)), (uint32_t)(1 + x * x * 38), 0, 1, 1, 0);
    }
    NEED(tt_queries_init(&w->queries, &w->base.dictionary, &w->base.events, 0, &err));
    NEED(tt_catalogue_init(&w->catalogue, &w->queries, ITEMS + 1, &err));
}

static void world_release(struct world *w)
{
    tt_catalogue_release(&w->catalogue);
    tt_queries_release(&w->queries);
    tt_examples_release(&w->base);
}

/* An epoch brings each entry once, as a positive whose query and item are the entry's. */
static void check_epoch(struct world *w, int is_sampled, size_t batch)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_steps s;
    size_t n = tt_steps_entries(&w->queries);
    unsigned char *met = calloc(n, 1);
    double weight = 0;

    NEED(tt_steps_init(&s, &w->queries, &w->catalogue, is_sampled, batch, &err));
    tt_steps_shuffle(&s, 1, 1);
    for (size_t i = 0; i < s.n_steps; i++) {
        NEED(tt_steps_make(&s, i, &err));
        assert_true(s.n_rows > 0 && s.n_rows <= s.batch && s.n_candidates <= s.max_candidates);
        for (size_t r = 0; r < s.n_rows; r++)
            for (uint32_t k = s.positives.starts[r]; k < s.positives.starts[r + 1]; k++) {
                uint32_t q = s.rows[r], item = s.candidates[s.positives.item[k]];
                uint64_t e = w->queries.wanted.offsets[q];
                while (e < w->queries.wanted.offsets[q + 1] && w->queries.wanted.codes[e] != item)
                    e++;
                assert_true(e < w->queries.wanted.offsets[q + 1]);
                assert_int_equal(met[e]++, 0);
                assert_int_equal(s.positives.query[k], r);
                assert_true(s.positives.weight[k] == w->queries.wanted.weights[e]);
            }
        for (size_t c = 0; c < s.n_candidates; c++) {
            for (size_t other = 0; other < c; other++)
                assert_int_not_equal(s.candidates[c], s.candidates[other]);
            assert_true(!s.log_p || (isfinite(s.log_p[c]) && s.log_p[c] <= 0));
        }
        weight += s.weight;
    }
    for (size_t e = 0; e < n; e++)
        assert_int_equal(met[e], 1);
    assert_true(fabs(weight - w->queries.weight) < 1e-6);
    free(met);
    tt_steps_release(&s);
}

static void test_steps_bring_each_entry_once_an_epoch(void **state)
{
    static const size_t batches[] = {1, 2, 7, 56, 57, 100, 10000};
    struct world w;

    (void)state;
    world_init(&w);
    assert_int_equal(tt_steps_queries(&w.queries), w.queries.n - 1);
    for (size_t i = 0; i < LENGTH(batches); i++) {
        check_epoch(&w, 0, batches[i]);
        check_epoch(&w, 1, batches[i]);
    }
    world_release(&w);
}

static void test_steps_depend_on_seed_and_epoch(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct world w;
    struct tt_steps s;
    uint32_t rows[4][16];
    static const uint64_t names[4][2] = {{1, 1}, {1, 2}, {2, 1}, {1, 1}};

    (void)state;
    world_init(&w);
    NEED(tt_steps_init(&s, &w.queries, &w.catalogue, 0, 16, &err));
    for (size_t i = 0; i < 4; i++) {
        tt_steps_shuffle(&s, names[i][0], names[i][1]);
        NEED(tt_steps_make(&s, 0, &err));
        memcpy(rows[i], s.rows, sizeof(rows[i]));
    }
    assert_memory_equal(rows[0], rows[3], sizeof(rows[0]));
    assert_memory_not_equal(rows[0], rows[1], sizeof(rows[0]));
    assert_memory_not_equal(rows[0], rows[2], sizeof(rows[0]));
    tt_steps_release(&s);
    world_release(&w);
}

/* C(n, k) as a double. */
static double choose(double n, double k)
{
    double product = 1;

    if (k > n)
        return 0;
    for (double i = 0; i < k; i++)
        product *= (n - i) / (k - i);
    return product;
}

static void test_log_p_is_that_of_drawing_without_replacement(void **state)
{
    (void)state;
    for (size_t entries = 1; entries <= 14; entries++)
        for (size_t batch = 2; batch <= entries; batch++)
            for (size_t m = 1; m < entries; m++) {
                double p = 1 - choose((double)(entries - 1 - m), (double)(batch - 1)) /
                                   choose((double)(entries - 1), (double)(batch - 1));
                assert_true(fabs(exp(tt_steps_log_p(entries, batch, m)) - p) < 1e-12);
            }
    assert_true(tt_steps_log_p(1000, 1, 5) == 0);
    assert_true(tt_steps_log_p(1000, 1000, 1) == 0);
    double p = exp(tt_steps_log_p((size_t)1 << 40, 1024, 1)); /* small, and not lost to rounding */
    assert_true(fabs(p / (1023.0 / 1099511627775.0) - 1) < 1e-6);
}

static void random_vectors(float *x, size_t n, uint64_t index)
{
    struct tt_rng rng;

    tt_rng_init(&rng, 5, TT_RNG_TEST, index);
    for (size_t r = 0; r < n; r++) {
        double squares = 0;
        for (size_t d = 0; d < DIM; d++) {
            x[r * DIM + d] = (float)tt_rng_normal(&rng);
            squares += (double)x[r * DIM + d] * (double)x[r * DIM + d];
        }
        for (size_t d = 0; d < DIM; d++)
            x[r * DIM + d] /= (float)sqrt(squares);
    }
}

/* The loss of the step at hand by the reference, and gradients by user and item row, from fixed vectors of them all. */
static double step_loss(const struct world *w, const struct tt_steps *s, const float *users, const float *items,
                        double *d_users, double *d_items)
{
    static float u[USERS * DIM], v[ITEMS * DIM];
    static double d_u[USERS * DIM], d_v[ITEMS * DIM], e[USERS * ITEMS];

    for (size_t r = 0; r < s->n_rows; r++)
        memcpy(u + r * DIM, users + w->queries.user[s->rows[r]] * DIM, DIM * sizeof(*u));
    for (size_t c = 0; c < s->n_candidates; c++)
        memcpy(v + c * DIM, items + s->candidates[c] * DIM, DIM * sizeof(*v));
    double loss =
        tt_softmax_loss_ref(DIM,
                            &(struct tt_softmax_step){.n_queries = s->n_rows, .n_shared = s->n_candidates,
                                                      .n_items = s->n_candidates, .u = u, .v = v,
                                                      .positives = s->positives, .log_p = s->log_p,
                                                      .temperature = 0.3, .c = 1},
                            d_u, d_v, e);
    for (size_t r = 0; r < s->n_rows; r++)
        memcpy(d_users + w->queries.user[s->rows[r]] * DIM, d_u + r * DIM, DIM * sizeof(*d_u));
    for (size_t c = 0; c < s->n_candidates; c++)
        memcpy(d_items + s->candidates[c] * DIM, d_v + c * DIM, DIM * sizeof(*d_v));
    return loss;
}

static void test_a_batch_of_all_entries_is_the_full_softmax(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct world w;
    static float users[(USERS + 1) * DIM], items[(ITEMS + 1) * DIM];
    static double d_users[2][(USERS + 1) * DIM], d_items[2][(ITEMS + 1) * DIM];
    double loss[2];

    (void)state;
    world_init(&w);
    random_vectors(users, USERS + 1, 1);
    random_vectors(items, ITEMS + 1, 2);
    for (int is_sampled = 0; is_sampled < 2; is_sampled++) {
        struct tt_steps s;
        NEED(tt_steps_init(&s, &w.queries, &w.catalogue, is_sampled, 1 << 20, &err));
        tt_steps_shuffle(&s, 1, 1);
        NEED(tt_steps_make(&s, 0, &err));
        assert_int_equal(s.n_steps, 1);
        for (size_t c = 0; is_sampled && c < s.n_candidates; c++)
            assert_true(s.log_p[c] == 0);
        loss[is_sampled] = step_loss(&w, &s, users, items, d_users[is_sampled], d_items[is_sampled]);
        tt_steps_release(&s);
    }
    assert_true(fabs(loss[0] - loss[1]) < 1e-9);
    for (size_t i = 0; i < (USERS + 1) * DIM; i++)
        assert_true(fabs(d_users[0][i] - d_users[1][i]) < 1e-9);
    for (size_t i = 0; i < (ITEMS + 1) * DIM; i++)
        assert_true(fabs(d_items[0][i] - d_items[1][i]) < 1e-9);
    world_release(&w);
}

/* User 1 has one event, so its estimate of Z over many random batches that hold the event has the mean Z. */
static void test_the_sampled_normaliser_is_unbiased(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct world w;
    struct tt_steps s;
    static float users[(USERS + 1) * DIM], items[(ITEMS + 1) * DIM];
    double exact = 0, sum = 0, squares = 0, n = 0;

    (void)state;
    world_init(&w);
    random_vectors(users, USERS + 1, 1);
    random_vectors(items, ITEMS + 1, 2);
    double logits[ITEMS + 1];
    for (size_t i = 1; i <= ITEMS; i++) {
        logits[i] = 0;
        for (size_t d = 0; d < DIM; d++)
            logits[i] += (double)users[1 * DIM + d] * (double)items[i * DIM + d] / 0.3;
    }
    for (size_t i = 0; i < w.catalogue.n; i++)
        exact += exp(logits[w.catalogue.items[i]]);
    NEED(tt_steps_init(&s, &w.queries, &w.catalogue, 1, 12, &err));
    for (uint64_t epoch = 0; epoch < 20000; epoch++) {
        tt_steps_shuffle(&s, 1, epoch);
        for (size_t i = 0; i + 1 < s.n_steps;
             i++) { /* the step that holds the event; a last, smaller one is passed over */
            int holds = 0;
            for (size_t k = i * s.batch; k < (i + 1) * s.batch; k++)
                holds |= w.queries.user[s.entry_query[s.order[k]]] == 1;
            if (!holds)
                continue;
            NEED(tt_steps_make(&s, i, &err));
            double z = 0;
            for (size_t c = 0; c < s.n_candidates; c++)
                z += exp(logits[s.candidates[c]] - (s.candidates[c] == 1 ? 0 : (double)s.log_p[c]));
            sum += z;
            squares += z * z;
            n++;
        }
    }
    double mean = sum / n, error = sqrt((squares / n - mean * mean) / n);
    assert_true(n > 15000 && error < 0.01 * exact);
    assert_true(fabs(mean - exact) < 4 * error);
    tt_steps_release(&s);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps_bring_each_entry_once_an_epoch),
        cmocka_unit_test(test_steps_depend_on_seed_and_epoch),
        cmocka_unit_test(test_log_p_is_that_of_drawing_without_replacement),
        cmocka_unit_test(test_a_batch_of_all_entries_is_the_full_softmax),
        cmocka_unit_test(test_the_sampled_normaliser_is_unbiased),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
