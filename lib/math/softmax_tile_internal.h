/* The kernels of softmax_tile.h for one kind of register: softmax_tile.c includes this once for each, after defining
 * what VECTOR (of LANES floats) and its operations stand for there.
 *
 * All three products keep 6 x VECTORS sums in registers, VECTORS of the row that all of them multiply, and one element,
 * which a row of them multiplies. Loads are few beside that, so what counts is that they hit the first cache or are on
 * their way from the second: hence the prefetches of what the hardware does not foresee. `rows` and `vectors` are
 * constants after inlining, and the loops over them unroll. */
#ifdef VECTOR

#define INLINED __attribute__((always_inline, target(TARGET))) static inline
#define KERNEL __attribute__((noinline, target(TARGET))) static
enum { NAME(WIDTH) = VECTORS * LANES, NAME(REST) = Q % ROWS };

/* Ask for n elements to come to the first cache. */
INLINED void NAME(prefetch)(const float *x, size_t n)
{
    for (size_t i = 0; i < n; i += 64 / sizeof(*x))
        __builtin_prefetch(x + i);
}

INLINED VECTOR NAME(exp2)(VECTOR x)
{
    VECTOR n = ROUND(x), r = SUBTRACT(x, n), p = FMA(ALL(EXP2_5), r, ALL(EXP2_4));

    p = FMA(p, r, ALL(EXP2_3));
    p = FMA(p, r, ALL(EXP2_2));
    p = FMA(p, r, ALL(EXP2_1));
    p = FMA(p, r, ALL(1));
    return SCALE(p, n);
}

/* From scores to exponentials. */
INLINED void NAME(finish_rows)(const int rows, VECTOR x[ROWS][VECTORS], float *e, float *z)
{
#pragma GCC unroll 4
    for (int l = 0; l < VECTORS; l++) {
        VECTOR sum = LOAD(z + l * LANES);
#pragma GCC unroll 6
        for (int i = 0; i < rows; i++) {
            VECTOR y = NAME(exp2)(x[i][l]);
            STORE(e + i * Q + l * LANES, y);
            sum = SUM(sum, y);
        }
        STORE(z + l * LANES, sum);
    }
}

/* Some rows of a tile, for as many queries of the panel as VECTORS hold. v has rows of n elements. */
INLINED void NAME(exponential_rows)(const int rows, size_t n, const float *panel, const float *v, const float *bias,
                                    float *e, float *z)
{
    VECTOR x[ROWS][VECTORS];
    VECTOR u[VECTORS];

#pragma GCC unroll 6
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (int l = 0; l < VECTORS; l++)
            x[i][l] = ALL(bias[i]);
    for (size_t d = 0; d < n; d++) {
#pragma GCC unroll 4
        for (int l = 0; l < VECTORS; l++)
            u[l] = LOAD(panel + d * Q + l * LANES);
#pragma GCC unroll 6
        for (int i = 0; i < rows; i++) {
            VECTOR a = ALL(v[(size_t)i * n + d]);
#pragma GCC unroll 4
            for (int l = 0; l < VECTORS; l++)
                x[i][l] = FMA(a, u[l], x[i][l]);
        }
    }
    NAME(finish_rows)(rows, x, e, z);
}

/* c[i][:] += sum over t < n of a[i * a_row + t * a_inner] b[t][:], for some rows, and columns in `vectors` registers,
 * the last one's by `mask` unless is_whole. b and c have rows of dim floats; is_new: c is overwritten. */
INLINED void NAME(add_rows)(const int rows, const int vectors, const int is_whole, MASK mask, int is_new, size_t n,
                            size_t dim, const float *a, size_t a_row, size_t a_inner, const float *b, float *c)
{
    VECTOR sum[ROWS][VECTORS];
    VECTOR x[VECTORS];
#define IS_PART(l) (!is_whole && (l) == vectors - 1)

#pragma GCC unroll 6
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (int l = 0; l < vectors; l++) {
            const float *from = c + (size_t)i * dim + l * LANES;
            sum[i][l] = is_new ? ALL(0) : IS_PART(l) ? LOAD_PART(from, mask) : LOAD(from);
        }
    for (size_t t = 0; t < n; t++) {
#pragma GCC unroll 4
        for (int l = 0; l < vectors; l++) {
            const float *from = b + t * dim + l * LANES;
            x[l] = IS_PART(l) ? LOAD_PART(from, mask) : LOAD(from);
        }
#pragma GCC unroll 6
        for (int i = 0; i < rows; i++) {
            VECTOR y = ALL(a[(size_t)i * a_row + t * a_inner]);
#pragma GCC unroll 4
            for (int l = 0; l < vectors; l++)
                sum[i][l] = FMA(y, x[l], sum[i][l]);
        }
    }
#pragma GCC unroll 6
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (int l = 0; l < vectors; l++) {
            float *to = c + (size_t)i * dim + l * LANES;
            if (IS_PART(l))
                STORE_PART(to, mask, sum[i][l]);
            else
                STORE(to, sum[i][l]);
        }
#undef IS_PART
}

/* The same for all columns. b is (n, dim). */
INLINED void NAME(add_columns)(const int rows, int is_new, size_t n, size_t dim, const float *a, size_t a_row,
                               size_t a_inner, const float *b, float *c)
{
    size_t left = dim;

    for (; left >= NAME(WIDTH); left -= NAME(WIDTH), b += NAME(WIDTH), c += NAME(WIDTH))
        NAME(add_rows)(rows, VECTORS, 1, MASK_OF(LANES), is_new, n, dim, a, a_row, a_inner, b, c);
    if (left == 0)
        return;
    MASK mask = MASK_OF((left - 1) % LANES + 1);
    if (VECTORS > 3 && left > 3 * LANES)
        NAME(add_rows)(rows, VECTORS, 0, mask, is_new, n, dim, a, a_row, a_inner, b, c);
    else if (VECTORS > 2 && left > 2 * LANES)
        NAME(add_rows)(rows, VECTORS > 2 ? 3 : 2, 0, mask, is_new, n, dim, a, a_row, a_inner, b, c);
    else if (left > LANES)
        NAME(add_rows)(rows, 2, 0, mask, is_new, n, dim, a, a_row, a_inner, b, c);
    else
        NAME(add_rows)(rows, 1, 0, mask, is_new, n, dim, a, a_row, a_inner, b, c);
}

/* These are not inlined: GCC would spend its registers on addresses. */
KERNEL void NAME(add_6)(int is_new, size_t n, size_t dim, const float *a, size_t a_row, size_t a_inner,
                        const float *b, float *c)
{
    NAME(add_columns)(ROWS, is_new, n, dim, a, a_row, a_inner, b, c);
}

KERNEL void NAME(add_4)(int is_new, size_t n, size_t dim, const float *a, size_t a_row, size_t a_inner,
                        const float *b, float *c)
{
    NAME(add_columns)(NAME(REST), is_new, n, dim, a, a_row, a_inner, b, c);
}

KERNEL void NAME(add_1)(int is_new, size_t n, size_t dim, const float *a, size_t a_row, size_t a_inner,
                        const float *b, float *c)
{
    NAME(add_columns)(1, is_new, n, dim, a, a_row, a_inner, b, c);
}

KERNEL void NAME(to_queries)(size_t n_queries, size_t n, size_t dim, const float *e, const float *v, float *d_u)
{
    size_t q = 0;

    for (; q + ROWS <= n_queries; q += ROWS)
        NAME(add_6)(0, n, dim, e + q, 1, Q, v, d_u + q * dim);
    for (; q + NAME(REST) <= n_queries; q += NAME(REST))
        NAME(add_4)(0, n, dim, e + q, 1, Q, v, d_u + q * dim);
    for (; q < n_queries; q++)
        NAME(add_1)(0, n, dim, e + q, 1, Q, v, d_u + q * dim);
}

KERNEL void NAME(to_items)(int is_new, size_t n, size_t dim, const float *e, const float *u, float *d_v)
{
    size_t j = 0;

    for (; j + ROWS <= n; j += ROWS) {
        NAME(prefetch)(e + (j + ROWS) * Q, j + 2 * ROWS <= n ? ROWS * Q : 0);
        NAME(add_6)(is_new, Q, dim, e + j * Q, Q, 1, u, d_v + j * dim);
    }
    for (; j < n; j++)
        NAME(add_1)(is_new, Q, dim, e + j * Q, Q, 1, u, d_v + j * dim);
}

KERNEL void NAME(exponentials)(size_t n, size_t dim, const float *panel, const float *v, const float *bias, float *e,
                               float *z)
{
    size_t j = 0;

    memset(z, 0, Q * sizeof(*z));
    for (; j + ROWS <= n; j += ROWS) {
        NAME(prefetch)(v + (j + ROWS) * dim, j + 2 * ROWS <= n ? ROWS * dim : 0);
        for (size_t q = 0; q < Q; q += NAME(WIDTH))
            NAME(exponential_rows)(ROWS, dim, panel + q, v + j * dim, bias + j, e + j * Q + q, z + q);
    }
    for (; j < n; j++)
        for (size_t q = 0; q < Q; q += NAME(WIDTH))
            NAME(exponential_rows)(1, dim, panel + q, v + j * dim, bias + j, e + j * Q + q, z + q);
}

KERNEL void NAME(sums)(size_t n, const float *e, float *z)
{
    VECTOR sum[Q / LANES];

#pragma GCC unroll 8
    for (int l = 0; l < Q / LANES; l++)
        sum[l] = ALL(0);
    for (size_t j = 0; j < n; j++)
#pragma GCC unroll 8
        for (int l = 0; l < Q / LANES; l++)
            sum[l] = SUM(sum[l], LOAD(e + j * Q + l * LANES));
#pragma GCC unroll 8
    for (int l = 0; l < Q / LANES; l++)
        STORE(z + l * LANES, sum[l]);
}

#undef INLINED
#undef KERNEL
#endif
