/* Events since the model was trained: see live.h. A user's visits are a chain through one array, newest first. */
#include "serve/live.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/lock.h"
#include "table/vocab.h"

struct visit {
    struct tt_live_visit visit;
    uint32_t before; /* 1 + the place of the user's visit before this one, 0: none */
};

struct user {
    uint32_t latest; /* 1 + place */
    uint32_t n;
};

struct tt_live {
    struct tt_rwlock lock;
    struct tt_vocab users, items;
    struct user *of;   /* (users) */
    struct visit *visits;
    size_t n, cap_of, cap_visits;
    uint32_t generation;
    uint64_t turns;    /* how often visits were forgotten: a part of versions */
};

struct tt_live *tt_live_new(struct tt_err *err)
{
    struct tt_live *live = tt_alloc_zero(1, sizeof(*live), err);

    if (!live)
        return NULL;
    if (tt_rwlock_init(&live->lock, err)) {
        free(live);
        return NULL;
    }
    if (tt_vocab_init(&live->users, err) || tt_vocab_init(&live->items, err)) {
        tt_live_free(live);
        return NULL;
    }
    return live;
}

void tt_live_free(struct tt_live *live)
{
    if (!live)
        return;
    tt_rwlock_release(&live->lock);
    tt_vocab_release(&live->users);
    tt_vocab_release(&live->items);
    free(live->of);
    free(live->visits);
    free(live);
}

/* Append a visit of a user and an item by number. Room is there. */
static void append(struct tt_live *live, uint32_t user, const struct tt_live_visit *visit)
{
    live->visits[live->n] = (struct visit){*visit, live->of[user].latest};
    live->of[user].latest = (uint32_t)++live->n;
    live->of[user].n++;
}

static int add(struct tt_live *live, const struct tt_live_event *event, struct tt_err *err)
{
    struct tt_live_visit visit = {.time = event->time, .weight = event->weight, .label = event->label != 0,
                                  .generation = live->generation};
    size_t n_users = live->users.texts.n;
    uint32_t user;

    if (live->n >= UINT32_MAX - 1)
        return tt_err_set(err, TT_ERR_MEMORY, "more events than can be numbered: a new model must be loaded");
    if (tt_grow(&live->visits, &live->cap_visits, live->n + 1, sizeof(*live->visits), err) ||
        tt_grow(&live->of, &live->cap_of, n_users + 1, sizeof(*live->of), err) ||
        tt_vocab_add(&live->items, event->item, event->item_len, &visit.item, err) ||
        tt_vocab_add(&live->users, event->user, event->user_len, &user, err))
        return -1;
    if (user == n_users)
        live->of[user] = (struct user){0};
    append(live, user, &visit);
    return 0;
}

int tt_live_add(struct tt_live *live, const struct tt_live_event *event, struct tt_err *err)
{
    tt_rwlock_write_lock(&live->lock);
    int status = add(live, event, err);
    tt_rwlock_unlock(&live->lock);
    return status;
}

/* The version of a user by number: no two states of a user's visits have the same. */
static uint64_t version(const struct tt_live *live, uint32_t user)
{
    return user == TT_VOCAB_NONE || live->of[user].n == 0 ? 0 : live->turns << 32 | live->of[user].n;
}

uint64_t tt_live_version(struct tt_live *live, const char *user, size_t len)
{
    uint64_t v = 0;

    tt_rwlock_read_lock(&live->lock);
    if (live->n)
        v = version(live, tt_vocab_find(&live->users, user, len));
    tt_rwlock_unlock(&live->lock);
    return v;
}

int tt_live_of(struct tt_live *live, const char *user, size_t len, struct tt_live_visits *visits, struct tt_err *err)
{
    int status = 0;

    visits->n = 0;
    visits->version = 0;
    tt_rwlock_read_lock(&live->lock);
    uint32_t number = live->n ? tt_vocab_find(&live->users, user, len) : TT_VOCAB_NONE;
    if (number != TT_VOCAB_NONE) {
        size_t n = live->of[number].n;
        status = tt_grow(&visits->all, &visits->cap, n, sizeof(*visits->all), err);
        for (uint32_t at = live->of[number].latest; status == 0 && at; at = live->visits[at - 1].before)
            visits->all[--n] = live->visits[at - 1].visit;
        if (status == 0) {
            visits->n = live->of[number].n;
            visits->version = version(live, number);
        }
    }
    tt_rwlock_unlock(&live->lock);
    return status;
}

void tt_live_visits_release(struct tt_live_visits *visits)
{
    free(visits->all);
    *visits = (struct tt_live_visits){0};
}

size_t tt_live_item(struct tt_live *live, uint32_t item, char *text, size_t cap)
{
    size_t len = 0;

    tt_rwlock_read_lock(&live->lock);
    if (item < live->items.texts.n) {
        const char *found = tt_text_list_get(&live->items.texts, item, &len);
        len = len <= cap ? len : 0;
        memcpy(text, found, len);
    }
    tt_rwlock_unlock(&live->lock);
    return len;
}

void tt_live_turn(struct tt_live *live)
{
    tt_rwlock_write_lock(&live->lock);
    live->generation = (live->generation + 1) & 0x7fffffff;
    tt_rwlock_unlock(&live->lock);
}

int tt_live_forget(struct tt_live *live, struct tt_err *err)
{
    tt_rwlock_write_lock(&live->lock);
    size_t n = live->n;
    uint32_t *user_of = tt_alloc(n, sizeof(*user_of), err);
    if (!user_of) {
        tt_rwlock_unlock(&live->lock);
        return -1;
    }
    for (size_t u = 0; u < live->users.texts.n; u++) {
        for (uint32_t at = live->of[u].latest; at; at = live->visits[at - 1].before)
            user_of[at - 1] = (uint32_t)u;
        live->of[u] = (struct user){0};
    }
    live->n = 0;
    for (size_t i = 0; i < n; i++) { /* never written before it was read: fewer are kept than were read */
        struct tt_live_visit visit = live->visits[i].visit;
        if (visit.generation == live->generation)
            append(live, user_of[i], &visit);
    }
    live->turns++;
    free(user_of);
    tt_rwlock_unlock(&live->lock);
    return 0;
}

size_t tt_live_events(struct tt_live *live)
{
    tt_rwlock_read_lock(&live->lock);
    size_t n = live->n;
    tt_rwlock_unlock(&live->lock);
    return n;
}
