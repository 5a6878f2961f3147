/* JSON bodies of requests: see body.h. */
#include "serve/body.h"

#include <jansson.h>
#include <string.h>

#include "base/alloc.h"

enum {
    MAX_MEMBERS = 4096,     /* parameters of one row */
    MAX_ALL = 200000,       /* of all rows; the defaults count in each */
    MAX_MORE_BYTES = 4000000, /* of values, beyond the bytes of the body: the defaults count in each row */
};

static int refuse(struct tt_err *err, const char *what)
{
    return tt_err_set(err, TT_ERR_USAGE, "the body %s", what);
}

/* The number of rows: the length that all columns have. */
static int measure_columns(struct tt_body *body, struct tt_err *err)
{
    const char *name;
    json_t *column;
    int is_first = 1;

    body->n = 0;
    json_object_foreach ((json_t *)body->rows, name, column) {
        if (!json_is_array(column) || (!is_first && json_array_size(column) != body->n))
            return tt_err_set(err, TT_ERR_USAGE, "the body's '%s' must hold arrays of one length", body->shape.columns);
        body->n = json_array_size(column);
        is_first = 0;
    }
    return 0;
}

/* Members beside the rows are ignored, but must not be lists or objects. */
static int check_scalars(const struct tt_body *body, struct tt_err *err)
{
    const char *name;
    json_t *value;

    json_object_foreach ((json_t *)body->root, name, value)
        if (value != body->rows && strcmp(name, body->shape.columns) != 0 &&
            (json_is_array(value) || json_is_object(value)))
            return tt_err_set(err, TT_ERR_USAGE, "the body's '%.80s' has no meaning here", name);
    return 0;
}

static int find_rows(struct tt_body *body, struct tt_err *err)
{
    json_t *root = body->root, *list;

    body->n = 1;
    if (json_is_array(root)) {
        body->rows = root;
    } else if (!json_is_object(root)) {
        return refuse(err, "must be a JSON object or array");
    } else if ((list = json_object_get(root, body->shape.list))) {
        if (!json_is_array(list))
            return tt_err_set(err, TT_ERR_USAGE, "the body's '%s' must be an array", body->shape.list);
        body->rows = list;
    } else if (body->shape.columns && (list = json_object_get(root, body->shape.columns))) {
        if (!json_is_array(list) && !json_is_object(list))
            return tt_err_set(err, TT_ERR_USAGE, "the body's '%s' must be an object or an array", body->shape.columns);
        body->rows = list;
        body->is_columns = 1;
    }
    if (body->shape.columns && check_scalars(body, err))
        return -1;
    body->is_list = body->rows != NULL;
    if (body->rows && json_is_array((json_t *)body->rows))
        body->n = json_array_size(body->rows);
    else if (body->rows && measure_columns(body, err))
        return -1;
    if (body->n == 0 && body->rows != root && !body->shape.columns && json_object_size(root) > 1)
        return tt_err_set(err, TT_ERR_USAGE, "the body has members beside an empty '%s'", body->shape.list);
    return body->n <= body->shape.max_rows ? 0 : tt_err_set(err, TT_ERR_USAGE, "the body has more than %zu rows",
                                                            body->shape.max_rows);
}

int tt_body_read(struct tt_body *body, const char *text, size_t len, const struct tt_body_shape *shape,
                 struct tt_err *err)
{
    json_error_t error;

    *body = (struct tt_body){.shape = *shape, .max_bytes = len + MAX_MORE_BYTES};
    body->root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    if (!body->root && json_error_code(&error) == json_error_numeric_overflow) /* a whole number beyond 64 bits */
        body->root = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &error);
    if (!body->root)
        return tt_err_set(err, TT_ERR_USAGE, "the body is not JSON: line %d, column %d: %s", error.line, error.column,
                          error.text);
    if (find_rows(body, err) == 0)
        return 0;
    tt_body_release(body);
    return -1;
}

static void free_texts(struct tt_body *body)
{
    for (size_t i = 0; i < body->n_texts; i++)
        free(body->texts[i]);
    body->n_texts = body->n_params = 0;
}

void tt_body_release(struct tt_body *body)
{
    free_texts(body);
    free(body->texts);
    free(body->params);
    json_decref(body->root);
    *body = (struct tt_body){0};
}

/* The text of a number; owned by the body. */
static const char *number_text(struct tt_body *body, const json_t *value, struct tt_err *err)
{
    char text[64];
    char *copy;

    if (json_is_integer(value))
        snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    for (int digits = 15; json_is_real(value) && digits <= 17; digits++) { /* the fewest that give the same number */
        snprintf(text, sizeof(text), "%.*g", digits, json_real_value(value));
        if (strtod(text, NULL) == json_real_value(value))
            break;
    }
    if (tt_grow(&body->texts, &body->cap_texts, body->n_texts + 1, sizeof(*body->texts), err))
        return NULL;
    copy = tt_copy_text(text, strlen(text), err);
    if (copy)
        body->texts[body->n_texts++] = copy;
    return copy;
}

static int refuse_member(const char *name, struct tt_err *err)
{
    return tt_err_set(err, TT_ERR_USAGE, "the body's '%.80s' must be a text, a number, or an array of these", name);
}

static int add_param(struct tt_body *body, const char *name, const json_t *value, struct tt_err *err)
{
    struct tt_http_param p = {.name = name, .name_len = strlen(name)};

    if (json_is_string(value)) {
        p.value = json_string_value(value);
        p.value_len = json_string_length(value);
    } else if (json_is_boolean(value)) {
        p.value = json_is_true(value) ? "1" : "0";
        p.value_len = 1;
    } else if (json_is_number(value)) {
        p.value = number_text(body, value, err);
        if (!p.value)
            return -1;
        p.value_len = strlen(p.value);
    } else {
        return refuse_member(name, err);
    }
    if (body->n_params == MAX_MEMBERS || body->n_all++ == MAX_ALL)
        return refuse(err, "has too many members");
    body->n_bytes += p.value_len;
    if (body->n_bytes > body->max_bytes)
        return refuse(err, "has long members that hold for too many rows");
    if (tt_grow(&body->params, &body->cap_params, body->n_params + 1, sizeof(*body->params), err))
        return -1;
    body->params[body->n_params++] = p;
    return 0;
}

static int add_member(struct tt_body *body, const char *name, const json_t *value, struct tt_err *err)
{
    if (json_is_null(value))
        return 0;
    if (!json_is_array(value))
        return add_param(body, name, value, err);
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!json_is_null(json_array_get(value, i)) && add_param(body, name, json_array_get(value, i), err))
            return -1;
    return 0;
}

static int is_value(const json_t *value)
{
    return json_is_null(value) || json_is_string(value) || json_is_boolean(value) || json_is_number(value);
}

static int check_member(const char *name, const json_t *value, struct tt_err *err)
{
    int good = is_value(value) || json_is_array(value);

    for (size_t i = 0; i < json_array_size(value); i++)
        good = good && is_value(json_array_get(value, i));
    return good ? 0 : refuse_member(name, err);
}

/* Add an object's members, except the one that holds the rows, and those that `other` (or NULL) has too. */
static int add_members(struct tt_body *body, json_t *object, const json_t *other, struct tt_err *err)
{
    const char *name;
    json_t *value;

    json_object_foreach (object, name, value) {
        if (object != body->root && strcmp(name, body->shape.list) == 0)
            return tt_err_set(err, TT_ERR_USAGE, "an element of the body's array has '%s', too", name);
        if (value == body->rows)
            continue;
        if (json_object_get(other, name)) {
            if (check_member(name, value, err)) /* although it is not used */
                return -1;
            continue;
        }
        if (add_member(body, name, value, err))
            return -1;
    }
    return 0;
}

static int add_columns(struct tt_body *body, size_t i, struct tt_err *err)
{
    const char *name;
    json_t *column;

    json_object_foreach ((json_t *)body->rows, name, column)
        if (add_member(body, name, json_array_get(column, i), err))
            return -1;
    return 0;
}

static int add_row(struct tt_body *body, size_t i, struct tt_err *err)
{
    json_t *rows = body->rows;

    if (!rows)
        return 0;
    if (json_is_object(rows))
        return add_columns(body, i, err);
    json_t *row = json_array_get(rows, i);
    if (json_is_object(row))
        return add_members(body, row, NULL, err);
    if (!body->shape.plain || json_is_array(row) || json_is_null(row))
        return tt_err_set(err, TT_ERR_USAGE, "element %zu of the body's array is not %s", i,
                          body->shape.plain ? "an object, a text or a number" : "an object");
    return add_param(body, body->shape.plain, row, err);
}

int tt_body_row(struct tt_body *body, size_t i, const struct tt_http_param **params, size_t *n, struct tt_err *err)
{
    int has_defaults = json_is_object((json_t *)body->root) && !(body->rows && body->skips_root);

    free_texts(body);
    if ((has_defaults && add_members(body, body->root, json_array_get(body->rows, i), err)) || add_row(body, i, err))
        return -1;
    *params = body->params;
    *n = body->n_params;
    return 0;
}
