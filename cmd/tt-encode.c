/* tt-encode: rows of text to codes. Learns a dictionary by a schema, or extends or applies the one of a model or of
 * other examples. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "encode/example_encoder.h"
#include "encode/row_encoder.h"
#include "io/tsv_writer.h"

static const char *const formats[] = {"auto", "csv", "tsv", NULL};
static const char *const sides[] = {"user", "item", "event", NULL};

static const char *schema_path, *extend_path, *like_path, *users_path, *items_path, *history_path;
static int format, side = TT_EVENT, describe;
static uint64_t stream;

static struct cli_option options[] = {
    {'s', "schema", CLI_TEXT, &schema_path, .metavar = "FILE", .no_lineage = 1,
     .help = "learn a dictionary by this schema (tt-schema(5))"},
    {0, "describe", CLI_FLAG, &describe, .help = "with --schema: write its columns as TSV, and read no events"},
    {'e', "extend", CLI_TEXT, &extend_path, .metavar = "FILE", .no_lineage = 1,
     .help = "begin with these examples, or with the dictionary of this model"},
    {'l', "like", CLI_TEXT, &like_path, .metavar = "FILE", .no_lineage = 1,
     .help = "use the dictionary of this model or these examples, and learn none"},
    {0, "side", CLI_CHOICE, &side, .choices = sides, .metavar = "SIDE",
     .help = "with --like: what the rows are"},
    {0, "users", CLI_TEXT, &users_path, .metavar = "FILE", .no_lineage = 1, .help = "table with attributes of users"},
    {0, "items", CLI_TEXT, &items_path, .metavar = "FILE", .no_lineage = 1, .help = "table with attributes of items"},
    {0, "history", CLI_TEXT, &history_path, .metavar = "FILE", .no_lineage = 1,
     .help = "with --side user: events to make histories of, in place of the model's"},
    {0, "stream", CLI_COUNT, &stream, .min = 0, .max = 100000000, .metavar = "N",
     .help = "with --side: write a segment after every N rows; 0: one segment in all"},
    {'f', "format", CLI_CHOICE, &format, .choices = formats, .metavar = "FORMAT", .no_lineage = 1,
     .help = "format of the input; auto: by its header line"},
    CLI_OUTPUT,
    CLI_QUIET,
    CLI_VERBOSE,
};

static const struct cli_program program = {
    .name = "tt-encode",
    .purpose = "Read events or rows as CSV or TSV; write them as codes, for tt-train or tt-embed.",
    .usage = "[OPTION]... [FILE]",
    .options = options,
    .n_options = sizeof(options) / sizeof(*options),
    .max_operands = 1,
    .example = "tt-encode -s foodie.schema --items stores.csv < train.csv > train.tt",
};

static int is_stdin(const char *path)
{
    return path && strcmp(path, "-") == 0;
}

static void check_usage(void)
{
    int from_stdin = !describe && (cli_n_operands == 0 || is_stdin(cli_operands[0]));

    if (!!schema_path + !!extend_path + !!like_path > 1)
        cli_usage_error("only one of --schema, --extend and --like can be given");
    if (!schema_path && !extend_path && !like_path)
        cli_usage_error("one of --schema, --extend and --like is needed");
    if (!like_path && (cli_given("side") || history_path || stream))
        cli_usage_error("--side, --history and --stream go with --like");
    if (describe && (!schema_path || cli_n_operands || users_path || items_path))
        cli_usage_error("--describe goes with --schema alone");
    if (like_path && side == TT_EVENT && (users_path || items_path || history_path || stream))
        cli_usage_error("with --like, --users, --items, --history and --stream need --side user or --side item");
    if ((side == TT_USER && items_path) || (side == TT_ITEM && (users_path || history_path)))
        cli_usage_error("--side user goes with --users and --history, --side item with --items");
    if (from_stdin + is_stdin(schema_path) + is_stdin(extend_path) + is_stdin(like_path) + is_stdin(users_path) +
            is_stdin(items_path) + is_stdin(history_path) > 1)
        cli_usage_error("only one input can be standard input");
}

/* Lineage: program, version, options, and the fingerprints that are not empty. */
static int add_lineage(struct tt_segment *segment, const char *base, char inputs[3][TT_FINGERPRINT_HEX + 1],
                       struct tt_err *err)
{
    char joined[4 * (TT_FINGERPRINT_HEX + 1) + 1] = "";
    size_t used = 0;
    const char *all[4] = {base, inputs[0], inputs[1], inputs[2]};

    for (int i = 0; i < 4; i++)
        if (all[i] && all[i][0])
            used += (size_t)snprintf(joined + used, sizeof(joined) - used, "%s%s", used ? " " : "", all[i]);
    return cli_add_lineage(segment, err) || tt_segment_text(segment, "inputs", joined, err) ? -1 : 0;
}

static void note_unseen(const struct tt_dictionary *d, const uint64_t *unseen)
{
    for (size_t i = 0; i < d->schema.n_columns; i++)
        if (unseen[i])
            cli_note("%s '%s': %llu values that are not in the dictionary", tt_side_name(d->schema.columns[i].side),
                     d->schema.columns[i].name, (unsigned long long)unseen[i]);
}

/* Write a segment of examples or of events, whose tensors are stored. base: the checksum of the file that was followed
 * or extended, or NULL. */
static int write_segment(struct tt_segment *segment, const char *base, struct tt_encode_stats *stats,
                         struct tt_writer *writer, struct tt_err *err)
{
    return add_lineage(segment, base, stats->inputs, err) || tt_segment_write(segment, writer, 0, 1, err) ? -1 : 0;
}

/* What the user may want to check. */
static void note_learnt(const struct tt_examples *examples, const struct tt_examples *base,
                        const struct tt_encode_stats *stats)
{
    const struct tt_entities *entities = &examples->entities;
    const struct tt_schema *schema = &entities->dictionary.schema;
    size_t n[2] = {entities->users.n_rows - 1, entities->items.n_rows - 1};
    char earlier[64] = "";

    if (base && base->events.n)
        snprintf(earlier, sizeof(earlier), " after %zu earlier ones", base->events.n);
    if (base)
        cli_note("%llu events%s, %zu users (%zu new), %zu items (%zu new)", (unsigned long long)stats->events, earlier,
                 n[TT_USER], n[TT_USER] + 1 - base->entities.users.n_rows, n[TT_ITEM],
                 n[TT_ITEM] + 1 - base->entities.items.n_rows);
    else
        cli_note("%llu events, %zu users, %zu items", (unsigned long long)stats->events, n[TT_USER], n[TT_ITEM]);
    for (int s = TT_USER; s <= TT_ITEM; s++)
        if (stats->side_only[s])
            cli_note("%llu %s%ss without an event", (unsigned long long)stats->side_only[s], base ? "new " : "",
                     tt_side_name((enum tt_side)s));
    for (size_t i = 0; i < schema->n_columns; i++) {
        const struct tt_column *c = &schema->columns[i];
        if (stats->missing >> i & 1)
            cli_note("no column '%s': known values are used, new %ss have none", c->name, tt_side_name(c->side));
        if (stats->contradicted[i])
            cli_note("%s '%s' differs between the rows of %llu %ss: the most frequent value is taken",
                     tt_side_name(c->side), c->name, (unsigned long long)stats->contradicted[i], tt_side_name(c->side));
    }
}

/* -s SCHEMA: learn. */
static int encode_learning(const char *input, struct tt_writer *writer, struct tt_err *err)
{
    struct tt_schema schema;
    struct tt_examples examples = {0};
    struct tt_encode_stats stats = {0};
    struct tt_segment segment = {0};
    int status = -1;

    if (tt_schema_load(&schema, schema_path, err))
        return -1;
    if (tt_encode_stats_init(&stats, &schema, err) ||
        tt_encode_examples(&examples, &schema, input, users_path, items_path, (enum tt_csv_format)format, &stats, err))
        goto done;
    note_learnt(&examples, NULL, &stats);
    if (tt_examples_store(&examples, &segment, err) == 0)
        status = write_segment(&segment, NULL, &stats, writer, err);
done:
    tt_segment_release(&segment);
    tt_encode_stats_release(&stats);
    tt_schema_release(&schema);
    tt_examples_release(&examples);
    return status;
}

/* --extend FILE: learn on. */
static int encode_extending(const char *input, struct tt_writer *writer, struct tt_err *err)
{
    struct tt_examples base, examples = {0};
    struct tt_encode_stats stats = {0};
    struct tt_segment segment = {0};
    int status = -1;

    if (tt_examples_load_base(&base, extend_path, err))
        return -1;
    if (tt_encode_stats_init(&stats, &base.entities.dictionary.schema, err) ||
        tt_encode_extending(&examples, &base, input, users_path, items_path, (enum tt_csv_format)format, &stats, err))
        goto done;
    note_learnt(&examples, &base, &stats);
    if (tt_examples_store(&examples, &segment, err) == 0)
        status = write_segment(&segment, base.entities.segment.checksum, &stats, writer, err);
done:
    tt_segment_release(&segment);
    tt_encode_stats_release(&stats);
    tt_examples_release(&examples);
    tt_examples_release(&base);
    return status;
}

/* --like FILE: events by its dictionary. */
static int encode_events_like(const struct tt_entities *base, const char *input, struct tt_writer *writer,
                              struct tt_err *err)
{
    const struct tt_dictionary *d = &base->dictionary;
    const char *checksum = base->segment.checksum;
    struct tt_encode_stats stats = {0};
    struct tt_events events = {0};
    struct tt_segment segment = {0};
    int status = -1;

    if (tt_encode_stats_init(&stats, &d->schema, err) ||
        tt_encode_like(&events, d, input, (enum tt_csv_format)format, &stats, err))
        goto done;
    cli_note("%llu events", (unsigned long long)stats.events);
    note_unseen(d, stats.unseen);
    if (tt_events_store_like(&events, &d->schema, checksum, &segment, err) == 0)
        status = write_segment(&segment, checksum, &stats, writer, err);
done:
    tt_segment_release(&segment);
    tt_events_release(&events);
    tt_encode_stats_release(&stats);
    return status;
}

struct row_lineage {
    const struct tt_entities *base;
    struct tt_row_stats *stats;
};

static int add_row_lineage(struct tt_segment *segment, void *arg, struct tt_err *err)
{
    struct row_lineage *l = arg;

    return add_lineage(segment, l->base->segment.checksum, l->stats->inputs, err);
}

static void note_missing(const struct tt_schema *schema, uint64_t missing, const char *input, const char *side_file)
{
    for (size_t i = 0; i < schema->n_columns; i++)
        if (missing >> i & 1)
            cli_note("no column '%s' in %s%s%s: the model's values are used, new %ss have none",
                     schema->columns[i].name, input && !is_stdin(input) ? input : "<stdin>", side_file ? " or " : "",
                     side_file ? side_file : "", sides[side]);
}

static void note_rows(const struct tt_row_stats *stats, const char *side_file)
{
    static const char *const one[] = {"a user", "an item"};
    const char *places[] = {"", side_file ? side_file : ""};

    cli_note("%llu rows of %llu input rows%s", (unsigned long long)stats->rows, (unsigned long long)stats->read,
             stats->rows < stats->read ? ": repetitions are merged" : "");
    for (int i = 0; i < 2; i++)
        if (stats->other_attributes[i])
            cli_note("%s%s%llu rows repeat %s with other attributes: the first is taken", places[i], i ? ": " : "",
                     (unsigned long long)stats->other_attributes[i], one[side]);
    if (stats->unknown_ids && side == TT_USER)
        cli_note("%llu rows of unknown users, %llu of them with a history given",
                 (unsigned long long)stats->unknown_ids, (unsigned long long)stats->with_history);
    else if (stats->unknown_ids)
        cli_note("%llu rows of unknown items", (unsigned long long)stats->unknown_ids);
}

/* --like MODEL --side: rows. */
static int encode_rows(const struct tt_entities *base, const char *input, struct tt_writer *writer, struct tt_err *err)
{
    struct tt_row_stats stats = {0};
    struct row_lineage lineage = {base, &stats};
    struct tt_row_options row_options = {
        .side = (enum tt_side)side, .format = (enum tt_csv_format)format, .input = input,
        .attributes = side == TT_USER ? users_path : items_path, .history = history_path, .chunk = (size_t)stream};
    int status = -1;

    if (!tt_entities_are_model(base))
        return tt_err_set(err, TT_ERR_MISMATCH, "%s: rows are encoded like a model, not like examples", like_path);
    stats.unseen = calloc(base->dictionary.schema.n_columns, sizeof(*stats.unseen));
    if (!stats.unseen)
        return tt_err_memory(err, 0);
    if (tt_encode_rows(base, &row_options, writer, add_row_lineage, &lineage, &stats, err) == 0) {
        note_missing(&base->dictionary.schema, stats.missing, input, row_options.attributes);
        note_rows(&stats, row_options.attributes);
        note_unseen(&base->dictionary, stats.unseen);
        status = 0;
    }
    free(stats.unseen);
    return status;
}

static int encode(const char *input, struct tt_writer *writer, struct tt_err *err)
{
    struct tt_entities base;
    int status = -1;

    if (schema_path)
        return encode_learning(input, writer, err);
    if (extend_path)
        return encode_extending(input, writer, err);
    if (tt_entities_load(&base, like_path, err))
        return -1;
    if (tt_dictionary_index(&base.dictionary, &base.segment, like_path, err) == 0)
        status =
            side == TT_EVENT ? encode_events_like(&base, input, writer, err) : encode_rows(&base, input, writer, err);
    tt_entities_release(&base);
    return status;
}

/* --describe: a line a column. A line of the schema's canonical text is: side, name, kind, options. */
static int write_columns(const struct tt_schema *schema, struct tt_writer *writer, struct tt_err *err)
{
    const char *line = schema->text;

    if (tt_writer_text(writer, "side\tcolumn\tkind\toptions\n", err))
        return -1;
    for (size_t i = 0; i < schema->n_columns; i++) {
        const char *name = schema->columns[i].name, *side_name = tt_side_name(schema->columns[i].side);
        size_t len = strcspn(line, "\n"), quotes = line[strlen(side_name) + 1] == '"' ? 2 : 0;
        const char *kind = line + strlen(side_name) + 1 + strlen(name) + quotes + 1;
        size_t kind_len = strcspn(kind, " \n");
        const char *rest = kind[kind_len] == ' ' ? kind + kind_len + 1 : kind + kind_len;
        if (tt_writer_printf(writer, err, "%s\t", side_name) ||
            tt_tsv_field(writer, TT_CSV_TAB, name, strlen(name), err) || tt_writer_text(writer, "\t", err) ||
            tt_writer_write(writer, kind, kind_len, err) || tt_writer_text(writer, "\t", err) ||
            tt_writer_write(writer, rest, (size_t)(line + len - rest), err) || tt_writer_text(writer, "\n", err))
            return -1;
        line += len + 1;
    }
    return 0;
}

static int describe_schema(struct tt_err *err)
{
    struct tt_writer writer;
    struct tt_schema schema;

    if (tt_schema_load(&schema, schema_path, err))
        return -1;
    int status = cli_open_output(&writer, 0, err);
    if (status == 0)
        status = cli_close_output(&writer, write_columns(&schema, &writer, err), err);
    tt_schema_release(&schema);
    return status;
}

int main(int argc, char **argv)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_writer writer;

    cli_start(&program, argc, argv);
    check_usage();
    if (describe)
        return cli_finish(describe_schema(&err), &err);
    int status = cli_open_output(&writer, 1, &err);
    if (status == 0)
        status = cli_close_output(&writer, encode(cli_n_operands ? cli_operands[0] : NULL, &writer, &err), &err);
    return cli_finish(status, &err);
}
