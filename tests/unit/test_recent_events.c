/* Live events against plain lists: any order of adding, turning and forgetting; and by several threads at once. */
#include "serve/recent_events.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/hash.h"
#include "base/pool.h"
#include "base/rng.h"
#include "unit.h"

enum { USERS = 6, ITEMS = 9, OPERATIONS = 600 };

struct plain_visit {
    int user, item;
    uint32_t time, generation;
    float weight;
    int label;
};

/* A state of a user's visits that was seen with a version. */
struct mark {
    int user;
    uint64_t version, hash;
};

struct plain {
    struct plain_visit visits[OPERATIONS];
    size_t n;
    uint32_t generation;
    struct mark marks[OPERATIONS * USERS];
    size_t n_marks;
};

static size_t name(char text[16], char kind, int number)
{
    return (size_t)snprintf(text, 16, "%c%d", kind, number);
}

static void add(struct tt_recent_events *recent, struct plain *plain, struct tt_rng *rng)
{
    struct tt_err err = TT_ERR_INIT;
    char user[16], item[16];
    struct plain_visit v = {(int)tt_rng_below(rng, USERS), (int)tt_rng_below(rng, ITEMS), tt_rng_u32(rng),
                            plain->generation, (float)tt_rng_unit(rng), (int)tt_rng_below(rng, 2)};
    struct tt_recent_event event = {user, item, name(user, 'u', v.user), name(item, 'i', v.item), v.time, v.weight,
                                  (uint8_t)(v.label * 2)};

    assert_int_equal(tt_recent_events_add(recent, &event, &err), 0);
    memset(user, '?', sizeof(user)); /* the texts are ours again */
    memset(item, '?', sizeof(item));
    plain->visits[plain->n++] = v;
}

static void forget(struct tt_recent_events *recent, struct plain *plain)
{
    struct tt_err err = TT_ERR_INIT;
    size_t n = 0;

    assert_int_equal(tt_recent_events_discard(recent, &err), 0);
    for (size_t i = 0; i < plain->n; i++)
        if (plain->visits[i].generation == plain->generation)
            plain->visits[n++] = plain->visits[i];
    plain->n = n;
}

/* No two states of a user's visits may have had the same version. */
static void check_version(struct plain *plain, int user, uint64_t version, uint64_t hash)
{
    for (size_t i = 0; i < plain->n_marks; i++)
        if (plain->marks[i].user == user && plain->marks[i].version == version) {
            assert_int_equal(plain->marks[i].hash, hash);
            return;
        }
    plain->marks[plain->n_marks++] = (struct mark){user, version, hash};
}

static void check(struct tt_recent_events *recent, struct plain *plain, struct tt_recent_visits *visits)
{
    struct tt_err err = TT_ERR_INIT;
    char text[16], item[16], found[16];

    assert_int_equal(tt_recent_events_count(recent), plain->n);
    for (int u = 0; u <= USERS; u++) { /* the last never comes */
        size_t len = name(text, 'u', u), at = 0;
        uint64_t version = tt_recent_events_version(recent, text, len), hash = 0;
        assert_int_equal(tt_recent_events_of_user(recent, text, len, visits, &err), 0);
        for (size_t i = 0; i < plain->n; i++) {
            const struct plain_visit *v = &plain->visits[i];
            if (v->user != u)
                continue;
            assert_true(at < visits->n);
            const struct tt_recent_visit *got = &visits->all[at++];
            size_t item_len = name(item, 'i', v->item);
            assert_int_equal(tt_recent_events_item(recent, got->item, found, sizeof(found)), item_len);
            assert_memory_equal(found, item, item_len);
            assert_int_equal(got->time, v->time);
            assert_true(got->weight == v->weight);
            assert_int_equal(got->label, v->label);
            assert_int_equal(got->generation, v->generation);
            hash = tt_hash64(v, sizeof(*v), hash);
        }
        assert_int_equal(at, visits->n);
        assert_int_equal(visits->version, version);
        assert_int_equal(version == 0, visits->n == 0);
        check_version(plain, u, version, hash);
    }
}

static void test_live_agrees_with_a_plain_list(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    static struct plain plain;
    (void)state;

    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct tt_recent_events *recent = tt_recent_events_new(&err);
        struct tt_recent_visits visits = {0};
        struct tt_rng rng;
        tt_rng_init(&rng, seed, TT_RNG_TEST, 4);
        memset(&plain, 0, sizeof(plain));
        assert_non_null(recent);
        check(recent, &plain, &visits);
        for (int i = 0; i < OPERATIONS; i++) {
            switch (tt_rng_below(&rng, 12)) {
            case 0:
                tt_recent_events_rotate(recent);
                plain.generation++;
                break;
            case 1: forget(recent, &plain); break;
            default: add(recent, &plain, &rng); break;
            }
            if (i % 7 == 0)
                check(recent, &plain, &visits);
        }
        check(recent, &plain, &visits);
        tt_recent_visits_release(&visits);
        tt_recent_events_free(recent);
    }
}

static void test_live_items_keep_their_numbers(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_recent_events *recent = tt_recent_events_new(&err);
    struct tt_recent_visits visits = {0};
    struct tt_recent_event event = {"u", "apple", 1, 5, 1, 1, 1};
    char text[8] = "?????";
    (void)state;

    assert_int_equal(tt_recent_events_item(recent, 0, text, sizeof(text)), 0);
    assert_int_equal(tt_recent_events_add(recent, &event, &err), 0);
    tt_recent_events_rotate(recent);
    assert_int_equal(tt_recent_events_discard(recent, &err), 0);
    event.item = "pear", event.item_len = 4;
    assert_int_equal(tt_recent_events_add(recent, &event, &err), 0);
    assert_int_equal(tt_recent_events_item(recent, 0, text, 4), 0); /* too long: nothing is written */
    assert_string_equal(text, "?????");
    assert_int_equal(tt_recent_events_item(recent, 0, text, 5), 5);
    assert_memory_equal(text, "apple", 5);
    assert_int_equal(tt_recent_events_of_user(recent, "u", 1, &visits, &err), 0);
    assert_int_equal(visits.n, 1);
    assert_int_equal(tt_recent_events_item(recent, visits.all[0].item, text, sizeof(text)), 4);
    assert_memory_equal(text, "pear", 4);
    assert_int_equal(tt_recent_events_item(recent, 2, text, sizeof(text)), 0);
    assert_int_equal(tt_recent_events_item(recent, UINT32_MAX, text, sizeof(text)), 0);
    tt_recent_visits_release(&visits);
    tt_recent_events_free(recent);
    tt_recent_events_free(NULL);
}

/* ---- several threads ---- */

enum { WRITERS = 2, READERS = 2, EACH = 100000 };

struct crowd {
    struct tt_recent_events *recent;
    atomic_uint written;   /* writers that have ended */
    atomic_int here;
    atomic_int wrong;      /* asserting is for the main thread */
};

/* Wait until all threads are here, so that they run at once; but not for ever. */
static void gather(atomic_int *here, int threads)
{
    const struct timespec little = {.tv_nsec = 100000};

    atomic_fetch_add(here, 1);
    for (int i = 0; i < 50000 && atomic_load(here) < threads; i++)
        nanosleep(&little, NULL);
}

/* Writer b's user gets visits with times 0, 1, 2 ... */
static void write_visits(struct crowd *crowd, size_t b)
{
    struct tt_err err = TT_ERR_INIT;
    char user[16], item[16];

    for (uint32_t t = 0; t < EACH; t++) {
        struct tt_recent_event event = {user, item, name(user, 'u', (int)b), name(item, 'i', (int)(t % 2000)), t, 1, 1};
        if (tt_recent_events_add(crowd->recent, &event, &err))
            atomic_fetch_add(&crowd->wrong, 1);
    }
    atomic_fetch_add(&crowd->written, 1);
}

/* Whatever is read is a run of times, and each with its item. */
static void read_visits(struct crowd *crowd, struct tt_recent_visits *visits, int user)
{
    struct tt_err err = TT_ERR_INIT;
    char text[16], item[16];
    size_t len = name(text, 'u', user), item_len;

    uint64_t before = tt_recent_events_version(crowd->recent, text, len);
    if (tt_recent_events_of_user(crowd->recent, text, len, visits, &err))
        atomic_fetch_add(&crowd->wrong, 1);
    for (size_t i = 0; i < visits->n; i++) {
        const struct tt_recent_visit *v = &visits->all[i];
        if (i && v->time != v[-1].time + 1)
            atomic_fetch_add(&crowd->wrong, 1);
        if (i % 97)
            continue;
        item_len = name(item, 'i', (int)(v->time % 2000));
        if (tt_recent_events_item(crowd->recent, v->item, text, sizeof(text)) != item_len || memcmp(text, item,
                                                                                                    item_len) != 0)
            atomic_fetch_add(&crowd->wrong, 1);
    }
    uint64_t after = tt_recent_events_version(crowd->recent, text, name(text, 'u', user)); /* 0: all was removed */
    if ((visits->version && visits->version < before) || (after && after < visits->version))
        atomic_fetch_add(&crowd->wrong, 1);
}

static void take_part(void *arg, size_t block, int worker)
{
    struct crowd *crowd = arg;
    struct tt_recent_visits visits = {0};
    struct tt_err err = TT_ERR_INIT;
    (void)worker;

    gather(&crowd->here, WRITERS + READERS);
    if (block % 2 == 0) {
        write_visits(crowd, block / 2);
    } else {
        for (int i = 0; i < 4000; i++) {
            read_visits(crowd, &visits, (int)((size_t)i % WRITERS));
            if (block == 1 && i % 10 == 0)
                tt_recent_events_rotate(crowd->recent);
            if (block == 1 && i % 30 == 0 && tt_recent_events_discard(crowd->recent, &err))
                atomic_fetch_add(&crowd->wrong, 1);
        }
    }
    tt_recent_visits_release(&visits);
}

static void test_live_is_whole_for_several_threads(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(WRITERS + READERS, &err);
    struct crowd crowd = {.recent = tt_recent_events_new(&err)};
    struct tt_recent_visits visits = {0};
    char text[16];
    size_t sum = 0;
    (void)state;

    assert_non_null(pool);
    assert_non_null(crowd.recent);
    tt_pool_run(pool, WRITERS + READERS, take_part, &crowd);
    assert_int_equal(crowd.wrong, 0);
    assert_int_equal(crowd.written, WRITERS);
    for (int u = 0; u < WRITERS; u++) { /* what is left are the last ones */
        assert_int_equal(tt_recent_events_of_user(crowd.recent, text, name(text, 'u', u), &visits, &err), 0);
        for (size_t i = 0; i < visits.n; i++)
            assert_int_equal(visits.all[i].time, EACH - visits.n + i);
        sum += visits.n;
    }
    assert_int_equal(tt_recent_events_count(crowd.recent), sum);
    tt_recent_visits_release(&visits);
    tt_recent_events_free(crowd.recent);
    tt_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_live_agrees_with_a_plain_list),
        cmocka_unit_test(test_live_items_keep_their_numbers),
        cmocka_unit_test(test_live_is_whole_for_several_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
