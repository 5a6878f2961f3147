/* Events since the model was trained: see recent_events.h. A user's visits are linked, newest first. */
#include "serve/recent_events.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/lock.h"
#include "table/vocab.h"

struct visit {
    struct tt_recent_visit visit;
    uint32_t before; /* 1 + the index of the user's visit before this one; 0: none */
};

struct user {
    uint32_t latest; /* 1 + the index of the latest visit; 0: none */
    uint32_t n;
};

struct tt_recent_events {
    struct tt_rwlock lock;
    struct tt_vocab users, items;
    struct user *of;   /* (users) */
    struct visit *visits;
    size_t n, cap_of, cap_visits;
    uint32_t generation;
    uint64_t discards; /* how often events were removed: a part of versions */
};

struct tt_recent_events *tt_recent_events_new(struct tt_err *err)
{
    struct tt_recent_events *recent = tt_alloc_zero(1, sizeof(*recent), err);

    if (!recent)
        return NULL;
    if (tt_rwlock_init(&recent->lock, err)) {
        free(recent);
        return NULL;
    }
    if (tt_vocab_init(&recent->users, err) || tt_vocab_init(&recent->items, err)) {
        tt_recent_events_free(recent);
        return NULL;
    }
    return recent;
}

void tt_recent_events_free(struct tt_recent_events *recent)
{
    if (!recent)
        return;
    tt_rwlock_release(&recent->lock);
    tt_vocab_release(&recent->users);
    tt_vocab_release(&recent->items);
    free(recent->of);
    free(recent->visits);
    free(recent);
}

/* Append a visit; there is room for it. */
static void append(struct tt_recent_events *recent, uint32_t user, const struct tt_recent_visit *visit)
{
    recent->visits[recent->n] = (struct visit){*visit, recent->of[user].latest};
    recent->of[user].latest = (uint32_t)++recent->n;
    recent->of[user].n++;
}

static int add(struct tt_recent_events *recent, const struct tt_recent_event *event, struct tt_err *err)
{
    struct tt_recent_visit visit = {.time = event->time, .weight = event->weight, .label = event->label != 0,
                                  .generation = recent->generation};
    size_t n_users = recent->users.texts.n;
    uint32_t user;

    if (recent->n >= UINT32_MAX - 1)
        return tt_err_set(err, TT_ERR_MEMORY, "more events than can be numbered: a new model must be loaded");
    if (tt_grow(&recent->visits, &recent->cap_visits, recent->n + 1, sizeof(*recent->visits), err) ||
        tt_grow(&recent->of, &recent->cap_of, n_users + 1, sizeof(*recent->of), err) ||
        tt_vocab_add(&recent->items, event->item, event->item_len, &visit.item, err) ||
        tt_vocab_add(&recent->users, event->user, event->user_len, &user, err))
        return -1;
    if (user == n_users)
        recent->of[user] = (struct user){0};
    append(recent, user, &visit);
    return 0;
}

int tt_recent_events_add(struct tt_recent_events *recent, const struct tt_recent_event *event, struct tt_err *err)
{
    tt_rwlock_write_lock(&recent->lock);
    int status = add(recent, event, err);
    tt_rwlock_unlock(&recent->lock);
    return status;
}

/* A number that is different for each state of the user's visits. */
static uint64_t version(const struct tt_recent_events *recent, uint32_t user)
{
    return user == TT_VOCAB_NONE || recent->of[user].n == 0 ? 0 : recent->discards << 32 | recent->of[user].n;
}

uint64_t tt_recent_events_version(struct tt_recent_events *recent, const char *user, size_t len)
{
    uint64_t v = 0;

    tt_rwlock_read_lock(&recent->lock);
    if (recent->n)
        v = version(recent, tt_vocab_find(&recent->users, user, len));
    tt_rwlock_unlock(&recent->lock);
    return v;
}

int tt_recent_events_of_user(struct tt_recent_events *recent, const char *user, size_t len,
                             struct tt_recent_visits *visits, struct tt_err *err)
{
    int status = 0;

    visits->n = 0;
    visits->version = 0;
    tt_rwlock_read_lock(&recent->lock);
    uint32_t number = recent->n ? tt_vocab_find(&recent->users, user, len) : TT_VOCAB_NONE;
    if (number != TT_VOCAB_NONE) {
        size_t n = recent->of[number].n;
        status = tt_grow(&visits->all, &visits->cap, n, sizeof(*visits->all), err);
        for (uint32_t at = recent->of[number].latest; status == 0 && at; at = recent->visits[at - 1].before)
            visits->all[--n] = recent->visits[at - 1].visit;
        if (status == 0) {
            visits->n = recent->of[number].n;
            visits->version = version(recent, number);
        }
    }
    tt_rwlock_unlock(&recent->lock);
    return status;
}

void tt_recent_visits_release(struct tt_recent_visits *visits)
{
    free(visits->all);
    *visits = (struct tt_recent_visits){0};
}

size_t tt_recent_events_item(struct tt_recent_events *recent, uint32_t item, char *text, size_t cap)
{
    size_t len = 0;

    tt_rwlock_read_lock(&recent->lock);
    if (item < recent->items.texts.n) {
        const char *found = tt_text_list_get(&recent->items.texts, item, &len);
        len = len <= cap ? len : 0;
        memcpy(text, found, len);
    }
    tt_rwlock_unlock(&recent->lock);
    return len;
}

void tt_recent_events_rotate(struct tt_recent_events *recent)
{
    tt_rwlock_write_lock(&recent->lock);
    recent->generation = (recent->generation + 1) & 0x7fffffff;
    tt_rwlock_unlock(&recent->lock);
}

int tt_recent_events_discard(struct tt_recent_events *recent, struct tt_err *err)
{
    tt_rwlock_write_lock(&recent->lock);
    size_t n = recent->n;
    uint32_t *user_of = tt_alloc(n, sizeof(*user_of), err);
    if (!user_of) {
        tt_rwlock_unlock(&recent->lock);
        return -1;
    }
    for (size_t u = 0; u < recent->users.texts.n; u++) {
        for (uint32_t at = recent->of[u].latest; at; at = recent->visits[at - 1].before)
            user_of[at - 1] = (uint32_t)u;
        recent->of[u] = (struct user){0};
    }
    recent->n = 0;
    for (size_t i = 0; i < n; i++) { /* in place: a visit is moved to an index that was read already */
        struct tt_recent_visit visit = recent->visits[i].visit;
        if (visit.generation == recent->generation)
            append(recent, user_of[i], &visit);
    }
    recent->discards++;
    free(user_of);
    tt_rwlock_unlock(&recent->lock);
    return 0;
}

size_t tt_recent_events_count(struct tt_recent_events *recent)
{
    tt_rwlock_read_lock(&recent->lock);
    size_t n = recent->n;
    tt_rwlock_unlock(&recent->lock);
    return n;
}
