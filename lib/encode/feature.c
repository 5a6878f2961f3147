/* What was learnt of a column: see feature.h. */
#include "encode/feature.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "encode/column_kind.h"

int tt_feature_init(struct tt_feature *f, const struct tt_column *column, struct tt_err *err)
{
    *f = (struct tt_feature){.column = column, .n_codes = 1};
    return tt_vocab_init(&f->vocab, err);
}

void tt_feature_release(struct tt_feature *f)
{
    tt_vocab_release(&f->vocab);
    free(f->params);
    *f = (struct tt_feature){0};
}

static int copy_params(struct tt_feature *f, const double *params, size_t n, struct tt_err *err)
{
    f->params = tt_alloc(n, sizeof(*f->params), err);
    if (!f->params)
        return -1;
    if (n)
        memcpy(f->params, params, n * sizeof(*f->params));
    f->n_params = n;
    return 0;
}

int tt_feature_extend(struct tt_feature *f, const struct tt_feature *other, struct tt_err *err)
{
    if (other->params && copy_params(f, other->params, other->n_params, err))
        return -1;
    for (size_t code = 0; code < other->vocab.texts.n; code++) {
        size_t len;
        uint32_t same;
        const char *text = tt_text_list_get(&other->vocab.texts, code, &len);
        if (tt_vocab_add(&f->vocab, text, len, &same, err))
            return -1;
        if (same != code)
            return tt_err_set(err, TT_ERR_INPUT, "column '%s': value %zu of the dictionary stands twice",
                              f->column->name, code);
    }
    f->n_codes = other->n_codes;
    return 0;
}

void tt_feature_count_codes(struct tt_feature *f)
{
    if (tt_kind_of(f->column)->count_codes)
        f->n_codes = tt_kind_of(f->column)->count_codes(f);
}

int tt_feature_learn(struct tt_feature *f, const struct tt_attribute *attribute, size_t n_entities, struct tt_err *err)
{
    const struct tt_column_kind *kind = tt_kind_of(f->column);

    if (kind->learn && kind->learn(f, attribute, n_entities, err))
        return -1;
    tt_feature_count_codes(f);
    return 0;
}

const char *tt_feature_refuses(const struct tt_feature *f, const char *text, size_t len)
{
    const struct tt_column_kind *kind = tt_kind_of(f->column);

    return kind->refuse ? kind->refuse(f, text, len) : NULL;
}

int tt_feature_encode(const struct tt_feature *f, const char *text, size_t len, struct tt_bags *bags, uint64_t *unseen,
                      struct tt_err *err)
{
    return tt_kind_of(f->column)->encode(f, text, len, bags, unseen, err);
}

/* ---- files ---- */

int tt_feature_store(const struct tt_feature *f, struct tt_segment *segment, struct tt_err *err)
{
    const struct tt_column_kind *kind = tt_kind_of(f->column);
    char name[TT_TENSOR_NAME];

    if (kind->has_vocabulary &&
        tt_segment_text_list(segment, tt_tensor_name(name, f->column, "vocab"), &f->vocab.texts, err))
        return -1;
    return kind->refuse_params ? tt_segment_tensor(segment, tt_tensor_name(name, f->column, "params"), TT_F64,
                                                   f->n_params, 0, f->params, err)
                               : 0;
}

static int load_vocabulary(struct tt_feature *f, const struct tt_segment *segment, struct tt_err *err)
{
    char name[TT_TENSOR_NAME];

    tt_vocab_release(&f->vocab);
    if (tt_segment_need_text_list(segment, tt_tensor_name(name, f->column, "vocab"), TT_ANY, &f->vocab.texts, err))
        return -1;
    return f->vocab.texts.n < TT_VOCAB_NONE - 1
               ? 0
               : tt_err_set(err, TT_ERR_INPUT, "%s: list '%s' is too long", segment->name, name);
}

static int load_params(struct tt_feature *f, const struct tt_segment *segment, struct tt_err *err)
{
    char name[TT_TENSOR_NAME];
    const struct tt_tensor *t =
        tt_segment_need(segment, tt_tensor_name(name, f->column, "params"), TT_F64, TT_ANY, 0, err);

    if (!t || copy_params(f, t->data, t->shape[0], err))
        return -1;
    const char *wrong = tt_kind_of(f->column)->refuse_params(f);
    return wrong ? tt_err_set(err, TT_ERR_INPUT, "%s: tensor '%s': %s", segment->name, name, wrong) : 0;
}

int tt_feature_load(struct tt_feature *f, const struct tt_segment *segment, struct tt_err *err)
{
    const struct tt_column_kind *kind = tt_kind_of(f->column);

    if ((kind->has_vocabulary && load_vocabulary(f, segment, err)) ||
        (kind->refuse_params && load_params(f, segment, err)))
        return -1;
    tt_feature_count_codes(f);
    return 0;
}

int tt_feature_index(struct tt_feature *f, const struct tt_segment *segment, const char *file, struct tt_err *err)
{
    char name[TT_TENSOR_NAME];
    struct tt_text_list texts = f->vocab.texts;

    return tt_kind_of(f->column)->has_vocabulary
               ? tt_vocab_from_segment(&f->vocab, &texts, tt_tensor_name(name, f->column, "vocab"), segment, file, err)
               : 0;
}

int tt_feature_store_rows(const struct tt_feature *feature, const struct tt_bags *bags, struct tt_segment *segment,
                          struct tt_err *err)
{
    const struct tt_column *column = feature->column;
    static const uint64_t no_rows[1] = {0};
    char name[TT_TENSOR_NAME];
    size_t n = bags->offsets ? (size_t)bags->offsets[bags->n_rows] : bags->n_rows;

    if (tt_segment_tensor(segment, tt_tensor_name(name, column, "codes"), TT_U32, n, 0, bags->codes, err))
        return -1;
    if (tt_column_is_single(column))
        return 0;
    if (bags->n_rows == 0)
        n = 0;
    return tt_segment_tensor(segment, tt_tensor_name(name, column, "offsets"), TT_U64, bags->n_rows + 1, 0,
                             bags->offsets ? bags->offsets : no_rows, err) ||
                   tt_segment_tensor(segment, tt_tensor_name(name, column, "weights"), TT_F32, n, 0, bags->weights, err)
               ? -1
               : 0;
}

int tt_feature_load_rows(const struct tt_feature *feature, struct tt_bags *bags, size_t n_rows,
                         const struct tt_segment *segment, struct tt_err *err)
{
    const struct tt_column *column = feature->column;
    char name[TT_TENSOR_NAME];
    int is_single = tt_column_is_single(column);
    const struct tt_tensor *codes = tt_segment_need(segment, tt_tensor_name(name, column, "codes"), TT_U32,
                                                    is_single ? n_rows : TT_ANY, 0, err);

    *bags = (struct tt_bags){.n_rows = n_rows};
    if (!codes)
        return -1;
    size_t n = codes->shape[0];
    bags->codes = (uint32_t *)codes->data;
    for (size_t i = 0; i < n; i++)
        if (bags->codes[i] >= feature->n_codes)
            return tt_err_set(err, TT_ERR_INPUT, "%s: tensor '%s': a code that the feature does not have",
                              segment->name, name);
    if (is_single)
        return 0;
    const struct tt_tensor *offsets =
        tt_segment_need(segment, tt_tensor_name(name, column, "offsets"), TT_U64, n_rows + 1, 0, err);
    const struct tt_tensor *weights =
        tt_segment_need(segment, tt_tensor_name(name, column, "weights"), TT_F32, n, 0, err);
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
                          tt_side_name(column->side), column->name);
    return 0;
}
