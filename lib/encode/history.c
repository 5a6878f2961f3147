/* Histories: see history.h. */
#include "encode/history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static const double day = 86400;
static const double MAX_VISITS = 1e30; /* a sum of huge event weights stays a finite float */

/* One event of the user at hand. */
struct visit {
    uint32_t item;
    uint32_t time;
    float weight;
};

static int compare_visits(const void *left, const void *right)
{
    const struct visit *a = left, *b = right;

    if (a->item != b->item)
        return a->item < b->item ? -1 : 1;
    if (a->time != b->time)
        return a->time < b->time ? -1 : 1;
    return (a->weight > b->weight) - (a->weight < b->weight); /* sums in one order, whatever qsort does with equals */
}

static float count_weight(const struct tt_column *column, double visits)
{
    if (visits > MAX_VISITS)
        visits = MAX_VISITS;
    switch (column->count) {
    case TT_COUNT_LOG: return (float)(log1p(visits) / log(2));
    case TT_COUNT_SQRT: return (float)sqrt(visits);
    case TT_COUNT_LINEAR: return (float)visits;
    default: return 1;
    }
}

/* The visits that a weight was made of. A file may hold any finite weight. */
static double visits_of_weight(const struct tt_column *column, float weight)
{
    double w = (double)weight > 0 ? (double)weight : 0;
    double visits = column->count == TT_COUNT_LOG ? expm1(w * log(2)) : column->count == TT_COUNT_SQRT ? w * w : w;

    return visits < MAX_VISITS ? visits : MAX_VISITS;
}

/* What is left of something after so many seconds. */
static double fade(const struct tt_column *column, double age)
{
    return column->half_life > 0 ? exp2(-age / (column->half_life * day)) : 1;
}

/* One user's earlier bag. */
struct earlier_bag {
    const uint32_t *codes;
    const float *weights;
    size_t n;
    uint32_t latest;
};

/* The bag of one user's n visits, which are sorted, and of the earlier ones: appended to codes and weights. Returns its
 * size. */
static size_t make_bag(const struct tt_column *column, const struct earlier_bag *earlier, const struct visit *visits,
                       size_t n, uint32_t *codes, float *weights)
{
    uint32_t latest = earlier->latest;
    size_t size = 0;

    for (size_t i = 0; i < n; i++)
        latest = visits[i].time > latest ? visits[i].time : latest;
    double left = fade(column, (double)latest - earlier->latest);
    for (size_t i = 0, e = 0; i < n || e < earlier->n;) {
        double sum = 0;
        uint32_t item = i == n || (e < earlier->n && earlier->codes[e] < visits[i].item) ? earlier->codes[e]
                                                                                          : visits[i].item;
        if (e < earlier->n && earlier->codes[e] == item)
            sum = left * visits_of_weight(column, earlier->weights[e++]);
        for (; i < n && visits[i].item == item; i++)
            sum += (double)visits[i].weight * fade(column, (double)latest - visits[i].time);
        codes[size] = item;
        weights[size++] = count_weight(column, sum);
    }
    return size;
}

static int counts(const struct tt_visits *v, size_t e)
{
    return v->item[e] != 0 && (!v->label || v->label[e]) && (!v->weight || v->weight[e] > 0);
}

/* Where each user's visits begin when they are ordered by user; starts has n_users + 1 places. */
static void count_visits(uint64_t *starts, size_t n_users, const struct tt_visits *v)
{
    memset(starts, 0, (n_users + 1) * sizeof(*starts));
    for (size_t e = 0; e < v->n; e++)
        starts[v->user[e] + 1] += (uint64_t)counts(v, e);
    for (size_t u = 0; u < n_users; u++)
        starts[u + 1] += starts[u];
}

int tt_history_extend(struct tt_bags *bags, const struct tt_column *column, size_t n_users,
                      const struct tt_earlier_histories *earlier, const struct tt_visits *v, struct tt_err *err)
{
    uint64_t *starts = tt_alloc(n_users + 1, sizeof(*starts), err);
    struct visit *visits = tt_alloc(v->n, sizeof(*visits), err);
    size_t used = 0, n_earlier = earlier ? earlier->bags->n_rows : 0;
    int status = -1;

    *bags = (struct tt_bags){.n_rows = n_users};
    if (!starts || !visits)
        goto done;
    count_visits(starts, n_users, v);
    size_t total = (size_t)starts[n_users] + (n_earlier ? (size_t)earlier->bags->offsets[n_earlier] : 0);
    if (tt_grow(&bags->offsets, &bags->cap_offsets, n_users + 1, sizeof(*bags->offsets), err) ||
        tt_grow(&bags->codes, &bags->cap_codes, total + 1, sizeof(*bags->codes), err) ||
        tt_grow(&bags->weights, &bags->cap_weights, total + 1, sizeof(*bags->weights), err))
        goto done;
    for (size_t e = 0; e < v->n; e++)
        if (counts(v, e))
            visits[starts[v->user[e]]++] =
                (struct visit){v->item[e], v->time ? v->time[e] : 0, v->weight ? v->weight[e] : 1};
    bags->offsets[0] = 0;
    for (size_t u = 0, from = 0; u < n_users; u++) { /* starts[u] is now where u's visits end */
        size_t n = (size_t)starts[u] - from;
        struct earlier_bag bag = {0};
        if (u < n_earlier) {
            bag.n = tt_bags_row(earlier->bags, u, &bag.codes, &bag.weights);
            bag.latest = earlier->latest ? earlier->latest[u] : 0;
        }
        if (n > 1)
            qsort(visits + from, n, sizeof(*visits), compare_visits);
        used += make_bag(column, &bag, visits + from, n, bags->codes + used, bags->weights + used);
        bags->offsets[u + 1] = used;
        from = (size_t)starts[u];
    }
    status = 0;
done:
    free(starts);
    free(visits);
    if (status)
        tt_bags_release(bags);
    return status;
}

int tt_history_build(struct tt_bags *bags, const struct tt_column *column, size_t n_users, const struct tt_visits *v,
                     struct tt_err *err)
{
    return tt_history_extend(bags, column, n_users, NULL, v, err);
}

void tt_history_recall(const struct tt_column *column, const struct tt_earlier_histories *earlier, size_t user,
                       uint32_t latest, double *visits)
{
    const uint32_t *codes;
    const float *weights;
    size_t n = tt_bags_row(earlier->bags, user, &codes, &weights);
    double left = earlier->latest ? fade(column, (double)latest - earlier->latest[user]) : 1;

    for (size_t e = 0; e < n; e++)
        visits[e] = left * visits_of_weight(column, weights[e]);
}

void tt_history_latest(uint32_t *latest, const struct tt_visits *v)
{
    for (size_t e = 0; e < v->n; e++)
        if (counts(v, e) && v->time[e] > latest[v->user[e]])
            latest[v->user[e]] = v->time[e];
}
