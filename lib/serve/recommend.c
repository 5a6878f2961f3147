/* Ranked lists for requests: see recommend.h. */
#include "serve/recommend.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "encode/history.h"
#include "math/vec.h"

/* Memory that a thread uses for one request after another. */
struct tt_recommender {
    struct tt_pool *pool;          /* of one thread: a request is too small to be divided */
    struct tt_buf key;             /* all that a list depends on */
    struct tt_recent_visits visits;
    struct tt_bags history;        /* made for this request */
    struct tt_bags values[TT_REQUEST_MAX_COLUMNS]; /* of the request's values */
    float *vector;                 /* (dim) */
    uint64_t *bits, *other_bits;   /* a bit an item */
    uint32_t *excluded;            /* rows that may not be listed, rising */
    uint32_t *rows, *because;
    float *scores;
    struct tt_events for_history;  /* visits of the one user, 0 */
    size_t n_excluded;
    size_t cap_vector, cap_bits, cap_other_bits, cap_excluded, cap_rows, cap_because, cap_scores;
    /* the history in use: the model's, or `history` */
    const uint32_t *codes;
    const float *weights;
    size_t n_codes;
};

const char *tt_source_name(enum tt_source source)
{
    static const char *const names[] = {"user", "history", "features", "popular", "item"};

    return names[source];
}

struct tt_recommender *tt_recommender_new(struct tt_err *err)
{
    struct tt_recommender *r = tt_alloc_zero(1, sizeof(*r), err);

    if (!r)
        return NULL;
    r->for_history.has = TT_HAS_ALL;
    r->pool = tt_pool_new(1, err);
    if (!r->pool) {
        free(r);
        return NULL;
    }
    return r;
}

void tt_recommender_free(struct tt_recommender *r)
{
    if (!r)
        return;
    tt_pool_free(r->pool);
    tt_buf_release(&r->key);
    tt_recent_visits_release(&r->visits);
    tt_bags_release(&r->history);
    for (size_t i = 0; i < TT_REQUEST_MAX_COLUMNS; i++)
        tt_bags_release(&r->values[i]);
    free(r->vector);
    free(r->bits);
    free(r->other_bits);
    free(r->excluded);
    free(r->rows);
    free(r->because);
    free(r->scores);
    tt_events_release(&r->for_history);
    free(r);
}

/* ---- the history ---- */

static int add_visit(struct tt_recommender *r, uint32_t item, uint32_t time, float weight, int label,
                     struct tt_err *err)
{
    struct tt_event_values values = {.weight = weight, .label = (uint8_t)label, .time = time};

    return tt_events_add(&r->for_history, 0, item, &values, err);
}

/* The row must not be listed. */
static int exclude(struct tt_recommender *r, uint32_t row, struct tt_err *err)
{
    if (row == TT_VOCAB_NONE)
        return 0;
    if (tt_grow(&r->excluded, &r->cap_excluded, r->n_excluded + 1, sizeof(*r->excluded), err))
        return -1;
    r->excluded[r->n_excluded++] = row;
    return 0;
}

/* Add the user's recent events to the visits, and to the excluded rows. */
static int add_recent(struct tt_recommender *r, const struct tt_snapshot *s, struct tt_recent_events *recent,
                      int excludes, struct tt_err *err)
{
    char text[TT_RECENT_MAX_TEXT];

    for (size_t i = 0; i < r->visits.n; i++) {
        const struct tt_recent_visit *v = &r->visits.all[i];
        size_t len = tt_recent_events_item(recent, v->item, text, sizeof(text));
        if (add_visit(r, tt_snapshot_item(s, text, len), v->time, v->weight, v->label, err) ||
            (excludes && exclude(r, tt_vocab_find(&s->ids, text, len), err)))
            return -1;
    }
    return 0;
}

/* Add the history that the request gives. */
static int add_given(struct tt_recommender *r, const struct tt_snapshot *s, const struct tt_recommend_request *request,
                     struct tt_err *err)
{
    for (size_t i = 0; i < request->n_history; i++) {
        const struct tt_request_text *item = &request->history[i];
        if (add_visit(r, tt_snapshot_item(s, item->text, item->len), 0, 1, 1, err) ||
            (request->removes_seen && exclude(r, tt_vocab_find(&s->ids, item->text, item->len), err)))
            return -1;
    }
    return 0;
}

/* Make the bag of the visits; they follow those that the model has of the user, unless `user` is 0. */
static int make_history(struct tt_recommender *r, const struct tt_snapshot *s, uint32_t user, struct tt_err *err)
{
    const struct tt_column *column = &s->model.entities.dictionary.schema.columns[s->history];
    const struct tt_table *users = &s->model.entities.users;
    uint32_t latest = users->latest && user ? users->latest[user] : 0;
    uint64_t offsets[2] = {0, r->n_codes};
    struct tt_bags before = {.n_rows = user != 0, .offsets = offsets, .codes = (uint32_t *)(uintptr_t)r->codes,
                             .weights = (float *)(uintptr_t)r->weights};
    struct tt_earlier_histories past = {&before, users->latest ? &latest : NULL};
    struct tt_visits visits = tt_visits_of(&r->for_history);

    tt_bags_release(&r->history);
    if (tt_history_extend(&r->history, column, 1, user ? &past : NULL, &visits, err))
        return -1;
    r->n_codes = tt_bags_row(&r->history, 0, &r->codes, &r->weights);
    return 0;
}

static void clear_history(struct tt_recommender *r)
{
    r->for_history.n = r->n_excluded = r->n_codes = r->visits.n = 0;
}

/* The user's history in the model, and the events since. */
static int user_history(struct tt_recommender *r, const struct tt_snapshot *s, struct tt_recent_events *recent,
                        const char *text, size_t len, int excludes, struct tt_err *err)
{
    uint32_t user = tt_snapshot_user(s, text, len);

    clear_history(r);
    if (user)
        r->n_codes = tt_snapshot_history(s, user, &r->codes, &r->weights);
    if (tt_recent_events_of_user(recent, text, len, &r->visits, err) || add_recent(r, s, recent, excludes, err))
        return -1;
    return r->for_history.n && s->history >= 0 ? make_history(r, s, user, err) : 0;
}

/* A history that the request gives, in place of the user's. */
static int given_history(struct tt_recommender *r, const struct tt_snapshot *s,
                         const struct tt_recommend_request *request, struct tt_err *err)
{
    clear_history(r);
    if (add_given(r, s, request, err))
        return -1;
    return r->for_history.n && s->history >= 0 ? make_history(r, s, 0, err) : 0;
}

/* ---- the vector ---- */

/* The user's vector: from the values of the request, and for all other columns from what the model has of the user (row
 * 0 for a user that is not in the model). */
static int embed(struct tt_recommender *r, const struct tt_snapshot *s, const struct tt_recommend_request *request,
                 uint32_t user, struct tt_err *err)
{
    const struct tt_model *model = &s->model;
    const struct tt_dictionary *d = &model->entities.dictionary;
    static const uint32_t first = 0, nothing = 0;
    uint64_t offsets[2] = {0, r->n_codes}, unseen = 0;
    struct tt_bags id = {.n_rows = 1, .codes = &user};
    struct tt_bags unknown = {.n_rows = 1, .codes = (uint32_t *)(uintptr_t)&nothing};
    struct tt_bags history = {.n_rows = 1, .offsets = offsets, .codes = (uint32_t *)(uintptr_t)r->codes,
                              .weights = (float *)(uintptr_t)r->weights};
    struct tt_tower_input input;
    int status = -1;

    if (tt_tower_input_init(&input, TT_USER, 1, &d->schema, err))
        return -1;
    for (size_t c = 0; c < d->schema.n_columns; c++) {
        const struct tt_column *column = &d->schema.columns[c];
        if (column->side != TT_USER || !model->tables[c])
            continue;
        input.rows[c] = &first;
        if (column->kind == TT_KIND_ID) {
            input.bags[c] = &id;
        } else if (column->kind == TT_KIND_HISTORY) {
            input.bags[c] = &history;
        } else if (column->kind == TT_KIND_CONTEXT) {
            input.bags[c] = &unknown;
        } else {
            input.bags[c] = &model->entities.users.bags[c];
            input.rows[c] = &user;
        }
    }
    for (size_t i = 0; i < request->n_values; i++) {
        size_t c = request->values[i].column;
        if (request->values[i].len == 0 && d->schema.columns[c].kind != TT_KIND_CONTEXT)
            continue; /* empty: the model's value is used */
        tt_bags_release(&r->values[i]);
        if (tt_feature_encode(&d->features[c], request->values[i].text, request->values[i].len, &r->values[i], &unseen,
                              err))
            goto done;
        input.bags[c] = &r->values[i];
        input.rows[c] = &first;
    }
    if (tt_grow(&r->vector, &r->cap_vector, model->dim, sizeof(*r->vector), err))
        goto done;
    status = tt_model_embed(model, &input, r->pool, r->vector, err);
done:
    tt_tower_input_release(&input);
    return status;
}

/* Does the request give a feature of the user that is not a context? */
static int gives_features(const struct tt_snapshot *s, const struct tt_recommend_request *request)
{
    for (size_t i = 0; i < request->n_values; i++)
        if (s->model.entities.dictionary.schema.columns[request->values[i].column].kind != TT_KIND_CONTEXT &&
            request->values[i].len)
            return 1;
    return 0;
}

/* ---- what may be listed ---- */

static int by_row(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

/* Sort the rows, and remove repetitions. */
static void sort_excluded(struct tt_recommender *r)
{
    size_t n = 0;

    if (r->n_excluded)
        qsort(r->excluded, r->n_excluded, sizeof(*r->excluded), by_row);
    for (size_t i = 0; i < r->n_excluded; i++)
        if (n == 0 || r->excluded[n - 1] != r->excluded[i])
            r->excluded[n++] = r->excluded[i];
    r->n_excluded = n;
}

static int find_excluded(struct tt_recommender *r, const struct tt_snapshot *s,
                         const struct tt_recommend_request *request, struct tt_err *err)
{
    for (size_t i = 0; i < request->n_excluded; i++)
        if (exclude(r, tt_vocab_find(&s->ids, request->excluded[i].text, request->excluded[i].len), err))
            return -1;
    if (request->removes_seen) {
        size_t n = 0;
        const uint32_t *rows = NULL;
        if (request->user && !request->n_history)
            rows = tt_seen_items_of(&s->seen, request->user, request->user_len, &n);
        for (size_t i = 0; i < n; i++)
            if (exclude(r, rows[i], err))
                return -1;
        for (size_t i = 0; i < r->n_codes; i++)
            if (exclude(r, tt_snapshot_row_of(s, r->codes[i]), err))
                return -1;
    }
    sort_excluded(r);
    return 0;
}

/* Set the bits of the rows that pass all filters. Of several filters of one column, one must match. */
static int find_allowed(struct tt_recommender *r, const struct tt_snapshot *s,
                        const struct tt_recommend_request *request, struct tt_err *err)
{
    size_t words = tt_blocks(s->index.n, 64);

    if (tt_grow(&r->bits, &r->cap_bits, words, sizeof(*r->bits), err) ||
        tt_grow(&r->other_bits, &r->cap_other_bits, words, sizeof(*r->other_bits), err))
        return -1;
    for (size_t i = 0; i < request->n_filters;) {
        size_t column = request->filters[i].column;
        uint64_t *bits = i == 0 ? r->bits : r->other_bits;
        int is_first = i == 0;
        memset(bits, 0, words * sizeof(*bits));
        for (; i < request->n_filters && request->filters[i].column == column; i++)
            tt_item_attribute_allow(&s->attributes.columns[column], request->filters[i].text, request->filters[i].len,
                                    bits);
        for (size_t w = 0; w < words && !is_first; w++)
            r->bits[w] &= bits[w];
    }
    return 0;
}

static size_t count_left(const struct tt_snapshot *s, const struct tt_ann_filter *filter)
{
    size_t left = s->index.n;

    if (filter->allowed) {
        left = 0;
        for (size_t w = 0; w < tt_blocks(s->index.n, 64); w++)
            left += (size_t)__builtin_popcountll(filter->allowed[w]);
    }
    for (size_t i = 0; i < filter->n_excluded; i++) {
        uint32_t row = filter->excluded[i];
        left -= !filter->allowed || (filter->allowed[row / 64] >> (row % 64) & 1);
    }
    return left;
}

/* ---- lists ---- */

static int make_room(struct tt_recommender *r, size_t k, struct tt_list *list, struct tt_err *err)
{
    if (tt_grow(&r->rows, &r->cap_rows, k, sizeof(*r->rows), err) ||
        tt_grow(&r->scores, &r->cap_scores, k, sizeof(*r->scores), err) ||
        tt_grow(&r->because, &r->cap_because, k, sizeof(*r->because), err))
        return -1;
    *list = (struct tt_list){.rows = r->rows, .scores = r->scores};
    return 0;
}

static int search(struct tt_recommender *r, const struct tt_snapshot *s, const float *vector, size_t k,
                  const struct tt_ann_filter *filter, struct tt_list *list, struct tt_err *err)
{
    struct tt_ann_request request = {.n = 1, .queries = vector, .k = k, .filters = filter};
    struct tt_ann_result result = {r->rows, r->scores, &list->n};

    return tt_ann_search(s->ann, &request, &result, r->pool, err);
}

static void list_popular(const struct tt_snapshot *s, size_t k, const struct tt_ann_filter *filter,
                         struct tt_list *list)
{
    for (size_t i = 0; s->knows_popular && i < s->index.n && list->n < k; i++) {
        uint32_t row = s->popular[i];
        if (tt_ann_is_excluded(filter, row))
            continue;
        list->rows[list->n] = row;
        list->scores[list->n++] = (float)s->users_of_row[row];
    }
}

/* For each listed item the nearest item of the user's history. */
static void explain(struct tt_recommender *r, const struct tt_snapshot *s, struct tt_list *list)
{
    size_t dim = s->index.dim;
    double nearest[TT_REQUEST_MAX_K];

    list->because = r->because;
    for (size_t i = 0; i < list->n; i++)
        list->because[i] = TT_VOCAB_NONE;
    for (size_t h = 0; h < r->n_codes; h++) {
        uint32_t row = tt_snapshot_row_of(s, r->codes[h]);
        for (size_t i = 0; i < list->n && row != TT_VOCAB_NONE; i++) {
            double score = tt_vec_dot(s->index.vectors + list->rows[i] * dim, s->index.vectors + row * dim, dim);
            if (list->because[i] != TT_VOCAB_NONE && score <= nearest[i])
                continue;
            nearest[i] = score;
            list->because[i] = row;
        }
    }
}

static int has_direction(const float *vector, size_t dim)
{
    for (size_t i = 0; i < dim; i++)
        if (vector[i] != 0)
            return 1;
    return 0;
}

static int make_list(struct tt_recommender *r, struct tt_snapshot *s, struct tt_recent_events *recent,
                     const struct tt_recommend_request *request, struct tt_list *list, struct tt_err *err)
{
    uint32_t user = request->user ? tt_snapshot_user(s, request->user, request->user_len) : 0;
    struct tt_ann_filter filter = {0};
    int status = request->n_history || !request->user
                     ? given_history(r, s, request, err)
                     : user_history(r, s, recent, request->user, request->user_len, request->removes_seen, err);

    if (status || find_excluded(r, s, request, err) || (request->n_filters && find_allowed(r, s, request, err)) ||
        embed(r, s, request, user, err))
        return -1;
    filter.excluded = r->excluded;
    filter.n_excluded = r->n_excluded;
    filter.allowed = request->n_filters ? r->bits : NULL;
    list->source = user                    ? TT_SOURCE_USER
                   : r->n_codes            ? TT_SOURCE_HISTORY
                   : gives_features(s, request) ? TT_SOURCE_FEATURES
                                           : TT_SOURCE_POPULAR;
    if (list->source != TT_SOURCE_POPULAR && !has_direction(r->vector, s->index.dim))
        list->source = TT_SOURCE_POPULAR;
    if (list->source == TT_SOURCE_POPULAR) {
        if (tt_snapshot_need_popular(s, err))
            return -1;
        list_popular(s, request->k, &filter, list);
    } else if (search(r, s, r->vector, request->k, &filter, list, err)) {
        return -1;
    }
    if (list->n < request->k)
        list->left = count_left(s, &filter);
    if (request->explains)
        explain(r, s, list);
    return 0;
}

/* ---- the cache ---- */

static int add_text(struct tt_buf *key, const char *text, size_t len, struct tt_err *err)
{
    return tt_buf_add(key, &len, sizeof(len), err) || tt_buf_add(key, text, len, err) ? -1 : 0;
}

static int add_texts(struct tt_buf *key, const struct tt_request_text *texts, size_t n, struct tt_err *err)
{
    if (tt_buf_add(key, &n, sizeof(n), err))
        return -1;
    for (size_t i = 0; i < n; i++)
        if (tt_buf_add(key, &texts[i].column, sizeof(texts[i].column), err) ||
            add_text(key, texts[i].text, texts[i].len, err))
            return -1;
    return 0;
}

/* A hash of all that the list depends on: the snapshot, the user's recent events, and the request. */
static int make_key(struct tt_recommender *r, const struct tt_snapshot *s, struct tt_recent_events *recent,
                    const struct tt_recommend_request *request, struct tt_cache_key *key, struct tt_err *err)
{
    uint64_t head[] = {s->serial, request->user ? tt_recent_events_version(recent, request->user,
                                                                           request->user_len) : 0, request->k,
                       (uint64_t)request->removes_seen, request->user != NULL};

    r->key.len = 0;
    if (tt_buf_add(&r->key, head, sizeof(head), err) ||
        (request->user && add_text(&r->key, request->user, request->user_len, err)) ||
        add_texts(&r->key, request->values, request->n_values, err) ||
        add_texts(&r->key, request->filters, request->n_filters, err) ||
        add_texts(&r->key, request->history, request->n_history, err) ||
        add_texts(&r->key, request->excluded, request->n_excluded, err))
        return -1;
    key->a = tt_hash64(r->key.data, r->key.len, 1);
    key->b = tt_hash64(r->key.data, r->key.len, 2) | 1; /* not 0, which marks a free place */
    return 0;
}

int tt_recommend(struct tt_recommender *r, struct tt_snapshot *snapshot, struct tt_recent_events *recent,
                 struct tt_cache *cache, const struct tt_recommend_request *request, struct tt_list *list,
                 struct tt_err *err)
{
    struct tt_cache_list kept;
    struct tt_cache_key key;

    if (make_room(r, request->k, list, err))
        return -1;
    if (request->k > TT_CACHE_ITEMS || request->explains)
        return make_list(r, snapshot, recent, request, list, err);
    if (make_key(r, snapshot, recent, request, &key, err))
        return -1;
    if (tt_cache_get(cache, key, &kept)) {
        list->source = kept.source;
        list->n = kept.n;
        list->left = kept.left;
        memcpy(list->rows, kept.rows, kept.n * sizeof(*kept.rows));
        memcpy(list->scores, kept.scores, kept.n * sizeof(*kept.scores));
        return 0;
    }
    if (make_list(r, snapshot, recent, request, list, err))
        return -1;
    kept = (struct tt_cache_list){.n = (uint16_t)list->n, .source = (uint16_t)list->source,
                                  .left = (uint32_t)list->left};
    memcpy(kept.rows, list->rows, list->n * sizeof(*kept.rows));
    memcpy(kept.scores, list->scores, list->n * sizeof(*kept.scores));
    tt_cache_put(cache, key, &kept);
    return 0;
}

int tt_recommend_similar(struct tt_recommender *r, const struct tt_snapshot *snapshot, uint32_t row, size_t k,
                         struct tt_list *list, struct tt_err *err)
{
    struct tt_ann_filter filter = {.excluded = &row, .n_excluded = 1};

    if (make_room(r, k, list, err) ||
        search(r, snapshot, snapshot->index.vectors + row * snapshot->index.dim, k, &filter, list, err))
        return -1;
    list->source = TT_SOURCE_ITEM;
    list->left = snapshot->index.n - 1;
    return 0;
}

int tt_recommend_history(struct tt_recommender *r, const struct tt_snapshot *snapshot, struct tt_recent_events *recent,
                         const char *user, size_t len, size_t *n, const uint32_t **codes, const float **weights,
                         struct tt_err *err)
{
    if (user_history(r, snapshot, recent, user, len, 0, err))
        return -1;
    *n = r->n_codes;
    *codes = r->codes;
    *weights = r->weights;
    return 0;
}
