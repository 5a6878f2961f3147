/* The scores by query of several runs over the same test rows, as tt-eval --per-query writes them, added up by user:
 * what compare.h compares.
 *
 *     tt_run_scores_init(&s, figures, n_figures, by_user, &err);
 *     for each file: tt_csv_open(&csv, ...); tt_run_scores_add(&s, &csv, &err); tt_csv_close(&csv);
 *     tt_run_scores_sums(&s, run, figure)          (s.n_users)
 *     tt_run_scores_divisors(&s, figure)              (s.n_users): what they are divided by
 *     tt_run_scores_release(&s);
 *
 * The files' columns are: key columns, of which the first is the user, then "n", the query's events, then figures,
 * called METRIC@K.
 *
 * Files with the same key columns have the same rows in the same order. A model with a context has queries that one
 * without has not: such files are joined by user, who must have the same number of events in both. Only figures over
 * events or over users can be compared then. Held in memory: 8 bytes a user, run and figure, 12 a query, and each
 * user's text once.
 */
#ifndef TT_EVAL_RUN_SCORES_H
#define TT_EVAL_RUN_SCORES_H

#include <stdint.h>

#include "table/vocab.h"
#include "io/csv_reader.h"

/* What a figure is a mean over: events as top_k_accuracy; else queries, or by user: users, who are the means of their
 * queries. */
enum tt_scores_mean { TT_SCORES_OVER_EVENTS, TT_SCORES_OVER_QUERIES, TT_SCORES_OVER_USERS };

struct tt_run_scores {
    int by_user;
    char **figures; /* (n_figures) */
    size_t n_figures;
    char *first;                       /* name of the first file */
    size_t n_users, n_queries, n_runs; /* queries: of the first file */
    double n_events;
    double *events, *queries, *ones; /* (n_users) of the first file; 1 for each */
    /* private */
    double **runs;            /* (n_runs) of (n_figures, n_users) */
    size_t cap_runs;
    char **keys;              /* (n_keys) its key columns */
    size_t n_keys;
    struct tt_vocab users;
    uint32_t *user_of;        /* (n_queries) */
    uint64_t *rows;           /* (n_queries) hashes of the key columns and n */
    size_t cap_user_of, cap_rows, cap_events, cap_queries, cap_ones;
};

/* figures (n_figures): the columns that are read; none: the first figure of the first file. On failure the struct is
 * released. */
int tt_run_scores_init(struct tt_run_scores *s, char *const *figures, size_t n_figures, int by_user,
                       struct tt_err *err) TT_CHECKED;
void tt_run_scores_release(struct tt_run_scores *s); /* fine on a struct that is all zero */

/* Read a run. Errors, with FILE or FILE:LINE: a column that is missing; no rows; a figure that is not a number from 0
 * to 1; rows, or users and their events, that are not those of the first file. */
int tt_run_scores_add(struct tt_run_scores *s, struct tt_csv *csv, struct tt_err *err) TT_CHECKED;

const double *tt_run_scores_sums(const struct tt_run_scores *s, size_t run, size_t figure);
const double *tt_run_scores_divisors(const struct tt_run_scores *s, size_t figure);

enum tt_scores_mean tt_run_scores_mean(const struct tt_run_scores *s, size_t figure);

/* How many events, queries or users the figure is a mean over. */
double tt_run_scores_n(const struct tt_run_scores *s, size_t figure);

#endif
