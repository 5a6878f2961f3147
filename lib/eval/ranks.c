/* Test events and the ranks of their items: see ranks.h. */
#include "eval/ranks.h"

#include <stdlib.h>

#include "base/alloc.h"

int tt_ranks_add(struct tt_ranks *r, uint32_t query, uint32_t user, uint32_t item, struct tt_err *err)
{
    if (tt_grow(&r->events, &r->cap_events, r->n_events + 1, sizeof(*r->events), err))
        return -1;
    if (query == r->n_queries) { /* a new one */
        if (tt_grow(&r->user_of, &r->cap_queries, r->n_queries + 1, sizeof(*r->user_of), err))
            return -1;
        r->user_of[r->n_queries++] = user;
        r->n_users = user < r->n_users ? r->n_users : (size_t)user + 1;
    }
    r->events[r->n_events++] = (struct tt_test_event){query, item};
    return 0;
}

static int by_item(const void *a, const void *b)
{
    uint32_t x = ((const struct tt_target *)a)->item, y = ((const struct tt_target *)b)->item;

    return (x > y) - (x < y);
}

/* A target for each event, those of a query together, by a counting sort. */
static void sort_by_query(struct tt_ranks *r)
{
    for (size_t i = 0; i < r->n_events; i++)
        r->events_of[r->events[i].query]++;
    for (size_t q = 0; q < r->n_queries; q++)
        r->starts[q + 1] = r->starts[q] + r->events_of[q];
    for (size_t i = r->n_events; i-- > 0;) { /* fills each query's part from its end, moving the ends to the starts */
        size_t *end = &r->starts[r->events[i].query + 1];
        r->targets[--*end] = (struct tt_target){.item = r->events[i].target, .events = 1};
    }
}

/* Each query's targets ascending, every item once. */
static void join_items(struct tt_ranks *r)
{
    size_t to = 0;

    for (size_t q = 0; q < r->n_queries; q++) {
        struct tt_target *part = r->targets + r->starts[q + 1];
        qsort(part, r->events_of[q], sizeof(*part), by_item);
        r->starts[q] = to; /* never beyond the part that is read */
        for (size_t i = 0; i < r->events_of[q]; i++) {
            if (i && part[i].item == r->targets[to - 1].item)
                r->targets[to - 1].events++;
            else
                r->targets[to++] = part[i];
        }
    }
    r->starts[r->n_queries] = to;
}

/* The events' items to the places of their targets. */
static void place_events(struct tt_ranks *r)
{
    for (size_t i = 0; i < r->n_events; i++) {
        struct tt_test_event *event = &r->events[i];
        struct tt_target key = {.item = event->target}, *part = r->targets + r->starts[event->query];
        size_t n = r->starts[event->query + 1] - r->starts[event->query];
        const struct tt_target *found = bsearch(&key, part, n, sizeof(*part), by_item);
        event->target = (uint32_t)(found - r->targets);
    }
}

int tt_ranks_group(struct tt_ranks *r, struct tt_err *err)
{
    r->starts = tt_alloc_zero(r->n_queries + 1, sizeof(*r->starts), err);
    r->targets = tt_alloc(r->n_events, sizeof(*r->targets), err);
    r->events_of = tt_alloc_zero(r->n_queries, sizeof(*r->events_of), err);
    if (!r->starts || !r->targets || !r->events_of)
        return -1;
    sort_by_query(r);
    join_items(r);
    place_events(r);
    return 0;
}

void tt_ranks_release(struct tt_ranks *r)
{
    free(r->events);
    free(r->user_of);
    free(r->events_of);
    free(r->starts);
    free(r->targets);
    *r = (struct tt_ranks){0};
}
