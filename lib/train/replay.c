/* Replayed histories: see replay.h. */
#include "train/replay.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/rng.h"

/* The same events with room for more, owned, with weights. */
static int copy_events(struct tt_events *to, const struct tt_events *from, const struct tt_schema *schema, size_t more,
                       struct tt_err *err)
{
    if (tt_events_init(to, schema, err))
        return -1;
    to->has |= TT_HAS_WEIGHT;
    if (tt_events_reserve(to, from->n + more, err))
        return -1;
    for (size_t e = 0; e < from->n; e++)
        if (tt_events_add_from(to, from, e, err))
            return -1;
    return 0;
}

/* Mark the users who have a new event that counts, and find each one's latest time. */
static void find_users(const struct tt_events *ev, size_t n_users, unsigned char *is_replayed, uint32_t *latest)
{
    for (size_t e = 0; e < ev->n; e++) {
        uint32_t user = ev->user[e];
        if (user >= n_users || ev->item[e] == 0 || (ev->label && !ev->label[e]) || (ev->weight && !(ev->weight[e] > 0)))
            continue;
        is_replayed[user] = 1;
        if (ev->time && ev->time[e] > latest[user])
            latest[user] = ev->time[e];
    }
}

/* Append one user's history as events. */
static int add_user(struct tt_events *ev, const struct tt_schema *schema, const struct tt_column *column,
                    const struct tt_earlier_histories *past, uint32_t user, uint32_t latest, double *visits,
                    struct tt_err *err)
{
    const uint32_t *codes;
    const float *weights;
    size_t n = tt_bags_row(past->bags, user, &codes, &weights);

    if (past->latest && past->latest[user] > latest)
        latest = past->latest[user];
    tt_history_recall(column, past, user, latest, visits);
    for (size_t i = 0; i < n; i++) {
        struct tt_event_values values = {.weight = (float)visits[i], .label = 1, .time = latest};
        if (tt_events_add(ev, user, codes[i], &values, err))
            return -1;
        for (size_t c = 0; c < schema->n_columns; c++)
            if (schema->columns[c].kind == TT_KIND_CONTEXT && tt_narrow_add(&ev->contexts[c], 0, err))
                return -1;
    }
    return 0;
}

int tt_replay_histories(struct tt_events *all, const struct tt_events *events, const struct tt_entities *base,
                        const struct tt_column *column, const struct tt_earlier_histories *past,
                        const struct tt_replay *replay, struct tt_err *err)
{
    const struct tt_schema *schema = &base->dictionary.schema;
    size_t n_users = past->bags->n_rows, more = 0, most = 0;
    uint64_t day = tt_hash64(base->segment.checksum, strlen(base->segment.checksum), 0);
    unsigned char *is_replayed = tt_alloc_zero(n_users, 1, err);
    uint32_t *latest = tt_alloc_zero(n_users, sizeof(*latest), err);
    double *visits = NULL;
    int status = -1;

    *all = (struct tt_events){0};
    if (!is_replayed || !latest)
        goto done;
    find_users(events, n_users, is_replayed, latest);
    for (size_t u = 1; u < n_users; u++) {
        size_t size = (size_t)(past->bags->offsets[u + 1] - past->bags->offsets[u]);
        is_replayed[u] |= (double)tt_rng_at(replay->seed, TT_RNG_REPLAY, day, (uint32_t)u) < replay->share;
        more += is_replayed[u] ? size : 0;
        most = size > most ? size : most;
    }
    visits = tt_alloc(most, sizeof(*visits), err);
    if (!visits || copy_events(all, events, schema, more, err))
        goto done;
    for (size_t u = 1; u < n_users; u++)
        if (is_replayed[u] && add_user(all, schema, column, past, (uint32_t)u, latest[u], visits, err))
            goto done;
    status = 0;
done:
    free(is_replayed);
    free(latest);
    free(visits);
    if (status)
        tt_events_release(all);
    return status;
}
