/* Each endpoint's answer, and its errors. */
#include "serve/endpoints.h"
#include "service_client.h"

static void test_recommend_says_what_it_lists_and_from_what(void **state)
{
    (void)state;
    json_t *json = answer_of(200, "GET /recommend?user=u1&k=3&explain=1", "");

    assert_string_equal(member(json, "user"), "u1");
    assert_string_equal(member(json, "source"), "user");
    assert_string_equal(member(json_object_get(json, "context"), "meal_time"), "lunch"); /* the clock's */
    assert_int_equal(strlen(member(json, "model")), 32);
    assert_string_equal(member(json, "index"), tt_snapshot_index_name(service->snapshot));
    assert_int_equal(length(json, "items"), 3);
    for (size_t i = 0; i < 3; i++) {
        json_t *item = element(json, "items", i);
        assert_true(json_is_real(json_object_get(item, "score")));
        assert_true(json_is_object(json_object_get(item, "attributes")));
        assert_int_equal(member(item, "because")[0], 'i');
    }
    assert_null(json_object_get(json, "reason"));
    json_decref(json);
    json = answer_of(200, "GET /recommend?user=u1&k=40&kind=c2&exclude=i1", "");
    assert_non_null(strstr(member(json, "reason"), "the filters, and items that are seen or excluded, leave only"));
    json_decref(json);
    json = answer_of(200, "GET /recommend?user=u1&k=100", "");
    assert_string_equal(member(json, "reason"), "the index has only 41 items");
    json_decref(json);
    error(400, "GET /recommend?user=u1&k=x", "", "'k=x'");
}

static void test_many_users_at_once_are_answered_as_one_by_one(void **state)
{
    (void)state;
    static char alone[3][4096];

    for (int i = 0; i < 3; i++) {
        char target[64];
        snprintf(target, sizeof(target), "GET /recommend?user=u%d&k=4&meal_time=c%d", i + 1, i + 1);
        json_decref(answer_of(200, target, ""));
        snprintf(alone[i], sizeof(alone[i]), "%s", strstr(text, "\"items\""));
        *strstr(alone[i], ",\"model\"") = '\0';
    }
    json_t *json = answer_of(200, "POST /recommend",
                             "{\"k\":4,\"requests\":[{\"user\":\"u1\",\"meal_time\":\"c1\"},"
                             "{\"user\":\"u2\",\"meal_time\":\"c2\"},{\"user\":\"u3\",\"meal_time\":\"c3\"}]}");
    assert_int_equal(length(json, "answers"), 3);
    for (int i = 0; i < 3; i++)
        assert_non_null(strstr(text, alone[i]));
    json_decref(json);
    json = answer_of(200, "POST /recommend", "{\"user\":\"u1\",\"meal_time\":\"c1\",\"k\":4}");
    assert_non_null(strstr(text, alone[0]));
    json_decref(json);
    json = answer_of(200, "POST /recommend", "[\"u1\", {\"user\": \"u2\"}]");
    assert_int_equal(length(json, "answers"), 2);
    json_decref(json);
    error(400, "POST /recommend", "{", "not JSON");
    error(400, "POST /recommend", "3", "not JSON");
    error(400, "POST /recommend", "{\"requests\":[[1]]}", "element 0");
    error(400, "POST /recommend", "{\"requests\":[{\"user\":\"u1\"},{\"k\":-1}]}", "'k=-1'");
    error(400, "POST /recommend?k=3", "{}", "'k'");
}

/* So that no answer has hundreds of megabytes. */
static void test_one_request_may_ask_for_so_many_items_in_all(void **state)
{
    (void)state;
    static char body[8000];
    size_t len = 0;

    for (int i = 0; i < 1000; i++)
        len += (size_t)snprintf(body + len, sizeof(body) - len, i ? ",\"u1\"" : "\"u1\"");
    static const struct {
        const char *begin, *why;
    } cases[] = {
        {"\"k\":100", NULL},
        {"\"k\":101", "more than 100000 items"},
        {"\"k\":11,\"explain\":1", "with 'explain' counts ten times"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        static char whole[9000];
        len = (size_t)snprintf(whole, sizeof(whole), "{%s,\"requests\":[%s]}", cases[i].begin, body);
        struct tt_http_request request = {.method = "POST", .path = "/recommend", .path_len = 10, .body = whole,
                                          .body_len = len};
        struct tt_http_answer got = {.status = 200};
        tt_service_answer(service, &request, &got);
        assert_int_equal(got.status, cases[i].why ? 400 : 200);
        assert_true(!cases[i].why || strstr(got.body.data, cases[i].why));
        tt_buf_release(&got.body);
    }
    error(400, "GET /recommend?user=u1&k=1001", "", "'k=1001'");
    json_decref(answer_of(200, "GET /recommend?user=u1&k=1000&explain=1", ""));
}

static void test_which_methods_a_path_has(void **state)
{
    (void)state;
    assert_string_equal(tt_service_allowed("/recommend", 10), "GET, HEAD, POST");
    assert_string_equal(tt_service_allowed("/users/u1", 9), "GET, HEAD");
    assert_string_equal(tt_service_allowed("/events", 7), "POST");
    assert_string_equal(tt_service_allowed("/", 1), "GET, HEAD");
    assert_string_equal(tt_service_allowed("/v1/models/tt", 13), "GET, HEAD");
    assert_string_equal(tt_service_allowed("/v1/models/tt:predict", 21), "POST");
    assert_null(tt_service_allowed("/nothing", 8));
}

/* The table and the description of the API name the same methods of the same paths. */
static void test_openapi_describes_each_endpoint(void **state)
{
    (void)state;
    json_t *json = answer_of(200, "GET /openapi.json", ""), *paths = json_object_get(json, "paths"), *path, *operation;
    const char *name, *method;
    size_t described = 0;

    for (size_t i = 0; i < tt_n_endpoints; i++) {
        const struct tt_endpoint *e = &tt_endpoints[i];
        path = json_object_get(paths, e->path);
        if (!json_object_get(path, strcmp(e->method, "GET") == 0 ? "get" : "post"))
            fail_msg("openapi.json does not describe %s %s", e->method, e->path);
    }
    json_object_foreach(paths, name, path)
        json_object_foreach(path, method, operation)
            described += strcmp(method, "get") == 0 || strcmp(method, "post") == 0;
    assert_int_equal(described, tt_n_endpoints);
    json_decref(json);
}

static void test_which_paths_need_no_token(void **state)
{
    static const char *const open[] = {"/", "/page.css", "/page.js", "/health/live", "/health/ready"};
    static const char *const others[] = {"/health", "/health/", "/recommend", "/users/", "/page", "/openapi.json", ""};

    (void)state;
    for (size_t i = 0; i < LENGTH(open); i++)
        assert_true(tt_service_is_open(open[i], strlen(open[i])));
    for (size_t i = 0; i < LENGTH(others); i++)
        assert_false(tt_service_is_open(others[i], strlen(others[i])));
}

static void test_similar_users_and_items(void **state)
{
    (void)state;
    json_t *json = answer_of(200, "GET /similar?item=i3&k=5", "");
    assert_int_equal(length(json, "items"), 5);
    json_decref(json);
    error(404, "GET /similar?item=gone", "", "no such item");
    error(400, "GET /similar", "", "'item' is missing");
    error(400, "GET /similar?item=i3&x=1", "", "'x'");

    json = answer_of(200, "GET /users/u2", "");
    size_t visits = 0;
    for (size_t i = 1; i <= ITEMS; i++)
        visits += (size_t)tiny_visits(2, i);
    assert_int_equal(length(json, "history"), visits);
    assert_true(json_is_true(json_object_get(json, "in_model")));
    json_decref(json);
    error(404, "GET /users/nobody", "", "no such user");
    json = answer_of(200, "GET /users?prefix=u1&limit=3", "");
    assert_int_equal(length(json, "users"), 3); /* u1, u10, u11 of u1, u10, u11, u12 */
    json_decref(json);

    json = answer_of(200, "GET /items/i4", "");
    assert_string_equal(member(json, "id"), "i4");
    json_decref(json);
    json = answer_of(200, "GET /items?limit=1000", "");
    assert_int_equal(length(json, "items"), ITEMS + 1);
    json_decref(json);
    error(404, "GET /items/gone", "", "no such item");
    error(400, "GET /items?limit=0", "", "'limit'");
}

static void test_events_count_in_the_next_answer(void **state)
{
    (void)state;
    json_t *json = answer_of(200, "POST /events", "{\"user\":\"newcomer\",\"item\":\"i6\",\"meal_time\":\"c1\"}");

    assert_int_equal(json_integer_value(json_object_get(json, "accepted")), 1);
    json_decref(json);
    json = answer_of(200, "GET /recommend?user=newcomer&seen=remove&k=41", "");
    assert_string_equal(member(json, "source"), "history");
    assert_int_equal(length(json, "items"), ITEMS);
    assert_null(strstr(text, "\"id\":\"i6\""));
    json_decref(json);
    json = answer_of(200, "GET /users/newcomer", "");
    assert_string_equal(member(element(json, "history", 0), "id"), "i6");
    assert_true(json_is_false(json_object_get(json, "in_model")));
    json_decref(json);
    json = answer_of(200, "POST /events",
                     "{\"events\":[{\"user\":\"newcomer\",\"item\":\"i7\"},{\"user\":7,\"item\":\"i6\"}]}");
    assert_int_equal(json_integer_value(json_object_get(json, "accepted")), 2);
    json_decref(json);
    /* none is accepted */
    error(400, "POST /events", "[{\"user\":\"a\",\"item\":\"b\"},{\"user\":\"a\"}]", "no 'store_id'");
    error(404, "GET /users/a", "", "no such user");
}

static void test_the_rest(void **state)
{
    (void)state;
    json_t *json = answer_of(200, "GET /about", "");

    assert_int_equal(length(element(json, "contexts", 0), "values"), TINY_VALUES);
    assert_string_equal(member(element(json, "filters", 0), "name"), "kind");
    json_decref(json);
    json_decref(answer_of(200, "GET /health/live", ""));
    json_decref(answer_of(200, "GET /health/ready", ""));
    json_decref(answer_of(200, "GET /openapi.json", ""));
    assert_int_equal(tiny_request(service, "GET /", "", text, sizeof(text)), 200);
    assert_int_equal(tiny_request(service, "GET /metrics", "", text, sizeof(text)), 200);
    assert_non_null(strstr(text, "tt_items 41\n"));
    error(404, "GET /nothing", "", "nothing under this path");
    error(404, "GET /users/", "", "nothing under this path");
    error(405, "POST /similar", "{}", "only GET");
    error(405, "GET /events", "", "only POST");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recommend_says_what_it_lists_and_from_what),
        cmocka_unit_test(test_many_users_at_once_are_answered_as_one_by_one),
        cmocka_unit_test(test_one_request_may_ask_for_so_many_items_in_all),
        cmocka_unit_test(test_which_methods_a_path_has),
        cmocka_unit_test(test_openapi_describes_each_endpoint),
        cmocka_unit_test(test_which_paths_need_no_token),
        cmocka_unit_test(test_similar_users_and_items),
        cmocka_unit_test(test_events_count_in_the_next_answer),
        cmocka_unit_test(test_the_rest),
    };

    return cmocka_run_group_tests(tests, start_service, stop_service);
}
