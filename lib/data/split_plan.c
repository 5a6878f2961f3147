/* Which part of a split each row goes to: see split_plan.h. */
#include "data/split_plan.h"

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

int tt_split_k_core(uint64_t k, const uint32_t *users, size_t n_users, const uint32_t *items, size_t n_items, size_t n,
                    unsigned char *parts, size_t *left, struct tt_err *err)
{
    uint32_t *of_user = tt_alloc_zero(n_users, sizeof(*of_user), err);
    uint32_t *of_item = tt_alloc_zero(n_items, sizeof(*of_item), err);
    int changed = 1, status = -1;

    if (!of_user || !of_item)
        goto done;
    *left = 0;
    for (size_t row = 0; row < n; row++) {
        if (parts[row] == TT_SPLIT_DROPPED)
            continue;
        of_user[users[row]]++;
        of_item[items[row]]++;
        ++*left;
    }
    /* The largest set that meets the condition is unique, so the order of dropping does not matter. A sweep uses what
     * it has dropped itself, which leaves few sweeps: 5 to 30 on reviews. */
    while (changed) {
        changed = 0;
        for (size_t row = 0; row < n; row++) {
            if (parts[row] == TT_SPLIT_DROPPED || (of_user[users[row]] >= k && of_item[items[row]] >= k))
                continue;
            parts[row] = TT_SPLIT_DROPPED;
            of_user[users[row]]--;
            of_item[items[row]]--;
            --*left;
            changed = 1;
        }
    }
    status = 0;
done:
    free(of_user);
    free(of_item);
    return status;
}
