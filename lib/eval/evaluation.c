/* Lists of recommendations against the events that came true: see evaluation.h. */
#include "eval/evaluation.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"

/* The list that is being read. */
struct open_list {
    uint32_t number; /* from 1; 0 before the first */
    uint32_t query;
    uint64_t rank;   /* of the last row */
    int counts;      /* its query is in the truth */
    struct tt_buf key;
};

/* ---- texts to codes ---- */

/* Find the key columns and the item column of a file: columns (n_keys + 1), keys first, then the item. */
static int find_columns(const struct tt_evaluation *e, struct tt_csv *csv, size_t *columns, struct tt_err *err)
{
    for (size_t i = 0; i <= e->n_keys; i++) {
        long column = tt_csv_need_column(csv, e->names[i], err);
        if (column < 0)
            return -1;
        columns[i] = (size_t)column;
    }
    return 0;
}

/* The names of the key columns and the item from the lists' header. */
static int read_names(struct tt_evaluation *e, struct tt_csv *lists, struct tt_err *err)
{
    long rank = tt_csv_need_column(lists, "rank", err);

    if (rank < 0)
        return -1;
    if (rank == 0 || (size_t)rank + 1 >= lists->n_columns)
        return tt_err_set(err, TT_ERR_INPUT, "%s:1: no %s column 'rank'", lists->reader.name,
                          rank == 0 ? "key column before" : "item column after");
    e->n_keys = (size_t)rank;
    e->names = tt_alloc_zero(e->n_keys + 1, sizeof(*e->names), err);
    if (!e->names)
        return -1;
    for (size_t i = 0; i <= e->n_keys; i++) {
        const char *name = lists->names[i < e->n_keys ? i : i + 1];
        e->names[i] = tt_copy_text(name, strlen(name), err);
        if (!e->names[i])
            return -1;
    }
    return 0;
}

/* The text of the present row's query: one field as it stands, or several joined by NUL
 * bytes, which no field holds. */
static int key_of(struct tt_evaluation *e, const struct tt_csv *csv, const size_t *columns, struct tt_csv_field *key,
                  struct tt_err *err)
{
    *key = csv->fields[columns[0]];
    if (e->n_keys == 1)
        return 0;
    e->key.len = 0;
    for (size_t i = 0; i < e->n_keys; i++) {
        const struct tt_csv_field *field = &csv->fields[columns[i]];
        if ((i && tt_buf_add(&e->key, "", 1, err)) || tt_buf_add(&e->key, field->text, field->len, err))
            return -1;
    }
    *key = (struct tt_csv_field){e->key.data, e->key.len};
    return 0;
}

/* The code of an item. A new one gets its entry in e->item. */
static int code_of_item(struct tt_evaluation *e, const struct tt_csv_field *field, uint32_t *code, struct tt_err *err)
{
    if (tt_vocab_add(&e->items, field->text, field->len, code, err))
        return -1;
    if (*code < e->n_item)
        return 0;
    if (tt_grow(&e->item, &e->cap_item, e->n_item + 1, sizeof(*e->item), err))
        return -1;
    struct tt_evaluated_item item = {.in_training = TT_VOCAB_NONE};
    if (e->training.n_events)
        item.in_training = tt_vocab_find(&e->training.items, field->text, field->len);
    e->item[e->n_item++] = item;
    return 0;
}

/* ---- the truth ---- */

/* Does the user have the item in earlier events? */
static int is_known(const struct tt_interactions *known, const struct tt_csv_field *user,
                    const struct tt_csv_field *item)
{
    return tt_interactions_has(known, tt_vocab_find(&known->seen.users, user->text, user->len),
                               tt_vocab_find(&known->items, item->text, item->len));
}

/* Add the values of the present row, the next event, to the slices. */
static int add_to_slices(struct tt_evaluation *e, const struct tt_csv *csv, const struct tt_csv_field *user,
                         uint32_t item, struct tt_err *err)
{
    const struct tt_interactions *training = &e->training;

    if (!e->slices)
        return 0;
    if (training->n_events == 0)
        return tt_slices_add_event(e->slices, csv, 0, 0, 0, err);
    uint32_t user_code = tt_vocab_find(&training->seen.users, user->text, user->len);
    uint32_t item_code = e->item[item].in_training;
    return tt_slices_add_event(e->slices, csv, tt_interactions_activity(training, user_code),
                               tt_interactions_popularity(training, item_code),
                               tt_interactions_has(training, user_code, item_code), err);
}

static int read_event(struct tt_evaluation *e, const struct tt_csv *csv, const size_t *columns, struct tt_err *err)
{
    const struct tt_csv_field *user = &csv->fields[columns[0]];
    struct tt_csv_field key;
    uint32_t query, user_code, item;

    if (key_of(e, csv, columns, &key, err) || tt_vocab_add(&e->queries, key.text, key.len, &query, err) ||
        tt_vocab_add(&e->users, user->text, user->len, &user_code, err) ||
        code_of_item(e, &csv->fields[columns[e->n_keys]], &item, err) || add_to_slices(e, csv, user, item, err))
        return -1;
    return tt_ranks_add(&e->ranks, query, user_code, item, err);
}

static int read_truth(struct tt_evaluation *e, struct tt_csv *csv, size_t *columns, struct tt_err *err)
{
    int more;

    if (find_columns(e, csv, columns, err))
        return -1;
    while ((more = tt_csv_next(csv, err)) == 1) {
        if (e->known.n_events && is_known(&e->known, &csv->fields[columns[0]], &csv->fields[columns[e->n_keys]]))
            e->n_known_events++;
        else if (read_event(e, csv, columns, err))
            return -1;
    }
    if (more < 0)
        return -1;
    if (e->ranks.n_events == 0 && e->n_known_events)
        return tt_err_set(err, TT_ERR_INPUT, "%s: no test event is new: the users had the items of all %zu already",
                          csv->reader.name, e->n_known_events);
    if (e->ranks.n_events == 0)
        return tt_err_set(err, TT_ERR_INPUT, "%s: no test events", csv->reader.name);
    if (e->ranks.n_events > UINT32_MAX)
        return tt_err_set(err, TT_ERR_INPUT, "%s: more than %lu test events", csv->reader.name,
                          (unsigned long)UINT32_MAX);
    return tt_ranks_group(&e->ranks, err);
}

/* ---- the lists ---- */

static void end_list(struct tt_evaluation *e, const struct open_list *list)
{
    if (list->number && list->counts && e->training.n_events)
        tt_novelty_end(&e->novelty);
}

static int begin_list(struct tt_evaluation *e, const struct tt_csv *csv, const struct tt_csv_field *key,
                      struct open_list *list, struct tt_err *err)
{
    list->key.len = 0;
    if (tt_buf_add(&list->key, key->text, key->len, err) ||
        tt_vocab_add(&e->queries, key->text, key->len, &list->query, err))
        return -1;
    if (list->query >= e->n_first_line) { /* a query that the truth does not have */
        if (tt_grow(&e->first_line, &e->cap_first_line, e->n_first_line + 1, sizeof(*e->first_line), err))
            return -1;
        e->first_line[e->n_first_line++] = 0;
    }
    if (e->first_line[list->query])
        return tt_err_set(err, TT_ERR_INPUT, "%s:%llu: the rows of a query are not together: its list is on line %llu",
                          csv->reader.name, (unsigned long long)csv->line,
                          (unsigned long long)e->first_line[list->query]);
    e->first_line[list->query] = csv->line;
    list->number++;
    list->rank = 0;
    list->counts = list->query < e->ranks.n_queries;
    if (!list->counts) {
        e->n_ignored_lists++;
        return 0;
    }
    e->n_lists++;
    if (e->training.n_events) {
        size_t len;
        const char *user = tt_text_list_get(&e->users.texts, e->ranks.user_of[list->query], &len);
        tt_novelty_begin(&e->novelty, list->query, tt_vocab_find(&e->training.seen.users, user, len));
    }
    for (size_t i = e->ranks.starts[list->query]; i < e->ranks.starts[list->query + 1]; i++) {
        struct tt_evaluated_item *item = &e->item[e->ranks.targets[i].item];
        item->target_in = list->number;
        item->target = (uint32_t)i;
    }
    return 0;
}

static int check_rank(struct open_list *list, const struct tt_csv *csv, size_t column, struct tt_err *err)
{
    const struct tt_csv_field *field = &csv->fields[column];
    uint64_t rank;
    char text[64];

    if (tt_parse_u64(field->text, field->len, &rank) || rank != list->rank + 1) {
        snprintf(text, sizeof(text), "is not the next rank, %llu", (unsigned long long)list->rank + 1);
        return tt_csv_field_error(csv, column, text, err);
    }
    list->rank = rank;
    return 0;
}

/* A row of the open list. */
static int add_row(struct tt_evaluation *e, const struct tt_csv *csv, size_t item_column, struct open_list *list,
                   struct tt_err *err)
{
    uint32_t code;

    if (code_of_item(e, &csv->fields[item_column], &code, err))
        return -1;
    struct tt_evaluated_item *item = &e->item[code];
    if (item->listed_in == list->number)
        return tt_csv_field_error(csv, item_column, "is in this list already", err);
    item->listed_in = list->number;
    if (list->rank > e->max_rank)
        e->max_rank = list->rank;
    if (!list->counts) {
        e->n_ignored_rows++;
        return 0;
    }
    if (e->training.n_events)
        tt_novelty_add(&e->novelty, item->in_training);
    uint32_t rank = (uint32_t)list->rank; /* fits: its items differ */
    if (item->best_rank == 0 || rank < item->best_rank)
        item->best_rank = rank;
    if (item->target_in == list->number)
        e->ranks.targets[item->target].rank = rank;
    return 0;
}

static int read_lists(struct tt_evaluation *e, struct tt_csv *csv, size_t *columns, struct tt_err *err)
{
    struct open_list list = {0};
    size_t rank_column = e->n_keys; /* as read_names found it */
    int more = -1;

    e->first_line = tt_alloc_zero(e->ranks.n_queries, sizeof(*e->first_line), err);
    if (!e->first_line || find_columns(e, csv, columns, err))
        return -1;
    e->n_first_line = e->cap_first_line = e->ranks.n_queries;
    if (e->training.n_events &&
        tt_novelty_init(&e->novelty, &e->training, e->ks, e->n_ks, e->ranks.n_queries, err))
        return -1;
    while ((more = tt_csv_next(csv, err)) == 1) {
        struct tt_csv_field key;
        if (key_of(e, csv, columns, &key, err))
            break;
        if (list.number == 0 || key.len != list.key.len || memcmp(key.text, list.key.data, key.len) != 0) {
            end_list(e, &list);
            if (begin_list(e, csv, &key, &list, err))
                break;
        }
        if (check_rank(&list, csv, rank_column, err) || add_row(e, csv, columns[e->n_keys], &list, err))
            break;
    }
    if (more == 0)
        end_list(e, &list);
    tt_buf_release(&list.key);
    return more == 0 ? 0 : -1;
}

static void count_unlisted(struct tt_evaluation *e)
{
    for (size_t i = 0; i < e->ranks.starts[e->ranks.n_queries]; i++)
        if (!e->item[e->ranks.targets[i].item].listed_in)
            e->n_unlisted_events += e->ranks.targets[i].events;
}

static size_t count_distinct(const struct tt_evaluation *e, size_t k, int in_catalogue)
{
    size_t n = 0;

    for (size_t i = 0; i < e->n_item; i++)
        n += e->item[i].best_rank && e->item[i].best_rank <= k && (e->item[i].in_catalogue || !in_catalogue);
    return n;
}

/* ---- items, users, slices ---- */

static int read_items(struct tt_evaluation *e, struct tt_csv *csv, struct tt_err *err)
{
    long column = tt_csv_need_column(csv, e->names[e->n_keys], err);
    uint32_t code;
    int more;

    if (column < 0)
        return -1;
    while ((more = tt_csv_next(csv, err)) == 1) {
        if (code_of_item(e, &csv->fields[column], &code, err) ||
            (e->slices && tt_slices_add_item(e->slices, csv, code, err)))
            return -1;
        e->n_catalogue += !e->item[code].in_catalogue;
        e->item[code].in_catalogue = 1;
    }
    if (more < 0)
        return -1;
    if (e->n_catalogue == 0)
        return tt_err_set(err, TT_ERR_INPUT, "%s: no items", csv->reader.name);
    e->n_uncatalogued = count_distinct(e, SIZE_MAX, 0) - count_distinct(e, SIZE_MAX, 1);
    return 0;
}

static int read_users(struct tt_evaluation *e, struct tt_csv *csv, struct tt_err *err)
{
    long column = tt_csv_need_column(csv, e->names[0], err);
    int more;

    if (column < 0)
        return -1;
    while ((more = tt_csv_next(csv, err)) == 1) {
        uint32_t user = tt_vocab_find(&e->users, csv->fields[column].text, csv->fields[column].len);
        if (user != TT_VOCAB_NONE && tt_slices_add_user(e->slices, csv, user, err))
            return -1;
    }
    return more;
}

static int find_slices(const struct tt_evaluation *e, const struct tt_evaluation_sources *sources, struct tt_err *err)
{
    struct tt_slice_sources where = {
        .truth = sources->truth, .items = sources->items, .users = sources->users, .item_column = e->names[e->n_keys],
        .user_column = e->names[0], .has_training = sources->training != NULL,
    };

    return tt_slices_find(e->slices, &where, err);
}

static int cut_slices(struct tt_evaluation *e, struct tt_err *err)
{
    for (size_t i = 0; i < e->ranks.n_events; i++) {
        const struct tt_test_event *event = &e->ranks.events[i];
        tt_slices_join(e->slices, i, e->ranks.user_of[event->query], e->ranks.targets[event->target].item);
    }
    return tt_slices_cut(e->slices, err);
}

/* Read the known events, which may be none, and the training events, which must not. */
static int read_interactions(struct tt_evaluation *e, const struct tt_evaluation_sources *sources, struct tt_err *err)
{
    const char *user = e->names[0], *item = e->names[e->n_keys];

    if (sources->known && tt_interactions_read(&e->known, sources->known, user, item, err))
        return -1;
    if (!sources->training)
        return 0;
    if (tt_interactions_read(&e->training, sources->training, user, item, err))
        return -1;
    if (e->training.n_events == 0)
        return tt_err_set(err, TT_ERR_INPUT, "%s: no training events", sources->training->reader.name);
    return 0;
}

int tt_evaluation_run(struct tt_evaluation *e, const struct tt_evaluation_sources *sources, const size_t *ks,
                      size_t n_ks, int may_be_short, struct tt_err *err)
{
    size_t *columns = NULL;
    int status = -1;

    *e = (struct tt_evaluation){.ks = ks, .n_ks = n_ks, .slices = sources->slices};
    if (tt_vocab_init(&e->queries, err) || tt_vocab_init(&e->users, err) || tt_vocab_init(&e->items, err) ||
        read_names(e, sources->lists, err))
        goto done;
    columns = tt_alloc(e->n_keys + 1, sizeof(*columns), err);
    if (!columns || (e->slices && find_slices(e, sources, err)) || read_interactions(e, sources, err) ||
        read_truth(e, sources->truth, columns, err) || read_lists(e, sources->lists, columns, err))
        goto done;
    if (e->max_rank && e->max_rank < ks[n_ks - 1] && !may_be_short) {
        tt_err_set(err, TT_ERR_INPUT, "%s: lists have at most %zu items, too few for metrics of the first %zu",
                   sources->lists->reader.name, e->max_rank, ks[n_ks - 1]);
        goto done;
    }
    count_unlisted(e);
    if (tt_scores_init(&e->scores, &e->ranks, NULL, e->ranks.n_events, ks, n_ks, err) ||
        (sources->items && read_items(e, sources->items, err)) ||
        (e->slices && tt_slices_need(e->slices, TT_SLICE_USERS) && read_users(e, sources->users, err)) ||
        (e->slices && cut_slices(e, err)))
        goto done;
    status = 0;
done:
    free(columns);
    if (status)
        tt_evaluation_release(e);
    return status;
}

void tt_evaluation_release(struct tt_evaluation *e)
{
    for (size_t i = 0; e->names && i <= e->n_keys; i++)
        free(e->names[i]);
    free(e->names);
    tt_vocab_release(&e->queries);
    tt_vocab_release(&e->users);
    tt_vocab_release(&e->items);
    tt_interactions_release(&e->known);
    tt_interactions_release(&e->training);
    tt_ranks_release(&e->ranks);
    tt_scores_release(&e->scores);
    tt_novelty_release(&e->novelty);
    tt_buf_release(&e->key);
    free(e->item);
    free(e->first_line);
    *e = (struct tt_evaluation){0};
}

/* ---- the catalogue ---- */

size_t tt_evaluation_distinct(const struct tt_evaluation *e, size_t k)
{
    return count_distinct(e, k, 0);
}

double tt_evaluation_coverage(const struct tt_evaluation *e, size_t k)
{
    return (double)count_distinct(e, k, 1) / (double)e->n_catalogue;
}
