/* Checkpoints: trainings that are killed at every place and go on, and checkpoints of other runs. */
#include "train/checkpoint.h"

#include <string.h>

#include "data_files.h"
#include "train/training.h"
#include "tiny_training.h"

static const char plain[] = "user u id\nuser i history\nuser meal context\nitem i id\nitem kind category\n";
enum { USERS = 60, ITEMS = 40 };

static const struct tt_fact facts[] = {{"the examples", "abc"}, {"--dim", "8"}, {"the valid", ""}};

/* Ends a training at its pause number `at`, from 1, with a checkpoint; 0: never. */
struct killer {
    size_t at, pauses;
    size_t trials, choosing, narrow; /* trials that were over, pauses of a choosing run, and of fewer dimensions */
};

static int kill_at(void *arg, struct tt_training *training, struct tt_err *err)
{
    struct killer *killer = arg;
    struct tt_checkpoint c;

    killer->trials = training->tuning.n_trials;
    killer->choosing += training->phase == TT_PHASE_CHOOSING;
    killer->narrow += training->options.trainer.shape.dim < training->o->run.trainer.shape.dim;
    if (++killer->pauses != killer->at)
        return 0;
    assert_int_equal(tt_checkpoint_begin(&c, facts, LENGTH(facts), err), 0);
    assert_int_equal(tt_training_state(training, &c.state, err), 0);
    assert_int_equal(tt_checkpoint_write(&c, "a", NULL, err), 0);
    tt_checkpoint_release(&c);
    return tt_err_set(err, TT_ERR_SYSTEM, "killed");
}

/* One training, from the checkpoint "a" or from the beginning; 0 when it was not killed. */
static int train(struct tt_model *model, const struct tt_train_options *o, const struct tt_events *valid, int goes_on,
                 struct killer *killer, struct tt_train_report *report)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(goes_on ? 2 : 1, &err);
    struct tt_checkpoint c = {0};
    struct tt_events events;
    struct tt_train_hooks hooks = {.on_pause = kill_at, .arg = killer, .state = goes_on ? &c.state : NULL};

    assert_non_null(pool);
    tiny_clustered_model(model, &events, plain, USERS, ITEMS);
    NEED(tt_model_reset(model, o->run.trainer.shape.dim, &err));
    if (goes_on)
        NEED(tt_checkpoint_open(&c, "a", facts, LENGTH(facts), &err));
    int status = tt_train(model, &events, o, valid, pool, &hooks, report, &err);
    if (status)
        assert_string_equal(err.text, "killed");
    tt_checkpoint_release(&c);
    tt_events_release(&events);
    tt_pool_free(pool);
    return status;
}

static void same_report(const struct tt_train_report *a, const struct tt_train_report *b)
{
    assert_true(a->best_epoch == b->best_epoch && a->epochs == b->epochs && a->best_value == b->best_value);
    assert_true(a->has_no_progress == b->has_no_progress && a->signs.cosine == b->signs.cosine);
}

static void test_a_training_killed_at_any_pause_ends_in_the_same_bytes(void **state)
{
    struct tt_examples valid;

    (void)state;
    tiny_begin(&valid, plain, USERS, ITEMS);
    tiny_clusters(&valid, USERS - 1, ITEMS - 2, 2, 77);
    for (int i = 0; i < 12; i++) {
        struct tt_train_options o = tiny_options;
        const struct tt_events *by = i < 8 && i / 2 % 2 ? &valid.events : NULL;
        struct tt_train_report report, whole_report;
        struct killer killer = {0};
        struct tt_model whole, model;
        o.run.trainer.steps.candidates = i % 2 ? TT_CANDIDATES_BATCH : TT_CANDIDATES_ALL;
        o.run.trainer.start.kind = i / 4 ? TT_START_RANDOM : TT_START_SPECTRAL;
        o.run.trainer.steps.batch_size = o.run.trainer.steps.candidates == TT_CANDIDATES_ALL ? 40 : 150;
        o.run.stopping.patience = by ? 2 : 0;
        o.run.trainer.optimiser.learning_rate = by ? 0.2 : 0.01; /* so that the best epoch is not the last */
        o.run.trainer.shape.n_hidden = i % 4 == 3 || i % 4 == 0 ? 2 : 0;
        o.run.trainer.shape.hidden[0] = 6;
        o.run.trainer.shape.hidden[1] = 3;
        o.run.validation.k = 5;
        if (i >= 8) { /* with a part put aside */
            o.valid_share = 0.3;
            o.run.stopping.patience = 2;
            o.run.trainer.optimiser.learning_rate = 0.3;
        }
        if (i >= 10) { /* with trials: of two epochs, and then a choice; or of all epochs */
            o.run.stopping.epochs = i == 10 ? 5 : 4;
            o.tuning.seconds = i == 10 ? 3.5e-4 : 3e-3;
            o.run.trainer.shape.dim = i == 10 ? TINY_DIM : 2 * TINY_DIM; /* fewer dimensions are tried too */
            o.run.trainer.steps.batch_size = 150;
        }
        assert_int_equal(train(&whole, &o, by, 0, &killer, &whole_report), 0);
        size_t pauses = killer.pauses;
        assert_true(i < 10 ? killer.trials == 0 : killer.trials >= 3 && killer.trials < 16);
        assert_true((killer.choosing > 0) == (i >= 8 && i < 11) && (killer.narrow > 0) == (i == 11));
        assert_true(pauses >= 8);
        for (size_t at = 1; at <= pauses; at += i == 11 ? 3 : 1) {
            killer = (struct killer){.at = at};
            assert_int_equal(train(&model, &o, by, 0, &killer, &report), -1);
            tt_model_release(&model);
            killer = (struct killer){.at = at == 4 ? 2 : 0}; /* once killed twice */
            if (train(&model, &o, by, 1, &killer, &report)) {
                tt_model_release(&model);
                killer = (struct killer){0};
                assert_int_equal(train(&model, &o, by, 1, &killer, &report), 0);
            }
            assert_true(tiny_same_tables(&whole, &model));
            same_report(&report, &whole_report);
            tt_model_release(&model);
        }
        tt_model_release(&whole);
    }
    tt_examples_release(&valid);
}

static void is_refused(const struct tt_fact *other, size_t n, const char *message)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_checkpoint c;

    assert_int_equal(tt_checkpoint_open(&c, "a", other, n, &err), -1);
    assert_string_equal(err.text, message);
    tt_checkpoint_release(&c);
}

static void write_checkpoint(const struct tt_fact *of, size_t n)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_checkpoint c;

    NEED(tt_checkpoint_begin(&c, of, n, &err));
    NEED(tt_checkpoint_write(&c, "a", NULL, &err));
    tt_checkpoint_release(&c);
}

static void test_a_checkpoint_of_another_run_is_refused_with_what_differs(void **state)
{
    static const struct tt_fact examples[] = {{"the examples", "abd"}, {"--dim", "8"}, {"the valid", ""}};
    static const struct tt_fact dim[] = {{"the examples", "abc"}, {"--dim", "16"}, {"the valid", ""}};
    static const struct tt_fact valid[] = {{"the examples", "abc"}, {"--dim", "8"}, {"the valid", "f"}};
    static const struct tt_fact more[] = {{"the examples", "abc"}, {"--dim", "8"}, {"--new", "1"}};
    struct tt_err err = TT_ERR_INIT;
    struct tt_checkpoint c;

    (void)state;
    write_checkpoint(facts, LENGTH(facts));
    NEED(tt_checkpoint_open(&c, "a", facts, LENGTH(facts), &err));
    tt_checkpoint_release(&c);
    NEED(tt_checkpoint_open(&c, "a", facts, 2, &err)); /* the third is none */
    tt_checkpoint_release(&c);
    is_refused(examples, 3, "a: a checkpoint of another run: the examples was abc, and is abd");
    is_refused(dim, 3, "a: a checkpoint of another run: --dim was 8, and is 16");
    is_refused(valid, 3, "a: a checkpoint of another run: the valid was none, and is f");
    is_refused(more, 3, "a: a checkpoint of another run: --new was none, and is 1");
    is_refused(facts, 1, "a: a checkpoint of another run: --dim was 8, and is none");
}

static void test_what_is_no_checkpoint_is_refused(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_segment segment;

    (void)state;
    write_file("a", "hello");
    struct tt_checkpoint c;
    assert_int_equal(tt_checkpoint_open(&c, "a", facts, LENGTH(facts), &err), -1);
    tt_checkpoint_release(&c);
    NEED(tt_segment_init(&segment, "model", 1, &(struct tt_err)TT_ERR_INIT));
    write_segment(&segment, "a");
    tt_segment_release(&segment);
    is_refused(facts, LENGTH(facts), "a: holds 'model', expected 'checkpoint'");
    is_refused(facts, 0, "a: holds 'model', expected 'checkpoint'");
}

/* Numbers with a right checksum that no training can have. */
static void test_a_place_that_the_training_does_not_have_is_refused(void **state)
{
    static const struct { size_t epoch, step, steps, epochs, best; } places[] = {
        {0, 0, 0, 0, 0}, {1, 3, 3, 0, 0}, {1, 1, 2, 0, 0}, {6, 0, 10, 5, 5}, {5, 1, 9, 4, 4}, {2, 0, 2, 0, 0},
        {2, 0, 2, 1, 2}, {SIZE_MAX, 0, 0, 0, 0}};
    struct tt_train_options o = tiny_options;
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(1, &err);

    (void)state;
    assert_non_null(pool);
    o.run.trainer.steps.batch_size = 150; /* 2 steps an epoch */
    for (size_t i = 0; i < LENGTH(places); i++) {
        struct tt_run run;
        struct tt_model model;
        struct tt_checkpoint c;
        struct tt_events events;
        tiny_clustered_model(&model, &events, plain, USERS, ITEMS);
        NEED(tt_run_init(&run, &model, &events, NULL, &o.run, pool, &err));
        assert_int_equal(run.trainer.steps.n_steps, 2);
        NEED(tt_checkpoint_begin(&c, facts, LENGTH(facts), &err));
        run.trainer.at = (struct tt_trainer_position){
            .epoch = places[i].epoch, .step = places[i].step, .steps = places[i].steps};
        run.stopping.epochs = places[i].epochs;
        run.stopping.best_epoch = places[i].best;
        assert_int_equal(tt_run_state(&run, &c.state, &err), -1);
        assert_non_null(strstr(err.text, "a place that the training does not have"));
        err = (struct tt_err)TT_ERR_INIT;
        tt_checkpoint_release(&c);
        tt_run_release(&run);
        tt_events_release(&events);
        tt_model_release(&model);
    }
    tt_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_training_killed_at_any_pause_ends_in_the_same_bytes),
        cmocka_unit_test(test_a_checkpoint_of_another_run_is_refused_with_what_differs),
        cmocka_unit_test(test_what_is_no_checkpoint_is_refused),
        cmocka_unit_test(test_a_place_that_the_training_does_not_have_is_refused),
    };
    return cmocka_run_group_tests(tests, enter_data_folder, leave_data_folder);
}
