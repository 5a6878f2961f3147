/* The items that users have seen: random files against a table of everything. */
#include "table/seen_items.h"

#include "base/rng.h"
#include "data_files.h"

enum { USERS = 9, ITEMS = 70, UNKNOWN = 5, ROWS = 150 };

static void make_items(struct tt_vocab *items)
{
    struct tt_err err = TT_ERR_INIT;
    char text[16];
    uint32_t code;

    assert_int_equal(tt_vocab_init(items, &err), 0);
    for (int i = 0; i < ITEMS; i++) {
        int len = snprintf(text, sizeof(text), "i%d", i);
        assert_int_equal(tt_vocab_add(items, text, (size_t)len, &code, &err), 0);
    }
}

static void check_user(const struct tt_seen_items *seen, int u, unsigned char has[ITEMS])
{
    char text[16];
    size_t n = 99, at = 0;
    size_t len = (size_t)snprintf(text, sizeof(text), "u%d", u);
    const uint32_t *rows = tt_seen_items_of(seen, text, len, &n);
    uint32_t user = tt_vocab_find(&seen->users, text, len);

    for (uint32_t i = 0; i < ITEMS; i++)
        assert_int_equal(tt_seen_items_has(seen, user, i), has[i]);
    for (uint32_t i = 0; i < ITEMS; i++)
        if (has[i]) {
            assert_true(at < n);
            assert_int_equal(rows[at++], i);
        }
    assert_int_equal(at, n);
    assert_int_equal(rows == NULL, n == 0);
}

static void test_seen_items_agrees_with_a_table_of_everything(void **state)
{
    static const char *const heads[] = {"user,item\n", "item,when,user\n", "when\tuser\titem\n"};
    struct tt_err err = TT_ERR_INIT;
    struct tt_vocab items;
    (void)state;

    make_items(&items);
    for (uint64_t seed = 1; seed <= 60; seed++) {
        unsigned char has[USERS + 1][ITEMS] = {{0}};
        struct tt_seen_items seen;
        struct tt_rng rng;
        tt_rng_init(&rng, seed, TT_RNG_TEST, 1);
        assert_int_equal(tt_seen_items_init(&seen, &err), 0);
        for (size_t file = 0, files = tt_rng_below(&rng, 4); file < files; file++) { /* sometimes none */
            char text[ROWS * 24];
            struct tt_seen_counts counts = {99, 99};
            size_t len = (size_t)snprintf(text, sizeof(text), "%s", heads[file]);
            size_t n = tt_rng_below(&rng, ROWS), unknown = 0;
            for (size_t r = 0; r < n; r++) {
                double x = tt_rng_unit(&rng);
                int u = (int)(x * x * USERS), i = (int)tt_rng_below(&rng, ITEMS + UNKNOWN);
                unknown += i >= ITEMS;
                if (i < ITEMS)
                    has[u][i] = 1;
                if (file == 0)
                    len += (size_t)snprintf(text + len, sizeof(text) - len, "u%d,\"i%d\"\n", u, i);
                else if (file == 1)
                    len += (size_t)snprintf(text + len, sizeof(text) - len, "i%d,\"a,\n\",u%d\r\n", i, u);
                else
                    len += (size_t)snprintf(text + len, sizeof(text) - len, "\tu%d\ti%d\n", u, i);
            }
            int status = tt_seen_items_read(&seen, write_file("a", text), "user", "item", &items, &counts, &err);
            assert_string_equal(err.text, "");
            assert_int_equal(status, 0);
            assert_int_equal(counts.rows, n);
            assert_int_equal(counts.unknown, unknown);
        }
        assert_int_equal(tt_seen_items_finish(&seen, &err), 0);
        for (int u = 0; u <= USERS; u++) /* the last never comes */
            check_user(&seen, u, has[u]);
        tt_seen_items_release(&seen);
    }
    tt_vocab_release(&items);
}

static void test_seen_items_of_nothing_is_nothing(void **state)
{
    struct tt_seen_items seen = {0};
    size_t n = 9;
    (void)state;

    assert_null(tt_seen_items_of(&seen, "u", 1, &n));
    assert_int_equal(n, 0);
    tt_seen_items_release(&seen);
    tt_seen_items_release(&seen);
}

static void test_seen_items_refuses_files(void **state)
{
    static const struct { const char *text, *error; } bad[] = {
        {"user,store\nu1,i1\n", "a: no column 'item' (there are: user, store)"},
        {"who,item\nu1,i1\n", "a: no column 'user' (there are: who, item)"},
        {"user,item\nu1,i1\nu2\n", "a:3: expected 2 fields, found 1"},
        {"user,item\nu1,i1\nu\xff,i2\n", "a:3: field 'user': not valid UTF-8"},
    };
    struct tt_vocab items;
    (void)state;

    make_items(&items);
    for (size_t i = 0; i < LENGTH(bad); i++) {
        struct tt_err err = TT_ERR_INIT;
        struct tt_seen_counts counts;
        struct tt_seen_items seen;
        assert_int_equal(tt_seen_items_init(&seen, &err), 0);
        const char *path = write_file("a", bad[i].text);
        assert_int_equal(tt_seen_items_read(&seen, path, "user", "item", &items, &counts, &err), -1);
        assert_string_equal(err.text, bad[i].error);
        tt_seen_items_release(&seen);
    }
    tt_vocab_release(&items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seen_items_agrees_with_a_table_of_everything),
        cmocka_unit_test(test_seen_items_of_nothing_is_nothing),
        cmocka_unit_test(test_seen_items_refuses_files),
    };
    return cmocka_run_group_tests(tests, enter_data_folder, leave_data_folder);
}
