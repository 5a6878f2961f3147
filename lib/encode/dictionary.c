/* A schema and what was learnt of its columns: see dictionary.h. */
#include "encode/dictionary.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "encode/column_kind.h"

int tt_dictionary_init(struct tt_dictionary *dictionary, struct tt_schema *schema, struct tt_err *err)
{
    *dictionary = (struct tt_dictionary){.schema = *schema};
    *schema = (struct tt_schema){0};
    size_t n = dictionary->schema.n_columns;
    dictionary->features = tt_alloc_zero(n, sizeof(*dictionary->features), err);
    if (!dictionary->features)
        goto fail;
    for (size_t i = 0; i < n; i++) {
        const struct tt_column *c = &dictionary->schema.columns[i];
        if (tt_feature_init(&dictionary->features[i], c, err))
            goto fail;
        if (c->kind == TT_KIND_ID)
            *(c->side == TT_USER ? &dictionary->user_id : &dictionary->item_id) = i;
    }
    return 0;
fail:
    tt_dictionary_release(dictionary);
    return -1;
}

void tt_dictionary_release(struct tt_dictionary *dictionary)
{
    for (size_t i = 0; dictionary->features && i < dictionary->schema.n_columns; i++)
        tt_feature_release(&dictionary->features[i]);
    free(dictionary->features);
    tt_schema_release(&dictionary->schema);
    *dictionary = (struct tt_dictionary){0};
}

/* The column whose vocabulary a column has: of a history, the other side's id. */
static size_t vocabulary_of(const struct tt_dictionary *d, size_t column)
{
    const struct tt_column *c = &d->schema.columns[column];

    return c->kind != TT_KIND_HISTORY ? column : tt_dictionary_id(d, c->side == TT_USER ? TT_ITEM : TT_USER);
}

void tt_dictionary_share_ids(struct tt_dictionary *d)
{
    for (size_t i = 0; i < d->schema.n_columns; i++)
        d->features[i].n_codes = d->features[vocabulary_of(d, i)].n_codes;
}

int tt_dictionary_extend(struct tt_dictionary *dictionary, const struct tt_dictionary *other, struct tt_err *err)
{
    for (size_t i = 0; i < dictionary->schema.n_columns; i++)
        if (tt_feature_extend(&dictionary->features[i], &other->features[i], err))
            return -1;
    return 0;
}

int tt_dictionary_match(const struct tt_dictionary *d, const struct tt_dictionary *other, size_t column, uint32_t *was,
                        struct tt_err *err)
{
    size_t with = vocabulary_of(d, column);

    was[0] = 0;
    return tt_kind_of(&d->schema.columns[with])->match(&d->features[with], &other->features[with], was, err);
}

/* ---- files ---- */

int tt_dictionary_store(const struct tt_dictionary *dictionary, struct tt_segment *segment, struct tt_err *err)
{
    if (tt_segment_text(segment, "schema", dictionary->schema.text, err) ||
        tt_segment_text(segment, "schema_fingerprint", dictionary->schema.fingerprint, err))
        return -1;
    for (size_t i = 0; i < dictionary->schema.n_columns; i++)
        if (tt_feature_store(&dictionary->features[i], segment, err))
            return -1;
    return 0;
}

int tt_dictionary_load(struct tt_dictionary *dictionary, const struct tt_segment *segment, struct tt_err *err)
{
    const char *text = tt_segment_need_text(segment, "schema", err);
    const char *fingerprint = tt_segment_need_text(segment, "schema_fingerprint", err);
    struct tt_schema schema;

    *dictionary = (struct tt_dictionary){0};
    if (!text || !fingerprint || tt_schema_parse(&schema, text, strlen(text), segment->name, err))
        return -1;
    int same = strcmp(schema.fingerprint, fingerprint) == 0;
    if (!same)
        tt_err_set(err, TT_ERR_INPUT, "%s: damaged: the schema's fingerprint does not agree", segment->name);
    if (tt_dictionary_init(dictionary, &schema, err) || !same)
        goto fail;
    for (size_t i = 0; i < dictionary->schema.n_columns; i++)
        if (tt_feature_load(&dictionary->features[i], segment, err))
            goto fail;
    tt_dictionary_share_ids(dictionary);
    return 0;
fail:
    tt_schema_release(&schema);
    tt_dictionary_release(dictionary);
    return -1;
}

int tt_dictionary_index(struct tt_dictionary *dictionary, const struct tt_segment *segment, const char *file,
                        struct tt_err *err)
{
    for (size_t i = 0; i < dictionary->schema.n_columns; i++)
        if (tt_feature_index(&dictionary->features[i], segment, file, err))
            return -1;
    return 0;
}

int tt_dictionary_store_index(const struct tt_dictionary *dictionary, struct tt_vocab_slot *slots[2],
                              struct tt_segment *segment, struct tt_err *err)
{
    const size_t ids[] = {dictionary->user_id, dictionary->item_id};
    char name[TT_TENSOR_NAME];

    for (size_t i = 0; i < 2; i++) {
        const struct tt_feature *f = &dictionary->features[ids[i]];
        if (tt_vocab_store_slots(&f->vocab.texts, tt_tensor_name(name, f->column, "vocab"), &slots[i], segment, err))
            return -1;
    }
    return 0;
}
