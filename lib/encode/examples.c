/* A training set: see examples.h. */
#include "encode/examples.h"

#include <string.h>

int tt_examples_init(struct tt_examples *examples, struct tt_dictionary *dictionary, struct tt_err *err)
{
    *examples = (struct tt_examples){0};
    if (tt_entities_init(&examples->entities, dictionary, err) ||
        tt_events_init(&examples->events, &examples->entities.dictionary.schema, err)) {
        tt_examples_release(examples);
        return -1;
    }
    return 0;
}

void tt_examples_release(struct tt_examples *examples)
{
    tt_events_release(&examples->events);
    tt_entities_release(&examples->entities);
}

int tt_examples_store(const struct tt_examples *examples, struct tt_segment *segment, struct tt_err *err)
{
    const struct tt_entities *entities = &examples->entities;

    return tt_segment_init(segment, "examples", TT_FORMAT, err) || tt_segment_text(segment, "like", "", err) ||
                   (entities->extends[0] && tt_segment_text(segment, "extends", entities->extends, err)) ||
                   tt_entities_store(entities, TT_WITH_ATTRIBUTES, segment, err) ||
                   tt_events_store(&examples->events, &entities->dictionary.schema, segment, err)
               ? -1
               : 0;
}

/* The events of examples whose entities are loaded. */
static int load_events(struct tt_examples *examples, struct tt_err *err)
{
    const struct tt_entities *entities = &examples->entities;

    if (tt_events_load(&examples->events, &entities->dictionary, &entities->segment, err) == 0)
        return 0;
    tt_examples_release(examples);
    return -1;
}

int tt_examples_load(struct tt_examples *examples, const char *path, struct tt_err *err)
{
    struct tt_segment segment;

    *examples = (struct tt_examples){0};
    if (tt_container_load(path, "examples", &segment, err) ||
        tt_entities_from_segment(&examples->entities, &segment, err))
        return -1;
    return load_events(examples, err);
}

int tt_examples_load_base(struct tt_examples *examples, const char *path, struct tt_err *err)
{
    *examples = (struct tt_examples){0};
    if (tt_entities_load(&examples->entities, path, err))
        return -1;
    return tt_entities_are_model(&examples->entities) ? 0 : load_events(examples, err);
}
