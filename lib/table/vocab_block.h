/* Texts looked up in a vocabulary many at a time. In a large vocabulary one look-up waits for memory three times: for
 * the slot, for where the text stands, and for its bytes. In a block each step asks for the next one's memory for all
 * texts first, so the waits overlap.
 *
 *     put(block, &vocab, text, len, &err) ...   copies the text; when it is_full, or at the end:
 *     end(block, &vocab, codes, &err)           codes[0 ... n-1] in the order of put; the block is empty again
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
    } waiting[TT_VOCAB_BLOCK];
    size_t n;
};

void tt_vocab_block_release(struct tt_vocab_block *block); /* an empty block is all zero */

int tt_vocab_block_put(struct tt_vocab_block *block, const struct tt_vocab *vocab, const char *text, size_t len,
                       struct tt_err *err) TT_CHECKED;

static inline int tt_vocab_block_is_full(const struct tt_vocab_block *block)
{
    return block->n == TT_VOCAB_BLOCK || block->bytes.len > TT_VOCAB_BLOCK_BYTES;
}

/* Find or insert all of them, in order: the same codes as tt_vocab_add one by one. codes: room for block->n. */
int tt_vocab_block_end(struct tt_vocab_block *block, struct tt_vocab *vocab, uint32_t *codes,
                       struct tt_err *err) TT_CHECKED;

/* Find all of them: the same codes as tt_vocab_find, TT_VOCAB_NONE for what is not there. */
void tt_vocab_block_find(struct tt_vocab_block *block, const struct tt_vocab *vocab, uint32_t *codes);

#endif
