/* Problems for tests of exact search, and their truth: a sort of all scores. Included by one test program each. */
#ifndef TT_TESTS_SEARCH_PROBLEM_H
#define TT_TESTS_SEARCH_PROBLEM_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "index/ann.h"
#include "math/scan.h"
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
        float score = tt_scan_score(p->queries + i * p->dim, p->items + r * p->dim, p->dim);
        if (score > -INFINITY)
            all[n++] = (struct tt_scored){score, (uint32_t)r};
    }
    qsort(all, n, sizeof(*all), by_rank);
    return n;
}

/* Search, and compare every list with the truth. The index is freed. */
static void check(const struct problem *p, struct tt_ann *ann, struct tt_pool *pool)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_scored *all = block(p->n, sizeof(*all));
    struct tt_ann_request request = {p->m, p->queries, p->k, p->filters};
    struct tt_ann_result got = {block(p->m * p->k, sizeof(uint32_t)), block(p->m * p->k, sizeof(float)),
                                block(p->m, sizeof(size_t))};

    assert_non_null(ann);
    assert_int_equal(tt_ann_search(ann, &request, &got, pool, &err), 0);
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

#endif
