/* Warm start: see warm_start.h. */
#include "train/warm_start.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "math/eigen.h"

enum { FIT_ROWS = 4096, FIT_ROWS_A_DIM = 4 }; /* the map is fitted to the larger of these numbers of carried rows */
static const double ridge = 0.03; /* penalty as a share of z's mean square, for directions in which z hardly varies */

/* ---- do the models fit? ---- */

/* The n-th line of a text, from 0, and its length; NULL: there are fewer. */
static const char *line_of(const char *text, size_t n, size_t *len)
{
    while (n-- > 0 && text)
        text = (text = strchr(text, '\n')) ? text + 1 : NULL;
    if (!text || !*text)
        return NULL;
    *len = strcspn(text, "\n");
    return text;
}

/* Is the line one of the text's? */
static int has_line(const char *text, const char *line, size_t len)
{
    const char *other;
    size_t other_len;

    for (size_t n = 0; (other = line_of(text, n, &other_len)); n++)
        if (other_len == len && memcmp(other, line, len) == 0)
            return 1;
    return 0;
}

/* The first line of a schema that another one lacks, or NULL. */
static const char *missing_line(const char *text, const char *other, size_t *len)
{
    const char *line;

    for (size_t n = 0; (line = line_of(text, n, len)); n++)
        if (!has_line(other, line, *len))
            return line;
    return NULL;
}

static int check_schema(const struct tt_schema *now, const struct tt_schema *then, const char *name,
                        struct tt_err *err)
{
    const char *line;
    size_t len;

    if (strcmp(now->fingerprint, then->fingerprint) == 0)
        return 0;
    if ((line = missing_line(then->text, now->text, &len)))
        return tt_err_set(err, TT_ERR_MISMATCH, "%s: another schema: it has '%.*s', the examples have not", name,
                          (int)len, line);
    if ((line = missing_line(now->text, then->text, &len)))
        return tt_err_set(err, TT_ERR_MISMATCH, "%s: another schema: it lacks '%.*s', which the examples have", name,
                          (int)len, line);
    return tt_err_set(err, TT_ERR_MISMATCH, "%s: another schema: its columns are in another order", name);
}

int tt_warm_check(const struct tt_model *model, const struct tt_model *earlier, struct tt_err *err)
{
    const struct tt_entities *now = &model->entities, *then = &earlier->entities;
    const struct tt_schema *schema = &now->dictionary.schema;
    const char *name = then->segment.name ? then->segment.name : "the earlier model";
    const char *examples = now->segment.name ? now->segment.name : "examples";

    if (check_schema(schema, &then->dictionary.schema, name, err))
        return -1;
    if (model->dim != earlier->dim)
        return tt_err_set(err, TT_ERR_MISMATCH, "%s: has %zu dimensions, not %zu", name, earlier->dim, model->dim);
    if (!now->extends[0])
        return 0;
    if (strcmp(now->extends, then->segment.checksum) != 0)
        return tt_err_set(err, TT_ERR_MISMATCH, "%s: extends another model (%.8s, not %.8s)", examples, now->extends,
                          then->segment.checksum);
    for (int side = TT_USER; side <= TT_ITEM; side++) {
        const struct tt_column *history = tt_schema_find(schema, (enum tt_side)side, TT_KIND_HISTORY);
        if (history && history->half_life > 0 && !(side == TT_USER ? &then->users : &then->items)->latest)
            return tt_err_set(err, TT_ERR_MISMATCH, "%s: does not say when its %ss were last seen: made by an earlier "
                              "version", name, tt_side_name((enum tt_side)side));
    }
    return 0;
}

/* ---- carrying over ---- */

/* Copy the rows that were trained: the others are copies of row 0 (untrained_rows.h). Rows that are not copied become
 * row 0, or, of a history, 0: it adds nothing to a bag. */
static int carry_over(struct tt_model *model, const struct tt_model *old, size_t column, unsigned char *carried,
                 struct tt_err *err)
{
    const struct tt_feature *f = &model->entities.dictionary.features[column];
    const struct tt_feature *of = &old->entities.dictionary.features[column];
    const float *from = old->tables[column];
    size_t dim = model->dim, size = dim * sizeof(float);
    uint32_t *was = tt_alloc(f->n_codes, sizeof(*was), err);
    int is_scaled = f->column->form == TT_FORM_SCALED;

    if (!was || tt_dictionary_match(&model->entities.dictionary, &old->entities.dictionary, column, was, err)) {
        free(was);
        return -1;
    }
    for (size_t code = 0; code < f->n_codes; code++) {
        float *row = model->tables[column] + code * dim;
        carried[code] = was[code] != TT_VOCAB_NONE && was[code] < of->n_codes &&
                        (was[code] == 0 || memcmp(from + was[code] * dim, from, size) != 0);
        if (carried[code])
            memcpy(row, from + was[code] * dim, size);
        else if (f->column->kind == TT_KIND_HISTORY)
            memset(row, 0, size);
        else
            memcpy(row, from, size);
        for (size_t i = 0; code == 1 && is_scaled && i < dim; i++) /* the same number has another multiple now */
            row[i] *= (float)(f->params[1] / of->params[1]);
    }
    free(was);
    return 0;
}

/* ---- new rows ---- */

struct new_rows {
    struct tt_model *model;
    const struct tt_events *events;
    const struct tt_bags *visits;
    unsigned char **carried;
    float *u, *v;                     /* (n_users, dim), (n_items, dim) by what was carried over */
    unsigned char *u_known, *v_known; /* (n_users), (n_items): does the vector have a carried row? */
};

static int embed_side(struct new_rows *n, enum tt_side side, struct tt_pool *pool, struct tt_err *err)
{
    struct tt_model *model = n->model;
    const struct tt_schema *schema = &model->entities.dictionary.schema;
    struct tt_table *table = side == TT_USER ? &model->entities.users : &model->entities.items;
    float *out = tt_alloc(table->n_rows, model->dim * sizeof(float), err);
    unsigned char *known = tt_alloc_zero(table->n_rows, 1, err);
    struct tt_tower_input input;

    *(side == TT_USER ? &n->u : &n->v) = out;
    *(side == TT_USER ? &n->u_known : &n->v_known) = known;
    if (!out || !known || tt_tower_input_of_table(&input, table, schema, err))
        return -1;
    for (size_t c = 0; c < schema->n_columns; c++) {
        if (schema->columns[c].kind == TT_KIND_CONTEXT)
            input.bags[c] = NULL; /* changes from event to event */
        for (size_t r = 1; input.bags[c] && r < table->n_rows; r++) {
            const uint32_t *codes;
            const float *weights;
            size_t size = tt_bags_row(input.bags[c], r, &codes, &weights);
            for (size_t e = 0; e < size; e++)
                known[r] |= codes[e] && n->carried[c][codes[e]];
        }
    }
    int status = tt_model_embed(model, &input, pool, out, err);
    tt_tower_input_release(&input);
    return status;
}

/* The vectors of the other side that each code of a column occurs with: their sums, for codes that have a slot. */
struct cooccurrences {
    size_t dim;
    double *counts; /* (n_codes) the weight of the vectors */
    uint32_t *slot; /* (n_codes) or TT_VOCAB_NONE; NULL: only count */
    double *sums;   /* (slots, dim) */
};

static void add_cooccurrence(struct cooccurrences *m, size_t code, double weight, const float *vector)
{
    if (!m->slot) {
        m->counts[code] += weight;
    } else if (m->slot[code] != TT_VOCAB_NONE) {
        double *sum = m->sums + (size_t)m->slot[code] * m->dim;
        for (size_t d = 0; d < m->dim; d++)
            sum[d] += weight * (double)vector[d];
    }
}

/* Contexts occur with the items of their events. */
static void add_events(const struct new_rows *n, size_t column, struct cooccurrences *m)
{
    const struct tt_events *events = n->events;

    for (size_t e = 0; e < events->n; e++)
        if (n->v_known[events->item[e]])
            add_cooccurrence(m, tt_narrow_get(&events->contexts[column], e), 1,
                             n->v + (size_t)events->item[e] * m->dim);
}

/* Codes of items occur with the users who visited them, and codes of users with the items that they visited. */
static void add_visits(const struct new_rows *n, size_t column, struct cooccurrences *m)
{
    const struct tt_entities *base = &n->model->entities;
    const struct tt_column *c = &base->dictionary.schema.columns[column];
    int is_id = c->kind == TT_KIND_ID || c->kind == TT_KIND_HISTORY;
    int of_item = (c->side == TT_ITEM) != (c->kind == TT_KIND_HISTORY); /* a history's codes are the other side's */
    const struct tt_bags *bags = of_item ? &base->items.bags[column] : &base->users.bags[column];

    for (size_t u = 1; u < n->visits->n_rows; u++) {
        const uint32_t *items, *codes;
        const float *ignored, *weights;
        size_t n_items = tt_bags_row(n->visits, u, &items, &ignored);
        for (size_t i = 0; i < n_items; i++) {
            size_t own = of_item ? items[i] : u, other = of_item ? u : items[i];
            const float *vector = (of_item ? n->u : n->v) + other * m->dim;
            if (!(of_item ? n->u_known : n->v_known)[other])
                continue;
            if (is_id)
                add_cooccurrence(m, own, 1, vector);
            size_t size = is_id ? 0 : tt_bags_row(bags, own, &codes, &weights);
            for (size_t e = 0; e < size; e++)
                add_cooccurrence(m, codes[e], weights ? fabs((double)weights[e]) : 1, vector);
        }
    }
}

static void add_cooccurrences(const struct new_rows *n, size_t column, struct cooccurrences *m)
{
    if (n->model->entities.dictionary.schema.columns[column].kind == TT_KIND_CONTEXT)
        add_events(n, column, m);
    else
        add_visits(n, column, m);
}

static void cooccurrences_release(struct cooccurrences *m)
{
    free(m->counts);
    free(m->slot);
    free(m->sums);
}

/* Give slots to the new codes that occur with something, and to as many evenly chosen carried ones as the fit needs.
 * *fresh counts the former: when there are none, nothing is summed up. */
static int choose_slots(const struct new_rows *n, size_t column, struct cooccurrences *m, size_t *fresh,
                        struct tt_err *err)
{
    size_t n_codes = n->model->entities.dictionary.features[column].n_codes, carried = 0, at = 0, slots = 0;
    size_t rows = FIT_ROWS_A_DIM * m->dim > FIT_ROWS ? FIT_ROWS_A_DIM * m->dim : FIT_ROWS;
    uint32_t *slot = tt_alloc(n_codes, sizeof(*slot), err);

    *fresh = 0;
    if (!slot)
        return -1;
    for (size_t code = 1; code < n_codes; code++)
        if (m->counts[code] > 0)
            ++*(n->carried[column][code] ? &carried : fresh);
    slot[0] = TT_VOCAB_NONE;
    for (size_t code = 1; code < n_codes; code++) {
        int is_chosen = m->counts[code] > 0 && (!n->carried[column][code] || at++ % (carried / rows + 1) == 0);
        slot[code] = is_chosen ? (uint32_t)slots++ : TT_VOCAB_NONE;
    }
    m->slot = slot;
    m->sums = tt_alloc_zero(*fresh ? slots : 0, m->dim * sizeof(*m->sums), err);
    return m->sums ? 0 : -1;
}

/* z (dim + 1) of a code that has a slot: the mean vector that it occurs with, and 1. */
static void mean_of(const struct cooccurrences *m, size_t code, double *z)
{
    for (size_t d = 0; d < m->dim; d++)
        z[d] = m->sums[m->slot[code] * m->dim + d] / m->counts[code];
    z[m->dim] = 1;
}

/* The map from z to a row: (dim + 1, dim). */
struct map {
    size_t k;                /* dim + 1 */
    double *gram, *inverse;  /* (k, k) */
    double *right, *w;       /* (k, dim) sums of z row', and the map */
    double *z;               /* (k) */
};

static int map_init(struct map *map, size_t dim, struct tt_err *err)
{
    size_t k = dim + 1;

    *map = (struct map){.k = k,
                        .gram = tt_alloc_zero(k, k * sizeof(double), err),
                        .inverse = tt_alloc(k, k * sizeof(double), err),
                        .right = tt_alloc_zero(k, dim * sizeof(double), err),
                        .w = tt_alloc_zero(k, dim * sizeof(double), err),
                        .z = tt_alloc(k, sizeof(double), err)};
    return map->gram && map->inverse && map->right && map->w && map->z ? 0 : -1;
}

static void map_release(struct map *map)
{
    free(map->gram);
    free(map->inverse);
    free(map->right);
    free(map->w);
    free(map->z);
}

/* Ridge regression of the chosen carried rows on their z; 1 when there are any. */
static int map_fit(struct map *map, const struct new_rows *n, size_t column, const struct cooccurrences *m)
{
    size_t dim = m->dim, k = map->k, n_codes = n->model->entities.dictionary.features[column].n_codes, rows = 0;
    double trace = 0;

    for (size_t code = 1; code < n_codes; code++) {
        if (m->slot[code] == TT_VOCAB_NONE || !n->carried[column][code])
            continue;
        const float *row = n->model->tables[column] + code * dim;
        mean_of(m, code, map->z);
        for (size_t i = 0; i < k; i++) {
            for (size_t j = 0; j < k; j++)
                map->gram[i * k + j] += map->z[i] * map->z[j];
            for (size_t j = 0; j < dim; j++)
                map->right[i * dim + j] += map->z[i] * (double)row[j];
        }
        rows++;
    }
    for (size_t i = 0; i < dim; i++)
        trace += map->gram[i * k + i];
    for (size_t i = 0; i < dim; i++) /* no penalty on b */
        map->gram[i * k + i] += ridge * trace / (double)dim;
    tt_cholesky_inverse(k, map->gram, map->inverse); /* w = inverse inverse' right */
    memset(map->gram, 0, k * dim * sizeof(double));
    for (size_t i = 0; i < k; i++)
        for (size_t j = i; j < k; j++)
            for (size_t d = 0; d < dim; d++)
                map->gram[j * dim + d] += map->inverse[i * k + j] * map->right[i * dim + d];
    for (size_t i = 0; i < k; i++)
        for (size_t j = i; j < k; j++)
            for (size_t d = 0; d < dim; d++)
                map->w[i * dim + d] += map->inverse[i * k + j] * map->gram[j * dim + d];
    return rows > 0;
}

/* row = z w */
static void map_apply(const struct map *map, const double *z, float *row)
{
    for (size_t d = 0; d < map->k - 1; d++) {
        double sum = 0;
        for (size_t i = 0; i < map->k; i++)
            sum += z[i] * map->w[i * (map->k - 1) + d];
        row[d] = (float)sum;
    }
}

/* Estimate the rows of one column that were not carried over and occur with something. */
static int estimate_rows(const struct new_rows *n, size_t column, uint64_t seed, double noise, struct tt_err *err)
{
    size_t dim = n->model->dim, n_codes = n->model->entities.dictionary.features[column].n_codes, fresh = 0;
    struct cooccurrences m = {.dim = dim, .counts = tt_alloc_zero(n_codes, sizeof(double), err)};
    struct map map = {0};
    int status = -1, is_fit;

    if (!m.counts)
        return -1;
    add_cooccurrences(n, column, &m);
    if (choose_slots(n, column, &m, &fresh, err) || (fresh && map_init(&map, dim, err)))
        goto done;
    if (fresh)
        add_cooccurrences(n, column, &m);
    is_fit = fresh && map_fit(&map, n, column, &m);
    for (size_t code = 1; fresh && code < n_codes; code++) {
        float *row = n->model->tables[column] + code * dim;
        struct tt_rng rng;
        if (n->carried[column][code] || m.slot[code] == TT_VOCAB_NONE)
            continue;
        mean_of(&m, code, map.z);
        if (is_fit)
            map_apply(&map, map.z, row);
        tt_rng_init(&rng, seed, TT_RNG_INIT + (uint32_t)column, code);
        for (size_t d = 0; d < dim; d++)
            row[d] += (float)(noise * tt_rng_normal(&rng));
    }
    status = 0;
done:
    cooccurrences_release(&m);
    map_release(&map);
    return status;
}

int tt_warm_start(struct tt_model *model, const struct tt_model *earlier, const struct tt_events *events,
                  const struct tt_bags *visits, uint64_t seed, double noise, unsigned char **carried,
                  struct tt_pool *pool, struct tt_err *err)
{
    struct new_rows n = {.model = model, .events = events, .visits = visits, .carried = carried};
    size_t n_columns = model->entities.dictionary.schema.n_columns;
    int status = -1;

    for (size_t c = 0; c < n_columns; c++)
        if (model->tables[c] && carry_over(model, earlier, c, carried[c], err))
            return -1;
    for (int side = TT_USER; side <= TT_ITEM; side++)
        if (model->dense[side].n_params)
            memcpy(model->dense[side].params, earlier->dense[side].params,
                   model->dense[side].n_params * sizeof(*model->dense[side].params));
    if (embed_side(&n, TT_USER, pool, err) || embed_side(&n, TT_ITEM, pool, err))
        goto done;
    for (size_t c = 0; c < n_columns; c++)
        if (model->tables[c] && estimate_rows(&n, c, seed, noise, err))
            goto done;
    status = 0;
done:
    free(n.u);
    free(n.v);
    free(n.u_known);
    free(n.v_known);
    return status;
}
