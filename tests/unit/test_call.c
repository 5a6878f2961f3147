/* What endpoints have in common: parameters, refusals, and parts of answers. */
#include "serve/call.h"
#include "tiny_snapshot.h"

static struct tt_http_param params[3];
static struct tt_http_request request = {.params = params};
static struct tt_http_answer answer;

static struct tt_call begin(size_t n_params)
{
    tt_buf_release(&answer.body);
    answer = (struct tt_http_answer){.status = 200};
    request.n_params = n_params;
    return (struct tt_call){.snapshot = snapshot, .http = &request, .answer = &answer, .json = {.out = &answer.body}};
}

static void expect(unsigned status, const char *body)
{
    assert_int_equal(answer.status, status);
    assert_string_equal(answer.content_type, "application/json");
    assert_int_equal(answer.body.len, strlen(body));
    assert_memory_equal(answer.body.data, body, strlen(body));
}

static void test_parameters_are_found_and_checked(void **state)
{
    static const char *const names[] = {"k", "item", NULL};
    static const char *const wrong[] = {"0", "8", "-1", "x", "", "99999999999999999999"};
    struct tt_call call = begin(2);
    size_t k;

    (void)state;
    params[0] = param("item", "i1");
    params[1] = param("k", "7");
    assert_ptr_equal(tt_call_param(&call, "item"), &params[0]);
    assert_null(tt_call_param(&call, "ite"));
    assert_int_equal(tt_call_number(&call, "k", 7, 3, &k), 0);
    assert_int_equal(k, 7);
    assert_int_equal(tt_call_number(&call, "limit", 7, 3, &k), 0);
    assert_int_equal(k, 3);
    assert_int_equal(tt_call_only(&call, names), 0);
    assert_int_equal(tt_call_no_params(&call), -1);
    assert_string_equal(call.err.text, "'item' names no parameter of this endpoint");
    for (size_t i = 0; i < LENGTH(wrong); i++) {
        call = begin(2);
        params[1] = param("k", wrong[i]);
        assert_int_equal(tt_call_number(&call, "k", 7, 3, &k), -1);
        assert_string_equal(call.err.text, "'k' is not a whole number from 1 to 7");
    }
    call = begin(0);
    assert_int_equal(tt_call_no_params(&call), 0);
}

static void test_a_wrong_request_is_400_and_our_failure_503(void **state)
{
    struct tt_call call = begin(0);

    (void)state;
    tt_err_set(&call.err, TT_ERR_USAGE, "a \"b\"");
    tt_json_open(&call.json, '{'); /* what was written so far is not sent */
    tt_call_fail(&call);
    expect(400, "{\"error\":\"a \\\"b\\\"\"}");
    call = begin(0);
    tt_err_set(&call.err, TT_ERR_SYSTEM, "the disk");
    tt_call_fail(&call);
    expect(503, "{\"error\":\"the disk\"}");
    call = begin(0);
    tt_call_refuse(&call, 404, "no");
    expect(404, "{\"error\":\"no\"}");
}

static void test_members_of_an_answer(void **state)
{
    struct tt_call call = begin(0);
    char expected[400];

    (void)state;
    tt_json_open(&call.json, '{');
    tt_call_text(&call, "a", "bc", 1);
    tt_call_count(&call, "n", 3);
    tt_call_bool(&call, "yes", 1);
    tt_call_item_id(&call, "item", 0);
    tt_call_attributes(&call, 0);
    tt_call_fingerprints(&call);
    tt_json_close(&call.json, '}');
    tt_call_finish(&call);
    snprintf(expected, sizeof(expected),
             "{\"a\":\"b\",\"n\":3,\"yes\":true,\"item\":\"i40\","
             "\"attributes\":{\"name\":\"A\",\"kind\":\"c1\"},\"model\":\"%s\",\"index\":\"%s\"}",
             tt_snapshot_model_name(snapshot), tt_snapshot_index_name(snapshot));
    expect(200, expected);
}

static int setup(void **state)
{
    return start_snapshot(state, "store_id,name\ni40,A\n");
}

static int teardown(void **state)
{
    tt_buf_release(&answer.body);
    return stop_snapshot(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parameters_are_found_and_checked),
        cmocka_unit_test(test_a_wrong_request_is_400_and_our_failure_503),
        cmocka_unit_test(test_members_of_an_answer),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
