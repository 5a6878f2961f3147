/* The row before, against a search backwards through all rows. */
#include "table/previous.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "unit.h"

enum { ROWS = 3000 };

static char folder[] = "/tmp/tt-previous-XXXXXX";
static char in_path[64], out_path[64];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(in_path, sizeof(in_path), "%s/in", folder);
    snprintf(out_path, sizeof(out_path), "%s/out", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(in_path);
    unlink(out_path);
    return rmdir(folder);
}

/* Each row's own fields are not written, so a line is ",x,y". */
static void run(struct tt_previous *p)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_csv csv;
    struct tt_writer writer;
    int more;

    assert_int_equal(tt_csv_open(&csv, in_path, TT_CSV_AUTO, &err), 0);
    assert_int_equal(tt_writer_open(&writer, out_path, NULL, &err), 0);
    assert_int_equal(tt_previous_find(p, &csv, &err), 0);
    while ((more = tt_csv_next(&csv, &err)) == 1) {
        assert_int_equal(tt_previous_write(p, &csv, &writer, &err), 0);
        assert_int_equal(tt_writer_write(&writer, "\n", 1, &err), 0);
    }
    assert_int_equal(more, 0);
    assert_int_equal(tt_writer_finish(&writer, NULL, &err), 0);
    tt_csv_close(&csv);
}

static void test_previous_is_the_last_row_of_the_group(void **state)
{
    static int user[ROWS], week[ROWS], cell[ROWS];
    struct tt_err err = TT_ERR_INIT;
    struct tt_previous p;
    struct tt_rng rng;
    char line[100], expected[100];
    FILE *f = fopen(in_path, "w");

    (void)state;
    assert_non_null(f);
    tt_rng_init(&rng, 2, TT_RNG_TEST, 0);
    fprintf(f, "cell,user,week\n");
    for (int r = 0; r < ROWS; r++) {
        user[r] = (int)tt_rng_below(&rng, 40);
        week[r] = (int)tt_rng_below(&rng, 5);
        cell[r] = (int)tt_rng_below(&rng, 30);
        fprintf(f, "\"c,%d\",%d,%d\n", cell[r], user[r], week[r]); /* a field that must be quoted again */
    }
    assert_int_equal(fclose(f), 0);
    assert_int_equal(tt_previous_init(&p, &err), 0);
    assert_int_equal(tt_previous_columns(&p, "cell,week", &err), 0);
    assert_int_equal(tt_previous_by(&p, "user,week", &err), 0);
    run(&p);
    tt_previous_release(&p);
    f = fopen(out_path, "r");
    assert_non_null(f);
    for (int r = 0; r < ROWS; r++) {
        int before = r - 1;
        while (before >= 0 && (user[before] != user[r] || week[before] != week[r]))
            before--;
        if (before < 0)
            snprintf(expected, sizeof(expected), ",,\n");
        else
            snprintf(expected, sizeof(expected), ",\"c,%d\",%d\n", cell[before], week[before]);
        assert_non_null(fgets(line, sizeof(line), f));
        assert_string_equal(line, expected);
    }
    assert_null(fgets(line, sizeof(line), f));
    fclose(f);
}

static void test_previous_refuses_bad_lists(void **state)
{
    static const struct { const char *names, *text; } cases[] = {
        {"", "'': a name is empty"}, {"a,", "'a,': a name is empty"}, {",a", "',a': a name is empty"},
        {"a,b,a", "'a' is given twice"},
    };
    char many[3 * TT_PREVIOUS_MAX + 8] = "";

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct tt_err err = TT_ERR_INIT;
        struct tt_previous p;
        assert_int_equal(tt_previous_init(&p, &err), 0);
        assert_int_equal((i % 2 ? tt_previous_by : tt_previous_columns)(&p, cases[i].names, &err), -1);
        assert_int_equal(err.kind, TT_ERR_USAGE);
        assert_string_equal(err.text, cases[i].text);
        tt_previous_release(&p);
    }
    for (int i = 0; i <= TT_PREVIOUS_MAX; i++)
        snprintf(many + strlen(many), sizeof(many) - strlen(many), "%s%c%c", i ? "," : "", 'a' + i / 26, 'a' + i % 26);
    struct tt_err err = TT_ERR_INIT;
    struct tt_previous p;
    assert_int_equal(tt_previous_init(&p, &err), 0);
    assert_int_equal(tt_previous_by(&p, many, &err), -1);
    assert_non_null(strstr(err.text, "more than 32 columns"));
    tt_previous_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_previous_is_the_last_row_of_the_group),
        cmocka_unit_test(test_previous_refuses_bad_lists),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
