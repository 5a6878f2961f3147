/* Headers: what was written is parsed again, and beginnings that are no header's are refused. (Hostile JSON: see
 * test_container.c, which reads it as whole files and as streams.) */
#include "io/segment_header.h"

#include <string.h>

#include "unit.h"

static void sample(struct tt_segment *s)
{
    static const float f32[6];
    static const uint8_t u8[1];
    struct tt_err err = TT_ERR_INIT;

    assert_int_equal(tt_segment_init(s, "sample", 1, &err), 0);
    s->name = "file";
    assert_int_equal(tt_segment_text(s, "schema", "a\tb\n\"q\" \\ \xc3\xa9", &err), 0);
    assert_int_equal(tt_segment_tensor(s, "pairs", TT_F32, 3, 2, f32, &err), 0);
    assert_int_equal(tt_segment_tensor(s, "byte", TT_U8, 1, 0, u8, &err), 0);
}

static void write_sample(const struct tt_segment *s, uint64_t number, int is_last, struct tt_buf *out)
{
    const struct tt_tensor *order[] = {&s->tensors[0], &s->tensors[1]};
    struct tt_err err = TT_ERR_INIT;

    assert_int_equal(tt_segment_header_write(s, order, number, is_last, out, &err), 0);
}

static void test_header_round_trip(void **state)
{
    (void)state;
    for (int is_last = 0; is_last < 2; is_last++) {
        struct tt_segment s, back = {.name = "back"};
        struct tt_buf bytes = TT_BUF_INIT;
        struct tt_err err = TT_ERR_INIT;
        size_t length, data;
        uint64_t number;
        int last = -1;
        sample(&s);
        write_sample(&s, 7, is_last, &bytes);
        assert_int_equal(bytes.len % 64, 0);
        assert_memory_equal(bytes.data + TT_CHECKSUM_AT, "00000000000000000000000000000000\"", TT_FINGERPRINT_HEX + 1);
        assert_int_equal(tt_segment_header_start(&s, (const unsigned char *)bytes.data, &length, &err), 0);
        assert_int_equal(length, bytes.len - 8);
        assert_int_equal(tt_segment_header_parse(&back, bytes.data + 8, length, &number, &last, &data, &err), 0);
        assert_true(number == 7 && last == is_last && data == 6 * sizeof(float) + 1);
        assert_int_equal(back.n_texts, 3);
        for (size_t i = 0; i < 3; i++) {
            assert_string_equal(back.texts[i].key, s.texts[i].key);
            assert_string_equal(back.texts[i].value, s.texts[i].value);
        }
        assert_int_equal(back.n_tensors, 2);
        for (size_t i = 0; i < 2; i++) {
            const struct tt_tensor *a = &back.tensors[i], *b = &s.tensors[i];
            assert_string_equal(a->name, b->name);
            assert_true(a->dtype == b->dtype && a->n_dims == b->n_dims && a->shape[0] == b->shape[0] &&
                        a->shape[1] == b->shape[1]);
        }
        tt_segment_release(&back);
        tt_segment_release(&s);
        tt_buf_release(&bytes);
    }
}

static void test_header_must_be_utf8(void **state)
{
    struct tt_segment s;
    struct tt_buf bytes = TT_BUF_INIT;
    struct tt_err err = TT_ERR_INIT;
    (void)state;
    sample(&s);
    const struct tt_tensor *order[] = {&s.tensors[0], &s.tensors[1]};
    assert_int_equal(tt_segment_text(&s, "bad", "\xff", &err), 0);
    assert_int_equal(tt_segment_header_write(&s, order, 0, 1, &bytes, &err), -1);
    assert_string_equal(err.text, "a metadata text or tensor name is not valid UTF-8");
    tt_segment_release(&s);
    tt_buf_release(&bytes);
}

static void test_header_starts_are_checked(void **state)
{
    static const uint64_t lengths[] = {1,         57,         63,             1 << 20,        99999992 + 1,
                                       100000056, UINT64_MAX, UINT64_MAX - 1, (1ull << 63) + 56};
    struct tt_segment s;
    struct tt_buf bytes = TT_BUF_INIT;
    struct tt_err err = TT_ERR_INIT;
    size_t length;
    (void)state;
    sample(&s);
    write_sample(&s, 0, 1, &bytes);
    unsigned char *start = (unsigned char *)bytes.data;
    for (size_t i = 0; i < LENGTH(lengths); i++) {
        err = (struct tt_err)TT_ERR_INIT;
        for (size_t k = 0; k < 8; k++)
            start[k] = (unsigned char)(lengths[i] >> (8 * k));
        assert_int_equal(tt_segment_header_start(&s, start, &length, &err), -1);
        assert_string_equal(err.text, "file: damaged: the header's length");
    }
    for (size_t i = 8; i < TT_CHECKSUM_AT; i++) {
        err = (struct tt_err)TT_ERR_INIT;
        start[i] ^= 1;
        assert_int_equal(tt_segment_header_start(&s, start, &length, &err), -1);
        assert_string_equal(err.text, "file: not a tt file");
        start[i] ^= 1;
    }
    tt_segment_release(&s);
    tt_buf_release(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_round_trip),
        cmocka_unit_test(test_header_must_be_utf8),
        cmocka_unit_test(test_header_starts_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
