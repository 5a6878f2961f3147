/* A limit of requests a second for each address, by token buckets: a bucket holds `per_second` tokens, and fills at
 * `per_second` a second. The table has a fixed size of 128 KiB, so that no number of addresses fills the memory: a set
 * has four places, and a fifth address replaces the one whose bucket is fullest.
 *
 * Threads: any number may call tt_rate_allow at once; there is no lock.
 */
#ifndef TT_HTTP_RATE_H
#define TT_HTTP_RATE_H

#include <stdint.h>

#include "base/err.h"

struct tt_rate;

struct tt_rate *tt_rate_new(unsigned per_second, struct tt_err *err) TT_CHECKED;
void tt_rate_free(struct tt_rate *rate);

/* 1: the address with this hash may make a request now, which uses up one token. now: microseconds of a monotonic
 * clock. */
int tt_rate_allow(struct tt_rate *rate, uint64_t hash, uint64_t now);

#endif
