/* Limits of requests a second: see rate.h. A bucket is one number: the time when it will be full, and above it a tag of
 * its address. */
#include "http/rate.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/alloc.h"

enum { SETS = 4096, WAYS = 4, SECOND = 1000000 };

/* The bits of the time: microseconds of nine years. */
static const uint64_t TIME = (UINT64_C(1) << 48) - 1;

struct tt_rate {
    uint64_t price;           /* microseconds in which a bucket gets one token */
    uint64_t depth;           /* microseconds in which a bucket becomes full */
    _Atomic uint64_t sets[SETS][WAYS];
};

struct tt_rate *tt_rate_new(unsigned per_second, struct tt_err *err)
{
    struct tt_rate *rate = tt_alloc_zero(1, sizeof(*rate), err);

    if (rate) {
        rate->price = per_second < SECOND ? SECOND / per_second : 1;
        rate->depth = per_second < SECOND ? rate->price * per_second : SECOND;
    }
    return rate;
}

void tt_rate_free(struct tt_rate *rate)
{
    free(rate);
}

static uint64_t load(_Atomic uint64_t *place)
{
    return atomic_load_explicit(place, memory_order_relaxed);
}

int tt_rate_allow(struct tt_rate *rate, uint64_t hash, uint64_t now)
{
    const uint64_t tag = hash & ~TIME;
    _Atomic uint64_t *set = rate->sets[hash % SETS], *place;
    uint64_t old, full;

    do {
        place = &set[0];
        for (int i = 0; i < WAYS; i++) {
            uint64_t value = load(&set[i]);
            if ((value & ~TIME) == tag) {
                place = &set[i];
                break;
            }
            if ((value & TIME) < (load(place) & TIME))
                place = &set[i];
        }
        old = load(place);
        full = (old & ~TIME) == tag && (old & TIME) > now ? old & TIME : now;
        if (full + rate->price > now + rate->depth)
            return 0;
    } while (!atomic_compare_exchange_weak_explicit(place, &old, tag | (full + rate->price), memory_order_relaxed,
                                                    memory_order_relaxed));
    return 1;
}
