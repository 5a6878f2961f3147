/* One run: its end, and what it leaves. */
#include "train/run.h"

#include <stdlib.h>

#include "tiny_training.h"

static const char plain[] = "user u id\nuser i history\nuser meal context\nitem i id\nitem kind category\n";
enum { USERS = 60, ITEMS = 40 };

/* What the hooks of a run were called with. */
struct record {
    size_t epochs, pauses;
    size_t end_at, end_after; /* the pause and the epoch that end it, from 1; 0: none */
    double losses[64];
};

static int on_epoch(void *arg, const struct tt_epoch *epoch, struct tt_err *err)
{
    struct record *record = arg;

    record->losses[record->epochs++] = epoch->loss;
    assert_int_equal(epoch->epoch, record->epochs);
    return record->epochs == record->end_after ? tt_err_set(err, TT_ERR_SYSTEM, "enough epochs") : 0;
}

static int on_pause(void *arg, struct tt_err *err)
{
    struct record *record = arg;

    return ++record->pauses == record->end_at ? tt_err_set(err, TT_ERR_SYSTEM, "enough") : 0;
}

static void begin(struct tt_run *run, struct tt_model *model, struct tt_events *events,
                  const struct tt_run_options *o, const struct tt_events *valid, struct tt_pool *pool)
{
    struct tt_err err = TT_ERR_INIT;

    tiny_clustered_model(model, events, plain, USERS, ITEMS);
    NEED(tt_run_init(run, model, events, valid, o, pool, &err));
    NEED(tt_trainer_start(&run->trainer, &err));
}

/* A shorter run goes the same way as a longer one. */
static void test_fewer_epochs_go_the_same_way(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(1, &err);
    struct tt_run_options o = tiny_options.run;
    struct record all = {0}, some = {0};
    struct tt_train_report report;
    struct tt_run run;
    struct tt_model model;
    struct tt_events events;

    (void)state;
    o.trainer.steps.batch_size = 40;
    o.stopping.epochs = 8;
    begin(&run, &model, &events, &o, NULL, pool);
    NEED(tt_run_go(&run, &(struct tt_run_hooks){on_epoch, on_pause, &all}, &err));
    assert_int_equal(all.epochs, 8);
    assert_int_equal(all.pauses, 8 * run.trainer.steps.n_steps + 8); /* each step, each epoch */
    NEED(tt_run_finish(&run, &report, &err));
    assert_true(report.epochs == 8 && report.best_epoch == 8 && report.best_value == -1);
    tt_run_release(&run);
    tt_model_release(&model);
    tt_events_release(&events);
    o.stopping.epochs = 3;
    begin(&run, &model, &events, &o, NULL, pool);
    NEED(tt_run_go(&run, &(struct tt_run_hooks){on_epoch, NULL, &some}, &err));
    assert_int_equal(some.epochs, 3);
    assert_memory_equal(some.losses, all.losses, 3 * sizeof(double));
    NEED(tt_run_go(&run, &(struct tt_run_hooks){on_epoch, NULL, &some}, &err)); /* nothing is left */
    assert_int_equal(some.epochs, 3);
    NEED(tt_run_finish(&run, &report, &err));
    assert_true(report.epochs == 3 && report.best_epoch == 3);
    tt_run_release(&run);
    tt_run_release(&run);
    tt_model_release(&model);
    tt_events_release(&events);
    tt_pool_free(pool);
}

static void test_hooks_can_end_a_run(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(1, &err);
    struct record record = {.end_at = 3};
    struct tt_run run;
    struct tt_model model;
    struct tt_events events;

    (void)state;
    begin(&run, &model, &events, &tiny_options.run, NULL, pool);
    assert_int_equal(tt_run_go(&run, &(struct tt_run_hooks){on_epoch, on_pause, &record}, &err), -1);
    assert_string_equal(err.text, "enough");
    assert_int_equal(record.pauses, 3);
    tt_run_release(&run);
    tt_model_release(&model);
    tt_events_release(&events);
    begin(&run, &model, &events, &tiny_options.run, NULL, pool);
    record = (struct record){.end_after = 2};
    assert_int_equal(tt_run_go(&run, &(struct tt_run_hooks){on_epoch, NULL, &record}, &err), -1);
    assert_true(record.epochs == 2 && run.stopping.epochs == 2);
    tt_run_release(&run);
    tt_model_release(&model);
    tt_events_release(&events);
    tt_pool_free(pool);
}

static void test_patience_ends_a_run_that_is_not_getting_better(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(1, &err);
    struct tt_run_options o = tiny_options.run;
    struct tt_train_report report;
    struct tt_examples valid;
    struct tt_run run;
    struct tt_model model;
    struct tt_events events;

    (void)state;
    tiny_begin(&valid, plain, USERS, ITEMS);
    tiny_clusters(&valid, USERS - 1, ITEMS - 2, 2, 77);
    o.trainer.optimiser.learning_rate = 0.2;
    o.stopping = (struct tt_stopping_options){.epochs = 60, .patience = 2};
    begin(&run, &model, &events, &o, &valid.events, pool);
    NEED(tt_run_go(&run, &(struct tt_run_hooks){0}, &err));
    NEED(tt_run_finish(&run, &report, &err));
    assert_true(report.epochs < 60 && report.epochs == report.best_epoch + 2);
    tt_run_release(&run);
    tt_model_release(&model);
    tt_events_release(&events);
    tt_examples_release(&valid);
    tt_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fewer_epochs_go_the_same_way),
        cmocka_unit_test(test_hooks_can_end_a_run),
        cmocka_unit_test(test_patience_ends_a_run_that_is_not_getting_better),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
