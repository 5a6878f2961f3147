/* The schema: which columns there are, on which side, and how each is read (man 5 tt-schema).
 *
 *     # side   column      kind       options
 *     user     user_id     id
 *     user     store_id    history    count=sqrt
 *     user     meal_time   context
 *     item     store_id    id
 *     item     category    category
 *     event    rating      weight
 *
 * One line a column; fields are separated by blanks or tabs; a name that holds blanks stands in double quotes; # begins
 * a comment. Each side has exactly one id: it names the rows of the side's table. The canonical text has every option
 * spelt out; its fingerprint names the schema in every file.
 */
#ifndef TT_ENCODE_SCHEMA_H
#define TT_ENCODE_SCHEMA_H

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"

enum tt_side { TT_USER, TT_ITEM, TT_EVENT };

/* What each is and does: column_kind.h. */
enum tt_kind {
    TT_KIND_ID,       /* names the row; has a vector of its own unless embed=no */
    TT_KIND_CATEGORY, /* one text value a row */
    TT_KIND_BAG,      /* several text values in one field */
    TT_KIND_NUMBER,   /* a number: buckets by quantile, by given borders, or scaled */
    TT_KIND_HASH,     /* a text hashed to one of n slots */
    TT_KIND_CONTEXT,  /* user side: a text value that may change with each event */
    TT_KIND_HISTORY,  /* the items of a user's events, or the users of an item's; the column is the other side's id */
    TT_KIND_WEIGHT,   /* event: a number >= 0 */
    TT_KIND_LABEL,    /* event: liked or not */
    TT_KIND_TIME,     /* event: when, in seconds */
    TT_KINDS
};

/* What the rows of a column's feature are. */
enum tt_form {
    TT_FORM_CODE,   /* one code, of weight 1 */
    TT_FORM_SCALED, /* code 1, whose weight is the value; or code 0 */
    TT_FORM_BAG,    /* several codes with weights */
};

enum tt_count { TT_COUNT_ONE, TT_COUNT_LOG, TT_COUNT_SQRT, TT_COUNT_LINEAR };

struct tt_column {
    enum tt_side side;
    enum tt_kind kind;
    char *name;             /* owned */
    enum tt_form form;
    int is_embedded;        /* has an embedding table: all of users and items, but for ids with embed=no */
    char separator;         /* bag: between values; 0 for others */
    unsigned buckets;       /* number: how many, learnt as quantiles; 0: given by borders, or scaled without any */
    double *borders;        /* number: rising, owned */
    size_t n_borders;
    unsigned slots;         /* hash */
    enum tt_count count;    /* history: what a visit count becomes */
    double half_life;       /* history: days after which a visit counts half; 0: never */
    double unit;            /* time: seconds that the column counts in; texts of ISO 8601 need none */
    double min;             /* label: liked when the number is at least this */
    int line;               /* in the schema file, for messages */
};

/* The values of an event's own columns. */
struct tt_event_values {
    float weight;
    uint8_t label;
    uint32_t time;
};

/* Has every row one code of weight 1? */
static inline int tt_column_is_single(const struct tt_column *column) { return column->form == TT_FORM_CODE; }

struct tt_schema {
    struct tt_column *columns; /* in the file's order */
    size_t n_columns;
    char *text;                /* canonical, owned */
    char fingerprint[TT_FINGERPRINT_HEX + 1];
};

/* Parse n bytes of text; `name` is for messages. */
int tt_schema_parse(struct tt_schema *schema, const char *text, size_t n, const char *name,
                    struct tt_err *err) TT_CHECKED;

/* Read and parse a file. */
int tt_schema_load(struct tt_schema *schema, const char *path, struct tt_err *err) TT_CHECKED;

void tt_schema_release(struct tt_schema *schema); /* fine on a struct that is all zero */

/* The first column of the side and kind, or NULL. */
const struct tt_column *tt_schema_find(const struct tt_schema *schema, enum tt_side side, enum tt_kind kind);

const char *tt_side_name(enum tt_side side);

/* "SIDE.NAME.WHAT" into a buffer of TT_TENSOR_NAME bytes: the names of all tensors that belong to a column. */
enum { TT_TENSOR_NAME = 256 };
const char *tt_tensor_name(char buffer[TT_TENSOR_NAME], const struct tt_column *column, const char *what);

#endif
