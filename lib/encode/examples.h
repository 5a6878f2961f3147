/* Examples: a training set. It is the entities, and the events that connect them (man 5 tt-format, "examples").
 *
 * Their dictionary was learnt from rows of text. It may begin with that of a model, whose training set these continue:
 * then entities.extends names the model.
 */
#ifndef TT_ENCODE_EXAMPLES_H
#define TT_ENCODE_EXAMPLES_H

#include "encode/entities.h"
#include "encode/events.h"

struct tt_examples {
    struct tt_entities entities;
    struct tt_events events;
};

/* Empty examples over a dictionary, which they take ownership of (also on failure: then it is released). */
int tt_examples_init(struct tt_examples *examples, struct tt_dictionary *dictionary, struct tt_err *err) TT_CHECKED;
void tt_examples_release(struct tt_examples *examples); /* fine on a struct that is all zero */

/* Fill a segment of kind "examples"; the caller adds its lineage and writes it. */
int tt_examples_store(const struct tt_examples *examples, struct tt_segment *segment, struct tt_err *err) TT_CHECKED;

/* Load a file (NULL: standard input) with its own dictionary. */
int tt_examples_load(struct tt_examples *examples, const char *path, struct tt_err *err) TT_CHECKED;

/* Load what new examples can extend: examples, or a model, which has no events. */
int tt_examples_load_base(struct tt_examples *examples, const char *path, struct tt_err *err) TT_CHECKED;

#endif
