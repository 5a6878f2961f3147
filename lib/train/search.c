/* Search for settings: see search.h. */
#include "train/search.h"

#include <math.h>

enum setting { TEMPERATURE, DROP, NEGATIVE, DIM, EPOCHS, SETTINGS };
enum { LEVELS = 3 };

/* Four digits behind the point: settings can be given again as they are printed. */
static double rounded(double x)
{
    return floor(x * 1e4 + 0.5) / 1e4;
}

/* The best settings with one of them moved by a step. Returns 0 when there is no such place. */
static int move(const struct tt_search *s, struct tt_settings *to)
{
    static const double factor[LEVELS] = {2, 1.4, 1.2}, step[LEVELS] = {0.4, 0.2, 0.1};
    static const double part[LEVELS] = {0.4, 0.2, 0.1};
    int up = s->direction > 0;
    double plus = up ? step[s->level] : -step[s->level];

    *to = s->best;
    switch (s->setting) {
    case TEMPERATURE:
        to->temperature = rounded(up ? to->temperature * factor[s->level] : to->temperature / factor[s->level]);
        return to->temperature >= 0.02 && to->temperature <= 10;
    case DROP:
        to->drop = rounded(fmin(fmax(to->drop + (up ? part[s->level] : -part[s->level]), 0), 0.9));
        return s->range.has_drop;
    case NEGATIVE:
        to->negative = rounded(to->negative + plus);
        return to->negative >= 0.05 && to->negative <= 100;
    case DIM:
        to->dim = up ? 2 * to->dim : to->dim / 2;
        return to->dim >= s->range.least_dim && to->dim <= s->range.most_dim;
    default:
        to->epochs = up ? 2 * to->epochs : to->epochs / 2;
        return to->epochs >= s->range.least_epochs && to->epochs <= s->range.most_epochs;
    }
}

static int is_tried(const struct tt_search *s, const struct tt_settings *x)
{
    for (size_t i = 0; i < s->n_tried; i++)
        if (s->tried[i].temperature == x->temperature && s->tried[i].drop == x->drop &&
            s->tried[i].negative == x->negative && s->tried[i].dim == x->dim && s->tried[i].epochs == x->epochs)
            return 1;
    return 0;
}

/* After a move that is not to be made: the other direction, the next setting, the same steps again or smaller ones. */
static void turn(struct tt_search *s)
{
    if (s->direction < 0 && !s->has_moved) {
        s->direction = 1;
        return;
    }
    s->direction = -1;
    s->has_moved = 0;
    if (++s->setting < SETTINGS)
        return;
    s->setting = 0;
    if (!s->any_moved)
        s->level++;
    s->any_moved = 0;
}

void tt_search_init(struct tt_search *s, const struct tt_settings *given, const struct tt_search_range *range)
{
    *s = (struct tt_search){.best = *given, .range = *range, .direction = -1};
}

int tt_search_next(struct tt_search *s, struct tt_settings *settings)
{
    if (s->n_tried == TT_SEARCH_MOST)
        return 0;
    *settings = s->best;
    if (s->n_tried > 0)
        while (s->level < LEVELS && (!move(s, settings) || is_tried(s, settings)))
            turn(s);
    if (s->level == LEVELS)
        return 0;
    s->tried[s->n_tried++] = *settings;
    return 1;
}

void tt_search_tell(struct tt_search *s, int is_better)
{
    if (s->n_tried == 1)
        return;
    if (!is_better) {
        turn(s);
        return;
    }
    s->best = s->tried[s->n_tried - 1];
    s->has_moved = s->any_moved = 1;
}
