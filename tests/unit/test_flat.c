/* Exact search against a sort of all scores: random sizes, ties, filters, zero vectors, any kernel, any number of
 * threads. */
#include "index/flat.h"

#include "index/flat_internal.h"
#include "search_problem.h"

static struct tt_ann *plain(const struct problem *p, tt_scan_fn *scan, struct tt_pool *pool)
{
    struct tt_err err = TT_ERR_INIT;

    return tt_flat_new_with(scan, NULL, p->items, p->n, p->dim, pool, &err);
}

static void test_flat_finds_what_a_sort_of_all_scores_finds(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pools[] = {tt_pool_new(1, &err), tt_pool_new(3, &err)};
    struct tt_rng rng;
    (void)state;
    assert_true(pools[0] && pools[1]);
    tt_rng_init(&rng, 1, TT_RNG_TEST, 0);
    for (int round = 0; round < 60; round++) {
        struct problem p;
        make_problem(&p, &rng);
        for (int isa = 0; isa < TT_SCAN_ISAS; isa++)
            if (tt_scan_kernel((enum tt_scan_isa)isa) && (isa != TT_SCAN_PLAIN || round < 10))
                check(&p, plain(&p, tt_scan_kernel((enum tt_scan_isa)isa), pools[round % 2]), pools[round % 2]);
        free_problem(&p);
    }
    tt_pool_free(pools[0]);
    tt_pool_free(pools[1]);
}

static void test_flat_of_no_rows_finds_nothing(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(1, &err);
    struct problem p = {.n = 0, .dim = 4, .m = 3, .k = 5};
    (void)state;
    p.queries = block(12, sizeof(float));
    check(&p, plain(&p, tt_scan_best(), pool), pool);
    free_problem(&p);
    tt_pool_free(pool);
}

/* One query alone and among others, k = 3 and k = 20: the same scores, bit by bit, and the same order. */
static void test_flat_result_does_not_depend_on_the_request(void **state)
{
    enum { N = 1500, DIM = 48, M = 107 }; /* enough rows for a quantized scan */
    static float items[N * DIM], queries[M * DIM];
    static uint32_t rows[M * 20], row[3];
    static float scores[M * 20], score[3];
    static size_t found[M];
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(2, &err);
    struct tt_rng rng;
    (void)state;
    tt_rng_init(&rng, 4, TT_RNG_TEST, 0);
    fill(&rng, items, N, DIM, 0);
    fill(&rng, queries, M, DIM, 0);
    struct tt_ann *ann = tt_flat_type.build(items, N, DIM, pool, &err);
    assert_non_null(ann);
    struct tt_ann_request all = {M, queries, 20, NULL};
    struct tt_ann_result got = {rows, scores, found};
    assert_int_equal(tt_ann_search(ann, &all, &got, pool, &err), 0);
    for (size_t i = 0; i < M; i++) {
        struct tt_ann_request one = {1, queries + i * DIM, 3, NULL};
        struct tt_ann_result alone = {row, score, &found[i]};
        assert_int_equal(tt_ann_search(ann, &one, &alone, pool, &err), 0);
        assert_memory_equal(row, rows + i * 20, sizeof(row));
        assert_memory_equal(score, scores + i * 20, sizeof(score));
    }
    tt_ann_free(ann);
    tt_pool_free(pool);
}

static void test_flat_refuses_what_memory_cannot_hold(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(1, &err);
    float x = 0;
    (void)state;
    assert_null(tt_flat_type.build(&x, TT_ANN_MAX_ROWS + 1, 1, pool, &err));
    assert_int_equal(err.kind, TT_ERR_MEMORY);
    err = (struct tt_err)TT_ERR_INIT;
    assert_null(tt_flat_type.build(&x, 1000, SIZE_MAX / 64, pool, &err));
    assert_int_equal(err.kind, TT_ERR_MEMORY);
    tt_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flat_finds_what_a_sort_of_all_scores_finds),
        cmocka_unit_test(test_flat_of_no_rows_finds_nothing),
        cmocka_unit_test(test_flat_result_does_not_depend_on_the_request),
        cmocka_unit_test(test_flat_refuses_what_memory_cannot_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
