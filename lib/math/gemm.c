/* Matrix products: see gemm.h. The one file that knows OpenBLAS. */
#include "math/gemm.h"

#include <assert.h>
#include <cblas.h>
#include <limits.h>

/* Before main, so that no caller can forget it: work is cut by tt's own pool, and the two must not be
 * active at once. */
__attribute__((constructor)) static void one_thread(void)
{
    openblas_set_num_threads(1);
}

const char *tt_gemm_core(void)
{
    return openblas_get_corename();
}

static void gemm(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, size_t m, size_t n, size_t k, const float *a, size_t lda,
                 const float *b, size_t ldb, float beta, float *c, size_t ldc)
{
    assert(m <= INT_MAX && n <= INT_MAX && k <= INT_MAX && lda <= INT_MAX && ldb <= INT_MAX && ldc <= INT_MAX);
    if (m == 0 || n == 0)
        return;
    /* BLAS wants leading dimensions of at least 1 even where there is nothing to read. */
    cblas_sgemm(CblasRowMajor, ta, tb, (blasint)m, (blasint)n, (blasint)k, 1.0f, a, (blasint)(lda ? lda : 1), b,
                (blasint)(ldb ? ldb : 1), beta, c, (blasint)ldc);
}

void tt_gemm_nn(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb, float beta,
                float *c, size_t ldc)
{
    gemm(CblasNoTrans, CblasNoTrans, m, n, k, a, lda, b, ldb, beta, c, ldc);
}

void tt_gemm_nt(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb, float beta,
                float *c, size_t ldc)
{
    gemm(CblasNoTrans, CblasTrans, m, n, k, a, lda, b, ldb, beta, c, ldc);
}

void tt_gemm_tn(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb, float beta,
                float *c, size_t ldc)
{
    gemm(CblasTrans, CblasNoTrans, m, n, k, a, lda, b, ldb, beta, c, ldc);
}

/* Element (i, l) of op(A) is a[i * a_row + l * a_column]; op(B) likewise. */
static void reference(size_t m, size_t n, size_t k, const float *a, size_t a_row, size_t a_column, const float *b,
                      size_t b_row, size_t b_column, float beta, float *c, size_t ldc)
{
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < n; j++) {
            double sum = 0;
            for (size_t l = 0; l < k; l++)
                sum += (double)a[i * a_row + l * a_column] * (double)b[l * b_row + j * b_column];
            if (beta != 0)
                sum += (double)beta * (double)c[i * ldc + j];
            c[i * ldc + j] = (float)sum;
        }
    }
}

void tt_gemm_nn_ref(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb, float beta,
                    float *c, size_t ldc)
{
    reference(m, n, k, a, lda, 1, b, ldb, 1, beta, c, ldc);
}

void tt_gemm_nt_ref(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb, float beta,
                    float *c, size_t ldc)
{
    reference(m, n, k, a, lda, 1, b, 1, ldb, beta, c, ldc);
}

void tt_gemm_tn_ref(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb, float beta,
                    float *c, size_t ldc)
{
    reference(m, n, k, a, 1, lda, b, ldb, 1, beta, c, ldc);
}
