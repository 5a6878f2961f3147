/* The search for settings, against functions whose best place is known. */
#include "train/pattern_search.h"

#include <math.h>
#include <string.h>

#include "unit.h"

static const struct tt_settings given = {
    .temperature = 0.13, .negative_weight = 1.1, .dropout = 0.3, .dim = 64, .epochs = 16};
static const struct tt_search_range wide = {8, 64, 4, 64, 1};

/* How good settings are: falling from `best` by squares, of the temperature by its logarithm. */
static double value(const struct tt_settings *x, const struct tt_settings *best)
{
    double t = log(x->temperature / best->temperature), c = x->negative_weight - best->negative_weight;
    double d = x->dropout - best->dropout;

    return -(t * t + c * c + d * d) - 0.1 * fabs(log2((double)x->dim / (double)best->dim)) -
           0.1 * fabs(log2((double)x->epochs / (double)best->epochs));
}

/* Search; better is better by more than `reserve`. Returns the number of tries. */
static size_t search_for(struct tt_pattern_search *s, const struct tt_settings *best,
                         const struct tt_search_range *range, double reserve)
{
    struct tt_settings x;
    double highest = 0;

    tt_pattern_search_init(s, &given, range);
    for (size_t n = 0; tt_pattern_search_next(s, &x); n++) {
        double v = value(&x, best);
        int is_better = n > 0 && v > highest + reserve;
        if (n == 0)
            assert_true(memcmp(&x, &given, sizeof(x)) == 0);
        tt_pattern_search_result(s, is_better);
        if (n == 0 || is_better)
            highest = v;
        for (size_t i = 0; i < n; i++) /* nothing twice */
            assert_true(memcmp(&s->tried[i], &x, sizeof(x)));
        assert_true(x.temperature >= 0.02 && x.temperature <= 10 && x.dropout >= 0 && x.dropout <= 0.9 && x.dim >= 8 &&
                    x.dim <= 64 && x.negative_weight >= 0.05 && x.epochs >= 4 && x.epochs <= 64);
    }
    return s->n_tried;
}

static void test_the_search_finds_the_best_place(void **state)
{
    static const struct tt_settings places[] = {
        {0.13, 1.1, 0.3, 64, 16}, {0.05, 1.1, 0.3, 64, 4}, {0.4, 0.8, 0.6, 32, 16}, {1.5, 2, 0, 16, 32},
        {0.07, 1.5, 0.9, 64, 64}};
    struct tt_pattern_search s;

    (void)state;
    for (size_t i = 0; i < LENGTH(places); i++) {
        size_t n = search_for(&s, &places[i], &wide, 0);
        assert_true(n < 120);
        assert_true(fabs(log(s.best.temperature / places[i].temperature)) < 0.08);
        assert_true(fabs(s.best.negative_weight - places[i].negative_weight) < 0.04);
        assert_true(fabs(s.best.dropout - places[i].dropout) < 0.04);
        assert_true(s.best.dim == places[i].dim && s.best.epochs == places[i].epochs);
    }
}

/* After a round in which something moved, the same steps are tried again from the new place; then smaller ones. */
static void test_steps_are_halved_when_nothing_moves(void **state)
{
    static const struct tt_settings best = {0.13, 1.5, 0.3, 64, 16};
    static const struct tt_settings expected[] = {
        {0.13, 1.1, 0.3, 64, 16},  {0.065, 1.1, 0.3, 64, 16}, {0.26, 1.1, 0.3, 64, 16},    {0.13, 1.1, 0, 64, 16},
        {0.13, 1.1, 0.7, 64, 16},  {0.13, 0.7, 0.3, 64, 16},  {0.13, 1.5, 0.3, 64, 16},    {0.13, 1.9, 0.3, 64, 16},
        {0.13, 1.5, 0.3, 32, 16},  {0.13, 1.5, 0.3, 64, 8},   {0.13, 1.5, 0.3, 64, 32},    {0.065, 1.5, 0.3, 64, 16},
        {0.26, 1.5, 0.3, 64, 16},  {0.13, 1.5, 0, 64, 16},    {0.13, 1.5, 0.7, 64, 16},    {0.0929, 1.5, 0.3, 64, 16},
        {0.182, 1.5, 0.3, 64, 16}, {0.13, 1.5, 0.1, 64, 16},  {0.13, 1.5, 0.5, 64, 16},
    };
    struct tt_pattern_search s;

    (void)state;
    assert_true(search_for(&s, &best, &wide, 0) > LENGTH(expected));
    for (size_t i = 0; i < LENGTH(expected); i++)
        if (memcmp(&s.tried[i], &expected[i], sizeof(expected[i])))
            fail_msg("%zu: %g, %g, %g, %zu, %zu", i, s.tried[i].temperature, s.tried[i].negative_weight,
                     s.tried[i].dropout, s.tried[i].dim, s.tried[i].epochs);
}

static void test_nothing_better_leaves_what_was_given(void **state)
{
    struct tt_pattern_search s;

    (void)state;
    size_t n = search_for(&s, &given, &wide, 1000);
    assert_true(s.best.temperature == given.temperature && s.best.dim == given.dim);
    assert_int_equal(n, 1 + 3 * 6 + 3); /* three settings both ways by three steps; dim and epochs */
}

/* What cannot be moved stays: nothing to drop, dimensions and epochs that are given. */
static void test_the_range_is_kept(void **state)
{
    static const struct tt_settings best = {0.5, 1.1, 0.9, 8, 64};
    static const struct tt_search_range fixed = {64, 64, 16, 16, 0};
    struct tt_pattern_search s;

    (void)state;
    search_for(&s, &best, &fixed, 0);
    assert_true(s.n_tried > 5 && s.best.temperature > 0.4);
    for (size_t i = 0; i < s.n_tried; i++)
        assert_true(s.tried[i].dropout == given.dropout && s.tried[i].dim == 64 && s.tried[i].epochs == 16);
}

/* What is never satisfied ends all the same. */
static void test_an_endless_climb_ends(void **state)
{
    struct tt_pattern_search s;
    struct tt_settings x;
    size_t n = 0;

    (void)state;
    tt_pattern_search_init(&s, &given, &wide);
    for (; tt_pattern_search_next(&s, &x); n++)
        tt_pattern_search_result(&s, 1);
    assert_true(n > 10 && n <= TT_SEARCH_MOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_search_finds_the_best_place),
        cmocka_unit_test(test_steps_are_halved_when_nothing_moves),
        cmocka_unit_test(test_nothing_better_leaves_what_was_given),
        cmocka_unit_test(test_the_range_is_kept),
        cmocka_unit_test(test_an_endless_climb_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
