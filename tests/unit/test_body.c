/* Bodies of requests: each shape as rows of named texts, and what is refused. */
#include "serve/body.h"

#include <jansson.h>
#include <string.h>

#include "base/buf.h"
#include "base/rng.h"
#include "unit.h"

/* Bodies stand in blocks of their own size, so that a sanitizer sees who reads behind them. */
static int read_body(struct tt_body *body, const char *text, size_t len, const struct tt_body_shape *shape,
                     struct tt_err *err)
{
    char *copy = malloc(len ? len : 1);

    assert_non_null(copy);
    memcpy(copy, text, len);
    int status = tt_body_read(body, copy, len, shape, err);
    free(copy); /* what was read does not need it */
    return status;
}

/* A row as "name=value&name=value". */
static int row_text(struct tt_body *body, size_t i, struct tt_buf *text, struct tt_err *err)
{
    const struct tt_http_param *params;
    struct tt_err ok = TT_ERR_INIT;
    size_t n;

    if (tt_body_row(body, i, &params, &n, err))
        return -1;
    for (size_t p = 0; p < n; p++) {
        assert_int_equal(strlen(params[p].name), params[p].name_len);
        assert_int_equal(params[p].value[params[p].value_len], '\0');
        assert_int_equal(tt_buf_printf(text, &ok, "%s%s=%s", p ? "&" : "", params[p].name, params[p].value), 0);
    }
    return 0;
}

/* All rows, each followed by ";". Which are read twice, and backwards the first time: no row needs another. */
static int rows_text(struct tt_body *body, struct tt_buf *text, struct tt_err *err)
{
    struct tt_err ok = TT_ERR_INIT;

    for (size_t i = body->n; i-- > 0;) {
        text->len = 0;
        if (row_text(body, i, text, err))
            return -1;
    }
    text->len = 0;
    assert_int_equal(tt_buf_add_text(text, "", &ok), 0);
    for (size_t i = 0; i < body->n; i++) {
        assert_int_equal(row_text(body, i, text, err), 0);
        assert_int_equal(tt_buf_add_text(text, ";", &ok), 0);
    }
    return 0;
}

static const struct tt_body_shape ask_shape = {.list = "requests", .plain = "user", .max_rows = 5};
static const struct tt_body_shape event_shape = {.list = "events", .max_rows = 5};
static const struct tt_body_shape predict_shape = {.list = "instances", .plain = "user", .columns = "inputs",
                                                   .max_rows = 5};

static void test_body_is_rows_of_named_texts(void **state)
{
    static const struct {
        const struct tt_body_shape *shape;
        const char *text, *rows; /* NULL: a list, of no rows */
        int is_list, is_columns;
    } cases[] = {
        /* one row */
        {&ask_shape, "{}", ";", 0, 0},
        {&ask_shape, "{\"user\": \"a\", \"k\": 5}", "user=a&k=5;", 0, 0},
        {&ask_shape, " {\"user\":\"\\uAE40 \\\"\\n\"} \n", "user=\xea\xb9\x80 \"\n;", 0, 0},
        {&ask_shape, "{\"a\": true, \"b\": false, \"c\": null, \"d\": -3, \"e\": 0.5, \"f\": \"\", \"\": \"x\"}",
         "a=1&b=0&d=-3&e=0.5&f=&=x;", 0, 0},
        {&ask_shape, "{\"history\": [\"x\", 7, true, \"y\"], \"k\": 2, \"empty\": []}",
         "history=x&history=7&history=1&history=y&k=2;", 0, 0},
        /* numbers as they would be typed */
        {&ask_shape, "{\"a\": 9223372036854775807, \"b\": -9223372036854775808, \"c\": 1e3, \"d\": 1.0}",
         "a=9223372036854775807&b=-9223372036854775808&c=1000&d=1;", 0, 0},
        {&ask_shape, "{\"inputs\": \"not for us\"}", "inputs=not for us;", 0, 0},
        /* a list of rows */
        {&ask_shape, "[]", "", 1, 0},
        {&ask_shape, "[{\"user\": \"a\"}, \"b\", 3, {}, true]", "user=a;user=b;user=3;;user=1;", 1, 0},
        {&event_shape, "[{\"a\": 1}, {\"a\": 2}]", "a=1;a=2;", 1, 0},
        /* a list under its name, with what belongs to every row, wherever it stands */
        {&ask_shape, "{\"requests\": []}", "", 1, 0},
        {&ask_shape, "{\"k\": 3, \"requests\": [{\"user\": \"a\"}, \"b\", {\"k\": 4}], \"zone\": \"z\"}",
         "k=3&zone=z&user=a;k=3&zone=z&user=b;zone=z&k=4;", 1, 0},
        {&ask_shape, "{\"a\": 9223372036854775808}", "a=9.223372036854776e+18;", 0, 0},
        /* columns */
        {&predict_shape, "{\"inputs\": [\"a\", \"b\"]}", "user=a;user=b;", 1, 1},
        {&predict_shape, "{\"inputs\": {\"user\": [\"a\", \"b\", \"c\"], \"k\": [1, null, [2, 3]]}, \"t\": \"x\"}",
         "t=x&user=a&k=1;t=x&user=b;t=x&user=c&k=2&k=3;", 1, 1},
        {&predict_shape, "{\"inputs\": {\"user\": []}}", "", 1, 1},
        {&predict_shape, "{\"instances\": [\"a\"], \"more\": 1}", "more=1&user=a;", 1, 0},
        {&predict_shape, "{\"user\": \"a\"}", "user=a;", 0, 0},
    };
    struct tt_buf rows = TT_BUF_INIT;
    (void)state;

    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct tt_err err = TT_ERR_INIT;
        struct tt_body body;
        if (read_body(&body, cases[i].text, strlen(cases[i].text), cases[i].shape, &err) ||
            rows_text(&body, &rows, &err))
            fail_msg("case %zu: %s", i, err.text);
        assert_string_equal(rows.data, cases[i].rows);
        assert_int_equal(body.is_list, cases[i].is_list);
        assert_int_equal(body.is_columns, cases[i].is_columns);
        tt_body_release(&body);
    }
    tt_buf_release(&rows);
}

/* A number is the text that would be typed for it: 0.1 is a category "0.1", and not "0.10000000000000001". */
static void test_body_numbers_have_no_more_digits_than_they_need(void **state)
{
    static const char *const numbers[] = {"0.1", "4.1", "-37.5665", "126.978", "1.1e-10", "0.30000000000000004",
                                          "1.7976931348623157e+308", "2.2250738585072014e-308", "123456789.125"};
    struct tt_buf rows = TT_BUF_INIT;
    (void)state;

    for (size_t i = 0; i < LENGTH(numbers); i++) {
        struct tt_err err = TT_ERR_INIT;
        struct tt_body body;
        char text[80], expected[80];
        int len = snprintf(text, sizeof(text), "{\"a\": %s}", numbers[i]);
        snprintf(expected, sizeof(expected), "a=%s;", numbers[i]);
        assert_int_equal(read_body(&body, text, (size_t)len, &ask_shape, &err), 0);
        assert_int_equal(rows_text(&body, &rows, &err), 0);
        assert_string_equal(rows.data, expected);
        tt_body_release(&body);
    }
    tt_buf_release(&rows);
}

/* Members beside the rows are defaults for all of them: a long one is not copied a thousand times. */
static void test_body_bounds_what_holds_for_many_rows(void **state)
{
    static const struct tt_body_shape shape = {.list = "requests", .plain = "user", .max_rows = 1000};
    static char text[1000000];
    (void)state;

    for (int rows = 1; rows <= 1000; rows += 999) {
        struct tt_err err = TT_ERR_INIT;
        const struct tt_http_param *params;
        struct tt_body body;
        size_t len = 0, n, read = 0;
        len = (size_t)snprintf(text, sizeof(text), "{\"note\":\"");
        memset(text + len, 'x', 900000);
        len += 900000;
        len += (size_t)snprintf(text + len, sizeof(text) - len, "\",\"requests\":[0");
        for (int i = 1; i < rows; i++)
            len += (size_t)snprintf(text + len, sizeof(text) - len, ",%d", i);
        len += (size_t)snprintf(text + len, sizeof(text) - len, "]}");
        assert_int_equal(read_body(&body, text, len, &shape, &err), 0);
        while (read < body.n && tt_body_row(&body, read, &params, &n, &err) == 0)
            read++;
        if (rows == 1)
            assert_int_equal(read, 1);
        else
            assert_in_range(read, 1, 10);
        assert_string_equal(err.text, rows == 1 ? "" : "the body has long members that hold for too many rows");
        tt_body_release(&body);
    }
}

/* Members around the rows that are not theirs. */
static void test_body_may_skip_what_is_around_the_rows(void **state)
{
    static const char *const texts[] = {"{\"signature_name\": \"serving\", \"instances\": [{\"user\": \"a\"}]}",
                                        "{\"inputs\": {\"user\": [\"a\"]}, \"signature_name\": null}"};
    struct tt_buf rows = TT_BUF_INIT;
    struct tt_err err = TT_ERR_INIT;
    struct tt_body body;
    (void)state;

    for (size_t i = 0; i < LENGTH(texts); i++) {
        assert_int_equal(read_body(&body, texts[i], strlen(texts[i]), &predict_shape, &err), 0);
        body.skips_root = 1;
        assert_int_equal(rows_text(&body, &rows, &err), 0);
        assert_string_equal(rows.data, "user=a;");
        tt_body_release(&body);
    }
    tt_buf_release(&rows);
}

static void test_body_refuses(void **state)
{
    static const char not_json[] = "the body is not JSON: line 1, column "; /* and then jansson's words */
    static const struct { const struct tt_body_shape *shape; const char *text, *error; } bad[] = {
        {&ask_shape, "", not_json},
        {&ask_shape, "user=a", not_json},
        {&ask_shape, "\"a\"", not_json},
        {&ask_shape, "{\"a\": 1} x", not_json},
        {&ask_shape, "{\"a\": 1}{}", not_json},
        {&ask_shape, "{\"a\": 1, \"a\": 2}", not_json},
        {&ask_shape, "{\"a\": \"\xff\"}", not_json},
        {&ask_shape, "{\"a\": \"\\ud800\"}", not_json},
        {&ask_shape, "{\"a\": \"\\u0000\"}", not_json},
        {&ask_shape, "{\"a\\u0000\": 1}", not_json},
        {&ask_shape, "{\"a\": 1e999}", not_json},
        {&ask_shape, "{\"requests\": [{\"requests\": \"x\"}]}", "an element of the body's array has 'requests', too"},
        {&ask_shape, "{\"requests\": [], \"k\": 3}", "the body has members beside an empty 'requests'"},
        {&ask_shape, "{\"requests\": [{\"k\": 1}], \"k\": [[]]}",
         "the body's 'k' must be a text, a number, or an array of these"},
        {&ask_shape, "{\"requests\": null}", "the body's 'requests' must be an array"},
        {&predict_shape, "{\"instances\": [\"a\"], \"more\": [1]}", "the body's 'more' has no meaning here"},
        {&ask_shape, "{\"requests\": {}}", "the body's 'requests' must be an array"},
        {&ask_shape, "[1,2,3,4,5,6]", "the body has more than 5 rows"},
        {&ask_shape, "{\"a\": {}}", "the body's 'a' must be a text, a number, or an array of these"},
        {&ask_shape, "{\"a\": [[]]}", "the body's 'a' must be a text, a number, or an array of these"},
        {&ask_shape, "[[1]]", "element 0 of the body's array is not an object, a text or a number"},
        {&ask_shape, "[\"a\", null]", "element 1 of the body's array is not an object, a text or a number"},
        {&event_shape, "[{}, \"a\"]", "element 1 of the body's array is not an object"},
        {&predict_shape, "{\"inputs\": 3}", "the body's 'inputs' must be an object or an array"},
        {&predict_shape, "{\"inputs\": {\"a\": [1], \"b\": [1, 2]}}",
         "the body's 'inputs' must hold arrays of one length"},
        {&predict_shape, "{\"inputs\": {\"a\": 1}}", "the body's 'inputs' must hold arrays of one length"},
        {&predict_shape, "{\"inputs\": {\"a\": [1,2,3,4,5,6]}}", "the body has more than 5 rows"},
    };
    struct tt_buf rows = TT_BUF_INIT;
    (void)state;

    for (size_t i = 0; i < LENGTH(bad); i++) {
        struct tt_err err = TT_ERR_INIT;
        struct tt_body body;
        if (read_body(&body, bad[i].text, strlen(bad[i].text), bad[i].shape, &err) == 0)
            assert_int_equal(rows_text(&body, &rows, &err), -1);
        if (bad[i].error == not_json)
            err.text[sizeof(not_json) - 1] = '\0';
        assert_string_equal(err.text, bad[i].error);
        assert_int_equal(err.kind, TT_ERR_USAGE);
        tt_body_release(&body);
    }
    tt_buf_release(&rows);
}

/* Columns of no name have no rows. */
static void test_body_of_no_columns_has_no_rows(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_body body;
    (void)state;

    if (read_body(&body, "{\"inputs\": {}}", 14, &predict_shape, &err) == 0)
        assert_int_equal(body.n, 0);
    tt_body_release(&body);
}

static void test_body_bounds_the_members_of_a_row(void **state)
{
    static const size_t sizes[] = {4096, 4097};
    (void)state;

    for (size_t i = 0; i < LENGTH(sizes); i++) {
        struct tt_buf text = TT_BUF_INIT;
        struct tt_err err = TT_ERR_INIT;
        struct tt_body body;
        const struct tt_http_param *params;
        size_t n;
        assert_int_equal(tt_buf_add_text(&text, "{\"a\": [", &err), 0);
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(tt_buf_printf(&text, &err, "%s%zu", k ? "," : "", k), 0);
        assert_int_equal(tt_buf_add_text(&text, "]}", &err), 0);
        assert_int_equal(read_body(&body, text.data, text.len, &ask_shape, &err), 0);
        if (i == 0) {
            assert_int_equal(tt_body_row(&body, 0, &params, &n, &err), 0);
            assert_int_equal(n, sizes[i]);
            assert_string_equal(params[4095].value, "4095");
        } else {
            assert_int_equal(tt_body_row(&body, 0, &params, &n, &err), -1);
            assert_string_equal(err.text, "the body has too many members");
        }
        tt_body_release(&body);
        tt_buf_release(&text);
    }
}

/* Random rows, by rows and by columns: the same. */
static void test_body_by_columns_is_body_by_rows(void **state)
{
    struct tt_rng rng;
    (void)state;

    tt_rng_init(&rng, 1, TT_RNG_TEST, 8);
    for (int i = 0; i < 500; i++) {
        struct tt_buf by_rows = TT_BUF_INIT, by_columns = TT_BUF_INIT;
        struct tt_err err = TT_ERR_INIT;
        struct tt_body body;
        size_t n = tt_rng_below(&rng, 6), width = 1 + tt_rng_below(&rng, 4);
        json_t *rows = json_array(), *columns = json_object();
        for (size_t r = 0; r < n; r++)
            json_array_append_new(rows, json_object());
        for (size_t c = 0; c < width; c++) {
            char name[24];
            json_t *column = json_array();
            snprintf(name, sizeof(name), "c%zu", c);
            for (size_t r = 0; r < n; r++) {
                json_t *value = tt_rng_below(&rng, 3) ? json_integer((json_int_t)tt_rng_below(&rng, 100))
                                                      : json_pack("[s, i]", "x", (int)r);
                json_object_set(json_array_get(rows, r), name, value);
                json_array_append_new(column, value);
            }
            json_object_set_new(columns, name, column);
        }
        json_t *roots[2] = {json_pack("{s:o}", "instances", rows), json_pack("{s:o}", "inputs", columns)};
        struct tt_buf *texts[2] = {&by_rows, &by_columns};
        for (int k = 0; k < 2; k++) {
            char *text = json_dumps(roots[k], 0);
            assert_int_equal(read_body(&body, text, strlen(text), &predict_shape, &err), 0);
            assert_int_equal(body.n, n);
            assert_int_equal(rows_text(&body, texts[k], &err), 0);
            tt_body_release(&body);
            json_decref(roots[k]);
            free(text);
        }
        assert_string_equal(by_rows.data, by_columns.data);
        tt_buf_release(&by_rows);
        tt_buf_release(&by_columns);
    }
}

/* A body that was cut, or whose bytes were changed: an answer or an error, and nothing else. */
static void test_body_survives_any_bytes(void **state)
{
    static const char text[] = "{\"k\": 3, \"inputs\": {\"user\": [\"a\", 1.5, true], "
                               "\"b\": [[1], null, \"\\u00e9\"]}}";
    struct tt_buf rows = TT_BUF_INIT;
    struct tt_rng rng;
    size_t good = 0, bad = 0;
    (void)state;

    tt_rng_init(&rng, 1, TT_RNG_TEST, 9);
    for (size_t i = 0; i < 20000; i++) {
        char copy[sizeof(text)];
        struct tt_err err = TT_ERR_INIT;
        struct tt_body body;
        size_t len = i < sizeof(text) ? i : sizeof(text) - 1;
        memcpy(copy, text, sizeof(text));
        for (size_t k = i < sizeof(text) ? 0 : 1 + tt_rng_below(&rng, 2); k; k--)
            copy[tt_rng_below(&rng, len)] = "{}[]\",:0tn \\\xc3"[tt_rng_below(&rng, 13)];
        if (read_body(&body, copy, len, &predict_shape, &err) == 0 && rows_text(&body, &rows, &err) == 0) {
            good++;
        } else {
            bad++;
            assert_int_equal(err.kind, TT_ERR_USAGE);
        }
        tt_body_release(&body);
    }
    assert_true(good > 1000 && bad > 1000);
    tt_buf_release(&rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_body_is_rows_of_named_texts),
        cmocka_unit_test(test_body_numbers_have_no_more_digits_than_they_need),
        cmocka_unit_test(test_body_bounds_what_holds_for_many_rows),
        cmocka_unit_test(test_body_may_skip_what_is_around_the_rows),
        cmocka_unit_test(test_body_refuses),
        cmocka_unit_test(test_body_of_no_columns_has_no_rows),
        cmocka_unit_test(test_body_bounds_the_members_of_a_row),
        cmocka_unit_test(test_body_by_columns_is_body_by_rows),
        cmocka_unit_test(test_body_survives_any_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
