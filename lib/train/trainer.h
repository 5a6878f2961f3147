/* A training session: the tables of a model, moved a step at a time. What happens around the epochs (validation, the
 * best one, the end) is in training.h.
 *
 *     tt_trainer_init(&t, model, events, &options, pool, &err);    what the data say: queries, catalogue, steps
 *     tt_trainer_start(&t, &err);                            the first values of the tables
 *     while (t.at.epoch <= options.epochs) {
 *         while (!tt_trainer_is_epoch_over(&t))
 *             tt_trainer_step(&t, &err);
 *         tt_trainer_end_epoch(&t, &means);
 *     }
 *     tt_trainer_finish(&t);                                 rows that training never saw
 *
 * A query is a distinct combination of user and context; its positives are the items of its events, with their weights
 * added up. Steps are described in steps.h, and how their kind and size are chosen in plan.h. The catalogue is the
 * items that have an event; others take no part.
 *
 * All that changes while training is the model's tables and layers, their average, the optimiser's moments and marks
 * (`adam`), what `stale` has collected, and `at`. The rest follows from examples and options, so a session that gets
 * these back (tt_trainer_state) goes on as if it had never stopped.
 *
 * Determinism: the tables depend on examples, options and seed alone, on one kind of CPU; not on the pool.
 */
#ifndef TT_TRAIN_TRAINER_H
#define TT_TRAIN_TRAINER_H

#include "base/pool.h"
#include "math/metrics.h"
#include "train/adam.h"
#include "train/average.h"
#include "train/batch.h"
#include "train/plan.h"

enum tt_batch_of { TT_BATCH_OF_QUERIES, TT_BATCH_OF_EVENTS };
enum tt_start { TT_START_SPECTRAL, TT_START_RANDOM };
enum tt_seen { TT_SEEN_AUTO, TT_SEEN_KEEP, TT_SEEN_REMOVE };
enum tt_targets { TT_TARGETS_AUTO, TT_TARGETS_ALL, TT_TARGETS_LATER };
extern const char *const tt_targets_names[]; /* ended by NULL */

struct tt_train_options {
    size_t dim;
    size_t n_hidden, hidden[TT_MAX_HIDDEN]; /* ReLU layers of each tower and their widths; 0: plain sums */
    size_t epochs;
    enum tt_candidates candidates;
    enum tt_batch_of batch_of;
    size_t batch_size;   /* queries or events a step; 0: chosen */
    size_t negatives;    /* sampled a step, with candidates sampled or mixed; 0: chosen */
    double disliked_weight; /* of an item with label 0 among the candidates; 0: such events are left out */
    enum tt_start start;
    double temperature;  /* the loss divides scores by it */
    double negative_weight; /* c of softmax.h */
    double positive_temperature; /* h of softmax.h */
    double learning_rate; /* Adam's peak */
    double beta2;
    double weight_decay; /* of the tables and layers, decoupled; 0: none */
    size_t warmup;       /* steps */
    double dropout;      /* share of a history left out in each step */
    enum tt_targets targets; /* of a step: all items of the history, given all of it; or those that are later than a
                            moment, given those before it (auto: by the users' drift; where the examples extend
                            `warm_start`, as that model did) */
    double noise;        /* deviation added to the spectral start */
    double half_life;    /* days after which an event weighs half in the loss; 0: never */
    uint64_t seed;
    double valid_share;  /* of each user's events put aside to choose the number of epochs by; 0: none */
    double tune;         /* nominal seconds (work.h) for a search for temperature, dropout, negative_weight and dim; 0:
                            none */
    enum tt_metric metric; /* what is logged, and what the best epoch is the best in */
    size_t k;            /* ... of the first k */
    enum tt_seen seen;   /* validation: are a user's training items ranked? auto: when some event repeats one */
    size_t patience;     /* with validation: epochs without a better one before the end; 0: never end early */
    size_t max_memory;   /* bytes for the logits of a step; a batch is made smaller, down to 64, to fit */
    const struct tt_model *warm_start; /* the earlier model to start from, in place of `start`; or NULL */
    double replay;       /* examples that extend `warm_start`: share of its users without an event who are trained on
                            again */
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
    const struct tt_train_options *o;
    struct tt_pool *pool;
    struct tt_plan plan;                 /* the candidates and the steps */
    size_t n_events, unliked;            /* events used, and events left out because their label is 0 */
    size_t replayed;                     /* visits of the earlier model trained on again: see replay.h */
    struct tt_trainer_position at;
    struct tt_queries queries;
    const struct tt_bags *visits;        /* per user: what they have been to */
    struct tt_bags visits_store;         /* ... when the schema has no history */
    struct tt_timeline timeline;         /* empty when not needed, or without times */
    double drift;                        /* of the timeline; -1 when not looked at */
    enum tt_targets targets;             /* not auto */
    int targets_as_before;               /* ... as the earlier model did, not by the drift */
    struct tt_catalogue catalogue;
    struct tt_steps steps;
    struct tt_tower_input user_input, item_input;
    struct tt_tower_input catalogue_input; /* row i is the catalogue's item i */
    struct tt_batch users, items;
    struct tt_stale stale;               /* the items' histories, when plan.renewal is above 1; else empty */
    const struct tt_tile_kernels *kernels;
    struct tt_softmax softmax;
    struct tt_adam adam;
    struct tt_average average;           /* what is measured, and in the end kept (run.h) */
    float *u, *v, *d_u, *d_v;            /* v has room for the whole catalogue: measuring uses it too */
    /* private */
    size_t shuffled;                     /* the epoch that `steps` is shuffled for */
    int items_gathered;                  /* candidates all: the items of all steps are the same */
};

/* A session over the events of model->base, whose users and items get their histories; model->dim is options->dim. The
 * model, which has no layers yet, gets the options'. Errors: no event that counts, half-lives without times, memory. On
 * failure the struct is released. */
int tt_trainer_init(struct tt_trainer *trainer, struct tt_model *model, const struct tt_events *events,
                    const struct tt_train_options *options, struct tt_pool *pool, struct tt_err *err) TT_CHECKED;
void tt_trainer_release(struct tt_trainer *trainer); /* fine on a struct that is all zero */

/* The first values of the model's tables. */
int tt_trainer_start(struct tt_trainer *trainer, struct tt_err *err) TT_CHECKED;

/* Run the next step of the epoch, which is not over. A loss, a gradient or a table that is not finite is an error that
 * names the step and the tensor. */
int tt_trainer_step(struct tt_trainer *trainer, struct tt_err *err) TT_CHECKED;

int tt_trainer_is_epoch_over(const struct tt_trainer *trainer);

/* Go to the next epoch. *means: of this one. */
void tt_trainer_end_epoch(struct tt_trainer *trainer, struct tt_epoch_means *means);

/* What changes: the tables, the optimiser, the position. Taking a state back replaces tt_trainer_start; a position that
 * the session does not have is an error. */
int tt_trainer_state(struct tt_trainer *trainer, struct tt_state *state, struct tt_err *err) TT_CHECKED;

/* Fill the rows that no step has touched: see untrained_rows.h. */
void tt_trainer_finish(struct tt_trainer *trainer);

#endif
