/* Recommended lists against the test events: reads both and finds the rank of each event's item in its query's list.
 *
 *     tt_csv_open(&lists, ...); tt_csv_open(&truth, ...);
 *     tt_evaluation_run(&e, &(struct tt_evaluation_sources){.lists = &lists, .truth = &truth}, ks, n_ks, may_be_short,
 *                       &err);
 *     tt_scores_estimates(&e.scores, pool, 1000, seed, estimates, NULL, &err);
 *     tt_evaluation_release(&e);
 *
 * The lists' columns are: key columns, "rank", the item, and others that are not read. The truth has the same key
 * columns and the item, found by name. A query is one value of all key columns; its user is the first of them. The
 * queries that count are those of the truth: each is evaluated by its targets, the distinct items of its events. The
 * metrics of a query without a list are 0; lists of other queries are checked and ignored.
 *
 * The truth is held in memory: 20 bytes an event, and each distinct text once. Of the lists only the ranks of targets
 * and the texts of new queries and items are kept. Codes are given by first appearance, truth before lists, and all
 * sums are taken in that order.
 */
#ifndef TT_EVAL_EVALUATION_H
#define TT_EVAL_EVALUATION_H

#include <stdint.h>

#include "eval/interactions.h"
#include "eval/novelty.h"
#include "eval/ranks.h"
#include "eval/scores.h"
#include "eval/slice.h"
#include "io/csv_reader.h"
#include "io/stream.h"
#include "table/vocab.h"

/* What is known of an item, by its code. A list is named by its number, from 1. */
struct tt_evaluated_item {
    uint32_t listed_in;   /* the last list that holds it; 0: none */
    uint32_t target_in;   /* the last list whose query has it as a target */
    uint32_t target;      /* ... and its place in ranks.targets */
    uint32_t best_rank;   /* the least rank in a list that counts; 0: in none */
    uint32_t in_training; /* its code there, or TT_VOCAB_NONE */
    int in_catalogue;
};

struct tt_evaluation {
    struct tt_ranks ranks;               /* the events of the truth that count, at least 1, and their items' ranks */
    struct tt_scores scores;             /* by all of them */
    struct tt_novelty novelty;           /* all zero without training events */
    size_t n_lists;                      /* of their queries; may be fewer */
    size_t n_known_events;               /* of the truth, that do not count: their user had the item already */
    size_t n_unlisted_events;            /* events whose item is in no list at all */
    size_t n_ignored_lists, n_ignored_rows; /* of queries that the truth does not have */
    size_t max_rank;                     /* in any list; 0: no rows */
    size_t n_catalogue, n_uncatalogued;  /* distinct items there; items in lists that count and not there */
    /* private */
    const size_t *ks; /* (n_ks), ascending, borrowed */
    size_t n_ks;
    char **names; /* (n_keys + 1): the key columns, the item */
    size_t n_keys;
    struct tt_vocab queries, users, items; /* a query's text: its key fields joined by NUL bytes */
    struct tt_interactions known, training;
    struct tt_slices *slices; /* or NULL; borrowed */
    struct tt_buf key;
    struct tt_evaluated_item *item; /* by code */
    size_t n_item, cap_item;
    uint64_t *first_line;     /* of each query's list, 0: none; by code, also of queries that do not count */
    size_t n_first_line, cap_first_line;
};

/* What an evaluation reads: open files with their headers read, NULL where there is none. Users and items have the
 * names of the lists' first key column and item column in all of them. */
struct tt_evaluation_sources {
    struct tt_csv *lists, *truth;
    struct tt_csv *known;     /* earlier events: an event of the truth whose user has its item there does not count */
    struct tt_csv *training;  /* the training events: novelty and popularity of the lists, and slices by them */
    struct tt_csv *items;     /* the catalogue: coverage, and slices by its columns */
    struct tt_csv *users;     /* slices by their columns */
    struct tt_slices *slices; /* initialised; borrowed until release; cut when the run is done */
};

/* Read earlier and training events, which are held in memory as pairs, the truth, the lists, and then items and users.
 * ks (n_ks): ascending, 1 and up, n_ks >= 1, borrowed until release. When the longest list is shorter than the
 * greatest k, that is an error unless may_be_short: a file made for k = 10 says nothing about k = 20. On failure the
 * struct is released. Errors: a column that is missing; a truth without events, or without any that counts; training
 * events or a catalogue without rows; ranks that do not count 1, 2, 3 ...; rows of a query that are not consecutive; an
 * item twice in a list; slices that tt_slices_find refuses; and what csv_reader finds. */
int tt_evaluation_run(struct tt_evaluation *e, const struct tt_evaluation_sources *sources, const size_t *ks,
                      size_t n_ks, int may_be_short, struct tt_err *err) TT_CHECKED;
void tt_evaluation_release(struct tt_evaluation *e);

/* Distinct items among the first k of the lists that count. */
size_t tt_evaluation_distinct(const struct tt_evaluation *e, size_t k);

/* The same as tt_evaluation_distinct, of the catalogue's items only, divided by their number: 0 ... 1. Needs a
 * catalogue. */
double tt_evaluation_coverage(const struct tt_evaluation *e, size_t k);

#endif
