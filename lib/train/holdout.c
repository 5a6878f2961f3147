/* Held-out events: see holdout.h. */
#include "train/holdout.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/rng.h"

/* One event of a user, for sorting. */
struct entry {
    uint32_t time, event;
    float draw;
};

static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;

    if (a->time != b->time)
        return a->time < b->time ? -1 : 1;
    if (a->draw < b->draw || a->draw > b->draw)
        return a->draw < b->draw ? -1 : 1;
    return (a->event > b->event) - (a->event < b->event);
}

/* Where the held-out part of n sorted entries begins, when `held` of them should be: at the nearest change of time,
 * the earlier one of two that are equally near. */
static size_t find_cut(const struct entry *entries, size_t n, size_t held, int has_times)
{
    size_t cut = n - held, down = cut, up = cut;

    if (!has_times || held == 0)
        return cut;
    while (down > 0 && entries[down - 1].time == entries[down].time)
        down--;
    while (up < n && entries[up - 1].time == entries[up].time)
        up++;
    if (down == 0 && up == n) /* one time: it says nothing */
        return cut;
    return down > 0 && cut - down <= up - cut ? down : up;
}

/* Sort a user's entries, and mark the events that are held out. */
static void mark_user(struct entry *entries, size_t n, uint32_t user, double share, uint64_t seed, int has_times,
                      unsigned char *is_held)
{
    size_t held = (size_t)(share * (double)n + (double)tt_rng_at(seed, TT_RNG_HOLDOUT, user, 1));

    if (held >= n)
        held = n - 1;
    if (held == 0)
        return;
    qsort(entries, n, sizeof(*entries), compare_entries);
    for (size_t i = find_cut(entries, n, held, has_times); i < n; i++)
        is_held[entries[i].event] = 1;
}

static int mark_held(const struct tt_events *events, size_t n_users, double share, uint64_t seed,
                     unsigned char *is_held, struct tt_err *err)
{
    struct entry *entries = tt_alloc(events->n, sizeof(*entries), err);
    size_t *ends = tt_alloc_zero(n_users + 1, sizeof(*ends), err);
    int status = -1;

    if (!entries || !ends)
        goto done;
    for (size_t e = 0; e < events->n; e++) /* a counting sort by user: ends[u] is first the start of user u's */
        ends[events->user[e] + 1]++;
    for (size_t u = 0; u < n_users; u++)
        ends[u + 1] += ends[u];
    for (size_t e = 0; e < events->n; e++)
        entries[ends[events->user[e]]++] = (struct entry){events->time ? events->time[e] : 0, (uint32_t)e,
                                                          tt_rng_at(seed, TT_RNG_HOLDOUT, e, 0)};
    for (size_t u = 0, from = 0; u < n_users; from = ends[u++])
        if (ends[u] - from > 1)
            mark_user(entries + from, ends[u] - from, (uint32_t)u, share, seed, events->time != NULL, is_held);
    status = 0;
done:
    free(entries);
    free(ends);
    return status;
}

/* The events whose mark is `mark`, n of them. */
static int copy_marked(struct tt_events *out, const struct tt_events *events, const struct tt_schema *schema,
                       const unsigned char *marks, unsigned char mark, size_t n, struct tt_err *err)
{
    if (tt_events_init(out, schema, err) || tt_events_reserve(out, n, err))
        return -1;
    for (size_t e = 0; e < events->n; e++)
        if (marks[e] == mark && tt_events_add_from(out, events, e, err))
            return -1;
    return 0;
}

int tt_holdout_init(struct tt_holdout *h, const struct tt_events *events, const struct tt_dictionary *dictionary,
                    size_t n_users, double share, uint64_t seed, struct tt_err *err)
{
    unsigned char *is_held = tt_alloc_zero(events->n, 1, err);
    size_t n_held = 0;
    int status = -1;

    *h = (struct tt_holdout){0};
    if (!is_held || mark_held(events, n_users, share, seed, is_held, err))
        goto done;
    for (size_t e = 0; e < events->n; e++)
        n_held += is_held[e];
    if (copy_marked(&h->kept, events, &dictionary->schema, is_held, 0, events->n - n_held, err) ||
        copy_marked(&h->held, events, &dictionary->schema, is_held, 1, n_held, err))
        goto done;
    status = 0;
done:
    free(is_held);
    if (status)
        tt_holdout_release(h);
    return status;
}

void tt_holdout_release(struct tt_holdout *h)
{
    tt_events_release(&h->kept);
    tt_events_release(&h->held);
    *h = (struct tt_holdout){0};
}
