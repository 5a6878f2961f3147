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
#include "train/model_writer.h"
#include "train/progress.h"

static const char *const batch_kinds[] = {"queries", "events", NULL};
static const char *const starts[] = {"spectral", "random", NULL};
static const char *const seens[] = {"auto", "keep", "remove", NULL};

static struct tt_train_options o = {
    .run = {.trainer = {.shape = {.dim = 64},
                        .start = {.kind = TT_START_SPECTRAL, .noise = 0.01, .replay = 1},
                        .steps = {.candidates = TT_CANDIDATES_AUTO, .max_memory = 512 * 1000 * 1000},
                        .loss = {.temperature = 0.13, .negative_weight = 1.1, .positive_temperature = 6,
                                 .disliked_weight = 1},
                        .optimiser = {.learning_rate = 0.01, .beta2 = 0.99, .warmup = 10},
                        .dropout = 0.3,
                        .seed = 1},
            .stopping = {.epochs = 16},
            .validation = {.metric = TT_METRIC_TOP_K_ACCURACY, .k = 10}}};
static double half_life = NAN; /* not given: as the schema's history */

static const char *hidden = "", *warm_start_path, *valid_path;
static const char *log_path, *tune_log_path, *checkpoint_path, *resume_path;

/* Options write their values into `o`. */
_Static_assert(sizeof(size_t) == sizeof(uint64_t) && sizeof(enum tt_targets) == sizeof(int), "as cli.h has them");

static struct cli_option options[] = {
    {'d', "dim", CLI_COUNT, &o.run.trainer.shape.dim, .min = 1, .max = TT_MAX_DIM, .metavar = "N",
     .help = "dimensions of the user and item vectors"},
    {0, "hidden", CLI_TEXT, &hidden, .metavar = "N,...",
     .help = "widths of ReLU layers added to each tower; \"\": none"},
    {'e', "epochs", CLI_COUNT, &o.run.stopping.epochs, .min = 1, .max = 10000, .metavar = "N",
     .help = "passes over the examples"},
    {0, "candidates", CLI_CHOICE, &o.run.trainer.steps.candidates, .choices = tt_candidates_names, .metavar = "KIND",
     .help = "items in the softmax: all, sampled, batch, mixed (batch and sampled) or auto"},
    {0, "batch-of", CLI_CHOICE, &o.run.trainer.steps.batch_of, .choices = batch_kinds, .metavar = "WHAT", .is_rare = 1,
     .help = "a batch has queries with all of their positives, or single events"},
    {0, "batch-size", CLI_COUNT, &o.run.trainer.steps.batch_size, .min = 0, .max = 1 << 20, .metavar = "N",
     .help = "queries or events in a batch; 0: chosen from the data"},
    {0, "negatives", CLI_COUNT, &o.run.trainer.steps.negatives, .min = 0, .max = 1 << 20, .metavar = "N", .is_rare = 1,
     .help = "sampled negatives a step (candidates sampled, mixed); 0: chosen"},
    {0, "disliked-weight", CLI_NUMBER, &o.run.trainer.loss.disliked_weight, .min = 0, .max = 1e6, .metavar = "X",
     .help = "weight of a disliked item (label 0) as a negative; 0: ignored"},
    {'t', "temperature", CLI_NUMBER, &o.run.trainer.loss.temperature, .min = 0.02, .max = 10, .metavar = "X",
     .help = "softmax temperature: the loss divides scores by it"},
    {'c', "negative-weight", CLI_NUMBER, &o.run.trainer.loss.negative_weight, .min = 0.01, .max = 100, .metavar = "X",
     .help = "weight of the loss's negative term"},
    {0, "positive-temperature", CLI_NUMBER, &o.run.trainer.loss.positive_temperature, .min = 0, .max = 1000,
     .metavar = "X",
     .help = "temperature among a query's positives, as a multiple of -t; 0: equal weights"},
    {0, "learning-rate", CLI_NUMBER, &o.run.trainer.optimiser.learning_rate, .min = 1e-9, .max = 10, .metavar = "X",
     .help = "peak learning rate of Adam"},
    {0, "beta2", CLI_NUMBER, &o.run.trainer.optimiser.beta2, .min = 0, .max = 0.999999, .metavar = "X", .is_rare = 1,
     .help = "decay of Adam's second moment"},
    {0, "weight-decay", CLI_NUMBER, &o.run.trainer.optimiser.weight_decay, .min = 0, .max = 10, .metavar = "X",
     .is_rare = 1,
     .help = "decoupled weight decay of tables and layers (AdamW)"},
    {0, "warmup", CLI_COUNT, &o.run.trainer.optimiser.warmup, .min = 0, .max = 1000000, .metavar = "N", .is_rare = 1,
     .help = "steps until the peak learning rate"},
    {0, "dropout", CLI_NUMBER, &o.run.trainer.dropout, .min = 0, .max = 0.99, .metavar = "X",
     .help = "share of a history's items left out in each step"},
    {0, "targets", CLI_CHOICE, &o.run.trainer.targets, .choices = tt_targets_names, .metavar = "WHICH", .is_rare = 1,
     .help = "items to predict in a step: all of a user's, or those after a random moment"},
    {0, "half-life", CLI_NUMBER, &half_life, .min = 0, .max = 1e6, .metavar = "DAYS",
     .help = "half-life of an event's weight in the loss; 0: none; default: as the history"},
    {0, "init", CLI_CHOICE, &o.run.trainer.start.kind, .choices = starts, .metavar = "START",
     .help = "first values of the tables: spectral (truncated SVD) or random"},
    {0, "noise", CLI_NUMBER, &o.run.trainer.start.noise, .min = 0, .max = 1, .metavar = "X", .is_rare = 1,
     .help = "standard deviation of noise added to the spectral start"},
    {0, "warm-start", CLI_TEXT, &warm_start_path, .metavar = "MODEL", .no_lineage = 1,
     .help = "start from this earlier model; --epochs is then 4 by default"},
    {0, "replay", CLI_NUMBER, &o.run.trainer.start.replay, .min = 0, .max = 1, .metavar = "X", .is_rare = 1,
     .help = "share of its users without a new event whose history is trained on again"},
    {0, "valid", CLI_TEXT, &valid_path, .metavar = "FILE", .no_lineage = 1,
     .help = "validation events that choose the best epoch (tt-encode --like)"},
    {0, "valid-share", CLI_NUMBER, &o.valid_share, .min = 0, .max = 0.9, .metavar = "X",
     .help = "choose the number of epochs on this share of the events, then train on all"},
    {0, "tune", CLI_NUMBER, &o.tuning.seconds, .min = 0, .max = 1e9, .metavar = "SECONDS",
     .help = "first search for better -t, -c, --dropout, -d and -e, for SECONDS"},
    {0, "tune-log", CLI_TEXT, &tune_log_path, .metavar = "FILE", .is_rare = 1, .no_lineage = 1,
     .help = "write the trials of --tune as TSV"},
    {0, "patience", CLI_COUNT, &o.run.stopping.patience, .min = 0, .max = 10000, .metavar = "N",
     .help = "early stopping after N epochs without a better one; 0: never; needs validation"},
    {0, "seen", CLI_CHOICE, &o.run.validation.seen, .choices = seens, .metavar = "HOW",
     .help = "a user's training items in validation: keep, remove or auto"},
    {0, "metric", CLI_CHOICE, &o.run.validation.metric, .choices = tt_metric_names, .metavar = "NAME",
     .help = "validation metric, one of tt-eval --list-metrics"},
    {'k', "top", CLI_COUNT, &o.run.validation.k, .min = 1, .max = 10000, .metavar = "K",
     .help = "length of the lists that the metric evaluates"},
    {0, "log", CLI_TEXT, &log_path, .metavar = "FILE", .no_lineage = 1,
     .help = "write epoch, loss, metric, seconds as TSV"},
    {0, "checkpoint", CLI_TEXT, &checkpoint_path, .metavar = "FILE", .no_lineage = 1,
     .help = "save the state for --resume in FILE, until the model is written"},
    {0, "resume", CLI_TEXT, &resume_path, .metavar = "FILE", .no_lineage = 1,
     .help = "resume a run that was killed, from its checkpoint"},
    {0, "memory", CLI_COUNT, &o.run.trainer.steps.max_memory, .min = 1000000, .max = 1e12, .metavar = "BYTES",
     .is_rare = 1,
     .help = "most bytes for the scores of a step"},
    {0, "seed", CLI_COUNT, &o.run.trainer.seed, .metavar = "N", .help = "seed of all random numbers"},
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

enum { WARM_EPOCHS = 4 }; /* of --warm-start: measured to suffice where 16 from the start do */

static void note(const char *text)
{
    cli_note("%s", text);
}

static void show_status(const char *text)
{
    cli_progress("%s", text);
}

/* ---- inputs ---- */

struct inputs {
    struct tt_examples examples; /* the model takes their entities */
    struct tt_model model, earlier;
    struct tt_events valid;
    struct tt_segment valid_segment;
};

/* What is not given is as in the earlier model, here and in the lineage. */
static int load_earlier(struct tt_model *earlier, struct tt_err *err)
{
    static char widths[TT_WIDTHS_TEXT];
    struct tt_model_shape *shape = &o.run.trainer.shape;

    if (tt_model_load(earlier, warm_start_path, err))
        return -1;
    o.run.trainer.start.earlier = earlier;
    if (!cli_given("dim"))
        shape->dim = earlier->dim;
    if (!cli_given("hidden")) {
        hidden = tt_dense_print_widths(widths, earlier->hidden, earlier->n_hidden);
        memcpy(shape->hidden, earlier->hidden, sizeof(shape->hidden));
        shape->n_hidden = earlier->n_hidden;
    }
    return 0;
}

static int load_inputs(struct inputs *in, struct tt_err *err)
{
    struct tt_entities *entities = &in->examples.entities;

    if (tt_examples_load(&in->examples, cli_n_operands ? cli_operands[0] : NULL, err) ||
        (warm_start_path && load_earlier(&in->earlier, err)) ||
        (valid_path && tt_events_load_like(&in->valid, &in->valid_segment, valid_path, &entities->dictionary,
                                           entities->segment.checksum, err)))
        return -1;
    const struct tt_column *history = tt_schema_find(&entities->dictionary.schema, TT_USER, TT_KIND_HISTORY);
    o.run.trainer.half_life = !isnan(half_life) ? half_life : history ? history->half_life : 0;
    return tt_model_init(&in->model, entities, o.run.trainer.shape.dim, err);
}

static void release_inputs(struct inputs *in)
{
    tt_examples_release(&in->examples);
    tt_model_release(&in->model);
    tt_model_release(&in->earlier);
    tt_events_release(&in->valid);
    tt_segment_release(&in->valid_segment);
}

/* ---- training ---- */

/* The settings that trials found, in the options' words. */
static const char *tuned_text(char buffer[160], const struct tt_settings *s)
{
    snprintf(buffer, 160, "--temperature %.9g --dropout %.9g --negative-weight %.9g --dim %zu --epochs %zu",
             s->temperature, s->dropout, s->negative_weight, s->dim, s->epochs);
    return buffer;
}

static int train(struct inputs *in, const struct tt_progress_outputs *logs, struct tt_writer *writer,
                 struct tt_err *err)
{
    struct tt_model_origin origin = {{in->model.entities.segment.checksum, in->valid_segment.checksum,
                                      in->earlier.entities.segment.checksum}, NULL, cli_add_lineage};
    struct tt_fact facts[TT_MAX_FACTS];
    struct tt_progress_outputs to = *logs;
    struct tt_checkpoint_keeper keeper = {.path = checkpoint_path, .facts = facts, .watch = cli_watch_temporary};
    struct tt_buf lineage = TT_BUF_INIT;
    struct tt_pool *pool = cli_pool(err);
    struct tt_progress progress = {0};
    struct tt_train_report report;
    char tuned[160];
    int status = -1;

    if (!pool || cli_lineage(&lineage, err))
        goto done;
    keeper.n_facts = tt_facts_of_run(facts, "tt-train " TT_VERSION, lineage.data, &origin.inputs);
    to.checkpoints = &keeper;
    if (tt_progress_init(&progress, &to, o.run.validation.metric, o.run.validation.k, err) ||
        (resume_path && tt_progress_resume(&progress, resume_path, err)))
        goto done;
    struct tt_train_hooks hooks = tt_progress_hooks(&progress);
    if (tt_train(&in->model, &in->examples.events, &o, valid_path ? &in->valid : NULL, pool, &hooks, &report, err))
        goto done;
    tt_progress_report(&progress, &report);
    if (cli_verbose)
        cli_note("trained in %.2f s by %llu threads, OpenBLAS for %s", cli_seconds(), (unsigned long long)cli_jobs,
                 tt_gemm_core());
    origin.tuned = o.tuning.seconds > 0 ? tuned_text(tuned, &report.settings) : NULL;
    status = tt_model_write(&in->model, &report, &origin, writer, err);
done:
    tt_progress_release(&progress);
    tt_buf_release(&lineage);
    tt_pool_free(pool);
    return status;
}

/* Open a log that was asked for. */
static int open_log(struct tt_writer **log, struct tt_writer *writer, const char *path, struct tt_err *err)
{
    if (!path)
        return 0;
    if (tt_writer_open(writer, path, cli_watch_temporary, err))
        return -1;
    *log = writer;
    return 0;
}

static int run(struct tt_writer *writer, struct tt_err *err)
{
    struct tt_progress_outputs to = {.seconds = cli_seconds, .note = note, .is_verbose = cli_verbose,
                                     .is_status_due = cli_progress_is_due, .status = show_status};
    struct tt_writer log, trial_log;
    struct inputs in = {0};
    int status = -1;

    if (load_inputs(&in, err) == 0 && open_log(&to.log, &log, log_path, err) == 0 &&
        open_log(&to.trial_log, &trial_log, tune_log_path, err) == 0)
        status = train(&in, &to, writer, err);
    if (to.trial_log)
        status = cli_close_output(&trial_log, status, err);
    if (to.log)
        status = cli_close_output(&log, status, err);
    release_inputs(&in);
    return status;
}

static int is_standard(const char *path)
{
    return path && strcmp(path, "-") == 0;
}

static void check_usage(void)
{
    if (tt_dense_parse_widths(hidden, o.run.trainer.shape.hidden, &o.run.trainer.shape.n_hidden))
        cli_usage_error("--hidden: '%s' is not a list of at most %d widths from 1 to %d", hidden, TT_MAX_HIDDEN,
                        TT_MAX_WIDTH);
    if (is_standard(valid_path) && (cli_n_operands == 0 || is_standard(cli_operands[0])))
        cli_usage_error("--valid and the examples cannot both be standard input");
    if (is_standard(log_path) && !cli_output)
        cli_usage_error("--log and the model cannot both be standard output");
    if (is_standard(tune_log_path) && (!cli_output || is_standard(log_path)))
        cli_usage_error("--tune-log and %s cannot both be standard output", cli_output ? "--log" : "the model");
    if (tune_log_path && !(o.tuning.seconds > 0))
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
    if (o.valid_share > 0 && valid_path)
        cli_usage_error("--valid-share and --valid are two ways to validate: give one");
    int is_validated = valid_path || o.valid_share > 0 || o.tuning.seconds > 0;
    if (o.run.stopping.patience && !is_validated)
        cli_usage_error("--patience needs --valid, --valid-share or --tune");
    if (o.run.validation.seen != TT_SEEN_AUTO && !is_validated)
        cli_usage_error("--seen needs --valid, --valid-share or --tune");
}

int main(int argc, char **argv)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_writer writer;

    cli_start(&program, argc, argv);
    if (warm_start_path && !cli_given("epochs"))
        o.run.stopping.epochs = WARM_EPOCHS;
    check_usage();
    int status = cli_open_output(&writer, 1, &err);
    if (status == 0)
        status = cli_close_output(&writer, run(&writer, &err), &err);
    if (status == 0 && checkpoint_path && unlink(checkpoint_path) && errno != ENOENT) /* it has done its work */
        status = tt_err_system(&err, errno, "%s", checkpoint_path);
    return cli_finish(status, &err);
}
