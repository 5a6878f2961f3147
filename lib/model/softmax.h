/* Softmax loss of queries over candidates: the whole catalogue (exact), or a sample of it.
 *
 * With B queries, N candidates, D dimensions, s_qj = u_q . v_j, temperature t, event weights w_qi of the query's
 * positives i, W_q = sum_i w_qi, and W = sum_q W_q:
 *
 *     loss = 1/W sum_q [ c W_q log Z_q  -  sum_i w_qi s_qi / t ],      Z_q = sum_j exp(s_qj / t) / p_qj
 *
 * c = 1 is the softmax; c > 1 weighs the negative term (BSL: Wu et al. 2024, "BSL: Understanding and Improving Softmax
 * Loss for Recommendation", equation 14, as one factor). p_qj is the probability that candidate j is in the sample: 1
 * for the whole catalogue and for the query's own positives, so that Z_q estimates the full sum without bias (Horvitz &
 * Thompson 1952; the logQ correction of Yi et al. 2019, RecSys, equation 3, for distinct candidates). Events that share
 * a query share its row of logits.
 *
 * All logits lie in [-1/t, 1/t]. With t >= 0.02 their exponentials and the sums of these are floats that neither
 * overflow nor vanish, so no maximum has to be found and subtracted. The exponentials of a step are kept, N B floats,
 * between the two passes that need them.
 */
#ifndef TT_MODEL_SOFTMAX_H
#define TT_MODEL_SOFTMAX_H

#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"

struct tt_softmax {
    size_t max_queries, max_items, dim; /* rounded up to whole tiles */
    float *e;                           /* (item tiles, query tiles, 64, 512) exponentials */
    float *u_scaled;                    /* (max_queries, dim) u_q c W_q / (t Z_q W) */
    double *losses;                     /* (max_queries) */
    float *log_p;                       /* (max_items) padded copy */
    uint32_t *by_item_starts;           /* (max_items + 1) positives grouped by candidate */
    uint32_t *by_item;                  /* positives in that order */
    size_t cap_by_item;
};

/* The positives of a step's queries. */
struct tt_positives {
    const uint32_t *starts; /* (B + 1) */
    const uint32_t *query;  /* (starts[B]) the query of each positive */
    const uint32_t *item;   /* candidate numbers, distinct within a query */
    const float *weight;    /* > 0 or 0 */
};

/* How many bytes init will take (the positives by candidate come later, and are few). */
size_t tt_softmax_bytes(size_t max_queries, size_t max_items, size_t dim);

int tt_softmax_init(struct tt_softmax *softmax, size_t max_queries, size_t max_items, size_t dim,
                    struct tt_err *err) TT_CHECKED;
void tt_softmax_release(struct tt_softmax *softmax);

/* The number of rows that u, v, d_u and d_v must have room for. Rows beyond the real ones are set to zero here. */
size_t tt_softmax_rows_u(size_t n_queries);
size_t tt_softmax_rows_v(size_t n_items);

/*   u (B,D), v (N,D)  rows of length 1 or 0
 *   log_p  (N) logarithm of each candidate's p, finite, or NULL: all 1
 *   temperature  from 0.02 up
 *   d_u (B,D), d_v (N,D) overwritten with the gradient of the loss
 * *loss is in nats an event. Can fail only by running out of memory. Same bits for any pool. */
int tt_softmax_loss(struct tt_softmax *softmax, struct tt_pool *pool, size_t n_queries, size_t n_items, float *u,
                    float *v, const struct tt_positives *positives, const float *log_p, double temperature, double c,
                    float *d_u, float *d_v, double *loss, struct tt_err *err) TT_CHECKED;

/* The same with plain loops in double, for tests: d_u, d_v and e are (B,D), (N,D) and (B,N). */
double tt_softmax_loss_ref(size_t dim, size_t n_queries, size_t n_items, const float *u, const float *v,
                           const struct tt_positives *positives, const float *log_p, double temperature, double c,
                           double *d_u, double *d_v, double *e);

#endif
