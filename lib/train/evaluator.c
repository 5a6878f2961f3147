/* Evaluates a model on a sample of queries: see evaluator.h. */
#include "train/evaluator.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "math/vec.h"

void tt_evaluator_release(struct tt_evaluator *ev)
{
    for (size_t c = 0; ev->contexts && c < ev->n_columns; c++)
        tt_bags_release(&ev->contexts[c]);
    free(ev->contexts);
    tt_tower_input_release(&ev->input);
    free(ev->chosen);
    free(ev->users);
    free(ev->starts);
    free(ev->targets);
    free(ev->weights);
    free(ev->total_weights);
    free(ev->n_targets);
    free(ev->hits);
    free(ev->shares);
    free(ev->seen_starts);
    free(ev->seen);
    free(ev->ranks);
    free(ev->u);
    *ev = (struct tt_evaluator){0};
}

/* How many entries the rows have. */
static size_t count_entries(const struct tt_bags *bags, const uint32_t *rows, size_t n)
{
    size_t total = 0;

    for (size_t i = 0; i < n; i++)
        total += (size_t)(bags->offsets[rows[i] + 1] - bags->offsets[rows[i]]);
    return total;
}

static int compare_u32(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

/* seen: the places that are left out of the query's ranking, rising, or NULL. */
static void choose_targets_of(struct tt_evaluator *ev, size_t i, const struct tt_queries *q,
                             const struct tt_catalogue *catalogue, const uint32_t *seen, size_t n_seen)
{
    size_t query = ev->chosen[i], at = ev->starts[i];

    ev->total_weights[i] = q->unknown[query];
    ev->n_targets[i] = (uint32_t)(q->positives.offsets[query + 1] - q->positives.offsets[query]);
    ev->n_targets[i] += (uint32_t)rint(q->unknown[query]);
    for (uint64_t e = q->positives.offsets[query]; e < q->positives.offsets[query + 1]; e++) {
        uint32_t place = catalogue->place[q->positives.codes[e]];
        ev->total_weights[i] += (double)q->positives.weights[e];
        if (place == TT_NO_PLACE || (n_seen && bsearch(&place, seen, n_seen, sizeof(*seen), compare_u32)))
            continue;
        ev->targets[at] = place;
        ev->weights[at++] = q->positives.weights[e];
    }
    ev->starts[i + 1] = (uint32_t)at;
    ev->total += ev->total_weights[i];
}

static int choose_targets(struct tt_evaluator *ev, const struct tt_queries *q, const struct tt_catalogue *catalogue,
                         size_t dim, struct tt_err *err)
{
    size_t total = count_entries(&q->positives, ev->chosen, ev->n), most = 0;

    ev->starts = tt_alloc(ev->n + 1, sizeof(*ev->starts), err);
    ev->targets = tt_alloc(total, sizeof(*ev->targets), err);
    ev->weights = tt_alloc(total, sizeof(*ev->weights), err);
    ev->ranks = tt_alloc(total, sizeof(*ev->ranks), err);
    ev->total_weights = tt_alloc(ev->n, sizeof(*ev->total_weights), err);
    ev->n_targets = tt_alloc(ev->n, sizeof(*ev->n_targets), err);
    ev->shares = tt_alloc_zero(ev->n, sizeof(*ev->shares), err);
    ev->u = tt_alloc_aligned(ev->n, dim * sizeof(float), err);
    if (!ev->starts || !ev->targets || !ev->weights || !ev->ranks || !ev->total_weights || !ev->n_targets ||
        !ev->shares || !ev->u)
        return -1;
    ev->starts[0] = 0;
    for (size_t i = 0; i < ev->n; i++) {
        size_t from = ev->seen_starts ? ev->seen_starts[i] : 0;
        size_t n_seen = ev->seen_starts ? ev->seen_starts[i + 1] - from : 0;
        choose_targets_of(ev, i, q, catalogue, n_seen ? ev->seen + from : NULL, n_seen);
        if (ev->starts[i + 1] - ev->starts[i] > most)
            most = ev->starts[i + 1] - ev->starts[i];
    }
    ev->hits = tt_alloc(most, sizeof(*ev->hits), err);
    return ev->hits ? 0 : -1;
}

static int choose_seen(struct tt_evaluator *ev, const struct tt_bags *seen, const struct tt_catalogue *catalogue,
                       struct tt_err *err)
{
    size_t at = 0;

    ev->seen_starts = tt_alloc(ev->n + 1, sizeof(*ev->seen_starts), err);
    ev->seen = tt_alloc(count_entries(seen, ev->users, ev->n), sizeof(*ev->seen), err);
    if (!ev->seen_starts || !ev->seen)
        return -1;
    for (size_t i = 0; i < ev->n; i++) {
        ev->seen_starts[i] = at;
        for (uint64_t e = seen->offsets[ev->users[i]]; e < seen->offsets[ev->users[i] + 1]; e++)
            if (catalogue->place[seen->codes[e]] != TT_NO_PLACE)
                ev->seen[at++] = catalogue->place[seen->codes[e]];
    }
    ev->seen_starts[ev->n] = at;
    return 0;
}

static int choose_input(struct tt_evaluator *ev, const struct tt_model *model, const struct tt_queries *q,
                        struct tt_err *err)
{
    const struct tt_schema *schema = &model->entities.dictionary.schema;

    ev->contexts = tt_alloc_zero(ev->n_columns, sizeof(*ev->contexts), err);
    if (!ev->contexts || tt_tower_input_init(&ev->input, TT_USER, ev->n, schema, err))
        return -1;
    for (size_t c = 0; c < schema->n_columns; c++) {
        const struct tt_column *column = &schema->columns[c];
        if (column->side != TT_USER || !column->is_embedded)
            continue;
        if (column->kind != TT_KIND_CONTEXT) {
            ev->input.bags[c] = &model->entities.users.bags[c];
            ev->input.rows[c] = ev->users;
            continue;
        }
        ev->input.bags[c] = &ev->contexts[c];
        for (size_t i = 0; i < ev->n; i++)
            if (tt_bags_add_row_of(&ev->contexts[c], &q->contexts[c], ev->chosen[i], err))
                return -1;
    }
    return 0;
}

int tt_evaluator_init(struct tt_evaluator *ev, const struct tt_model *model, const struct tt_queries *q,
                      const struct tt_catalogue *catalogue, const struct tt_bags *seen, size_t most, struct tt_err *err)
{
    *ev = (struct tt_evaluator){.n = q->n < most ? q->n : most,
                                .n_columns = model->entities.dictionary.schema.n_columns};
    ev->chosen = tt_alloc(ev->n, sizeof(*ev->chosen), err);
    ev->users = tt_alloc(ev->n, sizeof(*ev->users), err);
    if (!ev->chosen || !ev->users)
        goto fail;
    for (size_t i = 0; i < ev->n; i++) {
        ev->chosen[i] = (uint32_t)((uint64_t)i * q->n / ev->n);
        ev->users[i] = q->user[ev->chosen[i]];
    }
    if (choose_input(ev, model, q, err) || (seen && choose_seen(ev, seen, catalogue, err)) ||
        choose_targets(ev, q, catalogue, model->dim, err))
        goto fail;
    return 0;
fail:
    tt_evaluator_release(ev);
    return -1;
}

static int compare_hits(const void *left, const void *right)
{
    uint32_t a = ((const struct tt_hit *)left)->rank, b = ((const struct tt_hit *)right)->rank;

    return (a > b) - (a < b);
}

static struct tt_metric_share share_of(struct tt_evaluator *ev, size_t i, enum tt_metric metric, size_t k)
{
    size_t n_hits = 0;

    if (!(ev->total_weights[i] > 0))
        return (struct tt_metric_share){0, 0};
    for (size_t e = ev->starts[i]; e < ev->starts[i + 1]; e++)
        if (ev->ranks[e] < k)
            ev->hits[n_hits++] = (struct tt_hit){ev->ranks[e] + 1, (double)ev->weights[e]};
    if (n_hits > 1)
        qsort(ev->hits, n_hits, sizeof(*ev->hits), compare_hits);
    return tt_metric_share(metric, ev->hits, n_hits, ev->n_targets[i], ev->total_weights[i], k);
}

int tt_evaluator_metric(struct tt_evaluator *ev, const struct tt_model *model, size_t n_items, const float *v,
                     enum tt_metric metric, size_t k, struct tt_pool *pool, double *value, struct tt_err *err)
{
    struct tt_ranked_queries queries = {ev->n, ev->starts, ev->targets, ev->seen_starts, ev->seen};
    double sum = 0, under = 0;

    if (tt_model_embed(model, &ev->input, pool, ev->u, err) ||
        tt_rank_targets(&queries, model->dim, ev->u, n_items, v, k, pool, ev->ranks, err))
        return -1;
    for (size_t i = 0; i < ev->n; i++) {
        ev->shares[i] = share_of(ev, i, metric, k);
        sum += ev->shares[i].sum;
        under += ev->shares[i].under;
    }
    *value = under > 0 ? sum / under : 0;
    return 0;
}

/* What a query adds to a difference, and whose it is. */
struct user_part {
    uint32_t user, query;
    double sum;
};

static int compare_user_parts(const void *left, const void *right)
{
    const struct user_part *a = left, *b = right;

    return a->user != b->user ? (a->user > b->user) - (a->user < b->user)
                              : (a->query > b->query) - (a->query < b->query);
}

int tt_evaluator_gain(const struct tt_evaluator *ev, const struct tt_metric_share *now,
                    const struct tt_metric_share *before, double *gain, double *error, struct tt_err *err)
{
    struct user_part *parts = tt_alloc(ev->n, sizeof(*parts), err);
    double sum = 0, under = 0, squares = 0, n_users = 0;

    if (!parts)
        return -1;
    for (size_t i = 0; i < ev->n; i++) {
        sum += now[i].sum - before[i].sum;
        under += now[i].under;
    }
    *gain = under > 0 ? sum / under : 0;
    for (size_t i = 0; i < ev->n; i++)
        parts[i] = (struct user_part){ev->users[i], (uint32_t)i,
                                      now[i].sum - before[i].sum - *gain * now[i].under};
    qsort(parts, ev->n, sizeof(*parts), compare_user_parts);
    for (size_t i = 0; i < ev->n; n_users++) {
        double of_user = 0;
        for (uint32_t user = parts[i].user; i < ev->n && parts[i].user == user; i++)
            of_user += parts[i].sum;
        squares += of_user * of_user;
    }
    free(parts);
    *error = n_users > 1 && under > 0 ? sqrt(squares * n_users / (n_users - 1)) / under : INFINITY;
    return 0;
}

int tt_evaluator_commonest(const struct tt_evaluator *ev, size_t dim, size_t n_items, const float *v, size_t k,
                         struct tt_pool *pool, double *share, struct tt_err *err)
{
    size_t most = 0;
    uint32_t *rows, *lists;
    int status = -1;

    k = k < n_items ? k : n_items;
    rows = tt_alloc(ev->n * k, sizeof(*rows), err);
    lists = tt_alloc_zero(n_items, sizeof(*lists), err);
    if (!rows || !lists || tt_rank_first(ev->n, dim, ev->u, n_items, v, k, pool, rows, err))
        goto done;
    for (size_t i = 0; i < ev->n * k; i++)
        if (++lists[rows[i]] > most)
            most = lists[rows[i]];
    *share = ev->n ? (double)most / (double)ev->n : 0;
    status = 0;
done:
    free(rows);
    free(lists);
    return status;
}

struct peak_job {
    const struct tt_evaluator *evaluator;
    size_t dim, n, n_items;
    const float *v;
    double temperature, negative_weight;
    struct tt_softmax_peak *found; /* (n) */
};

/* A sum of exponentials, as the largest exponent and the rest. */
struct log_sum {
    double most, sum;
};

static void add_logit(struct log_sum *s, double logit)
{
    s->sum = logit > s->most ? s->sum * exp(s->most - logit) + 1 : s->sum + exp(logit - s->most);
    s->most = logit > s->most ? logit : s->most;
}

static void peak_block(void *arg, size_t i, int worker)
{
    const struct peak_job *job = arg;
    const struct tt_evaluator *ev = job->evaluator;
    size_t query = i * ev->n / job->n, e = ev->starts[query], to = ev->starts[query + 1];
    struct log_sum all = {-INFINITY, 0}, negatives = {-INFINITY, 0};
    double positive = 0, weight = 0;

    (void)worker;
    for (size_t j = 0; j < job->n_items; j++) {
        double logit = tt_vec_dot(ev->u + query * job->dim, job->v + j * job->dim, job->dim) / job->temperature;
        add_logit(&all, logit);
        if (e < to && ev->targets[e] == j) { /* rising, as the catalogue is */
            positive += (double)ev->weights[e] * logit;
            weight += (double)ev->weights[e++];
        } else {
            add_logit(&negatives, logit);
        }
    }
    job->found[i] = (struct tt_softmax_peak){-1, 0};
    if (!(weight > 0 && negatives.sum > 0))
        return;
    double log_z = all.most + log(all.sum);
    job->found[i] = (struct tt_softmax_peak){1 / negatives.sum, job->negative_weight * log_z - positive / weight};
}

int tt_evaluator_softmax_peak(const struct tt_evaluator *ev, size_t dim, size_t n_items, const float *v,
                              double temperature, double negative_weight, size_t most, struct tt_pool *pool,
                              struct tt_softmax_peak *peak, struct tt_err *err)
{
    struct peak_job job = {ev, dim, ev->n < most ? ev->n : most, n_items, v, temperature, negative_weight, NULL};
    double n = 0;

    *peak = (struct tt_softmax_peak){0, 0};
    if (!(job.found = tt_alloc(job.n, sizeof(*job.found), err)))
        return -1;
    tt_pool_run(pool, job.n, peak_block, &job);
    for (size_t i = 0; i < job.n; i++)
        if (job.found[i].share >= 0) {
            peak->share += job.found[i].share;
            peak->loss += job.found[i].loss;
            n++;
        }
    peak->share /= n > 0 ? n : 1;
    peak->loss /= n > 0 ? n : 1;
    free(job.found);
    return 0;
}

double tt_evaluator_cosine(const struct tt_evaluator *ev, size_t dim)
{
    double squares = 0, n = (double)ev->n;

    if (ev->n < 2)
        return 0;
    /* |sum of u|^2 = n + the sum of the cosines of all ordered pairs, for vectors of length 1 */
    for (size_t d = 0; d < dim; d++) {
        double sum = 0;
        for (size_t i = 0; i < ev->n; i++)
            sum += (double)ev->u[i * dim + d];
        squares += sum * sum;
    }
    return (squares - n) / (n * (n - 1));
}
