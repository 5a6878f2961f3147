/* The ranks of test events in several runs, and the parts of slices that the events belong to, as tt-eval --per-event
 * writes them: what runs are compared by in each part.
 *
 *     for each file: tt_csv_open(&csv, ...); tt_run_ranks_add(&r, &csv, &err); tt_csv_close(&csv);
 *     n = tt_run_ranks_part(&r, slice, part, events);
 *     tt_scores_init(&scores, &r.runs[run], events, n, ks, n_ks, &err);
 *     tt_run_ranks_release(&r);
 *
 * The files' columns are: key columns, of which the first is the user, then the item, "rank", and a column
 * "slice:NAME" for each slice. All files have the same events in the same order, with the same parts; their key
 * columns may differ, as those of a model with a context do.
 *
 * Memory: 20 bytes an event, run and slice, and each distinct text once.
 */
#ifndef TT_EVAL_RUN_RANKS_H
#define TT_EVAL_RUN_RANKS_H

#include "eval/ranks.h"
#include "io/csv_reader.h"
#include "table/vocab.h"

struct tt_run_slice {
    char *name;
    struct tt_vocab parts; /* by first appearance */
    uint32_t *part_of;     /* (n_events) */
    size_t cap_events;
};

struct tt_run_ranks {
    size_t n_events, n_slices, n_runs;
    struct tt_run_slice *slices;
    struct tt_ranks *runs; /* (n_runs) users have the same numbers in all of them */
    char **files;          /* (n_runs) their names */
    /* private */
    size_t cap_runs, cap_files, cap_rows;
    char *user, *item;            /* names of the first file's columns */
    struct tt_vocab users, items; /* by first appearance */
    uint64_t *rows;               /* (n_events) hashes of user, item and parts */
};

/* Read a run. The struct is all zero before the first. Errors, with FILE or FILE:LINE: a column that is missing; no
 * slice; no rows; a rank that is none; events, slices or parts that are not those of the first file. */
int tt_run_ranks_add(struct tt_run_ranks *r, struct tt_csv *csv, struct tt_err *err) TT_CHECKED;

/* The places of the part's events, ascending: events (n_events). Returns how many there are, at least 1. */
size_t tt_run_ranks_part(const struct tt_run_ranks *r, size_t slice, size_t part, uint32_t *events);

void tt_run_ranks_release(struct tt_run_ranks *r); /* fine on a struct that is all zero */

#endif
