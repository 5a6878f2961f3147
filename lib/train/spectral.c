/* Spectral initialisation: see spectral.h. */
#include "train/spectral.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "math/eigen.h"
#include "math/gemm.h"

enum {
    OVERSAMPLE = 16, /* directions beyond the rank, for the accuracy of the last ones (Halko et al., section 4.3) */
    ITERATIONS = 6,
    ROW_BLOCK = 64,
    GRAM_BLOCK = 1024, /* rows whose Gram matrix is computed in float, before it is added in double */
};

/* A sparse matrix by rows. */
struct sparse {
    size_t n_rows;
    uint64_t *starts;
    uint32_t *columns;
    float *values;
};

static void sparse_release(struct sparse *m)
{
    free(m->starts);
    free(m->columns);
    free(m->values);
}

static int sparse_init(struct sparse *m, size_t n_rows, size_t n, struct tt_err *err)
{
    *m = (struct sparse){.n_rows = n_rows};
    m->starts = tt_alloc_zero(n_rows + 1, sizeof(*m->starts), err);
    m->columns = tt_alloc(n, sizeof(*m->columns), err);
    m->values = tt_alloc(n, sizeof(*m->values), err);
    return m->starts && m->columns && m->values ? 0 : -1;
}

/* a = D_u^-1/2 R D_i^-1/2 and its transpose; item_degree gets D_i. */
static int normalise(const struct tt_bags *visits, size_t n_users, size_t n_items, struct sparse *a, struct sparse *at,
                     double *item_degree, struct tt_err *err)
{
    size_t n = (size_t)visits->offsets[n_users];

    *at = (struct sparse){0};
    if (sparse_init(a, n_users, n, err) || sparse_init(at, n_items, n, err))
        return -1;
    memset(item_degree, 0, n_items * sizeof(*item_degree));
    for (size_t e = 0; e < n; e++) {
        item_degree[visits->codes[e]] += (double)visits->weights[e];
        at->starts[visits->codes[e] + 1]++;
    }
    for (size_t i = 0; i < n_items; i++)
        at->starts[i + 1] += at->starts[i];
    memcpy(a->starts, visits->offsets, (n_users + 1) * sizeof(*a->starts));
    memcpy(a->columns, visits->codes, n * sizeof(*a->columns));
    for (size_t u = 0; u < n_users; u++) {
        double degree = 0;
        for (uint64_t e = a->starts[u]; e < a->starts[u + 1]; e++)
            degree += (double)visits->weights[e];
        for (uint64_t e = a->starts[u]; e < a->starts[u + 1]; e++) {
            double product = degree * item_degree[a->columns[e]];
            a->values[e] = product > 0 ? (float)((double)visits->weights[e] / sqrt(product)) : 0;
            uint64_t place = at->starts[a->columns[e]]++;
            at->columns[place] = (uint32_t)u;
            at->values[place] = a->values[e];
        }
    }
    memmove(at->starts + 1, at->starts, n_items * sizeof(*at->starts)); /* each start had moved to its end */
    at->starts[0] = 0;
    return 0;
}

struct sparse_product {
    const struct sparse *m;
    const float *in;
    float *out;
    size_t k;
};

static void multiply_sparse_block(void *arg, size_t block, int worker)
{
    const struct sparse_product *p = arg;
    size_t to = (block + 1) * ROW_BLOCK;

    (void)worker;
    for (size_t r = block * ROW_BLOCK; r < to && r < p->m->n_rows; r++) {
        float *out = p->out + r * p->k;
        memset(out, 0, p->k * sizeof(*out));
        for (uint64_t e = p->m->starts[r]; e < p->m->starts[r + 1]; e++) {
            const float *in = p->in + (size_t)p->m->columns[e] * p->k;
            float w = p->m->values[e];
            for (size_t i = 0; i < p->k; i++)
                out[i] += w * in[i];
        }
    }
}

/* out (rows of m, k) = m in */
static void multiply_sparse(const struct sparse *m, const float *in, float *out, size_t k, struct tt_pool *pool)
{
    struct sparse_product p = {m, in, out, k};

    tt_pool_run(pool, tt_blocks(m->n_rows, ROW_BLOCK), multiply_sparse_block, &p);
}

/* gram (k,k) in double = x' x, x (n,k) */
static void gram_of(const float *x, size_t n, size_t k, float *scratch, double *gram)
{
    memset(gram, 0, k * k * sizeof(*gram));
    for (size_t from = 0; from < n; from += GRAM_BLOCK) {
        size_t rows = n - from < GRAM_BLOCK ? n - from : GRAM_BLOCK;
        tt_gemm_tn(k, k, rows, x + from * k, k, x + from * k, k, 0, scratch, k);
        for (size_t i = 0; i < k * k; i++)
            gram[i] += (double)scratch[i];
    }
}

struct dense_product {
    const float *in, *matrix; /* (n,k), (k,columns) */
    float *out;               /* (n,columns) = in matrix */
    size_t n, k, columns;
};

static void multiply_dense_block(void *arg, size_t block, int worker)
{
    const struct dense_product *t = arg;
    size_t from = block * GRAM_BLOCK, rows = t->n - from < GRAM_BLOCK ? t->n - from : GRAM_BLOCK;

    (void)worker;
    tt_gemm_nn(rows, t->columns, t->k, t->in + from * t->k, t->k, t->matrix, t->columns, 0, t->out + from * t->columns,
               t->columns);
}

static void multiply_dense(const float *in, size_t n, size_t k, const float *matrix, size_t columns, float *out,
                           struct tt_pool *pool)
{
    struct dense_product t = {in, matrix, out, n, k, columns};

    tt_pool_run(pool, tt_blocks(n, GRAM_BLOCK), multiply_dense_block, &t);
}

/* Scratch of the decomposition: k is rank + OVERSAMPLE at most. */
struct work {
    size_t k;
    float *q, *z, *y;           /* (n_items, k) twice, (n_users, k) */
    float *small;               /* (k, k) */
    double *gram, *other, *values; /* (k, k), (k, k), (k) */
};

static void work_release(struct work *w)
{
    free(w->q);
    free(w->z);
    free(w->y);
    free(w->small);
    free(w->gram);
    free(w->other);
    free(w->values);
}

static int work_init(struct work *w, size_t n_users, size_t n_items, size_t k, struct tt_err *err)
{
    *w = (struct work){.k = k};
    w->q = tt_alloc_aligned(n_items, k * sizeof(float), err);
    w->z = tt_alloc_aligned(n_items, k * sizeof(float), err);
    w->y = tt_alloc_aligned(n_users, k * sizeof(float), err);
    w->small = tt_alloc_aligned(k, k * sizeof(float), err);
    w->gram = tt_alloc(k, k * sizeof(double), err);
    w->other = tt_alloc(k, k * sizeof(double), err);
    w->values = tt_alloc(k, sizeof(double), err);
    return w->q && w->z && w->y && w->small && w->gram && w->other && w->values ? 0 : -1;
}

/* q = an orthonormal basis of the columns of z (n,k): CholeskyQR twice. z is destroyed. */
static void orthonormalise(struct work *w, size_t n, struct tt_pool *pool)
{
    for (int pass = 0; pass < 2; pass++) {
        gram_of(w->z, n, w->k, w->small, w->gram);
        tt_cholesky_inverse(w->k, w->gram, w->other);
        for (size_t i = 0; i < w->k * w->k; i++)
            w->small[i] = (float)w->other[i];
        multiply_dense(w->z, n, w->k, w->small, w->k, w->q, pool);
        if (pass == 0)
            memcpy(w->z, w->q, n * w->k * sizeof(*w->z));
    }
}

int tt_spectral_svd(const struct tt_bags *visits, size_t n_users, size_t n_items, size_t rank, uint64_t seed,
                    struct tt_pool *pool, float *u, float *v, double *s, struct tt_err *err)
{
    size_t smaller = n_users < n_items ? n_users : n_items;
    size_t k = rank + OVERSAMPLE < smaller ? rank + OVERSAMPLE : smaller;
    struct sparse a = {0}, at = {0};
    struct work w = {0};
    double *degree = tt_alloc(n_items, sizeof(*degree), err);
    struct tt_rng rng;
    int status = -1;

    if (!degree || normalise(visits, n_users, n_items, &a, &at, degree, err) ||
        work_init(&w, n_users, n_items, k, err))
        goto done;
    tt_rng_init(&rng, seed, TT_RNG_SKETCH, 0);
    for (size_t i = 0; i < n_items * k; i++)
        w.z[i] = (float)tt_rng_normal(&rng);
    for (int i = 0; i < ITERATIONS; i++) {
        orthonormalise(&w, n_items, pool);
        multiply_sparse(&a, w.q, w.y, k, pool);
        multiply_sparse(&at, w.y, w.z, k, pool);
    }
    orthonormalise(&w, n_items, pool);
    multiply_sparse(&a, w.q, w.y, k, pool);
    gram_of(w.y, n_users, k, w.small, w.gram); /* its eigenvectors map q to V, and y to U s */
    tt_eigen_symmetric(k, w.gram, w.values, w.other);
    for (size_t j = 0; j < rank; j++)
        s[j] = w.values[j] > 1e-9 * w.values[0] ? sqrt(w.values[j]) : 0;
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < rank; j++)
            w.small[i * rank + j] = s[j] > 0 ? (float)w.other[i * k + j] : 0;
    multiply_dense(w.q, n_items, k, w.small, rank, v, pool);
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < rank; j++)
            w.small[i * rank + j] = s[j] > 0 ? (float)(w.other[i * k + j] / s[j]) : 0;
    multiply_dense(w.y, n_users, k, w.small, rank, u, pool);
    status = 0;
done:
    sparse_release(&a);
    sparse_release(&at);
    work_release(&w);
    free(degree);
    return status;
}

/* ---- from the decomposition to tables ---- */

/* rows (n, rank) with columns scaled by sqrt(s) into table (n, dim), each row then of length 1 (or 0). */
static void fill_scaled(const float *rows, size_t n, size_t rank, const double *s, float *table, size_t dim)
{
    for (size_t r = 0; r < n; r++) {
        double squares = 0;
        for (size_t j = 0; j < rank; j++) {
            table[r * dim + j] = rows[r * rank + j] * (float)sqrt(s[j]);
            squares += (double)table[r * dim + j] * (double)table[r * dim + j];
        }
        for (size_t j = 0; j < rank && squares > 0; j++)
            table[r * dim + j] /= (float)sqrt(squares);
    }
}

/* History rows, scaled so that the mean length of the bags is 1; row 0 is the mean bag. For the users' histories,
 * visits are their bags of items, and v the items' singular vectors; for the items', bags of users and u. */
static int fill_history(const struct tt_bags *visits, const float *v, size_t n_items, size_t rank, const double *s,
                        float *table, size_t dim, struct tt_err *err)
{
    double *degree = tt_alloc_zero(n_items, sizeof(*degree), err), *mean = tt_alloc_zero(dim, sizeof(*mean), err);
    float *bag = tt_alloc(dim, sizeof(*bag), err);
    double lengths = 0;
    size_t n = 0;

    if (!degree || !mean || !bag) {
        free(degree);
        free(mean);
        free(bag);
        return -1;
    }
    for (size_t e = 0; e < visits->offsets[visits->n_rows]; e++)
        degree[visits->codes[e]] += (double)visits->weights[e];
    for (size_t i = 0; i < n_items; i++)
        for (size_t j = 0; j < rank && degree[i] > 0; j++)
            table[i * dim + j] = s[j] > 0 ? (float)((double)v[i * rank + j] / sqrt(s[j] * degree[i])) : 0;
    for (size_t u = 0; u < visits->n_rows; u++) {
        const uint32_t *codes;
        const float *weights;
        size_t size = tt_bags_row(visits, u, &codes, &weights);
        double squares = 0;
        if (size == 0)
            continue;
        float length = tt_history_length(weights, size);
        memset(bag, 0, dim * sizeof(*bag));
        for (size_t e = 0; e < size; e++)
            for (size_t d = 0; d < dim; d++)
                bag[d] += weights[e] / length * table[(size_t)codes[e] * dim + d];
        for (size_t d = 0; d < dim; d++) {
            squares += (double)bag[d] * (double)bag[d];
            mean[d] += (double)bag[d];
        }
        lengths += sqrt(squares);
        n++;
    }
    float scale = lengths > 0 ? (float)((double)n / lengths) : 1;
    for (size_t i = 0; i < n_items * dim; i++)
        table[i] *= scale;
    for (size_t d = 0; d < dim && n > 0; d++)
        table[d] = (float)(mean[d] / (double)n) * scale;
    free(degree);
    free(mean);
    free(bag);
    return 0;
}

/* First values of an attribute or context: for each code, the mean of the vectors (dim) of the rows that have it. A
 * scaled number is a signed weight, and its row points from the rows of small numbers to those of large ones. */
struct means {
    double *sums, *all; /* (n_codes, dim), (dim) */
    double *counts, n;  /* (n_codes) */
};

static void add_mean(struct means *m, size_t code, double weight, const float *row, size_t dim)
{
    m->counts[code] += fabs(weight);
    m->n += fabs(weight);
    for (size_t d = 0; d < dim; d++) {
        m->sums[code * dim + d] += weight * (double)row[d];
        m->all[d] += weight * (double)row[d];
    }
}

/* Table rows from the means; centred: the mean of all is subtracted. */
static void means_to_rows(const struct means *m, size_t n_codes, size_t dim, int centred, float *table)
{
    for (size_t c = 1; c < n_codes; c++)
        for (size_t d = 0; d < dim && m->counts[c] > 0; d++)
            table[c * dim + d] = (float)(m->sums[c * dim + d] / m->counts[c] - (centred ? m->all[d] / m->n : 0));
}

/* The table of one attribute or context column; users and items are the decomposition's rows, (n, dim). */
static int fill_feature(struct tt_model *model, const struct tt_events *events, size_t column, const float *users,
                        const float *items, struct tt_err *err)
{
    const struct tt_feature *f = &model->entities.dictionary.features[column];
    size_t dim = model->dim;
    struct means m = {.sums = tt_alloc_zero(f->n_codes, dim * sizeof(double), err),
                      .all = tt_alloc_zero(dim, sizeof(double), err),
                      .counts = tt_alloc_zero(f->n_codes, sizeof(double), err)};
    int is_item = f->column->side == TT_ITEM, status = m.sums && m.all && m.counts ? 0 : -1;

    if (status == 0 && f->column->kind == TT_KIND_CONTEXT) {
        for (size_t e = 0; e < events->n; e++)
            add_mean(&m, tt_narrow_get(&events->contexts[column], e), 1, items + (size_t)events->item[e] * dim, dim);
    } else if (status == 0) {
        const struct tt_table *table = is_item ? &model->entities.items : &model->entities.users;
        for (size_t r = 1; r < table->n_rows; r++) {
            const uint32_t *codes;
            const float *weights;
            size_t n = tt_bags_row(&table->bags[column], r, &codes, &weights);
            for (size_t e = 0; e < n; e++)
                add_mean(&m, codes[e], weights ? (double)weights[e] : 1, (is_item ? items : users) + r * dim, dim);
        }
    }
    /* a scaled number has one signed row, and no mean to subtract */
    int is_scaled = f->column->form == TT_FORM_SCALED;
    if (status == 0)
        means_to_rows(&m, f->n_codes, dim, !is_item && !is_scaled, model->tables[column]);
    free(m.sums);
    free(m.all);
    free(m.counts);
    return status;
}

static void add_noise(struct tt_model *model, uint64_t seed, double deviation)
{
    for (size_t c = 0; c < model->entities.dictionary.schema.n_columns; c++) {
        struct tt_rng rng;
        if (!model->tables[c])
            continue;
        tt_rng_init(&rng, seed, TT_RNG_INIT + (uint32_t)c, 0);
        for (size_t i = 0; i < model->entities.dictionary.features[c].n_codes * model->dim; i++)
            model->tables[c][i] += (float)(deviation * tt_rng_normal(&rng));
    }
}

void tt_random_start(struct tt_model *model, uint64_t seed)
{
    add_noise(model, seed, 1 / sqrt((double)model->dim));
}

int tt_spectral_start(struct tt_model *model, const struct tt_events *events, const struct tt_bags *visits,
                      uint64_t seed, double noise, struct tt_pool *pool, struct tt_err *err)
{
    const struct tt_dictionary *d = &model->entities.dictionary;
    size_t n_users = d->features[d->user_id].n_codes, n_items = d->features[d->item_id].n_codes, dim = model->dim;
    size_t smaller = n_users < n_items ? n_users : n_items, rank = dim < smaller ? dim : smaller;
    float *u = tt_alloc(n_users, rank * sizeof(float), err), *v = tt_alloc(n_items, rank * sizeof(float), err);
    float *users = tt_alloc_zero(n_users, dim * sizeof(float), err),
          *items = tt_alloc_zero(n_items, dim * sizeof(float), err);
    double *s = tt_alloc(rank, sizeof(*s), err);
    int status = -1;

    if (!u || !v || !users || !items || !s || tt_spectral_svd(visits, n_users, n_items, rank, seed, pool, u, v, s, err))
        goto done;
    fill_scaled(u, n_users, rank, s, users, dim);
    fill_scaled(v, n_items, rank, s, items, dim);
    for (size_t c = 0; c < d->schema.n_columns; c++) {
        enum tt_kind kind = d->schema.columns[c].kind;
        if (!model->tables[c])
            continue;
        if (kind == TT_KIND_ID)
            memcpy(model->tables[c], c == d->user_id ? users : items, d->features[c].n_codes * dim * sizeof(float));
        else if (kind != TT_KIND_HISTORY ? fill_feature(model, events, c, users, items, err)
                 : d->schema.columns[c].side == TT_USER
                     ? fill_history(visits, v, n_items, rank, s, model->tables[c], dim, err)
                     : fill_history(&model->entities.items.bags[c], u, n_users, rank, s, model->tables[c], dim, err))
            goto done;
    }
    add_noise(model, seed, noise);
    status = 0;
done:
    free(u);
    free(v);
    free(users);
    free(items);
    free(s);
    return status;
}
