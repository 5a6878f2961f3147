/* A dictionary: the schema with one feature for each of its columns, by the same index; event columns have an empty
 * one. It is all that turns texts into codes: the vocabularies, and the borders and scales of numbers.
 */
#ifndef TT_ENCODE_DICTIONARY_H
#define TT_ENCODE_DICTIONARY_H

#include "encode/feature.h"

struct tt_dictionary {
    struct tt_schema schema;
    struct tt_feature *features; /* (schema.n_columns) */
    size_t user_id, item_id;     /* columns that are the ids */
};

/* Takes ownership of the schema (it is empty afterwards); vocabularies are empty and ready to learn. */
int tt_dictionary_init(struct tt_dictionary *dictionary, struct tt_schema *schema, struct tt_err *err) TT_CHECKED;
void tt_dictionary_release(struct tt_dictionary *dictionary);

/* The column that is a side's id. */
static inline size_t tt_dictionary_id(const struct tt_dictionary *dictionary, enum tt_side side)
{
    return side == TT_USER ? dictionary->user_id : dictionary->item_id;
}

/* Give the histories the number of codes that the other side's id has by now: they share its vocabulary. */
void tt_dictionary_share_ids(struct tt_dictionary *dictionary);

/* Begin an empty dictionary of the same schema with all that another has (tt_feature_extend). */
int tt_dictionary_extend(struct tt_dictionary *dictionary, const struct tt_dictionary *other,
                         struct tt_err *err) TT_CHECKED;

/* was (n_codes): the code that each code of a column had in another dictionary of the same schema: that of the same
 * text, or hash, or of the bucket that holds the middle of a bucket. TT_VOCAB_NONE: it had none. */
int tt_dictionary_match(const struct tt_dictionary *dictionary, const struct tt_dictionary *other, size_t column,
                        uint32_t *was, struct tt_err *err) TT_CHECKED;

/* Store the dictionary: metadata "schema" and "schema_fingerprint", and the features' tensors. */
int tt_dictionary_store(const struct tt_dictionary *dictionary, struct tt_segment *segment,
                        struct tt_err *err) TT_CHECKED;

/* Load it; what is loaded borrows the segment's image. Its vocabularies can be searched after tt_dictionary_index
 * (tt_feature_index). */
int tt_dictionary_load(struct tt_dictionary *dictionary, const struct tt_segment *segment,
                       struct tt_err *err) TT_CHECKED;
int tt_dictionary_index(struct tt_dictionary *dictionary, const struct tt_segment *segment, const char *file,
                        struct tt_err *err) TT_CHECKED;

/* Add the hash tables of the ids to a segment; slots[0] and slots[1], for the caller to free when it was written. */
int tt_dictionary_store_index(const struct tt_dictionary *dictionary, struct tt_vocab_slot *slots[2],
                              struct tt_segment *segment, struct tt_err *err) TT_CHECKED;

#endif
