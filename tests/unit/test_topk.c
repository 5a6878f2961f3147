/* The k best against a full sort, with many ties, in any order of arrival. */
#include "math/topk.h"

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "unit.h"

enum { MAX = 300 };

static int by_rank(const void *a, const void *b)
{
    const struct tt_scored *x = a, *y = b;

    return tt_scored_before(*x, *y) ? -1 : tt_scored_before(*y, *x);
}

static void test_topk_agrees_with_a_sort(void **state)
{
    struct tt_scored all[MAX], best[MAX + 5];
    struct tt_rng rng;
    (void)state;
    tt_rng_init(&rng, 1, TT_RNG_TEST, 0);
    for (int round = 0; round < 2000; round++) {
        size_t n = tt_rng_below(&rng, MAX), k = tt_rng_below(&rng, MAX + 5), values = 1 + tt_rng_below(&rng, 50);
        struct tt_topk top;
        tt_topk_init(&top, best, k);
        for (size_t i = 0; i < n; i++)
            all[i] = (struct tt_scored){(float)tt_rng_below(&rng, values) - 3, (uint32_t)i};
        for (size_t i = n; i > 1; i--) { /* shuffled */
            size_t j = tt_rng_below(&rng, i);
            struct tt_scored x = all[i - 1];
            all[i - 1] = all[j];
            all[j] = x;
        }
        for (size_t i = 0; i < n; i++)
            tt_topk_push(&top, all[i].score, all[i].row);
        qsort(all, n, sizeof(*all), by_rank);
        if (n >= k && k > 0)
            assert_true(tt_topk_limit(&top) == all[k - 1].score);
        tt_topk_sort(&top);
        assert_int_equal(top.n, n < k ? n : k);
        for (size_t i = 0; i < top.n; i++)
            assert_true(best[i].row == all[i].row && best[i].score == all[i].score);
    }
}

static void test_topk_equal_scores_keep_the_lowest_rows(void **state)
{
    struct tt_scored best[3];
    struct tt_topk top;
    (void)state;
    tt_topk_init(&top, best, 3);
    for (uint32_t i = 10; i > 0; i--)
        tt_topk_push(&top, 1, i - 1);
    tt_topk_sort(&top);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(best[i].row, i);
}

static void test_topk_limit(void **state)
{
    struct tt_scored best[2];
    struct tt_topk top;
    (void)state;
    tt_topk_init(&top, best, 2);
    assert_true(tt_topk_limit(&top) == -INFINITY);
    tt_topk_push(&top, 5, 0);
    assert_true(tt_topk_limit(&top) == -INFINITY);
    tt_topk_push(&top, 7, 1);
    assert_true(tt_topk_limit(&top) == 5);
    tt_topk_push(&top, 6, 2);
    assert_true(tt_topk_limit(&top) == 6);
    tt_topk_init(&top, NULL, 0);
    tt_topk_push(&top, 5, 0);
    assert_int_equal(top.n, 0);
    assert_true(tt_topk_limit(&top) == INFINITY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_topk_agrees_with_a_sort),
        cmocka_unit_test(test_topk_equal_scores_keep_the_lowest_rows),
        cmocka_unit_test(test_topk_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
