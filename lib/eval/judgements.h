/* What tt-eval --per-query wrote about several runs over the same test rows, added up by user: what compare.h wants.
 *
 *     tt_judgements_init(&j, figures, n_figures, &err);
 *     for each file: tt_csv_open(&csv, ...); tt_judgements_add(&j, &csv, &err); tt_csv_close(&csv);
 *     tt_judgements_sums(&j, run, figure)          (j.n_users)
 *     tt_judgements_under(&j, figure)              (j.n_users): what they are divided by
 *     tt_judgements_release(&j);
 *
 * The files' columns are: key columns, of which the first is the user, then "n", the query's events, then figures,
 * called METRIC@K. A figure is a mean over queries; top_k_accuracy is one over events.
 *
 * Files with the same key columns have the same rows in the same order. A model with a context has queries that one
 * without has not: such files are joined by user, who must have the same number of events in both, and only figures
 * over events can be compared. Held in memory: 8 bytes a user, run and figure, 12 a query, and each user's text once.
 */
#ifndef TT_EVAL_JUDGEMENTS_H
#define TT_EVAL_JUDGEMENTS_H

#include <stdint.h>

#include "table/vocab.h"
#include "io/csv_reader.h"

struct tt_judgements {
    char **figures; /* (n_figures) */
    size_t n_figures;
    size_t n_users, n_queries, n_runs; /* queries: of the first file */
    double n_events;
    double *events, *queries; /* (n_users) */
    /* private */
    double **runs;            /* (n_runs) of (n_figures, n_users) */
    size_t cap_runs;
    char *first;              /* name of the first file */
    char **keys;              /* (n_keys) its key columns */
    size_t n_keys;
    struct tt_vocab users;
    uint32_t *user_of;        /* (n_queries) */
    uint64_t *rows;           /* (n_queries) hashes of the key columns and n */
    size_t cap_user_of, cap_rows, cap_events, cap_queries;
};

/* figures (n_figures): the columns that are read; none: the first figure of the first file. On failure the struct is
 * released. */
int tt_judgements_init(struct tt_judgements *j, char *const *figures, size_t n_figures, struct tt_err *err) TT_CHECKED;
void tt_judgements_release(struct tt_judgements *j); /* fine on a struct that is all zero */

/* Read a run. Errors, with FILE or FILE:LINE: a column that is missing; no rows; a figure that is not a number from 0
 * to 1; rows, or users and their events, that are not those of the first file. */
int tt_judgements_add(struct tt_judgements *j, struct tt_csv *csv, struct tt_err *err) TT_CHECKED;

const double *tt_judgements_sums(const struct tt_judgements *j, size_t run, size_t figure);
const double *tt_judgements_under(const struct tt_judgements *j, size_t figure);

/* Is the figure a mean over events? Else it is one over queries. */
int tt_judgements_is_over_events(const struct tt_judgements *j, size_t figure);

#endif
