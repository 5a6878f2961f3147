/* Texts looked up in a vocabulary many at a time. In a large vocabulary one look-up waits for memory three times: for
 * the slot, for the place of the text, and for its bytes. A block prefetches each of them for all its texts, so that
 * the waits overlap.
 *
 *     tt_vocab_block_put(&block, &vocab, text, len, &err);     for each text, which is copied; then, when the block
 *     tt_vocab_block_add(&block, &vocab, codes, &err);         is full and after the last text: codes in the order of
 *                                                              put, and an empty block
 */
#ifndef TT_TABLE_VOCAB_BLOCK_H
#define TT_TABLE_VOCAB_BLOCK_H

#include "base/buf.h"
#include "table/vocab.h"

enum { TT_VOCAB_BLOCK = 64, TT_VOCAB_BLOCK_BYTES = 1 << 20 };

struct tt_vocab_block {
    struct tt_buf bytes; /* the texts, one after another */
    struct {
        size_t at, len;
        uint64_t hash;
    } entries[TT_VOCAB_BLOCK];
    size_t n;
};

void tt_vocab_block_release(struct tt_vocab_block *block); /* an empty block is all zero */

int tt_vocab_block_put(struct tt_vocab_block *block, const struct tt_vocab *vocab, const char *text, size_t len,
                       struct tt_err *err) TT_CHECKED;

static inline int tt_vocab_block_is_full(const struct tt_vocab_block *block)
{
    return block->n == TT_VOCAB_BLOCK || block->bytes.len > TT_VOCAB_BLOCK_BYTES;
}

/* Find or insert all texts, in order: the codes (block->n) that tt_vocab_add gives one by one. */
int tt_vocab_block_add(struct tt_vocab_block *block, struct tt_vocab *vocab, uint32_t *codes,
                       struct tt_err *err) TT_CHECKED;

/* Find all texts: the codes that tt_vocab_find gives, TT_VOCAB_NONE for a text that is not there. */
void tt_vocab_block_find(struct tt_vocab_block *block, const struct tt_vocab *vocab, uint32_t *codes);

#endif
