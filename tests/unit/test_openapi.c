/* The description of the API with the columns of a model in place of its marks. */
#include "serve/openapi.h"

#include <jansson.h>

#include "serve/assets.h"
#include "tiny_snapshot.h"

static void print(const char *text, size_t len, struct tt_buf *out)
{
    struct tt_err err = TT_ERR_INIT;

    NEED(tt_openapi_print(snapshot, text, len, out, &err));
}

static void assert_print(const char *text, const char *expected)
{
    struct tt_buf out = TT_BUF_INIT;

    print(text, strlen(text), &out);
    assert_string_equal(out.data, expected);
    tt_buf_release(&out);
}

static void test_marks_become_columns(void **state)
{
    (void)state;
    assert_print("{\"@query\": {}, \"z\": 1}",
                 "{\"meal_time\":{\"type\":\"string\"},\"city\":{\"type\":\"string\"},\"name\":{\"type\":\"string\"},"
                 "\"item.city\":{\"type\":\"string\"},\"item.k\":{\"type\":\"string\"},\"kind\":{\"type\":\"string\"},"
                 " \"z\": 1}");
    struct tt_buf out = TT_BUF_INIT;
    print("{\"@event\": {}, \"z\": 1}", 22, &out);
    json_t *json = json_loads(out.data, JSON_REJECT_DUPLICATES, NULL);
    assert_int_equal(json_object_size(json), 3);
    assert_non_null(json_object_get(json, "meal_time"));
    assert_non_null(json_object_get(json, "at"));
    json_decref(json);
    tt_buf_release(&out);
    assert_print("no mark: a@b, \"@other\": {}, @", "no mark: a@b, \"@other\": {}, @");
    assert_print("@request\": {},", "@request\": {},");
}

/* The whole text is JSON, and every name that it refers to is there. */
static void check_references(const json_t *node, const json_t *root)
{
    const char *key;
    json_t *value;
    size_t i;

    json_object_foreach((json_t *)(uintptr_t)node, key, value) {
        if (strcmp(key, "$ref") == 0) {
            char kind[32], name[64];
            assert_int_equal(sscanf(json_string_value(value), "#/components/%31[^/]/%63s", kind, name), 2);
            if (!json_object_get(json_object_get(json_object_get(root, "components"), kind), name))
                fail_msg("%s is not there", json_string_value(value));
        }
        check_references(value, root);
    }
    json_array_foreach(node, i, value)
        check_references(value, root);
}

static void test_the_description_is_whole(void **state)
{
    (void)state;
    struct tt_buf out = TT_BUF_INIT;

    print(tt_asset_openapi.text, tt_asset_openapi.len, &out);
    assert_null(strstr(out.data, "\"@"));
    json_t *root = json_loads(out.data, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    check_references(root, root);
    json_t *request = json_object_get(json_object_get(json_object_get(root, "components"), "schemas"),
                                      "RecommendRequest");
    assert_non_null(json_object_get(json_object_get(request, "properties"), "meal_time"));
    assert_non_null(json_object_get(json_object_get(request, "properties"), "item.city"));
    json_decref(root);
    tt_buf_release(&out);
}

static int setup(void **state)
{
    return start_snapshot(state, "store_id,name,city,k\ni5,A,B,C\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_marks_become_columns),
        cmocka_unit_test(test_the_description_is_whole),
    };

    return cmocka_run_group_tests(tests, setup, stop_snapshot);
}
