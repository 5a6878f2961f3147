/* Entities: users and items with their features. It is what a model keeps of its training set, and what encoding by the
 * dictionary of a file needs (man 5 tt-format).
 *
 *     users   row = code of the user's id   features: id, attributes, history
 *     items   row = code of the item's id   features: id, attributes, history
 *
 * Row 0 of both tables is the unknown user or item. So a tower runs once for each distinct user or item, not once an
 * event. The events are elsewhere: events.h.
 */
#ifndef TT_ENCODE_ENTITIES_H
#define TT_ENCODE_ENTITIES_H

#include "encode/dictionary.h"

/* One side's rows: bags for each of its columns. Columns of the other side have none, nor have contexts, which belong
 * to events; histories have theirs from training on. */
struct tt_table {
    enum tt_side side;
    size_t n_rows;
    struct tt_bags *bags; /* (schema.n_columns) */
    uint32_t *latest;     /* (n_rows) time of each row's latest event, 0: none; or NULL: no history that fades */
    size_t cap_latest;    /* 0: a view */
};

struct tt_entities {
    struct tt_dictionary dictionary;
    struct tt_table users, items;
    char extends[TT_FINGERPRINT_HEX + 1]; /* the checksum of the model whose entities these begin with, or "" */
    struct tt_segment segment;            /* the file that loaded ones borrow from; its checksum names it */
};

int tt_table_init(struct tt_table *table, enum tt_side side, const struct tt_dictionary *dictionary,
                  struct tt_err *err) TT_CHECKED;
void tt_table_release(struct tt_table *table, const struct tt_dictionary *dictionary);

/* Which columns of a table a file holds. */
enum tt_with { TT_WITH_ATTRIBUTES = 1, TT_WITH_HISTORY = 2, TT_WITH_ID = 4, TT_WITH_CONTEXT = 8, TT_WITH_ALL = 15 };

/* Store and load the columns `with` of a side's rows. Without TT_WITH_ID row r has the id's code r: such codes are not
 * stored, and n_rows is the length of the id's vocabulary + 1. */
int tt_table_store(const struct tt_table *table, const struct tt_dictionary *dictionary, unsigned with,
                   struct tt_segment *segment, struct tt_err *err) TT_CHECKED;
int tt_table_load(struct tt_table *table, enum tt_side side, const struct tt_dictionary *dictionary, unsigned with,
                  size_t n_rows, const struct tt_segment *segment, struct tt_err *err) TT_CHECKED;

/* Fill the id column of a table of n_rows rows: row r has code r. */
int tt_table_count_ids(struct tt_table *table, size_t id_column, size_t n_rows, struct tt_err *err) TT_CHECKED;

/* No rows, over a dictionary, which it takes ownership of (also on failure: then it is released). */
int tt_entities_init(struct tt_entities *entities, struct tt_dictionary *dictionary, struct tt_err *err) TT_CHECKED;
void tt_entities_release(struct tt_entities *entities); /* fine on a struct that is all zero */

/* Store the dictionary and both tables. */
int tt_entities_store(const struct tt_entities *entities, unsigned with, struct tt_segment *segment,
                      struct tt_err *err) TT_CHECKED;

/* Load those of a file of examples or of a model (NULL: standard input): of a model with histories. Events that follow
 * the dictionary of another file have none, and are refused. */
int tt_entities_load(struct tt_entities *entities, const char *path, struct tt_err *err) TT_CHECKED;

/* The same of a segment that is loaded already, of examples or of a model; takes ownership of it, also on failure. */
int tt_entities_from_segment(struct tt_entities *entities, struct tt_segment *segment, struct tt_err *err) TT_CHECKED;

/* Did these come from the file of a model? */
int tt_entities_are_model(const struct tt_entities *entities);

#endif
