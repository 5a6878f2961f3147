/* Writes an evaluation as TSV, each table with a header; tt-eval(1) describes the columns.
 *
 *     tt_evaluation_figures_init(&figures, &e, pool, 1000, seed, &err);
 *     tt_evaluation_write_metrics(&e, &figures, "run", &writer, &err);        likewise the other tables
 *     tt_evaluation_figures_release(&figures);
 */
#ifndef TT_EVAL_EVALUATION_WRITER_H
#define TT_EVAL_EVALUATION_WRITER_H

#include "base/pool.h"
#include "eval/evaluation.h"

/* The means over all test events, with their intervals. */
struct tt_evaluation_figures {
    struct tt_estimate *means;   /* (n_ks, TT_METRICS) */
    struct tt_estimate *novelty; /* (n_ks, TT_NOVELTY_FIGURES); not set without training events */
    double *replicates;          /* (n_ks, TT_METRICS, resamples) */
    size_t resamples;
};

/* resamples, seed: of the intervals; resamples may be 0. Fails only for memory: the figures are released then. Same
 * bits for any pool. */
int tt_evaluation_figures_init(struct tt_evaluation_figures *figures, const struct tt_evaluation *e,
                               struct tt_pool *pool, size_t resamples, uint64_t seed, struct tt_err *err) TT_CHECKED;
void tt_evaluation_figures_release(struct tt_evaluation_figures *figures); /* fine on a struct that is all zero */

/* A line a metric and k, then distinct_items, coverage with a catalogue, novelty and popularity with training events.
 * run: the name in the first column. */
int tt_evaluation_write_metrics(const struct tt_evaluation *e, const struct tt_evaluation_figures *figures,
                                const char *run, struct tt_writer *writer, struct tt_err *err) TT_CHECKED;

/* A line a resample: METRIC@K, k by k. */
int tt_evaluation_write_replicates(const struct tt_evaluation *e, const struct tt_evaluation_figures *figures,
                                   struct tt_writer *writer, struct tt_err *err) TT_CHECKED;

/* A line a slice, part, metric and k, by the part's events as if there were no others. e has slices. */
int tt_evaluation_write_slices(const struct tt_evaluation *e, const char *run, struct tt_pool *pool, size_t resamples,
                               uint64_t seed, struct tt_writer *writer, struct tt_err *err) TT_CHECKED;

/* A line a query, in the order of the truth: key columns, n (its events), and METRIC@K, metric by metric. */
int tt_evaluation_write_queries(const struct tt_evaluation *e, struct tt_writer *writer, struct tt_err *err) TT_CHECKED;

/* A line an event that counts, in the order of the truth: key columns, the item, and "rank", where the item stands in
 * the query's list, at any depth; "-": it does not; and for each slice, as "slice:NAME", the event's part. */
int tt_evaluation_write_events(const struct tt_evaluation *e, struct tt_writer *writer, struct tt_err *err) TT_CHECKED;

#endif
