/* Derived columns: see derive.h. */
#include "table/derive.h"

#include <math.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/number.h"
#include "io/tsv_writer.h"
#include "table/calendar.h"

struct tt_derive_bucket {
    char *column, *added; /* "price" and "price_bucket" */
    size_t n;
    double *borders;      /* (n) rising */
    char **names;         /* (n + 1) */
    long at;
};

struct tt_derive_cell {
    char *added; /* "cell_250" */
    double size;
};

struct tt_derive_where {
    char *column;
    const char *values; /* with '|' between */
    int negated;        /* !=: a row meets it when no value is equal */
    long at;
};

void tt_derive_init(struct tt_derive *derive)
{
    struct tt_err ignored = TT_ERR_INIT;

    *derive = (struct tt_derive){.time_at = -1, .hour_at = -1, .latitude_at = -1, .longitude_at = -1,
                                 .span = TT_SPAN_INIT};
    if (tt_meal_times_parse(&derive->times.meals, TT_MEAL_TIMES, &ignored))
        derive->times.meals.n = 0; /* cannot happen: a test parses it */
}

void tt_derive_release(struct tt_derive *derive)
{
    for (size_t i = 0; i < derive->n_buckets; i++) {
        struct tt_derive_bucket *b = &derive->buckets[i];
        for (size_t k = 0; b->names && k <= b->n; k++)
            free(b->names[k]);
        free(b->names);
        free(b->borders);
        free(b->column);
        free(b->added);
    }
    for (size_t i = 0; i < derive->n_cells; i++)
        free(derive->cells[i].added);
    for (size_t i = 0; i < derive->n_wheres; i++)
        free(derive->wheres[i].column);
    free(derive->latitude_column);
    free(derive->longitude_column);
    tt_previous_release(&derive->previous);
    free(derive->cells);
    free(derive->buckets);
    free(derive->wheres);
    tt_buf_release(&derive->fields);
    tt_derive_init(derive);
}

/* ---- settings ---- */

int tt_derive_add(struct tt_derive *derive, const char *names, struct tt_err *err)
{
    for (const char *name = names;; name++) {
        size_t n = strcspn(name, ",");
        enum tt_time_kind kind = tt_time_feature_find(name, n);
        if (kind == TT_TIME_KINDS)
            return tt_err_set(err, TT_ERR_USAGE, "'%.*s' is not one of meal_time, hour, weekday, weekend, date, month",
                              n > 100 ? 100 : (int)n, name);
        for (size_t i = 0; i < derive->n_adds; i++)
            if (derive->adds[i] == kind)
                return tt_err_set(err, TT_ERR_USAGE, "'%s' is given twice", tt_time_feature_names[kind]);
        derive->adds[derive->n_adds++] = kind;
        name += n;
        if (!*name)
            return 0;
    }
}

static int bucket_error(const char *text, const char *what, struct tt_err *err)
{
    return tt_err_set(err, TT_ERR_USAGE, "'%.100s': %s", text, what);
}

/* The name of bucket k of n borders, whose texts are the parts of `list`. */
static char *bucket_name(const char *list, size_t k, size_t n, struct tt_err *err)
{
    struct tt_buf name = TT_BUF_INIT;
    const char *low = list;
    int status;

    for (size_t i = 1; i < k; i++)
        low += strcspn(low, ",") + 1;
    int len = (int)strcspn(low, ",");
    if (k == 0)
        status = tt_buf_printf(&name, err, "<%.*s", len, low);
    else if (k == n)
        status = tt_buf_printf(&name, err, ">=%.*s", len, low);
    else
        status = tt_buf_printf(&name, err, "%.*s-%.*s", len, low, (int)strcspn(low + len + 1, ","), low + len + 1);
    if (status)
        tt_buf_release(&name);
    return name.data;
}

int tt_derive_bucket(struct tt_derive *derive, const char *text, struct tt_err *err)
{
    const char *equals = strrchr(text, '=');
    struct tt_buf added = TT_BUF_INIT;

    if (!equals || equals == text)
        return bucket_error(text, "expected COLUMN=NUMBER,NUMBER,...", err);
    if (tt_grow(&derive->buckets, &derive->cap_buckets, derive->n_buckets + 1, sizeof(*derive->buckets), err))
        return -1;
    struct tt_derive_bucket *b = &derive->buckets[derive->n_buckets++];
    *b = (struct tt_derive_bucket){.n = 1, .at = -1};
    for (const char *p = equals + 1; *p; p++)
        b->n += *p == ',';
    b->column = tt_copy_text(text, (size_t)(equals - text), err);
    b->borders = tt_alloc(b->n, sizeof(*b->borders), err);
    b->names = tt_alloc_zero(b->n + 1, sizeof(*b->names), err);
    if (!b->column || !b->borders || !b->names || tt_buf_printf(&added, err, "%s_bucket", b->column))
        return -1;
    b->added = added.data;
    for (size_t i = 0; i + 1 < derive->n_buckets; i++)
        if (strcmp(derive->buckets[i].column, b->column) == 0)
            return bucket_error(b->column, "given twice", err);
    const char *p = equals + 1;
    for (size_t i = 0; i < b->n; i++) {
        size_t len = strcspn(p, ",");
        if (tt_parse_f64(p, len, &b->borders[i]))
            return tt_err_set(err, TT_ERR_USAGE, "'%.100s': '%.*s' is not a number", text, len > 60 ? 60 : (int)len, p);
        if (i > 0 && b->borders[i] <= b->borders[i - 1])
            return bucket_error(text, "the numbers do not rise", err);
        p += len + 1;
    }
    for (size_t k = 0; k <= b->n; k++) {
        b->names[k] = bucket_name(equals + 1, k, b->n, err);
        if (!b->names[k])
            return -1;
    }
    return 0;
}

int tt_derive_cell(struct tt_derive *derive, const char *text, struct tt_err *err)
{
    const char *comma = strchr(text, ','), *equals = strrchr(text, '=');

    if (!comma || !equals || comma == text || comma + 1 >= equals)
        return bucket_error(text, "expected LATITUDE,LONGITUDE=METRES,...", err);
    derive->latitude_column = tt_copy_text(text, (size_t)(comma - text), err);
    derive->longitude_column = tt_copy_text(comma + 1, (size_t)(equals - comma - 1), err);
    if (!derive->latitude_column || !derive->longitude_column)
        return -1;
    for (const char *p = equals + 1;; p++) {
        struct tt_buf added = TT_BUF_INIT;
        size_t len = strcspn(p, ",");
        double size;
        if (tt_parse_f64(p, len, &size) || size < 1 || size > TT_CELL_MAX_SIZE)
            return tt_err_set(err, TT_ERR_USAGE, "'%.100s': '%.*s' is not a number of metres from 1 to %d", text,
                              len > 60 ? 60 : (int)len, p, TT_CELL_MAX_SIZE);
        if (tt_grow(&derive->cells, &derive->cap_cells, derive->n_cells + 1, sizeof(*derive->cells), err) ||
            tt_buf_printf(&added, err, "cell_%.*s", (int)len, p))
            return -1;
        derive->cells[derive->n_cells++] = (struct tt_derive_cell){added.data, size};
        for (size_t i = 0; i + 1 < derive->n_cells; i++)
            if (strcmp(derive->cells[i].added, added.data) == 0)
                return tt_err_set(err, TT_ERR_USAGE, "'%.*s' is given twice", (int)len, p);
        p += len;
        if (!*p)
            return 0;
    }
}

int tt_derive_previous(struct tt_derive *derive, const char *columns, const char *by, struct tt_err *err)
{
    return tt_previous_init(&derive->previous, err) || tt_previous_columns(&derive->previous, columns, err) ||
                   tt_previous_by(&derive->previous, by, err)
               ? -1
               : 0;
}

int tt_derive_where(struct tt_derive *derive, const char *text, struct tt_err *err)
{
    const char *equals = strchr(text, '=');
    int negated = equals && equals > text && equals[-1] == '!';

    if (!equals || equals - negated == text)
        return bucket_error(text, "expected COLUMN=VALUE or COLUMN!=VALUE", err);
    if (tt_grow(&derive->wheres, &derive->cap_wheres, derive->n_wheres + 1, sizeof(*derive->wheres), err))
        return -1;
    struct tt_derive_where *w = &derive->wheres[derive->n_wheres];
    *w = (struct tt_derive_where){tt_copy_text(text, (size_t)(equals - negated - text), err), equals + 1, negated, -1};
    if (!w->column)
        return -1;
    derive->n_wheres++;
    return 0;
}

/* ---- binding to an input ---- */

static int find_columns(struct tt_derive *derive, struct tt_csv *csv, struct tt_err *err)
{
    if (derive->time_column && (derive->time_at = tt_csv_need_column(csv, derive->time_column, err)) < 0)
        return -1;
    if (derive->hour_column && (derive->hour_at = tt_csv_need_column(csv, derive->hour_column, err)) < 0)
        return -1;
    for (size_t i = 0; i < derive->n_buckets; i++)
        if ((derive->buckets[i].at = tt_csv_need_column(csv, derive->buckets[i].column, err)) < 0)
            return -1;
    if (derive->latitude_column &&
        ((derive->latitude_at = tt_csv_need_column(csv, derive->latitude_column, err)) < 0 ||
         (derive->longitude_at = tt_csv_need_column(csv, derive->longitude_column, err)) < 0))
        return -1;
    if (tt_previous_find(&derive->previous, csv, err))
        return -1;
    for (size_t i = 0; i < derive->n_wheres; i++)
        if ((derive->wheres[i].at = tt_csv_need_column(csv, derive->wheres[i].column, err)) < 0)
            return -1;
    return 0;
}

/* The bytes of a row's line end: 0, 1 or 2. */
static size_t line_end(const char *row, size_t len)
{
    size_t n = len && row[len - 1] == '\n';

    return n + (len > n && row[len - n - 1] == '\r');
}

static int header_name(const struct tt_csv *csv, struct tt_writer *writer, const char *name, struct tt_err *err)
{
    char delimiter = tt_tsv_delimiter(csv->format);

    if (tt_csv_find_column(csv, name) >= 0)
        return tt_err_set(err, TT_ERR_INPUT, "%s:1: a column '%s' exists already", csv->reader.name, name);
    if (tt_writer_write(writer, &delimiter, 1, err))
        return -1;
    return tt_tsv_field(writer, csv->format, name, strlen(name), err);
}

static int write_header(const struct tt_derive *derive, const struct tt_csv *csv, struct tt_writer *writer,
                        struct tt_err *err)
{
    size_t end = line_end(csv->header, csv->header_len);

    if (tt_writer_write(writer, csv->header, csv->header_len - end, err))
        return -1;
    for (size_t i = 0; i < derive->n_adds; i++)
        if (header_name(csv, writer, tt_time_feature_names[derive->adds[i]], err))
            return -1;
    for (size_t i = 0; i < derive->n_buckets; i++)
        if (header_name(csv, writer, derive->buckets[i].added, err))
            return -1;
    for (size_t i = 0; i < derive->n_cells; i++)
        if (header_name(csv, writer, derive->cells[i].added, err))
            return -1;
    for (size_t i = 0; i < derive->previous.n_columns; i++) {
        struct tt_buf name = TT_BUF_INIT;
        int failed = tt_buf_printf(&name, err, "previous_%s", derive->previous.columns[i].name) ||
                     header_name(csv, writer, name.data, err);
        tt_buf_release(&name);
        if (failed)
            return -1;
    }
    return end ? tt_writer_write(writer, csv->header + csv->header_len - end, end, err)
               : tt_writer_write(writer, "\n", 1, err);
}

/* ---- a row ---- */

static int is_one_of(const struct tt_csv_field *field, const char *values)
{
    for (;; values++) {
        size_t n = strcspn(values, "|");
        if (n == field->len && memcmp(values, field->text, n) == 0)
            return 1;
        values += n;
        if (!*values)
            return 0;
    }
}

static int row_is_kept(const struct tt_derive *derive, const struct tt_csv *csv)
{
    for (size_t i = 0; i < derive->n_wheres; i++) {
        const struct tt_derive_where *w = &derive->wheres[i];
        if (is_one_of(&csv->fields[w->at], w->values) == w->negated)
            return 0;
    }
    return 1;
}

/* A field that cannot be read: an error, or 1 when its derived fields are to be empty. */
static int bad_field(struct tt_derive *derive, const struct tt_csv *csv, long column, const char *what,
                     struct tt_err *err)
{
    if (!derive->empty_when_bad)
        return tt_csv_field_error(csv, (size_t)column, what, err);
    if (derive->n_bad++ == 0)
        (void)tt_csv_field_error(csv, (size_t)column, what, &derive->first_bad);
    return 1;
}

/* The local time of the row: 0, 1 when its columns are to be left empty, or -1. Of an hour column, that hour in
 * 1970. */
static int row_time(struct tt_derive *derive, const struct tt_csv *csv, int64_t *local, struct tt_err *err)
{
    struct tt_time time;
    const char *what;
    uint64_t hour;

    if (derive->time_at >= 0) {
        const struct tt_csv_field *field = &csv->fields[derive->time_at];
        if (tt_time_parse(field->text, field->len, &time, &what))
            return bad_field(derive, csv, derive->time_at, what, err);
        *local = tt_zone_local(derive->zone, &time, &derive->span);
        return 0;
    }
    const struct tt_csv_field *field = &csv->fields[derive->hour_at];
    if (tt_parse_u64(field->text, field->len, &hour) || hour > 23)
        return bad_field(derive, csv, derive->hour_at, "is not an hour from 0 to 23", err);
    *local = (int64_t)hour * TT_HOUR;
    return 0;
}

/* Columns of the time. They are the first of a row's new fields. */
static int add_times(struct tt_derive *derive, const struct tt_csv *csv, char delimiter, struct tt_err *err)
{
    int64_t local = 0;
    int missing = row_time(derive, csv, &local, err);

    if (missing < 0 ||
        tt_buf_reserve(&derive->fields, TT_TIME_KINDS * (1 + sizeof(derive->times.meals.names[0])), err))
        return -1;
    char *p = derive->fields.data;
    for (size_t i = 0; i < derive->n_adds; i++) {
        size_t n;
        const char *text = tt_time_feature(&derive->times, missing ? TT_TIME_KINDS : derive->adds[i], local, &n);
        *p++ = delimiter;
        memcpy(p, text, n);
        p += n;
    }
    derive->fields.len = (size_t)(p - derive->fields.data);
    return 0;
}

static int add_bucket(struct tt_derive *derive, const struct tt_derive_bucket *b, const struct tt_csv *csv,
                      char delimiter, struct tt_err *err)
{
    const struct tt_csv_field *field = &csv->fields[b->at];
    const char *name = "";
    double value;

    if (tt_parse_f64(field->text, field->len, &value)) {
        if (bad_field(derive, csv, b->at, "is not a number", err) < 0)
            return -1;
    } else {
        size_t k = 0;
        while (k < b->n && value >= b->borders[k])
            k++;
        name = b->names[k];
    }
    return tt_buf_add(&derive->fields, &delimiter, 1, err) || tt_buf_add_text(&derive->fields, name, err) ? -1 : 0;
}

void tt_cell_name(char *name, double latitude, double longitude, double size)
{
    const double pi = 3.14159265358979323846, radius = 6371008.8; /* metres: the mean of the Earth's three half axes */
    double metres = pi / 180 * radius; /* of one degree */
    double row = floor(latitude * metres / size);
    double middle = (row + 0.5) * size / metres;
    double width = middle >= 90 || middle <= -90 ? 0 : cos(middle * pi / 180); /* the last row may pass its pole */

    snprintf(name, TT_CELL_NAME, "%.0f:%.0f", row + 0.0, floor(longitude * metres * width / size) + 0.0); /* no -0 */
}

/* A coordinate: 0, 1 when the row's cells are to be left empty, -1. */
static int coordinate(struct tt_derive *derive, const struct tt_csv *csv, long at, double limit, const char *what,
                      double *degrees, struct tt_err *err)
{
    const struct tt_csv_field *field = &csv->fields[at];

    if (tt_parse_f64(field->text, field->len, degrees) == 0 && *degrees >= -limit && *degrees <= limit)
        return 0;
    return bad_field(derive, csv, at, what, err);
}

static int add_cells(struct tt_derive *derive, const struct tt_csv *csv, char delimiter, struct tt_err *err)
{
    double latitude = 0, longitude = 0;
    int missing = coordinate(derive, csv, derive->latitude_at, 90, "is not a latitude from -90 to 90", &latitude, err);
    char name[TT_CELL_NAME] = "";

    if (missing == 0)
        missing = coordinate(derive, csv, derive->longitude_at, 180, "is not a longitude from -180 to 180", &longitude,
                             err);
    if (missing < 0)
        return -1;
    for (size_t i = 0; i < derive->n_cells; i++) {
        if (!missing)
            tt_cell_name(name, latitude, longitude, derive->cells[i].size);
        if (tt_buf_add(&derive->fields, &delimiter, 1, err) || tt_buf_add_text(&derive->fields, name, err))
            return -1;
    }
    return 0;
}

static int write_row(struct tt_derive *derive, const struct tt_csv *csv, struct tt_writer *writer, struct tt_err *err)
{
    char delimiter = tt_tsv_delimiter(csv->format);
    size_t end = line_end(csv->row, csv->row_len), bare = csv->row_len - end;
    const char *last = csv->row + bare; /* its line end */

    if (end == 0 || last[end - 1] != '\n') { /* the last line may lack it: it gets the header's */
        end = line_end(csv->header, csv->header_len);
        last = csv->header + csv->header_len - end;
    }
    derive->fields.len = 0;
    if (derive->n_adds && add_times(derive, csv, delimiter, err))
        return -1;
    for (size_t i = 0; i < derive->n_buckets; i++)
        if (add_bucket(derive, &derive->buckets[i], csv, delimiter, err))
            return -1;
    if (derive->n_cells && add_cells(derive, csv, delimiter, err))
        return -1;
    if (tt_writer_write(writer, csv->row, bare, err))
        return -1;
    derive->n_written++;
    if (derive->previous.n_columns == 0) /* in one piece, as this is what most runs do */
        return tt_buf_add(&derive->fields, last, end, err) ||
                       tt_writer_write(writer, derive->fields.data, derive->fields.len, err)
                   ? -1
                   : 0;
    return tt_writer_write(writer, derive->fields.data, derive->fields.len, err) ||
                   tt_previous_write(&derive->previous, csv, writer, err) || tt_writer_write(writer, last, end, err)
               ? -1
               : 0;
}

int tt_derive_rows(struct tt_derive *derive, struct tt_csv *csv, struct tt_writer *writer, struct tt_err *err)
{
    int more;

    if (find_columns(derive, csv, err) || write_header(derive, csv, writer, err))
        return -1;
    while ((more = tt_csv_next(csv, err)) == 1) {
        derive->n_read++;
        if (row_is_kept(derive, csv) && write_row(derive, csv, writer, err))
            return -1;
    }
    return more;
}
