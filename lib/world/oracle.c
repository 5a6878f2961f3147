/* The best possible accuracy: see oracle.h. */
#include "world/oracle.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* out[i] += weight * the sum of the ks[i] largest of p (n). */
static void add_top(const double *p, size_t n, const int *ks, size_t n_k, double weight, double *out)
{
    double top[TT_ORACLE_MAX_K] = {0}; /* falling; the first `have` count */
    int k = ks[n_k - 1], have = 0;

    for (size_t s = 0; s < n; s++) {
        if (have == k && p[s] <= top[k - 1])
            continue;
        int at = have < k ? have++ : k - 1;
        for (; at > 0 && top[at - 1] < p[s]; at--)
            top[at] = top[at - 1];
        top[at] = p[s];
    }
    double sum = 0;
    for (int i = 0, next = 0; next < (int)n_k; next++) {
        for (; i < ks[next] && i < have; i++)
            sum += top[i];
        out[next] += weight * sum;
    }
}

/* What is added up over users, for one figure. */
struct sums {
    double weight, value, square;
};

static void add_user(struct sums *sums, double weight, double value)
{
    sums->weight += weight;
    sums->value += weight * value;
    sums->square += weight * value * value;
}

static struct tt_oracle finish_sums(const struct sums *sums, uint64_t n, int sampled)
{
    double mean = sums->value / sums->weight, variance = sums->square / sums->weight - mean * mean;
    double half = sampled && n > 1 && variance > 0 ? 1.96 * sqrt(variance / (double)(n - 1)) : 0;

    return (struct tt_oracle){mean, mean - half, mean + half};
}

int tt_world_oracle(const struct tt_world *world, const int *ks, size_t n_k, struct tt_oracle *with_meal,
                    struct tt_oracle *without_meal, uint64_t *n_users, struct tt_err *err)
{
    const uint64_t budget = 100 * 1000 * 1000, most = 20000; /* stores times users; about a second */
    const struct tt_world_options *o = tt_world_get_options(world);
    uint64_t n = o->n_users, n_stores = o->n_stores;
    int sampled = n > budget / n_stores, status = -1;
    struct tt_rng rng;

    assert(n_k > 0 && ks[n_k - 1] <= TT_ORACLE_MAX_K);
    if (sampled) {
        n = budget / n_stores > most ? most : budget / n_stores;
        n = n < 100 ? 100 : n;
    }
    double *p = tt_alloc(n_stores, sizeof(*p), err), *best = tt_alloc(2 * n_k, sizeof(*best), err);
    struct sums *sums = tt_alloc_zero(2 * n_k, sizeof(*sums), err);
    if (!p || !best || !sums)
        goto done;
    tt_rng_init(&rng, o->seed, TT_RNG_ORACLE, 0);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t user = sampled ? tt_world_draw_user(world, &rng) : i;
        double weight = sampled ? 1 : pow((double)i + 1, -o->zipf_users);
        memset(best, 0, 2 * n_k * sizeof(*best));
        for (int meal = 0; meal < tt_world_meals(world)->n; meal++) {
            if (tt_world_probabilities(world, user, meal, p, err))
                goto done;
            add_top(p, (size_t)n_stores, ks, n_k, tt_world_meal_shares(world)[meal], best);
        }
        if (tt_world_probabilities(world, user, -1, p, err))
            goto done;
        add_top(p, (size_t)n_stores, ks, n_k, 1, best + n_k);
        for (size_t k = 0; k < 2 * n_k; k++)
            add_user(&sums[k], weight, best[k]);
    }
    for (size_t k = 0; k < n_k; k++) {
        with_meal[k] = finish_sums(&sums[k], n, sampled);
        without_meal[k] = finish_sums(&sums[n_k + k], n, sampled);
    }
    *n_users = n;
    status = 0;
done:
    free(p);
    free(best);
    free(sums);
    return status;
}
