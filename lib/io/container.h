/* The container of every binary file and stream of tt: one or more segments, each a complete safetensors image.
 *
 *     u64 header length | JSON header, padded with blanks | tensors, one after another
 *     '----------------- a multiple of 64 ----------------'
 *
 * tt adds rules to safetensors (man 5 tt-format): __metadata__ comes first and begins with "checksum", the XXH3-128 of
 * the whole segment image with the checksum's own 32 digits written as zeros, then "kind", "format", "segment", "last".
 * Tensors stand in order of falling element size, so each is aligned to its element. A file has one segment; a stream
 * may have many, and only the last says "last": a producer that was killed does not look finished.
 *
 * Writing:  segment_init, segment_text..., segment_tensor..., segment_write (repeat for a stream), segment_release.
 * Reading:  container_open, then container_next until it says 0, container_close; or tt_container_load for one segment.
 * Every number in a header is treated as hostile; a segment is handed out only after its checksum agreed.
 */
#ifndef TT_IO_CONTAINER_H
#define TT_IO_CONTAINER_H

#include <stdint.h>

#include "base/err.h"
#include "base/text_list.h"
#include "io/stream.h"

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
    struct tt_steady *steady;  /* read: holds the mapping, or NULL */
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

/* Write the segment as number `number` of its stream. Sets segment->checksum. */
int tt_segment_write(struct tt_segment *segment, struct tt_writer *writer, uint64_t number, int is_last,
                     struct tt_err *err) TT_CHECKED;

struct tt_container {
    struct tt_reader reader;
    uint64_t next_number;
    int ended;   /* the last segment was given */
    int lasting; /* set by the caller after open: see tt_container_load_lasting */
};

/* Open path (NULL or "-" is standard input). A terminal is refused. */
int tt_container_open(struct tt_container *container, const char *path, struct tt_err *err) TT_CHECKED;
void tt_container_close(struct tt_container *container);

/* The next segment into *segment (its caller releases it): 1; at the proper end 0; on damage, an early end, bytes after
 * the last segment or a failed read -1. `kind` NULL takes any kind, else another kind is an error, as is a format
 * version that this program does not know: above TT_FORMAT, or of a model above TT_FORMAT_LAYERS. */
int tt_container_next(struct tt_container *container, const char *kind, struct tt_segment *segment,
                      struct tt_err *err) TT_CHECKED;

enum {
    TT_FORMAT = 1,
    TT_FORMAT_LAYERS = 2, /* of a model whose towers have layers: programs that would pass over them must refuse it */
};

/* Open, take the only segment, check that there is no other, close. segment->name is then the path (borrowed). */
int tt_container_load(const char *path, const char *kind, struct tt_segment *segment, struct tt_err *err) TT_CHECKED;

/* The same, for a program that lives long: the bytes stay as they are, whatever happens to the file (steady.h), or are
 * a copy. A copy of a file that changed meanwhile is damaged, and its checksum says so. */
int tt_container_load_lasting(const char *path, const char *kind, struct tt_segment *segment,
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

#endif
