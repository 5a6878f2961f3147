/* The header of a segment, as bytes and as a struct tt_segment: a u64 length and the JSON of safetensors, padded with
 * blanks to a multiple of 64 (man 5 tt-format). The bytes before the checksum are the same in all headers, so the
 * checksum stands at a fixed place. Every number that is read is hostile.
 */
#ifndef TT_IO_SEGMENT_HEADER_H
#define TT_IO_SEGMENT_HEADER_H

#include <stdint.h>

#include "base/buf.h"
#include "base/hash.h"
#include "io/segment.h"

#define TT_HEADER_BEGIN "{\"__metadata__\":{\"checksum\":\"" /* after the length */

enum {
    TT_CHECKSUM_AT = 8 + sizeof(TT_HEADER_BEGIN) - 1,          /* of its digits in the segment */
    TT_HEADER_LEAST = TT_CHECKSUM_AT + TT_FINGERPRINT_HEX + 1, /* the least bytes that tt_segment_header_start reads */
};

/* Write the length and the padded JSON to *out, with zeros as the checksum. The tensors stand in this order. */
int tt_segment_header_write(const struct tt_segment *segment, const struct tt_tensor *const *order, uint64_t number,
                            int is_last, struct tt_buf *out, struct tt_err *err) TT_CHECKED;

/* Is this the beginning of a segment? `bytes` are TT_HEADER_LEAST; *length is that of the JSON. */
int tt_segment_header_start(const struct tt_segment *segment, const unsigned char *bytes, size_t *length,
                            struct tt_err *err) TT_CHECKED;

/* Add the texts and tensors (without data) of the JSON to *segment, which has a name and nothing else; number and
 * is_last come from the metadata, and *data_bytes is the sum of all tensors. On failure the caller releases
 * *segment. */
int tt_segment_header_parse(struct tt_segment *segment, const char *json, size_t n, uint64_t *number, int *is_last,
                            size_t *data_bytes, struct tt_err *err) TT_CHECKED;

#endif
