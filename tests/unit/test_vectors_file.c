/* Vectors files: a round trip, and contents that a whole container can hold but vectors may not. */
#include "io/vectors_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "unit.h"

static const float data[] = {1, 2, 3, 4, 5, 6};

/* Two rows, three dimensions, keys "user_id" and "meal time". */
static void make(struct tt_vectors *v)
{
    struct tt_err err = TT_ERR_INIT;

    *v = (struct tt_vectors){.n = 2, .dim = 3, .data = data, .n_keys = 2, .key_names = {"user_id", "meal time"},
                             .side = "user", .model = "0123"};
    for (int i = 0; i < 2; i++)
        assert_int_equal(tt_text_list_init(&v->keys[i], &err), 0);
    assert_int_equal(tt_text_list_add(&v->keys[0], "u1", 2, &err) + tt_text_list_add(&v->keys[0], "u2", 2, &err), 0);
    assert_int_equal(tt_text_list_add(&v->keys[1], "", 0, &err) + tt_text_list_add(&v->keys[1], "a\tb", 3, &err), 0);
}

static void drop(struct tt_vectors *v)
{
    tt_text_list_release(&v->keys[0]);
    tt_text_list_release(&v->keys[1]);
}

static void test_vectors_round_trip(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_vectors v, back;
    struct tt_segment s;
    size_t len;
    (void)state;
    make(&v);
    assert_int_equal(tt_vectors_store(&v, &s, &err), 0);
    s.name = "file";
    assert_string_equal(tt_segment_find_text(&s, "keys"), "user_id\tmeal time");
    assert_int_equal(tt_vectors_view(&back, &s, &err), 0);
    assert_true(back.n == 2 && back.dim == 3 && back.n_keys == 2);
    assert_memory_equal(back.data, data, sizeof(data));
    assert_string_equal(back.key_names[0], "user_id");
    assert_string_equal(back.key_names[1], "meal time");
    assert_string_equal(back.side, "user");
    assert_string_equal(back.model, "0123");
    assert_memory_equal(tt_text_list_get(&back.keys[1], 1, &len), "a\tb", 3);
    assert_int_equal(len, 3);
    tt_segment_release(&s);
    drop(&v);
}

/* Store, spoil one thing, and view: the error must hold `expected`. */
enum spoil {
    NO_KEYS, NO_SIDE, NO_MODEL, NO_VECTORS, ONE_DIMENSION, DOUBLE, ROWS, NAN_VALUE, INF_VALUE, NO_LIST, LONG_NAMES, MANY
};

static void spoil(struct tt_segment *s, enum spoil what, float *values)
{
    static char long_names[2000], many[64];
    struct tt_err err = TT_ERR_INIT;

    memset(long_names, 'x', sizeof(long_names) - 1);
    memset(many, '\t', 40);
    for (size_t i = 0; i < s->n_texts; i++) {
        char **key = &s->texts[i].key, **value = &s->texts[i].value;
        if ((what == NO_KEYS && !strcmp(*key, "keys")) || (what == NO_SIDE && !strcmp(*key, "side")) ||
            (what == NO_MODEL && !strcmp(*key, "model")))
            (*key)[0] = 'X';
        if (!strcmp(*key, "keys") && (what == LONG_NAMES || what == MANY)) {
            free(*value);
            *value = tt_copy_text(what == MANY ? many : long_names, what == MANY ? 40 : 1999, &err);
            assert_non_null(*value);
        }
    }
    for (size_t i = 0; i < s->n_tensors; i++) {
        struct tt_tensor *t = &s->tensors[i];
        if (!strcmp(t->name, "vectors")) {
            t->data = values;
            if (what == NO_VECTORS)
                ((char *)(uintptr_t)t->name)[0] = 'X';
            t->n_dims = what == ONE_DIMENSION ? 1 : 2;
            t->dtype = what == DOUBLE ? TT_F64 : TT_F32;
            if (what == ROWS)
                t->shape[0] = 1;
        }
        if (what == NO_LIST && !strcmp(t->name, "key.1.bytes"))
            ((char *)(uintptr_t)t->name)[0] = 'X';
    }
    values[4] = what == NAN_VALUE ? NAN : what == INF_VALUE ? -INFINITY : 5;
}

static void test_vectors_that_break_a_rule_are_refused(void **state)
{
    static const struct { enum spoil what; const char *expected; } cases[] = {
        {NO_KEYS, "file: the header has no 'keys'"},
        {NO_SIDE, "file: the header has no 'side'"},
        {NO_MODEL, "file: the header has no 'model'"},
        {NO_VECTORS, "file: no tensor 'vectors'"},
        {ONE_DIMENSION, "file: tensor 'vectors' has another type or shape than expected"},
        {DOUBLE, "file: tensor 'vectors' has another type or shape than expected"},
        {ROWS, "file: tensor 'key.0.offsets' has another type or shape than expected"},
        {NAN_VALUE, "file: row 2 holds a value that is not finite"},
        {INF_VALUE, "file: row 2 holds a value that is not finite"},
        {NO_LIST, "file: no tensor 'key.1.bytes'"},
        {LONG_NAMES, "file: the names of the key columns are too long"},
        {MANY, "file: more than 16 key columns"},
    };
    float values[6];
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct tt_err err = TT_ERR_INIT;
        struct tt_vectors v, back;
        struct tt_segment s;
        make(&v);
        memcpy(values, data, sizeof(data));
        assert_int_equal(tt_vectors_store(&v, &s, &err), 0);
        s.name = "file";
        spoil(&s, cases[i].what, values);
        assert_int_equal(tt_vectors_view(&back, &s, &err), -1);
        assert_string_equal(err.text, cases[i].expected);
        tt_segment_release(&s);
        drop(&v);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors_round_trip),
        cmocka_unit_test(test_vectors_that_break_a_rule_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
