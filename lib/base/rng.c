/* Random numbers from a counter: see rng.h. */
#include "base/rng.h"

#include <math.h>

void tt_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];

    for (int round = 0; round < 10; round++) {
        uint64_t p0 = UINT64_C(0xD2511F53) * c0, p1 = UINT64_C(0xCD9E8D57) * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        k0 += UINT32_C(0x9E3779B9); /* the golden ratio and the square root of three: the paper's Weyl keys */
        k1 += UINT32_C(0xBB67AE85);
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

void tt_rng_init(struct tt_rng *rng, uint64_t seed, uint32_t purpose, uint64_t index)
{
    rng->key[0] = (uint32_t)seed;
    rng->key[1] = (uint32_t)(seed >> 32);
    rng->counter[0] = 0;
    rng->counter[1] = purpose;
    rng->counter[2] = (uint32_t)index;
    rng->counter[3] = (uint32_t)(index >> 32);
    rng->used = 4;
}

uint32_t tt_rng_u32(struct tt_rng *rng)
{
    if (rng->used == 4) {
        tt_philox(rng->counter, rng->key, rng->block);
        rng->counter[0]++;
        rng->used = 0;
    }
    return rng->block[rng->used++];
}

uint64_t tt_rng_u64(struct tt_rng *rng)
{
    uint64_t low = tt_rng_u32(rng);

    return (uint64_t)tt_rng_u32(rng) << 32 | low;
}

double tt_rng_unit(struct tt_rng *rng)
{
    return (double)(tt_rng_u64(rng) >> 11) * 0x1p-53;
}

uint64_t tt_rng_below(struct tt_rng *rng, uint64_t n)
{
    uint64_t x = tt_rng_u64(rng);
    __uint128_t product = (__uint128_t)x * n;
    uint64_t low = (uint64_t)product;

    if (low < n) { /* Lemire 2019, "Fast random integer generation in an interval", algorithm 5 */
        uint64_t reject = (0 - n) % n;
        while (low < reject) {
            x = tt_rng_u64(rng);
            product = (__uint128_t)x * n;
            low = (uint64_t)product;
        }
    }
    return (uint64_t)(product >> 64);
}

double tt_rng_normal(struct tt_rng *rng)
{
    double u = 1.0 - tt_rng_unit(rng), v = tt_rng_unit(rng); /* u is in (0, 1]: its logarithm is finite */

    return sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v);
}

float tt_rng_at(uint64_t seed, uint32_t purpose, uint64_t index, uint32_t position)
{
    uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t counter[4] = {position / 4, purpose, (uint32_t)index, (uint32_t)(index >> 32)}, out[4];

    tt_philox(counter, key, out);
    return (float)(out[position % 4] >> 8) * 0x1p-24f;
}

void tt_rng_fill(uint64_t seed, uint32_t purpose, uint64_t index, uint32_t from, size_t n, float *out)
{
    uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};

    for (size_t i = 0; i < n; i += 4) {
        uint32_t counter[4] = {from / 4 + (uint32_t)(i / 4), purpose, (uint32_t)index, (uint32_t)(index >> 32)};
        uint32_t four[4];
        tt_philox(counter, key, four);
        for (size_t k = 0; k < 4 && i + k < n; k++)
            out[i + k] = (float)(four[k] >> 8) * 0x1p-24f;
    }
}
