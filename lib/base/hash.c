/* Hashing: see hash.h. The only file that includes xxHash.
 *
 * A distribution builds xxHash for the oldest x86-64 processors, with SSE2. Its dispatching functions give the same
 * values with the widest instructions that this processor has, which halves the time of a large file.
 */
#include "base/hash.h"

#include <stdio.h>
#include <xxhash.h>

#ifdef __x86_64__
#include <xxh_x86dispatch.h> /* from here on XXH3_128bits and XXH3_128bits_update are the dispatching ones */
#endif

struct tt_hasher; /* is an XXH3_state_t under another name */

uint64_t tt_hash64(const void *bytes, size_t n, uint64_t seed)
{
    return XXH3_64bits_withSeed(bytes, n, seed);
}

static void to_hex(XXH128_hash_t value, char hex[TT_FINGERPRINT_HEX + 1])
{
    snprintf(hex, TT_FINGERPRINT_HEX + 1, "%016llx%016llx", (unsigned long long)value.high64,
             (unsigned long long)value.low64);
}

struct tt_hasher *tt_hasher_new(struct tt_err *err)
{
    XXH3_state_t *state = XXH3_createState();

    if (!state || XXH3_128bits_reset(state) == XXH_ERROR) {
        XXH3_freeState(state);
        tt_err_memory(err, 0);
        return NULL;
    }
    return (struct tt_hasher *)state;
}

void tt_hasher_free(struct tt_hasher *hasher)
{
    XXH3_freeState((XXH3_state_t *)hasher);
}

void tt_hasher_update(struct tt_hasher *hasher, const void *bytes, size_t n)
{
    XXH3_128bits_update((XXH3_state_t *)hasher, bytes, n);
}

void tt_hasher_digest(const struct tt_hasher *hasher, char hex[TT_FINGERPRINT_HEX + 1])
{
    to_hex(XXH3_128bits_digest((const XXH3_state_t *)hasher), hex);
}

void tt_fingerprint(const void *bytes, size_t n, char hex[TT_FINGERPRINT_HEX + 1])
{
    to_hex(XXH3_128bits(bytes, n), hex);
}
