/* A quantized scan must change no list and no score: against a sort of all scores, as exact search is. */
#include "index/quantized_scan.h"

#include "index/flat_internal.h"
#include "search_problem.h"

static struct tt_ann *quantized(const struct problem *p, tt_byte_scan_fn *scan, struct tt_pool *pool)
{
    struct tt_err err = TT_ERR_INIT;

    return tt_flat_new_with(tt_scan_best(), scan, p->items, p->n, p->dim, pool, &err);
}

static void test_quantized_scan_finds_what_a_sort_of_all_scores_finds(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pools[] = {tt_pool_new(1, &err), tt_pool_new(3, &err)};
    struct tt_rng rng;
    (void)state;
    assert_true(pools[0] && pools[1]);
    tt_rng_init(&rng, 5, TT_RNG_TEST, 0);
    for (int round = 0; round < 60; round++) {
        struct tt_pool *pool = pools[round % 2];
        struct problem p;
        make_problem(&p, &rng);
        check(&p, quantized(&p, tt_byte_scan_plain(), pool), pool);
        if (tt_byte_scan_fast())
            check(&p, quantized(&p, tt_byte_scan_fast(), pool), pool);
        free_problem(&p);
    }
    tt_pool_free(pools[0]);
    tt_pool_free(pools[1]);
}

static void test_quantized_scan_of_no_rows_finds_nothing(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(1, &err);
    struct problem p = {.n = 0, .dim = 4, .m = 3, .k = 5};
    (void)state;
    p.queries = block(12, sizeof(float));
    check(&p, quantized(&p, tt_byte_scan_plain(), pool), pool);
    free_problem(&p);
    tt_pool_free(pool);
}

/* What makes a quantized scan give up or its bounds overflow: all rows the same, zero queries, lengths from 1e-44 to
 * 1e30, a few rows far longer than the others. The lists must be those of a sort, all the same. */
static void test_quantized_scan_of_awkward_vectors_is_exact(void **state)
{
    static const float lengths[] = {1, 1e-44f, 1e-38f, 1e-20f, 1e-15f, 1e8f, 1e17f, 1e30f, 1000};
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(2, &err);
    tt_byte_scan_fn *scan = tt_byte_scan_fast() ? tt_byte_scan_fast() : tt_byte_scan_plain();
    struct tt_rng rng;
    (void)state;
    tt_rng_init(&rng, 7, TT_RNG_TEST, 0);
    for (int kind = 0; kind < 6; kind++) {
        for (size_t l = 0; l < LENGTH(lengths); l++) {
            struct problem p = {.n = 2000, .dim = 17, .m = 30, .k = 5};
            p.items = block(p.n * p.dim, sizeof(float));
            p.queries = block(p.m * p.dim, sizeof(float));
            fill(&rng, p.items, p.n, p.dim, kind == 0);
            fill(&rng, p.queries, p.m, p.dim, kind == 0);
            for (size_t i = 0; i < p.n * p.dim; i++) {
                if (kind == 1) /* the same row again and again */
                    p.items[i] = p.items[i % p.dim];
                if (kind < 4 || (kind == 4 && i < 3 * p.dim)) /* 4: three long rows */
                    p.items[i] *= lengths[l];
            }
            for (size_t i = 0; i < p.m * p.dim; i++) {
                if (kind == 2)
                    p.queries[i] = 0;
                if (kind == 3 || kind == 5)
                    p.queries[i] *= lengths[l];
            }
            check(&p, quantized(&p, scan, pool), pool);
            free_problem(&p);
        }
    }
    tt_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantized_scan_finds_what_a_sort_of_all_scores_finds),
        cmocka_unit_test(test_quantized_scan_of_no_rows_finds_nothing),
        cmocka_unit_test(test_quantized_scan_of_awkward_vectors_is_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
