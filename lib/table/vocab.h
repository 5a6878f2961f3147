/* A vocabulary: distinct texts, numbered 0, 1, 2 ... in the order of their first appearance, and a hash table that
 * finds the number of a text, its code. It maps ids of users and items to rows of a table.
 *
 *     struct tt_vocab vocab;
 *     tt_vocab_init(&vocab, &err);
 *     tt_vocab_add(&vocab, text, len, &code, &err);     find or insert
 *     code = tt_vocab_find(&vocab, text, len);          TT_VOCAB_NONE when it is not there
 *     text = tt_text_list_get(&vocab.texts, code, &len);
 *     tt_vocab_release(&vocab);
 *
 * The hash table has open addressing with linear probing, and is at most half full. A slot has 8 bytes: the code, and
 * 32 bits of the text's hash, so that a text is compared only when it is almost surely the right one. A text costs 16
 * to 32 bytes there, and 8 bytes besides its own in the list. In a large vocabulary each look-up misses the cache;
 * vocab_block.h looks many texts up at once, so that the waits overlap.
 *
 * Threads: many may find at once while none adds. Codes depend on the texts and their order alone.
 */
#ifndef TT_TABLE_VOCAB_H
#define TT_TABLE_VOCAB_H

#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/text_list.h"
#include "io/container.h"

#define TT_VOCAB_NONE UINT32_MAX                /* not a code */
#define TT_VOCAB_MAX (UINT32_MAX - (uint32_t)1) /* texts at most: 2^32 - 2 */

struct tt_vocab_slot {
    uint32_t code; /* TT_VOCAB_NONE: the slot is free */
    uint32_t tag;  /* the upper half of the hash; the lower half chose the slot */
};

struct tt_vocab {
    struct tt_text_list texts;   /* the text of each code; owned, or a view. Only tt_vocab_add adds to it */
    struct tt_vocab_slot *slots; /* (mask + 1), a power of 2 */
    size_t mask;
    int borrows_slots;           /* they are memory of a segment */
};

int tt_vocab_init(struct tt_vocab *vocab, struct tt_err *err) TT_CHECKED;

/* A vocabulary of a list that exists: text i has code i. On success it takes ownership of the list, and *list is empty.
 * If the list is a view, its memory must outlive the vocabulary, and adding a new text is an error. A text that the
 * list has twice is an error: "PLACE: 'abc' stands twice, as values 3 and 17" (counted from 0). On failure *list is as
 * before. */
int tt_vocab_from_list(struct tt_vocab *vocab, struct tt_text_list *list, const char *place,
                       struct tt_err *err) TT_CHECKED;

/* Make the hash table of a list, and add it to the segment as the tensor NAME.slots (U64, mask + 1; the code is the
 * lower half, the tag the upper). A program that reads the file uses the slots as they are, so it need not read all
 * texts when it starts. The caller owns *slots, and frees them after the segment was written. */
int tt_vocab_store_slots(const struct tt_text_list *list, const char *name, struct tt_vocab_slot **slots,
                         struct tt_segment *segment, struct tt_err *err) TT_CHECKED;

/* As tt_vocab_from_list, but with the hash table NAME.slots when the segment has it. Its codes are checked to be codes
 * of the list, and a slot to be free; texts are not compared, so a text that the list has twice is not noticed then. */
int tt_vocab_from_segment(struct tt_vocab *vocab, struct tt_text_list *list, const char *name,
                          const struct tt_segment *segment, const char *place, struct tt_err *err) TT_CHECKED;

void tt_vocab_release(struct tt_vocab *vocab); /* fine on a struct that is all zero */

/* The code of the text, which is added when it is new. On failure -1 and the vocabulary is as before. */
int tt_vocab_add(struct tt_vocab *vocab, const char *text, size_t len, uint32_t *code, struct tt_err *err) TT_CHECKED;

/* The code of the text, or TT_VOCAB_NONE. */
uint32_t tt_vocab_find(const struct tt_vocab *vocab, const char *text, size_t len);

/* The same in steps, as vocab_block.h does them for many texts: hash; prefetch the slot, then the place of the text
 * that the slot names, then that text's bytes, each when the one before has arrived; add or find. */
static inline uint64_t tt_vocab_hash(const char *text, size_t len) { return tt_hash64(text, len, 0); }

static inline void tt_vocab_prefetch(const struct tt_vocab *vocab, uint64_t hash)
{
    __builtin_prefetch(&vocab->slots[hash & vocab->mask]);
}

static inline void tt_vocab_prefetch_offset(const struct tt_vocab *vocab, uint64_t hash)
{
    struct tt_vocab_slot slot = vocab->slots[hash & vocab->mask];

    if (slot.code != TT_VOCAB_NONE)
        __builtin_prefetch(&vocab->texts.offsets[slot.code]);
}

static inline void tt_vocab_prefetch_text(const struct tt_vocab *vocab, uint64_t hash)
{
    struct tt_vocab_slot slot = vocab->slots[hash & vocab->mask];

    if (slot.code != TT_VOCAB_NONE)
        __builtin_prefetch(vocab->texts.bytes + vocab->texts.offsets[slot.code]);
}

int tt_vocab_add_hashed(struct tt_vocab *vocab, const char *text, size_t len, uint64_t hash, uint32_t *code,
                        struct tt_err *err) TT_CHECKED;
uint32_t tt_vocab_find_hashed(const struct tt_vocab *vocab, const char *text, size_t len, uint64_t hash);

#endif
