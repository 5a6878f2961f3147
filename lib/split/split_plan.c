/* Which part of a split each row goes to: see split_plan.h. */
#include "split/split_plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static size_t smaller(uint64_t a, size_t b)
{
    return a < b ? (size_t)a : b;
}

void tt_split_last_sizes(const struct tt_split_last *rule, size_t n, size_t *valid, size_t *test)
{
    *valid = *test = 0;
    if (n == 0)
        return;
    if (rule->by_share) {
        *test = (size_t)((double)n * rule->share);
        *valid = (size_t)((double)(n - *test) * rule->valid_share);
    } else {
        *test = smaller(rule->last, n - 1);
        *valid = smaller(rule->valid_last, n - 1 - *test);
    }
}

/* The part of the row with this rank, from 0, among its user's n rows. */
static unsigned char part_of_rank(const struct tt_split_last *rule, size_t rank, size_t n)
{
    size_t valid, test;

    tt_split_last_sizes(rule, n, &valid, &test);
    if (rank >= n - test)
        return TT_SPLIT_TEST;
    return rank >= n - test - valid ? TT_SPLIT_VALID : TT_SPLIT_TRAIN;
}

/* Merge the sorted halves a[0 ... middle) and a[middle ... n), ties from the left first; scratch holds `middle`. */
static void merge(uint32_t *a, size_t middle, size_t n, const int64_t *key, uint32_t *scratch)
{
    size_t i = 0, j = middle, k = 0;

    memcpy(scratch, a, middle * sizeof(*a));
    while (i < middle && j < n)
        a[k++] = key[a[j]] < key[scratch[i]] ? a[j++] : scratch[i++];
    while (i < middle)
        a[k++] = scratch[i++];
}

/* Sort row numbers by their key, stably: insertion for the few rows that most users have, merging above. Input that is
 * ordered already, as logs are, costs n comparisons. */
static void sort_rows(uint32_t *rows, size_t n, const int64_t *key, uint32_t *scratch)
{
    if (n <= 16) {
        for (size_t i = 1; i < n; i++) {
            uint32_t row = rows[i];
            size_t j = i;
            for (; j > 0 && key[rows[j - 1]] > key[row]; j--)
                rows[j] = rows[j - 1];
            rows[j] = row;
        }
        return;
    }
    size_t middle = n / 2;
    sort_rows(rows, middle, key, scratch);
    sort_rows(rows + middle, n - middle, key, scratch);
    if (key[rows[middle - 1]] > key[rows[middle]])
        merge(rows, middle, n, key, scratch);
}

/* Without keys a row's rank is how many of its user's rows came before. */
static void plan_in_input_order(const struct tt_split_last *rule, const uint32_t *users, size_t n,
                                const uint32_t *sizes, uint32_t *seen, unsigned char *parts)
{
    for (size_t row = 0; row < n; row++)
        if (parts[row] != TT_SPLIT_DROPPED)
            parts[row] = part_of_rank(rule, seen[users[row]]++, sizes[users[row]]);
}

int tt_split_plan_last(const struct tt_split_last *rule, const uint32_t *users, size_t n_users, size_t n,
                       int64_t *const *keys, size_t n_keys, unsigned char *parts, struct tt_err *err)
{
    uint32_t *sizes = tt_alloc_zero(n_users, sizeof(*sizes), err);
    uint32_t *ends = tt_alloc_zero(n_users, sizeof(*ends), err); /* where each user's rows end, of those placed */
    uint32_t *rows = NULL, *scratch = NULL;
    size_t left = 0, largest = 0;
    int status = -1;

    if (!sizes || !ends)
        goto done;
    for (size_t row = 0; row < n; row++)
        sizes[users[row]] += parts[row] != TT_SPLIT_DROPPED;
    if (n_keys == 0) {
        plan_in_input_order(rule, users, n, sizes, ends, parts);
        status = 0;
        goto done;
    }
    for (size_t u = 0; u < n_users; u++) {
        ends[u] = (uint32_t)left;
        left += sizes[u];
        largest = sizes[u] > largest ? sizes[u] : largest;
    }
    rows = tt_alloc(left, sizeof(*rows), err);
    scratch = tt_alloc(largest / 2, sizeof(*scratch), err);
    if (!rows || !scratch)
        goto done;
    for (size_t row = 0; row < n; row++) /* the rows of each user together, in input order */
        if (parts[row] != TT_SPLIT_DROPPED)
            rows[ends[users[row]]++] = (uint32_t)row;
    for (size_t u = 0; u < n_users; u++) {
        uint32_t *own = rows + ends[u] - sizes[u];
        for (size_t k = n_keys; k-- > 0;) /* stable: sorting by the last key first leaves its order to break ties */
            sort_rows(own, sizes[u], keys[k], scratch);
        for (size_t rank = 0; rank < sizes[u]; rank++)
            parts[own[rank]] = part_of_rank(rule, rank, sizes[u]);
    }
    status = 0;
done:
    free(sizes);
    free(ends);
    free(rows);
    free(scratch);
    return status;
}

/* Users or items while the k-core is made: a list of rows each, and those that fell below k and are not dropped yet. */
struct side {
    const uint32_t *of_row; /* (n_rows) who the row belongs to */
    uint32_t *count;        /* (n) rows left */
    uint32_t *first;        /* (n) a row of it, or NO_ROW */
    uint32_t *next;         /* (n_rows) another row of the same, or NO_ROW */
    uint32_t *waiting;      /* (n_waiting) at most n: each falls below k once */
    size_t n_waiting;
};

#define NO_ROW UINT32_MAX

static int side_init(struct side *side, const uint32_t *of_row, size_t n, size_t n_rows, const unsigned char *parts,
                     struct tt_err *err)
{
    side->of_row = of_row;
    side->count = tt_alloc_zero(n, sizeof(*side->count), err);
    side->first = tt_alloc(n, sizeof(*side->first), err);
    side->next = tt_alloc(n_rows, sizeof(*side->next), err);
    side->waiting = tt_alloc(n, sizeof(*side->waiting), err);
    if (!side->count || !side->first || !side->next || !side->waiting)
        return -1;
    memset(side->first, 0xff, n * sizeof(*side->first));
    for (size_t row = 0; row < n_rows; row++) {
        if (parts[row] == TT_SPLIT_DROPPED)
            continue;
        side->next[row] = side->first[of_row[row]];
        side->first[of_row[row]] = (uint32_t)row;
        side->count[of_row[row]]++;
    }
    return 0;
}

static void side_release(struct side *side)
{
    free(side->count);
    free(side->first);
    free(side->next);
    free(side->waiting);
}

static void find_waiting(struct side *side, size_t n, uint64_t k)
{
    for (size_t i = 0; i < n; i++)
        if (side->count[i] > 0 && side->count[i] < k)
            side->waiting[side->n_waiting++] = (uint32_t)i;
}

/* Drop the rows of those that wait. Who falls below k on the other side by this, waits there. Returns how many rows. */
static size_t drop_waiting(struct side *side, struct side *other, uint64_t k, unsigned char *parts)
{
    size_t dropped = 0;

    while (side->n_waiting > 0) {
        uint32_t row = side->first[side->waiting[--side->n_waiting]];
        for (; row != NO_ROW; row = side->next[row]) {
            uint32_t partner = other->of_row[row];
            if (parts[row] == TT_SPLIT_DROPPED)
                continue;
            parts[row] = TT_SPLIT_DROPPED;
            dropped++;
            if (other->count[partner]-- == k)
                other->waiting[other->n_waiting++] = partner;
        }
    }
    return dropped;
}

int tt_split_k_core(uint64_t k, const uint32_t *users, size_t n_users, const uint32_t *items, size_t n_items, size_t n,
                    unsigned char *parts, size_t *left, struct tt_err *err)
{
    struct side user = {0}, item = {0};
    int status = -1;

    if (side_init(&user, users, n_users, n, parts, err) || side_init(&item, items, n_items, n, parts, err))
        goto done;
    *left = 0;
    for (size_t row = 0; row < n; row++)
        *left += parts[row] != TT_SPLIT_DROPPED;
    /* The largest set that meets the condition is unique, so the order of dropping does not matter. */
    find_waiting(&user, n_users, k);
    find_waiting(&item, n_items, k);
    while (user.n_waiting > 0 || item.n_waiting > 0) {
        *left -= drop_waiting(&user, &item, k, parts);
        *left -= drop_waiting(&item, &user, k, parts);
    }
    status = 0;
done:
    side_release(&user);
    side_release(&item);
    return status;
}
