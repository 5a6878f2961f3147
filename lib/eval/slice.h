/* Which part of the test events each of them belongs to: by a column of the truth, by one of its item or its user in
 * another file, or by what is known of both from the training events.
 *
 *     tt_slices_init(&slices, names, n, &err);
 *     tt_slices_find(&slices, &sources, &err);                     which file has the column
 *     for each event that counts: tt_slices_add_event(&slices, &truth, activity, popularity, is_known, &err);
 *     for each row of the items: tt_slices_add_item(&slices, &items, item, &err);     and users likewise
 *     for each event again, in order: tt_slices_join(&slices, event, user, item);
 *     tt_slices_cut(&slices, &err);
 *     slices.slice[s].part_of[event], .part[p].name, .part[p].n_events
 *     tt_slices_release(&slices);
 *
 * Parts. Numbers with more than MANY_NUMBERS (12) distinct values, and always activity and popularity, are cut into
 * QUARTERS (4) at quantiles of the events: a value goes where the middle of its events lies, so that one value is never
 * in two parts, and a part may be missing where one value has very many events. Such a part is named after the least
 * and the greatest value in it, "5-12" ("-3 to 4" where a value is negative), and the last one "40+". All other values
 * are parts of their own: numbers by value, texts by their events, most first, then by their bytes; after LARGEST (12)
 * texts the rest is one part, "(other)". Without a value, an event belongs to "(none)", the last part. Parts without
 * events are left out.
 *
 * An item or a user that stands in several rows has the value of most of them, as table/attribute.h says.
 *
 * Memory: 4 bytes an event and slice while it is read, 8 when it is cut; what attributes take for joined columns.
 */
#ifndef TT_EVAL_SLICE_H
#define TT_EVAL_SLICE_H

#include <stdint.h>

#include "table/attribute.h"
#include "table/vocab.h"
#include "io/csv_reader.h"

enum tt_slice_source {
    TT_SLICE_TRUTH,      /* a column of the truth */
    TT_SLICE_ITEMS,      /* ... of the items, by the event's item */
    TT_SLICE_USERS,      /* ... of the users, by the event's user */
    TT_SLICE_ACTIVITY,   /* training events of the user */
    TT_SLICE_POPULARITY, /* training events of the item */
    TT_SLICE_KNOWN,      /* parts "new" and "known": does the user have the item in the training events? */
};

struct tt_slice_part {
    char *name; /* owned */
    size_t n_events;
};

struct tt_slice {
    const char *name; /* borrowed */
    enum tt_slice_source source;
    size_t column;                /* of the source's file */
    struct tt_slice_part *part;   /* (n_parts), after tt_slices_cut */
    size_t n_parts;
    uint32_t *part_of;            /* (n_events), after tt_slices_cut */
    /* private */
    struct tt_attribute attribute; /* of ITEMS and USERS */
    struct tt_vocab own_values;    /* of the others */
    uint32_t *value_of;            /* (n_events); TT_VOCAB_NONE: none */
    size_t n_events, cap_events;
};

struct tt_slices {
    struct tt_slice *slice;
    size_t n;
};

/* Where a slice's column may be: open files, NULL where there is none. The column of the key in items and users is no
 * candidate, because the truth has it too. */
struct tt_slice_sources {
    struct tt_csv *truth, *items, *users;
    const char *item_column, *user_column; /* the keys' names in items and in users */
    int has_training;                      /* activity, popularity and known can be told */
};

/* names (n): borrowed until release. On failure the struct is released. */
int tt_slices_init(struct tt_slices *slices, const char *const *names, size_t n, struct tt_err *err) TT_CHECKED;
void tt_slices_release(struct tt_slices *slices); /* fine on a struct that is all zero */

/* Find each slice's source, whose column csv_reader then reads. Errors: a name that nothing has, or two have. */
int tt_slices_find(struct tt_slices *slices, const struct tt_slice_sources *sources, struct tt_err *err) TT_CHECKED;

/* Is there a slice by a column of this file? */
int tt_slices_need(const struct tt_slices *slices, enum tt_slice_source source);

/* The present row of the truth is the next event. activity, popularity and is_known are not used without
 * has_training. */
int tt_slices_add_event(struct tt_slices *slices, const struct tt_csv *truth, uint32_t activity, uint32_t popularity,
                        int is_known, struct tt_err *err) TT_CHECKED;

/* The present row of the items is of this item; of the users, of this user. */
int tt_slices_add_item(struct tt_slices *slices, const struct tt_csv *items, uint32_t item,
                       struct tt_err *err) TT_CHECKED;
int tt_slices_add_user(struct tt_slices *slices, const struct tt_csv *users, uint32_t user,
                       struct tt_err *err) TT_CHECKED;

/* All rows are read: the event, from 0, is of this user and item, by the codes given above. */
void tt_slices_join(struct tt_slices *slices, size_t event, uint32_t user, uint32_t item);

/* Values to parts. Fails only for memory. */
int tt_slices_cut(struct tt_slices *slices, struct tt_err *err) TT_CHECKED;

#endif
