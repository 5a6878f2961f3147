/* Measuring while training: see measure.h. */
#include "train/measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "math/vec.h"

void tt_measure_release(struct tt_measure *m)
{
    for (size_t c = 0; m->contexts && c < m->n_columns; c++)
        tt_bags_release(&m->contexts[c]);
    free(m->contexts);
    tt_tower_input_release(&m->input);
    free(m->chosen);
    free(m->users);
    free(m->starts);
    free(m->item);
    free(m->weight);
    free(m->events);
    free(m->n_wanted);
    free(m->hits);
    free(m->shares);
    free(m->seen_starts);
    free(m->seen);
    free(m->ranks);
    free(m->u);
    *m = (struct tt_measure){0};
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
static void choose_wanted_of(struct tt_measure *m, size_t i, const struct tt_queries *q,
                             const struct tt_catalogue *catalogue, const uint32_t *seen, size_t n_seen)
{
    size_t query = m->chosen[i], at = m->starts[i];

    m->events[i] = q->missed[query];
    m->n_wanted[i] = (uint32_t)(q->wanted.offsets[query + 1] - q->wanted.offsets[query]);
    m->n_wanted[i] += (uint32_t)rint(q->missed[query]);
    for (uint64_t e = q->wanted.offsets[query]; e < q->wanted.offsets[query + 1]; e++) {
        uint32_t place = catalogue->place[q->wanted.codes[e]];
        m->events[i] += (double)q->wanted.weights[e];
        if (place == TT_NO_PLACE || (n_seen && bsearch(&place, seen, n_seen, sizeof(*seen), compare_u32)))
            continue;
        m->item[at] = place;
        m->weight[at++] = q->wanted.weights[e];
    }
    m->starts[i + 1] = (uint32_t)at;
    m->total += m->events[i];
}

static int choose_wanted(struct tt_measure *m, const struct tt_queries *q, const struct tt_catalogue *catalogue,
                         size_t dim, struct tt_err *err)
{
    size_t total = count_entries(&q->wanted, m->chosen, m->n), most = 0;

    m->starts = tt_alloc(m->n + 1, sizeof(*m->starts), err);
    m->item = tt_alloc(total, sizeof(*m->item), err);
    m->weight = tt_alloc(total, sizeof(*m->weight), err);
    m->ranks = tt_alloc(total, sizeof(*m->ranks), err);
    m->events = tt_alloc(m->n, sizeof(*m->events), err);
    m->n_wanted = tt_alloc(m->n, sizeof(*m->n_wanted), err);
    m->shares = tt_alloc_zero(m->n, sizeof(*m->shares), err);
    m->u = tt_alloc_aligned(m->n, dim * sizeof(float), err);
    if (!m->starts || !m->item || !m->weight || !m->ranks || !m->events || !m->n_wanted || !m->shares || !m->u)
        return -1;
    m->starts[0] = 0;
    for (size_t i = 0; i < m->n; i++) {
        size_t from = m->seen_starts ? m->seen_starts[i] : 0;
        size_t n_seen = m->seen_starts ? m->seen_starts[i + 1] - from : 0;
        choose_wanted_of(m, i, q, catalogue, n_seen ? m->seen + from : NULL, n_seen);
        if (m->starts[i + 1] - m->starts[i] > most)
            most = m->starts[i + 1] - m->starts[i];
    }
    m->hits = tt_alloc(most, sizeof(*m->hits), err);
    return m->hits ? 0 : -1;
}

static int choose_seen(struct tt_measure *m, const struct tt_bags *seen, const struct tt_catalogue *catalogue,
                       struct tt_err *err)
{
    size_t at = 0;

    m->seen_starts = tt_alloc(m->n + 1, sizeof(*m->seen_starts), err);
    m->seen = tt_alloc(count_entries(seen, m->users, m->n), sizeof(*m->seen), err);
    if (!m->seen_starts || !m->seen)
        return -1;
    for (size_t i = 0; i < m->n; i++) {
        m->seen_starts[i] = at;
        for (uint64_t e = seen->offsets[m->users[i]]; e < seen->offsets[m->users[i] + 1]; e++)
            if (catalogue->place[seen->codes[e]] != TT_NO_PLACE)
                m->seen[at++] = catalogue->place[seen->codes[e]];
    }
    m->seen_starts[m->n] = at;
    return 0;
}

static int choose_input(struct tt_measure *m, const struct tt_model *model, const struct tt_queries *q,
                        struct tt_err *err)
{
    const struct tt_schema *schema = &model->base.dictionary.schema;

    m->contexts = tt_alloc_zero(m->n_columns, sizeof(*m->contexts), err);
    if (!m->contexts || tt_tower_input_init(&m->input, TT_USER, m->n, schema, err))
        return -1;
    for (size_t c = 0; c < schema->n_columns; c++) {
        const struct tt_column *column = &schema->columns[c];
        if (column->side != TT_USER || !tt_column_is_embedded(column))
            continue;
        if (column->kind != TT_KIND_CONTEXT) {
            m->input.bags[c] = &model->base.users.bags[c];
            m->input.rows[c] = m->users;
            continue;
        }
        m->input.bags[c] = &m->contexts[c];
        for (size_t i = 0; i < m->n; i++)
            if (tt_bags_add_row_of(&m->contexts[c], &q->contexts[c], m->chosen[i], err))
                return -1;
    }
    return 0;
}

int tt_measure_init(struct tt_measure *m, const struct tt_model *model, const struct tt_queries *q,
                    const struct tt_catalogue *catalogue, const struct tt_bags *seen, size_t most, struct tt_err *err)
{
    *m = (struct tt_measure){.n = q->n < most ? q->n : most, .n_columns = model->base.dictionary.schema.n_columns};
    m->chosen = tt_alloc(m->n, sizeof(*m->chosen), err);
    m->users = tt_alloc(m->n, sizeof(*m->users), err);
    if (!m->chosen || !m->users)
        goto fail;
    for (size_t i = 0; i < m->n; i++) {
        m->chosen[i] = (uint32_t)((uint64_t)i * q->n / m->n);
        m->users[i] = q->user[m->chosen[i]];
    }
    if (choose_input(m, model, q, err) || (seen && choose_seen(m, seen, catalogue, err)) ||
        choose_wanted(m, q, catalogue, model->dim, err))
        goto fail;
    return 0;
fail:
    tt_measure_release(m);
    return -1;
}

static int compare_hits(const void *left, const void *right)
{
    uint32_t a = ((const struct tt_hit *)left)->rank, b = ((const struct tt_hit *)right)->rank;

    return (a > b) - (a < b);
}

static struct tt_metric_share share_of(struct tt_measure *m, size_t i, enum tt_metric metric, size_t k)
{
    size_t n_hits = 0;

    if (!(m->events[i] > 0))
        return (struct tt_metric_share){0, 0};
    for (size_t e = m->starts[i]; e < m->starts[i + 1]; e++)
        if (m->ranks[e] < k)
            m->hits[n_hits++] = (struct tt_hit){m->ranks[e] + 1, (double)m->weight[e]};
    if (n_hits > 1)
        qsort(m->hits, n_hits, sizeof(*m->hits), compare_hits);
    return tt_metric_share(metric, m->hits, n_hits, m->n_wanted[i], m->events[i], k);
}

int tt_measure_value(struct tt_measure *m, const struct tt_model *model, size_t n_items, const float *v,
                     enum tt_metric metric, size_t k, struct tt_pool *pool, double *value, struct tt_err *err)
{
    struct tt_wanted wanted = {m->n, m->starts, m->item, m->seen_starts, m->seen};
    double sum = 0, under = 0;

    if (tt_model_embed(model, &m->input, pool, m->u, err) ||
        tt_rank_wanted(&wanted, model->dim, m->u, n_items, v, k, pool, m->ranks, err))
        return -1;
    for (size_t i = 0; i < m->n; i++) {
        m->shares[i] = share_of(m, i, metric, k);
        sum += m->shares[i].sum;
        under += m->shares[i].under;
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

int tt_measure_gain(const struct tt_measure *m, const struct tt_metric_share *now,
                    const struct tt_metric_share *before, double *gain, double *error, struct tt_err *err)
{
    struct user_part *parts = tt_alloc(m->n, sizeof(*parts), err);
    double sum = 0, under = 0, squares = 0, n_users = 0;

    if (!parts)
        return -1;
    for (size_t i = 0; i < m->n; i++) {
        sum += now[i].sum - before[i].sum;
        under += now[i].under;
    }
    *gain = under > 0 ? sum / under : 0;
    for (size_t i = 0; i < m->n; i++)
        parts[i] = (struct user_part){m->users[i], (uint32_t)i,
                                      now[i].sum - before[i].sum - *gain * now[i].under};
    qsort(parts, m->n, sizeof(*parts), compare_user_parts);
    for (size_t i = 0; i < m->n; n_users++) {
        double of_user = 0;
        for (uint32_t user = parts[i].user; i < m->n && parts[i].user == user; i++)
            of_user += parts[i].sum;
        squares += of_user * of_user;
    }
    free(parts);
    *error = n_users > 1 && under > 0 ? sqrt(squares * n_users / (n_users - 1)) / under : INFINITY;
    return 0;
}

int tt_measure_commonest(const struct tt_measure *m, size_t dim, size_t n_items, const float *v, size_t k,
                         struct tt_pool *pool, double *share, struct tt_err *err)
{
    size_t most = 0;
    uint32_t *rows, *lists;
    int status = -1;

    k = k < n_items ? k : n_items;
    rows = tt_alloc(m->n * k, sizeof(*rows), err);
    lists = tt_alloc_zero(n_items, sizeof(*lists), err);
    if (!rows || !lists || tt_rank_first(m->n, dim, m->u, n_items, v, k, pool, rows, err))
        goto done;
    for (size_t i = 0; i < m->n * k; i++)
        if (++lists[rows[i]] > most)
            most = lists[rows[i]];
    *share = m->n ? (double)most / (double)m->n : 0;
    status = 0;
done:
    free(rows);
    free(lists);
    return status;
}

struct focus_job {
    const struct tt_measure *measure;
    size_t dim, n, n_items;
    const float *v;
    double temperature, c;
    struct tt_focus *found; /* (n) */
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

static void focus_block(void *arg, size_t i, int worker)
{
    const struct focus_job *job = arg;
    const struct tt_measure *m = job->measure;
    size_t query = i * m->n / job->n, e = m->starts[query], to = m->starts[query + 1];
    struct log_sum all = {-INFINITY, 0}, unwanted = {-INFINITY, 0};
    double wanted = 0, weight = 0;

    (void)worker;
    for (size_t j = 0; j < job->n_items; j++) {
        double logit = tt_vec_dot(m->u + query * job->dim, job->v + j * job->dim, job->dim) / job->temperature;
        add_logit(&all, logit);
        if (e < to && m->item[e] == j) { /* rising, as the catalogue is */
            wanted += (double)m->weight[e] * logit;
            weight += (double)m->weight[e++];
        } else {
            add_logit(&unwanted, logit);
        }
    }
    job->found[i] = (struct tt_focus){-1, 0};
    if (weight > 0 && unwanted.sum > 0)
        job->found[i] = (struct tt_focus){1 / unwanted.sum, job->c * (all.most + log(all.sum)) - wanted / weight};
}

int tt_measure_focus(const struct tt_measure *m, size_t dim, size_t n_items, const float *v, double temperature,
                     double c, size_t most, struct tt_pool *pool, struct tt_focus *focus, struct tt_err *err)
{
    struct focus_job job = {m, dim, m->n < most ? m->n : most, n_items, v, temperature, c, NULL};
    double n = 0;

    *focus = (struct tt_focus){0, 0};
    if (!(job.found = tt_alloc(job.n, sizeof(*job.found), err)))
        return -1;
    tt_pool_run(pool, job.n, focus_block, &job);
    for (size_t i = 0; i < job.n; i++)
        if (job.found[i].share >= 0) {
            focus->share += job.found[i].share;
            focus->loss += job.found[i].loss;
            n++;
        }
    focus->share /= n > 0 ? n : 1;
    focus->loss /= n > 0 ? n : 1;
    free(job.found);
    return 0;
}

double tt_measure_cosine(const struct tt_measure *m, size_t dim)
{
    double squares = 0, n = (double)m->n;

    if (m->n < 2)
        return 0;
    /* |sum of u|^2 = n + the sum of the cosines of all ordered pairs, for vectors of length 1 */
    for (size_t d = 0; d < dim; d++) {
        double sum = 0;
        for (size_t i = 0; i < m->n; i++)
            sum += (double)m->u[i * dim + d];
        squares += sum * sum;
    }
    return (squares - n) / (n * (n - 1));
}
