/* Ranks of wanted items against sorting, with ties and left-out items. */
#include "train/ranking.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "unit.h"

enum { DIM = 4, MOST = 2500 };

/* How many items stand before `item`, by the words of ranking.h. Small whole numbers: products are exact. */
static uint32_t naive_rank(const float *u, const float *v, size_t n_items, size_t item, const uint32_t *seen,
                           size_t n_seen)
{
    uint32_t rank = 0;
    float score = 0;

    for (size_t d = 0; d < DIM; d++)
        score += u[d] * v[item * DIM + d];
    for (size_t j = 0; j < n_items; j++) {
        float other = 0;
        int is_seen = 0;
        for (size_t d = 0; d < DIM; d++)
            other += u[d] * v[j * DIM + d];
        for (size_t s = 0; s < n_seen; s++)
            is_seen |= seen[s] == j;
        if (j != item && !is_seen && (other > score || (other == score && j < item)))
            rank++;
    }
    return rank;
}

static void check(size_t n_queries, size_t n_items, int with_seen, int threads)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(threads, &err);
    static float u[200 * DIM], v[MOST * DIM];
    static uint32_t starts[201], item[600], seen[2000], ranks[600];
    static uint64_t seen_starts[201];
    struct tt_rng rng;

    assert_non_null(pool);
    tt_rng_init(&rng, 6, TT_RNG_TEST, n_queries * 10000 + n_items);
    for (size_t i = 0; i < n_queries * DIM; i++)
        u[i] = (float)tt_rng_below(&rng, 5) - 2; /* few values: many ties */
    for (size_t i = 0; i < n_items * DIM; i++)
        v[i] = (float)tt_rng_below(&rng, 5) - 2;
    for (size_t q = 0; q < n_queries; q++) {
        uint32_t wanted = (uint32_t)tt_rng_below(&rng, 4),
                 n_seen = (uint32_t)tt_rng_below(&rng, n_items < 9 ? n_items : 9);
        starts[q + 1] = starts[q] + wanted;
        for (uint32_t k = starts[q]; k < starts[q + 1]; k++)
            item[k] = (uint32_t)tt_rng_below(&rng, n_items);
        seen_starts[q + 1] = seen_starts[q] + n_seen;
        for (uint32_t k = 0; k < n_seen; k++) /* rising; some of them wanted */
            seen[seen_starts[q] + k] = (uint32_t)(n_items / (n_seen + 1) * k);
        if (n_seen && wanted)
            item[starts[q]] = seen[seen_starts[q]];
    }
    struct tt_ranked_queries w = {n_queries, starts, item, with_seen ? seen_starts : NULL, with_seen ? seen : NULL};
    for (size_t most = 20; most <= n_items + 20; most += n_items) { /* those below 20, and all of them */
        assert_int_equal(tt_rank_targets(&w, DIM, u, n_items, v, most, pool, ranks, &err), 0);
        for (size_t q = 0; q < n_queries; q++)
            for (uint32_t k = starts[q]; k < starts[q + 1]; k++) {
                uint32_t rank = naive_rank(u + q * DIM, v, n_items, item[k], seen + seen_starts[q],
                                           with_seen ? (size_t)(seen_starts[q + 1] - seen_starts[q]) : 0);
                assert_true(rank < most ? ranks[k] == rank : ranks[k] >= most);
            }
    }
    tt_pool_free(pool);
}

static void test_ranks_agree_with_counting(void **state)
{
    static const size_t queries[] = {1, 63, 64, 65, 200}, items[] = {1, 2, 30, 1024, 1025, MOST};

    (void)state;
    for (size_t i = 0; i < LENGTH(queries); i++)
        for (size_t j = 0; j < LENGTH(items); j++) {
            check(queries[i], items[j], 0, 1);
            check(queries[i], items[j], 1, 2);
        }
}

/* The first k are the rows that fewer than k stand before, whatever the threads. */
static void test_the_first_are_those_of_the_least_ranks(void **state)
{
    enum { QUERIES = 70, ITEMS = 1100, K = 7 };
    struct tt_err err = TT_ERR_INIT;
    static float u[QUERIES * DIM], v[ITEMS * DIM];
    static uint32_t rows[QUERIES * K], again[QUERIES * K];
    struct tt_rng rng;

    (void)state;
    tt_rng_init(&rng, 7, TT_RNG_TEST, 0);
    for (size_t i = 0; i < QUERIES * DIM; i++)
        u[i] = (float)tt_rng_below(&rng, 5) - 2;
    for (size_t i = 0; i < ITEMS * DIM; i++)
        v[i] = (float)tt_rng_below(&rng, 5) - 2;
    for (int threads = 1; threads <= 3; threads++) {
        struct tt_pool *pool = tt_pool_new(threads, &err);
        assert_non_null(pool);
        assert_int_equal(tt_rank_first(QUERIES, DIM, u, ITEMS, v, K, pool, threads == 1 ? rows : again, &err), 0);
        tt_pool_free(pool);
        if (threads > 1)
            assert_memory_equal(rows, again, sizeof(rows));
    }
    for (size_t q = 0; q < QUERIES; q++) {
        uint32_t found = 0; /* ranks, as bits */
        for (size_t i = 0; i < K; i++)
            found |= 1u << naive_rank(u + q * DIM, v, ITEMS, rows[q * K + i], NULL, 0);
        assert_int_equal(found, (1u << K) - 1);
    }
}

static void test_ranks_of_no_queries(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(2, &err);
    uint32_t starts[1] = {0}, item = 0;
    float v[DIM] = {1, 0, 0, 0};
    struct tt_ranked_queries w = {0, starts, &item, NULL, NULL};

    (void)state;
    assert_non_null(pool);
    assert_int_equal(tt_rank_targets(&w, DIM, v, 1, v, 1, pool, &item, &err), 0);
    tt_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranks_agree_with_counting),
        cmocka_unit_test(test_the_first_are_those_of_the_least_ranks),
        cmocka_unit_test(test_ranks_of_no_queries),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
