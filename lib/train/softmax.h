/* Softmax loss of queries over candidates, and its gradients. The candidates are the whole catalogue (exact), or a
 * sample of it.
 *
 * With B queries, N candidates, D dimensions, s_qj = u_q . v_j, temperature t, event weights w_qi of the query's
 * positives i, W_q = sum_i w_qi, and W = sum_q W_q:
 *
 *     loss = 1/W sum_q [ c W_q log Z_q  -  sum_i w_qi s_qi / t ],      Z_q = sum_j m_qj exp(s_qj / t)
 *
 * With a temperature t+ of its own, h = t+ / t, the positive term is (equation 13 of BSL)
 *
 *     h W_q log( sum_i w_qi exp(s_qi / t+) / W_q )        in place of        sum_i w_qi s_qi / t,
 *
 * which it tends to for a large h. A positive that scores low among its query's positives, because it fits nothing else
 * that the user did, has less weight then. h = 0 stands for the plain sum. A query with one positive has the same term
 * either way.
 *
 * c = 1 is the softmax; c > 1 weighs the negative term (BSL: Wu et al. 2024, "BSL: Understanding and Improving Softmax
 * Loss for Recommendation", equation 14, as one factor). m_qj is the weight of candidate j in q's sum:
 *
 *     1             a positive of q
 *     disliked_weight        an item that q dislikes
 *     1 / p_j       any other of the first S candidates, which all queries share; p_j is the probability that j is
 *                   among them, 1 for the whole catalogue
 *     0             any other of the N - S candidates behind those: they are positives or disliked items of some
 *                   queries, and no candidates of the others
 *
 * So Z_q estimates the sum over the catalogue without bias (Horvitz & Thompson 1952; the logQ correction of Yi et al.
 * 2019, RecSys, equation 3, for distinct candidates). A positive or a disliked item of a query is always its candidate,
 * once, sampled or not. Events of one query share its row of logits.
 *
 * All logits lie in [-1/t, 1/t]. With t >= 0.02 their exponentials and the sums of these are floats that neither
 * overflow nor vanish, so no maximum has to be found and subtracted. The exponentials of a step, S B floats, are kept
 * between the two passes that need them.
 */
#ifndef TT_TRAIN_SOFTMAX_H
#define TT_TRAIN_SOFTMAX_H

#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "math/softmax_tile.h"

/* Pairs of a query and a candidate, query by query: the positives of a step, or its disliked items. */
struct tt_pairs {
    const uint32_t *starts; /* (B + 1) */
    const uint32_t *query;  /* (starts[B]) the query of each pair */
    const uint32_t *item;   /* candidate numbers, distinct within a query */
    const float *weight;    /* positives: > 0 or 0; disliked: not read */
};

/* The factor of each pair in the gradients, d_u[query] += factor v[item] and the other way round, and the same pairs
 * grouped by candidate. */
struct tt_pair_factors {
    float *factor;            /* by pair */
    uint32_t *place;          /* by pair: where it stands in the order of candidates */
    uint32_t *starts;         /* (max_items + 1) of each candidate in that order */
    uint32_t *item_query;     /* in that order: each pair's query, */
    float *item_factor;       /* and its factor */
    size_t cap_factor, cap_place, cap_query, cap_item_factor;
};

struct tt_softmax {
    size_t max_queries;                 /* rounded up to whole panels of 64 */
    size_t max_shared, max_items, dim;
    const struct tt_tile_kernels *kernels;
    float *e;                           /* (panels, S, 64) exponentials */
    float *panels;                      /* (panels, dim, 64) the queries, transposed */
    float *u_scaled;                    /* (max_queries, dim) u_q c W_q / (t Z_q W) */
    float *positive_sum;                      /* (max_queries, dim) sum of w v over a query's positives */
    float *parts;                       /* (ranges - 1, max_queries, dim) E V of ranges of candidates */
    double *z;                          /* (ranges, max_queries) */
    double *losses;                     /* (max_queries) */
    float *shares;                      /* by positive, with h > 0: its share of W_q */
    size_t cap_shares;
    float *bias;                        /* (max_shared) - log2 p */
    struct tt_pair_factors positives, disliked;
};

struct tt_loss_options {
    double temperature;          /* t, from 0.02 up */
    double negative_weight;      /* c */
    double positive_temperature; /* h: 0, or above */
    double disliked_weight;      /* of an item with label 0 as a negative, at most 1e6; 0 only where there is none: such
                                    events are left out then */
};

/* A step: what the loss is computed from, and where its gradient goes. */
struct tt_softmax_step {
    size_t n_queries, n_shared, n_items; /* B >= 1, S >= 1, N >= S */
    const float *u, *v;           /* (B,D), (N,D) rows of length 1 or 0 */
    struct tt_pairs positives;
    struct tt_pairs disliked;     /* none of them a positive of its query; starts NULL: there are none */
    const float *log_p;           /* (S) logarithm of each shared candidate's p, -34 to 34, or NULL: all 1 */
    struct tt_loss_options loss;
    float *d_u, *d_v;             /* (B,D), (N,D) overwritten with the gradient of the loss */
};

/* How many bytes init will take (the pairs come later, and are few). */
size_t tt_softmax_bytes(size_t max_queries, size_t max_shared, size_t dim);

int tt_softmax_init(struct tt_softmax *softmax, size_t max_queries, size_t max_shared, size_t max_items, size_t dim,
                    const struct tt_tile_kernels *kernels, struct tt_err *err) TT_CHECKED;
void tt_softmax_release(struct tt_softmax *softmax);

/* *loss is in nats an event. Can fail only by running out of memory. Same bits for any pool. */
int tt_softmax_loss(struct tt_softmax *softmax, struct tt_pool *pool, const struct tt_softmax_step *step, double *loss,
                    struct tt_err *err) TT_CHECKED;

/* The same with plain loops in double, for tests: d_u, d_v and e, the terms of Z, are (B,D), (N,D) and (B,N); d_u and
 * d_v of the step are not touched. */
double tt_softmax_loss_ref(size_t dim, const struct tt_softmax_step *step, double *d_u, double *d_v, double *e);

#endif
