/* Accuracy metrics of one ranked list: see metrics.h. */
#include "math/metrics.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define INFO(identifier, name, mean, what) [TT_METRIC_##identifier] = {#name, mean, what},
const struct tt_metric_info tt_metric_info[TT_METRICS] = {TT_METRIC_TABLE(INFO)};

#define NAME(identifier, name, mean, what) [TT_METRIC_##identifier] = #name,
const char *const tt_metric_names[TT_METRICS + 1] = {TT_METRIC_TABLE(NAME)};

enum tt_metric tt_metric_find(const char *name, size_t len)
{
    int m = 0;

    while (m < TT_METRICS && (strlen(tt_metric_names[m]) != len || memcmp(tt_metric_names[m], name, len) != 0))
        m++;
    return (enum tt_metric)m;
}

/* The first k of a list, added up. */
struct list {
    size_t k, n_items, n_hits;
    double n_events, hit_events;
    double gains, best_gains; /* of its hits, of those of the best list; both 0 without a hit */
    double precisions;        /* at the ranks of its hits */
    uint32_t first_rank;      /* 0: no hit */
};

static double gain(size_t rank)
{
    return 1.0 / log2((double)rank + 1.0);
}

static double hit_events(const struct tt_hit *hits, size_t n_hits, size_t k)
{
    double events = 0;

    for (size_t i = 0; i < n_hits && hits[i].rank <= k; i++)
        events += hits[i].events;
    return events;
}

/* How many hits the best list has. */
static size_t most_hits(const struct list *l)
{
    return l->n_items < l->k ? l->n_items : l->k;
}

static struct list add_up(const struct tt_hit *hits, size_t n_hits, size_t n_items, double n_events, size_t k)
{
    struct list l = {.k = k, .n_items = n_items, .n_events = n_events};

    assert(n_items >= 1 && n_hits <= n_items && n_events > 0 && k >= 1);
    for (; l.n_hits < n_hits && hits[l.n_hits].rank <= k; l.n_hits++) {
        uint32_t rank = hits[l.n_hits].rank;
        assert(rank > (l.n_hits ? hits[l.n_hits - 1].rank : 0));
        l.gains += gain(rank);
        l.precisions += (double)(l.n_hits + 1) / rank;
    }
    l.hit_events = hit_events(hits, n_hits, k);
    if (l.n_hits) { /* most lists of a hard task have no hit: they need no logarithms */
        l.first_rank = hits[0].rank;
        for (size_t rank = 1; rank <= most_hits(&l); rank++)
            l.best_gains += gain(rank);
    }
    return l;
}

/* ---- a function a metric ---- */

static double top_k_accuracy(const struct list *l)
{
    return l->hit_events / l->n_events;
}

static double recall(const struct list *l)
{
    return (double)l->n_hits / (double)l->n_items;
}

static double precision(const struct list *l)
{
    return (double)l->n_hits / (double)l->k;
}

static double ndcg(const struct list *l)
{
    return l->n_hits ? l->gains / l->best_gains : 0;
}

static double mrr(const struct list *l)
{
    return l->n_hits ? 1.0 / l->first_rank : 0;
}

static double hit_rate(const struct list *l)
{
    return l->n_hits ? 1 : 0;
}

static double map(const struct list *l)
{
    return l->precisions / (double)most_hits(l);
}

#define FUNCTION(identifier, name, mean, what) [TT_METRIC_##identifier] = name,
static double (*const value_of[TT_METRICS])(const struct list *) = {TT_METRIC_TABLE(FUNCTION)};

void tt_metrics_of_list(const struct tt_hit *hits, size_t n_hits, size_t n_items, double n_events, size_t k,
                        double out[TT_METRICS])
{
    struct list l = add_up(hits, n_hits, n_items, n_events, k);

    for (int m = 0; m < TT_METRICS; m++)
        out[m] = value_of[m](&l);
}

struct tt_metric_share tt_metric_share(enum tt_metric metric, const struct tt_hit *hits, size_t n_hits, size_t n_items,
                                       double n_events, size_t k)
{
    if (metric == TT_METRIC_TOP_K_ACCURACY)
        return (struct tt_metric_share){hit_events(hits, n_hits, k), n_events};
    struct list l = add_up(hits, n_hits, n_items, n_events, k);
    return (struct tt_metric_share){value_of[metric](&l), 1};
}
