/* Events grouped by query: the distinct combinations of user and context, each with the items that it wants and their
 * weights, and those that it dislikes. */
#ifndef TT_TRAIN_QUERIES_H
#define TT_TRAIN_QUERIES_H

#include "encode/events.h"
#include "model/model.h"

struct tt_queries {
    size_t n;
    uint32_t *user;          /* (n) row of the users */
    struct tt_bags *contexts; /* (schema.n_columns): n rows for a context column, empty for others */
    struct tt_bags wanted;   /* (n) items, rising, with their events' weights added up; may be empty rows */
    struct tt_bags disliked; /* (n) items, rising; n_rows 0 when nobody dislikes anything, or it is not kept */
    double *missed;          /* (n) weight of the liked events whose item the dictionary does not have */
    size_t n_columns;
    double weight;           /* of all that is wanted */
};

/* Group the events. Those of item 0 (the dictionary does not have it), and those whose label is 0, want nothing. The
 * items of the latter, when their weight is not 0, are what the query dislikes, but for those that it wants too: one
 * visit that was liked says more than how the others went. They are kept when keep_disliked says so.
 * half_life (days, 0: none): an event's weight halves with so much age, counted back from its query's latest event;
 * needs the events' times. */
int tt_queries_init(struct tt_queries *queries, const struct tt_dictionary *dictionary, const struct tt_events *events,
                    double half_life, int keep_disliked, struct tt_err *err) TT_CHECKED;
void tt_queries_release(struct tt_queries *queries);

/* The queries as input of the user tower; users' bags are shared by their queries. */
int tt_queries_input(const struct tt_queries *queries, const struct tt_dictionary *dictionary,
                     const struct tt_table *users, struct tt_tower_input *input, struct tt_err *err) TT_CHECKED;

#endif
