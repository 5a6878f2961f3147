/* Findings as TSV and as text, byte for byte. */
#include "eval/findings_writer.h"

#include <math.h>

#include "base/utf8.h"
#include "data_files.h"

static const struct tt_compare_options options = {.level = 0.95, .power = 0.8};

/* +2.1 points of 3000 events, beyond doubt. */
static struct tt_finding finding(void)
{
    return (struct tt_finding){
        .model = "meal", .base = "base", .figure = "recall@10", .n_runs = 10, .n_base_runs = 9, .n = 3000,
        .n_users = 200, .unit = "queries", .p_holm = 0.0002,
        .c = {.value = 0.321, .base_value = 0.3, .difference = 0.021, .low = 0.012, .high = 0.03, .p = 0.0001,
              .cohens_d = 0.5, .users_part = 3e-5, .seeds_part = 1e-5, .degrees = 90, .power = 0.99,
              .detectable = 0.013, .users_factor = 0.4, .runs = 3},
    };
}

/* What is written, as text that lives until the next call. */
static const char *written(struct tt_finding *all, size_t n, int is_text, int has_slices)
{
    static char text[4096];
    const struct tt_findings findings = {.all = all, .n = n};
    struct tt_err err = TT_ERR_INIT;
    struct tt_writer writer;

    assert_int_equal(tt_writer_open(&writer, "a", NULL, &err), 0);
    assert_int_equal(is_text ? tt_findings_write_text(&findings, &options, &writer, &err)
                             : tt_findings_write_tsv(&findings, has_slices, &options, &writer, &err), 0);
    assert_int_equal(tt_writer_finish(&writer, NULL, &err), 0);
    FILE *f = fopen("a", "rb");
    assert_non_null(f);
    text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
    assert_int_equal(fclose(f), 0);
    return text;
}

#define COLUMNS "model\tbase\tmetric\tk\tvalue\tbase_value\tdifference\tlow\thigh\tp\tp_holm\tcohens_d\tusers_part\t" \
                "seeds_part\tdegrees\tseeds\tbase_seeds\tusers\tn\tpower\tdetectable\tmore_n\tneeds_seeds\tverdict\t" \
                "answer\treason\n"

static void test_tsv(void **state)
{
    struct tt_finding f = finding();
    (void)state;

    assert_string_equal(written(&f, 1, 0, 0), COLUMNS "meal\tbase\trecall\t10\t0.321\t0.3\t0.021\t0.012\t0.03\t0.0001\t"
                        "0.0002\t0.5\t3e-05\t1e-05\t90\t10\t9\t200\t3000\t0.99\t0.013\t0\t0\thelps\tmeal helps:\t"
                        "recall@10 +2.1 points over base (95 % interval +1.2 to +3.0, p = 0.0002, 10 and 9 seeds).\n");
}

/* What is not known is "-", a figure may have no K, and texts are escaped. */
static void test_tsv_of_slices_and_of_unknown_numbers(void **state)
{
    struct tt_finding f = finding();
    (void)state;

    f.slice = "day";
    f.part = "M\ton and more";
    f.part_len = 4;
    f.figure = "sales";
    f.n_runs = f.n_base_runs = 1;
    f.c.seeds_part = f.c.runs = NAN;
    f.c.users_factor = INFINITY;
    assert_string_equal(written(&f, 1, 0, 1), "slice\tpart\t" COLUMNS "day\tM\\ton\tmeal\tbase\tsales\t-\t0.321\t0.3\t"
                        "0.021\t0.012\t0.03\t0.0001\t0.0002\t0.5\t3e-05\t-\t90\t1\t1\t200\t3000\t0.99\t0.013\tinf\t-\t"
                        "cannot_tell\tmeal: cannot tell.\tsales +2.1 points over base (95 % interval +1.2 to +3.0, "
                        "p = 0.0002, 1 seed). Each was trained once, and what another seed would change is not known: "
                        "train both with three seeds or more.\n");
}

/* A table for each figure; the shares are of 3e-5 and 1e-5. Lines are not broken within "95 %" and "p = 0.0002". */
static void test_text(void **state)
{
    struct tt_finding f[3] = {finding(), finding(), finding()};
    (void)state;

    f[1].model = "a name of 22 letters..";
    f[2].figure = "mrr@10";
    f[2].c.seeds_part = NAN;
    assert_string_equal(written(f, 3, 1, 0),
        "meal helps: recall@10 +2.1 points over base (95 % interval +1.2 to +3.0, p = 0.0002, 10 and 9\n"
        "seeds).\n"
        "a name of 22 letters.. helps: recall@10 +2.1 points over base (95 % interval +1.2 to +3.0,\n"
        "p = 0.0002, 10 and 9 seeds).\n"
        "meal helps: mrr@10 +2.1 points over base (95 % interval +1.2 to +3.0, p = 0.0002, 10 and 9 seeds).\n"
        "\n"
        "recall@10 in %, 3000 test queries of 200 users\n"
        "  model                base                   model    base difference detectable  users  seeds\n"
        "  meal                 base                    32.1    30.0       +2.1        1.3   75 %   25 %\n"
        "  a name of 22 lette.. base                    32.1    30.0       +2.1        1.3   75 %   25 %\n"
        "\n"
        "mrr@10 in %, 3000 test queries of 200 users\n"
        "  model                base                   model    base difference detectable  users  seeds\n"
        "  meal                 base                    32.1    30.0       +2.1        1.3      -      -\n"
        "\n"
        "detectable: the smallest difference that such a test finds with a chance of 80 %.\n"
        "users, seeds: their shares of the difference's variance; more of the larger helps more.\n"
        "p: corrected for 3 comparisons (Holm).\n");
}

/* Names longer than a line, of one and of three bytes a character. */
static void test_text_has_lines_of_at_most_100_characters(void **state)
{
    char latin[251], hangul[3 * 150 + 1] = "";
    struct tt_finding f = finding();
    (void)state;

    memset(latin, 'x', sizeof(latin) - 1);
    latin[sizeof(latin) - 1] = '\0';
    for (int i = 0; i < 150; i++)
        memcpy(hangul + 3 * i, "\xed\x95\x9c", 4);
    f.model = latin;
    f.base = hangul;
    const char *line = written(&f, 1, 1, 0);
    size_t longest = 0;
    for (size_t len; *line; line += len + 1) {
        len = strcspn(line, "\n");
        assert_true(tt_is_utf8(line, len));
        longest = tt_utf8_count(line, len) > longest ? tt_utf8_count(line, len) : longest;
    }
    assert_int_equal(longest, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tsv),
        cmocka_unit_test(test_tsv_of_slices_and_of_unknown_numbers),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_text_has_lines_of_at_most_100_characters),
    };
    return cmocka_run_group_tests(tests, enter_data_folder, leave_data_folder);
}
