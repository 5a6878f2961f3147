/* Adam (Kingma & Ba 2015, algorithm 1), a row at a time: a row that a step does not touch costs nothing and keeps its moments
 * as they are ("lazy"). The learning rate warms up linearly and then falls to 0 along a half cosine (Loshchilov & Hutter 2017,
 * equation 5, without restarts).
 */
#ifndef TT_MODEL_ADAM_H
#define TT_MODEL_ADAM_H

#include <stddef.h>

struct tt_adam {
    double rate;          /* the peak learning rate */
    double beta1, beta2;
    double epsilon;
    size_t warmup;        /* steps until the peak */
    size_t total;         /* steps until 0 */
    /* of the present step, by tt_adam_step */
    float step_rate;      /* with both bias corrections in it */
    float step_epsilon;
};

/* Begin step number `step`, from 0. */
void tt_adam_step(struct tt_adam *adam, size_t step);

/* value, moment1, moment2 (n) -= or are moved by the gradient (n). */
void tt_adam_update(const struct tt_adam *adam, const float *gradient, size_t n, float *value, float *moment1,
                    float *moment2);

#endif
