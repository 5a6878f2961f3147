/* The layers of a deep tower. They read the features' sums side by side, and what they give is added to the plain sum:
 *
 *     z_0 = [e_1 ... e_F]                        (F D)  e_f: the weighted sum of feature f's rows (model.h)
 *     z_l = max(0, z_(l-1) W_l + b_l)            (H_l)  l = 1 ... L: the hidden layers
 *     x   = e_1 + ... + e_F + z_L W_o + b_o      (D)    the output layer, added to the sum
 *
 * z_1 ... z_L are the towers of Covington et al. 2016 (RecSys, section 3.2: embeddings concatenated, ReLU layers) and
 * of Yi et al. 2019 (RecSys, section 5.1). The way around the layers is that of He et al. 2016 ("Deep Residual
 * Learning", equation 1); with W_o and b_o beginning at 0 the deep tower begins as the sum, with all that the spectral
 * start knows, and learns corrections. The hidden layers begin normal with variance 2 / n_in (He et al. 2015, "Delving
 * Deep into Rectifiers", equation 10), biases at 0.
 *
 * All numbers of a tower's layers are one flat array, `params`: for each layer its weights (n_in, n_out) and its bias.
 * A row's result does not depend on the rows beside it (affine.h).
 */
#ifndef TT_MODEL_DENSE_H
#define TT_MODEL_DENSE_H

#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"

enum { TT_MAX_HIDDEN = 4, TT_MAX_WIDTH = 4096 };

struct tt_dense_layer {
    size_t n_in, n_out;
    size_t weights, bias;  /* where they begin in params */
};

struct tt_dense {
    size_t n_layers;       /* hidden ones and the output layer; 0: the tower is a plain sum */
    struct tt_dense_layer layers[TT_MAX_HIDDEN + 1];
    size_t n_params;
    float *params;         /* (n_params) owned; NULL without layers */
};

/* Layers for F features of D dimensions, with n hidden ones of these widths (n at most TT_MAX_HIDDEN); n = 0: none.
 * plan gives the shapes alone, without params; init zeros for params as well. */
void tt_dense_plan(struct tt_dense *dense, size_t n_features, size_t dim, const size_t *widths, size_t n);
int tt_dense_init(struct tt_dense *dense, size_t n_features, size_t dim, const size_t *widths, size_t n,
                  struct tt_err *err) TT_CHECKED;
void tt_dense_release(struct tt_dense *dense); /* fine on a struct that is all zero */

/* The first values; streams TT_RNG_LAYER + which. */
void tt_dense_start(struct tt_dense *dense, uint64_t seed, uint32_t which);

/* Widths as text, "128,64" ("": none), to numbers: widths has room for TT_MAX_HIDDEN. -1 when the text is anything
 * else. And back, into a buffer of TT_WIDTHS_TEXT bytes. */
enum { TT_WIDTHS_TEXT = 6 * TT_MAX_HIDDEN };
int tt_dense_parse_widths(const char *text, size_t *widths, size_t *n) TT_CHECKED;
const char *tt_dense_print_widths(char buffer[TT_WIDTHS_TEXT], const size_t *widths, size_t n);

/* What the forward pass keeps of some rows. */
struct tt_dense_rows {
    float *z[TT_MAX_HIDDEN + 1]; /* z[0] (rows, F D), z[l] (rows, H_l): one block, owned by z[0]; NULL without layers */
};
int tt_dense_rows_init(struct tt_dense_rows *z, const struct tt_dense *dense, size_t rows,
                       struct tt_err *err) TT_CHECKED;
void tt_dense_rows_release(struct tt_dense_rows *z); /* fine on a struct that is all zero */

/* From z[0] (rows, F D): z[l] (rows, H_l) for l = 1 ... L, and x (rows, D). Rows stand without gaps. */
void tt_dense_forward(const struct tt_dense *dense, size_t rows, float *const *z, float *x);

/* From d_x (rows, D), the gradient by x, and z as the forward pass left it: `gradient` (n_params) by the layers'
 * numbers, overwritten, and z[0] becomes the gradient by z_0; z[1] ... z[L] are lost. Parallel; the same bits for any
 * pool. */
void tt_dense_backward(const struct tt_dense *dense, struct tt_pool *pool, size_t rows, float *const *z,
                       const float *d_x, float *gradient);

#endif
