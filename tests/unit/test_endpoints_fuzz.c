/* Bodies and parameters that were changed at random, sent to every endpoint that reads them: each answer is whole JSON
 * with a sensible status, and the log of events holds what was accepted and nothing else. The seed is fixed. Most of
 * all for the sanitizers. */
#include <jansson.h>

#include "io/csv_reader.h"
#include "mutate.h"
#include "serve/service_internal.h"
#include "tiny_service.h"

enum { ROUNDS = 10000, MAX_BODY = 50000, MAX_NAMES = 8 };

struct request {
    const char *method, *path, *body;
};

static const struct request requests[] = {
    {"POST", "/recommend", "{\"user\": \"u1\", \"k\": 4, \"meal_time\": \"c2\", \"kind\": [\"c1\", \"c3\"]}"},
    {"POST", "/recommend", "{\"k\": 3, \"seen\": \"remove\", \"requests\": [{\"user\": \"u2\"}, {\"user\": \"gone\","
                           " \"history\": \"i3,i4\"}, \"u3\", {\"exclude\": [\"i1\", \"i2\"], \"explain\": true}]}"},
    {"POST", "/recommend", "[\"u1\", {\"user\": \"u2\", \"time\": \"2026-03-01T12:00Z\", \"city\": null}, 7]"},
    {"POST", "/events", "{\"user\": \"newcomer\", \"item\": \"i6\", \"meal_time\": \"c1\", \"at\": 1700000000}"},
    {"POST", "/events", "[{\"user_id\": \"a,\\\"b\\\"\", \"store_id\": \" i7\\r\\n\"}, {\"user\": 5,"
                        " \"item\": \"\\ud83c\\udf5c\"}]"},
    {"POST", "/events", "{\"meal_time\": \"c3\", \"events\": [{\"user\": \"u1\", \"item\": \"i1\"},"
                        " {\"user\": \"u2\", \"item\": \"i2\"}]}"},
    {"POST", "/v1/models/tt:predict", "{\"signature_name\": \"serving_default\", \"instances\": [{\"user_id\": \"u1\"},"
                                      " \"u2\", {\"user_id\": \"u3\", \"meal_time\": \"c1\"}]}"},
    {"POST", "/v1/models/tt:predict", "{\"inputs\": {\"user_id\": [\"u1\", \"u2\"],"
                                      " \"meal_time\": [\"c1\", \"c2\"]}}"},
    {"POST", "/v1/models/tt:predict", "{\"inputs\": [\"u1\", \"u2\"]}"},
    {"GET", "/recommend", ""},
    {"GET", "/similar", ""},
    {"GET", "/users", ""},
    {"GET", "/items/i3", ""},
};

/* What means something in a body; most where an object begins. */
static const char *const words[] = {
    "{", "}", "[", "]", "[[[[[[[[[[[[[[[[", "{\"a\":", ",", ":", "\"", "\\", "\\u0000", "\\ud800", "\\udc00\\ud800",
    "null", "true", "false", "-", "\xff", "\xc0\x80", "\xed\xa0\x80",
    "\xf0\x9f\x8d\x9c", "\xef\xbb\xbf", "\r\n", "\t", " ", "/*", "//", "#", "\"user\": \"u1\", ",
    "\"user_id\": \"u1\", ", "\"item\": \"i1\", ", "\"k\": 0, ", "\"k\": 1001, ", "\"k\": 1e3, ", "\"requests\": [], ",
    "\"events\": {}, ", "\"instances\": 3, ", "\"inputs\": {}, ", "\"history\": \",,,,,,,,,,,,\", ",
    "\"exclude\": [[], {}], ", "\"explain\": 2, ", "\"seen\": \"\", ", "\"time\": \"9999999999999\", ",
    "\"at\": -1, ", "\"at\": 4294967296, ", "\"at\": 1e20, ", "\"\": \"\", ", "\"user.city\": \"c1\", ",
    "\"item.kind\": \"c1\", ", "\"item.\": 1, ",
};

static struct mutator mutator = {.words = words, .n_words = LENGTH(words), .before_words = '{', .max_len = MAX_BODY,
                                 .max_repeats = 3000};

static size_t below(size_t n)
{
    return tt_rng_below(&mutator.rng, n);
}

/* Parameters as they come decoded from a query: any bytes. */
static size_t make_params(struct tt_http_param *params, char texts[MAX_NAMES][2][64])
{
    static const char *const names[] = {"user", "k", "seen", "exclude", "history", "time", "explain", "meal_time",
                                        "city", "kind", "item", "prefix", "limit", "user.city", "item.kind",
                                        "user.", "x"};
    static const char *const values[] = {"u1", "gone", "3", "1000", "0", "remove", "i1,i2,,i3", ",,,", "c1", "i3", "",
                                         "2026-03-01T12:00", "-9223372036854775808", "\xff\xfe", "a\tb\"\\"};
    size_t n = below(3) ? below(3) : below(MAX_NAMES + 1);

    for (size_t i = 0; i < n; i++) {
        size_t len[2];
        for (int side = 0; side < 2; side++) {
            const char *text = side ? values[below(LENGTH(values))] : names[below(LENGTH(names))];
            len[side] = strlen(text);
            memcpy(texts[i][side], text, len[side] + 1);
            if (!below(12) && len[side])
                texts[i][side][below(len[side])] = (char)below(256);
        }
        params[i] = (struct tt_http_param){texts[i][0], texts[i][1], len[0], len[1]};
    }
    return n;
}

static struct tt_service *service;
static size_t statuses[600];

/* Send the request and check the answer; its JSON is left in *json, for json_decref. */
static unsigned answer_of(const struct tt_http_request *request, json_t **json)
{
    struct tt_http_answer answer = {.status = 200};
    json_error_t error;

    tt_service_answer(service, request, &answer);
    assert_true(answer.status < LENGTH(statuses));
    statuses[answer.status]++;
    assert_non_null(answer.endpoint);
    assert_string_equal(answer.content_type, "application/json");
    assert_non_null(answer.body.data);
    *json = json_loadb(answer.body.data, answer.body.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (!*json)
        fail_msg("%s: %.*s: %s", request->path, request->body_len > 2000 ? 2000 : (int)request->body_len, request->body,
                 error.text);
    if (answer.status != 200)
        assert_true(json_string_length(json_object_get(*json, "error")) > 0);
    else
        assert_null(json_object_get(*json, "error"));
    if (answer.status != 200 && answer.status != 400 && answer.status != 404)
        fail_msg("%s: %u %s", request->path, answer.status, answer.body.data);
    tt_buf_release(&answer.body);
    return answer.status;
}

static size_t rows_of_log(const char *path)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_csv csv = {0};
    size_t n = 0;
    int more;

    NEED(tt_csv_open(&csv, path, TT_CSV_COMMA, &err));
    tt_csv_use_all(&csv);
    while ((more = tt_csv_next(&csv, &err)) == 1)
        n++;
    if (more)
        fail_msg("%s", err.text);
    tt_csv_close(&csv);
    return n;
}

static void test_endpoints_survive_bodies_and_parameters_changed_at_random(void **state)
{
    (void)state;
    struct tt_buf body = TT_BUF_INIT;
    struct tt_service_options options = tiny_options();
    size_t accepted = 0;

    tt_rng_init(&mutator.rng, 1, TT_RNG_TEST, 0);
    tiny_files("m", "i", 1);
    options.events = "e";
    service = tiny_service(&options);
    for (int round = 0; round < ROUNDS; round++) {
        const struct request *r = &requests[below(LENGTH(requests))];
        struct tt_http_param params[MAX_NAMES];
        char texts[MAX_NAMES][2][64];
        int is_post = strcmp(r->method, "POST") == 0;
        json_t *json;

        mutate(&mutator, &body, r->body, strlen(r->body), is_post ? below(4) : 0);
        struct tt_http_request request = {
            .method = r->method, .path = r->path, .path_len = strlen(r->path), .params = params,
            .n_params = is_post && below(50) ? 0 : make_params(params, texts), .body = body.data,
            .body_len = body.len,
        };
        if (answer_of(&request, &json) == 200 && strcmp(r->path, "/events") == 0)
            accepted += (size_t)json_integer_value(json_object_get(json, "accepted"));
        json_decref(json);
    }
    assert_true(statuses[200] > ROUNDS / 10);
    assert_true(statuses[400] > ROUNDS / 10);
    assert_true(accepted > 100);
    assert_int_equal(rows_of_log("e"), accepted);
    assert_int_equal(tt_recent_events_count(service->recent), accepted);
    tt_buf_release(&body);
    tt_service_free(service);
}

/* The events that are read from the log again are those before the restart. */
static void test_events_changed_at_random_count_again_after_a_restart(void **state)
{
    (void)state;
    struct tt_service_options options = tiny_options();
    char user[32], *before[40];
    json_t *json;

    tt_rng_init(&mutator.rng, 2, TT_RNG_TEST, 0);
    tiny_files("m", "i", 1);
    options.events = "f";
    service = tiny_service(&options);
    for (int round = 0; round < 400; round++) {
        static const char *const pieces[] = {" ", ",", "\"", "\n", "\r", "\t", "a", "\xc3\xa9", "'", "=",
                                             "\xef\xbb\xbf", "#"};
        char text[64];
        size_t len = 0;
        for (size_t n = 1 + below(6); n-- > 0;) {
            const char *piece = pieces[below(LENGTH(pieces))];
            memcpy(text + len, piece, strlen(piece) + 1);
            len += strlen(piece);
        }
        json_t *event = json_pack("{s:s, s:s, s:s}", "user", text, "item", below(2) ? "i1" : text, "meal_time", text);
        char *body = json_dumps(event, 0);
        struct tt_http_request request = {.method = "POST", .path = "/events", .path_len = 7, .body = body,
                                          .body_len = strlen(body)};
        assert_int_equal(answer_of(&request, &json), 200);
        json_decref(json);
        snprintf(user, sizeof(user), "%zu", round % LENGTH(before));
        json_object_set_new(event, "user", json_string(user));
        free(body);
        request.body = body = json_dumps(event, 0);
        request.body_len = strlen(body);
        assert_int_equal(answer_of(&request, &json), 200);
        json_decref(json);
        json_decref(event);
        free(body);
    }
    for (size_t i = 0; i < LENGTH(before); i++) {
        char path[64];
        snprintf(path, sizeof(path), "/users/%zu", i);
        struct tt_http_request request = {.method = "GET", .path = path, .path_len = strlen(path), .body = ""};
        assert_int_equal(answer_of(&request, &json), 200);
        before[i] = json_dumps(json, 0);
        json_decref(json);
    }
    assert_int_equal(rows_of_log("f"), 800);
    tt_service_free(service);
    tiny_notes[0] = '\0';
    service = tiny_service(&options);
    assert_null(strstr(tiny_notes, "cut off"));
    assert_int_equal(tt_recent_events_count(service->recent), 800);
    for (size_t i = 0; i < LENGTH(before); i++) {
        char path[64], *after;
        snprintf(path, sizeof(path), "/users/%zu", i);
        struct tt_http_request request = {.method = "GET", .path = path, .path_len = strlen(path), .body = ""};
        assert_int_equal(answer_of(&request, &json), 200);
        after = json_dumps(json, 0);
        assert_string_equal(after, before[i]);
        json_decref(json);
        free(after);
        free(before[i]);
    }
    tt_service_free(service);
}

static int teardown(void **state)
{
    tt_zone_free(tiny_zone);
    return tiny_service_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_endpoints_survive_bodies_and_parameters_changed_at_random),
        cmocka_unit_test(test_events_changed_at_random_count_again_after_a_restart),
    };

    return cmocka_run_group_tests(tests, tiny_service_setup, teardown);
}
