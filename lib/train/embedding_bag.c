/* One embedding table in a training step: see embedding_bag.h. */
#include "train/embedding_bag.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/radix.h"
#include "base/rng.h"
#include "math/bag.h"

enum {
    ROW_BLOCK = 64,
    GROUP_BLOCK = 64,
    AHEAD = 4,       /* how many rows and groups ahead data are prefetched */
    MANY = 8192,     /* from so many entries on, threads share the sort */
    MAX_DIGIT = 20,  /* most bits of a code that one pass of the sort reads: its counters are small beside tables */
};

struct tt_embedding_bag_entry {
    uint32_t code, row;
    float weight;
};

int tt_embedding_bag_init(struct tt_embedding_bag *bag, const struct tt_model *model,
                          const struct tt_tower_input *input, size_t column, size_t max_rows, struct tt_err *err)
{
    *bag = (struct tt_embedding_bag){.model = model, .input = input, .column = column};
    bag->is_weighted = model->entities.dictionary.schema.columns[column].kind == TT_KIND_HISTORY ||
                          input->bags[column]->weights;
    bag->starts = tt_alloc(max_rows, sizeof(*bag->starts), err);
    bag->counts = tt_alloc(max_rows, sizeof(*bag->counts), err);
    if (bag->starts && bag->counts)
        return 0;
    tt_embedding_bag_release(bag);
    return -1;
}

void tt_embedding_bag_release(struct tt_embedding_bag *bag)
{
    free(bag->starts);
    free(bag->counts);
    free(bag->codes);
    free(bag->weights);
    free(bag->rows);
    free(bag->row_weights);
    free(bag->groups);
    free(bag->group_codes);
    free(bag->squares);
    *bag = (struct tt_embedding_bag){0};
}

void tt_embedding_bag_scratch_release(struct tt_embedding_bag_scratch *scratch)
{
    free(scratch->entries[0]);
    free(scratch->entries[1]);
    free(scratch->digits);
    *scratch = (struct tt_embedding_bag_scratch){0};
}

/* ---- gathering: entries by row ---- */

struct gather {
    struct tt_embedding_bag *bag;
    const uint32_t *rows;
    const struct tt_history_mask *mask;
};

/* The bag of a gathered row. */
static size_t row_of_bags(const struct gather *g, size_t r)
{
    const uint32_t *shared = g->bag->input->rows[g->bag->column];

    return shared ? shared[g->rows[r]] : g->rows[r];
}

static const struct tt_bags *bags_of(const struct tt_embedding_bag *bag)
{
    return bag->input->bags[bag->column];
}

/* Copy the entries of a history that the mask keeps, and divide their weights by the length of the kept ones. Returns
 * the number of entries, at least one: when none is kept, the unknown history. */
static uint32_t mask_history(const struct gather *g, size_t r, const uint32_t *codes, const float *weights, size_t n,
                             uint32_t *to_codes, float *to_weights)
{
    enum { AT_ONCE = 256 };
    const struct tt_history_mask *mask = g->mask && g->mask->dropout > 0 ? g->mask : NULL;
    const uint32_t *times = g->mask && g->mask->times ? g->mask->times + (codes - bags_of(g->bag)->codes) : NULL;
    uint32_t moment = times ? g->mask->moments[r] : 0; /* 0 - 1 is later than any time */
    float chance[AT_ONCE];
    uint32_t kept = 0;

    for (size_t from = 0; from < n; from += AT_ONCE) {
        size_t some = n - from < AT_ONCE ? n - from : AT_ONCE;
        if (mask)
            tt_rng_fill(mask->seed, TT_RNG_DROPOUT, mask->epoch << 32 | g->rows[r], (uint32_t)from, some, chance);
        for (size_t e = 0; e < some; e++) { /* always written, kept by the count: no branch */
            to_codes[kept] = codes[from + e];
            to_weights[kept] = weights ? weights[from + e] : 1;
            kept += (!mask || (double)chance[e] >= mask->dropout) & (!times || times[from + e] <= moment - 1);
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

/* Prefetch the bag of row r, and the place of that of row r + AHEAD. Inlined by force: GCC drops calls of a function
 * that only prefetches. */
__attribute__((always_inline)) static inline void prefetch_bag(const struct gather *g, size_t r)
{
    const struct tt_bags *bags = bags_of(g->bag);
    const uint32_t *shared = g->bag->input->rows[g->bag->column];
    size_t n = g->bag->n_rows;

    if (shared && r + AHEAD < n)
        __builtin_prefetch(shared + g->rows[r + AHEAD]);
    if (r < n && bags->offsets)
        __builtin_prefetch(bags->offsets + row_of_bags(g, r));
    else if (r < n)
        __builtin_prefetch(bags->codes + row_of_bags(g, r));
}

static void gather_block(void *arg, size_t block, int worker)
{
    const struct gather *g = arg;
    struct tt_embedding_bag *bag = g->bag;
    int is_history = bag->model->entities.dictionary.schema.columns[bag->column].kind == TT_KIND_HISTORY;

    (void)worker;
    for (size_t r = block * ROW_BLOCK; r < (block + 1) * ROW_BLOCK && r < bag->n_rows; r++) {
        const uint32_t *codes;
        const float *weights;
        prefetch_bag(g, r + AHEAD);
        size_t count = tt_bags_row(bags_of(bag), row_of_bags(g, r), &codes, &weights);
        uint32_t *to_codes = bag->codes + bag->starts[r];
        float *to_weights = bag->is_weighted ? bag->weights + bag->starts[r] : NULL;
        bag->counts[r] = count ? (uint32_t)count : 1;
        if (is_history) {
            bag->counts[r] = mask_history(g, r, codes, weights, count, to_codes, to_weights);
        } else if (count <= 1) { /* an id, as a rule: without a call */
            to_codes[0] = count ? *codes : 0;
            if (to_weights)
                to_weights[0] = count ? *weights : 1;
        } else {
            memcpy(to_codes, codes, count * sizeof(*codes));
            if (to_weights)
                memcpy(to_weights, weights, count * sizeof(*weights));
        }
    }
}

/* ---- sorting: entries by code ---- */

/* One pass of a radix sort of the entries by code, over some bits of the codes, from the lowest bits up. The entries
 * are cut into parts, in their order. Each part has its own counters, and writes behind the parts before it: that is
 * one stable order, for any number of parts. The first pass reads the rows' entries and the last one writes the arrays
 * of the bag, so that no pass only copies; base/radix.h sorts keys alone. */
struct pass {
    struct tt_embedding_bag *bag;
    uint32_t *digits;                   /* (n_parts, n_digits) counters */
    size_t n_parts, n_digits;
    unsigned shift;
    const struct tt_embedding_bag_entry *from; /* NULL: the rows' entries */
    struct tt_embedding_bag_entry *to;         /* NULL: the arrays of the bag */
};

static inline void pass_entry(const struct pass *p, uint32_t *digits, int is_counting, uint32_t code, size_t row,
                              float weight)
{
    uint32_t *digit = &digits[code >> p->shift & (p->n_digits - 1)], at = (*digit)++;

    if (is_counting)
        return;
    if (p->to) {
        p->to[at] = (struct tt_embedding_bag_entry){code, (uint32_t)row, weight};
        return;
    }
    p->bag->rows[at] = (uint32_t)row;
    p->bag->group_codes[at] = code;
    if (p->bag->is_weighted)
        p->bag->row_weights[at] = weight;
}

static inline void pass_part(const struct pass *p, size_t part, int is_counting)
{
    const struct tt_embedding_bag *bag = p->bag;
    size_t n = p->from ? bag->n : bag->n_rows;
    size_t from = n * part / p->n_parts, to = n * (part + 1) / p->n_parts;
    uint32_t *digits = p->digits + part * p->n_digits;

    if (p->from) {
        for (size_t e = from; e < to; e++)
            pass_entry(p, digits, is_counting, p->from[e].code, p->from[e].row, p->from[e].weight);
        return;
    }
    for (size_t r = from; r < to; r++)
        for (size_t e = (size_t)bag->starts[r], end = e + bag->counts[r]; e < end; e++)
            pass_entry(p, digits, is_counting, bag->codes[e], r, bag->is_weighted ? bag->weights[e] : 1);
}

static void count_part(void *arg, size_t part, int worker)
{
    const struct pass *p = arg;

    (void)worker;
    memset(p->digits + part * p->n_digits, 0, p->n_digits * sizeof(uint32_t));
    pass_part(p, part, 1);
}

static void move_part(void *arg, size_t part, int worker)
{
    (void)worker;
    pass_part(arg, part, 0);
}

static void run_pass(struct pass *p, struct tt_pool *pool)
{
    tt_pool_run(pool, p->n_parts, count_part, p);
    tt_radix_places(p->digits, p->n_parts, p->n_digits);
    tt_pool_run(pool, p->n_parts, move_part, p);
}

/* The number of passes that cost least: each one reads n entries twice, and its counters. */
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

/* Find the distinct codes among those that are sorted in group_codes. */
static void find_groups(struct tt_embedding_bag *bag)
{
    size_t n = 0;

    for (size_t e = 0; e < bag->n; e++) {
        uint32_t code = bag->group_codes[e];
        if (n > 0 && bag->group_codes[n - 1] == code)
            continue;
        bag->groups[n] = (uint32_t)e;
        bag->group_codes[n++] = code;
    }
    bag->groups[n] = (uint32_t)bag->n;
    bag->n_groups = n;
}

static int sort_by_code(struct tt_embedding_bag *bag, struct tt_embedding_bag_scratch *scratch, struct tt_pool *pool,
                        struct tt_err *err)
{
    size_t n_codes = bag->model->entities.dictionary.features[bag->column].n_codes;
    unsigned bits = 1;

    while (bits < 32 && (n_codes - 1) >> bits)
        bits++;
    bag->n = 0;
    for (size_t r = 0; r < bag->n_rows; r++)
        bag->n += bag->counts[r];
    size_t n_parts = bag->n < MANY ? 1 : (size_t)tt_pool_threads(pool);
    unsigned passes = choose_passes(bag->n, n_parts, bits), digit = (bits + passes - 1) / passes;
    if (tt_grow(&bag->rows, &bag->cap_rows, bag->n, sizeof(*bag->rows), err) ||
        tt_grow(&bag->group_codes, &bag->cap_group_codes, bag->n, sizeof(*bag->group_codes), err) ||
        tt_grow(&bag->groups, &bag->cap_groups, bag->n + 1, sizeof(*bag->groups), err) ||
        tt_grow(&scratch->digits, &scratch->cap_digits, n_parts << digit, sizeof(*scratch->digits), err) ||
        (bag->is_weighted && tt_grow(&bag->row_weights, &bag->cap_row_weights, bag->n,
                                        sizeof(*bag->row_weights), err)))
        return -1;
    for (unsigned i = 0; i + 1 < passes && i < 2; i++)
        if (tt_grow(&scratch->entries[i], &scratch->cap_entries[i], bag->n, sizeof(*scratch->entries[i]), err))
            return -1;
    for (unsigned i = 0; i < passes; i++) {
        struct pass pass = {.bag = bag, .digits = scratch->digits, .n_parts = n_parts,
                            .n_digits = (size_t)1 << digit, .shift = i * digit,
                            .from = i == 0 ? NULL : scratch->entries[(i - 1) % 2],
                            .to = i + 1 == passes ? NULL : scratch->entries[i % 2]};
        run_pass(&pass, pool);
    }
    find_groups(bag);
    return tt_grow(&bag->squares, &bag->cap_squares, tt_blocks(bag->n_groups, GROUP_BLOCK),
                   sizeof(*bag->squares), err);
}

int tt_embedding_bag_gather(struct tt_embedding_bag *bag, struct tt_embedding_bag_scratch *scratch,
                            struct tt_pool *pool, const uint32_t *rows, size_t n, const struct tt_history_mask *mask,
                            struct tt_err *err)
{
    struct gather gather = {bag, rows, mask};
    const uint64_t *offsets = bags_of(bag)->offsets;
    size_t total = 0;

    bag->n_rows = n;
    for (size_t r = 0; r < n; r++) {
        size_t row = offsets ? row_of_bags(&gather, r) : 0;
        bag->starts[r] = total;
        total += !offsets || offsets[row] == offsets[row + 1] ? 1 : (size_t)(offsets[row + 1] - offsets[row]);
    }
    if (tt_grow(&bag->codes, &bag->cap_codes, total, sizeof(*bag->codes), err) ||
        (bag->is_weighted &&
         tt_grow(&bag->weights, &bag->cap_weights, total, sizeof(*bag->weights), err)))
        return -1;
    tt_pool_run(pool, tt_blocks(n, ROW_BLOCK), gather_block, &gather);
    return sort_by_code(bag, scratch, pool, err);
}

/* ---- forward and backward ---- */

void tt_embedding_bag_forward(const struct tt_embedding_bag *bag, size_t from, size_t n, float *sums, size_t stride)
{
    const float *table = bag->model->tables[bag->column];
    size_t dim = bag->model->dim;

    for (size_t r = from; r < from + n; r++) {
        if (r + AHEAD < from + n) /* of a long bag, tt_bag_add prefetches the rest */
            tt_bag_prefetch(table + bag->codes[bag->starts[r + AHEAD]] * dim, dim);
        tt_bag_add(bag->counts[r], bag->codes + bag->starts[r],
                   bag->is_weighted ? bag->weights + bag->starts[r] : NULL, table, dim, dim,
                   sums + (r - from) * stride);
    }
}

struct back {
    const struct tt_embedding_bag *bag;
    const float *d;
    size_t stride;
    tt_gradient_fn *apply;
    tt_prefetch_fn *prefetch;
    void *arg;
};

/* Prefetch what the gradient of a group needs. */
static void prefetch_ahead(const struct back *back, size_t group)
{
    const struct tt_embedding_bag *bag = back->bag;
    const float *d = back->d + bag->rows[bag->groups[group]] * back->stride;

    tt_bag_prefetch(d, bag->model->dim);
    back->prefetch(back->arg, bag->column, bag->group_codes[group], d);
}

/* Sum up and apply the gradient of each code of a block of groups. */
static void back_block(void *arg, size_t block, int worker)
{
    const struct back *back = arg;
    const struct tt_embedding_bag *bag = back->bag;
    size_t dim = bag->model->dim, to = (block + 1) * GROUP_BLOCK;
    float gradient[TT_MAX_DIM];
    double squares = 0;

    (void)worker;
    for (size_t g = block * GROUP_BLOCK; g < to && g < bag->n_groups; g++) {
        size_t first = bag->groups[g], n = bag->groups[g + 1] - first;
        const float *found = gradient;
        if (back->prefetch && g + AHEAD < to && g + AHEAD < bag->n_groups)
            prefetch_ahead(back, g + AHEAD);
        if (n == 1 && !bag->is_weighted) { /* an id, as a rule: the row's gradient as it is */
            found = back->d + bag->rows[first] * back->stride;
        } else {
            memset(gradient, 0, dim * sizeof(*gradient));
            tt_bag_add(n, bag->rows + first, bag->is_weighted ? bag->row_weights + first : NULL, back->d,
                       back->stride, dim, gradient);
        }
        squares += back->apply(back->arg, bag->column, bag->group_codes[g], found);
    }
    bag->squares[block] = squares;
}

double tt_embedding_bag_backward(const struct tt_embedding_bag *bag, struct tt_pool *pool, const float *d,
                                 size_t stride, tt_gradient_fn *apply, tt_prefetch_fn *prefetch, void *arg)
{
    struct back back = {bag, d, stride, apply, prefetch, arg};
    size_t n_blocks = tt_blocks(bag->n_groups, GROUP_BLOCK);
    double squares = 0;

    tt_pool_run(pool, n_blocks, back_block, &back);
    for (size_t b = 0; b < n_blocks; b++)
        squares += bag->squares[b];
    return squares;
}

struct visit {
    const struct tt_embedding_bag *bag;
    tt_row_fn *fn;
    void *arg;
};

static void visit_block(void *arg, size_t block, int worker)
{
    const struct visit *visit = arg;
    const struct tt_embedding_bag *bag = visit->bag;
    size_t to = (block + 1) * GROUP_BLOCK;

    (void)worker;
    for (size_t g = block * GROUP_BLOCK; g < to && g < bag->n_groups; g++)
        visit->fn(visit->arg, bag->column, bag->group_codes[g]);
}

void tt_embedding_bag_each_row(const struct tt_embedding_bag *bag, struct tt_pool *pool, tt_row_fn *fn, void *arg)
{
    struct visit visit = {bag, fn, arg};

    tt_pool_run(pool, tt_blocks(bag->n_groups, GROUP_BLOCK), visit_block, &visit);
}
