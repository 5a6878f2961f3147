/* The normal distribution and Student's: see student.h. */
#include "math/student.h"

#include <math.h>

static const double many = 1e6; /* degrees of freedom from which Wallace's formula is better than 1e-10 */

/* ln B(a, 1/2), from gammas whose arguments are near each other: for large a their difference by Stirling's series
 * (DLMF 5.11.13) keeps the digits that lgamma(a) - lgamma(a + 1/2) would lose. */
static double log_beta_half(double a)
{
    double log_sqrt_pi = 0.57236494292470008707;

    if (a < 100)
        return lgamma(a) + log_sqrt_pi - lgamma(a + 0.5);
    double r = 1 / a;
    return log_sqrt_pi - 0.5 * log(a) + r * (1.0 / 8 - r * r / 192);
}

/* The continued fraction of I_x(a, b), for x < (a + 1) / (a + b + 2). */
static double fraction(double a, double b, double x)
{
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);

    d = 1 / (fabs(d) < tiny ? tiny : d);
    double value = d;
    for (int m = 1; m < 10000; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        double change = 1;
        for (int i = 0; i < 2; i++) {
            double term = i ? odd : even;
            d = 1 + term * d;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            c = 1 + term / c;
            c = fabs(c) < tiny ? tiny : c;
            change = c * d;
            value *= change;
        }
        if (fabs(change - 1) < 1e-15)
            break;
    }
    return value;
}

double tt_normal_tails(double z)
{
    return erfc(z * 0.70710678118654752440);
}

double tt_student_tails(double t, double df)
{
    if (t <= 0)
        return 1;
    if (isinf(df))
        return tt_normal_tails(t);
    if (df >= many)
        return tt_normal_tails((8 * df + 1) / (8 * df + 3) * sqrt(df * log1p(t * t / df)));
    double a = df / 2, b = 0.5, x = df / (df + t * t), y = t * t / (df + t * t);
    double front = exp(-a * log1p(t * t / df) - b * log1p(df / (t * t)) - log_beta_half(a));

    return x < (a + 1) / (a + b + 2) ? front * fraction(a, b, x) / a : 1 - front * fraction(b, a, y) / b;
}

double tt_student_critical(double p, double df)
{
    double low = 0, high = 1;

    while (tt_student_tails(high, df) > p && high < 1e300)
        high *= 2;
    for (int i = 0; i < 200 && low < high; i++) {
        double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high)
            break;
        if (tt_student_tails(middle, df) > p)
            low = middle;
        else
            high = middle;
    }
    return high;
}

double tt_normal_critical(double p)
{
    return tt_student_critical(p, INFINITY);
}
