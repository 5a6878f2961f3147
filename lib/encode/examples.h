/* Encoded examples: three normalised tables, not one wide one (man 5 tt-format, "examples").
 *
 *     users   row = code of the user's id   features: id, attributes
 *     items   row = code of the item's id   features: id, attributes
 *     events  user, item, context codes, weight, label, time
 *
 * Row 0 of users and of items is the unknown one. So a tower runs once for each distinct user or item, not once an
 * event. Examples either learnt their dictionary, or follow another file's: then they hold events only, and `like`
 * names that file. A dictionary that was learnt may begin with all that a model's has: then `extends` names the model,
 * which knows what was before these events.
 */
#ifndef TT_ENCODE_EXAMPLES_H
#define TT_ENCODE_EXAMPLES_H

#include "encode/feature.h"
#include "encode/narrow.h"

/* One side's rows: a bag table for each of its columns; the others' (and context, history while training) are empty. */
struct tt_table {
    enum tt_side side;
    size_t n_rows;
    struct tt_bags *bags; /* (schema.n_columns) */
    uint32_t *latest;     /* (n_rows) time of each row's latest visit, 0: none; or NULL: no history that fades */
    size_t cap_latest;    /* 0: a view */
};

struct tt_events {
    size_t n;
    uint32_t *user, *item;       /* (n) codes */
    struct tt_narrow *contexts;  /* (schema.n_columns): n codes for a context column, empty for others */
    float *weight;               /* (n), or NULL: all 1 */
    uint8_t *label;              /* (n) 0 or 1, or NULL: all 1 */
    uint32_t *time;              /* (n) seconds since 1970, or NULL */
    size_t cap_user, cap_item, cap_weight, cap_label, cap_time; /* 0: views */
};

struct tt_examples {
    struct tt_dictionary dictionary;
    struct tt_table users, items;
    struct tt_events events;
    char like[TT_FINGERPRINT_HEX + 1];    /* the checksum of the file whose dictionary these events follow, or "" */
    char extends[TT_FINGERPRINT_HEX + 1]; /* that of the model whose dictionary this one begins with, or "" */
    struct tt_segment segment;         /* what a loaded one borrows from; its checksum names the file */
};

int tt_table_init(struct tt_table *table, enum tt_side side, const struct tt_dictionary *dictionary,
                  struct tt_err *err) TT_CHECKED;
void tt_table_release(struct tt_table *table, const struct tt_dictionary *dictionary);

/* Store and load a side's rows; `with` says which kinds of columns the file holds, as bits 1 << TT_KIND_x. The id's
 * codes of a table that counts through them are not stored: n_rows is the vocabulary's length + 1 then. */
int tt_table_store(const struct tt_table *table, const struct tt_dictionary *dictionary, unsigned with,
                   struct tt_segment *segment, struct tt_err *err) TT_CHECKED;
int tt_table_load(struct tt_table *table, enum tt_side side, const struct tt_dictionary *dictionary, unsigned with,
                  size_t n_rows, const struct tt_segment *segment, struct tt_err *err) TT_CHECKED;

enum {
    TT_WITH_ATTRIBUTES = 1 << TT_KIND_CATEGORY | 1 << TT_KIND_BAG | 1 << TT_KIND_NUMBER | 1 << TT_KIND_HASH,
    TT_WITH_ID = 1 << TT_KIND_ID,
    TT_WITH_CONTEXT = 1 << TT_KIND_CONTEXT,
    TT_WITH_HISTORY = 1 << TT_KIND_HISTORY,
};

/* Fill the id column of a table that counts through its ids: row r has code r. */
int tt_table_count_ids(struct tt_table *table, size_t id_column, size_t n_rows, struct tt_err *err) TT_CHECKED;

/* Empty examples over a dictionary, which is taken. */
int tt_examples_init(struct tt_examples *examples, struct tt_dictionary *dictionary, struct tt_err *err) TT_CHECKED;
void tt_examples_release(struct tt_examples *examples); /* fine on a struct that is all zero */

/* Fill a segment of kind "examples"; the caller adds its lineage and writes it. */
int tt_examples_store(const struct tt_examples *examples, struct tt_segment *segment, struct tt_err *err) TT_CHECKED;

/* Load a file (NULL: standard input) with its own dictionary. */
int tt_examples_load(struct tt_examples *examples, const char *path, struct tt_err *err) TT_CHECKED;

/* Load what encoding by a file's dictionary needs, from examples or from a model: dictionary, users and items (of a
 * model with their histories), no events. */
int tt_examples_load_tables(struct tt_examples *examples, const char *path, struct tt_err *err) TT_CHECKED;

/* The same of a model's segment that is loaded already: it is taken, also on failure. */
int tt_examples_take_tables(struct tt_examples *examples, struct tt_segment *segment, struct tt_err *err) TT_CHECKED;

/* Load what is extended, examples or a model: the same, and the events of examples. */
int tt_examples_load_base(struct tt_examples *examples, const char *path, struct tt_err *err) TT_CHECKED;

/* Is this a loaded model, without events? */
int tt_examples_are_model(const struct tt_examples *examples);

/* Load events that follow the dictionary of `base`, whose file has the checksum `checksum`; another one's are
 * refused. */
int tt_events_load_like(struct tt_events *events, struct tt_segment *segment, const char *path,
                        const struct tt_dictionary *base, const char *checksum, struct tt_err *err) TT_CHECKED;
void tt_events_release(struct tt_events *events, size_t n_columns);

#endif
