/* Small row-major matrix products by OpenBLAS, which runs in the caller's thread alone: parallel work is cut into blocks for
 * the pool, one product a block. The one wrapper of OpenBLAS; no other file includes cblas.h.
 *
 * Determinism: the bits of a product depend on the kind of CPU and, on some kernels, on the number of rows in the call. Call
 * with fixed block shapes, padded with zeros, where bits must not depend on how work is cut.
 */
#ifndef TT_MATH_GEMM_H
#define TT_MATH_GEMM_H

#include <stddef.h>

/* Before the first product: one thread. May be called again. */
void tt_gemm_init(void);

/* The kernel set that OpenBLAS chose for this CPU ("Haswell", "SkylakeX", ...), for lineage. */
const char *tt_gemm_core(void);

/* c (m,n) = a (m,k) b (k,n) + beta c; lda, ldb, ldc: floats from one row to the next. */
void tt_gemm_nn(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb, float beta, float *c,
                size_t ldc);

/* c (m,n) = a (m,k) b' + beta c, b (n,k). */
void tt_gemm_nt(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb, float beta, float *c,
                size_t ldc);

/* c (m,n) = a' b (k,n) + beta c, a (k,m). */
void tt_gemm_tn(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb, float beta, float *c,
                size_t ldc);

#endif
