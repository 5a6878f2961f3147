/* Random lists against sums over their items, and whose lists the interval draws. */
#include "eval/novelty.h"

#include <math.h>

#include "base/rng.h"
#include "small_interactions.h"

enum { USERS = 9, CONTEXTS = 2, QUERIES = USERS * CONTEXTS, ITEMS = 12, LENGTH_MAX = 6 };

static const char training[] = "user,item\n"
    "u0,i0\nu1,i0\nu2,i0\nu3,i0\nu4,i0\nu5,i0\nu6,i0\nu7,i0\nu0,i1\nu0,i1\nu1,i1\nu2,i2\nu2,i2\nu2,i2\nu3,i3\n"
    "u4,i4\nu5,i4\nu6,i5\nu7,i6\nu7,i7\n"; /* u8 has nothing, nobody has i8 ... i11 */

static void test_novelty_agrees_with_sums_over_items(void **state)
{
    static const size_t ks[] = {1, 2, 5, 6, 50};
    enum { FIGURES = LENGTH(ks) * TT_NOVELTY_FIGURES };
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(1, &err);
    uint32_t user_of[QUERIES];
    struct tt_interactions interactions;
    (void)state;

    read_interactions(&interactions, training);
    for (uint32_t q = 0; q < QUERIES; q++)
        user_of[q] = q / CONTEXTS;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct tt_estimate estimates[FIGURES];
        struct tt_novelty r;
        double sum[FIGURES] = {0};
        size_t lists = 0, rows = 0, seen = 0, unheld = 0;
        struct tt_rng rng;
        tt_rng_init(&rng, seed, TT_RNG_TEST, 0);
        assert_int_equal(tt_novelty_init(&r, &interactions, ks, LENGTH(ks), QUERIES, &err), 0);
        for (size_t q = 0; q < QUERIES; q++) {
            size_t length = q == 3 ? LENGTH_MAX : tt_rng_below(&rng, LENGTH_MAX + 1), first = tt_rng_below(&rng, ITEMS);
            if (length == 0)
                continue;
            lists++;
            rows += length;
            uint32_t user = code_of(&interactions.seen.users, 'u', q / CONTEXTS);
            tt_novelty_begin(&r, q, user);
            for (size_t i = 0; i < length; i++) {
                uint32_t item = code_of(&interactions.items, 'i', (first + i) % ITEMS);
                tt_novelty_add(&r, item);
                seen += (size_t)tt_interactions_has(&interactions, user, item);
                unheld += item == TT_VOCAB_NONE;
            }
            tt_novelty_end(&r);
            for (size_t j = 0; j < LENGTH(ks); j++) {
                size_t n = length < ks[j] ? length : ks[j];
                for (size_t i = 0; i < n; i++) {
                    uint32_t item = code_of(&interactions.items, 'i', (first + i) % ITEMS);
                    double popularity = tt_interactions_popularity(&interactions, item);
                    sum[j * TT_NOVELTY_FIGURES] += tt_interactions_novelty(&interactions, item) / (double)n;
                    sum[j * TT_NOVELTY_FIGURES + 1] += popularity / (double)n;
                }
            }
        }
        assert_int_equal(tt_novelty_estimates(&r, user_of, USERS, pool, seed % 2 ? 0 : 99, 1, estimates, &err), 0);
        assert_true(r.n_rows == rows && r.n_seen_rows == seen && r.n_unheld_rows == unheld);
        assert_true(seen > 0 && unheld > 0 && lists < QUERIES);
        for (size_t j = 0; j < FIGURES; j++) {
            const struct tt_estimate *x = &estimates[j];
            assert_true(fabs(x->value - sum[j] / (double)lists) < 1e-12);
            assert_int_equal(x->n, lists);
            assert_true(seed % 2 ? isnan(x->low) && isnan(x->high) : x->low < x->value && x->value < x->high);
        }
        tt_novelty_release(&r);
    }
    tt_pool_free(pool);
    tt_interactions_release(&interactions);
}

/* Of nine users one has lists: his are drawn always, so the interval has no width, and no resample is empty. */
static void test_only_users_with_lists_are_drawn(void **state)
{
    static const size_t ks[] = {2};
    struct tt_estimate estimates[TT_NOVELTY_FIGURES];
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(1, &err);
    uint32_t user_of[] = {0, 4, 4};
    struct tt_novelty r;
    struct tt_interactions interactions;
    (void)state;

    read_interactions(&interactions, training);
    assert_int_equal(tt_novelty_init(&r, &interactions, ks, 1, 3, &err), 0);
    assert_int_equal(tt_novelty_estimates(&r, user_of, USERS, pool, 99, 1, estimates, &err), 0);
    assert_true(isnan(estimates[0].value) && isnan(estimates[0].low) && estimates[0].n == 0);
    tt_novelty_begin(&r, 2, TT_VOCAB_NONE);
    tt_novelty_add(&r, code_of(&interactions.items, 'i', 0)); /* all eight users have it */
    tt_novelty_add(&r, code_of(&interactions.items, 'i', 4)); /* two do, once each */
    tt_novelty_end(&r);
    assert_int_equal(tt_novelty_estimates(&r, user_of, USERS, pool, 99, 1, estimates, &err), 0);
    for (int f = 0; f < TT_NOVELTY_FIGURES; f++) {
        assert_true(estimates[f].value == (f == TT_NOVELTY_SELF_INFORMATION ? 1 : 5));
        assert_true(estimates[f].low == estimates[f].value && estimates[f].high == estimates[f].value);
        assert_int_equal(estimates[f].n, 1);
    }
    tt_novelty_release(&r);
    tt_pool_free(pool);
    tt_interactions_release(&interactions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_novelty_agrees_with_sums_over_items),
        cmocka_unit_test(test_only_users_with_lists_are_drawn),
    };
    return cmocka_run_group_tests(tests, enter_data_folder, leave_data_folder);
}
