/* Splitting of whole tables: parts against what each way promises, and the counts. */
#include "split/splitter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"

#include "unit.h"

static const char *const names[] = {"train", "valid", "test"}; /* in a folder of our own */

/* Split the text as standard input; the parts' texts into out. Returns tt_split's status. */
static int split_text(const char *text, const struct tt_split_options *options, int as_pipe, struct tt_buf out[3],
                      struct tt_split_counts *counts, struct tt_err *err)
{
    FILE *file = as_pipe ? NULL : tmpfile();
    struct tt_writer writers[3];
    struct tt_writer *parts[3];
    struct tt_err ignored = TT_ERR_INIT;
    struct tt_csv csv;
    int fds[2] = {-1, -1};

    if (as_pipe) {
        assert_int_equal(pipe(fds), 0);
        assert_int_equal(write(fds[1], text, strlen(text)), strlen(text)); /* less than a pipe holds */
        close(fds[1]);
        assert_int_equal(dup2(fds[0], 0), 0);
        close(fds[0]);
    } else {
        assert_non_null(file);
        assert_int_equal(fputs(text, file) >= 0 && fflush(file) == 0, 1);
        assert_int_equal(lseek(fileno(file), 0, SEEK_SET), 0);
        assert_int_equal(dup2(fileno(file), 0), 0);
        fclose(file);
    }
    assert_int_equal(tt_csv_open(&csv, NULL, TT_CSV_AUTO, err), 0);
    for (int p = 0; p < 3; p++) {
        parts[p] = &writers[p];
        assert_int_equal(tt_writer_open(&writers[p], names[p], NULL, &ignored), 0);
    }
    int status = tt_split(&csv, options, parts, counts, err);
    for (int p = 0; p < 3; p++) {
        struct tt_reader reader;
        size_t got;
        assert_int_equal(tt_writer_finish(&writers[p], NULL, &ignored), 0);
        assert_int_equal(tt_reader_open(&reader, names[p], &ignored), 0);
        out[p].len = 0;
        assert_int_equal(tt_buf_reserve(&out[p], 1 << 20, &ignored), 0);
        assert_int_equal(tt_reader_read_full(&reader, out[p].data, 1 << 20, &got, &ignored), 0);
        out[p].len = got;
        out[p].data[got] = '\0';
        tt_reader_close(&reader);
        unlink(names[p]);
    }
    tt_csv_close(&csv);
    return status;
}

static void check_split(const char *text, const struct tt_split_options *options, const char *train, const char *valid,
                        const char *test, struct tt_split_counts *counts)
{
    struct tt_buf out[3] = {TT_BUF_INIT, TT_BUF_INIT, TT_BUF_INIT};
    struct tt_err err = TT_ERR_INIT;

    for (int as_pipe = 0; as_pipe < 2; as_pipe++) {
        assert_int_equal(split_text(text, options, as_pipe, out, counts, &err), 0);
        assert_string_equal(out[TT_SPLIT_TRAIN].data, train);
        assert_string_equal(out[TT_SPLIT_VALID].data, valid);
        assert_string_equal(out[TT_SPLIT_TEST].data, test);
    }
    for (int p = 0; p < 3; p++)
        tt_buf_release(&out[p]);
}

static void check_error(const char *text, const struct tt_split_options *options, const char *message)
{
    struct tt_buf out[3] = {TT_BUF_INIT, TT_BUF_INIT, TT_BUF_INIT};
    struct tt_split_counts counts;

    for (int as_pipe = 0; as_pipe < 2; as_pipe++) {
        struct tt_err err = TT_ERR_INIT;
        assert_int_equal(split_text(text, options, as_pipe, out, &counts, &err), -1);
        assert_string_equal(err.text, message);
    }
    for (int p = 0; p < 3; p++)
        tt_buf_release(&out[p]);
}

static void test_splitter_takes_the_last_rows_of_each_user(void **state)
{
    struct tt_split_options options = {.method = TT_SPLIT_LAST, .user = "u", .item = "i", .columns = {"t", "s"},
                                       .n_columns = 2, .last = {.last = 1, .valid_last = 1}};
    struct tt_split_counts counts;

    (void)state;
    check_split("u,i,t,s\na,x,2,1\nb,x,1,1\na,y,2,0.5\na,z,1,9\nb,w,1,1\na,v,-3,0\n", &options,
                "u,i,t,s\nb,x,1,1\na,z,1,9\na,v,-3,0\n", /* b has two rows: none is left for valid */
                "u,i,t,s\na,y,2,0.5\n", "u,i,t,s\na,x,2,1\nb,w,1,1\n", &counts);
    assert_int_equal(counts.rows[TT_SPLIT_TRAIN], 3);
    assert_int_equal(counts.rows[TT_SPLIT_VALID], 1);
    assert_int_equal(counts.rows[TT_SPLIT_TEST], 2);
    assert_int_equal(counts.users[TT_SPLIT_TRAIN], 2);
    assert_int_equal(counts.users[TT_SPLIT_VALID], 1);
    assert_int_equal(counts.items[TT_SPLIT_TRAIN], 3);
    assert_int_equal(counts.items[TT_SPLIT_TEST], 2);
    assert_int_equal(counts.new_users, 0);
    assert_int_equal(counts.new_items, 1); /* w; x is in train too */
}

static void test_splitter_mixes_whole_and_real_order_keys(void **state)
{
    struct tt_split_options options = {.method = TT_SPLIT_LAST, .user = "u", .columns = {"t"}, .n_columns = 1,
                                       .last = {.last = 1}};
    struct tt_split_counts counts;

    (void)state;
    check_split("u,t\na,3\na,1\na,2.5\na,-7\na,2\n", &options, "u,t\na,1\na,2.5\na,-7\na,2\n", "u,t\n", "u,t\na,3\n",
                &counts);
    check_split("u,t\na,2\na,1\na,2.5\na,-7\na,1\n", &options, "u,t\na,2\na,1\na,-7\na,1\n", "u,t\n", "u,t\na,2.5\n",
                &counts);
}

static void test_splitter_applies_the_k_core_first(void **state)
{
    struct tt_split_options options = {.method = TT_SPLIT_LAST, .user = "u", .item = "i", .k_core = 2,
                                       .last = {.last = 1}};
    struct tt_split_counts counts;

    (void)state;
    check_split("u,i\na,x\nb,x\na,y\nb,y\na,z\nc,x\n", &options, "u,i\na,x\nb,x\n", "u,i\n", "u,i\na,y\nb,y\n",
                &counts);
    assert_int_equal(counts.rows[TT_SPLIT_DROPPED], 2);
    assert_int_equal(counts.items[TT_SPLIT_TEST], 1);
    assert_int_equal(counts.new_items, 1);
}

static void test_splitter_compares_times(void **state)
{
    struct tt_split_options options = {.method = TT_SPLIT_BEFORE, .time = "t"};
    struct tt_split_counts counts;
    const char *what;

    (void)state;
    assert_int_equal(tt_order_key_parse("2024-01-01T09:00+09:00", 22, &options.before, &what), 0);
    assert_int_equal(tt_order_key_parse("2024-01-01T01:00Z", 17, &options.valid_before, &what), 0);
    check_split("t\n2023-12-31T23:59:59.999Z\n2024-01-01T00:00Z\n2024-01-01 09:59+0900\n2024-01-01T01:00:00+00\n",
                &options,
                "t\n2023-12-31T23:59:59.999Z\n", "t\n2024-01-01T00:00Z\n2024-01-01 09:59+0900\n",
                "t\n2024-01-01T01:00:00+00\n", &counts);
    check_error("t\n2024-01-01T00:00Z\n2024-01-01\n", &options,
                "<stdin>:3: field 't': '2024-01-01' is not a time with an offset as the bound is: write the bound "
                "without an offset");
    options.valid_before.form = TT_KEY_NONE;
    assert_int_equal(tt_order_key_parse("2024-01-01", 10, &options.before, &what), 0);
    check_error("t\n2024-01-01T00:00+09:00\n", &options,
                "<stdin>:2: field 't': '2024-01-01T00:00+09:00' is not a time without an offset as the bound is: write "
                "the bound with an offset, as 2024-03-01T00:00+09:00");
    check_error("t\nsoon\n", &options,
                "<stdin>:2: field 't': 'soon' is neither a number nor a time like 2024-03-01T12:34:56+09:00");
}

static void test_splitter_names_the_line_of_a_bad_key(void **state)
{
    struct tt_split_options options = {.method = TT_SPLIT_LAST, .user = "u", .columns = {"t"}, .n_columns = 1,
                                       .last = {.last = 1}};

    (void)state;
    check_error("u,t\na,1\na,\n", &options,
                "<stdin>:3: field 't': '' is neither a number nor a time like 2024-03-01T12:34:56+09:00");
    check_error("u,t\na,1\na,2024-01-01\n", &options,
                "<stdin>:3: field 't': '2024-01-01' is not a number as in the rows before");
    options.columns[0] = "x";
    check_error("u,t\na,1\n", &options, "<stdin>: no column 'x' (there are: u, t)");
}

static void test_splitter_hash_is_xxh3_seeded_by_the_field_before(void **state)
{
    const struct tt_csv_field a[] = {{"a", 1}, {"bc", 2}}, b[] = {{"ab", 2}, {"c", 1}};

    (void)state;
    assert_int_equal(tt_split_hash(a, 1, 0), UINT64_C(0xe6c632b61e964e1f)); /* XXH3_64bits("a") */
    assert_int_equal(tt_split_hash(a, 2, 7), tt_hash64("bc", 2, tt_hash64("a", 1, 7)));
    assert_int_not_equal(tt_split_hash(a, 2, 1), tt_split_hash(b, 2, 1));
    assert_int_not_equal(tt_split_hash(a, 1, 1), tt_split_hash(a, 1, 2));
}

static void test_splitter_shares_are_kept(void **state)
{
    static const double shares[][3] = {{80, 10, 10}, {33.3, 33.3, 33.4}, {0, 50, 50}, {100, 0, 0}, {99.9, 0, 0.1}};
    struct tt_rng rng;

    (void)state;
    tt_rng_init(&rng, 1, TT_RNG_TEST, 0);
    for (size_t s = 0; s < LENGTH(shares); s++) {
        enum { N = 100000 };
        size_t count[3] = {0};
        for (int i = 0; i < N; i++)
            count[tt_split_by_shares(shares[s], tt_rng_u64(&rng))]++;
        for (int p = 0; p < 3; p++) { /* standard deviation: 160 at most */
            double expected = shares[s][p] / 100 * N;
            assert_true(shares[s][p] > 0 ? (double)count[p] > expected - 800 && (double)count[p] < expected + 800 &&
                                               count[p] > 0
                                         : count[p] == 0);
        }
        assert_int_equal(tt_split_by_shares(shares[s], UINT64_MAX), s == 3 ? TT_SPLIT_TRAIN : TT_SPLIT_TEST);
        assert_int_equal(tt_split_by_shares(shares[s], 0), s == 2 ? TT_SPLIT_VALID : TT_SPLIT_TRAIN);
    }
}

/* The part that a row goes to is a promise: these must never change. */
static void test_splitter_hash_never_changes(void **state)
{
    struct tt_split_options options = {.method = TT_SPLIT_HASH, .columns = {"u"}, .n_columns = 1,
                                       .shares = {40, 30, 30}, .seed = 1};
    struct tt_split_counts counts;

    (void)state;
    check_split("u\nu1\nu2\nu3\nu4\nu5\nu6\n", &options, "u\nu6\n", "u\nu2\nu3\nu4\nu5\n", "u\nu1\n", &counts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_splitter_takes_the_last_rows_of_each_user),
        cmocka_unit_test(test_splitter_mixes_whole_and_real_order_keys),
        cmocka_unit_test(test_splitter_applies_the_k_core_first),
        cmocka_unit_test(test_splitter_compares_times),
        cmocka_unit_test(test_splitter_names_the_line_of_a_bad_key),
        cmocka_unit_test(test_splitter_hash_is_xxh3_seeded_by_the_field_before),
        cmocka_unit_test(test_splitter_shares_are_kept),
        cmocka_unit_test(test_splitter_hash_never_changes),
    };
    char folder[] = "/tmp/tt-test.XXXXXX";

    if (!mkdtemp(folder) || chdir(folder))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return chdir("/") || rmdir(folder) || failed;
}
