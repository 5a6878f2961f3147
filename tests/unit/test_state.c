/* State both ways. */
#include "train/state.h"

#include <math.h>
#include <string.h>

#include "data_files.h"

struct part {
    size_t count;
    int flag;
    double number;
    float array[6];
    unsigned char marks[3];
};

static int part_state(struct part *p, struct tt_state *state, struct tt_err *err)
{
    return tt_state_count(state, "count", &p->count, err) || tt_state_flag(state, "flag", &p->flag, err) ||
                   tt_state_number(state, "number", &p->number, err) ||
                   tt_state_array(state, "array", TT_F32, 2, 3, p->array, err) ||
                   tt_state_array(state, "marks", TT_U8, 3, 0, p->marks, err)
               ? -1
               : 0;
}

static void store(struct part *p, const char *path)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_segment segment;
    struct tt_state state = {.segment = &segment};

    assert_int_equal(tt_segment_init(&segment, "test", 1, &err), 0);
    assert_int_equal(part_state(p, &state, &err), 0);
    write_segment(&segment, path);
    tt_segment_release(&segment);
}

static void test_state_gives_back_what_it_took(void **state_)
{
    struct part parts[] = {
        {(size_t)1 << 53, 1, 0.1, {1, -2, 3e38f, 1e-40f, 0, -0.0f}, {0, 1, 1}},
        {0, 0, -INFINITY, {0}, {0}},
    };
    struct tt_err err = TT_ERR_INIT;

    (void)state_;
    for (size_t i = 0; i < LENGTH(parts); i++) {
        struct part before = parts[i], after = {.flag = 7};
        struct tt_segment segment;
        struct tt_state state = {.segment = &segment, .is_restoring = 1};
        store(&parts[i], "a");
        assert_int_equal(tt_container_load("a", "test", &segment, &err), 0);
        assert_int_equal(part_state(&after, &state, &err), 0);
        assert_true(after.count == before.count && after.flag == before.flag && after.number == before.number);
        assert_true(parts[i].count == before.count && parts[i].number == before.number); /* storing changes nothing */
        assert_memory_equal(after.array, before.array, sizeof(before.array));
        assert_memory_equal(after.marks, before.marks, sizeof(before.marks));
        tt_segment_release(&segment);
    }
}

static void test_state_refuses_another_shape_or_nothing(void **state_)
{
    struct part part = {0};
    struct tt_err err = TT_ERR_INIT;
    struct tt_segment segment;
    struct tt_state state = {.segment = &segment, .is_restoring = 1};
    double number = 3;
    float array[6] = {9};

    (void)state_;
    store(&part, "a");
    assert_int_equal(tt_container_load("a", "test", &segment, &err), 0);
    assert_int_equal(tt_state_array(&state, "array", TT_F32, 3, 2, array, &err), -1);
    assert_non_null(strstr(err.text, "array"));
    assert_true(array[0] == 9);
    err = (struct tt_err)TT_ERR_INIT;
    assert_int_equal(tt_state_number(&state, "count", &number, &err), -1); /* a whole number there */
    err = (struct tt_err)TT_ERR_INIT;
    assert_int_equal(tt_state_number(&state, "none", &number, &err), -1);
    assert_true(number == 3);
    tt_segment_release(&segment);
}

static void test_state_holds_so_many_numbers(void **state_)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_segment segment;
    struct tt_state state = {.segment = &segment};
    char name[32];
    size_t value = 5;

    (void)state_;
    assert_int_equal(tt_segment_init(&segment, "test", 1, &err), 0);
    for (int i = 0; i < TT_STATE_VALUES; i++) {
        snprintf(name, sizeof(name), "n%d", i);
        assert_int_equal(tt_state_count(&state, name, &value, &err), 0);
    }
    assert_int_equal(tt_state_count(&state, "more", &value, &err), -1);
    assert_string_equal(err.text, "a state of more than 256 numbers");
    tt_segment_release(&segment);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_state_gives_back_what_it_took),
        cmocka_unit_test(test_state_refuses_another_shape_or_nothing),
        cmocka_unit_test(test_state_holds_so_many_numbers),
    };
    return cmocka_run_group_tests(tests, enter_data_folder, leave_data_folder);
}
