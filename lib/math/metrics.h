/* How good one ranked list is, against the items that its query should have found: what tt-eval prints, and what
 * tt-train chooses epochs and settings by. Gains are binary: an item is wanted or it is not. The list is judged as it
 * stands, among the whole catalogue: nothing is sampled (Krichene and Rendle 2020, "On sampled metrics for item
 * recommendation", KDD, show that sampled ranks can order models wrongly).
 *
 * For one query: T is its number of distinct wanted items, E its number of test events (the same item may be wanted by
 * several) or their weight, and the hits are the wanted items in its list, each with its rank from 1. Only hits of rank
 * <= k count.
 *
 *   top_k_accuracy  events whose item is a hit / E. Summed over queries before dividing it is scikit-learn's
 *                   top_k_accuracy_score: the share of events whose item is among the first k.
 *   recall          hits / T                            (Manning, Raghavan, Schuetze 2008, "Introduction to Information
 *   precision       hits / k, also of a shorter list     Retrieval", sections 8.3 and 8.4)
 *   ndcg            sum over hits of 1 / log2(rank + 1), divided by the same sum over ranks 1 ... min(k, T): the best
 *                   list (Jarvelin and Kekalainen 2002, "Cumulated gain-based evaluation of IR techniques", ACM TOIS
 *                   20, with the discount log2(rank + 1) that Burges et al. 2005 and scikit-learn's ndcg_score use)
 *   mrr             1 / rank of the first hit, 0 without one (Voorhees 1999, "The TREC-8 question answering track
 *                   report")
 *   hit_rate        1 with a hit, 0 without
 *   map             sum over hits of (hits at ranks up to this one) / rank, divided by min(k, T): average precision cut
 *                   at k, as RecBole has it; 1 for the best list, whatever T
 *
 * The m of "map" and "mrr" is what the mean over queries adds.
 */
#ifndef TT_MATH_METRICS_H
#define TT_MATH_METRICS_H

#include <stddef.h>
#include <stdint.h>

enum tt_metric {
    TT_METRIC_TOP_K_ACCURACY,
    TT_METRIC_RECALL,
    TT_METRIC_PRECISION,
    TT_METRIC_NDCG,
    TT_METRIC_MRR,
    TT_METRIC_HIT_RATE,
    TT_METRIC_MAP,
    TT_METRICS /* how many there are */
};

/* "top_k_accuracy", "recall" ...: as written in metrics.tsv, and NULL at the end. */
extern const char *const tt_metric_names[TT_METRICS + 1];

struct tt_hit {
    uint32_t rank; /* from 1 */
    double events; /* test events of the query that have this item, or their weight; more than 0 */
};

/* All metrics of one list.
 *   hits (n_hits)  by ascending rank, ranks different; those beyond k are passed over; borrowed
 *   n_items        T >= 1, at least n_hits
 *   n_events       E, more than 0 and at least the hits' events
 *   k              >= 1
 *   out            (TT_METRICS), all in 0 ... 1
 * Cannot fail. Sums are taken by ascending rank. */
void tt_metrics_of_list(const struct tt_hit *hits, size_t n_hits, size_t n_items, double n_events, size_t k,
                        double out[TT_METRICS]);

/* What one list adds to a metric's mean, sum of `sum` / sum of `under`: the value over 1, so that the mean is over
 * queries, but for top_k_accuracy the hits' events over all events. Arguments as above. */
struct tt_metric_share {
    double sum, under;
};
struct tt_metric_share tt_metric_share(enum tt_metric metric, const struct tt_hit *hits, size_t n_hits, size_t n_items,
                                       double n_events, size_t k);

#endif
