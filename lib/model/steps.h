/* Which queries, candidates and positives make up each training step.
 *
 *     tt_steps_init ... tt_steps_shuffle(epoch), tt_steps_make(0), tt_steps_make(1) ... tt_steps_make(n_steps - 1)
 *
 * Full: a step takes `batch` of the queries that want something; every item of the catalogue is a candidate, and a
 * query brings all of its positives.
 *
 * Sampled: an entry is a distinct pair of a query and an item that it wants. A step takes `batch` entries without
 * replacement; their distinct queries are its rows, their distinct items its candidates. With E entries in all, m of
 * them with item j, and b in the step, an item j that is not a query's own is a candidate of that query's step with
 * probability
 *
 *     p_j = 1 - C(E - 1 - m, b - 1) / C(E - 1, b - 1)
 *
 * given that the query's entry is there. So a sum over the candidates of x_j / p_j has the expectation of the sum of
 * x_j over the catalogue (Horvitz & Thompson 1952), but for the chance that a query has two entries in one step. When a
 * step holds all entries, every p_j is 1 and the sampled loss is the full one.
 *
 * Everything follows from the queries, the seed and the numbers of epoch and step.
 */
#ifndef TT_MODEL_STEPS_H
#define TT_MODEL_STEPS_H

#include "model/catalogue.h"
#include "model/softmax.h"

struct tt_steps {
    const struct tt_queries *queries;      /* borrowed, as is the catalogue */
    const struct tt_catalogue *catalogue;
    int is_sampled;
    size_t batch;
    size_t n;                    /* queries (full) or entries (sampled) of an epoch */
    size_t n_steps;              /* of an epoch */
    size_t max_candidates;
    /* the step at hand */
    size_t n_rows, n_candidates;
    uint32_t *rows;              /* (n_rows) queries */
    const uint32_t *candidates;  /* (n_candidates) item rows */
    const float *log_p;          /* (n_candidates) logarithm of each candidate's p, or NULL: all 1 */
    struct tt_pairs positives;
    double weight;               /* of the positives */
    /* private */
    uint32_t *order;             /* (n) of this epoch */
    uint32_t *starts, *p_query, *p_item;
    float *p_weight;
    size_t cap_query, cap_item, cap_weight;
    uint32_t *entry_query;       /* sampled: (n) */
    uint32_t *entry_count;       /* sampled: (catalogue.n) m of each place */
    float *place_log_p;          /* sampled: (catalogue.n) of a whole batch */
    uint32_t *place_candidate; /* sampled: (catalogue.n) the candidate number of a place in this step, or TT_NO_PLACE */
    uint32_t *sampled_items;     /* sampled: (max_candidates) */
    float *sampled_log_p;        /* sampled: (max_candidates) */
};

int tt_steps_init(struct tt_steps *steps, const struct tt_queries *queries, const struct tt_catalogue *catalogue,
                  int is_sampled, size_t batch, struct tt_err *err) TT_CHECKED;
void tt_steps_release(struct tt_steps *steps); /* fine on a struct that is all zero */

/* How many queries want something, and how many entries there are: what an epoch counts. */
size_t tt_steps_queries(const struct tt_queries *queries);
size_t tt_steps_entries(const struct tt_queries *queries);

/* Draw the order of an epoch. */
void tt_steps_shuffle(struct tt_steps *steps, uint64_t seed, uint64_t epoch);

/* Make step `number` of the epoch, from 0: fills "the step at hand", which the next call overwrites. */
int tt_steps_make(struct tt_steps *steps, size_t number, struct tt_err *err) TT_CHECKED;

/* log p_j of above. */
double tt_steps_log_p(size_t entries, size_t batch, size_t m);

#endif
