/* Composes training steps: which queries, candidates and pairs each step has.
 *
 *     tt_steps_init ... tt_steps_shuffle(epoch), tt_steps_make(0), tt_steps_make(1) ... tt_steps_make(n_steps - 1)
 *
 * There are two kinds of batches. By query, a step has `batch_size` of the queries that have positives, each with all
 * of them. By entry, an entry being a distinct pair of a query and a positive, a step has `batch_size` entries, and its
 * rows are their distinct queries. Both are sampled without replacement. Of the n items of the catalogue, these are
 * candidates that all queries of the step share:
 *
 *     all        every item
 *     sampled    `negatives` items, sampled uniformly without replacement
 *     batch      the distinct positives of the step
 *     mixed      these, and `negatives` sampled items
 *
 * A positive or disliked item of a query that is not among the shared candidates is a candidate of that query alone.
 * The sampling does not depend on the batch. So, given that a query is in the step, any item that is not its positive
 * is a shared candidate with the probability
 *
 *     p_j = 1 - (1 - b_j) (1 - negatives / n),      b_j = 1 - C(Q - 1 - m_j, b - 1) / C(Q - 1, b - 1)
 *
 * (sampled: b_j = 0; batch: negatives = 0), where Q is the number of queries, m_j of them have item j as a positive,
 * and b are in the step; by entry, Q is the number of entries, m_j of them with item j. A sum over the candidates of
 * x_j / p_j then has the expectation of the sum of x_j over the catalogue (Horvitz & Thompson 1952). By query that is
 * exact; with `batch`, an item that is only disliked is no candidate of other queries, so the sum over the items that
 * are positives is estimated. By entry, a query may have two entries in one step: both then are certain, and its sum is
 * slightly low. When a step has all queries or entries, or all items are sampled, every p_j is 1 and the loss is that
 * over all items.
 *
 * With a timeline, each row gets a random moment of its user's past in each step (timeline.h). Positives whose item the
 * user did not visit again from then on get weight 0: they are no targets of this step, but stay candidates with p 1.
 *
 * Everything follows from the queries, the seed and the numbers of epoch and step, in any order of the steps.
 */
#ifndef TT_TRAIN_STEPS_H
#define TT_TRAIN_STEPS_H

#include "train/queries.h"
#include "train/softmax.h"
#include "train/timeline.h"

enum tt_candidates {
    TT_CANDIDATES_AUTO,
    TT_CANDIDATES_ALL,
    TT_CANDIDATES_SAMPLED,
    TT_CANDIDATES_BATCH,
    TT_CANDIDATES_MIXED
};
extern const char *const tt_candidates_names[]; /* ended by NULL */

struct tt_steps_options {
    enum tt_candidates candidates; /* not auto */
    int by_entry;                /* else by query */
    size_t batch_size;           /* cut to what there is */
    size_t negatives;            /* sampled, mixed: > 0, cut to the catalogue; else not read */
    const struct tt_timeline *timeline; /* borrowed; NULL: all positives are targets */
};

struct tt_steps {
    const struct tt_queries *queries;      /* borrowed, as is the catalogue */
    const struct tt_catalogue *catalogue;
    const struct tt_timeline *timeline;
    enum tt_candidates kind;     /* which candidates */
    int by_entry;
    size_t batch_size, negatives;
    size_t n;                    /* queries or entries of an epoch */
    size_t n_steps;              /* of an epoch */
    size_t max_shared, max_candidates;
    /* the step at hand */
    size_t n_rows, n_shared, n_candidates;
    uint32_t *rows;              /* (n_rows) queries */
    uint32_t *moments;           /* (n_rows) with a timeline: targets are later, the history is before */
    const uint32_t *candidates;  /* (n_candidates) item rows: shared ones, then those of single queries */
    const float *log_p;          /* (n_shared) logarithm of each shared candidate's p, or NULL: all 1 */
    struct tt_pairs positives;
    struct tt_pairs disliked;    /* starts is NULL when there are none */
    double weight;               /* of the positives */
    /* private */
    uint64_t seed, epoch;
    uint32_t *order;             /* (n) of this epoch */
    uint32_t *sorted, *other;    /* by entry: (batch) the step's entries in rising order; and scratch */
    uint32_t *starts, *positive_query, *positive_item;
    float *positive_weight;
    uint32_t *disliked_starts, *disliked_query, *disliked_item;
    uint32_t *entry_query;       /* by entry: (n) */
    uint32_t *place_count;       /* batch, mixed: (catalogue.n) m of each place */
    float *place_log_p;          /* batch, mixed: (catalogue.n) of a whole batch */
    uint32_t *place_candidate;   /* (catalogue.n) the candidate number of a place in this step, or TT_NO_PLACE */
    uint32_t *own_candidates;    /* (max_candidates) */
    uint32_t *places;            /* (max_candidates) their places in the catalogue */
    float *own_log_p;            /* (max_shared) */
};

int tt_steps_init(struct tt_steps *steps, const struct tt_queries *queries, const struct tt_catalogue *catalogue,
                  const struct tt_steps_options *options, struct tt_err *err) TT_CHECKED;
void tt_steps_release(struct tt_steps *steps); /* fine on a struct that is all zero */

/* Are there sampled negatives among these candidates? */
static inline int tt_candidates_include_sampled(enum tt_candidates candidates)
{
    return candidates == TT_CANDIDATES_SAMPLED || candidates == TT_CANDIDATES_MIXED;
}

/* Are the positives of the whole step among these candidates? */
static inline int tt_candidates_include_batch(enum tt_candidates candidates)
{
    return candidates == TT_CANDIDATES_BATCH || candidates == TT_CANDIDATES_MIXED;
}

/* The number of queries that have positives, and of entries: what an epoch has. */
size_t tt_steps_queries(const struct tt_queries *queries);
size_t tt_steps_entries(const struct tt_queries *queries);

/* Shuffle the queries or entries for an epoch. */
void tt_steps_shuffle(struct tt_steps *steps, uint64_t seed, uint64_t epoch);

/* Make step `number` of the epoch, from 0: fills "the step at hand", which the next call overwrites. */
void tt_steps_make(struct tt_steps *steps, size_t number);

/* log p_j of above, from Q, b, m_j and the share of the catalogue that is sampled. */
double tt_steps_log_p(size_t n, size_t batch, size_t m, double sampled);

#endif
