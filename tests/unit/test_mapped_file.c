/* Files that are mapped, and changed by another process: the bytes stay, and the other one is not held up for long. */
#include "io/mapped_file.h"

#include <fcntl.h>

#include "data_files.h"
#include "other_process.h"

static int cut(void) { return truncate("a", 1); }

static int overwrite(void)
{
    int fd = open("a", O_WRONLY);

    return fd < 0 || write(fd, "XX", 2) != 2 || close(fd);
}

static int replace(void) { return rename("b", "a"); }
static int read_it(void) { return access("a", R_OK) || open("a", O_RDONLY) < 0; }

static struct tt_mapped_file *map(const char *text, void **bytes)
{
    size_t length;
    int fd = open(write_file("a", text), O_RDONLY);
    struct tt_mapped_file *file = tt_mapped_file_new(fd, bytes, &length);

    close(fd); /* it has its own */
    if (!file)
        SKIP("the file system of /tmp has no leases");
    assert_int_equal(length, strlen(text));
    assert_memory_equal(*bytes, text, length);
    return file;
}

static void test_bytes_stay_when_the_file_changes(void **state)
{
    (void)state;
    int (*const changes[])(void) = {cut, overwrite};

    for (int i = 0; i < 2; i++) {
        void *bytes;
        size_t before = tt_mapped_file_copies();
        struct tt_mapped_file *file = map("some bytes", &bytes);
        change_elsewhere(changes[i]);
        assert_memory_equal(bytes, "some bytes", 10);
        assert_int_equal(tt_mapped_file_copies(), before + 1);
        change_elsewhere(changes[i]); /* no longer ours */
        assert_int_equal(tt_mapped_file_copies(), before + 1);
        tt_mapped_file_free(file);
    }
}

static void test_only_the_file_that_changes_is_copied(void **state)
{
    (void)state;
    void *bytes, *others;
    struct tt_mapped_file *file = map("other bytes", &others);
    size_t before = tt_mapped_file_copies();

    rename("a", "c");
    struct tt_mapped_file *second = map("some bytes", &bytes);
    change_elsewhere(overwrite);
    assert_int_equal(tt_mapped_file_copies(), before + 1);
    assert_memory_equal(bytes, "some bytes", 10);
    assert_memory_equal(others, "other bytes", 11);
    tt_mapped_file_free(file);
    tt_mapped_file_free(second);
}

static void test_replacing_and_reading_cost_nothing(void **state)
{
    (void)state;
    void *bytes;
    size_t before = tt_mapped_file_copies();
    struct tt_mapped_file *file = map("some bytes", &bytes);

    change_elsewhere(read_it);
    write_file("b", "new");
    change_elsewhere(replace);
    assert_memory_equal(bytes, "some bytes", 10);
    assert_int_equal(tt_mapped_file_copies(), before);
    tt_mapped_file_free(file);
    tt_mapped_file_free(NULL);
}

static void test_what_cannot_be_held_is_not_mapped(void **state)
{
    (void)state;
    void *bytes;
    size_t length;
    int fd = open(write_file("a", "text"), O_RDONLY), writer = open("a", O_WRONLY);

    assert_null(tt_mapped_file_new(fd, &bytes, &length)); /* somebody has it open for writing */
    close(writer);
    close(fd);
    fd = open(write_file("a", ""), O_RDONLY);
    assert_null(tt_mapped_file_new(fd, &bytes, &length));
    close(fd);
    fd = open("/dev/null", O_RDONLY);
    assert_null(tt_mapped_file_new(fd, &bytes, &length));
    close(fd);
    assert_null(tt_mapped_file_new(-1, &bytes, &length));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_stay_when_the_file_changes),
        cmocka_unit_test(test_only_the_file_that_changes_is_copied),
        cmocka_unit_test(test_replacing_and_reading_cost_nothing),
        cmocka_unit_test(test_what_cannot_be_held_is_not_mapped),
    };

    return cmocka_run_group_tests(tests, enter_data_folder, leave_data_folder);
}
