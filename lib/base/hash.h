/* Hashing, by xxHash's XXH3: tables and splits by 64 bits, fingerprints and checksums by 128 bits. The values are part
 * of tt's formats and of its splits: the same on every machine, for ever.
 */
#ifndef TT_BASE_HASH_H
#define TT_BASE_HASH_H

#include <stdint.h>

#include "base/err.h"

uint64_t tt_hash64(const void *bytes, size_t n, uint64_t seed);

#define TT_FINGERPRINT_HEX 32 /* hexadecimal digits of 128 bits, without the final NUL */

/* A 128-bit fingerprint of bytes that come in pieces. */
struct tt_hasher; /* on the heap, as XXH3's state needs an alignment of 64 bytes */

struct tt_hasher *tt_hasher_new(struct tt_err *err) TT_CHECKED;
void tt_hasher_free(struct tt_hasher *hasher);
void tt_hasher_update(struct tt_hasher *hasher, const void *bytes, size_t n);

/* The fingerprint of all bytes so far, in lower-case hexadecimal, most significant digit first; more may follow. */
void tt_hasher_digest(const struct tt_hasher *hasher, char hex[TT_FINGERPRINT_HEX + 1]);

/* All at once. */
void tt_fingerprint(const void *bytes, size_t n, char hex[TT_FINGERPRINT_HEX + 1]);

#endif
