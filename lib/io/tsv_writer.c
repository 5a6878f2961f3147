/* Fields and rows out: see tsv_writer.h. */
#include "io/tsv_writer.h"

#include <string.h>

char tt_tsv_delimiter(enum tt_csv_format format)
{
    return format == TT_CSV_COMMA ? ',' : '\t';
}

/* A quote around the field, and every quote in it doubled. */
static int quoted(struct tt_writer *writer, const char *text, size_t len, struct tt_err *err)
{
    const char *end = text + len;

    if (tt_writer_write(writer, "\"", 1, err))
        return -1;
    while (text < end) {
        const char *quote = memchr(text, '"', (size_t)(end - text));
        size_t n = quote ? (size_t)(quote + 1 - text) : (size_t)(end - text);
        if (tt_writer_write(writer, text, n, err) || (quote && tt_writer_write(writer, "\"", 1, err)))
            return -1;
        text += n;
    }
    return tt_writer_write(writer, "\"", 1, err);
}

static int escaped(struct tt_writer *writer, const char *text, size_t len, struct tt_err *err)
{
    for (size_t i = 0; i < len; i++) {
        const char *code = NULL;
        switch (text[i]) {
        case '\t': code = "\\t"; break;
        case '\n': code = "\\n"; break;
        case '\r': code = "\\r"; break;
        case '\\': code = "\\\\"; break;
        default: break;
        }
        if (code ? tt_writer_write(writer, code, 2, err) : tt_writer_write(writer, text + i, 1, err))
            return -1;
    }
    return 0;
}

int tt_tsv_field(struct tt_writer *writer, enum tt_csv_format format, const char *text, size_t len, struct tt_err *err)
{
    int plain = 1;

    if (format == TT_CSV_COMMA) {
        for (size_t i = 0; i < len && plain; i++)
            plain = text[i] != ',' && text[i] != '"' && text[i] != '\n' && text[i] != '\r';
        return plain ? tt_writer_write(writer, text, len, err) : quoted(writer, text, len, err);
    }
    for (size_t i = 0; i < len && plain; i++)
        plain = text[i] != '\t' && text[i] != '\n' && text[i] != '\r' && text[i] != '\\';
    return plain ? tt_writer_write(writer, text, len, err) : escaped(writer, text, len, err);
}

int tt_tsv_number(struct tt_writer *writer, double value, struct tt_err *err)
{
    return tt_writer_printf(writer, err, "%.9g", value);
}
