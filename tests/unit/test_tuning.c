/* Settings and epochs that a training finds by itself: held-out events, trials, and what they cost. */
#include <math.h>
#include <stdlib.h>

#include "tiny_record.h"

/* ---- held-out events ---- */

/* The choosing run is that of the kept events alone, and the final one that of all with the epochs that it chose. */
static void test_a_held_out_part_chooses_the_epochs(void **state)
{
    enum { MANY = 24 };
    struct tt_err err = TT_ERR_INIT;
    struct tt_train_options o = tiny_options;
    struct tt_train_report report, by_hand;
    struct tiny_record lines, hand;
    struct tt_holdout holdout;
    struct tt_events all;
    size_t chosen;

    (void)state;
    o.run.stopping.epochs = MANY;
    o.run.trainer.optimiser.learning_rate = 0.3; /* so that it is not the last */
    o.valid_share = 0.25;
    o.run.validation.k = 10;
    struct tt_model model = tiny_trained(&o, NULL, 1, &lines, &report);
    chosen = report.best_epoch;
    assert_true(chosen < MANY && lines.n == MANY + chosen && report.epochs == chosen);
    assert_true(report.best_value == lines.epochs[chosen - 1].valid_value && report.seen == TT_SEEN_KEEP);
    for (size_t i = 0; i < lines.n; i++) {
        assert_int_equal(lines.phases[i], i < MANY ? TT_PHASE_CHOOSING : TT_PHASE_FINAL);
        assert_true(lines.epochs[i].valid_value >= 0 ? i < MANY : i >= MANY);
    }
    assert_true(report.events == (TINY_USERS - 1) * 8 && lines.epochs[0].examples < 0.8 * (TINY_USERS - 1) * 8);

    o.valid_share = 0; /* the final run by hand */
    o.run.stopping.epochs = chosen;
    struct tt_model same = tiny_trained(&o, NULL, 2, &hand, &by_hand);
    assert_true(tiny_same_tables(&model, &same));
    tt_model_release(&same);

    o.run.stopping.epochs = MANY; /* the choosing one */
    tiny_clustered_model(&same, &all, tiny_plain, TINY_USERS, TINY_ITEMS);
    NEED(tt_holdout_init(&holdout, &all, &same.entities.dictionary, TINY_USERS + 1, 0.25, o.run.trainer.seed, &err));
    NEED(tiny_train(&same, &holdout.kept, &o, &holdout.held, 1, &hand, &by_hand, &err));
    assert_int_equal(hand.n, MANY);
    for (size_t i = 0; i < MANY; i++)
        assert_true(hand.epochs[i].valid_value == lines.epochs[i].valid_value &&
                    hand.epochs[i].loss == lines.epochs[i].loss);
    tt_holdout_release(&holdout);
    tt_events_release(&all);
    tt_model_release(&same);
    tt_model_release(&model);
}

/* ---- trials ---- */

/* The settings that stand, by the trials that were told. */
static struct tt_settings best_of(const struct tiny_record *lines)
{
    struct tt_settings best = {0};

    for (size_t i = 0; i < lines->n_trials; i++) {
        const struct tt_trial *t = &lines->trials[i];
        assert_true(t->is_accepted == (i == 0 || t->gain > TT_SURE * t->error));
        if (t->is_accepted > 0)
            best = (struct tt_settings){t->temperature, t->negative_weight, t->dropout, (size_t)t->dim,
                                        (size_t)t->epochs};
    }
    return best;
}

/* Only histories, of which far too much is dropped: much is to be found. */
static void dropping(struct tt_model *model, struct tt_train_options *o, struct tiny_record *lines,
                     struct tt_train_report *report)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_events events;

    *o = tiny_options;
    o->run.stopping.epochs = 10;
    o->run.trainer.start.kind = TT_START_RANDOM;
    o->run.trainer.optimiser.learning_rate = 0.05;
    o->run.trainer.dropout = 0.9;
    o->tuning.seconds = 1;
    tiny_clustered_model(model, &events, "user u id embed=no\nuser i history\nitem i id\n", 200, 40);
    NEED(tiny_train(model, &events, o, NULL, 2, lines, report, &err));
    tt_events_release(&events);
}

/* Enough time: trials of full length, the best of which chooses the epochs; the final run is as if its settings had
 * been given. */
static void test_trials_find_settings_for_the_final_run(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_train_options o;
    struct tt_train_report report, by_hand;
    struct tiny_record lines, hand;
    struct tt_model model, same;
    struct tt_events events;
    double seconds = 0, value = 0, chosen = 0;
    size_t line = 0; /* of the log */

    (void)state;
    dropping(&model, &o, &lines, &report);
    assert_true(lines.n_trials > 8 && lines.n_tuned == 1 && lines.n_starts == lines.n_trials + 1);
    struct tt_settings best = best_of(&lines);
    assert_true(tt_same_settings(&best, &lines.tuned) && tt_same_settings(&best, &report.settings));
    assert_true(model.dim == best.dim);
    for (size_t i = 0; i < lines.n_trials; i++) {
        const struct tt_trial *t = &lines.trials[i];
        assert_true(t->epochs == 10 || t->epochs == 5 || t->epochs == 20 || t->epochs == 40 || t->epochs == 2);
        assert_true(fabs(t->value - lines.epochs[line + (size_t)t->epoch - 1].valid_value) < 1e-12);
        for (size_t to = line + (size_t)t->epochs; line < to; line++)
            assert_int_equal(lines.phases[line], TT_PHASE_TRIAL);
        chosen = t->is_accepted > 0 ? t->epoch : chosen;
        value = t->is_accepted > 0 ? t->value : value;
        seconds += t->seconds;
    }
    assert_true(seconds < o.tuning.seconds);
    assert_true(best.dropout < 0.9 && value > lines.trials[0].value + 0.08 && report.best_value == value);
    assert_true((double)report.best_epoch == chosen && lines.n == line + report.best_epoch);
    assert_int_equal(lines.phases[line], TT_PHASE_FINAL);

    o.tuning.seconds = 0;
    o.run.trainer.loss.temperature = best.temperature;
    o.run.trainer.loss.negative_weight = best.negative_weight;
    o.run.trainer.dropout = best.dropout;
    o.run.stopping.epochs = report.best_epoch;
    tiny_clustered_model(&same, &events, "user u id embed=no\nuser i history\nitem i id\n", 200, 40);
    NEED(tiny_train(&same, &events, &o, NULL, 1, &hand, &by_hand, &err));
    tt_events_release(&events);
    assert_true(best.dim == o.run.trainer.shape.dim && tiny_same_tables(&model, &same));
    tt_model_release(&same);
    tt_model_release(&model);
}

/* Little time: trials are shortened until 12 fit, and another run chooses the epochs. */
static void test_little_time_makes_short_trials(void **state)
{
    struct tt_train_options o = tiny_options;
    struct tt_train_report report;
    struct tiny_record lines;
    size_t chosen = 0, length;

    (void)state;
    o.run.stopping.epochs = 20;
    o.tuning.seconds = 1;
    o.run.validation.metric = TT_METRIC_NDCG;
    struct tt_model model = tiny_trained(&o, NULL, 1, &lines, &report);
    assert_true(lines.trials[0].epochs == 20);
    double full = lines.trials[0].seconds;
    tt_model_release(&model);
    o.tuning.seconds = 12 * full * 0.6;
    model = tiny_trained(&o, NULL, 2, &lines, &report);
    length = (size_t)lines.trials[0].epochs;
    assert_true(length > 8 && length < 14);
    assert_true(lines.n_trials >= 12 && lines.n_trials <= 14);
    for (size_t i = 0; i < lines.n; i++)
        chosen += lines.phases[i] == TT_PHASE_CHOOSING;
    assert_int_equal(chosen, 20);
    assert_int_equal(lines.n, lines.n_trials * length + 20 + report.best_epoch);
    tt_model_release(&model);
    o.tuning.seconds = full; /* not even four epochs twice as often */
    model = tiny_trained(&o, NULL, 1, &lines, &report);
    assert_true(lines.trials[0].epochs == 4 && lines.n_trials >= 2 && lines.n_trials <= 5);
    tt_model_release(&model);
    o.tuning.seconds = full / 100;
    model = tiny_trained(&o, NULL, 1, &lines, &report);
    assert_true(lines.n_trials == 0 && lines.n_tuned == 1 && lines.phases[0] == TT_PHASE_CHOOSING);
    assert_true(report.settings.temperature == o.run.trainer.loss.temperature);
    tt_model_release(&model);
}

/* Validation events that are given measure the trials too, and nothing is held out. */
static void test_trials_by_given_events(void **state)
{
    struct tt_train_options o = tiny_options;
    struct tt_train_report report, plain_report;
    struct tiny_record lines, plain_lines;
    struct tt_examples valid;
    size_t epochs = 0;

    (void)state;
    tiny_valid_begin(&valid, 0);
    o.run.stopping.epochs = 6;
    o.run.validation.k = 3;
    struct tt_model model = tiny_trained(&o, &valid.events, 1, &plain_lines, &plain_report);
    tt_model_release(&model);
    o.tuning.seconds = 1;
    model = tiny_trained(&o, &valid.events, 1, &lines, &report);
    for (size_t e = 0; e < 6; e++) /* the first trial is what was given */
        assert_true(lines.epochs[e].valid_value == plain_lines.epochs[e].valid_value &&
                    lines.epochs[e].loss == plain_lines.epochs[e].loss);
    for (size_t i = 0; i < lines.n_trials; i++)
        epochs += (size_t)lines.trials[i].epochs;
    assert_true(lines.n == epochs + report.settings.epochs && lines.phases[epochs] == TT_PHASE_FINAL);
    assert_true(lines.epochs[epochs + report.best_epoch - 1].valid_value == report.best_value);
    assert_true(report.best_value >= plain_report.best_value - 0.05);
    tt_model_release(&model);
    tt_examples_release(&valid);
}

static void test_fewer_dimensions_can_be_better(void **state)
{
    struct tt_train_options o = tiny_options;
    struct tt_train_report report;
    struct tiny_record lines;
    int tried = 0;

    (void)state;
    o.run.trainer.shape.dim = 16;
    o.tuning.seconds = 1;
    struct tt_examples base;
    struct tt_err err = TT_ERR_INIT;
    struct tt_model model;
    tiny_begin(&base, tiny_plain, TINY_USERS, TINY_ITEMS);
    tiny_clusters(&base, TINY_USERS - 1, TINY_ITEMS - 2, 8, 1);
    NEED(tt_model_init(&model, &base.entities, 16, &err));
    NEED(tiny_train(&model, &base.events, &o, NULL, 1, &lines, &report, &err));
    tt_events_release(&base.events);
    for (size_t i = 0; i < lines.n_trials; i++)
        tried += lines.trials[i].dim == 8;
    assert_true(tried > 0);
    assert_true(model.dim == report.settings.dim);
    tt_model_release(&model);
}

static void test_nothing_to_hold_out_is_an_error(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_train_options o = tiny_options;
    struct tt_train_report report;
    struct tiny_record lines;
    struct tt_examples base;
    struct tt_model model;

    (void)state;
    tiny_begin(&base, tiny_plain, TINY_USERS, TINY_ITEMS);
    for (uint32_t u = 1; u < TINY_USERS; u++)
        tiny_event(&base, u, 1 + u % 9, 1, 1, 1, 0);
    NEED(tt_model_init(&model, &base.entities, TINY_DIM, &err));
    o.valid_share = 0.5;
    assert_int_equal(tiny_train(&model, &base.events, &o, NULL, 1, &lines, &report, &err), -1);
    tt_events_release(&base.events);
    assert_int_equal(err.kind, TT_ERR_INPUT);
    assert_string_equal(err.text, "none of the 0 events that would be held out for validation is liked: each user "
                                  "keeps one");
    tt_model_release(&model);
}

/* ---- cost ---- */

static const char cost_schema[] = "user u id\nuser i history\nitem i id\n";

static struct tt_run_cost cost_by(const char *schema, size_t n_users, size_t n_items,
                                  const struct tt_trainer_options *o, size_t n_evaluated)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(1, &err);
    struct tt_examples base;
    struct tt_model model;
    struct tt_trainer t;

    assert_non_null(pool);
    tiny_begin(&base, schema, n_users, n_items);
    tiny_clusters(&base, n_users, n_items, 8, 1);
    NEED(tt_model_init(&model, &base.entities, o->shape.dim, &err));
    NEED(tt_trainer_init(&t, &model, &base.events, o, pool, &err));
    struct tt_run_cost cost = tt_run_cost_of(&t, n_evaluated);
    struct tt_trainer_options warm = *o; /* begins with a model, without a decomposition */
    warm.start.earlier = &model;
    t.o = &warm;
    assert_true(tt_run_cost_of(&t, n_evaluated).start == 0 && tt_run_cost_of(&t, n_evaluated).epoch == cost.epoch);
    tt_trainer_release(&t);
    tt_model_release(&model);
    tt_events_release(&base.events);
    tt_pool_free(pool);
    return cost;
}

static struct tt_run_cost cost_of(size_t n_users, size_t n_items, const struct tt_trainer_options *o,
                                  size_t n_evaluated)
{
    return cost_by(cost_schema, n_users, n_items, o, n_evaluated);
}

static void test_cost_grows_with_what_is_to_be_done(void **state)
{
    struct tt_trainer_options o = tiny_options.run.trainer, wide = o, deep = o, random = o;

    (void)state;
    struct tt_run_cost one = cost_of(200, 100, &o, 50);
    assert_true(one.start > 0 && one.epoch > 0);
    wide.shape.dim = 2 * o.shape.dim;
    struct tt_run_cost two = cost_of(200, 100, &wide, 50);
    assert_true(fabs(two.epoch / one.epoch - 2) < 1e-9 && fabs(two.start / one.start - 2) < 1e-9);
    assert_true(cost_of(400, 100, &o, 50).epoch > 1.5 * one.epoch);
    assert_true(cost_of(200, 100, &o, 150).epoch - one.epoch > 0);
    /* 100 more queries: each the products of 100 items; what wants nothing costs nothing more */
    assert_true(fabs(cost_of(200, 100, &o, 150).epoch - one.epoch - 2.0 * 100 * 100 * TINY_DIM / 1e11) < 1e-12);
    deep.shape.n_hidden = 1;
    deep.shape.hidden[0] = 64;
    assert_true(cost_of(200, 100, &deep, 50).epoch > one.epoch);
    random.start.kind = TT_START_RANDOM;
    assert_true(cost_of(200, 100, &random, 50).start == 0);
}

/* Every step adds up the users of all its candidates, there and back, and moves their rows; of 200, every fourth. */
static void test_histories_of_items_cost_passes_over_the_visits(void **state)
{
    static const char both[] = "user u id\nuser i history\nitem i id\nitem u history\n";
    struct tt_trainer_options o = tiny_options.run.trainer;
    double visits = 4000 * 7.5; /* of 8 events, some are repetitions */
    static const struct { size_t batch; double passes; } cases[] = {{500, 8}, {1000, 4}, {20, 50}};

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        o.steps.batch_size = cases[i].batch;
        double more = cost_by(both, 4000, 100, &o, 0).epoch - cost_of(4000, 100, &o, 0).epoch;
        assert_true(fabs(more / (cases[i].passes * TINY_DIM * (2 * visits / 2e9 + 4000 / 5e8)) - 1) < 0.1);
    }
}

/* 6 D operations for each pair of query and item: the whole, where the catalogue is large. */
static void test_the_full_softmax_is_its_products(void **state)
{
    struct tt_trainer_options o = tiny_options.run.trainer;

    (void)state;
    o.steps.batch_size = 4000;
    struct tt_run_cost cost = cost_of(4000, 3000, &o, 0);
    double items = 3000 * (1 - exp(-4000.0 * 8 / 3000)); /* some have no event: as good as none */
    assert_true(fabs(cost.epoch / (6.0 * TINY_DIM * 4000 * items / 1e11 + TINY_DIM * (2 * items + 4000) / 5e8 +
                                   2 * TINY_DIM * 4000 * 8 / 2e9) - 1) < 0.05);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_held_out_part_chooses_the_epochs),
        cmocka_unit_test(test_trials_find_settings_for_the_final_run),
        cmocka_unit_test(test_little_time_makes_short_trials),
        cmocka_unit_test(test_trials_by_given_events),
        cmocka_unit_test(test_fewer_dimensions_can_be_better),
        cmocka_unit_test(test_nothing_to_hold_out_is_an_error),
        cmocka_unit_test(test_cost_grows_with_what_is_to_be_done),
        cmocka_unit_test(test_histories_of_items_cost_passes_over_the_visits),
        cmocka_unit_test(test_the_full_softmax_is_its_products),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
