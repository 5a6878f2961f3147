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
#include "base/hash.h"
#include "io/segment.h"
#include "io/stream.h"

/* Write the segment as number `number` of its stream. Sets segment->checksum. */
int tt_segment_write(struct tt_segment *segment, struct tt_writer *writer, uint64_t number, int is_last,
                     struct tt_err *err) TT_CHECKED;

struct tt_container {
    struct tt_reader reader;
    uint64_t next_number;
    int ended;     /* the last segment was given */
    int preserved; /* as tt_container_load_preserved */
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

/* Open, read the only segment, check that there is no other, close. segment->name is then the path (borrowed). */
int tt_container_load(const char *path, const char *kind, struct tt_segment *segment, struct tt_err *err) TT_CHECKED;

/* The same, for a program that lives long: the bytes stay as they are, whatever happens to the file (mapped_file.h), or
 * are a copy. A copy of a file that changed meanwhile is damaged, and its checksum says so. */
int tt_container_load_preserved(const char *path, const char *kind, struct tt_segment *segment,
                                struct tt_err *err) TT_CHECKED;

/* The fingerprint of a whole container, from the checksums of its segments as they pass: a file's is its only segment's
 * checksum; a stream's is c(1) = checksum of the first, c(i) = XXH3-128 of the 64 digits of c(i-1) and of the i-th
 * checksum.
 *
 *     char chain[33] = "";
 *     for each segment: tt_checksum_chain(chain, segment.checksum);
 */
void tt_checksum_chain(char chain[TT_FINGERPRINT_HEX + 1], const char *checksum);

#endif
