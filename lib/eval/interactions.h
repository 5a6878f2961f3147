/* The user-item interactions of earlier events, such as the training events: how active each user is, how popular each
 * item, and which items a user has.
 *
 *     tt_interactions_read(&known, &csv, "user_id", "store_id", &err);
 *     user = tt_vocab_find(&known.seen.users, text, len);        TT_VOCAB_NONE: no event
 *     item = tt_vocab_find(&known.items, text, len);
 *     tt_interactions_has(&known, user, item);
 *     tt_interactions_release(&known);
 *
 * Memory: 8 bytes an event while it is read, then 4 bytes a distinct pair, and the distinct texts.
 */
#ifndef TT_EVAL_INTERACTIONS_H
#define TT_EVAL_INTERACTIONS_H

#include <stdint.h>

#include "io/csv_reader.h"
#include "table/seen_items.h"
#include "table/vocab.h"

struct tt_interactions {
    size_t n_events;
    struct tt_seen_items seen; /* each user's distinct items */
    struct tt_vocab items;     /* by first appearance */
    uint32_t *user_events;     /* (users) */
    uint32_t *item_events;     /* (items) */
    uint32_t *item_users;      /* (items): distinct users who have it */
};

/* Read all rows of csv, whose columns are found by name. No rows are no error. On failure the struct is released. */
int tt_interactions_read(struct tt_interactions *known, struct tt_csv *csv, const char *user_column,
                         const char *item_column, struct tt_err *err) TT_CHECKED;
void tt_interactions_release(struct tt_interactions *known); /* fine on a struct that is all zero */

/* Has the user the item? Either may be TT_VOCAB_NONE: then not. */
int tt_interactions_has(const struct tt_interactions *known, uint32_t user, uint32_t item);

/* Events of the user, of the item; 0 for TT_VOCAB_NONE. */
uint32_t tt_interactions_activity(const struct tt_interactions *known, uint32_t user);
uint32_t tt_interactions_popularity(const struct tt_interactions *known, uint32_t item);

/* -log2 of the share of the users who have the item, in bits: its self-information (Zhou et al. 2010, "Solving the
 * apparent diversity-accuracy dilemma of recommender systems", PNAS 107; Vargas and Castells 2011, "Rank and relevance
 * in novelty and diversity metrics for recommender systems", RecSys, section 4.1, the popularity-based discovery
 * model). An item that nobody has, or TT_VOCAB_NONE, counts as if one user had it: log2 of the users' number, which is
 * the most there can be. Needs at least one user. */
double tt_interactions_novelty(const struct tt_interactions *known, uint32_t item);

#endif
