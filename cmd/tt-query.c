/* tt-query: an index and query vectors in, ranked lists out. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cli.h"
#include "table/seen_items.h"
#include "index/index_file.h"
#include "io/tsv_writer.h"
#include "io/vectors_file.h"

enum {
    STEP = 96,         /* queries at a time are a multiple of what exact search takes as one block */
    MAX_STEPS = 64,
    RESULTS = 1 << 22, /* rows of results held at a time, where one step does not need more */
};

static uint64_t k = 10;
static struct cli_list seen_files;

static struct cli_option options[] = {
    {'k', "top", CLI_COUNT, &k, .min = 1, .max = 1e6, .metavar = "K", .help = "items to list for each query"},
    {0, "seen", CLI_LIST, &seen_files, .metavar = "FILE",
     .help = "leave out the items that a user has in this CSV or TSV"},
    CLI_OUTPUT,
    CLI_JOBS,
    CLI_QUIET,
    CLI_VERBOSE,
};

static const struct cli_program program = {
    .name = "tt-query",
    .purpose = "Read query vectors, write the best items of an index for each, as TSV.",
    .usage = "[OPTION]... INDEX [VECTORS]",
    .options = options,
    .n_options = sizeof(options) / sizeof(*options),
    .min_operands = 1,
    .max_operands = 2,
    .example = "tt-query -k 10 stores.tt users.vec > recs.tsv",
};

/* ---- what each query has seen ---- */

/* Rows of the index that are not to be listed, by the text of a query's first key. Items that the index does not have
 * are counted. */
static int read_seen(struct tt_seen_items *seen, const char *key_name, const struct tt_index *index,
                     const struct tt_vocab *items, struct tt_err *err)
{
    struct tt_seen_counts counts;

    if (tt_seen_items_init(seen, err))
        return -1;
    for (size_t i = 0; i < seen_files.n; i++) {
        if (tt_seen_items_read(seen, seen_files.items[i], key_name, index->item, items, &counts, err))
            return -1;
        if (counts.unknown)
            cli_note("%s: %zu of %zu rows name items that the index does not have",
                     strcmp(seen_files.items[i], "-") == 0 ? "<stdin>" : seen_files.items[i], counts.unknown,
                     counts.rows);
    }
    return tt_seen_items_finish(seen, err);
}

/* ---- one run ---- */

struct run {
    struct tt_segment segment; /* the index's */
    struct tt_index index;
    struct tt_vocab items;     /* only where ids are looked up: --seen, and items as queries */
    struct tt_ann *ann;
    struct tt_pool *pool;
    struct tt_writer writer;
    struct tt_seen_items seen;
    int is_similar;            /* the queries' key column is the index's item column */
    char *model, *names;       /* of the first segment: its model and key columns, which the others must have too */
    size_t queries, few;       /* for the last note: how many, and how many of them found fewer than k */
    struct tt_ann_result found;
    struct tt_ann_filter *filters;
    uint32_t *own;             /* row of each query in the index, for is_similar */
    size_t step;               /* queries at a time */
};

static void run_release(struct run *run)
{
    tt_ann_free(run->ann);
    tt_vocab_release(&run->items);
    tt_segment_release(&run->segment);
    tt_pool_free(run->pool);
    tt_seen_items_release(&run->seen);
    free(run->model);
    free(run->names);
    free(run->found.rows);
    free(run->found.scores);
    free(run->found.found);
    free(run->filters);
    free(run->own);
}

static int load_index(struct run *run, const char *path, struct tt_err *err)
{
    if (tt_container_load(path, "index", &run->segment, err) || tt_index_view(&run->index, &run->segment, err))
        return -1;
    run->pool = cli_pool(err);
    if (!run->pool)
        return -1;
    run->ann = tt_index_open(&run->index, &run->segment, run->pool, err);
    return run->ann ? 0 : -1;
}

/* Room for the results of `step` queries: many, unless k is large. */
static int make_room(struct run *run, struct tt_err *err)
{
    size_t steps = RESULTS / (k * STEP);

    run->step = STEP * (steps < 1 ? 1 : steps > MAX_STEPS ? MAX_STEPS : steps);
    run->found.rows = tt_alloc(run->step * k, sizeof(*run->found.rows), err);
    run->found.scores = tt_alloc(run->step * k, sizeof(*run->found.scores), err);
    run->found.found = tt_alloc(run->step, sizeof(*run->found.found), err);
    run->filters = tt_alloc_zero(run->step, sizeof(*run->filters), err);
    run->own = tt_alloc(run->step, sizeof(*run->own), err);
    return run->found.rows && run->found.scores && run->found.found && run->filters && run->own ? 0 : -1;
}

/* Index and queries must come from one model, where both say which. */
static int check_model(const struct run *run, const struct tt_vectors *v, const char *name, struct tt_err *err)
{
    const char *a = v->model, *b = run->index.model;

    if (v->dim != run->index.dim)
        return tt_err_set(err, TT_ERR_MISMATCH, "%s: vectors of %zu dimensions, but %s has %zu", name, v->dim,
                          run->segment.name, run->index.dim);
    if (a[0] && b[0] && strcmp(a, b) != 0)
        return tt_err_set(err, TT_ERR_MISMATCH, "%s: vectors were made by another model (%.8s...) than those of %s "
                          "(%.8s...)", name, a, run->segment.name, b);
    if (!a[0] != !b[0])
        cli_note("%s does not say which model made its vectors, so it is not checked that they belong together",
                 a[0] ? run->segment.name : name);
    return 0;
}

static int join_names(const struct tt_vectors *v, struct tt_buf *names, struct tt_err *err)
{
    for (size_t i = 0; i < v->n_keys; i++)
        if (tt_buf_printf(names, err, "%s%s", i ? "\t" : "", v->key_names[i]))
            return -1;
    return 0;
}

/* The header line, and what the key columns mean. */
static int write_header(struct run *run, const struct tt_vectors *v, const char *name, struct tt_err *err)
{
    int taken = 0;

    for (size_t i = 0; i < v->n_keys; i++) {
        if (strcmp(v->key_names[i], "rank") == 0 || strcmp(v->key_names[i], "score") == 0 || v->key_names[i][0] == '\0')
            return tt_err_set(err, TT_ERR_INPUT, "%s: a key column cannot have the name '%s'", name, v->key_names[i]);
        taken |= strcmp(v->key_names[i], run->index.item) == 0;
        if (tt_tsv_field(&run->writer, TT_CSV_TAB, v->key_names[i], strlen(v->key_names[i]), err) ||
            tt_writer_text(&run->writer, "\t", err))
            return -1;
    }
    run->is_similar = strcmp(v->key_names[0], run->index.item) == 0;
    if (tt_writer_text(&run->writer, "rank\t", err) || (taken && tt_writer_text(&run->writer, "similar_", err)) ||
        tt_tsv_field(&run->writer, TT_CSV_TAB, run->index.item, strlen(run->index.item), err))
        return -1;
    return tt_writer_text(&run->writer, "\tscore\n", err);
}

/* The first segment decides the header and how queries are filtered. */
static int start(struct run *run, const struct tt_vectors *v, const char *name, struct tt_err *err)
{
    struct tt_buf names = TT_BUF_INIT;
    struct tt_text_list view = {.n = run->index.n, .offsets = run->index.ids.offsets, .bytes = run->index.ids.bytes};

    if (check_model(run, v, name, err) || join_names(v, &names, err)) {
        tt_buf_release(&names);
        return -1;
    }
    run->names = names.data;
    run->model = tt_copy_text(v->model, strlen(v->model), err);
    if (!run->model || write_header(run, v, name, err) || make_room(run, err))
        return -1;
    if (run->is_similar && seen_files.n)
        return tt_err_set(err, TT_ERR_USAGE,
                          "--seen cannot be used here: the queries' key and the index's items are one column, '%s'",
                          run->index.item);
    if ((run->is_similar || seen_files.n) &&
        tt_vocab_from_segment(&run->items, &view, "ids", &run->segment, run->segment.name, err))
        return -1;
    return seen_files.n ? read_seen(&run->seen, v->key_names[0], &run->index, &run->items, err) : 0;
}

static int check_same(const struct run *run, const struct tt_vectors *v, const char *name, struct tt_err *err)
{
    struct tt_buf names = TT_BUF_INIT;
    int status = 0;

    if (join_names(v, &names, err))
        status = -1;
    else if (strcmp(names.data, run->names) != 0 || v->dim != run->index.dim || strcmp(v->model, run->model) != 0)
        status = tt_err_set(err, TT_ERR_INPUT, "%s: a segment's keys, dimensions or model differ from the first one's",
                            name);
    tt_buf_release(&names);
    return status;
}

/* Filters of queries first ... first + n - 1; whether there are any. */
static int set_filters(struct run *run, const struct tt_vectors *v, size_t first, size_t n)
{
    if (!run->is_similar && !seen_files.n)
        return 0;
    for (size_t i = 0; i < n; i++) {
        size_t len;
        const char *key = tt_text_list_get(&v->keys[0], first + i, &len);
        struct tt_ann_filter *filter = &run->filters[i];
        *filter = (struct tt_ann_filter){0};
        if (run->is_similar) {
            run->own[i] = tt_vocab_find(&run->items, key, len);
            *filter = (struct tt_ann_filter){.excluded = &run->own[i], .n_excluded = run->own[i] != TT_VOCAB_NONE};
        } else {
            filter->excluded = tt_seen_items_of(&run->seen, key, len, &filter->n_excluded);
        }
    }
    return 1;
}

/* The rows of query i, which is number `place` of this step. */
static int write_query(struct run *run, const struct tt_vectors *v, size_t i, size_t place, struct tt_err *err)
{
    struct tt_writer *w = &run->writer;
    char rank[32];
    size_t len;

    for (size_t r = 0; r < run->found.found[place]; r++) {
        for (size_t c = 0; c < v->n_keys; c++) {
            const char *key = tt_text_list_get(&v->keys[c], i, &len);
            if (tt_tsv_field(w, TT_CSV_TAB, key, len, err) || tt_writer_write(w, "\t", 1, err))
                return -1;
        }
        int digits = snprintf(rank, sizeof(rank), "%zu\t", r + 1);
        const char *id = tt_text_list_get(&run->index.ids, run->found.rows[place * k + r], &len);
        if (tt_writer_write(w, rank, (size_t)digits, err) || tt_tsv_field(w, TT_CSV_TAB, id, len, err) ||
            tt_writer_write(w, "\t", 1, err) || tt_tsv_number(w, (double)run->found.scores[place * k + r], err) ||
            tt_writer_write(w, "\n", 1, err))
            return -1;
    }
    run->few += run->found.found[place] < k;
    return 0;
}

static int answer(struct run *run, const struct tt_vectors *v, struct tt_err *err)
{
    for (size_t first = 0; first < v->n; first += run->step) {
        size_t n = v->n - first < run->step ? v->n - first : run->step;
        struct tt_ann_request request = {.n = n, .queries = v->data + first * v->dim, .k = k};
        if (set_filters(run, v, first, n))
            request.filters = run->filters;
        if (tt_ann_search(run->ann, &request, &run->found, run->pool, err))
            return -1;
        for (size_t i = 0; i < n; i++)
            if (write_query(run, v, first + i, i, err))
                return -1;
    }
    run->queries += v->n;
    return tt_writer_flush(&run->writer, err); /* a reader may wait for this segment's answers */
}

static int check_kind(const struct tt_segment *segment, struct tt_err *err)
{
    const char *kind = segment->texts[0].value;

    if (strcmp(kind, "vectors") == 0 || strcmp(kind, "index") == 0)
        return 0;
    return tt_err_set(err, TT_ERR_MISMATCH, "%s: holds '%s', expected 'vectors'", segment->name, kind);
}

/* Vectors, or an index: each of its items is a query for similar items. */
static int view_queries(struct tt_vectors *v, const struct tt_segment *segment, struct tt_err *err)
{
    struct tt_index index;

    if (strcmp(segment->texts[0].value, "index") != 0)
        return tt_vectors_view(v, segment, err);
    if (tt_index_view(&index, segment, err))
        return -1;
    *v = (struct tt_vectors){.n = index.n, .dim = index.dim, .data = index.vectors, .n_keys = 1,
                             .key_names = {index.item}, .keys = {index.ids}, .side = "item", .model = index.model};
    return 0;
}

static int answer_all(struct run *run, const char *path, struct tt_err *err)
{
    struct tt_container container;
    struct tt_segment segment;
    struct tt_vectors v;
    int more;

    if (tt_container_open(&container, path, err))
        return -1;
    while ((more = tt_container_next(&container, NULL, &segment, err)) == 1) {
        int bad = check_kind(&segment, err) || view_queries(&v, &segment, err);
        if (!bad)
            bad = run->names ? check_same(run, &v, segment.name, err) : start(run, &v, segment.name, err);
        bad = bad || answer(run, &v, err);
        tt_segment_release(&segment);
        if (bad) {
            more = -1;
            break;
        }
    }
    tt_container_close(&container);
    return more;
}

static void last_note(const struct run *run)
{
    const char *why = run->index.n < k ? "the index has fewer" : run->is_similar ? "an item is not in its own list"
                                       : seen_files.n            ? "the items seen leave fewer"
                                                                 : "the others' scores overflow";

    if (run->few)
        cli_note("%zu queries; %zu of them found fewer than %llu items: %s", run->queries, run->few,
                 (unsigned long long)k, why);
    else
        cli_note("%zu queries", run->queries);
}

int main(int argc, char **argv)
{
    struct tt_err err = TT_ERR_INIT;
    struct run run = {0};
    const char *vectors;
    int status = -1;

    cli_start(&program, argc, argv);
    vectors = cli_n_operands > 1 ? cli_operands[1] : NULL;
    if (strcmp(cli_operands[0], "-") == 0 && (!vectors || strcmp(vectors, "-") == 0))
        cli_usage_error("index and query vectors cannot both be standard input");
    if (load_index(&run, cli_operands[0], &err) || cli_open_output(&run.writer, 0, &err))
        goto done;
    status = answer_all(&run, vectors, &err);
    if (status == 0)
        last_note(&run);
done:
    status = cli_close_output(&run.writer, status, &err);
    run_release(&run);
    return cli_finish(status, &err);
}
