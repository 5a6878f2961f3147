/* Draws of a rank k in 0 ... n-1 with probability proportional to (k + 1)^-exponent, in constant time and memory, by
 * rejection-inversion (Hörmann and Derflinger 1996, "Rejection-inversion to generate variates from monotone discrete
 * distributions", section 2). A table would need memory for every rank.
 */
#ifndef TT_WORLD_ZIPF_H
#define TT_WORLD_ZIPF_H

#include "base/rng.h"

struct tt_zipf {
    uint64_t n;
    double t;          /* 1 - exponent */
    double low, width; /* of the uniform draw that is inverted */
    double sure;       /* within this distance below k no comparison is needed */
};

/* n >= 1, exponent >= 0; 0 is the uniform distribution. */
void tt_zipf_init(struct tt_zipf *zipf, uint64_t n, double exponent);
uint64_t tt_zipf_draw(const struct tt_zipf *zipf, struct tt_rng *rng);

#endif
