/* Exact search: see flat.h. */
#include "index/flat.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/lock.h"
#include "index/flat_internal.h"
#include "index/sieve.h"
#include "math/topk.h"

enum {
    BLOCK = 96,       /* queries that share each panel fetched; a multiple of a group */
    TURN_PANELS = 64, /* panels turned as one piece of work */
};

struct flat {
    struct tt_ann ann;
    tt_scan_fn *scan;
    _Atomic(float *) panels; /* (n_panels, dim, TT_SCAN_ITEMS); NULL: not made yet */
    size_t n_panels;
    const float *vectors;    /* of an index whose panels are made when they are needed */
    struct tt_mutex lock;     /* of the making */
};

/* ---- building ---- */

struct turn_job {
    const struct flat *flat;
    const float *vectors;
    float *panels;
};

static void turn_block(void *arg, size_t block, int worker)
{
    struct turn_job *job = arg;
    const struct flat *flat = job->flat;
    size_t dim = flat->ann.dim, end = (block + 1) * TURN_PANELS;

    (void)worker;
    for (size_t p = block * TURN_PANELS; p < end && p < flat->n_panels; p++) {
        size_t first = p * TT_SCAN_ITEMS, left = flat->ann.n - first;
        tt_scan_turn(job->vectors + first * dim, left < TT_SCAN_ITEMS ? left : TT_SCAN_ITEMS, dim, TT_SCAN_ITEMS,
                     job->panels + first * dim);
    }
}

static int make_panels(struct flat *flat, const float *vectors, struct tt_pool *pool, struct tt_err *err)
{
    struct turn_job job = {flat, vectors, NULL};

    job.panels = tt_alloc_aligned(flat->n_panels, flat->ann.dim * TT_SCAN_ITEMS * sizeof(float), err);
    if (!job.panels)
        return -1;
    tt_pool_run(pool, tt_blocks(flat->n_panels, TURN_PANELS), turn_block, &job);
    flat->panels = job.panels;
    return 0;
}

/* The panels, if nobody has made them. */
static int need_panels(struct flat *flat, struct tt_pool *pool, struct tt_err *err)
{
    int status = 0;

    if (flat->panels)
        return 0;
    tt_mutex_lock(&flat->lock);
    if (!flat->panels)
        status = make_panels(flat, flat->vectors, pool, err);
    tt_mutex_unlock(&flat->lock);
    return status;
}

/* ---- searching ---- */

struct search_job {
    const struct flat *flat;
    const float *panels;
    const struct tt_ann_request *request;
    const struct tt_ann_result *result;
    size_t room;              /* rows that a query can find: k, or n when that is less */
    float *turned;            /* (threads, BLOCK, dim) */
    struct tt_scored *scored; /* (threads, BLOCK, room) */
};

/* A group of queries that one call of the kernel takes. */
struct group {
    size_t first, n; /* in the request */
    float *turned;   /* (dim, n) */
    struct tt_topk top[TT_SCAN_QUERIES];
    float limit[TT_SCAN_QUERIES];
};

static void take_hits(struct search_job *job, struct group *group, size_t panel, const struct tt_scan_hit *hits,
                      size_t n)
{
    const struct tt_ann_filter *filters = job->request->filters;

    for (size_t i = 0; i < n; i++) {
        struct tt_topk *top = &group->top[hits[i].query];
        size_t row = panel * TT_SCAN_ITEMS + hits[i].item;
        /* An equal score loses here to the rows before it, as the rule for ties wants. */
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
    float *turned = job->turned + worker * BLOCK * dim;

    for (size_t first = from; first < to;) {
        struct group *g = &groups[n_groups++];
        size_t left = to - first;
        g->first = first;
        g->n = left >= TT_SCAN_QUERIES ? TT_SCAN_QUERIES : left >= 4 ? 4 : 1;
        g->turned = turned;
        tt_scan_turn(job->request->queries + first * dim, g->n, dim, g->n, turned);
        for (size_t i = 0; i < g->n; i++) {
            tt_topk_init(&g->top[i], scored, job->room);
            g->limit[i] = tt_topk_limit(&g->top[i]);
            scored += job->room;
        }
        turned += g->n * dim;
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
            size_t n = flat->scan(groups[g].n, flat->ann.dim, groups[g].turned, panel, groups[g].limit, hits);
            if (n)
                take_hits(job, &groups[g], p, hits, n);
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

static int flat_search(const struct tt_ann *ann, const struct tt_ann_request *request,
                       const struct tt_ann_result *result, struct tt_pool *pool, struct tt_err *err)
{
    size_t blocks = tt_blocks(request->n, BLOCK), threads = (size_t)tt_pool_threads(pool);
    struct flat *flat = (struct flat *)(uintptr_t)ann;
    struct search_job job = {.flat = flat, .request = request, .result = result,
                             .room = request->k < ann->n ? request->k : ann->n};
    int status = -1;

    if (need_panels(flat, pool, err))
        return -1;
    job.panels = flat->panels;
    job.turned = tt_alloc_aligned(threads * BLOCK * ann->dim, sizeof(*job.turned), err);
    if (!job.turned)
        goto done;
    job.scored = tt_alloc(threads * BLOCK * job.room, sizeof(*job.scored), err);
    if (!job.scored)
        goto done;
    tt_pool_run(pool, blocks, search_block, &job);
    status = 0;
done:
    free(job.turned);
    free(job.scored);
    return status;
}

static void flat_free(struct tt_ann *ann)
{
    struct flat *flat = (struct flat *)ann;

    tt_mutex_release(&flat->lock);
    free(flat->panels);
    free(flat);
}

/* An index without its panels. */
static struct flat *new_flat(tt_scan_fn *scan, const float *vectors, size_t n, size_t dim, struct tt_err *err)
{
    static const struct tt_ann_ops ops = {flat_search, flat_free};
    struct flat *flat;
    size_t panel;

    if (n > TT_ANN_MAX_ROWS || __builtin_mul_overflow(dim, TT_SCAN_ITEMS * sizeof(float), &panel)) {
        tt_err_memory(err, SIZE_MAX);
        return NULL;
    }
    flat = tt_alloc_zero(1, sizeof(*flat), err);
    if (!flat)
        return NULL;
    if (tt_mutex_init(&flat->lock, err)) {
        free(flat);
        return NULL;
    }
    flat->ann = (struct tt_ann){n, dim, &ops};
    flat->scan = scan;
    flat->n_panels = tt_blocks(n, TT_SCAN_ITEMS);
    flat->vectors = vectors;
    return flat;
}

struct tt_ann *tt_flat_new_with(tt_scan_fn *scan, const float *vectors, size_t n, size_t dim, struct tt_pool *pool,
                                struct tt_err *err)
{
    struct flat *flat = new_flat(scan, vectors, n, dim, err);

    if (flat && make_panels(flat, vectors, pool, err)) {
        flat_free(&flat->ann);
        return NULL;
    }
    return flat ? &flat->ann : NULL;
}

struct tt_ann *tt_flat_new(const float *vectors, size_t n, size_t dim, struct tt_pool *pool, struct tt_err *err)
{
    struct tt_ann *exact = tt_flat_new_with(tt_scan_best(), vectors, n, dim, pool, err);
    tt_byte_scan_fn *scan = tt_byte_scan_fast();
    struct tt_sieve_parts parts;

    if (!exact || !scan)
        return exact;
    if (tt_sieve_make(&parts, vectors, n, dim, pool, err)) {
        tt_ann_free(exact);
        return NULL;
    }
    return tt_sieve_new(scan, exact, vectors, &parts, 0, err);
}

struct tt_ann *tt_flat_new_sieved(const float *vectors, size_t n, size_t dim, struct tt_sieve_parts *parts,
                                  struct tt_pool *pool, struct tt_err *err)
{
    tt_byte_scan_fn *scan = tt_byte_scan_fast();
    struct flat *exact;

    if (!scan || parts->n_panels == 0) {
        tt_sieve_parts_release(parts);
        return tt_flat_new(vectors, n, dim, pool, err);
    }
    exact = new_flat(tt_scan_best(), vectors, n, dim, err);
    if (!exact) {
        tt_sieve_parts_release(parts);
        return NULL;
    }
    return tt_sieve_new(scan, &exact->ann, vectors, parts, 0, err);
}
