/* The layers of deep towers: shapes, first values, one row against its formula, every gradient by differences. */
#include "model/dense.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "unit.h"

#define NEED(call) do { if (call) fail_msg("%s", err.text); } while (0)

enum { FEATURES = 3, DIM = 5, ROWS = 70 };
static const size_t widths[] = {7, 4};

/* Layers of random numbers, the output layer's too, over random rows. */
struct world {
    struct tt_dense dense;
    struct tt_dense_rows z;
    float *input; /* (ROWS, FEATURES DIM), as z[0] is lost */
    float *x;     /* (ROWS, DIM) */
    float *g;     /* (ROWS, DIM): the loss is the sum of g x */
};

static void world_init(struct world *w)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_rng rng;

    NEED(tt_dense_init(&w->dense, FEATURES, DIM, widths, LENGTH(widths), &err));
    NEED(tt_dense_rows_init(&w->z, &w->dense, ROWS, &err));
    w->input = malloc(ROWS * FEATURES * DIM * sizeof(float));
    w->x = malloc(ROWS * DIM * sizeof(float));
    w->g = malloc(ROWS * DIM * sizeof(float));
    assert_true(w->input && w->x && w->g);
    tt_rng_init(&rng, 1, TT_RNG_TEST, 0);
    for (size_t i = 0; i < w->dense.n_params; i++)
        w->dense.params[i] = (float)(0.5 * tt_rng_normal(&rng));
    for (size_t i = 0; i < ROWS * FEATURES * DIM; i++)
        w->input[i] = (float)tt_rng_normal(&rng);
    for (size_t i = 0; i < ROWS * DIM; i++)
        w->g[i] = (float)tt_rng_normal(&rng);
}

static void world_release(struct world *w)
{
    tt_dense_release(&w->dense);
    tt_dense_rows_release(&w->z);
    free(w->input);
    free(w->x);
    free(w->g);
}

static void forward(struct world *w)
{
    memcpy(w->z.z[0], w->input, ROWS * FEATURES * DIM * sizeof(float));
    tt_dense_forward(&w->dense, ROWS, w->z.z, w->x);
}

/* x of one row by the formula, in double. */
static void naive(const struct world *w, size_t r, double x[DIM])
{
    double in[FEATURES * DIM], out[FEATURES * DIM];
    size_t n_in = FEATURES * DIM;

    for (size_t i = 0; i < n_in; i++)
        in[i] = (double)w->input[r * n_in + i];
    for (size_t j = 0; j < DIM; j++)
        x[j] = in[j] + in[DIM + j] + in[2 * DIM + j];
    for (size_t l = 0; l < w->dense.n_layers; l++) {
        const struct tt_dense_layer *layer = &w->dense.layers[l];
        for (size_t j = 0; j < layer->n_out; j++) {
            double sum = (double)w->dense.params[layer->bias + j];
            for (size_t i = 0; i < layer->n_in; i++)
                sum += in[i] * (double)w->dense.params[layer->weights + i * layer->n_out + j];
            out[j] = l + 1 < w->dense.n_layers ? fmax(sum, 0) : sum;
        }
        memcpy(in, out, sizeof(out));
    }
    for (size_t j = 0; j < DIM; j++)
        x[j] += out[j];
}

static double loss(const struct world *w)
{
    double sum = 0, x[DIM];

    for (size_t r = 0; r < ROWS; r++) {
        naive(w, r, x);
        for (size_t j = 0; j < DIM; j++)
            sum += (double)w->g[r * DIM + j] * x[j];
    }
    return sum;
}

static void test_dense_forward_is_the_formula(void **state)
{
    struct world w;
    double x[DIM];

    (void)state;
    world_init(&w);
    assert_int_equal(w.dense.n_layers, 3);
    assert_int_equal(w.dense.n_params, 15 * 7 + 7 + 7 * 4 + 4 + 4 * DIM + DIM);
    forward(&w);
    for (size_t r = 0; r < ROWS; r++) {
        naive(&w, r, x);
        for (size_t j = 0; j < DIM; j++)
            assert_true(fabs(x[j] - (double)w.x[r * DIM + j]) < 1e-5);
    }
    world_release(&w);
}

/* The slope of the loss by one number, the gradient that was found for it beside it. */
static void check_slope(struct world *w, float *number, double gradient, const char *what, size_t i)
{
    float old = *number, above, below;

    above = *number = old + 1e-5f; /* so near that no ReLU has its corner between */
    double up = loss(w);
    below = *number = old - 1e-5f;
    double slope = (up - loss(w)) / ((double)above - (double)below);
    *number = old;
    if (fabs(slope - gradient) > 1e-3 + 2e-3 * fabs(slope))
        fail_msg("%s %zu: gradient %g, by differences %g", what, i, gradient, slope);
}

static void test_dense_backward_gives_the_gradients(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct world w;
    float *gradient, *first;

    (void)state;
    world_init(&w);
    gradient = malloc(w.dense.n_params * sizeof(float));
    first = malloc(w.dense.n_params * sizeof(float));
    assert_true(gradient && first);
    for (int threads = 3; threads >= 1; threads--) {
        struct tt_pool *pool = tt_pool_new(threads, &err);
        assert_non_null(pool);
        forward(&w);
        tt_dense_backward(&w.dense, pool, ROWS, w.z.z, w.g, gradient);
        if (threads == 3)
            memcpy(first, gradient, w.dense.n_params * sizeof(float));
        assert_memory_equal(first, gradient, w.dense.n_params * sizeof(float));
        tt_pool_free(pool);
    }
    for (size_t i = 0; i < w.dense.n_params; i++)
        check_slope(&w, &w.dense.params[i], (double)gradient[i], "parameter", i);
    for (size_t i = 0; i < ROWS * FEATURES * DIM; i++)
        check_slope(&w, &w.input[i], (double)w.z.z[0][i], "input", i);
    free(gradient);
    free(first);
    world_release(&w);
}

/* Wide layers: more than one block of weights, of columns and of rows. */
static void test_dense_backward_of_wide_layers(void **state)
{
    enum { WIDE = 600 };
    static const size_t wide[] = {WIDE, 40};
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(2, &err);
    struct tt_dense dense;
    struct tt_dense_rows z;
    float x[2 * DIM], d_x[2 * DIM] = {0}, input[2 * DIM];
    struct tt_rng rng;

    (void)state;
    assert_non_null(pool);
    NEED(tt_dense_init(&dense, 1, DIM, wide, 2, &err));
    NEED(tt_dense_rows_init(&z, &dense, 2, &err));
    float *gradient = malloc(dense.n_params * sizeof(float));
    assert_non_null(gradient);
    tt_rng_init(&rng, 5, TT_RNG_TEST, 0);
    for (size_t i = 0; i < dense.n_params; i++)
        dense.params[i] = (float)(0.1 * tt_rng_normal(&rng));
    for (size_t i = 0; i < 2 * DIM; i++)
        input[i] = (float)tt_rng_normal(&rng);
    memcpy(z.z[0], input, sizeof(input));
    tt_dense_forward(&dense, 2, z.z, x);
    d_x[1] = 1; /* of row 0 */
    tt_dense_backward(&dense, pool, 2, z.z, d_x, gradient);
    for (size_t i = 0; i < dense.n_params; i += 97) {
        float old = dense.params[i], above, below;
        above = dense.params[i] = old + 1e-2f;
        memcpy(z.z[0], input, sizeof(input));
        tt_dense_forward(&dense, 2, z.z, x);
        double up = (double)x[1];
        below = dense.params[i] = old - 1e-2f;
        memcpy(z.z[0], input, sizeof(input));
        tt_dense_forward(&dense, 2, z.z, x);
        dense.params[i] = old;
        double slope = (up - (double)x[1]) / ((double)above - (double)below);
        if (fabs(slope - (double)gradient[i]) > 2e-3)
            fail_msg("parameter %zu: gradient %g, by differences %g", i, (double)gradient[i], slope);
    }
    free(gradient);
    tt_dense_release(&dense);
    tt_dense_rows_release(&z);
    tt_pool_free(pool);
}

static void test_dense_starts_as_the_sum(void **state)
{
    struct world w;
    const struct tt_dense_layer *first;
    double squares = 0;

    (void)state;
    world_init(&w);
    tt_dense_start(&w.dense, 7, 0);
    forward(&w);
    for (size_t r = 0; r < ROWS; r++)
        for (size_t j = 0; j < DIM; j++) {
            const float *in = w.input + r * FEATURES * DIM;
            assert_true(w.x[r * DIM + j] == in[j] + in[DIM + j] + in[2 * DIM + j]);
        }
    first = &w.dense.layers[0];
    for (size_t i = 0; i < first->n_in * first->n_out; i++)
        squares += (double)w.dense.params[i] * (double)w.dense.params[i];
    double variance = squares / (double)(first->n_in * first->n_out) * (double)first->n_in;
    assert_true(variance > 1.2 && variance < 3); /* 2, of 105 numbers */
    float *same = malloc(w.dense.n_params * sizeof(float));
    assert_non_null(same);
    memcpy(same, w.dense.params, w.dense.n_params * sizeof(float));
    tt_dense_start(&w.dense, 7, 0);
    assert_memory_equal(same, w.dense.params, w.dense.n_params * sizeof(float));
    tt_dense_start(&w.dense, 7, 1); /* the other tower */
    assert_memory_not_equal(same, w.dense.params, w.dense.n_params * sizeof(float));
    tt_dense_start(&w.dense, 8, 0);
    assert_memory_not_equal(same, w.dense.params, w.dense.n_params * sizeof(float));
    free(same);
    world_release(&w);
}

static void test_dense_without_layers_is_nothing(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_dense dense;
    struct tt_dense_rows z;

    (void)state;
    NEED(tt_dense_init(&dense, 2, 4, NULL, 0, &err));
    NEED(tt_dense_rows_init(&z, &dense, 10, &err));
    assert_int_equal(dense.n_layers, 0);
    assert_int_equal(dense.n_params, 0);
    assert_null(z.z[0]);
    tt_dense_start(&dense, 1, 0);
    tt_dense_release(&dense);
    tt_dense_rows_release(&z);
}

static void test_dense_widths_as_text(void **state)
{
    static const char *const bad[] = {",", "1,", ",1", "0", "4097", "1,,2", "1 ,2", "x", "-1", "1,2,3,4,5", "1.5"};
    size_t read[TT_MAX_HIDDEN], n;
    char text[TT_WIDTHS_TEXT];

    (void)state;
    assert_int_equal(tt_dense_parse_widths("", read, &n), 0);
    assert_int_equal(n, 0);
    assert_string_equal(tt_dense_print_widths(text, read, n), "");
    assert_int_equal(tt_dense_parse_widths("4096,1,128,4096", read, &n), 0);
    assert_int_equal(n, 4);
    assert_true(read[0] == 4096 && read[1] == 1 && read[2] == 128 && read[3] == 4096);
    assert_string_equal(tt_dense_print_widths(text, read, n), "4096,1,128,4096");
    for (size_t i = 0; i < LENGTH(bad); i++)
        assert_int_equal(tt_dense_parse_widths(bad[i], read, &n), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dense_forward_is_the_formula),
        cmocka_unit_test(test_dense_backward_gives_the_gradients),
        cmocka_unit_test(test_dense_backward_of_wide_layers),
        cmocka_unit_test(test_dense_starts_as_the_sum),
        cmocka_unit_test(test_dense_without_layers_is_nothing),
        cmocka_unit_test(test_dense_widths_as_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
