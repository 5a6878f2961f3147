/* The plan of a split: the part of each row, where it depends on other rows. It is made from arrays with one entry a
 * row, before any row is written. splitter.h reads and writes the rows.
 */
#ifndef TT_SPLIT_SPLIT_PLAN_H
#define TT_SPLIT_SPLIT_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum tt_split_part {
    TT_SPLIT_TRAIN,
    TT_SPLIT_VALID,
    TT_SPLIT_TEST,
    TT_SPLIT_PARTS, /* the number of parts */
    TT_SPLIT_DROPPED = TT_SPLIT_PARTS, /* in no part */
};

/* How many of a user's rows, the last ones in order, go to test, and how many before them to valid; the rest is train.
 *   count:  test = min(last, n - 1), valid = min(valid_last, n - 1 - test): one row at least stays in train.
 *   share:  test = floor(share * n), m = n - test, valid = floor(valid_share * m), with the products rounded to double
 *           first, as by numpy's (n * share).astype(int). */
struct tt_split_last {
    int by_share;
    uint64_t last, valid_last;
    double share, valid_share; /* from 0 up, below 1 */
};

void tt_split_last_sizes(const struct tt_split_last *rule, size_t n, size_t *valid, size_t *test);

/* Set the part of each row that is not dropped, by its rank among its user's rows that are not dropped.
 *   users  (n)        the user of each row, below n_users
 *   keys   (n_keys)   arrays of n: the order of a user's rows is by keys[0], ties by keys[1] ..., then by row number
 *   parts  (n)        in: DROPPED or anything else; out: DROPPED stays, others become TRAIN, VALID or TEST
 * Needs 4 bytes a row and 8 a user during the call; without keys 8 a user. */
int tt_split_plan_last(const struct tt_split_last *rule, const uint32_t *users, size_t n_users, size_t n,
                       int64_t *const *keys, size_t n_keys, unsigned char *parts, struct tt_err *err) TT_CHECKED;

/* The k-core of the rows (Seidman 1983, "Network structure and minimum degree", for the graph whose edges are the rows
 * between users and items): drop the rows of users and items with fewer than k rows, again and again, until there is no
 * such user or item. Rows count, not distinct pairs; dropped rows do not. Sets the parts of those rows to DROPPED, and
 * *left to the number of other rows. Time and memory are linear: 8 bytes a row and 12 a user and item during the
 * call. */
int tt_split_k_core(uint64_t k, const uint32_t *users, size_t n_users, const uint32_t *items, size_t n_items, size_t n,
                    unsigned char *parts, size_t *left, struct tt_err *err) TT_CHECKED;

#endif
