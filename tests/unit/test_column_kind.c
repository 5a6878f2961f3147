/* The table of kinds: what must hold for each entry, so that a new one cannot forget it. */
#include "encode/column_kind.h"

#include "encode/dictionary.h"
#include "data_files.h"

static void test_every_kind_has_a_name_and_a_side(void **state)
{
    (void)state;
    for (int k = 0; k < TT_KINDS; k++) {
        assert_non_null(tt_column_kinds[k].name);
        assert_true(tt_column_kinds[k].sides > 0 && tt_column_kinds[k].sides < 1 << (TT_EVENT + 1));
        for (int other = 0; other < k; other++)
            assert_string_not_equal(tt_column_kinds[k].name, tt_column_kinds[other].name);
    }
}

/* Tables are for all columns of users and items, values for those of events. */
static void test_columns_of_entities_are_embedded_and_those_of_events_are_read(void **state)
{
    (void)state;
    for (int k = 0; k < TT_KINDS; k++) {
        const struct tt_column_kind *kind = &tt_column_kinds[k];
        int is_event = kind->sides == 1 << TT_EVENT;
        assert_int_equal(kind->defaults.is_embedded, !is_event);
        assert_int_equal(kind->read_event != NULL, is_event);
        assert_int_equal(kind->encode != NULL, !is_event && k != TT_KIND_HISTORY);
        assert_int_equal(kind->encode != NULL, kind->count_codes != NULL);
        assert_int_equal(kind->encode != NULL, kind->match != NULL);
        assert_true(!kind->is_attribute || kind->encode != NULL);
    }
}

/* Options are printed when there are any, and a message names its option. */
static void test_options_are_complete(void **state)
{
    (void)state;
    for (int k = 0; k < TT_KINDS; k++) {
        const struct tt_column_kind *kind = &tt_column_kinds[k];
        int n = 0;
        for (; kind->options[n].name; n++) {
            assert_true(n < TT_MAX_KIND_OPTIONS);
            assert_non_null(kind->options[n].parse);
            assert_ptr_equal(strstr(kind->options[n].expected, kind->options[n].name), kind->options[n].expected);
        }
        assert_int_equal(n > 0, kind->print_options != NULL);
    }
}

/* Whatever the kind: no text is code 0, which nothing else is after learning the text. */
static void test_an_empty_field_is_the_unknown_code(void **state)
{
    struct tt_err err = TT_ERR_INIT;

    (void)state;
    for (int k = 0; k < TT_KINDS; k++) {
        struct tt_attribute values;
        struct tt_dictionary d;
        struct tt_schema schema;
        struct tt_bags bags = {0};
        const uint32_t *codes;
        const float *weights;
        uint64_t unseen = 0;
        char text[100];
        if (!tt_column_kinds[k].is_attribute)
            continue;
        snprintf(text, sizeof(text), "user u id\nitem i id\nitem x %s\n", tt_column_kinds[k].name);
        parse_schema(&schema, text);
        assert_int_equal(tt_dictionary_init(&d, &schema, &err), 0);
        struct tt_feature *f = &d.features[2];
        assert_int_equal(tt_attribute_init(&values, &err), 0);
        assert_int_equal(tt_attribute_add(&values, 1, "7", 1, &err), 0);
        assert_int_equal(tt_feature_learn(f, &values, 2, &err), 0);
        assert_true(f->n_codes >= 2);
        assert_int_equal(tt_feature_encode(f, "", 0, &bags, &unseen, &err), 0);
        assert_int_equal(tt_feature_encode(f, "7", 1, &bags, &unseen, &err), 0);
        assert_int_equal(tt_bags_row(&bags, 0, &codes, &weights), 1);
        assert_int_equal(codes[0], 0);
        assert_int_equal(tt_bags_row(&bags, 1, &codes, &weights), 1);
        assert_true(codes[0] > 0 && codes[0] < f->n_codes && unseen == 0);
        assert_int_equal(tt_column_is_single(f->column), bags.offsets == NULL);
        tt_bags_release(&bags);
        tt_attribute_release(&values);
        tt_dictionary_release(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_has_a_name_and_a_side),
        cmocka_unit_test(test_columns_of_entities_are_embedded_and_those_of_events_are_read),
        cmocka_unit_test(test_options_are_complete),
        cmocka_unit_test(test_an_empty_field_is_the_unknown_code),
    };
    return cmocka_run_group_tests(tests, enter_data_folder, leave_data_folder);
}
