/* A layer of a network: see affine.h. Tiles of 4 rows and 16 columns are summed in registers: four sums are enough to
 * hide the time that an addition takes, and one load of W serves four rows. Of a large W, 256 rows of 16 columns are
 * copied together first, so that their loads do not miss the cache; what a tile has summed up rests in `out` until the
 * next 256. */
#include "math/affine.h"

#include <string.h>

#include "math/clones.h"

enum {
    ROWS = 4,
    LANES = 16,
    PANEL = 256,
    SMALL = 1 << 16, /* numbers of a W that stays in the second-level cache as it is */
};

typedef float lanes __attribute__((vector_size(LANES * sizeof(float))));

/* 16 columns: out = b + x (rows, n) w (n, 16), or without b: out += x w. Then ReLU, if relu is set. */
TT_CLONES
static void sum_columns(size_t rows, size_t n, const float *x, size_t ldx, const float *w, size_t ldw, const float *b,
                        int relu, float *out, size_t ldo)
{
    for (size_t i = 0; i < rows; i += ROWS) {
        size_t last = rows - 1 - i; /* beyond it, the last row again */
        const float *x0 = x + i * ldx, *x1 = x0 + (last > 1 ? 1 : last) * ldx, *x2 = x0 + (last > 2 ? 2 : last) * ldx,
                    *x3 = x0 + (last > 3 ? 3 : last) * ldx;
        lanes sum[ROWS], v;
        for (size_t r = 0; r < ROWS; r++)
            memcpy(&sum[r], b ? b : out + (i + (r < last ? r : last)) * ldo, sizeof(sum[r])); /* needs no alignment */
        for (size_t k = 0; k < n; k++) {
            memcpy(&v, w + k * ldw, sizeof(v));
            sum[0] += x0[k] * v;
            sum[1] += x1[k] * v;
            sum[2] += x2[k] * v;
            sum[3] += x3[k] * v;
        }
        for (size_t r = 0; r < ROWS && r <= last; r++) {
            float *to = out + (i + r) * ldo;
            memcpy(to, &sum[r], sizeof(sum[r]));
            for (size_t l = 0; relu && l < LANES; l++)
                to[l] = to[l] < 0 ? 0 : to[l];
        }
    }
}

/* The same for a large W: `width` of its columns, 16 but for the last ones, whose `out` then has zeros behind them. */
static void sum_panels(size_t rows, size_t n_in, const float *x, size_t ldx, const float *w, size_t ldw, size_t width,
                       const float *b, int relu, float *out, size_t ldo)
{
    float panel[PANEL * LANES] = {0};

    for (size_t k = 0; k < n_in; k += PANEL) {
        size_t n = n_in - k < PANEL ? n_in - k : PANEL;
        for (size_t l = 0; l < n; l++)
            memcpy(panel + l * LANES, w + (k + l) * ldw, width * sizeof(*panel));
        sum_columns(rows, n, x + k, ldx, panel, LANES, k == 0 ? b : NULL, relu && k + n == n_in, out, ldo);
    }
}

/* The last, fewer than 16 columns, of some rows at a time. */
static void sum_tail(size_t rows, size_t n_in, const float *x, size_t ldx, const float *w, size_t ldw, size_t width,
                     const float *b, int relu, float *out, size_t ldo)
{
    enum { AT_ONCE = 64 };
    float some[AT_ONCE * LANES] = {0};

    for (size_t i = 0; i < rows; i += AT_ONCE) {
        size_t n = rows - i < AT_ONCE ? rows - i : AT_ONCE;
        for (size_t r = 0; r < n; r++)
            memcpy(some + r * LANES, b ? b : out + (i + r) * ldo, width * sizeof(*some));
        sum_panels(n, n_in, x + i * ldx, ldx, w, ldw, width, NULL, relu, some, LANES);
        for (size_t r = 0; r < n; r++)
            memcpy(out + (i + r) * ldo, some + r * LANES, width * sizeof(*some));
    }
}

void tt_affine(size_t rows, size_t n_in, size_t n_out, const float *x, size_t ldx, const float *w, const float *b,
               int relu, float *out, size_t ldo)
{
    size_t j = 0;

    if (n_in == 0) { /* no panel comes by to start the sums */
        tt_affine_ref(rows, n_in, n_out, x, ldx, w, b, relu, out, ldo);
        return;
    }
    for (; j + LANES <= n_out; j += LANES) {
        const float *bias = b ? b + j : NULL;
        if (n_in * n_out <= SMALL)
            sum_columns(rows, n_in, x, ldx, w + j, n_out, bias, relu, out + j, ldo);
        else
            sum_panels(rows, n_in, x, ldx, w + j, n_out, LANES, bias, relu, out + j, ldo);
    }
    if (j < n_out)
        sum_tail(rows, n_in, x, ldx, w + j, n_out, n_out - j, b ? b + j : NULL, relu, out + j, ldo);
}

void tt_affine_ref(size_t rows, size_t n_in, size_t n_out, const float *x, size_t ldx, const float *w, const float *b,
                   int relu, float *out, size_t ldo)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < n_out; j++) {
            float sum = b ? b[j] : out[i * ldo + j];
            for (size_t k = 0; k < n_in; k++)
                sum += x[i * ldx + k] * w[k * n_out + j];
            out[i * ldo + j] = relu && sum < 0 ? 0 : sum;
        }
}
