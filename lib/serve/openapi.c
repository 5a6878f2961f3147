/* The description of the API: see openapi.h. */
#include "serve/openapi.h"

#include <string.h>

#include "encode/column_kind.h"
#include "io/json_writer.h"

#define REF(name) "{\"$ref\":\"#/components/schemas/" name "\"}"

/* One value; or none, as null; and an array of these is as good when it has one value, or none. */
#define ONE(schema) \
    "{\"anyOf\":[" schema ",{\"type\":\"null\"},{\"type\":\"array\",\"items\":{\"type\":\"null\"}}," \
    "{\"type\":\"array\",\"minItems\":1,\"maxItems\":1,\"items\":" schema "}]}"

/* true and false are 1 and 0. */
#define NUMBER "{\"type\":[\"number\",\"boolean\"]}"
#define WEIGHT "{\"type\":[\"number\",\"boolean\"],\"minimum\":0,\"maximum\":1e30}"
#define UNITS "{\"type\":[\"integer\",\"boolean\"],\"minimum\":0,\"maximum\":49000}"

/* One member "PREFIXNAME": SCHEMA, and a comma. */
static int member(struct tt_buf *out, const char *prefix, const char *name, const char *schema, struct tt_err *err)
{
    struct tt_buf whole = TT_BUF_INIT;
    struct tt_json json = {.out = out};
    int status = tt_buf_add_text(&whole, prefix, err) || tt_buf_add_text(&whole, name, err) ? -1 : 0;

    if (status == 0) {
        tt_json_text(&json, whole.data, whole.len);
        status = tt_json_finish(&json, err) || tt_buf_printf(out, err, ":%s,", schema) ? -1 : 0;
    }
    tt_buf_release(&whole);
    return status;
}

static int is_of_users(const struct tt_column *c)
{
    return c->side == TT_USER && c->kind != TT_KIND_ID && c->kind != TT_KIND_HISTORY;
}

/* Is this name a column of the users, or a parameter of every service? */
static int is_reserved(const struct tt_schema *schema, const char *name)
{
    static const char *const parameters[] = {"user", "k", "seen", "explain", "time", "exclude", "history", "requests"};

    for (size_t i = 0; i < sizeof(parameters) / sizeof(*parameters); i++)
        if (strcmp(name, parameters[i]) == 0)
            return 1;
    for (size_t c = 0; c < schema->n_columns; c++) {
        const struct tt_column *column = &schema->columns[c];
        int is_users = is_of_users(column) || (column->side == TT_USER && column->kind == TT_KIND_ID);
        if (is_users && strcmp(column->name, name) == 0)
            return 1;
    }
    return 0;
}

/* Columns of users, each once, and of items, any number of times. */
static int request_members(const struct tt_snapshot *s, int in_query, struct tt_buf *out, struct tt_err *err)
{
    const struct tt_schema *schema = &s->model.entities.dictionary.schema;

    for (size_t c = 0; c < schema->n_columns; c++) {
        const struct tt_column *column = &schema->columns[c];
        int is_number = tt_kind_of(column)->is_number;
        const char *schema_of = in_query ? (is_number ? NUMBER : "{\"type\":\"string\"}")
                                         : (is_number ? ONE(NUMBER) : ONE(REF("Text")));
        if (is_of_users(column) && member(out, "", column->name, schema_of, err))
            return -1;
    }
    for (size_t c = 0; c < s->attributes.n_columns; c++) {
        const char *name = s->attributes.columns[c].name;
        if (member(out, is_reserved(schema, name) ? "item." : "", name,
                   in_query ? "{\"type\":\"string\"}" : REF("Texts"), err))
            return -1;
    }
    return 0;
}

static int event_members(const struct tt_snapshot *s, struct tt_buf *out, struct tt_err *err)
{
    const struct tt_schema *schema = &s->model.entities.dictionary.schema;

    for (size_t c = 0; c < schema->n_columns; c++) {
        const struct tt_column *column = &schema->columns[c];
        const char *schema_of = column->kind == TT_KIND_CONTEXT  ? ONE(REF("ShortText"))
                                : column->kind == TT_KIND_WEIGHT ? ONE(WEIGHT)
                                : column->kind == TT_KIND_LABEL  ? ONE(NUMBER)
                                : column->kind != TT_KIND_TIME   ? NULL
                                : column->unit > 1               ? ONE(UNITS)
                                                                 : ONE(REF("EventTime"));
        if (schema_of && member(out, "", column->name, schema_of, err))
            return -1;
    }
    return 0;
}

int tt_openapi_print(const struct tt_snapshot *snapshot, const char *text, size_t len, struct tt_buf *out,
                     struct tt_err *err)
{
    static const char *const marks[] = {"\"@query\": {},", "\"@request\": {},", "\"@event\": {},"};
    const char *end = text + len, *at;

    while ((at = memchr(text, '@', (size_t)(end - text)))) {
        size_t m = 0;
        while (m < 3 && !((size_t)(end - at) + 1 >= strlen(marks[m]) && at > text &&
                          memcmp(at - 1, marks[m], strlen(marks[m])) == 0))
            m++;
        if (m == 3) {
            if (tt_buf_add(out, text, (size_t)(at + 1 - text), err))
                return -1;
            text = at + 1;
            continue;
        }
        if (tt_buf_add(out, text, (size_t)(at - 1 - text), err) ||
            (m == 2 ? event_members(snapshot, out, err) : request_members(snapshot, m == 0, out, err)))
            return -1;
        text = at - 1 + strlen(marks[m]);
    }
    return tt_buf_add(out, text, (size_t)(end - text), err);
}
