/* A vocabulary: see vocab.h. */
#include "table/vocab.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { FIRST_SLOTS = 64, TT_SLOTS_NAME = 300 };

/* A cleared table of n slots, a power of 2. TT_VOCAB_NONE is all ones. */
static struct tt_vocab_slot *new_slots(size_t n, struct tt_err *err)
{
    struct tt_vocab_slot *slots = tt_alloc_aligned(n, sizeof(*slots), err);

    if (slots)
        memset(slots, 0xff, n * sizeof(*slots));
    return slots;
}

/* Bytes of a text that a message shows, of which "..." stands for the rest: no character is cut. */
static int shown(const char *text, size_t len)
{
    int n = 60;

    if (len <= 60)
        return (int)len;
    while (n > 57 && (text[n] & 0xc0) == 0x80)
        n--;
    return n;
}

static uint32_t tag_of(uint64_t hash)
{
    return (uint32_t)(hash >> 32);
}

/* The slot that holds the text, or the free one where it belongs. There is always a free one. */
static inline size_t probe(const struct tt_vocab *vocab, const char *text, size_t len, uint64_t hash)
{
    size_t i = (size_t)hash & vocab->mask;

    for (;; i = (i + 1) & vocab->mask) {
        struct tt_vocab_slot slot = vocab->slots[i];
        if (slot.code == TT_VOCAB_NONE)
            return i;
        if (slot.tag == tag_of(hash)) {
            size_t have_len;
            const char *have = tt_text_list_get(&vocab->texts, slot.code, &have_len);
            if (have_len == len && memcmp(have, text, len) == 0)
                return i;
        }
    }
}

/* Put the distinct texts into an empty table. They are hashed again rather than moved from an old table: the list is
 * read in order, which is faster than it sounds, and no hash has to be kept whole. */
static void fill(const struct tt_text_list *texts, struct tt_vocab_slot *slots, size_t mask)
{
    for (size_t code = 0; code < texts->n; code++) {
        size_t len;
        const char *text = tt_text_list_get(texts, code, &len);
        uint64_t hash = tt_vocab_hash(text, len);
        size_t i = (size_t)hash & mask;
        while (slots[i].code != TT_VOCAB_NONE)
            i = (i + 1) & mask;
        slots[i] = (struct tt_vocab_slot){(uint32_t)code, tag_of(hash)};
    }
}

/* Slots of a table of n texts: at most half of them are used. */
static size_t slots_for(size_t n)
{
    size_t n_slots = FIRST_SLOTS;

    while (n_slots / 2 < n)
        n_slots *= 2;
    return n_slots;
}

int tt_vocab_init(struct tt_vocab *vocab, struct tt_err *err)
{
    *vocab = (struct tt_vocab){.mask = FIRST_SLOTS - 1};
    if (tt_text_list_init(&vocab->texts, err))
        return -1;
    vocab->slots = new_slots(FIRST_SLOTS, err);
    if (!vocab->slots) {
        tt_vocab_release(vocab);
        return -1;
    }
    return 0;
}

int tt_vocab_from_list(struct tt_vocab *vocab, struct tt_text_list *list, const char *place, struct tt_err *err)
{
    size_t n_slots;

    *vocab = (struct tt_vocab){0};
    if (list->n > TT_VOCAB_MAX)
        return tt_err_set(err, TT_ERR_INPUT, "%s: more than %u values", place, TT_VOCAB_MAX);
    n_slots = slots_for(list->n);
    vocab->slots = new_slots(n_slots, err);
    if (!vocab->slots)
        return -1;
    vocab->mask = n_slots - 1;
    vocab->texts = *list;
    for (size_t code = 0; code < list->n; code++) {
        size_t len;
        const char *text = tt_text_list_get(list, code, &len);
        uint64_t hash = tt_vocab_hash(text, len);
        struct tt_vocab_slot *slot = &vocab->slots[probe(vocab, text, len, hash)];
        if (slot->code != TT_VOCAB_NONE) {
            tt_err_set(err, TT_ERR_INPUT, "%s: '%.*s%s' stands twice, as values %u and %zu", place,
                       shown(text, len), text, len > 60 ? "..." : "", (unsigned)slot->code, code);
            free(vocab->slots);
            *vocab = (struct tt_vocab){0}; /* the list stays the caller's */
            return -1;
        }
        *slot = (struct tt_vocab_slot){(uint32_t)code, tag_of(hash)};
    }
    *list = (struct tt_text_list){0};
    return 0;
}

static int slots_name(char name[TT_SLOTS_NAME], const char *of, struct tt_err *err)
{
    return snprintf(name, TT_SLOTS_NAME, "%s.slots", of) < TT_SLOTS_NAME
               ? 0
               : tt_err_set(err, TT_ERR_INPUT, "'%s': a name that is too long", of);
}

int tt_vocab_store_slots(const struct tt_text_list *list, const char *name, struct tt_vocab_slot **slots,
                         struct tt_segment *segment, struct tt_err *err)
{
    size_t n_slots = slots_for(list->n);
    char tensor[TT_SLOTS_NAME];

    *slots = new_slots(n_slots, err);
    if (!*slots || slots_name(tensor, name, err))
        return -1;
    fill(list, *slots, n_slots - 1);
    return tt_segment_tensor(segment, tensor, TT_U64, n_slots, 0, *slots, err);
}

int tt_vocab_from_segment(struct tt_vocab *vocab, struct tt_text_list *list, const char *name,
                          const struct tt_segment *segment, const char *place, struct tt_err *err)
{
    char tensor[TT_SLOTS_NAME];
    const struct tt_tensor *found;
    size_t n_free = 0, n_wrong = 0;

    if (slots_name(tensor, name, err))
        return -1;
    found = tt_segment_find(segment, tensor);
    if (!found)
        return tt_vocab_from_list(vocab, list, place, err);
    found = tt_segment_need(segment, tensor, TT_U64, TT_ANY, 0, err);
    if (!found)
        return -1;
    size_t n_slots = found->shape[0];
    const struct tt_vocab_slot *slots = found->data;
    for (size_t i = 0; i < n_slots; i++) {
        n_free += slots[i].code == TT_VOCAB_NONE;
        n_wrong += slots[i].code != TT_VOCAB_NONE && slots[i].code >= list->n;
    }
    if (n_wrong || n_free == 0 || (n_slots & (n_slots - 1)) || n_slots - n_free != list->n)
        return tt_err_set(err, TT_ERR_INPUT, "%s: damaged: the index of '%s'", place, name);
    *vocab = (struct tt_vocab){.texts = *list, .slots = (struct tt_vocab_slot *)(uintptr_t)slots,
                               .mask = n_slots - 1, .borrows_slots = 1};
    *list = (struct tt_text_list){0};
    return 0;
}

void tt_vocab_release(struct tt_vocab *vocab)
{
    tt_text_list_release(&vocab->texts);
    if (!vocab->borrows_slots)
        free(vocab->slots);
    *vocab = (struct tt_vocab){0};
}

static int grow(struct tt_vocab *vocab, struct tt_err *err)
{
    size_t n_slots = (vocab->mask + 1) * 2;
    struct tt_vocab_slot *slots = new_slots(n_slots, err);

    if (!slots)
        return -1;
    fill(&vocab->texts, slots, n_slots - 1);
    free(vocab->slots);
    vocab->slots = slots;
    vocab->mask = n_slots - 1;
    return 0;
}

int tt_vocab_add_hashed(struct tt_vocab *vocab, const char *text, size_t len, uint64_t hash, uint32_t *code,
                        struct tt_err *err)
{
    size_t i = probe(vocab, text, len, hash);
    size_t n = vocab->texts.n;

    if (vocab->slots[i].code != TT_VOCAB_NONE) {
        *code = vocab->slots[i].code;
        return 0;
    }
    if (!vocab->texts.cap_texts) /* the list is a view */
        return tt_err_set(err, TT_ERR_MISMATCH, "'%.*s%s' is not in the vocabulary", shown(text, len),
                          text, len > 60 ? "..." : "");
    if (n >= TT_VOCAB_MAX)
        return tt_err_set(err, TT_ERR_INPUT, "more than %u distinct values", TT_VOCAB_MAX);
    if (n >= vocab->mask / 2) {
        if (grow(vocab, err))
            return -1;
        i = probe(vocab, text, len, hash);
    }
    if (tt_text_list_add(&vocab->texts, text, len, err))
        return -1;
    vocab->slots[i] = (struct tt_vocab_slot){(uint32_t)n, tag_of(hash)};
    *code = (uint32_t)n;
    return 0;
}

uint32_t tt_vocab_find_hashed(const struct tt_vocab *vocab, const char *text, size_t len, uint64_t hash)
{
    return vocab->slots[probe(vocab, text, len, hash)].code;
}

int tt_vocab_add(struct tt_vocab *vocab, const char *text, size_t len, uint32_t *code, struct tt_err *err)
{
    return tt_vocab_add_hashed(vocab, text, len, tt_vocab_hash(text, len), code, err);
}

uint32_t tt_vocab_find(const struct tt_vocab *vocab, const char *text, size_t len)
{
    return tt_vocab_find_hashed(vocab, text, len, tt_vocab_hash(text, len));
}
