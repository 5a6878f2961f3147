/* What users did since the model was trained: events that arrived over HTTP, by user, so that the next answer knows
 * them.
 *
 *     tt_live_add(live, &event, &err)          user and item by text: they outlive models, whose codes change
 *     n = tt_live_of(live, user, len, &visits, &version)     a copy of the user's visits
 *     tt_live_turn(live)                       the log was changed: what comes now is of the next generation
 *     tt_live_forget(live)                     a new model knows the generations before this one
 *
 * Threads: all calls may run at once. Memory: 20 bytes an event, and each user and item once.
 */
#ifndef TT_SERVE_LIVE_H
#define TT_SERVE_LIVE_H

#include <stdint.h>

#include "base/err.h"

enum { TT_LIVE_MAX_TEXT = 4000 }; /* bytes of an id: longer ones are of no event that is accepted */

struct tt_live;

struct tt_live_event {
    const char *user, *item;
    size_t user_len, item_len;
    uint32_t time;     /* seconds since 1970 */
    float weight;      /* as in the schema's weight column; 1 when there is none */
    uint8_t label;     /* liked? 1 when there is no label column */
};

/* A visit as it is handed out. */
struct tt_live_visit {
    uint32_t item;     /* number of its text: tt_live_item */
    uint32_t time;
    float weight;
    uint32_t label : 1, generation : 31;
};

/* A user's visits, in the order of their arrival; the struct is the caller's and is used again and again. */
struct tt_live_visits {
    struct tt_live_visit *all;
    size_t n, cap;
    uint64_t version;  /* differs whenever the user's visits do; 0: none */
};

struct tt_live *tt_live_new(struct tt_err *err) TT_CHECKED;
void tt_live_free(struct tt_live *live);

int tt_live_add(struct tt_live *live, const struct tt_live_event *event, struct tt_err *err) TT_CHECKED;

/* The user's version alone: cheap, for a cache. */
uint64_t tt_live_version(struct tt_live *live, const char *user, size_t len);

int tt_live_of(struct tt_live *live, const char *user, size_t len, struct tt_live_visits *visits,
               struct tt_err *err) TT_CHECKED;
void tt_live_visits_release(struct tt_live_visits *visits);

/* The text of an item's number, copied into at most `cap` bytes; its length, or 0 when it is longer or not there. */
size_t tt_live_item(struct tt_live *live, uint32_t item, char *text, size_t cap);

void tt_live_turn(struct tt_live *live);

/* Drop the visits of earlier generations; texts keep their numbers. On failure nothing is forgotten. */
int tt_live_forget(struct tt_live *live, struct tt_err *err) TT_CHECKED;

/* How many events are held. */
size_t tt_live_events(struct tt_live *live);

#endif
