/* From rows of text to encoded examples: reads the events once, and the side files once.
 *
 * tt_encode_examples learns the dictionary. Attributes of users and items come from the side file when it is given and
 * has the column, else from the events; of an attribute that differs between rows the most frequent value wins. Users
 * and items that only a side file names get rows too, after those of the events.
 * tt_encode_extending learns too, but begins with what a model or other examples know: texts keep their codes, borders
 * and scales stay as they are, all users and items keep their rows, and their attributes where the files at hand name
 * none, and the events of examples come first.
 * tt_encode_like applies a dictionary: only the events are encoded; ids and values that it does not have become code 0.
 *
 * Memory: the distinct texts, and 8 bytes an event and what contexts (1, 2 or 4 bytes each), weight (4), label (1) and
 * time (4) need.
 */
#ifndef TT_ENCODE_EXAMPLE_ENCODER_H
#define TT_ENCODE_EXAMPLE_ENCODER_H

#include "encode/examples.h"
#include "io/csv_reader.h"

/* What was met on the way, for the program's notes. Arrays have one place a schema column. */
struct tt_encode_stats {
    uint64_t events;        /* that were read */
    uint64_t *unseen;       /* values that the dictionary does not have (like), counted by field */
    uint64_t *contradicted; /* users or items whose attribute differs between rows (learning) */
    uint64_t side_only[2];  /* new users, items without any event (learning) */
    uint64_t missing;       /* bit i: no file has schema column i, an attribute (extending) */
    char inputs[3][TT_FINGERPRINT_HEX + 1]; /* fingerprints of events, users, items; "" when not given */
};

int tt_encode_stats_init(struct tt_encode_stats *stats, const struct tt_schema *schema, struct tt_err *err) TT_CHECKED;
void tt_encode_stats_release(struct tt_encode_stats *stats);

/* Paths: NULL or "-" for events is standard input; NULL for users or items: there is none. The schema is taken. */
int tt_encode_examples(struct tt_examples *examples, struct tt_schema *schema, const char *events, const char *users,
                       const char *items, enum tt_csv_format format, struct tt_encode_stats *stats,
                       struct tt_err *err) TT_CHECKED;

/* The same for examples that extend what tt_examples_load_base has loaded; borrowed for the call. An attribute may be
 * missing in all files: known values stay, and what is new has none. */
int tt_encode_extending(struct tt_examples *examples, const struct tt_examples *base, const char *events,
                        const char *users, const char *items, enum tt_csv_format format, struct tt_encode_stats *stats,
                        struct tt_err *err) TT_CHECKED;

/* *events gets what the file holds, by an indexed dictionary (tt_dictionary_index). */
int tt_encode_like(struct tt_events *events, const struct tt_dictionary *dictionary, const char *path,
                   enum tt_csv_format format, struct tt_encode_stats *stats, struct tt_err *err) TT_CHECKED;

#endif
