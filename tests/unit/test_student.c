/* Student's distribution and the normal one against SciPy 1.17.1:
 *
 *     from scipy.stats import t, norm
 *     for d in (1, 1.5, 2, 3.7, 10, 192, 5000, 2e5, 2e6):
 *         print([2 * t.sf(x, d) for x in (0.001, 1.96, 5, 30)], [t.isf(p / 2, d) for p in (0.9, 0.05, 1e-4, 1e-12)])
 *     print([2 * norm.sf(x) for x in (0.001, 1.96, 7, 30)], [norm.isf(p / 2) for p in (0.9, 0.05, 1e-4, 1e-12)])
 */
#include "math/student.h"

#include <math.h>

#include "unit.h"

static const struct { double df, t, p; } tails[] = {
    {1, 0.001, 0.999363380439816}, {1, 1.96, 0.300342891776033},
    {1, 5, 0.125665916378002}, {1, 30, 0.0212128048110709},
    {1.5, 0.001, 0.99931853022672}, {1.5, 1.96, 0.229659897346714},
    {1.5, 5, 0.0653757676211562}, {1.5, 30, 0.00458564232297941},
    {2, 0.001, 0.99929289339559}, {2, 1.96, 0.189057309601732},
    {2, 5, 0.0377495513506237}, {2, 30, 0.00110926268195966},
    {3.7, 0.001, 0.999253677059086}, {3.7, 1.96, 0.12728304125953},
    {3.7, 5, 0.00916396764489331}, {3.7, 30, 1.4857041252352e-05},
    {10, 0.001, 0.999221783374741}, {10, 1.96, 0.0784362402476997},
    {10, 5, 0.000537333602756453}, {10, 30, 3.96179234203132e-11},
    {192, 0.001, 0.999203153804113}, {192, 1.96, 0.0514428287747158},
    {192, 5, 1.28825086028365e-06}, {192, 30, 2.1319765034818e-74},
    {5000, 0.001, 0.999202155465428}, {5000, 1.96, 0.0500512522918195},
    {5000, 5, 5.92894745912132e-07}, {5000, 30, 5.69165811786163e-182},
    {200000, 0.001, 0.999202116569534}, {200000, 1.96, 0.0499971767427125},
    {200000, 5, 5.73786491678429e-07}, {200000, 30, 2.69900442218684e-197},
    {2000000, 0.001, 0.999202115671914}, {2000000, 1.96, 0.0499959289408288},
    {2000000, 5, 5.73351463783146e-07}, {2000000, 30, 1.0861192311774e-197},
    {INFINITY, 0.001, 0.999202115572178}, {INFINITY, 1.96, 0.0499957902964409},
    {INFINITY, 7, 2.55962508777167e-12}, {INFINITY, 30, 9.81342785429582e-198},
};

static const struct { double df, p, t; } quantiles[] = {
    {1, 0.9, 0.158384440324536}, {1, 0.05, 12.7062047361747},
    {1, 0.0001, 6366.19767131594}, {1, 1e-12, 636619772367.581},
    {1.5, 0.9, 0.147626643460947}, {1.5, 0.05, 6.01666310442793},
    {1.5, 0.0001, 384.572402521553}, {1.5, 1e-12, 82853912.5968273},
    {2, 0.9, 0.14213381090374}, {2, 0.05, 4.30265272974946},
    {2, 0.0001, 99.9924998437445}, {2, 1e-12, 999999.99999925},
    {3.7, 0.9, 0.134502863231898}, {3.7, 0.05, 2.86752070719119},
    {3.7, 0.0001, 17.8644384469451}, {3.7, 1e-12, 2607.44949728851},
    {10, 0.9, 0.128890189293274}, {10, 0.05, 2.22813885198628},
    {10, 0.0001, 6.21105089129066}, {10, 1e-12, 43.4569045138876},
    {192, 0.9, 0.125827666969407}, {192, 0.05, 1.97239649131558},
    {192, 0.0001, 3.97388909359147}, {192, 1e-12, 7.64074551597701},
    {5000, 0.9, 0.125667729307246}, {5000, 0.05, 1.96043855170651},
    {5000, 0.0001, 3.89373320892692}, {5000, 1e-12, 7.1490314881928},
    {200000, 0.9, 0.125661506412227}, {200000, 0.05, 1.95997584596677},
    {200000, 0.0001, 3.89067036449026}, {200000, 1e-12, 7.13096896732655},
    {2000000, 0.9, 0.12566136281078}, {2000000, 0.05, 1.95996517067637},
    {2000000, 0.0001, 3.89059973409399}, {2000000, 1e-12, 7.13055305779014},
    {INFINITY, 0.9, 0.125661346855074}, {INFINITY, 0.05, 1.95996398454005},
    {INFINITY, 0.0001, 3.89059188641309}, {INFINITY, 1e-12, 7.13050684817132},
};

static int is_near(double x, double y)
{
    return fabs(x - y) <= (y < 1e-100 ? 1e-8 : 1e-10) * fabs(y);
}

static void test_student_tails_are_scipys(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(tails); i++)
        if (!is_near(tt_student_tails(tails[i].t, tails[i].df), tails[i].p))
            fail_msg("df %g, t %g: %.15g", tails[i].df, tails[i].t, tt_student_tails(tails[i].t, tails[i].df));
}

static void test_student_quantiles_are_scipys(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(quantiles); i++)
        if (!is_near(tt_student_critical(quantiles[i].p, quantiles[i].df), quantiles[i].t))
            fail_msg("df %g, p %g: %.15g", quantiles[i].df, quantiles[i].p,
                     tt_student_critical(quantiles[i].p, quantiles[i].df));
}

static void test_student_of_all_degrees_is_the_normal_distribution(void **state)
{
    (void)state;
    assert_true(tt_student_tails(2.5, INFINITY) == tt_normal_tails(2.5));
    assert_true(tt_student_critical(0.01, INFINITY) == tt_normal_critical(0.01));
}

/* One degree of freedom is Cauchy's distribution: P(|T| > t) = 1 - 2 arctan(t) / pi. */
static void test_student_ends(void **state)
{
    (void)state;
    assert_true(tt_student_tails(0, 3) == 1 && tt_normal_tails(0) == 1);
    assert_true(tt_student_critical(1, 3) < 1e-15 && tt_normal_critical(1) < 1e-15);
    assert_true(is_near(tt_student_tails(1e9, 1), 2 / 3.14159265358979323846 / 1e9));
    assert_true(tt_student_tails(1e9, 192) >= 0 && tt_student_tails(1e9, 192) < 1e-300);
    assert_true(tt_student_tails(1e9, 1e9) == 0);
}

/* Where one formula takes over from another, the values go on: log B at 200 degrees of freedom, the tail at a million,
 * the two continued fractions where t t is about 3 / 2. */
static void test_student_is_smooth_where_formulas_change(void **state)
{
    static const double at[] = {200, 1e6};
    (void)state;

    for (size_t i = 0; i < LENGTH(at); i++)
        for (double t = 0.5; t < 8; t += 0.5)
            assert_true(fabs(tt_student_tails(t, at[i] * (1 + 1e-13)) / tt_student_tails(t, at[i] * (1 - 1e-13)) - 1) <
                        1e-10);
    for (double t = 1; t < 2; t += 1.0 / 1024)
        assert_true(tt_student_tails(t + 1e-9, 3) < tt_student_tails(t, 3) &&
                    tt_student_tails(t, 3) - tt_student_tails(t + 1e-9, 3) < 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_student_tails_are_scipys),
        cmocka_unit_test(test_student_quantiles_are_scipys),
        cmocka_unit_test(test_student_of_all_degrees_is_the_normal_distribution),
        cmocka_unit_test(test_student_ends),
        cmocka_unit_test(test_student_is_smooth_where_formulas_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
