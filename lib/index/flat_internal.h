/* Exact search with a kernel of the test's choice. */
#ifndef TT_INDEX_FLAT_INTERNAL_H
#define TT_INDEX_FLAT_INTERNAL_H

#include "index/flat.h"
#include "math/scan.h"

struct tt_ann *tt_flat_new_with(tt_scan_fn *scan, const float *vectors, size_t n, size_t dim, struct tt_pool *pool,
                                struct tt_err *err) TT_CHECKED;

#endif
