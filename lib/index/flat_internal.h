/* Exact search with kernels of the test's choice. */
#ifndef TT_INDEX_FLAT_INTERNAL_H
#define TT_INDEX_FLAT_INTERNAL_H

#include "index/flat.h"
#include "math/byte_scan.h"
#include "math/scan.h"

/* byte_scan NULL: every row is compared in full. Otherwise all requests go through the quantized scan, whatever their
 * size. */
struct tt_ann *tt_flat_new_with(tt_scan_fn *scan, tt_byte_scan_fn *byte_scan, const float *vectors, size_t n,
                                size_t dim, struct tt_pool *pool, struct tt_err *err);

#endif
