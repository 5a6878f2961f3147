/* Events: their values from texts; files of their own, which follow the dictionary of another file. */
#include "encode/events.h"

#include "small_examples.h"

/* What is kept is what the events have; what others do not have is 1, and a time 0. */
static void test_events_are_added_one_by_one_and_from_others(void **state)
{
    static const char with_all[] = "user u id\nitem i id\nuser c context\nevent w weight\nevent l label\n"
                                   "event t time\n";
    enum { N = 1000, CONTEXT = 2 };
    struct tt_err err = TT_ERR_INIT;
    struct tt_schema schema;
    struct tt_events all, some, back;

    (void)state;
    parse_schema(&schema, with_all);
    assert_int_equal(tt_events_init(&all, &schema, &err), 0);
    assert_int_equal(tt_events_init(&some, &schema, &err), 0);
    some.has = TT_HAS_LABEL;
    assert_int_equal(tt_events_init(&back, &schema, &err), 0);
    assert_int_equal(tt_events_reserve(&some, 10, &err), 0);
    assert_true(some.n == 0 && some.room >= 10 && !some.weight && some.label && !some.time);
    for (uint32_t e = 0; e < N; e++) {
        struct tt_event_values values = {.weight = (float)e / 2, .label = e % 2, .time = 7 * e};
        assert_int_equal(tt_events_add(&all, e, 2 * e, &values, &err), 0);
        assert_int_equal(tt_narrow_add(&all.contexts[CONTEXT], e % 300, &err), 0);
        assert_int_equal(tt_events_add_from(&some, &all, e, &err), 0);
        assert_int_equal(tt_events_add_from(&back, &some, e, &err), 0);
    }
    assert_true(all.n == N && some.n == N && back.n == N);
    for (uint32_t e = 0; e < N; e++) {
        assert_true(all.user[e] == e && all.item[e] == 2 * e && all.weight[e] == (float)e / 2 && all.time[e] == 7 * e);
        assert_true(back.user[e] == e && back.item[e] == 2 * e && back.weight[e] == 1 && back.time[e] == 0);
        assert_true(all.label[e] == e % 2 && back.label[e] == e % 2);
        assert_int_equal(tt_narrow_get(&back.contexts[CONTEXT], e), e % 300);
    }
    tt_events_release(&all);
    tt_events_release(&some);
    tt_events_release(&back);
    tt_schema_release(&schema);
}

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
    assert_string_equal(err.text, "x: its events do not follow the dictionary of the training examples");
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
        cmocka_unit_test(test_events_are_added_one_by_one_and_from_others),
        cmocka_unit_test(test_events_belong_to_the_file_they_were_encoded_like),
        cmocka_unit_test(test_encoder_reads_times),
    };
    return cmocka_run_group_tests(tests, enter_data_folder, leave_data_folder);
}
