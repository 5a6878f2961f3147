/* From rows of text to the encoded rows of one side, by a model's dictionary: what tt-embed turns into vectors (kind
 * "rows").
 *
 * A row is a distinct id or, on the user side, a distinct combination of id and context values. Its features come from
 * the input's own columns; where the input lacks a column or the field is empty, from the side file; where that does
 * not name the id or its field is empty, from what the model knows of the id. Its history comes from the history file
 * when that names the user, else from the model. So ids that training never saw get all that is known of them.
 * Of rows that repeat one, and of rows of the side file that repeat an id, the first is taken.
 *
 * The output is one segment, or with `chunk` a stream of segments of at most so many rows each, in bounded memory.
 */
#ifndef TT_ENCODE_ROW_ENCODER_H
#define TT_ENCODE_ROW_ENCODER_H

#include "encode/entities.h"
#include "io/csv_reader.h"
#include "io/vectors_file.h"

/* The encoded rows of a segment, as tt-embed reads them: views of its image. */
struct tt_rows {
    struct tt_table table;              /* all kinds of its side's columns */
    size_t n_keys;
    const char *key_names[TT_MAX_KEYS]; /* borrowed from the dictionary */
    struct tt_text_list keys[TT_MAX_KEYS];
};

struct tt_row_options {
    enum tt_side side;
    enum tt_csv_format format;
    const char *input;      /* NULL or "-": standard input */
    const char *attributes; /* the side file, or NULL */
    const char *history;    /* events of users, or NULL */
    size_t chunk;           /* rows a segment; 0: all in one */
};

struct tt_row_stats {
    uint64_t read;        /* input rows */
    uint64_t rows;        /* rows written */
    uint64_t unknown_ids; /* rows whose id the model does not know */
    uint64_t with_history; /* of those, rows with a history of their own */
    uint64_t other_attributes[2]; /* rows that repeat one with other attributes: of the input, of the side file */
    uint64_t missing;     /* bit i: neither the input nor the side file has schema column i, an attribute */
    uint64_t *unseen;     /* (schema.n_columns) values that the dictionary does not have */
    char inputs[3][TT_FINGERPRINT_HEX + 1]; /* input, attributes, history */
};

/* Called for each finished segment before it is written, to add its lineage. */
typedef int tt_lineage_fn(struct tt_segment *segment, void *arg, struct tt_err *err);

/* stats: all zero but for `unseen`, which the caller owns.
 * base: an indexed dictionary and the tables of the model; its segment's checksum goes into the output as "model". */
int tt_encode_rows(const struct tt_entities *base, const struct tt_row_options *options, struct tt_writer *writer,
                   tt_lineage_fn *lineage, void *lineage_arg, struct tt_row_stats *stats,
                   struct tt_err *err) TT_CHECKED;

/* View the rows of a segment; `checksum` names the model that must have encoded them. */
int tt_rows_view(struct tt_rows *rows, const struct tt_dictionary *dictionary, const char *checksum,
                 const struct tt_segment *segment, struct tt_err *err) TT_CHECKED;
void tt_rows_release(struct tt_rows *rows, const struct tt_dictionary *dictionary);

#endif
