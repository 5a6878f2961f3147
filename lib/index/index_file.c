/* Index files: see index_file.h. */
#include "index/index_file.h"

#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "math/vec.h"

static int store_sieve(const struct tt_sieve_parts *sieve, struct tt_segment *segment, struct tt_err *err)
{
    size_t rows = sieve->n_panels * TT_SCAN_ITEMS;

    if (sieve->n_panels == 0)
        return 0;
    return tt_segment_tensor(segment, "sieve.bytes", TT_I8, rows, sieve->quads * 4, sieve->bytes, err) ||
                   tt_segment_tensor(segment, "sieve.begin", TT_U32, rows, 0, sieve->begin, err) ||
                   tt_segment_tensor(segment, "sieve.panels", TT_F32, sieve->n_panels, 4, sieve->panels, err)
               ? -1
               : 0;
}

static int view_sieve(struct tt_index *index, const struct tt_segment *segment, struct tt_err *err)
{
    struct tt_sieve_parts *sieve = &index->sieve;
    const struct tt_tensor *bytes, *begin, *panels;

    if (!tt_segment_find(segment, "sieve.bytes"))
        return 0;
    sieve->n_panels = index->n / TT_SCAN_ITEMS + (index->n % TT_SCAN_ITEMS != 0);
    sieve->quads = index->dim / 4 + (index->dim % 4 != 0);
    sieve->borrowed = 1;
    bytes = tt_segment_need(segment, "sieve.bytes", TT_I8, sieve->n_panels * TT_SCAN_ITEMS, sieve->quads * 4, err);
    begin = bytes ? tt_segment_need(segment, "sieve.begin", TT_U32, sieve->n_panels * TT_SCAN_ITEMS, 0, err) : NULL;
    panels = begin ? tt_segment_need(segment, "sieve.panels", TT_F32, sieve->n_panels, 4, err) : NULL;
    if (!panels)
        return -1;
    sieve->bytes = (int8_t *)(uintptr_t)bytes->data;
    sieve->begin = (int32_t *)(uintptr_t)begin->data;
    sieve->panels = (float *)(uintptr_t)panels->data;
    return 0;
}

int tt_index_store(const struct tt_index *index, struct tt_segment *segment, struct tt_err *err)
{
    char dim[32];

    snprintf(dim, sizeof(dim), "%zu", index->dim);
    if (tt_segment_init(segment, "index", TT_FORMAT, err))
        return -1;
    if (tt_segment_text(segment, "type", index->type, err) || tt_segment_text(segment, "item", index->item, err) ||
        tt_segment_text(segment, "model", index->model, err) || tt_segment_text(segment, "dim", dim, err) ||
        tt_segment_tensor(segment, "vectors", TT_F32, index->n, index->dim, index->vectors, err) ||
        tt_segment_text_list(segment, "ids", &index->ids, err) || store_sieve(&index->sieve, segment, err)) {
        tt_segment_release(segment);
        return -1;
    }
    return 0;
}

static int check_finite(const struct tt_index *index, const struct tt_segment *segment, struct tt_err *err)
{
    for (size_t i = 0; i < index->n; i++)
        if (!tt_vec_is_finite(index->vectors + i * index->dim, index->dim))
            return tt_err_set(err, TT_ERR_INPUT, "%s: row %zu holds a value that is not finite", segment->name, i + 1);
    return 0;
}

int tt_index_view(struct tt_index *index, const struct tt_segment *segment, struct tt_err *err)
{
    const char *dim = tt_segment_need_text(segment, "dim", err);
    const struct tt_tensor *data;
    uint64_t value;

    *index = (struct tt_index){.item = tt_segment_need_text(segment, "item", err),
                               .model = tt_segment_need_text(segment, "model", err),
                               .type = tt_segment_need_text(segment, "type", err)};
    if (!dim || !index->item || !index->model || !index->type)
        return -1;
    if (strcmp(index->type, "flat") != 0)
        return tt_err_set(err, TT_ERR_INPUT, "%s: an index of type '%s', which this program does not know",
                          segment->name, index->type);
    if (index->item[0] == '\0')
        return tt_err_set(err, TT_ERR_INPUT, "%s: the item column has no name", segment->name);
    if (tt_parse_u64(dim, strlen(dim), &value) || value == 0 || value >= TT_ANY)
        return tt_err_set(err, TT_ERR_INPUT, "%s: '%s' is not a number of dimensions", segment->name, dim);
    index->dim = (size_t)value;
    data = tt_segment_need(segment, "vectors", TT_F32, TT_ANY, index->dim, err);
    if (!data)
        return -1;
    index->n = data->shape[0];
    index->vectors = data->data;
    return check_finite(index, segment, err) ||
                   tt_segment_need_text_list(segment, "ids", index->n, &index->ids, err) ||
                   view_sieve(index, segment, err)
               ? -1
               : 0;
}
