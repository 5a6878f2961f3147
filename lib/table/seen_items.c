/* The items that each user has seen: see seen_items.h. */
#include "table/seen_items.h"

#include <stdlib.h>

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

static int add_row(struct tt_seen_items *seen, const struct tt_csv_field *user, const struct tt_csv_field *item,
                    const struct tt_vocab *items, struct tt_seen_counts *counts, struct tt_err *err)
{
    struct tt_seen_pair pair = {0, tt_vocab_find(items, item->text, item->len)};

    counts->rows++;
    if (pair.item == TT_VOCAB_NONE) {
        counts->unknown++;
        return 0;
    }
    if (tt_vocab_add(&seen->users, user->text, user->len, &pair.user, err) ||
        tt_grow(&seen->pairs, &seen->cap_pairs, seen->n_pairs + 1, sizeof(*seen->pairs), err))
        return -1;
    seen->pairs[seen->n_pairs++] = pair;
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

static int by_user_and_item(const void *a, const void *b)
{
    const struct tt_seen_pair *x = a, *y = b;

    if (x->user != y->user)
        return x->user < y->user ? -1 : 1;
    return x->item < y->item ? -1 : x->item > y->item;
}

int tt_seen_items_finish(struct tt_seen_items *seen, struct tt_err *err)
{
    struct tt_seen_pair *pairs = seen->pairs;
    size_t used = 0;

    if (seen->n_pairs)
        qsort(pairs, seen->n_pairs, sizeof(*pairs), by_user_and_item);
    seen->starts = tt_alloc_zero(seen->users.texts.n + 1, sizeof(*seen->starts), err);
    seen->items = tt_alloc(seen->n_pairs, sizeof(*seen->items), err);
    if (!seen->starts || !seen->items)
        return -1;
    for (size_t i = 0; i < seen->n_pairs; i++) {
        if (i > 0 && by_user_and_item(&pairs[i - 1], &pairs[i]) == 0)
            continue;
        seen->items[used++] = pairs[i].item;
        seen->starts[pairs[i].user + 1] = used;
    }
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
