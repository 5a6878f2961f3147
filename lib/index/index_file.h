/* An index as a container of kind "index" (man 5 tt-format): the vectors of the rows and their ids, the index type, and
 * what this type has built.
 *
 * Writing:    ann = type->build(...); tt_index_store(&index, ann, &segment, &err); lineage; tt_segment_write
 * Searching:  tt_container_load(path, "index", &segment, &err); tt_index_view(&index, &segment, &err);
 *             ann = tt_index_open(&index, &segment, pool, &err); tt_ann_search ...; tt_ann_free; tt_segment_release
 */
#ifndef TT_INDEX_INDEX_FILE_H
#define TT_INDEX_INDEX_FILE_H

#include "base/err.h"
#include "base/text_list.h"
#include "index/ann.h"
#include "io/container.h"

struct tt_index {
    size_t n, dim;           /* n may be 0, dim is 1 or more */
    const float *vectors;    /* (n, dim) row-major, finite, borrowed */
    struct tt_text_list ids; /* n different texts; a view, or owned by the maker */
    const char *item;        /* name of the item column, not empty */
    const char *model;       /* checksum of the model that made the vectors, or "" */
    const struct tt_ann_type *type;
};

/* Fill a segment: metadata "type", "item", "model", "dim"; tensors "vectors", "ids.offsets", "ids.bytes", and those of
 * the type. ann was built by index->type over index->vectors. The caller adds its lineage, writes the segment, and
 * keeps both until then. On failure the segment is released. */
int tt_index_store(const struct tt_index *index, const struct tt_ann *ann, struct tt_segment *segment,
                   struct tt_err *err) TT_CHECKED;

/* A checked view of a segment of kind "index"; valid as long as the segment. That the ids differ is the writer's
 * promise: it is checked where they are looked up. */
int tt_index_view(struct tt_index *index, const struct tt_segment *segment, struct tt_err *err) TT_CHECKED;

/* Open what tt_index_view has read for search; valid as long as the segment. NULL and *err on failure. */
struct tt_ann *tt_index_open(const struct tt_index *index, const struct tt_segment *segment, struct tt_pool *pool,
                             struct tt_err *err) TT_CHECKED;

#endif
