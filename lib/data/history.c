/* Histories: see history.h. */
#include "data/history.h"

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

/* The bag of one user's n visits, which are sorted: appended to codes and weights. Returns its size. */
static size_t make_bag(const struct tt_column *column, const struct visit *visits, size_t n, uint32_t *codes,
                       float *weights)
{
    uint32_t latest = 0;
    size_t size = 0;

    for (size_t i = 0; i < n; i++)
        latest = visits[i].time > latest ? visits[i].time : latest;
    for (size_t i = 0; i < n;) {
        double sum = 0;
        uint32_t item = visits[i].item;
        for (; i < n && visits[i].item == item; i++)
            sum += (double)visits[i].weight *
                   (column->half_life > 0 ? exp2(-((double)latest - visits[i].time) / (column->half_life * day)) : 1);
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

int tt_history_build(struct tt_bags *bags, const struct tt_column *column, size_t n_users, const struct tt_visits *v,
                     struct tt_err *err)
{
    uint64_t *starts = tt_alloc(n_users + 1, sizeof(*starts), err);
    struct visit *visits = tt_alloc(v->n, sizeof(*visits), err);
    size_t used = 0;
    int status = -1;

    *bags = (struct tt_bags){.n_rows = n_users};
    if (!starts || !visits)
        goto done;
    count_visits(starts, n_users, v);
    size_t total = (size_t)starts[n_users];
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
        if (n > 1)
            qsort(visits + from, n, sizeof(*visits), compare_visits);
        used += make_bag(column, visits + from, n, bags->codes + used, bags->weights + used);
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
