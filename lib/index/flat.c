/* Exact search: see flat.h. */
#include "index/flat.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/lock.h"
#include "index/flat_internal.h"
#include "index/quantized_scan.h"
#include "math/topk.h"

enum {
    BLOCK = 96,             /* queries that share each panel fetched; a multiple of a group */
    PANELS = 64,            /* panels made as one piece of work */
    LEAST_QUANTIZED = 1024, /* fewer rows are compared in full */
    LONGEST_LIST = 64,      /* of a quantized scan: at k = 80, keeping candidates costs as much as it saves */
};

struct flat {
    struct tt_ann ann;
    tt_scan_fn *scan;
    _Atomic(float *) panels;    /* (n_panels, dim, TT_SCAN_ITEMS); NULL: not made yet */
    size_t n_panels;
    struct tt_mutex mutex;      /* held while the panels are made */
    struct tt_quantized quantized;
    tt_byte_scan_fn *byte_scan; /* NULL: every row is compared in full */
    size_t longest_list;        /* the largest k of the quantized scan */
};

/* ---- the panels ---- */

struct transpose_job {
    const struct flat *flat;
    float *panels;
};

static void transpose_block(void *arg, size_t block, int worker)
{
    struct transpose_job *job = arg;
    const struct flat *flat = job->flat;
    size_t dim = flat->ann.dim, end = (block + 1) * PANELS;

    (void)worker;
    for (size_t p = block * PANELS; p < end && p < flat->n_panels; p++) {
        size_t first = p * TT_SCAN_ITEMS, left = flat->ann.n - first;
        tt_scan_transpose(flat->ann.vectors + first * dim, left < TT_SCAN_ITEMS ? left : TT_SCAN_ITEMS, dim,
                          TT_SCAN_ITEMS, job->panels + first * dim);
    }
}

static int make_panels(struct flat *flat, struct tt_pool *pool, struct tt_err *err)
{
    struct transpose_job job = {flat, NULL};

    job.panels = tt_alloc_aligned(flat->n_panels, flat->ann.dim * TT_SCAN_ITEMS * sizeof(float), err);
    if (!job.panels)
        return -1;
    tt_pool_run(pool, tt_blocks(flat->n_panels, PANELS), transpose_block, &job);
    flat->panels = job.panels;
    return 0;
}

/* Make the panels unless they are there. */
static int need_panels(struct flat *flat, struct tt_pool *pool, struct tt_err *err)
{
    int status = 0;

    if (flat->panels)
        return 0;
    tt_mutex_lock(&flat->mutex);
    if (!flat->panels)
        status = make_panels(flat, pool, err);
    tt_mutex_unlock(&flat->mutex);
    return status;
}

/* ---- searching every row in full ---- */

struct search_job {
    const struct flat *flat;
    const float *panels;
    const struct tt_ann_request *request;
    const struct tt_ann_result *result;
    size_t room;              /* rows that a query can find: k, or n when that is less */
    float *transposed;        /* (threads, BLOCK, dim) */
    struct tt_scored *scored; /* (threads, BLOCK, room) */
};

/* The queries of one call of the kernel. */
struct group {
    size_t first, n;   /* in the request */
    float *transposed; /* (dim, n) */
    struct tt_topk top[TT_SCAN_QUERIES];
    float limit[TT_SCAN_QUERIES];
};

static void add_hits(struct search_job *job, struct group *group, size_t panel, const struct tt_scan_hit *hits,
                     size_t n)
{
    const struct tt_ann_filter *filters = job->request->filters;

    for (size_t i = 0; i < n; i++) {
        struct tt_topk *top = &group->top[hits[i].query];
        size_t row = panel * TT_SCAN_ITEMS + hits[i].item;
        /* An equal score loses here to the rows before it, by the rule for ties. */
        if (hits[i].score <= group->limit[hits[i].query] || row >= job->flat->ann.n ||
            (filters && tt_ann_is_excluded(&filters[group->first + hits[i].query], (uint32_t)row)))
            continue;
        tt_topk_push(top, hits[i].score, (uint32_t)row);
        group->limit[hits[i].query] = tt_topk_limit(top);
    }
}

/* Cut the block's queries into groups of 12, 4 and 1, for which the kernels have code. */
static size_t make_groups(struct search_job *job, size_t from, size_t to, size_t worker, struct group *groups)
{
    size_t dim = job->flat->ann.dim, n_groups = 0;
    struct tt_scored *scored = job->scored + worker * BLOCK * job->room;
    float *transposed = job->transposed + worker * BLOCK * dim;

    for (size_t first = from; first < to;) {
        struct group *g = &groups[n_groups++];
        size_t left = to - first;
        g->first = first;
        g->n = left >= TT_SCAN_QUERIES ? TT_SCAN_QUERIES : left >= 4 ? 4 : 1;
        g->transposed = transposed;
        tt_scan_transpose(job->request->queries + first * dim, g->n, dim, g->n, transposed);
        for (size_t i = 0; i < g->n; i++) {
            tt_topk_init(&g->top[i], scored, job->room);
            g->limit[i] = tt_topk_limit(&g->top[i]);
            scored += job->room;
        }
        transposed += g->n * dim;
        first += g->n;
    }
    return n_groups;
}

static void search_block(void *arg, size_t block, int worker)
{
    struct search_job *job = arg;
    const struct flat *flat = job->flat;
    const struct tt_ann_request *request = job->request;
    struct group groups[BLOCK / TT_SCAN_QUERIES + 2 + 3]; /* the rest: at most two groups of 4 and three of 1 */
    struct tt_scan_hit hits[TT_SCAN_HITS];
    size_t from = block * BLOCK, to = from + BLOCK < request->n ? from + BLOCK : request->n;
    size_t n_groups = make_groups(job, from, to, (size_t)worker, groups);

    for (size_t p = 0; p < flat->n_panels; p++) {
        const float *panel = job->panels + p * TT_SCAN_ITEMS * flat->ann.dim;
        for (size_t g = 0; g < n_groups; g++) {
            size_t n = flat->scan(groups[g].n, flat->ann.dim, groups[g].transposed, panel, groups[g].limit, hits);
            if (n)
                add_hits(job, &groups[g], p, hits, n);
        }
    }
    for (size_t g = 0; g < n_groups; g++) {
        for (size_t i = 0; i < groups[g].n; i++) {
            struct tt_topk *top = &groups[g].top[i];
            size_t query = groups[g].first + i;
            tt_topk_sort(top);
            job->result->found[query] = top->n;
            for (size_t r = 0; r < top->n; r++) {
                job->result->rows[query * request->k + r] = top->items[r].row;
                job->result->scores[query * request->k + r] = top->items[r].score;
            }
        }
    }
}

static int search_in_full(struct flat *flat, const struct tt_ann_request *request, const struct tt_ann_result *result,
                          struct tt_pool *pool, struct tt_err *err)
{
    size_t blocks = tt_blocks(request->n, BLOCK), threads = (size_t)tt_pool_threads(pool), n = flat->ann.n;
    struct search_job job = {.flat = flat, .request = request, .result = result,
                             .room = request->k < n ? request->k : n};
    int status = -1;

    if (need_panels(flat, pool, err))
        return -1;
    job.panels = flat->panels;
    job.transposed = tt_alloc_aligned(threads * BLOCK * flat->ann.dim, sizeof(*job.transposed), err);
    if (!job.transposed)
        goto done;
    job.scored = tt_alloc(threads * BLOCK * job.room, sizeof(*job.scored), err);
    if (!job.scored)
        goto done;
    tt_pool_run(pool, blocks, search_block, &job);
    status = 0;
done:
    free(job.transposed);
    free(job.scored);
    return status;
}

/* ---- searching by the quantized scan ---- */

/* Queries that the quantized scan gave up: all together, every row in full. */
static int search_rest(struct flat *flat, const struct tt_ann_request *request, const struct tt_ann_result *result,
                       struct tt_pool *pool, struct tt_err *err)
{
    size_t n = 0, dim = flat->ann.dim, k = request->k, at = 0;
    struct tt_ann_request rest = {.k = k};
    struct tt_ann_result got = {NULL, NULL, NULL};
    struct tt_ann_filter *filters = NULL;
    float *queries = NULL;
    int status = -1;

    for (size_t i = 0; i < request->n; i++)
        n += result->found[i] == TT_QUANTIZED_GAVE_UP;
    if (n == 0)
        return 0;
    queries = tt_alloc(n * dim, sizeof(*queries), err);
    filters = tt_alloc_zero(n, sizeof(*filters), err);
    got.rows = tt_alloc(n * k, sizeof(*got.rows), err);
    got.scores = tt_alloc(n * k, sizeof(*got.scores), err);
    got.found = tt_alloc(n, sizeof(*got.found), err);
    if (!queries || !filters || !got.rows || !got.scores || !got.found)
        goto done;
    for (size_t i = 0; i < request->n; i++) {
        if (result->found[i] != TT_QUANTIZED_GAVE_UP)
            continue;
        memcpy(queries + at * dim, request->queries + i * dim, dim * sizeof(*queries));
        if (request->filters)
            filters[at] = request->filters[i];
        at++;
    }
    rest.n = n;
    rest.queries = queries;
    rest.filters = request->filters ? filters : NULL;
    if (search_in_full(flat, &rest, &got, pool, err))
        goto done;
    at = 0;
    for (size_t i = 0; i < request->n; i++) {
        if (result->found[i] != TT_QUANTIZED_GAVE_UP)
            continue;
        result->found[i] = got.found[at];
        memcpy(result->rows + i * k, got.rows + at * k, got.found[at] * sizeof(*got.rows));
        memcpy(result->scores + i * k, got.scores + at * k, got.found[at] * sizeof(*got.scores));
        at++;
    }
    status = 0;
done:
    free(queries);
    free(filters);
    free(got.rows);
    free(got.scores);
    free(got.found);
    return status;
}

static int flat_search(const struct tt_ann *ann, const struct tt_ann_request *request,
                       const struct tt_ann_result *result, struct tt_pool *pool, struct tt_err *err)
{
    struct flat *flat = (struct flat *)(uintptr_t)ann; /* the panels may be made */

    if (!flat->byte_scan || flat->quantized.n_panels == 0 || request->k > flat->longest_list)
        return search_in_full(flat, request, result, pool, err);
    return tt_quantized_search(&flat->quantized, flat->byte_scan, ann, request, result, pool, err) ||
                   search_rest(flat, request, result, pool, err)
               ? -1
               : 0;
}

/* ---- the type ---- */

static void flat_free(struct tt_ann *ann)
{
    struct flat *flat = (struct flat *)ann;

    tt_mutex_release(&flat->mutex);
    tt_quantized_release(&flat->quantized);
    free(flat->panels);
    free(flat);
}

/* An index without panels and quantized rows. */
static struct flat *new_flat(const float *vectors, size_t n, size_t dim, struct tt_err *err)
{
    struct flat *flat;
    size_t panel;

    if (n > TT_ANN_MAX_ROWS || __builtin_mul_overflow(dim, TT_SCAN_ITEMS * sizeof(float), &panel)) {
        tt_err_memory(err, SIZE_MAX);
        return NULL;
    }
    flat = tt_alloc_zero(1, sizeof(*flat), err);
    if (!flat)
        return NULL;
    if (tt_mutex_init(&flat->mutex, err)) {
        free(flat);
        return NULL;
    }
    flat->ann = (struct tt_ann){&tt_flat_type, n, dim, vectors};
    flat->n_panels = tt_blocks(n, TT_SCAN_ITEMS);
    flat->scan = tt_scan_best();
    flat->byte_scan = tt_byte_scan_fast();
    flat->longest_list = LONGEST_LIST;
    return flat;
}

static struct tt_ann *flat_build(const float *vectors, size_t n, size_t dim, struct tt_pool *pool, struct tt_err *err)
{
    struct flat *flat = new_flat(vectors, n, dim, err);

    if (flat && n >= LEAST_QUANTIZED && tt_quantized_make(&flat->quantized, vectors, n, dim, pool, err)) {
        flat_free(&flat->ann);
        return NULL;
    }
    return flat ? &flat->ann : NULL;
}

static int flat_store(const struct tt_ann *ann, struct tt_segment *segment, struct tt_err *err)
{
    return tt_quantized_store(&((const struct flat *)ann)->quantized, segment, err);
}

/* A file may have no quantized rows: they are made where they will be read. */
static struct tt_ann *flat_open(const struct tt_segment *segment, const float *vectors, size_t n, size_t dim,
                                struct tt_pool *pool, struct tt_err *err)
{
    struct flat *flat = new_flat(vectors, n, dim, err);

    if (!flat)
        return NULL;
    if (tt_quantized_view(&flat->quantized, n, dim, segment, err) ||
        (flat->quantized.n_panels == 0 && flat->byte_scan && n >= LEAST_QUANTIZED &&
         tt_quantized_make(&flat->quantized, vectors, n, dim, pool, err))) {
        flat_free(&flat->ann);
        return NULL;
    }
    return &flat->ann;
}

const struct tt_ann_type tt_flat_type = {"flat", flat_build, flat_store, flat_open, flat_search, flat_free};

struct tt_ann *tt_flat_new_with(tt_scan_fn *scan, tt_byte_scan_fn *byte_scan, const float *vectors, size_t n,
                                size_t dim, struct tt_pool *pool, struct tt_err *err)
{
    struct flat *flat = new_flat(vectors, n, dim, err);

    if (flat && byte_scan && tt_quantized_make(&flat->quantized, vectors, n, dim, pool, err)) {
        flat_free(&flat->ann);
        return NULL;
    }
    if (!flat)
        return NULL;
    flat->scan = scan;
    flat->byte_scan = byte_scan;
    flat->longest_list = SIZE_MAX;
    return &flat->ann;
}
