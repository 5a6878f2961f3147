/* Early stopping: see early_stopping.h. */
#include "train/early_stopping.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

int tt_early_stopping_init(struct tt_early_stopping *s, const struct tt_stopping_options *options,
                           const struct tt_evaluator *valid, struct tt_err *err)
{
    *s = (struct tt_early_stopping){.options = *options, .valid = valid, .best_value = -1};
    if (valid && !(s->best_shares = tt_alloc_zero(valid->n, sizeof(*s->best_shares), err)))
        return -1;
    return 0;
}

void tt_early_stopping_release(struct tt_early_stopping *s)
{
    free(s->best_shares);
    tt_parameters_release(&s->best);
    *s = (struct tt_early_stopping){0};
}

static int has_copy(const struct tt_early_stopping *s)
{
    return s->best.tables != NULL;
}

int tt_early_stopping_is_over(const struct tt_early_stopping *s)
{
    return s->epochs >= s->options.epochs ||
           (s->valid && s->options.patience && s->epochs - s->best_epoch >= s->options.patience);
}

int tt_early_stopping_add(struct tt_early_stopping *s, double value, const struct tt_model *model, int *is_best,
                          struct tt_err *err)
{
    s->epochs++;
    *is_best = !s->valid || value > s->best_value;
    if (!*is_best)
        return 0;
    s->best_epoch = s->epochs;
    s->best_value = value;
    if (!s->valid)
        return 0;
    memcpy(s->best_shares, s->valid->shares, s->valid->n * sizeof(*s->best_shares));
    if (!has_copy(s) && tt_parameters_init(&s->best, model, err))
        return -1;
    struct tt_model copy = tt_parameters_view(&s->best, model);
    tt_parameters_assign(&copy, model);
    return 0;
}

int tt_early_stopping_recommend(const struct tt_early_stopping *s, struct tt_recommendation *recommended,
                                struct tt_err *err)
{
    double gain, error; /* of the last epoch over the best */

    if (tt_evaluator_gain(s->valid, s->valid->shares, s->best_shares, &gain, &error, err))
        return -1;
    if (-gain > TT_SURE * error)
        *recommended = (struct tt_recommendation){s->best_epoch, s->best_value, s->best_shares};
    else
        *recommended = (struct tt_recommendation){s->epochs, s->best_value + gain, s->valid->shares};
    return 0;
}

struct tt_model tt_early_stopping_best(const struct tt_early_stopping *s, const struct tt_model *model)
{
    return has_copy(s) ? tt_parameters_view(&s->best, model) : *model;
}

int tt_early_stopping_state(struct tt_early_stopping *s, const struct tt_model *model, struct tt_state *state,
                            struct tt_err *err)
{
    int copied = has_copy(s);

    if (tt_state_count(state, "epochs", &s->epochs, err) ||
        tt_state_count(state, "best.epoch", &s->best_epoch, err) ||
        tt_state_number(state, "best.value", &s->best_value, err) ||
        (s->valid && tt_state_array(state, "best.shares", TT_F64, s->valid->n, 2, s->best_shares, err)) ||
        tt_state_flag(state, "best.has_tables", &copied, err))
        return -1;
    if (s->best_epoch > s->epochs || s->epochs > s->options.epochs)
        return tt_err_set(err, TT_ERR_INPUT, "%zu epochs of %zu, the best %zu: a place that the training does not have",
                          s->epochs, s->options.epochs, s->best_epoch);
    if (!copied)
        return 0;
    if (!has_copy(s) && tt_parameters_init(&s->best, model, err))
        return -1;
    return tt_parameters_state(&s->best, model, "best", state, err);
}
