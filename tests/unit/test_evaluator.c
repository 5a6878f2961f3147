/* Accuracy and likeness of queries. */
#include "train/evaluator.h"

#include <math.h>

#include "train/spectral.h"
#include "tiny_model.h"

static const char plain[] = "user u id\nuser meal context\nitem i id\n";
enum { USERS = 60, ITEMS = 40, DIM = 8 };

/* Events of unknown items are misses, however many of the queries are in the sample. */
static void test_unknown_items_are_misses_in_a_sample_too(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_model model;
    struct tt_examples base, valid;
    struct tt_queries queries;
    struct tt_catalogue catalogue;
    struct tt_evaluator all, some;

    (void)state;
    tiny_begin(&base, plain, USERS, ITEMS);
    tiny_model(&model, &base, DIM);
    tiny_begin(&valid, plain, USERS, ITEMS);
    for (uint32_t u = 1; u <= USERS; u++) { /* each wants one known and one unknown item */
        tiny_event(&valid, u, 1 + u % ITEMS, 1, 1, 1, 0);
        tiny_event(&valid, u, 0, 1, 1, 1, 0);
    }
    NEED(tt_queries_init(&queries, &model.entities.dictionary, &valid.events, 0, 0, &err));
    NEED(tt_catalogue_init(&catalogue, &queries, ITEMS + 1, &err));
    NEED(tt_evaluator_init(&all, &model, &queries, &catalogue, NULL, 1000, &err));
    NEED(tt_evaluator_init(&some, &model, &queries, &catalogue, NULL, 20, &err));
    assert_true(all.n == USERS && all.total == 2 * USERS);
    assert_true(some.n == 20 && some.total == 40);
    tt_evaluator_release(&all);
    tt_evaluator_release(&some);
    tt_catalogue_release(&catalogue);
    tt_queries_release(&queries);
    tt_examples_release(&valid);
    tt_model_release(&model);
}

/* The accuracy by counting, with and without the items that users have seen. */
static void test_accuracy_counts_events_among_the_first_k(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples base, valid;
    struct tt_model model;
    struct tt_queries queries;
    struct tt_catalogue catalogue;
    struct tt_pool *pool = tt_pool_new(2, &err);
    struct tt_bags seen = {0};
    static float v[(ITEMS + 1) * DIM];

    (void)state;
    assert_non_null(pool);
    tiny_begin(&base, plain, USERS, ITEMS);
    tiny_model(&model, &base, DIM);
    tt_random_start(&model, 1);
    tiny_begin(&valid, plain, USERS, ITEMS);
    tiny_clusters(&valid, USERS, ITEMS, 3, 5);
    NEED(tt_queries_init(&queries, &model.entities.dictionary, &valid.events, 0, 0, &err));
    NEED(tt_catalogue_init(&catalogue, &queries, ITEMS + 1, &err));
    for (uint32_t u = 0; u <= USERS; u++) { /* two items each */
        uint32_t codes[2] = {1 + u % 20, 21 + u % 20};
        NEED(tt_bags_add(&seen, codes, NULL, 2, 0, &err));
    }
    for (size_t i = 0; i < catalogue.n; i++) { /* as the item tower has them: only the id */
        double squares = 0;
        const float *row = tiny_table(&model, TT_ITEM, "i") + catalogue.items[i] * DIM;
        for (size_t d = 0; d < DIM; d++)
            squares += (double)row[d] * (double)row[d];
        for (size_t d = 0; d < DIM; d++)
            v[i * DIM + d] = row[d] / (float)sqrt(squares);
    }
    for (int with_seen = 0; with_seen < 2; with_seen++) {
        struct tt_evaluator ev;
        double accuracy, hits = 0;
        NEED(tt_evaluator_init(&ev, &model, &queries, &catalogue, with_seen ? &seen : NULL, 1000, &err));
        NEED(tt_evaluator_metric(&ev, &model, catalogue.n, v, TT_METRIC_TOP_K_ACCURACY, 7, pool, &accuracy, &err));
        for (size_t q = 0; q < queries.n; q++)
            for (uint64_t e = queries.positives.offsets[q]; e < queries.positives.offsets[q + 1]; e++) {
                uint32_t place = catalogue.place[queries.positives.codes[e]], before = 0, user = queries.user[q];
                double scores[ITEMS + 1] = {0};
                for (size_t i = 0; i < catalogue.n; i++)
                    for (size_t d = 0; d < DIM; d++)
                        scores[i] += (double)ev.u[q * DIM + d] * (double)v[i * DIM + d];
                for (size_t i = 0; i < catalogue.n; i++)
                    before += scores[i] > scores[place] && !(with_seen && (catalogue.items[i] == 1 + user % 20 ||
                                                                           catalogue.items[i] == 21 + user % 20));
                hits += before < 7 ? (double)queries.positives.weights[e] : 0;
            }
        assert_true(hits > 10 && fabs(accuracy - hits / (double)valid.events.n) < 1e-9);
        tt_evaluator_release(&ev);
        tt_evaluator_release(&ev);
    }
    tt_bags_release(&seen);
    tt_catalogue_release(&catalogue);
    tt_queries_release(&queries);
    tt_examples_release(&valid);
    tt_model_release(&model);
    tt_pool_free(pool);
}

/* Two users: one item in common, one of each alone. One dimension would do; the catalogue is items 1 to 4. */
static void two_users(struct tt_model *model, struct tt_examples *valid, struct tt_queries *queries,
                      struct tt_catalogue *catalogue)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples base;
    struct tt_queries training;

    tiny_begin(&base, "user u id\nitem i id\n", 2, 5);
    for (uint32_t i = 1; i <= 4; i++)
        tiny_event(&base, 1, i, 0, 1, 1, 0);
    NEED(tt_queries_init(&training, &base.entities.dictionary, &base.events, 0, 0, &err));
    NEED(tt_catalogue_init(catalogue, &training, 6, &err));
    tt_queries_release(&training);
    tiny_model(model, &base, 2);
    for (size_t u = 1; u <= 2; u++) /* both point to the first axis */
        tiny_table(model, TT_USER, "u")[u * 2] = 1;
    tiny_begin(valid, "user u id\nitem i id\n", 2, 5);
    tiny_event(valid, 1, 1, 0, 1, 1, 0); /* u1 wants i1 twice, i3, an item without training, two unknown ones */
    tiny_event(valid, 1, 1, 0, 1, 1, 0);
    tiny_event(valid, 1, 3, 0, 1, 1, 0);
    tiny_event(valid, 1, 5, 0, 1, 1, 0);
    tiny_event(valid, 1, 0, 0, 1, 1, 0);
    tiny_event(valid, 1, 0, 0, 1, 1, 0);
    tiny_event(valid, 2, 3, 0, 1, 1, 0); /* u2 wants i3 */
    NEED(tt_queries_init(queries, &model->entities.dictionary, &valid->events, 0, 0, &err));
}

static double value_of(struct tt_evaluator *m, const struct tt_model *model, enum tt_metric metric, size_t k)
{
    static const float v[4 * 2] = {0.5f, 0, 0.9f, 0, 0.8f, 0, 0.1f, 0}; /* the order is i2, i3, i1, i4 */
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(1, &err);
    double value;

    assert_non_null(pool);
    NEED(tt_evaluator_metric(m, model, 4, v, metric, k, pool, &value, &err));
    tt_pool_free(pool);
    return value;
}

static void test_metrics_by_hand(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples valid;
    struct tt_model model;
    struct tt_queries queries;
    struct tt_catalogue catalogue;
    struct tt_evaluator ev;

    (void)state;
    two_users(&model, &valid, &queries, &catalogue);
    NEED(tt_evaluator_init(&ev, &model, &queries, &catalogue, NULL, 100, &err));
    assert_true(ev.total_weights[0] == 6 && ev.n_targets[0] == 5 && ev.total_weights[1] == 1 && ev.n_targets[1] == 1);
    /* at 3: u1 has i3 at rank 2 and i1, with two events, at rank 3; u2 has i3 at rank 2 */
    assert_true(fabs(value_of(&ev, &model, TT_METRIC_TOP_K_ACCURACY, 3) - 4.0 / 7) < 1e-12);
    assert_true(fabs(value_of(&ev, &model, TT_METRIC_RECALL, 3) - (2.0 / 5 + 1) / 2) < 1e-12);
    assert_true(fabs(value_of(&ev, &model, TT_METRIC_PRECISION, 3) - (2.0 / 3 + 1.0 / 3) / 2) < 1e-12);
    assert_true(fabs(value_of(&ev, &model, TT_METRIC_MRR, 3) - 0.5) < 1e-12);
    assert_true(fabs(value_of(&ev, &model, TT_METRIC_HIT_RATE, 1) - 0) < 1e-12);
    double dcg = 1 / log2(3) + 1 / log2(4), ideal = 1 + 1 / log2(3) + 1 / log2(4);
    assert_true(fabs(value_of(&ev, &model, TT_METRIC_NDCG, 3) - (dcg / ideal + 1 / log2(3)) / 2) < 1e-12);
    assert_true(ev.shares[1].sum == 1 / log2(3) && ev.shares[1].under == 1);
    tt_evaluator_release(&ev);
    tt_catalogue_release(&catalogue);
    tt_queries_release(&queries);
    tt_examples_release(&valid);
    tt_model_release(&model);
}

/* An item that is left out of a list cannot be hit, as in lists that tt-query makes. */
static void test_a_seen_item_that_is_a_target_is_a_miss(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples valid;
    struct tt_model model;
    struct tt_queries queries;
    struct tt_catalogue catalogue;
    struct tt_bags seen = {0};
    struct tt_evaluator ev;
    uint32_t three = 3;

    (void)state;
    two_users(&model, &valid, &queries, &catalogue);
    NEED(tt_bags_add(&seen, NULL, NULL, 0, 0, &err));
    NEED(tt_bags_add(&seen, &three, NULL, 1, 0, &err)); /* u1 has been at i3 */
    NEED(tt_bags_add(&seen, NULL, NULL, 0, 0, &err));
    NEED(tt_evaluator_init(&ev, &model, &queries, &catalogue, &seen, 100, &err));
    assert_true(ev.total_weights[0] == 6 && ev.n_targets[0] == 5);
    assert_true(fabs(value_of(&ev, &model, TT_METRIC_RECALL, 2) - (1.0 / 5 + 1) / 2) < 1e-12); /* i1 is now second */
    assert_true(fabs(value_of(&ev, &model, TT_METRIC_RECALL, 4) - (1.0 / 5 + 1) / 2) < 1e-12);
    tt_evaluator_release(&ev);
    tt_bags_release(&seen);
    tt_catalogue_release(&catalogue);
    tt_queries_release(&queries);
    tt_examples_release(&valid);
    tt_model_release(&model);
}

/* The error of a difference, against drawing users again and again; a user's queries are drawn together. */
static void test_the_error_of_a_gain_is_that_of_drawing_users(void **state)
{
    enum { QUERIES = 90, PEOPLE = 30, DRAWS = 4000 };
    struct tt_err err = TT_ERR_INIT;
    struct tt_metric_share now[QUERIES], before[QUERIES];
    uint32_t users[QUERIES];
    struct tt_evaluator ev = {.n = QUERIES, .users = users, .shares = now};
    struct tt_rng rng;
    double gain, error, sum = 0, under = 0, squares = 0;

    (void)state;
    tt_rng_init(&rng, 4, TT_RNG_TEST, 0);
    for (size_t i = 0; i < QUERIES; i++) {
        users[i] = (uint32_t)(i * 7 % PEOPLE);
        double events = 1 + (double)tt_rng_below(&rng, 5), of_user = users[i] % 3 ? 0.2 : -0.1;
        before[i] = (struct tt_metric_share){events * 0.5, events};
        now[i] = (struct tt_metric_share){events * (0.5 + of_user + 0.1 * tt_rng_normal(&rng)), events};
        sum += now[i].sum - before[i].sum;
        under += events;
    }
    NEED(tt_evaluator_gain(&ev, now, before, &gain, &error, &err));
    assert_true(fabs(gain - sum / under) < 1e-12 && gain > 0);
    for (size_t d = 0; d < DRAWS; d++) {
        double drawn[2] = {0, 0};
        for (size_t u = 0; u < PEOPLE; u++) {
            uint32_t user = (uint32_t)tt_rng_below(&rng, PEOPLE);
            for (size_t i = 0; i < QUERIES; i++)
                if (users[i] == user) {
                    drawn[0] += now[i].sum - before[i].sum;
                    drawn[1] += now[i].under;
                }
        }
        squares += (drawn[0] / drawn[1] - gain) * (drawn[0] / drawn[1] - gain) / DRAWS;
    }
    assert_true(fabs(error / sqrt(squares) - 1) < 0.08);
    NEED(tt_evaluator_gain(&ev, now, now, &gain, &error, &err));
    assert_true(gain == 0 && error == 0);
    for (size_t i = 0; i < QUERIES; i++) /* one user: nothing is known of others */
        users[i] = 1;
    NEED(tt_evaluator_gain(&ev, now, before, &gain, &error, &err));
    assert_true(isinf(error));
}

static void test_the_commonest_item_of_the_lists(void **state)
{
    static const float v[3 * 2] = {0.6f, 0.6f, 1, 0, 0, 1};
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(1, &err);
    float u[4 * 2] = {1, 0, 1, 0.1f, 0, 1, -1, 0};
    struct tt_evaluator ev = {.n = 4, .u = u};
    double share;

    (void)state;
    assert_non_null(pool);
    NEED(tt_evaluator_commonest(&ev, 2, 3, v, 1, pool, &share, &err));
    assert_true(share == 0.5); /* item 1 of the first two, item 2 of the others */
    NEED(tt_evaluator_commonest(&ev, 2, 3, v, 2, pool, &share, &err));
    assert_true(share == 1); /* item 0 is first or second */
    NEED(tt_evaluator_commonest(&ev, 2, 3, v, 100, pool, &share, &err));
    assert_true(share == 1);
    tt_pool_free(pool);
}

/* Two queries and three items in the plane; the first has item 0 as its target, the second none. */
static void test_the_peak_is_that_of_the_softmax(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(2, &err);
    float u[] = {1, 0, 0, 1}, v[] = {0.6f, 0.8f, 1, 0, 0, -1}, weight[] = {2, 5};
    uint32_t starts[] = {0, 1, 1}, item[] = {0};
    struct tt_evaluator ev = {.n = 2, .u = u, .starts = starts, .targets = item, .weights = weight};
    struct tt_softmax_peak peak;

    (void)state;
    assert_non_null(pool);
    NEED(tt_evaluator_softmax_peak(&ev, 2, 3, v, 0.5, 1.2, 10, pool, &peak, &err));
    assert_true(fabs(peak.share - exp(2) / (exp(2) + exp(0))) < 1e-6);
    assert_true(fabs(peak.loss - (1.2 * log(exp(1.2) + exp(2) + exp(0)) - 1.2)) < 1e-6);
    starts[2] = 2; /* the second has it too */
    uint32_t both[] = {0, 0};
    ev.targets = both;
    NEED(tt_evaluator_softmax_peak(&ev, 2, 3, v, 0.5, 1.2, 10, pool, &peak, &err));
    assert_true(fabs(peak.share - (exp(2) / (exp(2) + exp(0)) + exp(0) / (exp(0) + exp(-2))) / 2) < 1e-6);
    NEED(tt_evaluator_softmax_peak(&ev, 2, 3, v, 0.5, 1.2, 1, pool, &peak, &err)); /* the first alone */
    assert_true(fabs(peak.share - exp(2) / (exp(2) + exp(0))) < 1e-6);
    NEED(tt_evaluator_softmax_peak(&ev, 2, 1, v, 0.5, 1.2, 10, pool, &peak, &err)); /* no negative */
    assert_true(peak.share == 0 && peak.loss == 0);
    tt_pool_free(pool);
}

static void test_mean_cosine_is_that_of_all_pairs(void **state)
{
    float u[4 * 2] = {1, 0, 0, 1, -1, 0, 0.6f, 0.8f};
    struct tt_evaluator ev = {.n = 4, .u = u};

    (void)state; /* the cosines: 0, -1, 0.6, 0, 0.8, -0.6 */
    assert_true(fabs(tt_evaluator_cosine(&ev, 2) + 0.2 / 6) < 1e-7);
    ev.n = 1;
    assert_true(tt_evaluator_cosine(&ev, 2) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unknown_items_are_misses_in_a_sample_too),
        cmocka_unit_test(test_accuracy_counts_events_among_the_first_k),
        cmocka_unit_test(test_metrics_by_hand),
        cmocka_unit_test(test_a_seen_item_that_is_a_target_is_a_miss),
        cmocka_unit_test(test_the_error_of_a_gain_is_that_of_drawing_users),
        cmocka_unit_test(test_the_commonest_item_of_the_lists),
        cmocka_unit_test(test_the_peak_is_that_of_the_softmax),
        cmocka_unit_test(test_mean_cosine_is_that_of_all_pairs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
