/* The softmax loss against its reference, and the reference's gradients against differences. */
#include "train/softmax.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "unit.h"

/* A random problem: unit vectors, distinct positives, weights, and its arrays for both ways of computing. */
struct problem {
    size_t dim, n_queries, n_items, n_shared; /* n_shared is n_items unless a test makes it smaller */
    float *u, *v, *d_u, *d_v, *log_p;
    double *ref_u, *ref_v, *e;
    uint32_t *starts, *query, *item;
    float *weight;
    uint32_t *bad_starts, *bad_query, *bad_item;
    int has_disliked;
    double positive_temperature;
    const struct tt_tile_kernels *kernels; /* NULL: the fastest */
};

static const double DISLIKED = 2.5;

static void *need(size_t n, size_t size)
{
    struct tt_err err = TT_ERR_INIT;
    void *block = tt_alloc_aligned(n, size, &err);

    assert_non_null(block);
    return block;
}

static void unit_rows(struct tt_rng *rng, float *x, size_t n, size_t dim)
{
    for (size_t r = 0; r < n; r++) {
        double squares = 0;
        for (size_t i = 0; i < dim; i++) {
            x[r * dim + i] = (float)tt_rng_normal(rng);
            squares += (double)x[r * dim + i] * (double)x[r * dim + i];
        }
        for (size_t i = 0; i < dim; i++)
            x[r * dim + i] /= (float)sqrt(squares);
    }
}

static void problem_init(struct problem *p, size_t dim, size_t n_queries, size_t n_items, int weighted, uint64_t index)
{
    struct tt_rng rng;
    size_t most = n_queries * 4;

    *p = (struct problem){.dim = dim, .n_queries = n_queries, .n_items = n_items, .n_shared = n_items};
    p->u = need(n_queries * dim, sizeof(float));
    p->d_u = need(n_queries * dim, sizeof(float));
    p->v = need(n_items * dim, sizeof(float));
    p->d_v = need(n_items * dim, sizeof(float));
    p->log_p = need(n_items, sizeof(float));
    p->ref_u = need(n_queries * dim, sizeof(double));
    p->ref_v = need(n_items * dim, sizeof(double));
    p->e = need(n_queries * n_items, sizeof(double));
    p->starts = need(n_queries + 1, sizeof(uint32_t));
    p->query = need(most, sizeof(uint32_t));
    p->item = need(most, sizeof(uint32_t));
    p->weight = need(most, sizeof(float));
    p->bad_starts = need(n_queries + 1, sizeof(uint32_t));
    p->bad_query = need(most, sizeof(uint32_t));
    p->bad_item = need(most, sizeof(uint32_t));
    tt_rng_init(&rng, 3, TT_RNG_TEST, index);
    unit_rows(&rng, p->u, n_queries, dim);
    unit_rows(&rng, p->v, n_items, dim);
    size_t at = 0;
    for (size_t q = 0; q < n_queries; q++) {
        size_t n = (size_t)tt_rng_below(&rng, 5); /* none to four, of distinct items */
        p->starts[q] = (uint32_t)at;
        for (size_t k = 0; k < n && k < n_items; k++) {
            p->query[at] = (uint32_t)q;
            p->item[at] = (uint32_t)((q * 31 + k * (n_items / 5 + 1)) % n_items);
            if (at > p->starts[q] && p->item[at] == p->item[at - 1])
                continue;
            p->weight[at++] = weighted ? (float)(3 * tt_rng_unit(&rng)) : 1;
        }
    }
    p->starts[n_queries] = (uint32_t)at;
    at = 0;
    for (size_t q = 0; q < n_queries; q++) { /* up to two items that are no positives */
        p->bad_starts[q] = (uint32_t)at;
        for (size_t k = 0, item = (q * 17 + 3) % n_items; k < 2 && k + 5 < n_items; k++, item = (item + 1) % n_items) {
            int is_wanted = 0;
            for (size_t i = p->starts[q]; i < p->starts[q + 1]; i++)
                is_wanted |= p->item[i] == item;
            if (is_wanted)
                continue;
            p->bad_query[at] = (uint32_t)q;
            p->bad_item[at++] = (uint32_t)item;
        }
    }
    p->bad_starts[n_queries] = (uint32_t)at;
    for (size_t j = 0; j < n_items; j++)
        p->log_p[j] = (float)(-6 * tt_rng_unit(&rng));
}

static void problem_release(struct problem *p)
{
    void *blocks[] = {p->u,      p->d_u,   p->v,    p->d_v,    p->log_p,      p->ref_u,     p->ref_v,   p->e,
                      p->starts, p->query, p->item, p->weight, p->bad_starts, p->bad_query, p->bad_item};

    for (size_t i = 0; i < LENGTH(blocks); i++)
        free(blocks[i]);
}

static struct tt_softmax_step step_of(const struct problem *p, const float *log_p, double temperature, double c)
{
    struct tt_softmax_step step = {.n_queries = p->n_queries, .n_shared = p->n_shared, .n_items = p->n_items, .u = p->u,
                                   .v = p->v, .positives = {p->starts, p->query, p->item, p->weight}, .log_p = log_p,
                                   .loss = {temperature, c, p->positive_temperature, DISLIKED},
                                   .d_u = p->d_u, .d_v = p->d_v};

    if (p->has_disliked)
        step.disliked = (struct tt_pairs){p->bad_starts, p->bad_query, p->bad_item, NULL};
    return step;
}

static double run(struct problem *p, const float *log_p, double temperature, double c, int threads)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_softmax softmax;
    struct tt_pool *pool = tt_pool_new(threads, &err);
    double loss;

    assert_non_null(pool);
    struct tt_softmax_step step = step_of(p, log_p, temperature, c);
    assert_int_equal(tt_softmax_init(&softmax, p->n_queries, p->n_shared, p->n_items, p->dim,
                                     p->kernels ? p->kernels : tt_tile_best(), &err),
                     0);
    assert_int_equal(tt_softmax_loss(&softmax, pool, &step, &loss, &err), 0);
    tt_softmax_release(&softmax);
    tt_pool_free(pool);
    return loss;
}

static double run_ref(struct problem *p, const float *log_p, double temperature, double c)
{
    struct tt_softmax_step step = step_of(p, log_p, temperature, c);

    return tt_softmax_loss_ref(p->dim, &step, p->ref_u, p->ref_v, p->e);
}

static double largest(const double *x, size_t n)
{
    double most = 0;

    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs(x[i]));
    return most;
}

static void assert_near(const float *x, const double *ref, size_t n, double tolerance, const char *what)
{
    double scale = fmax(largest(ref, n), 0.1); /* all gradients may cancel */

    for (size_t i = 0; i < n; i++)
        if (!(fabs((double)x[i] - ref[i]) <= tolerance * scale))
            fail_msg("%s[%zu] is %.9g, expected %.9g, the largest being %.3g", what, i, (double)x[i], ref[i], scale);
}

static void compare_one(struct problem *p, const float *log_p, double temperature, double c)
{
    double loss = run(p, log_p, temperature, c, 1), ref = run_ref(p, log_p, temperature, c);

    if (p->starts[p->n_queries] == 0) {
        assert_true(loss == 0);
        return;
    }
    if (!(fabs(loss - ref) <= 1e-5 * (1 + fabs(ref))))
        fail_msg("loss %.9g, expected %.9g (%zu queries, %zu items)", loss, ref, p->n_queries, p->n_items);
    assert_near(p->d_u, p->ref_u, p->n_queries * p->dim, 2e-5, "d_u");
    assert_near(p->d_v, p->ref_v, p->n_items * p->dim, 2e-5, "d_v");
}

/* n_shared 0: all items. */
static void compare(size_t dim, size_t n_queries, size_t n_items, size_t n_shared, int with_p, int weighted,
                    int has_disliked, double temperature, double c)
{
    struct problem p;

    problem_init(&p, dim, n_queries, n_items, weighted, n_queries * 10000 + n_items);
    p.n_shared = n_shared ? n_shared : n_items;
    p.has_disliked = has_disliked;
    compare_one(&p, with_p ? p.log_p : NULL, temperature, c);
    p.positive_temperature = 2;
    compare_one(&p, with_p ? p.log_p : NULL, temperature, c);
    problem_release(&p);
}

static void test_softmax_agrees_with_its_reference(void **state)
{
    static const size_t dims[] = {7, 16, 48, 64, 65, 128, 200};
    static const size_t queries[] = {1, 127, 128, 129}, items[] = {1, 2, 503, 504, 505, 1100};

    (void)state;
    for (size_t i = 0; i < LENGTH(queries); i++)
        for (size_t j = 0; j < LENGTH(items); j++) {
            compare(8, queries[i], items[j], 0, 0, 0, 0, 0.13, 1);
            compare(8, queries[i], items[j], 0, 1, 1, 1, 0.2, 1.3);
            compare(8, queries[i], items[j], (items[j] + 1) / 2, 1, 1, 0, 0.2, 1.3); /* half of them are shared */
            compare(8, queries[i], items[j], 1 + items[j] / 9, 0, 0, 1, 0.13, 1.1);
        }
    compare(1, 5, 7, 0, 1, 1, 0, 0.5, 1);
    compare(33, 20, 600, 0, 1, 1, 1, 0.05, 0.7);
    compare(33, 20, 600, 100, 1, 1, 1, 0.05, 0.7);
    compare(8, 20, 600, 0, 0, 1, 0, 0.02, 1.1);
    compare(8, 20, 600, 512, 0, 1, 1, 0.02, 1.1);
    compare(8, 20, 600, 0, 0, 1, 0, 10, 100);
    for (size_t i = 0; i < LENGTH(dims); i++)
        compare(dims[i], 70, 300, 200, 1, 1, 1, 0.1, 1.1);
}

/* Several ranges of candidates, and the larger blocks of the second pass. */
static void test_softmax_agrees_with_its_reference_over_large_catalogues(void **state)
{
    (void)state;
    compare(2, 3, 8192, 0, 0, 1, 1, 0.2, 1);
    compare(2, 3, 8193, 0, 1, 1, 0, 0.2, 1);
    compare(2, 66, 17000, 16999, 0, 1, 1, 0.2, 1);
    compare(2, 3, 100000, 90000, 0, 1, 0, 0.2, 1);
}

static void test_softmax_agrees_with_its_reference_on_every_kernel(void **state)
{
    struct problem p;

    (void)state;
    problem_init(&p, 20, 70, 1100, 1, 8);
    p.n_shared = 1000;
    p.has_disliked = 1;
    double loss = run(&p, p.log_p, 0.1, 1.1, 1), ref = run_ref(&p, p.log_p, 0.1, 1.1);
    for (int isa = 0; isa < TT_TILE_ISAS; isa++) {
        p.kernels = tt_tile_kernels((enum tt_tile_isa)isa);
        if (!p.kernels)
            continue;
        assert_true(fabs(run(&p, p.log_p, 0.1, 1.1, 2) - loss) <= 1e-6 * fabs(ref));
        assert_near(p.d_u, p.ref_u, 70 * 20, 2e-5, "d_u");
        assert_near(p.d_v, p.ref_v, 1100 * 20, 2e-5, "d_v");
    }
    problem_release(&p);
}

/* Every candidate points away: at a low temperature all exponentials are tiny, and the gradient still is a number. */
static void test_softmax_holds_at_low_temperature_and_low_scores(void **state)
{
    struct problem p;

    (void)state;
    problem_init(&p, 4, 3, 1, 0, 1);
    for (size_t q = 0; q < 3; q++)
        for (size_t i = 0; i < 4; i++)
            p.u[q * 4 + i] = -p.v[i];
    for (size_t q = 0; q < 3; q++) {
        p.starts[q] = p.query[q] = (uint32_t)q;
        p.item[q] = 0;
        p.weight[q] = 1;
    }
    p.starts[3] = 3;
    double loss = run(&p, NULL, 0.02, 1.5, 1), ref = run_ref(&p, NULL, 0.02, 1.5);
    assert_true(fabs(loss - ref) < 1e-4 * fabs(ref)); /* (1 - 1.5) 50 */
    assert_true(fabs(ref + 25) < 1e-4);
    assert_near(p.d_u, p.ref_u, 12, 1e-5, "d_u");
    assert_near(p.d_v, p.ref_v, 4, 1e-5, "d_v");
    problem_release(&p);
}

/* A positive whose correction alone would outweigh all other candidates a hundred thousandfold. */
static void test_softmax_keeps_its_precision_beside_a_rare_positive(void **state)
{
    struct problem p;

    (void)state;
    problem_init(&p, 4, 2, 50, 0, 2);
    for (size_t j = 0; j < 50; j++)
        p.log_p[j] = 0;
    p.starts[0] = 0;
    p.starts[1] = 1;
    p.starts[2] = 1;
    p.query[0] = 0;
    p.item[0] = 7;
    p.weight[0] = 1;
    p.log_p[7] = -16;
    double loss = run(&p, p.log_p, 0.5, 1, 1), ref = run_ref(&p, p.log_p, 0.5, 1);
    assert_true(fabs(loss - ref) < 1e-5 * fabs(ref));
    assert_near(p.d_u, p.ref_u, 8, 2e-5, "d_u");
    assert_near(p.d_v, p.ref_v, 200, 2e-5, "d_v");
    problem_release(&p);
}

static void test_softmax_has_the_same_bits_for_any_pool(void **state)
{
    struct problem p;
    size_t n_u = 130 * 8, n_v = 17000 * 8;
    float *d_u = need(n_u, sizeof(float)), *d_v = need(n_v, sizeof(float));

    (void)state;
    problem_init(&p, 8, 130, 17000, 1, 4); /* three panels, three ranges */
    p.n_shared = 16400;
    p.has_disliked = 1;
    double loss = run(&p, p.log_p, 0.1, 1.1, 1);
    memcpy(d_u, p.d_u, n_u * sizeof(float));
    memcpy(d_v, p.d_v, n_v * sizeof(float));
    for (int threads = 2; threads <= 3; threads++) {
        assert_true(run(&p, p.log_p, 0.1, 1.1, threads) == loss);
        assert_memory_equal(d_u, p.d_u, n_u * sizeof(float));
        assert_memory_equal(d_v, p.d_v, n_v * sizeof(float));
    }
    problem_release(&p);
    free(d_u);
    free(d_v);
}

/* What a query sees: its positives once, what it dislikes so many times, others by their chance, and of those that are
 * not shared none. */
static void test_softmax_counts_each_candidate_as_stated(void **state)
{
    struct problem p;

    (void)state;
    problem_init(&p, 3, 20, 40, 1, 7);
    p.n_shared = 15;
    p.has_disliked = 1;
    run_ref(&p, p.log_p, 0.5, 1);
    for (size_t q = 0; q < 20; q++)
        for (size_t j = 0; j < 40; j++) {
            double score = 0, expected = j < 15 ? exp(-(double)p.log_p[j]) : 0;
            for (size_t i = 0; i < 3; i++)
                score += (double)p.u[q * 3 + i] * (double)p.v[j * 3 + i];
            for (size_t k = p.starts[q]; k < p.starts[q + 1]; k++)
                expected = p.item[k] == j ? 1 : expected;
            for (size_t k = p.bad_starts[q]; k < p.bad_starts[q + 1]; k++)
                expected = p.bad_item[k] == j ? DISLIKED : expected;
            assert_true(fabs(p.e[q * 40 + j] - expected * exp(score / 0.5)) <= 1e-9 * expected * exp(score / 0.5));
        }
    problem_release(&p);
}

/* Vectors are floats, so the step must be large; the central difference's own error falls with its square. */
static double difference(struct problem *p, float *x, const float *log_p, double t, double c)
{
    float old = *x, step = 1.0f / 128;
    double *keep_u = p->ref_u, *keep_v = p->ref_v;

    p->ref_u = need(p->n_queries * p->dim, sizeof(double));
    p->ref_v = need(p->n_items * p->dim, sizeof(double));
    *x = old + step;
    float up = *x;
    double above = run_ref(p, log_p, t, c);
    *x = old - step;
    double d = (above - run_ref(p, log_p, t, c)) / ((double)up - (double)*x);
    *x = old;
    free(p->ref_u);
    free(p->ref_v);
    p->ref_u = keep_u;
    p->ref_v = keep_v;
    return d;
}

static void test_softmax_reference_has_the_gradients_of_its_loss(void **state)
{
    struct problem p;

    (void)state;
    for (int way = 0; way < 16; way++) {
        problem_init(&p, 3, 6, 9, 1, 5);
        p.positive_temperature = way & 8 ? 0.7 : 0;
        const float *log_p = way & 1 ? p.log_p : NULL;
        p.n_shared = way & 2 ? 4 : 9;
        p.has_disliked = way & 4;
        run_ref(&p, log_p, 0.5, 1.2);
        for (size_t i = 0; i < 18; i++)
            assert_true(fabs(difference(&p, &p.u[i], log_p, 0.5, 1.2) - p.ref_u[i]) < 5e-4);
        for (size_t i = 0; i < 27; i++)
            assert_true(fabs(difference(&p, &p.v[i], log_p, 0.5, 1.2) - p.ref_v[i]) < 5e-4);
        problem_release(&p);
    }
}

/* A query's positives pull alike at a high temperature of their own, and at a low one only the nearest does. */
static void test_softmax_bilateral_lies_between_the_mean_and_the_nearest(void **state)
{
    struct problem p;
    const double h[] = {0.01, 1e4};
    double nearest = 0, mean = 0, total = 0;

    (void)state;
    problem_init(&p, 3, 20, 40, 1, 7);
    for (size_t q = 0; q < 20; q++) {
        double weights = 0, most = -1;
        for (size_t k = p.starts[q]; k < p.starts[q + 1]; k++) {
            double score = 0;
            for (size_t i = 0; i < 3; i++)
                score += (double)p.u[q * 3 + i] * (double)p.v[p.item[k] * 3 + i];
            most = fmax(most, score);
            mean += (double)p.weight[k] * score / 0.5;
            weights += (double)p.weight[k];
        }
        nearest += weights > 0 ? weights * most / 0.5 : 0;
        total += weights;
    }
    double plain = run(&p, NULL, 0.5, 1, 1);
    for (size_t i = 0; i < LENGTH(h); i++) {
        p.positive_temperature = h[i];
        double expected = plain + (mean - (i ? mean : nearest)) / total;
        assert_true(fabs(run(&p, NULL, 0.5, 1, 1) - expected) < (i ? 1e-4 : 0.03));
    }
    problem_release(&p);
}

static void test_softmax_of_weight_0_has_no_gradient(void **state)
{
    struct problem p;

    (void)state;
    problem_init(&p, 4, 3, 5, 0, 6);
    for (size_t k = 0; k < p.starts[3]; k++)
        p.weight[k] = 0;
    p.positive_temperature = 3;
    assert_true(run(&p, NULL, 0.1, 1, 1) == 0);
    for (size_t i = 0; i < 12; i++)
        assert_true(p.d_u[i] == 0);
    for (size_t i = 0; i < 20; i++)
        assert_true(p.d_v[i] == 0);
    problem_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_softmax_agrees_with_its_reference),
        cmocka_unit_test(test_softmax_agrees_with_its_reference_over_large_catalogues),
        cmocka_unit_test(test_softmax_agrees_with_its_reference_on_every_kernel),
        cmocka_unit_test(test_softmax_holds_at_low_temperature_and_low_scores),
        cmocka_unit_test(test_softmax_keeps_its_precision_beside_a_rare_positive),
        cmocka_unit_test(test_softmax_counts_each_candidate_as_stated),
        cmocka_unit_test(test_softmax_has_the_same_bits_for_any_pool),
        cmocka_unit_test(test_softmax_reference_has_the_gradients_of_its_loss),
        cmocka_unit_test(test_softmax_bilateral_lies_between_the_mean_and_the_nearest),
        cmocka_unit_test(test_softmax_of_weight_0_has_no_gradient),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
