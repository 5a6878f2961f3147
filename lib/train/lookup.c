/* Lookups in one table: see lookup.h. */
#include "train/lookup.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "math/bag.h"

enum {
    ROW_BLOCK = 64,
    GROUP_BLOCK = 64,
    AHEAD = 4,       /* rows and groups whose tables' rows are on their way from memory */
    MANY = 8192,     /* entries from which on their sorting is shared among threads */
    MAX_DIGIT = 20,  /* bits of a code that one pass of the sorting looks at: its counters are small beside tables */
};

struct tt_lookup_entry {
    uint32_t code, row;
    float weight;
};

int tt_lookup_init(struct tt_lookup *lookup, const struct tt_model *model, const struct tt_tower_input *input,
                   size_t column, size_t max_rows, struct tt_err *err)
{
    *lookup = (struct tt_lookup){.model = model, .input = input, .column = column};
    lookup->is_weighted = model->base.dictionary.schema.columns[column].kind == TT_KIND_HISTORY ||
                          input->bags[column]->weights;
    lookup->starts = tt_alloc(max_rows, sizeof(*lookup->starts), err);
    lookup->counts = tt_alloc(max_rows, sizeof(*lookup->counts), err);
    if (lookup->starts && lookup->counts)
        return 0;
    tt_lookup_release(lookup);
    return -1;
}

void tt_lookup_release(struct tt_lookup *lookup)
{
    free(lookup->starts);
    free(lookup->counts);
    free(lookup->codes);
    free(lookup->weights);
    free(lookup->rows);
    free(lookup->row_weights);
    free(lookup->groups);
    free(lookup->group_codes);
    free(lookup->squares);
    *lookup = (struct tt_lookup){0};
}

void tt_lookup_scratch_release(struct tt_lookup_scratch *scratch)
{
    free(scratch->entries[0]);
    free(scratch->entries[1]);
    free(scratch->digits);
    *scratch = (struct tt_lookup_scratch){0};
}

/* ---- gathering: entries by row ---- */

struct gather {
    struct tt_lookup *lookup;
    const uint32_t *rows;
    const struct tt_drop *drop;
};

/* The bag of a gathered row. */
static size_t row_of_bags(const struct gather *g, size_t r)
{
    const uint32_t *shared = g->lookup->input->rows[g->lookup->column];

    return shared ? shared[g->rows[r]] : g->rows[r];
}

static const struct tt_bags *bags_of(const struct tt_lookup *lookup)
{
    return lookup->input->bags[lookup->column];
}

/* What the drop leaves of a history, divided by its length. Returns the number of entries, at least one: nothing left
 * stands for the unknown history. */
static uint32_t take_history(const struct gather *g, size_t r, const uint32_t *codes, const float *weights, size_t n,
                             uint32_t *to_codes, float *to_weights)
{
    enum { AT_ONCE = 256 };
    const struct tt_drop *drop = g->drop && g->drop->share > 0 ? g->drop : NULL;
    const uint32_t *times = g->drop && g->drop->times ? g->drop->times + (codes - bags_of(g->lookup)->codes) : NULL;
    uint32_t moment = times ? g->drop->moments[r] : 0; /* 0 - 1 is later than any time */
    float chance[AT_ONCE];
    uint32_t kept = 0;

    for (size_t from = 0; from < n; from += AT_ONCE) {
        size_t some = n - from < AT_ONCE ? n - from : AT_ONCE;
        if (drop)
            tt_rng_fill(drop->seed, TT_RNG_DROPOUT, drop->epoch << 32 | g->rows[r], (uint32_t)from, some, chance);
        for (size_t e = 0; e < some; e++) { /* written in any case, and kept by counting: no branch to guess */
            to_codes[kept] = codes[from + e];
            to_weights[kept] = weights ? weights[from + e] : 1;
            kept += (!drop || (double)chance[e] >= drop->share) & (!times || times[from + e] <= moment - 1);
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

/* Ask the memory for the bag of row r, and for where that of row r + AHEAD will be found. GCC takes a call that only
 * asks for one without an effect, and would leave it out. */
__attribute__((always_inline)) static inline void ask_bag(const struct gather *g, size_t r)
{
    const struct tt_bags *bags = bags_of(g->lookup);
    const uint32_t *shared = g->lookup->input->rows[g->lookup->column];
    size_t n = g->lookup->n_rows;

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
    struct tt_lookup *lookup = g->lookup;
    int is_history = lookup->model->base.dictionary.schema.columns[lookup->column].kind == TT_KIND_HISTORY;

    (void)worker;
    for (size_t r = block * ROW_BLOCK; r < (block + 1) * ROW_BLOCK && r < lookup->n_rows; r++) {
        const uint32_t *codes;
        const float *weights;
        ask_bag(g, r + AHEAD);
        size_t count = tt_bags_row(bags_of(lookup), row_of_bags(g, r), &codes, &weights);
        uint32_t *to_codes = lookup->codes + lookup->starts[r];
        float *to_weights = lookup->is_weighted ? lookup->weights + lookup->starts[r] : NULL;
        lookup->counts[r] = count ? (uint32_t)count : 1;
        if (is_history) {
            lookup->counts[r] = take_history(g, r, codes, weights, count, to_codes, to_weights);
        } else if (count <= 1) { /* an id's, most often: without a call */
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

/* One pass, over some bits of the codes, from the lowest bits up. Each part of the entries, in their order, has its own
 * counters, and writes where the parts before it have left off: that is one stable order, for any number of parts. */
struct pass {
    struct tt_lookup *lookup;
    uint32_t *digits;                   /* (n_parts, n_digits) counters */
    size_t n_parts, n_digits;
    unsigned shift;
    const struct tt_lookup_entry *from; /* NULL: the rows' entries */
    struct tt_lookup_entry *to;         /* NULL: the lookup's arrays */
};

static inline void pass_entry(const struct pass *p, uint32_t *digits, int is_counting, uint32_t code, size_t row,
                              float weight)
{
    uint32_t *digit = &digits[code >> p->shift & (p->n_digits - 1)], at = (*digit)++;

    if (is_counting)
        return;
    if (p->to) {
        p->to[at] = (struct tt_lookup_entry){code, (uint32_t)row, weight};
        return;
    }
    p->lookup->rows[at] = (uint32_t)row;
    p->lookup->group_codes[at] = code;
    if (p->lookup->is_weighted)
        p->lookup->row_weights[at] = weight;
}

static inline void pass_part(const struct pass *p, size_t part, int is_counting)
{
    const struct tt_lookup *lookup = p->lookup;
    size_t n = p->from ? lookup->n : lookup->n_rows;
    size_t from = n * part / p->n_parts, to = n * (part + 1) / p->n_parts;
    uint32_t *digits = p->digits + part * p->n_digits;

    if (p->from) {
        for (size_t e = from; e < to; e++)
            pass_entry(p, digits, is_counting, p->from[e].code, p->from[e].row, p->from[e].weight);
        return;
    }
    for (size_t r = from; r < to; r++)
        for (size_t e = (size_t)lookup->starts[r], end = e + lookup->counts[r]; e < end; e++)
            pass_entry(p, digits, is_counting, lookup->codes[e], r, lookup->is_weighted ? lookup->weights[e] : 1);
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
    uint32_t *digits = p->digits, sum = 0;

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
static void find_groups(struct tt_lookup *lookup)
{
    size_t n = 0;

    for (size_t e = 0; e < lookup->n; e++) {
        uint32_t code = lookup->group_codes[e];
        if (n > 0 && lookup->group_codes[n - 1] == code)
            continue;
        lookup->groups[n] = (uint32_t)e;
        lookup->group_codes[n++] = code;
    }
    lookup->groups[n] = (uint32_t)lookup->n;
    lookup->n_groups = n;
}

static int sort_by_code(struct tt_lookup *lookup, struct tt_lookup_scratch *scratch, struct tt_pool *pool,
                        struct tt_err *err)
{
    size_t n_codes = lookup->model->base.dictionary.features[lookup->column].n_codes;
    unsigned bits = 1;

    while (bits < 32 && (n_codes - 1) >> bits)
        bits++;
    lookup->n = 0;
    for (size_t r = 0; r < lookup->n_rows; r++)
        lookup->n += lookup->counts[r];
    size_t n_parts = lookup->n < MANY ? 1 : (size_t)tt_pool_threads(pool);
    unsigned passes = choose_passes(lookup->n, n_parts, bits), digit = (bits + passes - 1) / passes;
    if (tt_grow(&lookup->rows, &lookup->cap_rows, lookup->n, sizeof(*lookup->rows), err) ||
        tt_grow(&lookup->group_codes, &lookup->cap_group_codes, lookup->n, sizeof(*lookup->group_codes), err) ||
        tt_grow(&lookup->groups, &lookup->cap_groups, lookup->n + 1, sizeof(*lookup->groups), err) ||
        tt_grow(&scratch->digits, &scratch->cap_digits, n_parts << digit, sizeof(*scratch->digits), err) ||
        (lookup->is_weighted && tt_grow(&lookup->row_weights, &lookup->cap_row_weights, lookup->n,
                                        sizeof(*lookup->row_weights), err)))
        return -1;
    for (unsigned i = 0; i + 1 < passes && i < 2; i++)
        if (tt_grow(&scratch->entries[i], &scratch->cap_entries[i], lookup->n, sizeof(*scratch->entries[i]), err))
            return -1;
    for (unsigned i = 0; i < passes; i++) {
        struct pass pass = {.lookup = lookup, .digits = scratch->digits, .n_parts = n_parts,
                            .n_digits = (size_t)1 << digit, .shift = i * digit,
                            .from = i == 0 ? NULL : scratch->entries[(i - 1) % 2],
                            .to = i + 1 == passes ? NULL : scratch->entries[i % 2]};
        run_pass(&pass, pool);
    }
    find_groups(lookup);
    return tt_grow(&lookup->squares, &lookup->cap_squares, tt_blocks(lookup->n_groups, GROUP_BLOCK),
                   sizeof(*lookup->squares), err);
}

int tt_lookup_gather(struct tt_lookup *lookup, struct tt_lookup_scratch *scratch, struct tt_pool *pool,
                     const uint32_t *rows, size_t n, const struct tt_drop *drop, struct tt_err *err)
{
    struct gather gather = {lookup, rows, drop};
    const uint64_t *offsets = bags_of(lookup)->offsets;
    size_t total = 0;

    lookup->n_rows = n;
    for (size_t r = 0; r < n; r++) {
        size_t row = offsets ? row_of_bags(&gather, r) : 0;
        lookup->starts[r] = total;
        total += !offsets || offsets[row] == offsets[row + 1] ? 1 : (size_t)(offsets[row + 1] - offsets[row]);
    }
    if (tt_grow(&lookup->codes, &lookup->cap_codes, total, sizeof(*lookup->codes), err) ||
        (lookup->is_weighted &&
         tt_grow(&lookup->weights, &lookup->cap_weights, total, sizeof(*lookup->weights), err)))
        return -1;
    tt_pool_run(pool, tt_blocks(n, ROW_BLOCK), gather_block, &gather);
    return sort_by_code(lookup, scratch, pool, err);
}

/* ---- forward and backward ---- */

void tt_lookup_add(const struct tt_lookup *lookup, size_t from, size_t n, float *sums, size_t stride)
{
    const float *table = lookup->model->tables[lookup->column];
    size_t dim = lookup->model->dim;

    for (size_t r = from; r < from + n; r++) {
        if (r + AHEAD < from + n) /* of a long bag, tt_bag_add asks for the rest */
            tt_bag_ahead(table + lookup->codes[lookup->starts[r + AHEAD]] * dim, dim);
        tt_bag_add(lookup->counts[r], lookup->codes + lookup->starts[r],
                   lookup->is_weighted ? lookup->weights + lookup->starts[r] : NULL, table, dim, dim,
                   sums + (r - from) * stride);
    }
}

struct back {
    const struct tt_lookup *lookup;
    const float *d;
    size_t stride;
    tt_gradient_fn *take;
    tt_ahead_fn *ahead;
    void *arg;
};

/* Ask the memory for what a group will need. */
static void look_ahead(const struct back *back, size_t group)
{
    const struct tt_lookup *lookup = back->lookup;
    const float *d = back->d + lookup->rows[lookup->groups[group]] * back->stride;

    tt_bag_ahead(d, lookup->model->dim);
    back->ahead(back->arg, lookup->column, lookup->group_codes[group], d);
}

/* The codes of a block of groups: sum each one's gradient, and hand it over. */
static void back_block(void *arg, size_t block, int worker)
{
    const struct back *back = arg;
    const struct tt_lookup *lookup = back->lookup;
    size_t dim = lookup->model->dim, to = (block + 1) * GROUP_BLOCK;
    float gradient[TT_MAX_DIM];
    double squares = 0;

    (void)worker;
    for (size_t g = block * GROUP_BLOCK; g < to && g < lookup->n_groups; g++) {
        size_t first = lookup->groups[g], n = lookup->groups[g + 1] - first;
        const float *found = gradient;
        if (back->ahead && g + AHEAD < to && g + AHEAD < lookup->n_groups)
            look_ahead(back, g + AHEAD);
        if (n == 1 && !lookup->is_weighted) { /* an id's, most often: the row's gradient as it is */
            found = back->d + lookup->rows[first] * back->stride;
        } else {
            memset(gradient, 0, dim * sizeof(*gradient));
            tt_bag_add(n, lookup->rows + first, lookup->is_weighted ? lookup->row_weights + first : NULL, back->d,
                       back->stride, dim, gradient);
        }
        squares += back->take(back->arg, lookup->column, lookup->group_codes[g], found);
    }
    lookup->squares[block] = squares;
}

double tt_lookup_back(const struct tt_lookup *lookup, struct tt_pool *pool, const float *d, size_t stride,
                      tt_gradient_fn *take, tt_ahead_fn *ahead, void *arg)
{
    struct back back = {lookup, d, stride, take, ahead, arg};
    size_t n_blocks = tt_blocks(lookup->n_groups, GROUP_BLOCK);
    double squares = 0;

    tt_pool_run(pool, n_blocks, back_block, &back);
    for (size_t b = 0; b < n_blocks; b++)
        squares += lookup->squares[b];
    return squares;
}

struct visit {
    const struct tt_lookup *lookup;
    tt_row_fn *fn;
    void *arg;
};

static void visit_block(void *arg, size_t block, int worker)
{
    const struct visit *visit = arg;
    const struct tt_lookup *lookup = visit->lookup;
    size_t to = (block + 1) * GROUP_BLOCK;

    (void)worker;
    for (size_t g = block * GROUP_BLOCK; g < to && g < lookup->n_groups; g++)
        visit->fn(visit->arg, lookup->column, lookup->group_codes[g]);
}

void tt_lookup_each_row(const struct tt_lookup *lookup, struct tt_pool *pool, tt_row_fn *fn, void *arg)
{
    struct visit visit = {lookup, fn, arg};

    tt_pool_run(pool, tt_blocks(lookup->n_groups, GROUP_BLOCK), visit_block, &visit);
}
