/* A segment in memory: metadata texts and tensors, by name. container.h writes and reads it.
 *
 * To be written:  segment_init, segment_text..., segment_tensor..., segment_write, segment_release
 * As read:        segment_find... or segment_need..., segment_release
 */
#ifndef TT_IO_SEGMENT_H
#define TT_IO_SEGMENT_H

#include <stddef.h>

#include "base/err.h"
#include "base/text_list.h"

enum tt_dtype { TT_F32, TT_F64, TT_I8, TT_I64, TT_U8, TT_U16, TT_U32, TT_U64, TT_DTYPES };

size_t tt_dtype_size(enum tt_dtype dtype);
const char *tt_dtype_name(enum tt_dtype dtype); /* "F32", "U8", ... as safetensors spells them */

enum { TT_MAX_DIMS = 2 };

struct tt_tensor {
    const char *name;
    enum tt_dtype dtype;
    int n_dims;               /* 1 or 2 */
    size_t shape[TT_MAX_DIMS]; /* shape[1] is 1 for one dimension */
    const void *data;
};

size_t tt_tensor_bytes(const struct tt_tensor *tensor);

/* One segment, to be written or as read. */
struct tt_segment {
    struct tt_text_pair { char *key, *value; } *texts; /* __metadata__, in order, without checksum, segment and last */
    size_t n_texts, cap_texts;
    struct tt_tensor *tensors; /* names owned; data borrowed from the writer's caller, or from the reader's image */
    size_t n_tensors, cap_tensors;
    char checksum[33];         /* set by write and by read: the segment's fingerprint */
    const char *name;          /* read: the input's name for messages, borrowed from the container */
    unsigned char *image;      /* read: the bytes, owned (or mapped, when map_length is not 0) */
    size_t map_length;
    size_t length;             /* read: of the image */
    struct tt_mapped_file *mapped_file; /* read: owns the mapping, or NULL */
};

/* A new segment of this kind ("model", "vectors", ...) and format version. */
int tt_segment_init(struct tt_segment *segment, const char *kind, unsigned format, struct tt_err *err) TT_CHECKED;
void tt_segment_release(struct tt_segment *segment);

/* Add a metadata text; key and value are copied. */
int tt_segment_text(struct tt_segment *segment, const char *key, const char *value, struct tt_err *err) TT_CHECKED;

/* Add a tensor; the name is copied, `data` is borrowed until the segment was written. columns = 0: one dimension. */
int tt_segment_tensor(struct tt_segment *segment, const char *name, enum tt_dtype dtype, size_t rows, size_t columns,
                      const void *data, struct tt_err *err) TT_CHECKED;

/* Add a list of texts as the tensors NAME.offsets (U64, n + 1) and NAME.bytes (U8); borrowed likewise. */
int tt_segment_text_list(struct tt_segment *segment, const char *name, const struct tt_text_list *list,
                         struct tt_err *err) TT_CHECKED;

/* A metadata text, or NULL. */
const char *tt_segment_find_text(const struct tt_segment *segment, const char *key);

/* A metadata text that must be there. NULL and *err otherwise. */
const char *tt_segment_need_text(const struct tt_segment *segment, const char *key, struct tt_err *err) TT_CHECKED;

/* A tensor, or NULL. */
const struct tt_tensor *tt_segment_find(const struct tt_segment *segment, const char *name);

/* A tensor that must be there with this type and shape; TT_ANY for a number of rows or columns that may be anything, 0
 * columns for one dimension. NULL and *err otherwise. */
#define TT_ANY ((size_t)-1)
const struct tt_tensor *tt_segment_need(const struct tt_segment *segment, const char *name, enum tt_dtype dtype,
                                        size_t rows, size_t columns, struct tt_err *err) TT_CHECKED;

/* A list of texts that must be there, of n texts or TT_ANY: a view into the segment's image. Offsets are checked. */
int tt_segment_need_text_list(const struct tt_segment *segment, const char *name, size_t n, struct tt_text_list *view,
                              struct tt_err *err) TT_CHECKED;

/* Sets *err to "NAME: damaged: WHAT"; returns -1. */
int tt_segment_damaged(const struct tt_segment *segment, const char *what, struct tt_err *err);

#endif
