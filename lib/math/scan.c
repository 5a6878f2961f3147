/* Exact search's inner loop: see scan.h. The kernels differ in register width alone; each keeps the sums of a whole
 * group and panel in registers (AVX2: of half a panel and half a group), so an element loaded is used many times. */
#include "math/scan.h"

#include <math.h>

void tt_scan_transpose(const float *vectors, size_t n, size_t dim, size_t width, float *out)
{
    for (size_t k = 0; k < dim; k++)
        for (size_t i = 0; i < width; i++)
            out[k * width + i] = i < n ? vectors[i * dim + k] : 0;
}

float tt_scan_score(const float *x, const float *y, size_t dim)
{
    float s = 0;

    for (size_t k = 0; k < dim; k++)
        s = fmaf(x[k], y[k], s);
    return s;
}

static size_t scan_plain(size_t q, size_t dim, const float *queries, const float *panel, const float *limit,
                         struct tt_scan_hit *hits)
{
    size_t n = 0;

    for (size_t i = 0; i < q; i++) {
        float sum[TT_SCAN_ITEMS] = {0};
        for (size_t k = 0; k < dim; k++)
            for (size_t j = 0; j < TT_SCAN_ITEMS; j++)
                sum[j] = fmaf(queries[k * q + i], panel[k * TT_SCAN_ITEMS + j], sum[j]);
        for (size_t j = 0; j < TT_SCAN_ITEMS; j++)
            if (sum[j] > limit[i])
                hits[n++] = (struct tt_scan_hit){sum[j], (uint16_t)i, (uint16_t)j};
    }
    return n;
}

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

/* The passing scores of one query, in `sums` as they lie in the panel; mask has a bit an item. */
static inline size_t add_hits(struct tt_scan_hit *hits, const float *sums, uint32_t mask, size_t query)
{
    size_t n = 0;

    for (; mask; mask &= mask - 1) {
        unsigned item = (unsigned)__builtin_ctz(mask);
        hits[n++] = (struct tt_scan_hit){sums[item], (uint16_t)query, (uint16_t)item};
    }
    return n;
}

/* In each of the two below, q is a constant after inlining: the loops over it unroll, and sum[] lives in registers. */

__attribute__((always_inline, target("avx512f"))) static inline size_t
group_avx512(const size_t q, size_t dim, const float *queries, const float *panel, const float *limit,
             struct tt_scan_hit *hits)
{
    __m512 low[TT_SCAN_QUERIES], high[TT_SCAN_QUERIES];
    float sums[TT_SCAN_ITEMS];
    size_t n = 0;

#pragma GCC unroll 12
    for (size_t i = 0; i < q; i++)
        low[i] = high[i] = _mm512_setzero_ps();
    for (size_t k = 0; k < dim; k++, panel += TT_SCAN_ITEMS, queries += q) {
        __m512 a = _mm512_loadu_ps(panel), b = _mm512_loadu_ps(panel + 16);
#pragma GCC unroll 12
        for (size_t i = 0; i < q; i++) {
            __m512 x = _mm512_set1_ps(queries[i]);
            low[i] = _mm512_fmadd_ps(x, a, low[i]);
            high[i] = _mm512_fmadd_ps(x, b, high[i]);
        }
    }
#pragma GCC unroll 12
    for (size_t i = 0; i < q; i++) {
        __m512 least = _mm512_set1_ps(limit[i]);
        uint32_t mask = (uint32_t)_mm512_cmp_ps_mask(low[i], least, _CMP_GT_OQ) |
                        (uint32_t)_mm512_cmp_ps_mask(high[i], least, _CMP_GT_OQ) << 16;
        if (__builtin_expect(mask != 0, 0)) {
            _mm512_storeu_ps(sums, low[i]);
            _mm512_storeu_ps(sums + 16, high[i]);
            n += add_hits(hits + n, sums, mask, i);
        }
    }
    return n;
}

__attribute__((target("avx512f"))) static size_t scan_avx512(size_t q, size_t dim, const float *queries,
                                                             const float *panel, const float *limit,
                                                             struct tt_scan_hit *hits)
{
    switch (q) {
    case 12: return group_avx512(12, dim, queries, panel, limit, hits);
    case 4: return group_avx512(4, dim, queries, panel, limit, hits);
    case 1: return group_avx512(1, dim, queries, panel, limit, hits);
    default: return scan_plain(q, dim, queries, panel, limit, hits);
    }
}

/* Queries first ... first + q - 1 of `stride`, with 32 items in two halves: 16 registers hold 6 x 2 sums. */
__attribute__((always_inline, target("avx2,fma"))) static inline size_t
group_avx2(const size_t q, const size_t stride, const size_t first, size_t dim, const float *queries,
           const float *panel, const float *limit, struct tt_scan_hit *hits)
{
    float sums[6][TT_SCAN_ITEMS];
    uint32_t masks[6] = {0};
    size_t n = 0;

    for (int half = 0; half < 2; half++) {
        __m256 low[6], high[6];
        const float *p = panel + 16 * half, *x = queries + first;
#pragma GCC unroll 6
        for (size_t i = 0; i < q; i++)
            low[i] = high[i] = _mm256_setzero_ps();
        for (size_t k = 0; k < dim; k++, p += TT_SCAN_ITEMS, x += stride) {
            __m256 a = _mm256_loadu_ps(p), b = _mm256_loadu_ps(p + 8);
#pragma GCC unroll 6
            for (size_t i = 0; i < q; i++) {
                __m256 y = _mm256_broadcast_ss(x + i);
                low[i] = _mm256_fmadd_ps(y, a, low[i]);
                high[i] = _mm256_fmadd_ps(y, b, high[i]);
            }
        }
#pragma GCC unroll 6
        for (size_t i = 0; i < q; i++) {
            __m256 least = _mm256_set1_ps(limit[first + i]);
            uint32_t mask = (uint32_t)_mm256_movemask_ps(_mm256_cmp_ps(low[i], least, _CMP_GT_OQ)) |
                            (uint32_t)_mm256_movemask_ps(_mm256_cmp_ps(high[i], least, _CMP_GT_OQ)) << 8;
            if (__builtin_expect(mask != 0, 0)) {
                _mm256_storeu_ps(sums[i] + 16 * half, low[i]);
                _mm256_storeu_ps(sums[i] + 16 * half + 8, high[i]);
                masks[i] |= mask << (16 * half);
            }
        }
    }
    for (size_t i = 0; i < q; i++)
        n += add_hits(hits + n, sums[i], masks[i], first + i);
    return n;
}

__attribute__((target("avx2,fma"))) static size_t
scan_avx2(size_t q, size_t dim, const float *queries, const float *panel, const float *limit, struct tt_scan_hit *hits)
{
    size_t n;

    switch (q) {
    case 12:
        n = group_avx2(6, 12, 0, dim, queries, panel, limit, hits);
        return n + group_avx2(6, 12, 6, dim, queries, panel, limit, hits + n);
    case 4: return group_avx2(4, 4, 0, dim, queries, panel, limit, hits);
    case 1: return group_avx2(1, 1, 0, dim, queries, panel, limit, hits);
    default: return scan_plain(q, dim, queries, panel, limit, hits);
    }
}

tt_scan_fn *tt_scan_kernel(enum tt_scan_isa isa)
{
    if (isa == TT_SCAN_AVX512)
        return __builtin_cpu_supports("avx512f") ? scan_avx512 : NULL;
    if (isa == TT_SCAN_AVX2)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? scan_avx2 : NULL;
    return scan_plain;
}

#else

tt_scan_fn *tt_scan_kernel(enum tt_scan_isa isa)
{
    return isa == TT_SCAN_PLAIN ? scan_plain : NULL;
}

#endif

tt_scan_fn *tt_scan_best(void)
{
    tt_scan_fn *best = scan_plain;

    for (int isa = TT_SCAN_PLAIN; isa < TT_SCAN_ISAS; isa++)
        if (tt_scan_kernel((enum tt_scan_isa)isa))
            best = tt_scan_kernel((enum tt_scan_isa)isa);
    return best;
}
