/* Texts looked up many at a time: see vocab_block.h. */
#include "table/vocab_block.h"

void tt_vocab_block_release(struct tt_vocab_block *block)
{
    tt_buf_release(&block->bytes);
    block->n = 0;
}

int tt_vocab_block_put(struct tt_vocab_block *block, const struct tt_vocab *vocab, const char *text, size_t len,
                       struct tt_err *err)
{
    size_t at = block->bytes.len;
    uint64_t hash = tt_vocab_hash(text, len);

    if (tt_buf_add(&block->bytes, text, len, err))
        return -1;
    block->entries[block->n].at = at;
    block->entries[block->n].len = len;
    block->entries[block->n++].hash = hash;
    tt_vocab_prefetch(vocab, hash);
    return 0;
}

/* The second and third step; put does the first. */
static void prefetch(const struct tt_vocab_block *block, const struct tt_vocab *vocab)
{
    for (size_t i = 0; i < block->n; i++)
        tt_vocab_prefetch_offset(vocab, block->entries[i].hash);
    for (size_t i = 0; i < block->n; i++)
        tt_vocab_prefetch_text(vocab, block->entries[i].hash);
}

static void empty(struct tt_vocab_block *block)
{
    block->n = 0;
    block->bytes.len = 0;
}

int tt_vocab_block_add(struct tt_vocab_block *block, struct tt_vocab *vocab, uint32_t *codes, struct tt_err *err)
{
    prefetch(block, vocab);
    for (size_t i = 0; i < block->n; i++)
        if (tt_vocab_add_hashed(vocab, block->bytes.data + block->entries[i].at, block->entries[i].len,
                                block->entries[i].hash, &codes[i], err))
            return -1;
    empty(block);
    return 0;
}

void tt_vocab_block_find(struct tt_vocab_block *block, const struct tt_vocab *vocab, uint32_t *codes)
{
    prefetch(block, vocab);
    for (size_t i = 0; i < block->n; i++)
        codes[i] = tt_vocab_find_hashed(vocab, block->bytes.data + block->entries[i].at, block->entries[i].len,
                                        block->entries[i].hash);
    empty(block);
}
