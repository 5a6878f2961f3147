/* Training: epochs of steps over the queries, validation, the best epoch kept.
 *
 * A query is a distinct combination of user and context; its positives are the items of its events, with their weights
 * added up. A step takes a batch of queries (loss full: every item of the catalogue is a candidate, and a query brings
 * all of its positives) or a batch of events (loss batch: the distinct items of the batch are the candidates). The
 * catalogue is the items that have an event; others take no part. Table rows that no event has trained get the unknown
 * code's row.
 *
 * Determinism: the model depends on examples, options and seed alone, on one kind of CPU; not on the pool.
 */
#ifndef TT_MODEL_TRAINER_H
#define TT_MODEL_TRAINER_H

#include "base/pool.h"
#include "model/model.h"

enum tt_loss { TT_LOSS_AUTO, TT_LOSS_FULL, TT_LOSS_BATCH };
enum tt_start { TT_START_SPECTRAL, TT_START_RANDOM };
enum tt_seen { TT_SEEN_AUTO, TT_SEEN_KEEP, TT_SEEN_REMOVE };

struct tt_train_options {
    size_t dim;
    size_t epochs;
    size_t batch;        /* queries or events a step; 0: chosen by the amount of data */
    enum tt_loss loss;
    enum tt_start start;
    double temperature;  /* the loss divides scores by it */
    double negative;     /* c of softmax.h */
    double rate;         /* Adam's peak learning rate */
    double beta2;
    size_t warmup;       /* steps */
    double drop;         /* share of a history left out in each step */
    double noise;        /* deviation added to the spectral start */
    double half_life;    /* days after which an event weighs half in the loss; 0: never */
    uint64_t seed;
    size_t k;            /* of the accuracy that is logged */
    enum tt_seen seen;   /* validation: are a user's training items ranked? auto: when some event repeats one */
    size_t patience;     /* with validation: epochs without a better one before the end; 0: never end early */
    size_t max_memory;   /* bytes for the logits of a step; a batch is made smaller, down to 128, to fit */
};

/* One line of the log. Accuracies are -1 when not measured. */
struct tt_epoch {
    size_t epoch;        /* from 1 */
    double loss;         /* nats an event */
    double train_accuracy, valid_accuracy;
    double examples;     /* events seen in this epoch */
    int is_best;
};

typedef void tt_epoch_fn(void *arg, const struct tt_epoch *epoch);

/* What was chosen and found, for notes and lineage. */
struct tt_train_report {
    enum tt_loss loss;   /* the one used */
    enum tt_seen seen;
    size_t batch, queries, catalogue, best_epoch, epochs;
    size_t events, unliked; /* events used, and events left out because their label is 0 */
    double best_accuracy; /* valid; -1 without */
    int has_no_progress;  /* the last epoch's loss is not below the first one's */
    int has_collapsed;    /* the kept epoch's user vectors all point the same way: mean cosine above 0.99 */
};

/* The random starts, batches and steps of `options` over model->base (users, items, events), whose users get their
 * histories; model->tables are filled. valid: events that follow the same dictionary, or NULL. on_epoch may be NULL. */
int tt_train(struct tt_model *model, const struct tt_train_options *options, const struct tt_events *valid,
             struct tt_pool *pool, tt_epoch_fn *on_epoch, void *arg, struct tt_train_report *report,
             struct tt_err *err) TT_CHECKED;

#endif
