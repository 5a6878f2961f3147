/* Every kernel that this CPU has against sums in double, and the fused ones against each other, bit by bit. Vectors are
 * chosen so that bfloat16 holds them exactly: then its kernels differ by the rounding of exponentials alone. */
#include "math/softmax_tile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "unit.h"

enum { Q = TT_TILE_QUERIES, BEHIND = 64 };
static const float CANARY = 12345;

/* One tile's arrays. What is written has CANARY in it before, and behind it. */
struct tile {
    size_t n_queries, n, dim;
    float *queries, *v, *bias, *z, *u, *d_u, *d_v;
    float *e, *again, *panel, *items, *packed; /* of the kernels' own forms */
};

static float *need(size_t n)
{
    struct tt_err err = TT_ERR_INIT;
    float *x = tt_alloc_aligned(n + BEHIND, sizeof(*x), &err);

    assert_non_null(x);
    for (size_t i = 0; i < n + BEHIND; i++)
        x[i] = CANARY;
    return x;
}

static float as_bf16(float x)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof(bits));
    bits &= 0xffff0000;
    memcpy(&x, &bits, sizeof(x));
    return x;
}

static float *need_random(struct tt_rng *rng, size_t n, double scale)
{
    float *x = need(n);

    for (size_t i = 0; i < n; i++)
        x[i] = as_bf16((float)(scale * tt_rng_normal(rng)));
    return x;
}

static struct tile tile_new(size_t n_queries, size_t n, size_t dim, double scale)
{
    struct tt_rng rng;
    struct tile t = {.n_queries = n_queries, .n = n, .dim = dim};

    tt_rng_init(&rng, 5, TT_RNG_TEST, n_queries * 100000000 + n * 10000 + dim);
    t.queries = need_random(&rng, n_queries * dim, scale / sqrt((double)dim));
    t.v = need_random(&rng, n * dim, 1);
    t.bias = need_random(&rng, n, 1);
    t.u = need_random(&rng, Q * dim, 1);
    t.d_u = need_random(&rng, n_queries * dim, 1);
    t.d_v = need_random(&rng, n * dim, 1);
    t.z = need(Q);
    t.e = need(n * Q);
    t.again = need(TT_TILE_AGAIN / sizeof(float));
    t.panel = need(Q * (dim + dim % 2));
    t.packed = need(Q * (dim + dim % 2));
    t.items = need((n + 1) * (dim + 1));
    return t;
}

static void tile_release(struct tile *t)
{
    float *blocks[] = {t->queries, t->v, t->bias,  t->z,      t->u,     t->d_u,
                       t->d_v,     t->e, t->again, t->packed, t->panel, t->items};

    for (size_t i = 0; i < LENGTH(blocks); i++)
        free(blocks[i]);
}

static void assert_near(const char *what, size_t i, float x, double expected, double tolerance)
{
    if (!(fabs((double)x - expected) <= tolerance))
        fail_msg("%s[%zu] is %.9g, expected %.9g", what, i, (double)x, expected);
}

static void assert_untouched(const void *behind)
{
    for (size_t i = 0; i < 16; i++)
        assert_memory_equal((const float *)behind + i, &CANARY, sizeof(CANARY));
}

static double e_of(const struct tt_tile_kernels *k, const struct tile *t, size_t j, size_t q)
{
    uint32_t bits;
    uint16_t half;
    float x;

    if (k->e_size == sizeof(float))
        return (double)t->e[j * Q + q];
    memcpy(&half, (const char *)t->e + (j * Q + q) * sizeof(half), sizeof(half));
    bits = (uint32_t)half << 16;
    memcpy(&x, &bits, sizeof(x));
    return (double)x;
}

/* The panel, the packed operands if there are, and the exponentials. */
static void run_exponentials(const struct tt_tile_kernels *k, struct tile *t)
{
    k->turn(t->n_queries, t->dim, t->queries, 1, t->panel);
    if (k->pack_items)
        k->pack_items(t->n, t->dim, t->v, t->items);
    if (k->pack_queries)
        k->pack_queries(t->dim, t->u, t->packed);
    k->exponentials(t->n, t->dim, t->panel, k->pack_items ? t->items : t->v, t->bias, t->e, t->again, t->z);
}

static void check_exponentials(const struct tt_tile_kernels *k, struct tile *t)
{
    double rounding = k->e_size == sizeof(float) ? 2e-7 : 1.0 / 255;

    run_exponentials(k, t);
    for (size_t q = 0; q < Q; q++) {
        double z = 0;
        for (size_t j = 0; j < t->n; j++) {
            double x = (double)t->bias[j], size = fabs(x);
            for (size_t d = 0; d < t->dim && q < t->n_queries; d++) {
                double product = (double)t->v[j * t->dim + d] * (double)t->queries[q * t->dim + d];
                x += product;
                size += fabs(product);
            }
            assert_near("e", j * Q + q, (float)e_of(k, t, j, q), exp2(x), exp2(x) * (rounding + 2e-7 * size));
            z += exp2(x);
        }
        assert_near("z", q, t->z[q], z, 1e-5 * z);
    }
    assert_untouched((char *)t->e + t->n * Q * k->e_size);
    assert_untouched(t->again + TT_TILE_AGAIN / sizeof(float));
    assert_untouched(t->z + Q);
    assert_untouched((char *)t->panel + tt_tile_queries_bytes(k, t->dim));
    if (k->pack_queries)
        assert_untouched((char *)t->packed + tt_tile_queries_bytes(k, t->dim));
    if (k->pack_items)
        assert_untouched((char *)t->items + tt_tile_items_bytes(k, t->n, t->dim));
}

/* Change some exponentials, as the loss does, and sum anew. */
static void check_corrections(const struct tt_tile_kernels *k, struct tile *t)
{
    for (size_t q = 0; q < Q; q += 3) {
        size_t j = q % t->n;
        double before = e_of(k, t, j, q);
        k->correct(j, q, 8, t->e, t->again); /* 8: exact */
        assert_true(e_of(k, t, j, q) == 8 * before);
    }
    k->sums(t->n, t->e, t->z);
    for (size_t q = 0; q < Q; q++) {
        double z = 0;
        for (size_t j = 0; j < t->n; j++)
            z += e_of(k, t, j, q);
        assert_near("z", q, t->z[q], z, 1e-7 * (double)t->n * z);
    }
}

static void check_gradients(const struct tt_tile_kernels *k, const struct tile *t)
{
    size_t n = t->n, dim = t->dim;
    float *d_u = need(t->n_queries * dim), *d_v = need(n * dim);

    memcpy(d_u, t->d_u, t->n_queries * dim * sizeof(*d_u));
    k->to_queries(t->n_queries, n, dim, t->e, t->again, k->pack_items ? t->items : t->v, d_u);
    for (size_t q = 0; q < t->n_queries; q++)
        for (size_t d = 0; d < dim; d++) {
            double sum = (double)t->d_u[q * dim + d], size = fabs(sum);
            for (size_t j = 0; j < n; j++) {
                sum += e_of(k, t, j, q) * (double)t->v[j * dim + d];
                size += fabs(e_of(k, t, j, q) * (double)t->v[j * dim + d]);
            }
            assert_near("d_u", q * dim + d, d_u[q * dim + d], sum, 1e-6 * size);
        }
    memcpy(d_v, t->d_v, n * dim * sizeof(*d_v));
    k->to_items(0, n, dim, t->e, k->pack_queries ? t->packed : t->u, d_v);
    for (size_t j = 0; j < n; j++)
        for (size_t d = 0; d < dim; d++) {
            double sum = (double)t->d_v[j * dim + d], size = fabs(sum);
            for (size_t q = 0; q < Q; q++) {
                sum += e_of(k, t, j, q) * (double)t->u[q * dim + d];
                size += fabs(e_of(k, t, j, q) * (double)t->u[q * dim + d]);
            }
            assert_near("d_v", j * dim + d, d_v[j * dim + d], sum, 1e-6 * size);
        }
    float *fresh = need(n * dim); /* is_new reads nothing of what was there */
    k->to_items(1, n, dim, t->e, k->pack_queries ? t->packed : t->u, fresh);
    memset(d_v, 0, n * dim * sizeof(*d_v));
    k->to_items(0, n, dim, t->e, k->pack_queries ? t->packed : t->u, d_v);
    assert_memory_equal(fresh, d_v, n * dim * sizeof(*d_v));
    assert_untouched(d_u + t->n_queries * dim);
    assert_untouched(d_v + n * dim);
    assert_untouched(fresh + n * dim);
    free(fresh);
    free(d_u);
    free(d_v);
}

static const size_t dims[] = {1, 7, 16, 48, 64, 65, 128, 200};

static void test_tile_kernels_compute_what_they_state(void **state)
{
    static const size_t queries[] = {64, 1, 5, 63}, items[] = {1, 5, 6, 7, 20};

    (void)state;
    for (int isa = 0; isa < TT_TILE_ISAS; isa++) {
        const struct tt_tile_kernels *k = tt_tile_kernels((enum tt_tile_isa)isa);
        for (size_t i = 0; k && i < LENGTH(dims); i++)
            for (size_t j = 0; j < LENGTH(items); j++) {
                struct tile t = tile_new(queries[(i + j) % LENGTH(queries)], items[j], dims[i], 3);
                check_exponentials(k, &t);
                check_corrections(k, &t);
                check_gradients(k, &t);
                tile_release(&t);
            }
    }
}

static void test_tile_exponentials_are_right_in_their_whole_range(void **state)
{
    struct tile t = tile_new(64, 500, 1, 1);

    (void)state;
    for (int isa = 0; isa < TT_TILE_ISAS; isa++) {
        const struct tt_tile_kernels *k = tt_tile_kernels((enum tt_tile_isa)isa);
        for (size_t part = 0; k && part < 4; part++) {
            for (size_t q = 0; q < Q; q++)
                t.queries[q] = (float)q / 512;
            for (size_t j = 0; j < t.n; j++) {
                t.bias[j] = -126 + (float)(part * t.n + j) / 8;
                t.v[j] = 1;
            }
            t.bias[0] = 126.875f;
            t.bias[1] = -126;
            run_exponentials(k, &t);
            for (size_t j = 0; j < t.n; j++)
                for (size_t q = 0; q < Q; q++) {
                    double exact = exp2((double)t.bias[j] + (double)t.queries[q]);
                    assert_near("e", j * Q + q, (float)e_of(k, &t, j, q), exact,
                                exact * (k->e_size == sizeof(float) ? 2e-7 : 1.0 / 255));
                }
        }
    }
    tile_release(&t);
}

/* The kernels that fuse add in the same order: the same bits, however the items are cut into calls. */
static void test_tile_kernels_for_avx2_and_avx512_give_the_same_bits(void **state)
{
    const struct tt_tile_kernels *k[2] = {tt_tile_kernels(TT_TILE_AVX2), tt_tile_kernels(TT_TILE_AVX512)};

    (void)state;
    if (!k[0] || !k[1])
        SKIP("this processor has no AVX-512");
    for (size_t i = 0; i < LENGTH(dims); i++) {
        size_t n = 45, dim = dims[i], cut = 16;
        struct tile t[2] = {tile_new(61, n, dim, 3), tile_new(61, n, dim, 3)};
        for (int w = 0; w < 2; w++) {
            run_exponentials(k[w], &t[w]);
            k[w]->to_queries(61, w ? n : cut, dim, t[w].e, NULL, t[w].v, t[w].d_u);
            k[w]->to_items(0, w ? n : cut, dim, t[w].e, t[w].u, t[w].d_v);
        }
        k[0]->to_queries(61, n - cut, dim, t[0].e + cut * Q, NULL, t[0].v + cut * dim, t[0].d_u);
        k[0]->to_items(0, n - cut, dim, t[0].e + cut * Q, t[0].u, t[0].d_v + cut * dim);
        assert_memory_equal(t[0].e, t[1].e, n * Q * sizeof(float));
        assert_memory_equal(t[0].z, t[1].z, Q * sizeof(float));
        assert_memory_equal(t[0].d_u, t[1].d_u, 61 * dim * sizeof(float));
        assert_memory_equal(t[0].d_v, t[1].d_v, n * dim * sizeof(float));
        tile_release(&t[0]);
        tile_release(&t[1]);
    }
}

static void test_tile_kernels_pass_nan_on(void **state)
{
    (void)state;
    for (int isa = 0; isa < TT_TILE_ISAS; isa++) {
        struct tile t = tile_new(64, 13, 16, 3);
        const struct tt_tile_kernels *k = tt_tile_kernels((enum tt_tile_isa)isa);
        if (k) {
            t.queries[17 * 16 + 5] = NAN;
            run_exponentials(k, &t);
            for (size_t q = 0; q < Q; q++) {
                assert_int_equal(isnan(t.z[q]) != 0, q == 17);
                assert_int_equal(isnan(e_of(k, &t, 3, q)) != 0, q == 17);
            }
        }
        tile_release(&t);
    }
}

/* To eight bits, ties to even. */
static double nearest_bf16(double x)
{
    int exponent;
    double part = frexp(x, &exponent);

    return ldexp(rint(ldexp(part, 8)), exponent - 8);
}

/* In every place that rounds. */
static void test_tile_bf16_rounds_to_nearest(void **state)
{
    static const float cases[] = {1, 1 + 1.0f / 256, 1 + 1.0f / 255, 1 + 3.0f / 256, -1 - 1.0f / 257, -1 - 1.0f / 250,
                                  3e-20f, -0.3f, 1.999f};
    const struct tt_tile_kernels *k = tt_tile_kernels(TT_TILE_BF16);

    (void)state;
    if (!k)
        SKIP("this processor has no AVX-512 BF16");
    assert_true(nearest_bf16(1 + 1.0 / 256) == 1 && nearest_bf16(1 + 3.0 / 256) == 1 + 1.0 / 64);
    for (size_t i = 0; i < LENGTH(cases); i++)
        for (size_t dim = 3; dim <= 64; dim += 61) { /* packed one by one, and by vectors */
            struct tile t = tile_new(64, 2, dim, 1);
            for (size_t d = 0; d < dim; d++) {
                t.v[d] = t.queries[d] = t.u[d] = d == 2 ? cases[i] : 0;
                t.v[dim + d] = t.d_u[d] = t.d_v[d] = 0;
            }
            memset(t.u + dim, 0, (Q - 1) * dim * sizeof(*t.u));
            t.bias[0] = t.bias[1] = 0;
            run_exponentials(k, &t);
            double x = nearest_bf16((double)cases[i]), e = e_of(k, &t, 0, 0);
            assert_near("z", 0, t.z[0], exp2(x * x) + 1, 1e-6 * exp2(x * x));
            assert_true(e == nearest_bf16(exp2(x * x)));
            k->to_queries(1, 2, dim, t.e, t.again, t.items, t.d_u);
            assert_near("d_u", 2, t.d_u[2], e * x, 1e-6 * fabs(e * x));
            k->to_items(0, 1, dim, t.e, t.packed, t.d_v);
            assert_near("d_v", 2, t.d_v[2], e * x, 1e-6 * fabs(e * x));
            tile_release(&t);
        }
}

static void test_tile_turn_scales_and_fills_up(void **state)
{
    struct tile t = tile_new(61, 1, 7, 3);

    (void)state;
    tt_tile_best()->turn(61, 7, t.queries, 0.5f, t.panel);
    for (size_t q = 0; q < Q; q++)
        for (size_t d = 0; d < 7; d++)
            assert_true(t.panel[d * Q + q] == (q < 61 ? 0.5f * t.queries[q * 7 + d] : 0));
    tile_release(&t);
}

static void test_tile_best_multiplies_floats(void **state)
{
    int found = 0;

    (void)state;
    for (int isa = 0; isa <= TT_TILE_AVX512; isa++)
        found |= tt_tile_kernels((enum tt_tile_isa)isa) == tt_tile_best();
    assert_true(found);
    assert_non_null(tt_tile_kernels(TT_TILE_PLAIN));
    for (int isa = 0; isa < TT_TILE_ISAS; isa++)
        for (size_t dim = 1; tt_tile_kernels((enum tt_tile_isa)isa) && dim <= 4096; dim++) {
            size_t n = tt_tile_items(tt_tile_kernels((enum tt_tile_isa)isa), dim);
            assert_true(n >= 48 && n <= TT_TILE_MAX_ITEMS && n % 6 == 0);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tile_kernels_compute_what_they_state),
        cmocka_unit_test(test_tile_exponentials_are_right_in_their_whole_range),
        cmocka_unit_test(test_tile_kernels_for_avx2_and_avx512_give_the_same_bits),
        cmocka_unit_test(test_tile_kernels_pass_nan_on),
        cmocka_unit_test(test_tile_bf16_rounds_to_nearest),
        cmocka_unit_test(test_tile_turn_scales_and_fills_up),
        cmocka_unit_test(test_tile_best_multiplies_floats),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
