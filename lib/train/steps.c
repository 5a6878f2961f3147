/* The make-up of training steps: see steps.h. */
#include "train/steps.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/radix.h"
#include "base/rng.h"

enum { AHEAD = 8 }; /* entries whose parts are on their way from memory */

size_t tt_steps_queries(const struct tt_queries *queries)
{
    size_t n = 0;

    for (size_t q = 0; q < queries->n; q++)
        n += queries->wanted.offsets[q] < queries->wanted.offsets[q + 1];
    return n;
}

size_t tt_steps_entries(const struct tt_queries *queries)
{
    return (size_t)queries->wanted.offsets[queries->n];
}

double tt_steps_log_p(size_t n, size_t batch, size_t m, double drawn)
{
    /* C(Q-1-m, b-1) / C(Q-1, b-1) is the product over i < m of (Q-b-i) / (Q-1-i), or the same with m and b-1 swapped */
    size_t others = n - 1, rest = batch - 1, few = m < rest ? m : rest, many = m < rest ? rest : m;
    double log_absent = log1p(-drawn);

    if (drawn >= 1 || others < many + few) /* all are drawn, or those without the item cannot fill the step */
        return 0;
    for (size_t i = 0; i < few; i++)
        log_absent += log1p(-(double)many / (double)(others - i));
    return log_absent < 0 ? log(-expm1(log_absent)) : 0; /* a query alone has no other candidates */
}

/* ---- setting up ---- */

static size_t count_of(const struct tt_bags *bags, size_t q)
{
    return bags->n_rows ? (size_t)(bags->offsets[q + 1] - bags->offsets[q]) : 0;
}

static int compare_falling(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return (a < b) - (a > b);
}

/* *most gets the largest sum that `n` of the counts can have. */
static int largest_sum(const struct tt_bags *bags, size_t n_queries, size_t n, size_t *most, struct tt_err *err)
{
    uint32_t *counts = tt_alloc(n_queries, sizeof(*counts), err);

    *most = 0;
    if (!counts)
        return -1;
    for (size_t q = 0; q < n_queries; q++)
        counts[q] = (uint32_t)count_of(bags, q);
    qsort(counts, n_queries, sizeof(*counts), compare_falling);
    for (size_t q = 0; q < n && q < n_queries; q++)
        *most += counts[q];
    free(counts);
    return 0;
}

static int init_entries(struct tt_steps *s, struct tt_err *err)
{
    const uint64_t *offsets = s->queries->wanted.offsets;

    s->entry_query = tt_alloc(s->n, sizeof(*s->entry_query), err);
    s->sorted = tt_alloc(s->batch_size, sizeof(*s->sorted), err);
    s->other = tt_alloc(s->batch_size, sizeof(*s->other), err);
    if (!s->entry_query || !s->sorted || !s->other)
        return -1;
    for (size_t q = 0; q < s->queries->n; q++)
        for (uint64_t e = offsets[q]; e < offsets[q + 1]; e++)
            s->entry_query[e] = (uint32_t)q;
    return 0;
}

static double drawn_share(const struct tt_steps *s)
{
    return s->catalogue->n ? (double)s->negatives / (double)s->catalogue->n : 0;
}

static int init_log_p(struct tt_steps *s, struct tt_err *err)
{
    const struct tt_bags *wanted = &s->queries->wanted;
    size_t n_places = s->catalogue->n;

    s->place_count = tt_alloc_zero(n_places, sizeof(*s->place_count), err);
    s->place_log_p = tt_alloc(n_places, sizeof(*s->place_log_p), err);
    if (!s->place_count || !s->place_log_p)
        return -1;
    for (uint64_t e = 0; e < wanted->offsets[s->queries->n]; e++)
        s->place_count[s->catalogue->place[wanted->codes[e]]]++;
    for (size_t i = 0; s->n && i < n_places; i++)
        s->place_log_p[i] = (float)tt_steps_log_p(s->n, s->batch_size, s->place_count[i], drawn_share(s));
    return 0;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Room for the pairs of any step, and the numbers of candidates that it may have. */
static int init_room(struct tt_steps *s, struct tt_err *err)
{
    size_t positives = s->batch_size, bad, n = s->catalogue->n;

    if ((!s->by_entry && largest_sum(&s->queries->wanted, s->queries->n, s->batch_size, &positives, err)) ||
        largest_sum(&s->queries->disliked, s->queries->n, s->batch_size, &bad, err))
        return -1;
    s->max_shared = s->kind == TT_CANDIDATES_ALL
                        ? n : least(s->negatives + (tt_candidates_include_batch(s->kind) ? positives : 0), n);
    s->max_candidates = least(s->max_shared + (tt_candidates_include_batch(s->kind) ? 0 : positives) + bad, n);
    s->rows = tt_alloc(s->batch_size, sizeof(*s->rows), err);
    s->moments = tt_alloc(s->timeline ? s->batch_size : 0, sizeof(*s->moments), err);
    s->starts = tt_alloc(s->batch_size + 1, sizeof(*s->starts), err);
    s->p_query = tt_alloc(positives, sizeof(*s->p_query), err);
    s->p_item = tt_alloc(positives, sizeof(*s->p_item), err);
    s->p_weight = tt_alloc(positives, sizeof(*s->p_weight), err);
    s->bad_starts = tt_alloc(s->batch_size + 1, sizeof(*s->bad_starts), err);
    s->bad_query = tt_alloc(bad, sizeof(*s->bad_query), err);
    s->bad_item = tt_alloc(bad, sizeof(*s->bad_item), err);
    s->place_candidate = tt_alloc(n, sizeof(*s->place_candidate), err);
    s->own_candidates = tt_alloc(s->max_candidates, sizeof(*s->own_candidates), err);
    s->places = tt_alloc(s->max_candidates, sizeof(*s->places), err);
    s->own_log_p = tt_alloc(s->max_shared, sizeof(*s->own_log_p), err);
    if (!s->rows || !s->moments || !s->starts || !s->p_query || !s->p_item || !s->p_weight || !s->bad_starts ||
        !s->bad_query || !s->bad_item || !s->place_candidate || !s->own_candidates || !s->places || !s->own_log_p)
        return -1;
    for (size_t i = 0; i < n; i++)
        s->place_candidate[i] = s->kind == TT_CANDIDATES_ALL ? (uint32_t)i : TT_NO_PLACE;
    return 0;
}

int tt_steps_init(struct tt_steps *s, const struct tt_queries *queries, const struct tt_catalogue *catalogue,
                  const struct tt_steps_options *o, struct tt_err *err)
{
    *s = (struct tt_steps){.queries = queries, .catalogue = catalogue, .kind = o->candidates, .by_entry = o->by_entry};
    s->n = s->by_entry ? tt_steps_entries(queries) : tt_steps_queries(queries);
    s->batch_size = least(o->batch_size, s->n);
    s->timeline = o->timeline;
    s->negatives = tt_candidates_include_sampled(o->candidates) ? least(o->negatives, catalogue->n) : 0;
    s->n_steps = s->n ? tt_blocks(s->n, s->batch_size) : 0;
    s->order = tt_alloc(s->n, sizeof(*s->order), err);
    if (!s->order || init_room(s, err) || (s->by_entry && init_entries(s, err)) ||
        (tt_candidates_include_batch(s->kind) && init_log_p(s, err))) {
        tt_steps_release(s);
        return -1;
    }
    return 0;
}

void tt_steps_release(struct tt_steps *s)
{
    free(s->order);
    free(s->sorted);
    free(s->other);
    free(s->rows);
    free(s->moments);
    free(s->starts);
    free(s->p_query);
    free(s->p_item);
    free(s->p_weight);
    free(s->bad_starts);
    free(s->bad_query);
    free(s->bad_item);
    free(s->entry_query);
    free(s->place_count);
    free(s->place_log_p);
    free(s->place_candidate);
    free(s->own_candidates);
    free(s->places);
    free(s->own_log_p);
    *s = (struct tt_steps){0};
}

void tt_steps_shuffle(struct tt_steps *s, uint64_t seed, uint64_t epoch)
{
    struct tt_rng rng;
    size_t n = 0;

    s->seed = seed;
    s->epoch = epoch;
    if (s->by_entry) {
        for (; n < s->n; n++)
            s->order[n] = (uint32_t)n;
    } else {
        for (size_t q = 0; q < s->queries->n; q++)
            if (count_of(&s->queries->wanted, q))
                s->order[n++] = (uint32_t)q;
    }
    tt_rng_init(&rng, seed, TT_RNG_SHUFFLE, epoch);
    for (size_t i = s->n; i > 1; i--) { /* Fisher and Yates */
        size_t k = (size_t)tt_rng_below(&rng, i);
        uint32_t swap = s->order[i - 1];
        s->order[i - 1] = s->order[k];
        s->order[k] = swap;
    }
}

/* ---- a step ---- */

/* The number of a place among the step's candidates, where it is added if it is new. */
static uint32_t candidate_of(struct tt_steps *s, uint32_t place)
{
    if (s->place_candidate[place] == TT_NO_PLACE) {
        s->own_candidates[s->n_candidates] = s->catalogue->items[place];
        s->places[s->n_candidates] = place;
        s->place_candidate[place] = (uint32_t)s->n_candidates++;
    }
    return s->place_candidate[place];
}

/* `negatives` of the places, every set of them as likely as any other (Floyd: Bentley & Floyd 1987, "Programming
 * pearls: a sample of brilliance"). */
static void draw_candidates(struct tt_steps *s, size_t number)
{
    size_t n = s->catalogue->n;
    uint32_t places[AHEAD];
    struct tt_rng rng;

    if (s->negatives)
        tt_rng_init(&rng, s->seed, TT_RNG_NEGATIVE, s->epoch << 32 | number);
    for (size_t from = n - s->negatives; from < n; from += AHEAD) {
        size_t some = least(n - from, AHEAD);
        for (size_t k = 0; k < some; k++) {
            places[k] = (uint32_t)tt_rng_below(&rng, from + k + 1);
            __builtin_prefetch(s->place_candidate + places[k]);
            __builtin_prefetch(s->catalogue->items + places[k]);
        }
        for (size_t k = 0; k < some; k++)
            candidate_of(s, s->place_candidate[places[k]] == TT_NO_PLACE ? places[k] : (uint32_t)(from + k));
    }
}

static void add_positive(struct tt_steps *s, size_t at, size_t row, uint64_t entry)
{
    const struct tt_bags *wanted = &s->queries->wanted;
    int counts = !s->timeline || tt_timeline_is_later(s->timeline, s->queries->user[s->rows[row]], wanted->codes[entry],
                                                      s->moments[row]);

    s->p_query[at] = (uint32_t)row;
    s->p_item[at] = candidate_of(s, s->catalogue->place[wanted->codes[entry]]);
    s->p_weight[at] = counts ? wanted->weights[entry] : 0;
    s->weight += (double)s->p_weight[at];
}

static void set_row(struct tt_steps *s, size_t row, uint32_t query)
{
    s->rows[row] = query;
    if (s->timeline)
        s->moments[row] = tt_timeline_moment(s->timeline, s->queries->user[query],
                                             (double)tt_rng_at(s->seed, TT_RNG_MOMENT, s->epoch << 32 | query, 0));
}

/* Rows are queries, with all that they want. */
static void add_queries(struct tt_steps *s, size_t from, size_t n)
{
    const uint64_t *offsets = s->queries->wanted.offsets;
    size_t at = 0;

    for (size_t r = 0; r < n; r++) {
        uint32_t q = s->order[from + r];
        set_row(s, r, q);
        s->starts[r] = (uint32_t)at;
        for (uint64_t e = offsets[q]; e < offsets[q + 1]; e++)
            add_positive(s, at++, r, e);
    }
    s->starts[n] = (uint32_t)at;
    s->n_rows = n;
}

/* Ask the memory for what add_positive will read of the entries a little later: one thing leads to the next, and each
 * would be waited for. GCC takes a call that only asks for one without an effect, and would leave it out. */
__attribute__((always_inline)) static inline void look_ahead(const struct tt_steps *s, size_t i, size_t n)
{
    const struct tt_bags *wanted = &s->queries->wanted;

    if (i + 3 * AHEAD < n) {
        __builtin_prefetch(s->entry_query + s->sorted[i + 3 * AHEAD]);
        __builtin_prefetch(wanted->codes + s->sorted[i + 3 * AHEAD]);
        __builtin_prefetch(wanted->weights + s->sorted[i + 3 * AHEAD]);
    }
    if (i + 2 * AHEAD < n)
        __builtin_prefetch(s->catalogue->place + wanted->codes[s->sorted[i + 2 * AHEAD]]);
    if (i + AHEAD < n) {
        uint32_t place = s->catalogue->place[wanted->codes[s->sorted[i + AHEAD]]];
        __builtin_prefetch(s->place_candidate + place);
        __builtin_prefetch(s->catalogue->items + place);
        if (s->place_log_p)
            __builtin_prefetch(s->place_log_p + place);
    }
}

/* Rows are the queries of entries. In rising order, the entries of one query are neighbours. */
static void add_entries(struct tt_steps *s, size_t from, size_t n)
{
    memcpy(s->sorted, s->order + from, n * sizeof(*s->sorted));
    tt_radix_sort(s->sorted, s->other, n, s->n);
    for (size_t i = 0; i < n; i++) {
        look_ahead(s, i, n);
        uint32_t q = s->entry_query[s->sorted[i]];
        if (s->n_rows == 0 || s->rows[s->n_rows - 1] != q) {
            s->starts[s->n_rows] = (uint32_t)i;
            set_row(s, s->n_rows++, q);
        }
        add_positive(s, i, s->n_rows - 1, s->sorted[i]);
    }
    s->starts[s->n_rows] = (uint32_t)n;
}

static void add_disliked(struct tt_steps *s)
{
    const struct tt_bags *bad = &s->queries->disliked;
    size_t at = 0;

    for (size_t r = 0; r < s->n_rows; r++) {
        s->bad_starts[r] = (uint32_t)at;
        for (uint64_t e = bad->offsets[s->rows[r]]; e < bad->offsets[s->rows[r] + 1]; e++, at++) {
            s->bad_query[at] = (uint32_t)r;
            s->bad_item[at] = candidate_of(s, s->catalogue->place[bad->codes[e]]);
        }
    }
    s->bad_starts[s->n_rows] = (uint32_t)at;
}

/* log p of the shared candidates of a step by `n` queries or entries. */
static const float *find_log_p(struct tt_steps *s, size_t n)
{
    double drawn = drawn_share(s);
    float log_drawn = drawn > 0 ? (float)log(drawn) : 0;

    if (s->kind == TT_CANDIDATES_ALL || s->negatives == s->catalogue->n)
        return NULL;
    for (size_t c = 0; c < s->n_shared; c++) {
        uint32_t place = s->places[c];
        if (s->kind == TT_CANDIDATES_SAMPLED)
            s->own_log_p[c] = log_drawn;
        else
            s->own_log_p[c] = n == s->batch_size ? s->place_log_p[place]
                                            : (float)tt_steps_log_p(s->n, n, s->place_count[place], drawn);
    }
    return s->own_log_p;
}

void tt_steps_make(struct tt_steps *s, size_t number)
{
    size_t from = number * s->batch_size, n = least(s->n - from, s->batch_size);

    s->weight = 0;
    s->n_rows = 0;
    s->n_candidates = s->kind == TT_CANDIDATES_ALL ? s->catalogue->n : 0;
    draw_candidates(s, number);
    s->n_shared = s->n_candidates;
    if (s->by_entry)
        add_entries(s, from, n);
    else
        add_queries(s, from, n);
    if (tt_candidates_include_batch(s->kind))
        s->n_shared = s->n_candidates;
    if (s->queries->disliked.n_rows)
        add_disliked(s);
    s->candidates = s->kind == TT_CANDIDATES_ALL ? s->catalogue->items : s->own_candidates;
    s->log_p = find_log_p(s, n);
    for (size_t c = 0; s->kind != TT_CANDIDATES_ALL && c < s->n_candidates; c++)
        s->place_candidate[s->places[c]] = TT_NO_PLACE;
    s->positives = (struct tt_pairs){s->starts, s->p_query, s->p_item, s->p_weight};
    s->disliked = s->queries->disliked.n_rows ? (struct tt_pairs){s->bad_starts, s->bad_query, s->bad_item, NULL}
                                              : (struct tt_pairs){0};
}
