/* Is one model better than another, or was it luck? See compare.h. */
#include "eval/compare.h"

#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "eval/bootstrap.h"
#include "math/student.h"

enum {
    PERMUTATIONS = 64, /* of one block */
    FEW = 10,          /* permutations as far as the difference, below which they tell p too roughly */
    MOST_RUNS = 10000, /* more runs are never proposed */
};
static const double most_users = 1e6; /* times the users that there are: more are never proposed */

/* Variances by where they come from. */
struct components {
    double users;       /* of one user's difference, as all runs have it */
    double residual[2]; /* of one user in one run, of each model */
    double seeds[2];    /* of one run for all users, of each model */
    double found[2];    /* degrees of freedom that these were found with; 0: nothing is known of seeds */
    int shares;         /* both models have the components of one of them */
};

/* How many users, and runs of each model, a test has. */
struct design {
    double users, runs[2];
};

/* ---- figures ---- */

static double sum_of(const double *x, size_t n)
{
    double total = 0;

    for (size_t i = 0; i < n; i++)
        total += x[i];
    return total;
}

/* mean (n_users): of the model's sums over its runs. */
static void average(const struct tt_runs *model, size_t n_users, double *mean)
{
    for (size_t u = 0; u < n_users; u++) {
        double total = 0;
        for (size_t r = 0; r < model->n_runs; r++)
            total += model->sums[r][u];
        mean[u] = total / (double)model->n_runs;
    }
}

/* The variance components of a model's table of runs by users: its seeds' and the residual. mean: as average()
 * gives it. */
static void analyse(const struct tt_runs *model, const double *mean, const double *divisors, size_t n_users,
                    size_t which, struct components *c)
{
    double below = sum_of(divisors, n_users), theta = sum_of(mean, n_users) / below, runs = (double)model->n_runs;
    double users = (double)n_users, scale = users / below, between = 0, within = 0;

    c->found[which] = runs - 1;
    if (model->n_runs < 2)
        return;
    for (size_t r = 0; r < model->n_runs; r++) {
        double apart = sum_of(model->sums[r], n_users) / below - theta;
        between += apart * apart;
        for (size_t u = 0; u < n_users; u++) {
            double rest = scale * (model->sums[r][u] - mean[u] - apart * divisors[u]);
            within += rest * rest;
        }
    }
    between /= runs - 1;
    c->residual[which] = within / ((runs - 1) * (users - 1));
    c->seeds[which] = fmax(0, between - c->residual[which] / users);
}

/* The variance of d (n_users), whose mean is `mean`. */
static double variance_of(const double *d, size_t n_users, double mean)
{
    double squares = 0;

    for (size_t u = 0; u < n_users; u++)
        squares += (d[u] - mean) * (d[u] - mean);
    return squares / ((double)n_users - 1);
}

/* A model of one run is given the other's components. */
static void share_seeds(struct components *c)
{
    for (size_t i = 0; i < 2; i++)
        if (c->found[i] < 1 && c->found[1 - i] >= 1) {
            c->residual[i] = c->residual[1 - i];
            c->seeds[i] = c->seeds[1 - i];
            c->found[i] = c->found[1 - i];
            c->shares = 1;
        }
}

static double users_part(const struct components *c, const struct design *d)
{
    return (c->users + c->residual[0] / d->runs[0] + c->residual[1] / d->runs[1]) / d->users;
}

static double seeds_part(const struct components *c, const struct design *d)
{
    return c->seeds[0] / d->runs[0] + c->seeds[1] / d->runs[1];
}

/* Satterthwaite's degrees of freedom of the sum of both parts. of_users: those of the users' part. */
static double degrees_of(const struct components *c, const struct design *d, double of_users)
{
    double users = users_part(c, d), total = users + seeds_part(c, d), spread = users * users / of_users, part[2];

    for (size_t i = 0; i < 2; i++)
        part[i] = c->found[i] > 0 ? (c->seeds[i] + c->residual[i] / d->users) / d->runs[i] : 0;
    if (c->shares)
        spread += (part[0] + part[1]) * (part[0] + part[1]) / c->found[0];
    else
        for (size_t i = 0; i < 2; i++)
            spread += c->found[i] > 0 ? part[i] * part[i] / c->found[i] : 0;
    return spread > 0 ? fmax(1, total * total / spread) : INFINITY;
}

/* ---- resampling ---- */

/* What other seeds might add to the difference in resample r. */
static double other_seeds(uint64_t seed, uint64_t index, double deviation)
{
    struct tt_rng rng;

    if (!(deviation > 0))
        return 0;
    tt_rng_init(&rng, seed, TT_RNG_OTHER_SEEDS, index);
    return deviation * tt_rng_normal(&rng);
}

/* means: of the model and of the base, (n_users) each. */
static int find_interval(struct tt_pool *pool, double *const means[2], const double *divisors, size_t n_users,
                         const struct tt_compare_options *o, double deviation, struct tt_comparison *out,
                         struct tt_err *err)
{
    enum { UNDER, DIFFERENCE, COLUMNS };
    static const size_t below[COLUMNS] = {UNDER, UNDER};
    double *sums = tt_alloc(n_users, COLUMNS * sizeof(*sums), err);
    double *replicates = tt_alloc(COLUMNS, o->resamples * sizeof(*replicates), err);
    int status = -1;

    if (!sums || !replicates)
        goto done;
    for (size_t u = 0; u < n_users; u++) {
        sums[u * COLUMNS + UNDER] = divisors[u];
        sums[u * COLUMNS + DIFFERENCE] = means[0][u] - means[1][u];
    }
    if (tt_bootstrap_ratios(pool, sums, n_users, COLUMNS, below, o->resamples, o->seed, replicates, err))
        goto done;
    double *differences = replicates + DIFFERENCE * o->resamples;
    for (size_t r = 0; r < o->resamples; r++)
        differences[r] += other_seeds(o->seed, r, deviation);
    tt_bootstrap_interval(differences, o->resamples, o->level, &out->low, &out->high);
    double wider = tt_student_critical(1 - o->level, out->degrees) / tt_normal_critical(1 - o->level);
    out->low = out->difference - wider * (out->difference - out->low);
    out->high = out->difference + wider * (out->high - out->difference);
    status = 0;
done:
    free(sums);
    free(replicates);
    return status;
}

struct flips {
    const double *d; /* (n_users), whose sum is the difference */
    size_t n_users, permutations;
    uint64_t seed;
    double deviation, difference;
    size_t *as_far;  /* (blocks) */
};

static double flip(const struct flips *f, size_t permutation)
{
    struct tt_rng rng;
    double total = 0;
    uint32_t bits = 0;

    tt_rng_init(&rng, f->seed, TT_RNG_PERMUTATION, permutation);
    for (size_t u = 0; u < f->n_users; u++) {
        if (u % 32 == 0)
            bits = tt_rng_u32(&rng);
        total += bits & 1 ? f->d[u] : -f->d[u];
        bits >>= 1;
    }
    return total;
}

static void flip_block(void *arg, size_t block, int worker)
{
    struct flips *f = arg;
    size_t end = (block + 1) * PERMUTATIONS < f->permutations ? (block + 1) * PERMUTATIONS : f->permutations;
    double limit = fabs(f->difference) * (1 - 1e-12); /* equal values may differ by their order of adding */
    (void)worker;

    f->as_far[block] = 0;
    for (size_t i = block * PERMUTATIONS; i < end; i++) {
        double other = other_seeds(f->seed, UINT32_MAX + (uint64_t)i, f->deviation);
        f->as_far[block] += fabs(flip(f, i) + other) >= limit;
    }
}

/* d (n_users): the users' parts of the difference. degrees: of freedom that the seeds leave, infinite when none
 * is lost. */
static int find_p(struct tt_pool *pool, const double *d, size_t n_users, const struct tt_compare_options *o,
                  double deviation, double degrees, struct tt_comparison *out, struct tt_err *err)
{
    size_t n_blocks = tt_blocks(o->permutations, PERMUTATIONS), as_far = 0;
    struct flips f = {.d = d, .n_users = n_users, .permutations = o->permutations, .seed = o->seed,
                      .deviation = deviation, .difference = out->difference};
    double squares = deviation * deviation;

    f.as_far = tt_alloc(n_blocks, sizeof(*f.as_far), err);
    if (!f.as_far)
        return -1;
    tt_pool_run(pool, n_blocks, flip_block, &f);
    for (size_t b = 0; b < n_blocks; b++)
        as_far += f.as_far[b];
    free(f.as_far);
    out->p = (double)(as_far + 1) / (double)(o->permutations + 1);
    if (isinf(degrees))
        return 0;
    for (size_t u = 0; u < n_users; u++)
        squares += d[u] * d[u];
    if (as_far < FEW && squares > 0)
        out->p = fmin(out->p, tt_normal_tails(fabs(out->difference) / sqrt(squares)));
    if (out->p < 1)
        out->p = tt_student_tails(tt_normal_critical(out->p), degrees);
    return 0;
}

/* ---- power ---- */

/* The probability that a test with t's limit finds a difference of so many standard errors; and the other way round. */
static double power_of(double errors, double limit, double degrees)
{
    double away = (limit * (1 - 0.25 / degrees) - errors) / sqrt(1 + limit * limit / (2 * degrees));

    return away > 0 ? tt_normal_tails(away) / 2 : 1 - tt_normal_tails(-away) / 2;
}

static double errors_for(double power, double limit, double degrees)
{
    return limit * (1 - 0.25 / degrees) +
           tt_normal_critical(2 * (1 - power)) * sqrt(1 + limit * limit / (2 * degrees));
}

/* The smallest difference that the design detects with the requested power. */
static double detectable(const struct components *c, const struct design *d, const struct tt_compare_options *o)
{
    double degrees = degrees_of(c, d, d->users - 1);

    return errors_for(o->power, tt_student_critical(1 - o->level, degrees), degrees) *
           sqrt(users_part(c, d) + seeds_part(c, d));
}

/* How many times as many users it takes to detect the target, by bisection of its logarithm. */
static double users_for(double target, const struct components *c, struct design d, const struct tt_compare_options *o)
{
    double users = d.users, low = log(2 / users), high = log(most_users);

    d.users = users * most_users;
    if (!(detectable(c, &d, o) <= target))
        return INFINITY;
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        d.users = users * exp(middle);
        if (detectable(c, &d, o) <= target)
            high = middle;
        else
            low = middle;
    }
    return exp(high);
}

/* How many runs of each model it takes. */
static double runs_for(double target, struct components c, struct design d, const struct tt_compare_options *o)
{
    double low = 1, high = MOST_RUNS; /* the answer is above low */

    if (c.found[0] < 1)
        return NAN;
    c.shares = 0;
    for (int first = 1; high - low > 1; first = 0) {
        double middle = first ? high : floor((low + high) / 2);
        d.runs[0] = d.runs[1] = middle;
        c.found[0] = middle - 1;
        c.found[1] = c.found[1] > 0 ? middle - 1 : 0;
        if (detectable(&c, &d, o) <= target)
            high = middle;
        else if (first)
            return INFINITY;
        else
            low = middle;
    }
    return high;
}

static void find_power(const struct components *c, const struct design *d, const struct tt_compare_options *o,
                       struct tt_comparison *out)
{
    double error = sqrt(users_part(c, d) + seeds_part(c, d)), limit = tt_student_critical(1 - o->level, out->degrees);
    double target = o->effect > 0 ? o->effect : fabs(out->difference);

    out->detectable = detectable(c, d, o);
    out->power = error > 0 ? power_of(target / error, limit, out->degrees) : target > 0;
    out->users_factor = target > 0 ? users_for(target, c, *d, o) : INFINITY;
    out->runs = target > 0 || c->found[0] < 1 ? runs_for(target, *c, *d, o) : INFINITY;
}

/* ---- the whole ---- */

/* Pairs: their differences are the runs of a single model. */
static int analyse_pairs(const struct tt_runs *models, double *const means[2], const double *divisors, size_t n_users,
                         struct components *c, struct tt_err *err)
{
    size_t runs = models[0].n_runs;
    double *sums = tt_alloc(runs + 1, n_users * sizeof(*sums), err), *mean = sums ? sums + runs * n_users : NULL;
    const double **rows = tt_alloc(runs, sizeof(*rows), err);

    if (sums && rows) {
        for (size_t r = 0; r < runs; r++) {
            rows[r] = sums + r * n_users;
            for (size_t u = 0; u < n_users; u++)
                sums[r * n_users + u] = models[0].sums[r][u] - models[1].sums[r][u];
        }
        for (size_t u = 0; u < n_users; u++)
            mean[u] = means[0][u] - means[1][u];
        analyse(&(struct tt_runs){rows, runs}, mean, divisors, n_users, 0, c);
    }
    int status = sums && rows ? 0 : -1;
    free(sums);
    free(rows);
    return status;
}

static int analyse_models(const struct tt_runs *models, double *const means[2], const double *divisors, size_t n_users,
                        int is_paired, struct components *c, struct tt_err *err)
{
    if (is_paired)
        return analyse_pairs(models, means, divisors, n_users, c, err);
    for (size_t i = 0; i < 2; i++)
        analyse(&models[i], means[i], divisors, n_users, i, c);
    share_seeds(c);
    return 0;
}

/* The figures that need no resampling. d (n_users) is overwritten with the users' differences, made linear. */
static void describe(const struct tt_runs *models, double *const means[2], const double *divisors, size_t n_users,
                     double *d, struct components *c, struct tt_comparison *out)
{
    double below = sum_of(divisors, n_users), users = (double)n_users;

    *out = (struct tt_comparison){.value = sum_of(means[0], n_users) / below,
                                  .base_value = sum_of(means[1], n_users) / below};
    out->difference = out->value - out->base_value;
    for (size_t u = 0; u < n_users; u++)
        d[u] = users / below * (means[0][u] - means[1][u] - out->difference * divisors[u]) + out->difference;
    double variance = variance_of(d, n_users, out->difference);
    out->users_part = variance / users;
    out->cohens_d = variance > 0 ? out->difference / sqrt(variance) : NAN;
    for (size_t i = 0; i < 2; i++)
        variance -= c->residual[i] / (double)models[i].n_runs;
    c->users = fmax(0, variance);
}

int tt_compare(struct tt_pool *pool, const struct tt_runs *model, const struct tt_runs *base, const double *divisors,
               size_t n_users, const struct tt_compare_options *options, struct tt_comparison *out, struct tt_err *err)
{
    const struct tt_runs models[2] = {*model, *base};
    double *means[2] = {tt_alloc(n_users, sizeof(double), err), tt_alloc(n_users, sizeof(double), err)};
    double *d = tt_alloc(n_users, sizeof(double), err), below = sum_of(divisors, n_users), users = (double)n_users;
    struct design design = {users, {(double)model->n_runs, (double)base->n_runs}};
    struct components c = {0};
    int status = -1;

    if (!means[0] || !means[1] || !d)
        goto done;
    for (size_t i = 0; i < 2; i++)
        average(&models[i], n_users, means[i]);
    if (analyse_models(models, means, divisors, n_users, options->is_paired, &c, err))
        goto done;
    describe(models, means, divisors, n_users, d, &c, out);
    out->seeds_part = c.found[0] > 0 ? seeds_part(&c, &design) : NAN;
    out->degrees = degrees_of(&c, &design, users - 1);
    double deviation = sqrt(seeds_part(&c, &design));
    if (find_interval(pool, means, divisors, n_users, options, deviation, out, err))
        goto done;
    for (size_t u = 0; u < n_users; u++)
        d[u] = (means[0][u] - means[1][u]) / below;
    if (find_p(pool, d, n_users, options, deviation, degrees_of(&c, &design, INFINITY), out, err))
        goto done;
    find_power(&c, &design, options, out);
    status = 0;
done:
    free(means[0]);
    free(means[1]);
    free(d);
    return status;
}

struct ranked {
    double p;
    size_t at;
};

static int by_p(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    return x->p != y->p ? (x->p > y->p) - (x->p < y->p) : (x->at > y->at) - (x->at < y->at);
}

int tt_holm(double *p, size_t n, struct tt_err *err)
{
    struct ranked *order = tt_alloc(n, sizeof(*order), err);
    double most = 0;

    if (!order)
        return -1;
    for (size_t i = 0; i < n; i++)
        order[i] = (struct ranked){p[i], i};
    qsort(order, n, sizeof(*order), by_p);
    for (size_t i = 0; i < n; i++) {
        double corrected = order[i].p * (double)(n - i);
        most = corrected > most ? corrected : most;
        p[order[i].at] = most < 1 ? most : 1;
    }
    free(order);
    return 0;
}
