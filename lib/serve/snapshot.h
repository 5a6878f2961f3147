/* Everything that answers are made from: a model, an index of vectors that this model made, the items' attributes, and
 * the items that users have seen. It does not change once it is loaded; a reload makes another one. Requests hold
 * references, so the old one is freed when the last request that began with it has ended.
 *
 *     snapshot = tt_snapshot_load(&files, serial, pool, note, arg, &err);
 *     tt_snapshot_ref(snapshot);  ...  tt_snapshot_unref(snapshot);        by any thread; the last unref frees
 *
 * Later changes of the files do no harm: they are mapped as long as nobody writes to them, and copied before somebody
 * does (io/mapped_file.h).
 */
#ifndef TT_SERVE_SNAPSHOT_H
#define TT_SERVE_SNAPSHOT_H

#include <stdatomic.h>

#include "base/lock.h"
#include "table/seen_items.h"
#include "index/ann.h"
#include "index/index_file.h"
#include "model/model.h"
#include "serve/item_attributes.h"

struct tt_snapshot_files {
    const char *model, *index;
    const char *items;        /* CSV or TSV of the items' attributes, or NULL */
    const char *const *seen;  /* (n_seen) CSV or TSV of user and item */
    size_t n_seen;
};

struct tt_snapshot {
    atomic_uint refs;
    unsigned serial;            /* 1 for the first that a service loaded, and so on */
    struct tt_model model;      /* its dictionary is indexed */
    struct tt_segment segment;  /* the index's; its checksum names the index */
    struct tt_index index;
    struct tt_vocab ids;        /* the index's ids: text to row */
    struct tt_ann *ann;
    struct tt_item_attributes attributes;
    struct tt_seen_items seen;
    long history;               /* schema column of the users' history, or -1 */

    struct tt_mutex lock;        /* held while the following are made, which only some requests need */
    _Atomic(uint32_t *) popular; /* (index.n) rows by falling users_of_row, then rising row; NULL: not made yet */
    uint32_t *users_of_row;     /* (index.n) how many users have it, by the seen files or else the model's histories */
    int knows_popular;          /* some item has a user */
};

/* Receives a note on what was read, for the program to show. */
typedef void tt_note_fn(void *arg, const char *text);

/* Load all files; model and index are verified at once, on the pool's threads. NULL and *err on failure.
 * Refused: a damaged file; an index of another model; files whose item columns differ. */
struct tt_snapshot *tt_snapshot_load(const struct tt_snapshot_files *files, unsigned serial, struct tt_pool *pool,
                                     tt_note_fn *note, void *arg, struct tt_err *err) TT_CHECKED;

/* Make popular, users_of_row and knows_popular if they are not made yet. They take longer than all else of a load, and
 * only some requests need them. */
int tt_snapshot_need_popular(struct tt_snapshot *snapshot, struct tt_err *err) TT_CHECKED;

static inline struct tt_snapshot *tt_snapshot_ref(struct tt_snapshot *snapshot)
{
    atomic_fetch_add(&snapshot->refs, 1);
    return snapshot;
}

void tt_snapshot_unref(struct tt_snapshot *snapshot); /* NULL is fine */

static inline const char *tt_snapshot_model_name(const struct tt_snapshot *s)
{
    return s->model.entities.segment.checksum;
}
static inline const char *tt_snapshot_index_name(const struct tt_snapshot *s) { return s->segment.checksum; }

/* The name of the column of the users' ids. */
static inline const char *tt_snapshot_user_column(const struct tt_snapshot *s)
{
    return s->model.entities.dictionary.schema.columns[s->model.entities.dictionary.user_id].name;
}

/* The user's code in the model; 0: it has no such user. */
uint32_t tt_snapshot_user(const struct tt_snapshot *snapshot, const char *text, size_t len);

/* The item's code in the model; 0: it has no such item. */
uint32_t tt_snapshot_item(const struct tt_snapshot *snapshot, const char *text, size_t len);

/* From an item's code in the model to its row in the index (TT_VOCAB_NONE: it is not there), and back (0: it is not in
 * the model). */
uint32_t tt_snapshot_row_of(const struct tt_snapshot *snapshot, uint32_t code);
uint32_t tt_snapshot_code_of(const struct tt_snapshot *snapshot, uint32_t row);

/* The user's history in the model: returns the number of items; 0 also when the model has no such column. */
size_t tt_snapshot_history(const struct tt_snapshot *snapshot, uint32_t user, const uint32_t **codes,
                           const float **weights);

#endif
