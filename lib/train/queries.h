/* Groups events by query, a distinct combination of user and context. Each query has its positives, which are the items
 * of its events, with their weights, and its disliked items. */
#ifndef TT_TRAIN_QUERIES_H
#define TT_TRAIN_QUERIES_H

#include "encode/events.h"
#include "model/model.h"

struct tt_queries {
    size_t n;
    uint32_t *user;          /* (n) row of the users */
    struct tt_bags *contexts; /* (schema.n_columns): n rows for a context column, empty for others */
    struct tt_bags positives; /* (n) items, rising, with the sums of their events' weights; rows may be empty */
    struct tt_bags disliked; /* (n) items, rising; n_rows is 0 when there are none, or they are not kept */
    double *unknown;         /* (n) weight of the liked events whose item the dictionary does not have */
    size_t n_columns;
    double weight;           /* of all positives */
};

/* Group the events. Items of events with label 0, and item 0 (unknown to the dictionary), are no positives. An item of
 * events with label 0 and a weight above 0 is disliked, unless it is a positive of the same query: one liked visit
 * counts more than the others. Disliked items are kept when keep_disliked is set. half_life (days, 0: none): an event's
 * weight halves with so much age, counted back from its query's latest event; needs the events' times. */
int tt_queries_init(struct tt_queries *queries, const struct tt_dictionary *dictionary, const struct tt_events *events,
                    double half_life, int keep_disliked, struct tt_err *err) TT_CHECKED;
void tt_queries_release(struct tt_queries *queries);

/* The queries as input of the user tower; users' bags are shared by their queries. */
int tt_queries_input(const struct tt_queries *queries, const struct tt_dictionary *dictionary,
                     const struct tt_table *users, struct tt_tower_input *input, struct tt_err *err) TT_CHECKED;

enum { TT_NO_PLACE = UINT32_MAX };

/* The items with at least one event: positives and, where they are kept, disliked ones. Other items are neither
 * candidates of the loss nor ranked in validation. */
struct tt_catalogue {
    size_t n;
    uint32_t *items; /* (n) item rows, rising */
    uint32_t *place; /* (n_items) each item row's place in `items`, or TT_NO_PLACE */
};

/* The catalogue of these queries; n_items counts all rows of the item table. */
int tt_catalogue_init(struct tt_catalogue *catalogue, const struct tt_queries *queries, size_t n_items,
                      struct tt_err *err) TT_CHECKED;
void tt_catalogue_release(struct tt_catalogue *catalogue); /* fine on a struct that is all zero */

#endif
