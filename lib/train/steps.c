/* The rows, candidates and pairs of training steps: see steps.h. */
#include "train/steps.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/radix.h"
#include "base/rng.h"

const char *const tt_candidates_names[] = {"auto", "all", "sampled", "batch", "mixed", NULL};

enum { AHEAD = 8 }; /* how many entries ahead data are prefetched */

size_t tt_steps_queries(const struct tt_queries *queries)
{
    size_t n = 0;

    for (size_t q = 0; q < queries->n; q++)
        n += queries->positives.offsets[q] < queries->positives.offsets[q + 1];
    return n;
}

size_t tt_steps_entries(const struct tt_queries *queries)
{
    return (size_t)queries->positives.offsets[queries->n];
}

double tt_steps_log_p(size_t n, size_t batch, size_t m, double sampled)
{
    /* C(Q-1-m, b-1) / C(Q-1, b-1) is the product over i < m of (Q-b-i) / (Q-1-i), or the same with m and b-1 swapped */
    size_t others = n - 1, rest = batch - 1, few = m < rest ? m : rest, many = m < rest ? rest : m;
    double log_absent = log1p(-sampled);

    if (sampled >= 1 || others < many + few) /* all are sampled, or those without the item cannot fill the step */
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
    const uint64_t *offsets = s->queries->positives.offsets;

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

static double sampled_share(const struct tt_steps *s)
{
    return s->catalogue->n ? (double)s->negatives / (double)s->catalogue->n : 0;
}

static int init_log_p(struct tt_steps *s, struct tt_err *err)
{
    const struct tt_bags *positives = &s->queries->positives;
    size_t n_places = s->catalogue->n;

    s->place_count = tt_alloc_zero(n_places, sizeof(*s->place_count), err);
    s->place_log_p = tt_alloc(n_places, sizeof(*s->place_log_p), err);
    if (!s->place_count || !s->place_log_p)
        return -1;
    for (uint64_t e = 0; e < positives->offsets[s->queries->n]; e++)
        s->place_count[s->catalogue->place[positives->codes[e]]]++;
    for (size_t i = 0; s->n && i < n_places; i++)
        s->place_log_p[i] = (float)tt_steps_log_p(s->n, s->batch_size, s->place_count[i], sampled_share(s));
    return 0;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Room for the pairs of any step, and the numbers of candidates that it may have. */
static int init_room(struct tt_steps *s, struct tt_err *err)
{
    size_t positives = s->batch_size, disliked, n = s->catalogue->n;

    if ((!s->by_entry && largest_sum(&s->queries->positives, s->queries->n, s->batch_size, &positives, err)) ||
        largest_sum(&s->queries->disliked, s->queries->n, s->batch_size, &disliked, err))
        return -1;
    s->max_shared = s->kind == TT_CANDIDATES_ALL
                        ? n : least(s->negatives + (tt_candidates_include_batch(s->kind) ? positives : 0), n);
    s->max_candidates = least(s->max_shared + (tt_candidates_include_batch(s->kind) ? 0 : positives) + disliked, n);
    s->rows = tt_alloc(s->batch_size, sizeof(*s->rows), err);
    s->moments = tt_alloc(s->timeline ? s->batch_size : 0, sizeof(*s->moments), err);
    s->starts = tt_alloc(s->batch_size + 1, sizeof(*s->starts), err);
    s->positive_query = tt_alloc(positives, sizeof(*s->positive_query), err);
    s->positive_item = tt_alloc(positives, sizeof(*s->positive_item), err);
    s->positive_weight = tt_alloc(positives, sizeof(*s->positive_weight), err);
    s->disliked_starts = tt_alloc(s->batch_size + 1, sizeof(*s->disliked_starts), err);
    s->disliked_query = tt_alloc(disliked, sizeof(*s->disliked_query), err);
    s->disliked_item = tt_alloc(disliked, sizeof(*s->disliked_item), err);
    s->place_candidate = tt_alloc(n, sizeof(*s->place_candidate), err);
    s->own_candidates = tt_alloc(s->max_candidates, sizeof(*s->own_candidates), err);
    s->places = tt_alloc(s->max_candidates, sizeof(*s->places), err);
    s->own_log_p = tt_alloc(s->max_shared, sizeof(*s->own_log_p), err);
    if (!s->rows || !s->moments || !s->starts || !s->positive_query || !s->positive_item || !s->positive_weight ||
        !s->disliked_starts || !s->disliked_query || !s->disliked_item || !s->place_candidate || !s->own_candidates ||
        !s->places || !s->own_log_p)
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
    free(s->positive_query);
    free(s->positive_item);
    free(s->positive_weight);
    free(s->disliked_starts);
    free(s->disliked_query);
    free(s->disliked_item);
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
            if (count_of(&s->queries->positives, q))
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
static void sample_candidates(struct tt_steps *s, size_t number)
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
    const struct tt_bags *positives = &s->queries->positives;
    int is_target = !s->timeline || tt_timeline_is_later(s->timeline, s->queries->user[s->rows[row]],
                                                         positives->codes[entry], s->moments[row]);

    s->positive_query[at] = (uint32_t)row;
    s->positive_item[at] = candidate_of(s, s->catalogue->place[positives->codes[entry]]);
    s->positive_weight[at] = is_target ? positives->weights[entry] : 0;
    s->weight += (double)s->positive_weight[at];
}

static void set_row(struct tt_steps *s, size_t row, uint32_t query)
{
    s->rows[row] = query;
    if (s->timeline)
        s->moments[row] = tt_timeline_moment(s->timeline, s->queries->user[query],
                                             (double)tt_rng_at(s->seed, TT_RNG_MOMENT, s->epoch << 32 | query, 0));
}

/* The rows of a step by query: each query has all of its positives. */
static void add_queries(struct tt_steps *s, size_t from, size_t n)
{
    const uint64_t *offsets = s->queries->positives.offsets;
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

/* Prefetch what add_positive will read of later entries. Each address is read from the one before, so that without this
 * every read would wait for memory. Inlined by force: GCC drops calls of a function that only prefetches. */
__attribute__((always_inline)) static inline void prefetch_ahead(const struct tt_steps *s, size_t i, size_t n)
{
    const struct tt_bags *positives = &s->queries->positives;

    if (i + 3 * AHEAD < n) {
        __builtin_prefetch(s->entry_query + s->sorted[i + 3 * AHEAD]);
        __builtin_prefetch(positives->codes + s->sorted[i + 3 * AHEAD]);
        __builtin_prefetch(positives->weights + s->sorted[i + 3 * AHEAD]);
    }
    if (i + 2 * AHEAD < n)
        __builtin_prefetch(s->catalogue->place + positives->codes[s->sorted[i + 2 * AHEAD]]);
    if (i + AHEAD < n) {
        uint32_t place = s->catalogue->place[positives->codes[s->sorted[i + AHEAD]]];
        __builtin_prefetch(s->place_candidate + place);
        __builtin_prefetch(s->catalogue->items + place);
        if (s->place_log_p)
            __builtin_prefetch(s->place_log_p + place);
    }
}

/* The rows of a step by entry: the distinct queries of its entries. Sorted, the entries of one query are neighbours. */
static void add_entries(struct tt_steps *s, size_t from, size_t n)
{
    memcpy(s->sorted, s->order + from, n * sizeof(*s->sorted));
    tt_radix_sort(s->sorted, s->other, n, s->n);
    for (size_t i = 0; i < n; i++) {
        prefetch_ahead(s, i, n);
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
    const struct tt_bags *disliked = &s->queries->disliked;
    size_t at = 0;

    for (size_t r = 0; r < s->n_rows; r++) {
        s->disliked_starts[r] = (uint32_t)at;
        for (uint64_t e = disliked->offsets[s->rows[r]]; e < disliked->offsets[s->rows[r] + 1]; e++, at++) {
            s->disliked_query[at] = (uint32_t)r;
            s->disliked_item[at] = candidate_of(s, s->catalogue->place[disliked->codes[e]]);
        }
    }
    s->disliked_starts[s->n_rows] = (uint32_t)at;
}

/* log p of the shared candidates of a step by `n` queries or entries. */
static const float *find_log_p(struct tt_steps *s, size_t n)
{
    double sampled = sampled_share(s);
    float log_sampled = sampled > 0 ? (float)log(sampled) : 0;

    if (s->kind == TT_CANDIDATES_ALL || s->negatives == s->catalogue->n)
        return NULL;
    for (size_t c = 0; c < s->n_shared; c++) {
        uint32_t place = s->places[c];
        if (s->kind == TT_CANDIDATES_SAMPLED)
            s->own_log_p[c] = log_sampled;
        else
            s->own_log_p[c] = n == s->batch_size ? s->place_log_p[place]
                                                 : (float)tt_steps_log_p(s->n, n, s->place_count[place], sampled);
    }
    return s->own_log_p;
}

void tt_steps_make(struct tt_steps *s, size_t number)
{
    size_t from = number * s->batch_size, n = least(s->n - from, s->batch_size);

    s->weight = 0;
    s->n_rows = 0;
    s->n_candidates = s->kind == TT_CANDIDATES_ALL ? s->catalogue->n : 0;
    sample_candidates(s, number);
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
    s->positives = (struct tt_pairs){s->starts, s->positive_query, s->positive_item, s->positive_weight};
    s->disliked = (struct tt_pairs){0};
    if (s->queries->disliked.n_rows)
        s->disliked = (struct tt_pairs){s->disliked_starts, s->disliked_query, s->disliked_item, NULL};
}
