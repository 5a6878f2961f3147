/* A whole training over the world of tiny_training.h, and what it tells on its way. */
#ifndef TT_TESTS_TINY_COURSE_H
#define TT_TESTS_TINY_COURSE_H

#include "train/training.h"
#include "tiny_training.h"

static const char tiny_plain[] = "user u id\nuser i history\nuser meal context\nitem i id\nitem kind category\n";
enum { TINY_USERS = 60, TINY_ITEMS = 40 };

/* What the hooks were told. */
struct tiny_course {
    size_t n;
    enum tt_phase phases[4000];
    struct tt_epoch epochs[4000];
    size_t n_starts, n_tuned;
    struct tt_trial trials[64]; /* when each was told */
    size_t n_trials;
    struct tt_settings tuned;
};

static inline void tiny_note(void *arg, const struct tt_training *training, const struct tt_epoch *epoch)
{
    struct tiny_course *lines = arg;

    assert_true(lines->n < 4000);
    lines->phases[lines->n] = training->phase;
    lines->epochs[lines->n++] = *epoch;
}

static inline void tiny_note_start(void *arg, const struct tt_training *training)
{
    struct tiny_course *lines = arg;

    assert_true(training->run.trainer.o == &training->options);
    lines->n_starts++;
}

static inline void tiny_note_trial(void *arg, const struct tt_training *training)
{
    struct tiny_course *lines = arg;

    lines->trials[lines->n_trials++] = training->trials[training->n_trials - 1];
    assert_int_equal(lines->n_trials, training->n_trials);
}

static inline void tiny_note_tuned(void *arg, const struct tt_training *training)
{
    struct tiny_course *lines = arg;

    lines->n_tuned++;
    lines->tuned = tt_settings_of(&training->options);
}

static inline int tiny_train(struct tt_model *model, const struct tt_events *events, const struct tt_train_options *o,
                             const struct tt_events *valid, int threads, struct tiny_course *lines,
                             struct tt_train_report *report, struct tt_err *err)
{
    struct tt_pool *pool = tt_pool_new(threads, err);

    assert_non_null(pool);
    *lines = (struct tiny_course){0};
    struct tt_train_hooks hooks = {.on_start = tiny_note_start, .on_epoch = tiny_note, .on_trial = tiny_note_trial,
                                   .on_tuned = tiny_note_tuned, .arg = lines};
    int status = tt_train(model, events, o, valid, pool, &hooks, report, err);
    tt_pool_free(pool);
    return status;
}

/* Train afresh and return the model. */
static inline struct tt_model tiny_trained(const struct tt_train_options *o, const struct tt_events *valid, int threads,
                               struct tiny_course *lines, struct tt_train_report *report)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_model model;
    struct tt_events events;

    tiny_clustered_model(&model, &events, tiny_plain, TINY_USERS, TINY_ITEMS);
    if (tiny_train(&model, &events, o, valid, threads, lines, report, &err))
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
