/* Readers that keep fingerprints, and writers whose file appears whole or not at all. */
#include "io/stream.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

/* What is in the file, or NULL when there is none; the next call overwrites it. */
static const char *content(const char *path)
{
    static char text[1000];
    FILE *file = fopen(path, "r");

    if (!file)
        return NULL;
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static const char *temporary_of(const char *path)
{
    static char name[100];

    snprintf(name, sizeof(name), "%s.tmp.%ld", path, (long)getpid());
    return name;
}

static char watched[100];
static int alive_calls, gone_calls;

static void watch(const char *temporary, int alive)
{
    snprintf(watched, sizeof(watched), "%s", temporary);
    alive_calls += alive;
    gone_calls += !alive;
}

static void test_writer_leaves_the_old_file_until_finish(void **state)
{
    struct tt_writer writer;
    struct tt_err err = TT_ERR_INIT;

    (void)state;
    put("a", "old");
    alive_calls = gone_calls = 0;
    assert_int_equal(tt_writer_open(&writer, "a", watch, &err), 0);
    assert_int_equal(alive_calls, 1);
    assert_string_equal(watched, temporary_of("a"));
    assert_int_equal(tt_writer_text(&writer, "new", &err), 0);
    assert_int_equal(tt_writer_printf(&writer, &err, " %d", 12), 0);
    assert_int_equal(tt_writer_flush(&writer, &err), 0);
    assert_string_equal(content("a"), "old");
    assert_string_equal(content(temporary_of("a")), "new 12");
    assert_int_equal(writer.offset, 6);
    assert_int_equal(tt_writer_finish(&writer, watch, &err), 0);
    assert_string_equal(content("a"), "new 12");
    assert_null(content(temporary_of("a")));
    assert_int_equal(alive_calls, 1);
    assert_int_equal(gone_calls, 1);
    tt_writer_discard(&writer, watch); /* fine after finish */
    assert_int_equal(gone_calls, 1);
    unlink("a");
}

static void test_writer_discard_leaves_nothing(void **state)
{
    struct tt_writer writer, nothing = {.fd = -1};
    struct tt_err err = TT_ERR_INIT;

    (void)state;
    put("a", "old");
    alive_calls = gone_calls = 0;
    assert_int_equal(tt_writer_open(&writer, "a", watch, &err), 0);
    assert_int_equal(tt_writer_text(&writer, "new", &err), 0);
    tt_writer_discard(&writer, watch);
    assert_int_equal(gone_calls, 1);
    assert_null(content(temporary_of("a")));
    assert_string_equal(content("a"), "old");
    unlink("a");
    assert_int_equal(tt_writer_open(&writer, "b", NULL, &err), 0);
    tt_writer_discard(&writer, NULL);
    assert_null(content("b"));
    tt_writer_discard(&nothing, NULL);
}

static void test_writer_writes_much_and_little(void **state)
{
    enum { BIG = 700000 };
    struct tt_writer writer;
    struct tt_reader reader;
    struct tt_err err = TT_ERR_INIT;
    char *big = malloc(BIG), *back = malloc(2 * BIG), pattern[600];
    size_t got;

    (void)state;
    for (size_t i = 0; i < BIG; i++)
        big[i] = (char)(i % 251);
    memset(pattern, 'p', sizeof(pattern) - 1);
    pattern[sizeof(pattern) - 1] = '\0';
    assert_int_equal(tt_writer_open(&writer, "a", NULL, &err), 0);
    for (size_t at = 0, n = 1; at < BIG; at += n, n = n * 7 % 90001) { /* sizes of all kinds */
        n = n < BIG - at ? n : BIG - at;
        assert_int_equal(tt_writer_write(&writer, big + at, n, &err), 0);
    }
    assert_int_equal(tt_writer_write(&writer, big, BIG, &err), 0); /* larger than the buffer */
    assert_int_equal(tt_writer_write(&writer, NULL, 0, &err), 0);
    assert_int_equal(tt_writer_printf(&writer, &err, "%s", pattern), 0); /* longer than the line in place */
    assert_int_equal(writer.offset, 2 * BIG + 599);
    assert_int_equal(tt_writer_finish(&writer, NULL, &err), 0);

    assert_int_equal(tt_reader_open(&reader, "a", &err), 0);
    assert_int_equal(tt_reader_read_full(&reader, back, 2 * BIG, &got, &err), 0);
    assert_int_equal(got, 2 * BIG);
    assert_memory_equal(back, big, BIG);
    assert_memory_equal(back + BIG, big, BIG);
    assert_int_equal(tt_reader_read_full(&reader, back, 2 * BIG, &got, &err), 0);
    assert_int_equal(got, 599);
    assert_memory_equal(back, pattern, 599);
    assert_int_equal(tt_reader_read(&reader, back, 1, &got, &err), 0);
    assert_int_equal(got, 0); /* the end */
    tt_reader_close(&reader);
    unlink("a");
    free(big);
    free(back);
}

static void test_writer_says_that_the_disk_is_full(void **state)
{
    struct tt_writer writer;
    struct tt_err err = TT_ERR_INIT, second = TT_ERR_INIT, third = TT_ERR_INIT;

    (void)state;
    assert_int_equal(tt_writer_open(&writer, "/dev/full", NULL, &err), 0);
    assert_int_equal(tt_writer_text(&writer, "x", &err), 0); /* buffered */
    assert_int_equal(tt_writer_finish(&writer, NULL, &err), -1);
    assert_int_equal(err.kind, TT_ERR_SYSTEM);
    assert_string_equal(err.text, "/dev/full: No space left on device");

    err = (struct tt_err)TT_ERR_INIT;
    assert_int_equal(tt_writer_open(&writer, "/dev/full", NULL, &err), 0);
    assert_int_equal(tt_writer_text(&writer, "x", &err), 0);
    assert_int_equal(tt_writer_flush(&writer, &err), -1);
    assert_int_equal(tt_writer_text(&writer, "y", &second), -1); /* and it is not forgotten */
    assert_int_equal(tt_writer_finish(&writer, NULL, &third), -1);
    assert_string_equal(err.text, "/dev/full: No space left on device");
    assert_string_equal(second.text, "/dev/full: an earlier write failed");
    assert_string_equal(third.text, "/dev/full: a write failed");
}

static void test_writer_that_cannot_open_says_why(void **state)
{
    struct tt_writer writer;
    struct tt_err err = TT_ERR_INIT;

    (void)state;
    alive_calls = gone_calls = 0;
    assert_int_equal(tt_writer_open(&writer, "nowhere/a", watch, &err), -1);
    assert_string_equal(err.text, "nowhere/a: No such file or directory");
    err = (struct tt_err)TT_ERR_INIT;
    assert_int_equal(tt_writer_open(&writer, ".", watch, &err), -1);
    assert_string_equal(err.text, ".: Is a directory");
    assert_int_equal(alive_calls + gone_calls, 0);
}

/* The name is taken by a folder while the bytes are written: the rename fails, and nothing of ours is left. */
static void test_writer_that_cannot_rename_cleans_up(void **state)
{
    struct tt_writer writer;
    struct tt_err err = TT_ERR_INIT;

    (void)state;
    alive_calls = gone_calls = 0;
    assert_int_equal(tt_writer_open(&writer, "a", watch, &err), 0);
    assert_int_equal(mkdir("a", 0777), 0);
    assert_int_equal(tt_writer_text(&writer, "x", &err), 0);
    assert_int_equal(tt_writer_finish(&writer, watch, &err), -1);
    assert_string_equal(err.text, "a: Is a directory");
    assert_null(content(temporary_of("a")));
    assert_int_equal(gone_calls, 1);
    assert_int_equal(rmdir("a"), 0);
}

/* Outputs that belong together: all are on disk before the first gets its name. */
static void test_writer_close_leaves_the_renaming_to_finish(void **state)
{
    struct tt_writer writer;
    struct tt_err err = TT_ERR_INIT;

    (void)state;
    put("a", "old");
    alive_calls = gone_calls = 0;
    assert_int_equal(tt_writer_open(&writer, "a", watch, &err), 0);
    assert_int_equal(tt_writer_text(&writer, "new", &err), 0);
    int fd = writer.fd;
    assert_int_equal(tt_writer_close(&writer, &err), 0);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    assert_string_equal(content("a"), "old");
    assert_string_equal(content(temporary_of("a")), "new");
    assert_int_equal(tt_writer_close(&writer, &err), 0); /* once is enough */
    assert_int_equal(tt_writer_finish(&writer, watch, &err), 0);
    assert_string_equal(content("a"), "new");
    assert_int_equal(gone_calls, 1);

    assert_int_equal(tt_writer_open(&writer, "a", watch, &err), 0);
    assert_int_equal(tt_writer_text(&writer, "third", &err), 0);
    assert_int_equal(tt_writer_close(&writer, &err), 0);
    tt_writer_discard(&writer, watch);
    assert_null(content(temporary_of("a")));
    assert_string_equal(content("a"), "new");
    unlink("a");
}

static void test_writer_whose_close_failed_gets_no_name(void **state)
{
    struct tt_writer writer;
    struct tt_err err = TT_ERR_INIT, second = TT_ERR_INIT;

    (void)state;
    assert_int_equal(tt_writer_open(&writer, "a", NULL, &err), 0);
    assert_int_equal(tt_writer_text(&writer, "x", &err), 0);
    close(writer.fd); /* the write of the buffer fails */
    assert_int_equal(tt_writer_close(&writer, &err), -1);
    assert_string_equal(err.text, "a: Bad file descriptor");
    assert_int_equal(tt_writer_finish(&writer, NULL, &second), -1);
    assert_string_equal(second.text, "a: a write failed");
    assert_null(content("a"));
    assert_null(content(temporary_of("a")));
}

static mode_t mode_of(const char *path)
{
    struct stat st;

    assert_int_equal(lstat(path, &st), 0);
    return st.st_mode & (S_IFMT | 07777);
}

static int write_new(const char *path)
{
    struct tt_writer writer;
    struct tt_err err = TT_ERR_INIT;

    if (tt_writer_open(&writer, path, NULL, &err))
        return -1;
    assert_int_equal(tt_writer_text(&writer, "new", &err), 0);
    return tt_writer_finish(&writer, NULL, &err);
}

static void test_writer_keeps_the_permissions_of_the_file(void **state)
{
    static const mode_t modes[] = {0600, 0640, 0666, 0755, 0444};
    mode_t mask = umask(022);

    (void)state;
    for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
        struct tt_writer writer;
        struct tt_err err = TT_ERR_INIT;
        put("a", "old");
        assert_int_equal(chmod("a", modes[i]), 0);
        assert_int_equal(tt_writer_open(&writer, "a", NULL, &err), 0);
        assert_int_equal(mode_of(temporary_of("a")), S_IFREG | modes[i]); /* before the first byte */
        assert_int_equal(tt_writer_finish(&writer, NULL, &err), 0);
        assert_int_equal(mode_of("a"), S_IFREG | modes[i]);
        unlink("a");
    }
    assert_int_equal(write_new("a"), 0);
    assert_int_equal(mode_of("a"), S_IFREG | 0644);
    umask(mask);
    unlink("a");
}

static void test_writer_follows_symbolic_links(void **state)
{
    struct tt_writer writer;
    struct tt_err err = TT_ERR_INIT;
    char absolute[4200], here[4096];

    (void)state;
    assert_int_equal(mkdir("d", 0777), 0);
    put("d/a", "old");
    assert_int_equal(symlink("a", "d/link"), 0); /* relative to its folder, and a link to a link */
    assert_int_equal(symlink("d/link", "link"), 0);
    assert_int_equal(write_new("link"), 0);
    assert_string_equal(content("d/a"), "new");
    assert_true(S_ISLNK(mode_of("link")) && S_ISLNK(mode_of("d/link")));
    unlink("link");

    assert_non_null(getcwd(here, sizeof(here)));
    snprintf(absolute, sizeof(absolute), "%s/d/none", here); /* it leads to no file yet */
    assert_int_equal(symlink(absolute, "link"), 0);
    assert_int_equal(write_new("link"), 0);
    assert_string_equal(content("d/none"), "new");
    assert_true(S_ISLNK(mode_of("link")));
    unlink("link");

    assert_int_equal(symlink("link", "link"), 0);
    assert_int_equal(tt_writer_open(&writer, "link", NULL, &err), -1);
    assert_string_equal(err.text, "link: Too many levels of symbolic links");
    unlink("link");
    unlink("d/link");
    unlink("d/none");
    unlink("d/a");
    assert_int_equal(rmdir("d"), 0);
}

static void test_writers_of_one_file_are_refused(void **state)
{
    static const char *const names[] = {"a", "./a", "link"};
    struct tt_writer first, second;
    struct tt_err err = TT_ERR_INIT;
    char expected[200];

    (void)state;
    assert_int_equal(symlink("a", "link"), 0);
    assert_int_equal(tt_writer_open(&first, "a", NULL, &err), 0);
    assert_int_equal(tt_writer_text(&first, "first", &err), 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        err = (struct tt_err)TT_ERR_INIT;
        assert_int_equal(tt_writer_open(&second, names[i], NULL, &err), -1);
        snprintf(expected, sizeof(expected),
                 "%s: '%s%s' exists: another output goes there too, or a killed run left it", names[i],
                 i == 1 ? "./" : "", temporary_of("a"));
        assert_string_equal(err.text, expected);
    }
    assert_int_equal(tt_writer_finish(&first, NULL, &err), 0); /* nobody took its temporary file away */
    assert_string_equal(content("a"), "first");
    unlink("a");
    unlink("link");
}

static void test_writer_writes_into_a_fifo_directly(void **state)
{
    struct tt_writer writer;
    struct tt_err err = TT_ERR_INIT;
    char back[8] = "";
    struct stat st;

    (void)state;
    assert_int_equal(mkfifo("fifo", 0600), 0);
    int fd = open("fifo", O_RDONLY | O_NONBLOCK);
    assert_true(fd >= 0);
    assert_int_equal(tt_writer_open(&writer, "fifo", NULL, &err), 0);
    assert_int_equal(tt_writer_text(&writer, "hello", &err), 0);
    assert_int_equal(tt_writer_finish(&writer, NULL, &err), 0);
    assert_int_equal(read(fd, back, sizeof(back)), 5);
    assert_string_equal(back, "hello");
    assert_true(stat("fifo", &st) == 0 && S_ISFIFO(st.st_mode));
    close(fd);
    unlink("fifo");
}

static void test_reader_keeps_the_fingerprint_of_what_it_gave(void **state)
{
    struct tt_reader reader;
    struct tt_err err = TT_ERR_INIT;
    char bytes[8], hex[TT_FINGERPRINT_HEX + 1], expected[TT_FINGERPRINT_HEX + 1];
    size_t got = 1, total = 0;

    (void)state;
    put("a", "some text, some more");
    assert_int_equal(tt_reader_open(&reader, "a", &err), 0);
    assert_string_equal(reader.name, "a");
    assert_int_equal(tt_reader_keep_fingerprint(&reader, &err), 0);
    assert_int_equal(tt_reader_read_full(&reader, bytes, 5, &got, &err), 0);
    tt_hasher_digest(reader.hasher, hex);
    tt_fingerprint("some ", 5, expected);
    assert_string_equal(hex, expected);
    for (int pass = 0; pass < 2; pass++) {
        assert_int_equal(tt_reader_rewind(&reader), 0);
        assert_int_equal(reader.offset, 0);
        for (total = 0, got = 1; got; total += got)
            assert_int_equal(tt_reader_read(&reader, bytes, 3, &got, &err), 0);
        assert_int_equal(total, 20);
        assert_int_equal(reader.offset, 20);
        tt_hasher_digest(reader.hasher, hex);
        tt_fingerprint("some text, some more", 20, expected);
        assert_string_equal(hex, expected);
    }
    tt_reader_close(&reader);
    tt_reader_close(&reader);
    unlink("a");
}

static void test_reader_says_what_is_wrong(void **state)
{
    struct tt_reader reader;
    struct tt_err err = TT_ERR_INIT;
    char byte;
    size_t got;

    (void)state;
    assert_int_equal(tt_reader_open(&reader, "nothing", &err), -1);
    assert_int_equal(err.kind, TT_ERR_SYSTEM);
    assert_string_equal(err.text, "nothing: No such file or directory");
    err = (struct tt_err)TT_ERR_INIT;
    assert_int_equal(tt_reader_open(&reader, ".", &err), 0);
    assert_int_equal(tt_reader_read(&reader, &byte, 1, &got, &err), -1);
    assert_string_equal(err.text, ".: cannot read: Is a directory");
    tt_reader_close(&reader);
}

static void test_reader_of_standard_input_reads_a_pipe_in_full(void **state)
{
    struct tt_reader reader;
    struct tt_err err = TT_ERR_INIT;
    char bytes[16];
    size_t got;
    int fds[2];

    (void)state;
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(dup2(fds[0], 0), 0);
    close(fds[0]);
    assert_int_equal(write(fds[1], "abcdef", 6), 6);
    assert_int_equal(tt_reader_open(&reader, "-", &err), 0);
    assert_string_equal(reader.name, "<stdin>");
    assert_int_equal(tt_reader_read_full(&reader, bytes, 4, &got, &err), 0);
    assert_int_equal(got, 4);
    close(fds[1]);
    assert_int_equal(tt_reader_read_full(&reader, bytes, 4, &got, &err), 0);
    assert_int_equal(got, 2);
    assert_memory_equal(bytes, "ef", 2);
    assert_int_equal(tt_reader_rewind(&reader), -1);
    tt_reader_close(&reader);
    assert_int_equal(fcntl(0, F_GETFD) < 0, 0); /* standard input is not ours to close */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writer_leaves_the_old_file_until_finish),
        cmocka_unit_test(test_writer_discard_leaves_nothing),
        cmocka_unit_test(test_writer_writes_much_and_little),
        cmocka_unit_test(test_writer_says_that_the_disk_is_full),
        cmocka_unit_test(test_writer_that_cannot_open_says_why),
        cmocka_unit_test(test_writer_that_cannot_rename_cleans_up),
        cmocka_unit_test(test_writer_close_leaves_the_renaming_to_finish),
        cmocka_unit_test(test_writer_whose_close_failed_gets_no_name),
        cmocka_unit_test(test_writer_keeps_the_permissions_of_the_file),
        cmocka_unit_test(test_writer_follows_symbolic_links),
        cmocka_unit_test(test_writers_of_one_file_are_refused),
        cmocka_unit_test(test_writer_writes_into_a_fifo_directly),
        cmocka_unit_test(test_reader_keeps_the_fingerprint_of_what_it_gave),
        cmocka_unit_test(test_reader_says_what_is_wrong),
        cmocka_unit_test(test_reader_of_standard_input_reads_a_pipe_in_full),
    };
    char folder[] = "/tmp/tt-test.XXXXXX";

    if (!mkdtemp(folder) || chdir(folder))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return chdir("/") || rmdir(folder) || failed;
}
