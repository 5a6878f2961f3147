/* The tiny world in clusters, as a model with random tables: a schema's one history, of users or of items, is made from
 * the events, and that side's table is an input. */
#ifndef TT_TESTS_TINY_HISTORIES_H
#define TT_TESTS_TINY_HISTORIES_H

#include "train/embedding_bag.h"
#include "train/spectral.h"
#include "tiny_model.h"

enum { USERS = 30, ITEMS = 20, DIM = 6 };

struct world {
    struct tt_model model;
    struct tt_tower_input input;
    struct tt_embedding_bag_scratch scratch;
    struct tt_pool *pool;
};

static inline void world_init(struct world *w, const char *schema, enum tt_side side, size_t history)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples base;

    *w = (struct world){0};
    tiny_begin(&base, schema, USERS, ITEMS);
    tiny_clusters(&base, USERS, ITEMS, 6, 1);
    tiny_history(&base, side, history);
    tiny_model(&w->model, &base, DIM);
    tt_random_start(&w->model, 5);
    NEED(tt_tower_input_of_table(&w->input, side == TT_USER ? &w->model.entities.users : &w->model.entities.items,
                                 &w->model.entities.dictionary.schema, &err));
    w->pool = tt_pool_new(2, &err);
    assert_non_null(w->pool);
}

static inline void world_release(struct world *w)
{
    tt_tower_input_release(&w->input);
    tt_embedding_bag_scratch_release(&w->scratch);
    tt_model_release(&w->model);
    tt_pool_free(w->pool);
}

#endif
