/* Files of FAISS's exact inner-product index, IndexFlatIP, written and read. The layout is that of files which
 * faiss-cpu 1.15.1 wrote and of its faiss/impl/index_write.cpp (write_index_header, and the "IxFI" branch of
 * write_index); all of it little-endian, without any gap:
 *
 *      0  "IxFI"                    flat, inner product ("IxF2" is flat by Euclidean distance)
 *      4  i32  dim
 *      8  i64  n
 *     16  i64  i64                  two fields no longer in use, 2^20 each
 *     32  u8   trained              1
 *     33  i32  metric               0: inner product
 *     37  u64  n * dim              the floats that follow
 *     45  f32  (n, dim)             rows
 *
 * Such a file has no ids and no checksum: tt keeps the ids in a list of text beside it.
 */
#ifndef TT_INDEX_FAISS_FILE_H
#define TT_INDEX_FAISS_FILE_H

#include "base/err.h"
#include "io/stream.h"

struct tt_faiss {
    size_t n, dim;
    float *vectors; /* (n, dim) owned */
};

/* vectors (n, dim) borrowed. dim is below 2^31. */
int tt_faiss_write(struct tt_writer *writer, const float *vectors, size_t n, size_t dim, struct tt_err *err) TT_CHECKED;

/* Read to the end. Every size is hostile: memory grows with what has arrived. Another type of index, a cut file, bytes
 * after the end and values that are not finite are errors; *faiss is empty then. */
int tt_faiss_read(struct tt_faiss *faiss, struct tt_reader *reader, struct tt_err *err) TT_CHECKED;
void tt_faiss_release(struct tt_faiss *faiss);

#endif
