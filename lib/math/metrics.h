/* Accuracy metrics of one ranked list, against its query's targets: the items of the query's test events. Relevance is
 * binary: an item is a target or not. The list is a ranking of the whole catalogue: no negatives are sampled (Krichene
 * and Rendle 2020, "On sampled metrics for item recommendation", KDD, show that sampled ranks can order models
 * wrongly).
 *
 * For one query: T is its number of distinct targets, E its number of test events (several may have the same item) or
 * their weight, and the hits are the targets in its list, each with its rank from 1. Only hits of rank <= k count.
 * Every metric is from 0 to 1, and more is better.
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

enum tt_metric_mean { TT_MEAN_OVER_QUERIES, TT_MEAN_OVER_EVENTS };

/* A line a metric: its identifier, its name in files and options, what its mean is over, and what it is of one query.
 * K stands for the number. A metric is added by a line here, and a function of its name in metrics.c. */
#define TT_METRIC_TABLE(METRIC) \
    METRIC(TOP_K_ACCURACY, top_k_accuracy, TT_MEAN_OVER_EVENTS, \
           "the share of test events whose item is among the first K of its list") \
    METRIC(RECALL, recall, TT_MEAN_OVER_QUERIES, \
           "the share of a query's test items that are among the first K of its list") \
    METRIC(PRECISION, precision, TT_MEAN_OVER_QUERIES, \
           "the share of the first K of a list that are test items of its query") \
    METRIC(NDCG, ndcg, TT_MEAN_OVER_QUERIES, \
           "discounted cumulative gain of the first K of a list, over the best possible") \
    METRIC(MRR, mrr, TT_MEAN_OVER_QUERIES, \
           "1 over the rank of the first test item among the first K of a list") \
    METRIC(HIT_RATE, hit_rate, TT_MEAN_OVER_QUERIES, \
           "the share of queries with some test item among the first K of the list") \
    METRIC(MAP, map, TT_MEAN_OVER_QUERIES, \
           "mean precision at the ranks of test items among the first K of a list")

#define TT_METRIC_IDENTIFIER(identifier, name, mean, what) TT_METRIC_##identifier,
enum tt_metric { TT_METRIC_TABLE(TT_METRIC_IDENTIFIER) TT_METRICS /* how many there are */ };

struct tt_metric_info {
    const char *name;
    enum tt_metric_mean mean;
    const char *what;
};
extern const struct tt_metric_info tt_metric_info[TT_METRICS];

/* The names alone, and NULL at the end. */
extern const char *const tt_metric_names[TT_METRICS + 1];

/* The metric called so, or TT_METRICS when there is none. */
enum tt_metric tt_metric_find(const char *name, size_t len);

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

/* What one list adds to a metric's mean, sum of `sum` / sum of `under`: the value over 1 where the mean is over
 * queries, and of top_k_accuracy the hits' events over all events. Arguments as above. */
struct tt_metric_share {
    double sum, under;
};
struct tt_metric_share tt_metric_share(enum tt_metric metric, const struct tt_hit *hits, size_t n_hits, size_t n_items,
                                       double n_events, size_t k);

#endif
