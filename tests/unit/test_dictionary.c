/* Dictionaries through a file, extended and matched; hostile content. */
#include "encode/dictionary.h"

#include <math.h>

#include "encode/column_kind.h"
#include "data_files.h"

static const char all_kinds[] =
    "user u id\nuser i history\nuser c context\nitem i id\nitem k category\nitem b bag\n"
    "item n number buckets=3\nitem s number scale=yes\nitem h hash slots=5\nevent w weight\n";

/* Learnt from texts "0" ... "9" in every column; a vocabulary each where there is one. */
static void learn_all(struct tt_dictionary *d)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_schema schema;
    uint32_t code;

    parse_schema(&schema, all_kinds);
    assert_int_equal(tt_dictionary_init(d, &schema, &err), 0);
    for (size_t i = 0; i < d->schema.n_columns; i++) {
        struct tt_feature *f = &d->features[i];
        struct tt_attribute a;
        assert_int_equal(tt_attribute_init(&a, &err), 0);
        for (uint32_t v = 0; v < 10; v++) {
            char text[] = {(char)('0' + v), '\0'};
            assert_int_equal(tt_attribute_add(&a, v, text, 1, &err), 0);
            if (f->column->kind == TT_KIND_ID || f->column->kind == TT_KIND_CONTEXT)
                assert_int_equal(tt_vocab_add(&f->vocab, text, 1, &code, &err), 0);
        }
        if (f->column->kind == TT_KIND_ID || f->column->kind == TT_KIND_CONTEXT)
            f->n_codes = 11;
        else if (f->column->side != TT_EVENT && f->column->kind != TT_KIND_HISTORY)
            assert_int_equal(tt_feature_learn(f, &a, 10, &err), 0);
        tt_attribute_release(&a);
    }
}

static void store(const struct tt_dictionary *d, struct tt_segment *segment)
{
    struct tt_err err = TT_ERR_INIT;

    assert_int_equal(tt_segment_init(segment, "test", TT_FORMAT, &err), 0);
    assert_int_equal(tt_dictionary_store(d, segment, &err), 0);
}

static void test_dictionary_comes_back_from_a_file(void **state)
{
    struct tt_dictionary d, e;
    struct tt_segment segment, loaded;
    struct tt_err err = TT_ERR_INIT;

    (void)state;
    learn_all(&d);
    store(&d, &segment);
    write_segment(&segment, "a");
    tt_segment_release(&segment);
    assert_int_equal(tt_container_load("a", "test", &loaded, &err), 0);
    assert_int_equal(tt_dictionary_load(&e, &loaded, &err), 0);
    assert_int_equal(tt_dictionary_index(&e, &loaded, "a", &err), 0);
    assert_string_equal(d.schema.fingerprint, e.schema.fingerprint);
    assert_int_equal(d.user_id, e.user_id);
    assert_int_equal(d.item_id, e.item_id);
    for (size_t i = 0; i < d.schema.n_columns; i++) {
        const struct tt_feature *f = &d.features[i], *g = &e.features[i];
        assert_int_equal(g->n_codes, f->column->kind == TT_KIND_HISTORY ? 11 : f->n_codes);
        assert_int_equal(f->n_params, g->n_params);
        if (f->n_params)
            assert_memory_equal(f->params, g->params, f->n_params * sizeof(*f->params));
        assert_int_equal(f->vocab.texts.n, g->vocab.texts.n);
        for (uint32_t v = 0; v < f->vocab.texts.n; v++) {
            char text[] = {(char)('0' + v), '\0'};
            assert_int_equal(tt_vocab_find(&g->vocab, text, 1), v);
        }
    }
    tt_dictionary_release(&d);
    tt_dictionary_release(&e);
    tt_segment_release(&loaded);
}

static void test_dictionary_extended_keeps_codes_and_parameters(void **state)
{
    struct tt_dictionary d, e;
    struct tt_schema schema;
    struct tt_err err = TT_ERR_INIT;

    (void)state;
    learn_all(&d);
    parse_schema(&schema, d.schema.text);
    assert_int_equal(tt_dictionary_init(&e, &schema, &err), 0);
    assert_int_equal(tt_dictionary_extend(&e, &d, &err), 0);
    for (size_t i = 0; i < d.schema.n_columns; i++) {
        const struct tt_feature *f = &d.features[i];
        struct tt_feature *g = &e.features[i];
        uint32_t code;
        assert_int_equal(f->n_codes, g->n_codes);
        assert_int_equal(f->n_params, g->n_params);
        if (f->n_params)
            assert_memory_equal(f->params, g->params, f->n_params * sizeof(*f->params));
        assert_true(f->params == NULL || f->params != g->params);
        assert_int_equal(f->vocab.texts.n, g->vocab.texts.n);
        for (uint32_t v = 0; v < f->vocab.texts.n; v++) {
            char text[] = {(char)('0' + v), '\0'};
            assert_int_equal(tt_vocab_find(&g->vocab, text, 1), v);
        }
        assert_int_equal(tt_vocab_add(&g->vocab, "more", 4, &code, &err), 0); /* it is its own, and open */
        assert_int_equal(code, f->vocab.texts.n);
    }
    tt_dictionary_release(&d);
    tt_dictionary_release(&e);
}

/* Write the dictionary with one tensor's data replaced, and load it: the error text. */
static const char *load_spoilt(const char *tensor, const void *data, size_t rows)
{
    static struct tt_err err;
    struct tt_dictionary d, e;
    struct tt_segment segment, loaded;

    err = (struct tt_err)TT_ERR_INIT;
    learn_all(&d);
    store(&d, &segment);
    if (tensor) {
        struct tt_tensor *t = tensor_of(&segment, tensor);
        t->data = data;
        t->shape[0] = rows;
    } else { /* the schema's fingerprint */
        for (size_t i = 0; i < segment.n_texts; i++)
            if (strcmp(segment.texts[i].key, "schema_fingerprint") == 0)
                segment.texts[i].value[0] ^= 1;
    }
    write_segment(&segment, "a");
    tt_segment_release(&segment);
    tt_dictionary_release(&d);
    assert_int_equal(tt_container_load("a", "test", &loaded, &err), 0);
    if (tt_dictionary_load(&e, &loaded, &err) == 0) {
        if (tt_dictionary_index(&e, &loaded, "a", &err) == 0)
            err.text[0] = '\0';
        tt_dictionary_release(&e);
    }
    tt_segment_release(&loaded);
    return err.text;
}

static void test_dictionary_refuses_hostile_content(void **state)
{
    static const double falling[] = {3, 2}, with_nan[] = {1, NAN}, infinite[] = {1, INFINITY}, flat[] = {5, 0};
    static const uint64_t offsets[] = {0, 1, 2, 3, 4, 5, 4, 7, 8, 9, 10},
                          long_offsets[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11};

    (void)state;
    assert_string_equal(load_spoilt("item.n.params", falling, 2), "a: tensor 'item.n.params': not rising numbers");
    assert_string_equal(load_spoilt("item.n.params", with_nan, 2), "a: tensor 'item.n.params': not rising numbers");
    assert_string_equal(load_spoilt("item.n.params", infinite, 2), "a: tensor 'item.n.params': not rising numbers");
    assert_string_equal(load_spoilt("item.s.params", with_nan, 2), "a: tensor 'item.s.params': not rising numbers");
    assert_string_equal(load_spoilt("item.s.params", flat, 2), "a: tensor 'item.s.params': not a mean and a deviation");
    assert_string_equal(load_spoilt("item.s.params", flat, 1), "a: tensor 'item.s.params': not a mean and a deviation");
    assert_string_equal(load_spoilt("item.k.vocab.offsets", offsets, 11),
                        "a: damaged: a list of texts whose offsets fall");
    assert_string_equal(load_spoilt("item.k.vocab.offsets", long_offsets, 11),
                        "a: damaged: a list of texts whose offsets do not fit");
    assert_string_equal(load_spoilt("item.k.vocab.offsets", offsets, 0), "a: damaged: a list of texts without offsets");
    assert_string_equal(load_spoilt("user.u.vocab.bytes", "0123455789", 10), "a: '5' stands twice, as values 5 and 6");
    assert_string_equal(load_spoilt(NULL, NULL, 0), "a: damaged: the schema's fingerprint does not agree");
}

static void test_dictionary_matches_codes_by_text_value_and_place(void **state)
{
    static const char columns[] = "user u id\nuser i history\nuser c context\nitem i id\nitem k category\nitem b bag\n"
                                  "item n number borders=10,20,30\nitem s number scale=yes\nitem h hash slots=5\n";
    enum { N = 4 };
    static const char *const old_texts[] = {"a", "b", "c"}, *const new_texts[N] = {"c", "d", "a", "b"};
    static const uint32_t of_texts[] = {0, 3, TT_VOCAB_NONE, 1, 2}, of_places[] = {0, 1, 2, 3, 4, 5};
    static const uint32_t of_values[] = {0, 1, 2, 3, 4, 4}; /* below 10; 10-14; 14-29, whose middle is in 20-30; ... */
    static double new_borders[] = {10, 14, 29, 50};
    struct tt_dictionary old, new;
    struct tt_schema schema;
    struct tt_err err = TT_ERR_INIT;
    uint32_t was[8], code;

    (void)state;
    parse_schema(&schema, columns);
    assert_int_equal(tt_dictionary_init(&old, &schema, &err), 0);
    parse_schema(&schema, columns);
    assert_int_equal(tt_dictionary_init(&new, &schema, &err), 0);
    for (size_t c = 0; c < old.schema.n_columns; c++) {
        struct tt_feature *f = &old.features[c], *g = &new.features[c];
        if (!tt_kind_of(f->column)->has_vocabulary)
            continue;
        for (size_t i = 0; i < LENGTH(old_texts); i++)
            assert_int_equal(tt_vocab_add(&f->vocab, old_texts[i], 1, &code, &err), 0);
        for (size_t i = 0; i < N; i++)
            assert_int_equal(tt_vocab_add(&g->vocab, new_texts[i], 1, &code, &err), 0);
        tt_feature_count_codes(g);
    }
    for (size_t c = 6; c < 9; c++) { /* numbers and the hash learn from nothing; then other borders */
        struct tt_attribute none;
        assert_int_equal(tt_attribute_init(&none, &err), 0);
        assert_int_equal(tt_feature_learn(&old.features[c], &none, 0, &err), 0);
        assert_int_equal(tt_feature_learn(&new.features[c], &none, 0, &err), 0);
        tt_attribute_release(&none);
    }
    free(new.features[6].params);
    new.features[6].params = new_borders;
    new.features[6].n_params = LENGTH(new_borders);
    tt_feature_count_codes(&new.features[6]);
    tt_dictionary_share_ids(&new);
    for (size_t c = 0; c < new.schema.n_columns; c++) {
        const uint32_t *expected = c == 6 ? of_values : c > 6 ? of_places : of_texts;
        assert_true(new.features[c].n_codes <= LENGTH(was));
        assert_int_equal(tt_dictionary_match(&new, &old, c, was, &err), 0);
        assert_memory_equal(was, expected, new.features[c].n_codes * sizeof(*was));
    }
    new.features[6].params = NULL;
    tt_dictionary_release(&old);
    tt_dictionary_release(&new);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dictionary_comes_back_from_a_file),
        cmocka_unit_test(test_dictionary_extended_keeps_codes_and_parameters),
        cmocka_unit_test(test_dictionary_refuses_hostile_content),
        cmocka_unit_test(test_dictionary_matches_codes_by_text_value_and_place),
    };
    return cmocka_run_group_tests(tests, enter_data_folder, leave_data_folder);
}
