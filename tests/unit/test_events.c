/* Events: their values from texts; files of their own, which follow the dictionary of another file. */
#include "encode/events.h"

#include "small_examples.h"

static void test_events_belong_to_the_file_they_were_encoded_like(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples a, base;
    struct tt_segment segment, held;
    struct tt_events events;

    (void)state;
    encode_examples(&a);
    assert_int_equal(tt_examples_store(&a, &segment, &err), 0);
    write_segment(&segment, "x");
    tt_segment_release(&segment);
    assert_int_equal(tt_examples_load(&base, "x", &err), 0);
    const struct tt_dictionary *d = &base.entities.dictionary;
    const char *checksum = base.entities.segment.checksum;
    assert_int_equal(tt_events_store_like(&a.events, &d->schema, checksum, &segment, &err), 0);
    write_segment(&segment, "y");
    tt_segment_release(&segment);
    assert_int_equal(tt_events_load_like(&events, &held, "y", d, checksum, &err), 0);
    assert_int_equal(events.n, 4);
    assert_int_equal(events.user[3], 3);
    tt_events_release(&events);
    tt_segment_release(&held);
    assert_int_equal(tt_events_load_like(&events, &held, "x", d, checksum, &err), -1);
    assert_string_equal(err.text, "x: not encoded with --like the training examples");
    assert_int_equal(err.kind, TT_ERR_MISMATCH);
    tt_examples_release(&a);
    tt_examples_release(&base);
}

static void test_encoder_reads_times(void **state)
{
    static const struct { double unit; const char *text; uint32_t seconds; } cases[] = {
        {1, "0", 0},
        {1, "1700000000.9", 1700000000},
        {1, "4294967295", UINT32_MAX},
        {1, "1970-01-02", 86400},
        {1, "1970-01-02T00:00:01+01:00", 82801},
        {1, "2024-03-01 12:34", 1709296440},
        {60, "1.5", 90},
        {3600, "2", 7200},
        {604800, "1", 604800},
        {86400, "49710", 49710u * 86400u},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct tt_column column = {.kind = TT_KIND_TIME, .unit = cases[i].unit};
        struct tt_event_values values = {0};
        assert_null(tt_event_read(&values, &column, cases[i].text, strlen(cases[i].text)));
        assert_int_equal(values.time, cases[i].seconds);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events_belong_to_the_file_they_were_encoded_like),
        cmocka_unit_test(test_encoder_reads_times),
    };
    return cmocka_run_group_tests(tests, enter_data_folder, leave_data_folder);
}
