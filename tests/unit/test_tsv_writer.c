/* What the writer writes, the reader reads back, in both formats. */
#include "io/tsv_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "base/rng.h"
#include "io/csv_reader.h"

#include "unit.h"

/* The field's bytes in the format. */
static void check_field(enum tt_csv_format format, const char *text, size_t len, const char *expected)
{
    struct tt_writer writer;
    struct tt_reader reader;
    struct tt_err err = TT_ERR_INIT;
    char back[100];
    size_t got;

    assert_int_equal(tt_writer_open(&writer, "a", NULL, &err), 0);
    assert_int_equal(tt_tsv_field(&writer, format, text, len, &err), 0);
    assert_int_equal(tt_writer_finish(&writer, NULL, &err), 0);
    assert_int_equal(tt_reader_open(&reader, "a", &err), 0);
    assert_int_equal(tt_reader_read_full(&reader, back, sizeof(back) - 1, &got, &err), 0);
    back[got] = '\0';
    assert_string_equal(back, expected);
    tt_reader_close(&reader);
    unlink("a");
}

static void test_tsv_field_escapes_and_quotes(void **state)
{
    static const struct { const char *text, *tsv, *csv; } known[] = {
        {"", "", ""},
        {"plain text 맛", "plain text 맛", "plain text 맛"},
        {"a,b", "a,b", "\"a,b\""},
        {"say \"hi\"", "say \"hi\"", "\"say \"\"hi\"\"\""},
        {"\"", "\"", "\"\"\"\""},
        {"a\tb\\c", "a\\tb\\\\c", "a\tb\\c"},
        {"a\nb\r", "a\\nb\\r", "\"a\nb\r\""},
        {" x ", " x ", " x "},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(known); i++) {
        check_field(TT_CSV_TAB, known[i].text, strlen(known[i].text), known[i].tsv);
        check_field(TT_CSV_COMMA, known[i].text, strlen(known[i].text), known[i].csv);
    }
    check_field(TT_CSV_COMMA, "abc", 2, "ab"); /* the length counts */
    assert_int_equal(tt_tsv_delimiter(TT_CSV_COMMA), ',');
    assert_int_equal(tt_tsv_delimiter(TT_CSV_TAB), '\t');
}

enum { ROWS = 3000, COLUMNS = 3 };

static void check_round_trip(enum tt_csv_format format, struct tt_rng *rng)
{
    static const char *const pieces[] = {"a", "Z", " ", "\t", "\n", "\r", "\r\n", "\\", "\\n",
                                         ",", "\"", "\"\"", "맛", "'", "\\t"};
    struct tt_buf fields = TT_BUF_INIT; /* each with a NUL behind it */
    struct tt_err err = TT_ERR_INIT;
    struct tt_writer writer;
    struct tt_csv csv;
    char delimiter = tt_tsv_delimiter(format);

    assert_int_equal(tt_writer_open(&writer, "a", NULL, &err), 0);
    assert_int_equal(tt_writer_printf(&writer, &err, "x%cy%cz\n", delimiter, delimiter), 0);
    for (int row = 0; row < ROWS; row++) {
        for (int i = 0; i < COLUMNS; i++) {
            size_t from = fields.len;
            for (size_t n = tt_rng_below(rng, 8); n > 0; n--)
                assert_int_equal(tt_buf_add_text(&fields, pieces[tt_rng_below(rng, LENGTH(pieces))], &err), 0);
            assert_int_equal(tt_buf_add(&fields, "", 0, &err), 0);
            assert_int_equal(tt_tsv_field(&writer, format, fields.data + from, fields.len - from, &err), 0);
            assert_int_equal(tt_writer_write(&writer, i + 1 < COLUMNS ? &delimiter : "\n", 1, &err), 0);
            assert_int_equal(tt_buf_add(&fields, "", 1, &err), 0);
        }
    }
    assert_int_equal(tt_writer_finish(&writer, NULL, &err), 0);

    assert_int_equal(tt_csv_open(&csv, "a", TT_CSV_AUTO, &err), 0);
    assert_int_equal(csv.format, format);
    tt_csv_use_all(&csv);
    const char *expected = fields.data;
    for (int row = 0; row < ROWS; row++) {
        assert_int_equal(tt_csv_next(&csv, &err), 1);
        for (int i = 0; i < COLUMNS; i++) {
            assert_int_equal(csv.fields[i].len, strlen(expected));
            assert_memory_equal(csv.fields[i].text, expected, csv.fields[i].len);
            expected += strlen(expected) + 1;
        }
    }
    assert_int_equal(tt_csv_next(&csv, &err), 0);
    tt_csv_close(&csv);
    tt_buf_release(&fields);
    unlink("a");
}

static void test_tsv_writer_and_csv_reader_are_inverse(void **state)
{
    struct tt_rng rng;

    (void)state;
    tt_rng_init(&rng, 1, TT_RNG_TEST, 0);
    check_round_trip(TT_CSV_TAB, &rng);
    check_round_trip(TT_CSV_COMMA, &rng);
}

static void test_tsv_number_names_every_float(void **state)
{
    struct tt_rng rng;
    struct tt_writer writer;
    struct tt_csv csv;
    struct tt_err err = TT_ERR_INIT;
    enum { N = 5000 };
    static float values[N];

    (void)state;
    tt_rng_init(&rng, 2, TT_RNG_TEST, 0);
    assert_int_equal(tt_writer_open(&writer, "a", NULL, &err), 0);
    assert_int_equal(tt_writer_text(&writer, "x\n", &err), 0);
    for (int i = 0; i < N; i++) {
        uint32_t bits = tt_rng_u32(&rng);
        bits = (bits >> 23 & 0xff) == 0xff ? 0 : bits; /* finite */
        memcpy(&values[i], &bits, sizeof(bits));
        assert_int_equal(tt_tsv_number(&writer, (double)values[i], &err), 0);
        assert_int_equal(tt_writer_text(&writer, "\n", &err), 0);
    }
    assert_int_equal(tt_writer_finish(&writer, NULL, &err), 0);
    assert_int_equal(tt_csv_open(&csv, "a", TT_CSV_TAB, &err), 0);
    assert_int_equal(tt_csv_need_column(&csv, "x", &err), 0);
    for (int i = 0; i < N; i++) {
        double value;
        assert_int_equal(tt_csv_next(&csv, &err), 1);
        assert_int_equal(tt_parse_f64(csv.fields[0].text, csv.fields[0].len, &value), 0);
        assert_true((float)value == values[i]);
    }
    tt_csv_close(&csv);
    unlink("a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tsv_field_escapes_and_quotes),
        cmocka_unit_test(test_tsv_writer_and_csv_reader_are_inverse),
        cmocka_unit_test(test_tsv_number_names_every_float),
    };
    char folder[] = "/tmp/tt-test.XXXXXX";

    if (!mkdtemp(folder) || chdir(folder))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return chdir("/") || rmdir(folder) || failed;
}
