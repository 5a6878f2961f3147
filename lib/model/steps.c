/* The make-up of training steps: see steps.h. */
#include "model/steps.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"

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

double tt_steps_log_p(size_t entries, size_t batch, size_t m)
{
    /* C(E-1-m, b-1) / C(E-1, b-1) is the product over i < m of (E-b-i) / (E-1-i), or the same with m and b-1 swapped */
    size_t others = entries - 1, drawn = batch - 1, few = m < drawn ? m : drawn, many = m < drawn ? drawn : m;
    double log_absent = 0;

    if (drawn == 0 || others < many + few) /* nothing else is drawn, or other items' entries cannot fill the step */
        return 0;
    for (size_t i = 0; i < few; i++)
        log_absent += log1p(-(double)many / (double)(others - i));
    return log(-expm1(log_absent));
}

static int init_sampled(struct tt_steps *s, struct tt_err *err)
{
    const struct tt_bags *wanted = &s->queries->wanted;
    size_t n_places = s->catalogue->n;

    s->entry_query = tt_alloc(s->n, sizeof(*s->entry_query), err);
    s->entry_count = tt_alloc_zero(n_places, sizeof(*s->entry_count), err);
    s->place_log_p = tt_alloc(n_places, sizeof(*s->place_log_p), err);
    s->place_candidate = tt_alloc(n_places, sizeof(*s->place_candidate), err);
    s->sampled_items = tt_alloc(s->max_candidates, sizeof(*s->sampled_items), err);
    s->sampled_log_p = tt_alloc(s->max_candidates, sizeof(*s->sampled_log_p), err);
    if (!s->entry_query || !s->entry_count || !s->place_log_p || !s->place_candidate || !s->sampled_items ||
        !s->sampled_log_p)
        return -1;
    for (size_t q = 0; q < s->queries->n; q++)
        for (uint64_t e = wanted->offsets[q]; e < wanted->offsets[q + 1]; e++) {
            s->entry_query[e] = (uint32_t)q;
            s->entry_count[s->catalogue->place[wanted->codes[e]]]++;
        }
    for (size_t i = 0; i < n_places; i++) {
        s->place_log_p[i] = (float)tt_steps_log_p(s->n, s->batch, s->entry_count[i]);
        s->place_candidate[i] = TT_NO_PLACE;
    }
    return 0;
}

int tt_steps_init(struct tt_steps *s, const struct tt_queries *queries, const struct tt_catalogue *catalogue,
                  int is_sampled, size_t batch, struct tt_err *err)
{
    *s = (struct tt_steps){.queries = queries, .catalogue = catalogue, .is_sampled = is_sampled};
    s->n = is_sampled ? tt_steps_entries(queries) : tt_steps_queries(queries);
    s->batch = batch < s->n ? batch : s->n;
    s->n_steps = s->n ? tt_blocks(s->n, s->batch) : 0;
    s->max_candidates = is_sampled && s->batch < catalogue->n ? s->batch : catalogue->n;
    s->order = tt_alloc(s->n, sizeof(*s->order), err);
    s->rows = tt_alloc(s->batch, sizeof(*s->rows), err);
    s->starts = tt_alloc(s->batch + 1, sizeof(*s->starts), err);
    if (!s->order || !s->rows || !s->starts || (is_sampled && s->n && init_sampled(s, err))) {
        tt_steps_release(s);
        return -1;
    }
    return 0;
}

void tt_steps_release(struct tt_steps *s)
{
    free(s->order);
    free(s->rows);
    free(s->starts);
    free(s->p_query);
    free(s->p_item);
    free(s->p_weight);
    free(s->entry_query);
    free(s->entry_count);
    free(s->place_log_p);
    free(s->place_candidate);
    free(s->sampled_items);
    free(s->sampled_log_p);
    *s = (struct tt_steps){0};
}

void tt_steps_shuffle(struct tt_steps *s, uint64_t seed, uint64_t epoch)
{
    const uint64_t *offsets = s->queries->wanted.offsets;
    struct tt_rng rng;
    size_t n = 0;

    for (size_t i = 0; s->is_sampled && i < s->n; i++)
        s->order[i] = (uint32_t)i;
    for (size_t q = 0; !s->is_sampled && q < s->queries->n; q++)
        if (offsets[q] < offsets[q + 1])
            s->order[n++] = (uint32_t)q;
    tt_rng_init(&rng, seed, TT_RNG_SHUFFLE, epoch);
    for (size_t i = s->n; i > 1; i--) { /* Fisher and Yates */
        size_t k = (size_t)tt_rng_below(&rng, i);
        uint32_t swap = s->order[i - 1];
        s->order[i - 1] = s->order[k];
        s->order[k] = swap;
    }
}

static int add_positive(struct tt_steps *s, size_t at, size_t row, uint32_t candidate, float weight, struct tt_err *err)
{
    if (tt_grow(&s->p_query, &s->cap_query, at + 1, sizeof(*s->p_query), err) ||
        tt_grow(&s->p_item, &s->cap_item, at + 1, sizeof(*s->p_item), err) ||
        tt_grow(&s->p_weight, &s->cap_weight, at + 1, sizeof(*s->p_weight), err))
        return -1;
    s->p_query[at] = (uint32_t)row;
    s->p_item[at] = candidate;
    s->p_weight[at] = weight;
    s->weight += (double)weight;
    return 0;
}

static int make_full(struct tt_steps *s, size_t from, size_t n, struct tt_err *err)
{
    const struct tt_bags *wanted = &s->queries->wanted;
    size_t at = 0;

    for (size_t r = 0; r < n; r++) {
        uint32_t q = s->rows[r] = s->order[from + r];
        s->starts[r] = (uint32_t)at;
        for (uint64_t e = wanted->offsets[q]; e < wanted->offsets[q + 1]; e++, at++)
            if (add_positive(s, at, r, s->catalogue->place[wanted->codes[e]], wanted->weights[e], err))
                return -1;
    }
    s->starts[n] = (uint32_t)at;
    s->n_rows = n;
    s->n_candidates = s->catalogue->n;
    s->candidates = s->catalogue->items;
    s->log_p = NULL;
    return 0;
}

static int compare_u32(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

/* The number of a place among the step's candidates, where it is added if it is new. */
static uint32_t candidate_of(struct tt_steps *s, uint32_t place, size_t n)
{
    if (s->place_candidate[place] == TT_NO_PLACE) {
        s->sampled_items[s->n_candidates] = s->catalogue->items[place];
        s->sampled_log_p[s->n_candidates] =
            n == s->batch ? s->place_log_p[place] : (float)tt_steps_log_p(s->n, n, s->entry_count[place]);
        s->place_candidate[place] = (uint32_t)s->n_candidates++;
    }
    return s->place_candidate[place];
}

static int make_sampled(struct tt_steps *s, size_t from, size_t n, struct tt_err *err)
{
    const struct tt_bags *wanted = &s->queries->wanted;
    uint32_t *entries = s->order + from;

    qsort(entries, n, sizeof(*entries), compare_u32); /* entries of one query become neighbours */
    s->n_rows = s->n_candidates = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t e = entries[i], q = s->entry_query[e];
        if (s->n_rows == 0 || s->rows[s->n_rows - 1] != q) {
            s->starts[s->n_rows] = (uint32_t)i;
            s->rows[s->n_rows++] = q;
        }
        uint32_t candidate = candidate_of(s, s->catalogue->place[wanted->codes[e]], n);
        if (add_positive(s, i, s->n_rows - 1, candidate, wanted->weights[e], err))
            return -1;
    }
    s->starts[s->n_rows] = (uint32_t)n;
    for (size_t c = 0; c < s->n_candidates; c++)
        s->place_candidate[s->catalogue->place[s->sampled_items[c]]] = TT_NO_PLACE;
    s->candidates = s->sampled_items;
    s->log_p = s->sampled_log_p;
    return 0;
}

int tt_steps_make(struct tt_steps *s, size_t number, struct tt_err *err)
{
    size_t from = number * s->batch, n = s->n - from < s->batch ? s->n - from : s->batch;

    s->weight = 0;
    if (s->is_sampled ? make_sampled(s, from, n, err) : make_full(s, from, n, err))
        return -1;
    s->positives = (struct tt_pairs){s->starts, s->p_query, s->p_item, s->p_weight};
    return 0;
}
