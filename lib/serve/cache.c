/* A cache of lists: see cache.h. */
#include "serve/cache.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/lock.h"

enum { WAYS = 8, LOCKS = 64 };

struct place {
    struct tt_cache_key key; /* zeros: free */
    uint32_t used;           /* the lock's clock at the last use; when it wraps around, lists are replaced early */
    struct tt_cache_list list;
};

struct tt_cache {
    size_t n_sets;
    struct place *places; /* (n_sets, WAYS) */
    struct guard {
        struct tt_mutex lock;
        uint32_t clock;
    } guards[LOCKS];      /* set s is guarded by s mod LOCKS */
    size_t n_guards;      /* that were made */
};

struct tt_cache *tt_cache_new(size_t bytes, struct tt_err *err)
{
    struct tt_cache *cache = tt_alloc_zero(1, sizeof(*cache), err);

    if (!cache)
        return NULL;
    cache->n_sets = bytes / (WAYS * sizeof(struct place));
    cache->places = tt_alloc_zero(cache->n_sets * WAYS, sizeof(*cache->places), err);
    for (; cache->places && cache->n_guards < LOCKS; cache->n_guards++)
        if (tt_mutex_init(&cache->guards[cache->n_guards].lock, err))
            break;
    if (cache->n_guards < LOCKS) {
        tt_cache_free(cache);
        return NULL;
    }
    return cache;
}

void tt_cache_free(struct tt_cache *cache)
{
    if (!cache)
        return;
    while (cache->n_guards)
        tt_mutex_release(&cache->guards[--cache->n_guards].lock);
    free(cache->places);
    free(cache);
}

int tt_cache_get(struct tt_cache *cache, struct tt_cache_key key, struct tt_cache_list *list)
{
    int found = 0;

    if (cache->n_sets == 0)
        return 0;
    size_t set = (size_t)(key.a % cache->n_sets);
    struct guard *guard = &cache->guards[set % LOCKS];
    struct place *places = cache->places + set * WAYS;
    tt_mutex_lock(&guard->lock);
    for (size_t i = 0; i < WAYS && !found; i++) {
        if (places[i].key.a != key.a || places[i].key.b != key.b)
            continue;
        places[i].used = ++guard->clock;
        *list = places[i].list;
        found = 1;
    }
    tt_mutex_unlock(&guard->lock);
    return found;
}

void tt_cache_put(struct tt_cache *cache, struct tt_cache_key key, const struct tt_cache_list *list)
{
    if (cache->n_sets == 0 || list->n > TT_CACHE_ITEMS)
        return;
    size_t set = (size_t)(key.a % cache->n_sets), oldest = 0;
    struct guard *guard = &cache->guards[set % LOCKS];
    struct place *places = cache->places + set * WAYS;
    tt_mutex_lock(&guard->lock);
    for (size_t i = 0; i < WAYS; i++) {
        if (places[i].key.a == key.a && places[i].key.b == key.b) { /* another thread has just cached it */
            oldest = i;
            break;
        }
        if (places[i].used < places[oldest].used)
            oldest = i;
    }
    places[oldest] = (struct place){key, ++guard->clock, *list};
    tt_mutex_unlock(&guard->lock);
}
