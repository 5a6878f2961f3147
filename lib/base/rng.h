/* Random numbers from a counter: Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as
 * 1, 2, 3", section 3.3). A stream is named by (seed, purpose, index); its n-th number is a function of the name and n,
 * so work can be cut up in any way, on any number of threads, and draw the same numbers.
 *
 *     struct tt_rng rng;
 *     tt_rng_init(&rng, seed, TT_RNG_SHUFFLE, epoch);
 *     k = tt_rng_below(&rng, n);
 *
 * Purposes keep streams of one seed apart. Programs that share a seed must not share purposes.
 */
#ifndef TT_BASE_RNG_H
#define TT_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

enum tt_rng_purpose {
    TT_RNG_WORLD = 1, /* tt-gen: who exists (6 purposes, WORLD + 0 ... WORLD + 5) */
    TT_RNG_ORACLE = 7, /* tt-gen: the sample of users of --oracle */
    TT_RNG_EVENT = 17, /* tt-gen: what happens */
    TT_RNG_SPLIT = 18,
    TT_RNG_INIT = 32, /* tt-train: first values of a table; + the table's number, up to 63 */
    TT_RNG_SHUFFLE = 96,
    TT_RNG_DROP = 97,
    TT_RNG_NEGATIVE = 98,
    TT_RNG_SKETCH = 99, /* the random test matrix of a truncated SVD */
    TT_RNG_MOMENT = 100, /* up to where a step sees a user's past */
    TT_RNG_HOLDOUT = 101, /* which events tt-train validates by */
    TT_RNG_LAYER = 110, /* first values of a tower's layers; + the side, up to 1 */
    TT_RNG_REMEMBER = 112, /* tt-train --from: whose visits are learnt again */
    TT_RNG_BOOTSTRAP = 128,
    TT_RNG_PERMUTATION = 129, /* which users' arms change places */
    TT_RNG_OTHER_SEEDS = 130, /* what other seeds might have given */
    TT_RNG_TEST = 1000, /* unit tests */
};

struct tt_rng {
    uint32_t key[2];
    uint32_t counter[4];
    uint32_t block[4]; /* the numbers made of the last counter */
    int used;          /* how many of them are given out */
};

/* The bare function: 4 numbers from a 128-bit counter and a 64-bit key. */
void tt_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

void tt_rng_init(struct tt_rng *rng, uint64_t seed, uint32_t purpose, uint64_t index);

uint32_t tt_rng_u32(struct tt_rng *rng);
uint64_t tt_rng_u64(struct tt_rng *rng);
double tt_rng_unit(struct tt_rng *rng);                  /* uniform in [0, 1), 53 bits */
uint64_t tt_rng_below(struct tt_rng *rng, uint64_t n);   /* uniform in 0 ... n-1, without bias; n >= 1 */
double tt_rng_normal(struct tt_rng *rng);                /* mean 0, variance 1 (Box and Muller 1958; one of the pair) */

/* One number of a stream without a state: in [0, 1), 32 bits. What dropout and sampling by position use. */
float tt_rng_at(uint64_t seed, uint32_t purpose, uint64_t index, uint32_t position);

/* The same for positions from, from + 1, ... from + n - 1, into out (n); `from` is a multiple of 4. */
void tt_rng_fill(uint64_t seed, uint32_t purpose, uint64_t index, uint32_t from, size_t n, float *out);

#endif
