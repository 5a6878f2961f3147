/* Which part of the test events each of them belongs to: see slice.h. */
#include "eval/slice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/number.h"

enum {
    MANY_NUMBERS = 12, /* more distinct ones are cut at quantiles */
    QUARTERS = 4,
    LARGEST = 12, /* texts that are parts of their own */
    MOST_PARTS = LARGEST + 2, /* with (other) and (none); numbers have no (other) */
};

static const struct computed {
    const char *name;
    enum tt_slice_source source;
} computed[] = {
    {"activity", TT_SLICE_ACTIVITY}, {"popularity", TT_SLICE_POPULARITY}, {"known", TT_SLICE_KNOWN},
};

enum { N_COMPUTED = sizeof(computed) / sizeof(*computed) };

/* ---- which file has the column ---- */

static int is_joined(const struct tt_slice *slice)
{
    return slice->source == TT_SLICE_ITEMS || slice->source == TT_SLICE_USERS;
}

int tt_slices_init(struct tt_slices *slices, const char *const *names, size_t n, struct tt_err *err)
{
    *slices = (struct tt_slices){.n = n};
    slices->slice = tt_alloc_zero(n, sizeof(*slices->slice), err);
    if (!slices->slice)
        return -1;
    for (size_t s = 0; s < n; s++) {
        slices->slice[s].name = names[s];
        if (tt_attribute_init(&slices->slice[s].attribute, err) || tt_vocab_init(&slices->slice[s].own_values, err)) {
            tt_slices_release(slices);
            return -1;
        }
    }
    return 0;
}

static void release_parts(struct tt_slice *slice)
{
    for (size_t p = 0; p < slice->n_parts; p++)
        free(slice->part[p].name);
    free(slice->part);
    free(slice->part_of);
}

void tt_slices_release(struct tt_slices *slices)
{
    for (size_t s = 0; slices->slice && s < slices->n; s++) {
        release_parts(&slices->slice[s]);
        tt_attribute_release(&slices->slice[s].attribute);
        tt_vocab_release(&slices->slice[s].own_values);
        free(slices->slice[s].value_of);
    }
    free(slices->slice);
    *slices = (struct tt_slices){0};
}

/* A name that nothing has: say where it was looked for. */
static int not_found(const char *name, const struct tt_slice_sources *sources, struct tt_err *err)
{
    for (size_t i = 0; i < N_COMPUTED; i++)
        if (strcmp(name, computed[i].name) == 0)
            return tt_err_set(err, TT_ERR_INPUT, "slice '%s': no file has this column, and the training events are not"
                              " given", name);
    return tt_err_set(err, TT_ERR_INPUT, "slice '%s': no such column in %s%s%s%s%s", name, sources->truth->reader.name,
                      sources->items ? ", " : "", sources->items ? sources->items->reader.name : "",
                      sources->users ? ", " : "", sources->users ? sources->users->reader.name : "");
}

/* Sets *where to the name of the file that has the column, or NULL. */
static int find_column(struct tt_slice *slice, const struct tt_slice_sources *sources, const char **where,
                       struct tt_err *err)
{
    struct {
        struct tt_csv *csv;
        const char *key; /* a column that is passed over */
    } files[] = {
        [TT_SLICE_TRUTH] = {sources->truth, NULL},
        [TT_SLICE_ITEMS] = {sources->items, sources->item_column},
        [TT_SLICE_USERS] = {sources->users, sources->user_column},
    };

    *where = NULL;
    for (int f = TT_SLICE_TRUTH; f <= TT_SLICE_USERS; f++) {
        long column = files[f].csv ? tt_csv_find_column(files[f].csv, slice->name) : -1;
        if (column < 0 || (files[f].key && strcmp(files[f].key, slice->name) == 0))
            continue;
        if (*where)
            return tt_err_set(err, TT_ERR_INPUT, "slice '%s': %s and %s both have this column", slice->name, *where,
                              files[f].csv->reader.name);
        *where = files[f].csv->reader.name;
        slice->source = (enum tt_slice_source)f;
        slice->column = (size_t)column;
        tt_csv_use(files[f].csv, slice->column);
    }
    return 0;
}

/* Sets *found when the name is one of `computed`. */
static int find_computed(struct tt_slice *slice, const char *where, int *found, struct tt_err *err)
{
    uint32_t ignored;

    *found = 0;
    for (size_t i = 0; i < N_COMPUTED; i++) {
        if (strcmp(slice->name, computed[i].name) != 0)
            continue;
        if (where)
            return tt_err_set(err, TT_ERR_INPUT, "slice '%s': %s has a column of this name, and the training events"
                              " tell it too", slice->name, where);
        slice->source = computed[i].source;
        *found = 1;
    }
    if (*found && slice->source == TT_SLICE_KNOWN) /* codes are in this order */
        return tt_vocab_add(&slice->own_values, "new", 3, &ignored, err) ||
                       tt_vocab_add(&slice->own_values, "known", 5, &ignored, err)
                   ? -1
                   : 0;
    return 0;
}

int tt_slices_find(struct tt_slices *slices, const struct tt_slice_sources *sources, struct tt_err *err)
{
    for (size_t s = 0; s < slices->n; s++) {
        const char *where;
        int found = 0;
        if (find_column(&slices->slice[s], sources, &where, err) ||
            (sources->has_training && find_computed(&slices->slice[s], where, &found, err)))
            return -1;
        if (!where && !found)
            return not_found(slices->slice[s].name, sources, err);
    }
    return 0;
}

int tt_slices_need(const struct tt_slices *slices, enum tt_slice_source source)
{
    for (size_t s = 0; s < slices->n; s++)
        if (slices->slice[s].source == source)
            return 1;
    return 0;
}

/* ---- values ---- */

int tt_slices_add_event(struct tt_slices *slices, const struct tt_csv *truth, uint32_t activity, uint32_t popularity,
                        int is_known, struct tt_err *err)
{
    for (size_t s = 0; s < slices->n; s++) {
        struct tt_slice *slice = &slices->slice[s];
        char number[16];
        struct tt_csv_field text = {number, 0};

        if (tt_grow(&slice->value_of, &slice->cap_events, slice->n_events + 1, sizeof(*slice->value_of), err))
            return -1;
        uint32_t *value = &slice->value_of[slice->n_events];
        if (slice->source == TT_SLICE_TRUTH)
            text = truth->fields[slice->column];
        else if (slice->source == TT_SLICE_KNOWN)
            text = is_known ? (struct tt_csv_field){"known", 5} : (struct tt_csv_field){"new", 3};
        else if (!is_joined(slice))
            text.len = (size_t)snprintf(number, sizeof(number), "%u",
                                        (unsigned)(slice->source == TT_SLICE_ACTIVITY ? activity : popularity));
        *value = TT_VOCAB_NONE;
        if (text.len && tt_vocab_add(&slice->own_values, text.text, text.len, value, err))
            return -1;
        slice->n_events++;
    }
    return 0;
}

static int add_attribute(struct tt_slices *slices, enum tt_slice_source source, const struct tt_csv *csv,
                         uint32_t entity, struct tt_err *err)
{
    for (size_t s = 0; s < slices->n; s++) {
        struct tt_slice *slice = &slices->slice[s];
        const struct tt_csv_field *field = &csv->fields[slice->column];
        if (slice->source == source && tt_attribute_add(&slice->attribute, entity, field->text, field->len, err))
            return -1;
    }
    return 0;
}

int tt_slices_add_item(struct tt_slices *slices, const struct tt_csv *items, uint32_t item, struct tt_err *err)
{
    return add_attribute(slices, TT_SLICE_ITEMS, items, item, err);
}

int tt_slices_add_user(struct tt_slices *slices, const struct tt_csv *users, uint32_t user, struct tt_err *err)
{
    return add_attribute(slices, TT_SLICE_USERS, users, user, err);
}

void tt_slices_join(struct tt_slices *slices, size_t event, uint32_t user, uint32_t item)
{
    for (size_t s = 0; s < slices->n; s++) {
        struct tt_slice *slice = &slices->slice[s];
        if (!is_joined(slice))
            continue;
        if (event == 0)
            tt_attribute_resolve(&slice->attribute);
        slice->value_of[event] = tt_attribute_get(&slice->attribute, slice->source == TT_SLICE_ITEMS ? item : user);
    }
}

/* ---- values to parts ---- */

struct value {
    uint32_t code;
    size_t events;
    double number; /* 0 for texts */
    const char *text;
    size_t len;
};

static int by_text(const struct value *x, const struct value *y)
{
    int order = memcmp(x->text, y->text, x->len < y->len ? x->len : y->len);

    return order ? order : (x->len > y->len) - (x->len < y->len);
}

static int by_number(const void *a, const void *b)
{
    const struct value *x = a, *y = b;

    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return by_text(x, y); /* 1 and 1.0 */
}

static int by_events(const void *a, const void *b)
{
    const struct value *x = a, *y = b;

    if (x->events != y->events)
        return x->events > y->events ? -1 : 1;
    return by_text(x, y);
}

/* The values that some event has, in no order: values (n). *n_none: events without one. */
static int count_values(const struct tt_slice *slice, const struct tt_vocab *vocab, struct value **values, size_t *n,
                        size_t *n_none, struct tt_err *err)
{
    struct value *v = tt_alloc_zero(vocab->texts.n, sizeof(*v), err);

    *values = v;
    if (!v)
        return -1;
    *n = *n_none = 0;
    for (size_t i = 0; i < slice->n_events; i++) {
        if (slice->value_of[i] == TT_VOCAB_NONE)
            ++*n_none;
        else
            v[slice->value_of[i]].events++;
    }
    for (size_t code = 0; code < vocab->texts.n; code++) {
        if (!v[code].events)
            continue;
        struct value value = {.code = (uint32_t)code, .events = v[code].events};
        value.text = tt_text_list_get(&vocab->texts, code, &value.len);
        v[(*n)++] = value; /* never beyond the one that is read */
    }
    return 0;
}

static int all_numbers(struct value *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (tt_parse_f64(values[i].text, values[i].len, &values[i].number))
            return 0;
    return n > 0;
}

static size_t distinct_numbers(const struct value *values, size_t n)
{
    size_t distinct = 0;

    for (size_t i = 0; i < n; i++)
        distinct += i == 0 || values[i].number != values[i - 1].number;
    return distinct;
}

/* The name of a part of one or more numbers, the first and last of `values` (n). */
static int name_range(const struct value *values, size_t n, int is_last, int has_negative, struct tt_buf *name,
                      struct tt_err *err)
{
    const struct value *low = values, *high = values + n - 1;

    if (tt_buf_add(name, low->text, low->len, err))
        return -1;
    if (low->number == high->number)
        return 0;
    if (is_last)
        return tt_buf_add_text(name, "+", err);
    return tt_buf_add_text(name, has_negative ? " to " : "-", err) || tt_buf_add(name, high->text, high->len, err) ? -1
                                                                                                                    : 0;
}

/* One more part, of the n values, or of nothing but events without a value. */
static int add_part(struct tt_slice *slice, const struct value *values, size_t n, const char *name, size_t len,
                    uint32_t *part_of_value, struct tt_err *err)
{
    struct tt_slice_part *part = &slice->part[slice->n_parts];

    *part = (struct tt_slice_part){tt_copy_text(name, len, err), 0};
    if (!part->name)
        return -1;
    for (size_t i = 0; i < n; i++) {
        part->n_events += values[i].events;
        part_of_value[values[i].code] = (uint32_t)slice->n_parts;
    }
    slice->n_parts++;
    return 0;
}

/* Where the values (n) from `from` on that belong together end. n_events: of all values; before: of those before
 * `from`, set to those before the end. */
static size_t end_of_range(const struct value *values, size_t n, size_t from, int by_quantile, size_t n_events,
                           size_t *before)
{
    size_t to = from, first = 0;

    while (to < n) {
        size_t events = 0, end = to;
        for (; end < n && values[end].number == values[to].number; end++)
            events += values[end].events;
        size_t quarter = QUARTERS * (2 * *before + events) / (2 * n_events); /* of the middle of its events */
        if (to == from)
            first = quarter;
        else if (!by_quantile || quarter != first)
            break;
        *before += events;
        to = end;
    }
    return to;
}

/* Numbers, ascending, to parts: quarters of the events, or each value by itself. */
static int cut_numbers(struct tt_slice *slice, const struct value *values, size_t n, int by_quantile,
                       uint32_t *part_of_value, struct tt_err *err)
{
    struct tt_buf name = TT_BUF_INIT;
    size_t n_events = 0, before = 0;
    int status = 0;

    for (size_t i = 0; i < n; i++)
        n_events += values[i].events;
    for (size_t from = 0, to; status == 0 && from < n; from = to) {
        to = end_of_range(values, n, from, by_quantile, n_events, &before);
        name.len = 0;
        if (name_range(values + from, to - from, from > 0 && to == n, values[0].number < 0, &name, err) ||
            add_part(slice, values + from, to - from, name.data, name.len, part_of_value, err))
            status = -1;
    }
    tt_buf_release(&name);
    return status;
}

/* Texts, the most frequent first, to parts. */
static int cut_texts(struct tt_slice *slice, const struct value *values, size_t n, uint32_t *part_of_value,
                     struct tt_err *err)
{
    for (size_t i = 0; i < n && i < LARGEST; i++)
        if (add_part(slice, &values[i], 1, values[i].text, values[i].len, part_of_value, err))
            return -1;
    return n > LARGEST ? add_part(slice, values + LARGEST, n - LARGEST, "(other)", 7, part_of_value, err) : 0;
}

static int cut_values(struct tt_slice *slice, struct value *values, size_t n, uint32_t *part_of_value,
                      struct tt_err *err)
{
    slice->part = tt_alloc_zero(MOST_PARTS, sizeof(*slice->part), err);
    if (!slice->part)
        return -1;
    if (slice->source == TT_SLICE_KNOWN) /* in the order of find_computed */
        return cut_texts(slice, values, n, part_of_value, err);
    if (!all_numbers(values, n)) {
        qsort(values, n, sizeof(*values), by_events);
        return cut_texts(slice, values, n, part_of_value, err);
    }
    qsort(values, n, sizeof(*values), by_number);
    int by_quantile = slice->source == TT_SLICE_ACTIVITY || slice->source == TT_SLICE_POPULARITY ||
                      distinct_numbers(values, n) > MANY_NUMBERS;
    return cut_numbers(slice, values, n, by_quantile, part_of_value, err);
}

static int cut(struct tt_slice *slice, struct tt_err *err)
{
    const struct tt_vocab *vocab = is_joined(slice) ? &slice->attribute.values : &slice->own_values;
    struct value *values = NULL;
    size_t n, n_none;
    uint32_t *part_of_value = tt_alloc(vocab->texts.n, sizeof(*part_of_value), err);
    int status = -1;

    slice->part_of = tt_alloc(slice->n_events, sizeof(*slice->part_of), err);
    if (!part_of_value || !slice->part_of || count_values(slice, vocab, &values, &n, &n_none, err) ||
        cut_values(slice, values, n, part_of_value, err))
        goto done;
    uint32_t none = (uint32_t)slice->n_parts;
    if (n_none) {
        if (add_part(slice, NULL, 0, "(none)", 6, part_of_value, err))
            goto done;
        slice->part[none].n_events = n_none;
    }
    for (size_t i = 0; i < slice->n_events; i++)
        slice->part_of[i] = slice->value_of[i] == TT_VOCAB_NONE ? none : part_of_value[slice->value_of[i]];
    status = 0;
done:
    free(values);
    free(part_of_value);
    return status;
}

int tt_slices_cut(struct tt_slices *slices, struct tt_err *err)
{
    for (size_t s = 0; s < slices->n; s++)
        if (cut(&slices->slice[s], err))
            return -1;
    return 0;
}
