/* A cache of lists, so that the same request is answered again without a search. A key is a hash of all that a list
 * depends on, the snapshot too: a list that is out of date has a key that no request has any more, and is replaced in
 * time.
 *
 * The cache has places of one size in sets of eight. A key belongs to one set, where a new list replaces the one that
 * was not used for the longest time. All memory is allocated at the start. Threads: all calls may run at once.
 */
#ifndef TT_SERVE_CACHE_H
#define TT_SERVE_CACHE_H

#include <stdint.h>

#include "base/err.h"

enum { TT_CACHE_ITEMS = 12 }; /* longer lists are not cached; so a place takes 128 bytes */

struct tt_cache;

struct tt_cache_key {
    uint64_t a, b; /* never both 0 */
};

struct tt_cache_list {
    uint16_t n, source;           /* these and `left`: see struct tt_list in recommend.h */
    uint32_t left;
    uint32_t rows[TT_CACHE_ITEMS];
    float scores[TT_CACHE_ITEMS];
};

/* bytes 0: nothing is cached. */
struct tt_cache *tt_cache_new(size_t bytes, struct tt_err *err) TT_CHECKED;
void tt_cache_free(struct tt_cache *cache);

int tt_cache_get(struct tt_cache *cache, struct tt_cache_key key, struct tt_cache_list *list); /* 1: found */
void tt_cache_put(struct tt_cache *cache, struct tt_cache_key key, const struct tt_cache_list *list);

#endif
