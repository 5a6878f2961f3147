/* The layers of a deep tower: see dense.h. */
#include "model/dense.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"
#include "base/rng.h"
#include "math/affine.h"
#include "math/gemm.h"

enum {
    ROW_BLOCK = 64,
    WEIGHT_BLOCK = 32,  /* rows of a weight matrix, or numbers of a bias, whose gradient is one piece of work */
    WIDTH_BLOCK = 512,  /* columns of z whose gradient is taken at once: scratch on the stack */
};

void tt_dense_plan(struct tt_dense *dense, size_t n_features, size_t dim, const size_t *widths, size_t n)
{
    *dense = (struct tt_dense){.n_layers = n ? n + 1 : 0};
    for (size_t l = 0; l < dense->n_layers; l++) {
        struct tt_dense_layer *layer = &dense->layers[l];
        layer->n_in = l == 0 ? n_features * dim : widths[l - 1];
        layer->n_out = l == n ? dim : widths[l];
        layer->weights = dense->n_params;
        layer->bias = layer->weights + layer->n_in * layer->n_out;
        dense->n_params = layer->bias + layer->n_out;
    }
}

int tt_dense_init(struct tt_dense *dense, size_t n_features, size_t dim, const size_t *widths, size_t n,
                  struct tt_err *err)
{
    tt_dense_plan(dense, n_features, dim, widths, n);
    if (n == 0)
        return 0;
    dense->params = tt_alloc_zero(dense->n_params, sizeof(*dense->params), err);
    return dense->params ? 0 : -1;
}

void tt_dense_release(struct tt_dense *dense)
{
    free(dense->params);
    *dense = (struct tt_dense){0};
}

void tt_dense_start(struct tt_dense *dense, uint64_t seed, uint32_t which)
{
    for (size_t l = 0; l < dense->n_layers; l++) {
        const struct tt_dense_layer *layer = &dense->layers[l];
        float *weights = dense->params + layer->weights;
        double deviation = l + 1 < dense->n_layers && layer->n_in ? sqrt(2 / (double)layer->n_in) : 0;
        struct tt_rng rng;
        tt_rng_init(&rng, seed, TT_RNG_LAYER + which, l);
        for (size_t i = 0; i < layer->n_in * layer->n_out; i++)
            weights[i] = (float)(deviation * tt_rng_normal(&rng));
        memset(dense->params + layer->bias, 0, layer->n_out * sizeof(float));
    }
}

int tt_dense_parse_widths(const char *text, size_t *widths, size_t *n)
{
    *n = 0;
    while (*text) {
        size_t len = strcspn(text, ",");
        uint64_t width;
        if (*n == TT_MAX_HIDDEN || tt_parse_u64(text, len, &width) || width < 1 || width > TT_MAX_WIDTH)
            return -1;
        widths[(*n)++] = (size_t)width;
        text += len;
        if (*text == ',' && *++text == '\0')
            return -1;
    }
    return 0;
}

const char *tt_dense_print_widths(char buffer[TT_WIDTHS_TEXT], const size_t *widths, size_t n)
{
    size_t used = 0;

    buffer[0] = '\0';
    for (size_t l = 0; l < n; l++)
        used += (size_t)snprintf(buffer + used, TT_WIDTHS_TEXT - used, "%s%zu", l ? "," : "", widths[l]);
    return buffer;
}

int tt_dense_rows_init(struct tt_dense_rows *z, const struct tt_dense *dense, size_t rows, struct tt_err *err)
{
    size_t width = 0;

    *z = (struct tt_dense_rows){0};
    for (size_t l = 0; l < dense->n_layers; l++)
        width += dense->layers[l].n_in;
    if (dense->n_layers == 0)
        return 0;
    float *block = tt_alloc_aligned(rows, width * sizeof(float), err);
    if (!block)
        return -1;
    for (size_t l = 0; l < dense->n_layers; l++) {
        z->z[l] = block;
        block += rows * dense->layers[l].n_in;
    }
    return 0;
}

void tt_dense_rows_release(struct tt_dense_rows *z)
{
    free(z->z[0]);
    *z = (struct tt_dense_rows){0};
}

/* x = the output layer's bias + the sum of the features. */
static void start_output(const struct tt_dense *dense, size_t rows, const float *z_0, float *x)
{
    const struct tt_dense_layer *output = &dense->layers[dense->n_layers - 1];
    size_t n_in = dense->layers[0].n_in, dim = output->n_out;

    for (size_t r = 0; r < rows; r++) {
        float *to = x + r * dim;
        memcpy(to, dense->params + output->bias, dim * sizeof(*to));
        for (size_t i = 0; i < n_in; i += dim)
            for (size_t j = 0; j < dim; j++)
                to[j] += z_0[r * n_in + i + j];
    }
}

void tt_dense_forward(const struct tt_dense *dense, size_t rows, float *const *z, float *x)
{
    start_output(dense, rows, z[0], x);
    for (size_t l = 0; l < dense->n_layers; l++) {
        const struct tt_dense_layer *layer = &dense->layers[l];
        int is_output = l + 1 == dense->n_layers;
        tt_affine(rows, layer->n_in, layer->n_out, z[l], layer->n_in, dense->params + layer->weights,
                  is_output ? NULL : dense->params + layer->bias, !is_output, is_output ? x : z[l + 1], layer->n_out);
    }
}

struct pass {
    const struct tt_dense_layer *layer;
    size_t rows;
    const float *weights, *d_out;
    float *z;            /* the layer's input; then the gradient by it */
    const float *d_x;    /* of the first layer, whose input goes to the sum too; else NULL: z is behind a ReLU */
    size_t dim;          /* of d_x */
    float *d_weights, *d_bias;
};

/* Some rows of the weights' gradient, z' d_out; behind them, some numbers of the bias's. */
static void weights_block(void *arg, size_t block, int worker)
{
    const struct pass *p = arg;
    size_t n_in = p->layer->n_in, n_out = p->layer->n_out, n_blocks = tt_blocks(n_in, WEIGHT_BLOCK);
    double sums[WEIGHT_BLOCK] = {0};

    (void)worker;
    if (block < n_blocks) {
        size_t from = block * WEIGHT_BLOCK, n = n_in - from < WEIGHT_BLOCK ? n_in - from : WEIGHT_BLOCK;
        tt_gemm_tn(n, n_out, p->rows, p->z + from, n_in, p->d_out, n_out, 0, p->d_weights + from * n_out, n_out);
        return;
    }
    size_t from = (block - n_blocks) * WEIGHT_BLOCK, n = n_out - from < WEIGHT_BLOCK ? n_out - from : WEIGHT_BLOCK;
    for (size_t r = 0; r < p->rows; r++)
        for (size_t j = 0; j < n; j++)
            sums[j] += (double)p->d_out[r * n_out + from + j];
    for (size_t j = 0; j < n; j++)
        p->d_bias[from + j] = (float)sums[j];
}

/* z of some rows becomes the gradient by it: through the layer, d_out W', and if it is the first, through the sum. */
static void rows_block(void *arg, size_t block, int worker)
{
    const struct pass *p = arg;
    size_t n_in = p->layer->n_in, n_out = p->layer->n_out;
    size_t from = block * ROW_BLOCK, rows = p->rows - from < ROW_BLOCK ? p->rows - from : ROW_BLOCK;
    const float *d_out = p->d_out + from * n_out;
    float *z = p->z + from * n_in, scratch[ROW_BLOCK * WIDTH_BLOCK];

    (void)worker;
    for (size_t r = 0; p->d_x && r < rows; r++)
        for (size_t i = 0; i < n_in; i += p->dim)
            memcpy(z + r * n_in + i, p->d_x + (from + r) * p->dim, p->dim * sizeof(*z));
    for (size_t j = 0; j < n_in; j += WIDTH_BLOCK) {
        size_t n = n_in - j < WIDTH_BLOCK ? n_in - j : WIDTH_BLOCK;
        const float *weights = p->weights + j * n_out;
        if (p->d_x) {
            tt_gemm_nt(rows, n, n_out, d_out, n_out, weights, n_out, 1, z + j, n_in);
            continue;
        }
        tt_gemm_nt(rows, n, n_out, d_out, n_out, weights, n_out, 0, scratch, n);
        for (size_t r = 0; r < rows; r++)
            for (size_t i = 0; i < n; i++)
                z[r * n_in + j + i] = z[r * n_in + j + i] > 0 ? scratch[r * n + i] : 0;
    }
}

void tt_dense_backward(const struct tt_dense *dense, struct tt_pool *pool, size_t rows, float *const *z,
                       const float *d_x, float *gradient)
{
    size_t dim = dense->layers[dense->n_layers - 1].n_out;

    for (size_t l = dense->n_layers; l-- > 0;) {
        const struct tt_dense_layer *layer = &dense->layers[l];
        struct pass pass = {.layer = layer, .rows = rows, .weights = dense->params + layer->weights,
                            .d_out = l + 1 == dense->n_layers ? d_x : z[l + 1], .z = z[l],
                            .d_x = l == 0 ? d_x : NULL, .dim = dim,
                            .d_weights = gradient + layer->weights, .d_bias = gradient + layer->bias};
        tt_pool_run(pool, tt_blocks(layer->n_in, WEIGHT_BLOCK) + tt_blocks(layer->n_out, WEIGHT_BLOCK), weights_block,
                    &pass);
        tt_pool_run(pool, tt_blocks(rows, ROW_BLOCK), rows_block, &pass);
    }
}
