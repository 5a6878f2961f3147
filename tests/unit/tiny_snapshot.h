/* A snapshot of the tiny files (tiny_service.h), and parameters of requests to it. */
#ifndef TT_TESTS_TINY_SNAPSHOT_H
#define TT_TESTS_TINY_SNAPSHOT_H

#include "tiny_service.h"

static struct tt_snapshot *snapshot;

static inline struct tt_http_param param(const char *name, const char *value)
{
    return (struct tt_http_param){name, value, strlen(name), strlen(value)};
}

/* With a table of the items' attributes, or NULL. */
static inline int start_snapshot(void **state, const char *items)
{
    if (tiny_service_setup(state))
        return -1;
    tiny_files("m", "i", 1);
    if (items)
        write_file("a", items);
    snapshot = tiny_load(&(struct tt_snapshot_files){.model = "m", .index = "i", .items = items ? "a" : NULL});
    return 0;
}

static inline int stop_snapshot(void **state)
{
    tt_snapshot_unref(snapshot);
    return tiny_service_teardown(state);
}

/* The vectors of a column's values in the model. */
static inline const float *table_of(const char *column)
{
    const struct tt_schema *schema = &snapshot->model.entities.dictionary.schema;

    for (size_t c = 0; c < schema->n_columns; c++)
        if (schema->columns[c].side == TT_USER && strcmp(schema->columns[c].name, column) == 0)
            return snapshot->model.tables[c];
    fail_msg("no column '%s'", column);
    return NULL;
}

#endif
