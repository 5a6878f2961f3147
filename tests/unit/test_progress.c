/* What a training leaves behind while it runs: notes, logs, checkpoints. */
#include "train/progress.h"

#include <string.h>

#include "data_files.h"
#include "tiny_record.h"

static char notes[1 << 16], statuses[1 << 16];
static double now;

static double seconds(void) { return now += 0.01; }
static int is_due(void) { return 1; }

static void append(char *all, const char *text)
{
    size_t n = strlen(all), room = sizeof(notes) - n;

    assert_true((size_t)snprintf(all + n, room, "%s\n", text) < room);
}

static void note(const char *text) { append(notes, text); }
static void show_status(const char *text) { append(statuses, text); }

static size_t count(const char *all, const char *part)
{
    size_t n = 0;

    for (const char *at = all; (at = strstr(at, part)); at += strlen(part))
        n++;
    return n;
}

/* The text of a log without its fifth column, the seconds. */
static const char *read_log(const char *path, char text[1 << 14])
{
    FILE *f = fopen(path, "rb");
    size_t n = 0, column = 1;

    assert_non_null(f);
    for (int c; (c = fgetc(f)) != EOF;) {
        column = c == '\n' ? 1 : column + (c == '\t');
        if (column != 5 && n < (1 << 14) - 1)
            text[n++] = (char)c;
    }
    fclose(f);
    text[n] = '\0';
    return text;
}

struct session {
    struct tt_progress progress; /* first: the hooks' argument */
    tt_pause_fn *on_pause;       /* of the progress */
    size_t end_at, pauses;       /* the pause that ends the training, from 1 */
};

static int pause_and_end(void *arg, struct tt_training *training, struct tt_err *err)
{
    struct session *s = arg;

    if (s->on_pause(&s->progress, training, err))
        return -1;
    return ++s->pauses == s->end_at ? tt_err_set(err, TT_ERR_SYSTEM, "killed") : 0;
}

/* One training with all outputs, its log in the file `log`, its trials in `trials`, where these are not NULL. */
static void run(const struct tt_train_options *o, struct tt_progress_outputs to, const char *log, const char *trials,
                const char *resume, size_t end_at)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(1, &err);
    struct session s = {.end_at = end_at};
    struct tt_train_report report;
    struct tt_writer log_writer, trial_writer;
    struct tt_events events;
    struct tt_model model;

    notes[0] = statuses[0] = '\0';
    to.seconds = seconds;
    if (log)
        NEED(tt_writer_open(to.log = &log_writer, log, NULL, &err));
    if (trials)
        NEED(tt_writer_open(to.trial_log = &trial_writer, trials, NULL, &err));
    NEED(tt_progress_init(&s.progress, &to, o->run.validation.metric, o->run.validation.k, &err));
    if (resume)
        NEED(tt_progress_resume(&s.progress, resume, &err));
    struct tt_train_hooks hooks = tt_progress_hooks(&s.progress);
    s.on_pause = hooks.on_pause;
    hooks.on_pause = pause_and_end;
    tiny_clustered_model(&model, &events, tiny_plain, TINY_USERS, TINY_ITEMS);
    int status = tt_train(&model, &events, o, NULL, pool, &hooks, &report, &err);
    assert_int_equal(status, end_at ? -1 : 0);
    if (status == 0)
        tt_progress_report(&s.progress, &report);
    else
        assert_string_equal(err.text, "killed");
    if (log)
        NEED(tt_writer_finish(&log_writer, NULL, &err));
    if (trials)
        NEED(tt_writer_finish(&trial_writer, NULL, &err));
    tt_progress_release(&s.progress);
    tt_progress_release(&s.progress);
    tt_events_release(&events);
    tt_model_release(&model);
    tt_pool_free(pool);
}

static void test_notes_and_a_line_an_epoch(void **state)
{
    static const struct tt_progress_outputs quiet = {0}, loud = {.note = note, .is_verbose = 1,
                                                                 .is_status_due = is_due, .status = show_status};
    struct tt_train_options o = tiny_options;
    char text[1 << 14], again[1 << 14];

    (void)state;
    o.run.validation.metric = TT_METRIC_NDCG;
    run(&o, loud, "a", NULL, NULL, 0);
    read_log("a", text);
    assert_int_equal(count(text, "\n"), 5);
    assert_non_null(strstr(text, "epoch\tloss\ttrain_ndcg@10\tvalid_ndcg@10\trun\tgradient\n1\t"));
    assert_int_equal(count(text, "\tfinal\t"), 4);
    assert_int_equal(count(notes, "of 4: loss "), 4);
    assert_int_equal(count(notes, "472 events (0 more with label 0 left out), "), 1);
    assert_int_equal(count(notes, "candidates all, 128 queries a step"), 1);
    assert_int_equal(count(notes, "the strongest negative of a query"), 1);
    assert_int_equal(count(notes, "warning"), 0);
    assert_true(count(statuses, "epoch 2 of 4, ") > 0 && count(statuses, " left\n") == count(statuses, "\n"));
    run(&o, quiet, "b", NULL, NULL, 0);
    assert_string_equal(read_log("b", again), text);
    assert_true(!notes[0] && !statuses[0]);
}

static void test_a_line_a_trial(void **state)
{
    static const struct tt_progress_outputs to = {.note = note};
    struct tt_train_options o = tiny_options;
    char text[1 << 14], log[1 << 14];

    (void)state;
    o.run.stopping.epochs = 5;
    o.tuning.seconds = 2e-3;
    run(&o, to, "a", "b", NULL, 0);
    size_t trials = count(read_log("b", text), "\n") - 1;
    assert_true(trials >= 2 && count(notes, " nominal seconds: ") == 2 && count(notes, "\ntuned by ") == 1);
    assert_int_equal(count(notes, "trial 1: temperature 0.13, dropout 0.3, negative weight 1.1, 8 dimensions, "), 1);
    assert_int_equal(count(notes, " at epoch "), trials);
    assert_non_null(strstr(read_log("a", log), "\ttrial 2\t"));
    o.tuning.seconds = 1e-9;
    run(&o, to, NULL, "b", NULL, 0);
    assert_int_equal(count(read_log("b", text), "\n"), 1);
    assert_int_equal(count(notes, "warning: no time for two trials of 4 epochs"), 1);
    assert_int_equal(count(notes, "choosing the number of epochs: "), 1);
    assert_int_equal(count(notes, "on the held-out events; now training on all events"), 1);
}

/* Killed at every pause, a resumed run ends with the log of the one that never stopped. */
static void test_a_resumed_run_has_the_whole_log(void **state)
{
    static const struct tt_fact facts[] = {{"--dim", "8"}};
    struct tt_train_options o = tiny_options;
    char whole[1 << 14], text[1 << 14];

    (void)state;
    o.valid_share = 0.3;
    run(&o, (struct tt_progress_outputs){0}, "a", NULL, NULL, 0);
    read_log("a", whole);
    for (size_t end_at = 1; end_at <= 12; end_at++) {
        struct tt_checkpoint_keeper keeper = {.path = "c", .facts = facts, .n_facts = LENGTH(facts)};
        struct tt_progress_outputs to = {.note = note, .checkpoints = &keeper};
        unlink("c");
        now += 1000; /* what saving costs is forgotten: each pause may save again */
        keeper.saved = -1e9;
        run(&o, to, NULL, NULL, "c", end_at);
        assert_int_equal(count(notes, "no checkpoint c: beginning\n"), 1);
        double before = now;
        run(&o, to, "b", NULL, "c", 0);
        assert_true(now > before && count(notes, "resuming from c, ") == 1);
        assert_string_equal(read_log("b", text), whole);
    }
}

static void test_a_missing_checkpoint_of_another_name_is_an_error(void **state)
{
    struct tt_checkpoint_keeper keeper = {.path = "c"};
    struct tt_progress_outputs to = {.seconds = seconds, .checkpoints = &keeper};
    struct tt_err err = TT_ERR_INIT;
    struct tt_progress progress;

    (void)state;
    NEED(tt_progress_init(&progress, &to, TT_METRIC_NDCG, 5, &err));
    assert_int_equal(tt_progress_resume(&progress, "d", &err), -1);
    assert_string_equal(err.text, "d: No such file or directory");
    tt_progress_release(&progress);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_notes_and_a_line_an_epoch),
        cmocka_unit_test(test_a_line_a_trial),
        cmocka_unit_test(test_a_resumed_run_has_the_whole_log),
        cmocka_unit_test(test_a_missing_checkpoint_of_another_name_is_an_error),
    };

    return cmocka_run_group_tests(tests, enter_data_folder, leave_data_folder);
}
