/* The answer to "where should this user eat now?": from what is asked (ask.h) to a ranked list.
 *
 *     struct tt_recommender *r = tt_recommender_new(&err);                         one a thread that answers
 *     tt_recommend(r, snapshot, live, cache, &ask, &list, &err)
 *
 * The vector is, in this order: of a user whom the model knows, with what happened since; of an unknown user with a
 * history, given or since; of given features; and else there is none, and the popular items are listed.
 *
 * Determinism: a list depends on the snapshot, the user's live events and the ask, not on threads or the cache.
 */
#ifndef TT_SERVE_RECOMMEND_H
#define TT_SERVE_RECOMMEND_H

#include "serve/ask.h"
#include "serve/cache.h"
#include "serve/live.h"

enum tt_source { TT_SOURCE_USER, TT_SOURCE_HISTORY, TT_SOURCE_FEATURES, TT_SOURCE_POPULAR, TT_SOURCE_ITEM };
const char *tt_source_name(enum tt_source source);

struct tt_list {
    enum tt_source source;
    size_t n;
    uint32_t *rows;           /* (n) of the index, the best first; of the recommender, until its next call */
    float *scores;            /* (n) inner products; of popular items, how many users have each */
    uint32_t *because;        /* (n) the row of the user's own items that is nearest to each, TT_VOCAB_NONE: none; or
                               * NULL when the ask does not want it */
    size_t left;              /* of fewer than k: how many items the filters and what was seen leave */
};

struct tt_recommender;

struct tt_recommender *tt_recommender_new(struct tt_err *err) TT_CHECKED;
void tt_recommender_free(struct tt_recommender *recommender); /* NULL is fine */

int tt_recommend(struct tt_recommender *recommender, struct tt_snapshot *snapshot, struct tt_live *live,
                 struct tt_cache *cache, const struct tt_ask *ask, struct tt_list *list, struct tt_err *err) TT_CHECKED;

/* Items like this row, which is not among them. */
int tt_recommend_similar(struct tt_recommender *recommender, const struct tt_snapshot *snapshot, uint32_t row, size_t k,
                         struct tt_list *list, struct tt_err *err) TT_CHECKED;

/* The user's history as it is now: items by number of the model's codes, with live events; what /users shows. codes and
 * weights are of the recommender, until its next call. */
int tt_recommend_history(struct tt_recommender *recommender, const struct tt_snapshot *snapshot, struct tt_live *live,
                         const char *user, size_t len, size_t *n, const uint32_t **codes, const float **weights,
                         struct tt_err *err) TT_CHECKED;

#endif
