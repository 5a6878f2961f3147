/* A copy of the parameters of a model: the numbers of its tables and layers, which training moves. The average over a
 * run's steps is such a copy, and so is the best epoch.
 *
 *     tt_parameters_init(&p, model, &err);         room for the parameters of this model
 *     copy = tt_parameters_view(&p, model);        the model, but with the parameters of the copy
 *     tt_parameters_assign(&copy, model);          which are now those of the model
 *     tt_parameters_release(&p);
 */
#ifndef TT_TRAIN_PARAMETERS_H
#define TT_TRAIN_PARAMETERS_H

#include "train/state.h"
#include "model/model.h"

struct tt_parameters {
    size_t n_columns;
    float **tables;   /* (n_columns) of the shapes of the model's; NULL for a column without one */
    float *layers[2]; /* by side, of the size of model->dense[side].params; NULL without layers */
};

/* Room for a copy; its numbers are not set. On failure the struct is released. */
int tt_parameters_init(struct tt_parameters *parameters, const struct tt_model *model, struct tt_err *err) TT_CHECKED;
void tt_parameters_release(struct tt_parameters *parameters); /* fine on a struct that is all zero */

/* The model with these parameters in place of its own. It borrows all from the two arguments: do not release it. */
struct tt_model tt_parameters_view(const struct tt_parameters *parameters, const struct tt_model *model);

/* Overwrite the parameters of a model by those of another one of the same shapes; one of them may be a view of the
 * other. */
void tt_parameters_assign(struct tt_model *to, const struct tt_model *from);

/* Save or restore numbers of the shape of one tower's layers, (dense[side].n_params), as "layers.SIDE.WHAT". Nothing
 * where the tower has no layers. */
int tt_layers_state(const struct tt_model *model, enum tt_side side, const char *what, float *numbers,
                    struct tt_state *state, struct tt_err *err) TT_CHECKED;

/* Save or restore the parameters as "SIDE.NAME.WHAT" and "layers.SIDE.WHAT". */
int tt_parameters_state(struct tt_parameters *parameters, const struct tt_model *model, const char *what,
                        struct tt_state *state, struct tt_err *err) TT_CHECKED;

#endif
