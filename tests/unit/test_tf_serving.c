/* TensorFlow Serving's API, as its clients use it. */
#include "service_client.h"

static void test_predict_is_what_clients_of_tensorflow_serving_expect(void **state)
{
    (void)state;
    json_t *rows = answer_of(200, "POST /v1/models/tt:predict",
                             "{\"signature_name\":\"serving_default\",\"instances\":["
                             "{\"user_id\":\"u1\",\"meal_time\":\"c1\"},{\"user_id\":\"u2\",\"meal_time\":\"c2\"}]}");
    json_t *columns = answer_of(200, "POST /v1/models/tt:predict",
                                "{\"inputs\":{\"user_id\":[\"u1\",\"u2\"],\"meal_time\":[\"c1\",\"c2\"]}}");
    json_t *outputs = json_object_get(columns, "outputs");

    assert_int_equal(length(rows, "predictions"), 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(length(element(rows, "predictions", i), "output_1"), 10);
        assert_true(json_equal(json_object_get(element(rows, "predictions", i), "output_1"),
                               json_array_get(json_object_get(outputs, "output_1"), i)));
        assert_true(json_equal(json_object_get(element(rows, "predictions", i), "output_2"),
                               json_array_get(json_object_get(outputs, "output_2"), i)));
    }
    json_decref(rows);
    json_decref(columns);
    rows = answer_of(200, "POST /v1/models/tt:predict", "{\"instances\":[\"u1\"]}");
    assert_int_equal(length(rows, "predictions"), 1);
    json_decref(rows);
    rows = answer_of(200, "GET /v1/models/tt", "");
    assert_string_equal(member(element(rows, "model_version_status", 0), "state"), "AVAILABLE");
    json_decref(rows);
    error(404, "GET /v1/models/other", "", "no such model");
    error(404, "POST /v1/models/other:predict", "{}", "no such model");
    error(405, "POST /v1/models/tt", "{}", "only GET");
    error(405, "GET /v1/models/tt:predict", "", "only POST");
    error(400, "POST /v1/models/tt:predict", "{}", "'instances'");
    error(400, "POST /v1/models/tt:predict", "{\"inputs\":{\"user_id\":[\"u1\"],\"meal_time\":[]}}", "one length");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_predict_is_what_clients_of_tensorflow_serving_expect),
    };

    return cmocka_run_group_tests(tests, start_service, stop_service);
}
