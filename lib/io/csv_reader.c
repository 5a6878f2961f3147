/* Rows of a CSV or TSV text: see csv_reader.h. The one file that includes libcsv.
 *
 * The input is read in chunks and cut at line feeds. A line without a quote is one row, cut at its delimiters in place;
 * so is a line whose quoted fields all end in it, as they should. Any other line with a quote, and the lines that
 * follow, go to libcsv until libcsv ends the row or finds the fault, so that line numbers and the row's own bytes are
 * known although libcsv tells neither. */
#include "io/csv_reader.h"

#include <csv.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"

enum {
    CHUNK = 1 << 18,               /* fits the second-level cache */
    MAX_ROW = 64 * TT_CSV_MAX_FIELD,
    MAX_COLUMNS = 1 << 16,
};

/* libcsv's parser and the row that its callbacks collect. */
struct tt_csv_parser {
    struct csv_parser csv;
    size_t *ends; /* where each field ends in scratch */
    size_t n_ends, cap_ends;
    int rows;     /* rows ended since the last reset */
    struct tt_buf *scratch;
    struct tt_err *err;
    int failed;
    size_t n_cut; /* columns up to the last that is used; those after it are only counted */
};

static void on_field(void *text, size_t len, void *arg)
{
    struct tt_csv_parser *p = arg;

    if (p->failed)
        return;
    if (p->rows > 0) { /* more follows in the same line: only a bare carriage return does that */
        p->rows = 2;
        return;
    }
    if (tt_grow(&p->ends, &p->cap_ends, p->n_ends + 1, sizeof(*p->ends), p->err) ||
        tt_buf_add(p->scratch, text, len, p->err)) {
        p->failed = 1;
        return;
    }
    p->ends[p->n_ends++] = p->scratch->len;
}

static void on_row(int terminator, void *arg)
{
    (void)terminator;
    ((struct tt_csv_parser *)arg)->rows++;
}

static int no_space(unsigned char c)
{
    (void)c; /* blanks and tabs around a field belong to it: RFC 4180, section 2.4 */
    return 0;
}

static int parser_open(struct tt_csv *csv, struct tt_err *err)
{
    struct tt_csv_parser *p = tt_alloc_zero(1, sizeof(*p), err);

    if (!p)
        return -1;
    if (csv_init(&p->csv, CSV_STRICT | CSV_STRICT_FINI)) {
        free(p);
        return tt_err_memory(err, 0);
    }
    csv_set_space_func(&p->csv, no_space);
    p->scratch = &csv->scratch;
    csv->parser = p;
    return 0;
}

/* Make sure that unread bytes exist; 1, or 0 at the end of the input, or -1. Keeps the bytes from `keep` on. */
static int refill(struct tt_csv *csv, size_t *keep, struct tt_err *err)
{
    size_t got;

    if (csv->at_end)
        return 0;
    if (*keep > 0) {
        memmove(csv->chunk, csv->chunk + *keep, csv->chunk_len - *keep);
        csv->chunk_len -= *keep;
        csv->chunk_at -= *keep;
        *keep = 0;
    }
    if (csv->chunk_len + CHUNK > csv->chunk_cap &&
        tt_grow(&csv->chunk, &csv->chunk_cap, csv->chunk_len + CHUNK, 1, err))
        return -1;
    if (tt_reader_read(&csv->reader, csv->chunk + csv->chunk_len, CHUNK, &got, err))
        return -1;
    if (got == 0) {
        csv->at_end = 1;
        return 0;
    }
    char *nul = memchr(csv->chunk + csv->chunk_len, '\0', got);
    if (nul) {
        uint64_t line = csv->next_line;
        for (const char *p = csv->chunk + csv->chunk_at; p < nul; p++)
            line += *p == '\n';
        return tt_err_set(err, TT_ERR_INPUT, "%s:%llu: a NUL byte (is this a text file?)", csv->reader.name,
                          (unsigned long long)line);
    }
    csv->chunk_len += got;
    return 1;
}

/* The next physical line with its line feed, if it has one: 1, 0 at the end, -1. *start is kept valid over refills. */
static int next_line(struct tt_csv *csv, size_t *start, const char **line, size_t *len, struct tt_err *err)
{
    size_t searched = csv->chunk_at;

    for (;;) {
        size_t left = csv->chunk_len - searched; /* 0 before the first chunk, when there is no memory to search */
        char *feed = left ? memchr(csv->chunk + searched, '\n', left) : NULL;
        if (feed) {
            *line = csv->chunk + csv->chunk_at;
            *len = (size_t)(feed + 1 - *line);
            break;
        }
        if (csv->chunk_len - *start > MAX_ROW)
            return tt_err_set(err, TT_ERR_INPUT, "%s:%llu: a row longer than %d bytes", csv->reader.name,
                              (unsigned long long)csv->line, (int)MAX_ROW);
        size_t unsearched = csv->chunk_len - *start;
        int more = refill(csv, start, err);
        if (more < 0)
            return -1;
        if (more == 0) {
            *line = csv->chunk + csv->chunk_at;
            *len = csv->chunk_len - csv->chunk_at;
            if (*len == 0)
                return 0;
            break;
        }
        searched = *start + unsearched;
    }
    csv->chunk_at += *len;
    csv->next_line++;
    return 1;
}

static int row_error(const struct tt_csv *csv, const char *what, struct tt_err *err)
{
    return tt_err_set(err, TT_ERR_INPUT, "%s:%llu: %s", csv->reader.name, (unsigned long long)csv->line, what);
}

/* Collect a row that holds a quote, beginning with this line. Fields end up in parser->ends over scratch. */
static int parse_quoted(struct tt_csv *csv, size_t *start, const char *line, size_t len, struct tt_err *err)
{
    struct tt_csv_parser *p = csv->parser;
    unsigned char delimiter = csv->format == TT_CSV_TAB ? '\t' : ',';
    int more = 1;

    csv_set_delim(&p->csv, delimiter);
    csv->scratch.len = 0;
    p->n_ends = 0;
    p->rows = 0;
    p->failed = 0;
    p->err = err;
    while (more == 1) {
        if (csv_parse(&p->csv, line, len, on_field, on_row, p) != len)
            goto bad_quote;
        if (p->failed || p->rows > 0)
            break;
        if (csv_get_buffer_size(&p->csv) > TT_CSV_MAX_FIELD + CHUNK + CHUNK / 2)
            break; /* a quote that nothing closes would swallow the file */
        more = next_line(csv, start, &line, &len, err);
    }
    if (more < 0)
        goto fail;
    if (more == 0 && csv_fini(&p->csv, on_field, on_row, p)) {
        row_error(csv, "a quoted field that is never closed", err);
        goto fail;
    }
    if (p->rows == 0) {
        tt_err_set(err, TT_ERR_INPUT, "%s:%llu: a field longer than %d bytes (a quote that is never closed?)",
                   csv->reader.name, (unsigned long long)csv->line, TT_CSV_MAX_FIELD);
        goto fail;
    }
    if (p->rows > 1) {
        row_error(csv, "a carriage return that no line feed follows", err);
        goto fail;
    }
    if (p->failed) {
        tt_err_memory(err, 0);
        goto fail;
    }
    return 0;
bad_quote:
    if (csv_error(&p->csv) == CSV_EPARSE)
        row_error(csv, "a quote in the wrong place", err);
    else
        tt_err_memory(err, len);
fail:
    csv_free(&p->csv); /* whatever state it is in: start anew, for a caller that continues */
    if (csv_init(&p->csv, CSV_STRICT | CSV_STRICT_FINI) == 0)
        csv_set_space_func(&p->csv, no_space);
    return -1;
}

/* Undo \t \n \r \\ of a TSV field, into scratch, which has room. */
static int unescape(struct tt_csv *csv, struct tt_csv_field *field, struct tt_err *err)
{
    char *out = csv->scratch.data + csv->scratch.len, *from = out;

    for (size_t i = 0; i < field->len; i++) {
        char c = field->text[i];
        if (c == '\\') {
            c = i + 1 < field->len ? field->text[++i] : '\0';
            switch (c) {
            case 't': c = '\t'; break;
            case 'n': c = '\n'; break;
            case 'r': c = '\r'; break;
            case '\\': break;
            default: return row_error(csv, "a backslash that none of t, n, r and \\ follows", err);
            }
        }
        *out++ = c;
    }
    field->text = from;
    field->len = (size_t)(out - from);
    csv->scratch.len += field->len;
    return 0;
}

/* How often c stands in the text: eight bytes at a time, since a field is mostly shorter than a call of memchr is
 * worth. */
static size_t count(const char *text, size_t len, char c)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), low7 = ones * 0x7f, wanted = ones * (unsigned char)c;
    size_t n = 0, i = 0;

    for (; i + 8 <= len; i += 8) {
        uint64_t x;
        memcpy(&x, text + i, 8);
        x ^= wanted;
        x = ~(((x & low7) + low7) | x | low7); /* 0x80 in each byte that was c, 0 in others */
        n += (x >> 7) * ones >> 56;
    }
    for (; i < len; i++)
        n += text[i] == c;
    return n;
}

/* Cut a line without line end at its delimiters; returns the number of fields, of which the first `max` are kept. */
static size_t cut(const char *line, size_t len, char delimiter, struct tt_csv_field *fields, size_t max)
{
    const char *end = line + len;

    for (size_t n = 0; n < max; n++) {
        const char *p = line;
        while (p < end && *p != delimiter)
            p++;
        fields[n] = (struct tt_csv_field){line, (size_t)(p - line)};
        if (p == end)
            return n + 1;
        line = p + 1;
    }
    return max + 1 + count(line, (size_t)(end - line), delimiter);
}

/* The quoted field at p: its text into *field, in scratch (which has room) when quotes were doubled. Returns what
 * follows the closing quote, or NULL when there is none in the line. */
static const char *cut_quoted_field(struct tt_buf *scratch, const char *p, const char *end, struct tt_csv_field *field)
{
    const char *from = ++p, *quote;
    size_t used = scratch->len;

    for (;; p = quote + 2) {
        quote = memchr(p, '"', (size_t)(end - p));
        if (!quote)
            return NULL;
        int is_doubled = quote + 1 < end && quote[1] == '"';
        if (!is_doubled && p == from) { /* none was doubled */
            *field = (struct tt_csv_field){from, (size_t)(quote - from)};
            return quote + 1;
        }
        size_t n = (size_t)(quote - p) + (size_t)is_doubled;
        memcpy(scratch->data + scratch->len, p, n);
        scratch->len += n;
        if (!is_doubled) {
            *field = (struct tt_csv_field){scratch->data + used, scratch->len - used};
            return quote + 1;
        }
    }
}

/* Cut a CSV line with quotes, without line end, as far as all is in order: 1, or 0 when a quoted field does not end in
 * the line or something is wrong: libcsv then parses it. Scratch has room for the line. */
static int cut_quoted(struct tt_buf *scratch, const char *line, size_t len, struct tt_csv_field *fields, size_t max,
                      size_t *n)
{
    const char *p = line, *end = line + len;

    for (*n = 0;;) {
        struct tt_csv_field field = {p, 0};
        if (p < end && *p == '"') {
            p = cut_quoted_field(scratch, p, end, &field);
            if (!p)
                return 0;
        } else {
            for (; p < end && *p != ','; p++)
                if (*p == '"' || *p == '\r')
                    return 0;
            field.len = (size_t)(p - field.text);
        }
        if (*n < max)
            fields[*n] = field;
        ++*n;
        if (p == end)
            return 1;
        if (*p++ != ',')
            return 0;
    }
}

static size_t without_line_end(const char *line, size_t len)
{
    if (len && line[len - 1] == '\n')
        len--;
    if (len && line[len - 1] == '\r')
        len--;
    return len;
}

/* The row that begins with this line, into fields (max of them): *n is how many there are. When the line is short
 * enough to make no field too long, only `needed` of them have to be kept. */
static int parse_row(struct tt_csv *csv, size_t *start, const char *line, size_t len, struct tt_csv_field *fields,
                     size_t max, size_t needed, size_t *n, struct tt_err *err)
{
    size_t bare = without_line_end(line, len);
    size_t kept = bare <= TT_CSV_MAX_FIELD ? needed : max;

    if (csv->format == TT_CSV_TAB) {
        int has_escapes = memchr(line, '\\', bare) != NULL;
        *n = cut(line, bare, '\t', fields, has_escapes ? max : kept);
        if (has_escapes) {
            csv->scratch.len = 0;
            if (tt_buf_reserve(&csv->scratch, bare, err))
                return -1;
            for (size_t i = 0; i < *n && i < max; i++)
                if (unescape(csv, &fields[i], err))
                    return -1;
        }
    } else if (!memchr(line, '"', bare)) {
        if (memchr(line, '\r', bare))
            return row_error(csv, "a carriage return that no line feed follows", err);
        *n = cut(line, bare, ',', fields, kept);
    } else {
        csv->scratch.len = 0;
        if (tt_buf_reserve(&csv->scratch, bare, err))
            return -1;
        if (cut_quoted(&csv->scratch, line, bare, fields, max, n))
            return 0;
        if (parse_quoted(csv, start, line, len, err))
            return -1;
        *n = csv->parser->n_ends;
        for (size_t i = 0, from = 0; i < *n && i < max; from = csv->parser->ends[i++])
            fields[i] = (struct tt_csv_field){csv->scratch.data + from, csv->parser->ends[i] - from};
    }
    return 0;
}

static int check_fields(struct tt_csv *csv, size_t n, struct tt_err *err)
{
    if (n != csv->n_columns)
        return tt_err_set(err, TT_ERR_INPUT, "%s:%llu: expected %zu fields, found %zu", csv->reader.name,
                          (unsigned long long)csv->line, csv->n_columns, n);
    if (csv->row_len <= TT_CSV_MAX_FIELD) /* nothing in it is too long: check the columns that are used */
        n = csv->parser->n_cut;
    for (size_t i = 0; i < n; i++) {
        if (csv->fields[i].len > TT_CSV_MAX_FIELD)
            return tt_err_set(err, TT_ERR_INPUT, "%s:%llu: field '%s': longer than %d bytes", csv->reader.name,
                              (unsigned long long)csv->line, csv->names[i], TT_CSV_MAX_FIELD);
        if (csv->used[i] && !tt_is_utf8(csv->fields[i].text, csv->fields[i].len))
            return tt_err_set(err, TT_ERR_INPUT, "%s:%llu: field '%s': not valid UTF-8", csv->reader.name,
                              (unsigned long long)csv->line, csv->names[i]);
    }
    return 0;
}

int tt_csv_next(struct tt_csv *csv, struct tt_err *err)
{
    const char *line;
    size_t len, n = 0;

    for (;;) {
        size_t start = csv->chunk_at;
        csv->line = csv->next_line;
        int more = next_line(csv, &start, &line, &len, err);
        if (more <= 0)
            return more;
        if (without_line_end(line, len) == 0 && (csv->format == TT_CSV_COMMA || csv->n_columns > 1))
            continue; /* an empty line; in a TSV of one column it is a row with an empty field */
        if (parse_row(csv, &start, line, len, csv->fields, csv->n_columns, csv->parser->n_cut, &n, err))
            return -1;
        csv->row = csv->chunk + start;
        csv->row_len = csv->chunk_at - start;
        return check_fields(csv, n, err) ? -1 : 1;
    }
}

/* Names from the header's fields; checks that they are there, different and text. */
static int take_names(struct tt_csv *csv, const struct tt_csv_field *fields, size_t n, struct tt_err *err)
{
    csv->names = tt_alloc_zero(n, sizeof(*csv->names), err);
    csv->fields = tt_alloc_zero(n, sizeof(*csv->fields), err);
    csv->used = tt_alloc_zero(n, 1, err);
    if (!csv->names || !csv->fields || !csv->used)
        return -1;
    csv->n_columns = n;
    for (size_t i = 0; i < n; i++) {
        if (fields[i].len == 0)
            return tt_err_set(err, TT_ERR_INPUT, "%s:1: column %zu of the header has no name", csv->reader.name, i + 1);
        if (!tt_is_utf8(fields[i].text, fields[i].len))
            return tt_err_set(err, TT_ERR_INPUT, "%s:1: column %zu of the header: not valid UTF-8", csv->reader.name,
                              i + 1);
        csv->names[i] = tt_copy_text(fields[i].text, fields[i].len, err);
        if (!csv->names[i])
            return -1;
        if (tt_csv_find_column(csv, csv->names[i]) != (long)i)
            return tt_err_set(err, TT_ERR_INPUT, "%s:1: two columns are called '%s'", csv->reader.name, csv->names[i]);
    }
    return 0;
}

static int read_header(struct tt_csv *csv, struct tt_err *err)
{
    struct tt_csv_field *fields = NULL;
    const char *line;
    size_t len, n = 0, start = 0;
    int status = -1;

    csv->line = csv->next_line = 1;
    int more = next_line(csv, &start, &line, &len, err);
    if (more < 0)
        return -1;
    if (more == 1 && len >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
        line += 3;
        len -= 3;
        start += 3;
    }
    if (more == 0 || without_line_end(line, len) == 0)
        return tt_err_set(err, TT_ERR_INPUT, "%s:1: empty: a header line with the columns' names is needed",
                          csv->reader.name);
    if (csv->format == TT_CSV_AUTO)
        csv->format = memchr(line, '\t', len) && !memchr(line, ',', len) ? TT_CSV_TAB : TT_CSV_COMMA;
    fields = tt_alloc(MAX_COLUMNS, sizeof(*fields), err);
    if (!fields)
        return -1;
    if (parse_row(csv, &start, line, len, fields, MAX_COLUMNS, MAX_COLUMNS, &n, err))
        goto done;
    if (n > MAX_COLUMNS) {
        row_error(csv, "more than 65536 columns", err);
        goto done;
    }
    csv->header_len = csv->chunk_at - start;
    csv->header = tt_copy_text(csv->chunk + start, csv->header_len, err);
    status = csv->header ? take_names(csv, fields, n, err) : -1;
done:
    free(fields);
    return status;
}

int tt_csv_open(struct tt_csv *csv, const char *path, enum tt_csv_format format, struct tt_err *err)
{
    *csv = (struct tt_csv){.format = format, .reader.fd = -1};
    if (tt_reader_open(&csv->reader, path, err) == 0 && parser_open(csv, err) == 0 &&
        tt_reader_keep_fingerprint(&csv->reader, err) == 0 && read_header(csv, err) == 0)
        return 0;
    tt_csv_close(csv);
    return -1;
}

void tt_csv_close(struct tt_csv *csv)
{
    if (csv->parser) {
        csv_free(&csv->parser->csv);
        free(csv->parser->ends);
        free(csv->parser);
    }
    for (size_t i = 0; i < csv->n_columns; i++)
        free(csv->names[i]);
    free(csv->names);
    free(csv->fields);
    free(csv->used);
    free((char *)csv->header);
    free(csv->chunk);
    tt_buf_release(&csv->scratch);
    tt_reader_close(&csv->reader);
    *csv = (struct tt_csv){.reader.fd = -1};
}

long tt_csv_find_column(const struct tt_csv *csv, const char *name)
{
    for (size_t i = 0; i < csv->n_columns && csv->names[i]; i++)
        if (strcmp(csv->names[i], name) == 0)
            return (long)i;
    return -1;
}

long tt_csv_need_column(struct tt_csv *csv, const char *name, struct tt_err *err)
{
    long column = tt_csv_find_column(csv, name);
    struct tt_buf list = TT_BUF_INIT;
    struct tt_err ignored = TT_ERR_INIT;

    if (column >= 0) {
        tt_csv_use(csv, (size_t)column);
        return column;
    }
    for (size_t i = 0; i < csv->n_columns && list.len < 400; i++)
        if (tt_buf_printf(&list, &ignored, "%s%s", i ? ", " : "", csv->names[i]))
            break;
    tt_err_set(err, TT_ERR_INPUT, "%s: no column '%s' (there are: %.*s%s)", csv->reader.name, name, (int)list.len,
               list.data ? list.data : "", list.len >= 400 ? " ..." : "");
    tt_buf_release(&list);
    return -1;
}

void tt_csv_use(struct tt_csv *csv, size_t column)
{
    csv->used[column] = 1;
    if (csv->parser->n_cut <= column)
        csv->parser->n_cut = column + 1;
}

void tt_csv_use_all(struct tt_csv *csv)
{
    memset(csv->used, 1, csv->n_columns);
    csv->parser->n_cut = csv->n_columns;
}

int tt_csv_rewind(struct tt_csv *csv)
{
    struct tt_err ignored = TT_ERR_INIT;
    const char *line;
    size_t len, start = 0;
    struct tt_csv_field none;

    if (tt_reader_rewind(&csv->reader))
        return -1;
    csv->chunk_len = csv->chunk_at = 0;
    csv->at_end = 0;
    csv->line = csv->next_line = 1;
    if (next_line(csv, &start, &line, &len, &ignored) != 1)
        return -1;
    if (len >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
        line += 3;
        len -= 3;
    }
    size_t n;
    return parse_row(csv, &start, line, len, &none, 0, 0, &n, &ignored);
}

int tt_csv_field_error(const struct tt_csv *csv, size_t column, const char *what, struct tt_err *err)
{
    const struct tt_csv_field *field = &csv->fields[column];
    int shown = field->len > 60 ? 60 : (int)field->len;

    if (field->len > 60) /* cut before the character that does not fit, which has 4 bytes at most */
        while (shown > 57 && (field->text[shown] & 0xc0) == 0x80)
            shown--;
    return tt_err_set(err, TT_ERR_INPUT, "%s:%llu: field '%s': '%.*s%s' %s", csv->reader.name,
                      (unsigned long long)csv->line, csv->names[column], shown, field->text,
                      field->len > 60 ? "..." : "", what);
}
