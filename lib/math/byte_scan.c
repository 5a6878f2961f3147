/* Coarse search's inner loop: see byte_scan.h. */
#include "math/byte_scan.h"

#include <math.h>

float tt_byte_step(const float *x, size_t n)
{
    float most = 0;

    for (size_t i = 0; i < n; i++)
        most = fabsf(x[i]) > most ? fabsf(x[i]) : most;
    return most / 127;
}

double tt_byte_round(const float *x, size_t dim, float step, int8_t *out, size_t stride)
{
    double inverse = step > 0 ? 1 / (double)step : 0, squares = 0;

    for (size_t k = 0; k < dim; k++) {
        double q = (double)x[k] * inverse;
        /* Away from zero at the half, by truncation; the step itself is rounded, so a value may exceed 127
         * by a little. */
        int byte = (int)(q < 0 ? q - 0.5 : q + 0.5);
        byte = byte > 127 ? 127 : byte < -127 ? -127 : byte;
        double rest = (double)x[k] - (double)step * byte;
        squares += rest * rest;
        out[k / 4 * stride + k % 4] = (int8_t)byte;
    }
    return sqrt(squares);
}

static size_t scan_plain(size_t q, size_t quads, const uint8_t *queries, const int8_t *panel, const int32_t *begin,
                         const int32_t *limit, struct tt_byte_hit *hits)
{
    size_t n = 0;

    for (size_t i = 0; i < q; i++) {
        for (size_t j = 0; j < TT_SCAN_ITEMS; j++) {
            int32_t sum = begin[j];
            for (size_t k = 0; k < quads; k++)
                for (size_t b = 0; b < 4; b++)
                    sum += queries[(k * q + i) * 4 + b] * panel[(k * TT_SCAN_ITEMS + j) * 4 + b];
            if (sum > limit[i])
                hits[n++] = (struct tt_byte_hit){sum, (uint16_t)i, (uint16_t)j};
        }
    }
    return n;
}

tt_byte_scan_fn *tt_byte_scan_plain(void)
{
    return scan_plain;
}

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>
#include <string.h>

/* sum += the four products of x's bytes (unsigned) and y's (signed), in each lane. In assembler, since GCC 12 copies
 * every sum to another register and back around its own intrinsic, which costs a third of the search's speed. */
#define ADD_PRODUCTS(sum, x, y) __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(x), "v"(y))

/* q is a constant after inlining: the loops over it unroll, and the sums live in registers. */
__attribute__((always_inline, target("avx512f,avx512vnni"))) static inline size_t
group_vnni(const size_t q, size_t quads, const uint8_t *queries, const int8_t *panel, const int32_t *begin,
           const int32_t *limit, struct tt_byte_hit *hits)
{
    __m512i low[TT_SCAN_QUERIES], high[TT_SCAN_QUERIES];
    int32_t sums[TT_SCAN_ITEMS], four;
    size_t n = 0;

#pragma GCC unroll 12
    for (size_t i = 0; i < q; i++) {
        low[i] = _mm512_loadu_si512(begin);
        high[i] = _mm512_loadu_si512(begin + 16);
    }
    for (size_t k = 0; k < quads; k++, panel += TT_SCAN_ITEMS * 4, queries += q * 4) {
        __m512i a = _mm512_loadu_si512(panel), b = _mm512_loadu_si512(panel + 64);
#pragma GCC unroll 12
        for (size_t i = 0; i < q; i++) {
            memcpy(&four, queries + 4 * i, sizeof(four));
            __m512i x = _mm512_set1_epi32(four);
            ADD_PRODUCTS(low[i], x, a);
            ADD_PRODUCTS(high[i], x, b);
        }
    }
#pragma GCC unroll 12
    for (size_t i = 0; i < q; i++) {
        __m512i least = _mm512_set1_epi32(limit[i]);
        uint32_t mask = (uint32_t)_mm512_cmpgt_epi32_mask(low[i], least) |
                        (uint32_t)_mm512_cmpgt_epi32_mask(high[i], least) << 16;
        if (__builtin_expect(mask != 0, 0)) {
            _mm512_storeu_si512(sums, low[i]);
            _mm512_storeu_si512(sums + 16, high[i]);
            for (; mask; mask &= mask - 1) {
                unsigned item = (unsigned)__builtin_ctz(mask);
                hits[n++] = (struct tt_byte_hit){sums[item], (uint16_t)i, (uint16_t)item};
            }
        }
    }
    return n;
}

__attribute__((target("avx512f,avx512vnni"))) static size_t scan_vnni(size_t q, size_t quads, const uint8_t *queries,
                                                                      const int8_t *panel, const int32_t *begin,
                                                                      const int32_t *limit, struct tt_byte_hit *hits)
{
    switch (q) {
    case 12: return group_vnni(12, quads, queries, panel, begin, limit, hits);
    case 4: return group_vnni(4, quads, queries, panel, begin, limit, hits);
    case 1: return group_vnni(1, quads, queries, panel, begin, limit, hits);
    default: return scan_plain(q, quads, queries, panel, begin, limit, hits);
    }
}

tt_byte_scan_fn *tt_byte_scan_fast(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vnni") ? scan_vnni : NULL;
}

#else

tt_byte_scan_fn *tt_byte_scan_fast(void)
{
    return NULL;
}

#endif
