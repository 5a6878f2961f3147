/* Encoded examples through a file: what comes back, and hostile content under a correct checksum. */
#include "encode/examples.h"

#include <math.h>

#include "small_examples.h"

static void same_bags(const struct tt_bags *a, const struct tt_bags *b)
{
    const uint32_t *ca, *cb;
    const float *wa, *wb;

    assert_int_equal(a->n_rows, b->n_rows);
    for (size_t r = 0; r < a->n_rows; r++) {
        size_t n = tt_bags_row(a, r, &ca, &wa);
        assert_int_equal(tt_bags_row(b, r, &cb, &wb), n);
        assert_memory_equal(ca, cb, n * sizeof(*ca));
        assert_int_equal(wa == NULL, wb == NULL);
        if (wa)
            assert_memory_equal(wa, wb, n * sizeof(*wa));
    }
}

static void test_examples_come_back_from_a_file(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples a, b;
    struct tt_segment segment;
    static const uint32_t noon_eve[] = {1, 2, 2, 0};

    (void)state;
    encode_examples(&a);
    assert_int_equal(tt_examples_store(&a, &segment, &err), 0);
    write_segment(&segment, "x");
    assert_int_equal(tt_examples_load(&b, "x", &err), 0);
    assert_string_equal(b.entities.segment.checksum, segment.checksum);
    tt_segment_release(&segment);
    assert_string_equal(a.entities.dictionary.schema.fingerprint, b.entities.dictionary.schema.fingerprint);
    assert_int_equal(b.entities.users.n_rows, 4);
    assert_int_equal(b.entities.items.n_rows, 4);
    for (size_t c = 0; c < a.entities.dictionary.schema.n_columns; c++) {
        same_bags(&a.entities.users.bags[c], &b.entities.users.bags[c]);
        same_bags(&a.entities.items.bags[c], &b.entities.items.bags[c]);
    }
    assert_int_equal(b.events.n, 4);
    assert_memory_equal(a.events.user, b.events.user, 4 * sizeof(uint32_t));
    assert_memory_equal(a.events.item, b.events.item, 4 * sizeof(uint32_t));
    assert_memory_equal(a.events.weight, b.events.weight, 4 * sizeof(float));
    assert_memory_equal(b.events.label, ((uint8_t[]){1, 0, 1, 1}), 4);
    assert_memory_equal(b.events.time, ((uint32_t[]){100, 200, 300, UINT32_MAX}), 4 * sizeof(uint32_t));
    for (size_t e = 0; e < 4; e++)
        assert_int_equal(tt_narrow_get(&b.events.contexts[2], e), noon_eve[e]);
    tt_examples_release(&a);
    tt_examples_release(&b);
}

/* Examples stored with one tensor's data replaced, or, with `rows`, of another length: the error text of loading
 * them. */
static const char *load_spoilt(const char *tensor, const void *data, size_t rows)
{
    static struct tt_err err;
    struct tt_examples a, b;
    struct tt_segment segment;

    err = (struct tt_err)TT_ERR_INIT;
    encode_examples(&a);
    assert_int_equal(tt_examples_store(&a, &segment, &err), 0);
    struct tt_tensor *t = tensor_of(&segment, tensor);
    if (data)
        t->data = data;
    if (rows)
        t->shape[0] = rows;
    write_segment(&segment, "x");
    tt_segment_release(&segment);
    tt_examples_release(&a);
    if (tt_examples_load(&b, "x", &err) == 0) {
        err.text[0] = '\0';
        tt_examples_release(&b);
    }
    return err.text;
}

static void test_examples_refuse_hostile_content(void **state)
{
    static const uint32_t high[] = {1, 4, 0, 0};
    static const uint8_t context[] = {0, 1, 2, 3}, label[] = {0, 1, 2, 1};
    static const float negative[] = {0, 1, -1, 1}, with_nan[] = {0, NAN, 1, 1}, infinite[] = {INFINITY, 1, 1, 1};
    static const uint64_t falling[] = {0, 1, 3, 2, 6};

    (void)state;
    assert_string_equal(load_spoilt("event.time", NULL, 0), "");
    assert_string_equal(load_spoilt("event.user", high, 0), "x: damaged: an event of a user or item that is not there");
    assert_string_equal(load_spoilt("event.item", high, 0), "x: damaged: an event of a user or item that is not there");
    assert_string_equal(load_spoilt("event.item", NULL, 3),
                        "x: tensor 'event.item' has another type or shape than expected");
    assert_string_equal(load_spoilt("event.context.c", context, 0),
                        "x: tensor 'event.context.c': a code that the vocabulary does not have");
    assert_string_equal(load_spoilt("event.context.c", NULL, 3), "x: no tensor 'event.context.c' of 4 codes");
    assert_string_equal(load_spoilt("event.weight", negative, 0), "x: damaged: a weight that is no number from 0 up");
    assert_string_equal(load_spoilt("event.weight", with_nan, 0), "x: damaged: a weight that is no number from 0 up");
    assert_string_equal(load_spoilt("event.weight", infinite, 0), "x: damaged: a weight that is no number from 0 up");
    assert_string_equal(load_spoilt("event.label", label, 0), "x: damaged: a label that is neither 0 nor 1");
    assert_string_equal(load_spoilt("event.label", NULL, 2),
                        "x: tensor 'event.label' has another type or shape than expected");
    assert_string_equal(load_spoilt("event.time", NULL, 1),
                        "x: tensor 'event.time' has another type or shape than expected");
    assert_string_equal(load_spoilt("item.k.codes", high, 0),
                        "x: tensor 'item.k.codes': a code that the feature does not have");
    assert_string_equal(load_spoilt("item.k.codes", NULL, 3),
                        "x: tensor 'item.k.codes' has another type or shape than expected");
    assert_string_equal(load_spoilt("item.tags.offsets", falling, 0), "x: damaged: offsets or weights of 'item.tags'");
    assert_string_equal(load_spoilt("user.age.weights", with_nan, 0), "x: damaged: offsets or weights of 'user.age'");
    assert_string_equal(load_spoilt("user.u.vocab.bytes", "annbobann", 0), ""); /* found when it is to be searched */
}

static void test_examples_need_every_tensor_of_the_schema(void **state)
{
    static const char *const names[] = {"event.user",   "event.item",   "event.context.c", "event.weight",
                                        "event.label",  "event.time",   "item.k.codes",    "item.tags.weights",
                                        "item.h.codes", "user.age.params", "item.k.vocab.bytes"};

    (void)state;
    for (size_t i = 0; i < LENGTH(names); i++) {
        struct tt_err err = TT_ERR_INIT;
        struct tt_examples a, b;
        struct tt_segment segment;
        encode_examples(&a);
        assert_int_equal(tt_examples_store(&a, &segment, &err), 0);
        *(char *)tensor_of(&segment, names[i])->name = '-';
        write_segment(&segment, "x");
        tt_segment_release(&segment);
        tt_examples_release(&a);
        assert_int_equal(tt_examples_load(&b, "x", &err), -1);
        assert_non_null(strstr(err.text, names[i]));
    }
}

/* What is extended: examples with their events, and what they extend themselves; a model without events. */
static void test_examples_base_is_examples_or_a_model(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples a, b;
    struct tt_segment segment;

    (void)state;
    encode_examples(&a);
    memset(a.entities.extends, 'e', TT_FINGERPRINT_HEX);
    assert_int_equal(tt_examples_store(&a, &segment, &err), 0);
    write_segment(&segment, "x");
    tt_segment_release(&segment);
    assert_int_equal(tt_examples_load_base(&b, "x", &err), 0);
    assert_int_equal(b.events.n, 4);
    assert_string_equal(b.entities.extends, a.entities.extends);
    tt_examples_release(&b);
    store_model(&a.entities, "x");
    assert_int_equal(tt_examples_load_base(&b, "x", &err), 0);
    assert_int_equal(b.events.n, 0);
    assert_string_equal(b.entities.extends, "");
    tt_examples_release(&b);
    assert_int_equal(tt_examples_load(&b, "x", &err), -1);
    assert_string_equal(err.text, "x: holds 'model', expected 'examples'");
    tt_examples_release(&a);
}

static void test_examples_do_not_come_from_events_alone(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples b;

    (void)state;
    store_events_alone("x");
    assert_int_equal(tt_examples_load(&b, "x", &err), -1);
    assert_string_equal(err.text, "x: events that follow the dictionary of another file, where examples are expected");
    assert_int_equal(err.kind, TT_ERR_MISMATCH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples_come_back_from_a_file),
        cmocka_unit_test(test_examples_refuse_hostile_content),
        cmocka_unit_test(test_examples_need_every_tensor_of_the_schema),
        cmocka_unit_test(test_examples_base_is_examples_or_a_model),
        cmocka_unit_test(test_examples_do_not_come_from_events_alone),
    };
    return cmocka_run_group_tests(tests, enter_data_folder, leave_data_folder);
}
