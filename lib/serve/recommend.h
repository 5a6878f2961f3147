/* Recommendation: from a request (recommend_request.h) to a ranked list of items.
 *
 *     struct tt_recommender *r = tt_recommender_new(&err);                         one for each thread
 *     tt_recommend(r, snapshot, recent, cache, &request, &list, &err)
 *
 * The user's vector is made, in this order: from the model's user, with the recent events; for a user that is not in
 * the model, from a history, which the request gives or recent events make; from features that the request gives.
 * Without any of these there is no vector, and the most popular items are listed.
 *
 * Determinism: a list depends on the snapshot, the user's recent events and the request, not on threads or the cache.
 */
#ifndef TT_SERVE_RECOMMEND_H
#define TT_SERVE_RECOMMEND_H

#include "serve/recommend_request.h"
#include "serve/cache.h"
#include "serve/recent_events.h"

enum tt_source { TT_SOURCE_USER, TT_SOURCE_HISTORY, TT_SOURCE_FEATURES, TT_SOURCE_POPULAR, TT_SOURCE_ITEM };
const char *tt_source_name(enum tt_source source);

struct tt_list {
    enum tt_source source;
    size_t n;
    uint32_t *rows;           /* (n) of the index, the best first; of the recommender, until its next call */
    float *scores;            /* (n) inner products; of popular items, how many users have each */
    uint32_t *because;        /* (n) the row of the nearest item in the user's history, TT_VOCAB_NONE: none; NULL unless
                               * the request has explain=1 */
    size_t left;              /* when n < k: how many items may be listed */
};

struct tt_recommender;

struct tt_recommender *tt_recommender_new(struct tt_err *err) TT_CHECKED;
void tt_recommender_free(struct tt_recommender *recommender); /* NULL is fine */

int tt_recommend(struct tt_recommender *recommender, struct tt_snapshot *snapshot, struct tt_recent_events *recent,
                 struct tt_cache *cache, const struct tt_recommend_request *request, struct tt_list *list,
                 struct tt_err *err) TT_CHECKED;

/* The items nearest to the item of this row, without itself. */
int tt_recommend_similar(struct tt_recommender *recommender, const struct tt_snapshot *snapshot, uint32_t row, size_t k,
                         struct tt_list *list, struct tt_err *err) TT_CHECKED;

/* The user's history in the model with the recent events: codes of items in the model and their weights. Both arrays
 * are the recommender's, until its next call. */
int tt_recommend_history(struct tt_recommender *recommender, const struct tt_snapshot *snapshot,
                         struct tt_recent_events *recent, const char *user, size_t len, size_t *n,
                         const uint32_t **codes, const float **weights, struct tt_err *err) TT_CHECKED;

#endif
