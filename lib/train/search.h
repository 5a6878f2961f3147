/* Search for settings, one at a time: a pattern search (Hooke and Jeeves 1961, "Direct search solution of numerical and
 * statistical problems", JACM 8) over temperature, drop, c, dimensions and epochs.
 *
 *     tt_search_init(&s, &given, &range);
 *     while (tt_search_next(&s, &settings))
 *         tt_search_tell(&s, is_better(settings));
 *     s.best
 *
 * The first settings are those given. Then each setting in turn is moved by a step, up or down, and on in the same
 * direction for as long as that is better; when nothing moves any more, steps are halved, twice at most. A move that is
 * not better is not made, so what is told is best measured with some reserve against chance.
 *
 *     temperature  times or divided by 2, 1.4, 1.2        from 0.02 to 10
 *     drop         plus or minus 0.4, 0.2, 0.1            from 0 to 0.9, both included
 *     c            plus or minus 0.4, 0.2, 0.1            from 0.05 to 100
 *     dimensions   halved or doubled                      in the range
 *     epochs       halved or doubled                      in the range
 *
 * Steps are large, as long as what they change stands out from chance: finer ones find little else than chance.
 *
 * Steps follow from what was told alone, so a search is repeated by telling the same.
 */
#ifndef TT_TRAIN_SEARCH_H
#define TT_TRAIN_SEARCH_H

#include <stddef.h>

struct tt_settings {
    double temperature, negative, drop;
    size_t dim, epochs;
};

struct tt_search_range {
    size_t least_dim, most_dim, least_epochs, most_epochs;
    int has_drop;                            /* 0: there is nothing to drop */
};

enum { TT_SEARCH_MOST = 500 };

struct tt_search {
    struct tt_settings best;                 /* so far */
    /* private */
    struct tt_settings tried[TT_SEARCH_MOST]; /* in their order; the last one is the one that waits for its answer */
    size_t n_tried;
    struct tt_search_range range;
    int setting, direction;                  /* being moved; +1 or -1 */
    int level;                               /* how often the steps were halved */
    int has_moved;                           /* in this direction */
    int any_moved;                           /* any setting, with these steps */
};

void tt_search_init(struct tt_search *search, const struct tt_settings *given,
                    const struct tt_search_range *range);

/* The next settings to be tried, none of them twice. 0: the search is over. */
int tt_search_next(struct tt_search *search, struct tt_settings *settings);

/* Are these settings better than the best so far? The answer for the first ones does not matter. */
void tt_search_tell(struct tt_search *search, int is_better);

#endif
