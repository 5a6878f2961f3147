/* Pattern search over settings: see pattern_search.h. */
#include "train/pattern_search.h"

#include <math.h>

enum setting { TEMPERATURE, DROPOUT, NEGATIVE_WEIGHT, DIM, EPOCHS, SETTINGS };
enum { LEVELS = 3 };

/* Four digits behind the point: settings can be given again as they are printed. */
static double rounded(double x)
{
    return floor(x * 1e4 + 0.5) / 1e4;
}

/* The best settings with one of them moved by a step. Returns 0 when there is no such place. */
static int move(const struct tt_pattern_search *s, struct tt_settings *to)
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
    case DROPOUT:
        to->dropout = rounded(fmin(fmax(to->dropout + (up ? part[s->level] : -part[s->level]), 0), 0.9));
        return s->range.has_dropout;
    case NEGATIVE_WEIGHT:
        to->negative_weight = rounded(to->negative_weight + plus);
        return to->negative_weight >= 0.05 && to->negative_weight <= 100;
    case DIM:
        to->dim = up ? 2 * to->dim : to->dim / 2;
        return to->dim >= s->range.least_dim && to->dim <= s->range.most_dim;
    default:
        to->epochs = up ? 2 * to->epochs : to->epochs / 2;
        return to->epochs >= s->range.least_epochs && to->epochs <= s->range.most_epochs;
    }
}

int tt_same_settings(const struct tt_settings *a, const struct tt_settings *b)
{
    return a->temperature == b->temperature && a->negative_weight == b->negative_weight && a->dropout == b->dropout &&
           a->dim == b->dim && a->epochs == b->epochs;
}

static int is_tried(const struct tt_pattern_search *s, const struct tt_settings *x)
{
    for (size_t i = 0; i < s->n_tried; i++)
        if (tt_same_settings(&s->tried[i], x))
            return 1;
    return 0;
}

/* After a move that is not better: the other direction, or the next setting, or the first one with smaller steps. */
static void change_direction(struct tt_pattern_search *s)
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

void tt_pattern_search_init(struct tt_pattern_search *s, const struct tt_settings *given,
                            const struct tt_search_range *range)
{
    *s = (struct tt_pattern_search){.best = *given, .range = *range, .direction = -1};
}

int tt_pattern_search_next(struct tt_pattern_search *s, struct tt_settings *settings)
{
    if (s->n_tried == TT_SEARCH_MOST)
        return 0;
    *settings = s->best;
    if (s->n_tried > 0)
        while (s->level < LEVELS && (!move(s, settings) || is_tried(s, settings)))
            change_direction(s);
    if (s->level == LEVELS)
        return 0;
    s->tried[s->n_tried++] = *settings;
    return 1;
}

void tt_pattern_search_result(struct tt_pattern_search *s, int is_better)
{
    if (s->n_tried == 1)
        return;
    if (!is_better) {
        change_direction(s);
        return;
    }
    s->best = s->tried[s->n_tried - 1];
    s->has_moved = s->any_moved = 1;
}
