/* Exact search: every query is compared with every row, so it is the truth that other index types are judged against,
 * and the default, since the catalogue of a city is small enough for it (ann.h says how to search).
 *
 * The vectors are copied into panels of 32, transposed, as the kernels of math/scan.h read them. Queries go in blocks
 * of 96, so that a panel which was fetched once is used for all of them while it is in the nearest cache. A score is a
 * sum in a fixed order (math/scan.h): the same bits wherever a query stands. A row whose score overflows to minus
 * infinity is never found.
 *
 * Where the CPU multiplies bytes fast (AVX-512 VNNI), short lists come from a quantized scan with exact re-ranking
 * (quantized_scan.h): less work, the same lists, bit by bit. The quantized rows are stored in the file on any CPU. The
 * panels are made by the first search that reads them, so a program that needs only short lists starts at once.
 */
#ifndef TT_INDEX_FLAT_H
#define TT_INDEX_FLAT_H

#include "index/ann.h"

extern const struct tt_ann_type tt_flat_type;

#endif
