/* How good one ranked list is: see metrics.h. */
#include "math/metrics.h"

#include <assert.h>
#include <math.h>

const char *const tt_metric_names[TT_METRICS + 1] = {
    [TT_METRIC_TOP_K_ACCURACY] = "top_k_accuracy",
    [TT_METRIC_RECALL] = "recall",
    [TT_METRIC_PRECISION] = "precision",
    [TT_METRIC_NDCG] = "ndcg",
    [TT_METRIC_MRR] = "mrr",
    [TT_METRIC_HIT_RATE] = "hit_rate",
    [TT_METRIC_MAP] = "map",
};

static double events_hit(const struct tt_hit *hits, size_t n_hits, size_t k)
{
    double events = 0;

    for (size_t i = 0; i < n_hits && hits[i].rank <= k; i++)
        events += hits[i].events;
    return events;
}

static double gain(size_t rank)
{
    return 1.0 / log2((double)rank + 1.0);
}

void tt_metrics_of_list(const struct tt_hit *hits, size_t n_hits, size_t n_items, double n_events, size_t k,
                        double out[TT_METRICS])
{
    size_t best = n_items < k ? n_items : k; /* hits of the best list */
    size_t found = 0;
    double gains = 0, precisions = 0, ideal = 0;

    assert(n_items >= 1 && n_hits <= n_items && n_events > 0 && k >= 1);
    for (; found < n_hits && hits[found].rank <= k; found++) {
        assert(hits[found].rank > (found ? hits[found - 1].rank : 0));
        gains += gain(hits[found].rank);
        precisions += (double)(found + 1) / hits[found].rank;
    }
    if (found) /* most lists of a hard task have no hit: they need no logarithms */
        for (size_t rank = 1; rank <= best; rank++)
            ideal += gain(rank);
    out[TT_METRIC_TOP_K_ACCURACY] = events_hit(hits, n_hits, k) / n_events;
    out[TT_METRIC_RECALL] = (double)found / (double)n_items;
    out[TT_METRIC_PRECISION] = (double)found / (double)k;
    out[TT_METRIC_NDCG] = found ? gains / ideal : 0;
    out[TT_METRIC_MRR] = found ? 1.0 / hits[0].rank : 0;
    out[TT_METRIC_HIT_RATE] = found ? 1 : 0;
    out[TT_METRIC_MAP] = precisions / (double)best;
}

struct tt_metric_share tt_metric_share(enum tt_metric metric, const struct tt_hit *hits, size_t n_hits, size_t n_items,
                                       double n_events, size_t k)
{
    double out[TT_METRICS];

    if (metric == TT_METRIC_TOP_K_ACCURACY)
        return (struct tt_metric_share){events_hit(hits, n_hits, k), n_events};
    tt_metrics_of_list(hits, n_hits, n_items, n_events, k, out);
    return (struct tt_metric_share){out[metric], 1};
}
