/* How many requests a second an address may make: a bucket of `per_second` tokens for each address, which fills at
 * `per_second` a second. The table is of a fixed size, 128 KiB, so that nobody fills the memory: in a set of four
 * places a fifth address takes the place of the one whose bucket is fullest.
 *
 * Any number of threads may take at once; there is no lock.
 */
#ifndef TT_HTTP_RATE_H
#define TT_HTTP_RATE_H

#include <stdint.h>

#include "base/err.h"

struct tt_rate;

struct tt_rate *tt_rate_new(unsigned per_second, struct tt_err *err) TT_CHECKED;
void tt_rate_free(struct tt_rate *rate);

/* Take a token of the address with this hash, at a time in microseconds of a clock that does not go back: 1 when there
 * was one. */
int tt_rate_take(struct tt_rate *rate, uint64_t hash, uint64_t now);

#endif
