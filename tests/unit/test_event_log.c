/* Events: how they are checked, what is written, and that they count after a restart. */
#include "serve/event_log.h"
#include "tiny_snapshot.h"

static struct tt_recommend_settings settings;
static struct tt_time_features noon_clock;
static struct tt_recent_events *recent;

static void open_log(struct tt_event_log *log, uint64_t *cut)
{
    struct tt_err err = TT_ERR_INIT;

    tt_recent_events_free(recent);
    recent = tt_recent_events_new(&err);
    NEED(tt_event_log_open(log, "e", TT_SYNC_ALWAYS, snapshot, recent, cut, &err));
}

static int add(struct tt_event_batch *batch, const struct tt_http_param *params, size_t n, struct tt_err *err)
{
    return tt_event_batch_add(batch, snapshot, params, n, &settings, &noon_clock, 43200, err);
}

static void assert_file(const char *expected)
{
    char text[1000] = "";
    FILE *f = fopen("e", "rb");

    assert_non_null(f);
    assert_true(fread(text, 1, sizeof(text) - 1, f) > 0);
    fclose(f);
    assert_string_equal(text, expected);
}

static void assert_visits(const char *user, size_t n)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_recent_visits visits = {0};

    NEED(tt_recent_events_of_user(recent, user, strlen(user), &visits, &err));
    assert_int_equal(visits.n, n);
    tt_recent_visits_release(&visits);
}

static void test_events_are_written_and_read_again(void **state)
{
    (void)state;
    const struct tt_http_param whole[] = {param("user_id", "u1"), param("store_id", "a, \"b\"\nc"),
                                          param("meal_time", "c1"), param("at", "1970-01-02")};
    const struct tt_http_param bare[] = {param("user", "u1"), param("item", "i2")};
    struct tt_err err = TT_ERR_INIT;
    struct tt_event_batch batch = {0};
    struct tt_event_log log;
    uint64_t cut;

    unlink("e");
    open_log(&log, &cut);
    assert_file("user_id,meal_time,store_id,at\n");
    tt_event_batch_begin(&batch);
    NEED(add(&batch, whole, 4, &err));
    NEED(add(&batch, bare, 2, &err)); /* the clock says the rest */
    assert_visits("u1", 0);
    NEED(tt_event_batch_commit(&batch, &log, recent, &err));
    assert_visits("u1", 2);
    assert_file("user_id,meal_time,store_id,at\nu1,c1,\"a, \"\"b\"\"\nc\",1970-01-02\nu1,lunch,i2,43200\n");
    tt_event_log_release(&log);
    FILE *f = fopen("e", "ab"); /* a crash in the middle of a row */
    fputs("u2,c1,\"i3\n", f);
    fclose(f);
    open_log(&log, &cut);
    assert_int_equal(cut, 10);
    assert_visits("u1", 2);
    assert_visits("u2", 0);
    tt_event_log_release(&log);
    tt_event_batch_release(&batch);
}

static void refused(const struct tt_http_param *params, size_t n, const char *why)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_event_batch batch = {0};

    tt_event_batch_begin(&batch);
    assert_int_equal(add(&batch, params, n, &err), -1);
    assert_int_equal(err.kind, TT_ERR_USAGE);
    assert_string_equal(err.text, why);
    assert_int_equal(batch.n, 0);
    tt_event_batch_release(&batch);
}

static void test_bad_events_are_refused(void **state)
{
    (void)state;
    refused((struct tt_http_param[]){param("user", "u1")}, 1, "an event has no 'store_id'");
    refused((struct tt_http_param[]){param("user", "u1"), param("item", "")}, 2, "an event's 'store_id': '' is empty");
    refused((struct tt_http_param[]){param("user", "u1"), param("item", "i1"), param("at", "noon")}, 3,
            "an event's 'at': 'noon' is not a time: seconds since 1970 or ISO 8601, 1970 to 2106");
    refused((struct tt_http_param[]){param("user", "u1"), param("item", "i1"), param("stars", "5")}, 3,
            "an event has no column 'stars'");
    refused((struct tt_http_param[]){param("user", "u1"), param("item", "i1"), param("user_id", "u2")}, 3,
            "an event has 'user_id' twice");
}

static void test_a_log_of_other_columns_is_refused(void **state)
{
    (void)state;
    struct tt_err err = TT_ERR_INIT;
    struct tt_event_log log;
    uint64_t cut;

    write_file("e", "user_id,store_id\nu1,i1\n");
    assert_int_equal(tt_event_log_open(&log, "e", TT_SYNC_NEVER, snapshot, recent, &cut, &err), -1);
    assert_non_null(strstr(err.text, "e:1: the header"));
    assert_file("user_id,store_id\nu1,i1\n");
    err = (struct tt_err)TT_ERR_INIT;
    write_file("e", "user_id,meal_time,store_id,at\nu1,c1,i1,noon\n");
    assert_int_equal(tt_event_log_open(&log, "e", TT_SYNC_NEVER, snapshot, recent, &cut, &err), -1);
    assert_non_null(strstr(err.text, "e:2: field 'at'"));
}

static int setup(void **state)
{
    struct tt_err err = TT_ERR_INIT;

    if (start_snapshot(state, NULL))
        return -1;
    settings.zone = tt_zone_new("UTC", NULL, &err);
    return !settings.zone || tt_meal_times_parse(&noon_clock.meals, TT_MEAL_TIMES, &err);
}

static int teardown(void **state)
{
    tt_recent_events_free(recent);
    tt_zone_free((struct tt_zone *)(uintptr_t)settings.zone);
    return stop_snapshot(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events_are_written_and_read_again),
        cmocka_unit_test(test_bad_events_are_refused),
        cmocka_unit_test(test_a_log_of_other_columns_is_refused),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
