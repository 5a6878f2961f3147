/* Rows of CSV and TSV texts. Input comes through standard input, so that errors say <stdin>; in pieces of any size. */
#include "io/csv_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rng.h"

#include "mutate.h"
#include "unit.h"

/* A text as it is, NUL bytes included. */
#define TEXT(literal) literal, sizeof(literal) - 1

static void put_on_stdin(const char *text, size_t len)
{
    FILE *file = tmpfile();

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fflush(file), 0);
    assert_int_equal(lseek(fileno(file), 0, SEEK_SET), 0);
    assert_int_equal(dup2(fileno(file), 0), 0);
    fclose(file);
}

/* The rows as text, "LINE:field|field|\n" each, then the error if there is one. */
static void dump_open(struct tt_csv *csv, struct tt_buf *out)
{
    struct tt_err err = TT_ERR_INIT, ignored = TT_ERR_INIT;
    int more;

    while ((more = tt_csv_next(csv, &err)) == 1) {
        assert_int_equal(tt_buf_printf(out, &ignored, "%llu:", (unsigned long long)csv->line), 0);
        for (size_t i = 0; i < csv->n_columns; i++) {
            assert_int_equal(tt_buf_add(out, csv->fields[i].text, csv->fields[i].len, &ignored), 0);
            assert_int_equal(tt_buf_add_text(out, "|", &ignored), 0);
        }
        assert_int_equal(tt_buf_add_text(out, "\n", &ignored), 0);
    }
    if (more < 0)
        assert_int_equal(tt_buf_add_text(out, err.text, &ignored), 0);
}

static void dump(struct tt_buf *out)
{
    struct tt_csv csv;
    struct tt_err err = TT_ERR_INIT, ignored = TT_ERR_INIT;

    out->len = 0;
    assert_int_equal(tt_buf_add(out, "", 0, &ignored), 0);
    if (tt_csv_open(&csv, NULL, TT_CSV_AUTO, &err)) {
        assert_int_equal(tt_buf_add_text(out, err.text, &ignored), 0);
        return;
    }
    tt_csv_use_all(&csv);
    dump_open(&csv, out);
    tt_csv_close(&csv);
}

static void check_text(const char *text, size_t len, const char *expected)
{
    struct tt_buf out = TT_BUF_INIT;

    put_on_stdin(text, len);
    dump(&out);
    assert_string_equal(out.data, expected);
    tt_buf_release(&out);
}

static void test_csv_reader_reads_rows(void **state)
{
    (void)state;
    check_text(TEXT("a,b\n1,2\n,\n x , y \n"), "2:1|2|\n3:||\n4: x | y |\n");
    check_text(TEXT("a\n1\n2\n"), "2:1|\n3:2|\n");
    check_text(TEXT("a,b\n"), "");
    check_text(TEXT("a,b"), "");
    check_text(TEXT("\"a\",\"b,c\"\n1,2\n"), "2:1|2|\n");
}

static void test_csv_reader_reads_quoted_fields(void **state)
{
    (void)state;
    check_text(TEXT("a,b\n\"1\",2\n1,\"2\"\n\"\",\"\"\n"), "2:1|2|\n3:1|2|\n4:||\n");
    check_text(TEXT("a,b\n\"1,5\",\"say \"\"hi\"\"\"\n\"\"\"\",\"\"\"\"\"\"\n"), "2:1,5|say \"hi\"|\n3:\"|\"\"|\n");
    check_text(TEXT("a,b\n\" x \",\"\t\"\n"), "2: x |\t|\n");
}

static void test_csv_reader_counts_lines_inside_quotes(void **state)
{
    (void)state;
    check_text(TEXT("a,b\n\"1\n2\",x\n3,4\n\"\n\n\",\"\n\"\n5,6\n"),
               "2:1\n2|x|\n4:3|4|\n5:\n\n|\n|\n9:5|6|\n");
    check_text(TEXT("a,b\n\"1\r\n2\",x\r\n3\n"), "2:1\r\n2|x|\n<stdin>:4: expected 2 fields, found 1");
    check_text(TEXT("\"a\nb\",c\n1,2\n3\n"), "3:1|2|\n<stdin>:4: expected 2 fields, found 1");
}

static void test_csv_reader_reads_crlf_and_byte_order_mark(void **state)
{
    (void)state;
    check_text(TEXT("a,b\r\n1,2\r\n\"3\",\"4\"\r\n"), "2:1|2|\n3:3|4|\n");
    check_text(TEXT("\xef\xbb\xbf" "a,b\n1,2\n"), "2:1|2|\n");
    check_text(TEXT("\xef\xbb\xbf" "\"a\",b\r\n1,2\r\n"), "2:1|2|\n");
}

static void test_csv_reader_takes_a_last_line_without_line_end(void **state)
{
    (void)state;
    check_text(TEXT("a,b\n1,2"), "2:1|2|\n");
    check_text(TEXT("a,b\n1,\"2\""), "2:1|2|\n");
    check_text(TEXT("a,b\n1,"), "2:1||\n");
    check_text(TEXT("a,b\n1,2\r"), "2:1|2|\n");
    check_text(TEXT("a\tb\n1\t2"), "2:1|2|\n");
}

static void test_csv_reader_passes_over_empty_lines(void **state)
{
    (void)state;
    check_text(TEXT("a,b\n\n1,2\n\r\n\n3,4\n\n"), "3:1|2|\n6:3|4|\n");
    check_text(TEXT("a\n\n1\n\"\"\n"), "3:1|\n4:|\n");
}

static void test_csv_reader_refuses_ragged_rows(void **state)
{
    (void)state;
    check_text(TEXT("a,b\n1,2\n1,2,3\n"), "2:1|2|\n<stdin>:3: expected 2 fields, found 3");
    check_text(TEXT("a,b\n\"1\",2,3,4\n"), "<stdin>:2: expected 2 fields, found 4");
    check_text(TEXT("a,b\n \n"), "<stdin>:2: expected 2 fields, found 1");
    check_text(TEXT("a\tb\n1\n"), "<stdin>:2: expected 2 fields, found 1");
}

static void test_csv_reader_refuses_damaged_text(void **state)
{
    (void)state;
    check_text(TEXT("a,b\n1,2\n1,\0\n"), "<stdin>:3: a NUL byte (is this a text file?)");
    check_text(TEXT("a,b\n1,2\r3,4\n"), "<stdin>:2: a carriage return that no line feed follows");
    check_text(TEXT("a,b\n\"1\",2\r3,4\n"), "<stdin>:2: a carriage return that no line feed follows");
    check_text(TEXT("a,b\n1\r,\"2\"\n"), "<stdin>:2: a carriage return that no line feed follows");
    check_text(TEXT("a,b\n1,x\"y\"\n"), "<stdin>:2: a quote in the wrong place");
    check_text(TEXT("a,b\n1,\"x\"y\n"), "<stdin>:2: a quote in the wrong place");
    check_text(TEXT("a,b\n1,\"x\" \n"), "<stdin>:2: a quote in the wrong place");
    check_text(TEXT("a,b\n1,x\"\n"), "<stdin>:2: a quote in the wrong place");
    check_text(TEXT("a,b\n1,2\n3,\"x\n4,5\n"), "2:1|2|\n<stdin>:3: a quoted field that is never closed");
    check_text(TEXT("a,b\n3,\"x\"\"\n4,5\n"), "<stdin>:2: a quoted field that is never closed");
}

static void test_csv_reader_refuses_bad_headers(void **state)
{
    (void)state;
    check_text(TEXT(""), "<stdin>:1: empty: a header line with the columns' names is needed");
    check_text(TEXT("\n1,2\n"), "<stdin>:1: empty: a header line with the columns' names is needed");
    check_text(TEXT("\xef\xbb\xbf"), "<stdin>:1: empty: a header line with the columns' names is needed");
    check_text(TEXT("a,,b\n"), "<stdin>:1: column 2 of the header has no name");
    check_text(TEXT("a,b,a\n"), "<stdin>:1: two columns are called 'a'");
    check_text(TEXT("a,b\xff\n"), "<stdin>:1: column 2 of the header: not valid UTF-8");
    check_text(TEXT("a,\"b\n"), "<stdin>:1: a quoted field that is never closed");
}

static void test_csv_reader_checks_utf8_of_used_columns_only(void **state)
{
    struct tt_csv csv;
    struct tt_err err = TT_ERR_INIT;

    (void)state;
    check_text(TEXT("a,b\n1,2\n\xc3\x28,2\n"), "2:1|2|\n<stdin>:3: field 'a': not valid UTF-8");
    put_on_stdin(TEXT("a,b\n\xff,x\n\"\xff\",y\n1,\xff\n"));
    assert_int_equal(tt_csv_open(&csv, "-", TT_CSV_AUTO, &err), 0);
    assert_int_equal(tt_csv_need_column(&csv, "b", &err), 1);
    assert_int_equal(tt_csv_next(&csv, &err), 1);
    assert_memory_equal(csv.fields[1].text, "x", 1);
    assert_int_equal(tt_csv_next(&csv, &err), 1);
    assert_memory_equal(csv.fields[1].text, "y", 1);
    assert_int_equal(tt_csv_next(&csv, &err), -1);
    assert_string_equal(err.text, "<stdin>:4: field 'b': not valid UTF-8");
    tt_csv_close(&csv);
}

static void test_csv_reader_reads_tsv(void **state)
{
    (void)state;
    check_text(TEXT("a\tb\n1\\t2\t\\n\\r\\\\\nx,y\t\"z\"\n\t\n"), "2:1\t2|\n\r\\|\n3:x,y|\"z\"|\n4:||\n");
    check_text(TEXT("a\tb\n1\\x\t2\n"), "<stdin>:2: a backslash that none of t, n, r and \\ follows");
    check_text(TEXT("a\tb\n1\t2\\\n"), "<stdin>:2: a backslash that none of t, n, r and \\ follows");
    check_text(TEXT("a\tb\n\n1\t2\r\n"), "3:1|2|\n");
    check_text(TEXT("a\tb,c\n1,2\n"), "2:1|2|\n"); /* a comma: CSV, with the column "a<tab>b" */
}

static void test_csv_reader_keeps_empty_fields_of_a_tsv_of_one_column(void **state)
{
    struct tt_csv csv;
    struct tt_err err = TT_ERR_INIT;
    struct tt_buf out = TT_BUF_INIT;

    (void)state;
    put_on_stdin(TEXT("a\n1\n\n2\n"));
    assert_int_equal(tt_csv_open(&csv, NULL, TT_CSV_TAB, &err), 0);
    tt_csv_use_all(&csv);
    dump_open(&csv, &out);
    assert_string_equal(out.data, "2:1|\n3:|\n4:2|\n");
    tt_buf_release(&out);
    tt_csv_close(&csv);
}

/* n bytes of `fill` between two texts. */
static char *long_text(const char *before, char fill, size_t n, const char *after, size_t *len)
{
    char *text = malloc(strlen(before) + n + strlen(after) + 1);

    assert_non_null(text);
    *len = strlen(before) + n + strlen(after);
    memcpy(text, before, strlen(before));
    memset(text + strlen(before), fill, n);
    memcpy(text + strlen(before) + n, after, strlen(after) + 1);
    return text;
}

static void check_long(const char *before, size_t n, const char *after, const char *expected)
{
    size_t len;
    char *text = long_text(before, 'x', n, after, &len);
    struct tt_buf out = TT_BUF_INIT;

    put_on_stdin(text, len);
    dump(&out);
    if (expected)
        assert_string_equal(out.data, expected);
    else
        assert_true(out.len > n && out.data[out.len - 1] == '\n');
    tt_buf_release(&out);
    free(text);
}

static void test_csv_reader_limits_the_length_of_fields(void **state)
{
    static const char too_long[] = "<stdin>:2: field 'b': longer than 1048576 bytes";

    (void)state;
    check_long("a,b\n1,", TT_CSV_MAX_FIELD, "\n", NULL);
    check_long("a,b\n1,", TT_CSV_MAX_FIELD + 1, "\n", too_long);
    check_long("a,b\n1,\"", TT_CSV_MAX_FIELD, "\"\n", NULL);
    check_long("a,b\n1,\"", TT_CSV_MAX_FIELD + 1, "\"\n", too_long);
    check_long("a\tb\n1\t", TT_CSV_MAX_FIELD + 1, "\n", too_long);
}

static void test_csv_reader_stops_at_a_quote_that_nothing_closes(void **state)
{
    static const char expected[] =
        "<stdin>:2: a field longer than 1048576 bytes (a quote that is never closed?)";
    struct tt_buf text = TT_BUF_INIT, out = TT_BUF_INIT;
    struct tt_err err = TT_ERR_INIT;

    (void)state;
    assert_int_equal(tt_buf_add_text(&text, "a,b\n1,\"x\n", &err), 0);
    while (text.len < 3 << 20)
        assert_int_equal(tt_buf_add_text(&text, "12345,67890 and more\n", &err), 0);
    put_on_stdin(text.data, text.len);
    dump(&out);
    assert_string_equal(out.data, expected);
    tt_buf_release(&text);
    tt_buf_release(&out);
}

static void test_csv_reader_names_columns(void **state)
{
    struct tt_csv csv;
    struct tt_err err = TT_ERR_INIT;

    (void)state;
    put_on_stdin(TEXT("user,\"the item\",x\n1,2,some text\n"));
    assert_int_equal(tt_csv_open(&csv, NULL, TT_CSV_AUTO, &err), 0);
    assert_int_equal(csv.n_columns, 3);
    assert_int_equal(tt_csv_find_column(&csv, "the item"), 1);
    assert_int_equal(tt_csv_find_column(&csv, "User"), -1);
    assert_int_equal(tt_csv_need_column(&csv, "x", &err), 2);
    assert_int_equal(tt_csv_need_column(&csv, "y", &err), -1);
    assert_int_equal(err.kind, TT_ERR_INPUT);
    assert_string_equal(err.text, "<stdin>: no column 'y' (there are: user, the item, x)");
    err = (struct tt_err)TT_ERR_INIT;
    assert_int_equal(tt_csv_next(&csv, &err), 1);
    assert_int_equal(tt_csv_field_error(&csv, 2, "is not a number", &err), -1);
    assert_string_equal(err.text, "<stdin>:2: field 'x': 'some text' is not a number");
    tt_csv_close(&csv);
}

static void test_csv_reader_cuts_a_field_in_an_error_between_characters(void **state)
{
    struct tt_csv csv;
    struct tt_err err = TT_ERR_INIT;

    (void)state;
    put_on_stdin(TEXT("a\nx맛맛맛맛맛맛맛맛맛맛맛맛맛맛맛맛맛맛맛맛맛\n"));
    assert_int_equal(tt_csv_open(&csv, NULL, TT_CSV_AUTO, &err), 0);
    tt_csv_use_all(&csv);
    assert_int_equal(tt_csv_next(&csv, &err), 1);
    assert_int_equal(tt_csv_field_error(&csv, 0, "is bad", &err), -1);
    assert_string_equal(err.text, "<stdin>:2: field 'a': 'x맛맛맛맛맛맛맛맛맛맛맛맛맛맛맛맛맛맛맛...' is bad");
    tt_csv_close(&csv);
}

/* Header and rows together are the input's bytes, but for empty lines and the mark at the start. */
static void test_csv_reader_counts_fields_of_unused_columns(void **state)
{
    struct tt_csv csv;
    struct tt_err err = TT_ERR_INIT;

    (void)state;
    for (size_t used = 0; used <= 12; used++) { /* 12: none */
        put_on_stdin(TEXT("a,b,c,d,e,f,g,h,i,j,k,l\n"
                          "0,1,2,3,4,5,6,7,8,9,10,11\n"
                          "0,1,,,4,5 5,6,\xc0\xac\xac,8,9,10,11\n" /* bytes like a comma, but for their upper bits */
                          ",,,,,,,,,,,\n"
                          "0,1,2,3,4,5,6,7,8,9,10\n"));
        err = (struct tt_err)TT_ERR_INIT;
        assert_int_equal(tt_csv_open(&csv, NULL, TT_CSV_AUTO, &err), 0);
        if (used < 12 && used != 7)
            tt_csv_use(&csv, used);
        assert_int_equal(tt_csv_next(&csv, &err), 1);
        if (used < 12 && used != 7) {
            char text[8];
            int len = snprintf(text, sizeof(text), "%zu", used);
            assert_int_equal(csv.fields[used].len, len);
            assert_memory_equal(csv.fields[used].text, text, (size_t)len);
        }
        assert_int_equal(tt_csv_next(&csv, &err), 1);
        assert_int_equal(tt_csv_next(&csv, &err), 1);
        assert_int_equal(tt_csv_next(&csv, &err), -1);
        assert_string_equal(err.text, "<stdin>:5: expected 12 fields, found 11");
        tt_csv_close(&csv);
    }
}

static void test_csv_reader_gives_the_bytes_of_rows(void **state)
{
    static const char *const lines[] = {"a,b\r\n", "1,2\n", "\"x\ny\",\"\"\"\"\r\n", "3,4\r\n", "5,\"6\""};
    struct tt_buf text = TT_BUF_INIT;
    struct tt_err err = TT_ERR_INIT;
    struct tt_csv csv;

    (void)state;
    for (size_t i = 0; i < LENGTH(lines); i++)
        assert_int_equal(tt_buf_printf(&text, &err, "%s%s", i == 0   ? "\xef\xbb\xbf"
                                                            : i == 2 ? "\n\r\n"
                                                                     : "", lines[i]), 0);
    put_on_stdin(text.data, text.len);
    assert_int_equal(tt_csv_open(&csv, NULL, TT_CSV_AUTO, &err), 0);
    assert_int_equal(csv.header_len, strlen(lines[0]));
    assert_memory_equal(csv.header, lines[0], csv.header_len);
    for (size_t i = 1; i < LENGTH(lines); i++) {
        assert_int_equal(tt_csv_next(&csv, &err), 1);
        assert_int_equal(csv.row_len, strlen(lines[i]));
        assert_memory_equal(csv.row, lines[i], csv.row_len);
    }
    assert_int_equal(tt_csv_next(&csv, &err), 0);
    tt_csv_close(&csv);
    tt_buf_release(&text);
}

static void test_csv_reader_rewinds(void **state)
{
    struct tt_csv csv;
    struct tt_err err = TT_ERR_INIT;
    struct tt_buf first = TT_BUF_INIT, second = TT_BUF_INIT;
    char before[TT_FINGERPRINT_HEX + 1], after[TT_FINGERPRINT_HEX + 1];
    int fds[2];

    (void)state;
    put_on_stdin(TEXT("\xef\xbb\xbf\"a\nb\",c\n\n1,\"2\n\"\n3,4"));
    assert_int_equal(tt_csv_open(&csv, NULL, TT_CSV_AUTO, &err), 0);
    tt_csv_use_all(&csv);
    dump_open(&csv, &first);
    tt_hasher_digest(csv.reader.hasher, before);
    assert_int_equal(tt_csv_rewind(&csv), 0);
    dump_open(&csv, &second);
    tt_hasher_digest(csv.reader.hasher, after);
    assert_string_equal(first.data, "4:1|2\n|\n6:3|4|\n");
    assert_string_equal(second.data, first.data);
    assert_string_equal(before, after);
    tt_csv_close(&csv);
    tt_buf_release(&first);
    tt_buf_release(&second);

    assert_int_equal(pipe(fds), 0);
    assert_int_equal(write(fds[1], "a\n1\n", 4), 4);
    close(fds[1]);
    assert_int_equal(dup2(fds[0], 0), 0);
    close(fds[0]);
    assert_int_equal(tt_csv_open(&csv, NULL, TT_CSV_AUTO, &err), 0);
    assert_int_equal(tt_csv_rewind(&csv), -1);
    assert_int_equal(err.kind, TT_ERR_NONE);
    tt_csv_close(&csv);
}

/* Let a child send the text in pieces: `first` bytes, then `rest` at a time. Each read gets one piece. */
static pid_t send_in_pieces(const char *text, size_t len, size_t first, size_t rest)
{
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(fds[0]);
        for (size_t at = 0, n = first; at < len; at += n, n = rest) {
            n = n < len - at ? n : len - at;
            if (write(fds[1], text + at, n) != (ssize_t)n)
                _exit(1);
        }
        _exit(0);
    }
    close(fds[1]);
    assert_int_equal(dup2(fds[0], 0), 0);
    close(fds[0]);
    return child;
}

static void check_pieces(const char *text, size_t len, size_t first, size_t rest, const char *expected)
{
    struct tt_buf out = TT_BUF_INIT;
    int status;
    pid_t child = send_in_pieces(text, len, first, rest);

    dump(&out);
    assert_string_equal(out.data, expected);
    tt_buf_release(&out);
    for (char rest_of_it[512]; read(0, rest_of_it, sizeof(rest_of_it)) > 0;) /* what follows an error */
        ;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void test_csv_reader_does_not_mind_how_input_is_cut(void **state)
{
    static const struct { const char *text; size_t len; } texts[] = {
        {TEXT("\xef\xbb\xbf" "ab,\"c d\"\r\n1,\"x \"\"y\"\" z\"\r\n\n\"\n\n\",\"4\r\n\"\r\n한글,\"맛\"\n5,6")},
        {TEXT("ab\tcd\n1\\t\\\\\t2\r\n\nx\ty\n")},
    };
    struct tt_buf expected = TT_BUF_INIT;

    (void)state;
    for (size_t t = 0; t < LENGTH(texts); t++) {
        put_on_stdin(texts[t].text, texts[t].len);
        dump(&expected);
        assert_null(strstr(expected.data, "<stdin>"));
        for (size_t k = 1; k < texts[t].len; k++) {
            check_pieces(texts[t].text, texts[t].len, k, texts[t].len, expected.data); /* two pieces */
            check_pieces(texts[t].text, texts[t].len, k, k, expected.data);            /* many */
        }
    }
    tt_buf_release(&expected);
}

/* The same of texts that were changed at random, most of which are refused: the same rows before the same error. */
static void test_csv_reader_reads_changed_texts_alike_however_they_are_cut(void **state)
{
    static const char *const words[] = {",", "\"", "\"\"", "\n", "\r\n", "\r", "\t", "\\t", "\\", ",\"", "\",",
                                        "\"\n\"", "\xef\xbb\xbf", "\xc3", "\xed\xa0\x80", "맛"};
    static const struct { const char *text; size_t len; } good[] = {
        {TEXT("ab,\"c d\"\r\n1,\"x \"\"y\"\" z\"\r\n\n\"\n\n\",\"4\r\n\"\r\n한글,\"맛\"\n5,6\n")},
        {TEXT("ab\tcd\n1\\t\\\\\t2\r\n\nx\ty\n")},
    };
    struct mutator m = {.words = words, .n_words = LENGTH(words), .max_len = 2000, .max_repeats = 100};
    struct tt_buf text = TT_BUF_INIT, expected = TT_BUF_INIT;
    size_t n_read = 0, n_refused = 0;

    (void)state;
    tt_rng_init(&m.rng, 3, TT_RNG_TEST, 0);
    for (int round = 0; round < 1500; round++) {
        size_t which = tt_rng_below(&m.rng, LENGTH(good));
        mutate(&m, &text, good[which].text, good[which].len, 1 + tt_rng_below(&m.rng, 4));
        put_on_stdin(text.data, text.len);
        dump(&expected);
        int is_refused = strstr(expected.data, "<stdin>") != NULL;
        n_refused += is_refused;
        n_read += !is_refused;
        if (memchr(text.data, '\0', text.len)) /* refused with all rows of its chunk */
            assert_true(is_refused);
        else
            check_pieces(text.data, text.len, 1 + tt_rng_below(&m.rng, text.len + 1),
                         1 + tt_rng_below(&m.rng, 30), expected.data);
    }
    assert_true(n_read > 100 && n_refused > 500);
    tt_buf_release(&text);
    tt_buf_release(&expected);
}

/* Random bytes for a field: letters, two Korean syllables, and, where they may stand, what needs quotes. */
static void random_field(struct tt_rng *rng, int needs_quotes, struct tt_buf *out)
{
    static const char *const plain[] = {"a", "b", "0", " ", "맛", "집", ".", "\t", "\\"};
    static const char *const special[] = {",", "\"\"", "\n", "\r\n", ",,", "\r"};
    struct tt_err err = TT_ERR_INIT;

    for (size_t n = tt_rng_below(rng, 12); n > 0; n--) {
        const char *piece = needs_quotes && tt_rng_below(rng, 3) == 0 ? special[tt_rng_below(rng, LENGTH(special))]
                                                                      : plain[tt_rng_below(rng, LENGTH(plain))];
        assert_int_equal(tt_buf_add_text(out, piece, &err), 0);
    }
}

/* The first four fields of each row. */
static void dump_four(const struct tt_buf *text, struct tt_buf *out)
{
    struct tt_csv csv;
    struct tt_err err = TT_ERR_INIT;
    int more;

    out->len = 0;
    put_on_stdin(text->data, text->len);
    assert_int_equal(tt_csv_open(&csv, NULL, TT_CSV_AUTO, &err), 0);
    tt_csv_use_all(&csv);
    while ((more = tt_csv_next(&csv, &err)) == 1) {
        for (size_t i = 0; i < 4; i++) {
            assert_int_equal(tt_buf_add(out, csv.fields[i].text, csv.fields[i].len, &err), 0);
            assert_int_equal(tt_buf_add_text(out, i < 3 ? "|" : "|\n", &err), 0);
        }
    }
    assert_int_equal(more, 0);
    tt_csv_close(&csv);
}

/* The quick ways, for lines without a quote and for those whose quoted fields end in them, against libcsv's: the same
 * fields plain, quoted here and there, and quoted with a line break in a fifth column, which sends each row to libcsv.
 * */
static void test_csv_reader_agrees_with_libcsv(void **state)
{
    struct tt_rng rng;
    struct tt_buf plain = TT_BUF_INIT, some = TT_BUF_INIT, slow = TT_BUF_INIT, a = TT_BUF_INIT, b = TT_BUF_INIT,
                  field = TT_BUF_INIT;
    struct tt_err err = TT_ERR_INIT;

    (void)state;
    tt_rng_init(&rng, 1, TT_RNG_TEST, 0);
    for (int round = 0; round < 30; round++) {
        plain.len = some.len = slow.len = 0;
        for (int row = 0; row < 400; row++) {
            for (int i = 0; i < 4; i++) {
                const char *quote = tt_rng_below(&rng, 4) ? "" : "\"";
                field.len = 0;
                assert_int_equal(tt_buf_add(&field, "", 0, &err), 0);
                if (row == 0) /* names */
                    assert_int_equal(tt_buf_printf(&field, &err, "%d", i), 0);
                else
                    random_field(&rng, 0, &field);
                assert_int_equal(tt_buf_printf(&plain, &err, "%s,", field.data), 0);
                assert_int_equal(tt_buf_printf(&some, &err, "%s%s%s,", quote, field.data, quote), 0);
                assert_int_equal(tt_buf_printf(&slow, &err, "\"%s\",", field.data), 0);
            }
            assert_int_equal(tt_buf_add_text(&plain, "x\n", &err), 0);
            assert_int_equal(tt_buf_add_text(&some, "\"x\"\"\"\r\n", &err), 0);
            assert_int_equal(tt_buf_add_text(&slow, "\"\n\"\n", &err), 0);
        }
        dump_four(&plain, &a);
        dump_four(&some, &b);
        assert_string_equal(a.data, b.data);
        dump_four(&slow, &b);
        assert_string_equal(a.data, b.data);
    }
    tt_buf_release(&plain);
    tt_buf_release(&some);
    tt_buf_release(&slow);
    tt_buf_release(&a);
    tt_buf_release(&b);
    tt_buf_release(&field);
}

/* Some megabytes of random rows, so that all kinds lie across the ends of chunks, against fields undone by hand. */
static void test_csv_reader_reads_random_rows_of_many_chunks(void **state)
{
    struct tt_rng rng;
    struct tt_buf text = TT_BUF_INIT, expected = TT_BUF_INIT, field = TT_BUF_INIT, out = TT_BUF_INIT;
    struct tt_err err = TT_ERR_INIT;
    unsigned long line = 2;

    (void)state;
    tt_rng_init(&rng, 2, TT_RNG_TEST, 0);
    assert_int_equal(tt_buf_add_text(&text, "a,b,c\n", &err), 0);
    while (text.len < 2000000) {
        assert_int_equal(tt_buf_printf(&expected, &err, "%lu:", line), 0);
        for (int i = 0; i < 3; i++) {
            int is_quoted = tt_rng_below(&rng, 3) == 0;
            field.len = 0;
            assert_int_equal(tt_buf_add(&field, "", 0, &err), 0);
            random_field(&rng, is_quoted, &field);
            assert_int_equal(tt_buf_printf(&text, &err, is_quoted ? "\"%s\"" : "%s", field.data), 0);
            assert_int_equal(tt_buf_add_text(&text, i < 2 ? "," : tt_rng_below(&rng, 2) ? "\n" : "\r\n", &err), 0);
            for (const char *p = field.data; *p; p += 1 + (*p == '"')) { /* doubled quotes become one */
                line += *p == '\n';
                assert_int_equal(tt_buf_add(&expected, p, 1, &err), 0);
            }
            assert_int_equal(tt_buf_add_text(&expected, "|", &err), 0);
        }
        assert_int_equal(tt_buf_add_text(&expected, "\n", &err), 0);
        line++;
    }
    put_on_stdin(text.data, text.len);
    dump(&out);
    assert_int_equal(out.len, expected.len);
    assert_memory_equal(out.data, expected.data, out.len);
    tt_buf_release(&text);
    tt_buf_release(&expected);
    tt_buf_release(&field);
    tt_buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv_reader_reads_rows),
        cmocka_unit_test(test_csv_reader_reads_quoted_fields),
        cmocka_unit_test(test_csv_reader_counts_lines_inside_quotes),
        cmocka_unit_test(test_csv_reader_reads_crlf_and_byte_order_mark),
        cmocka_unit_test(test_csv_reader_takes_a_last_line_without_line_end),
        cmocka_unit_test(test_csv_reader_passes_over_empty_lines),
        cmocka_unit_test(test_csv_reader_refuses_ragged_rows),
        cmocka_unit_test(test_csv_reader_refuses_damaged_text),
        cmocka_unit_test(test_csv_reader_refuses_bad_headers),
        cmocka_unit_test(test_csv_reader_checks_utf8_of_used_columns_only),
        cmocka_unit_test(test_csv_reader_reads_tsv),
        cmocka_unit_test(test_csv_reader_keeps_empty_fields_of_a_tsv_of_one_column),
        cmocka_unit_test(test_csv_reader_limits_the_length_of_fields),
        cmocka_unit_test(test_csv_reader_stops_at_a_quote_that_nothing_closes),
        cmocka_unit_test(test_csv_reader_names_columns),
        cmocka_unit_test(test_csv_reader_cuts_a_field_in_an_error_between_characters),
        cmocka_unit_test(test_csv_reader_counts_fields_of_unused_columns),
        cmocka_unit_test(test_csv_reader_gives_the_bytes_of_rows),
        cmocka_unit_test(test_csv_reader_rewinds),
        cmocka_unit_test(test_csv_reader_does_not_mind_how_input_is_cut),
        cmocka_unit_test(test_csv_reader_reads_changed_texts_alike_however_they_are_cut),
        cmocka_unit_test(test_csv_reader_agrees_with_libcsv),
        cmocka_unit_test(test_csv_reader_reads_random_rows_of_many_chunks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
