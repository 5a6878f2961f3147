/* The cache against a plain one that replaces the list not used for the longest time; its memory; several threads. */
#include "serve/cache.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "base/pool.h"
#include "base/rng.h"
#include "unit.h"

enum { WAYS = 8, THREADS = 4 };

/* A list that says of which key it is, and of which turn. */
static struct tt_cache_list make_list(struct tt_cache_key key, uint16_t turn)
{
    struct tt_cache_list list = {.n = (uint16_t)(1 + key.b % TT_CACHE_ITEMS), .source = turn, .left = (uint32_t)key.a};

    for (uint32_t i = 0; i < list.n; i++) {
        list.rows[i] = (uint32_t)key.b * 31 + turn * 7 + i;
        list.scores[i] = (float)(turn % 1000) + (float)i / 32;
    }
    return list;
}

static int same_list(const struct tt_cache_list *a, const struct tt_cache_list *b)
{
    return a->n == b->n && a->source == b->source && a->left == b->left &&
           memcmp(a->rows, b->rows, a->n * sizeof(*a->rows)) == 0 &&
           memcmp(a->scores, b->scores, a->n * sizeof(*a->scores)) == 0;
}

static int keeps_anything(size_t bytes)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_cache *cache = tt_cache_new(bytes, &err);
    struct tt_cache_key key = {5, 1};
    struct tt_cache_list list = make_list(key, 3), got;

    assert_non_null(cache);
    tt_cache_put(cache, key, &list);
    int found = tt_cache_get(cache, key, &got);
    if (found)
        assert_true(same_list(&list, &got));
    tt_cache_free(cache);
    return found;
}

/* The least memory that keeps something is one set. */
static size_t bytes_of_a_set(void)
{
    size_t bytes = 0;

    while (!keeps_anything(bytes))
        bytes += 8;
    return bytes;
}

static void test_cache_without_memory_keeps_nothing(void **state)
{
    (void)state;
    assert_int_equal(keeps_anything(0), 0);
    assert_int_equal(keeps_anything(WAYS * sizeof(struct tt_cache_list)), 0);
    size_t set = bytes_of_a_set();
    assert_true(set >= WAYS * (sizeof(struct tt_cache_list) + sizeof(struct tt_cache_key)));
    assert_true(set <= WAYS * 2 * sizeof(struct tt_cache_list));
}

/* ---- a plain cache ---- */

struct plain {
    size_t n;
    struct tt_cache_key keys[WAYS]; /* the one used last comes first */
    uint32_t turns[WAYS];
};

static int plain_find(struct plain *plain, struct tt_cache_key key, uint32_t *turn)
{
    for (size_t i = 0; i < plain->n; i++)
        if (plain->keys[i].a == key.a && plain->keys[i].b == key.b) {
            *turn = plain->turns[i];
            memmove(plain->keys + 1, plain->keys, i * sizeof(*plain->keys));
            memmove(plain->turns + 1, plain->turns, i * sizeof(*plain->turns));
            plain->keys[0] = key;
            plain->turns[0] = *turn;
            return 1;
        }
    return 0;
}

static void plain_put(struct plain *plain, struct tt_cache_key key, uint32_t turn)
{
    uint32_t old;

    if (!plain_find(plain, key, &old)) {
        size_t kept = plain->n < WAYS ? plain->n++ : WAYS - 1;
        memmove(plain->keys + 1, plain->keys, kept * sizeof(*plain->keys));
        memmove(plain->turns + 1, plain->turns, kept * sizeof(*plain->turns));
        plain->keys[0] = key;
    }
    plain->turns[0] = turn;
}

/* Caches of 1, 2, 3 and 130 sets (more than there are locks): key.a says which. */
static void test_cache_forgets_what_was_not_asked_for_the_longest(void **state)
{
    static const size_t sizes[] = {1, 2, 3, 130};
    static struct plain sets[130];
    struct tt_err err = TT_ERR_INIT;
    size_t bytes = bytes_of_a_set();
    (void)state;

    for (size_t s = 0; s < LENGTH(sizes); s++) {
        struct tt_cache *cache = tt_cache_new(sizes[s] * bytes + bytes - 1, &err);
        size_t found = 0;
        struct tt_rng rng;
        assert_non_null(cache);
        tt_rng_init(&rng, s, TT_RNG_TEST, 5);
        memset(sets, 0, sizeof(sets));
        for (uint32_t turn = 0; turn < 20000 + 2000 * sizes[s]; turn++) {
            size_t set = tt_rng_below(&rng, sizes[s]);
            struct tt_cache_key key = {set + sizes[s] * tt_rng_below(&rng, 3), 1 + tt_rng_below(&rng, 5)};
            struct tt_cache_list list = make_list(key, turn), got;
            uint32_t when;
            if (tt_rng_below(&rng, 2)) {
                tt_cache_put(cache, key, &list);
                plain_put(&sets[set], key, turn);
            } else if (plain_find(&sets[set], key, &when)) {
                found++;
                list = make_list(key, when);
                assert_int_equal(tt_cache_get(cache, key, &got), 1);
                assert_true(same_list(&list, &got));
            } else {
                assert_int_equal(tt_cache_get(cache, key, &got), 0);
            }
        }
        assert_true(found > 1000);
        tt_cache_free(cache);
    }
}

static void test_cache_does_not_keep_long_lists(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_cache *cache = tt_cache_new(1 << 16, &err);
    struct tt_cache_key key = {1, 1}, other = {1, 2};
    struct tt_cache_list list = {.n = TT_CACHE_ITEMS + 1}, got;
    (void)state;

    assert_non_null(cache);
    tt_cache_put(cache, key, &list);
    assert_int_equal(tt_cache_get(cache, key, &got), 0);
    list.n = TT_CACHE_ITEMS;
    tt_cache_put(cache, key, &list);
    assert_int_equal(tt_cache_get(cache, key, &got), 1);
    assert_int_equal(got.n, TT_CACHE_ITEMS);
    assert_int_equal(tt_cache_get(cache, other, &got), 0);
    list.n = 0; /* an empty list is a list */
    tt_cache_put(cache, other, &list);
    assert_int_equal(tt_cache_get(cache, other, &got), 1);
    assert_int_equal(got.n, 0);
    tt_cache_free(cache);
    tt_cache_free(NULL);
}

static void test_cache_says_that_there_is_no_memory(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    (void)state;

    assert_null(tt_cache_new(SIZE_MAX, &err));
    assert_int_equal(err.kind, TT_ERR_MEMORY);
}

/* ---- several threads ---- */

struct crowd {
    struct tt_cache *cache;
    atomic_int here, wrong, found;
};

/* Wait until all threads are here, so that they run at once; but not for ever. */
static void gather(atomic_int *here, int threads)
{
    const struct timespec little = {.tv_nsec = 100000};

    atomic_fetch_add(here, 1);
    for (int i = 0; i < 50000 && atomic_load(here) < threads; i++)
        nanosleep(&little, NULL);
}

/* A list that is found is whole, and was put under its key. */
static void take_part(void *arg, size_t block, int worker)
{
    struct crowd *crowd = arg;
    struct tt_rng rng;
    (void)worker;

    tt_rng_init(&rng, block, TT_RNG_TEST, 6);
    gather(&crowd->here, THREADS);
    for (uint32_t turn = 0; turn < 200000; turn++) {
        struct tt_cache_key key = {tt_rng_below(&rng, 6), 1 + tt_rng_below(&rng, 3)};
        struct tt_cache_list list, got;
        if (tt_rng_below(&rng, 2)) {
            list = make_list(key, (uint16_t)(turn * THREADS + block));
            tt_cache_put(crowd->cache, key, &list);
        } else if (tt_cache_get(crowd->cache, key, &got)) {
            list = make_list(key, got.source);
            atomic_fetch_add(&crowd->found, 1);
            atomic_fetch_add(&crowd->wrong, !same_list(&list, &got));
        }
    }
}

static void test_cache_gives_whole_lists_to_several_threads(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(THREADS, &err);
    size_t bytes = bytes_of_a_set();
    (void)state;

    assert_non_null(pool);
    for (size_t sets = 1; sets <= 3; sets++) { /* 18 keys in 8, 16 or 24 places */
        struct crowd crowd = {.cache = tt_cache_new(sets * bytes, &err)};
        assert_non_null(crowd.cache);
        tt_pool_run(pool, THREADS, take_part, &crowd);
        assert_int_equal(crowd.wrong, 0);
        assert_true(crowd.found > 1000);
        tt_cache_free(crowd.cache);
    }
    tt_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cache_without_memory_keeps_nothing),
        cmocka_unit_test(test_cache_forgets_what_was_not_asked_for_the_longest),
        cmocka_unit_test(test_cache_does_not_keep_long_lists),
        cmocka_unit_test(test_cache_says_that_there_is_no_memory),
        cmocka_unit_test(test_cache_gives_whole_lists_to_several_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
