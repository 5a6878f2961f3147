/* Events since the model was trained, by user: they extend the histories that the model has.
 *
 *     tt_recent_events_add(recent, &event, &err)
 *     tt_recent_events_of_user(recent, user, len, &visits, &err)   a copy of the user's visits
 *     tt_recent_events_rotate(recent)      the log of events was moved away: later events belong to the next generation
 *     tt_recent_events_discard(recent)     a model that was trained with the earlier generations is loaded
 *
 * Users and items are texts here, because their codes are not the same in the next model.
 *
 * Threads: all calls may run at once. Memory: 20 bytes an event, and the text of each user and item once.
 */
#ifndef TT_SERVE_RECENT_EVENTS_H
#define TT_SERVE_RECENT_EVENTS_H

#include <stdint.h>

#include "base/err.h"

enum { TT_RECENT_MAX_TEXT = 4000 }; /* bytes of an id: events with longer ones are not accepted */

struct tt_recent_events;

struct tt_recent_event {
    const char *user, *item;
    size_t user_len, item_len;
    uint32_t time;     /* seconds since 1970 */
    float weight;      /* as in the schema's weight column; 1 when there is none */
    uint8_t label;     /* liked? 1 when there is no label column */
};

/* An event of one user. */
struct tt_recent_visit {
    uint32_t item;     /* number of the item's text, for tt_recent_events_item */
    uint32_t time;
    float weight;
    uint32_t label : 1, generation : 31;
};

/* A user's visits in the order of their arrival. The struct is the caller's, and may be used again. */
struct tt_recent_visits {
    struct tt_recent_visit *all;
    size_t n, cap;
    uint64_t version;  /* another number whenever the user's visits have changed; 0: there are none */
};

struct tt_recent_events *tt_recent_events_new(struct tt_err *err) TT_CHECKED;
void tt_recent_events_free(struct tt_recent_events *recent);

int tt_recent_events_add(struct tt_recent_events *recent, const struct tt_recent_event *event,
                         struct tt_err *err) TT_CHECKED;

/* The version of the user's visits without a copy of them: part of the key of a cached list. */
uint64_t tt_recent_events_version(struct tt_recent_events *recent, const char *user, size_t len);

int tt_recent_events_of_user(struct tt_recent_events *recent, const char *user, size_t len,
                             struct tt_recent_visits *visits, struct tt_err *err) TT_CHECKED;
void tt_recent_visits_release(struct tt_recent_visits *visits);

/* Copy the text of an item's number, at most `cap` bytes. Returns its length; 0 when it is longer or not there. */
size_t tt_recent_events_item(struct tt_recent_events *recent, uint32_t item, char *text, size_t cap);

/* Begin the next generation. */
void tt_recent_events_rotate(struct tt_recent_events *recent);

/* Remove the events of earlier generations. Texts keep their numbers. On failure nothing is removed. */
int tt_recent_events_discard(struct tt_recent_events *recent, struct tt_err *err) TT_CHECKED;

/* How many events are held. */
size_t tt_recent_events_count(struct tt_recent_events *recent);

#endif
