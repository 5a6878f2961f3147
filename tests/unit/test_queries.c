/* Grouping by query against counting, with contexts, labels, weights and ages. */
#include "train/queries.h"

#include <math.h>

#include "tiny_model.h"

static const char schema[] = "user u id\nuser meal context\nuser day context\nuser i history\nitem i id\n"
                             "event rating weight\nevent liked label\nevent at time\n";
enum { USERS = 9, ITEMS = 12, EVENTS = 700 };

/* Events at random: some of item 0, labels of 0, contexts of 0; the second context is the first one's double. */
static void random_events(struct tt_examples *base)
{
    struct tt_rng rng;
    struct tt_err err = TT_ERR_INIT;

    tt_rng_init(&rng, 8, TT_RNG_TEST, 0);
    for (size_t e = 0; e < EVENTS; e++)
        tiny_event(base, (uint32_t)(tt_rng_below(&rng, USERS + 1)), (uint32_t)tt_rng_below(&rng, ITEMS + 1),
                   (uint32_t)tt_rng_below(&rng, 3), (float)(4 * tt_rng_unit(&rng)), tt_rng_below(&rng, 4) > 0,
                   (uint32_t)(1000000 + tt_rng_below(&rng, 30) * 86400));
    tt_narrow_release(&base->events.contexts[2]);
    base->events.contexts[2] = (struct tt_narrow)TT_NARROW_INIT;
    for (size_t e = 0; e < EVENTS; e++)
        NEED(tt_narrow_add(&base->events.contexts[2], 2 * tt_narrow_get(&base->events.contexts[1], e), &err));
}

static int same_query(const struct tt_examples *base, const struct tt_queries *q, size_t query, size_t event)
{
    return q->user[query] == base->events.user[event] &&
           q->contexts[1].codes[query] == tt_narrow_get(&base->events.contexts[1], event);
}

/* What has label 0 and a weight, and is not wanted, rising. */
static void check_disliked(const struct tt_examples *base, const struct tt_queries *q, size_t query)
{
    uint64_t at = q->disliked.offsets[query];

    for (uint32_t i = 1; i <= ITEMS; i++) {
        int liked = 0, disliked = 0;
        for (size_t e = 0; e < EVENTS; e++)
            if (same_query(base, q, query, e) && base->events.item[e] == i && base->events.weight[e] > 0) {
                liked |= base->events.label[e];
                disliked |= !base->events.label[e];
            }
        if (!disliked || liked)
            continue;
        assert_true(at < q->disliked.offsets[query + 1]);
        assert_int_equal(q->disliked.codes[at++], i);
    }
    assert_int_equal(at, q->disliked.offsets[query + 1]);
}

static void check(double half_life)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples base;
    struct tt_queries q;
    double weight = 0;

    tiny_begin(&base, schema, USERS, ITEMS);
    random_events(&base);
    NEED(tt_queries_init(&q, &base.entities.dictionary, &base.events, half_life, 1, &err));
    assert_true(q.n == (USERS + 1) * 3);
    for (size_t a = 0; a < q.n; a++)
        for (size_t b = 0; b < a; b++)
            assert_false(q.user[a] == q.user[b] && q.contexts[1].codes[a] == q.contexts[1].codes[b]);
    for (size_t query = 0; query < q.n; query++) {
        double sums[ITEMS + 1] = {0}, latest = 0, missed = 0;
        size_t at = (size_t)q.positives.offsets[query];
        assert_int_equal(q.contexts[2].codes[query], 2 * q.contexts[1].codes[query]);
        for (size_t e = 0; e < EVENTS; e++)
            if (same_query(&base, &q, query, e) && base.events.label[e] && base.events.item[e] > 0)
                latest = fmax(latest, base.events.time[e]);
        for (size_t e = 0; e < EVENTS; e++)
            if (same_query(&base, &q, query, e) && base.events.label[e]) {
                double age = half_life > 0 ? exp2(-(latest - base.events.time[e]) / 86400 / half_life) : 1;
                if (base.events.item[e])
                    sums[base.events.item[e]] += (double)base.events.weight[e] * age;
                else
                    missed += (double)base.events.weight[e];
            }
        assert_true(fabs(missed - q.unknown[query]) < 1e-5);
        for (uint32_t i = 1; i <= ITEMS; i++) {
            if (sums[i] == 0)
                continue;
            assert_true(at < q.positives.offsets[query + 1]);
            assert_int_equal(q.positives.codes[at], i);
            assert_true(fabs((double)q.positives.weights[at] - sums[i]) < 1e-5 * (1 + sums[i]));
            weight += sums[i];
            at++;
        }
        assert_int_equal(at, q.positives.offsets[query + 1]);
        check_disliked(&base, &q, query);
    }
    assert_true(fabs(q.weight - weight) < 1e-3);
    tt_queries_release(&q);
    tt_queries_release(&q);
    tt_examples_release(&base);
}

static void test_queries_are_the_distinct_users_and_contexts(void **state)
{
    (void)state;
    check(0);
    check(3);
}

static void test_queries_share_their_users_bags(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples base;
    struct tt_queries q;
    struct tt_tower_input input;

    (void)state;
    tiny_begin(&base, schema, USERS, ITEMS);
    random_events(&base);
    NEED(tt_queries_init(&q, &base.entities.dictionary, &base.events, 0, 0, &err));
    NEED(tt_queries_input(&q, &base.entities.dictionary, &base.entities.users, &input, &err));
    assert_int_equal(input.n_rows, q.n);
    assert_ptr_equal(input.bags[0], &base.entities.users.bags[0]);
    assert_ptr_equal(input.rows[0], q.user);
    assert_ptr_equal(input.bags[1], &q.contexts[1]);
    assert_null(input.rows[1]);
    assert_ptr_equal(input.bags[3], &base.entities.users.bags[3]);
    for (size_t c = 4; c < base.entities.dictionary.schema.n_columns; c++)
        assert_null(input.bags[c]);
    tt_tower_input_release(&input);
    tt_queries_release(&q);
    tt_examples_release(&base);
}

static void test_queries_of_no_events(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples base;
    struct tt_queries q;

    (void)state;
    tiny_begin(&base, schema, USERS, ITEMS);
    NEED(tt_queries_init(&q, &base.entities.dictionary, &base.events, 0, 0, &err));
    assert_true(q.n == 0 && q.weight == 0 && q.positives.offsets[0] == 0);
    tt_queries_release(&q);
    tt_examples_release(&base);
}

static void check_catalogue(int keep_disliked, const uint32_t *expected, size_t n)
{
    static const uint32_t positives[] = {3, 9, 1, 3, 20, 0, 9};
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples base;
    struct tt_queries queries;
    struct tt_catalogue catalogue;

    tiny_begin(&base, "user u id\nitem i id\nevent liked label\n", 5, 20);
    for (size_t e = 0; e < LENGTH(positives); e++)
        tiny_event(&base, (uint32_t)(1 + e % 3), positives[e], 0, 1, 1, 0);
    tiny_event(&base, 1, 7, 0, 1, 0, 0); /* disliked */
    NEED(tt_queries_init(&queries, &base.entities.dictionary, &base.events, 0, keep_disliked, &err));
    NEED(tt_catalogue_init(&catalogue, &queries, 21, &err));
    assert_int_equal(catalogue.n, n);
    for (uint32_t i = 0, at = 0; i <= 20; i++) {
        int is_in = at < n && expected[at] == i;
        assert_int_equal(catalogue.place[i], is_in ? at : TT_NO_PLACE);
        if (is_in)
            assert_int_equal(catalogue.items[at++], i);
    }
    tt_catalogue_release(&catalogue);
    tt_catalogue_release(&catalogue);
    tt_queries_release(&queries);
    tt_examples_release(&base);
}

static void test_catalogue_has_positives_and_disliked_items(void **state)
{
    static const uint32_t expected[] = {1, 3, 7, 9, 20};
    static const uint32_t positives_alone[] = {1, 3, 9, 20};

    (void)state;
    check_catalogue(0, positives_alone, LENGTH(positives_alone));
    check_catalogue(1, expected, LENGTH(expected));
}

static void test_catalogue_of_no_events_is_empty(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples base;
    struct tt_queries queries;
    struct tt_catalogue catalogue;

    (void)state;
    tiny_begin(&base, "user u id\nitem i id\n", 2, 2);
    NEED(tt_queries_init(&queries, &base.entities.dictionary, &base.events, 0, 0, &err));
    NEED(tt_catalogue_init(&catalogue, &queries, 3, &err));
    assert_true(catalogue.n == 0 && catalogue.place[2] == TT_NO_PLACE);
    tt_catalogue_release(&catalogue);
    tt_queries_release(&queries);
    tt_examples_release(&base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queries_are_the_distinct_users_and_contexts),
        cmocka_unit_test(test_queries_share_their_users_bags),
        cmocka_unit_test(test_queries_of_no_events),
        cmocka_unit_test(test_catalogue_has_positives_and_disliked_items),
        cmocka_unit_test(test_catalogue_of_no_events_is_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
