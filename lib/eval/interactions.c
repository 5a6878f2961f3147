/* The user-item interactions of earlier events: see interactions.h. */
#include "eval/interactions.h"

#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"

static int count_events(struct tt_interactions *known, struct tt_err *err)
{
    known->user_events = tt_alloc_zero(known->seen.users.texts.n, sizeof(*known->user_events), err);
    known->item_events = tt_alloc_zero(known->items.texts.n, sizeof(*known->item_events), err);
    if (!known->user_events || !known->item_events)
        return -1;
    for (size_t i = 0; i < known->n_events; i++) {
        known->user_events[known->seen.pairs[i].user]++;
        known->item_events[known->seen.pairs[i].item]++;
    }
    return 0;
}

static int count_users(struct tt_interactions *known, struct tt_err *err)
{
    known->item_users = tt_alloc_zero(known->items.texts.n, sizeof(*known->item_users), err);
    if (!known->item_users)
        return -1;
    for (size_t i = 0; i < known->seen.starts[known->seen.users.texts.n]; i++)
        known->item_users[known->seen.items[i]]++;
    return 0;
}

int tt_interactions_read(struct tt_interactions *known, struct tt_csv *csv, const char *user_column,
                         const char *item_column, struct tt_err *err)
{
    long user, item;
    int more = -1, status = -1;

    *known = (struct tt_interactions){0};
    if ((user = tt_csv_need_column(csv, user_column, err)) < 0 ||
        (item = tt_csv_need_column(csv, item_column, err)) < 0 || tt_seen_items_init(&known->seen, err) ||
        tt_vocab_init(&known->items, err))
        goto done;
    while ((more = tt_csv_next(csv, err)) == 1) {
        const struct tt_csv_field *user_field = &csv->fields[user], *item_field = &csv->fields[item];
        uint32_t code;
        if (tt_vocab_add(&known->items, item_field->text, item_field->len, &code, err) ||
            tt_seen_items_add(&known->seen, user_field->text, user_field->len, code, err))
            goto done;
        known->n_events++;
    }
    if (more == 0 && known->n_events > UINT32_MAX)
        tt_err_set(err, TT_ERR_INPUT, "%s: more than %lu events", csv->reader.name, (unsigned long)UINT32_MAX);
    else if (more == 0)
        status = count_events(known, err) || tt_seen_items_finish(&known->seen, err) || count_users(known, err) ? -1
                                                                                                                : 0;
done:
    if (status)
        tt_interactions_release(known);
    return status;
}

void tt_interactions_release(struct tt_interactions *known)
{
    tt_seen_items_release(&known->seen);
    tt_vocab_release(&known->items);
    free(known->user_events);
    free(known->item_events);
    free(known->item_users);
    *known = (struct tt_interactions){0};
}

int tt_interactions_has(const struct tt_interactions *known, uint32_t user, uint32_t item)
{
    return tt_seen_items_has(&known->seen, user, item);
}

uint32_t tt_interactions_activity(const struct tt_interactions *known, uint32_t user)
{
    return user == TT_VOCAB_NONE ? 0 : known->user_events[user];
}

uint32_t tt_interactions_popularity(const struct tt_interactions *known, uint32_t item)
{
    return item == TT_VOCAB_NONE ? 0 : known->item_events[item];
}

double tt_interactions_novelty(const struct tt_interactions *known, uint32_t item)
{
    double users = item == TT_VOCAB_NONE ? 1 : known->item_users[item];

    return log2((double)known->seen.users.texts.n / users);
}
