/* The fingerprint of a whole container, from the checksums of its segments as they pass: a file's is its only segment's
 * checksum; a stream's is c(1) = checksum of the first, c(i) = XXH3-128 of the 64 digits of c(i-1) and of the i-th
 * checksum.
 *
 *     char chain[33] = "";
 *     for each segment: tt_checksum_chain(chain, segment.checksum);
 */
#ifndef TT_IO_CHECKSUM_CHAIN_H
#define TT_IO_CHECKSUM_CHAIN_H

#include <string.h>

#include "base/hash.h"

static inline void tt_checksum_chain(char chain[TT_FINGERPRINT_HEX + 1], const char *checksum)
{
    char both[2 * TT_FINGERPRINT_HEX];

    if (chain[0] == '\0') {
        memcpy(chain, checksum, TT_FINGERPRINT_HEX + 1);
        return;
    }
    memcpy(both, chain, TT_FINGERPRINT_HEX);
    memcpy(both + TT_FINGERPRINT_HEX, checksum, TT_FINGERPRINT_HEX);
    tt_fingerprint(both, sizeof(both), chain);
}

#endif
