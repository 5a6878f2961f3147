/* Every kernel that this CPU has against the stated chain of fused multiply-adds, bit by bit. */
#include "math/scan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "unit.h"

enum { MAX_DIM = 70 };

static float queries[TT_SCAN_QUERIES * MAX_DIM], items[TT_SCAN_ITEMS * MAX_DIM];

static void fill(struct tt_rng *rng, float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (float)tt_rng_normal(rng);
}

/* Scan with limits that some pass; each hit and each miss must be right. */
static void check(struct tt_rng *rng, tt_scan_fn *scan, size_t q, size_t dim)
{
    static float turned[TT_SCAN_QUERIES * MAX_DIM], panel[TT_SCAN_ITEMS * MAX_DIM];
    static const float limits[] = {-INFINITY, 0, 3, INFINITY};
    struct tt_scan_hit hits[TT_SCAN_HITS];
    size_t n_items = 1 + tt_rng_below(rng, TT_SCAN_ITEMS), at = 0;
    float limit[TT_SCAN_QUERIES];

    fill(rng, queries, q * dim);
    fill(rng, items, n_items * dim);
    memset(items + n_items * dim, 0, (TT_SCAN_ITEMS - n_items) * dim * sizeof(float));
    tt_scan_transpose(queries, q, dim, q, turned);
    tt_scan_transpose(items, n_items, dim, TT_SCAN_ITEMS, panel);
    for (size_t i = 0; i < q; i++)
        limit[i] = limits[tt_rng_below(rng, 4)];
    size_t n = scan(q, dim, turned, panel, limit, hits);
    for (size_t i = 0; i < q; i++) {
        for (size_t j = 0; j < TT_SCAN_ITEMS; j++) {
            float s = tt_scan_score(queries + i * dim, items + j * dim, dim);
            if (!(s > limit[i]))
                continue;
            assert_true(at < n);
            assert_int_equal(hits[at].query, i);
            assert_int_equal(hits[at].item, j);
            assert_memory_equal(&hits[at].score, &s, sizeof(s));
            at++;
        }
    }
    assert_int_equal(at, n);
}

static void test_scan_kernels_give_the_stated_bits(void **state)
{
    struct tt_rng rng;
    (void)state;
    tt_rng_init(&rng, 1, TT_RNG_TEST, 0);
    for (int isa = 0; isa < TT_SCAN_ISAS; isa++) {
        tt_scan_fn *scan = tt_scan_kernel((enum tt_scan_isa)isa);
        if (!scan)
            continue;
        for (size_t q = 1; q <= TT_SCAN_QUERIES; q++)
            for (size_t dim = 1; dim <= MAX_DIM; dim += dim < 9 ? 1 : 7)
                check(&rng, scan, q, dim);
    }
}

static void test_scan_score_is_fused(void **state)
{
    float e = ldexpf(1, -23), x[] = {-1, 1 + e}, y[] = {1, 1 - e};
    (void)state;
    assert_true(tt_scan_score(x, y, 2) == -ldexpf(1, -46)); /* rounded apart, it would be 0 */
}

/* Finite vectors may overflow a float. A fused step never makes NaN of them: an infinite sum stays. */
static void test_scan_overflow_is_infinite(void **state)
{
    float x[] = {3e38f, 3e38f}, y[] = {3e38f, -3e38f, -3e38f, 3e38f}, panel[2 * TT_SCAN_ITEMS], limit[] = {-INFINITY};
    struct tt_scan_hit hits[TT_SCAN_HITS];
    (void)state;
    tt_scan_transpose(y, 2, 2, TT_SCAN_ITEMS, panel);
    for (int isa = 0; isa < TT_SCAN_ISAS; isa++) {
        tt_scan_fn *scan = tt_scan_kernel((enum tt_scan_isa)isa);
        if (!scan)
            continue;
        assert_int_equal(scan(1, 2, x, panel, limit, hits), TT_SCAN_ITEMS - 1); /* all but item 1, at minus infinity */
        assert_true(hits[0].score == INFINITY && hits[1].item == 2);
    }
}

static void test_scan_best_is_a_kernel_of_this_cpu(void **state)
{
    int found = 0;
    (void)state;
    for (int isa = 0; isa < TT_SCAN_ISAS; isa++)
        found |= tt_scan_best() == tt_scan_kernel((enum tt_scan_isa)isa);
    assert_true(found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scan_kernels_give_the_stated_bits),
        cmocka_unit_test(test_scan_score_is_fused),
        cmocka_unit_test(test_scan_overflow_is_infinite),
        cmocka_unit_test(test_scan_best_is_a_kernel_of_this_cpu),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
