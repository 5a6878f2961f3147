/* One training step's rows of a tower: see batch.h. */
#include "model/batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "math/bag.h"
#include "math/vec.h"

enum {
    ROW_BLOCK = 64,
    GROUP_BLOCK = 64,
    AHEAD = 4,       /* rows and groups whose tables' rows are on their way from memory */
    MANY = 8192,     /* entries from which on their sorting is shared among threads */
    MAX_DIGIT = 20,  /* bits of a code that one pass of the sorting looks at: its counters are small beside tables */
};

struct tt_batch_entry {
    uint32_t code, row;
    float weight;
};

int tt_batch_init(struct tt_batch *batch, const struct tt_model *model, const struct tt_tower_input *input,
                  size_t max_rows, struct tt_err *err)
{
    const struct tt_schema *schema = &model->base.dictionary.schema;
    const struct tt_dense *dense = &model->dense[input->side];
    size_t place = 0;

    *batch = (struct tt_batch){.model = model, .input = input, .max_rows = max_rows};
    batch->columns = tt_alloc_zero(schema->n_columns, sizeof(*batch->columns), err);
    batch->length = tt_alloc(max_rows, sizeof(*batch->length), err);
    batch->gradient = tt_alloc(dense->n_params, sizeof(*batch->gradient), err);
    if (!batch->columns || !batch->length || !batch->gradient ||
        tt_dense_rows_init(&batch->dense, dense, max_rows, err))
        goto fail;
    for (size_t c = 0; c < schema->n_columns; c++) {
        struct tt_batch_column *column = &batch->columns[c];
        column->place = place;
        if (schema->columns[c].side == input->side && model->tables[c])
            place += model->dim;
        if (!input->bags[c])
            continue;
        column->is_weighted = schema->columns[c].kind == TT_KIND_HISTORY || input->bags[c]->weights;
        column->starts = tt_alloc(max_rows, sizeof(*column->starts), err);
        column->counts = tt_alloc(max_rows, sizeof(*column->counts), err);
        if (!column->starts || !column->counts)
            goto fail;
    }
    return 0;
fail:
    tt_batch_release(batch);
    return -1;
}

void tt_batch_release(struct tt_batch *batch)
{
    for (size_t c = 0; batch->columns && c < batch->model->base.dictionary.schema.n_columns; c++) {
        struct tt_batch_column *column = &batch->columns[c];
        free(column->starts);
        free(column->counts);
        free(column->codes);
        free(column->weights);
        free(column->rows);
        free(column->row_weights);
        free(column->groups);
        free(column->group_codes);
    }
    free(batch->columns);
    free(batch->length);
    free(batch->gradient);
    tt_dense_rows_release(&batch->dense);
    free(batch->entries[0]);
    free(batch->entries[1]);
    free(batch->digits);
    *batch = (struct tt_batch){0};
}

/* ---- gathering: entries by row ---- */

struct gather {
    struct tt_batch *batch;
    size_t c;
    const uint32_t *rows;
    size_t n;
    const struct tt_drop *drop;
};

static size_t input_row(const struct gather *g, size_t r)
{
    const uint32_t *rows = g->batch->input->rows[g->c];

    return rows ? rows[g->rows[r]] : g->rows[r];
}

/* What the drop leaves of a history, divided by its length. Returns the number of entries, at least one: nothing left
 * stands for the unknown history. */
static uint32_t take_history(const struct gather *g, size_t r, const uint32_t *codes, const float *weights, size_t n,
                             uint32_t *to_codes, float *to_weights)
{
    enum { AT_ONCE = 256 };
    const struct tt_drop *drop = g->drop && g->drop->share > 0 ? g->drop : NULL;
    const uint32_t *times = g->drop && g->drop->times ? g->drop->times + (codes - g->batch->input->bags[g->c]->codes)
                                                      : NULL;
    uint32_t moment = times ? g->drop->moments[r] : 0;
    float chance[AT_ONCE];
    uint32_t kept = 0;

    for (size_t from = 0; from < n; from += AT_ONCE) {
        size_t some = n - from < AT_ONCE ? n - from : AT_ONCE;
        if (drop)
            tt_rng_fill(drop->seed, TT_RNG_DROP, drop->epoch << 32 | g->rows[r], (uint32_t)from, some, chance);
        for (size_t e = 0; e < some; e++) { /* written in any case, and kept by counting: no branch to guess */
            to_codes[kept] = codes[from + e];
            to_weights[kept] = weights ? weights[from + e] : 1;
            kept += (!drop || (double)chance[e] >= drop->share) & (!times || times[from + e] < moment);
        }
    }
    if (kept == 0) {
        to_codes[0] = 0;
        to_weights[0] = 1;
        return 1;
    }
    float length = tt_history_length(to_weights, kept);
    for (size_t e = 0; e < kept; e++)
        to_weights[e] /= length;
    return kept;
}

static void gather_block(void *arg, size_t block, int worker)
{
    const struct gather *g = arg;
    struct tt_batch_column *column = &g->batch->columns[g->c];
    const struct tt_bags *bags = g->batch->input->bags[g->c];
    int is_history = g->batch->model->base.dictionary.schema.columns[g->c].kind == TT_KIND_HISTORY;

    (void)worker;
    for (size_t r = block * ROW_BLOCK; r < (block + 1) * ROW_BLOCK && r < g->n; r++) {
        const uint32_t *codes;
        const float *weights;
        size_t count = tt_bags_row(bags, input_row(g, r), &codes, &weights);
        uint32_t *to_codes = column->codes + column->starts[r];
        float *to_weights = column->is_weighted ? column->weights + column->starts[r] : NULL;
        column->counts[r] = count ? (uint32_t)count : 1;
        if (is_history) {
            column->counts[r] = take_history(g, r, codes, weights, count, to_codes, to_weights);
        } else if (count == 0) {
            to_codes[0] = 0;
            if (to_weights)
                to_weights[0] = 1;
        } else {
            memcpy(to_codes, codes, count * sizeof(*codes));
            if (to_weights)
                memcpy(to_weights, weights, count * sizeof(*weights));
        }
    }
}

/* ---- sorting: entries by code ---- */

/* One pass, over some bits of the codes, from the lowest bits up. Each part of the entries, in their order, has its own
 * counters, and writes where the parts before it have left off: that is one stable order, for any number of parts. */
struct pass {
    const struct tt_batch *batch;
    struct tt_batch_column *column;
    size_t n_parts, n_digits;
    unsigned shift;
    const struct tt_batch_entry *from; /* NULL: the rows' entries */
    struct tt_batch_entry *to;         /* NULL: the column's arrays */
};

static inline void pass_entry(const struct pass *p, uint32_t *digits, int is_counting, uint32_t code, size_t row,
                              float weight)
{
    uint32_t *digit = &digits[code >> p->shift & (p->n_digits - 1)], at = (*digit)++;

    if (is_counting)
        return;
    if (p->to) {
        p->to[at] = (struct tt_batch_entry){code, (uint32_t)row, weight};
        return;
    }
    p->column->rows[at] = (uint32_t)row;
    p->column->group_codes[at] = code;
    if (p->column->is_weighted)
        p->column->row_weights[at] = weight;
}

static inline void pass_part(const struct pass *p, size_t part, int is_counting)
{
    const struct tt_batch_column *column = p->column;
    size_t n = p->from ? column->n : p->batch->n_rows;
    size_t from = n * part / p->n_parts, to = n * (part + 1) / p->n_parts;
    uint32_t *digits = p->batch->digits + part * p->n_digits;

    if (p->from) {
        for (size_t e = from; e < to; e++)
            pass_entry(p, digits, is_counting, p->from[e].code, p->from[e].row, p->from[e].weight);
        return;
    }
    for (size_t r = from; r < to; r++)
        for (size_t e = (size_t)column->starts[r], end = e + column->counts[r]; e < end; e++)
            pass_entry(p, digits, is_counting, column->codes[e], r, column->is_weighted ? column->weights[e] : 1);
}

static void count_part(void *arg, size_t part, int worker)
{
    const struct pass *p = arg;

    (void)worker;
    memset(p->batch->digits + part * p->n_digits, 0, p->n_digits * sizeof(uint32_t));
    pass_part(p, part, 1);
}

static void move_part(void *arg, size_t part, int worker)
{
    (void)worker;
    pass_part(arg, part, 0);
}

static void run_pass(struct pass *p, struct tt_pool *pool)
{
    uint32_t *digits = p->batch->digits, sum = 0;

    tt_pool_run(pool, p->n_parts, count_part, p);
    for (size_t d = 0; d < p->n_digits; d++)
        for (size_t part = 0; part < p->n_parts; part++) {
            uint32_t count = digits[part * p->n_digits + d];
            digits[part * p->n_digits + d] = sum;
            sum += count;
        }
    tt_pool_run(pool, p->n_parts, move_part, p);
}

/* How many passes cost least: each one goes over n entries twice, and over its counters. */
static unsigned choose_passes(size_t n, size_t n_parts, unsigned bits)
{
    unsigned best = 0;
    double least = 0;

    for (unsigned passes = 1 + bits / (MAX_DIGIT + 1); passes <= 4; passes++) {
        unsigned digit = (bits + passes - 1) / passes;
        double cost = passes * (4 * (double)n + (double)n_parts * (double)((size_t)1 << digit));
        if (best == 0 || cost < least) {
            best = passes;
            least = cost;
        }
    }
    return best;
}

/* The distinct codes, of those that stand sorted in group_codes. */
static void find_groups(struct tt_batch_column *column)
{
    size_t n = 0;

    for (size_t e = 0; e < column->n; e++) {
        uint32_t code = column->group_codes[e];
        if (n > 0 && column->group_codes[n - 1] == code)
            continue;
        column->groups[n] = (uint32_t)e;
        column->group_codes[n++] = code;
    }
    column->groups[n] = (uint32_t)column->n;
    column->n_groups = n;
}

static int sort_by_code(struct tt_batch *batch, struct tt_batch_column *column, size_t n_codes, struct tt_pool *pool,
                        struct tt_err *err)
{
    unsigned bits = 1;

    while (bits < 32 && (n_codes - 1) >> bits)
        bits++;
    column->n = 0;
    for (size_t r = 0; r < batch->n_rows; r++)
        column->n += column->counts[r];
    size_t n_parts = column->n < MANY ? 1 : (size_t)tt_pool_threads(pool);
    unsigned passes = choose_passes(column->n, n_parts, bits), digit = (bits + passes - 1) / passes;
    if (tt_grow(&column->rows, &column->cap_rows, column->n, sizeof(*column->rows), err) ||
        tt_grow(&column->group_codes, &column->cap_group_codes, column->n, sizeof(*column->group_codes), err) ||
        tt_grow(&column->groups, &column->cap_groups, column->n + 1, sizeof(*column->groups), err) ||
        tt_grow(&batch->digits, &batch->cap_digits, n_parts << digit, sizeof(*batch->digits), err) ||
        (column->is_weighted && tt_grow(&column->row_weights, &column->cap_row_weights, column->n,
                                        sizeof(*column->row_weights), err)))
        return -1;
    for (unsigned i = 0; i + 1 < passes && i < 2; i++)
        if (tt_grow(&batch->entries[i], &batch->cap_entries[i], column->n, sizeof(*batch->entries[i]), err))
            return -1;
    for (unsigned i = 0; i < passes; i++) {
        struct pass pass = {.batch = batch, .column = column, .n_parts = n_parts, .n_digits = (size_t)1 << digit,
                            .shift = i * digit, .from = i == 0 ? NULL : batch->entries[(i - 1) % 2],
                            .to = i + 1 == passes ? NULL : batch->entries[i % 2]};
        run_pass(&pass, pool);
    }
    find_groups(column);
    return 0;
}

static int gather_column(struct tt_batch *batch, struct tt_pool *pool, size_t c, const uint32_t *rows, size_t n,
                         const struct tt_drop *drop, struct tt_err *err)
{
    struct tt_batch_column *column = &batch->columns[c];
    struct gather gather = {batch, c, rows, n, drop};
    const uint64_t *offsets = batch->input->bags[c]->offsets;
    size_t total = 0;

    for (size_t r = 0; r < n; r++) {
        size_t row = offsets ? input_row(&gather, r) : 0;
        column->starts[r] = total;
        total += !offsets || offsets[row] == offsets[row + 1] ? 1 : (size_t)(offsets[row + 1] - offsets[row]);
    }
    if (tt_grow(&column->codes, &column->cap_codes, total, sizeof(*column->codes), err) ||
        (column->is_weighted &&
         tt_grow(&column->weights, &column->cap_weights, total, sizeof(*column->weights), err)))
        return -1;
    tt_pool_run(pool, tt_blocks(n, ROW_BLOCK), gather_block, &gather);
    return sort_by_code(batch, column, batch->model->base.dictionary.features[c].n_codes, pool, err);
}

int tt_batch_gather(struct tt_batch *batch, struct tt_pool *pool, const uint32_t *rows, size_t n,
                    const struct tt_drop *drop, struct tt_err *err)
{
    batch->n_rows = n;
    for (size_t c = 0; c < batch->model->base.dictionary.schema.n_columns; c++)
        if (batch->input->bags[c] && gather_column(batch, pool, c, rows, n, drop, err))
            return -1;
    return 0;
}

/* ---- forward and backward ---- */

struct step {
    struct tt_batch *batch;
    const float *u;
    float *out; /* forward: u; backward: d_u in, d_x out */
    tt_gradient_fn *take;
    tt_row_fn *ahead;
    void *arg;
    size_t column;
    int is_one_to_one; /* backward: see there */
};

/* What a feature's sums are added to: x of a plain tower, the feature's part of z_0 of a deep one. */
static float *sums_of(struct tt_batch *batch, const struct tt_batch_column *column, float *x, size_t *stride)
{
    const struct tt_dense *dense = &batch->model->dense[batch->input->side];

    *stride = dense->n_layers ? dense->layers[0].n_in : batch->model->dim;
    return dense->n_layers ? batch->dense.z[0] + column->place : x;
}

static void forward_block(void *arg, size_t block, int worker)
{
    const struct step *step = arg;
    struct tt_batch *batch = step->batch;
    const struct tt_model *model = batch->model;
    const struct tt_dense *dense = &model->dense[batch->input->side];
    size_t dim = model->dim, from = block * ROW_BLOCK, stride;
    size_t n = batch->n_rows - from < ROW_BLOCK ? batch->n_rows - from : ROW_BLOCK;
    float *z[TT_MAX_HIDDEN + 1], *x = step->out + from * dim;
    float *sums = sums_of(batch, batch->columns, step->out, &stride);

    (void)worker;
    memset(sums + from * stride, 0, n * stride * sizeof(*sums));
    for (size_t c = 0; c < model->base.dictionary.schema.n_columns; c++) {
        const struct tt_batch_column *column = &batch->columns[c];
        if (!batch->input->bags[c])
            continue;
        sums = sums_of(batch, column, step->out, &stride);
        for (size_t r = from; r < from + n; r++) {
            if (r + AHEAD < from + n) /* of a long bag, tt_bag_add asks for the rest */
                tt_bag_ahead(model->tables[c] + column->codes[column->starts[r + AHEAD]] * dim, dim);
            tt_bag_add(column->counts[r], column->codes + column->starts[r],
                       column->is_weighted ? column->weights + column->starts[r] : NULL, model->tables[c], dim, dim,
                       sums + r * stride);
        }
    }
    for (size_t l = 0; l < dense->n_layers; l++)
        z[l] = batch->dense.z[l] + from * dense->layers[l].n_in;
    if (dense->n_layers)
        tt_dense_forward(dense, n, z, x);
    for (size_t r = 0; r < n; r++)
        batch->length[from + r] = tt_vec_unit(x + r * dim, dim);
}

void tt_batch_forward(struct tt_batch *batch, struct tt_pool *pool, float *u)
{
    struct step step = {.batch = batch, .out = u};

    tt_pool_run(pool, tt_blocks(batch->n_rows, ROW_BLOCK), forward_block, &step);
}

/* d_u to d_x, through the division by the length. */
static void length_back(const struct step *step, size_t row)
{
    size_t dim = step->batch->model->dim;

    tt_vec_unit_back(step->u + row * dim, step->batch->length[row], step->out + row * dim, dim);
}

static void length_block(void *arg, size_t block, int worker)
{
    const struct step *step = arg;
    size_t to = (block + 1) * ROW_BLOCK;

    (void)worker;
    for (size_t r = block * ROW_BLOCK; r < to && r < step->batch->n_rows; r++)
        length_back(step, r);
}

/* The codes of a block of groups: sum each one's gradient, and hand it over. */
static void gradient_block(void *arg, size_t block, int worker)
{
    const struct step *step = arg;
    struct tt_batch *batch = step->batch;
    const struct tt_batch_column *column = &batch->columns[step->column];
    size_t dim = batch->model->dim, to = (block + 1) * GROUP_BLOCK, stride;
    const float *d = sums_of(batch, column, step->out, &stride);
    float gradient[TT_MAX_DIM];

    (void)worker;
    for (size_t g = block * GROUP_BLOCK; g < to && g < column->n_groups; g++) {
        size_t first = column->groups[g], n = column->groups[g + 1] - first;
        if (step->ahead && g + AHEAD < to && g + AHEAD < column->n_groups)
            step->ahead(step->arg, step->column, column->group_codes[g + AHEAD]);
        if (n == 1 && !column->is_weighted) { /* an id's, most often: the row's gradient as it is */
            if (step->is_one_to_one)
                length_back(step, column->rows[first]);
            step->take(step->arg, step->column, column->group_codes[g], d + column->rows[first] * stride);
            continue;
        }
        memset(gradient, 0, dim * sizeof(*gradient));
        tt_bag_add(n, column->rows + first, column->is_weighted ? column->row_weights + first : NULL, d, stride, dim,
                   gradient);
        step->take(step->arg, step->column, column->group_codes[g], gradient);
    }
}

struct visit {
    const struct tt_batch_column *column;
    size_t number;
    tt_row_fn *fn;
    void *arg;
};

static void visit_block(void *arg, size_t block, int worker)
{
    const struct visit *visit = arg;
    size_t to = (block + 1) * GROUP_BLOCK;

    (void)worker;
    for (size_t g = block * GROUP_BLOCK; g < to && g < visit->column->n_groups; g++)
        visit->fn(visit->arg, visit->number, visit->column->group_codes[g]);
}

void tt_batch_each_row(struct tt_batch *batch, struct tt_pool *pool, tt_row_fn *fn, void *arg)
{
    for (size_t c = 0; c < batch->model->base.dictionary.schema.n_columns; c++) {
        struct visit visit = {&batch->columns[c], c, fn, arg};
        if (batch->input->bags[c])
            tt_pool_run(pool, tt_blocks(visit.column->n_groups, GROUP_BLOCK), visit_block, &visit);
    }
}

/* Has the tower one feature alone, an id, whose codes are all different in these rows? */
static int is_one_to_one(const struct tt_batch *batch)
{
    const struct tt_batch_column *only = NULL;

    for (size_t c = 0; c < batch->model->base.dictionary.schema.n_columns; c++) {
        if (batch->input->bags[c] && only)
            return 0;
        if (batch->input->bags[c])
            only = &batch->columns[c];
    }
    return only && !batch->model->dense[batch->input->side].n_layers && !only->is_weighted &&
           only->n == batch->n_rows && only->n_groups == batch->n_rows;
}

void tt_batch_backward(struct tt_batch *batch, struct tt_pool *pool, const float *u, float *d_u, tt_gradient_fn *take,
                       tt_row_fn *ahead, void *arg)
{
    struct step step = {.batch = batch, .u = u, .out = d_u, .take = take, .ahead = ahead, .arg = arg};
    const struct tt_dense *dense = &batch->model->dense[batch->input->side];

    step.is_one_to_one = is_one_to_one(batch);
    if (!step.is_one_to_one) /* otherwise on the way: a whole catalogue's gradients are too many for any cache */
        tt_pool_run(pool, tt_blocks(batch->n_rows, ROW_BLOCK), length_block, &step);
    if (dense->n_layers)
        tt_dense_backward(dense, pool, batch->n_rows, batch->dense.z, d_u, batch->gradient);
    for (size_t c = 0; c < batch->model->base.dictionary.schema.n_columns; c++) {
        if (!batch->input->bags[c])
            continue;
        step.column = c;
        tt_pool_run(pool, tt_blocks(batch->columns[c].n_groups, GROUP_BLOCK), gradient_block, &step);
    }
}
