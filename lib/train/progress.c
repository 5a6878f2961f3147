/* What a training leaves behind while it runs: see progress.h. */
#include "train/progress.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { NOTE = 512 };

static void TT_PRINTF(2, 3) note(const struct tt_progress *p, const char *fmt, ...)
{
    char text[NOTE];
    va_list args;

    if (!p->to.note)
        return;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    p->to.note(text);
}

/* Seconds that the run has taken, with what went before a kill. */
static double run_seconds(const struct tt_progress *p)
{
    return p->before + p->to.seconds();
}

int tt_progress_init(struct tt_progress *p, const struct tt_progress_outputs *outputs, enum tt_metric metric, size_t k,
                     struct tt_err *err)
{
    *p = (struct tt_progress){.to = *outputs, .k = k, .lines = TT_BUF_INIT};
    snprintf(p->metric, sizeof(p->metric), "%s@%zu", tt_metric_names[metric], k);
    if (p->to.log && tt_writer_printf(p->to.log, err, "epoch\tloss\ttrain_%s\tvalid_%s\tseconds\trun\tgradient\n",
                                      p->metric, p->metric))
        return -1;
    if (p->to.trial_log && tt_writer_printf(p->to.trial_log, err, "trial\ttemperature\tdropout\tnegative_weight\tdim\t"
                                            "epochs\tepoch\t%s\tgain\terror\tseconds\taccepted\n", p->metric))
        return -1;
    return 0;
}

void tt_progress_release(struct tt_progress *p)
{
    tt_checkpoint_release(&p->resumed);
    tt_buf_release(&p->lines);
    *p = (struct tt_progress){0};
}

/* ---- epochs ---- */

static const char *run_name(const struct tt_training *training, char buffer[32])
{
    snprintf(buffer, 32, training->phase == TT_PHASE_TRIAL ? "%s %zu" : "%s", tt_phase_names[training->phase],
             training->tuning.n_trials + 1);
    return buffer;
}

static size_t last_epoch(const struct tt_training *training)
{
    return training->run.stopping.options.epochs;
}

static int add_value(struct tt_buf *line, double value, struct tt_err *err)
{
    return value < 0 ? tt_buf_add_text(line, "\t-", err) : tt_buf_printf(line, err, "\t%.9g", value);
}

static int add_line(struct tt_progress *p, const struct tt_training *training, const struct tt_epoch *epoch, double now,
                    struct tt_err *err)
{
    struct tt_buf *lines = &p->lines;
    size_t from = lines->len;
    char name[32];

    if (tt_buf_printf(lines, err, "%zu\t%.9g", epoch->epoch, epoch->loss) ||
        add_value(lines, epoch->train_value, err) || add_value(lines, epoch->valid_value, err) ||
        tt_buf_printf(lines, err, "\t%.3f\t%s\t%.9g\n", now, run_name(training, name), epoch->gradient))
        return -1;
    return p->to.log ? tt_writer_write(p->to.log, lines->data + from, lines->len - from, err) : 0;
}

static int on_epoch(void *arg, const struct tt_training *training, const struct tt_epoch *epoch, struct tt_err *err)
{
    struct tt_progress *p = arg;
    double now = run_seconds(p);
    char valid[64] = "";

    if (epoch->valid_value >= 0)
        snprintf(valid, sizeof(valid), ", valid %.4f%s", epoch->valid_value, epoch->is_best ? " *" : "");
    if (training->phase != TT_PHASE_TRIAL || p->to.is_verbose)
        note(p, "epoch %zu of %zu: loss %.4f, %s train %.4f%s, %.2f s, %.0f events/s", epoch->epoch,
             last_epoch(training), epoch->loss, p->metric, epoch->train_value, valid, now,
             epoch->examples / (now - p->last_epoch));
    p->last_epoch = now;
    return add_line(p, training, epoch, now, err);
}

/* ---- trials ---- */

static int on_trial(void *arg, const struct tt_training *training, struct tt_err *err)
{
    const struct tt_progress *p = arg;
    const struct tt_trial *t = &training->tuning.trials[training->tuning.n_trials - 1];
    char gain[64] = "";

    (void)err;
    if (training->tuning.n_trials > 1)
        snprintf(gain, sizeof(gain), ", %+.4f (error %.4f)%s", t->gain, t->error,
                 t->is_accepted > 0 ? ": accepted" : "");
    note(p, "trial %zu: temperature %.9g, dropout %.9g, negative weight %.9g, %.0f dimensions, %.0f epochs: %s %.4f at "
         "epoch %.0f%s", training->tuning.n_trials, t->temperature, t->dropout, t->negative_weight, t->dim, t->epochs,
         p->metric, t->value, t->epoch, gain);
    return 0;
}

static int write_trials(const struct tt_progress *p, const struct tt_training *training, struct tt_err *err)
{
    for (size_t i = 0; i < training->tuning.n_trials; i++) {
        const struct tt_trial *t = &training->tuning.trials[i];
        if (tt_writer_printf(p->to.trial_log, err,
                             "%zu\t%.9g\t%.9g\t%.9g\t%.0f\t%.0f\t%.0f\t%.9g\t%.9g\t%.9g\t%.9g\t%.0f\n", i + 1,
                             t->temperature, t->dropout, t->negative_weight, t->dim, t->epochs, t->epoch, t->value,
                             t->gain, t->error, t->seconds, t->is_accepted))
            return -1;
    }
    return 0;
}

static int on_tuned(void *arg, const struct tt_training *training, struct tt_err *err)
{
    const struct tt_progress *p = arg;
    const struct tt_settings best = training->settings;
    double spent = 0;
    size_t accepted = 0;

    for (size_t i = 0; i < training->tuning.n_trials; i++) {
        spent += training->tuning.trials[i].seconds;
        accepted += training->tuning.trials[i].is_accepted != 0;
    }
    if (training->tuning.n_trials == 0)
        note(p, "warning: no time for two trials of %d epochs: training with the settings that were given",
             TT_LEAST_TRIAL_EPOCHS);
    else /* the first trial, of what was given, is accepted in any case */
        note(p, "tuned by %zu trials, %.3g nominal seconds: %stemperature %.9g, dropout %.9g, negative weight %.9g, "
             "%zu dimensions, %zu epochs", training->tuning.n_trials, spent,
             accepted > 1 ? "" : "nothing is surely better than ", best.temperature, best.dropout,
             best.negative_weight, best.dim, best.epochs);
    return p->to.trial_log ? write_trials(p, training, err) : 0;
}

/* ---- the start of a run ---- */

/* What the run is for, where there are several. */
static void note_phase(const struct tt_progress *p, const struct tt_training *training)
{
    const struct tt_run *run = &training->run;

    if (training->phase == TT_PHASE_TRIAL)
        note(p, "trials of %zu epochs in %.9g nominal seconds: %zu events to learn from, %zu to evaluate on",
             training->tuning.trial_epochs, training->o->tuning.seconds, run->trainer.n_events,
             (size_t)run->validation.valid.total);
    else if (training->phase == TT_PHASE_CHOOSING)
        note(p, "choosing the number of epochs: %zu events to learn from, %zu held out to evaluate on",
             training->holdout.kept.n, training->holdout.held.n);
    else if (training->recommended_epochs)
        note(p, "chose %zu epochs: %s %.4f on the held-out events; now training on all events",
             training->recommended_epochs, p->metric, training->recommended_value);
}

/* What a step takes, and why. */
static void note_steps(const struct tt_progress *p, const struct tt_training *training)
{
    const struct tt_trainer *t = &training->run.trainer;
    const struct tt_plan *plan = &t->plan;
    enum tt_seen_policy ranked = training->run.validation.seen;
    const char *targets = t->targets.kind == TT_TARGETS_LATER ? "the items after a moment, given those before it"
                                                              : "all items of the history";
    char sampled[64] = "";

    if (plan->steps.negatives)
        snprintf(sampled, sizeof(sampled), " and %zu sampled negatives", plan->steps.negatives);
    note(p, "candidates %s, %zu %s%s a step%s", tt_candidates_names[plan->steps.candidates], t->steps.batch_size,
         plan->steps.by_entry ? "events" : "queries", sampled,
         ranked == TT_SEEN_REMOVE ? "; validation leaves out each user's training items"
         : ranked == TT_SEEN_KEEP ? "; validation ranks each user's training items too" : "");
    if (plan->renewal > 1)
        note(p, "items' histories are read once in %zu steps, so as not to take longer than the steps", plan->renewal);
    if (t->targets.is_as_before)
        note(p, "targets of a step: %s, as for %s", targets, t->o->start.earlier->entities.segment.name);
    else if (t->targets.drift >= 0)
        note(p, "drift of the users' items %.3f; targets of a step: %s", t->targets.drift, targets);
    if (t->o->steps.candidates == TT_CANDIDATES_AUTO)
        note(p, "chosen, as an epoch takes %.3g Gflop with candidates all and %.3g with mixed", plan->flop_all / 1e9,
             plan->flop_mixed / 1e9);
}

static int on_start(void *arg, const struct tt_training *training, struct tt_err *err)
{
    struct tt_progress *p = arg;
    const struct tt_trainer *t = &training->run.trainer;
    const struct tt_softmax_peak *peak = &training->run.peak;
    double alike;

    (void)err;
    p->last_epoch = run_seconds(p);
    p->run_start = p->to.seconds();
    p->run_start_steps = t->at.steps;
    if (training->phase == TT_PHASE_TRIAL && training->tuning.n_trials > 0)
        return 0;
    note_phase(p, training);
    note(p, "%zu events (%zu more with label 0 %s), %zu queries, %zu items with an event", t->n_events, t->n_disliked,
         t->o->loss.disliked_weight > 0 ? "count as disliked" : "left out", t->queries.n, t->catalogue.n);
    if (t->replayed)
        note(p, "%zu events of the histories in %s are replayed", t->replayed,
             t->o->start.earlier->entities.segment.name);
    note_steps(p, training);
    if (p->to.is_verbose)
        note(p, "at the start the loss is %.4f; the strongest negative of a query has %.1f %% of its softmax",
             peak->loss, 100 * peak->share);
    if (tt_run_is_temperature_small(&training->run, &alike))
        note(p, "warning: at the start the loss is %.2f, with all scores alike it would be %.2f; one item has %.0f %% "
             "of a query's softmax: is the temperature too small?", peak->loss, alike, 100 * peak->share);
    return 0;
}

/* ---- pauses ---- */

/* Where the present run stands, how fast it is, and when it will be over if nothing ends it early. */
static void show_status(const struct tt_progress *p, const struct tt_training *training)
{
    const struct tt_trainer *t = &training->run.trainer;
    double seconds = p->to.seconds() - p->run_start, steps = (double)(t->at.steps - p->run_start_steps);
    double per_epoch = (double)t->steps.n_steps, last = (double)last_epoch(training);
    int is_final = training->phase == TT_PHASE_FINAL;
    char text[NOTE], name[32];

    if (!(steps > 0 && t->at.weight > 0))
        return;
    double left = seconds / steps * (last * per_epoch - (double)t->at.steps);
    snprintf(text, sizeof(text), "%s%sepoch %zu of %.0f, %.0f %%: loss %.4f, %.0f events/s, %.0f:%02.0f left",
             is_final ? "" : run_name(training, name), is_final ? "" : ", ", t->at.epoch, last,
             100 * (double)t->at.step / per_epoch, t->at.loss / t->at.weight,
             (double)t->n_events * steps / per_epoch / seconds, floor(left / 60), floor(fmod(left, 60)));
    p->to.status(text);
}

/* Save or restore what this module adds to the state of a training. */
static int progress_state(struct tt_progress *p, struct tt_state *state, struct tt_err *err)
{
    double seconds = run_seconds(p);
    size_t size = p->lines.len;

    if (tt_state_number(state, "seconds", &seconds, err) || tt_state_count(state, "log.size", &size, err))
        return -1;
    if (!state->is_restoring)
        return tt_state_array(state, "log", TT_U8, size, 0, p->lines.data, err);
    const struct tt_tensor *log = tt_segment_need(state->segment, "log", TT_U8, size, 0, err);
    p->before = p->last_epoch = seconds;
    return log ? tt_buf_add(&p->lines, log->data, size, err) : -1;
}

static int save_checkpoint(struct tt_progress *p, struct tt_training *training, struct tt_err *err)
{
    const struct tt_checkpoint_keeper *keeper = p->to.checkpoints;
    struct tt_checkpoint checkpoint = {0};
    int status = -1;

    if (tt_checkpoint_begin(&checkpoint, keeper->facts, keeper->n_facts, err) == 0 &&
        tt_training_state(training, &checkpoint.state, err) == 0 &&
        progress_state(p, &checkpoint.state, err) == 0 &&
        tt_checkpoint_write(&checkpoint, keeper->path, keeper->watch, err) == 0)
        status = 0;
    tt_checkpoint_release(&checkpoint);
    return status;
}

static int on_pause(void *arg, struct tt_training *training, struct tt_err *err)
{
    struct tt_progress *p = arg;
    struct tt_checkpoint_keeper *keeper = p->to.checkpoints;

    if (p->to.status && p->to.is_status_due())
        show_status(p, training);
    double now = keeper && keeper->path ? p->to.seconds() : 0;
    if (!keeper || !tt_checkpoint_is_due(keeper, now, training->run.trainer.at.step))
        return 0;
    if (save_checkpoint(p, training, err))
        return -1;
    tt_checkpoint_saved(keeper, now, p->to.seconds());
    return 0;
}

int tt_progress_resume(struct tt_progress *p, const char *path, struct tt_err *err)
{
    const struct tt_checkpoint_keeper *keeper = p->to.checkpoints;
    struct stat st;

    if (keeper->path && strcmp(path, keeper->path) == 0 && stat(path, &st) && errno == ENOENT) {
        note(p, "no checkpoint %s: beginning", path);
        return 0;
    }
    if (tt_checkpoint_open(&p->resumed, path, keeper->facts, keeper->n_facts, err) ||
        progress_state(p, &p->resumed.state, err))
        return -1;
    note(p, "resuming from %s, %.2f s after the run's beginning", path, p->before);
    return p->to.log ? tt_writer_write(p->to.log, p->lines.data, p->lines.len, err) : 0;
}

struct tt_train_hooks tt_progress_hooks(struct tt_progress *p)
{
    return (struct tt_train_hooks){.on_start = on_start, .on_epoch = on_epoch, .on_trial = on_trial,
                                   .on_tuned = on_tuned, .on_pause = on_pause, .arg = p,
                                   .state = p->resumed.state.segment ? &p->resumed.state : NULL};
}

/* ---- the end ---- */

void tt_progress_report(struct tt_progress *p, const struct tt_train_report *report)
{
    const struct tt_validation_signs *signs = &report->signs;

    if (p->to.is_verbose)
        note(p, "sample of queries: mean cosine %.3f; one item in %.1f %% of the lists, one a positive of %.1f %%",
             signs->cosine, 100 * signs->commonest_listed, 100 * signs->commonest_positive);
    if (report->has_no_progress)
        note(p, "warning: the loss of the last epoch is not below the first one's: is the learning rate too large, "
             "or too small?");
    if (signs->has_collapsed)
        note(p, "warning: the users' vectors are almost alike (mean cosine above 0.99): all get nearly the same list");
    if (signs->has_common_item)
        note(p, "warning: one item is in %.0f %% of the lists of %zu, and no item is a positive of more than %.0f %% "
             "of the queries", 100 * signs->commonest_listed, p->k, 100 * signs->commonest_positive);
    if (report->keeps_best)
        note(p, "kept epoch %zu of %zu, valid %s %.4f", report->best_epoch, report->epochs, p->metric,
             report->best_value);
}
