/* Index files: a round trip, and segments that break a rule. */
#include "index/index_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

static void make(struct tt_index *index, const float *data, size_t n)
{
    struct tt_err err = TT_ERR_INIT;

    *index = (struct tt_index){.n = n, .dim = 2, .vectors = data, .item = "store_id", .model = "m", .type = "flat"};
    assert_int_equal(tt_text_list_init(&index->ids, &err), 0);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(tt_text_list_add(&index->ids, "abc" + i, 1, &err), 0);
}

static void test_index_round_trip(void **state)
{
    static const float data[] = {1, 2, 3, 4, 5, 6};
    (void)state;
    for (size_t n = 0; n <= 3; n += 3) {
        struct tt_err err = TT_ERR_INIT;
        struct tt_index index, back;
        struct tt_segment s;
        size_t len;
        make(&index, data, n);
        assert_int_equal(tt_index_store(&index, &s, &err), 0);
        s.name = "file";
        assert_int_equal(tt_index_view(&back, &s, &err), 0);
        assert_true(back.n == n && back.dim == 2 && back.ids.n == n);
        assert_memory_equal(back.vectors, data, n * 2 * sizeof(float));
        assert_string_equal(back.item, "store_id");
        assert_string_equal(back.model, "m");
        assert_string_equal(back.type, "flat");
        if (n)
            assert_memory_equal(tt_text_list_get(&back.ids, 2, &len), "c", 1);
        tt_segment_release(&s);
        tt_text_list_release(&index.ids);
    }
}

/* Change one metadata text of an index (to "": remove it by renaming) and view it. */
static void refuse(const char *key, const char *value, const char *expected)
{
    static const float data[] = {1, 2, 3, 4, 5, 6};
    struct tt_err err = TT_ERR_INIT;
    struct tt_index index, back;
    struct tt_segment s;

    make(&index, data, 3);
    assert_int_equal(tt_index_store(&index, &s, &err), 0);
    s.name = "file";
    for (size_t i = 0; i < s.n_texts; i++) {
        if (strcmp(s.texts[i].key, key) != 0)
            continue;
        if (value) {
            s.texts[i].value = realloc(s.texts[i].value, 32);
            assert_non_null(s.texts[i].value);
            memcpy(s.texts[i].value, value, strlen(value) + 1);
        } else {
            s.texts[i].key[0] = 'X';
        }
    }
    assert_int_equal(tt_index_view(&back, &s, &err), -1);
    assert_string_equal(err.text, expected);
    tt_segment_release(&s);
    tt_text_list_release(&index.ids);
}

static void test_index_that_breaks_a_rule_is_refused(void **state)
{
    (void)state;
    refuse("type", NULL, "file: the header has no 'type'");
    refuse("type", "hnsw", "file: an index of type 'hnsw', which this program does not know");
    refuse("item", NULL, "file: the header has no 'item'");
    refuse("item", "", "file: the item column has no name");
    refuse("model", NULL, "file: the header has no 'model'");
    refuse("dim", NULL, "file: the header has no 'dim'");
    refuse("dim", "0", "file: '0' is not a number of dimensions");
    refuse("dim", "2x", "file: '2x' is not a number of dimensions");
    refuse("dim", "18446744073709551615", "file: '18446744073709551615' is not a number of dimensions");
    refuse("dim", "3", "file: tensor 'vectors' has another type or shape than expected");
}

static void test_index_values_must_be_finite(void **state)
{
    float data[] = {1, 2, 3, NAN};
    struct tt_err err = TT_ERR_INIT;
    struct tt_index index, back;
    struct tt_segment s;
    (void)state;
    make(&index, data, 2);
    assert_int_equal(tt_index_store(&index, &s, &err), 0);
    s.name = "file";
    assert_int_equal(tt_index_view(&back, &s, &err), -1);
    assert_string_equal(err.text, "file: row 2 holds a value that is not finite");
    tt_segment_release(&s);
    tt_text_list_release(&index.ids);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_index_round_trip),
        cmocka_unit_test(test_index_that_breaks_a_rule_is_refused),
        cmocka_unit_test(test_index_values_must_be_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
