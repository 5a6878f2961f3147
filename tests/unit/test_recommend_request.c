/* Parameters of a request: what each means, which are refused, and what the clock fills in. */
#include "serve/recommend_request.h"
#include "table/calendar.h"
#include "tiny_snapshot.h"

static struct tt_recommend_settings settings;
static struct tt_recommend_request request;

static void parse(const struct tt_http_param *params, size_t n)
{
    struct tt_err err = TT_ERR_INIT;

    NEED(tt_recommend_request_parse(&request, snapshot, params, n, &settings, 0, &err));
}

static void refused(const char *name, const char *value, const char *why)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_http_param p = param(name, value);

    assert_int_equal(tt_recommend_request_parse(&request, snapshot, &p, 1, &settings, 0, &err), -1);
    assert_int_equal(err.kind, TT_ERR_USAGE);
    if (!strstr(err.text, why))
        fail_msg("'%s' does not say '%s'", err.text, why);
}

static void assert_text(const struct tt_request_text *text, const char *expected)
{
    assert_int_equal(text->len, strlen(expected));
    assert_memory_equal(text->text, expected, text->len);
}

static void test_every_parameter_has_its_place(void **state)
{
    (void)state;
    const struct tt_http_param params[] = {
        param("user", "u1"), param("k", "7"), param("seen", "remove"), param("explain", "1"), param("meal_time", "c2"),
        param("kind", "c3"), param("city", "c1"), param("name", "A"), param("item.kind", "c4"), param("exclude", "i1"),
        param("exclude", "i2,i3"), param("history", "i9,,i8"), param("time", "2026-03-01T12:00:00Z")};

    parse(params, sizeof(params) / sizeof(*params));
    assert_memory_equal(request.user, "u1", 2);
    assert_int_equal(request.k, 7);
    assert_true(request.removes_seen && request.explains);
    assert_int_equal(request.now, tt_days_from_date(2026, 3, 1) * TT_DAY + 12 * TT_HOUR);
    assert_int_equal(request.n_values, 2);
    assert_text(&request.values[0], "c2");
    assert_text(&request.values[1], "c1");
    assert_int_equal(request.n_filters, 3); /* those of one column together */
    assert_text(&request.filters[0], "A");
    assert_text(&request.filters[1], "c3");
    assert_text(&request.filters[2], "c4");
    assert_int_equal(request.n_excluded, 3);
    assert_text(&request.excluded[2], "i3");
    assert_int_equal(request.n_history, 2);
    assert_text(&request.history[1], "i8");
}

static void test_an_id_with_a_comma_is_one_item(void **state)
{
    (void)state;
    struct tt_http_param params[] = {param("exclude", "i1,i2")};

    parse(params, 1);
    assert_int_equal(request.n_excluded, 2);
    params[0] = param("exclude", "new");
    parse(params, 1);
    assert_int_equal(request.n_excluded, 1);
}

static void test_the_user_may_be_named_by_the_column(void **state)
{
    (void)state;
    struct tt_http_param p = param("user_id", "u2");

    parse(&p, 1);
    assert_memory_equal(request.user, "u2", 2);
    parse(NULL, 0);
    assert_null(request.user);
    assert_int_equal(request.k, 10);
    assert_false(request.removes_seen || request.explains);
}

static void test_the_clock_says_the_context_that_is_not_given(void **state)
{
    (void)state;
    static const char *const expected[] = {"night", "breakfast", "lunch", "afternoon", "dinner"};
    static const char *const times[] = {"2026-03-01T02:00", "2026-03-01T09:59", "2026-03-01T11:00", "2026-03-01T15:30",
                                        "2026-03-01T20:00"};

    for (int i = 0; i < 5; i++) { /* local times of the zone, whose clock is 9 hours ahead */
        struct tt_http_param p = param("time", times[i]);
        parse(&p, 1);
        assert_int_equal(request.n_values, 1);
        assert_text(&request.values[0], expected[i]);
    }
    struct tt_http_param p = param("time", "2026-03-01T11:00Z");
    parse(&p, 1);
    assert_text(&request.values[0], "dinner");
    p = param("meal_time", "");
    parse(&p, 1); /* given, and empty: unknown, whatever the clock says */
    assert_int_equal(request.n_values, 1);
    assert_text(&request.values[0], "");
}

static void test_what_is_not_understood_is_refused(void **state)
{
    (void)state;
    refused("user", "", "is empty");
    refused("k", "0", "from 1 to 1000");
    refused("k", "1001", "from 1 to 1000");
    refused("k", "ten", "from 1 to 1000");
    refused("seen", "no", "neither remove nor keep");
    refused("explain", "yes", "neither 0 nor 1");
    refused("time", "noon", "'time=noon'");
    refused("weather", "rain", "names no parameter and no column");
    refused("user.kind", "c1", "names no parameter and no column");
    refused("item.meal_time", "c1", "names no parameter and no column");
    const struct tt_http_param twice[] = {param("city", "c1"), param("user.city", "c2")};
    struct tt_err err = TT_ERR_INIT;
    assert_int_equal(tt_recommend_request_parse(&request, snapshot, twice, 2, &settings, 0, &err), -1);
    assert_non_null(strstr(err.text, "after another value"));
}

static void test_the_number_of_items_is_bounded(void **state)
{
    (void)state;
    struct tt_err err = TT_ERR_INIT;
    static char many[3 * TT_REQUEST_MAX_ITEMS];
    struct tt_http_param p;

    for (size_t i = 0; i < TT_REQUEST_MAX_ITEMS; i++)
        memcpy(many + 2 * i, "x,", 2);
    p = param("history", many);
    parse(&p, 1);
    assert_int_equal(request.n_history, TT_REQUEST_MAX_ITEMS);
    strcpy(many + 2 * TT_REQUEST_MAX_ITEMS, "x");
    p = param("history", many);
    assert_int_equal(tt_recommend_request_parse(&request, snapshot, &p, 1, &settings, 0, &err), -1);
}

static int setup(void **state)
{
    struct tt_err err = TT_ERR_INIT;

    if (start_snapshot(state, "store_id,name\ni5,A\n"))
        return -1;
    settings.zone = tt_zone_new("+09:00", NULL, &err);
    return !settings.zone || tt_meal_times_parse(&settings.meals, TT_MEAL_TIMES, &err);
}

static int teardown(void **state)
{
    tt_zone_free((struct tt_zone *)(uintptr_t)settings.zone);
    return stop_snapshot(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_parameter_has_its_place),
        cmocka_unit_test(test_an_id_with_a_comma_is_one_item),
        cmocka_unit_test(test_the_user_may_be_named_by_the_column),
        cmocka_unit_test(test_the_clock_says_the_context_that_is_not_given),
        cmocka_unit_test(test_what_is_not_understood_is_refused),
        cmocka_unit_test(test_the_number_of_items_is_bounded),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
