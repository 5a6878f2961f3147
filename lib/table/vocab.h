/* A vocabulary: texts numbered 0, 1, 2 ... in the order of their first appearance, and an index that finds the number
 * of a text. What turns user and item ids into rows of a table.
 *
 *     struct tt_vocab vocab;
 *     tt_vocab_init(&vocab, &err);
 *     tt_vocab_add(&vocab, text, len, &code, &err);     find or insert
 *     code = tt_vocab_find(&vocab, text, len);          TT_VOCAB_NONE when it is not there
 *     text = tt_text_list_get(&vocab.texts, code, &len);
 *     tt_vocab_release(&vocab);
 *
 * The index is an open-addressing table with linear probing, at most half full, of 8-byte slots: the code, and 32 bits
 * of the text's hash, so that a text is compared only when it is almost surely the right one. A value costs 16 to 32
 * bytes there, and 8 bytes and its text in the list. In a large vocabulary each look-up misses the cache; a caller who
 * has several texts at hand hides that by hashing and prefetching all of them and using the _hashed calls then.
 *
 * Threads: find may run in many at once while nobody adds. Codes depend on the texts and their order alone.
 */
#ifndef TT_TABLE_VOCAB_H
#define TT_TABLE_VOCAB_H

#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/text_list.h"
#include "io/container.h"

#define TT_VOCAB_NONE UINT32_MAX             /* the code of nothing */
#define TT_VOCAB_MAX (UINT32_MAX - (uint32_t)1) /* values at most: 2^32 - 2 */

struct tt_vocab_slot {
    uint32_t code; /* TT_VOCAB_NONE: free */
    uint32_t tag;  /* the upper half of the hash; the lower half chose the slot */
};

struct tt_vocab {
    struct tt_text_list texts;   /* text of each code, owned; a view stays its owner's; add only through tt_vocab_add */
    struct tt_vocab_slot *slots; /* (mask + 1), a power of 2 */
    size_t mask;
    int borrows_slots;           /* from a segment */
};

int tt_vocab_init(struct tt_vocab *vocab, struct tt_err *err) TT_CHECKED;

/* An index over a list that is there already: text i has code i. On success the vocabulary has taken *list, which is
 * empty then. A view's memory must outlive the vocabulary, which is closed: adding a new text is an error. A text that
 * stands twice is an error too: "PLACE: 'abc' stands twice, as values 3 and 17" (counted from 0). On failure the list
 * is as before. */
int tt_vocab_from_list(struct tt_vocab *vocab, struct tt_text_list *list, const char *place,
                       struct tt_err *err) TT_CHECKED;

/* The index of a list can be kept beside it in a file, as the tensor NAME.slots (U64, mask + 1; in each the code below,
 * the tag above), and be used as it stands there: a program that looks up little then begins at once. `slots` is owned
 * by the caller, until the segment was written. */
int tt_vocab_store_slots(const struct tt_text_list *list, const char *name, struct tt_vocab_slot **slots,
                         struct tt_segment *segment, struct tt_err *err) TT_CHECKED;

/* As tt_vocab_from_list, with the index NAME.slots when the segment has one, which is checked: each code is one of the
 * list's, and a slot is free. That it has each text is the writer's promise; no text is found to stand twice then. */
int tt_vocab_from_segment(struct tt_vocab *vocab, struct tt_text_list *list, const char *name,
                          const struct tt_segment *segment, const char *place, struct tt_err *err) TT_CHECKED;

void tt_vocab_release(struct tt_vocab *vocab); /* fine on a struct that is all zero */

/* The code of the text, which is added when it is new. On failure -1 and the vocabulary is as before. */
int tt_vocab_add(struct tt_vocab *vocab, const char *text, size_t len, uint32_t *code, struct tt_err *err) TT_CHECKED;

/* The code of the text, or TT_VOCAB_NONE. */
uint32_t tt_vocab_find(const struct tt_vocab *vocab, const char *text, size_t len);

/* The same in steps: hash, prefetch, and later add or find with that hash. */
static inline uint64_t tt_vocab_hash(const char *text, size_t len) { return tt_hash64(text, len, 0); }

static inline void tt_vocab_prefetch(const struct tt_vocab *vocab, uint64_t hash)
{
    __builtin_prefetch(&vocab->slots[hash & vocab->mask]);
}

/* Two steps more, each when what the one before called for is there: where the text stands that is probably the one,
 * and its bytes. */
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
