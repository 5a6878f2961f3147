/* Small dense symmetric problems in double: what a randomised decomposition is left with in the end. */
#ifndef TT_MATH_EIGEN_H
#define TT_MATH_EIGEN_H

#include <stddef.h>

/* Eigenvalues of the symmetric a (n,n), falling, and eigenvectors as the columns of w (n,n), by cyclic Jacobi rotations
 * (Golub & Van Loan 2013, section 8.5). a is destroyed. Deterministic. */
void tt_eigen_symmetric(size_t n, double *a, double *values, double *w);

/* The upper triangular r (n,n) with r' r = a, in place over the symmetric positive semidefinite a, and then its
 * inverse: the result maps a basis to an orthonormal one (CholeskyQR: Yamamoto et al. 2015). Directions that are
 * (almost) dependent on earlier ones become columns of zeros. */
void tt_cholesky_inverse(size_t n, double *a, double *inverse);

#endif
