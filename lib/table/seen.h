/* Which items users have seen, from tables of user and item: what a list leaves out, and how many users have an item.
 *
 *     tt_seen_init(&seen, &err);
 *     tt_seen_read(&seen, path, "user_id", "store_id", &items, &counts, &err);      once a file
 *     tt_seen_finish(&seen, &err);                                                  after the last
 *     rows = tt_seen_of(&seen, user, len, &n);
 *     tt_seen_release(&seen);
 *
 * Items are rows of the vocabulary `items`, which must be the same for all files. Memory: 8 bytes a row of the files
 * while they are read, then 4.
 */
#ifndef TT_TABLE_SEEN_H
#define TT_TABLE_SEEN_H

#include "table/vocab.h"

struct tt_seen_pair {
    uint32_t user, row;
};

struct tt_seen {
    struct tt_vocab users;      /* by first appearance */
    size_t *starts;             /* (users + 1) into rows, after finish */
    uint32_t *rows;             /* each user's distinct items, rising */
    struct tt_seen_pair *pairs; /* until finish */
    size_t n_pairs, cap_pairs;
};

/* Of one file. */
struct tt_seen_counts {
    size_t rows, unknown; /* rows read; those of them whose item the vocabulary does not have: passed over */
};

int tt_seen_init(struct tt_seen *seen, struct tt_err *err) TT_CHECKED;

/* Read a CSV or TSV, whose columns are found by name. */
int tt_seen_read(struct tt_seen *seen, const char *path, const char *user_column, const char *item_column,
                 const struct tt_vocab *items, struct tt_seen_counts *counts, struct tt_err *err) TT_CHECKED;

int tt_seen_finish(struct tt_seen *seen, struct tt_err *err) TT_CHECKED;

/* The user's items, *n of them; NULL and 0 for a user who is not there. Borrowed. */
const uint32_t *tt_seen_of(const struct tt_seen *seen, const char *user, size_t len, size_t *n);

void tt_seen_release(struct tt_seen *seen); /* fine on a struct that is all zero */

#endif
