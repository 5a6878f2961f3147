/* tt-index: vectors in, an index out. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cli.h"
#include "table/vocab.h"
#include "index/faiss_file.h"
#include "index/index_file.h"
#include "io/container.h"
#include "io/csv_reader.h"
#include "io/tsv_writer.h"
#include "io/vectors_file.h"

enum { TT, FAISS };

static const char *types[TT_ANN_MAX_TYPES + 1]; /* names of tt_ann_types */
static const char *const formats[] = {"tt", "faiss", NULL};
static int type, format, from;
static const char *ids_path;

static struct cli_option options[] = {
    {0, "type", CLI_CHOICE, &type, .metavar = "TYPE", .choices = types, .help = "type of index: flat searches exactly"},
    {0, "from", CLI_CHOICE, &from, .metavar = "FORMAT", .choices = formats,
     .help = "format of the input: tt (vectors) or faiss"},
    {0, "format", CLI_CHOICE, &format, .metavar = "FORMAT", .choices = formats,
     .help = "format of the output: tt or faiss"},
    {0, "ids", CLI_TEXT, &ids_path, .metavar = "FILE", .no_lineage = 1,
     .help = "TSV of the ids of a faiss file: read with --from, written with --format"},
    CLI_OUTPUT,
    CLI_QUIET,
    CLI_VERBOSE,
};

static const struct cli_program program = {
    .name = "tt-index",
    .purpose = "Read vectors, write an index that tt-query searches.",
    .usage = "[OPTION]... [VECTORS]",
    .options = options,
    .n_options = sizeof(options) / sizeof(*options),
    .max_operands = 1,
    .example = "tt-index stores.vec > stores.tt",
};

/* All rows of the input, and what its parts agree on. */
struct collected {
    struct tt_index index; /* ids owned; vectors = data */
    float *data;
    size_t cap;
    char *item, *model;
    char inputs[2 * TT_FINGERPRINT_HEX + 2]; /* fingerprints, one or two */
};

static void collected_release(struct collected *all)
{
    tt_text_list_release(&all->index.ids);
    free(all->data);
    free(all->item);
    free(all->model);
}

/* ---- vectors of tt ---- */

/* The first segment says what the others must be like. */
static int start_or_compare(struct collected *all, const struct tt_vectors *v, const char *name, struct tt_err *err)
{
    if (all->item) {
        if (v->dim != all->index.dim || strcmp(v->key_names[0], all->item) != 0)
            return tt_err_set(err, TT_ERR_INPUT,
                              "%s: a segment of %zu-dimensional vectors by '%s' follows %zu-dimensional ones by '%s'",
                              name, v->dim, v->key_names[0], all->index.dim, all->item);
        if (strcmp(v->model, all->model) != 0)
            return tt_err_set(err, TT_ERR_MISMATCH, "%s: segments were made by different models", name);
        return 0;
    }
    if (strcmp(v->side, "user") == 0)
        cli_note("%s: these are vectors of the user side", name);
    if (v->n_keys > 1)
        cli_note("%s: of %zu key columns only the first, '%s', is kept", name, v->n_keys, v->key_names[0]);
    if (v->dim == 0 || v->key_names[0][0] == '\0')
        return tt_err_set(err, TT_ERR_INPUT, "%s: vectors without a dimension, or keys without a name", name);
    all->index.dim = v->dim;
    all->item = tt_copy_text(v->key_names[0], strlen(v->key_names[0]), err);
    all->model = tt_copy_text(v->model, strlen(v->model), err);
    return all->item && all->model ? 0 : -1;
}

static int add_rows(struct collected *all, const struct tt_vectors *v, struct tt_err *err)
{
    size_t have = all->index.n * v->dim, more = v->n * v->dim;

    if (tt_grow(&all->data, &all->cap, have + more + 1, sizeof(float), err))
        return -1;
    if (more)
        memcpy(all->data + have, v->data, more * sizeof(float));
    for (size_t i = 0; i < v->n; i++) {
        size_t len;
        const char *id = tt_text_list_get(&v->keys[0], i, &len);
        if (tt_text_list_add(&all->index.ids, id, len, err))
            return -1;
    }
    all->index.n += v->n;
    return 0;
}

static int read_vectors(struct collected *all, const char *path, struct tt_err *err)
{
    struct tt_container container;
    struct tt_segment segment;
    struct tt_vectors v;
    int more = 0;

    if (tt_container_open(&container, path, err))
        return -1;
    while ((more = tt_container_next(&container, "vectors", &segment, err)) == 1) {
        int bad = tt_vectors_view(&v, &segment, err) || start_or_compare(all, &v, segment.name, err) ||
                  add_rows(all, &v, err);
        tt_checksum_chain(all->inputs, segment.checksum);
        tt_segment_release(&segment);
        if (bad) {
            more = -1;
            break;
        }
    }
    tt_container_close(&container);
    return more;
}

/* ---- files of FAISS ---- */

/* The one column of a TSV: its name is the item column's, its rows are the ids. Adds its fingerprint to the inputs. */
static int read_ids(struct collected *all, struct tt_err *err)
{
    struct tt_csv csv = {0};
    char hex[TT_FINGERPRINT_HEX + 1];
    int more = -1;

    if (tt_csv_open(&csv, ids_path, TT_CSV_TAB, err))
        return -1;
    if (csv.n_columns != 1) {
        tt_err_set(err, TT_ERR_INPUT, "%s:1: expected 1 column of ids, found %zu", csv.reader.name, csv.n_columns);
        goto done;
    }
    tt_csv_use_all(&csv);
    while ((more = tt_csv_next(&csv, err)) == 1)
        if (tt_text_list_add(&all->index.ids, csv.fields[0].text, csv.fields[0].len, err)) {
            more = -1;
            goto done;
        }
    if (more)
        goto done;
    if (all->index.ids.n != all->index.n) {
        more = tt_err_set(err, TT_ERR_MISMATCH, "%s: %zu ids for %zu vectors", csv.reader.name, all->index.ids.n,
                          all->index.n);
        goto done;
    }
    tt_hasher_digest(csv.reader.hasher, hex);
    all->inputs[TT_FINGERPRINT_HEX] = ' ';
    memcpy(all->inputs + TT_FINGERPRINT_HEX + 1, hex, sizeof(hex));
    all->item = tt_copy_text(csv.names[0], strlen(csv.names[0]), err);
    all->model = tt_copy_text("", 0, err);
    more = all->item && all->model ? 0 : -1;
done:
    tt_csv_close(&csv);
    return more;
}

static int read_faiss(struct collected *all, const char *path, struct tt_err *err)
{
    struct tt_reader reader;
    struct tt_faiss faiss;
    int status = -1;

    if (tt_reader_open(&reader, path, err))
        return -1;
    if (tt_reader_keep_fingerprint(&reader, err) || tt_faiss_read(&faiss, &reader, err))
        goto done;
    tt_hasher_digest(reader.hasher, all->inputs);
    all->data = faiss.vectors;
    all->index.n = faiss.n;
    all->index.dim = faiss.dim;
    status = read_ids(all, err);
done:
    tt_reader_close(&reader);
    return status;
}

static int write_ids(const struct tt_index *index, struct tt_err *err)
{
    struct tt_writer writer;
    int status = -1;

    if (tt_writer_open(&writer, ids_path, cli_watch_temporary, err))
        return -1;
    if (tt_tsv_field(&writer, TT_CSV_TAB, index->item, strlen(index->item), err) || tt_writer_text(&writer, "\n", err))
        goto fail;
    for (size_t i = 0; i < index->n; i++) {
        size_t len;
        const char *id = tt_text_list_get(&index->ids, i, &len);
        if (len == 0) {
            tt_err_set(err, TT_ERR_INPUT, "%s: the id of row %zu is empty, which a list of ids cannot show",
                       writer.name, i + 1);
            goto fail;
        }
        if (tt_tsv_field(&writer, TT_CSV_TAB, id, len, err) || tt_writer_text(&writer, "\n", err))
            goto fail;
    }
    status = 0;
fail:
    if (status)
        tt_writer_discard(&writer, cli_watch_temporary);
    else
        status = tt_writer_finish(&writer, cli_watch_temporary, err);
    return status;
}

/* ---- the whole ---- */

/* Two rows of one id would make lists with an item twice. */
static int check_ids(struct tt_index *index, const char *place, struct tt_err *err)
{
    struct tt_vocab vocab;
    struct tt_text_list view = {.n = index->ids.n, .offsets = index->ids.offsets, .bytes = index->ids.bytes};

    if (tt_vocab_from_list(&vocab, &view, place, err))
        return -1;
    tt_vocab_release(&vocab);
    return 0;
}

static int write_segment(const struct collected *all, const struct tt_ann *ann, struct tt_writer *writer,
                         struct tt_err *err)
{
    struct tt_segment segment;
    struct tt_vocab_slot *slots = NULL;
    int status;

    if (tt_index_store(&all->index, ann, &segment, err))
        return -1;
    status = tt_vocab_store_slots(&all->index.ids, "ids", &slots, &segment, err) || cli_add_lineage(&segment, err) ||
             tt_segment_text(&segment, "inputs", all->inputs, err) || tt_segment_write(&segment, writer, 0, 1, err);
    tt_segment_release(&segment);
    free(slots);
    return status ? -1 : 0;
}

static int write_index(const struct collected *all, struct tt_writer *writer, struct tt_err *err)
{
    const struct tt_index *index = &all->index;
    struct tt_pool *pool = tt_pool_new(1, err);
    struct tt_ann *ann = pool ? index->type->build(index->vectors, index->n, index->dim, pool, err) : NULL;
    int status = ann ? write_segment(all, ann, writer, err) : -1;

    tt_ann_free(ann);
    tt_pool_free(pool);
    return status;
}

static int write_faiss(const struct collected *all, struct tt_writer *writer, struct tt_err *err)
{
    return tt_faiss_write(writer, all->data, all->index.n, all->index.dim, err) || write_ids(&all->index, err) ? -1 : 0;
}

static int run(const char *path, struct tt_err *err)
{
    const char *place = from == FAISS ? ids_path : path ? path : "<stdin>"; /* of the ids, for messages */
    struct collected all = {.index = {.type = tt_ann_types[type]}};
    struct tt_writer writer = {0};
    int status = -1;

    if (cli_open_output(&writer, 1, err))
        return -1;
    if (tt_text_list_init(&all.index.ids, err) || (from == FAISS ? read_faiss : read_vectors)(&all, path, err))
        goto done;
    all.index.vectors = all.data;
    all.index.item = all.item;
    all.index.model = all.model;
    if (check_ids(&all.index, place, err) || (format == FAISS ? write_faiss : write_index)(&all, &writer, err))
        goto done;
    status = 0;
    if (cli_verbose)
        cli_note("%zu vectors of %zu dimensions by '%s'", all.index.n, all.index.dim, all.item);
done:
    if (status)
        tt_writer_discard(&writer, cli_watch_temporary);
    else
        status = tt_writer_finish(&writer, cli_watch_temporary, err);
    collected_release(&all);
    return status;
}

int main(int argc, char **argv)
{
    struct tt_err err = TT_ERR_INIT;

    for (size_t i = 0; tt_ann_types[i]; i++)
        types[i] = tt_ann_types[i]->name;
    cli_start(&program, argc, argv);
    if (from == FAISS && format == FAISS)
        cli_usage_error("--from faiss and --format faiss cannot be used together");
    if (ids_path && from == TT && format == TT)
        cli_usage_error("--ids is for --from faiss or --format faiss");
    if (!ids_path && (from == FAISS || format == FAISS))
        cli_usage_error("--%s faiss needs --ids FILE", from == FAISS ? "from" : "format");
    if (ids_path && strcmp(ids_path, "-") == 0 && (from == TT || cli_n_operands == 0 || !strcmp(cli_operands[0], "-")))
        cli_usage_error("--ids: standard %s is taken", from == FAISS ? "input" : "output");
    if (format == FAISS)
        cli_check_different((struct cli_file[]){{"output", cli_output ? cli_output : "-"}, {"ids", ids_path}}, 2);
    return cli_finish(run(cli_n_operands ? cli_operands[0] : NULL, &err), &err);
}
