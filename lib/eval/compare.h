/* Is one model better than another, or was it luck? A model is compared with another one, its base. Each has runs:
 * trainings that differ by their seed alone. All runs are evaluated by the same test events.
 *
 * Users and seeds are both random samples, and they are crossed: each run is evaluated by all users. A bootstrap that
 * drew users anew for each seed would treat the same users as new ones (Owen 2007, "The pigeonhole bootstrap", Annals
 * of Applied Statistics 1), and drawing few seeds with replacement underestimates their variance. So users are
 * resampled, and the seeds' variance is estimated as a variance component:
 *
 *   figure      of run r: theta_r = sum over users of s_ru / sum of n_u, with hits over events, say, or recalls
 *               over queries; of a model: theta, the mean over its runs; D: the difference of the two models
 *   users       their part of D's variance: that of the mean of d_u, the users' differences of the models' means, after
 *               the ratio is made linear: x_u = theta + (U / N)(s_u - theta n_u), whose mean over the U users is theta
 *               (the delta method; Davison and Hinkley 1997, section 2.7.2)
 *   seeds       their part: the sum over the models of the seeds' variance component over the number of runs. The
 *               component is max(0, (M_r - M_e) / U), from the mean squares of the model's table of runs by users:
 *               M_r = U sum (theta_r - theta)^2 / (R - 1), and M_e of the residuals (U / N)(s_ru - s_u - (theta_r -
 *               theta) n_u) (Searle, Casella and McCulloch 1992, "Variance components", section 4.3). The residual
 *               variance is counted once, as it is part of the users' differences. A model with one run is given
 *               the other's component; with one run each it is unknown, and the figures speak of these two models
 *   pairs       of runs that share a seed: their differences are one table, at R - 1 degrees of freedom; what a
 *               seed does to both models alike cancels out
 *   degrees     of freedom of the two parts together, by Satterthwaite (1946, "An approximate distribution of
 *               estimates of variance components", Biometrics Bulletin 2): U - 1 of the users' part, R - 1 of M_r. A
 *               component that is estimated as 0 may be above, so it has the degrees of M_r = M_e
 *   interval    percentiles of a paired bootstrap: all runs see the same users of a resample (bootstrap.h), and
 *               what other seeds might add is drawn with the seeds' part as variance; spread by the ratio of
 *               Student's quantile at those degrees of freedom to the normal one
 *   p           of a paired permutation test: each user's figures of the two models change places with probability
 *               1/2 (Good 2005, "Permutation, parametric and bootstrap tests of hypotheses", section 3.7), and seeds
 *               are drawn as above; (1 + as far from 0 as D) / (1 + permutations) (Phipson and Smyth 2010, "Permutation
 *               p-values should never be zero", SAGMB 9). Where runs differ, its normal deviate is looked up in
 *               Student's distribution at the degrees of freedom that the seeds leave; and where fewer than 10
 *               permutations are as far as D, it is that of the normal distribution with the permutations' variance,
 *               whose tails are about as heavy or heavier (Efron 1969, "Student's t-test under symmetry conditions",
 *               JASA 64): else few seeds could never show anything
 *   cohens_d    D over the deviation of d_u: Cohen's d of paired values, of users
 *   power       of the t test at those degrees, when the difference is so many standard errors (Cohen 1988,
 *               "Statistical power analysis", chapter 2), by the normal deviate of the noncentral t (Abramowitz and
 *               Stegun 26.7.10); what would give the requested power is searched for with the parts' variances as they
 *               were found, and the degrees of freedom that more users or seeds would have
 *
 * Simulated (2000 trials, 193 users with 1 to 9 events, 199 resamples and permutations, no difference; standard
 * deviation 0.005): how often the 95 % interval holds the truth, and p is below 0.05. Values are normal, or hits by
 * chances that are small for most users; seeds deviate by 0, 0.01 or 0.05.
 *
 *     seeds of each    normal values                             hits
 *                      0            0.01         0.05            0            0.01         0.05
 *     10 and 10        0.950 0.048  0.952 0.044  0.954 0.044     0.969 0.032  0.950 0.049  0.952 0.048
 *     3 and 3          0.970 0.029  0.964 0.037  0.964 0.037     0.995 0.004  0.987 0.011  0.964 0.035
 *     2 and 2          0.989 0.015  0.969 0.031  0.942 0.059     1.000 0.000  0.999 0.001  0.965 0.033
 *     3 and 1          0.989 0.012  0.966 0.035  0.932 0.066     1.000 0.000  0.997 0.002  0.959 0.041
 *
 * In pairs whose seeds deviate by 0.05 alike (1000 trials): 10 pairs 0.949 0.044, hits 0.973 0.024; 3 pairs 0.979
 * 0.020, hits 1.000 0.000.
 *
 * With two or three seeds that vary no more than residuals, it cannot be known that they do not, and the interval is
 * wide. With one seed each and seeds that deviate by 0.01, the interval of these two models holds the truth of others
 * 84 times of 100, and 32 times with 0.05: hence no verdict then. test_compare.c repeats some of it.
 */
#ifndef TT_EVAL_COMPARE_H
#define TT_EVAL_COMPARE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"

/* Runs of one model. */
struct tt_runs {
    const double *const *sums; /* (n_runs) of (n_users): a figure is the sum of these over that of the divisors */
    size_t n_runs;             /* at least 1 */
};

struct tt_compare_options {
    size_t resamples;    /* of the interval, at least 2 / (1 - level) - 1 */
    size_t permutations; /* of p, at least 1 */
    uint64_t seed;
    double level;        /* of the interval, as 0.95 */
    double power;        /* probability of detecting the effect, as 0.8: for detectable, users_factor and runs */
    double effect;       /* the difference to detect; 0: the observed one */
    int is_paired;       /* the models' runs are pairs, in order, of one seed each; as many of both */
};

struct tt_comparison {
    double value, base_value;  /* the models' means over their runs */
    double difference, low, high;
    double p;
    double cohens_d;           /* NaN when all users' differences are alike */
    double users_part, seeds_part; /* of the variance of the difference; seeds_part NaN: one run each */
    double degrees;            /* of freedom */
    double power;              /* probability that another such test detects the effect */
    double detectable;         /* the smallest difference that such a test detects with options.power */
    double users_factor;       /* how many times as many users would give options.power with these seeds; below 1: fewer
                                  would; infinite: a million times would not */
    double runs;               /* runs of each model that would with these users; infinite: 10,000 would not; NaN:
                                  not known */
};

/* Compare a model with its base. n_users >= 2; divisors (n_users): positive, the same for all runs. Same bits for any
 * pool. Fails only for memory. */
int tt_compare(struct tt_pool *pool, const struct tt_runs *model, const struct tt_runs *base, const double *divisors,
               size_t n_users, const struct tt_compare_options *options, struct tt_comparison *out,
               struct tt_err *err) TT_CHECKED;

/* Holm's correction (1979, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
 * Statistics 6): p (n) becomes the p that each has among the n, so that the chance of any false finding stays below the
 * level. */
int tt_holm(double *p, size_t n, struct tt_err *err) TT_CHECKED;

#endif
