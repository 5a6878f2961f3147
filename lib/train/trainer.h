/* A training session moves the tables and layers of a model, a step at a time. run.h says what happens around its
 * epochs.
 *
 *     tt_trainer_init(&t, model, events, &options, pool, &err);    queries, catalogue, histories, steps, buffers
 *     tt_trainer_start(&t, &err);                                  the first values of the tables
 *     for each epoch:
 *         while (!tt_trainer_is_epoch_over(&t))
 *             tt_trainer_step(&t, &err);
 *         tt_trainer_end_epoch(&t, &means);
 *     tt_trainer_finish(&t);                                       values for rows that no step has moved
 *     tt_trainer_release(&t);
 *
 * A query is a distinct combination of user and context. Its positives are the items of its events, whose weights are
 * added up. The catalogue is the items with at least one event; only they are candidates. steps.h says what a step
 * takes, plan.h how that is chosen.
 *
 * The state of a session is the model's tables and layers, their average, the optimiser's moments and marks, the
 * gradients that `stale` has collected, and the position. All else follows from entities, events and options, so a
 * session that restores its state continues as if it had never stopped.
 *
 * Determinism: the tables depend on entities, events, options and seed alone, on one kind of CPU; not on the pool.
 */
#ifndef TT_TRAIN_TRAINER_H
#define TT_TRAIN_TRAINER_H

#include "base/pool.h"
#include "train/adam.h"
#include "train/average.h"
#include "train/batch.h"
#include "train/plan.h"
#include "train/targets.h"

enum tt_start { TT_START_SPECTRAL, TT_START_RANDOM };

struct tt_start_options {
    enum tt_start kind;
    double noise;                   /* deviation added to the spectral start, and to what is new in a warm start */
    const struct tt_model *earlier; /* a warm start: the model to begin with, in place of `kind`; or NULL */
    double replay;                  /* examples that extend `earlier`: share of its users without a new event who are
                                       trained on again */
};

struct tt_model_shape {
    size_t dim;
    size_t n_hidden, hidden[TT_MAX_HIDDEN]; /* ReLU layers of each tower and their widths; 0: plain sums */
};

struct tt_trainer_options {
    struct tt_model_shape shape;
    struct tt_start_options start;
    struct tt_plan_options steps;
    struct tt_loss_options loss;
    struct tt_adam_options optimiser;
    double dropout;          /* share of a history left out in each step */
    enum tt_targets targets;
    double half_life;        /* days after which an event weighs half in the loss; 0: never */
    uint64_t seed;
};

/* Where a session stands. */
struct tt_trainer_position {
    size_t epoch;        /* the one being run, from 1 */
    size_t step;         /* its next step, from 0 */
    size_t steps;        /* done in all epochs */
    double loss, weight; /* sums over the epoch's steps so far: loss times weight, and weight */
    double gradient;     /* likewise, the length of the steps' gradients */
};

/* Of an epoch, while the model was changing. */
struct tt_epoch_means {
    double loss;         /* nats an event */
    double gradient;     /* of the steps: the length of the gradient of the step's loss by all that moves; of several
                            steps' losses by what moves then for all of them (stale.h) */
};

struct tt_trainer {
    struct tt_model *model;              /* borrowed, as are the next three */
    const struct tt_events *events;      /* what it learns from */
    const struct tt_trainer_options *o;
    struct tt_pool *pool;
    struct tt_plan plan;                 /* the candidates and the steps */
    size_t n_events, n_disliked;         /* events with a label other than 0, and with label 0 */
    size_t replayed;                     /* visits of the earlier model trained on again: see replay.h */
    struct tt_trainer_position at;
    struct tt_queries queries;
    const struct tt_bags *visits;        /* each user's items: their history */
    struct tt_bags visits_store;         /* ... when the schema has no history */
    struct tt_targets_choice targets;
    struct tt_catalogue catalogue;
    struct tt_steps steps;
    struct tt_tower_input user_input, item_input;
    struct tt_tower_input catalogue_input; /* row i is the catalogue's item i */
    struct tt_batch users, items;
    struct tt_stale stale;               /* the items' histories, when plan.renewal is above 1; else empty */
    const struct tt_tile_kernels *kernels;
    struct tt_softmax softmax;
    struct tt_adam adam;
    struct tt_average average;           /* what is evaluated, and in the end kept (run.h) */
    float *u, *v, *d_u, *d_v;            /* v has room for the whole catalogue: evaluations use it too */
    /* private */
    size_t shuffled;                     /* the epoch that `steps` is shuffled for */
    int items_gathered;                  /* candidates all: the items of all steps are the same */
};

/* A session over the events of model->entities, whose users and items get their histories; model->dim is that of
 * options->shape. The model, which has no layers yet, gets those of the shape. Errors: no event that counts, half-lives
 * without times, memory. On failure the struct is released. */
int tt_trainer_init(struct tt_trainer *trainer, struct tt_model *model, const struct tt_events *events,
                    const struct tt_trainer_options *options, struct tt_pool *pool, struct tt_err *err) TT_CHECKED;
void tt_trainer_release(struct tt_trainer *trainer); /* fine on a struct that is all zero */

/* The first values of the model's tables. */
int tt_trainer_start(struct tt_trainer *trainer, struct tt_err *err) TT_CHECKED;

/* Run the next step of the epoch, which is not over. A loss, a gradient or a table that is not finite is an error that
 * names the step and the tensor. */
int tt_trainer_step(struct tt_trainer *trainer, struct tt_err *err) TT_CHECKED;

int tt_trainer_is_epoch_over(const struct tt_trainer *trainer);

/* The next epoch begins. *means: of the one that is over. */
void tt_trainer_end_epoch(struct tt_trainer *trainer, struct tt_epoch_means *means);

/* Save or restore what changes: the tables, the optimiser, the position. Restoring replaces tt_trainer_start; a
 * position that the session does not have is an error. */
int tt_trainer_state(struct tt_trainer *trainer, struct tt_state *state, struct tt_err *err) TT_CHECKED;

/* Fill the rows that no step has touched: see untrained_rows.h. */
void tt_trainer_finish(struct tt_trainer *trainer);

#endif
