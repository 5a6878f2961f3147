/* Exact search: every query is compared with every row, so it is the truth that other indexes are judged against, and
 * the default, since the catalogue of a city is small enough for it (ann.h says how to search).
 *
 * The vectors are copied into panels of 32, turned, as the kernels of math/scan.h want them. Queries go in blocks of
 * 96: a panel that was fetched once meets all of them while it is in the nearest cache. Scores are exact in the sense
 * of math/scan.h: the same bits wherever a query stands. A row that scores minus infinity (by overflow) is never found.
 *
 * Where the CPU multiplies bytes fast (AVX-512 VNNI), a sieve stands before it (sieve.h): less work, the same lists,
 * bit by bit.
 */
#ifndef TT_INDEX_FLAT_H
#define TT_INDEX_FLAT_H

#include "index/ann.h"

/* vectors (n, dim), finite, borrowed as long as the index lives; dim >= 1; n may be 0. NULL and *err when memory or row
 * numbers do not suffice. */
struct tt_ann *tt_flat_new(const float *vectors, size_t n, size_t dim, struct tt_pool *pool,
                           struct tt_err *err) TT_CHECKED;

/* The same with a sieve whose parts are known, such as those that an index file keeps; taken, also on failure. Where
 * this CPU does not multiply bytes fast they are of no use. What exact search needs itself is made when it is needed:
 * a program that asks for short lists begins at once. */
struct tt_sieve_parts;
struct tt_ann *tt_flat_new_sieved(const float *vectors, size_t n, size_t dim, struct tt_sieve_parts *parts,
                                  struct tt_pool *pool, struct tt_err *err) TT_CHECKED;

#endif
