/* The kinds of columns: one entry of a table for each, with all that distinguishes it from the others. To add a kind
 * whose values are attributes of users or items, add a constant to schema.h, an entry here, and a paragraph to
 * tt-schema(5).
 *
 * Three kinds are more than a way to encode a value, so that other modules treat them by their constants: an id names
 * the rows of a side; a context belongs to an event, not to its user; a history is made of the events, and its codes
 * are those of the other side's ids. The kinds of events (weight, label, time) have a place each in struct tt_events.
 */
#ifndef TT_ENCODE_COLUMN_KIND_H
#define TT_ENCODE_COLUMN_KIND_H

#include "encode/feature.h"

/* An option that the schema may give, as NAME=VALUE. */
struct tt_kind_option {
    const char *name;
    const char *expected; /* "slots is a whole number from 1 to 16777216": what a message says of another value */
    /* Set it from its value: 0, 1 when it is not such a value, or -1 for another error. */
    int (*parse)(struct tt_column *column, const char *value, size_t len, struct tt_err *err);
};

enum { TT_MAX_KIND_OPTIONS = 3 };

struct tt_column_kind {
    const char *name;
    unsigned sides;        /* where such a column may stand: bits 1 << TT_USER ... */
    int is_attribute;      /* a value of each user or item, from a file of theirs or from the events */
    int is_once;           /* a side has at most one */
    int has_vocabulary;    /* its codes are those of texts: feature->vocab */
    int is_number;         /* its values are numbers */
    struct tt_column defaults;

    struct tt_kind_option options[TT_MAX_KIND_OPTIONS + 1]; /* ended by one without a name */
    int is_one_option;     /* options exclude each other */
    /* Append all options as the canonical text has them, each after a blank; NULL: there are none. */
    int (*print_options)(const struct tt_column *column, struct tt_buf *text, struct tt_err *err);

    /* Learn from one value for each of n entities, none of them refused; NULL: nothing is learnt so. */
    int (*learn)(struct tt_feature *feature, const struct tt_attribute *attribute, size_t n, struct tt_err *err);
    /* The number of codes, from what was learnt or loaded; NULL: 1, or known otherwise. */
    size_t (*count_codes)(const struct tt_feature *feature);
    /* What is wrong with loaded params, or NULL; NULL in place of a function: the kind has none. */
    const char *(*refuse_params)(const struct tt_feature *feature);
    /* What is wrong with a text, or NULL; NULL in place of a function: nothing ever is. */
    const char *(*refuse)(const struct tt_feature *feature, const char *text, size_t len);
    /* Append a row for a text that is not refused. *unseen is raised by the values that the vocabulary lacks. */
    int (*encode)(const struct tt_feature *feature, const char *text, size_t len, struct tt_bags *bags,
                  uint64_t *unseen, struct tt_err *err);
    /* was (n_codes): the code that each code had in another feature of the same column; TT_VOCAB_NONE: none. */
    int (*match)(const struct tt_feature *feature, const struct tt_feature *other, uint32_t *was, struct tt_err *err);
    /* Columns of events that are neither ids nor contexts: set the value from a text, or say what is wrong with it. */
    const char *(*read_event)(const struct tt_column *column, const char *text, size_t len,
                              struct tt_event_values *values);
};

extern const struct tt_column_kind tt_column_kinds[TT_KINDS];

static inline const struct tt_column_kind *tt_kind_of(const struct tt_column *column)
{
    return &tt_column_kinds[column->kind];
}

static inline int tt_column_is_attribute(const struct tt_column *column)
{
    return tt_kind_of(column)->is_attribute;
}

#endif
