/* Whole trainings on small worlds: what they learn, keep, refuse and warn of. */
#include "train/training.h"

#include <math.h>
#include <stdlib.h>

#include "train/queries.h"
#include "tiny_record.h"

static void test_training_lowers_the_loss(void **state)
{
    struct tt_train_options o = tiny_options;
    struct tt_train_report report;
    struct tiny_record lines;

    (void)state;
    for (int i = 0; i < 8; i++) {
        o.run.trainer.steps.candidates = i % 2 ? TT_CANDIDATES_BATCH : TT_CANDIDATES_ALL;
        o.run.trainer.start.kind = i / 2 % 2 ? TT_START_RANDOM : TT_START_SPECTRAL;
        o.run.trainer.shape.n_hidden = i < 4 ? 0 : 2;
        o.run.trainer.shape.hidden[0] = 12;
        o.run.trainer.shape.hidden[1] = 6;
        o.run.stopping.epochs = 12;
        struct tt_model model = tiny_trained(&o, NULL, 1, &lines, &report);
        assert_int_equal(lines.n, 12);
        assert_true(lines.epochs[11].loss < lines.epochs[0].loss - 0.05);
        assert_true(lines.epochs[11].train_value > (o.run.trainer.steps.candidates == TT_CANDIDATES_ALL ? 0.6 : 0.4));
        assert_true(lines.epochs[11].valid_value == -1 && report.best_value == -1);
        assert_true(lines.epochs[0].examples == (TINY_USERS - 1) * 8);
        assert_true(report.events == (TINY_USERS - 1) * 8 && report.disliked == 0 && report.epochs == 12);
        assert_false(report.has_no_progress || report.signs.has_collapsed);
        tt_model_release(&model);
    }
}

static void test_training_depends_on_seed_and_not_on_threads(void **state)
{
    struct tt_train_options o = tiny_options;
    struct tt_train_report report;
    struct tiny_record lines;

    (void)state;
    for (int i = 0; i < 4; i++) {
        o = tiny_options;
        o.run.trainer.steps.candidates = i % 2 ? TT_CANDIDATES_BATCH : TT_CANDIDATES_ALL;
        o.run.trainer.steps.batch_of = i % 2 ? TT_BATCH_OF_EVENTS : TT_BATCH_OF_QUERIES;
        o.run.trainer.shape.n_hidden = i / 2;
        o.run.trainer.shape.hidden[0] = 12;
        struct tt_model one = tiny_trained(&o, NULL, 1, &lines, &report);
        for (int threads = 1; threads <= 3; threads++) {
            struct tt_model other = tiny_trained(&o, NULL, threads, &lines, &report);
            assert_true(tiny_same_tables(&one, &other));
            tt_model_release(&other);
        }
        o.run.trainer.seed = 2;
        struct tt_model seed2 = tiny_trained(&o, NULL, 1, &lines, &report);
        assert_false(tiny_same_tables(&one, &seed2));
        tt_model_release(&seed2);
        tt_model_release(&one);
    }
}

/* The layers of both towers learn, and without validation as with it they are those of the kept epoch. */
static void test_layers_are_trained(void **state)
{
    struct tt_train_options o = tiny_options;
    struct tt_train_report report;
    struct tiny_record lines;

    (void)state;
    o.run.trainer.shape.n_hidden = 1;
    o.run.trainer.shape.hidden[0] = 12;
    struct tt_model model = tiny_trained(&o, NULL, 1, &lines, &report);
    assert_int_equal(model.n_hidden, 1);
    for (int side = TT_USER; side <= TT_ITEM; side++) {
        const struct tt_dense *dense = &model.dense[side];
        struct tt_err err = TT_ERR_INIT;
        struct tt_dense start;
        size_t moved = 0;
        NEED(tt_dense_init(&start, dense->layers[0].n_in / TINY_DIM, TINY_DIM, o.run.trainer.shape.hidden, 1, &err));
        tt_dense_start(&start, o.run.trainer.seed, (uint32_t)side);
        for (size_t i = 0; i < dense->n_params; i++)
            moved += start.params[i] != dense->params[i];
        assert_true(moved > dense->n_params / 2);
        tt_dense_release(&start);
    }
    tt_model_release(&model);
}

static void test_auto_takes_the_full_loss_of_a_small_catalogue(void **state)
{
    struct tt_train_options o = tiny_options;
    struct tt_train_report report;
    struct tiny_record lines;

    (void)state;
    struct tt_model full = tiny_trained(&o, NULL, 1, &lines, &report);
    o.run.trainer.steps.candidates = TT_CANDIDATES_AUTO;
    struct tt_model model = tiny_trained(&o, NULL, 1, &lines, &report);
    assert_int_equal(report.plan.steps.candidates, TT_CANDIDATES_ALL);
    assert_true(tiny_same_tables(&full, &model));
    tt_model_release(&full);
    tt_model_release(&model);
}

static void test_batches_fit_the_data_and_the_memory(void **state)
{
    struct tt_train_options o = tiny_options;
    struct tt_train_report report;
    struct tiny_record lines;

    (void)state;
    for (int i = 0; i < 2; i++) {
        o = tiny_options;
        o.run.trainer.steps.candidates = i ? TT_CANDIDATES_BATCH : TT_CANDIDATES_ALL;
        o.run.trainer.steps.batch_of = i ? TT_BATCH_OF_EVENTS : TT_BATCH_OF_QUERIES;
        o.run.stopping.epochs = 1;
        o.run.trainer.steps.batch_size = 1 << 20;
        struct tt_model model = tiny_trained(&o, NULL, 1, &lines, &report);
        assert_true(report.plan.steps.batch_size < 500); /* no more than there is */
        tt_model_release(&model);
        o.run.trainer.steps.max_memory = 1;
        model = tiny_trained(&o, NULL, 1, &lines, &report);
        assert_int_equal(report.plan.steps.batch_size, 64);
        tt_model_release(&model);
        o.run.trainer.steps.batch_size = 10;
        model = tiny_trained(&o, NULL, 1, &lines, &report);
        assert_int_equal(report.plan.steps.batch_size, 10);
        tt_model_release(&model);
        o.run.trainer.steps.batch_size = 1;
        model = tiny_trained(&o, NULL, 1, &lines, &report);
        assert_int_equal(report.plan.steps.batch_size, 1);
        tt_model_release(&model);
    }
}

static void test_the_best_epoch_is_kept(void **state)
{
    struct tt_train_options o = tiny_options;
    struct tt_train_report report;
    struct tiny_record lines;
    struct tt_examples valid;
    size_t best = 0;

    (void)state;
    tiny_valid_begin(&valid, 0);
    o.run.stopping.epochs = 12;
    o.run.trainer.optimiser.learning_rate = 0.2; /* so that it is not the last */
    o.run.validation.k = 5;
    struct tt_model model = tiny_trained(&o, &valid.events, 1, &lines, &report);
    for (size_t e = 1; e < lines.n; e++)
        if (lines.epochs[e].valid_value > lines.epochs[best].valid_value)
            best = e;
    assert_true(best + 1 < lines.n);
    assert_int_equal(report.best_epoch, best + 1);
    assert_true(report.best_value == lines.epochs[best].valid_value);
    for (size_t e = 0; e < lines.n; e++) { /* marked when better than all before */
        int better = 1;
        for (size_t before = 0; before < e; before++)
            better &= lines.epochs[e].valid_value > lines.epochs[before].valid_value;
        assert_int_equal(lines.epochs[e].is_best, better);
    }
    o.run.stopping.patience = 2;
    struct tt_model early = tiny_trained(&o, &valid.events, 1, &lines, &report);
    assert_true(lines.n <= best + 3 && report.epochs == lines.n);
    assert_true(lines.n - report.best_epoch == 2);
    if (report.best_epoch == best + 1)
        assert_true(tiny_same_tables(&model, &early));
    tt_model_release(&model);
    tt_model_release(&early);
    tt_examples_release(&valid);
}

/* The accuracy that training reports, computed again from the kept tables. */
static void test_accuracy_is_that_of_the_kept_model(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_train_options o = tiny_options;
    struct tt_train_report report;
    struct tiny_record lines;
    struct tt_examples valid;
    struct tt_queries queries;
    struct tt_tower_input users, items;
    struct tt_pool *pool = tt_pool_new(1, &err);
    static float u[1000 * TINY_DIM], v[(TINY_ITEMS + 1) * TINY_DIM];
    double hits = 0;

    (void)state;
    assert_non_null(pool);
    tiny_valid_begin(&valid, 30);
    o.run.validation.seen = TT_SEEN_KEEP;
    o.run.validation.k = 5;
    struct tt_model model = tiny_trained(&o, &valid.events, 1, &lines, &report);
    NEED(tt_queries_init(&queries, &model.entities.dictionary, &valid.events, 0, 0, &err));
    NEED(tt_queries_input(&queries, &model.entities.dictionary, &model.entities.users, &users, &err));
    NEED(tt_tower_input_of_table(&items, &model.entities.items, &model.entities.dictionary.schema, &err));
    NEED(tt_model_embed(&model, &users, pool, u, &err));
    NEED(tt_model_embed(&model, &items, pool, v, &err));
    size_t meal = tiny_column(&model.entities.dictionary.schema, TT_USER, "meal");
    for (size_t e = 0; e < valid.events.n; e++) {
        size_t q = 0, before = 0, item = valid.events.item[e];
        if (item == 0)
            continue; /* a miss */
        while (queries.user[q] != valid.events.user[e] ||
               queries.contexts[meal].codes[q] != tt_narrow_get(&valid.events.contexts[meal], e))
            q++;
        double scores[TINY_ITEMS + 1] = {0};
        for (size_t i = 1; i <= TINY_ITEMS - 2; i++)
            for (size_t d = 0; d < TINY_DIM; d++)
                scores[i] += (double)u[q * TINY_DIM + d] * (double)v[i * TINY_DIM + d];
        for (size_t i = 1; i <= TINY_ITEMS - 2; i++)
            before += i != item && scores[i] > scores[item];
        hits += before < 5;
    }
    assert_true(fabs(report.best_value - hits / (double)valid.events.n) < 0.02); /* near ties may differ */
    tt_tower_input_release(&users);
    tt_tower_input_release(&items);
    tt_queries_release(&queries);
    tt_model_release(&model);
    tt_examples_release(&valid);
    tt_pool_free(pool);
}

static void test_seen_items_are_removed_where_nothing_repeats(void **state)
{
    struct tt_train_options o = tiny_options;
    struct tt_train_report report;
    struct tiny_record lines;
    struct tt_examples valid;
    struct tt_model model;

    (void)state;
    o.run.stopping.epochs = 1;
    tiny_valid_begin(&valid, 0); /* small clusters: visits repeat */
    model = tiny_trained(&o, &valid.events, 1, &lines, &report);
    assert_int_equal(report.seen, TT_SEEN_KEEP);
    tt_model_release(&model);
    tt_examples_release(&valid);

    tiny_begin(&valid, tiny_plain, TINY_USERS, TINY_ITEMS); /* user 60 has no training event */
    tiny_event(&valid, TINY_USERS, 3, 1, 1, 1, 0);
    model = tiny_trained(&o, &valid.events, 1, &lines, &report);
    assert_int_equal(report.seen, TT_SEEN_REMOVE);
    o.run.validation.seen = TT_SEEN_KEEP;
    tt_model_release(&model);
    model = tiny_trained(&o, &valid.events, 1, &lines, &report);
    assert_int_equal(report.seen, TT_SEEN_KEEP);
    tt_model_release(&model);
    tt_examples_release(&valid);
}

static void test_untrained_rows_get_the_unknown_one(void **state)
{
    struct tt_train_options o = tiny_options;
    struct tt_train_report report;
    struct tiny_record lines;

    (void)state;
    for (int i = 0; i < 4; i++) {
        o.run.trainer.steps.candidates = i % 2 ? TT_CANDIDATES_BATCH : TT_CANDIDATES_ALL;
        o.run.trainer.steps.batch_of = i % 2 ? TT_BATCH_OF_EVENTS : TT_BATCH_OF_QUERIES;
        o.run.trainer.shape.n_hidden = i / 2;
        o.run.trainer.shape.hidden[0] = 12;
        o.run.trainer.start.kind = TT_START_RANDOM; /* what is not trained is far from 0 */
        struct tt_model model = tiny_trained(&o, NULL, 1, &lines, &report);
        float *users = tiny_table(&model, TT_USER, "u"), *items = tiny_table(&model, TT_ITEM, "i");
        float *history = tiny_table(&model, TT_USER, "i");
        assert_memory_equal(items + 39 * TINY_DIM, items, TINY_DIM * sizeof(float));
        assert_memory_equal(items + 40 * TINY_DIM, items, TINY_DIM * sizeof(float));
        assert_memory_equal(users + 60 * TINY_DIM, users, TINY_DIM * sizeof(float));
        assert_memory_equal(history + 40 * TINY_DIM, history, TINY_DIM * sizeof(float));
        for (size_t d = 0; d < TINY_DIM; d++) { /* the mean of the trained ones */
            double mean = 0;
            for (size_t r = 1; r <= 38; r++)
                mean += (double)items[r * TINY_DIM + d] / 38;
            assert_true(fabs((double)items[d] - mean) < 1e-5);
        }
        for (size_t r = 1; r <= 38; r++)
            assert_memory_not_equal(items + r * TINY_DIM, items, TINY_DIM * sizeof(float));
        tt_model_release(&model);
    }
}

/* Items with an empty category have trained its unknown row: it stays, else their vectors would not be those of
 * training. */
static void test_a_trained_unknown_row_stays(void **state)
{
    struct tt_train_options o = tiny_options;
    struct tt_train_report report;
    struct tiny_record lines;

    (void)state;
    struct tt_model model = tiny_trained(&o, NULL, 1, &lines, &report);
    float *kinds = tiny_table(&model, TT_ITEM, "kind");
    double apart = 0;
    for (size_t d = 0; d < TINY_DIM; d++) {
        double mean = 0;
        for (size_t r = 1; r <= TINY_VALUES; r++)
            mean += (double)kinds[r * TINY_DIM + d] / TINY_VALUES;
        apart += fabs(mean - (double)kinds[d]);
    }
    assert_true(apart > 0.05);
    tt_model_release(&model);
}

static void test_a_missing_scaled_number_counts_as_the_mean_one(void **state)
{
    static const char schema[] = "user u id\nitem i id\nitem price number scale=yes\n";
    struct tt_err err = TT_ERR_INIT;
    struct tt_train_options o = tiny_options;
    struct tt_train_report report;
    struct tiny_record lines;
    struct tt_examples base;
    struct tt_model model;

    (void)state;
    tiny_begin(&base, schema, 20, 6); /* items 1 to 6 all have a price */
    tiny_clusters(&base, 20, 6, 5, 1);
    NEED(tt_model_init(&model, &base.entities, TINY_DIM, &err));
    NEED(tiny_train(&model, &base.events, &o, NULL, 1, &lines, &report, &err));
    const float *prices = tiny_table(&model, TT_ITEM, "price");
    double size = 0;
    for (size_t d = 0; d < TINY_DIM; d++) {
        assert_true(prices[d] == 0);
        size += fabs((double)prices[TINY_DIM + d]);
    }
    assert_true(size > 0);
    tt_events_release(&base.events);
    tt_model_release(&model);
}

/* Without dropping, no step has an empty history: the unknown one becomes the mean of the users' bags. */
static void test_an_untrained_unknown_history_is_the_mean_bag(void **state)
{
    struct tt_train_options o = tiny_options;
    struct tt_train_report report;
    struct tiny_record lines;

    (void)state;
    o.run.trainer.dropout = 0;
    struct tt_model model = tiny_trained(&o, NULL, 1, &lines, &report);
    const size_t column = tiny_column(&model.entities.dictionary.schema, TT_USER, "i");
    const float *history = model.tables[column];
    double mean[TINY_DIM] = {0}, n = 0;
    for (size_t u = 1; u <= TINY_USERS; u++) {
        const uint32_t *codes;
        const float *weights;
        size_t size = tt_bags_row(&model.entities.users.bags[column], u, &codes, &weights);
        for (size_t e = 0; e < size; e++)
            for (size_t d = 0; d < TINY_DIM; d++)
                mean[d] += (double)(weights[e] / tt_history_length(weights, size) * history[codes[e] * TINY_DIM + d]);
        n += size > 0;
    }
    for (size_t d = 0; d < TINY_DIM; d++)
        assert_true(fabs(mean[d] / n - (double)history[d]) < 1e-5);
    tt_model_release(&model);
}

static void test_one_dimension_and_one_item_are_enough(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_train_options o = tiny_options;
    struct tt_train_report report;
    struct tiny_record lines;
    struct tt_examples base;
    struct tt_model model;

    (void)state;
    o.run.trainer.shape.dim = 1;
    tiny_begin(&base, tiny_plain, 2, 1);
    tiny_event(&base, 1, 1, 1, 1, 1, 0);
    NEED(tt_model_init(&model, &base.entities, 1, &err));
    NEED(tiny_train(&model, &base.events, &o, NULL, 2, &lines, &report, &err));
    assert_true(lines.epochs[3].train_value == 1);
    /* no gradient moves a vector of one number, but it was not without an event */
    assert_true(tiny_table(&model, TT_ITEM, "i")[1] != 0);
    tt_events_release(&base.events);
    tt_model_release(&model);
}

/* ---- labels, weights, times ---- */

static const char full[] =
    "user u id\nuser i history\nitem i id\nevent rating weight\nevent liked label\nevent at time\n";

static struct tt_model labelled(int with_disliked, float weight, struct tt_train_report *report,
                                struct tiny_record *lines)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_train_options o = tiny_options;
    struct tt_examples base;
    struct tt_model model;
    struct tt_rng rng;

    tiny_begin(&base, full, 30, 20);
    tiny_clusters(&base, 29, 18, 5, 1);
    tt_rng_init(&rng, 3, TT_RNG_TEST, 0);
    for (size_t e = 0; e < base.events.n; e++)
        base.events.weight[e] = weight;
    for (uint32_t e = 0; with_disliked && e < 50; e++)
        tiny_event(&base, 1 + e % 30, 1 + e % 20, 0, 1, 0, 5);
    o.run.trainer.steps.batch_size = 16;
    NEED(tt_model_init(&model, &base.entities, TINY_DIM, &err));
    NEED(tiny_train(&model, &base.events, &o, NULL, 1, lines, report, &err));
    tt_events_release(&base.events);
    return model;
}

static void test_events_with_label_0_are_left_out(void **state)
{
    struct tt_train_report report;
    struct tiny_record lines, without;
    struct tt_model with = labelled(1, 1, &report, &lines);

    (void)state;
    assert_int_equal(report.disliked, 50);
    assert_int_equal(report.events, 29 * 5);
    assert_true(lines.epochs[0].examples == 29 * 5);
    /* item 19 was only disliked */
    const float *items = tiny_table(&with, TT_ITEM, "i");
    assert_memory_equal(items + 19 * TINY_DIM, items, TINY_DIM * sizeof(float));
    struct tt_model other = labelled(0, 1, &report, &without);
    assert_int_equal(report.disliked, 0);
    assert_true(lines.epochs[3].loss == without.epochs[3].loss);
    assert_true(tiny_same_tables(&with, &other));
    tt_model_release(&with);
    tt_model_release(&other);
}

/* All weights doubled change nothing, as the loss is a mean. */
static void test_weights_count_in_proportion(void **state)
{
    struct tt_train_report report;
    struct tiny_record lines, doubled;
    struct tt_model one = labelled(0, 1, &report, &lines), two = labelled(0, 2, &report, &doubled);

    (void)state;
    assert_true(fabs(lines.epochs[3].loss - doubled.epochs[3].loss) < 1e-5);
    assert_true(doubled.epochs[0].examples == 29 * 5);
    tt_model_release(&one);
    tt_model_release(&two);
}

static void fails(const char *schema, const struct tt_train_options *o, void (*spoil)(struct tt_examples *),
                  const struct tt_events *valid, enum tt_err_kind kind, const char *text)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_train_report report;
    struct tiny_record lines;
    struct tt_examples base;
    struct tt_model model;

    tiny_begin(&base, schema, TINY_USERS, TINY_ITEMS);
    tiny_clusters(&base, TINY_USERS - 1, TINY_ITEMS - 2, 8, 1);
    if (spoil)
        spoil(&base);
    NEED(tt_model_init(&model, &base.entities, TINY_DIM, &err));
    assert_int_equal(tiny_train(&model, &base.events, o, valid, 1, &lines, &report, &err), -1);
    assert_int_equal(err.kind, kind);
    assert_string_equal(err.text, text);
    tt_events_release(&base.events);
    tt_model_release(&model);
}

static void no_events(struct tt_examples *base) { base->events.n = 0; }
static void all_disliked(struct tt_examples *base) { memset(base->events.label, 0, base->events.n); }

static void no_weight(struct tt_examples *base) { memset(base->events.weight, 0, base->events.n * sizeof(float)); }

static void too_heavy(struct tt_examples *base)
{
    for (size_t e = 0; e < base->events.n; e++)
        base->events.weight[e] = 1e38f;
}

static void test_training_without_events_is_refused(void **state)
{
    (void)state;
    fails(tiny_plain, &tiny_options, no_events, NULL, TT_ERR_INPUT,
          "examples: no training event: 0 rows, 0 of them with label 0, weight 0 in all");
    fails(full, &tiny_options, all_disliked, NULL, TT_ERR_INPUT,
          "examples: no training event: 472 rows, 472 of them with label 0, weight 0 in all");
    fails(full, &tiny_options, no_weight, NULL, TT_ERR_INPUT,
          "examples: no training event: 472 rows, 0 of them with label 0, weight 0 in all");
    fails(full, &tiny_options, too_heavy, NULL, TT_ERR_INPUT,
          "examples: the events weigh 4.15e+32 in all, more than 1e30");
}

static void test_validation_without_events_is_refused(void **state)
{
    struct tt_events none = {0};

    (void)state;
    struct tt_examples valid;
    tiny_begin(&valid, tiny_plain, TINY_USERS, TINY_ITEMS);
    none = valid.events;
    fails(tiny_plain, &tiny_options, NULL, &none, TT_ERR_INPUT,
          "no validation event: 0 rows, all with label 0");
    tt_examples_release(&valid);
}

static void test_half_life_needs_times(void **state)
{
    struct tt_train_options o = tiny_options;

    (void)state;
    o.run.trainer.half_life = 7;
    fails(tiny_plain, &o, NULL, NULL, TT_ERR_USAGE,
          "a half-life needs times: the schema has no event column of kind 'time'");
}

static void test_a_huge_rate_is_an_error_that_names_the_step(void **state)
{
    struct tt_train_options o = tiny_options;

    (void)state;
    o.run.trainer.optimiser.learning_rate = 1e39; /* infinite as a float: every table is at once */
    o.run.trainer.optimiser.warmup = 0;
    o.run.trainer.steps.batch_size = 1000;
    o.run.stopping.epochs = 1;
    fails(tiny_plain, &o, NULL, NULL, TT_ERR_INPUT,
          "'user.u.embedding' is not finite after step 1: is the learning rate too large?");
    o.run.trainer.optimiser.learning_rate = 3e38; /* finite, but no sum of two rows is */
    o.run.trainer.steps.batch_size = 32;
    fails(tiny_plain, &o, NULL, NULL, TT_ERR_INPUT,
          "the loss is not finite in step 2: is the learning rate too large?");
}

/* ---- warnings ---- */

static void test_no_progress_is_reported(void **state)
{
    struct tt_train_options o = tiny_options;
    struct tt_train_report report;
    struct tiny_record lines;

    (void)state;
    o.run.stopping.epochs = 3;
    o.run.trainer.optimiser.learning_rate = 1e-30; /* nothing is learnt: dropout alone changes the loss */
    o.run.trainer.dropout = 0.9;
    struct tt_model model = tiny_trained(&o, NULL, 1, &lines, &report);
    while (lines.epochs[2].loss < lines.epochs[0].loss && o.run.trainer.seed < 20) { /* as often as not */
        assert_false(report.has_no_progress);
        tt_model_release(&model);
        o.run.trainer.seed++;
        model = tiny_trained(&o, NULL, 1, &lines, &report);
    }
    assert_true(lines.epochs[2].loss >= lines.epochs[0].loss);
    assert_true(report.has_no_progress);
    tt_model_release(&model);
    o.run.stopping.epochs = 1; /* one epoch tells nothing */
    model = tiny_trained(&o, NULL, 1, &lines, &report);
    assert_false(report.has_no_progress);
    tt_model_release(&model);
}

static void test_collapse_is_reported(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_train_options o = tiny_options;
    struct tt_train_report report;
    struct tiny_record lines;
    struct tt_examples base;
    struct tt_model model;

    (void)state;
    tiny_begin(&base, "user u id embed=no\nuser color category\nitem i id\n", 50, 10);
    for (uint32_t u = 1; u <= 50; u++)
        tiny_event(&base, u, 1 + u % 10, 0, 1, 1, 0);
    size_t color = tiny_column(&base.entities.dictionary.schema, TT_USER, "color");
    for (uint32_t u = 0; u <= 50; u++) /* all users have one color */
        base.entities.users.bags[color].codes[u] = 1;
    NEED(tt_model_init(&model, &base.entities, TINY_DIM, &err));
    NEED(tiny_train(&model, &base.events, &o, NULL, 1, &lines, &report, &err));
    assert_true(report.signs.has_collapsed);
    tt_events_release(&base.events);
    tt_model_release(&model);
}

/* One item in every list: all users point to the item that few want. */
static void test_one_item_in_all_lists_is_reported(void **state)
{
    struct tt_train_options o = tiny_options;
    struct tt_train_report report;
    struct tiny_record lines;

    (void)state;
    o.run.validation.k = 2;
    struct tt_model model = tiny_trained(&o, NULL, 1, &lines, &report);
    assert_true(report.signs.commonest_listed > 0 && report.signs.commonest_listed < 0.5);
    assert_true(report.signs.commonest_positive > 0.05);
    assert_false(report.signs.has_common_item);
    tt_model_release(&model);
    o.run.trainer.loss.negative_weight = 100; /* the negative term alone counts: two directions are left */
    o.run.stopping.epochs = 60;
    o.run.trainer.optimiser.learning_rate = 0.1;
    model = tiny_trained(&o, NULL, 1, &lines, &report);
    assert_true(report.signs.has_common_item);
    assert_true(report.signs.commonest_listed > 0.5);
    tt_model_release(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_training_lowers_the_loss),
        cmocka_unit_test(test_training_depends_on_seed_and_not_on_threads),
        cmocka_unit_test(test_layers_are_trained),
        cmocka_unit_test(test_auto_takes_the_full_loss_of_a_small_catalogue),
        cmocka_unit_test(test_batches_fit_the_data_and_the_memory),
        cmocka_unit_test(test_the_best_epoch_is_kept),
        cmocka_unit_test(test_accuracy_is_that_of_the_kept_model),
        cmocka_unit_test(test_seen_items_are_removed_where_nothing_repeats),
        cmocka_unit_test(test_untrained_rows_get_the_unknown_one),
        cmocka_unit_test(test_a_trained_unknown_row_stays),
        cmocka_unit_test(test_a_missing_scaled_number_counts_as_the_mean_one),
        cmocka_unit_test(test_an_untrained_unknown_history_is_the_mean_bag),
        cmocka_unit_test(test_one_dimension_and_one_item_are_enough),
        cmocka_unit_test(test_events_with_label_0_are_left_out),
        cmocka_unit_test(test_weights_count_in_proportion),
        cmocka_unit_test(test_training_without_events_is_refused),
        cmocka_unit_test(test_validation_without_events_is_refused),
        cmocka_unit_test(test_half_life_needs_times),
        cmocka_unit_test(test_a_huge_rate_is_an_error_that_names_the_step),
        cmocka_unit_test(test_no_progress_is_reported),
        cmocka_unit_test(test_collapse_is_reported),
        cmocka_unit_test(test_one_item_in_all_lists_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
