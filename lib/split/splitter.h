/* Splits the rows of a table into train, valid and test, byte for byte as they stand in the input.
 *
 *     struct tt_split_options options = {.method = TT_SPLIT_LAST, .last.last = 1, .user = "user_id"};
 *     tt_csv_open(&csv, path, TT_CSV_AUTO, &err);
 *     tt_split(&csv, &options, parts, &counts, &err);       parts: open writers, which get the header and their rows
 *
 * LAST, and every method with a k-core, read the input twice: once to plan, once to write. A regular file is read
 * again, and must be the same the second time (by its fingerprint); any other input is copied to a spool (io/spool.h).
 * BEFORE, HASH and RANDOM without a k-core read it once.
 *
 * Memory: the distinct users and items (where they are counted or needed). A plan adds for each row 1 byte, 4 for the
 * user, 8 for each order key and 4 for sorting by them; with a k-core 4 for the item, and 8 while it is made. A plan
 * has at most 2^32 - 1 rows.
 *
 * The parts depend on the input's rows and the options alone.
 */
#ifndef TT_SPLIT_SPLITTER_H
#define TT_SPLIT_SPLITTER_H

#include <stdint.h>

#include "base/err.h"
#include "table/order_key.h"
#include "split/split_plan.h"
#include "io/csv_reader.h"
#include "io/stream.h"

enum tt_split_method {
    TT_SPLIT_LAST,   /* each user's last rows: split_plan.h */
    TT_SPLIT_BEFORE, /* time < before: train; else < valid_before: valid; else test */
    TT_SPLIT_HASH,   /* by the hash of columns: the same texts go to the same part in every file */
    TT_SPLIT_RANDOM, /* by the row's number */
};

enum { TT_SPLIT_MAX_COLUMNS = 8 };

struct tt_split_options {
    enum tt_split_method method;
    const char *user, *item; /* columns, or NULL; LAST needs user, a k-core both; else they are only counted */
    const char *columns[TT_SPLIT_MAX_COLUMNS]; /* LAST: the order's columns, first one first; HASH: the key's columns */
    size_t n_columns;
    struct tt_split_last last;          /* LAST */
    const char *time;                   /* BEFORE: the column */
    struct tt_order_key before;         /* BEFORE */
    struct tt_order_key valid_before;   /* BEFORE: form NONE: no valid part */
    double shares[TT_SPLIT_PARTS];      /* HASH, RANDOM: of 100, in the order of the parts */
    uint64_t seed;                      /* HASH, RANDOM */
    uint64_t k_core;                    /* 0 or 1: none */
};

struct tt_split_counts {
    uint64_t rows[TT_SPLIT_PARTS + 1]; /* the last: DROPPED */
    uint64_t users[TT_SPLIT_PARTS], items[TT_SPLIT_PARTS]; /* distinct ones; 0 without the column */
    uint64_t new_users, new_items;     /* those of test that are not in train */
};

/* The part of a hash or random number: the upper 53 bits of `bits`, as a fraction of 1, are compared with the running
 * sum of the shares. */
enum tt_split_part tt_split_by_shares(const double shares[TT_SPLIT_PARTS], uint64_t bits);

/* The hash of a key of several fields: each field's XXH3 (64 bits) is seeded with the hash of the field before it, the
 * first with `seed`. So ("a", "bc") and ("ab", "c") differ, and one field's hash is simply its XXH3. */
uint64_t tt_split_hash(const struct tt_csv_field *fields, size_t n, uint64_t seed);

/* Split. parts[p] is open, or NULL: then that part's rows are counted and not written. Writes the header to each part
 * first. Neither flushes nor finishes the writers. Errors name the line of the input. After a failure, what is in the
 * parts is undefined. */
int tt_split(struct tt_csv *csv, const struct tt_split_options *options, struct tt_writer *const parts[TT_SPLIT_PARTS],
             struct tt_split_counts *counts, struct tt_err *err) TT_CHECKED;

#endif
