/* Gathering: dropout of histories, entries before a moment, grouping by code. The sums and gradients are in
 * test_batch.c. */
#include "train/embedding_bag.h"

#include <math.h>
#include <stdlib.h>

#include "tiny_histories.h"

static const char schema[] = "user u id\nuser i history count=sqrt\nitem i id\n";
enum { HISTORY = 1 };

/* Lengths of histories after dropping; every row's weights have length 1. */
static size_t dropped_entries(struct world *w, struct tt_embedding_bag *bag, double share, uint64_t epoch,
                              uint32_t *first_codes)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_history_mask mask = {.dropout = share, .seed = 11, .epoch = epoch};
    uint32_t rows[USERS];

    for (uint32_t r = 0; r < USERS; r++)
        rows[r] = r + 1;
    NEED(tt_embedding_bag_gather(bag, &w->scratch, w->pool, rows, USERS, &mask, &err));
    for (size_t r = 0; r < USERS; r++) {
        double squares = 0;
        assert_true(bag->counts[r] > 0);
        for (size_t e = (size_t)bag->starts[r]; e < bag->starts[r] + bag->counts[r]; e++)
            squares += (double)bag->weights[e] * (double)bag->weights[e];
        assert_true(fabs(squares - 1) < 1e-5);
        first_codes[r] = bag->codes[bag->starts[r]];
    }
    return bag->n;
}

static void test_embedding_bag_leaves_out_the_stated_share_of_histories(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct world w;
    struct tt_embedding_bag bag;
    uint32_t codes[USERS], again[USERS];
    double kept = 0;

    (void)state;
    world_init(&w, schema, TT_USER, HISTORY);
    NEED(tt_embedding_bag_init(&bag, &w.model, &w.input, HISTORY, USERS, &err));
    size_t whole = (size_t)w.model.entities.users.bags[HISTORY].offsets[USERS + 1];
    assert_int_equal(dropped_entries(&w, &bag, 0, 1, codes), whole);
    for (uint64_t epoch = 0; epoch < 200; epoch++)
        kept += (double)dropped_entries(&w, &bag, 0.3, epoch, codes);
    double share = kept / (200 * (double)whole);
    assert_true(share > 0.68 && share < 0.72); /* a history without entries counts as its one unknown entry */
    size_t n = dropped_entries(&w, &bag, 0.3, 9, codes);
    assert_int_equal(dropped_entries(&w, &bag, 0.3, 9, again), n);
    assert_memory_equal(codes, again, sizeof(codes));
    dropped_entries(&w, &bag, 0.3, 10, again);
    assert_memory_not_equal(codes, again, sizeof(codes));
    dropped_entries(&w, &bag, 1, 1, codes); /* all are dropped: the unknown history, weight 1 */
    for (size_t r = 0; r < USERS; r++)
        assert_int_equal(codes[r], 0);
    tt_embedding_bag_release(&bag);
    world_release(&w);
}

static void test_embedding_bag_leaves_out_what_was_not_yet_there(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct world w;
    struct tt_embedding_bag bag;
    uint32_t rows[USERS], moments[USERS], times[USERS * 6];

    (void)state;
    world_init(&w, schema, TT_USER, HISTORY);
    const struct tt_bags *bags = &w.model.entities.users.bags[HISTORY];
    for (uint32_t e = 0; e < bags->offsets[USERS + 1]; e++)
        times[e] = 10 + bags->codes[e] % 3;
    for (uint32_t r = 0; r < USERS; r++) {
        rows[r] = USERS - r;
        moments[r] = r % 5 ? 10 + r % 4 : 0; /* some rows have nothing yet, others all; 0 is no moment */
    }
    struct tt_history_mask mask = {.dropout = 0, .times = times, .moments = moments};
    NEED(tt_embedding_bag_init(&bag, &w.model, &w.input, HISTORY, USERS, &err));
    NEED(tt_embedding_bag_gather(&bag, &w.scratch, w.pool, rows, USERS, &mask, &err));
    for (size_t r = 0; r < USERS; r++) {
        size_t at = (size_t)bag.starts[r];
        for (uint64_t e = bags->offsets[rows[r]]; e < bags->offsets[rows[r] + 1]; e++)
            if (moments[r] == 0 || times[e] < moments[r])
                assert_int_equal(bag.codes[at++], bags->codes[e]);
        if (at == bag.starts[r])
            assert_int_equal(bag.codes[at++], 0);
        assert_int_equal(bag.counts[r], at - bag.starts[r]);
    }
    mask.dropout = 0.5; /* and of what there is, half goes */
    size_t there = bag.n;
    NEED(tt_embedding_bag_gather(&bag, &w.scratch, w.pool, rows, USERS, &mask, &err));
    assert_true(bag.n < there);
    for (size_t r = 0; r < USERS; r++)
        for (size_t e = (size_t)bag.starts[r]; e < bag.starts[r] + bag.counts[r]; e++)
            assert_true(bag.codes[e] == 0 || moments[r] == 0 || 10 + bag.codes[e] % 3 < moments[r]);
    tt_embedding_bag_release(&bag);
    world_release(&w);
}

/* Groups hold each code's rows together, in their order, for few and for many codes, by one pass and by several. */
struct visits {
    const struct tt_embedding_bag *bag;
    _Atomic size_t n;
};

static void visit(void *arg, size_t column, size_t row)
{
    struct visits *visits = arg;

    assert_int_equal(column, 0);
    for (size_t g = 0; g < visits->bag->n_groups; g++)
        visits->n += visits->bag->group_codes[g] == row;
}

static void test_embedding_bag_groups_entries_by_code(void **state)
{
    static const size_t sizes[] = {1, 300, 65535, 65536, 70000, 200000, 3000000};
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(3, &err);
    struct tt_embedding_bag_scratch scratch = {0};

    (void)state;
    assert_non_null(pool);
    for (size_t s = 0; s < LENGTH(sizes); s++) {
        struct tt_examples base;
        struct tt_model model;
        struct tt_tower_input input;
        struct tt_embedding_bag bag;
        enum { MOST = 10000 };
        size_t n = s % 2 ? MOST : 500; /* shared among threads, or not */
        static uint32_t rows[MOST];
        struct tt_rng rng;
        tiny_begin(&base, "user u id\nitem i id\n", sizes[s], 1);
        tiny_model(&model, &base, 1);
        NEED(tt_tower_input_of_table(&input, &model.entities.users, &model.entities.dictionary.schema, &err));
        NEED(tt_embedding_bag_init(&bag, &model, &input, 0, n, &err));
        tt_rng_init(&rng, 1, TT_RNG_TEST, s);
        for (size_t r = 0; r < n; r++) /* some codes often, and the last one */
            rows[r] = (uint32_t)(r % 3 == 0 ? sizes[s] - r / 3 % 2 : tt_rng_below(&rng, sizes[s] + 1));
        NEED(tt_embedding_bag_gather(&bag, &scratch, pool, rows, n, NULL, &err));
        assert_int_equal(bag.n, n);
        assert_int_equal(bag.groups[0], 0);
        assert_int_equal(bag.groups[bag.n_groups], n);
        for (size_t g = 0; g < bag.n_groups; g++) {
            assert_true(bag.groups[g] < bag.groups[g + 1]);
            assert_true(g == 0 || bag.group_codes[g] > bag.group_codes[g - 1]);
            for (size_t i = bag.groups[g]; i < bag.groups[g + 1]; i++) {
                assert_int_equal(rows[bag.rows[i]], bag.group_codes[g]); /* the table counts through its ids */
                assert_true(i == bag.groups[g] || bag.rows[i] > bag.rows[i - 1]);
            }
        }
        struct visits visits = {.bag = &bag};
        if (n == 500) { /* each row once */
            tt_embedding_bag_each_row(&bag, pool, visit, &visits);
            assert_int_equal(visits.n, bag.n_groups);
        }
        tt_embedding_bag_release(&bag);
        tt_tower_input_release(&input);
        tt_model_release(&model);
    }
    tt_embedding_bag_scratch_release(&scratch);
    tt_pool_free(pool);
}

/* Bags of several entries, sorted by several threads: row, code and weight of an entry stay together. */
static void test_embedding_bag_keeps_entries_together_while_sorting(void **state)
{
    enum { N = 3000 };
    struct tt_err err = TT_ERR_INIT;
    struct world w;
    struct tt_embedding_bag bag;
    uint32_t rows[N];
    size_t seen = 0;

    (void)state;
    world_init(&w, schema, TT_USER, HISTORY);
    NEED(tt_embedding_bag_init(&bag, &w.model, &w.input, HISTORY, N, &err));
    for (uint32_t r = 0; r < N; r++)
        rows[r] = 1 + r % USERS;
    NEED(tt_embedding_bag_gather(&bag, &w.scratch, w.pool, rows, N, NULL, &err));
    assert_true(bag.n > 8192);
    for (size_t g = 0; g < bag.n_groups; g++)
        for (size_t i = bag.groups[g]; i < bag.groups[g + 1]; i++) {
            size_t from = (size_t)bag.starts[bag.rows[i]], e = from;
            while (e < from + bag.counts[bag.rows[i]] && bag.codes[e] != bag.group_codes[g])
                e++;
            assert_true(e < from + bag.counts[bag.rows[i]] && bag.weights[e] == bag.row_weights[i]);
            seen++;
        }
    assert_int_equal(seen, bag.n);
    tt_embedding_bag_release(&bag);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_embedding_bag_leaves_out_the_stated_share_of_histories),
        cmocka_unit_test(test_embedding_bag_leaves_out_what_was_not_yet_there),
        cmocka_unit_test(test_embedding_bag_groups_entries_by_code),
        cmocka_unit_test(test_embedding_bag_keeps_entries_together_while_sorting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
