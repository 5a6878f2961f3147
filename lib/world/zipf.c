/* Zipf draws: see zipf.h. Ranks are counted from 1 in here, as in the paper. */
#include "world/zipf.h"

#include <math.h>

/* The hat's integral from 1 to x of y^-exponent, and its inverse; both are right in the limit exponent = 1. */
static double integral(double t, double x)
{
    return t == 0 ? log(x) : expm1(t * log(x)) / t;
}

static double inverse(double t, double u)
{
    return t == 0 ? exp(u) : exp(log1p(t * u) / t);
}

static double mass(double t, double k)
{
    return exp((t - 1) * log(k));
}

void tt_zipf_init(struct tt_zipf *zipf, uint64_t n, double exponent)
{
    double t = 1 - exponent;

    zipf->n = n;
    zipf->t = t;
    zipf->low = integral(t, (double)n + 0.5); /* the draw runs down from here: large ranks first */
    zipf->width = integral(t, 1.5) - 1 - zipf->low;
    zipf->sure = 2 - inverse(t, integral(t, 2.5) - mass(t, 2));
}

uint64_t tt_zipf_draw(const struct tt_zipf *zipf, struct tt_rng *rng)
{
    for (;;) {
        double u = zipf->low + tt_rng_unit(rng) * zipf->width;
        double x = inverse(zipf->t, u), k = floor(x + 0.5);
        k = k < 1 ? 1 : k > (double)zipf->n ? (double)zipf->n : k;
        if (k - x <= zipf->sure || u >= integral(zipf->t, k + 0.5) - mass(zipf->t, k))
            return (uint64_t)k - 1;
    }
}
