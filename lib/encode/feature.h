/* Features: how the text of a column becomes codes, and the codes of many rows.
 *
 * A feature has codes 0 ... n_codes-1, one embedding row each; code 0 is "unknown" in every feature: an empty field, or
 * a value that the vocabulary does not have. A row of a feature is a weighted bag of codes; its contribution to a tower
 * is the weighted sum of their embedding rows.
 *
 *     kind        codes of a row                                  weights
 *     id          its place in the vocabulary + 1                 1
 *     category    the same                                        1
 *     context     the same                                        1
 *     hash        1 + XXH3(text) mod slots                        1
 *     number      bucket + 1 (quantiles or borders)               1
 *     number      1, when scaled                                  (x - mean) / standard deviation, cut to +-4
 *     bag         each known value + 1, without repetition        1 / sqrt(how many)
 *     history     each item's code                                see history.h
 *
 * A dictionary is the schema with one feature for each of its columns, by the same index; event columns have an empty
 * one.
 */
#ifndef TT_ENCODE_FEATURE_H
#define TT_ENCODE_FEATURE_H

#include <stdint.h>

#include "base/err.h"
#include "table/attribute.h"
#include "encode/schema.h"
#include "table/vocab.h"
#include "io/container.h"

struct tt_feature {
    const struct tt_column *column; /* borrowed from the dictionary's schema */
    struct tt_vocab vocab;          /* id, category, bag, context; code = number in it + 1 */
    double *params;                 /* number: the borders between buckets, or mean and standard deviation; owned */
    size_t n_params;
    size_t n_codes;
};

struct tt_dictionary {
    struct tt_schema schema;
    struct tt_feature *features; /* (schema.n_columns) */
    size_t user_id, item_id;     /* columns that are the ids */
};

/* The rows of one feature. With one code of weight 1 in every row, offsets and weights stay NULL. */
struct tt_bags {
    size_t n_rows;
    uint64_t *offsets; /* (n_rows + 1): row r has entries offsets[r] ... offsets[r + 1] - 1 */
    uint32_t *codes;
    float *weights;    /* NULL: all 1 */
    size_t cap_offsets, cap_codes, cap_weights; /* 0: a view */
};

/* Does every row of this kind have exactly one code of weight 1? */
static inline int tt_kind_is_single(const struct tt_column *column)
{
    return !(column->kind == TT_KIND_BAG || column->kind == TT_KIND_HISTORY ||
             (column->kind == TT_KIND_NUMBER && !column->buckets && !column->n_borders));
}

/* Takes the schema (it is empty afterwards); vocabularies are empty and ready to learn. */
int tt_dictionary_init(struct tt_dictionary *dictionary, struct tt_schema *schema, struct tt_err *err) TT_CHECKED;
void tt_dictionary_release(struct tt_dictionary *dictionary);

/* Give the histories the number of codes that the other side's id has by now: they share its vocabulary. */
void tt_dictionary_share_ids(struct tt_dictionary *dictionary);

/* Begin an empty dictionary of the same schema with all that another has: the same texts have the same codes, numbers
 * the same borders and scales. What is learnt then comes after it; a number has nothing more to learn. */
int tt_dictionary_extend(struct tt_dictionary *dictionary, const struct tt_dictionary *other,
                         struct tt_err *err) TT_CHECKED;

/* Learn a feature of kind category, bag, number or hash from one value for each of n entities, none of them refused. */
int tt_feature_learn(struct tt_feature *feature, const struct tt_attribute *attribute, size_t n_entities,
                     struct tt_err *err) TT_CHECKED;

/* What is wrong with the text for this feature, to be put after it ("is not a number"), or NULL when nothing is. */
const char *tt_feature_refuses(const struct tt_feature *feature, const char *text, size_t len);

/* Append a row for a text that is not refused (len 0: unknown). *unseen is raised by the values that the vocabulary
 * does not have. */
int tt_feature_encode(const struct tt_feature *feature, const char *text, size_t len, struct tt_bags *bags,
                      uint64_t *unseen, struct tt_err *err) TT_CHECKED;

/* Append a row of n entries, or a copy of another's row. weights may be NULL: all 1. */
int tt_bags_add(struct tt_bags *bags, const uint32_t *codes, const float *weights, size_t n, int single,
                struct tt_err *err) TT_CHECKED;
int tt_bags_add_row_of(struct tt_bags *bags, const struct tt_bags *other, size_t row, struct tt_err *err) TT_CHECKED;
void tt_bags_release(struct tt_bags *bags);

/* Row r's entries: their number, *codes, and *weights (NULL: all 1). */
static inline size_t tt_bags_row(const struct tt_bags *bags, size_t row, const uint32_t **codes, const float **weights)
{
    size_t from = bags->offsets ? (size_t)bags->offsets[row] : row;

    *codes = bags->codes + from;
    *weights = bags->weights ? bags->weights + from : NULL;
    return bags->offsets ? (size_t)(bags->offsets[row + 1] - bags->offsets[row]) : 1;
}

/* Store the dictionary: metadata "schema" and "schema_fingerprint", tensors "SIDE.NAME.vocab.*" and
 * "SIDE.NAME.params". */
int tt_dictionary_store(const struct tt_dictionary *dictionary, struct tt_segment *segment,
                        struct tt_err *err) TT_CHECKED;

/* Load it; what is loaded borrows the segment's image. The vocabularies can be listed but not searched ... */
int tt_dictionary_load(struct tt_dictionary *dictionary, const struct tt_segment *segment,
                       struct tt_err *err) TT_CHECKED;

/* ... until this has built their hash tables, or taken those of ids that the segment brings. Refuses a vocabulary that
 * holds a text twice. */
int tt_dictionary_index(struct tt_dictionary *dictionary, const struct tt_segment *segment, const char *file,
                        struct tt_err *err) TT_CHECKED;

/* Add the hash tables of the ids to a segment; slots[0] and slots[1], for the caller to free when it was written. */
int tt_dictionary_store_index(const struct tt_dictionary *dictionary, struct tt_vocab_slot *slots[2],
                              struct tt_segment *segment, struct tt_err *err) TT_CHECKED;

/* Store and load one feature's rows as "SIDE.NAME.codes", ".offsets", ".weights". Loading checks offsets, codes and
 * weights. */
int tt_bags_store(const struct tt_bags *bags, const struct tt_column *column, struct tt_segment *segment,
                  struct tt_err *err) TT_CHECKED;
int tt_bags_load(struct tt_bags *bags, const struct tt_feature *feature, size_t n_rows,
                 const struct tt_segment *segment, struct tt_err *err) TT_CHECKED;

/* "SIDE.NAME.WHAT" into a buffer of TT_TENSOR_NAME bytes: the names of all tensors that belong to a column. */
enum { TT_TENSOR_NAME = 256 };
const char *tt_tensor_name(char buffer[TT_TENSOR_NAME], const struct tt_column *column, const char *what);

#endif
