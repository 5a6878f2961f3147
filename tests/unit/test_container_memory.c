/* A segment whose header meets a lack of memory anywhere is written whole or not at all. In a file of its own, since
 * the allocator of jansson is one for the process. */
#include <jansson.h>

#include "io/container.h"

#include "data_files.h"

static size_t calls, fail_at; /* the n-th allocation fails, counted from 1 */

static void *allocate(size_t n)
{
    return ++calls == fail_at ? NULL : malloc(n);
}

static void make(struct tt_segment *segment)
{
    static const float data[] = {1, 2, 3};
    struct tt_err err = TT_ERR_INIT;
    char name[40];

    assert_int_equal(tt_segment_init(segment, "test", TT_FORMAT, &err), 0);
    for (int i = 0; i < 12; i++) {
        snprintf(name, sizeof(name), "a rather long name of number %d", i);
        assert_int_equal(tt_segment_text(segment, name, "and a value", &err), 0);
        assert_int_equal(tt_segment_tensor(segment, name, TT_F32, 3, 0, data, &err), 0);
    }
}

static void test_container_header_is_whole_or_an_error(void **state)
{
    char checksum[33] = "";
    size_t refused = 0, all = 0;

    (void)state;
    json_set_alloc_funcs(allocate, free);
    for (fail_at = 0; fail_at <= all; fail_at++) {
        struct tt_err err = TT_ERR_INIT;
        struct tt_segment segment;
        struct tt_writer writer;
        make(&segment);
        assert_int_equal(tt_writer_open(&writer, "x", NULL, &err), 0);
        calls = 0;
        if (tt_segment_write(&segment, &writer, 0, 1, &err)) {
            assert_int_equal(err.kind, TT_ERR_MEMORY);
            tt_writer_discard(&writer, NULL);
            refused++;
        } else {
            assert_int_equal(tt_writer_finish(&writer, NULL, &err), 0);
            if (fail_at == 0) {
                memcpy(checksum, segment.checksum, sizeof(checksum));
                all = calls;
            }
            assert_string_equal(segment.checksum, checksum);
        }
        tt_segment_release(&segment);
    }
    assert_true(refused > 50);
    json_set_alloc_funcs(malloc, free);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_container_header_is_whole_or_an_error),
    };
    return cmocka_run_group_tests(tests, enter_data_folder, leave_data_folder);
}
