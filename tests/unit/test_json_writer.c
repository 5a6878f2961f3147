/* JSON text against jansson's parser, numbers against printf, any bytes against the simplest decoder of UTF-8. */
#include "io/json_writer.h"

#include <float.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "base/rng.h"
#include "unit.h"

static void test_json_has_commas_and_quotes_where_they_belong(void **state)
{
    struct tt_buf buf = TT_BUF_INIT;
    struct tt_json json = {.out = &buf};
    struct tt_err err = TT_ERR_INIT;
    (void)state;

    assert_int_equal(tt_buf_add_text(&buf, "> ", &err), 0); /* it is appended to what stands there */
    tt_json_open(&json, '{');
    tt_json_key(&json, "a\"");
    tt_json_string(&json, "b\\");
    tt_json_key_n(&json, "listing", 4);
    tt_json_open(&json, '[');
    tt_json_open(&json, '[');
    tt_json_close(&json, ']');
    tt_json_open(&json, '{');
    tt_json_close(&json, '}');
    tt_json_count(&json, 7);
    tt_json_float(&json, 0.5f);
    tt_json_double(&json, -2);
    tt_json_raw(&json, "[1, 2]", 6);
    tt_json_bool(&json, 1);
    tt_json_bool(&json, 0);
    tt_json_null(&json);
    tt_json_text(&json, "xyz", 1);
    tt_json_text(&json, NULL, 0);
    tt_json_close(&json, ']');
    tt_json_key(&json, "");
    tt_json_open(&json, '{');
    tt_json_key(&json, "c");
    tt_json_null(&json);
    tt_json_close(&json, '}');
    tt_json_close(&json, '}');
    assert_int_equal(tt_json_finish(&json, &err), 0);
    assert_string_equal(buf.data, "> {\"a\\\"\":\"b\\\\\",\"list\":[[],{},7,0.5,-2,[1, 2],true,false,null,\"x\",\"\"],"
                                  "\"\":{\"c\":null}}");
    tt_buf_release(&buf);
}

/* ---- any tree ---- */

static json_t *any_text(struct tt_rng *rng)
{
    static const char *const pieces[] = {"a", "\"", "\\", "/", "\n", "\r", "\t", "\b", "\f", "\x01", "\x1f", "\x7f",
                                         " ", "\xc2\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
                                         "\xf0\x9f\x8d\x9c", "\xf4\x8f\xbf\xbf", "\xea\xb9\x80\xec\xb9\x98",
                                         "</script>"};
    char text[200] = "";
    size_t len = 0;

    for (size_t n = tt_rng_below(rng, 8); n; n--) {
        const char *piece = pieces[tt_rng_below(rng, LENGTH(pieces))];
        memcpy(text + len, piece, strlen(piece) + 1);
        len += strlen(piece);
        if (tt_rng_below(rng, 8) == 0)
            text[len++] = '\0';
    }
    return json_stringn(text, len);
}

static json_t *any_tree(struct tt_rng *rng, int depth)
{
    json_t *tree;

    switch (tt_rng_below(rng, depth ? 7 : 5)) {
    case 0: return json_null();
    case 1: return json_boolean(tt_rng_below(rng, 2));
    case 2: return json_integer((json_int_t)(tt_rng_u64(rng) >> (1 + tt_rng_below(rng, 63))));
    case 3: return json_real((double)((float)tt_rng_unit(rng) * 20 - 10));
    case 4: return any_text(rng);
    case 5:
        tree = json_array();
        for (size_t n = tt_rng_below(rng, 5); n; n--)
            json_array_append_new(tree, any_tree(rng, depth - 1));
        return tree;
    default:
        tree = json_object();
        for (size_t n = tt_rng_below(rng, 5); n; n--) {
            json_t *key = any_text(rng);
            json_object_set_new_nocheck(tree, json_string_value(key), any_tree(rng, depth - 1)); /* up to a NUL */
            json_decref(key);
        }
        return tree;
    }
}

static void write_tree(struct tt_json *json, json_t *tree)
{
    const char *name;
    json_t *value;

    switch (json_typeof(tree)) {
    case JSON_NULL: tt_json_null(json); break;
    case JSON_TRUE:
    case JSON_FALSE: tt_json_bool(json, json_is_true(tree)); break;
    case JSON_INTEGER: tt_json_count(json, (uint64_t)json_integer_value(tree)); break;
    case JSON_REAL: tt_json_float(json, (float)json_real_value(tree)); break;
    case JSON_STRING: tt_json_text(json, json_string_value(tree), json_string_length(tree)); break;
    case JSON_ARRAY:
        tt_json_open(json, '[');
        for (size_t i = 0; i < json_array_size(tree); i++)
            write_tree(json, json_array_get(tree, i));
        tt_json_close(json, ']');
        break;
    case JSON_OBJECT:
        tt_json_open(json, '{');
        json_object_foreach (tree, name, value) {
            tt_json_key(json, name);
            write_tree(json, value);
        }
        tt_json_close(json, '}');
        break;
    }
}

/* The reals of the tree as floats, since %.9g names a float and not a double; whole ones as integers. */
static json_t *as_read(json_t *tree)
{
    const char *name;
    json_t *value, *copy;

    if (json_is_real(tree) && json_real_value(tree) == (double)(json_int_t)json_real_value(tree))
        return json_integer((json_int_t)json_real_value(tree));
    if (json_is_real(tree))
        return json_real((double)(float)json_real_value(tree));
    if (json_is_array(tree)) {
        copy = json_array();
        for (size_t i = 0; i < json_array_size(tree); i++)
            json_array_append_new(copy, as_read(json_array_get(tree, i)));
        return copy;
    }
    if (!json_is_object(tree))
        return json_incref(tree);
    copy = json_object();
    json_object_foreach (tree, name, value)
        json_object_set_new_nocheck(copy, name, as_read(value));
    return copy;
}

static void test_json_of_any_tree_is_what_a_parser_reads(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_rng rng;
    (void)state;

    tt_rng_init(&rng, 1, TT_RNG_TEST, 0);
    for (int i = 0; i < 3000; i++) {
        struct tt_buf buf = TT_BUF_INIT;
        struct tt_json json = {.out = &buf};
        json_t *tree = any_tree(&rng, 4);
        json_error_t error;
        write_tree(&json, tree);
        assert_int_equal(tt_json_finish(&json, &err), 0);
        json_t *back = json_loadb(buf.data, buf.len, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
        if (!back)
            fail_msg("%s: %s", error.text, buf.data);
        json_t *read = as_read(tree), *back_read = as_read(back);
        if (!json_equal(read, back_read))
            fail_msg("not the same: %s", buf.data);
        json_decref(read);
        json_decref(back_read);
        json_decref(back);
        json_decref(tree);
        tt_buf_release(&buf);
    }
}

/* ---- texts ---- */

/* The shortest run of bytes that is one character, or U+FFFD for one byte. */
static size_t decode(const char *text, size_t len, char *out)
{
    size_t n = 0;

    for (size_t i = 0; i < len;) {
        size_t one = 1;
        while (one <= 4 && i + one <= len && !tt_is_utf8(text + i, one))
            one++;
        if (one <= 4 && i + one <= len) {
            memcpy(out + n, text + i, one);
            n += one;
            i += one;
        } else {
            memcpy(out + n, "\xef\xbf\xbd", 3);
            n += 3;
            i++;
        }
    }
    return n;
}

static void test_json_text_of_any_bytes_is_utf8(void **state)
{
    static const unsigned char edges[] = {0x00, 0x1f, 0x22, 0x5c, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1,
                                          0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4,
                                          0xf5, 0xff};
    struct tt_err err = TT_ERR_INIT;
    struct tt_rng rng;
    (void)state;

    tt_rng_init(&rng, 2, TT_RNG_TEST, 0);
    for (int i = 0; i < 50000; i++) {
        struct tt_buf buf = TT_BUF_INIT;
        struct tt_json json = {.out = &buf};
        char text[12], expected[3 * sizeof(text)];
        size_t len = tt_rng_below(&rng, sizeof(text) + 1);
        for (size_t b = 0; b < len; b++)
            text[b] = (char)(tt_rng_below(&rng, 4) ? edges[tt_rng_below(&rng, LENGTH(edges))] : tt_rng_u32(&rng));
        tt_json_text(&json, text, len);
        assert_int_equal(tt_json_finish(&json, &err), 0);
        assert_true(tt_is_utf8(buf.data, buf.len));
        for (size_t b = 0; b < buf.len; b++)
            assert_true((unsigned char)buf.data[b] >= 0x20);
        json_t *back = json_loadb(buf.data, buf.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        assert_non_null(back);
        len = decode(text, len, expected);
        assert_int_equal(json_string_length(back), len);
        assert_memory_equal(json_string_value(back), expected, len);
        json_decref(back);
        tt_buf_release(&buf);
    }
}

/* ---- numbers ---- */

static struct tt_buf number = TT_BUF_INIT;

static const char *text_of(double value, int is_float)
{
    struct tt_json json = {.out = &number};
    struct tt_err err = TT_ERR_INIT;

    number.len = 0;
    if (is_float)
        tt_json_float(&json, (float)value);
    else
        tt_json_double(&json, value);
    assert_int_equal(tt_json_finish(&json, &err), 0);
    return number.data;
}

static void check_double(double value)
{
    char expected[40];

    snprintf(expected, sizeof(expected), "%.9g", value);
    if (strcmp(text_of(value, 0), expected) != 0)
        fail_msg("%.17g: %s instead of %s", value, number.data, expected);
}

static void check_float(float value)
{
    char expected[40];

    if (!isfinite(value)) {
        assert_string_equal(text_of((double)value, 1), "null");
        return;
    }
    snprintf(expected, sizeof(expected), "%.9g", (double)value);
    if (strcmp(text_of((double)value, 1), expected) != 0)
        fail_msg("%.17g: %s instead of %s", (double)value, number.data, expected);
    float back = strtof(number.data, NULL);
    assert_memory_equal(&back, &value, sizeof(back)); /* the sign of zero too */
    check_double((double)value);
}

static void test_json_floats_are_those_of_printf(void **state)
{
    struct tt_rng rng;
    (void)state;

    tt_rng_init(&rng, 3, TT_RNG_TEST, 0);
    for (int i = 0; i < 100000; i++) { /* any float: half of them neither near 1 nor ... */
        uint32_t bits = tt_rng_u32(&rng);
        float value;
        if (i % 5 == 0)
            bits &= 0x807fffff; /* denormal */
        memcpy(&value, &bits, sizeof(value));
        check_float(value);
        check_float((float)(tt_rng_unit(&rng) * 2 - 1)); /* as scores are */
    }
    for (int e = -46; e <= 38; e++) { /* near powers of ten */
        float up = (float)pow(10, e), down = up;
        for (int i = 0; i < 50; i++) {
            check_float(up);
            check_float(-up);
            check_float(down);
            check_float(-down);
            up = nextafterf(up, INFINITY);
            down = nextafterf(down, -INFINITY);
        }
    }
    static const float edges[] = {0.0f, -0.0f, FLT_MIN, FLT_MAX, -FLT_MAX, FLT_TRUE_MIN, INFINITY, -INFINITY, NAN, 1,
                                  -1};
    for (size_t i = 0; i < LENGTH(edges); i++)
        check_float(edges[i]);
}

/* Of doubles there are some so near to the middle of two texts that a product in double is not enough to say. */
static void test_json_doubles_near_ties_are_those_of_printf(void **state)
{
    struct tt_rng rng;
    (void)state;

    tt_rng_init(&rng, 4, TT_RNG_TEST, 0);
    for (int i = 0; i < 20000; i++) {
        double middle = ((double)(100000000 + tt_rng_below(&rng, 900000000)) + 0.5) / 1e9, up = middle, down = middle;
        if (i % 3 == 0) /* whole multiples of 2^-k: true ties, to even */
            middle = up = down = (double)(1 + tt_rng_below(&rng, 1 << 10)) / (1 << 10);
        for (int step = 0; step < 4; step++) {
            check_double(up);
            check_double(-down);
            up = nextafter(up, 2);
            down = nextafter(down, -2);
        }
    }
    for (double x = 0.1, y = 0.1, n = 0; n < 1000; n++, x = nextafter(x, 1), y = nextafter(y, 0)) {
        check_double(x);
        check_double(y);
    }
    for (double x = 1, y = 0.9999999995, n = 0; n < 1000; n++, x = nextafter(x, 0), y = nextafter(y, 1)) {
        check_double(x);
        check_double(y);
    }
}

static void test_json_counts_have_all_digits(void **state)
{
    static const uint64_t counts[] = {0, 1, 9, 10, 99, 100, UINT32_MAX, UINT64_MAX, UINT64_MAX - 1, 1000000};
    (void)state;

    for (size_t i = 0; i < LENGTH(counts); i++) {
        struct tt_json json = {.out = &number};
        struct tt_err err = TT_ERR_INIT;
        char expected[40];
        number.len = 0;
        tt_json_count(&json, counts[i]);
        assert_int_equal(tt_json_finish(&json, &err), 0);
        snprintf(expected, sizeof(expected), "%llu", (unsigned long long)counts[i]);
        assert_string_equal(number.data, expected);
    }
    tt_buf_release(&number);
}

/* A buffer so long that nothing more can be added. */
static void test_json_says_at_the_end_that_memory_ran_out(void **state)
{
    struct tt_buf full = {.len = SIZE_MAX - 1};
    struct tt_json json = {.out = &full};
    struct tt_err err = TT_ERR_INIT;
    (void)state;

    tt_json_open(&json, '{');
    full = (struct tt_buf)TT_BUF_INIT; /* now there would be room: nothing comes after what is missing */
    tt_json_key(&json, "a");
    tt_json_null(&json);
    tt_json_close(&json, '}');
    assert_int_equal(full.len, 0);
    assert_int_equal(tt_json_finish(&json, &err), -1);
    assert_int_equal(err.kind, TT_ERR_MEMORY);
    assert_string_equal(err.text, "out of memory: 1 more bytes are needed");
    tt_buf_release(&full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_has_commas_and_quotes_where_they_belong),
        cmocka_unit_test(test_json_of_any_tree_is_what_a_parser_reads),
        cmocka_unit_test(test_json_text_of_any_bytes_is_utf8),
        cmocka_unit_test(test_json_floats_are_those_of_printf),
        cmocka_unit_test(test_json_doubles_near_ties_are_those_of_printf),
        cmocka_unit_test(test_json_counts_have_all_digits),
        cmocka_unit_test(test_json_says_at_the_end_that_memory_ran_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
