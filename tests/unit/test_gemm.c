/* The products against plain loops, over sizes that are no multiple of anything, with rows longer than
 * they are wide. */
#include "math/gemm.h"

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "unit.h"

typedef void gemm_fn(size_t, size_t, size_t, const float *, size_t, const float *, size_t, float, float *, size_t);

enum { MAX = 80 };

static void fill(struct tt_rng *rng, float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(tt_rng_unit(rng) - 0.5);
}

/* One product both ways; C's padding must stay as it was. */
static void compare(struct tt_rng *rng, gemm_fn *fast, gemm_fn *ref, int a_turned, int b_turned)
{
    static float a[MAX * MAX * 2], b[MAX * MAX * 2], c[MAX * MAX * 2], truth[MAX * MAX * 2];
    size_t m = 1 + tt_rng_below(rng, MAX - 1), n = 1 + tt_rng_below(rng, MAX - 1), k = tt_rng_below(rng, MAX);
    size_t lda = (a_turned ? m : k) + tt_rng_below(rng, MAX), ldb = (b_turned ? k : n) + tt_rng_below(rng, MAX);
    size_t ldc = n + tt_rng_below(rng, MAX);
    static const float betas[] = {0, 1, 0.5f};
    float beta = betas[tt_rng_below(rng, 3)];

    fill(rng, a, LENGTH(a));
    fill(rng, b, LENGTH(b));
    fill(rng, c, LENGTH(c));
    for (size_t i = 0; i < LENGTH(c); i++)
        truth[i] = c[i];
    if (beta == 0) /* overwritten without being read */
        c[0] = NAN;
    fast(m, n, k, a, lda, b, ldb, beta, c, ldc);
    ref(m, n, k, a, lda, b, ldb, beta, truth, ldc);
    for (size_t i = 0; i < LENGTH(c); i++) {
        int inside = i / ldc < m && i % ldc < n;
        assert_true(inside ? fabsf(c[i] - truth[i]) <= 1e-5f : c[i] == truth[i]);
    }
}

static void test_gemm_agrees_with_plain_loops(void **state)
{
    struct tt_rng rng;
    (void)state;
    tt_rng_init(&rng, 1, TT_RNG_TEST, 0);
    for (int i = 0; i < 200; i++) {
        compare(&rng, tt_gemm_nn, tt_gemm_nn_ref, 0, 0);
        compare(&rng, tt_gemm_nt, tt_gemm_nt_ref, 0, 1);
        compare(&rng, tt_gemm_tn, tt_gemm_tn_ref, 1, 0);
    }
}

/* 2 x 3 by hand, so that the reference is judged too. */
static void test_gemm_known_product(void **state)
{
    static const float a[] = {1, 2, 3, 4, 5, 6}, b[] = {1, 0, 2, 1, 3, 1}, b_turned[] = {1, 2, 3, 0, 1, 1},
                       a_turned[] = {1, 4, 2, 5, 3, 6}, expected[] = {14, 5, 32, 11};
    static gemm_fn *const nn[] = {tt_gemm_nn, tt_gemm_nn_ref}, *const nt[] = {tt_gemm_nt, tt_gemm_nt_ref},
                   *const tn[] = {tt_gemm_tn, tt_gemm_tn_ref};
    float c[4];
    (void)state;
    for (int i = 0; i < 2; i++) {
        nn[i](2, 2, 3, a, 3, b, 2, 0, c, 2);
        assert_memory_equal(c, expected, sizeof(c));
        nt[i](2, 2, 3, a, 3, b_turned, 3, 0, c, 2);
        assert_memory_equal(c, expected, sizeof(c));
        tn[i](2, 2, 3, a_turned, 2, b, 2, 0, c, 2);
        assert_memory_equal(c, expected, sizeof(c));
    }
}

static void test_gemm_of_nothing(void **state)
{
    float c[4] = {1, 2, 3, 4}, x = 0;
    (void)state;
    tt_gemm_nn(0, 2, 2, &x, 2, &x, 2, 0, c, 2);
    tt_gemm_nt(2, 0, 2, &x, 2, &x, 2, 0, c, 2);
    assert_true(c[0] == 1 && c[3] == 4);
    tt_gemm_nn(2, 2, 0, &x, 0, &x, 2, 2, c, 2);
    assert_true(c[0] == 2 && c[3] == 8);
    tt_gemm_nt(2, 2, 0, &x, 0, &x, 0, 0, c, 2);
    assert_true(c[0] == 0 && c[3] == 0);
}

static void test_gemm_names_its_core(void **state)
{
    (void)state;
    assert_non_null(tt_gemm_core());
    assert_true(tt_gemm_core()[0] != '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gemm_agrees_with_plain_loops),
        cmocka_unit_test(test_gemm_known_product),
        cmocka_unit_test(test_gemm_of_nothing),
        cmocka_unit_test(test_gemm_names_its_core),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
