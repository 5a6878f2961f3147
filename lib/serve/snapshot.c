/* Loading of all that answers are made from: see snapshot.h. */
#include "serve/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static void release(struct tt_snapshot *s)
{
    tt_ann_free(s->ann);
    tt_vocab_release(&s->ids);
    tt_segment_release(&s->segment);
    tt_item_attributes_release(&s->attributes);
    tt_seen_items_release(&s->seen);
    tt_model_release(&s->model);
    tt_mutex_release(&s->lock);
    free(s->users_of_row);
    free(s->popular);
    free(s);
}

void tt_snapshot_unref(struct tt_snapshot *snapshot)
{
    if (snapshot && atomic_fetch_sub(&snapshot->refs, 1) == 1)
        release(snapshot);
}

static int load_model(struct tt_snapshot *s, const char *path, struct tt_err *err)
{
    struct tt_segment segment;

    if (tt_container_load_preserved(path, "model", &segment, err) ||
        tt_model_from_segment(&s->model, &segment, err) ||
        tt_dictionary_index(&s->model.entities.dictionary, &s->model.entities.segment, path, err))
        return -1;
    const struct tt_column *history = tt_schema_find(&s->model.entities.dictionary.schema, TT_USER, TT_KIND_HISTORY);
    s->history = history ? history - s->model.entities.dictionary.schema.columns : -1;
    return 0;
}

/* The index must be of this model, and of its items. */
static int check_index(const struct tt_snapshot *s, const char *path, struct tt_err *err)
{
    const struct tt_dictionary *d = &s->model.entities.dictionary;

    if (s->index.model[0] && strcmp(s->index.model, tt_snapshot_model_name(s)) != 0)
        return tt_err_set(err, TT_ERR_MISMATCH, "%s: its vectors were made by another model (%.8s...) than %s "
                          "(%.8s...)", path, s->index.model, s->model.entities.segment.name, tt_snapshot_model_name(s));
    if (s->index.dim != s->model.dim)
        return tt_err_set(err, TT_ERR_MISMATCH, "%s: vectors of %zu dimensions, but the model %s has %zu", path,
                          s->index.dim, s->model.entities.segment.name, s->model.dim);
    if (strcmp(s->index.item, d->schema.columns[d->item_id].name) != 0)
        return tt_err_set(err, TT_ERR_MISMATCH, "%s: rows are named by '%s', but the model's items by '%s'", path,
                          s->index.item, d->schema.columns[d->item_id].name);
    return 0;
}

static int load_index(struct tt_snapshot *s, const char *path, struct tt_err *err)
{
    struct tt_text_list view;

    if (tt_container_load_preserved(path, "index", &s->segment, err) || tt_index_view(&s->index, &s->segment, err))
        return -1;
    view = (struct tt_text_list){.n = s->index.n, .offsets = s->index.ids.offsets, .bytes = s->index.ids.bytes};
    return tt_vocab_from_segment(&s->ids, &view, "ids", &s->segment, path, err);
}

/* Both files at once: a checksum is computed from the first byte to the last, so by one thread. */
struct load_job {
    struct tt_snapshot *snapshot;
    const struct tt_snapshot_files *files;
    int failed[2];
    struct tt_err errs[2];
};

static void load_one(void *arg, size_t block, int worker)
{
    struct load_job *job = arg;
    struct tt_err *err = &job->errs[block];

    (void)worker;
    job->failed[block] = block == 0 ? load_model(job->snapshot, job->files->model, err)
                                    : load_index(job->snapshot, job->files->index, err);
}

static int load_both(struct tt_snapshot *s, const struct tt_snapshot_files *files, struct tt_pool *pool,
                     struct tt_err *err)
{
    struct load_job job = {.snapshot = s, .files = files, .errs = {TT_ERR_INIT, TT_ERR_INIT}};

    tt_pool_run(pool, 2, load_one, &job);
    for (int i = 0; i < 2; i++)
        if (job.failed[i])
            return tt_err_set(err, job.errs[i].kind, "%s", job.errs[i].text);
    if (check_index(s, files->index, err))
        return -1;
    s->ann = tt_index_open(&s->index, &s->segment, pool, err);
    return s->ann ? 0 : -1;
}

static int read_seen(struct tt_snapshot *s, const struct tt_snapshot_files *files, tt_note_fn *note, void *arg,
                     struct tt_err *err)
{
    struct tt_seen_counts counts;
    char text[512];

    if (files->n_seen == 0)
        return 0;
    if (tt_seen_items_init(&s->seen, err))
        return -1;
    for (size_t i = 0; i < files->n_seen; i++) {
        if (tt_seen_items_read(&s->seen, files->seen[i], tt_snapshot_user_column(s), s->index.item, &s->ids, &counts,
                               err))
            return -1;
        if (counts.unknown) {
            snprintf(text, sizeof(text), "%s: %zu of %zu rows name items that the index does not have", files->seen[i],
                     counts.unknown, counts.rows);
            note(arg, text);
        }
    }
    return tt_seen_items_finish(&s->seen, err);
}

struct by_users {
    uint32_t users, row;
};

static int more_users_first(const void *a, const void *b)
{
    const struct by_users *x = a, *y = b;

    if (x->users != y->users)
        return x->users > y->users ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static int count_users(struct tt_snapshot *s, struct tt_err *err)
{
    const struct tt_dictionary *d = &s->model.entities.dictionary;
    size_t n_users = s->model.entities.users.n_rows, n_codes = d->features[d->item_id].vocab.texts.n + 1;
    uint32_t *users_of_code;

    if (s->seen.starts) {
        for (size_t i = 0; i < s->seen.starts[s->seen.users.texts.n]; i++)
            s->users_of_row[s->seen.items[i]]++;
        return 0;
    }
    users_of_code = tt_alloc_zero(n_codes, sizeof(*users_of_code), err);
    if (!users_of_code)
        return -1;
    for (size_t user = 1; user < n_users; user++) {
        const uint32_t *codes;
        const float *weights;
        size_t n = tt_snapshot_history(s, (uint32_t)user, &codes, &weights);
        for (size_t i = 0; i < n; i++)
            users_of_code[codes[i]]++;
    }
    for (uint32_t code = 1; code < n_codes; code++) {
        uint32_t row = users_of_code[code] ? tt_snapshot_row_of(s, code) : TT_VOCAB_NONE;
        if (row != TT_VOCAB_NONE)
            s->users_of_row[row] = users_of_code[code];
    }
    free(users_of_code);
    return 0;
}

static int make_popular(struct tt_snapshot *s, struct tt_err *err)
{
    struct by_users *order = tt_alloc(s->index.n, sizeof(*order), err);
    uint32_t *popular = tt_alloc(s->index.n, sizeof(*popular), err);

    free(s->users_of_row); /* of an attempt that failed */
    s->users_of_row = tt_alloc_zero(s->index.n, sizeof(*s->users_of_row), err);
    if (!order || !popular || !s->users_of_row || count_users(s, err)) {
        free(order);
        free(popular);
        return -1;
    }
    for (size_t row = 0; row < s->index.n; row++)
        order[row] = (struct by_users){s->users_of_row[row], (uint32_t)row};
    if (s->index.n)
        qsort(order, s->index.n, sizeof(*order), more_users_first);
    for (size_t i = 0; i < s->index.n; i++)
        popular[i] = order[i].row;
    s->knows_popular = s->index.n && order[0].users > 0;
    free(order);
    s->popular = popular;
    return 0;
}

int tt_snapshot_need_popular(struct tt_snapshot *s, struct tt_err *err)
{
    int status = 0;

    if (s->popular)
        return 0;
    tt_mutex_lock(&s->lock);
    if (!s->popular)
        status = make_popular(s, err);
    tt_mutex_unlock(&s->lock);
    return status;
}

static int read_items(struct tt_snapshot *s, const char *path, tt_note_fn *note, void *arg, struct tt_err *err)
{
    struct tt_item_attributes *attributes = &s->attributes;
    size_t unknown = 0;
    char text[512];

    if (tt_item_attributes_init(attributes, s->index.n, err) ||
        (path && tt_item_attributes_read(attributes, path, s->index.item, &s->ids, &s->model.entities.dictionary,
                                         &unknown, err)) ||
        tt_item_attributes_add_model(attributes, &s->model.entities, &s->index.ids, err) ||
        tt_item_attributes_finish(attributes, err))
        return -1;
    if (unknown) {
        snprintf(text, sizeof(text), "%s: %zu rows name items that the index does not have", path, unknown);
        note(arg, text);
    }
    return 0;
}

struct tt_snapshot *tt_snapshot_load(const struct tt_snapshot_files *files, unsigned serial, struct tt_pool *pool,
                                     tt_note_fn *note, void *arg, struct tt_err *err)
{
    struct tt_snapshot *s = tt_alloc_zero(1, sizeof(*s), err);

    if (!s)
        return NULL;
    if (tt_mutex_init(&s->lock, err)) {
        free(s);
        return NULL;
    }
    atomic_init(&s->refs, 1);
    s->serial = serial;
    if (load_both(s, files, pool, err) || read_seen(s, files, note, arg, err) ||
        read_items(s, files->items, note, arg, err)) {
        release(s);
        return NULL;
    }
    return s;
}

uint32_t tt_snapshot_user(const struct tt_snapshot *snapshot, const char *text, size_t len)
{
    const struct tt_dictionary *d = &snapshot->model.entities.dictionary;
    uint32_t number = tt_vocab_find(&d->features[d->user_id].vocab, text, len);

    return number == TT_VOCAB_NONE ? 0 : number + 1;
}

uint32_t tt_snapshot_item(const struct tt_snapshot *snapshot, const char *text, size_t len)
{
    const struct tt_dictionary *d = &snapshot->model.entities.dictionary;
    uint32_t number = tt_vocab_find(&d->features[d->item_id].vocab, text, len);

    return number == TT_VOCAB_NONE ? 0 : number + 1;
}

uint32_t tt_snapshot_row_of(const struct tt_snapshot *snapshot, uint32_t code)
{
    const struct tt_dictionary *d = &snapshot->model.entities.dictionary;
    const char *text;
    size_t len;

    if (code == 0)
        return TT_VOCAB_NONE;
    text = tt_text_list_get(&d->features[d->item_id].vocab.texts, code - 1, &len);
    return tt_vocab_find(&snapshot->ids, text, len);
}

uint32_t tt_snapshot_code_of(const struct tt_snapshot *snapshot, uint32_t row)
{
    size_t len;
    const char *text = tt_text_list_get(&snapshot->index.ids, row, &len);

    return tt_snapshot_item(snapshot, text, len);
}

size_t tt_snapshot_history(const struct tt_snapshot *snapshot, uint32_t user, const uint32_t **codes,
                           const float **weights)
{
    const struct tt_table *users = &snapshot->model.entities.users;

    if (snapshot->history < 0 || user >= users->bags[snapshot->history].n_rows)
        return 0;
    return tt_bags_row(&users->bags[snapshot->history], user, codes, weights);
}
