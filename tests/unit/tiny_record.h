/* A whole training over the world of tiny_training.h, and a record of its hooks' calls. */
#ifndef TT_TESTS_TINY_RECORD_H
#define TT_TESTS_TINY_RECORD_H

#include "train/training.h"
#include "tiny_training.h"

static const char tiny_plain[] = "user u id\nuser i history\nuser meal context\nitem i id\nitem kind category\n";
enum { TINY_USERS = 60, TINY_ITEMS = 40 };

/* What the hooks were called with. */
struct tiny_record {
    size_t n;
    enum tt_phase phases[4000];
    struct tt_epoch epochs[4000];
    size_t n_starts, n_tuned;
    struct tt_trial trials[64]; /* each when it was over */
    size_t n_trials;
    struct tt_settings tuned;
};

static inline int tiny_on_epoch(void *arg, const struct tt_training *training, const struct tt_epoch *epoch,
                                struct tt_err *err)
{
    struct tiny_record *record = arg;

    (void)err;
    assert_true(record->n < 4000);
    record->phases[record->n] = training->phase;
    record->epochs[record->n++] = *epoch;
    return 0;
}

static inline int tiny_on_start(void *arg, const struct tt_training *training, struct tt_err *err)
{
    struct tiny_record *record = arg;

    (void)err;
    assert_true(training->run.trainer.o == &training->options.trainer);
    record->n_starts++;
    return 0;
}

static inline int tiny_on_trial(void *arg, const struct tt_training *training, struct tt_err *err)
{
    struct tiny_record *record = arg;

    (void)err;
    record->trials[record->n_trials++] = training->tuning.trials[training->tuning.n_trials - 1];
    assert_int_equal(record->n_trials, training->tuning.n_trials);
    return 0;
}

static inline int tiny_on_tuned(void *arg, const struct tt_training *training, struct tt_err *err)
{
    struct tiny_record *record = arg;

    (void)err;
    record->n_tuned++;
    record->tuned = training->settings;
    return 0;
}

static inline int tiny_train(struct tt_model *model, const struct tt_events *events, const struct tt_train_options *o,
                             const struct tt_events *valid, int threads, struct tiny_record *record,
                             struct tt_train_report *report, struct tt_err *err)
{
    struct tt_pool *pool = tt_pool_new(threads, err);

    assert_non_null(pool);
    *record = (struct tiny_record){0};
    struct tt_train_hooks hooks = {.on_start = tiny_on_start, .on_epoch = tiny_on_epoch, .on_trial = tiny_on_trial,
                                   .on_tuned = tiny_on_tuned, .arg = record};
    int status = tt_train(model, events, o, valid, pool, &hooks, report, err);
    tt_pool_free(pool);
    return status;
}

/* Train afresh and return the model. */
static inline struct tt_model tiny_trained(const struct tt_train_options *o, const struct tt_events *valid, int threads,
                                           struct tiny_record *record, struct tt_train_report *report)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_model model;
    struct tt_events events;

    tiny_clustered_model(&model, &events, tiny_plain, TINY_USERS, TINY_ITEMS);
    if (tiny_train(&model, &events, o, valid, threads, record, report, &err))
        fail_msg("%s", err.text);
    tt_events_release(&events);
    return model;
}

/* Validation events in the clusters, like the training's, by the same dictionary; some of an unknown item. */
static inline void tiny_valid_begin(struct tt_examples *valid, size_t unknown)
{
    tiny_begin(valid, tiny_plain, TINY_USERS, TINY_ITEMS);
    tiny_clusters(valid, TINY_USERS - 1, TINY_ITEMS - 2, 2, 77);
    for (size_t i = 0; i < unknown; i++)
        tiny_event(valid, (uint32_t)(1 + i % TINY_USERS), 0, 1, 1, 1, 0);
}

#endif
