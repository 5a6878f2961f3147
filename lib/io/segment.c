/* Segments in memory: see segment.h. */
#include "io/segment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/alloc.h"
#include "io/mapped_file.h"

static const struct { const char *name; size_t size; } dtypes[TT_DTYPES] = {
    [TT_F32] = {"F32", 4}, [TT_F64] = {"F64", 8}, [TT_I8] = {"I8", 1},   [TT_I64] = {"I64", 8},
    [TT_U8] = {"U8", 1},   [TT_U16] = {"U16", 2}, [TT_U32] = {"U32", 4}, [TT_U64] = {"U64", 8},
};

size_t tt_dtype_size(enum tt_dtype dtype)
{
    return dtypes[dtype].size;
}

const char *tt_dtype_name(enum tt_dtype dtype)
{
    return dtypes[dtype].name;
}

size_t tt_tensor_bytes(const struct tt_tensor *t)
{
    return t->shape[0] * t->shape[1] * dtypes[t->dtype].size;
}

int tt_segment_damaged(const struct tt_segment *segment, const char *what, struct tt_err *err)
{
    return tt_err_set(err, TT_ERR_INPUT, "%s: damaged: %s", segment->name, what);
}

int tt_segment_init(struct tt_segment *segment, const char *kind, unsigned format, struct tt_err *err)
{
    char number[16];

    *segment = (struct tt_segment){0};
    snprintf(number, sizeof(number), "%u", format);
    if (tt_segment_text(segment, "kind", kind, err) || tt_segment_text(segment, "format", number, err)) {
        tt_segment_release(segment);
        return -1;
    }
    return 0;
}

void tt_segment_release(struct tt_segment *segment)
{
    for (size_t i = 0; i < segment->n_texts; i++) {
        free(segment->texts[i].key);
        free(segment->texts[i].value);
    }
    for (size_t i = 0; i < segment->n_tensors; i++)
        free((char *)segment->tensors[i].name);
    free(segment->texts);
    free(segment->tensors);
    if (segment->mapped_file)
        tt_mapped_file_free(segment->mapped_file);
    else if (segment->map_length)
        munmap(segment->image, segment->map_length);
    else
        free(segment->image);
    *segment = (struct tt_segment){0};
}

int tt_segment_text(struct tt_segment *segment, const char *key, const char *value, struct tt_err *err)
{
    if (tt_grow(&segment->texts, &segment->cap_texts, segment->n_texts + 1, sizeof(*segment->texts), err))
        return -1;
    struct tt_text_pair *pair = &segment->texts[segment->n_texts];
    pair->key = tt_copy_text(key, strlen(key), err);
    pair->value = tt_copy_text(value, strlen(value), err);
    if (!pair->key || !pair->value) {
        free(pair->key);
        free(pair->value);
        return -1;
    }
    segment->n_texts++;
    return 0;
}

int tt_segment_tensor(struct tt_segment *segment, const char *name, enum tt_dtype dtype, size_t rows, size_t columns,
                      const void *data, struct tt_err *err)
{
    if (tt_grow(&segment->tensors, &segment->cap_tensors, segment->n_tensors + 1, sizeof(*segment->tensors), err))
        return -1;
    char *copy = tt_copy_text(name, strlen(name), err);
    if (!copy)
        return -1;
    segment->tensors[segment->n_tensors++] = (struct tt_tensor){
        .name = copy, .dtype = dtype, .n_dims = columns ? 2 : 1, .shape = {rows, columns ? columns : 1}, .data = data};
    return 0;
}

int tt_segment_text_list(struct tt_segment *segment, const char *name, const struct tt_text_list *list,
                         struct tt_err *err)
{
    char full[256];

    snprintf(full, sizeof(full), "%s.offsets", name);
    if (tt_segment_tensor(segment, full, TT_U64, list->n + 1, 0, list->offsets, err))
        return -1;
    snprintf(full, sizeof(full), "%s.bytes", name);
    return tt_segment_tensor(segment, full, TT_U8, (size_t)list->offsets[list->n], 0, list->bytes, err);
}

const char *tt_segment_find_text(const struct tt_segment *segment, const char *key)
{
    for (size_t i = 0; i < segment->n_texts; i++)
        if (strcmp(segment->texts[i].key, key) == 0)
            return segment->texts[i].value;
    return NULL;
}

const char *tt_segment_need_text(const struct tt_segment *segment, const char *key, struct tt_err *err)
{
    const char *value = tt_segment_find_text(segment, key);

    if (!value)
        tt_err_set(err, TT_ERR_INPUT, "%s: the header has no '%s'", segment->name, key);
    return value;
}

const struct tt_tensor *tt_segment_find(const struct tt_segment *segment, const char *name)
{
    for (size_t i = 0; i < segment->n_tensors; i++)
        if (strcmp(segment->tensors[i].name, name) == 0)
            return &segment->tensors[i];
    return NULL;
}

const struct tt_tensor *tt_segment_need(const struct tt_segment *segment, const char *name, enum tt_dtype dtype,
                                        size_t rows, size_t columns, struct tt_err *err)
{
    const struct tt_tensor *t = tt_segment_find(segment, name);

    if (!t) {
        tt_err_set(err, TT_ERR_INPUT, "%s: no tensor '%s'", segment->name, name);
        return NULL;
    }
    if (t->dtype != dtype || t->n_dims != (columns ? 2 : 1) || (rows != TT_ANY && t->shape[0] != rows) ||
        (columns && columns != TT_ANY && t->shape[1] != columns)) {
        tt_err_set(err, TT_ERR_INPUT, "%s: tensor '%s' has another type or shape than expected", segment->name, name);
        return NULL;
    }
    return t;
}

int tt_segment_need_text_list(const struct tt_segment *segment, const char *name, size_t n, struct tt_text_list *view,
                              struct tt_err *err)
{
    char full[256];

    snprintf(full, sizeof(full), "%s.offsets", name);
    const struct tt_tensor *offsets = tt_segment_need(segment, full, TT_U64, n == TT_ANY ? TT_ANY : n + 1, 0, err);
    snprintf(full, sizeof(full), "%s.bytes", name);
    const struct tt_tensor *bytes = tt_segment_need(segment, full, TT_U8, TT_ANY, 0, err);
    if (!offsets || !bytes)
        return -1;
    *view = (struct tt_text_list){
        .n = offsets->shape[0] - 1, .offsets = (uint64_t *)offsets->data, .bytes = (char *)bytes->data};
    if (offsets->shape[0] == 0)
        return tt_segment_damaged(segment, "a list of texts without offsets", err);
    for (size_t i = 0; i < view->n; i++)
        if (view->offsets[i] > view->offsets[i + 1])
            return tt_segment_damaged(segment, "a list of texts whose offsets fall", err);
    if (view->offsets[0] != 0 || view->offsets[view->n] != bytes->shape[0])
        return tt_segment_damaged(segment, "a list of texts whose offsets do not fit", err);
    return 0;
}
