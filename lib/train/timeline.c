/* The order of visits: see timeline.h. */
#include "train/timeline.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { SAMPLE = 4 << 20 }; /* visits: the drift is then known to three digits */

static const uint64_t NO_ENTRY = UINT64_MAX;

/* Where in the bags the user's entry of this item is. Items rise within a row. */
static uint64_t find_entry(const struct tt_bags *visits, size_t user, uint32_t item)
{
    uint64_t low = visits->offsets[user], high = visits->offsets[user + 1];

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (visits->codes[middle] < item)
            low = middle + 1;
        else
            high = middle;
    }
    return low < visits->offsets[user + 1] && visits->codes[low] == item ? low : NO_ENTRY;
}

int tt_timeline_init(struct tt_timeline *t, const struct tt_bags *visits, const struct tt_events *events,
                     struct tt_err *err)
{
    size_t n = (size_t)visits->offsets[visits->n_rows];

    *t = (struct tt_timeline){.visits = visits, .first = tt_alloc_zero(n, sizeof(*t->first), err),
                              .last = tt_alloc_zero(n, sizeof(*t->last), err)};
    if (!t->first || !t->last) {
        tt_timeline_release(t);
        return -1;
    }
    for (size_t e = 0; e < events->n; e++) {
        uint64_t at;
        if ((events->label && !events->label[e]) || (events->weight && !(events->weight[e] > 0)) ||
            (at = find_entry(visits, events->user[e], events->item[e])) == NO_ENTRY)
            continue; /* histories leave these events out */
        uint32_t time = events->time[e] < UINT32_MAX ? events->time[e] + 1 : UINT32_MAX;
        t->first[at] = t->first[at] && t->first[at] < time ? t->first[at] : time;
        t->last[at] = t->last[at] > time ? t->last[at] : time;
    }
    return 0;
}

void tt_timeline_release(struct tt_timeline *t)
{
    free(t->first);
    free(t->last);
    *t = (struct tt_timeline){0};
}

static int compare_u32(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

/* Add the user's items to the early and the late counts; returns how many were added. times is scratch. */
static size_t count_halves(const struct tt_timeline *t, size_t user, uint32_t *times, double *early, double *late)
{
    uint64_t from = t->visits->offsets[user];
    uint64_t end = t->visits->offsets[user + 1];
    size_t n = 0, added = 0;

    for (uint64_t e = from; e < end; e++) {
        times[n] = t->first[e];
        n += t->first[e] > 0;
    }
    if (n < 2)
        return 0;
    qsort(times, n, sizeof(*times), compare_u32);
    /* twice the median: with an even number of times it may lie between two of them */
    uint64_t middle = (uint64_t)times[(n - 1) / 2] + times[n / 2];
    for (uint64_t e = from; e < end; e++) {
        uint64_t twice = 2 * (uint64_t)t->first[e];
        if (twice == 0 || twice == middle)
            continue;
        (twice < middle ? early : late)[t->visits->codes[e]]++;
        added++;
    }
    return added;
}

int tt_timeline_drift(const struct tt_timeline *t, size_t n_items, double *drift, struct tt_err *err)
{
    const struct tt_bags *visits = t->visits;
    size_t total = (size_t)visits->offsets[visits->n_rows], stride = total / SAMPLE + 1, most = 0, n = 0;
    double *early = tt_alloc_zero(n_items, sizeof(*early), err), *late = tt_alloc_zero(n_items, sizeof(*late), err);
    uint32_t *times = NULL;
    double sum = 0;

    for (size_t u = 0; u < visits->n_rows; u++) {
        size_t size = (size_t)(visits->offsets[u + 1] - visits->offsets[u]);
        most = size > most ? size : most;
    }
    if (early && late)
        times = tt_alloc(most, sizeof(*times), err);
    for (size_t u = 0; times && u < visits->n_rows; u += stride)
        n += count_halves(t, u, times, early, late);
    for (size_t i = 0; times && i < n_items; i++)
        if (early[i] + late[i] > 0)
            sum += (early[i] - late[i]) * (early[i] - late[i]) / (early[i] + late[i]) - 1;
    *drift = n ? sum / (double)n : 0;
    int status = times ? 0 : -1;
    free(early);
    free(late);
    free(times);
    return status;
}

uint32_t tt_timeline_moment(const struct tt_timeline *t, size_t user, double chance)
{
    uint64_t from = t->visits->offsets[user], n = t->visits->offsets[user + 1] - from;
    uint32_t moment = n ? t->first[from + (uint64_t)(chance * (double)n)] : 0;

    for (uint64_t e = from; moment == 0 && e < from + n; e++)
        moment = t->first[e] > 0;
    return moment;
}

int tt_timeline_is_later(const struct tt_timeline *t, size_t user, uint32_t item, uint32_t moment)
{
    uint64_t at = find_entry(t->visits, user, item);

    return at != NO_ENTRY && t->last[at] >= moment;
}
