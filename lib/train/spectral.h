/* Spectral initialisation of the tables, by the truncated singular value decomposition of the degree-normalised visits,
 *
 *     A = D_u^-1/2 R D_i^-1/2 ~ U diag(s) V',     R (users, items): visit weights,  D: its row and column sums,
 *
 * by randomised subspace iteration (Halko, Martinsson & Tropp 2011, algorithms 4.4 and 5.1, the power being A'A).
 * Then
 *
 *     item row     V sqrt(s), scaled to length 1
 *     user row     U sqrt(s), scaled to length 1
 *     history row  V / sqrt(s) D_i^-1/2, scaled so that the users' bags have mean length 1
 *                  (a bag then points to the user's row)
 *     an item's history, of users: likewise U / sqrt(s) D_u^-1/2, scaled so that the items' bags have mean length 1
 *     item attribute   the mean of its items' rows
 *     user attribute, context   the mean of its users' or events' rows, less the mean of all
 *
 * and every row gets a little noise, so that equal rows can become different.
 */
#ifndef TT_TRAIN_SPECTRAL_H
#define TT_TRAIN_SPECTRAL_H

#include "encode/events.h"
#include "model/model.h"

/* The decomposition. visits: (n_users) bags of items; rank <= min(n_users, n_items). u (n_users, rank), v (n_items,
 * rank), s (rank) falling; where a singular value is 0, so are the columns of u and v. Same bits for any pool. */
int tt_spectral_svd(const struct tt_bags *visits, size_t n_users, size_t n_items, size_t rank, uint64_t seed,
                    struct tt_pool *pool, float *u, float *v, double *s, struct tt_err *err) TT_CHECKED;

/* Fill the model's tables. visits as above over users (row 0 is empty), of the training events. */
int tt_spectral_start(struct tt_model *model, const struct tt_events *events, const struct tt_bags *visits,
                      uint64_t seed, double noise, struct tt_pool *pool, struct tt_err *err) TT_CHECKED;

/* Random initialisation: every number is normal with variance 1/dim. */
void tt_random_start(struct tt_model *model, uint64_t seed);

#endif
