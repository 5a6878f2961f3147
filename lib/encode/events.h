/* Events: which user met which item, in which context, when, and how it was liked. Users and items are codes, which are
 * rows of the entities' tables (entities.h). */
#ifndef TT_ENCODE_EVENTS_H
#define TT_ENCODE_EVENTS_H

#include "encode/dictionary.h"
#include "encode/narrow.h"
#include "io/csv_reader.h"

enum tt_has { TT_HAS_WEIGHT = 1, TT_HAS_LABEL = 2, TT_HAS_TIME = 4, TT_HAS_ALL = 7 };

struct tt_events {
    size_t n;
    unsigned has;                /* which of the next three: bits of enum tt_has */
    float *weight;               /* (n), or NULL: all 1 */
    uint8_t *label;              /* (n) 0 or 1, or NULL: all 1 */
    uint32_t *time;              /* (n) seconds since 1970, or NULL */
    uint32_t *user, *item;       /* (n) codes */
    size_t room;                 /* for how many events the arrays have room; 0: they are views */
    size_t cap_user, cap_item, cap_weight, cap_label, cap_time;
    size_t n_columns;            /* of the schema; 0: no contexts are kept */
    struct tt_narrow *contexts;  /* (n_columns): n codes for a context column, empty for others */
};

/* No events, with the values and contexts that a schema has. Without a schema, (struct tt_events){.has = TT_HAS_ALL}
 * begins a growing array of visits. */
int tt_events_init(struct tt_events *events, const struct tt_schema *schema, struct tt_err *err) TT_CHECKED;
void tt_events_release(struct tt_events *events); /* fine on a struct that is all zero */

/* Make room for n events in all. */
int tt_events_reserve(struct tt_events *events, size_t n, struct tt_err *err) TT_CHECKED;

/* Append an event, of whose values those are kept that the events have. Its contexts are the caller's to add. */
int tt_events_add(struct tt_events *events, uint32_t user, uint32_t item, const struct tt_event_values *values,
                  struct tt_err *err) TT_CHECKED;

/* Append event e of others of the same schema, with its contexts. A value that they do not have is 1, a time 0. */
int tt_events_add_from(struct tt_events *events, const struct tt_events *others, size_t e,
                       struct tt_err *err) TT_CHECKED;

/* Set the value that a column of events (weight, label, time) has in a text. Returns what is wrong with the text, to be
 * put after it, or NULL. Other columns set nothing. */
const char *tt_event_read(struct tt_event_values *values, const struct tt_column *column, const char *text, size_t len);

/* The same from a field of the present row. An error names file, line and field; an empty field is one. */
int tt_event_read_field(struct tt_event_values *values, const struct tt_column *column, const struct tt_csv *csv,
                        size_t field, struct tt_err *err) TT_CHECKED;

/* Add the tensors "event.*" to a segment; load them as views of it, into a struct that is overwritten. Loading checks
 * every value: codes against the dictionary. */
int tt_events_store(const struct tt_events *events, const struct tt_schema *schema, struct tt_segment *segment,
                    struct tt_err *err) TT_CHECKED;
int tt_events_load(struct tt_events *events, const struct tt_dictionary *dictionary, const struct tt_segment *segment,
                   struct tt_err *err) TT_CHECKED;

/* Fill a segment of kind "examples" with events alone, which follow the dictionary of the file with this checksum; the
 * caller adds its lineage and writes it. */
int tt_events_store_like(const struct tt_events *events, const struct tt_schema *schema, const char *checksum,
                         struct tt_segment *segment, struct tt_err *err) TT_CHECKED;

/* Load such a file into *segment, which the events borrow from. Events that follow another file than the one with this
 * checksum are refused. */
int tt_events_load_like(struct tt_events *events, struct tt_segment *segment, const char *path,
                        const struct tt_dictionary *dictionary, const char *checksum, struct tt_err *err) TT_CHECKED;

#endif
