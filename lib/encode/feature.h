/* A feature: how the text of a column becomes codes, and what was learnt for that.
 *
 * A feature has codes 0 ... n_codes-1, one embedding row each; code 0 is "unknown" in every feature: an empty field, or
 * a value that the vocabulary does not have. A row of a feature is a bag of weighted codes (bags.h).
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
 * What each kind does is in the table of column_kind.h.
 */
#ifndef TT_ENCODE_FEATURE_H
#define TT_ENCODE_FEATURE_H

#include "encode/bags.h"
#include "encode/schema.h"
#include "io/container.h"
#include "table/attribute.h"
#include "table/vocab.h"

struct tt_feature {
    const struct tt_column *column; /* borrowed from the dictionary's schema */
    struct tt_vocab vocab;          /* id, category, bag, context; code = number in it + 1 */
    double *params;                 /* number: the borders between buckets, or mean and standard deviation; owned */
    size_t n_params;
    size_t n_codes;
};

/* A feature that has learnt nothing. */
int tt_feature_init(struct tt_feature *feature, const struct tt_column *column, struct tt_err *err) TT_CHECKED;
void tt_feature_release(struct tt_feature *feature); /* fine on a struct that is all zero */

/* Begin an empty feature with all that another of the same column has: the same texts have the same codes, numbers the
 * same borders and scales. What is learnt then comes after it; a number has nothing more to learn. */
int tt_feature_extend(struct tt_feature *feature, const struct tt_feature *other, struct tt_err *err) TT_CHECKED;

/* Learn the feature of an attribute from one value for each of n entities, none of them refused. */
int tt_feature_learn(struct tt_feature *feature, const struct tt_attribute *attribute, size_t n_entities,
                     struct tt_err *err) TT_CHECKED;

/* Set n_codes from what was learnt, where that is not tt_feature_learn's: after texts were added to the vocabulary. */
void tt_feature_count_codes(struct tt_feature *feature);

/* What is wrong with the text for this feature, to be put after it ("is not a number"), or NULL when nothing is. */
const char *tt_feature_refuses(const struct tt_feature *feature, const char *text, size_t len);

/* Append a row for a text that is not refused (len 0: unknown). *unseen is raised by the values that the vocabulary
 * does not have. */
int tt_feature_encode(const struct tt_feature *feature, const char *text, size_t len, struct tt_bags *bags,
                      uint64_t *unseen, struct tt_err *err) TT_CHECKED;

/* Store and load what was learnt: tensors "SIDE.NAME.vocab.*" or "SIDE.NAME.params". What is loaded borrows the
 * segment's image; its vocabulary can be listed but not searched ... */
int tt_feature_store(const struct tt_feature *feature, struct tt_segment *segment, struct tt_err *err) TT_CHECKED;
int tt_feature_load(struct tt_feature *feature, const struct tt_segment *segment, struct tt_err *err) TT_CHECKED;

/* ... until this has built its hash table, or borrowed the one that the segment brings. Refuses a vocabulary that holds
 * a text twice. */
int tt_feature_index(struct tt_feature *feature, const struct tt_segment *segment, const char *file,
                     struct tt_err *err) TT_CHECKED;

/* Store and load rows of a feature as "SIDE.NAME.codes" and, unless its rows have a single code, ".offsets" and
 * ".weights". Loading makes views, and checks that codes are below n_codes, offsets rise and weights are finite. */
int tt_feature_store_rows(const struct tt_feature *feature, const struct tt_bags *bags, struct tt_segment *segment,
                          struct tt_err *err) TT_CHECKED;
int tt_feature_load_rows(const struct tt_feature *feature, struct tt_bags *bags, size_t n_rows,
                         const struct tt_segment *segment, struct tt_err *err) TT_CHECKED;

#endif
