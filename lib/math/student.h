/* Tail probabilities and critical values of the normal distribution and of Student's t, for tests and intervals.
 *
 * Student's t with `df` degrees of freedom, any number from 1 up (Satterthwaite's are not whole):
 *     P(|T| > t) = I_x(df / 2, 1 / 2),  x = df / (df + t t)
 * where I is the regularised incomplete beta function (DLMF 8.17), by the continued fraction 8.17.22, evaluated by
 * Lentz's method as Thompson and Barnett give it (1986, "Coulomb and Bessel functions of complex arguments and order",
 * J. Comput. Phys. 64). From a million degrees of freedom on, the normal deviate of Wallace (1959, "Bounds on normal
 * approximations to Student's and the chi-square distributions", Annals of Mathematical Statistics 30) takes over.
 * Relative error of a tail below 1e-10, or 1e-8 of one below 1e-100. Quantiles are found by bisection of the tail, to
 * the last bits.
 */
#ifndef TT_MATH_STUDENT_H
#define TT_MATH_STUDENT_H

/* The two-sided tail P(|Z| > z), z >= 0, and the critical value: the z >= 0 with P(|Z| > z) = p, 0 < p <= 1. */
double tt_normal_tails(double z);
double tt_normal_critical(double p);

/* The same of Student's t; df >= 1, and may be infinite: the normal distribution's. */
double tt_student_tails(double t, double df);
double tt_student_critical(double p, double df);

#endif
