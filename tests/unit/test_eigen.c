/* Small symmetric decompositions against what they decompose. */
#include "math/eigen.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "unit.h"

enum { MOST = 40 };

/* a = x x', x (n, rank) random normal: positive semidefinite of that rank. */
static void random_gram(size_t n, size_t rank, uint64_t index, double *a)
{
    double x[MOST * MOST];
    struct tt_rng rng;

    tt_rng_init(&rng, 2, TT_RNG_TEST, index);
    for (size_t i = 0; i < n * rank; i++)
        x[i] = tt_rng_normal(&rng);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            a[i * n + j] = 0;
            for (size_t k = 0; k < rank; k++)
                a[i * n + j] += x[i * rank + k] * x[j * rank + k];
        }
}

static void check_eigen(size_t n, const double *a)
{
    double work[MOST * MOST], values[MOST], w[MOST * MOST], size = 0;

    memcpy(work, a, n * n * sizeof(*a));
    for (size_t i = 0; i < n * n; i++)
        size = fmax(size, fabs(a[i]));
    tt_eigen_symmetric(n, work, values, w);
    for (size_t i = 1; i < n; i++)
        assert_true(values[i] <= values[i - 1]);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double inner = 0, back = 0;
            for (size_t k = 0; k < n; k++) {
                inner += w[k * n + i] * w[k * n + j];
                back += w[i * n + k] * values[k] * w[j * n + k];
            }
            assert_true(fabs(inner - (i == j)) < 1e-12 * (double)n);
            assert_true(fabs(back - a[i * n + j]) <= 1e-10 * size * (double)n);
        }
}

static void test_eigen_rebuilds_random_matrices(void **state)
{
    double a[MOST * MOST];
    static const size_t sizes[][2] = {{1, 1}, {2, 2}, {3, 3}, {10, 10}, {17, 17}, {40, 40}, {10, 4}, {40, 1}};

    (void)state;
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        random_gram(sizes[i][0], sizes[i][1], i, a);
        check_eigen(sizes[i][0], a);
        for (size_t k = 0; k < sizes[i][0]; k++)
            a[k * sizes[i][0] + k] -= 5; /* not positive */
        check_eigen(sizes[i][0], a);
    }
}

static void test_eigen_of_diagonal_and_zero_matrices(void **state)
{
    double a[9] = {1, 0, 0, 0, 3, 0, 0, 0, 2}, zero[9] = {0}, values[3], w[9];

    (void)state;
    tt_eigen_symmetric(3, a, values, w);
    assert_true(values[0] == 3 && values[1] == 2 && values[2] == 1);
    assert_true(w[3] == 1 && w[7] == 1 && w[2] == 1); /* columns e1, e2, e0 */
    tt_eigen_symmetric(3, zero, values, w);
    assert_true(values[0] == 0 && values[2] == 0);
    assert_true(w[0] == 1 && w[4] == 1 && w[8] == 1);
}

static void test_eigen_of_a_known_matrix(void **state)
{
    double a[4] = {2, 1, 1, 2}, values[2], w[4];

    (void)state;
    tt_eigen_symmetric(2, a, values, w);
    assert_true(fabs(values[0] - 3) < 1e-14 && fabs(values[1] - 1) < 1e-14);
    assert_true(fabs(w[0] - w[2]) < 1e-14 && fabs(w[1] + w[3]) < 1e-14);
}

/* inverse' a inverse is the unit matrix, with zeros where a column depends on earlier ones; the inverse is upper
 * triangular. */
static size_t check_cholesky(size_t n, const double *a)
{
    double work[MOST * MOST], inverse[MOST * MOST];
    size_t rank = 0;

    memcpy(work, a, n * n * sizeof(*a));
    tt_cholesky_inverse(n, work, inverse);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            assert_true(inverse[i * n + j] == 0);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double inner = 0;
            for (size_t k = 0; k < n; k++)
                for (size_t l = 0; l < n; l++)
                    inner += inverse[k * n + i] * a[k * n + l] * inverse[l * n + j];
            int dependent = inverse[i * n + i] == 0 || inverse[j * n + j] == 0;
            assert_true(fabs(inner - (i == j && !dependent)) < 1e-6);
        }
    for (size_t i = 0; i < n; i++)
        rank += inverse[i * n + i] != 0;
    return rank;
}

static void test_cholesky_inverse_makes_columns_orthonormal(void **state)
{
    double a[MOST * MOST];

    (void)state;
    for (size_t n = 1; n <= MOST; n += 13) {
        random_gram(n, n, 100 + n, a);
        assert_int_equal(check_cholesky(n, a), n);
    }
}

static void test_cholesky_inverse_drops_dependent_columns(void **state)
{
    double a[MOST * MOST], zero[4] = {0};
    static const size_t sizes[][2] = {{5, 2}, {20, 7}, {40, 1}, {40, 39}};

    (void)state;
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        random_gram(sizes[i][0], sizes[i][1], 200 + i, a);
        assert_int_equal(check_cholesky(sizes[i][0], a), sizes[i][1]);
    }
    assert_int_equal(check_cholesky(2, zero), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_eigen_rebuilds_random_matrices),
        cmocka_unit_test(test_eigen_of_diagonal_and_zero_matrices),
        cmocka_unit_test(test_eigen_of_a_known_matrix),
        cmocka_unit_test(test_cholesky_inverse_makes_columns_orthonormal),
        cmocka_unit_test(test_cholesky_inverse_drops_dependent_columns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
