/* Sums that several steps reuse: see stale.h. */
#include "train/stale.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { ROW_BLOCK = 64 };

int tt_stale_init(struct tt_stale *stale, const struct tt_model *model, const struct tt_tower_input *input,
                  size_t column, const struct tt_catalogue *catalogue, struct tt_pool *pool, struct tt_err *err)
{
    struct tt_embedding_bag_scratch scratch = {0};
    size_t n = catalogue->n;

    *stale = (struct tt_stale){.catalogue = catalogue};
    stale->sums = tt_alloc(n, model->dim * sizeof(*stale->sums), err);
    stale->gradient = tt_alloc_zero(n, model->dim * sizeof(*stale->gradient), err);
    int status = stale->sums && stale->gradient &&
                         tt_embedding_bag_init(&stale->bag, model, input, column, n, err) == 0 &&
                         tt_embedding_bag_gather(&stale->bag, &scratch, pool, catalogue->items, n, NULL, err) == 0
                     ? 0 : -1;
    tt_embedding_bag_scratch_release(&scratch);
    if (status)
        tt_stale_release(stale);
    return status;
}

void tt_stale_release(struct tt_stale *stale)
{
    tt_embedding_bag_release(&stale->bag);
    free(stale->sums);
    free(stale->gradient);
    *stale = (struct tt_stale){0};
}

static void refresh_block(void *arg, size_t block, int worker)
{
    struct tt_stale *stale = arg;
    size_t dim = stale->bag.model->dim, from = block * ROW_BLOCK;
    size_t n = stale->bag.n_rows - from < ROW_BLOCK ? stale->bag.n_rows - from : ROW_BLOCK;

    (void)worker;
    memset(stale->sums + from * dim, 0, n * dim * sizeof(*stale->sums));
    tt_embedding_bag_forward(&stale->bag, from, n, stale->sums + from * dim, dim);
}

void tt_stale_refresh(struct tt_stale *stale, struct tt_pool *pool)
{
    if (!stale->is_fresh)
        tt_pool_run(pool, tt_blocks(stale->bag.n_rows, ROW_BLOCK), refresh_block, stale);
    stale->is_fresh = 1;
}

void tt_stale_forward(const struct tt_stale *stale, const uint32_t *rows, size_t n, float *sums, size_t stride)
{
    size_t dim = stale->bag.model->dim;

    for (size_t r = 0; r < n; r++) {
        const float *from = stale->sums + stale->catalogue->place[rows[r]] * dim;
        float *to = sums + r * stride;
        for (size_t i = 0; i < dim; i++)
            to[i] += from[i];
    }
}

struct accumulation {
    struct tt_stale *stale;
    const uint32_t *rows;
    size_t n;
    const float *d;
    size_t stride;
};

static void accumulate_block(void *arg, size_t block, int worker)
{
    const struct accumulation *c = arg;
    size_t dim = c->stale->bag.model->dim, to = (block + 1) * ROW_BLOCK;

    (void)worker;
    for (size_t r = block * ROW_BLOCK; r < to && r < c->n; r++) {
        const float *d = c->d + r * c->stride;
        float *sum = c->stale->gradient + c->stale->catalogue->place[c->rows[r]] * dim;
        for (size_t i = 0; i < dim; i++)
            sum[i] += d[i];
    }
}

void tt_stale_accumulate(struct tt_stale *stale, struct tt_pool *pool, const uint32_t *rows, size_t n, const float *d,
                         size_t stride)
{
    struct accumulation a = {stale, rows, n, d, stride};

    tt_pool_run(pool, tt_blocks(n, ROW_BLOCK), accumulate_block, &a);
    stale->steps++;
}

double tt_stale_backward(struct tt_stale *stale, struct tt_pool *pool, tt_gradient_fn *apply, tt_prefetch_fn *prefetch,
                         void *arg)
{
    size_t dim = stale->bag.model->dim;

    if (stale->steps == 0)
        return 0;
    double squares = tt_embedding_bag_backward(&stale->bag, pool, stale->gradient, dim, apply, prefetch, arg);
    memset(stale->gradient, 0, stale->bag.n_rows * dim * sizeof(*stale->gradient));
    stale->steps = 0;
    stale->is_fresh = 0;
    return squares;
}

int tt_stale_state(struct tt_stale *stale, struct tt_state *state, struct tt_err *err)
{
    return tt_state_array(state, "stale.gradient", TT_F32, stale->bag.n_rows, stale->bag.model->dim,
                          stale->gradient, err) ||
                   tt_state_count(state, "stale.steps", &stale->steps, err)
               ? -1
               : 0;
}
