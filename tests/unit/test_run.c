/* One run: its end, and what it leaves. */
#include "train/run.h"

#include <stdlib.h>

#include "tiny_training.h"

static const char plain[] = "user u id\nuser i history\nuser meal context\nitem i id\nitem kind category\n";
enum { USERS = 60, ITEMS = 40 };

/* What the hooks of a run were told. */
struct heard {
    size_t epochs, pauses, end_at; /* end_at: the pause that ends it, from 1 */
    double losses[64];
};

static void hear_epoch(void *arg, const struct tt_epoch *epoch)
{
    struct heard *heard = arg;

    heard->losses[heard->epochs++] = epoch->loss;
    assert_int_equal(epoch->epoch, heard->epochs);
}

static int hear_pause(void *arg, struct tt_err *err)
{
    struct heard *heard = arg;

    return ++heard->pauses == heard->end_at ? tt_err_set(err, TT_ERR_SYSTEM, "enough") : 0;
}

static void begin(struct tt_run *run, struct tt_model *model, struct tt_events *events,
                  const struct tt_train_options *o, const struct tt_stopping_options *stopping,
                  const struct tt_events *valid, struct tt_pool *pool)
{
    struct tt_err err = TT_ERR_INIT;

    tiny_clustered_model(model, events, plain, USERS, ITEMS);
    NEED(tt_run_init(run, model, events, o, stopping, valid, pool, &err));
    NEED(tt_trainer_start(&run->trainer, &err));
}

/* A shorter run goes the same way as a longer one. */
static void test_fewer_epochs_go_the_same_way(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(1, &err);
    struct tt_train_options o = tiny_options;
    struct heard all = {0}, some = {0};
    struct tt_train_report report;
    struct tt_run run;
    struct tt_model model;
    struct tt_events events;

    (void)state;
    o.batch_size = 40;
    begin(&run, &model, &events, &o, &(struct tt_stopping_options){.epochs = 8}, NULL, pool);
    NEED(tt_run_go(&run, &(struct tt_run_hooks){hear_epoch, hear_pause, &all}, &err));
    assert_int_equal(all.epochs, 8);
    assert_int_equal(all.pauses, 8 * run.trainer.steps.n_steps + 8); /* each step, each epoch */
    NEED(tt_run_finish(&run, &report, &err));
    assert_true(report.epochs == 8 && report.best_epoch == 8 && report.best_value == -1);
    tt_run_release(&run);
    tt_model_release(&model);
    tt_events_release(&events);
    begin(&run, &model, &events, &o, &(struct tt_stopping_options){.epochs = 3}, NULL, pool);
    NEED(tt_run_go(&run, &(struct tt_run_hooks){hear_epoch, NULL, &some}, &err));
    assert_int_equal(some.epochs, 3);
    assert_memory_equal(some.losses, all.losses, 3 * sizeof(double));
    NEED(tt_run_go(&run, &(struct tt_run_hooks){hear_epoch, NULL, &some}, &err)); /* nothing is left */
    assert_int_equal(some.epochs, 3);
    NEED(tt_run_finish(&run, &report, &err));
    assert_true(report.epochs == 3 && report.best_epoch == 3);
    tt_run_release(&run);
    tt_run_release(&run);
    tt_model_release(&model);
    tt_events_release(&events);
    tt_pool_free(pool);
}

static void test_a_pause_can_end_a_run(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(1, &err);
    struct heard heard = {.end_at = 3};
    struct tt_run run;
    struct tt_model model;
    struct tt_events events;

    (void)state;
    begin(&run, &model, &events, &tiny_options, &(struct tt_stopping_options){.epochs = 4}, NULL, pool);
    assert_int_equal(tt_run_go(&run, &(struct tt_run_hooks){hear_epoch, hear_pause, &heard}, &err), -1);
    assert_string_equal(err.text, "enough");
    assert_int_equal(heard.pauses, 3);
    tt_run_release(&run);
    tt_model_release(&model);
    tt_events_release(&events);
    tt_pool_free(pool);
}

static void test_patience_ends_a_run_that_is_not_getting_better(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(1, &err);
    struct tt_train_options o = tiny_options;
    struct tt_train_report report;
    struct tt_examples valid;
    struct tt_run run;
    struct tt_model model;
    struct tt_events events;

    (void)state;
    tiny_begin(&valid, plain, USERS, ITEMS);
    tiny_clusters(&valid, USERS - 1, ITEMS - 2, 2, 77);
    o.learning_rate = 0.2;
    begin(&run, &model, &events, &o, &(struct tt_stopping_options){.epochs = 60, .patience = 2}, &valid.events, pool);
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
        cmocka_unit_test(test_a_pause_can_end_a_run),
        cmocka_unit_test(test_patience_ends_a_run_that_is_not_getting_better),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
