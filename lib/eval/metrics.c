/* How good one ranked list is: see metrics.h. */
#include "eval/metrics.h"

#include <assert.h>
#include <math.h>

const char *tt_metric_name(enum tt_metric metric)
{
    static const char *const names[TT_METRICS] = {
        [TT_METRIC_TOP_K_ACCURACY] = "top_k_accuracy",
        [TT_METRIC_RECALL] = "recall",
        [TT_METRIC_PRECISION] = "precision",
        [TT_METRIC_NDCG] = "ndcg",
        [TT_METRIC_MRR] = "mrr",
        [TT_METRIC_HIT_RATE] = "hit_rate",
        [TT_METRIC_MAP] = "map",
    };

    return names[metric];
}

static double gain(size_t rank)
{
    return 1.0 / log2((double)rank + 1.0);
}

void tt_metrics_of_list(const struct tt_hit *hits, size_t n_hits, size_t n_items, size_t n_events, size_t k,
                        double out[TT_METRICS])
{
    size_t best = n_items < k ? n_items : k; /* hits of the best list */
    size_t found = 0;
    double events = 0, gains = 0, precisions = 0, ideal = 0;

    assert(n_items >= 1 && n_hits <= n_items && n_events >= n_items && k >= 1);
    for (; found < n_hits && hits[found].rank <= k; found++) {
        assert(hits[found].rank > (found ? hits[found - 1].rank : 0));
        events += hits[found].events;
        gains += gain(hits[found].rank);
        precisions += (double)(found + 1) / hits[found].rank;
    }
    if (found) /* most lists of a hard task have no hit: they need no logarithms */
        for (size_t rank = 1; rank <= best; rank++)
            ideal += gain(rank);
    out[TT_METRIC_TOP_K_ACCURACY] = events / (double)n_events;
    out[TT_METRIC_RECALL] = (double)found / (double)n_items;
    out[TT_METRIC_PRECISION] = (double)found / (double)k;
    out[TT_METRIC_NDCG] = found ? gains / ideal : 0;
    out[TT_METRIC_MRR] = found ? 1.0 / hits[0].rank : 0;
    out[TT_METRIC_HIT_RATE] = found ? 1 : 0;
    out[TT_METRIC_MAP] = precisions / (double)best;
}
