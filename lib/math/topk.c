/* The k best: see topk.h. items[] is a binary heap in which no parent stands before a child, so the
 * worst is items[0]. */
#include "math/topk.h"

void tt_topk_init(struct tt_topk *top, struct tt_scored *items, size_t k)
{
    *top = (struct tt_topk){.items = items, .k = k};
}

/* Put x at the root of the first n items and let it sink below all that are worse than it. */
static void sink(struct tt_scored *items, size_t n, struct tt_scored x)
{
    size_t at = 0, child;

    while ((child = 2 * at + 1) < n) {
        if (child + 1 < n && tt_scored_before(items[child], items[child + 1]))
            child++;
        if (!tt_scored_before(x, items[child]))
            break;
        items[at] = items[child];
        at = child;
    }
    items[at] = x;
}

void tt_topk_push(struct tt_topk *top, float score, uint32_t row)
{
    struct tt_scored x = {score, row};

    if (top->n < top->k) {
        size_t at = top->n++;
        while (at > 0 && tt_scored_before(top->items[(at - 1) / 2], x)) {
            top->items[at] = top->items[(at - 1) / 2];
            at = (at - 1) / 2;
        }
        top->items[at] = x;
    } else if (top->k > 0 && tt_scored_before(x, top->items[0])) {
        sink(top->items, top->n, x);
    }
}

void tt_topk_sort(struct tt_topk *top)
{
    for (size_t n = top->n; n > 1; n--) { /* the worst goes last */
        struct tt_scored worst = top->items[0], last = top->items[n - 1];
        sink(top->items, n - 1, last);
        top->items[n - 1] = worst;
    }
}
