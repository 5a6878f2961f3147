/* The kernels of softmax_tile.h in bfloat16, for AVX512-BF16: a part of softmax_tile.c, after those for AVX-512.
 *
 * An instruction takes two neighbours of the inner dimension at once, so each product wants its operands in pairs along
 * that, and an ELEMENT is such a pair:
 *     scores      pairs of dimensions: a panel is (dim / 2, 64), an item's row dim / 2 pairs
 *     to_queries  pairs of items: the tile `again` is (n / 2, 64), and, behind their rows, the items are (n / 2, dim)
 *     to_items    pairs of queries: the tile's rows are that already; queries are (32, dim)
 * A pair that the size cuts has zero as its second half. What has dim columns lies in blocks of 64 columns: rows that
 * are a power of two apart would fight for the same places of a cache. */
#ifdef VECTOR

#define NAME(x) x##_bf16
#define TARGET "avx512f,avx512bw,avx512bf16"
#define IS_FLOAT 0
#define BLOCKS 1
#define ELEMENT uint32_t
#define ELEMENTS __m512bh
#define LOAD_ELEMENTS(p) ((__m512bh)_mm512_loadu_si512(p))
#define LOAD_ELEMENTS_PART(p, mask) ((__m512bh)_mm512_maskz_loadu_epi32(mask, p))
#define ALL_ELEMENTS(x) ((__m512bh)_mm512_set1_epi32((int)(x)))
#define MULTIPLY_ADD(x, y, z) _mm512_dpbf16_ps(z, x, y)

#define INLINED __attribute__((always_inline, target(TARGET))) static inline
#define KERNEL __attribute__((noinline, target(TARGET))) static

/* To nearest, ties to even. */
static uint32_t round_one(float x)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof(bits));
    return x != x ? 0x7fc0 : (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

static float widen(uint16_t x)
{
    uint32_t bits = (uint32_t)x << 16;
    float y;

    memcpy(&y, &bits, sizeof(y));
    return y;
}

static size_t pairs_of(size_t n)
{
    return n / 2 + n % 2;
}

static void turn_bf16(size_t n, size_t dim, const float *u, float scale, void *panel)
{
    uint32_t *out = panel;

    memset(out, 0, pairs_of(dim) * Q * sizeof(*out));
    for (size_t q = 0; q < n; q++)
        for (size_t d = 0; d < dim; d++)
            out[d / 2 * Q + q] |= round_one(scale * u[q * dim + d]) << (d % 2 * 16);
}

/* A row in pairs of its columns. */
INLINED void pack_row(size_t dim, const float *v, uint32_t *out)
{
    size_t d = 0;

    for (; d + 2 * LANES <= dim; d += 2 * LANES)
        _mm512_storeu_si512(out + d / 2, (__m512i)_mm512_cvtne2ps_pbh(LOAD(v + d + LANES), LOAD(v + d)));
    for (; d < dim; d += 2)
        out[d / 2] = round_one(v[d]) | (d + 1 < dim ? round_one(v[d + 1]) << 16 : 0);
}

/* Row t of `rows` rows of pairs, in blocks of columns, from two rows, of which the second may be missing. */
INLINED void pack_rows(size_t t, size_t rows, size_t dim, const float *first, const float *second, uint32_t *out)
{
    for (size_t from = 0; from < dim; from += VECTORS * LANES) {
        size_t width = dim - from < VECTORS * LANES ? dim - from : VECTORS * LANES, d = 0;
        uint32_t *to = out + from * rows + t * width;
        for (; second && d + LANES <= width; d += LANES) {
            __m512i low = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(LOAD(first + from + d)));
            __m512i high = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(LOAD(second + from + d)));
            _mm512_storeu_si512(to + d, _mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
        }
        for (; d < width; d++)
            to[d] = round_one(first[from + d]) | (second ? round_one(second[from + d]) << 16 : 0);
    }
}

KERNEL void pack_items_bf16(size_t n, size_t dim, const float *v, void *items)
{
    uint32_t *rows = items, *both = rows + n * pairs_of(dim);

    for (size_t j = 0; j < n; j++) {
        pack_row(dim, v + j * dim, rows + j * pairs_of(dim));
        if (j % 2 == 0)
            pack_rows(j / 2, pairs_of(n), dim, v + j * dim, j + 1 < n ? v + (j + 1) * dim : NULL, both);
    }
}

KERNEL void pack_queries_bf16(size_t dim, const float *u, void *queries)
{
    for (size_t q = 0; q < Q; q += 2)
        pack_rows(q / 2, Q / 2, dim, u + q * dim, u + (q + 1) * dim, queries);
}

/* The 32 pairs of two rows. */
INLINED void store_pairs(uint32_t *out, __m512i first, __m512i second)
{
    /* where each half of the first 16 pairs stands: in `first`, or 32 places on, in `second` */
    const __m512i low = _mm512_setr_epi32(0x200000, 0x210001, 0x220002, 0x230003, 0x240004, 0x250005, 0x260006,
                                          0x270007, 0x280008, 0x290009, 0x2a000a, 0x2b000b, 0x2c000c, 0x2d000d,
                                          0x2e000e, 0x2f000f);
    const __m512i high = _mm512_add_epi16(low, _mm512_set1_epi16(16));

    _mm512_storeu_si512(out, _mm512_permutex2var_epi16(first, low, second));
    _mm512_storeu_si512(out + LANES, _mm512_permutex2var_epi16(first, high, second));
}

/* From scores to exponentials, row by row and, in `again`, in pairs of rows. */
INLINED void finish_rows_bf16(const int rows, VECTOR x[ROWS][VECTORS], void *e, uint32_t *again, float *z)
{
#pragma GCC unroll 2
    for (int h = 0; h < 2; h++) {
        VECTOR sum0 = LOAD(z + 32 * h), sum1 = LOAD(z + 32 * h + LANES);
        __m512i last = _mm512_setzero_si512();
#pragma GCC unroll 6
        for (int i = 0; i < rows; i++) {
            VECTOR y0 = exp2_avx512(x[i][2 * h]), y1 = exp2_avx512(x[i][2 * h + 1]);
            __m512i row = (__m512i)_mm512_cvtne2ps_pbh(y1, y0);
            sum0 = SUM(sum0, y0);
            sum1 = SUM(sum1, y1);
            _mm512_storeu_si512((uint16_t *)e + i * Q + 32 * h, row);
            if (i % 2)
                store_pairs(again + i / 2 * Q + 32 * h, last, row);
            else if (i + 1 == rows)
                store_pairs(again + i / 2 * Q + 32 * h, row, _mm512_setzero_si512());
            last = row;
        }
        STORE(z + 32 * h, sum0);
        STORE(z + 32 * h + LANES, sum1);
    }
}

#undef INLINED
#undef KERNEL
#include "math/softmax_tile_internal.h"
#define KERNEL __attribute__((noinline, target(TARGET))) static

KERNEL void exponentials_bf16(size_t n, size_t dim, const void *panel, const void *items, const float *bias, void *e,
                              void *again, float *z)
{
    size_t j = 0, d = pairs_of(dim);
    const uint32_t *v = items;

    memset(z, 0, Q * sizeof(*z));
    for (; j + ROWS <= n; j += ROWS) {
        prefetch_bf16(v + (j + ROWS) * d, j + 2 * ROWS <= n ? ROWS * d : 0);
        exponential_rows_bf16(ROWS, d, panel, v + j * d, bias + j, (uint16_t *)e + j * Q,
                              (uint32_t *)again + j / 2 * Q, z);
    }
    for (; j + 2 <= n; j += 2)
        exponential_rows_bf16(2, d, panel, v + j * d, bias + j, (uint16_t *)e + j * Q, (uint32_t *)again + j / 2 * Q,
                              z);
    if (j < n)
        exponential_rows_bf16(1, d, panel, v + j * d, bias + j, (uint16_t *)e + j * Q, (uint32_t *)again + j / 2 * Q,
                              z);
}

static void correct_bf16(size_t item, size_t query, float factor, void *e, void *again)
{
    uint16_t *at = (uint16_t *)e + item * Q + query, *other = (uint16_t *)again + 2 * (item / 2 * Q + query) + item % 2;

    *at = *other = (uint16_t)round_one(factor * widen(*at));
}

static void sums_bf16(size_t n, const void *e, float *z)
{
    memset(z, 0, Q * sizeof(*z));
    for (size_t j = 0; j < n; j++)
        for (size_t q = 0; q < Q; q++)
            z[q] += widen(((const uint16_t *)e)[j * Q + q]);
}

static void to_queries_bf16(size_t n_queries, size_t n, size_t dim, const void *e, const void *again, const void *items,
                            float *d_u)
{
    (void)e;
    add_to_queries_bf16(n_queries, pairs_of(n), dim, again, (const uint32_t *)items + n * pairs_of(dim), d_u);
}

static void to_items_bf16(int is_new, size_t n, size_t dim, const void *e, const void *queries, float *d_v)
{
    add_to_items_bf16(is_new, n, Q / 2, dim, e, queries, d_v);
}

static const struct tt_tile_kernels bf16 = {"AVX512-BF16",     sizeof(uint16_t), turn_bf16,    pack_items_bf16,
                                            pack_queries_bf16, exponentials_bf16, correct_bf16, sums_bf16,
                                            to_queries_bf16,   to_items_bf16};

#undef KERNEL
#endif
