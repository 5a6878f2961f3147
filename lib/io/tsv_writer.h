/* Fields and rows out, as TSV or CSV: the counterpart of csv_reader, which reads back exactly what was written. TSV
 * escapes tab, line feed, carriage return and backslash as \t \n \r \\; CSV quotes a field that holds a comma, a quote
 * or a line break, doubling quotes, as RFC 4180 says.
 */
#ifndef TT_IO_TSV_WRITER_H
#define TT_IO_TSV_WRITER_H

#include "io/csv_reader.h"
#include "io/stream.h"

/* One field's text, escaped or quoted; no delimiter. */
int tt_tsv_field(struct tt_writer *writer, enum tt_csv_format format, const char *text, size_t len,
                 struct tt_err *err) TT_CHECKED;

/* The delimiter of the format: '\t' or ','. */
char tt_tsv_delimiter(enum tt_csv_format format);

/* A number as %.9g, which names every float exactly; the C locale's point. */
int tt_tsv_number(struct tt_writer *writer, double value, struct tt_err *err) TT_CHECKED;

#endif
