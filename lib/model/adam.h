/* Adam (Kingma & Ba 2015, algorithm 1) over the tables of a model, a row at a time: a row that a step does not touch
 * costs nothing and keeps its moments as they are ("lazy"). The learning rate warms up linearly and then falls to 0
 * along a half cosine (Loshchilov & Hutter 2017, equation 5, without restarts).
 *
 *     tt_adam_init, then for each step tt_adam_step, tt_adam_apply for each row that has a gradient, and
 *     tt_adam_apply_layers for the deep towers' layers, which every step moves
 */
#ifndef TT_MODEL_ADAM_H
#define TT_MODEL_ADAM_H

#include "math/adam_row.h"
#include "model/model.h"
#include "model/state.h"

struct tt_adam {
    double rate;          /* the peak learning rate */
    double beta1, beta2;
    double epsilon;
    size_t warmup;        /* steps until the peak */
    size_t total;         /* steps until 0 */
    struct tt_adam_rule rule; /* of the present step */
    struct tt_model *model;   /* borrowed; its tables are what is trained */
    float **first, **second;  /* (schema.n_columns) moments, of the tables' shapes, or NULL */
    unsigned char **trained;  /* (schema.n_columns) of (n_codes): 1 for a row that has had a gradient */
    float *layers_first[2], *layers_second[2]; /* by side: moments of model->dense[side].params */
};

/* Moments of 0 for the model's tables and layers. The numbers before `rule` are the caller's, set before the first step. */
int tt_adam_init(struct tt_adam *adam, struct tt_model *model, struct tt_err *err) TT_CHECKED;
void tt_adam_release(struct tt_adam *adam); /* fine on a struct that is all zero */

/* What changes: moments and marks. */
int tt_adam_state(struct tt_adam *adam, struct tt_state *state, struct tt_err *err) TT_CHECKED;

/* Begin step number `step`, from 0. */
void tt_adam_step(struct tt_adam *adam, size_t step);

/* Move row `row` of a column's table by its gradient (dim). `adam` is a struct tt_adam *: this is a tt_gradient_fn of
 * batch.h. May run at once for different rows. */
void tt_adam_apply(void *adam, size_t column, size_t row, const float *gradient);

/* Move the layers of a tower by their gradient (dense[side].n_params). Nothing where there are none. */
void tt_adam_apply_layers(struct tt_adam *adam, enum tt_side side, const float *gradient);

#endif
