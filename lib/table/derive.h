/* Derived columns: rows of a table are copied byte for byte, with new fields at their ends.
 *
 *     tt_derive_init(&derive);
 *     derive.time_column = "visited_at"; derive.zone = zone; ...   // then the columns, in the order of the output:
 *     tt_derive_add(&derive, "meal_time,weekend", &err);
 *     tt_derive_bucket(&derive, "price=10,20", &err);
 *     tt_derive_cell(&derive, "latitude,longitude=250,1000", &err);
 *     tt_derive_previous(&derive, "store_id", "user_id", &err);
 *     tt_derive_where(&derive, "label=1", &err);
 *     tt_derive_rows(&derive, &csv, &writer, &err);
 *     tt_derive_release(&derive);
 *
 * The texts are borrowed until release. Errors in them (TT_ERR_USAGE) begin with the part at fault, and do not name an
 * option. The output depends on the input and these settings alone.
 */
#ifndef TT_TABLE_DERIVE_H
#define TT_TABLE_DERIVE_H

#include "table/previous.h"
#include "table/time_feature.h"
#include "table/zone.h"
#include "io/csv_reader.h"
#include "io/stream.h"

struct tt_derive_bucket; /* in derive.c */
struct tt_derive_cell;
struct tt_derive_where;

struct tt_derive {
    /* the caller sets these after init */
    const char *time_column;    /* NULL: none */
    const char *hour_column;    /* NULL: none; a column of hours 0 ... 23 instead of times */
    const struct tt_zone *zone; /* of time_column; borrowed */
    struct tt_time_features times; /* the caller may change its meals */
    int empty_when_bad;         /* a field that cannot be read: 1 leaves its derived fields empty; 0 is an error */

    /* set by rows */
    uint64_t n_read, n_written; /* rows */
    uint64_t n_bad;             /* fields that could not be read */
    struct tt_err first_bad;    /* the first of these errors */

    /* private */
    enum tt_time_kind adds[TT_TIME_KINDS];
    size_t n_adds;
    struct tt_derive_bucket *buckets;
    size_t n_buckets, cap_buckets;
    struct tt_derive_cell *cells;
    size_t n_cells, cap_cells;
    struct tt_previous previous;
    struct tt_derive_where *wheres;
    size_t n_wheres, cap_wheres;
    long time_at, hour_at;      /* columns, or -1 */
    long latitude_at, longitude_at;
    char *latitude_column, *longitude_column; /* NULL: no cells */
    struct tt_span span;        /* the zone's last one */
    struct tt_buf fields;       /* a row's new fields */
};

void tt_derive_init(struct tt_derive *derive);
void tt_derive_release(struct tt_derive *derive);

/* Columns of the time: names of meal_time, hour, weekday, weekend, date, month, separated by commas. */
int tt_derive_add(struct tt_derive *derive, const char *names, struct tt_err *err) TT_CHECKED;

/* COLUMN=B1,B2,... with rising numbers: adds COLUMN_bucket, "<B1", "B1-B2" (B1 <= x < B2), ..., ">=Bn". */
int tt_derive_bucket(struct tt_derive *derive, const char *text, struct tt_err *err) TT_CHECKED;

/* LATITUDE,LONGITUDE=SIZE,SIZE,..., at most once. Adds cell_SIZE for each size: the cell (tt_cell_name) of SIZE
 * metres that holds the place. */
int tt_derive_cell(struct tt_derive *derive, const char *text, struct tt_err *err) TT_CHECKED;

/* Two lists of columns separated by commas; at most once. Adds previous_COLUMN for each of `columns`: its field in the
 * previous row with equal fields in all columns of `by`. Rows that tt_derive_where drops do not count. */
int tt_derive_previous(struct tt_derive *derive, const char *columns, const char *by, struct tt_err *err) TT_CHECKED;

/* A condition: COLUMN=VALUE or COLUMN=VALUE|VALUE..., where one of the values must be equal, or with != for =, where
 * none may be. Only rows that meet all conditions are written. */
int tt_derive_where(struct tt_derive *derive, const char *text, struct tt_err *err) TT_CHECKED;

/* Header and rows, from an opened csv that was not read yet, in its own format. A last row without a line end gets one,
 * that of the header. Errors: a column that is missing, or that exists and would be added; what the reader finds; a
 * field that cannot be read. */
int tt_derive_rows(struct tt_derive *derive, struct tt_csv *csv, struct tt_writer *writer,
                   struct tt_err *err) TT_CHECKED;

/* ---- cells: the surface of the Earth cut into squares of about one size, so that near places share a name ---- */

enum { TT_CELL_NAME = 48, TT_CELL_MAX_SIZE = 1000000 };

/* The name of the cell that holds a place, into name (TT_CELL_NAME). latitude -90 ... 90, longitude -180 ... 180, in
 * degrees; size 1 ... TT_CELL_MAX_SIZE metres.
 *
 *     tt_cell_name(name, 40.7484, -73.9857, 250);      "18124:-24930"
 *
 * Rows of cells lie between parallels, `size` metres apart on a sphere of the Earth's mean radius (6371.0088 km);
 * within a row, cells are as wide as they are high at the row's middle. A name is ROW:COLUMN, counted from the equator
 * to the north and from the meridian of Greenwich to the east. It depends on the arguments alone (and, next to a
 * border, on the C library's cosine). Cells of two sizes do not nest. */
void tt_cell_name(char *name, double latitude, double longitude, double size);

#endif
