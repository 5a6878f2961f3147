/* Test events with their queries and users, and the rank of each event's item in its query's list: what all accuracy
 * metrics are computed from.
 *
 *     for each test event: tt_ranks_add(&ranks, query, user, item, &err);
 *     tt_ranks_group(&ranks, &err);
 *     ranks.targets[ranks.events[e].target].rank = 3;       of event e, where its list has the item
 *     tt_ranks_release(&ranks);
 *
 * A target is an item that a query should find: the item of one of its test events, or of several. Memory: 20 bytes an
 * event and 20 a query.
 */
#ifndef TT_EVAL_RANKS_H
#define TT_EVAL_RANKS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct tt_target {
    uint32_t item, events;
    uint32_t rank; /* in the query's list, from 1; 0: not there */
};

struct tt_test_event {
    uint32_t query;
    uint32_t target; /* its place in targets; before tt_ranks_group: the item */
};

struct tt_ranks {
    size_t n_events, n_queries, n_users;
    struct tt_test_event *events; /* (n_events) as they were added */
    uint32_t *user_of;            /* (n_queries) */
    uint32_t *events_of;          /* (n_queries) how many events it has */
    size_t *starts;               /* (n_queries + 1) into targets */
    struct tt_target *targets;    /* each query's distinct items, ascending */
    size_t cap_events, cap_queries;
};

/* One more event. Queries and users are numbered by first appearance: a number is at most one above those before. The
 * user of a query is that of its first event. */
int tt_ranks_add(struct tt_ranks *ranks, uint32_t query, uint32_t user, uint32_t item, struct tt_err *err) TT_CHECKED;

/* All events are added: find the targets of each query, with rank 0. Fails only for memory. */
int tt_ranks_group(struct tt_ranks *ranks, struct tt_err *err) TT_CHECKED;

void tt_ranks_release(struct tt_ranks *ranks); /* fine on a struct that is all zero */

#endif
