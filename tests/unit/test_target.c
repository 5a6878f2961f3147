/* Targets: where path and query are, percent-decoding, parameters and their number. */
#include "http/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

static void expect_split(const char *target, const char *path, const char *query)
{
    struct tt_target_parts parts;

    tt_target_split(target, strlen(target), &parts);
    assert_int_equal(parts.path_len, strlen(path));
    assert_memory_equal(target + parts.path, path, parts.path_len);
    assert_int_equal(parts.query_len, strlen(query));
    assert_memory_equal(target + parts.query, query, parts.query_len);
}

static void test_target_is_split_at_the_first_question_mark(void **state)
{
    (void)state;
    expect_split("/a", "/a", "");
    expect_split("/a?", "/a", "");
    expect_split("/a?b=c", "/a", "b=c");
    expect_split("/a?b?c", "/a", "b?c");
    expect_split("?b", "", "b");
    expect_split("", "", "");
    expect_split("*", "*", "");
    expect_split("http://host:80/a?b", "/a", "b");
    expect_split("HTTP://host/a", "/a", "");
    expect_split("http://host?b=/", "", "b=/");
    expect_split("http://", "", "");
    expect_split("http:/", "http:/", "");
}

static void expect_decoded(const char *from, const char *to, size_t n)
{
    char room[64];

    memset(room, 'x', sizeof(room));
    assert_int_equal(tt_target_decode(room, from, strlen(from)), n);
    assert_memory_equal(room, to, n + 1);
    assert_int_equal(room[strlen(from) + 1], 'x');
}

static void test_target_decodes_what_is_hexadecimal(void **state)
{
    (void)state;
    expect_decoded("", "", 0);
    expect_decoded("a+b", "a+b", 3);
    expect_decoded("%41%6a%6A", "Ajj", 3);
    expect_decoded("%00", "\0", 1);
    expect_decoded("a%00b", "a\0b", 3);
    expect_decoded("%C3%a9", "\xc3\xa9", 2);
    expect_decoded("100%", "100%", 4);
    expect_decoded("%4", "%4", 2);
    expect_decoded("%g1%1g%@1%`1", "%g1%1g%@1%`1", 12);
    expect_decoded("%%41", "%A", 2);
    expect_decoded("%2541", "%41", 3);
}

static void expect_params(const char *query, size_t n, const char *shown)
{
    struct tt_http_param params[TT_HTTP_MAX_PARAMS];
    char *room = malloc(strlen(query) + 2), text[256] = "";
    size_t found = 99, used = 0;

    assert_int_equal(tt_target_params(query, strlen(query), room, params, &found), 0);
    assert_int_equal(found, n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(params[i].name[params[i].name_len], 0);
        assert_int_equal(params[i].value[params[i].value_len], 0);
        used += (size_t)snprintf(text + used, sizeof(text) - used, "[%s:%zu|%s:%zu]", params[i].name,
                                 params[i].name_len, params[i].value, params[i].value_len);
    }
    assert_string_equal(text, shown);
    free(room);
}

static void test_target_params_have_names_and_values(void **state)
{
    (void)state;
    expect_params("", 0, "");
    expect_params("a=b", 1, "[a:1|b:1]");
    expect_params("a=b&c=d", 2, "[a:1|b:1][c:1|d:1]");
    expect_params("a", 1, "[a:1|:0]");
    expect_params("a&b", 2, "[a:1|:0][b:1|:0]");
    expect_params("a=", 1, "[a:1|:0]");
    expect_params("=", 1, "[:0|:0]");
    expect_params("=b", 1, "[:0|b:1]");
    expect_params("&&a=b&&", 1, "[a:1|b:1]");
    expect_params("a=b=c", 1, "[a:1|b=c:3]");
    expect_params("a+b=c+d%2b", 1, "[a b:3|c d+:4]");
    expect_params("%26=%3D", 1, "[&:1|=:1]");
    expect_params("a=x%00y", 1, "[a:1|x:3]");
}

static void test_target_has_a_limit_of_params(void **state)
{
    struct tt_http_param params[TT_HTTP_MAX_PARAMS];
    char query[2 * TT_HTTP_MAX_PARAMS + 3], room[sizeof(query) + 2];
    size_t n, found;

    (void)state;
    for (n = 0; n < sizeof(query); n++)
        query[n] = n % 2 ? '&' : 'a';
    assert_int_equal(tt_target_params(query, 2 * TT_HTTP_MAX_PARAMS, room, params, &found), 0);
    assert_int_equal(found, TT_HTTP_MAX_PARAMS);
    assert_int_equal(tt_target_params(query, 2 * TT_HTTP_MAX_PARAMS + 1, room, params, &found), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_target_is_split_at_the_first_question_mark),
        cmocka_unit_test(test_target_decodes_what_is_hexadecimal),
        cmocka_unit_test(test_target_params_have_names_and_values),
        cmocka_unit_test(test_target_has_a_limit_of_params),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
