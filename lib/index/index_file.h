/* An index as a container of kind "index" (man 5 tt-format): the vectors of the rows and their ids, and the type of
 * search that they are meant for. What tt-index writes, and tt-query reads.
 */
#ifndef TT_INDEX_INDEX_FILE_H
#define TT_INDEX_INDEX_FILE_H

#include "base/err.h"
#include "base/text_list.h"
#include "index/sieve.h"
#include "io/container.h"

struct tt_index {
    size_t n, dim;           /* n may be 0, dim is 1 or more */
    const float *vectors;    /* (n, dim) row-major, finite, borrowed */
    struct tt_text_list ids; /* n different texts; a view, or owned by the maker */
    const char *item;        /* name of the item column, not empty */
    const char *model;       /* checksum of the model that made the vectors, or "" */
    const char *type;        /* "flat" */
    struct tt_sieve_parts sieve; /* the same rows in 8 bits, for tt_flat_new_sieved; n_panels 0: not there */
};

/* Fill a segment: metadata "type", "item", "model", "dim"; tensors "vectors", "ids.offsets", "ids.bytes", and with a
 * sieve "sieve.bytes", "sieve.begin", "sieve.panels". The caller adds its lineage, writes the segment, and keeps the
 * index until then. On failure the segment is released. */
int tt_index_store(const struct tt_index *index, struct tt_segment *segment, struct tt_err *err) TT_CHECKED;

/* A checked view of a segment of kind "index"; valid as long as the segment. That the ids differ is the writer's
 * promise: it is checked where they are looked up; so is the sieve. */
int tt_index_view(struct tt_index *index, const struct tt_segment *segment, struct tt_err *err) TT_CHECKED;

#endif
