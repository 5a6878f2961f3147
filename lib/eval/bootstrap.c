/* The cluster bootstrap: see bootstrap.h. A resample is kept as the number of times that each user was drawn; the
 * sums of all columns are then one pass over the users. Columns are packed in panels of PANEL, one cache line a user,
 * so that the inner loop has a fixed length and needs no vectorising of sums. */
#include "eval/bootstrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"

enum {
    PANEL = 8,     /* doubles in 64 bytes */
    RESAMPLES = 4, /* of one block: enough work to share, many blocks of 1000 */
};

struct job {
    const double *panels; /* (n_panels, n, PANEL), zero where there is no column */
    size_t n, columns, n_panels;
    const size_t *divisors;
    size_t resamples;
    uint64_t seed;
    double *replicates; /* (columns, resamples) */
    uint32_t *counts;   /* (threads, n) */
    double *totals;     /* (threads, n_panels * PANEL) */
};

/* tt_rng_below with 32 bits a draw (Lemire 2019, algorithm 5): drawing is most of the time, and n fits. */
static uint32_t below(struct tt_rng *rng, uint32_t n)
{
    uint64_t product = (uint64_t)tt_rng_u32(rng) * n;

    if ((uint32_t)product < n) {
        uint32_t reject = (0 - n) % n;
        while ((uint32_t)product < reject)
            product = (uint64_t)tt_rng_u32(rng) * n;
    }
    return (uint32_t)(product >> 32);
}

static void draw(const struct job *job, size_t resample, uint32_t *counts)
{
    struct tt_rng rng;

    tt_rng_init(&rng, job->seed, TT_RNG_BOOTSTRAP, resample);
    memset(counts, 0, job->n * sizeof(*counts));
    for (size_t i = 0; i < job->n; i++)
        counts[below(&rng, (uint32_t)job->n)]++;
}

/* total (PANEL) = sum over users of count * panel row, in the users' order. */
static void add_panel(const double *panel, const uint32_t *counts, size_t n, double *total)
{
    double sum[PANEL] = {0};

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < PANEL; j++)
            sum[j] += counts[i] * panel[i * PANEL + j];
    memcpy(total, sum, sizeof(sum));
}

static void run_block(void *arg, size_t block, int worker)
{
    struct job *job = arg;
    uint32_t *counts = job->counts + (size_t)worker * job->n;
    double *totals = job->totals + (size_t)worker * job->n_panels * PANEL;

    for (size_t r = block * RESAMPLES; r < job->resamples && r < (block + 1) * RESAMPLES; r++) {
        draw(job, r, counts);
        for (size_t p = 0; p < job->n_panels; p++)
            add_panel(job->panels + p * job->n * PANEL, counts, job->n, totals + p * PANEL);
        for (size_t j = 0; j < job->columns; j++)
            job->replicates[j * job->resamples + r] = totals[j] / totals[job->divisors[j]];
    }
}

int tt_bootstrap_ratios(struct tt_pool *pool, const double *sums, size_t n, size_t columns, const size_t *divisors,
                        size_t resamples, uint64_t seed, double *replicates, struct tt_err *err)
{
    size_t threads = (size_t)tt_pool_threads(pool), n_panels = tt_blocks(columns, PANEL);
    double *panels = tt_alloc_aligned(n, n_panels * PANEL * sizeof(*panels), err);
    struct job job = {
        .panels = panels, .n = n, .columns = columns, .n_panels = n_panels, .divisors = divisors,
        .resamples = resamples, .seed = seed, .replicates = replicates,
        .counts = tt_alloc(n, threads * sizeof(*job.counts), err),
        .totals = tt_alloc(n_panels * PANEL, threads * sizeof(*job.totals), err),
    };
    int status = panels && job.counts && job.totals ? 0 : -1;

    if (status == 0) {
        memset(panels, 0, n * n_panels * PANEL * sizeof(*panels));
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < columns; j++)
                panels[(j / PANEL * n + i) * PANEL + j % PANEL] = sums[i * columns + j];
        tt_pool_run(pool, tt_blocks(resamples, RESAMPLES), run_block, &job);
    }
    free(panels);
    free(job.counts);
    free(job.totals);
    return status;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The place-th of the sorted values, from 1, between two of them by proportion. */
static double at(const double *values, size_t n, double place)
{
    double whole = floor(place);

    if (place <= 1)
        return values[0];
    if (place >= (double)n)
        return values[n - 1];
    size_t i = (size_t)whole - 1;
    return values[i] + (place - whole) * (values[i + 1] - values[i]);
}

void tt_bootstrap_interval(double *values, size_t n, double level, double *low, double *high)
{
    double tail = (1.0 - level) / 2.0;

    qsort(values, n, sizeof(*values), by_value);
    *low = at(values, n, ((double)n + 1) * tail);
    *high = at(values, n, ((double)n + 1) * (1.0 - tail));
}

static double total_of(const double *sums, size_t n, size_t columns, size_t column)
{
    double total = 0;

    for (size_t i = 0; i < n; i++)
        total += sums[i * columns + column];
    return total;
}

int tt_bootstrap_estimates(struct tt_pool *pool, const double *sums, size_t n, size_t columns, const size_t *divisors,
                           size_t first, size_t resamples, uint64_t seed, struct tt_estimate *estimates, double *kept,
                           struct tt_err *err)
{
    double *replicates = tt_alloc(columns, (resamples + 1) * sizeof(*replicates), err);
    int status = -1;

    if (!replicates || (resamples && tt_bootstrap_ratios(pool, sums, n, columns, divisors, resamples, seed, replicates,
                                                         err)))
        goto done;
    if (resamples && kept)
        memcpy(kept, replicates + first * resamples, (columns - first) * resamples * sizeof(*kept));
    for (size_t j = first; j < columns; j++) {
        struct tt_estimate *out = &estimates[j - first];
        double divisor = total_of(sums, n, columns, divisors[j]);
        out->n = (size_t)divisor;
        out->value = total_of(sums, n, columns, j) / divisor;
        out->low = out->high = NAN;
        if (resamples)
            tt_bootstrap_interval(replicates + j * resamples, resamples, 0.95, &out->low, &out->high);
    }
    status = 0;
done:
    free(replicates);
    return status;
}
