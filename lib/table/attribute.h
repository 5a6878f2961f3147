/* An attribute: one text for each entity (user or item), from many rows that may contradict each other, as a store
 * whose category is "Korean" in ninety rows and "BBQ" in one. The most frequent text wins, and among equally frequent
 * ones the first. Empty fields do not count.
 *
 *     tt_attribute_init(&attribute, &err);
 *     tt_attribute_add(&attribute, entity, text, len, &err);      for each row
 *     tt_attribute_resolve(&attribute);                           after the last row
 *     value = tt_attribute_get(&attribute, entity);
 *     tt_attribute_release(&attribute);
 *
 * Memory: 8 bytes an entity, the distinct texts, and 32 to 64 bytes for each other text of an entity.
 */
#ifndef TT_TABLE_ATTRIBUTE_H
#define TT_TABLE_ATTRIBUTE_H

#include <stdint.h>

#include "base/err.h"
#include "table/vocab.h"

struct tt_attribute {
    struct tt_vocab values;  /* every distinct text */
    uint32_t *first;         /* (cap) the entity's first value + 1; 0: none yet */
    uint32_t *count;         /* (cap) rows with the first value */
    size_t cap;
    struct tt_pair_count {   /* open addressing: (entity, value) pairs other than the first */
        uint32_t entity, value, count; /* count 0: free */
        uint32_t order;                /* of first appearance among the pairs */
    } *others;
    size_t n_others, cap_others; /* cap_others is a power of two, or 0 */
};

int tt_attribute_init(struct tt_attribute *attribute, struct tt_err *err) TT_CHECKED;
void tt_attribute_release(struct tt_attribute *attribute);

/* A row in which the entity has this text. */
int tt_attribute_add(struct tt_attribute *attribute, uint32_t entity, const char *text, size_t len,
                     struct tt_err *err) TT_CHECKED;

/* Prefetch what tt_attribute_add reads first, for a caller that adds several entities. */
static inline void tt_attribute_prefetch(const struct tt_attribute *attribute, uint32_t entity)
{
    if (entity < attribute->cap) {
        __builtin_prefetch(&attribute->first[entity]);
        __builtin_prefetch(&attribute->count[entity]);
    }
}

/* After the last row: make each entity's most frequent text the one that tt_attribute_get returns. Returns how many
 * entities had more than one text. */
size_t tt_attribute_resolve(struct tt_attribute *attribute);

/* The entity's value as a number of attribute->values, or TT_VOCAB_NONE. */
static inline uint32_t tt_attribute_get(const struct tt_attribute *attribute, uint32_t entity)
{
    return entity < attribute->cap && attribute->first[entity] ? attribute->first[entity] - 1 : TT_VOCAB_NONE;
}

#endif
