/* A stream kept on disk comes back byte for byte, and nothing is left in the folder. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/spool.h"

#include "unit.h"

static char folder[64];

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/tt-spool.XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    return setenv("TMPDIR", folder, 1);
}

static int tear_down(void **state)
{
    (void)state;
    return rmdir(folder); /* fails when anything is left there */
}

static void test_spool_gives_back_what_was_written(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_spool spool;
    struct tt_reader reader;
    enum { N = 300000, STEP = 777 };
    char *bytes = malloc(N), *back = malloc(N + 1), whole[33], spooled[33];
    size_t got;
    (void)state;
    for (size_t i = 0; i < N; i++)
        bytes[i] = (char)(i * 7 + i / 251);
    assert_int_equal(tt_spool_open(&spool, &err), 0);
    for (size_t i = 0; i < N; i += STEP)
        assert_int_equal(tt_spool_write(&spool, bytes + i, N - i < STEP ? N - i : STEP, &err), 0);
    assert_int_equal(tt_reader_open(&reader, "/dev/null", &err), 0);
    assert_int_equal(tt_reader_keep_fingerprint(&reader, &err), 0);
    assert_int_equal(tt_spool_to_reader(&spool, &reader, &err), 0);
    assert_string_equal(reader.name, "/dev/null");
    assert_int_equal(tt_reader_read_full(&reader, back, N + 1, &got, &err), 0);
    assert_int_equal(got, N);
    assert_memory_equal(back, bytes, N);
    tt_hasher_digest(reader.hasher, spooled);
    tt_fingerprint(bytes, N, whole);
    assert_string_equal(spooled, whole);
    tt_reader_close(&reader);
    tt_spool_release(&spool);
    free(bytes);
    free(back);
}

static void test_spool_leaves_no_name_while_it_is_open(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_spool spool;
    int entries = 0;
    (void)state;
    assert_int_equal(tt_spool_open(&spool, &err), 0);
    assert_int_equal(tt_spool_write(&spool, "abc", 3, &err), 0);
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    while (readdir(dir))
        entries++;
    closedir(dir);
    assert_int_equal(entries, 2); /* . and .. */
    tt_spool_release(&spool);
}

static void test_spool_says_which_folder_failed(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_spool spool = {0};
    (void)state;
    setenv("TMPDIR", "/nonexistent/folder", 1);
    assert_int_equal(tt_spool_open(&spool, &err), -1);
    assert_int_equal(err.kind, TT_ERR_SYSTEM);
    assert_non_null(strstr(err.text, "/nonexistent/folder"));
    tt_spool_release(&spool);
    setenv("TMPDIR", folder, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spool_gives_back_what_was_written),
        cmocka_unit_test(test_spool_leaves_no_name_while_it_is_open),
        cmocka_unit_test(test_spool_says_which_folder_failed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
