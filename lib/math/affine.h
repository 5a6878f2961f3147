/* A layer of a network over some rows: out = b + x W, with or without ReLU.
 *
 *     out[i][j] = b[j] + sum over k, rising, of x[i][k] W[k][j]          without b: out[i][j] += sum ...
 *
 * Every product and every sum is rounded to float by itself, so a row's result has the same bits wherever the row
 * stands, whatever stands beside it, and on every CPU. OpenBLAS cannot promise that: with its kernels for AVX2, equal
 * rows of one call differ in their last bits. The kernel picks AVX-512, AVX2 or plain C when the program starts; on a
 * CPU that multiplies and adds in one cycle it is as fast as OpenBLAS for layers of up to 512 columns.
 */
#ifndef TT_MATH_AFFINE_H
#define TT_MATH_AFFINE_H

#include <stddef.h>

/*   x (rows, n_in) with ldx floats from one row to the next,  w (n_in, n_out),  b (n_out) or NULL
 *   out (rows, n_out) with ldo floats from one row to the next
 * So a layer may be summed up in parts, over the columns of x in their order, with the bits of the whole.
 * relu: negative results become 0; NaN stays NaN. No array may overlap `out`. Any size may be 0. */
void tt_affine(size_t rows, size_t n_in, size_t n_out, const float *x, size_t ldx, const float *w, const float *b,
               int relu, float *out, size_t ldo);

/* The same by plain loops: what the tests hold it against, bit by bit. */
void tt_affine_ref(size_t rows, size_t n_in, size_t n_out, const float *x, size_t ldx, const float *w, const float *b,
                   int relu, float *out, size_t ldo);

#endif
