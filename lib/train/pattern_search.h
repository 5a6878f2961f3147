/* Pattern search over the settings of a training: temperature, dropout, negative weight, dimensions and epochs (Hooke
 * and Jeeves 1961, "Direct search solution of numerical and statistical problems", JACM 8).
 *
 *     tt_pattern_search_init(&s, &given, &range);
 *     while (tt_pattern_search_next(&s, &settings))
 *         tt_pattern_search_result(&s, is_better(settings));
 *     s.best
 *
 * The first settings are those given. Then each setting in turn is moved by a step, down and then up, and further in
 * the same direction for as long as that is better. When no setting moves any more, the steps are halved, twice at
 * most. A move that is not better is not made, so `is_better` should demand more than chance does.
 *
 *     temperature      times or divided by 2, 1.4, 1.2        from 0.02 to 10
 *     dropout          plus or minus 0.4, 0.2, 0.1            from 0 to 0.9, both included
 *     negative weight  plus or minus 0.4, 0.2, 0.1            from 0.05 to 100
 *     dimensions       halved or doubled                      in the range
 *     epochs           halved or doubled                      in the range
 *
 * Steps are as large as they must be for their effect to stand out from chance: finer ones find little but chance.
 *
 * The search follows from its results alone: the same results in the same order repeat it.
 */
#ifndef TT_TRAIN_PATTERN_SEARCH_H
#define TT_TRAIN_PATTERN_SEARCH_H

#include <stddef.h>

struct tt_settings {
    double temperature, negative_weight, dropout;
    size_t dim, epochs;
};

int tt_same_settings(const struct tt_settings *a, const struct tt_settings *b);

struct tt_search_range {
    size_t least_dim, most_dim, least_epochs, most_epochs;
    int has_dropout;                         /* 0: there is no history to drop from */
};

enum { TT_SEARCH_MOST = 500 };

struct tt_pattern_search {
    struct tt_settings best;                 /* so far */
    /* private */
    struct tt_settings tried[TT_SEARCH_MOST]; /* in their order; the last one may have no result yet */
    size_t n_tried;
    struct tt_search_range range;
    int setting, direction;                  /* being moved; +1 or -1 */
    int level;                               /* how often the steps were halved */
    int has_moved;                           /* in this direction */
    int any_moved;                           /* any setting, with these steps */
};

void tt_pattern_search_init(struct tt_pattern_search *search, const struct tt_settings *given,
                            const struct tt_search_range *range);

/* The next settings to try, none of them twice. 0: the search is over. */
int tt_pattern_search_next(struct tt_pattern_search *search, struct tt_settings *settings);

/* The result of the settings tried last: are they better than the best so far? It does not matter for the first
 * ones. */
void tt_pattern_search_result(struct tt_pattern_search *search, int is_better);

#endif
