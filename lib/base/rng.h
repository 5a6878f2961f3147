/* Random numbers from a counter: Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as
 * 1, 2, 3", section 3.3). A stream is named by (seed, purpose, index); its n-th number is a function of the name and n,
 * so work that is cut up in any way, on any number of threads, draws the same numbers.
 *
 *     struct tt_rng rng;
 *     tt_rng_init(&rng, seed, TT_RNG_SHUFFLE, epoch);
 *     k = tt_rng_below(&rng, n);
 *
 * Purposes keep the streams of one seed apart. Two uses of one purpose draw the same numbers, so each use has its own.
 */
#ifndef TT_BASE_RNG_H
#define TT_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

enum tt_rng_purpose {
    TT_RNG_WORLD = 1,         /* tt-gen: users and stores; 1 to 6 */
    TT_RNG_ORACLE = 7,        /* tt-gen: the sample of users of --oracle */
    TT_RNG_EVENT = 17,        /* tt-gen: visits */
    TT_RNG_SPLIT = 18,        /* tt-split --random */
    TT_RNG_INIT = 32,         /* tt-train: first values of a table; + the table's number, up to 63 */
    TT_RNG_SHUFFLE = 96,      /* the order of queries or events in an epoch */
    TT_RNG_DROPOUT = 97,      /* the part of a history that a step leaves out */
    TT_RNG_NEGATIVE = 98,     /* sampled negatives */
    TT_RNG_SKETCH = 99,       /* the random test matrix of a truncated SVD */
    TT_RNG_MOMENT = 100,      /* the moment that parts a user's history from the targets */
    TT_RNG_HOLDOUT = 101,     /* which training events are put aside for validation */
    TT_RNG_LAYER = 110,       /* first values of a tower's layers; + the side, up to 1 */
    TT_RNG_REPLAY = 112,      /* which old users are trained again */
    TT_RNG_BOOTSTRAP = 128,   /* tt-eval, tt-compare: resampled users */
    TT_RNG_PERMUTATION = 129, /* tt-compare: users whose two models are exchanged */
    TT_RNG_OTHER_SEEDS = 130, /* tt-compare: the difference that other seeds make */
    TT_RNG_TEST = 1000,       /* unit tests */
};

struct tt_rng {
    uint32_t key[2];
    uint32_t counter[4];
    uint32_t block[4]; /* the numbers made of the last counter */
    int used;          /* how many of them were returned */
};

/* Philox itself: 4 numbers from a 128-bit counter and a 64-bit key. */
void tt_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

void tt_rng_init(struct tt_rng *rng, uint64_t seed, uint32_t purpose, uint64_t index);

uint32_t tt_rng_u32(struct tt_rng *rng);
uint64_t tt_rng_u64(struct tt_rng *rng);
double tt_rng_unit(struct tt_rng *rng);                  /* uniform in [0, 1), 53 bits */
uint64_t tt_rng_below(struct tt_rng *rng, uint64_t n);   /* uniform in 0 ... n-1, without bias; n >= 1 */
double tt_rng_normal(struct tt_rng *rng);                /* mean 0, variance 1 (Box and Muller 1958; one of the pair) */

/* A number, uniform in [0, 1) with 24 bits, by its position in a stream: no state is kept. */
float tt_rng_at(uint64_t seed, uint32_t purpose, uint64_t index, uint32_t position);

/* The same for positions from, from + 1, ... from + n - 1, into out (n); `from` is a multiple of 4. */
void tt_rng_fill(uint64_t seed, uint32_t purpose, uint64_t index, uint32_t from, size_t n, float *out);

#endif
