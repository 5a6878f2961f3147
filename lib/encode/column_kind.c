/* The kinds of columns: see column_kind.h. */
#include "encode/column_kind.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/number.h"
#include "table/time_text.h"

enum {
    MAX_SLOTS = 1 << 24,
    MAX_BUCKETS = 1000,
    MAX_BAG = 4096, /* values of one field */
};
static const double MAX_SCALED = 4;    /* standard deviations: one absurd number must not swamp a tower */
static const double MAX_WEIGHT = 1e30; /* sums and squares of such floats stay finite doubles */

static int is(const char *value, size_t len, const char *text)
{
    return strlen(text) == len && memcmp(value, text, len) == 0;
}

/* The number of the text among n, or n. */
static size_t which(const char *value, size_t len, const char *const *texts, size_t n)
{
    size_t i = 0;

    while (i < n && !is(value, len, texts[i]))
        i++;
    return i;
}

static int yes_or_no(const char *value, size_t len, int *out)
{
    *out = is(value, len, "yes");
    return *out || is(value, len, "no") ? 0 : 1;
}

/* ---- texts that have a place in a vocabulary: id, category, bag, context ---- */

/* Call fn for each value of a field: of a bag those between separators, else the whole. Empty ones are passed over.
 * Stops when fn says so. */
static int each_value(const struct tt_feature *f, const char *text, size_t len,
                      int (*fn)(void *arg, const char *value, size_t n), void *arg)
{
    const char *end = text + len;

    while (text < end) {
        char between = f->column->separator;
        const char *separator = between ? memchr(text, between, (size_t)(end - text)) : NULL;
        const char *stop = separator ? separator : end;
        if (stop > text && fn(arg, text, (size_t)(stop - text)))
            return -1;
        text = stop + 1;
    }
    return 0;
}

struct learning {
    struct tt_feature *feature;
    struct tt_err *err;
};

static int learn_value(void *arg, const char *value, size_t n)
{
    struct learning *l = arg;
    uint32_t ignored;

    return tt_vocab_add(&l->feature->vocab, value, n, &ignored, l->err);
}

static int learn_texts(struct tt_feature *f, const struct tt_attribute *attribute, size_t n, struct tt_err *err)
{
    struct learning learning = {f, err};

    for (size_t e = 0; e < n; e++) {
        uint32_t value = tt_attribute_get(attribute, (uint32_t)e);
        size_t len;
        if (value == TT_VOCAB_NONE)
            continue;
        const char *text = tt_text_list_get(&attribute->values.texts, value, &len);
        if (each_value(f, text, len, learn_value, &learning))
            return -1;
    }
    return 0;
}

static size_t count_texts(const struct tt_feature *f)
{
    return f->vocab.texts.n + 1;
}

static uint32_t find_code(const struct tt_feature *f, const char *text, size_t len, uint64_t *unseen)
{
    uint32_t code = len ? tt_vocab_find(&f->vocab, text, len) : TT_VOCAB_NONE;

    *unseen += len && code == TT_VOCAB_NONE;
    return code == TT_VOCAB_NONE ? 0 : code + 1;
}

static int encode_text(const struct tt_feature *f, const char *text, size_t len, struct tt_bags *bags, uint64_t *unseen,
                       struct tt_err *err)
{
    uint32_t code = find_code(f, text, len, unseen);

    return tt_bags_add(bags, &code, NULL, 1, 1, err);
}

static int same_texts(const struct tt_text_list *a, size_t n, const struct tt_text_list *b)
{
    return b->n >= n && memcmp(a->offsets, b->offsets, (n + 1) * sizeof(*a->offsets)) == 0 &&
           memcmp(a->bytes, b->bytes, (size_t)a->offsets[n]) == 0;
}

static int match_texts(const struct tt_feature *f, const struct tt_feature *old, uint32_t *was, struct tt_err *err)
{
    const struct tt_text_list *texts = &f->vocab.texts;
    struct tt_text_list view = old->vocab.texts;
    struct tt_vocab index;

    view.cap_texts = view.cap_bytes = 0;
    if (same_texts(&view, view.n, texts)) { /* it was extended */
        for (size_t t = 0; t < texts->n; t++)
            was[t + 1] = t < view.n ? (uint32_t)t + 1 : TT_VOCAB_NONE;
        return 0;
    }
    if (tt_vocab_from_list(&index, &view, f->column->name, err))
        return -1;
    for (size_t t = 0; t < texts->n; t++) {
        size_t len;
        const char *text = tt_text_list_get(texts, t, &len);
        uint32_t code = tt_vocab_find(&index, text, len);
        was[t + 1] = code == TT_VOCAB_NONE ? code : code + 1;
    }
    tt_vocab_release(&index);
    return 0;
}

/* ---- id ---- */

static int parse_embed(struct tt_column *c, const char *value, size_t len, struct tt_err *err)
{
    (void)err;
    return yes_or_no(value, len, &c->is_embedded);
}

static int print_id(const struct tt_column *c, struct tt_buf *text, struct tt_err *err)
{
    return tt_buf_printf(text, err, " embed=%s", c->is_embedded ? "yes" : "no");
}

/* ---- bag ---- */

static int parse_separator(struct tt_column *c, const char *value, size_t len, struct tt_err *err)
{
    (void)err;
    if (len != 1 || !((value[0] >= ' ' && value[0] < 0x7f) || value[0] == '\t'))
        return 1;
    c->separator = value[0];
    return 0;
}

static int print_bag(const struct tt_column *c, struct tt_buf *text, struct tt_err *err)
{
    int is_blank = c->separator == ' ' || c->separator == '\t';

    return tt_buf_printf(text, err, is_blank ? " \"sep=%c\"" : " sep=%c", c->separator);
}

static int count_value(void *arg, const char *value, size_t n)
{
    (void)value, (void)n;
    return ++*(int *)arg > MAX_BAG;
}

static const char *refuse_bag(const struct tt_feature *f, const char *text, size_t len)
{
    int n = 0;

    return len > MAX_BAG && each_value(f, text, len, count_value, &n) ? "holds more than 4096 values" : NULL;
}

struct bag_row {
    const struct tt_feature *feature;
    uint32_t codes[MAX_BAG];
    size_t n;
    uint64_t unseen;
};

static int add_bag_value(void *arg, const char *value, size_t n)
{
    struct bag_row *row = arg;
    uint32_t code = find_code(row->feature, value, n, &row->unseen);

    if (code == 0)
        return 0;
    for (size_t i = 0; i < row->n; i++)
        if (row->codes[i] == code)
            return 0;
    if (row->n == MAX_BAG) /* not when the text was checked */
        return -1;
    row->codes[row->n++] = code;
    return 0;
}

static int encode_bag(const struct tt_feature *f, const char *text, size_t len, struct tt_bags *bags, uint64_t *unseen,
                      struct tt_err *err)
{
    static const uint32_t unknown = 0;
    static const float one = 1;
    struct bag_row row;
    float weights[MAX_BAG];

    row.feature = f;
    row.n = 0;
    row.unseen = 0;
    if (each_value(f, text, len, add_bag_value, &row))
        return tt_err_set(err, TT_ERR_INPUT, "column '%s': more than %d values in one field", f->column->name, MAX_BAG);
    *unseen += row.unseen;
    if (row.n == 0)
        return tt_bags_add(bags, &unknown, &one, 1, 0, err);
    for (size_t i = 0; i < row.n; i++)
        weights[i] = 1 / sqrtf((float)row.n);
    return tt_bags_add(bags, row.codes, weights, row.n, 0, err);
}

/* ---- number ---- */

static int parse_buckets(struct tt_column *c, const char *value, size_t len, struct tt_err *err)
{
    uint64_t count;

    (void)err;
    if (tt_parse_u64(value, len, &count) || count < 2 || count > MAX_BUCKETS)
        return 1;
    c->buckets = (unsigned)count;
    return 0;
}

static int parse_borders(struct tt_column *c, const char *value, size_t len, struct tt_err *err)
{
    size_t cap = 0;

    for (size_t from = 0; from <= len;) {
        const char *comma = memchr(value + from, ',', len - from);
        size_t n = comma ? (size_t)(comma - value) - from : len - from;
        double border;
        if (tt_parse_f64(value + from, n, &border) || (c->n_borders && border <= c->borders[c->n_borders - 1]) ||
            c->n_borders == MAX_BUCKETS)
            return 1;
        if (tt_grow(&c->borders, &cap, c->n_borders + 1, sizeof(*c->borders), err))
            return -1;
        c->borders[c->n_borders++] = border + 0.0; /* -0 is 0 */
        from += n + 1;
    }
    c->buckets = 0;
    return 0;
}

static int parse_scale(struct tt_column *c, const char *value, size_t len, struct tt_err *err)
{
    int is_scaled;

    (void)err;
    if (yes_or_no(value, len, &is_scaled))
        return 1;
    if (is_scaled) {
        c->buckets = 0;
        c->form = TT_FORM_SCALED;
    }
    return 0;
}

static int print_number(const struct tt_column *c, struct tt_buf *text, struct tt_err *err)
{
    if (c->form == TT_FORM_SCALED)
        return tt_buf_add_text(text, " scale=yes", err);
    if (c->buckets)
        return tt_buf_printf(text, err, " buckets=%u", c->buckets);
    for (size_t i = 0; i < c->n_borders; i++)
        if (tt_buf_printf(text, err, "%s%.17g", i ? "," : " borders=", c->borders[i]))
            return -1;
    return 0;
}

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

/* The numbers of all entities that have one, sorted. */
static double *gather_numbers(const struct tt_attribute *attribute, size_t n_entities, size_t *n, struct tt_err *err)
{
    double *values = tt_alloc(n_entities, sizeof(*values), err);

    *n = 0;
    if (!values)
        return NULL;
    for (size_t e = 0; e < n_entities; e++) {
        uint32_t value = tt_attribute_get(attribute, (uint32_t)e);
        if (value == TT_VOCAB_NONE)
            continue;
        size_t len;
        const char *text = tt_text_list_get(&attribute->values.texts, value, &len);
        if (tt_parse_f64(text, len, &values[*n]) == 0)
            ++*n;
    }
    if (*n)
        qsort(values, *n, sizeof(*values), compare_doubles);
    return values;
}

/* Mean and deviation of sorted numbers; a deviation of 0 becomes 1. Taken in units of the largest, so that no sum
 * overflows. */
static void learn_scale(const double *values, size_t n, double params[2])
{
    double largest = n ? fmax(fabs(values[0]), fabs(values[n - 1])) : 0, mean = 0, squares = 0;

    params[0] = 0;
    params[1] = 1;
    if (!(largest > 0))
        return;
    for (size_t i = 0; i < n; i++)
        mean += values[i] / largest;
    mean /= (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (values[i] / largest - mean) * (values[i] / largest - mean);
    double deviation = sqrt(squares / (double)n) * largest;
    params[0] = fmin(fmax(mean * largest, values[0]), values[n - 1]); /* rounding leaves the range by a bit */
    params[1] = deviation > 0 ? deviation : 1;
}

/* Borders: the first number of each next 1/buckets of the sorted numbers, without repetition. Scale: mean and
 * deviation. */
static int learn_number(struct tt_feature *f, const struct tt_attribute *attribute, size_t n_entities,
                        struct tt_err *err)
{
    const struct tt_column *c = f->column;
    size_t n, max = c->buckets ? c->buckets - 1 : c->n_borders ? c->n_borders : 2;

    if (f->params) /* extended */
        return 0;
    double *values = gather_numbers(attribute, n_entities, &n, err);
    f->params = tt_alloc(max, sizeof(*f->params), err);
    if (!values || !f->params) {
        free(values);
        return -1;
    }
    if (c->n_borders) {
        memcpy(f->params, c->borders, c->n_borders * sizeof(*f->params));
        f->n_params = c->n_borders;
    } else if (c->buckets) {
        for (size_t i = 1; i < c->buckets && n > 0; i++) {
            double border = values[n * i / c->buckets];
            if (border > values[0] && (f->n_params == 0 || border > f->params[f->n_params - 1]))
                f->params[f->n_params++] = border;
        }
    } else {
        learn_scale(values, n, f->params);
        f->n_params = 2;
    }
    free(values);
    return 0;
}

static size_t count_buckets(const struct tt_feature *f)
{
    return f->column->form == TT_FORM_SCALED ? 2 : f->n_params + 2;
}

static const char *refuse_numbers(const struct tt_feature *f)
{
    int is_scaled = f->column->form == TT_FORM_SCALED;

    for (size_t i = 0; i < f->n_params; i++)
        if (!isfinite(f->params[i]) || (!is_scaled && i > 0 && f->params[i] <= f->params[i - 1]))
            return "not rising numbers";
    return is_scaled && (f->n_params != 2 || f->params[1] <= 0) ? "not a mean and a deviation" : NULL;
}

static const char *refuse_number(const struct tt_feature *f, const char *text, size_t len)
{
    double ignored;

    (void)f;
    return len && tt_parse_f64(text, len, &ignored) ? "is not a number" : NULL;
}

/* Code of a bucketed number: 1 + how many borders are not above it. */
static uint32_t bucket_code(const struct tt_feature *f, double x)
{
    size_t low = 0, high = f->n_params;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (f->params[middle] <= x)
            low = middle + 1;
        else
            high = middle;
    }
    return (uint32_t)low + 1;
}

static int encode_number(const struct tt_feature *f, const char *text, size_t len, struct tt_bags *bags,
                         uint64_t *unseen, struct tt_err *err)
{
    int is_scaled = f->column->form == TT_FORM_SCALED;
    uint32_t code = 0;
    float weight = 1;
    double x;

    (void)unseen;
    if (len == 0 || tt_parse_f64(text, len, &x)) {
        code = 0;
    } else if (is_scaled) {
        x = (x - f->params[0]) / f->params[1];
        weight = (float)(x > MAX_SCALED ? MAX_SCALED : x < -MAX_SCALED ? -MAX_SCALED : x);
        code = 1;
    } else {
        code = bucket_code(f, x);
    }
    return tt_bags_add(bags, &code, &weight, 1, !is_scaled, err);
}

static void match_places(const struct tt_feature *f, uint32_t *was)
{
    for (size_t code = 1; code < f->n_codes; code++)
        was[code] = (uint32_t)code;
}

/* The old bucket that holds the middle of each new one; the outer ones are told by their only border. */
static void match_buckets(const struct tt_feature *f, const struct tt_feature *old, uint32_t *was)
{
    for (size_t code = 1; code < f->n_codes; code++) {
        size_t n = f->n_params, bucket = code - 1, before = 0;
        double at = n == 0        ? 0
                    : bucket == 0 ? nextafter(f->params[0], -INFINITY)
                    : bucket == n ? f->params[n - 1]
                                  : f->params[bucket - 1] / 2 + f->params[bucket] / 2;
        while (before < old->n_params && old->params[before] <= at)
            before++;
        was[code] = (uint32_t)before + 1;
    }
}

static int match_numbers(const struct tt_feature *f, const struct tt_feature *old, uint32_t *was, struct tt_err *err)
{
    (void)err;
    if (f->column->form == TT_FORM_SCALED)
        match_places(f, was);
    else
        match_buckets(f, old, was);
    return 0;
}

/* ---- hash ---- */

static int parse_slots(struct tt_column *c, const char *value, size_t len, struct tt_err *err)
{
    uint64_t count;

    (void)err;
    if (tt_parse_count(value, len, &count) || count < 1 || count > MAX_SLOTS)
        return 1;
    c->slots = (unsigned)count;
    return 0;
}

static int print_hash(const struct tt_column *c, struct tt_buf *text, struct tt_err *err)
{
    return tt_buf_printf(text, err, " slots=%u", c->slots);
}

static size_t count_slots(const struct tt_feature *f)
{
    return (size_t)f->column->slots + 1;
}

static int encode_hash(const struct tt_feature *f, const char *text, size_t len, struct tt_bags *bags, uint64_t *unseen,
                       struct tt_err *err)
{
    uint32_t code = len ? 1 + (uint32_t)(tt_hash64(text, len, 0) % f->column->slots) : 0;

    (void)unseen;
    return tt_bags_add(bags, &code, NULL, 1, 1, err);
}

static int match_slots(const struct tt_feature *f, const struct tt_feature *old, uint32_t *was, struct tt_err *err)
{
    (void)old, (void)err;
    match_places(f, was);
    return 0;
}

/* ---- history ---- */

static const char *const count_names[] = {"one", "log", "sqrt", "linear"}; /* by enum tt_count */
enum { N_COUNTS = sizeof(count_names) / sizeof(*count_names) };

static int parse_count(struct tt_column *c, const char *value, size_t len, struct tt_err *err)
{
    size_t i = which(value, len, count_names, N_COUNTS);

    (void)err;
    c->count = (enum tt_count)i;
    return i == N_COUNTS;
}

static int parse_half_life(struct tt_column *c, const char *value, size_t len, struct tt_err *err)
{
    (void)err;
    if (tt_parse_f64(value, len, &c->half_life) || c->half_life < 0)
        return 1;
    c->half_life += 0.0; /* -0 is 0 */
    return 0;
}

static int print_history(const struct tt_column *c, struct tt_buf *text, struct tt_err *err)
{
    return tt_buf_printf(text, err, " count=%s half_life=%.17g", count_names[c->count], c->half_life);
}

/* ---- weight, label, time ---- */

static const char *read_weight(const struct tt_column *c, const char *text, size_t len, struct tt_event_values *values)
{
    double x;

    (void)c;
    if (tt_parse_f64(text, len, &x) || x < 0 || x > MAX_WEIGHT)
        return "is not a weight, a number from 0 to 1e30";
    values->weight = (float)x;
    return NULL;
}

static int parse_min(struct tt_column *c, const char *value, size_t len, struct tt_err *err)
{
    (void)err;
    if (tt_parse_f64(value, len, &c->min))
        return 1;
    c->min += 0.0; /* -0 is 0 */
    return 0;
}

static int print_label(const struct tt_column *c, struct tt_buf *text, struct tt_err *err)
{
    return tt_buf_printf(text, err, " min=%.17g", c->min);
}

static const char *read_label(const struct tt_column *c, const char *text, size_t len, struct tt_event_values *values)
{
    double x;

    if (tt_parse_f64(text, len, &x))
        return "is not a label, a number";
    values->label = x >= c->min;
    return NULL;
}

static const char *const unit_names[] = {"second", "minute", "hour", "day", "week"};
static const double unit_seconds[] = {1, 60, 3600, 86400, 604800};
enum { N_UNITS = sizeof(unit_names) / sizeof(*unit_names) };

static int parse_unit(struct tt_column *c, const char *value, size_t len, struct tt_err *err)
{
    size_t i = which(value, len, unit_names, N_UNITS);

    (void)err;
    if (i < N_UNITS)
        c->unit = unit_seconds[i];
    return i == N_UNITS;
}

static int print_time(const struct tt_column *c, struct tt_buf *text, struct tt_err *err)
{
    size_t i = 0;

    while (i + 1 < N_UNITS && unit_seconds[i] != c->unit)
        i++;
    return tt_buf_printf(text, err, " unit=%s", unit_names[i]);
}

/* The text as seconds since 1970. A time without a zone is read as UTC: only differences matter. */
static int parse_time(const struct tt_column *column, const char *text, size_t len, uint32_t *seconds)
{
    struct tt_time time;
    const char *what;
    double number;

    if (column->unit > 1) {
        if (tt_parse_f64(text, len, &number) || number < 0 || number * column->unit > UINT32_MAX)
            return -1;
        *seconds = (uint32_t)(number * column->unit);
        return 0;
    }
    if (tt_time_parse(text, len, &time, &what) || time.seconds < 0 || time.seconds > UINT32_MAX)
        return -1;
    *seconds = (uint32_t)time.seconds; /* a time without a zone is read as UTC: only differences matter */
    return 0;
}

static const char *read_time(const struct tt_column *c, const char *text, size_t len, struct tt_event_values *values)
{
    if (parse_time(c, text, len, &values->time) == 0)
        return NULL;
    return c->unit > 1 ? "is not a time: a number of the schema's units, 1970 to 2106"
                       : "is not a time: seconds since 1970 or ISO 8601, 1970 to 2106";
}

/* ---- the table ---- */

enum { ENTITIES = 1 << TT_USER | 1 << TT_ITEM, EVENTS = 1 << TT_EVENT };

const struct tt_column_kind tt_column_kinds[TT_KINDS] = {
    [TT_KIND_ID] = {.name = "id", .sides = ENTITIES, .has_vocabulary = 1, .defaults = {.is_embedded = 1},
                    .options = {{"embed", "embed is yes or no", parse_embed}}, .print_options = print_id,
                    .count_codes = count_texts, .encode = encode_text, .match = match_texts},
    [TT_KIND_CATEGORY] = {.name = "category", .sides = ENTITIES, .is_attribute = 1, .has_vocabulary = 1,
                          .defaults = {.is_embedded = 1},
                          .learn = learn_texts, .count_codes = count_texts, .encode = encode_text,
                          .match = match_texts},
    [TT_KIND_BAG] = {.name = "bag", .sides = ENTITIES, .is_attribute = 1, .has_vocabulary = 1,
                     .defaults = {.is_embedded = 1, .form = TT_FORM_BAG, .separator = '|'},
                     .options = {{"sep", "sep is one character of ASCII", parse_separator}},
                     .print_options = print_bag,
                     .learn = learn_texts, .count_codes = count_texts, .refuse = refuse_bag, .encode = encode_bag,
                     .match = match_texts},
    [TT_KIND_NUMBER] = {.name = "number", .sides = ENTITIES, .is_attribute = 1, .is_number = 1,
                        .defaults = {.is_embedded = 1, .buckets = 10},
                        .options = {{"buckets", "buckets is a whole number from 2 to 1000", parse_buckets},
                                    {"borders", "borders are rising numbers joined by commas", parse_borders},
                                    {"scale", "scale is yes or no", parse_scale}},
                        .is_one_option = 1, .print_options = print_number,
                        .learn = learn_number, .count_codes = count_buckets, .refuse_params = refuse_numbers,
                        .refuse = refuse_number, .encode = encode_number, .match = match_numbers},
    [TT_KIND_HASH] = {.name = "hash", .sides = ENTITIES, .is_attribute = 1,
                      .defaults = {.is_embedded = 1, .slots = 1 << 16},
                      .options = {{"slots", "slots is a whole number from 1 to 16777216", parse_slots}},
                      .print_options = print_hash,
                      .count_codes = count_slots, .encode = encode_hash, .match = match_slots},
    [TT_KIND_CONTEXT] = {.name = "context", .sides = 1 << TT_USER, .has_vocabulary = 1, .defaults = {.is_embedded = 1},
                         .count_codes = count_texts, .encode = encode_text, .match = match_texts},
    [TT_KIND_HISTORY] = {.name = "history", .sides = ENTITIES, .is_once = 1,
                         .defaults = {.is_embedded = 1, .form = TT_FORM_BAG, .count = TT_COUNT_SQRT},
                         .options = {{"count", "count is one of one, log, sqrt, linear", parse_count},
                                     {"half_life", "half_life is a number of days, 0 for none", parse_half_life}},
                         .print_options = print_history},
    [TT_KIND_WEIGHT] = {.name = "weight", .sides = EVENTS, .is_once = 1, .is_number = 1, .read_event = read_weight},
    [TT_KIND_LABEL] = {.name = "label", .sides = EVENTS, .is_once = 1, .is_number = 1, .defaults = {.min = 1},
                       .options = {{"min", "min is a number", parse_min}}, .print_options = print_label,
                       .read_event = read_label},
    [TT_KIND_TIME] = {.name = "time", .sides = EVENTS, .is_once = 1, .defaults = {.unit = 1},
                      .options = {{"unit", "unit is one of second, minute, hour, day, week", parse_unit}},
                      .print_options = print_time, .read_event = read_time},
};
