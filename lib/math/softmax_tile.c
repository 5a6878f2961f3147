/* The kernels, and which ones a CPU gets: see softmax_tile.h. Those for vector registers are in
 * softmax_tile_internal.h. */
#include "math/softmax_tile.h"

#include <stdint.h>
#include <string.h>

enum { Q = TT_TILE_QUERIES, ROWS = 6 };

/* 2^r for |r| <= 1/2 is within 8e-8 of 1 + r EXP2_1 + r^2 EXP2_2 + ... : the polynomial of the least relative error
 * (Remez), its first coefficient rounded to 1. */
static const float EXP2_1 = 0.6931469671f, EXP2_2 = 0.2402211972f, EXP2_3 = 0.0555071327f, EXP2_4 = 0.0096755413f,
                   EXP2_5 = 0.0013276472f;
/* 1.5 * 2^23: adding it rounds to a whole number, which stands in the low bits of the sum. */
static const float MAGIC = 12582912.0f;

/* a b + c. The C library's fmaf takes a hundred times as long where the CPU has no such instruction. */
static inline float multiply_add(float a, float b, float c)
{
#ifdef __FP_FAST_FMAF
    return __builtin_fmaf(a, b, c);
#else
    return a * b + c;
#endif
}

/* 2^x = 2^n 2^r, n = round(x): the exponent gets n added. */
static float exp2_plain(float x)
{
    float t = x + MAGIC, r = x - (t - MAGIC), p = EXP2_5;
    uint32_t bits, n;

    p = multiply_add(p, r, EXP2_4);
    p = multiply_add(p, r, EXP2_3);
    p = multiply_add(p, r, EXP2_2);
    p = multiply_add(p, r, EXP2_1);
    p = multiply_add(p, r, 1.0f);
    memcpy(&n, &t, sizeof(n));
    memcpy(&bits, &p, sizeof(bits));
    bits += n << 23;
    memcpy(&p, &bits, sizeof(p));
    return p;
}

void tt_tile_panel(size_t n, size_t dim, const float *u, float scale, float *panel)
{
    memset(panel, 0, Q * dim * sizeof(*panel));
    for (size_t q = 0; q < n; q++)
        for (size_t d = 0; d < dim; d++)
            panel[d * Q + q] = scale * u[q * dim + d];
}

static void sums_plain(size_t n, const float *e, float *z)
{
    memset(z, 0, Q * sizeof(*z));
    for (size_t j = 0; j < n; j++)
        for (size_t q = 0; q < Q; q++)
            z[q] += e[j * Q + q];
}

static void exponentials_plain(size_t n, size_t dim, const float *panel, const float *v, const float *bias, float *e,
                               float *z)
{
    for (size_t j = 0; j < n; j++) {
        float x[Q];
        for (size_t q = 0; q < Q; q++)
            x[q] = bias[j];
        for (size_t d = 0; d < dim; d++)
            for (size_t q = 0; q < Q; q++)
                x[q] = multiply_add(v[j * dim + d], panel[d * Q + q], x[q]);
        for (size_t q = 0; q < Q; q++)
            e[j * Q + q] = exp2_plain(x[q]);
    }
    sums_plain(n, e, z);
}

/* c[:] += a b[:] */
static void add_plain(size_t n, float a, const float *b, float *c)
{
    for (size_t d = 0; d < n; d++)
        c[d] = multiply_add(a, b[d], c[d]);
}

static void to_queries_plain(size_t n_queries, size_t n, size_t dim, const float *e, const float *v, float *d_u)
{
    for (size_t q = 0; q < n_queries; q++)
        for (size_t j = 0; j < n; j++)
            add_plain(dim, e[j * Q + q], v + j * dim, d_u + q * dim);
}

static void to_items_plain(int is_new, size_t n, size_t dim, const float *e, const float *u, float *d_v)
{
    if (is_new)
        memset(d_v, 0, n * dim * sizeof(*d_v));
    for (size_t j = 0; j < n; j++)
        for (size_t q = 0; q < Q; q++)
            add_plain(dim, e[j * Q + q], u + q * dim, d_v + j * dim);
}

#define KERNELS(name, isa) {name, exponentials_##isa, sums_##isa, to_queries_##isa, to_items_##isa}

static const struct tt_tile_kernels plain = KERNELS("plain", plain);

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

#define NAME(x) x##_avx2
#define TARGET "avx2,fma"
#define VECTOR __m256
#define MASK __m256i
#define LANES 8
#define VECTORS 2
#define MASK_OF(n) _mm256_cmpgt_epi32(_mm256_set1_epi32((int)(n)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7))
#define ALL(x) _mm256_set1_ps(x)
#define LOAD(p) _mm256_loadu_ps(p)
#define LOAD_PART(p, mask) _mm256_maskload_ps(p, mask)
#define STORE(p, x) _mm256_storeu_ps(p, x)
#define STORE_PART(p, mask, x) _mm256_maskstore_ps(p, mask, x)
#define SUM(x, y) _mm256_add_ps(x, y)
#define SUBTRACT(x, y) _mm256_sub_ps(x, y)
#define FMA(x, y, z) _mm256_fmadd_ps(x, y, z)
#define ROUND(x) _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)
#define SCALE(x, n)                                                                                                   \
    _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(x), _mm256_slli_epi32(_mm256_cvtps_epi32(n), 23)))
#include "math/softmax_tile_internal.h"

static const struct tt_tile_kernels avx2 = KERNELS("AVX2", avx2);

#undef NAME
#undef TARGET
#undef VECTOR
#undef MASK
#undef LANES
#undef VECTORS
#undef MASK_OF
#undef ALL
#undef LOAD
#undef LOAD_PART
#undef STORE
#undef STORE_PART
#undef SUM
#undef SUBTRACT
#undef FMA
#undef ROUND
#undef SCALE

#define NAME(x) x##_avx512
#define TARGET "avx512f"
#define VECTOR __m512
#define MASK __mmask16
#define LANES 16
#define VECTORS 4
#define MASK_OF(n) ((__mmask16)((1u << (n)) - 1))
#define ALL(x) _mm512_set1_ps(x)
#define LOAD(p) _mm512_loadu_ps(p)
#define LOAD_PART(p, mask) _mm512_maskz_loadu_ps(mask, p)
#define STORE(p, x) _mm512_storeu_ps(p, x)
#define STORE_PART(p, mask, x) _mm512_mask_storeu_ps(p, mask, x)
#define SUM(x, y) _mm512_add_ps(x, y)
#define SUBTRACT(x, y) _mm512_sub_ps(x, y)
#define FMA(x, y, z) _mm512_fmadd_ps(x, y, z)
#define ROUND(x) _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)
#define SCALE(x, n) _mm512_scalef_ps(x, n)
#include "math/softmax_tile_internal.h"

static const struct tt_tile_kernels avx512 = KERNELS("AVX-512", avx512);

const struct tt_tile_kernels *tt_tile_kernels(enum tt_tile_isa isa)
{
    switch (isa) {
    case TT_TILE_PLAIN: return &plain;
    case TT_TILE_AVX2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &avx2 : NULL;
    case TT_TILE_AVX512: return __builtin_cpu_supports("avx512f") ? &avx512 : NULL;
    default: return NULL;
    }
}

#else

const struct tt_tile_kernels *tt_tile_kernels(enum tt_tile_isa isa)
{
    return isa == TT_TILE_PLAIN ? &plain : NULL;
}

#endif

const struct tt_tile_kernels *tt_tile_best(void)
{
    const struct tt_tile_kernels *best = &plain;

    for (int isa = TT_TILE_PLAIN; isa < TT_TILE_ISAS; isa++)
        if (tt_tile_kernels((enum tt_tile_isa)isa))
            best = tt_tile_kernels((enum tt_tile_isa)isa);
    return best;
}

size_t tt_tile_items(size_t dim)
{
    /* 128 KiB of exponentials or of vectors, in whole groups of ROWS */
    size_t n = TT_TILE_MAX_ITEMS * Q / dim / ROWS * ROWS;

    return n < 48 ? 48 : n > TT_TILE_MAX_ITEMS ? TT_TILE_MAX_ITEMS : n;
}
