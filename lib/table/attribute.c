/* One text value for each entity: see attribute.h. */
#include "table/attribute.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"

int tt_attribute_init(struct tt_attribute *attribute, struct tt_err *err)
{
    *attribute = (struct tt_attribute){0};
    return tt_vocab_init(&attribute->values, err);
}

void tt_attribute_release(struct tt_attribute *attribute)
{
    tt_vocab_release(&attribute->values);
    free(attribute->first);
    free(attribute->count);
    free(attribute->others);
    *attribute = (struct tt_attribute){0};
}

static int make_room(struct tt_attribute *a, uint32_t entity, struct tt_err *err)
{
    size_t cap = a->cap, count_cap = a->cap;

    if (entity < cap)
        return 0;
    if (tt_grow(&a->first, &cap, (size_t)entity + 1, sizeof(*a->first), err) ||
        tt_grow(&a->count, &count_cap, cap, sizeof(*a->count), err))
        return -1;
    memset(a->first + a->cap, 0, (cap - a->cap) * sizeof(*a->first));
    memset(a->count + a->cap, 0, (cap - a->cap) * sizeof(*a->count));
    a->cap = cap;
    return 0;
}

/* The pair's place, or the free place where it belongs. */
static struct tt_pair_count *find_pair(struct tt_pair_count *others, size_t cap, uint32_t entity, uint32_t value)
{
    uint32_t key[2] = {entity, value};
    size_t i = (size_t)tt_hash64(key, sizeof(key), 0) & (cap - 1);

    while (others[i].count && (others[i].entity != entity || others[i].value != value))
        i = (i + 1) & (cap - 1);
    return &others[i];
}

static int grow_others(struct tt_attribute *a, struct tt_err *err)
{
    size_t cap = a->cap_others ? 2 * a->cap_others : 64;
    struct tt_pair_count *grown = tt_alloc_zero(cap, sizeof(*grown), err);

    if (!grown)
        return -1;
    for (size_t i = 0; i < a->cap_others; i++)
        if (a->others[i].count)
            *find_pair(grown, cap, a->others[i].entity, a->others[i].value) = a->others[i];
    free(a->others);
    a->others = grown;
    a->cap_others = cap;
    return 0;
}

int tt_attribute_add(struct tt_attribute *a, uint32_t entity, const char *text, size_t len, struct tt_err *err)
{
    uint32_t value;

    if (len == 0)
        return 0;
    if (entity < a->cap && a->first[entity]) { /* nearly always it is the entity's first value again */
        size_t first_len;
        const char *first = tt_text_list_get(&a->values.texts, a->first[entity] - 1, &first_len);
        if (first_len == len && memcmp(first, text, len) == 0) {
            a->count[entity] += a->count[entity] < UINT32_MAX;
            return 0;
        }
    }
    if (tt_vocab_add(&a->values, text, len, &value, err) || make_room(a, entity, err))
        return -1;
    if (a->first[entity] == 0) {
        a->first[entity] = value + 1;
        a->count[entity] = 1;
        return 0;
    }
    if (a->n_others * 2 >= a->cap_others && grow_others(a, err))
        return -1;
    struct tt_pair_count *pair = find_pair(a->others, a->cap_others, entity, value);
    if (pair->count == 0) {
        *pair = (struct tt_pair_count){entity, value, 0, (uint32_t)a->n_others++};
    }
    pair->count += pair->count < UINT32_MAX;
    return 0;
}

/* By entity, then the most frequent first, then the one that the entity showed first. */
static int compare_pairs(const void *left, const void *right)
{
    const struct tt_pair_count *a = left, *b = right;

    if (a->entity != b->entity)
        return a->entity < b->entity ? -1 : 1;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return (a->order > b->order) - (a->order < b->order);
}

size_t tt_attribute_resolve(struct tt_attribute *a)
{
    size_t n = 0, contradicted = 0;

    for (size_t i = 0; i < a->cap_others; i++)
        if (a->others[i].count)
            a->others[n++] = a->others[i];
    if (n)
        qsort(a->others, n, sizeof(*a->others), compare_pairs);
    for (size_t i = 0; i < n; i++) {
        const struct tt_pair_count *pair = &a->others[i];
        if (i > 0 && a->others[i - 1].entity == pair->entity)
            continue; /* a rarer value of the same entity */
        contradicted++;
        if (pair->count > a->count[pair->entity]) {
            a->first[pair->entity] = pair->value + 1;
            a->count[pair->entity] = pair->count;
        }
    }
    free(a->others);
    a->others = NULL;
    a->n_others = a->cap_others = 0;
    return contradicted;
}
