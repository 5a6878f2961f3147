/* Targets of a training step: see targets.h. */
#include "train/targets.h"

#include <string.h>

const char *const tt_targets_names[] = {"auto", "all", "later", NULL};

/* From this drift on `auto` takes the later items as targets. MovieLens 100K has 0.13, and gains 48 % of Top-10
 * accuracy by it (0.0811 to 0.1200, on the last eighth of each user's training part); with the times of 30 % of its
 * events redrawn 0.064 and 3 %, of 50 % 0.032 and a loss of 5 %, of all 0.0004 and a loss of 7 %. */
static const double much_drift = 0.05;

/* The targets that a model was trained with, by its metadata; auto: it does not say. */
static enum tt_targets targets_of(const struct tt_model *model)
{
    const char *name = tt_segment_find_text(&model->entities.segment, "targets");

    if (!name)
        name = tt_segment_find_text(&model->entities.segment, "wants"); /* its name in older files */
    for (enum tt_targets targets = TT_TARGETS_ALL; name && targets <= TT_TARGETS_LATER; targets++)
        if (strcmp(name, tt_targets_names[targets]) == 0)
            return targets;
    return TT_TARGETS_AUTO;
}

/* A day's events alone are too short a time to show a drift: MovieLens has 0.13, and the last eighth of each user's
 * events in it 0.008. So examples that extend a model keep its targets; training so from seven eighths to the last one
 * has 0.0931 of Top-10 accuracy, and with all as targets 0.0783. */
int tt_targets_choose(struct tt_targets_choice *c, enum tt_targets asked, const struct tt_events *events,
                      const struct tt_bags *visits, size_t n_items, const struct tt_model *extended,
                      struct tt_err *err)
{
    *c = (struct tt_targets_choice){.kind = asked, .drift = -1};
    if (asked == TT_TARGETS_AUTO && events->time && extended)
        c->kind = targets_of(extended);
    c->is_as_before = c->kind != asked;
    if (c->kind == TT_TARGETS_LATER && !events->time)
        return tt_err_set(err, TT_ERR_USAGE,
                          "targets 'later' need times: the schema has no event column of kind 'time'");
    if (c->kind == TT_TARGETS_AUTO && !events->time)
        c->kind = TT_TARGETS_ALL;
    if (c->kind == TT_TARGETS_ALL)
        return 0;
    if (tt_timeline_init(&c->timeline, visits, events, err) || tt_timeline_drift(&c->timeline, n_items, &c->drift, err))
        return -1;
    if (c->kind == TT_TARGETS_AUTO)
        c->kind = c->drift >= much_drift ? TT_TARGETS_LATER : TT_TARGETS_ALL;
    if (c->kind == TT_TARGETS_ALL)
        tt_timeline_release(&c->timeline);
    return 0;
}

void tt_targets_release(struct tt_targets_choice *c)
{
    tt_timeline_release(&c->timeline);
    *c = (struct tt_targets_choice){0};
}
