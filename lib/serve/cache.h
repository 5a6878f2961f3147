/* Lists that were found lately, so that who asks again need not wait for a search. A key is a fingerprint of all that a
 * list depends on, snapshot included; a list that is no longer right is never asked for again, and makes way in time.
 *
 * Places are of one size and cut into sets of eight; a key has one set, in which the list that was not asked for the
 * longest makes way. Memory is what was given at the start, and no more. Threads: all calls may run at once.
 */
#ifndef TT_SERVE_CACHE_H
#define TT_SERVE_CACHE_H

#include <stdint.h>

#include "base/err.h"

enum { TT_CACHE_ITEMS = 12 }; /* longer lists are not kept; a place takes two cache lines */

struct tt_cache;

struct tt_cache_key {
    uint64_t a, b; /* never both 0 */
};

struct tt_cache_list {
    uint16_t n, source;           /* as recommend.h has them */
    uint32_t left;
    uint32_t rows[TT_CACHE_ITEMS];
    float scores[TT_CACHE_ITEMS];
};

/* bytes 0: a cache that keeps nothing. */
struct tt_cache *tt_cache_new(size_t bytes, struct tt_err *err) TT_CHECKED;
void tt_cache_free(struct tt_cache *cache);

int tt_cache_get(struct tt_cache *cache, struct tt_cache_key key, struct tt_cache_list *list); /* 1: found */
void tt_cache_put(struct tt_cache *cache, struct tt_cache_key key, const struct tt_cache_list *list);

#endif
