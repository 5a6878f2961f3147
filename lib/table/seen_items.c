/* The items that each user has seen: see seen_items.h. */
#include "table/seen_items.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "io/csv_reader.h"

int tt_seen_items_init(struct tt_seen_items *seen, struct tt_err *err)
{
    *seen = (struct tt_seen_items){0};
    return tt_vocab_init(&seen->users, err);
}

void tt_seen_items_release(struct tt_seen_items *seen)
{
    tt_vocab_release(&seen->users);
    free(seen->starts);
    free(seen->items);
    free(seen->pairs);
    *seen = (struct tt_seen_items){0};
}

int tt_seen_items_add(struct tt_seen_items *seen, const char *user, size_t len, uint32_t item, struct tt_err *err)
{
    struct tt_seen_pair pair = {.item = item};

    if (tt_vocab_add(&seen->users, user, len, &pair.user, err) ||
        tt_grow(&seen->pairs, &seen->cap_pairs, seen->n_pairs + 1, sizeof(*seen->pairs), err))
        return -1;
    seen->pairs[seen->n_pairs++] = pair;
    return 0;
}

static int add_row(struct tt_seen_items *seen, const struct tt_csv_field *user, const struct tt_csv_field *item,
                   const struct tt_vocab *items, struct tt_seen_counts *counts, struct tt_err *err)
{
    uint32_t code = tt_vocab_find(items, item->text, item->len);

    counts->rows++;
    if (code != TT_VOCAB_NONE)
        return tt_seen_items_add(seen, user->text, user->len, code, err);
    counts->unknown++;
    return 0;
}

int tt_seen_items_read(struct tt_seen_items *seen, const char *path, const char *user_column, const char *item_column,
                       const struct tt_vocab *items, struct tt_seen_counts *counts, struct tt_err *err)
{
    struct tt_csv csv = {0};
    long user, item;
    int more = -1;

    *counts = (struct tt_seen_counts){0};
    if (tt_csv_open(&csv, path, TT_CSV_AUTO, err))
        return -1;
    user = tt_csv_need_column(&csv, user_column, err);
    item = user < 0 ? -1 : tt_csv_need_column(&csv, item_column, err);
    while (item >= 0 && (more = tt_csv_next(&csv, err)) == 1)
        if (add_row(seen, &csv.fields[user], &csv.fields[item], items, counts, err)) {
            more = -1;
            break;
        }
    tt_csv_close(&csv);
    return more;
}

static int by_code(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* Pairs to each user's items, by a counting sort. The starts are those of the users' pairs then. */
static void group_by_user(struct tt_seen_items *seen)
{
    size_t n_users = seen->users.texts.n;

    for (size_t i = 0; i < seen->n_pairs; i++)
        seen->starts[seen->pairs[i].user + 1]++;
    for (size_t u = 0; u < n_users; u++)
        seen->starts[u + 1] += seen->starts[u];
    for (size_t i = seen->n_pairs; i-- > 0;) /* fills each user's part from its end, moving the ends to the starts */
        seen->items[--seen->starts[seen->pairs[i].user + 1]] = seen->pairs[i].item;
    memmove(seen->starts, seen->starts + 1, n_users * sizeof(*seen->starts));
    seen->starts[n_users] = seen->n_pairs;
}

/* Each user's items ascending, every one once. */
static void sort_items(struct tt_seen_items *seen)
{
    size_t n_users = seen->users.texts.n, from = 0, used = 0;

    for (size_t u = 0; u < n_users; u++) {
        uint32_t *part = seen->items + from;
        size_t n = seen->starts[u + 1] - from;
        from += n;
        qsort(part, n, sizeof(*part), by_code);
        seen->starts[u] = used;
        for (size_t i = 0; i < n; i++)
            if (i == 0 || part[i] != seen->items[used - 1])
                seen->items[used++] = part[i]; /* never beyond the one that is read */
    }
    seen->starts[n_users] = used;
}

int tt_seen_items_finish(struct tt_seen_items *seen, struct tt_err *err)
{
    seen->starts = tt_alloc_zero(seen->users.texts.n + 1, sizeof(*seen->starts), err);
    seen->items = tt_alloc(seen->n_pairs, sizeof(*seen->items), err);
    if (!seen->starts || !seen->items)
        return -1;
    group_by_user(seen);
    sort_items(seen);
    free(seen->pairs);
    seen->pairs = NULL;
    seen->n_pairs = seen->cap_pairs = 0;
    return 0;
}

const uint32_t *tt_seen_items_of(const struct tt_seen_items *seen, const char *user, size_t len, size_t *n)
{
    uint32_t code = seen->users.slots ? tt_vocab_find(&seen->users, user, len) : TT_VOCAB_NONE;

    *n = code == TT_VOCAB_NONE ? 0 : seen->starts[code + 1] - seen->starts[code];
    return code == TT_VOCAB_NONE ? NULL : seen->items + seen->starts[code];
}

int tt_seen_items_has(const struct tt_seen_items *seen, uint32_t user, uint32_t item)
{
    if (user == TT_VOCAB_NONE || item == TT_VOCAB_NONE)
        return 0;
    return bsearch(&item, seen->items + seen->starts[user], seen->starts[user + 1] - seen->starts[user],
                   sizeof(*seen->items), by_code) != NULL;
}
