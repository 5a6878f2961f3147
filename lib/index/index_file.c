/* Index files: see index_file.h. */
#include "index/index_file.h"

#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "math/vec.h"

int tt_index_store(const struct tt_index *index, const struct tt_ann *ann, struct tt_segment *segment,
                   struct tt_err *err)
{
    char dim[32];

    snprintf(dim, sizeof(dim), "%zu", index->dim);
    if (tt_segment_init(segment, "index", TT_FORMAT, err))
        return -1;
    if (tt_segment_text(segment, "type", index->type->name, err) ||
        tt_segment_text(segment, "item", index->item, err) ||
        tt_segment_text(segment, "model", index->model, err) || tt_segment_text(segment, "dim", dim, err) ||
        tt_segment_tensor(segment, "vectors", TT_F32, index->n, index->dim, index->vectors, err) ||
        tt_segment_text_list(segment, "ids", &index->ids, err) || index->type->store(ann, segment, err)) {
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
    const char *type = tt_segment_need_text(segment, "type", err), *dim = tt_segment_need_text(segment, "dim", err);
    const struct tt_tensor *data;
    uint64_t value;

    *index = (struct tt_index){.item = tt_segment_need_text(segment, "item", err),
                               .model = tt_segment_need_text(segment, "model", err)};
    if (!dim || !type || !index->item || !index->model)
        return -1;
    index->type = tt_ann_type_find(type);
    if (!index->type)
        return tt_err_set(err, TT_ERR_INPUT, "%s: an index of type '%s', which this program does not know",
                          segment->name, type);
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
    return check_finite(index, segment, err) ? -1
                                             : tt_segment_need_text_list(segment, "ids", index->n, &index->ids, err);
}

struct tt_ann *tt_index_open(const struct tt_index *index, const struct tt_segment *segment, struct tt_pool *pool,
                             struct tt_err *err)
{
    return index->type->open(segment, index->vectors, index->n, index->dim, pool, err);
}
