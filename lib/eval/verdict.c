/* The result of a comparison in words: see verdict.h. */
#include "eval/verdict.h"

#include <math.h>
#include <stdio.h>

const char *const tt_verdict_names[] = {"helps", "hurts", "same", "cannot_tell"};

static int is_one_each(const struct tt_finding *f)
{
    return f->n_runs == 1 && f->n_base_runs == 1;
}

enum tt_verdict tt_verdict(const struct tt_finding *f, const struct tt_compare_options *options)
{
    const struct tt_comparison *c = &f->c;

    if (is_one_each(f) || f->n_users == 1)
        return TT_VERDICT_CANNOT_TELL;
    if (f->p_holm < 1 - options->level)
        return c->difference > 0 ? TT_VERDICT_HELPS : TT_VERDICT_HURTS;
    if (options->effect > 0 && c->low > -options->effect && c->high < options->effect)
        return TT_VERDICT_SAME;
    return TT_VERDICT_CANNOT_TELL;
}

/* Up to two digits that count. */
static double two_digits(double x)
{
    double unit = 1;

    if (!isfinite(x))
        return x;
    while (x / unit >= 100)
        unit *= 10;
    return ceil(x / unit - 1e-9) * unit;
}

double tt_verdict_more(const struct tt_finding *f)
{
    double more = f->c.users_factor - 1;

    return more > 0 ? two_digits(f->n * more) : isnan(more) ? NAN : 0;
}

double tt_verdict_runs(const struct tt_finding *f)
{
    size_t least = f->n_runs < f->n_base_runs ? f->n_runs : f->n_base_runs;

    return f->c.runs <= (double)least ? 0 : f->c.runs;
}

int tt_verdict_digits(const struct tt_comparison *c)
{
    double error = 100 * (c->high - c->low) / 4, digits = error > 0 ? ceil(0.5 - log10(error)) : 2;

    return digits < 1 ? 1 : digits > 4 ? 4 : (int)digits;
}

/* ---- sentences ---- */

/* A whole number with a comma between thousands. */
static int add_count(struct tt_buf *text, double count, struct tt_err *err)
{
    char digits[32];
    int n = snprintf(digits, sizeof(digits), "%.0f", count);

    for (int i = 0; i < n; i++)
        if ((i && (n - i) % 3 == 0 && tt_buf_add(text, ",", 1, err)) || tt_buf_add(text, &digits[i], 1, err))
            return -1;
    return 0;
}

/* Never as the limit itself when it is below: "p = 0.0499". */
static int add_p(struct tt_buf *text, double p, const struct tt_compare_options *options, struct tt_err *err)
{
    double limit = 1 - options->level;
    char rounded[32];

    if (p < 0.0001)
        return tt_buf_add_text(text, "p < 0.0001", err);
    snprintf(rounded, sizeof(rounded), p < 0.0095 ? "%.1g" : "%.2f", p);
    if (fabs(p - limit) < 0.006)
        snprintf(rounded, sizeof(rounded), "%.4f", p);
    return tt_buf_printf(text, err, "p = %s", rounded);
}

static int add_seeds(struct tt_buf *text, const struct tt_finding *f, struct tt_err *err)
{
    if (f->n_runs != f->n_base_runs)
        return tt_buf_printf(text, err, "%zu and %zu seeds", f->n_runs, f->n_base_runs);
    return tt_buf_printf(text, err, f->n_runs == 1 ? "%zu seed" : "%zu seeds", f->n_runs);
}

/* "recall@10 +2.1 points over base (95 % interval +1.2 to +3.0, p = 0.0002, 10 seeds)." */
static int add_figures(struct tt_buf *text, const struct tt_finding *f, const struct tt_compare_options *options,
                       struct tt_err *err)
{
    const struct tt_comparison *c = &f->c;
    int digits = tt_verdict_digits(c);

    if (tt_buf_printf(text, err, "%s %+.*f points over %s (%.4g %% interval %+.*f to %+.*f, ", f->figure, digits,
                      100 * c->difference, f->base, 100 * options->level, digits, 100 * c->low, digits,
                      100 * c->high) ||
        add_p(text, f->p_holm, options, err) || tt_buf_add_text(text, ", ", err) || add_seeds(text, f, err))
        return -1;
    return tt_buf_add_text(text, ").", err);
}

/* "about 2,400 more test events, or 35 seeds of each model." */
static int add_ways(struct tt_buf *text, const struct tt_finding *f, double more, double runs, struct tt_err *err)
{
    if (isinf(more) && !isfinite(runs))
        return tt_buf_printf(text, err, isinf(runs) ? "both more test %s and more seeds."
                                                    : "more than test %s can give.", f->unit);
    if (isfinite(more) &&
        (tt_buf_add_text(text, "about ", err) || add_count(text, more, err) ||
         tt_buf_printf(text, err, " more test %s", f->unit)))
        return -1;
    if (isfinite(runs) && (tt_buf_add_text(text, isfinite(more) ? ", or " : "", err) || add_count(text, runs, err) ||
                           tt_buf_add_text(text, " seeds of each model", err)))
        return -1;
    if (isinf(more))
        return tt_buf_printf(text, err, "; more test %s alone would not do.", f->unit);
    return tt_buf_add_text(text, isinf(runs) ? "; more seeds alone would not do." : ".", err);
}

/* What it takes to find such a difference. */
static int add_needs(struct tt_buf *text, const struct tt_finding *f, const struct tt_compare_options *options,
                     struct tt_err *err)
{
    double more = tt_verdict_more(f), runs = tt_verdict_runs(f);
    double target = options->effect > 0 ? options->effect : fabs(f->c.difference);
    int digits = tt_verdict_digits(&f->c);

    if (!(target > 0))
        return 0;
    while (digits < 4 && 100 * target < 0.5 * pow(10, -digits)) /* not "a difference of 0.0 points" */
        digits++;
    if (more <= 0 || runs <= 0) /* bad luck: most such tests would have found it */
        return tt_buf_printf(text, err, " Such a test finds a difference of %.*f points with a chance of %.0f %%.",
                             digits, 100 * target, 100 * f->c.power);
    return tt_buf_printf(text, err, " To find a difference of %.*f points takes ", digits, 100 * target) ||
                   add_ways(text, f, more, runs, err)
               ? -1
               : 0;
}

int tt_verdict_answer(const struct tt_finding *f, const struct tt_compare_options *options, struct tt_buf *text,
                      struct tt_err *err)
{
    enum tt_verdict verdict = tt_verdict(f, options);

    switch (verdict) {
    case TT_VERDICT_HELPS:
    case TT_VERDICT_HURTS:
        return tt_buf_printf(text, err, "%s %s:", f->model, tt_verdict_names[verdict]);
    case TT_VERDICT_SAME:
        return tt_buf_printf(text, err, "%s makes no difference of %.4g points:", f->model, 100 * options->effect);
    case TT_VERDICT_CANNOT_TELL:
        break;
    }
    return tt_buf_printf(text, err, "%s: cannot tell.", f->model);
}

int tt_verdict_reason(const struct tt_finding *f, const struct tt_compare_options *options, struct tt_buf *text,
                      struct tt_err *err)
{
    if (f->n_users == 1)
        return tt_buf_printf(text, err, "%s %+.2f points over %s, of a single user: nothing can be said of others.",
                             f->figure, 100 * f->c.difference, f->base);
    if (add_figures(text, f, options, err))
        return -1;
    if (tt_verdict(f, options) != TT_VERDICT_CANNOT_TELL)
        return 0;
    if (is_one_each(f))
        return tt_buf_add_text(text, " Each was trained once, and what another seed would change is not known: train "
                               "both with three seeds or more.", err);
    return add_needs(text, f, options, err);
}
