/* Rows of a CSV or TSV text with a header line.
 *
 *     tt_csv_open(&csv, path, TT_CSV_AUTO, &err);
 *     column = tt_csv_need_column(&csv, "user_id", &err);      // and tt_csv_use for each other column to read
 *     while ((more = tt_csv_next(&csv, &err)) == 1)
 *         ... csv.fields[column].text, .len ...
 *
 * CSV is RFC 4180: quoted fields may hold commas, line breaks and doubled quotes; lines end in LF or CRLF; blanks
 * belong to the field; empty lines are skipped. TSV is one line a row, tab between fields, and \t \n \r \\ in a
 * field for tab, line feed, carriage return and backslash. AUTO looks at the header line: a tab in it and no comma
 * means TSV. A UTF-8 byte order mark at the start is skipped.
 *
 * Errors, with file and physical line: no header; an empty or doubled column name; a row with more or fewer fields than
 * the header; a quote left open or out of place; a NUL byte; a field longer than TT_CSV_MAX_FIELD; and, in columns that
 * are used, text that is not UTF-8. A last line without a line end is a row like any other.
 *
 * Speed: a line without any quote, or with quoted fields that end in it, is cut in place, and no further than the last
 * column that is used; others go through libcsv. A test compares the two.
 */
#ifndef TT_IO_CSV_READER_H
#define TT_IO_CSV_READER_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "io/stream.h"

enum tt_csv_format { TT_CSV_AUTO, TT_CSV_COMMA, TT_CSV_TAB };

enum { TT_CSV_MAX_FIELD = 1 << 20 };

struct tt_csv_field {
    const char *text; /* not NUL-terminated */
    size_t len;
};

struct tt_csv_parser; /* libcsv's state, in csv_reader.c */

struct tt_csv {
    struct tt_reader reader;
    enum tt_csv_format format; /* never AUTO after open */
    size_t n_columns;
    char **names;              /* (n_columns), owned */
    struct tt_csv_field *fields; /* (n_columns) of the present row, valid until the next call */
    unsigned char *used;       /* (n_columns) */
    uint64_t line;             /* physical line, from 1, on which the present row begins */
    const char *row;           /* the present row's bytes as they stand in the input, with its line end */
    size_t row_len;
    const char *header;        /* the header line's bytes likewise (owned), without a byte order mark */
    size_t header_len;
    /* private */
    struct tt_csv_parser *parser;
    char *chunk;
    size_t chunk_cap, chunk_len, chunk_at;
    int at_end;
    uint64_t next_line;
    struct tt_buf scratch;
};

/* path NULL or "-": standard input. Reads the header. */
int tt_csv_open(struct tt_csv *csv, const char *path, enum tt_csv_format format, struct tt_err *err) TT_CHECKED;
void tt_csv_close(struct tt_csv *csv); /* fine on a struct that is all zero */

/* The column's place, or -1. */
long tt_csv_find_column(const struct tt_csv *csv, const char *name);

/* The column's place, which becomes used; -1 and an error "FILE: no column 'x' (there are: a, b, c)". */
long tt_csv_need_column(struct tt_csv *csv, const char *name, struct tt_err *err) TT_CHECKED;

void tt_csv_use(struct tt_csv *csv, size_t column); /* fields of columns that are not used may be left unset */
void tt_csv_use_all(struct tt_csv *csv);

/* 1: a row is there; 0: the end; -1: an error. */
int tt_csv_next(struct tt_csv *csv, struct tt_err *err) TT_CHECKED;

/* Start again at the first row. -1 without an error text when the input is not a file. */
int tt_csv_rewind(struct tt_csv *csv);

/* An error about a field of the present row: "FILE:LINE: field 'NAME': 'TEXT' WHAT", the text cut when it is long. */
int tt_csv_field_error(const struct tt_csv *csv, size_t column, const char *what, struct tt_err *err);

#endif
