/* Every kernel that this CPU has against sums in double, and the fused ones against each other, bit by bit. */
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
    float *queries, *v, *bias, *z, *u, *d_u, *d_v, *e, *panel;
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

static float *need_random(struct tt_rng *rng, size_t n, double scale)
{
    float *x = need(n);

    for (size_t i = 0; i < n; i++)
        x[i] = (float)(scale * tt_rng_normal(rng));
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
    t.panel = need(Q * dim);
    return t;
}

static void tile_release(struct tile *t)
{
    float *blocks[] = {t->queries, t->v, t->bias, t->z, t->u, t->d_u, t->d_v, t->e, t->panel};

    for (size_t i = 0; i < LENGTH(blocks); i++)
        free(blocks[i]);
}

static void assert_near(const char *what, size_t i, float x, double expected, double tolerance)
{
    if (!(fabs((double)x - expected) <= tolerance))
        fail_msg("%s[%zu] is %.9g, expected %.9g", what, i, (double)x, expected);
}

static void assert_untouched(const float *behind)
{
    for (size_t i = 0; i < 16; i++)
        assert_memory_equal(behind + i, &CANARY, sizeof(CANARY));
}

static void run_exponentials(const struct tt_tile_kernels *k, struct tile *t)
{
    tt_tile_panel(t->n_queries, t->dim, t->queries, 1, t->panel);
    k->exponentials(t->n, t->dim, t->panel, t->v, t->bias, t->e, t->z);
}

static void check_exponentials(const struct tt_tile_kernels *k, struct tile *t)
{
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
            assert_near("e", j * Q + q, t->e[j * Q + q], exp2(x), exp2(x) * 2e-7 * (1 + size));
            z += exp2(x);
        }
        assert_near("z", q, t->z[q], z, 1e-5 * z);
    }
    assert_untouched(t->e + t->n * Q);
    assert_untouched(t->z + Q);
    assert_untouched(t->panel + Q * t->dim);
}

/* Change some exponentials, as the loss does, and sum anew. */
static void check_corrections(const struct tt_tile_kernels *k, struct tile *t)
{
    for (size_t q = 0; q < Q; q += 3)
        t->e[q % t->n * Q + q] *= 8;
    k->sums(t->n, t->e, t->z);
    for (size_t q = 0; q < Q; q++) {
        double z = 0;
        for (size_t j = 0; j < t->n; j++)
            z += (double)t->e[j * Q + q];
        assert_near("z", q, t->z[q], z, 1e-7 * (double)t->n * z);
    }
}

static void check_gradients(const struct tt_tile_kernels *k, const struct tile *t)
{
    size_t n = t->n, dim = t->dim;
    float *d_u = need(t->n_queries * dim), *d_v = need(n * dim);

    memcpy(d_u, t->d_u, t->n_queries * dim * sizeof(*d_u));
    k->to_queries(t->n_queries, n, dim, t->e, t->v, d_u);
    for (size_t q = 0; q < t->n_queries; q++)
        for (size_t d = 0; d < dim; d++) {
            double sum = (double)t->d_u[q * dim + d], size = fabs(sum);
            for (size_t j = 0; j < n; j++) {
                sum += (double)t->e[j * Q + q] * (double)t->v[j * dim + d];
                size += fabs((double)t->e[j * Q + q] * (double)t->v[j * dim + d]);
            }
            assert_near("d_u", q * dim + d, d_u[q * dim + d], sum, 1e-6 * size);
        }
    memcpy(d_v, t->d_v, n * dim * sizeof(*d_v));
    k->to_items(0, n, dim, t->e, t->u, d_v);
    for (size_t j = 0; j < n; j++)
        for (size_t d = 0; d < dim; d++) {
            double sum = (double)t->d_v[j * dim + d], size = fabs(sum);
            for (size_t q = 0; q < Q; q++) {
                sum += (double)t->e[j * Q + q] * (double)t->u[q * dim + d];
                size += fabs((double)t->e[j * Q + q] * (double)t->u[q * dim + d]);
            }
            assert_near("d_v", j * dim + d, d_v[j * dim + d], sum, 1e-6 * size);
        }
    float *fresh = need(n * dim); /* is_new reads nothing of what was there */
    k->to_items(1, n, dim, t->e, t->u, fresh);
    memset(d_v, 0, n * dim * sizeof(*d_v));
    k->to_items(0, n, dim, t->e, t->u, d_v);
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
                    assert_near("e", j * Q + q, t.e[j * Q + q], exact, 2e-7 * exact);
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
            k[w]->to_queries(61, w ? n : cut, dim, t[w].e, t[w].v, t[w].d_u);
            k[w]->to_items(0, w ? n : cut, dim, t[w].e, t[w].u, t[w].d_v);
        }
        k[0]->to_queries(61, n - cut, dim, t[0].e + cut * Q, t[0].v + cut * dim, t[0].d_u);
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
                assert_int_equal(isnan(t.e[3 * Q + q]) != 0, q == 17);
            }
        }
        tile_release(&t);
    }
}

static void test_tile_panel_scales_and_fills_up(void **state)
{
    struct tile t = tile_new(61, 1, 7, 3);

    (void)state;
    tt_tile_panel(61, 7, t.queries, 0.5f, t.panel);
    for (size_t q = 0; q < Q; q++)
        for (size_t d = 0; d < 7; d++)
            assert_true(t.panel[d * Q + q] == (q < 61 ? 0.5f * t.queries[q * 7 + d] : 0));
    tile_release(&t);
}

static void test_tile_best_is_the_last_kind_that_this_cpu_has(void **state)
{
    const struct tt_tile_kernels *last = tt_tile_kernels(TT_TILE_PLAIN);

    (void)state;
    assert_non_null(last);
    for (int isa = 0; isa < TT_TILE_ISAS; isa++)
        last = tt_tile_kernels((enum tt_tile_isa)isa) ? tt_tile_kernels((enum tt_tile_isa)isa) : last;
    assert_ptr_equal(tt_tile_best(), last);
}

static void test_tile_has_whole_groups_of_items(void **state)
{
    (void)state;
    for (size_t dim = 1; dim <= 4096; dim++) {
        size_t n = tt_tile_items(dim);
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
        cmocka_unit_test(test_tile_panel_scales_and_fills_up),
        cmocka_unit_test(test_tile_best_is_the_last_kind_that_this_cpu_has),
        cmocka_unit_test(test_tile_has_whole_groups_of_items),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
