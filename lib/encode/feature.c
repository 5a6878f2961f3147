/* Features: see feature.h. */
#include "encode/feature.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/number.h"

enum { MAX_BAG = 4096 };        /* values of one field */
static const double MAX_SCALED = 4; /* standard deviations: one absurd number must not swamp a tower */

int tt_dictionary_init(struct tt_dictionary *dictionary, struct tt_schema *schema, struct tt_err *err)
{
    *dictionary = (struct tt_dictionary){.schema = *schema};
    *schema = (struct tt_schema){0};
    size_t n = dictionary->schema.n_columns;
    dictionary->features = tt_alloc_zero(n, sizeof(*dictionary->features), err);
    if (!dictionary->features)
        goto fail;
    for (size_t i = 0; i < n; i++) {
        const struct tt_column *c = &dictionary->schema.columns[i];
        struct tt_feature *f = &dictionary->features[i];
        f->column = c;
        f->n_codes = 1;
        if (tt_vocab_init(&f->vocab, err))
            goto fail;
        if (c->kind == TT_KIND_ID)
            *(c->side == TT_USER ? &dictionary->user_id : &dictionary->item_id) = i;
    }
    return 0;
fail:
    tt_dictionary_release(dictionary);
    return -1;
}

void tt_dictionary_release(struct tt_dictionary *dictionary)
{
    for (size_t i = 0; dictionary->features && i < dictionary->schema.n_columns; i++) {
        tt_vocab_release(&dictionary->features[i].vocab);
        free(dictionary->features[i].params);
    }
    free(dictionary->features);
    tt_schema_release(&dictionary->schema);
    *dictionary = (struct tt_dictionary){0};
}

static int copy_params(struct tt_feature *f, const struct tt_feature *other, struct tt_err *err)
{
    f->params = tt_alloc(other->n_params, sizeof(*f->params), err);
    if (!f->params)
        return -1;
    if (other->n_params)
        memcpy(f->params, other->params, other->n_params * sizeof(*f->params));
    f->n_params = other->n_params;
    return 0;
}

int tt_dictionary_extend(struct tt_dictionary *dictionary, const struct tt_dictionary *other, struct tt_err *err)
{
    for (size_t i = 0; i < dictionary->schema.n_columns; i++) {
        struct tt_feature *f = &dictionary->features[i];
        const struct tt_feature *o = &other->features[i];
        if (o->params && copy_params(f, o, err))
            return -1;
        for (size_t code = 0; code < o->vocab.texts.n; code++) {
            size_t len;
            uint32_t same;
            const char *text = tt_text_list_get(&o->vocab.texts, code, &len);
            if (tt_vocab_add(&f->vocab, text, len, &same, err))
                return -1;
            if (same != code)
                return tt_err_set(err, TT_ERR_INPUT, "column '%s': value %zu of the dictionary stands twice",
                                  f->column->name, code);
        }
        f->n_codes = o->n_codes;
    }
    return 0;
}

/* ---- learning ---- */

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
    f->n_codes = tt_kind_is_single(c) ? f->n_params + 2 : 2;
    return 0;
}

/* Call fn for each value of a bag's field; empty ones are passed over. Stops when fn says so. */
static int each_value(const struct tt_feature *f, const char *text, size_t len,
                      int (*fn)(void *arg, const char *value, size_t n), void *arg)
{
    const char *end = text + len;

    while (text < end) {
        const char *separator = memchr(text, f->column->separator, (size_t)(end - text));
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

int tt_feature_learn(struct tt_feature *f, const struct tt_attribute *attribute, size_t n_entities, struct tt_err *err)
{
    struct learning learning = {f, err};

    switch (f->column->kind) {
    case TT_KIND_NUMBER:
        return f->params ? 0 : learn_number(f, attribute, n_entities, err); /* there: of tt_dictionary_extend */
    case TT_KIND_HASH:
        f->n_codes = (size_t)f->column->slots + 1;
        return 0;
    default:
        break;
    }
    for (size_t e = 0; e < n_entities; e++) {
        uint32_t value = tt_attribute_get(attribute, (uint32_t)e);
        if (value == TT_VOCAB_NONE)
            continue;
        size_t len;
        const char *text = tt_text_list_get(&attribute->values.texts, value, &len);
        if (f->column->kind == TT_KIND_BAG ? each_value(f, text, len, learn_value, &learning)
                                           : learn_value(&learning, text, len))
            return -1;
    }
    f->n_codes = f->vocab.texts.n + 1;
    return 0;
}

/* ---- encoding ---- */

static int count_value(void *arg, const char *value, size_t n)
{
    (void)value, (void)n;
    return ++*(int *)arg > MAX_BAG;
}

const char *tt_feature_refuses(const struct tt_feature *f, const char *text, size_t len)
{
    double ignored;
    int n = 0;

    if (f->column->kind == TT_KIND_NUMBER && len && tt_parse_f64(text, len, &ignored))
        return "is not a number";
    if (f->column->kind == TT_KIND_BAG && len > MAX_BAG && each_value(f, text, len, count_value, &n))
        return "holds more than 4096 values";
    return NULL;
}

static uint32_t find_code(const struct tt_feature *f, const char *text, size_t len, uint64_t *unseen)
{
    uint32_t code = len ? tt_vocab_find(&f->vocab, text, len) : TT_VOCAB_NONE;

    *unseen += len && code == TT_VOCAB_NONE;
    return code == TT_VOCAB_NONE ? 0 : code + 1;
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

int tt_feature_encode(const struct tt_feature *f, const char *text, size_t len, struct tt_bags *bags, uint64_t *unseen,
                      struct tt_err *err)
{
    uint32_t code = 0;
    float weight = 1;
    double x;

    switch (f->column->kind) {
    case TT_KIND_BAG:
        return encode_bag(f, text, len, bags, unseen, err);
    case TT_KIND_HASH:
        code = len ? 1 + (uint32_t)(tt_hash64(text, len, 0) % f->column->slots) : 0;
        break;
    case TT_KIND_NUMBER:
        if (len == 0 || tt_parse_f64(text, len, &x))
            break;
        if (tt_kind_is_single(f->column)) {
            code = bucket_code(f, x);
        } else {
            x = (x - f->params[0]) / f->params[1];
            weight = (float)(x > MAX_SCALED ? MAX_SCALED : x < -MAX_SCALED ? -MAX_SCALED : x);
            code = 1;
        }
        break;
    default:
        code = find_code(f, text, len, unseen);
        break;
    }
    return tt_bags_add(bags, &code, &weight, 1, tt_kind_is_single(f->column), err);
}

/* ---- rows ---- */

int tt_bags_add(struct tt_bags *bags, const uint32_t *codes, const float *weights, size_t n, int single,
                struct tt_err *err)
{
    size_t used = bags->offsets ? (size_t)bags->offsets[bags->n_rows] : bags->n_rows;

    if (tt_grow(&bags->codes, &bags->cap_codes, used + n, sizeof(*bags->codes), err))
        return -1;
    if (n)
        memcpy(bags->codes + used, codes, n * sizeof(*codes));
    if (!single) {
        if (tt_grow(&bags->offsets, &bags->cap_offsets, bags->n_rows + 2, sizeof(*bags->offsets), err) ||
            tt_grow(&bags->weights, &bags->cap_weights, used + n, sizeof(*bags->weights), err))
            return -1;
        for (size_t i = 0; i < n; i++)
            bags->weights[used + i] = weights ? weights[i] : 1;
        bags->offsets[0] = 0;
        bags->offsets[bags->n_rows + 1] = used + n;
    }
    bags->n_rows++;
    return 0;
}

int tt_bags_add_row_of(struct tt_bags *bags, const struct tt_bags *other, size_t row, struct tt_err *err)
{
    const uint32_t *codes;
    const float *weights;
    size_t n = tt_bags_row(other, row, &codes, &weights);

    return tt_bags_add(bags, codes, weights, n, other->offsets == NULL, err);
}

void tt_bags_release(struct tt_bags *bags)
{
    if (bags->cap_offsets)
        free(bags->offsets);
    if (bags->cap_codes)
        free(bags->codes);
    if (bags->cap_weights)
        free(bags->weights);
    *bags = (struct tt_bags){0};
}

/* ---- files ---- */

const char *tt_tensor_name(char buffer[TT_TENSOR_NAME], const struct tt_column *column, const char *what)
{
    snprintf(buffer, TT_TENSOR_NAME, "%s.%s.%s", tt_side_name(column->side), column->name, what);
    return buffer;
}

static int has_vocab(const struct tt_column *column)
{
    return column->kind == TT_KIND_ID || column->kind == TT_KIND_CATEGORY || column->kind == TT_KIND_BAG ||
           column->kind == TT_KIND_CONTEXT;
}

int tt_dictionary_store(const struct tt_dictionary *dictionary, struct tt_segment *segment, struct tt_err *err)
{
    char name[TT_TENSOR_NAME];

    if (tt_segment_text(segment, "schema", dictionary->schema.text, err) ||
        tt_segment_text(segment, "schema_fingerprint", dictionary->schema.fingerprint, err))
        return -1;
    for (size_t i = 0; i < dictionary->schema.n_columns; i++) {
        const struct tt_feature *f = &dictionary->features[i];
        if (has_vocab(f->column) &&
            tt_segment_text_list(segment, tt_tensor_name(name, f->column, "vocab"), &f->vocab.texts, err))
            return -1;
        if (f->column->kind == TT_KIND_NUMBER &&
            tt_segment_tensor(segment, tt_tensor_name(name, f->column, "params"), TT_F64, f->n_params, 0, f->params,
                              err))
            return -1;
    }
    return 0;
}

static int load_params(struct tt_feature *f, const struct tt_segment *segment, struct tt_err *err)
{
    char name[TT_TENSOR_NAME];
    const struct tt_tensor *t =
        tt_segment_need(segment, tt_tensor_name(name, f->column, "params"), TT_F64, TT_ANY, 0, err);
    const double *values = t ? t->data : NULL;
    int scaled = !tt_kind_is_single(f->column);

    if (!t)
        return -1;
    for (size_t i = 0; i < t->shape[0]; i++)
        if (!isfinite(values[i]) || (!scaled && i > 0 && values[i] <= values[i - 1]))
            return tt_err_set(err, TT_ERR_INPUT, "%s: tensor '%s': not rising numbers", segment->name, name);
    if (scaled && (t->shape[0] != 2 || values[1] <= 0))
        return tt_err_set(err, TT_ERR_INPUT, "%s: tensor '%s': not a mean and a deviation", segment->name, name);
    f->params = tt_alloc(t->shape[0], sizeof(double), err);
    if (!f->params)
        return -1;
    if (t->shape[0])
        memcpy(f->params, values, t->shape[0] * sizeof(double));
    f->n_params = t->shape[0];
    f->n_codes = scaled ? 2 : f->n_params + 2;
    return 0;
}

static int load_feature(struct tt_feature *f, const struct tt_segment *segment, struct tt_err *err)
{
    char name[TT_TENSOR_NAME];

    if (has_vocab(f->column)) {
        tt_vocab_release(&f->vocab);
        if (tt_segment_need_text_list(segment, tt_tensor_name(name, f->column, "vocab"), TT_ANY, &f->vocab.texts, err))
            return -1;
        if (f->vocab.texts.n >= TT_VOCAB_NONE - 1)
            return tt_err_set(err, TT_ERR_INPUT, "%s: list '%s' is too long", segment->name, name);
        f->n_codes = f->vocab.texts.n + 1;
    } else if (f->column->kind == TT_KIND_NUMBER) {
        return load_params(f, segment, err);
    } else if (f->column->kind == TT_KIND_HASH) {
        f->n_codes = (size_t)f->column->slots + 1;
    }
    return 0;
}

void tt_dictionary_share_ids(struct tt_dictionary *d)
{
    for (size_t i = 0; i < d->schema.n_columns; i++)
        if (d->schema.columns[i].kind == TT_KIND_HISTORY)
            d->features[i].n_codes =
                d->features[d->schema.columns[i].side == TT_USER ? d->item_id : d->user_id].n_codes;
}

int tt_dictionary_load(struct tt_dictionary *dictionary, const struct tt_segment *segment, struct tt_err *err)
{
    const char *text = tt_segment_need_text(segment, "schema", err);
    const char *fingerprint = tt_segment_need_text(segment, "schema_fingerprint", err);
    struct tt_schema schema;

    *dictionary = (struct tt_dictionary){0};
    if (!text || !fingerprint || tt_schema_parse(&schema, text, strlen(text), segment->name, err))
        return -1;
    int same = strcmp(schema.fingerprint, fingerprint) == 0;
    if (!same)
        tt_err_set(err, TT_ERR_INPUT, "%s: damaged: the schema's fingerprint does not agree", segment->name);
    if (tt_dictionary_init(dictionary, &schema, err) || !same)
        goto fail;
    for (size_t i = 0; i < dictionary->schema.n_columns; i++)
        if (load_feature(&dictionary->features[i], segment, err))
            goto fail;
    tt_dictionary_share_ids(dictionary);
    return 0;
fail:
    tt_schema_release(&schema);
    tt_dictionary_release(dictionary);
    return -1;
}

int tt_dictionary_index(struct tt_dictionary *dictionary, const struct tt_segment *segment, const char *file,
                        struct tt_err *err)
{
    char name[TT_TENSOR_NAME];

    for (size_t i = 0; i < dictionary->schema.n_columns; i++) {
        struct tt_feature *f = &dictionary->features[i];
        struct tt_text_list texts = f->vocab.texts;
        if (has_vocab(f->column) &&
            tt_vocab_from_segment(&f->vocab, &texts, tt_tensor_name(name, f->column, "vocab"), segment, file, err))
            return -1;
    }
    return 0;
}

int tt_dictionary_store_index(const struct tt_dictionary *dictionary, struct tt_vocab_slot *slots[2],
                              struct tt_segment *segment, struct tt_err *err)
{
    const size_t ids[] = {dictionary->user_id, dictionary->item_id};
    char name[TT_TENSOR_NAME];

    for (size_t i = 0; i < 2; i++) {
        const struct tt_feature *f = &dictionary->features[ids[i]];
        if (tt_vocab_store_slots(&f->vocab.texts, tt_tensor_name(name, f->column, "vocab"), &slots[i], segment, err))
            return -1;
    }
    return 0;
}

int tt_bags_store(const struct tt_bags *bags, const struct tt_column *column, struct tt_segment *segment,
                  struct tt_err *err)
{
    static const uint64_t no_rows[1] = {0};
    char name[TT_TENSOR_NAME];
    size_t n = bags->offsets ? (size_t)bags->offsets[bags->n_rows] : bags->n_rows;

    if (tt_segment_tensor(segment, tt_tensor_name(name, column, "codes"), TT_U32, n, 0, bags->codes, err))
        return -1;
    if (tt_kind_is_single(column))
        return 0;
    if (bags->n_rows == 0)
        n = 0;
    return tt_segment_tensor(segment, tt_tensor_name(name, column, "offsets"), TT_U64, bags->n_rows + 1, 0,
                             bags->offsets ? bags->offsets : no_rows, err) ||
                   tt_segment_tensor(segment, tt_tensor_name(name, column, "weights"), TT_F32, n, 0, bags->weights, err)
               ? -1
               : 0;
}

int tt_bags_load(struct tt_bags *bags, const struct tt_feature *f, size_t n_rows, const struct tt_segment *segment,
                 struct tt_err *err)
{
    char name[TT_TENSOR_NAME];
    int single = tt_kind_is_single(f->column);
    const struct tt_tensor *codes = tt_segment_need(segment, tt_tensor_name(name, f->column, "codes"), TT_U32,
                                                    single ? n_rows : TT_ANY, 0, err);

    *bags = (struct tt_bags){.n_rows = n_rows};
    if (!codes)
        return -1;
    size_t n = codes->shape[0];
    bags->codes = (uint32_t *)codes->data;
    for (size_t i = 0; i < n; i++)
        if (bags->codes[i] >= f->n_codes)
            return tt_err_set(err, TT_ERR_INPUT, "%s: tensor '%s': a code that the feature does not have",
                              segment->name, name);
    if (single)
        return 0;
    const struct tt_tensor *offsets =
        tt_segment_need(segment, tt_tensor_name(name, f->column, "offsets"), TT_U64, n_rows + 1, 0, err);
    const struct tt_tensor *weights =
        tt_segment_need(segment, tt_tensor_name(name, f->column, "weights"), TT_F32, n, 0, err);
    if (!offsets || !weights)
        return -1;
    bags->offsets = (uint64_t *)offsets->data;
    bags->weights = (float *)weights->data;
    int good = bags->offsets[0] == 0 && bags->offsets[n_rows] == n;
    for (size_t r = 0; r < n_rows && good; r++)
        good = bags->offsets[r] <= bags->offsets[r + 1];
    for (size_t i = 0; i < n && good; i++)
        good = isfinite(bags->weights[i]);
    if (!good)
        return tt_err_set(err, TT_ERR_INPUT, "%s: damaged: offsets or weights of '%s.%s'", segment->name,
                          tt_side_name(f->column->side), f->column->name);
    return 0;
}
