/* tt-train: encoded examples to a model. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "math/gemm.h"
#include "model/training.h"

static const char *const losses[] = {"auto", "full", "batch", NULL};
static const char *const starts[] = {"spectral", "random", NULL};
static const char *const seens[] = {"auto", "keep", "remove", NULL};

static const char *valid_path, *log_path;
static int loss = TT_LOSS_AUTO, start = TT_START_SPECTRAL, seen = TT_SEEN_AUTO;
static uint64_t dim = 64, epochs = 16, batch, k = 10, patience, seed = 1, memory = 512 * 1000 * 1000, warmup = 10;
static double temperature = 0.13, negative = 1.1, rate = 0.01, beta2 = 0.99, drop = 0.3, noise = 0.01, half_life = NAN;

static struct cli_option options[] = {
    {'d', "dim", CLI_COUNT, &dim, .min = 1, .max = TT_MAX_DIM, .metavar = "N", .help = "dimensions of a vector"},
    {'e', "epochs", CLI_COUNT, &epochs, .min = 1, .max = 10000, .metavar = "N", .help = "passes over the examples"},
    {0, "loss", CLI_CHOICE, &loss, .choices = losses, .metavar = "LOSS",
     .help = "candidates: full catalogue, batch, or auto"},
    {0, "batch", CLI_COUNT, &batch, .min = 0, .max = 1 << 20, .metavar = "N",
     .help = "queries (full) or events (batch) a step; 0: chosen"},
    {'t', "temperature", CLI_NUMBER, &temperature, .min = 0.02, .max = 10, .metavar = "X",
     .help = "divides the scores in the loss"},
    {'c', "negative", CLI_NUMBER, &negative, .min = 0.01, .max = 100, .metavar = "X",
     .help = "weight of the loss's negative term"},
    {0, "rate", CLI_NUMBER, &rate, .min = 1e-9, .max = 10, .metavar = "X", .help = "peak learning rate of Adam"},
    {0, "beta2", CLI_NUMBER, &beta2, .min = 0, .max = 0.999999, .metavar = "X",
     .help = "decay of Adam's second moment"},
    {0, "warmup", CLI_COUNT, &warmup, .min = 0, .max = 1000000, .metavar = "N",
     .help = "steps until the peak learning rate"},
    {0, "drop", CLI_NUMBER, &drop, .min = 0, .max = 0.99, .metavar = "X",
     .help = "share of a history left out in each step"},
    {0, "half-life", CLI_NUMBER, &half_life, .min = 0, .max = 1e6, .metavar = "DAYS",
     .help = "an event weighs half in the loss after DAYS; 0: never; else as the history"},
    {0, "init", CLI_CHOICE, &start, .choices = starts, .metavar = "START", .help = "first values of the tables"},
    {0, "noise", CLI_NUMBER, &noise, .min = 0, .max = 1, .metavar = "X",
     .help = "deviation added to the spectral start"},
    {0, "valid", CLI_TEXT, &valid_path, .metavar = "FILE", .no_lineage = 1,
     .help = "events to choose the best epoch by (tt-encode --like)"},
    {0, "patience", CLI_COUNT, &patience, .min = 0, .max = 10000, .metavar = "N",
     .help = "end after N epochs without a better one; 0: never"},
    {0, "seen", CLI_CHOICE, &seen, .choices = seens, .metavar = "HOW",
     .help = "training items in the validation's ranking"},
    {'k', "top", CLI_COUNT, &k, .min = 1, .max = 10000, .metavar = "K", .help = "of the Top-K accuracy in the log"},
    {0, "log", CLI_TEXT, &log_path, .metavar = "FILE", .no_lineage = 1,
     .help = "write epoch, loss, accuracies, seconds as TSV"},
    {0, "memory", CLI_COUNT, &memory, .min = 1000000, .max = 1e12, .metavar = "BYTES",
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

struct log {
    struct tt_writer writer;
    struct tt_err *err;
    int is_open;
    double last;
};

static void write_accuracy(struct log *log, double accuracy)
{
    if (!log->err->kind && (accuracy < 0 ? tt_writer_text(&log->writer, "\t-", log->err)
                                         : tt_writer_printf(&log->writer, log->err, "\t%.9g", accuracy)))
        return;
}

/* One line an epoch on stderr and in the log; a failed write is found at the end. */
static void on_epoch(void *arg, const struct tt_epoch *epoch)
{
    struct log *log = arg;
    double now = cli_seconds();
    char valid[64] = "";

    if (epoch->valid_accuracy >= 0)
        snprintf(valid, sizeof(valid), ", valid %.4f%s", epoch->valid_accuracy, epoch->is_best ? " *" : "");
    cli_note("epoch %zu of %llu: loss %.4f, top-%llu accuracy train %.4f%s, %.2f s, %.0f events/s", epoch->epoch,
             (unsigned long long)epochs, epoch->loss, (unsigned long long)k, epoch->train_accuracy, valid, now,
             epoch->examples / (now - log->last));
    log->last = now;
    if (!log->is_open || log->err->kind)
        return;
    if (tt_writer_printf(&log->writer, log->err, "%zu\t%.9g", epoch->epoch, epoch->loss))
        return;
    write_accuracy(log, epoch->train_accuracy);
    write_accuracy(log, epoch->valid_accuracy);
    if (!log->err->kind && tt_writer_printf(&log->writer, log->err, "\t%.3f\n", now))
        return;
}

static int write_model(const struct tt_model *model, const char *examples_sum, const char *valid_sum,
                       const struct tt_train_report *report, struct tt_writer *writer, struct tt_err *err)
{
    struct tt_segment segment = {0};
    char inputs[80], number[32];
    int status = -1;

    snprintf(inputs, sizeof(inputs), "%s%s%s", examples_sum, valid_sum[0] ? " " : "", valid_sum);
    snprintf(number, sizeof(number), "%zu", report->best_epoch);
    if (tt_model_store(model, &segment, err) || cli_add_lineage(&segment, err) ||
        tt_segment_text(&segment, "inputs", inputs, err) || tt_segment_text(&segment, "blas", tt_gemm_core(), err) ||
        tt_segment_text(&segment, "loss", losses[report->loss], err) ||
        tt_segment_text(&segment, "epoch", number, err) || tt_segment_write(&segment, writer, 0, 1, err))
        goto done;
    status = 0;
done:
    tt_segment_release(&segment);
    return status;
}

static void say_report(const struct tt_train_report *report)
{
    cli_note("%zu events (%zu more with label 0 left out), %zu queries, %zu items with an event", report->events,
             report->unliked, report->queries, report->catalogue);
    cli_note("loss %s, %zu %s a step%s", losses[report->loss], report->batch,
             report->loss == TT_LOSS_FULL ? "queries" : "events",
             report->seen == TT_SEEN_REMOVE ? "; validation leaves out each user's training items"
             : report->seen == TT_SEEN_KEEP ? "; validation ranks each user's training items too" : "");
    if (cli_verbose)
        cli_note("trained in %.2f s by %llu threads, OpenBLAS for %s", cli_seconds(), (unsigned long long)cli_jobs,
                 tt_gemm_core());
    if (report->has_no_progress)
        cli_note("warning: the loss of the last epoch is not below the first one's: is --rate too large or too small?");
    if (report->has_collapsed)
        cli_note("warning: the users' vectors are almost alike (mean cosine above 0.99): all get nearly the same list");
    if (report->best_accuracy >= 0)
        cli_note("kept epoch %zu of %zu, valid top-%llu accuracy %.4f", report->best_epoch, report->epochs,
                 (unsigned long long)k, report->best_accuracy);
}

/* Train, from examples that are loaded into `base` (taken). */
static int train(struct tt_examples *base, struct tt_pool *pool, struct log *log, struct tt_writer *writer,
                 struct tt_err *err)
{
    struct tt_train_options o = {.dim = (size_t)dim,
                                 .epochs = (size_t)epochs,
                                 .batch = (size_t)batch,
                                 .loss = (enum tt_loss)loss,
                                 .start = (enum tt_start)start,
                                 .temperature = temperature,
                                 .negative = negative,
                                 .rate = rate,
                                 .beta2 = beta2,
                                 .warmup = (size_t)warmup,
                                 .drop = drop,
                                 .noise = noise,
                                 .half_life = half_life,
                                 .seed = seed,
                                 .k = (size_t)k,
                                 .seen = (enum tt_seen)seen,
                                 .patience = (size_t)patience,
                                 .max_memory = (size_t)memory};
    struct tt_train_report report;
    struct tt_model model = {0};
    struct tt_events valid = {0};
    struct tt_segment valid_segment = {0};
    size_t n_columns = base->dictionary.schema.n_columns;
    const struct tt_column *history = tt_schema_find(&base->dictionary.schema, TT_USER, TT_KIND_HISTORY);
    int status = -1;

    if (isnan(half_life)) /* not given: one half-life in the schema rules both */
        o.half_life = history ? history->half_life : 0;
    if ((valid_path &&
         tt_events_load_like(&valid, &valid_segment, valid_path, &base->dictionary, base->segment.checksum, err)) ||
        tt_model_init(&model, base, (size_t)dim, err) ||
        tt_train(&model, &o, valid_path ? &valid : NULL, pool, on_epoch, log, &report, err))
        goto done;
    say_report(&report);
    status = log->err->kind
                 ? -1
                 : write_model(&model, model.base.segment.checksum, valid_segment.checksum, &report, writer, err);
done:
    tt_events_release(&valid, n_columns);
    tt_segment_release(&valid_segment);
    tt_model_release(&model);
    return status;
}

static int run(struct tt_writer *writer, struct tt_err *err)
{
    struct tt_examples base = {0};
    struct log log = {.err = err};
    struct tt_pool *pool = cli_pool(err);
    int status = -1;

    if (!pool || tt_examples_load(&base, cli_n_operands ? cli_operands[0] : NULL, err))
        goto done;
    if (log_path) {
        if (tt_writer_open(&log.writer, log_path, cli_watch_temporary, err) ||
            tt_writer_printf(&log.writer, err,
                             "epoch\tloss\ttrain_top_%llu_accuracy\tvalid_top_%llu_accuracy\tseconds\n",
                             (unsigned long long)k, (unsigned long long)k))
            goto done;
        log.is_open = 1;
    }
    status = train(&base, pool, &log, writer, err);
    if (log.is_open)
        status = cli_close_output(&log.writer, status, err);
done:
    tt_examples_release(&base);
    tt_pool_free(pool);
    return status;
}

static int is_standard(const char *path)
{
    return path && strcmp(path, "-") == 0;
}

static void check_usage(void)
{
    if (is_standard(valid_path) && (cli_n_operands == 0 || is_standard(cli_operands[0])))
        cli_usage_error("--valid and the examples cannot both be standard input");
    if (is_standard(log_path) && !cli_output)
        cli_usage_error("--log and the model cannot both be standard output");
    cli_check_different((struct cli_file[]){{"output", cli_output ? cli_output : "-"}, {"log", log_path}}, 2);
    if (patience && !valid_path)
        cli_usage_error("--patience needs --valid");
    if (seen != TT_SEEN_AUTO && !valid_path)
        cli_usage_error("--seen needs --valid");
}

int main(int argc, char **argv)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_writer writer;

    cli_start(&program, argc, argv);
    check_usage();
    int status = cli_open_output(&writer, 1, &err);
    if (status == 0)
        status = cli_close_output(&writer, run(&writer, &err), &err);
    return cli_finish(status, &err);
}
