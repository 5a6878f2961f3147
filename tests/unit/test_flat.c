/* Exact search against a sort of all scores: random sizes, ties, filters, zero vectors, any kernel, any number of threads. */
#include "index/flat.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "index/flat_internal.h"
#include "math/topk.h"
#include "unit.h"

struct problem {
    size_t n, dim, m, k;
    float *items, *queries;
    struct tt_ann_filter *filters; /* or NULL */
    uint32_t *excluded;            /* (m, n) */
    uint64_t *allowed;             /* (m, n / 64 + 1) */
};

static void *block(size_t n, size_t size)
{
    struct tt_err err = TT_ERR_INIT;
    void *p = tt_alloc_zero(n, size, &err);

    assert_non_null(p);
    return p;
}

/* Vectors of few distinct values, so that ties are many, and some rows zero. */
static void fill(struct tt_rng *rng, float *x, size_t n, size_t dim, int coarse)
{
    for (size_t i = 0; i < n; i++) {
        int zero = tt_rng_below(rng, 10) == 0;
        for (size_t k = 0; k < dim; k++)
            x[i * dim + k] = zero ? 0 : coarse ? (float)tt_rng_below(rng, 3) - 1 : (float)tt_rng_normal(rng);
    }
}

static void make_problem(struct problem *p, struct tt_rng *rng)
{
    static const size_t dims[] = {1, 2, 3, 8, 31, 64, 100, 300};

    *p = (struct problem){.n = tt_rng_below(rng, 300), .dim = dims[tt_rng_below(rng, LENGTH(dims))],
                          .m = tt_rng_below(rng, 220), .k = 1 + tt_rng_below(rng, 40)};
    int coarse = (int)tt_rng_below(rng, 2), filtered = (int)tt_rng_below(rng, 2);
    p->items = block(p->n * p->dim, sizeof(float));
    p->queries = block(p->m * p->dim, sizeof(float));
    fill(rng, p->items, p->n, p->dim, coarse);
    fill(rng, p->queries, p->m, p->dim, coarse);
    p->excluded = block(p->m * p->n, sizeof(uint32_t));
    p->allowed = block(p->m * (p->n / 64 + 1), sizeof(uint64_t));
    if (!filtered)
        return;
    p->filters = block(p->m, sizeof(*p->filters));
    for (size_t i = 0; i < p->m; i++) {
        struct tt_ann_filter *f = &p->filters[i];
        uint64_t *bits = p->allowed + i * (p->n / 64 + 1), share = tt_rng_below(rng, 5); /* 4: all are excluded */
        f->excluded = p->excluded + i * p->n;
        for (size_t r = 0; r < p->n; r++) {
            if (tt_rng_below(rng, 4) < share)
                p->excluded[i * p->n + f->n_excluded++] = (uint32_t)r;
            bits[r / 64] |= (uint64_t)(tt_rng_below(rng, 3) > 0) << (r % 64);
        }
        if (tt_rng_below(rng, 2))
            f->allowed = bits;
    }
}

static void free_problem(struct problem *p)
{
    free(p->items);
    free(p->queries);
    free(p->filters);
    free(p->excluded);
    free(p->allowed);
}

static int by_rank(const void *a, const void *b)
{
    const struct tt_scored *x = a, *y = b;

    return tt_scored_before(*x, *y) ? -1 : tt_scored_before(*y, *x);
}

/* All rows that query i may find, in rank order; returns their number. */
static size_t truth(const struct problem *p, size_t i, struct tt_scored *all)
{
    size_t n = 0, e = 0;

    for (size_t r = 0; r < p->n; r++) {
        const struct tt_ann_filter *f = p->filters ? &p->filters[i] : NULL;
        if (f && e < f->n_excluded && f->excluded[e] == r) {
            e++;
            continue;
        }
        if (f && f->allowed && !(f->allowed[r / 64] >> (r % 64) & 1))
            continue;
        all[n++] = (struct tt_scored){tt_scan_score(p->queries + i * p->dim, p->items + r * p->dim, p->dim), (uint32_t)r};
    }
    qsort(all, n, sizeof(*all), by_rank);
    return n;
}

static void check(const struct problem *p, tt_scan_fn *scan, struct tt_pool *pool)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_ann *ann = tt_flat_new_with(scan, p->items, p->n, p->dim, pool, &err);
    struct tt_scored *all = block(p->n, sizeof(*all));
    struct tt_ann_request ask = {p->m, p->queries, p->k, p->filters};
    struct tt_ann_result got = {block(p->m * p->k, sizeof(uint32_t)), block(p->m * p->k, sizeof(float)),
                                block(p->m, sizeof(size_t))};

    assert_non_null(ann);
    assert_int_equal(tt_ann_search(ann, &ask, &got, pool, &err), 0);
    for (size_t i = 0; i < p->m; i++) {
        size_t n = truth(p, i, all);
        assert_int_equal(got.found[i], n < p->k ? n : p->k);
        for (size_t r = 0; r < got.found[i]; r++) {
            assert_int_equal(got.rows[i * p->k + r], all[r].row);
            assert_true(got.scores[i * p->k + r] == all[r].score);
        }
    }
    free(got.rows);
    free(got.scores);
    free(got.found);
    free(all);
    tt_ann_free(ann);
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
                check(&p, tt_scan_kernel((enum tt_scan_isa)isa), pools[round % 2]);
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
    check(&p, tt_scan_best(), pool);
    free_problem(&p);
    tt_pool_free(pool);
}

/* One query alone and among others, k = 3 and k = 20: the same scores, bit by bit, and the same order. */
static void test_flat_result_does_not_depend_on_the_request(void **state)
{
    enum { N = 500, DIM = 48, M = 107 };
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
    struct tt_ann *ann = tt_flat_new(items, N, DIM, pool, &err);
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
    assert_null(tt_flat_new(&x, TT_ANN_MAX_ROWS + 1, 1, pool, &err));
    assert_int_equal(err.kind, TT_ERR_MEMORY);
    err = (struct tt_err)TT_ERR_INIT;
    assert_null(tt_flat_new(&x, 1000, SIZE_MAX / 64, pool, &err));
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
