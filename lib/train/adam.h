/* Adam (Kingma & Ba 2015, algorithm 1) over the tables of a model, row by row: a row without a gradient costs nothing
 * and keeps its moments ("lazy" Adam). The learning rate warms up linearly and then stays: the average of the steps
 * (average.h) replaces a decay at the end.
 *
 * Weight decay is decoupled (AdamW: Loshchilov & Hutter 2019, algorithm 2): each step multiplies every value by 1 -
 * rate decay. Rows without a gradient get this decay later, just before they are read: with S the sum of log(1 - rate
 * decay) over all steps so far, the row is multiplied by exp(S - S at its last update), which is what the steps in
 * between amount to.
 *
 *     tt_adam_init, then for each step
 *         tt_adam_catch_up for each row that the step reads, when there is a decay
 *         tt_adam_step, tt_adam_apply for each row that has a gradient, and tt_adam_apply_layers for the layers of deep
 *         towers, which have a gradient in every step
 *         tt_adam_check
 *     and tt_adam_catch_up_all before others read the tables
 */
#ifndef TT_TRAIN_ADAM_H
#define TT_TRAIN_ADAM_H

#include <stdatomic.h>

#include "math/adam_row.h"
#include "model/model.h"
#include "train/state.h"

struct tt_adam_options {
    double learning_rate; /* its peak */
    double beta2;
    double weight_decay;  /* decoupled, of tables and layers; 0: none */
    size_t warmup;        /* steps until the peak */
};

struct tt_adam {
    struct tt_adam_options o;
    double beta1, epsilon;
    struct tt_adam_rule rule; /* of the present step */
    double log_decay;         /* S, with the present step */
    double **row_log_decay;   /* (schema.n_columns) of (n_codes): S at each row's last update; NULL without decay */
    atomic_uchar *bad;        /* (schema.n_columns + 2) flags of tables, then of layers by side: not finite */
    struct tt_model *model;   /* borrowed; its tables and layers are updated */
    float **first, **second;  /* (schema.n_columns) moments, of the tables' shapes, or NULL */
    unsigned char **trained;  /* (schema.n_columns) of (n_codes): 1 for a row that has had a gradient */
    float *layers_first[2], *layers_second[2]; /* by side: moments of model->dense[side].params */
};

/* Moments of 0 for the model's tables and layers. `o`, beta1 and epsilon are the caller's, set before init. */
int tt_adam_init(struct tt_adam *adam, struct tt_model *model, struct tt_err *err) TT_CHECKED;
void tt_adam_release(struct tt_adam *adam); /* fine on a struct that is all zero */

/* Save or restore the moments, the marks of trained rows, and the state of the decay. */
int tt_adam_state(struct tt_adam *adam, struct tt_state *state, struct tt_err *err) TT_CHECKED;

/* Begin step number `step`, from 0. */
void tt_adam_step(struct tt_adam *adam, size_t step);

/* Until the next step begins, gradients are sums over n steps: the moments decay as over n steps, and the learning rate
 * is n times as large. */
void tt_adam_stretch(struct tt_adam *adam, size_t n);

/* Update row `row` of a column's table by its gradient (dim), and return the sum of the gradient's squares. `adam` is a
 * struct tt_adam *: this is a tt_gradient_fn of embedding_bag.h. May run at once for different rows. */
double tt_adam_apply(void *adam, size_t column, size_t row, const float *gradient);

/* Prefetch what tt_adam_apply will read: a tt_prefetch_fn of embedding_bag.h. */
void tt_adam_prefetch(void *adam, size_t column, size_t row, const float *d);

/* Apply the decay of all steps begun so far to row `row` of a column's table: a tt_row_fn of embedding_bag.h. Does
 * nothing without a decay. May run at once for different rows. */
void tt_adam_catch_up(void *adam, size_t column, size_t row);
void tt_adam_catch_up_all(struct tt_adam *adam, struct tt_pool *pool);

/* Update the layers of a tower by their gradient (dense[side].n_params), and return the sum of its squares. Does
 * nothing where there are none. */
double tt_adam_apply_layers(struct tt_adam *adam, enum tt_side side, const float *gradient);

/* -1 when a gradient or a value of the present step, which is the `number`-th from 1, was not finite; *err names the
 * tensor: the first one in the order of the schema, then of the layers. */
int tt_adam_check(const struct tt_adam *adam, size_t number, struct tt_err *err) TT_CHECKED;

#endif
