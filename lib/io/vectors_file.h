/* Vectors with their keys: what tt-embed writes, and tt-index and tt-query read (kind "vectors", man 5 tt-format).
 *
 * A segment holds n rows of dim floats, and for each row one text a key column: the item's id, or the user's id and the
 * values of its context. The metadata names the side, the key columns and the model that made the vectors.
 */
#ifndef TT_IO_VECTORS_FILE_H
#define TT_IO_VECTORS_FILE_H

#include "base/err.h"
#include "base/text_list.h"
#include "io/container.h"

enum { TT_MAX_KEYS = 16 };

struct tt_vectors {
    size_t n, dim;
    const float *data;                     /* (n, dim) row-major, borrowed */
    size_t n_keys;                         /* 1 ... TT_MAX_KEYS */
    const char *key_names[TT_MAX_KEYS];    /* borrowed: "user_id", "meal_time" */
    struct tt_text_list keys[TT_MAX_KEYS]; /* n texts each, views or owned by the maker */
    const char *side;                      /* "user", "item", or "" when not known */
    const char *model;                     /* the model's checksum, or "" when not made by a model of tt */
    char names_store[1024];                /* private: the names of a view, each ended by a NUL */
};

/* Fill a segment with the vectors (tensors "vectors" (n, dim) F32, "key.0.offsets", "key.0.bytes", "key.1....";
 * metadata "side", "model", "keys" = the names joined by tabs). The caller adds its lineage and writes the segment. On
 * failure the segment is empty: releasing it is not needed, and does no harm. */
int tt_vectors_store(const struct tt_vectors *vectors, struct tt_segment *segment, struct tt_err *err) TT_CHECKED;

/* A checked view of a segment of kind "vectors"; valid as long as the segment. Values that are not finite are
 * refused. */
int tt_vectors_view(struct tt_vectors *vectors, const struct tt_segment *segment, struct tt_err *err) TT_CHECKED;

#endif
