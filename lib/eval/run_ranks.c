/* The ranks of test events in several runs: see run_ranks.h. */
#include "eval/run_ranks.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/number.h"

static const char slice_prefix[] = "slice:";

/* A file that is being read. */
struct file {
    size_t rank;             /* its column; the item's is before it, and the keys' before that */
    struct tt_vocab queries; /* texts of all key fields, by first appearance */
    struct tt_buf key;
    uint32_t *ranks;         /* (n_events); 0: not in the list */
    size_t cap_ranks;
};

/* ---- columns ---- */

static const char *slice_name(const struct tt_csv *csv, size_t column)
{
    size_t len = sizeof(slice_prefix) - 1;

    return strncmp(csv->names[column], slice_prefix, len) == 0 ? csv->names[column] + len : NULL;
}

/* The first file's names are those that others are compared with. */
static int set_names(struct tt_run_ranks *r, const struct tt_csv *csv, size_t rank, struct tt_err *err)
{
    r->slices = tt_alloc_zero(csv->n_columns - rank, sizeof(*r->slices), err);
    r->user = tt_copy_text(csv->names[0], strlen(csv->names[0]), err);
    r->item = tt_copy_text(csv->names[rank - 1], strlen(csv->names[rank - 1]), err);
    if (!r->slices || !r->user || !r->item || tt_vocab_init(&r->users, err) ||
        tt_vocab_init(&r->items, err))
        return -1;
    for (size_t c = rank + 1; c < csv->n_columns; c++) {
        const char *name = slice_name(csv, c);
        struct tt_run_slice *slice = &r->slices[r->n_slices++];
        if (tt_vocab_init(&slice->parts, err) || !(slice->name = tt_copy_text(name, strlen(name), err)))
            return -1;
    }
    return 0;
}

static int check_names(const struct tt_run_ranks *r, const struct tt_csv *csv, size_t rank, struct tt_err *err)
{
    int is_same = csv->n_columns == rank + 1 + r->n_slices && strcmp(csv->names[0], r->user) == 0 &&
                  strcmp(csv->names[rank - 1], r->item) == 0;

    for (size_t s = 0; is_same && s < r->n_slices; s++)
        is_same = strcmp(slice_name(csv, rank + 1 + s), r->slices[s].name) == 0;
    return is_same ? 0 : tt_err_set(err, TT_ERR_MISMATCH, "%s:1: not the user, item and slices of '%s'",
                                    csv->reader.name, r->files[0]);
}

static int find_columns(struct tt_run_ranks *r, struct tt_csv *csv, struct file *file, struct tt_err *err)
{
    long rank = tt_csv_need_column(csv, "rank", err);

    if (rank < 0)
        return -1;
    if (rank < 2)
        return tt_err_set(err, TT_ERR_INPUT, "%s:1: no key column and item before 'rank'", csv->reader.name);
    if ((size_t)rank + 1 == csv->n_columns)
        return tt_err_set(err, TT_ERR_INPUT, "%s:1: no slice after 'rank'", csv->reader.name);
    file->rank = (size_t)rank;
    for (size_t c = 0; c < csv->n_columns; c++) {
        if (c > file->rank && !slice_name(csv, c))
            return tt_err_set(err, TT_ERR_INPUT, "%s:1: the column '%s' after 'rank' is not called slice:NAME",
                              csv->reader.name, csv->names[c]);
        tt_csv_use(csv, c);
    }
    return r->n_runs ? check_names(r, csv, file->rank, err) : set_names(r, csv, file->rank, err);
}

/* ---- rows ---- */

static uint64_t hash_of(const struct tt_csv *csv, const struct file *file)
{
    uint64_t hash = tt_hash64(csv->fields[0].text, csv->fields[0].len, 1);

    for (size_t c = file->rank - 1; c < csv->n_columns; c++)
        if (c != file->rank)
            hash = tt_hash64(csv->fields[c].text, csv->fields[c].len, hash + 1);
    return hash;
}

/* An event of the first file. */
static int set_event(struct tt_run_ranks *r, const struct tt_csv *csv, const struct file *file, uint64_t hash,
                     struct tt_err *err)
{
    if (r->n_events == UINT32_MAX)
        return tt_err_set(err, TT_ERR_INPUT, "%s: more than %lu events", csv->reader.name, (unsigned long)UINT32_MAX);
    if (tt_grow(&r->rows, &r->cap_rows, r->n_events + 1, sizeof(*r->rows), err))
        return -1;
    for (size_t s = 0; s < r->n_slices; s++) {
        struct tt_run_slice *slice = &r->slices[s];
        const struct tt_csv_field *part = &csv->fields[file->rank + 1 + s];
        if (tt_grow(&slice->part_of, &slice->cap_events, r->n_events + 1, sizeof(*slice->part_of), err) ||
            tt_vocab_add(&slice->parts, part->text, part->len, &slice->part_of[r->n_events], err))
            return -1;
    }
    r->rows[r->n_events++] = hash;
    return 0;
}

static int read_rank(const struct tt_csv *csv, struct file *file, size_t event, struct tt_err *err)
{
    const struct tt_csv_field *field = &csv->fields[file->rank];
    uint64_t rank = 0;

    if (tt_grow(&file->ranks, &file->cap_ranks, event + 1, sizeof(*file->ranks), err))
        return -1;
    if ((field->len != 1 || *field->text != '-') &&
        (tt_parse_u64(field->text, field->len, &rank) || rank < 1 || rank > UINT32_MAX))
        return tt_csv_field_error(csv, file->rank, "is neither a rank nor '-'", err);
    file->ranks[event] = (uint32_t)rank;
    return 0;
}

/* The number of the present row's query. */
static int number_of_query(struct file *file, const struct tt_csv *csv, uint32_t *query, struct tt_err *err)
{
    file->key.len = 0;
    for (size_t c = 0; c + 1 < file->rank; c++) /* joined by NUL bytes, which no field holds */
        if ((c && tt_buf_add(&file->key, "", 1, err)) ||
            tt_buf_add(&file->key, csv->fields[c].text, csv->fields[c].len, err))
            return -1;
    return tt_vocab_add(&file->queries, file->key.data, file->key.len, query, err);
}

static int read_event(struct tt_run_ranks *r, const struct tt_csv *csv, struct file *file, struct tt_ranks *run,
                      struct tt_err *err)
{
    const struct tt_csv_field *user_field = &csv->fields[0], *item_field = &csv->fields[file->rank - 1];
    uint64_t hash = hash_of(csv, file);
    uint32_t query, user, item;

    if (r->n_runs == 0 && set_event(r, csv, file, hash, err))
        return -1;
    if (run->n_events >= r->n_events || r->rows[run->n_events] != hash)
        return tt_err_set(err, TT_ERR_MISMATCH, "%s:%llu: not the event that '%s' has at this place, with its parts: "
                          "runs are compared over the same test events", csv->reader.name,
                          (unsigned long long)csv->line, r->files[0]);
    if (read_rank(csv, file, run->n_events, err) || number_of_query(file, csv, &query, err) ||
        tt_vocab_add(&r->users, user_field->text, user_field->len, &user, err) ||
        tt_vocab_add(&r->items, item_field->text, item_field->len, &item, err))
        return -1;
    return tt_ranks_add(run, query, user, item, err);
}

static int by_rank(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* Do two targets of a query have one rank? ranks (n_events) is overwritten. */
static int has_rank_twice(const struct tt_ranks *run, size_t query, uint32_t *ranks)
{
    size_t n = 0;

    for (size_t t = run->starts[query]; t < run->starts[query + 1]; t++)
        if (run->targets[t].rank)
            ranks[n++] = run->targets[t].rank;
    qsort(ranks, n, sizeof(*ranks), by_rank);
    for (size_t i = 1; i < n; i++)
        if (ranks[i] == ranks[i - 1])
            return 1;
    return 0;
}

/* The events' ranks to their targets. An item has one rank in a list, and a rank one item. */
static int set_ranks(const struct tt_csv *csv, struct file *file, struct tt_ranks *run, struct tt_err *err)
{
    for (size_t e = 0; e < run->n_events; e++)
        run->targets[run->events[e].target].rank = file->ranks[e];
    for (size_t e = 0; e < run->n_events; e++)
        if (run->targets[run->events[e].target].rank != file->ranks[e])
            return tt_err_set(err, TT_ERR_INPUT, "%s: an item has two ranks in one list", csv->reader.name);
    for (size_t q = 0; q < run->n_queries; q++)
        if (has_rank_twice(run, q, file->ranks))
            return tt_err_set(err, TT_ERR_INPUT, "%s: two items have one rank in one list", csv->reader.name);
    return 0;
}

static int read_events(struct tt_run_ranks *r, struct tt_csv *csv, struct file *file, struct tt_ranks *run,
                       struct tt_err *err)
{
    int more;

    while ((more = tt_csv_next(csv, err)) == 1)
        if (read_event(r, csv, file, run, err))
            return -1;
    if (more < 0)
        return -1;
    if (run->n_events == 0)
        return tt_err_set(err, TT_ERR_INPUT, "%s: no rows", csv->reader.name);
    if (run->n_events < r->n_events)
        return tt_err_set(err, TT_ERR_MISMATCH, "%s: %zu events, where '%s' has %zu: runs are compared over the same "
                          "test events", csv->reader.name, run->n_events, r->files[0], r->n_events);
    return tt_ranks_group(run, err) || set_ranks(csv, file, run, err) ? -1 : 0;
}

int tt_run_ranks_add(struct tt_run_ranks *r, struct tt_csv *csv, struct tt_err *err)
{
    struct file file = {.key = TT_BUF_INIT};
    struct tt_ranks run = {0};
    char *name = NULL;
    int status = -1;

    if (tt_vocab_init(&file.queries, err) || tt_grow(&r->runs, &r->cap_runs, r->n_runs + 1, sizeof(*r->runs), err) ||
        tt_grow(&r->files, &r->cap_files, r->n_runs + 1, sizeof(*r->files), err) ||
        !(name = tt_copy_text(csv->reader.name, strlen(csv->reader.name), err)))
        goto done;
    r->files[r->n_runs] = name;
    if (find_columns(r, csv, &file, err) == 0)
        status = read_events(r, csv, &file, &run, err);
done:
    tt_vocab_release(&file.queries);
    tt_buf_release(&file.key);
    free(file.ranks);
    if (status) {
        tt_ranks_release(&run);
        free(name);
    } else {
        r->runs[r->n_runs++] = run;
    }
    return status;
}

size_t tt_run_ranks_part(const struct tt_run_ranks *r, size_t slice, size_t part, uint32_t *events)
{
    size_t n = 0;

    for (size_t e = 0; e < r->n_events; e++)
        if (r->slices[slice].part_of[e] == part)
            events[n++] = (uint32_t)e;
    return n;
}

void tt_run_ranks_release(struct tt_run_ranks *r)
{
    for (size_t s = 0; s < r->n_slices; s++) {
        free(r->slices[s].name);
        tt_vocab_release(&r->slices[s].parts);
        free(r->slices[s].part_of);
    }
    for (size_t i = 0; i < r->n_runs; i++) {
        tt_ranks_release(&r->runs[i]);
        free(r->files[i]);
    }
    free(r->slices);
    free(r->runs);
    free(r->files);
    free(r->user);
    free(r->item);
    free(r->rows);
    tt_vocab_release(&r->users);
    tt_vocab_release(&r->items);
    *r = (struct tt_run_ranks){0};
}
