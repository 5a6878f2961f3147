/* The plan of a split against plain, slow versions of its definitions. */
#include "split/split_plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

#include "unit.h"

static void test_split_last_sizes_keep_a_row_in_train(void **state)
{
    static const struct { uint64_t last, valid_last; size_t n, valid, test; } known[] = {
        {1, 0, 0, 0, 0}, {1, 0, 1, 0, 0}, {1, 1, 1, 0, 0}, {1, 1, 2, 0, 1}, {1, 1, 3, 1, 1}, {1, 1, 10, 1, 1},
        {3, 2, 4, 0, 3}, {3, 2, 5, 1, 3}, {3, 2, 6, 2, 3}, {UINT64_MAX, UINT64_MAX, 5, 0, 4},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(known); i++) {
        struct tt_split_last rule = {.last = known[i].last, .valid_last = known[i].valid_last};
        size_t valid, test;
        tt_split_last_sizes(&rule, known[i].n, &valid, &test);
        assert_int_equal(valid, known[i].valid);
        assert_int_equal(test, known[i].test);
    }
}

static void test_split_last_sizes_round_as_doubles_do(void **state)
{
    static const struct { double share, valid_share; size_t n, valid, test; } known[] = {
        {0.2, 0.125, 4, 0, 0}, {0.2, 0.125, 5, 0, 1}, {0.2, 0.125, 10, 1, 2}, {0.2, 0.125, 100, 10, 20},
        {0.29, 0, 100, 0, 28}, /* 28.999999999999996 */
        {0.57, 0, 100, 0, 56}, /* 56.99999999999999 */
        {0.5, 0.5, 1, 0, 0},   {0, 0, 7, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(known); i++) {
        struct tt_split_last rule = {.by_share = 1, .share = known[i].share, .valid_share = known[i].valid_share};
        size_t valid, test;
        tt_split_last_sizes(&rule, known[i].n, &valid, &test);
        assert_int_equal(valid, known[i].valid);
        assert_int_equal(test, known[i].test);
    }
}

/* Does row a come before row b among one user's rows? */
static int before(int64_t *const *keys, size_t n_keys, size_t a, size_t b)
{
    for (size_t k = 0; k < n_keys; k++)
        if (keys[k][a] != keys[k][b])
            return keys[k][a] < keys[k][b];
    return a < b;
}

static void check_plan(struct tt_rng *rng, size_t n, size_t n_users, size_t n_keys, int by_share)
{
    uint32_t *users = calloc(n, sizeof(*users));
    int64_t *keys[2] = {calloc(n, 8), calloc(n, 8)};
    unsigned char *parts = calloc(n, 1), *old = calloc(n, 1);
    struct tt_split_last rule = {.by_share = by_share, .last = 1 + tt_rng_below(rng, 5),
                                 .valid_last = tt_rng_below(rng, 5), .share = tt_rng_unit(rng) * 0.9,
                                 .valid_share = tt_rng_unit(rng) * 0.9};
    struct tt_err err = TT_ERR_INIT;

    for (size_t i = 0; i < n; i++) {
        users[i] = (uint32_t)tt_rng_below(rng, n_users);
        keys[0][i] = (int64_t)tt_rng_below(rng, 30) - 15;
        keys[1][i] = (int64_t)tt_rng_below(rng, 3);
        parts[i] = tt_rng_below(rng, 5) ? TT_SPLIT_TEST : TT_SPLIT_DROPPED;
    }
    memcpy(old, parts, n);
    assert_int_equal(tt_split_plan_last(&rule, users, n_users, n, keys, n_keys, parts, &err), 0);
    for (size_t i = 0; i < n; i++) {
        size_t size = 0, rank = 0, valid, test;
        if (old[i] == TT_SPLIT_DROPPED) {
            assert_int_equal(parts[i], TT_SPLIT_DROPPED);
            continue;
        }
        for (size_t j = 0; j < n; j++) {
            if (users[j] == users[i] && old[j] != TT_SPLIT_DROPPED) {
                size++;
                rank += before(keys, n_keys, j, i) && j != i;
            }
        }
        tt_split_last_sizes(&rule, size, &valid, &test);
        assert_int_equal(parts[i], rank >= size - test           ? TT_SPLIT_TEST
                                   : rank >= size - test - valid ? TT_SPLIT_VALID
                                                                 : TT_SPLIT_TRAIN);
    }
    free(users);
    free(keys[0]);
    free(keys[1]);
    free(parts);
    free(old);
}

static void test_split_plan_last_agrees_with_counting(void **state)
{
    struct tt_rng rng;

    (void)state;
    tt_rng_init(&rng, 1, TT_RNG_TEST, 0);
    for (size_t n_keys = 0; n_keys <= 2; n_keys++) {
        for (int by_share = 0; by_share < 2; by_share++) {
            check_plan(&rng, 1, 1, n_keys, by_share);
            for (int i = 0; i < 5; i++) {
                check_plan(&rng, 500, 3, n_keys, by_share);   /* merging */
                check_plan(&rng, 500, 100, n_keys, by_share); /* insertion */
            }
        }
    }
}

/* The definition: rebuild all counts, drop, repeat. */
static size_t slow_core(uint64_t k, const uint32_t *users, const uint32_t *items, size_t n, unsigned char *parts)
{
    size_t left, dropped = 1;

    while (dropped) {
        uint64_t of_user[64] = {0}, of_item[64] = {0};
        dropped = left = 0;
        for (size_t i = 0; i < n; i++) {
            if (parts[i] != TT_SPLIT_DROPPED) {
                of_user[users[i]]++;
                of_item[items[i]]++;
            }
        }
        for (size_t i = 0; i < n; i++) {
            if (parts[i] == TT_SPLIT_DROPPED)
                continue;
            if (of_user[users[i]] < k || of_item[items[i]] < k) {
                parts[i] = TT_SPLIT_DROPPED;
                dropped++;
            } else {
                left++;
            }
        }
    }
    return left;
}

static void test_split_k_core_agrees_with_its_definition(void **state)
{
    enum { N = 200 };
    struct tt_rng rng;
    struct tt_err err = TT_ERR_INIT;
    size_t some = 0;

    (void)state;
    tt_rng_init(&rng, 2, TT_RNG_TEST, 0);
    for (int t = 0; t < 300; t++) {
        uint32_t users[N], items[N];
        unsigned char fast[N], slow[N];
        uint64_t k = tt_rng_below(&rng, 6);
        size_t left;
        for (size_t i = 0; i < N; i++) {
            users[i] = (uint32_t)(tt_rng_unit(&rng) * tt_rng_unit(&rng) * 64);
            items[i] = (uint32_t)(tt_rng_unit(&rng) * tt_rng_unit(&rng) * 64);
            fast[i] = slow[i] = tt_rng_below(&rng, 8) ? TT_SPLIT_TRAIN : TT_SPLIT_DROPPED;
        }
        assert_int_equal(tt_split_k_core(k, users, 64, items, 64, N, fast, &left, &err), 0);
        assert_int_equal(left, slow_core(k, users, items, N, slow));
        assert_memory_equal(fast, slow, N);
        some += left > 0 && left < 150;
    }
    assert_true(some > 50); /* the cases were not all trivial */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split_last_sizes_keep_a_row_in_train),
        cmocka_unit_test(test_split_last_sizes_round_as_doubles_do),
        cmocka_unit_test(test_split_plan_last_agrees_with_counting),
        cmocka_unit_test(test_split_k_core_agrees_with_its_definition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
