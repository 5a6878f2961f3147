/* tt-train: encoded examples to a model. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "encode/examples.h"
#include "math/gemm.h"
#include "train/checkpoint.h"
#include "train/training.h"

static const char *const losses[] = {"auto", "full", "sampled", "batch", "mixed", NULL};
static const char *const step_kinds[] = {"queries", "events", NULL};
static const char *const starts[] = {"spectral", "random", NULL};
static const char *const precisions[] = {"float", "bf16", NULL};
static const char *const seens[] = {"auto", "keep", "remove", NULL};

static const char *hidden = "", *valid_path, *from_path, *log_path, *checkpoint_path, *resume_path, *tune_log_path;
static int metric = TT_METRIC_TOP_K_ACCURACY, loss = TT_LOSS_AUTO, step = TT_STEP_QUERIES, start = TT_START_SPECTRAL;
static int seen = TT_SEEN_AUTO, wants = TT_WANTS_AUTO, precision = TT_PRECISION_FLOAT;
static uint64_t dim = 64, epochs = 16, batch, negatives, k = 10, patience, seed = 1, memory = 512 * 1000 * 1000;
static uint64_t warmup = 10;
static double dislike = 1, temperature = 0.13, negative = 1.1, bilateral = 6, rate = 0.01, decay, beta2 = 0.99;
static double drop = 0.3, noise = 0.01, half_life = NAN, valid_fraction, tune, remember = 1;

static size_t hidden_widths[TT_MAX_HIDDEN], n_hidden;

static struct cli_option options[] = {
    {'d', "dim", CLI_COUNT, &dim, .min = 1, .max = TT_MAX_DIM, .metavar = "N", .help = "dimensions of a vector"},
    {0, "hidden", CLI_TEXT, &hidden, .metavar = "N,...",
     .help = "ReLU layers of these widths beside each tower's sum; \"\": none"},
    {'e', "epochs", CLI_COUNT, &epochs, .min = 1, .max = 10000, .metavar = "N", .help = "passes over the examples"},
    {0, "loss", CLI_CHOICE, &loss, .choices = losses, .metavar = "LOSS",
     .help = "candidates: full catalogue, drawn, batch, both"},
    {0, "step", CLI_CHOICE, &step, .choices = step_kinds, .metavar = "HOW", .is_rare = 1,
     .help = "what a step takes: queries with all that they want, or single events"},
    {0, "batch", CLI_COUNT, &batch, .min = 0, .max = 1 << 20, .metavar = "N",
     .help = "queries or events a step; 0: chosen"},
    {0, "negatives", CLI_COUNT, &negatives, .min = 0, .max = 1 << 20, .metavar = "N", .is_rare = 1,
     .help = "items drawn a step (sampled, mixed); 0: chosen"},
    {0, "dislike", CLI_NUMBER, &dislike, .min = 0, .max = 1e6, .metavar = "X",
     .help = "as how many candidates a disliked item (label 0) counts; 0: left out"},
    {0, "precision", CLI_CHOICE, &precision, .choices = precisions, .metavar = "P", .is_rare = 1,
     .help = "of the loss's products: float, or bf16 (AVX512-BF16)"},
    {'t', "temperature", CLI_NUMBER, &temperature, .min = 0.02, .max = 10, .metavar = "X",
     .help = "divides the scores in the loss"},
    {'c', "negative", CLI_NUMBER, &negative, .min = 0.01, .max = 100, .metavar = "X",
     .help = "weight of the loss's negative term"},
    {0, "bilateral", CLI_NUMBER, &bilateral, .min = 0, .max = 1000, .metavar = "X",
     .help = "temperature among a query's positives, in those of -t; 0: all pull alike"},
    {0, "rate", CLI_NUMBER, &rate, .min = 1e-9, .max = 10, .metavar = "X", .help = "peak learning rate of Adam"},
    {0, "beta2", CLI_NUMBER, &beta2, .min = 0, .max = 0.999999, .metavar = "X", .is_rare = 1,
     .help = "decay of Adam's second moment"},
    {0, "decay", CLI_NUMBER, &decay, .min = 0, .max = 10, .metavar = "X", .is_rare = 1,
     .help = "weight decay: a step takes rate times X of every number"},
    {0, "warmup", CLI_COUNT, &warmup, .min = 0, .max = 1000000, .metavar = "N", .is_rare = 1,
     .help = "steps until the peak learning rate"},
    {0, "drop", CLI_NUMBER, &drop, .min = 0, .max = 0.99, .metavar = "X",
     .help = "share of a history left out in each step"},
    {0, "wants", CLI_CHOICE, &wants, .choices = tt_wants_names, .metavar = "WHAT", .is_rare = 1,
     .help = "in a step: all of the past, or, given a part of it, what was later"},
    {0, "half-life", CLI_NUMBER, &half_life, .min = 0, .max = 1e6, .metavar = "DAYS",
     .help = "an event weighs half in the loss after DAYS; 0: never; else as the history"},
    {0, "init", CLI_CHOICE, &start, .choices = starts, .metavar = "START", .help = "first values of the tables"},
    {0, "noise", CLI_NUMBER, &noise, .min = 0, .max = 1, .metavar = "X", .is_rare = 1,
     .help = "deviation added to the spectral start"},
    {0, "from", CLI_TEXT, &from_path, .metavar = "MODEL", .no_lineage = 1,
     .help = "go on from this model, with 4 epochs unless --epochs is given"},
    {0, "remember", CLI_NUMBER, &remember, .min = 0, .max = 1, .metavar = "X", .is_rare = 1,
     .help = "share of its users without a new event who are learnt again"},
    {0, "valid", CLI_TEXT, &valid_path, .metavar = "FILE", .no_lineage = 1,
     .help = "events to choose the best epoch by (tt-encode --like)"},
    {0, "valid-fraction", CLI_NUMBER, &valid_fraction, .min = 0, .max = 0.9, .metavar = "X",
     .help = "choose the best epoch on a share X of each user's events, then train on all"},
    {0, "tune", CLI_NUMBER, &tune, .min = 0, .max = 1e9, .metavar = "SECONDS",
     .help = "search for temperature, drop, c and fewer dimensions first, for so long"},
    {0, "tune-log", CLI_TEXT, &tune_log_path, .metavar = "FILE", .is_rare = 1, .no_lineage = 1,
     .help = "write what was tried as TSV"},
    {0, "patience", CLI_COUNT, &patience, .min = 0, .max = 10000, .metavar = "N",
     .help = "end after N epochs without a better one; 0: never"},
    {0, "seen", CLI_CHOICE, &seen, .choices = seens, .metavar = "HOW",
     .help = "training items in the validation's ranking"},
    {0, "metric", CLI_CHOICE, &metric, .choices = tt_metric_names, .metavar = "NAME",
     .help = "to choose the best epoch by, as in tt-eval"},
    {'k', "top", CLI_COUNT, &k, .min = 1, .max = 10000, .metavar = "K", .help = "how many ranks the metric looks at"},
    {0, "log", CLI_TEXT, &log_path, .metavar = "FILE", .no_lineage = 1,
     .help = "write epoch, loss, metric, seconds as TSV"},
    {0, "checkpoint", CLI_TEXT, &checkpoint_path, .metavar = "FILE", .no_lineage = 1,
     .help = "keep in FILE, until the model is written, what --resume needs"},
    {0, "resume", CLI_TEXT, &resume_path, .metavar = "FILE", .no_lineage = 1,
     .help = "go on from this checkpoint of a run that was killed"},
    {0, "memory", CLI_COUNT, &memory, .min = 1000000, .max = 1e12, .metavar = "BYTES", .is_rare = 1,
     .help = "most bytes for the logits of a step"},
    {0, "seed", CLI_COUNT, &seed, .metavar = "N", .help = "of all that is random"},
    CLI_JOBS,
    CLI_OUTPUT,
    CLI_QUIET,
    CLI_VERBOSE,
};

static const struct cli_program program = {
    .name = "tt-train",
    .purpose = "Read encoded examples; train a user and an item tower; write the model.",
    .usage = "[OPTION]... [FILE]",
    .options = options,
    .n_options = sizeof(options) / sizeof(*options),
    .max_operands = 1,
    .example = "tt-train --seed 1 --valid valid.tt --log train.log.tsv < train.tt > model.tt",
};

enum { EPOCHS_FROM = 4 }; /* of --from: measured to suffice where 16 from the start do */

/* What is told of a training while it runs, and kept of it. */
struct course {
    struct tt_writer log, tune_log;
    int has_log, has_tune_log;
    struct tt_buf lines;        /* of the log so far, without its header */
    double before;              /* seconds that the run had taken when it was killed, 0 for a new one */
    double told;                /* when the last epoch was over, in seconds of the whole run */
    double begun;               /* when the present run began, or was gone on with, and after how many steps */
    size_t begun_steps;
    const struct tt_fact *facts; /* of the run */
    size_t n_facts;
    double stored, cost;        /* when the last checkpoint was complete, and how long it took */
    struct tt_err *err;
};

/* Seconds that the run has taken, what went before a kill included. */
static double run_seconds(const struct course *course)
{
    return course->before + cli_seconds();
}

/* The metric's name as in the tables of tt-eval: "recall@20". */
static const char *metric_at_k(void)
{
    static char name[64];

    snprintf(name, sizeof(name), "%s@%llu", tt_metric_names[metric], (unsigned long long)k);
    return name;
}

static int add_value(struct tt_buf *line, double value, struct tt_err *err)
{
    return value < 0 ? tt_buf_add_text(line, "\t-", err) : tt_buf_printf(line, err, "\t%.9g", value);
}

/* "trial 3", "choosing", "final" */
static const char *run_name(const struct tt_training *training)
{
    static char name[32];

    snprintf(name, sizeof(name), training->phase == TT_PHASE_TRIAL ? "%s %zu" : "%s", tt_phase_names[training->phase],
             training->n_trials + 1);
    return name;
}

/* The last epoch of the present run, if nothing ends it before. */
static size_t last_epoch(const struct tt_training *training)
{
    return training->run.stopping.options.epochs;
}

/* One line an epoch on stderr and in the log; a failed write is found at the end. */
static void on_epoch(void *arg, const struct tt_training *training, const struct tt_epoch *epoch)
{
    struct course *course = arg;
    struct tt_buf *lines = &course->lines;
    double now = run_seconds(course);
    size_t from = lines->len;
    char valid[64] = "";

    if (epoch->valid_value >= 0)
        snprintf(valid, sizeof(valid), ", valid %.4f%s", epoch->valid_value, epoch->is_best ? " *" : "");
    if (training->phase != TT_PHASE_TRIAL || cli_verbose)
        cli_note("epoch %zu of %zu: loss %.4f, %s train %.4f%s, %.2f s, %.0f events/s", epoch->epoch,
                 last_epoch(training), epoch->loss, metric_at_k(), epoch->train_value, valid, now,
                 epoch->examples / (now - course->told));
    course->told = now;
    if (course->err->kind || tt_buf_printf(lines, course->err, "%zu\t%.9g", epoch->epoch, epoch->loss) ||
        add_value(lines, epoch->train_value, course->err) || add_value(lines, epoch->valid_value, course->err) ||
        tt_buf_printf(lines, course->err, "\t%.3f\t%s\t%.9g\n", now, run_name(training), epoch->gradient) ||
        (course->has_log && tt_writer_write(&course->log, lines->data + from, lines->len - from, course->err)))
        return;
}

/* ---- trials ---- */

static void on_trial(void *arg, const struct tt_training *training)
{
    const struct tt_trial *trial = &training->trials[training->n_trials - 1];
    char gain[64] = "";

    (void)arg;
    if (training->n_trials > 1)
        snprintf(gain, sizeof(gain), ", %+.4f (error %.4f)%s", trial->gain, trial->error,
                 trial->is_accepted > 0 ? ": taken" : "");
    cli_note("trial %zu: -t %.9g --drop %.9g -c %.9g -d %.0f -e %.0f: %s %.4f at epoch %.0f%s", training->n_trials,
             trial->temperature, trial->dropout, trial->negative_weight, trial->dim, trial->epochs, metric_at_k(),
             trial->value, trial->epoch, gain);
}

/* The settings in the options' words, for the note and the model's lineage. */
static const char *settings_text(struct tt_settings s)
{
    static char text[160];

    snprintf(text, sizeof(text), "--temperature %.9g --drop %.9g --negative %.9g --dim %zu --epochs %zu", s.temperature,
             s.dropout, s.negative_weight, s.dim, s.epochs);
    return text;
}

/* The trials are over; a failed write is found at the end. */
static void on_tuned(void *arg, const struct tt_training *training)
{
    struct course *course = arg;
    double spent = 0;
    size_t taken = 0; /* what was given is the first that is */

    for (size_t i = 0; i < training->n_trials; i++) {
        const struct tt_trial *t = &training->trials[i];
        spent += t->seconds;
        taken += t->is_accepted != 0;
        if (course->has_tune_log && !course->err->kind &&
            tt_writer_printf(&course->tune_log, course->err,
                             "%zu\t%.9g\t%.9g\t%.9g\t%.0f\t%.0f\t%.0f\t%.9g\t%.9g\t%.9g\t%.9g\t%.0f\n", i + 1,
                             t->temperature, t->dropout, t->negative_weight, t->dim, t->epochs, t->epoch, t->value,
                             t->gain, t->error, t->seconds, t->is_accepted))
            return;
    }
    if (training->n_trials == 0)
        cli_note("warning: --tune: no time for two trials of %d epochs: training with what was given",
                 TT_LEAST_TRIAL_EPOCHS);
    else
        cli_note("tuned by %zu trials, %.3g nominal seconds: %s%s", training->n_trials, spent,
                 taken > 1 ? "" : "nothing is surely better than ", settings_text(tt_settings_of(&training->options)));
}

/* ---- checkpoints ---- */

enum {
    CHECKPOINT_SHARE = 50, /* storing takes at most this part of the time */
    MAX_FACTS = 80,
};
static const double STORE_INSIDE = 0.1; /* seconds between two checkpoints of one epoch, at least */

/* What tells this run from others. `lineage` is the options' text, and is cut into pieces here. */
static size_t find_facts(struct tt_fact facts[MAX_FACTS], char *lineage, const char *examples_sum,
                         const char *valid_sum, const char *from_sum)
{
    size_t n = 0;

    facts[n++] = (struct tt_fact){"the program", "tt-train " TT_VERSION};
    facts[n++] = (struct tt_fact){"the kind of CPU for OpenBLAS", tt_gemm_core()};
    facts[n++] = (struct tt_fact){"the checksum of the examples", examples_sum};
    facts[n++] = (struct tt_fact){"the checksum of the validation events", valid_sum};
    facts[n++] = (struct tt_fact){"the checksum of the earlier model", from_sum};
    for (char *option = lineage, *next; option && *option && n < MAX_FACTS; option = next) {
        next = strstr(option + 2, " --");
        if (next)
            *next++ = '\0';
        char *value = strchr(option, ' ');
        if (value)
            *value++ = '\0';
        facts[n++] = (struct tt_fact){option, value ? value : "given"};
    }
    return n;
}

/* The training's state and what this program adds to it. */
static int course_state(struct course *course, struct tt_state *state, struct tt_err *err)
{
    double seconds = run_seconds(course);
    size_t size = course->lines.len;

    if (tt_state_number(state, "seconds", &seconds, err) || tt_state_count(state, "log.size", &size, err))
        return -1;
    if (!state->is_taking)
        return tt_state_array(state, "log", TT_U8, size, 0, course->lines.data, err);
    const struct tt_tensor *log = tt_segment_need(state->segment, "log", TT_U8, size, 0, err);
    course->before = course->told = seconds;
    return log ? tt_buf_add(&course->lines, log->data, size, err) : -1;
}

static int store(struct course *course, struct tt_training *training, struct tt_err *err)
{
    struct tt_checkpoint checkpoint = {0};
    int status = -1;

    if (tt_checkpoint_begin(&checkpoint, course->facts, course->n_facts, err) == 0 &&
        tt_training_state(training, &checkpoint.state, err) == 0 && course_state(course, &checkpoint.state, err) == 0 &&
        tt_checkpoint_write(&checkpoint, checkpoint_path, cli_watch_temporary, err) == 0)
        status = 0;
    tt_checkpoint_release(&checkpoint);
    return status;
}

/* Show where the present run stands, how fast it is and when it will be over if no patience ends it. */
static void show_progress(const struct course *course, const struct tt_training *training)
{
    const struct tt_trainer *t = &training->run.trainer;
    double seconds = cli_seconds() - course->begun, steps = (double)(t->at.steps - course->begun_steps);
    double per_epoch = (double)t->steps.n_steps, last = (double)last_epoch(training);
    int is_final = training->phase == TT_PHASE_FINAL;
    double left = steps > 0 ? seconds / steps * (last * per_epoch - (double)t->at.steps) : 0;

    if (steps > 0 && t->at.weight > 0)
        cli_progress("%s%sepoch %zu of %.0f, %.0f %%: loss %.4f, %.0f events/s, %.0f:%02.0f left",
                     is_final ? "" : run_name(training), is_final ? "" : ", ", t->at.epoch, last,
                     100 * (double)t->at.step / per_epoch, t->at.loss / t->at.weight,
                     (double)t->n_events * steps / per_epoch / seconds, floor(left / 60), floor(fmod(left, 60)));
}

/* Store the state when that is worth its time: the place of checkpoints may depend on the clock, the model does not. */
static int on_pause(void *arg, struct tt_training *training, struct tt_err *err)
{
    struct course *course = arg;
    double now = cli_seconds(), since = now - course->stored;

    if (cli_progress_is_due())
        show_progress(course, training);
    if (!checkpoint_path)
        return 0;
    if (since < CHECKPOINT_SHARE * course->cost || (training->run.trainer.at.step > 0 && since < STORE_INSIDE))
        return 0;
    if (store(course, training, err))
        return -1;
    course->stored = cli_seconds();
    course->cost = course->stored - now;
    return 0;
}

/* Is there a run to go on from? With one name for --checkpoint and --resume a missing file means that there is none. */
static int is_resuming(void)
{
    struct stat st;

    if (!resume_path)
        return 0;
    if (!checkpoint_path || strcmp(resume_path, checkpoint_path) != 0 || stat(resume_path, &st) == 0 || errno != ENOENT)
        return 1;
    cli_note("no checkpoint %s: beginning", resume_path);
    return 0;
}

static int write_model(const struct tt_model *model, const char *examples_sum, const char *valid_sum,
                       const char *from_sum, const struct tt_train_report *report, struct tt_writer *writer,
                       struct tt_err *err)
{
    struct tt_segment segment = {0};
    struct tt_vocab_slot *slots[2] = {NULL, NULL};
    char inputs[80], number[32];
    int status = -1;

    snprintf(inputs, sizeof(inputs), "%s%s%s", examples_sum, valid_sum[0] ? " " : "", valid_sum);
    snprintf(number, sizeof(number), "%zu", report->best_epoch);
    if (tt_model_store(model, &segment, err) ||
        tt_dictionary_store_index(&model->base.dictionary, slots, &segment, err) || cli_add_lineage(&segment, err) ||
        tt_segment_text(&segment, "inputs", inputs, err) || tt_segment_text(&segment, "blas", tt_gemm_core(), err) ||
        tt_segment_text(&segment, "loss", losses[report->plan.steps.loss], err) ||
        tt_segment_text(&segment, "wants", tt_wants_names[report->wants], err) ||
        tt_segment_text(&segment, "epoch", number, err) ||
        (tune > 0 && tt_segment_text(&segment, "tuned", settings_text(report->settings), err)) ||
        (from_sum[0] && tt_segment_text(&segment, "from", from_sum, err)) ||
        tt_segment_write(&segment, writer, 0, 1, err))
        goto done;
    status = 0;
done:
    tt_segment_release(&segment);
    free(slots[0]);
    free(slots[1]);
    return status;
}

/* What the run that begins is for, when there are two; what the data are, and what was chosen and why. */
static void on_start(void *arg, const struct tt_training *training)
{
    struct course *course = arg;
    const struct tt_trainer *t = &training->run.trainer;
    const struct tt_plan *plan = &t->plan;
    enum tt_seen ranked = training->run.validation.seen;
    const char *what = t->wants == TT_WANTS_LATER ? "what is later than a moment, given what was before it"
                                                  : "all of the past";
    char drawn[64] = "";
    double ignorant;

    course->told = run_seconds(course);
    course->begun = cli_seconds();
    course->begun_steps = t->at.steps;
    if (training->phase == TT_PHASE_TRIAL && training->n_trials > 0)
        return;
    if (training->phase == TT_PHASE_TRIAL)
        cli_note("trials of %zu epochs in %.9g nominal seconds: %zu events to learn from, %zu to measure by",
                 training->trial_epochs, tune, t->n_events, (size_t)training->run.validation.valid.total);
    else if (training->phase == TT_PHASE_CHOOSING)
        cli_note("choosing the number of epochs: %zu events to learn from, %zu put aside to measure",
                 training->holdout.kept.n, training->holdout.held.n);
    else if (training->recommended_epochs)
        cli_note("chose epoch %zu, %s %.4f on the events put aside; now training on all events",
                 training->recommended_epochs, metric_at_k(), training->recommended_value);
    if (plan->steps.negatives)
        snprintf(drawn, sizeof(drawn), " and %zu drawn items", plan->steps.negatives);
    cli_note("%zu events (%zu more with label 0 %s), %zu queries, %zu items with an event", t->n_events, t->unliked,
             dislike > 0 ? "count as disliked" : "left out", t->queries.n, t->catalogue.n);
    if (t->remembered)
        cli_note("%zu visits that %s remembers are learnt again", t->remembered, from_path);
    cli_note("loss %s, %zu %s%s a step%s", losses[plan->steps.loss], t->steps.batch,
             plan->steps.by_entry ? "events" : "queries", drawn,
             ranked == TT_SEEN_REMOVE ? "; validation leaves out each user's training items"
             : ranked == TT_SEEN_KEEP ? "; validation ranks each user's training items too" : "");
    if (plan->renewal > 1)
        cli_note("items' histories are read once in %zu steps, so as not to take longer than the steps", plan->renewal);
    if (t->wants_as_before)
        cli_note("a step wants %s, as it did for %s", what, from_path);
    else if (t->drift >= 0)
        cli_note("drift of the users' items %.3f: a step wants %s", t->drift, what);
    if (loss == TT_LOSS_AUTO)
        cli_note("chosen, as an epoch takes %.3g Gflop by the loss full and %.3g by the loss mixed", plan->full / 1e9,
                 plan->sampled / 1e9);
    if (cli_verbose)
        cli_note("at the start the loss is %.4f; the strongest item that a query does not want has %.1f %% of its "
                 "softmax", training->run.peak.loss, 100 * training->run.peak.share);
    if (tt_run_is_narrow(&training->run, &ignorant))
        cli_note("warning: at the start the loss is %.2f, with all scores alike it would be %.2f; one item has %.0f %% "
                 "of a query's softmax: is --temperature too small?", training->run.peak.loss, ignorant,
                 100 * training->run.peak.share);
}

static void say_report(const struct tt_train_report *report)
{
    if (cli_verbose)
        cli_note("of a sample of queries: mean cosine %.3f; one item in %.1f %% of the lists, one wanted by %.1f %%",
                 report->signs.cosine, 100 * report->signs.commonest_listed, 100 * report->signs.commonest_positive);
    if (cli_verbose)
        cli_note("trained in %.2f s by %llu threads, OpenBLAS for %s", cli_seconds(), (unsigned long long)cli_jobs,
                 tt_gemm_core());
    if (report->has_no_progress)
        cli_note("warning: the loss of the last epoch is not below the first one's: is --rate too large or too small?");
    if (report->signs.has_collapsed)
        cli_note("warning: the users' vectors are almost alike (mean cosine above 0.99): all get nearly the same list");
    if (report->signs.has_common_item)
        cli_note("warning: one item is in %.0f %% of the lists of %llu, and no item is wanted by more than %.0f %% of "
                 "the queries", 100 * report->signs.commonest_listed, (unsigned long long)k, 100 * report->signs.commonest_positive);
    if (report->best_value >= 0 && valid_path)
        cli_note("kept epoch %zu of %zu, valid %s %.4f", report->best_epoch, report->epochs, metric_at_k(),
                 report->best_value);
}

static int open_checkpoint(struct course *course, struct tt_checkpoint *checkpoint, struct tt_err *err)
{
    if (tt_checkpoint_open(checkpoint, resume_path, course->facts, course->n_facts, err) ||
        course_state(course, &checkpoint->state, err))
        return -1;
    cli_note("going on from %s, %.2f s after the run's beginning", resume_path, course->before);
    return course->has_log ? tt_writer_write(&course->log, course->lines.data, course->lines.len, err) : 0;
}

/* Train the model, or go on with it. */
static int run_training(struct tt_model *model, const struct tt_events *events, const struct tt_train_options *o,
                        const struct tt_events *valid, const char *valid_sum, struct tt_pool *pool,
                        struct course *course, struct tt_train_report *report, struct tt_err *err)
{
    struct tt_train_hooks hooks = {.on_start = on_start, .on_epoch = on_epoch, .on_trial = on_trial,
                                   .on_tuned = on_tuned, .on_pause = on_pause, .arg = course};
    struct tt_buf lineage = TT_BUF_INIT;
    struct tt_fact facts[MAX_FACTS];
    struct tt_checkpoint from = {0};
    int status = -1;

    if (cli_lineage(&lineage, err))
        goto done;
    course->facts = facts;
    course->n_facts = find_facts(facts, lineage.data, model->base.segment.checksum, valid_sum,
                                 o->from ? o->from->base.segment.checksum : "");
    if (is_resuming()) {
        if (open_checkpoint(course, &from, err))
            goto done;
        hooks.state = &from.state;
    }
    status = tt_train(model, events, o, valid, pool, &hooks, report, err);
done:
    tt_checkpoint_release(&from);
    tt_buf_release(&lineage);
    return status;
}

/* What is not given is as in the earlier model, here and in the lineage. */
static void go_on_from(const struct tt_model *from, struct tt_train_options *o)
{
    static char widths[TT_WIDTHS_TEXT];

    o->from = from;
    if (!cli_given("dim"))
        o->dim = (size_t)(dim = from->dim);
    if (!cli_given("hidden")) {
        hidden = tt_dense_print_widths(widths, from->hidden, from->n_hidden);
        memcpy(o->hidden, from->hidden, sizeof(o->hidden));
        o->n_hidden = from->n_hidden;
    }
}

/* Train on loaded examples; the model takes their entities. */
static int train(struct tt_examples *examples, struct tt_pool *pool, struct course *course, struct tt_writer *writer,
                 struct tt_err *err)
{
    struct tt_train_options o = {.dim = (size_t)dim,
                                 .epochs = (size_t)epochs,
                                 .batch = (size_t)batch,
                                 .loss = (enum tt_loss)loss,
                                 .step = (enum tt_step)step,
                                 .negatives = (size_t)negatives,
                                 .dislike = dislike,
                                 .precision = (enum tt_precision)precision,
                                 .start = (enum tt_start)start,
                                 .temperature = temperature,
                                 .negative = negative,
                                 .bilateral = bilateral,
                                 .rate = rate,
                                 .beta2 = beta2,
                                 .decay = decay,
                                 .warmup = (size_t)warmup,
                                 .drop = drop,
                                 .wants = (enum tt_wants)wants,
                                 .noise = noise,
                                 .half_life = half_life,
                                 .seed = seed,
                                 .valid_fraction = valid_fraction,
                                 .tune = tune,
                                 .metric = (enum tt_metric)metric,
                                 .k = (size_t)k,
                                 .seen = (enum tt_seen)seen,
                                 .patience = (size_t)patience,
                                 .max_memory = (size_t)memory,
                                 .n_hidden = n_hidden,
                                 .remember = remember};
    struct tt_train_report report;
    struct tt_model model = {0}, from = {0};
    struct tt_events valid = {0};
    struct tt_segment valid_segment = {0};
    const struct tt_entities *base = &examples->entities;
    const struct tt_column *history = tt_schema_find(&base->dictionary.schema, TT_USER, TT_KIND_HISTORY);
    int status = -1;

    memcpy(o.hidden, hidden_widths, sizeof(o.hidden));
    if (isnan(half_life)) /* not given: one half-life in the schema rules both */
        o.half_life = history ? history->half_life : 0;
    if (from_path && tt_model_load(&from, from_path, err))
        goto done;
    if (from_path)
        go_on_from(&from, &o);
    if ((valid_path &&
         tt_events_load_like(&valid, &valid_segment, valid_path, &base->dictionary, base->segment.checksum, err)) ||
        tt_model_init(&model, &examples->entities, (size_t)dim, err) ||
        run_training(&model, &examples->events, &o, valid_path ? &valid : NULL, valid_segment.checksum, pool, course,
                     &report, err))
        goto done;
    say_report(&report);
    status = course->err->kind
                 ? -1
                 : write_model(&model, model.base.segment.checksum, valid_segment.checksum,
                               from.base.segment.checksum, &report, writer, err);
done:
    tt_events_release(&valid);
    tt_segment_release(&valid_segment);
    tt_model_release(&model);
    tt_model_release(&from);
    return status;
}

static int run(struct tt_writer *writer, struct tt_err *err)
{
    struct tt_examples examples = {0};
    struct course course = {.err = err};
    struct tt_pool *pool = cli_pool(err);
    int status = -1;

    if (!pool || tt_examples_load(&examples, cli_n_operands ? cli_operands[0] : NULL, err))
        goto done;
    if (log_path) {
        if (tt_writer_open(&course.log, log_path, cli_watch_temporary, err) ||
            tt_writer_printf(&course.log, err, "epoch\tloss\ttrain_%s\tvalid_%s\tseconds\trun\tgradient\n",
                             metric_at_k(), metric_at_k()))
            goto done;
        course.has_log = 1;
    }
    if (tune_log_path) {
        if (tt_writer_open(&course.tune_log, tune_log_path, cli_watch_temporary, err) ||
            tt_writer_printf(&course.tune_log, err, "trial\ttemperature\tdrop\tnegative\tdim\tepochs\tepoch\t%s\tgain\t"
                             "error\tseconds\ttaken\n", metric_at_k()))
            goto done;
        course.has_tune_log = 1;
    }
    status = train(&examples, pool, &course, writer, err);
    if (course.has_tune_log)
        status = cli_close_output(&course.tune_log, status, err);
    if (course.has_log)
        status = cli_close_output(&course.log, status, err);
done:
    tt_buf_release(&course.lines);
    tt_examples_release(&examples);
    tt_pool_free(pool);
    return status;
}

static int is_standard(const char *path)
{
    return path && strcmp(path, "-") == 0;
}

static void check_usage(void)
{
    if (tt_dense_parse_widths(hidden, hidden_widths, &n_hidden))
        cli_usage_error("--hidden: '%s' is not a list of at most %d widths from 1 to %d", hidden, TT_MAX_HIDDEN,
                        TT_MAX_WIDTH);
    if (is_standard(valid_path) && (cli_n_operands == 0 || is_standard(cli_operands[0])))
        cli_usage_error("--valid and the examples cannot both be standard input");
    if (is_standard(log_path) && !cli_output)
        cli_usage_error("--log and the model cannot both be standard output");
    if (is_standard(tune_log_path) && (!cli_output || is_standard(log_path)))
        cli_usage_error("--tune-log and %s cannot both be standard output", cli_output ? "--log" : "the model");
    if (tune_log_path && !(tune > 0))
        cli_usage_error("--tune-log needs --tune");
    struct stat st;
    if (is_standard(resume_path))
        cli_usage_error("--resume: a checkpoint cannot be standard input");
    if (checkpoint_path && (is_standard(checkpoint_path) || (stat(checkpoint_path, &st) == 0 && !S_ISREG(st.st_mode))))
        cli_usage_error("--checkpoint: '%s' is not a regular file", checkpoint_path);
    cli_check_different((struct cli_file[]){{"output", cli_output ? cli_output : "-"},
                                            {"log", log_path},
                                            {"tune-log", tune_log_path},
                                            {"checkpoint", checkpoint_path}}, 4);
    if (is_standard(from_path) && (cli_n_operands == 0 || is_standard(cli_operands[0])))
        cli_usage_error("--from and the examples cannot both be standard input");
    if (is_standard(from_path) && is_standard(valid_path))
        cli_usage_error("--from and --valid cannot both be standard input");
    if (from_path && cli_given("init"))
        cli_usage_error("--from begins with the model, and --init without one: give only one of them");
    if (cli_given("remember") && !from_path)
        cli_usage_error("--remember needs --from");
    if (valid_fraction > 0 && valid_path)
        cli_usage_error("--valid-fraction and --valid are two ways to validate: give one");
    int is_validated = valid_path || valid_fraction > 0 || tune > 0;
    if (patience && !is_validated)
        cli_usage_error("--patience needs --valid, --valid-fraction or --tune");
    if (seen != TT_SEEN_AUTO && !is_validated)
        cli_usage_error("--seen needs --valid, --valid-fraction or --tune");
}

int main(int argc, char **argv)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_writer writer;

    cli_start(&program, argc, argv);
    if (from_path && !cli_given("epochs"))
        epochs = EPOCHS_FROM;
    check_usage();
    int status = cli_open_output(&writer, 1, &err);
    if (status == 0)
        status = cli_close_output(&writer, run(&writer, &err), &err);
    if (status == 0 && checkpoint_path && unlink(checkpoint_path) && errno != ENOENT) /* it has done its work */
        status = tt_err_system(&err, errno, "%s", checkpoint_path);
    return cli_finish(status, &err);
}
