/* A quantized scan with exact re-ranking: see quantized_scan.h. */
#include "index/quantized_scan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "io/container.h"
#include "math/topk.h"
#include "math/vec.h"

enum {
    BLOCK = 96,  /* queries that share each panel fetched */
    LANES = 16,  /* limits are computed for a whole register */
    PANELS = 64, /* panels made as one piece of work */
    SPARE = 240, /* candidates kept beyond 2 k */
};

/* Longer vectors need a search in full: what float cannot tell from 0 (10^-45), times this, is far below
 * UNDERFLOW, and no product below comes near the largest float. */
#define LONGEST 1e9

/* Bounds are raised by this share, much more than their own rounding in float, and by an absolute that covers what
 * underflow can lose of a score. */
#define RAISE 1.0001
#define UNDERFLOW 1e-35f

/* A query whose step is smaller would have a 1 / t near the largest float; zero queries are among these. */
#define SMALLEST_STEP 1e-30f

/* A row of tt_quantized.panels. */
struct panel {
    float step, inverse;   /* s, and 1 / s (0 where s is) */
    float longest, wrong;  /* the largest |y| and |w| of its items, raised */
};

/* ---- quantizing ---- */

struct make_job {
    struct tt_quantized *quantized;
    const float *vectors;
    size_t n, dim;
};

static void make_panels(void *arg, size_t block, int worker)
{
    struct make_job *job = arg;
    struct tt_quantized *quantized = job->quantized;
    size_t dim = job->dim, end = (block + 1) * PANELS;

    (void)worker;
    for (size_t p = block * PANELS; p < end && p < quantized->n_panels; p++) {
        size_t first = p * TT_SCAN_ITEMS, left = job->n - first, n = left < TT_SCAN_ITEMS ? left : TT_SCAN_ITEMS;
        int8_t *bytes = quantized->bytes + first * quantized->quads * 4;
        float step = tt_byte_step(job->vectors + first * dim, n * dim);
        double longest = 0, wrong = 0;
        for (size_t i = 0; i < n; i++) {
            const float *y = job->vectors + (first + i) * dim;
            double rest = tt_byte_round(y, dim, step, bytes + i * 4, TT_SCAN_ITEMS * 4);
            double length = sqrt(tt_vec_sum_squares(y, dim));
            int32_t sum = 0;
            for (size_t k = 0; k < dim; k++)
                sum += bytes[k / 4 * TT_SCAN_ITEMS * 4 + i * 4 + k % 4];
            quantized->begin[first + i] = -128 * sum;
            longest = length > longest ? length : longest;
            wrong = rest > wrong ? rest : wrong;
        }
        ((struct panel *)quantized->panels)[p] =
            (struct panel){step, step > 0 ? 1 / step : 0, (float)(longest * RAISE), (float)(wrong * RAISE)};
    }
}

void tt_quantized_release(struct tt_quantized *quantized)
{
    if (!quantized->borrowed) {
        free(quantized->bytes);
        free(quantized->begin);
        free(quantized->panels);
    }
    *quantized = (struct tt_quantized){0};
}

int tt_quantized_make(struct tt_quantized *quantized, const float *vectors, size_t n, size_t dim, struct tt_pool *pool,
                  struct tt_err *err)
{
    *quantized = (struct tt_quantized){.n_panels = tt_blocks(n, TT_SCAN_ITEMS), .quads = tt_blocks(dim, 4)};
    if (dim > TT_BYTE_SCAN_MAX_DIM) {
        quantized->n_panels = 0;
        return 0;
    }
    quantized->bytes = tt_alloc_zero(quantized->n_panels * TT_SCAN_ITEMS, quantized->quads * 4, err);
    quantized->begin = tt_alloc_zero(quantized->n_panels * TT_SCAN_ITEMS, sizeof(*quantized->begin), err);
    quantized->panels = tt_alloc_zero(quantized->n_panels, sizeof(struct panel), err);
    if (!quantized->bytes || !quantized->begin || !quantized->panels) {
        tt_quantized_release(quantized);
        return -1;
    }
    struct make_job job = {quantized, vectors, n, dim};
    tt_pool_run(pool, tt_blocks(quantized->n_panels, PANELS), make_panels, &job);
    for (size_t p = 0; p < quantized->n_panels; p++)
        if (!((double)((struct panel *)quantized->panels)[p].longest < LONGEST)) {
            tt_quantized_release(quantized);
            break;
        }
    return 0;
}

/* ---- in a segment ---- */

int tt_quantized_store(const struct tt_quantized *quantized, struct tt_segment *segment, struct tt_err *err)
{
    size_t rows = quantized->n_panels * TT_SCAN_ITEMS;

    if (quantized->n_panels == 0)
        return 0;
    return tt_segment_tensor(segment, "quantized.bytes", TT_I8, rows, quantized->quads * 4, quantized->bytes, err) ||
                   tt_segment_tensor(segment, "quantized.begin", TT_U32, rows, 0, quantized->begin, err) ||
                   tt_segment_tensor(segment, "quantized.panels", TT_F32, quantized->n_panels, 4, quantized->panels,
                                     err)
               ? -1
               : 0;
}

int tt_quantized_view(struct tt_quantized *quantized, size_t n, size_t dim, const struct tt_segment *segment,
                      struct tt_err *err)
{
    size_t n_panels = tt_blocks(n, TT_SCAN_ITEMS), quads = tt_blocks(dim, 4);
    const struct tt_tensor *bytes, *begin, *panels;

    *quantized = (struct tt_quantized){0};
    if (!tt_segment_find(segment, "quantized.bytes") || dim > TT_BYTE_SCAN_MAX_DIM)
        return 0;
    bytes = tt_segment_need(segment, "quantized.bytes", TT_I8, n_panels * TT_SCAN_ITEMS, quads * 4, err);
    begin = bytes ? tt_segment_need(segment, "quantized.begin", TT_U32, n_panels * TT_SCAN_ITEMS, 0, err) : NULL;
    panels = begin ? tt_segment_need(segment, "quantized.panels", TT_F32, n_panels, 4, err) : NULL;
    if (!panels)
        return -1;
    *quantized = (struct tt_quantized){.n_panels = n_panels, .quads = quads, .borrowed = 1,
                                       .bytes = (int8_t *)(uintptr_t)bytes->data,
                                       .begin = (int32_t *)(uintptr_t)begin->data,
                                       .panels = (float *)(uintptr_t)panels->data};
    return 0;
}

/* ---- searching ---- */

struct candidate {
    uint32_t row;
    float upper; /* its score is at most this */
};

struct query {
    struct tt_topk top;           /* the k best lower bounds so far; at the end, the k best scores */
    struct candidate *candidates; /* rows that may be among the k best */
    size_t n_candidates;
    float step;
    int gave_up;
};

/* The queries of one call of the kernel; arrays of LANES are for the computation of limits. */
struct group {
    size_t first, n;  /* in the request */
    uint8_t *bytes;   /* (quads, n, 4) */
    struct query query[TT_SCAN_QUERIES];
    float limit[LANES];   /* L: a row whose upper bound is not above this is passed over */
    float inverse[LANES]; /* 1 / t */
    float of_longest[LANES], of_wrong[LANES]; /* B = of_longest * panel.longest + of_wrong * panel.wrong + UNDERFLOW */
};

struct search_job {
    const struct tt_quantized *quantized;
    const struct panel *panels; /* of quantized */
    tt_byte_scan_fn *scan;
    const struct tt_ann *ann;
    const struct tt_ann_request *request;
    const struct tt_ann_result *result;
    size_t room, cap; /* rows that a query can find; candidates that it can hold */
    /* scratch, one part a thread */
    uint8_t *bytes;               /* (threads, BLOCK, quads, 4) */
    struct tt_scored *scored;     /* (threads, BLOCK, room) */
    struct candidate *candidates; /* (threads, BLOCK, cap) */
    float *panel;                 /* (threads, dim, TT_SCAN_ITEMS) */
};

/* Leave this query to a search in full. */
static void give_up(struct group *group, size_t i)
{
    group->query[i].gave_up = 1;
    group->limit[i] = INFINITY;
}

static void start_query(struct search_job *job, struct group *group, size_t i)
{
    size_t dim = job->ann->dim;
    const float *x = job->request->queries + (group->first + i) * dim;
    struct query *query = &group->query[i];
    double length = sqrt(tt_vec_sum_squares(x, dim)), wrong;

    query->step = tt_byte_step(x, dim);
    wrong = tt_byte_round(x, dim, query->step, (int8_t *)group->bytes + i * 4, group->n * 4);
    for (size_t k = 0; k < job->quantized->quads * 4; k++) { /* signed bytes become unsigned ones, around 128 */
        uint8_t *byte = &group->bytes[(k / 4 * group->n + i) * 4 + k % 4];
        *byte = k < dim ? (uint8_t)(*byte ^ 128) : 128;
    }
    group->limit[i] = tt_topk_limit(&query->top);
    group->inverse[i] = query->step > 0 ? 1 / query->step : 0;
    /* A sum of dim rounded steps is wrong by at most dim 2^-24 |x| |y| (1 + a little); twice that, and 8 steps for
     * ours. */
    group->of_longest[i] = (float)((wrong + (double)(dim + 8) * 0x1p-23 * length) * RAISE);
    group->of_wrong[i] = (float)((length + wrong) * RAISE);
    if (!(length < LONGEST) || query->step < SMALLEST_STEP)
        give_up(group, i);
}

static size_t make_groups(struct search_job *job, size_t from, size_t to, size_t worker, struct group *groups)
{
    size_t quads = job->quantized->quads, n_groups = 0, at = worker * BLOCK;

    for (size_t first = from; first < to;) {
        struct group *g = &groups[n_groups++];
        size_t left = to - first;
        memset(g, 0, sizeof(*g));
        g->first = first;
        g->n = left >= TT_SCAN_QUERIES ? TT_SCAN_QUERIES : left >= 4 ? 4 : 1;
        g->bytes = job->bytes + at * quads * 4;
        for (size_t i = 0; i < g->n; i++, at++) {
            tt_topk_init(&g->query[i].top, job->scored + at * job->room, job->room);
            g->query[i].candidates = job->candidates + at * job->cap;
            start_query(job, g, i);
        }
        first += g->n;
    }
    return n_groups;
}

/* The dot product above which a row of this panel may be among the k best: (L - B) / (t s), rounded down generously. */
static void panel_limits(const struct group *group, const struct panel *panel, int32_t limits[LANES])
{
    for (size_t i = 0; i < LANES; i++) {
        float bound = group->of_longest[i] * panel->longest + group->of_wrong[i] * panel->wrong + UNDERFLOW;
        float limit = (group->limit[i] - bound) * group->inverse[i] * panel->inverse;
        limit -= fabsf(limit) * 4e-6f + 2;
        limit = limit > -2.1e9f ? limit : -2.1e9f; /* of NaN too */
        limit = limit < 2.1e9f ? limit : 2.1e9f;
        limits[i] = (int32_t)limit;
    }
}

/* Drop candidates that are below the limit by now. When that frees little, the scan is of no use to this query. */
static void compact(struct search_job *job, struct group *group, size_t i)
{
    struct query *query = &group->query[i];
    size_t kept = 0;

    for (size_t c = 0; c < query->n_candidates; c++)
        if (query->candidates[c].upper >= group->limit[i])
            query->candidates[kept++] = query->candidates[c];
    query->n_candidates = kept;
    if (kept > job->cap - job->cap / 4)
        give_up(group, i);
}

static void add_hits(struct search_job *job, struct group *group, size_t p, const struct tt_byte_hit *hits, size_t n)
{
    const struct panel *panel = &job->panels[p];
    const struct tt_ann_filter *filters = job->request->filters;

    for (size_t h = 0; h < n; h++) {
        size_t i = hits[h].query, row = p * TT_SCAN_ITEMS + hits[h].item;
        struct query *query = &group->query[i];
        float bound = group->of_longest[i] * panel->longest + group->of_wrong[i] * panel->wrong + UNDERFLOW;
        double rough = (double)query->step * (double)panel->step * hits[h].dot;
        float upper = (float)(rough + (double)bound);
        if (!(upper > group->limit[i]) || row >= job->ann->n ||
            (filters && tt_ann_is_excluded(&filters[group->first + i], (uint32_t)row)))
            continue;
        tt_topk_push(&query->top, (float)(rough - (double)bound), (uint32_t)row);
        group->limit[i] = tt_topk_limit(&query->top);
        query->candidates[query->n_candidates++] = (struct candidate){(uint32_t)row, upper};
        if (query->n_candidates == job->cap)
            compact(job, group, i);
    }
}

/* Full scores of up to 32 rows, through the exact kernel, into the query's list. */
static void score_rows(struct search_job *job, struct query *query, const float *x, const uint32_t *rows, size_t n,
                       float *panel)
{
    static const float least = -INFINITY;
    size_t dim = job->ann->dim;
    struct tt_scan_hit hits[TT_SCAN_HITS];

    for (size_t i = 0; i < n; i++) {
        const float *y = job->ann->vectors + (size_t)rows[i] * dim;
        for (size_t d = 0; d < dim; d++)
            panel[d * TT_SCAN_ITEMS + i] = y[d];
    }
    size_t found = tt_scan_best()(1, dim, x, panel, &least, hits);
    for (size_t h = 0; h < found; h++)
        if (hits[h].item < n) /* the panel's other columns are left from before */
            tt_topk_push(&query->top, hits[h].score, rows[hits[h].item]);
}

/* Compare the remaining candidates in full, and write the k best. */
static void finish_query(struct search_job *job, struct query *query, size_t number, size_t worker)
{
    size_t dim = job->ann->dim, k = job->request->k, n = 0;
    const float *x = job->request->queries + number * dim;
    float *panel = job->panel + worker * dim * TT_SCAN_ITEMS, limit = tt_topk_limit(&query->top);
    uint32_t rows[TT_SCAN_ITEMS];

    tt_topk_init(&query->top, query->top.items, job->room);
    for (size_t c = 0; c < query->n_candidates; c++) {
        if (query->candidates[c].upper < limit)
            continue;
        rows[n++] = query->candidates[c].row;
        /* Rows lie all over memory: prefetch all of a batch before the first is read. */
        for (size_t d = 0; d < dim; d += 64 / sizeof(float))
            __builtin_prefetch(job->ann->vectors + (size_t)query->candidates[c].row * dim + d);
        if (n == TT_SCAN_ITEMS) {
            score_rows(job, query, x, rows, n, panel);
            n = 0;
        }
    }
    score_rows(job, query, x, rows, n, panel);
    tt_topk_sort(&query->top);
    job->result->found[number] = query->top.n;
    for (size_t r = 0; r < query->top.n; r++) {
        job->result->rows[number * k + r] = query->top.items[r].row;
        job->result->scores[number * k + r] = query->top.items[r].score;
    }
}

static void search_block(void *arg, size_t block, int worker)
{
    struct search_job *job = arg;
    const struct tt_quantized *quantized = job->quantized;
    struct group groups[BLOCK / TT_SCAN_QUERIES + 2 + 3]; /* the rest: at most two groups of 4 and three of 1 */
    struct tt_byte_hit hits[TT_SCAN_HITS];
    int32_t limits[LANES];
    size_t from = block * BLOCK, to = from + BLOCK < job->request->n ? from + BLOCK : job->request->n;
    size_t n_groups = make_groups(job, from, to, (size_t)worker, groups);

    for (size_t p = 0; p < quantized->n_panels; p++) {
        const int8_t *bytes = quantized->bytes + p * TT_SCAN_ITEMS * quantized->quads * 4;
        for (size_t g = 0; g < n_groups; g++) {
            panel_limits(&groups[g], &job->panels[p], limits);
            size_t n = job->scan(groups[g].n, quantized->quads, groups[g].bytes, bytes,
                                 quantized->begin + p * TT_SCAN_ITEMS, limits, hits);
            if (n)
                add_hits(job, &groups[g], p, hits, n);
        }
    }
    for (size_t g = 0; g < n_groups; g++) {
        for (size_t i = 0; i < groups[g].n; i++) {
            if (groups[g].query[i].gave_up)
                job->result->found[groups[g].first + i] = TT_QUANTIZED_GAVE_UP;
            else
                finish_query(job, &groups[g].query[i], groups[g].first + i, (size_t)worker);
        }
    }
}

int tt_quantized_search(const struct tt_quantized *quantized, tt_byte_scan_fn *scan, const struct tt_ann *ann,
                        const struct tt_ann_request *request, const struct tt_ann_result *result, struct tt_pool *pool,
                        struct tt_err *err)
{
    size_t threads = (size_t)tt_pool_threads(pool), places = threads * BLOCK;
    struct search_job job = {.quantized = quantized, .panels = (const struct panel *)quantized->panels, .scan = scan,
                             .ann = ann, .request = request, .result = result};
    int status = -1;

    job.room = request->k < ann->n ? request->k : ann->n;
    job.cap = 2 * job.room + SPARE;
    job.bytes = tt_alloc(places * quantized->quads, 4, err);
    job.scored = tt_alloc(places * job.room, sizeof(*job.scored), err);
    job.candidates = tt_alloc(places * job.cap, sizeof(*job.candidates), err);
    job.panel = tt_alloc_zero(threads * ann->dim * TT_SCAN_ITEMS, sizeof(*job.panel), err);
    if (!job.bytes || !job.scored || !job.candidates || !job.panel)
        goto done;
    tt_pool_run(pool, tt_blocks(request->n, BLOCK), search_block, &job);
    status = 0;
done:
    free(job.bytes);
    free(job.scored);
    free(job.candidates);
    free(job.panel);
    return status;
}
