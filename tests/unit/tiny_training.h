/* Options and comparisons for the tests that train the world of tiny_model.h. */
#ifndef TT_TESTS_TINY_TRAINING_H
#define TT_TESTS_TINY_TRAINING_H

#include "train/training.h"
#include "tiny_model.h"

enum { TINY_DIM = 8 };

static const struct tt_train_options tiny_options = {
    .run = {.trainer = {.shape = {.dim = TINY_DIM},
                        .start = {.kind = TT_START_SPECTRAL, .noise = 0.01},
                        .steps = {.candidates = TT_CANDIDATES_ALL, .batch_size = 128, .max_memory = 512 * 1000 * 1000},
                        .loss = {.temperature = 0.13, .negative_weight = 1.1},
                        .optimiser = {.learning_rate = 0.01, .beta2 = 0.99, .warmup = 3},
                        .dropout = 0.3,
                        .seed = 1},
            .stopping = {.epochs = 4},
            .validation = {.k = 10}}};

/* A model over a world in two clusters, with one user and two items that have no event. events: get those of the world,
 * or NULL. */
static inline void tiny_clustered_model(struct tt_model *model, struct tt_events *events, const char *schema,
                                        size_t n_users, size_t n_items)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples base;

    tiny_begin(&base, schema, n_users, n_items);
    tiny_clusters(&base, n_users - 1, n_items - 2, 8, 1);
    NEED(tt_model_init(model, &base.entities, TINY_DIM, &err));
    if (events)
        *events = base.events;
    else
        tt_events_release(&base.events);
}

/* Tables and layers. */
static inline int tiny_same_tables(const struct tt_model *a, const struct tt_model *b)
{
    for (size_t c = 0; c < a->entities.dictionary.schema.n_columns; c++)
        if (a->tables[c] && memcmp(a->tables[c], b->tables[c], tt_model_table_size(a, c) * sizeof(float)))
            return 0;
    for (int side = TT_USER; side <= TT_ITEM; side++)
        if (a->dense[side].n_params != b->dense[side].n_params ||
            (a->dense[side].n_params && memcmp(a->dense[side].params, b->dense[side].params,
                                               a->dense[side].n_params * sizeof(float))))
            return 0;
    return 1;
}

#endif
