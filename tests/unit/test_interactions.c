/* Random training events against tables of everything, and the novelty of some items by hand. */
#include "eval/interactions.h"

#include <math.h>

#include "base/rng.h"
#include "small_interactions.h"

enum { USERS = 11, ITEMS = 17, EVENTS = 120 };

static void test_interactions_agrees_with_tables_of_everything(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        int events[USERS + 1][ITEMS + 1] = {{0}}, item_events[ITEMS + 1] = {0}, user_events[USERS + 1] = {0};
        char text[EVENTS * 16] = "item,when,user\n";
        size_t len = strlen(text);
        struct tt_interactions known;
        struct tt_rng rng;
        tt_rng_init(&rng, seed, TT_RNG_TEST, 0);
        for (int e = 0; e < EVENTS; e++) {
            double x = tt_rng_unit(&rng);
            int u = (int)(x * x * USERS), i = (int)tt_rng_below(&rng, ITEMS); /* the last of both has no event */
            events[u][i]++;
            item_events[i]++;
            user_events[u]++;
            len += (size_t)snprintf(text + len, sizeof(text) - len, "i%d,%d,u%d\n", i, e, u);
        }
        read_interactions(&known, text);
        assert_int_equal(known.n_events, EVENTS);
        for (int u = 0; u <= USERS; u++)
            assert_int_equal(tt_interactions_activity(&known, code_of(&known.seen.users, 'u', u)), user_events[u]);
        for (int i = 0; i <= ITEMS; i++) {
            int users = 0;
            uint32_t item = code_of(&known.items, 'i', i);
            for (int u = 0; u <= USERS; u++) {
                users += events[u][i] > 0;
                assert_int_equal(tt_interactions_has(&known, code_of(&known.seen.users, 'u', u), item),
                                 events[u][i] > 0);
            }
            assert_int_equal(tt_interactions_popularity(&known, item), item_events[i]);
            if (users)
                assert_true(fabs(tt_interactions_novelty(&known, item) +
                                 log2((double)users / (double)known.seen.users.texts.n)) < 1e-12);
        }
        tt_interactions_release(&known);
    }
}

/* Four users: all have a, which is no news; two have b, one c, and d is as if one had it. An item's events do not
 * matter, only its users. */
static void test_novelty_is_in_bits(void **state)
{
    struct tt_interactions known;
    (void)state;

    read_interactions(&known, "user,item\nu1,a\nu2,a\nu3,a\nu4,a\nu1,b\nu2,b\nu1,b\nu3,c\nu3,c\n");
    assert_true(tt_interactions_novelty(&known, tt_vocab_find(&known.items, "a", 1)) == 0);
    assert_true(tt_interactions_novelty(&known, tt_vocab_find(&known.items, "b", 1)) == 1);
    assert_true(tt_interactions_novelty(&known, tt_vocab_find(&known.items, "c", 1)) == 2);
    assert_true(tt_interactions_novelty(&known, tt_vocab_find(&known.items, "d", 1)) == 2);
    tt_interactions_release(&known);
}

static void test_interactions_may_be_empty(void **state)
{
    struct tt_interactions known;
    (void)state;

    read_interactions(&known, "user,item\n");
    assert_int_equal(known.n_events, 0);
    assert_int_equal(tt_interactions_has(&known, TT_VOCAB_NONE, TT_VOCAB_NONE), 0);
    tt_interactions_release(&known);
}

static void test_interactions_releases_itself_on_failure(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_interactions known;
    struct tt_csv csv;
    (void)state;

    assert_int_equal(tt_csv_open(&csv, write_file("a", "user,item\nu1,a\nu2\n"), TT_CSV_AUTO, &err), 0);
    assert_int_equal(tt_interactions_read(&known, &csv, "user", "item", &err), -1);
    assert_string_equal(err.text, "a:3: expected 2 fields, found 1");
    assert_null(known.seen.users.slots);
    tt_csv_close(&csv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interactions_agrees_with_tables_of_everything),
        cmocka_unit_test(test_novelty_is_in_bits),
        cmocka_unit_test(test_interactions_may_be_empty),
        cmocka_unit_test(test_interactions_releases_itself_on_failure),
    };
    return cmocka_run_group_tests(tests, enter_data_folder, leave_data_folder);
}
