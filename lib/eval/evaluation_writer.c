/* An evaluation as TSV: see evaluation_writer.h. */
#include "eval/evaluation_writer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "io/tsv_writer.h"

/* ---- means and intervals ---- */

int tt_evaluation_figures_init(struct tt_evaluation_figures *f, const struct tt_evaluation *e, struct tt_pool *pool,
                               size_t resamples, uint64_t seed, struct tt_err *err)
{
    *f = (struct tt_evaluation_figures){
        .means = tt_alloc(e->n_ks, TT_METRICS * sizeof(*f->means), err),
        .novelty = tt_alloc(e->n_ks, TT_NOVELTY_FIGURES * sizeof(*f->novelty), err),
        .replicates = tt_alloc(e->n_ks * TT_METRICS, resamples * sizeof(*f->replicates), err),
        .resamples = resamples,
    };
    if (f->means && f->novelty && f->replicates &&
        tt_scores_estimates(&e->scores, pool, resamples, seed, f->means, f->replicates, err) == 0 &&
        (e->training.n_events == 0 || tt_novelty_estimates(&e->novelty, e->ranks.user_of, e->ranks.n_users, pool,
                                                           resamples, seed, f->novelty, err) == 0))
        return 0;
    tt_evaluation_figures_release(f);
    return -1;
}

void tt_evaluation_figures_release(struct tt_evaluation_figures *f)
{
    free(f->means);
    free(f->novelty);
    free(f->replicates);
    *f = (struct tt_evaluation_figures){0};
}

/* A tab, and the last columns of a line: metric, k, value, low, high, n. */
static int write_figure(struct tt_writer *writer, const char *metric, size_t k, const struct tt_estimate *x,
                        struct tt_err *err)
{
    if (tt_writer_printf(writer, err, "\t%s\t%zu\t%.9g\t", metric, k, x->value))
        return -1;
    if (isnan(x->low)) /* no interval */
        return tt_writer_printf(writer, err, "-\t-\t%zu\n", x->n);
    return tt_writer_printf(writer, err, "%.9g\t%.9g\t%zu\n", x->low, x->high, x->n);
}

static int write_field(struct tt_writer *writer, const char *text, struct tt_err *err)
{
    return tt_tsv_field(writer, TT_CSV_TAB, text, strlen(text), err);
}

int tt_evaluation_write_metrics(const struct tt_evaluation *e, const struct tt_evaluation_figures *f, const char *run,
                                struct tt_writer *writer, struct tt_err *err)
{
    if (tt_writer_text(writer, "run\tmetric\tk\tvalue\tlow\thigh\tn\n", err))
        return -1;
    for (size_t m = 0; m < TT_METRICS; m++)
        for (size_t i = 0; i < e->n_ks; i++)
            if (write_field(writer, run, err) ||
                write_figure(writer, tt_metric_names[m], e->ks[i], &f->means[i * TT_METRICS + m], err))
                return -1;
    for (size_t i = 0; i < e->n_ks; i++) {
        struct tt_estimate x = {(double)tt_evaluation_distinct(e, e->ks[i]), NAN, NAN, e->n_lists};
        if (write_field(writer, run, err) || write_figure(writer, "distinct_items", e->ks[i], &x, err))
            return -1;
    }
    for (size_t i = 0; e->n_catalogue && i < e->n_ks; i++) {
        struct tt_estimate x = {tt_evaluation_coverage(e, e->ks[i]), NAN, NAN, e->n_catalogue};
        if (write_field(writer, run, err) || write_figure(writer, "coverage", e->ks[i], &x, err))
            return -1;
    }
    for (size_t j = 0; e->training.n_events && e->n_lists && j < TT_NOVELTY_FIGURES; j++)
        for (size_t i = 0; i < e->n_ks; i++)
            if (write_field(writer, run, err) ||
                write_figure(writer, tt_novelty_names[j], e->ks[i], &f->novelty[i * TT_NOVELTY_FIGURES + j], err))
                return -1;
    return 0;
}

int tt_evaluation_write_replicates(const struct tt_evaluation *e, const struct tt_evaluation_figures *f,
                                   struct tt_writer *writer, struct tt_err *err)
{
    size_t columns = e->n_ks * TT_METRICS;

    for (size_t j = 0; j < columns; j++)
        if (tt_writer_printf(writer, err, "%s@%zu%c", tt_metric_names[j % TT_METRICS], e->ks[j / TT_METRICS],
                             j + 1 < columns ? '\t' : '\n'))
            return -1;
    for (size_t r = 0; r < f->resamples; r++)
        for (size_t j = 0; j < columns; j++)
            if (tt_writer_printf(writer, err, "%.9g%c", f->replicates[j * f->resamples + r],
                                 j + 1 < columns ? '\t' : '\n'))
                return -1;
    return 0;
}

/* ---- parts of slices ---- */

/* The metrics by the events of one part. events (n_events) is scratch. */
static int write_part(const struct tt_evaluation *e, const struct tt_slice *slice, uint32_t number, const char *run,
                      struct tt_pool *pool, size_t resamples, uint64_t seed, uint32_t *events,
                      struct tt_estimate *estimates, struct tt_writer *writer, struct tt_err *err)
{
    struct tt_scores scores;
    size_t n = 0;

    for (size_t i = 0; i < e->ranks.n_events; i++)
        if (slice->part_of[i] == number)
            events[n++] = (uint32_t)i;
    if (tt_scores_init(&scores, &e->ranks, events, n, e->ks, e->n_ks, err))
        return -1;
    int status = tt_scores_estimates(&scores, pool, resamples, seed, estimates, NULL, err);
    tt_scores_release(&scores);
    for (size_t m = 0; status == 0 && m < TT_METRICS; m++)
        for (size_t i = 0; i < e->n_ks; i++)
            if (write_field(writer, run, err) || tt_writer_text(writer, "\t", err) ||
                write_field(writer, slice->name, err) || tt_writer_text(writer, "\t", err) ||
                write_field(writer, slice->part[number].name, err) ||
                write_figure(writer, tt_metric_names[m], e->ks[i], &estimates[i * TT_METRICS + m], err))
                return -1;
    return status;
}

int tt_evaluation_write_slices(const struct tt_evaluation *e, const char *run, struct tt_pool *pool, size_t resamples,
                               uint64_t seed, struct tt_writer *writer, struct tt_err *err)
{
    struct tt_estimate *estimates = tt_alloc(e->n_ks, TT_METRICS * sizeof(*estimates), err);
    uint32_t *events = tt_alloc(e->ranks.n_events, sizeof(*events), err);
    int status = -1;

    if (estimates && events)
        status = tt_writer_text(writer, "run\tslice\tpart\tmetric\tk\tvalue\tlow\thigh\tn\n", err);
    for (size_t s = 0; status == 0 && s < e->slices->n; s++)
        for (size_t p = 0; status == 0 && p < e->slices->slice[s].n_parts; p++)
            status = write_part(e, &e->slices->slice[s], (uint32_t)p, run, pool, resamples, seed, events, estimates,
                                writer, err);
    free(estimates);
    free(events);
    return status;
}

/* ---- queries and events ---- */

static int write_key_names(const struct tt_evaluation *e, struct tt_writer *writer, struct tt_err *err)
{
    for (size_t i = 0; i < e->n_keys; i++)
        if (write_field(writer, e->names[i], err) || tt_writer_text(writer, "\t", err))
            return -1;
    return 0;
}

/* The key fields of a query, a tab after each. */
static int write_key(const struct tt_evaluation *e, size_t query, struct tt_writer *writer, struct tt_err *err)
{
    size_t len;
    const char *key = tt_text_list_get(&e->queries.texts, query, &len), *end = key + len;

    for (size_t i = 0; i < e->n_keys; i++) {
        const char *nul = i + 1 < e->n_keys ? memchr(key, '\0', (size_t)(end - key)) : end;
        if (tt_tsv_field(writer, TT_CSV_TAB, key, (size_t)(nul - key), err) || tt_writer_text(writer, "\t", err))
            return -1;
        key = nul < end ? nul + 1 : end;
    }
    return 0;
}

static int write_query_names(const struct tt_evaluation *e, struct tt_writer *writer, struct tt_err *err)
{
    if (write_key_names(e, writer, err) || tt_writer_text(writer, "n", err))
        return -1;
    for (int m = 0; m < TT_METRICS; m++)
        for (size_t i = 0; i < e->n_ks; i++)
            if (tt_writer_printf(writer, err, "\t%s@%zu", tt_metric_names[m], e->ks[i]))
                return -1;
    return tt_writer_text(writer, "\n", err);
}

int tt_evaluation_write_queries(const struct tt_evaluation *e, struct tt_writer *writer, struct tt_err *err)
{
    if (write_query_names(e, writer, err))
        return -1;
    for (size_t q = 0; q < e->ranks.n_queries; q++) {
        if (write_key(e, q, writer, err) || tt_writer_printf(writer, err, "%u", (unsigned)e->scores.events_of[q]))
            return -1;
        for (size_t m = 0; m < TT_METRICS; m++)
            for (size_t i = 0; i < e->n_ks; i++)
                if (tt_writer_text(writer, "\t", err) ||
                    tt_tsv_number(writer, e->scores.values[(q * e->n_ks + i) * TT_METRICS + m], err))
                    return -1;
        if (tt_writer_text(writer, "\n", err))
            return -1;
    }
    return 0;
}

/* The last columns of an event file, one for each slice, and the end of the line. */
static int write_slice_names(const struct tt_evaluation *e, struct tt_writer *writer, struct tt_err *err)
{
    for (size_t s = 0; e->slices && s < e->slices->n; s++) {
        const char *name = e->slices->slice[s].name;
        if (tt_writer_text(writer, "\tslice:", err) || write_field(writer, name, err))
            return -1;
    }
    return tt_writer_text(writer, "\n", err);
}

static int write_parts(const struct tt_evaluation *e, size_t event, struct tt_writer *writer, struct tt_err *err)
{
    for (size_t s = 0; e->slices && s < e->slices->n; s++) {
        const struct tt_slice *slice = &e->slices->slice[s];
        const char *name = slice->part[slice->part_of[event]].name;
        if (tt_writer_text(writer, "\t", err) || write_field(writer, name, err))
            return -1;
    }
    return tt_writer_text(writer, "\n", err);
}

int tt_evaluation_write_events(const struct tt_evaluation *e, struct tt_writer *writer, struct tt_err *err)
{
    const char *item_name = e->names[e->n_keys];

    if (write_key_names(e, writer, err) || write_field(writer, item_name, err) ||
        tt_writer_text(writer, "\trank", err) || write_slice_names(e, writer, err))
        return -1;
    for (size_t i = 0; i < e->ranks.n_events; i++) {
        const struct tt_target *target = &e->ranks.targets[e->ranks.events[i].target];
        size_t len;
        const char *item = tt_text_list_get(&e->items.texts, target->item, &len);
        if (write_key(e, e->ranks.events[i].query, writer, err) || tt_tsv_field(writer, TT_CSV_TAB, item, len, err) ||
            (target->rank ? tt_writer_printf(writer, err, "\t%u", (unsigned)target->rank)
                          : tt_writer_text(writer, "\t-", err)) ||
            write_parts(e, i, writer, err))
            return -1;
    }
    return 0;
}
