/* What a comparison comes to, word for word. */
#include "eval/verdict.h"

#include <math.h>
#include <string.h>

#include "unit.h"

static const struct tt_compare_options options = {.level = 0.95, .power = 0.8};

/* +2.1 points, beyond doubt. */
static struct tt_finding finding(void)
{
    return (struct tt_finding){
        .model = "meal", .base = "base", .figure = "top_k_accuracy@10", .n_runs = 10, .n_base_runs = 10, .n = 3000,
        .n_users = 200, .unit = "events", .p_holm = 0.0002,
        .c = {.value = 0.321, .base_value = 0.3, .difference = 0.021, .low = 0.012, .high = 0.03, .p = 0.0001,
              .users_part = 2e-5, .seeds_part = 1e-6, .degrees = 90, .power = 0.99, .detectable = 0.013,
              .users_factor = 0.4, .runs = 3},
    };
}

/* +0.3 points, which may be luck. */
static struct tt_finding doubtful(void)
{
    struct tt_finding f = finding();

    f.p_holm = 0.44;
    f.c.difference = 0.003;
    f.c.low = -0.005;
    f.c.high = 0.011;
    f.c.power = 0.11;
    f.c.users_factor = 1.78;
    f.c.runs = 35;
    return f;
}

#define HEAD "meal: cannot tell. top_k_accuracy@10 +0.3 points over base (95 % interval -0.5 to +1.1, p = 0.44, " \
             "10 seeds)."

static void says(const struct tt_finding *f, const struct tt_compare_options *o, const char *expected)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_buf text = TT_BUF_INIT;

    assert_int_equal(tt_verdict_answer(f, o, &text, &err), 0);
    assert_int_equal(tt_buf_add_text(&text, " ", &err), 0);
    assert_int_equal(tt_verdict_reason(f, o, &text, &err), 0);
    assert_string_equal(text.data, expected);
    tt_buf_release(&text);
}

static void test_verdict_helps_or_hurts(void **state)
{
    struct tt_finding f = finding();
    (void)state;

    assert_int_equal(tt_verdict(&f, &options), TT_VERDICT_HELPS);
    says(&f, &options, "meal helps: top_k_accuracy@10 +2.1 points over base (95 % interval +1.2 to +3.0, p = 0.0002, "
         "10 seeds).");
    f.c.difference = -0.021;
    f.c.low = -0.03;
    f.c.high = -0.012;
    f.p_holm = 0.00004;
    f.n_base_runs = 1;
    assert_int_equal(tt_verdict(&f, &options), TT_VERDICT_HURTS);
    says(&f, &options, "meal hurts: top_k_accuracy@10 -2.1 points over base (95 % interval -3.0 to -1.2, p < 0.0001, "
         "10 and 1 seeds).");
}

static void test_verdict_goes_by_the_corrected_p(void **state)
{
    struct tt_finding f = finding();
    (void)state;

    f.p_holm = 0.0499;
    assert_int_equal(tt_verdict(&f, &options), TT_VERDICT_HELPS);
    f.p_holm = 0.0501;
    assert_int_equal(tt_verdict(&f, &options), TT_VERDICT_CANNOT_TELL);
}

/* A p near the limit has the digits that tell on which side it is. */
static void test_verdict_p_is_not_rounded_over_the_limit(void **state)
{
    struct tt_finding f = finding();
    (void)state;

    f.p_holm = 0.0496;
    says(&f, &options, "meal helps: top_k_accuracy@10 +2.1 points over base (95 % interval +1.2 to +3.0, p = 0.0496, "
         "10 seeds).");
    f.p_holm = 0.0096;
    says(&f, &options, "meal helps: top_k_accuracy@10 +2.1 points over base (95 % interval +1.2 to +3.0, p = 0.01, "
         "10 seeds).");
}

static void test_verdict_says_what_it_takes(void **state)
{
    struct tt_finding f = doubtful();
    (void)state;

    assert_int_equal(tt_verdict(&f, &options), TT_VERDICT_CANNOT_TELL);
    assert_true(tt_verdict_more(&f) == 2400 && tt_verdict_runs(&f) == 35);
    says(&f, &options, HEAD " To find a difference of 0.3 points takes about 2,400 more test events, or 35 seeds of "
         "each model.");
    f.c.runs = INFINITY;
    says(&f, &options, HEAD " To find a difference of 0.3 points takes about 2,400 more test events; more seeds alone "
         "would not do.");
    f.unit = "queries";
    f.c.users_factor = INFINITY;
    says(&f, &options, HEAD " To find a difference of 0.3 points takes both more test queries and more seeds.");
    f.c.runs = 12;
    says(&f, &options, HEAD " To find a difference of 0.3 points takes 12 seeds of each model; more test queries alone "
         "would not do.");
}

static void test_verdict_counts_have_two_digits(void **state)
{
    struct tt_finding f = doubtful();
    (void)state;

    f.c.users_factor = 1 + 1234567.0 / 3000;
    assert_true(tt_verdict_more(&f) == 1300000);
    says(&f, &options, HEAD " To find a difference of 0.3 points takes about 1,300,000 more test events, or 35 seeds "
         "of each model.");
    f.c.users_factor = 1 + 99.0 / 3000;
    assert_true(tt_verdict_more(&f) == 99);
    f.c.users_factor = 0.9;
    f.c.runs = 10;
    assert_true(tt_verdict_more(&f) == 0 && tt_verdict_runs(&f) == 0);
    f.c.users_factor = f.c.runs = NAN;
    assert_true(isnan(tt_verdict_more(&f)) && isnan(tt_verdict_runs(&f)));
}

static void test_verdict_a_difference_that_matters(void **state)
{
    struct tt_compare_options o = options;
    struct tt_finding f = doubtful();
    (void)state;

    o.effect = 0.02; /* beyond the interval on both sides */
    assert_int_equal(tt_verdict(&f, &o), TT_VERDICT_SAME);
    says(&f, &o, "meal makes no difference of 2 points: top_k_accuracy@10 +0.3 points over base (95 % interval -0.5 to "
         "+1.1, p = 0.44, 10 seeds).");
    o.effect = 0.011;
    f.c.users_factor = 0.8;
    f.c.power = 0.84;
    assert_int_equal(tt_verdict(&f, &o), TT_VERDICT_CANNOT_TELL);
    says(&f, &o, HEAD " Such a test finds a difference of 1.1 points with a chance of 84 %.");
    f.c.difference = 0.021; /* found all the same: it is what the test says that counts */
    f.p_holm = 0.001;
    assert_int_equal(tt_verdict(&f, &o), TT_VERDICT_HELPS);
}

/* Of one training each no other is known, however small p. */
static void test_verdict_of_one_training_each(void **state)
{
    struct tt_finding f = finding();
    (void)state;

    f.n_runs = f.n_base_runs = 1;
    assert_int_equal(tt_verdict(&f, &options), TT_VERDICT_CANNOT_TELL);
    says(&f, &options, "meal: cannot tell. top_k_accuracy@10 +2.1 points over base (95 % interval +1.2 to +3.0, p = "
         "0.0002, 1 seed). Each was trained once, and what another seed would change is not known: train both with "
         "three seeds or more.");
}

static void test_verdict_of_models_that_are_alike(void **state)
{
    struct tt_finding f = finding();
    (void)state;

    f.p_holm = 1;
    f.c = (struct tt_comparison){.value = 0.3, .base_value = 0.3, .p = 1, .users_factor = INFINITY, .runs = INFINITY};
    says(&f, &options, "meal: cannot tell. top_k_accuracy@10 +0.00 points over base (95 % interval +0.00 to +0.00, p = "
         "1.00, 10 seeds).");
}

static void test_verdict_digits_follow_the_interval(void **state)
{
    static const struct { double width; int digits; } of[] = {
        {0.8, 1}, {0.08, 1}, {0.018, 1}, {0.01, 2}, {0.001, 3}, {0.0001, 4}, {1e-7, 4}, {0, 2},
    };
    (void)state;

    for (size_t i = 0; i < LENGTH(of); i++) {
        struct tt_comparison c = {.low = 0.1, .high = 0.1 + of[i].width};
        assert_int_equal(tt_verdict_digits(&c), of[i].digits);
    }
}

static void test_verdict_of_a_single_user(void **state)
{
    struct tt_finding f = finding();
    (void)state;

    f.n_users = 1;
    f.p_holm = f.c.p = f.c.low = f.c.high = NAN;
    assert_int_equal(tt_verdict(&f, &options), TT_VERDICT_CANNOT_TELL);
    says(&f, &options, "meal: cannot tell. top_k_accuracy@10 +2.10 points over base, of a single user: nothing can be "
         "said of others.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdict_helps_or_hurts),
        cmocka_unit_test(test_verdict_goes_by_the_corrected_p),
        cmocka_unit_test(test_verdict_p_is_not_rounded_over_the_limit),
        cmocka_unit_test(test_verdict_says_what_it_takes),
        cmocka_unit_test(test_verdict_counts_have_two_digits),
        cmocka_unit_test(test_verdict_a_difference_that_matters),
        cmocka_unit_test(test_verdict_of_one_training_each),
        cmocka_unit_test(test_verdict_of_a_single_user),
        cmocka_unit_test(test_verdict_of_models_that_are_alike),
        cmocka_unit_test(test_verdict_digits_follow_the_interval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
