/* Sums that are kept for several steps: see stale.h. */
#include "train/stale.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { ROW_BLOCK = 64 };

int tt_stale_init(struct tt_stale *stale, const struct tt_model *model, const struct tt_tower_input *input,
                  size_t column, const struct tt_catalogue *catalogue, struct tt_pool *pool, struct tt_err *err)
{
    struct tt_lookup_scratch scratch = {0};
    size_t n = catalogue->n;

    *stale = (struct tt_stale){.catalogue = catalogue};
    stale->sums = tt_alloc(n, model->dim * sizeof(*stale->sums), err);
    stale->gradient = tt_alloc_zero(n, model->dim * sizeof(*stale->gradient), err);
    int status = stale->sums && stale->gradient &&
                         tt_lookup_init(&stale->lookup, model, input, column, n, err) == 0 &&
                         tt_lookup_gather(&stale->lookup, &scratch, pool, catalogue->items, n, NULL, err) == 0
                     ? 0 : -1;
    tt_lookup_scratch_release(&scratch);
    if (status)
        tt_stale_release(stale);
    return status;
}

void tt_stale_release(struct tt_stale *stale)
{
    tt_lookup_release(&stale->lookup);
    free(stale->sums);
    free(stale->gradient);
    *stale = (struct tt_stale){0};
}

static void refresh_block(void *arg, size_t block, int worker)
{
    struct tt_stale *stale = arg;
    size_t dim = stale->lookup.model->dim, from = block * ROW_BLOCK;
    size_t n = stale->lookup.n_rows - from < ROW_BLOCK ? stale->lookup.n_rows - from : ROW_BLOCK;

    (void)worker;
    memset(stale->sums + from * dim, 0, n * dim * sizeof(*stale->sums));
    tt_lookup_add(&stale->lookup, from, n, stale->sums + from * dim, dim);
}

void tt_stale_refresh(struct tt_stale *stale, struct tt_pool *pool)
{
    if (!stale->is_fresh)
        tt_pool_run(pool, tt_blocks(stale->lookup.n_rows, ROW_BLOCK), refresh_block, stale);
    stale->is_fresh = 1;
}

void tt_stale_add(const struct tt_stale *stale, const uint32_t *rows, size_t n, float *sums, size_t stride)
{
    size_t dim = stale->lookup.model->dim;

    for (size_t r = 0; r < n; r++) {
        const float *from = stale->sums + stale->catalogue->place[rows[r]] * dim;
        float *to = sums + r * stride;
        for (size_t i = 0; i < dim; i++)
            to[i] += from[i];
    }
}

struct collect {
    struct tt_stale *stale;
    const uint32_t *rows;
    size_t n;
    const float *d;
    size_t stride;
};

static void collect_block(void *arg, size_t block, int worker)
{
    const struct collect *c = arg;
    size_t dim = c->stale->lookup.model->dim, to = (block + 1) * ROW_BLOCK;

    (void)worker;
    for (size_t r = block * ROW_BLOCK; r < to && r < c->n; r++) {
        const float *d = c->d + r * c->stride;
        float *sum = c->stale->gradient + c->stale->catalogue->place[c->rows[r]] * dim;
        for (size_t i = 0; i < dim; i++)
            sum[i] += d[i];
    }
}

void tt_stale_collect(struct tt_stale *stale, struct tt_pool *pool, const uint32_t *rows, size_t n, const float *d,
                      size_t stride)
{
    struct collect collect = {stale, rows, n, d, stride};

    tt_pool_run(pool, tt_blocks(n, ROW_BLOCK), collect_block, &collect);
    stale->steps++;
}

double tt_stale_move(struct tt_stale *stale, struct tt_pool *pool, tt_gradient_fn *take, tt_ahead_fn *ahead, void *arg)
{
    size_t dim = stale->lookup.model->dim;

    if (stale->steps == 0)
        return 0;
    double squares = tt_lookup_back(&stale->lookup, pool, stale->gradient, dim, take, ahead, arg);
    memset(stale->gradient, 0, stale->lookup.n_rows * dim * sizeof(*stale->gradient));
    stale->steps = 0;
    stale->is_fresh = 0;
    return squares;
}

int tt_stale_state(struct tt_stale *stale, struct tt_state *state, struct tt_err *err)
{
    return tt_state_array(state, "stale.gradient", TT_F32, stale->lookup.n_rows, stale->lookup.model->dim,
                          stale->gradient, err) ||
                   tt_state_count(state, "stale.steps", &stale->steps, err)
               ? -1
               : 0;
}
