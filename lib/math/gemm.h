/* Matrix products in float, by OpenBLAS, on the calling thread alone: thin wrappers in row-major order.
 *
 * In each, C (M,N) = op(A) op(B) + beta C, with these operands in memory:
 *
 *     tt_gemm_nn   A (M,K)   B (K,N)
 *     tt_gemm_nt   A (M,K)   B (N,K)      a row of A with a row of B: scores of queries and items
 *     tt_gemm_tn   A (K,M)   B (K,N)      sums over rows: gradients of weights
 *
 * lda, ldb and ldc are the floats from one row's start to the next, at least the row's length. Sizes are below 2^31.
 * With beta = 0, C is overwritten without being read. C may not overlap A or B. A size of 0 is fine (K = 0 gives beta
 * C).
 *
 * Threads: any number of calls at once; OpenBLAS's own threads are switched off as the program is loaded.
 * Determinism: the same bits for the same arguments on the same kind of CPU. The bits do depend on the CPU kind
 * (tt_gemm_core names it), on M and, with some kernels, on a row's place in the call: callers who promise more use
 * blocks of one fixed size, padded with zeros.
 */
#ifndef TT_MATH_GEMM_H
#define TT_MATH_GEMM_H

#include <stddef.h>

void tt_gemm_nn(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb, float beta,
                float *c, size_t ldc);
void tt_gemm_nt(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb, float beta,
                float *c, size_t ldc);
void tt_gemm_tn(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb, float beta,
                float *c, size_t ldc);

/* The kernels that OpenBLAS chose for this CPU ("SkylakeX", "Haswell", "Zen", ...), for the lineage of what they
 * compute. */
const char *tt_gemm_core(void);

/* The plain truth that the tests hold the three against: sums in double, in the order of k. */
void tt_gemm_nn_ref(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb, float beta,
                    float *c, size_t ldc);
void tt_gemm_nt_ref(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb, float beta,
                    float *c, size_t ldc);
void tt_gemm_tn_ref(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb, float beta,
                    float *c, size_t ldc);

#endif
