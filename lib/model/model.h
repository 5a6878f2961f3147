/* The two-tower model: one embedding table a feature, summed within a tower, and the length taken out.
 *
 *     x(row) = sum over features f, over entries (code, w) of the row's bag:  w E_f[code]
 *     u = x / |x|                        (0 when x is 0)
 *     score(user, item) = u . v          in [-1, 1]; training divides it by the temperature
 *
 * A history's weights are first divided by their length (sum of squares 1), so that a long history does not shout down
 * the other features. An id with embed=no has no table.
 *
 * The model owns its tables and knows the dictionary, and the attributes and histories of the ids that training saw.
 */
#ifndef TT_MODEL_MODEL_H
#define TT_MODEL_MODEL_H

#include "base/pool.h"
#include "data/examples.h"

enum { TT_MAX_DIM = 4096 };

struct tt_model {
    struct tt_examples base; /* dictionary, users (with histories), items; events only while training */
    size_t dim;
    float **tables;          /* (schema.n_columns): (n_codes, dim) row-major, or NULL for a column without one */
    int owns_tables;         /* a loaded model's are views of its segment */
};

/* Does this column have an embedding table? */
static inline int tt_column_is_embedded(const struct tt_column *column)
{
    return column->side != TT_EVENT && !(column->kind == TT_KIND_ID && !column->embed);
}

/* Tables of zeros over `base`, which is taken. */
int tt_model_init(struct tt_model *model, struct tt_examples *base, size_t dim, struct tt_err *err) TT_CHECKED;
void tt_model_release(struct tt_model *model); /* fine on a struct that is all zero */

/* How many floats a column's table has, or would have. */
static inline size_t tt_model_table_size(const struct tt_model *model, size_t column)
{
    return model->base.dictionary.features[column].n_codes * model->dim;
}

/* Where the bags of a tower's rows are: for each column of the side its bags and, when they are shared by several rows
 * (a user's by the user's queries), which row of them each row has. */
struct tt_tower_input {
    enum tt_side side;
    size_t n_rows;
    const struct tt_bags **bags;  /* (schema.n_columns); NULL: not of this side, or without a table */
    const uint32_t **rows;        /* (schema.n_columns) of (n_rows), or NULL: row r has row r */
};

int tt_tower_input_init(struct tt_tower_input *input, enum tt_side side, size_t n_rows, const struct tt_schema *schema,
                        struct tt_err *err) TT_CHECKED;
void tt_tower_input_release(struct tt_tower_input *input);

/* All columns of a table as an input. */
int tt_tower_input_of_table(struct tt_tower_input *input, const struct tt_table *table, const struct tt_schema *schema,
                            struct tt_err *err) TT_CHECKED;

/* out (n_rows, dim): the vectors of all rows, of length 1 or 0. Parallel over blocks of rows; the same bits for any
 * pool. */
void tt_model_embed(const struct tt_model *model, const struct tt_tower_input *input, struct tt_pool *pool, float *out);

/* The factor by which a history's weights are divided. */
float tt_history_length(const float *weights, size_t n);

/* ---- files (kind "model", man 5 tt-format) ---- */

/* Fill a segment: metadata "dim" and what the caller adds; tensors "SIDE.NAME.embedding" (n_codes, dim). */
int tt_model_store(const struct tt_model *model, struct tt_segment *segment, struct tt_err *err) TT_CHECKED;

/* Load a model; model->base.segment.checksum names it. */
int tt_model_load(struct tt_model *model, const char *path, struct tt_err *err) TT_CHECKED;

#endif
