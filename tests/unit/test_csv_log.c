/* The log of events: rows come back from it, and whatever goes wrong (no space, a crash in the middle of a row, another
 * process, no descriptors), what it acknowledged is there, in whole rows. */
#include "serve/csv_log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/pool.h"
#include "base/rng.h"
#include "data_files.h"
#include "io/csv_reader.h"

static const char *const names[] = {"user", "item", "time"};
static const char header[] = "user,item,time\n";
enum { COLUMNS = LENGTH(names), MOST_ROWS = 2000 };

/* ---- help ---- */

static struct tt_buf read_file(const char *path)
{
    struct tt_buf buf = TT_BUF_INIT;
    struct tt_err err = TT_ERR_INIT;
    char bytes[4096];
    FILE *f = fopen(path, "rb");

    assert_non_null(f);
    assert_int_equal(tt_buf_add_text(&buf, "", &err), 0);
    for (size_t n; (n = fread(bytes, 1, sizeof(bytes), f));)
        assert_int_equal(tt_buf_add(&buf, bytes, n, &err), 0);
    fclose(f);
    return buf;
}

static void write_bytes(const char *path, const char *bytes, size_t n)
{
    unlink(path); /* some file systems write a file that is emptied to disk */
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void write_text(const char *path, const char *text)
{
    write_bytes(path, text, strlen(text));
}

/* The file holds these bytes, which is shown when not. */
static void file_is(const char *path, const char *expected)
{
    struct tt_buf got = read_file(path);

    assert_string_equal(got.data, expected);
    assert_int_equal(got.len, strlen(expected));
    tt_buf_release(&got);
}

static struct tt_csv_log *open_log(const char *path, uint64_t *cut)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_csv_log *log = tt_csv_log_open(path, names, COLUMNS, TT_SYNC_NEVER, cut, &err);

    if (!log)
        fail_msg("%s", err.text);
    return log;
}

static int append(struct tt_csv_log *log, const char *user, const char *item, const char *time, struct tt_err *err)
{
    struct tt_csv_log_field row[] = {{user, strlen(user)}, {item, strlen(item)}, {time, strlen(time)}};

    return tt_csv_log_append(log, row, 1, err);
}

static void must_append(struct tt_csv_log *log, const char *user, const char *item, const char *time)
{
    struct tt_err err = TT_ERR_INIT;

    if (append(log, user, item, time, &err))
        fail_msg("%s", err.text);
}

static void must_fail(const char *path, const char *error)
{
    struct tt_err err = TT_ERR_INIT;
    uint64_t cut = 0;

    assert_null(tt_csv_log_open(path, names, COLUMNS, TT_SYNC_NEVER, &cut, &err));
    assert_string_equal(err.text, error);
}

static size_t open_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    size_t n = 0;

    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

static void set_limit(int resource, rlim_t soft)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(resource, &limit), 0);
    limit.rlim_cur = soft < limit.rlim_max ? soft : limit.rlim_max;
    assert_int_equal(setrlimit(resource, &limit), 0);
}

static rlim_t get_limit(int resource)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(resource, &limit), 0);
    return limit.rlim_cur;
}

/* ---- rows ---- */

struct rows {
    size_t n;
    char texts[MOST_ROWS][COLUMNS][24];
    size_t lens[MOST_ROWS][COLUMNS];
};

static void any_row(struct tt_rng *rng, struct rows *rows)
{
    static const char *const pieces[] = {"a", "bc", ",", "\"", "\"\"", "\n", "\r\n", "\r", " ", "\t", "'",
                                         "\xea\xb9\x80"};

    assert_true(rows->n < MOST_ROWS);
    for (size_t c = 0; c < COLUMNS; c++) {
        char *text = rows->texts[rows->n][c];
        size_t len = 0;
        for (size_t k = tt_rng_below(rng, 8); k; k--) {
            const char *piece = pieces[tt_rng_below(rng, LENGTH(pieces))];
            memcpy(text + len, piece, strlen(piece));
            len += strlen(piece);
        }
        rows->lens[rows->n][c] = len;
    }
    rows->n++;
}

/* Append the rows from `from` on in one call. */
static void append_rows(struct tt_csv_log *log, const struct rows *rows, size_t from)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_csv_log_field fields[20 * COLUMNS];

    assert_true(rows->n - from <= 20);
    for (size_t r = from; r < rows->n; r++)
        for (size_t c = 0; c < COLUMNS; c++)
            fields[(r - from) * COLUMNS + c] = (struct tt_csv_log_field){rows->texts[r][c], rows->lens[r][c]};
    if (tt_csv_log_append(log, fields, rows->n - from, &err))
        fail_msg("%s", err.text);
}

static void file_has_rows(const char *path, const struct rows *rows, size_t n)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_csv csv;
    size_t r = 0;
    int more;

    assert_int_equal(tt_csv_open(&csv, path, TT_CSV_COMMA, &err), 0);
    assert_int_equal(csv.n_columns, COLUMNS);
    for (size_t c = 0; c < COLUMNS; c++)
        assert_string_equal(csv.names[c], names[c]);
    tt_csv_use_all(&csv);
    for (; (more = tt_csv_next(&csv, &err)) == 1; r++) {
        assert_true(r < n);
        for (size_t c = 0; c < COLUMNS; c++) {
            assert_int_equal(csv.fields[c].len, rows->lens[r][c]);
            assert_memory_equal(csv.fields[c].text, rows->texts[r][c], rows->lens[r][c]);
        }
    }
    assert_string_equal(err.text, "");
    assert_int_equal(more, 0);
    assert_int_equal(r, n);
    tt_csv_close(&csv);
}

static void test_log_rows_come_back(void **state)
{
    static struct rows rows;
    struct tt_rng rng;
    uint64_t cut = 9;
    (void)state;

    tt_rng_init(&rng, 1, TT_RNG_TEST, 11);
    rows.n = 0;
    unlink("a");
    struct tt_csv_log *log = open_log("a", &cut);
    file_is("a", header);
    for (int turn = 0; turn < 100; turn++) {
        size_t from = rows.n, n = tt_rng_below(&rng, 5); /* sometimes none */
        for (size_t i = 0; i < n; i++)
            any_row(&rng, &rows);
        append_rows(log, &rows, from);
        if (turn % 10 == 9) { /* without a close it is in the file, and with one */
            file_has_rows("a", &rows, rows.n);
            tt_csv_log_close(log);
            log = open_log("a", &cut);
            assert_int_equal(cut, 0);
        }
    }
    tt_csv_log_close(log);
    file_has_rows("a", &rows, rows.n);
    tt_csv_log_close(NULL);
}

static void test_log_syncs_by_any_policy(void **state)
{
    static const enum tt_csv_log_sync policies[] = {TT_SYNC_NEVER, TT_SYNC_SECOND, TT_SYNC_ALWAYS};
    (void)state;

    for (size_t i = 0; i < LENGTH(policies); i++) {
        struct tt_err err = TT_ERR_INIT;
        uint64_t cut;
        unlink("a");
        struct tt_csv_log *log = tt_csv_log_open("a", names, COLUMNS, policies[i], &cut, &err);
        assert_non_null(log);
        assert_int_equal(tt_csv_log_tick(log, &err), 0);
        must_append(log, "u", "i", "1");
        assert_int_equal(tt_csv_log_tick(log, &err), 0);
        must_append(log, "u", "i", "2");
        tt_csv_log_close(log);
        file_is("a", "user,item,time\nu,i,1\nu,i,2\n");
    }
}

/* ---- a crash ---- */

/* The file of some rows, cut at every byte: whole rows stay, nothing else does, and the next row comes after them. */
static void test_log_takes_off_an_unfinished_row(void **state)
{
    static struct rows rows;
    struct tt_rng rng;
    (void)state;

    for (uint64_t seed = 0; seed < 6; seed++) {
        size_t ends[12], n = LENGTH(ends), whole = 0;
        uint64_t cut = 0;
        tt_rng_init(&rng, seed, TT_RNG_TEST, 12);
        rows.n = 0;
        unlink("a");
        struct tt_csv_log *log = open_log("a", &cut);
        for (size_t i = 0; i < n; i++) {
            any_row(&rng, &rows);
            append_rows(log, &rows, i);
            struct tt_buf now = read_file("a");
            ends[i] = now.len;
            tt_buf_release(&now);
        }
        tt_csv_log_close(log);
        struct tt_buf all = read_file("a");
        for (size_t len = 0; len <= all.len; len++) {
            size_t kept = len < strlen(header) ? 0 : whole ? ends[whole - 1] : strlen(header);
            write_bytes("b", all.data, len);
            if (whole < n && len == ends[whole])
                kept = ends[whole++];
            log = open_log("b", &cut);
            assert_int_equal(cut, len - kept);
            tt_csv_log_close(log);
            struct tt_buf left = read_file("b");
            assert_int_equal(left.len, kept ? kept : strlen(header)); /* what is no header gets one */
            assert_memory_equal(left.data, all.data, left.len);
            tt_buf_release(&left);
            if (len % 5 == 0) {
                log = open_log("b", &cut);
                must_append(log, "u", "i", "1");
                tt_csv_log_close(log);
                left = read_file("b");
                assert_memory_equal(left.data + left.len - 6, "u,i,1\n", 6);
                tt_buf_release(&left);
            }
        }
        assert_int_equal(whole, n);
        tt_buf_release(&all);
    }
}

/* A file of more than one piece of reading. */
static void test_log_takes_off_an_unfinished_row_of_a_long_file(void **state)
{
    struct tt_buf text = TT_BUF_INIT;
    struct tt_err err = TT_ERR_INIT;
    uint64_t cut = 0;
    (void)state;

    assert_int_equal(tt_buf_add_text(&text, header, &err), 0);
    for (int i = 0; i < 30000; i++)
        assert_int_equal(tt_buf_printf(&text, &err, "user%d,\"a\nb\",%d\n", i, i), 0);
    size_t whole = text.len;
    assert_int_equal(tt_buf_add_text(&text, "user,\"a\nb", &err), 0);
    write_bytes("a", text.data, text.len);
    tt_csv_log_close(open_log("a", &cut));
    assert_int_equal(cut, 9);
    struct tt_buf left = read_file("a");
    assert_int_equal(left.len, whole);
    assert_memory_equal(left.data, text.data, whole);
    tt_buf_release(&left);
    tt_buf_release(&text);
}

/* A quote where none may be is no unfinished row: what follows it must not be thrown away. */
static void test_log_does_not_take_off_what_it_cannot_read(void **state)
{
    static const char text[] = "user,item,time\nu1,5\" pipe,1\nu2,i2,2\nu3,i3,3\nu4,i4,4\n";
    struct tt_err err = TT_ERR_INIT;
    uint64_t cut = 0;
    (void)state;

    write_text("a", text);
    struct tt_csv_log *log = tt_csv_log_open("a", names, COLUMNS, TT_SYNC_NEVER, &cut, &err);
    file_is("a", text);
    assert_int_equal(cut, 0);
    tt_csv_log_close(log);
}

/* ---- other files ---- */

static void test_log_refuses_other_files(void **state)
{
    static const char *const texts[] = {"user,item\nu,i\n", "user,item,time,more\n", "x", "user;item;time\n",
                                        "user,item,time\r\nu,i,1\r\n", "\nuser,item,time\n",
                                        "\xef\xbb\xbfuser,item,time\n"};
    (void)state;

    for (size_t i = 0; i < LENGTH(texts); i++) {
        write_text("a", texts[i]);
        must_fail("a", "a:1: the header is not that of this model's events, 'user,item,time'");
        file_is("a", texts[i]);
    }
    unlink("a");
    must_fail("missing/a", "missing/a: cannot open for writing: No such file or directory");
    must_fail("/dev/full", "/dev/full: not a regular file");
    assert_int_equal(mkfifo("f", 0600), 0);
    must_fail("f", "f: not a regular file");
    unlink("f");
    must_fail(".", ".: cannot open for writing: Is a directory");
}

static void test_log_headers_may_need_quotes(void **state)
{
    static const char *const odd[] = {"a,b", "c\"d\"", "e\nf"};
    struct tt_err err = TT_ERR_INIT;
    struct tt_csv_log_field row[] = {{"1", 1}, {"2", 1}, {"3", 1}};
    uint64_t cut;
    (void)state;

    unlink("a");
    for (int i = 0; i < 2; i++) {
        struct tt_csv_log *log = tt_csv_log_open("a", odd, 3, TT_SYNC_NEVER, &cut, &err);
        assert_non_null(log);
        assert_int_equal(cut, 0);
        assert_int_equal(tt_csv_log_append(log, row, 1, &err), 0);
        tt_csv_log_close(log);
    }
    file_is("a", "\"a,b\",\"c\"\"d\"\"\",\"e\nf\"\n1,2,3\n1,2,3\n");
}

/* ---- no space ---- */

static void test_log_without_space_is_as_before(void **state)
{
    rlim_t old = get_limit(RLIMIT_FSIZE);
    uint64_t cut;
    (void)state;

    signal(SIGXFSZ, SIG_IGN);
    unlink("a");
    struct tt_csv_log *log = open_log("a", &cut);
    must_append(log, "u", "i", "1");
    for (rlim_t room = 0; room < 30; room++) { /* the file has 21 bytes, and may grow by this many */
        struct tt_err err = TT_ERR_INIT;
        struct tt_csv_log_field rows[] = {{"v", 1}, {"j", 1}, {"1", 1},
                                          {"w", 1}, {"k", 1}, {"22222222222222222222", 20}};
        set_limit(RLIMIT_FSIZE, 21 + room);
        int status = tt_csv_log_append(log, rows, 2, &err); /* 31 bytes: never */
        set_limit(RLIMIT_FSIZE, old);
        assert_int_equal(status, -1);
        assert_string_equal(err.text, "a: cannot write: File too large");
        assert_int_equal(err.kind, TT_ERR_SYSTEM);
        file_is("a", "user,item,time\nu,i,1\n");
    }
    struct tt_err err = TT_ERR_INIT;
    set_limit(RLIMIT_FSIZE, 27);
    int status = append(log, "u", "i", "2", &err); /* this fits */
    int second = append(log, "u", "i", "3", &err); /* and this does not */
    set_limit(RLIMIT_FSIZE, old);
    assert_int_equal(status, 0);
    assert_int_equal(second, -1);
    file_is("a", "user,item,time\nu,i,1\nu,i,2\n");
    must_append(log, "u", "i", "4");
    tt_csv_log_close(log);
    file_is("a", "user,item,time\nu,i,1\nu,i,2\nu,i,4\n");

    unlink("b");
    set_limit(RLIMIT_FSIZE, 3);
    err = (struct tt_err)TT_ERR_INIT;
    log = tt_csv_log_open("b", names, COLUMNS, TT_SYNC_NEVER, &cut, &err);
    set_limit(RLIMIT_FSIZE, old);
    assert_null(log);
    assert_string_equal(err.text, "b: cannot write: File too large");
    file_is("b", "");
}

/* Somebody has emptied the file in place, as "copytruncate" of logrotate does: a failure must not bring back its
 * length, with zeros in place of the rows. */
static void test_log_that_was_emptied_gets_no_zeros(void **state)
{
    rlim_t old = get_limit(RLIMIT_FSIZE);
    struct tt_err err = TT_ERR_INIT;
    uint64_t cut;
    (void)state;

    signal(SIGXFSZ, SIG_IGN);
    unlink("a");
    struct tt_csv_log *log = open_log("a", &cut);
    must_append(log, "u", "i", "1");
    must_append(log, "u", "i", "2");
    assert_int_equal(truncate("a", (off_t)strlen(header)), 0);
    set_limit(RLIMIT_FSIZE, strlen(header) + 2);
    int status = append(log, "u", "i", "3", &err);
    set_limit(RLIMIT_FSIZE, old);
    assert_int_equal(status, -1);
    file_is("a", header);
    struct tt_buf left = read_file("a");
    assert_int_equal(left.len, strlen(header)); /* zeros would end a text */
    tt_buf_release(&left);
    /* emptied wholly, it gets its header again, and with it the row or neither */
    assert_int_equal(truncate("a", 0), 0);
    set_limit(RLIMIT_FSIZE, strlen(header) + 2);
    err = (struct tt_err)TT_ERR_INIT;
    status = append(log, "u", "i", "4", &err);
    set_limit(RLIMIT_FSIZE, old);
    assert_int_equal(status, -1);
    file_is("a", "");
    must_append(log, "u", "i", "5");
    must_append(log, "u", "i", "6");
    file_is("a", "user,item,time\nu,i,5\nu,i,6\n");
    tt_csv_log_close(log);
}

/* ---- two processes ---- */

/* Can another process open it? */
static int other_can_open(const char *path, const char *error)
{
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0) {
        struct tt_err err = TT_ERR_INIT;
        uint64_t cut;
        struct tt_csv_log *log = tt_csv_log_open(path, names, COLUMNS, TT_SYNC_NEVER, &cut, &err);
        _exit(log ? 0 : strcmp(err.text, error) == 0 ? 1 : 2);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
    return WEXITSTATUS(status) == 0;
}

static void test_log_is_of_one_process(void **state)
{
    static const char locked[] = "a: another process writes to it";
    uint64_t cut;
    (void)state;

    unlink("a");
    struct tt_csv_log *log = open_log("a", &cut);
    assert_int_equal(other_can_open("a", locked), 0);
    must_append(log, "u", "i", "1");
    assert_int_equal(other_can_open("a", locked), 0);
    tt_csv_log_close(log);
    assert_int_equal(other_can_open("a", locked), 1);
    file_is("a", "user,item,time\nu,i,1\n");
}

/* The service reads the log when it starts: that must not open it to others. */
static void test_log_stays_of_one_process_when_it_is_read(void **state)
{
    uint64_t cut;
    (void)state;

    unlink("a");
    struct tt_csv_log *log = open_log("a", &cut);
    must_append(log, "u", "i", "1");
    file_is("a", "user,item,time\nu,i,1\n");
    assert_int_equal(other_can_open("a", "a: another process writes to it"), 0);
    tt_csv_log_close(log);
}

/* ---- another file under its name ---- */

static void test_log_goes_on_in_a_new_file(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    uint64_t cut;
    int is_new = 9;
    (void)state;

    unlink("a");
    unlink("b");
    struct tt_csv_log *log = open_log("a", &cut);
    must_append(log, "u", "i", "1");
    assert_int_equal(tt_csv_log_reopen(log, &is_new, &err), 0);
    assert_int_equal(is_new, 0);
    assert_int_equal(rename("a", "b"), 0);
    must_append(log, "u", "i", "2"); /* to the old file, until reopen */
    assert_int_equal(access("a", F_OK), -1);
    assert_int_equal(tt_csv_log_reopen(log, &is_new, &err), 0);
    assert_int_equal(is_new, 1);
    must_append(log, "u", "i", "3");
    file_is("b", "user,item,time\nu,i,1\nu,i,2\n");
    file_is("a", "user,item,time\nu,i,3\n");
    assert_int_equal(other_can_open("b", ""), 1); /* not locked any more */
    assert_int_equal(tt_csv_log_reopen(log, &is_new, &err), 0);
    assert_int_equal(is_new, 0);
    /* a file that is there already, with an incomplete row */
    unlink("a");
    write_text("a", "user,item,time\nx,y,1\nx,");
    assert_int_equal(tt_csv_log_reopen(log, &is_new, &err), 0);
    assert_int_equal(is_new, 1);
    must_append(log, "u", "i", "4");
    file_is("a", "user,item,time\nx,y,1\nu,i,4\n");
    /* a row that fails is cut off there */
    rlim_t old = get_limit(RLIMIT_FSIZE);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(unlink("a"), 0);
    assert_int_equal(tt_csv_log_reopen(log, &is_new, &err), 0);
    set_limit(RLIMIT_FSIZE, strlen(header) + 2);
    int status = append(log, "u", "i", "5", &err);
    set_limit(RLIMIT_FSIZE, old);
    assert_int_equal(status, -1);
    struct tt_buf left = read_file("a");
    assert_int_equal(left.len, strlen(header));
    tt_buf_release(&left);
    tt_csv_log_close(log);
}

static void test_log_goes_on_in_the_old_file_when_there_can_be_no_new_one(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    uint64_t cut;
    int is_new = 9;
    (void)state;

    unlink("a");
    unlink("b");
    struct tt_csv_log *log = open_log("a", &cut);
    must_append(log, "u", "i", "1");
    assert_int_equal(rename("a", "b"), 0);
    assert_int_equal(mkdir("a", 0700), 0);
    size_t fds = open_fds();
    assert_int_equal(tt_csv_log_reopen(log, &is_new, &err), -1);
    assert_string_equal(err.text, "a: cannot open for writing: Is a directory");
    assert_int_equal(is_new, 0);
    must_append(log, "u", "i", "2");
    assert_int_equal(rmdir("a"), 0);
    write_text("a", "user,item\n"); /* another one's */
    err = (struct tt_err)TT_ERR_INIT;
    assert_int_equal(tt_csv_log_reopen(log, &is_new, &err), -1);
    assert_int_equal(err.kind, TT_ERR_MISMATCH);
    must_append(log, "u", "i", "3");
    assert_int_equal(open_fds(), fds);
    file_is("a", "user,item\n");
    file_is("b", "user,item,time\nu,i,1\nu,i,2\nu,i,3\n");
    unlink("a");
    err = (struct tt_err)TT_ERR_INIT;
    assert_int_equal(tt_csv_log_reopen(log, &is_new, &err), 0);
    assert_int_equal(is_new, 1);
    assert_int_equal(open_fds(), fds);
    tt_csv_log_close(log);
    assert_int_equal(open_fds(), fds - 1);
    file_is("a", header);
}

/* ---- descriptors ---- */

static void test_log_without_descriptors(void **state)
{
    rlim_t old = get_limit(RLIMIT_NOFILE);
    struct tt_err err = TT_ERR_INIT;
    uint64_t cut;
    int is_new, next = dup(0);
    (void)state;

    unlink("a");
    unlink("b");
    size_t fds = open_fds();
    close(next);
    struct tt_csv_log *log = open_log("a", &cut); /* takes the place of `next` */
    must_append(log, "u", "i", "1");
    assert_int_equal(rename("a", "b"), 0);
    set_limit(RLIMIT_NOFILE, (rlim_t)next + 1);
    int status = tt_csv_log_reopen(log, &is_new, &err);
    struct tt_err other = TT_ERR_INIT;
    struct tt_csv_log *second = tt_csv_log_open("c", names, COLUMNS, TT_SYNC_NEVER, &cut, &other);
    set_limit(RLIMIT_NOFILE, old);
    assert_int_equal(status, -1);
    assert_string_equal(err.text, "a: cannot open for writing: Too many open files");
    assert_null(second);
    assert_string_equal(other.text, "c: cannot open for writing: Too many open files");
    must_append(log, "u", "i", "2");
    file_is("b", "user,item,time\nu,i,1\nu,i,2\n");
    err = (struct tt_err)TT_ERR_INIT;
    assert_int_equal(tt_csv_log_reopen(log, &is_new, &err), 0);
    assert_int_equal(is_new, 1);
    assert_int_equal(open_fds(), fds);
    tt_csv_log_close(log);
    file_is("a", header);
}

static void test_log_leaves_nothing_open(void **state)
{
    size_t fds = open_fds();
    uint64_t cut;
    (void)state;

    unlink("a");
    tt_csv_log_close(open_log("a", &cut));
    assert_int_equal(open_fds(), fds);
    write_text("a", "something else\n");
    must_fail("a", "a:1: the header is not that of this model's events, 'user,item,time'");
    must_fail("/dev/null", "/dev/null: not a regular file");
    assert_int_equal(open_fds(), fds);
    tt_csv_log_close(open_log("b", &cut));
    assert_int_equal(open_fds(), fds);
}

/* ---- several threads ---- */

enum { THREADS = 4, EACH = 1000 };

struct crowd {
    struct tt_csv_log *log;
    atomic_int here, wrong, moved;
};

/* Wait until all threads are here, so that they run at once; but not for ever. */
static void gather(atomic_int *here, int threads)
{
    const struct timespec little = {.tv_nsec = 100000};

    atomic_fetch_add(here, 1);
    for (int i = 0; i < 50000 && atomic_load(here) < threads; i++)
        nanosleep(&little, NULL);
}

/* Block b's rows are b,0 b,1 b,2 ..., two in a call; one block moves the file away now and then. */
static void take_part(void *arg, size_t block, int worker)
{
    struct crowd *crowd = arg;
    struct tt_err err = TT_ERR_INIT;
    char user[16], time[2][16], to[8];
    (void)worker;

    gather(&crowd->here, THREADS);
    for (int i = 0; i < EACH; i += 2) {
        snprintf(user, sizeof(user), "%zu", block);
        snprintf(time[0], sizeof(time[0]), "%d", i);
        snprintf(time[1], sizeof(time[1]), "%d", i + 1);
        struct tt_csv_log_field rows[] = {{user, strlen(user)}, {"a\n\"b", 4}, {time[0], strlen(time[0])},
                                          {user, strlen(user)}, {"", 0},       {time[1], strlen(time[1])}};
        int is_new = 0;
        if (tt_csv_log_append(crowd->log, rows, 2, &err) || tt_csv_log_tick(crowd->log, &err))
            atomic_fetch_add(&crowd->wrong, 1);
        if (block == 0 && i % 100 == 50) {
            snprintf(to, sizeof(to), "%c", 'b' + atomic_load(&crowd->moved));
            if (rename("a", to))
                atomic_fetch_add(&crowd->wrong, 1);
            if (tt_csv_log_reopen(crowd->log, &is_new, &err) || !is_new)
                atomic_fetch_add(&crowd->wrong, 1);
            atomic_fetch_add(&crowd->moved, 1);
        }
    }
}

/* Each block's rows stand in their order. */
static void count_rows(const char *path, int next[THREADS])
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_csv csv;
    uint64_t block, time;
    int more;

    assert_int_equal(tt_csv_open(&csv, path, TT_CSV_COMMA, &err), 0);
    tt_csv_use_all(&csv);
    while ((more = tt_csv_next(&csv, &err)) == 1) {
        char text[2][16] = {"", ""};
        memcpy(text[0], csv.fields[0].text, csv.fields[0].len);
        memcpy(text[1], csv.fields[2].text, csv.fields[2].len);
        block = strtoul(text[0], NULL, 10);
        time = strtoul(text[1], NULL, 10);
        assert_true(block < THREADS);
        assert_int_equal(time, next[block]++);
        assert_int_equal(csv.fields[1].len, time % 2 ? 0 : 4);
    }
    assert_string_equal(err.text, "");
    assert_int_equal(more, 0);
    tt_csv_close(&csv);
}

static void test_log_keeps_rows_of_several_threads_whole(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(THREADS, &err);
    struct crowd crowd = {.moved = 0};
    int next[THREADS] = {0};
    uint64_t cut;
    (void)state;

    assert_non_null(pool);
    for (char name[] = "a"; name[0] <= 'z'; name[0]++)
        unlink(name);
    crowd.log = open_log("a", &cut);
    tt_pool_run(pool, THREADS, take_part, &crowd);
    tt_csv_log_close(crowd.log);
    tt_pool_free(pool);
    assert_int_equal(crowd.wrong, 0);
    assert_int_equal(crowd.moved, EACH / 100);
    for (int i = 0; i < crowd.moved; i++) {
        char name[] = {(char)('b' + i), '\0'};
        count_rows(name, next);
    }
    count_rows("a", next);
    for (size_t b = 0; b < THREADS; b++)
        assert_int_equal(next[b], EACH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log_rows_come_back),
        cmocka_unit_test(test_log_syncs_by_any_policy),
        cmocka_unit_test(test_log_takes_off_an_unfinished_row),
        cmocka_unit_test(test_log_takes_off_an_unfinished_row_of_a_long_file),
        cmocka_unit_test(test_log_does_not_take_off_what_it_cannot_read),
        cmocka_unit_test(test_log_refuses_other_files),
        cmocka_unit_test(test_log_headers_may_need_quotes),
        cmocka_unit_test(test_log_without_space_is_as_before),
        cmocka_unit_test(test_log_that_was_emptied_gets_no_zeros),
        cmocka_unit_test(test_log_is_of_one_process),
        cmocka_unit_test(test_log_stays_of_one_process_when_it_is_read),
        cmocka_unit_test(test_log_goes_on_in_a_new_file),
        cmocka_unit_test(test_log_goes_on_in_the_old_file_when_there_can_be_no_new_one),
        cmocka_unit_test(test_log_without_descriptors),
        cmocka_unit_test(test_log_leaves_nothing_open),
        cmocka_unit_test(test_log_keeps_rows_of_several_threads_whole),
    };
    return cmocka_run_group_tests(tests, enter_data_folder, leave_data_folder);
}
