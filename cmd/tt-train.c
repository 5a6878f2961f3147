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

static const char *const candidate_kinds[] = {"auto", "all", "sampled", "batch", "mixed", NULL};
static const char *const batch_kinds[] = {"queries", "events", NULL};
static const char *const starts[] = {"spectral", "random", NULL};
static const char *const seens[] = {"auto", "keep", "remove", NULL};

static const char *hidden = "", *warm_start_path, *valid_path;
static const char *log_path, *tune_log_path, *checkpoint_path, *resume_path;
static int metric = TT_METRIC_TOP_K_ACCURACY, candidates = TT_CANDIDATES_AUTO, batch_of = TT_BATCH_OF_QUERIES;
static int start = TT_START_SPECTRAL, seen = TT_SEEN_AUTO, targets = TT_TARGETS_AUTO;
static uint64_t dim = 64, epochs = 16, batch_size, negatives, k = 10, patience, seed = 1, memory = 512 * 1000 * 1000;
static uint64_t warmup = 10;
static double disliked_weight = 1, temperature = 0.13, negative_weight = 1.1, positive_temperature = 6;
static double learning_rate = 0.01, weight_decay, beta2 = 0.99, dropout = 0.3, noise = 0.01, half_life = NAN;
static double valid_share, tune, replay = 1;

static size_t hidden_widths[TT_MAX_HIDDEN], n_hidden;

static struct cli_option options[] = {
    {'d', "dim", CLI_COUNT, &dim, .min = 1, .max = TT_MAX_DIM, .metavar = "N",
     .help = "dimensions of the user and item vectors"},
    {0, "hidden", CLI_TEXT, &hidden, .metavar = "N,...",
     .help = "widths of each tower's ReLU layers, beside its sum of embeddings; \"\": none"},
    {'e', "epochs", CLI_COUNT, &epochs, .min = 1, .max = 10000, .metavar = "N", .help = "passes over the examples"},
    {0, "candidates", CLI_CHOICE, &candidates, .choices = candidate_kinds, .metavar = "KIND",
     .help = "items in the softmax: the whole catalogue, sampled negatives, the batch's, both"},
    {0, "batch-of", CLI_CHOICE, &batch_of, .choices = batch_kinds, .metavar = "WHAT", .is_rare = 1,
     .help = "a batch has queries with all of their positives, or single events"},
    {0, "batch-size", CLI_COUNT, &batch_size, .min = 0, .max = 1 << 20, .metavar = "N",
     .help = "queries or events in a batch; 0: chosen from the data"},
    {0, "negatives", CLI_COUNT, &negatives, .min = 0, .max = 1 << 20, .metavar = "N", .is_rare = 1,
     .help = "sampled negatives a step (candidates sampled, mixed); 0: chosen"},
    {0, "disliked-weight", CLI_NUMBER, &disliked_weight, .min = 0, .max = 1e6, .metavar = "X",
     .help = "weight of a disliked item (label 0) as a negative; 0: ignored"},
    {'t', "temperature", CLI_NUMBER, &temperature, .min = 0.02, .max = 10, .metavar = "X",
     .help = "softmax temperature: the loss divides scores by it"},
    {'c', "negative-weight", CLI_NUMBER, &negative_weight, .min = 0.01, .max = 100, .metavar = "X",
     .help = "weight of the loss's negative term"},
    {0, "positive-temperature", CLI_NUMBER, &positive_temperature, .min = 0, .max = 1000, .metavar = "X",
     .help = "temperature among a query's positives, as a multiple of -t; 0: equal weights"},
    {0, "learning-rate", CLI_NUMBER, &learning_rate, .min = 1e-9, .max = 10, .metavar = "X",
     .help = "peak learning rate of Adam"},
    {0, "beta2", CLI_NUMBER, &beta2, .min = 0, .max = 0.999999, .metavar = "X", .is_rare = 1,
     .help = "decay of Adam's second moment"},
    {0, "weight-decay", CLI_NUMBER, &weight_decay, .min = 0, .max = 10, .metavar = "X", .is_rare = 1,
     .help = "decoupled weight decay of tables and layers (AdamW)"},
    {0, "warmup", CLI_COUNT, &warmup, .min = 0, .max = 1000000, .metavar = "N", .is_rare = 1,
     .help = "steps until the peak learning rate"},
    {0, "dropout", CLI_NUMBER, &dropout, .min = 0, .max = 0.99, .metavar = "X",
     .help = "share of a history's items left out in each step"},
    {0, "targets", CLI_CHOICE, &targets, .choices = tt_targets_names, .metavar = "WHICH", .is_rare = 1,
     .help = "items to predict in a step: all of a user's, or those after a random moment"},
    {0, "half-life", CLI_NUMBER, &half_life, .min = 0, .max = 1e6, .metavar = "DAYS",
     .help = "days that halve an event's weight in the loss; 0: none; else as the history"},
    {0, "init", CLI_CHOICE, &start, .choices = starts, .metavar = "START",
     .help = "first values of the embedding tables: truncated SVD, or random"},
    {0, "noise", CLI_NUMBER, &noise, .min = 0, .max = 1, .metavar = "X", .is_rare = 1,
     .help = "standard deviation of noise added to the spectral start"},
    {0, "warm-start", CLI_TEXT, &warm_start_path, .metavar = "MODEL", .no_lineage = 1,
     .help = "start from this earlier model; --epochs is then 4 by default"},
    {0, "replay", CLI_NUMBER, &replay, .min = 0, .max = 1, .metavar = "X", .is_rare = 1,
     .help = "share of its users without a new event whose history is trained on again"},
    {0, "valid", CLI_TEXT, &valid_path, .metavar = "FILE", .no_lineage = 1,
     .help = "validation events that choose the best epoch (tt-encode --like)"},
    {0, "valid-share", CLI_NUMBER, &valid_share, .min = 0, .max = 0.9, .metavar = "X",
     .help = "choose the number of epochs on this share of the events, then train on all"},
    {0, "tune", CLI_NUMBER, &tune, .min = 0, .max = 1e9, .metavar = "SECONDS",
     .help = "first search -t, -c, --dropout and a smaller -d, for so long"},
    {0, "tune-log", CLI_TEXT, &tune_log_path, .metavar = "FILE", .is_rare = 1, .no_lineage = 1,
     .help = "write the trials of --tune as TSV"},
    {0, "patience", CLI_COUNT, &patience, .min = 0, .max = 10000, .metavar = "N",
     .help = "early stopping after N epochs without a better one; 0: never"},
    {0, "seen", CLI_CHOICE, &seen, .choices = seens, .metavar = "HOW",
     .help = "rank a user's training items in validation, or leave them out"},
    {0, "metric", CLI_CHOICE, &metric, .choices = tt_metric_names, .metavar = "NAME",
     .help = "validation metric, as in tt-eval"},
    {'k', "top", CLI_COUNT, &k, .min = 1, .max = 10000, .metavar = "K",
     .help = "length of the lists that the metric evaluates"},
    {0, "log", CLI_TEXT, &log_path, .metavar = "FILE", .no_lineage = 1,
     .help = "write epoch, loss, metric, seconds as TSV"},
    {0, "checkpoint", CLI_TEXT, &checkpoint_path, .metavar = "FILE", .no_lineage = 1,
     .help = "save the state for --resume in FILE, until the model is written"},
    {0, "resume", CLI_TEXT, &resume_path, .metavar = "FILE", .no_lineage = 1,
     .help = "resume a run that was killed, from its checkpoint"},
    {0, "memory", CLI_COUNT, &memory, .min = 1000000, .max = 1e12, .metavar = "BYTES", .is_rare = 1,
     .help = "most bytes for the logits of a step"},
    {0, "seed", CLI_COUNT, &seed, .metavar = "N", .help = "seed of all random numbers"},
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

enum { WARM_EPOCHS = 4 }; /* of a warm start: measured to suffice where 16 from the start do */

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
                 trial->is_accepted > 0 ? ": accepted" : "");
    cli_note("trial %zu: -t %.9g --dropout %.9g -c %.9g -d %.0f -e %.0f: %s %.4f at epoch %.0f%s", training->n_trials,
             trial->temperature, trial->dropout, trial->negative_weight, trial->dim, trial->epochs, metric_at_k(),
             trial->value, trial->epoch, gain);
}

/* The settings in the options' words, for the note and the model's lineage. */
static const char *settings_text(struct tt_settings s)
{
    static char text[160];

    snprintf(text, sizeof(text), "--temperature %.9g --dropout %.9g --negative-weight %.9g --dim %zu --epochs %zu",
             s.temperature, s.dropout, s.negative_weight, s.dim, s.epochs);
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
                         const char *valid_sum, const char *warm_start_sum)
{
    size_t n = 0;

    facts[n++] = (struct tt_fact){"the program", "tt-train " TT_VERSION};
    facts[n++] = (struct tt_fact){"the kind of CPU for OpenBLAS", tt_gemm_core()};
    facts[n++] = (struct tt_fact){"the checksum of the examples", examples_sum};
    facts[n++] = (struct tt_fact){"the checksum of the validation events", valid_sum};
    facts[n++] = (struct tt_fact){"the checksum of the earlier model", warm_start_sum};
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
    if (!state->is_restoring)
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
                       const char *warm_start_sum, const struct tt_train_report *report, struct tt_writer *writer,
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
        tt_segment_text(&segment, "candidates", candidate_kinds[report->plan.steps.candidates], err) ||
        tt_segment_text(&segment, "targets", tt_targets_names[report->targets], err) ||
        tt_segment_text(&segment, "epoch", number, err) ||
        (tune > 0 && tt_segment_text(&segment, "tuned", settings_text(report->settings), err)) ||
        (warm_start_sum[0] && tt_segment_text(&segment, "warm_start", warm_start_sum, err)) ||
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
    const char *which = t->targets == TT_TARGETS_LATER ? "the items after a moment, given those before it"
                                                       : "all items of the history";
    char sampled[64] = "";
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
        snprintf(sampled, sizeof(sampled), " and %zu sampled negatives", plan->steps.negatives);
    cli_note("%zu events (%zu more with label 0 %s), %zu queries, %zu items with an event", t->n_events, t->unliked,
             disliked_weight > 0 ? "count as disliked" : "left out", t->queries.n, t->catalogue.n);
    if (t->replayed)
        cli_note("%zu events of the histories in %s are replayed", t->replayed, warm_start_path);
    cli_note("candidates %s, %zu %s%s a step%s", candidate_kinds[plan->steps.candidates], t->steps.batch_size,
             plan->steps.by_entry ? "events" : "queries", sampled,
             ranked == TT_SEEN_REMOVE ? "; validation leaves out each user's training items"
             : ranked == TT_SEEN_KEEP ? "; validation ranks each user's training items too" : "");
    if (plan->renewal > 1)
        cli_note("items' histories are read once in %zu steps, so as not to take longer than the steps", plan->renewal);
    if (t->targets_as_before)
        cli_note("targets of a step: %s, as for %s", which, warm_start_path);
    else if (t->drift >= 0)
        cli_note("drift of the users' items %.3f; targets of a step: %s", t->drift, which);
    if (candidates == TT_CANDIDATES_AUTO)
        cli_note("chosen, as an epoch takes %.3g Gflop with candidates all and %.3g with mixed", plan->flop_all / 1e9,
                 plan->flop_mixed / 1e9);
    if (cli_verbose)
        cli_note("at the start the loss is %.4f; the strongest negative of a query has %.1f %% of its softmax",
                 training->run.peak.loss, 100 * training->run.peak.share);
    if (tt_run_is_narrow(&training->run, &ignorant))
        cli_note("warning: at the start the loss is %.2f, with all scores alike it would be %.2f; one item has %.0f %% "
                 "of a query's softmax: is --temperature too small?", training->run.peak.loss, ignorant,
                 100 * training->run.peak.share);
}

static void say_report(const struct tt_train_report *report)
{
    if (cli_verbose)
        cli_note("sample of queries: mean cosine %.3f; one item in %.1f %% of the lists, one a positive of %.1f %%",
                 report->signs.cosine, 100 * report->signs.commonest_listed, 100 * report->signs.commonest_positive);
    if (cli_verbose)
        cli_note("trained in %.2f s by %llu threads, OpenBLAS for %s", cli_seconds(), (unsigned long long)cli_jobs,
                 tt_gemm_core());
    if (report->has_no_progress)
        cli_note("warning: the loss of the last epoch is not below the first one's: is --learning-rate too large, "
                 "or too small?");
    if (report->signs.has_collapsed)
        cli_note("warning: the users' vectors are almost alike (mean cosine above 0.99): all get nearly the same list");
    if (report->signs.has_common_item)
        cli_note("warning: one item is in %.0f %% of the lists of %llu, and no item is a positive of more than %.0f %% "
                 "of the queries", 100 * report->signs.commonest_listed, (unsigned long long)k,
                 100 * report->signs.commonest_positive);
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
                                 o->warm_start ? o->warm_start->base.segment.checksum : "");
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
static void prepare_warm_start(const struct tt_model *from, struct tt_train_options *o)
{
    static char widths[TT_WIDTHS_TEXT];

    o->warm_start = from;
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
                                 .candidates = (enum tt_candidates)candidates,
                                 .batch_of = (enum tt_batch_of)batch_of,
                                 .batch_size = (size_t)batch_size,
                                 .negatives = (size_t)negatives,
                                 .disliked_weight = disliked_weight,
                                 .start = (enum tt_start)start,
                                 .temperature = temperature,
                                 .negative_weight = negative_weight,
                                 .positive_temperature = positive_temperature,
                                 .learning_rate = learning_rate,
                                 .beta2 = beta2,
                                 .weight_decay = weight_decay,
                                 .warmup = (size_t)warmup,
                                 .dropout = dropout,
                                 .targets = (enum tt_targets)targets,
                                 .noise = noise,
                                 .half_life = half_life,
                                 .seed = seed,
                                 .valid_share = valid_share,
                                 .tune = tune,
                                 .metric = (enum tt_metric)metric,
                                 .k = (size_t)k,
                                 .seen = (enum tt_seen)seen,
                                 .patience = (size_t)patience,
                                 .max_memory = (size_t)memory,
                                 .n_hidden = n_hidden,
                                 .replay = replay};
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
    if (warm_start_path && tt_model_load(&from, warm_start_path, err))
        goto done;
    if (warm_start_path)
        prepare_warm_start(&from, &o);
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
            tt_writer_printf(&course.tune_log, err, "trial\ttemperature\tdropout\tnegative_weight\tdim\tepochs\t"
                             "epoch\t%s\tgain\terror\tseconds\taccepted\n", metric_at_k()))
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
    if (is_standard(warm_start_path) && (cli_n_operands == 0 || is_standard(cli_operands[0])))
        cli_usage_error("--warm-start and the examples cannot both be standard input");
    if (is_standard(warm_start_path) && is_standard(valid_path))
        cli_usage_error("--warm-start and --valid cannot both be standard input");
    if (warm_start_path && cli_given("init"))
        cli_usage_error("--warm-start and --init are two ways to start: give one");
    if (cli_given("replay") && !warm_start_path)
        cli_usage_error("--replay needs --warm-start");
    if (valid_share > 0 && valid_path)
        cli_usage_error("--valid-share and --valid are two ways to validate: give one");
    int is_validated = valid_path || valid_share > 0 || tune > 0;
    if (patience && !is_validated)
        cli_usage_error("--patience needs --valid, --valid-share or --tune");
    if (seen != TT_SEEN_AUTO && !is_validated)
        cli_usage_error("--seen needs --valid, --valid-share or --tune");
}

int main(int argc, char **argv)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_writer writer;

    cli_start(&program, argc, argv);
    if (warm_start_path && !cli_given("epochs"))
        epochs = WARM_EPOCHS;
    check_usage();
    int status = cli_open_output(&writer, 1, &err);
    if (status == 0)
        status = cli_close_output(&writer, run(&writer, &err), &err);
    if (status == 0 && checkpoint_path && unlink(checkpoint_path) && errno != ENOENT) /* it has done its work */
        status = tt_err_system(&err, errno, "%s", checkpoint_path);
    return cli_finish(status, &err);
}
