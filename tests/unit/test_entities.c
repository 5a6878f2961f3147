/* Users and items without events: which files have them, and what a model's hold besides. */
#include "encode/entities.h"

#include "small_examples.h"

static void test_entities_are_those_of_examples(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples a;
    struct tt_entities b;
    struct tt_segment segment;

    (void)state;
    encode_examples(&a);
    memset(a.entities.extends, 'e', TT_FINGERPRINT_HEX);
    assert_int_equal(tt_examples_store(&a, &segment, &err), 0);
    write_segment(&segment, "x");
    tt_segment_release(&segment);
    assert_int_equal(tt_entities_load(&b, "x", &err), 0);
    assert_false(tt_entities_are_model(&b));
    assert_string_equal(b.extends, a.entities.extends);
    assert_int_equal(b.users.n_rows, 4);
    assert_int_equal(b.users.bags[1].n_rows, 0); /* histories are made in training */
    assert_int_equal(tt_dictionary_index(&b.dictionary, &b.segment, "x", &err), 0);
    assert_int_equal(tt_vocab_find(&b.dictionary.features[0].vocab, "cid", 3), 2);
    tt_entities_release(&b);
    tt_examples_release(&a);
}

static void test_entities_of_a_model_have_histories_and_times(void **state)
{
    static const uint32_t latest[] = {0, 300, 200, UINT32_MAX};
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples a;
    struct tt_entities b;

    (void)state;
    encode_examples(&a);
    a.entities.users.latest = (uint32_t *)latest;
    store_model(&a.entities, "x");
    assert_int_equal(tt_entities_load(&b, "x", &err), 0);
    assert_true(tt_entities_are_model(&b));
    assert_int_equal(b.users.bags[1].n_rows, 4);
    assert_memory_equal(b.users.latest, latest, sizeof(latest));
    tt_entities_release(&b);
    tt_examples_release(&a);
}

static void test_entities_refuse_times_of_other_users(void **state)
{
    static const uint32_t five[5] = {0};
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples a;
    struct tt_entities b;
    struct tt_segment segment;

    (void)state;
    encode_examples(&a);
    for (size_t u = 0; u < 4; u++)
        assert_int_equal(tt_bags_add(&a.entities.users.bags[1], NULL, NULL, 0, 0, &err), 0);
    assert_int_equal(tt_segment_init(&segment, "model", TT_FORMAT, &err), 0);
    assert_int_equal(tt_entities_store(&a.entities, TT_WITH_ATTRIBUTES | TT_WITH_HISTORY, &segment, &err), 0);
    assert_int_equal(tt_segment_tensor(&segment, "user.i.latest", TT_U32, 5, 0, five, &err), 0);
    write_segment(&segment, "x");
    tt_segment_release(&segment);
    assert_int_equal(tt_entities_load(&b, "x", &err), -1);
    assert_non_null(strstr(err.text, "user.i.latest"));
    tt_examples_release(&a);
}

static void test_entities_are_not_in_other_files(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_entities b;
    struct tt_segment segment;

    (void)state;
    store_events_alone("x");
    assert_int_equal(tt_entities_load(&b, "x", &err), -1);
    assert_string_equal(err.text, "x: events that follow the dictionary of another file, where examples are expected");
    assert_int_equal(err.kind, TT_ERR_MISMATCH);
    err = (struct tt_err)TT_ERR_INIT;
    assert_int_equal(tt_segment_init(&segment, "index", TT_FORMAT, &err), 0);
    write_segment(&segment, "x");
    tt_segment_release(&segment);
    assert_int_equal(tt_entities_load(&b, "x", &err), -1);
    assert_string_equal(err.text, "x: holds 'index', expected 'model' or 'examples'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entities_are_those_of_examples),
        cmocka_unit_test(test_entities_of_a_model_have_histories_and_times),
        cmocka_unit_test(test_entities_refuse_times_of_other_users),
        cmocka_unit_test(test_entities_are_not_in_other_files),
    };
    return cmocka_run_group_tests(tests, enter_data_folder, leave_data_folder);
}
