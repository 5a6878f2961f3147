/* What users did before the test: see past.h. */
#include "eval/past.h"

#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"

struct pair {
    uint32_t user, item;
};

static int by_code(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* Pairs to each user's distinct items, by a counting sort; and the numbers of all. */
static int group(struct tt_past *p, const struct pair *pairs, struct tt_err *err)
{
    size_t n_users = p->users.texts.n, n_items = p->items.texts.n, to = 0;

    p->user_events = tt_alloc_zero(n_users, sizeof(*p->user_events), err);
    p->item_events = tt_alloc_zero(n_items, sizeof(*p->item_events), err);
    p->item_users = tt_alloc_zero(n_items, sizeof(*p->item_users), err);
    p->starts = tt_alloc_zero(n_users + 1, sizeof(*p->starts), err);
    p->has = tt_alloc(p->n_events, sizeof(*p->has), err);
    if (!p->user_events || !p->item_events || !p->item_users || !p->starts || !p->has)
        return -1;
    for (size_t i = 0; i < p->n_events; i++) {
        p->user_events[pairs[i].user]++;
        p->item_events[pairs[i].item]++;
    }
    for (size_t u = 0; u < n_users; u++)
        p->starts[u + 1] = p->starts[u] + p->user_events[u];
    for (size_t i = 0; i < p->n_events; i++) /* fills from each user's end, moving the ends to the starts */
        p->has[--p->starts[pairs[i].user + 1]] = pairs[i].item;
    for (size_t u = 0; u < n_users; u++) {
        uint32_t *part = p->has + p->starts[u + 1];
        qsort(part, p->user_events[u], sizeof(*part), by_code);
        p->starts[u] = to; /* never beyond the part that is read */
        for (size_t i = 0; i < p->user_events[u]; i++) {
            if (i && part[i] == p->has[to - 1])
                continue;
            p->item_users[part[i]]++;
            p->has[to++] = part[i];
        }
    }
    p->starts[n_users] = to;
    return 0;
}

int tt_past_read(struct tt_past *past, struct tt_csv *csv, const char *user_column, const char *item_column,
                 struct tt_err *err)
{
    struct pair *pairs = NULL;
    size_t cap = 0;
    long user, item;
    int more = -1, status = -1;

    *past = (struct tt_past){0};
    if ((user = tt_csv_need_column(csv, user_column, err)) < 0 ||
        (item = tt_csv_need_column(csv, item_column, err)) < 0 || tt_vocab_init(&past->users, err) ||
        tt_vocab_init(&past->items, err))
        goto done;
    while ((more = tt_csv_next(csv, err)) == 1) {
        if (tt_grow(&pairs, &cap, past->n_events + 1, sizeof(*pairs), err))
            goto done;
        struct pair *pair = &pairs[past->n_events];
        if (tt_vocab_add(&past->users, csv->fields[user].text, csv->fields[user].len, &pair->user, err) ||
            tt_vocab_add(&past->items, csv->fields[item].text, csv->fields[item].len, &pair->item, err))
            goto done;
        past->n_events++;
    }
    if (more == 0 && past->n_events > UINT32_MAX)
        tt_err_set(err, TT_ERR_INPUT, "%s: more than %lu events", csv->reader.name, (unsigned long)UINT32_MAX);
    else if (more == 0)
        status = group(past, pairs, err);
done:
    free(pairs);
    if (status)
        tt_past_release(past);
    return status;
}

void tt_past_release(struct tt_past *past)
{
    tt_vocab_release(&past->users);
    tt_vocab_release(&past->items);
    free(past->user_events);
    free(past->item_events);
    free(past->item_users);
    free(past->starts);
    free(past->has);
    *past = (struct tt_past){0};
}

int tt_past_has(const struct tt_past *past, uint32_t user, uint32_t item)
{
    if (user == TT_VOCAB_NONE || item == TT_VOCAB_NONE)
        return 0;
    return bsearch(&item, past->has + past->starts[user], past->starts[user + 1] - past->starts[user],
                   sizeof(*past->has), by_code) != NULL;
}

uint32_t tt_past_activity(const struct tt_past *past, uint32_t user)
{
    return user == TT_VOCAB_NONE ? 0 : past->user_events[user];
}

uint32_t tt_past_popularity(const struct tt_past *past, uint32_t item)
{
    return item == TT_VOCAB_NONE ? 0 : past->item_events[item];
}

double tt_past_novelty(const struct tt_past *past, uint32_t item)
{
    double users = item == TT_VOCAB_NONE ? 1 : past->item_users[item];

    return log2((double)past->users.texts.n / users);
}
