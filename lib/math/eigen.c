/* Small dense symmetric problems: see eigen.h. */
#include "math/eigen.h"

#include <math.h>
#include <string.h>

enum { MAX_SWEEPS = 30 };

/* Rotate rows and columns p and q of a, and columns p and q of w, so that a[p][q] becomes 0. */
static void rotate(size_t n, double *a, double *w, size_t p, size_t q)
{
    double theta = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q]);
    double t = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1));
    double c = 1 / sqrt(t * t + 1), s = t * c;

    for (size_t k = 0; k < n; k++) {
        double x = a[k * n + p], y = a[k * n + q];
        a[k * n + p] = c * x - s * y;
        a[k * n + q] = s * x + c * y;
    }
    for (size_t k = 0; k < n; k++) {
        double x = a[p * n + k], y = a[q * n + k];
        a[p * n + k] = c * x - s * y;
        a[q * n + k] = s * x + c * y;
    }
    for (size_t k = 0; k < n; k++) { /* w is kept transposed until the end: row p is eigenvector p */
        double x = w[p * n + k], y = w[q * n + k];
        w[p * n + k] = c * x - s * y;
        w[q * n + k] = s * x + c * y;
    }
}

/* Order by falling eigenvalue, and transpose w. */
static void sort_and_transpose(size_t n, double *a, double *values, double *w)
{
    for (size_t i = 0; i < n; i++)
        values[i] = a[i * n + i];
    for (size_t i = 0; i < n; i++) {
        size_t best = i;
        for (size_t k = i + 1; k < n; k++)
            if (values[k] > values[best])
                best = k;
        if (best == i)
            continue;
        double swap = values[i];
        values[i] = values[best];
        values[best] = swap;
        for (size_t k = 0; k < n; k++) {
            swap = w[i * n + k];
            w[i * n + k] = w[best * n + k];
            w[best * n + k] = swap;
        }
    }
    memcpy(a, w, n * n * sizeof(*w));
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++)
            w[k * n + i] = a[i * n + k];
}

void tt_eigen_symmetric(size_t n, double *a, double *values, double *w)
{
    double scale = 0;

    memset(w, 0, n * n * sizeof(*w));
    for (size_t i = 0; i < n; i++)
        w[i * n + i] = 1;
    for (size_t i = 0; i < n * n; i++)
        scale += a[i] * a[i];
    for (int sweep = 0; sweep < MAX_SWEEPS; sweep++) {
        double off = 0;
        for (size_t p = 0; p < n; p++)
            for (size_t q = p + 1; q < n; q++)
                off += a[p * n + q] * a[p * n + q];
        if (off <= 1e-22 * scale)
            break;
        for (size_t p = 0; p < n; p++)
            for (size_t q = p + 1; q < n; q++)
                if (a[p * n + q] * a[p * n + q] > 1e-30 * scale)
                    rotate(n, a, w, p, q);
    }
    sort_and_transpose(n, a, values, w);
}

void tt_cholesky_inverse(size_t n, double *a, double *inverse)
{
    double largest = 0;

    for (size_t i = 0; i < n; i++)
        largest = a[i * n + i] > largest ? a[i * n + i] : largest;
    for (size_t i = 0; i < n; i++) { /* a becomes r, row by row */
        double pivot = a[i * n + i];
        for (size_t k = 0; k < i; k++)
            pivot -= a[k * n + i] * a[k * n + i];
        double root = pivot > 1e-10 * largest ? sqrt(pivot) : 0;
        a[i * n + i] = root;
        for (size_t j = i + 1; j < n; j++) {
            double x = a[i * n + j];
            for (size_t k = 0; k < i; k++)
                x -= a[k * n + i] * a[k * n + j];
            a[i * n + j] = root > 0 ? x / root : 0;
        }
    }
    memset(inverse, 0, n * n * sizeof(*inverse));
    for (size_t j = 0; j < n; j++) { /* column j of the inverse, from the diagonal up */
        if (a[j * n + j] == 0)
            continue;
        inverse[j * n + j] = 1 / a[j * n + j];
        for (size_t i = j; i-- > 0;) {
            double x = 0;
            for (size_t k = i + 1; k <= j; k++)
                x += a[i * n + k] * inverse[k * n + j];
            inverse[i * n + j] = a[i * n + i] > 0 ? -x / a[i * n + i] : 0;
        }
    }
}
