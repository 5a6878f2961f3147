/* The average of a model's parameters over the training steps, in which later steps have more weight. With a constant
 * learning rate, the parameters move around a point that is better than any of them; the average approaches that point
 * (Polyak and Juditsky 1992, "Acceleration of stochastic approximation by averaging", SIAM J. Control and Optimization
 * 30), after each epoch and for any number of epochs. The weights decay polynomially (Shamir and Zhang 2013,
 * "Stochastic gradient descent for non-smooth optimization", ICML, section 4): with the n-th model w
 *     a_n = a_{n-1} + (eta + 1) / (n + eta) (w - a_{n-1})
 * has the model of step s with a weight in proportion to s^eta.
 *
 *     tt_average_init(&a, model, &err);
 *     every some steps: tt_average_add(&a, pool);
 *     averaged = tt_average_view(&a);              a model to evaluate, or to keep
 *     tt_average_release(&a);
 */
#ifndef TT_TRAIN_AVERAGE_H
#define TT_TRAIN_AVERAGE_H

#include "base/pool.h"
#include "train/parameters.h"

struct tt_average {
    const struct tt_model *model; /* borrowed */
    size_t n;                     /* number of models averaged */
    struct tt_parameters mean;
};

/* An average of no model yet. On failure the struct is released. */
int tt_average_init(struct tt_average *average, const struct tt_model *model, struct tt_err *err) TT_CHECKED;
void tt_average_release(struct tt_average *average); /* fine on a struct that is all zero */

/* Add the present parameters of the model to the average. Same bits for any pool. */
void tt_average_add(struct tt_average *average, struct tt_pool *pool);

/* The averaged model, which borrows the model and the average; the model itself while nothing was added. */
struct tt_model tt_average_view(const struct tt_average *average);

int tt_average_state(struct tt_average *average, struct tt_state *state, struct tt_err *err) TT_CHECKED;

#endif
