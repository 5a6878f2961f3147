/* The two-tower model: one embedding table a feature, summed within a tower, and the length taken out.
 *
 *     e_f(row) = sum over the entries (code, w) of the row's bag of feature f:  w E_f[code]
 *     x = e_1 + ... + e_F                and what the layers of a deep tower make of them (dense.h)
 *     u = x / |x|                        (0 when x is 0)
 *     score(user, item) = u . v          in [-1, 1]; training divides it by the temperature
 *
 * A history's weights are first divided by their length (sum of squares 1), so that a long history does not shout down
 * the other features. An id with embed=no has no table.
 *
 * The model owns its tables and layers, and the entities that it was trained on: the dictionary, and the attributes and
 * histories of users and items.
 */
#ifndef TT_MODEL_MODEL_H
#define TT_MODEL_MODEL_H

#include "base/pool.h"
#include "encode/entities.h"
#include "model/dense.h"

enum { TT_MAX_DIM = TT_MAX_WIDTH };

struct tt_model {
    struct tt_entities entities; /* dictionary, users, items, their histories */
    size_t dim;
    float **tables;          /* (schema.n_columns): (n_codes, dim) row-major, or NULL for a column without one */
    int owns_tables;         /* a loaded model's are views of its segment */
    size_t n_hidden;         /* hidden layers of each tower; 0: plain sums */
    size_t hidden[TT_MAX_HIDDEN]; /* their widths */
    struct tt_dense dense[2]; /* TT_USER's and TT_ITEM's layers */
};

/* Tables of zeros over `entities`, which the model takes ownership of. */
int tt_model_init(struct tt_model *model, struct tt_entities *entities, size_t dim, struct tt_err *err) TT_CHECKED;

/* Give the model other dimensions: tables of zeros again, and no layers. On failure it has no tables. */
int tt_model_reset(struct tt_model *model, size_t dim, struct tt_err *err) TT_CHECKED;
void tt_model_release(struct tt_model *model); /* fine on a struct that is all zero */

/* The tensor of the layers that holds a number which is not finite, or NULL. */
const char *tt_model_layers_not_finite(const struct tt_model *model, char buffer[TT_TENSOR_NAME]);

/* Give both towers n hidden layers of zeros with these widths, each from 1 to TT_MAX_WIDTH. Once, before training. */
int tt_model_add_layers(struct tt_model *model, const size_t *widths, size_t n, struct tt_err *err) TT_CHECKED;

/* How many floats a column's table has, or would have. */
static inline size_t tt_model_table_size(const struct tt_model *model, size_t column)
{
    return model->entities.dictionary.features[column].n_codes * model->dim;
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

/* out (n_rows, dim): the vectors of all rows, of length 1 or 0. Can fail only by running out of memory. Parallel over
 * blocks of rows; a row's bits depend on the row alone, not on the pool or on other rows. */
int tt_model_embed(const struct tt_model *model, const struct tt_tower_input *input, struct tt_pool *pool, float *out,
                   struct tt_err *err) TT_CHECKED;

/* The factor by which a history's weights are divided. */
float tt_history_length(const float *weights, size_t n);

/* ---- files (kind "model", man 5 tt-format) ---- */

/* Fill a segment: metadata "dim" and what the caller adds; tensors "SIDE.NAME.embedding" (n_codes, dim). With layers,
 * the format is TT_FORMAT_LAYERS, and there are metadata "hidden" and the layers' tensors. */
int tt_model_store(const struct tt_model *model, struct tt_segment *segment, struct tt_err *err) TT_CHECKED;

/* Load a model; model->entities.segment.checksum names it. */
int tt_model_load(struct tt_model *model, const char *path, struct tt_err *err) TT_CHECKED;

/* The same of a segment that is loaded already; takes ownership of it, also on failure. */
int tt_model_from_segment(struct tt_model *model, struct tt_segment *segment, struct tt_err *err) TT_CHECKED;

#endif
