/* What users did before the test: how many events each user and each item has there, how many users have an item, and
 * who has what. Read from the training events, it tells how active a user is, how popular an item, and whether an item
 * is new to a user.
 *
 *     tt_past_read(&past, &csv, "user_id", "store_id", &err);
 *     user = tt_vocab_find(&past.users, text, len);        TT_VOCAB_NONE: no event
 *     item = tt_vocab_find(&past.items, text, len);
 *     tt_past_has(&past, user, item);
 *     tt_past_release(&past);
 *
 * Memory: 8 bytes an event while it is read, then 4 bytes a distinct pair, and the distinct texts.
 */
#ifndef TT_EVAL_PAST_H
#define TT_EVAL_PAST_H

#include <stdint.h>

#include "table/vocab.h"
#include "io/csv_reader.h"

struct tt_past {
    size_t n_events;
    struct tt_vocab users, items; /* by first appearance */
    uint32_t *user_events;        /* (users) */
    uint32_t *item_events;        /* (items) */
    uint32_t *item_users;         /* (items): distinct users who have it */
    size_t *starts;               /* (users + 1) into has */
    uint32_t *has;                /* each user's distinct items, ascending */
};

/* Read all rows of csv, whose columns are found by name. No rows are no error. On failure the struct is released. */
int tt_past_read(struct tt_past *past, struct tt_csv *csv, const char *user_column, const char *item_column,
                 struct tt_err *err) TT_CHECKED;
void tt_past_release(struct tt_past *past); /* fine on a struct that is all zero */

/* Has the user the item? Either may be TT_VOCAB_NONE: then not. */
int tt_past_has(const struct tt_past *past, uint32_t user, uint32_t item);

/* Events of the user, of the item; 0 for TT_VOCAB_NONE. */
uint32_t tt_past_activity(const struct tt_past *past, uint32_t user);
uint32_t tt_past_popularity(const struct tt_past *past, uint32_t item);

/* -log2 of the share of the users who have the item, in bits: its self-information (Zhou et al. 2010, "Solving the
 * apparent diversity-accuracy dilemma of recommender systems", PNAS 107; Vargas and Castells 2011, "Rank and relevance
 * in novelty and diversity metrics for recommender systems", RecSys, section 4.1, the popularity-based discovery
 * model). An item that nobody has, or TT_VOCAB_NONE, counts as if one user had it: log2 of the users' number, which is
 * the most there can be. Needs at least one user. */
double tt_past_novelty(const struct tt_past *past, uint32_t item);

#endif
