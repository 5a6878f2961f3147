/* The items that each user has seen, read from tables with a column of users and one of items: what a list leaves out,
 * and what is new to a user.
 *
 *     tt_seen_items_init(&seen, &err);
 *     tt_seen_items_read(&seen, path, "user_id", "store_id", &items, &counts, &err);      once a file
 *     tt_seen_items_finish(&seen, &err);                                                  after the last file
 *     codes = tt_seen_items_of(&seen, user, len, &n);
 *     tt_seen_items_release(&seen);
 *
 * Items are codes of the vocabulary `items`, which must be the same for all files. Memory: 8 bytes a row of the files
 * while they are read, then 4.
 */
#ifndef TT_TABLE_SEEN_ITEMS_H
#define TT_TABLE_SEEN_ITEMS_H

#include "table/vocab.h"

struct tt_seen_pair {
    uint32_t user, item;
};

struct tt_seen_items {
    struct tt_vocab users;      /* by first appearance */
    size_t *starts;             /* (users + 1) into items, after finish */
    uint32_t *items;            /* each user's distinct items, ascending */
    struct tt_seen_pair *pairs; /* until finish */
    size_t n_pairs, cap_pairs;
};

/* Of one file. */
struct tt_seen_counts {
    size_t rows;
    size_t unknown; /* rows whose item is not in the vocabulary: they are left out */
};

int tt_seen_items_init(struct tt_seen_items *seen, struct tt_err *err) TT_CHECKED;

/* Read a CSV or TSV file. The two columns are found by name. */
int tt_seen_items_read(struct tt_seen_items *seen, const char *path, const char *user_column, const char *item_column,
                       const struct tt_vocab *items, struct tt_seen_counts *counts, struct tt_err *err) TT_CHECKED;

/* One more pair. */
int tt_seen_items_add(struct tt_seen_items *seen, const char *user, size_t len, uint32_t item,
                      struct tt_err *err) TT_CHECKED;

/* Sort what was added. */
int tt_seen_items_finish(struct tt_seen_items *seen, struct tt_err *err) TT_CHECKED;

/* The user's *n items, borrowed; NULL and 0 for a user who is in no file. */
const uint32_t *tt_seen_items_of(const struct tt_seen_items *seen, const char *user, size_t len, size_t *n);

/* Has the user seen the item? By codes, of which either may be TT_VOCAB_NONE: then not. */
int tt_seen_items_has(const struct tt_seen_items *seen, uint32_t user, uint32_t item);

void tt_seen_items_release(struct tt_seen_items *seen); /* fine on a struct that is all zero */

#endif
