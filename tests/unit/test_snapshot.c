/* What a service loads: what is matched with what, what is counted, and which files are refused. */
#include "other_process.h"
#include "tiny_service.h"

static const struct tt_snapshot_files plain = {.model = "m", .index = "i"};

static void test_items_are_matched_by_their_names(void **state)
{
    (void)state;
    struct tt_snapshot *s = tiny_load(&plain);

    assert_int_equal(s->index.n, ITEMS + 1);
    for (uint32_t item = 1; item <= ITEMS; item++) {
        char text[16];
        size_t len = (size_t)snprintf(text, sizeof(text), "i%u", item);
        assert_int_equal(tt_snapshot_item(s, text, len), item);
        assert_int_equal(tt_vocab_find(&s->ids, text, len), ITEMS - item);
        assert_int_equal(tt_snapshot_row_of(s, item), ITEMS - item);
        assert_int_equal(tt_snapshot_code_of(s, ITEMS - item), item);
    }
    assert_int_equal(tt_snapshot_code_of(s, ITEMS), 0);
    assert_int_equal(tt_snapshot_row_of(s, 0), TT_VOCAB_NONE);
    assert_int_equal(tt_snapshot_item(s, "new", 3), 0);
    assert_int_equal(tt_snapshot_user(s, "u3", 2), 3);
    assert_int_equal(tt_snapshot_user(s, "nobody", 6), 0);
    tt_snapshot_unref(s);
}

static void test_popularity_is_counted_from_histories(void **state)
{
    (void)state;
    struct tt_snapshot *s = tiny_load(&plain);
    struct tt_err err = TT_ERR_INIT;

    NEED(tt_snapshot_need_popular(s, &err));
    for (uint32_t item = 1; item <= ITEMS; item++) {
        uint32_t users = 0;
        for (size_t u = 1; u <= USERS; u++)
            users += (uint32_t)tiny_visits(u, item);
        assert_int_equal(s->users_of_row[ITEMS - item], users);
    }
    for (size_t i = 1; i < s->index.n; i++) {
        uint32_t a = s->popular[i - 1], b = s->popular[i];
        assert_true(s->users_of_row[a] > s->users_of_row[b] || (s->users_of_row[a] == s->users_of_row[b] && a < b));
    }
    assert_true(s->knows_popular);
    tt_snapshot_unref(s);
}

static void test_popularity_is_counted_from_seen_files_when_there_are_any(void **state)
{
    (void)state;
    const char *const seen[] = {"s", "t"};
    struct tt_snapshot_files files = plain;
    struct tt_err err = TT_ERR_INIT;

    write_file("s", "user_id,store_id\nu1,i5\nu2,i5\nu1,i5\nu1,gone\n");
    write_file("t", "store_id\tuser_id\nnew\tu9\n");
    files.seen = seen;
    files.n_seen = 2;
    tiny_notes[0] = '\0';
    struct tt_snapshot *s = tiny_load(&files);
    assert_string_equal(tiny_notes, "s: 1 of 4 rows name items that the index does not have\n");
    NEED(tt_snapshot_need_popular(s, &err));
    assert_int_equal(s->users_of_row[ITEMS - 5], 2);
    assert_int_equal(s->users_of_row[ITEMS], 1);
    assert_int_equal(s->users_of_row[ITEMS - 6], 0);
    assert_int_equal(s->popular[0], ITEMS - 5);
    assert_int_equal(s->popular[1], ITEMS);
    tt_snapshot_unref(s);
}

static void test_items_have_what_the_file_and_the_model_say(void **state)
{
    (void)state;
    struct tt_snapshot_files files = plain;
    size_t n, len;

    write_file("a", "name,store_id\nFive,i5\nOther,i5\nGone,x\n,i6\n");
    files.items = "a";
    struct tt_snapshot *s = tiny_load(&files);
    const struct tt_item_attribute *name = tt_item_attributes_find(&s->attributes, "name", 4);
    const struct tt_item_attribute *kind = tt_item_attributes_find(&s->attributes, "kind", 4);
    assert_non_null(name);
    assert_non_null(kind);
    const uint32_t *values = tt_item_attribute_values(name, ITEMS - 5, &n);
    assert_int_equal(n, 1);
    assert_memory_equal(tt_text_list_get(&name->values.texts, values[0], &len), "Five", 4);
    tt_item_attribute_values(name, ITEMS - 6, &n);
    assert_int_equal(n, 0);
    for (uint32_t item = 1; item <= ITEMS; item++) {
        values = tt_item_attribute_values(kind, ITEMS - item, &n);
        assert_int_equal(n, tiny_code(item) != 0);
        if (n)
            assert_int_equal(tt_text_list_get(&kind->values.texts, values[0], &len)[1], '0' + (char)tiny_code(item));
    }
    tt_item_attribute_values(kind, ITEMS, &n); /* "new", which is not in the model */
    assert_int_equal(n, 0);
    tt_snapshot_unref(s);
}

static void refused(const struct tt_snapshot_files *files, const char *why)
{
    struct tt_err err = TT_ERR_INIT;

    assert_null(tt_snapshot_load(files, 1, tiny_pool, tiny_note, NULL, &err));
    if (!strstr(err.text, why))
        fail_msg("'%s' does not say '%s'", err.text, why);
}

static void test_files_that_do_not_belong_together_are_refused(void **state)
{
    (void)state;
    refused(&(struct tt_snapshot_files){.model = "m", .index = "j"}, "made by another model");
    refused(&(struct tt_snapshot_files){.model = "i", .index = "m"}, "expected 'model'");
    refused(&(struct tt_snapshot_files){.model = "gone", .index = "i"}, "gone");
    write_file("a", "shop\nx\n");
    refused(&(struct tt_snapshot_files){.model = "m", .index = "i", .items = "a"}, "store_id");
    write_file("b", "not a model");
    refused(&(struct tt_snapshot_files){.model = "b", .index = "i"}, "b: ");
}

static int cut_c(void) { return truncate("c", 0); }
static int cut_d(void) { return truncate("d", 0); }

/* What was loaded does not depend on the files any more: a page of a mapped file that was cut off would be our end. */
static void test_files_may_be_cut_afterwards(void **state)
{
    (void)state;
    float sum = 0;

    tiny_files("c", "d", 3);
    struct tt_snapshot *s = tiny_load(&(struct tt_snapshot_files){.model = "c", .index = "d"});
    change_elsewhere(cut_c);
    change_elsewhere(cut_d);
    for (size_t i = 0; i < s->index.n * s->index.dim; i++)
        sum += s->index.vectors[i];
    for (size_t i = 0; i < tt_model_table_size(&s->model, s->model.entities.dictionary.item_id); i++)
        sum += s->model.tables[s->model.entities.dictionary.item_id][i];
    assert_true(sum == sum);
    tt_snapshot_unref(tt_snapshot_ref(s));
    assert_int_equal(s->index.n, ITEMS + 1); /* held once more */
    tt_snapshot_unref(s);
}

/* One bit that differs, at places all over the file: names, ids, numbers. Most of these only the checksum detects. */
static void is_refused_when_damaged(const struct tt_snapshot_files *files, const char *path)
{
    enum { PLACES = 40 };
    int by_checksum = 0;

    for (long place = 1; place <= PLACES; place++) {
        struct tt_err err = TT_ERR_INIT;
        long at = place * tiny_length(path) / PLACES - 1;
        tiny_flip(path, at);
        assert_null(tt_snapshot_load(files, 1, tiny_pool, tiny_note, NULL, &err));
        tiny_flip(path, at);
        assert_true(err.text[0] == path[0] && err.text[1] == ':');
        by_checksum += strstr(err.text, "the checksum does not agree") != NULL;
    }
    assert_true(by_checksum > PLACES / 4);
}

static void test_damaged_files_are_refused(void **state)
{
    (void)state;
    const struct tt_snapshot_files files = {.model = "c", .index = "d"};

    tiny_files("c", "d", 3);
    is_refused_when_damaged(&files, "c");
    is_refused_when_damaged(&files, "d");
    tt_snapshot_unref(tiny_load(&files)); /* as they were */
}

static int setup(void **state)
{
    if (tiny_service_setup(state))
        return -1;
    tiny_files("m", "i", 1);
    tiny_files("n", "j", 2);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_items_are_matched_by_their_names),
        cmocka_unit_test(test_popularity_is_counted_from_histories),
        cmocka_unit_test(test_popularity_is_counted_from_seen_files_when_there_are_any),
        cmocka_unit_test(test_items_have_what_the_file_and_the_model_say),
        cmocka_unit_test(test_files_that_do_not_belong_together_are_refused),
        cmocka_unit_test(test_files_may_be_cut_afterwards),
        cmocka_unit_test(test_damaged_files_are_refused),
    };

    return cmocka_run_group_tests(tests, setup, tiny_service_teardown);
}
