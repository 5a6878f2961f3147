/* Pairs of models compared by one or several figures, over all test events or in each part of their slices. The
 * p-values are corrected for all of these comparisons.
 *
 *     tt_compared_models_add_run(&models, "base", 4, &err);       for each run, in the order of the files
 *     tt_pairwise_scores(&findings, &models, &scores, pool, &options, &err);
 *     tt_pairwise_parts(&findings, &models, &ranks, figures, n_figures, by_user, pool, &options, &err);   or this
 *     tt_findings_release(&findings);
 *     tt_compared_models_release(&models);
 */
#ifndef TT_EVAL_PAIRWISE_H
#define TT_EVAL_PAIRWISE_H

#include "eval/compare.h"
#include "eval/run_ranks.h"
#include "eval/run_scores.h"
#include "math/metrics.h"

struct tt_compared_model {
    char *name;
    size_t *runs, n_runs, cap_runs; /* (n_runs) numbers of its runs in tt_run_scores or tt_run_ranks, from 0 */
};

/* Ordered by their first run. All zero before it. */
struct tt_compared_models {
    struct tt_compared_model *all;
    size_t n, cap;
    size_t n_runs; /* of all models */
};

/* The next run is one of the model with this name. On failure the models are to be released. */
int tt_compared_models_add_run(struct tt_compared_models *models, const char *name, size_t len,
                               struct tt_err *err) TT_CHECKED;
void tt_compared_models_release(struct tt_compared_models *models); /* fine on a struct that is all zero */

/* Which models each model is compared with: the first, the previous, or all before it. */
enum tt_against { TT_AGAINST_FIRST, TT_AGAINST_PREVIOUS, TT_AGAINST_ALL };
extern const char *const tt_against_names[]; /* "first", "previous", "all", NULL */

struct tt_pairwise_options {
    enum tt_against against;
    struct tt_compare_options compare;
};

/* METRIC@K, as "recall@10". */
struct tt_figure {
    const char *name; /* borrowed */
    enum tt_metric metric;
    size_t k;
};

/* 0, or -1 when the name is not a metric, '@' and a number from 1. */
int tt_figure_parse(struct tt_figure *figure, const char *name) TT_CHECKED;

/* What one comparison found. All texts are borrowed from the models and from what was compared. */
struct tt_finding {
    const char *model, *base;   /* names */
    const char *figure;         /* as "recall@10" */
    const char *slice, *part;   /* of the test events; NULL: all of them. The part has no final NUL byte */
    size_t part_len;
    size_t n_runs, n_base_runs;
    size_t n_users;             /* 1: nothing was compared, c has the values and their difference, all else is NaN */
    double n;                   /* what the figure is a mean over ... */
    const char *unit;           /* ... as "events" */
    double p_holm;              /* c.p corrected for all findings */
    struct tt_comparison c;
};

/* Ordered by slice and part, then by figure, then by model, then by base. */
struct tt_findings {
    struct tt_finding *all;
    size_t n, cap;
};

/* Compare by all test events, figure by figure. models: at least two, with as many runs as the scores. findings: all
 * zero; to be released after a failure, too. Errors: a single user; memory. Same bits for any pool. */
int tt_pairwise_scores(struct tt_findings *findings, const struct tt_compared_models *models,
                       const struct tt_run_scores *scores, struct tt_pool *pool,
                       const struct tt_pairwise_options *options, struct tt_err *err) TT_CHECKED;

/* The same in each part of each slice, by the events of the part as if there were no others. figures (n_figures).
 * by_user: as in run_scores.h. Errors: a figure that is a mean over queries, when a run has other queries than the
 * first; memory. */
int tt_pairwise_parts(struct tt_findings *findings, const struct tt_compared_models *models,
                      const struct tt_run_ranks *ranks, const struct tt_figure *figures, size_t n_figures, int by_user,
                      struct tt_pool *pool, const struct tt_pairwise_options *options, struct tt_err *err) TT_CHECKED;

void tt_findings_release(struct tt_findings *findings); /* fine on a struct that is all zero */

#endif
