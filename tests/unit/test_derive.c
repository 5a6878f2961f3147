/* Derived columns: bytes that were there stay, line ends are kept, borders belong to the upper bucket. */
#include "table/derive.h"

#include <math.h>
#include <unistd.h>

#include "base/rng.h"
#include "unit.h"

static char folder[] = "/tmp/tt-derive-XXXXXX";
static char in_path[64], out_path[64];
static struct tt_zone *seoul; /* as a fixed offset: no database is needed */

static int make_folder(void **state)
{
    struct tt_err err = TT_ERR_INIT;

    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(in_path, sizeof(in_path), "%s/in", folder);
    snprintf(out_path, sizeof(out_path), "%s/out", folder);
    seoul = tt_zone_new("+09:00", NULL, &err);
    return seoul ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    tt_zone_free(seoul);
    unlink(in_path);
    unlink(out_path);
    return rmdir(folder);
}

/* Run over this input. 0 and the output in `out`, or -1 and *err. */
static int run_over(struct tt_derive *derive, const char *input, char out[4096], struct tt_err *err)
{
    struct tt_csv csv;
    struct tt_writer writer;
    FILE *file = fopen(in_path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(input, 1, strlen(input), file), strlen(input));
    assert_int_equal(fclose(file), 0);
    int status = tt_csv_open(&csv, in_path, TT_CSV_AUTO, err);
    assert_int_equal(status, 0);
    assert_int_equal(tt_writer_open(&writer, out_path, NULL, err), 0);
    status = tt_derive_rows(derive, &csv, &writer, err);
    if (status)
        tt_writer_discard(&writer, NULL);
    else
        assert_int_equal(tt_writer_finish(&writer, NULL, err), 0);
    tt_csv_close(&csv);
    out[0] = '\0';
    if (status == 0) {
        file = fopen(out_path, "rb");
        assert_non_null(file);
        out[fread(out, 1, 4095, file)] = '\0';
        fclose(file);
    }
    return status;
}

static void start(struct tt_derive *derive, const char *add)
{
    struct tt_err err = TT_ERR_INIT;

    tt_derive_init(derive);
    derive->time_column = "t";
    derive->zone = seoul;
    assert_int_equal(tt_derive_add(derive, add, &err), 0);
}

static void test_derive_puts_fields_at_the_end_of_untouched_rows(void **state)
{
    static const struct { const char *add, *in, *out; } cases[] = {
        {"meal_time", "t,x\n2024-03-01T12:00:00,1\n", "t,x,meal_time\n2024-03-01T12:00:00,1,lunch\n"},
        /* in the zone: 20:00 UTC is 05:00 of the next day, a Saturday */
        {"meal_time,hour,weekday,weekend,date,month", "t\n2024-03-01T20:00:00Z\n1709323200\n",
         "t,meal_time,hour,weekday,weekend,date,month\n"
         "2024-03-01T20:00:00Z,breakfast,5,sat,1,2024-03-02,3\n1709323200,breakfast,5,sat,1,2024-03-02,3\n"},
        {"date,meal_time", "t\n2024-12-31 23:59\n2024-12-31 00:00\n",
         "t,date,meal_time\n2024-12-31 23:59,2024-12-31,night\n2024-12-31 00:00,2024-12-31,night\n"},
        {"month,weekday", "t\n1900-01-01\n2000-02-29\n2200-12-31\n",
         "t,month,weekday\n1900-01-01,1,mon\n2000-02-29,2,tue\n2200-12-31,12,wed\n"},
        /* quotes, delimiters and line breaks inside fields stay as they are */
        {"hour", "t,x\n\"2024-03-01 07:00\",\"a,\"\"b\"\"\nc\"\n2024-03-01 08:00,  y \n",
         "t,x,hour\n\"2024-03-01 07:00\",\"a,\"\"b\"\"\nc\",7\n2024-03-01 08:00,  y ,8\n"},
        {"hour", "t\tx\n2024-03-01 07:00\ta\\tb\\\\\n", "t\tx\thour\n2024-03-01 07:00\ta\\tb\\\\\t7\n"},
        /* line ends: CRLF is kept, also where the last line lacks its own; empty lines go */
        {"hour", "t,x\r\n2024-03-01 07:00,1\r\n2024-03-01 08:00,2",
         "t,x,hour\r\n2024-03-01 07:00,1,7\r\n2024-03-01 08:00,2,8\r\n"},
        {"hour", "t,x\r\n2024-03-01 07:00,\"1\"\r\n", "t,x,hour\r\n2024-03-01 07:00,\"1\",7\r\n"},
        {"hour", "t,x\n2024-03-01 07:00,\"1\"", "t,x,hour\n2024-03-01 07:00,\"1\",7\n"},
        {"hour", "t,x\n\n2024-03-01 07:00,1\n\n", "t,x,hour\n2024-03-01 07:00,1,7\n"},
        /* no rows, no line end, a byte order mark */
        {"hour", "t,x\n", "t,x,hour\n"},
        {"hour", "t,x", "t,x,hour\n"},
        {"hour", "t,x\r\n", "t,x,hour\r\n"},
        {"hour", "\xef\xbb\xbft,x\n0,1\n", "t,x,hour\n0,1,9\n"},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct tt_derive derive;
        struct tt_err err = TT_ERR_INIT;
        char out[4096];
        start(&derive, cases[i].add);
        if (run_over(&derive, cases[i].in, out, &err))
            fail_msg("case %zu: %s", i, err.text);
        assert_string_equal(out, cases[i].out);
        tt_derive_release(&derive);
    }
}

static void test_derive_meal_times_of_an_hour_column(void **state)
{
    struct tt_derive derive;
    struct tt_err err = TT_ERR_INIT;
    char out[4096];

    (void)state;
    tt_derive_init(&derive);
    derive.hour_column = "h";
    assert_int_equal(tt_meal_times_parse(&derive.times.meals, "am=2,pm=12", &err), 0);
    assert_int_equal(tt_derive_add(&derive, "meal_time", &err), 0);
    assert_int_equal(run_over(&derive, "h\n0\n2\n08\n12\n23\n", out, &err), 0);
    assert_string_equal(out, "h,meal_time\n0,pm\n2,am\n08,am\n12,pm\n23,pm\n");
    tt_derive_release(&derive);
}

static void test_derive_buckets_hold_their_lower_border(void **state)
{
    struct tt_derive derive;
    struct tt_err err = TT_ERR_INIT;
    char out[4096];

    (void)state;
    tt_derive_init(&derive);
    assert_int_equal(tt_derive_bucket(&derive, "p=-1,0.5,20", &err), 0);
    assert_int_equal(tt_derive_bucket(&derive, "q=7", &err), 0);
    assert_int_equal(run_over(&derive, "p,q\n-2,0\n-1,7\n0.49,7.1\n5e-1,6\n20,-7\n1e9,7\n", out, &err), 0);
    assert_string_equal(out, "p,q,p_bucket,q_bucket\n"
                             "-2,0,<-1,<7\n-1,7,-1-0.5,>=7\n0.49,7.1,-1-0.5,>=7\n5e-1,6,0.5-20,<7\n"
                             "20,-7,>=20,<7\n1e9,7,>=20,>=7\n");
    tt_derive_release(&derive);
}

static void test_derive_where_keeps_rows_that_agree_with_all(void **state)
{
    struct tt_derive derive;
    struct tt_err err = TT_ERR_INIT;
    char out[4096];

    (void)state;
    start(&derive, "hour");
    assert_int_equal(tt_derive_where(&derive, "x=a|b=c|", &err), 0); /* a, or b=c, or nothing */
    assert_int_equal(tt_derive_where(&derive, "y=1", &err), 0);
    assert_int_equal(run_over(&derive,
                              "t,x,y\n0,a,1\n0,a,2\n0,b,1\n0,b=c,1\n0,,1\nnot looked at,ab,1\n0,\"a\",1\n", out,
                              &err), 0);
    assert_string_equal(out, "t,x,y,hour\n0,a,1,9\n0,b=c,1,9\n0,,1,9\n0,\"a\",1,9\n");
    tt_derive_release(&derive);
}

static void test_derive_where_not_drops_rows_that_agree(void **state)
{
    struct tt_derive derive;
    struct tt_err err = TT_ERR_INIT;
    char out[4096];

    (void)state;
    start(&derive, "hour");
    assert_int_equal(tt_derive_where(&derive, "x!=", &err), 0);       /* no guests */
    assert_int_equal(tt_derive_where(&derive, "y!=1|2", &err), 0);    /* neither */
    assert_int_equal(tt_derive_where(&derive, "y=!=|3|1", &err), 0);  /* the first = counts: "!=" is a value */
    assert_int_equal(run_over(&derive, "t,x,y\n0,a,3\n0,a,1\nnot looked at,,3\n0,b,!=\n0,b,2\n0,\"\",3\n", out, &err),
                     0);
    assert_string_equal(out, "t,x,y,hour\n0,a,3,9\n0,b,!=,9\n");
    tt_derive_release(&derive);
}

static void test_derive_leaves_bad_fields_empty_when_told(void **state)
{
    struct tt_derive derive;
    struct tt_err err = TT_ERR_INIT;
    char out[4096], expected[200];

    (void)state;
    start(&derive, "hour,date");
    assert_int_equal(tt_derive_bucket(&derive, "p=10", &err), 0);
    derive.empty_when_bad = 1;
    assert_int_equal(run_over(&derive, "t,p\n0,1\n2024-02-30,12\n,x\n0,\n", out, &err), 0);
    assert_string_equal(out, "t,p,hour,date,p_bucket\n"
                             "0,1,9,1970-01-01,<10\n2024-02-30,12,,,>=10\n,x,,,\n0,,9,1970-01-01,\n");
    assert_int_equal(derive.n_read, 4);
    assert_int_equal(derive.n_bad, 4); /* two times, two numbers */
    snprintf(expected, sizeof(expected), "%s:3: field 't': '2024-02-30' is not a date that exists", in_path);
    assert_string_equal(derive.first_bad.text, expected);
    tt_derive_release(&derive);
}

static void test_derive_refuses_inputs(void **state)
{
    static const struct { const char *in, *error; } bad[] = {
        {"x,p\n", ": no column 't' (there are: x, p)"},
        {"t,x\n", ": no column 'p' (there are: t, x)"},
        {"t,p,hour\n", ":1: a column 'hour' exists already"},
        {"t,p,p_bucket\n", ":1: a column 'p_bucket' exists already"},
        {"t,p\n0,1\n0\n", ":3: expected 2 fields, found 1"},
        {"t,p\n0,\"1\n", ":2: a quoted field that is never closed"},
        {"t,p\n\"0\n\",1\n",
         ":2: field 't': '0\\x0a' is not a time (epoch seconds, or like 2024-03-01T12:34:56+09:00)"},
        {"t,p\n0,1\n0,1x\n", ":3: field 'p': '1x' is not a number"},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(bad); i++) {
        struct tt_derive derive;
        struct tt_err err = TT_ERR_INIT;
        char out[4096], expected[300];
        start(&derive, "hour");
        assert_int_equal(tt_derive_bucket(&derive, "p=10", &err), 0);
        assert_int_equal(run_over(&derive, bad[i].in, out, &err), -1);
        snprintf(expected, sizeof(expected), "%s%s", in_path, bad[i].error);
        assert_string_equal(err.text, expected);
        tt_derive_release(&derive);
    }
}

static void test_derive_refuses_settings(void **state)
{
    static const struct { char what; const char *text, *error; } bad[] = {
        {'a', "mealtime", "'mealtime' is not one of meal_time, hour, weekday, weekend, date, month"},
        {'a', "", "'' is not one of meal_time, hour, weekday, weekend, date, month"},
        {'a', "hour,", "'' is not one of meal_time, hour, weekday, weekend, date, month"},
        {'a', "hour,date,hour", "'hour' is given twice"},
        {'b', "price", "'price': expected COLUMN=NUMBER,NUMBER,..."},
        {'b', "=1", "'=1': expected COLUMN=NUMBER,NUMBER,..."},
        {'b', "price=", "'price=': '' is not a number"},
        {'b', "price=1,x", "'price=1,x': 'x' is not a number"},
        {'b', "price=1,nan", "'price=1,nan': 'nan' is not a number"},
        {'b', "price=1,1", "'price=1,1': the numbers do not rise"},
        {'w', "label", "'label': expected COLUMN=VALUE or COLUMN!=VALUE"},
        {'w', "=1", "'=1': expected COLUMN=VALUE or COLUMN!=VALUE"},
        {'w', "!=1", "'!=1': expected COLUMN=VALUE or COLUMN!=VALUE"},
    };
    struct tt_err err = TT_ERR_INIT;
    struct tt_derive derive;

    (void)state;
    for (size_t i = 0; i < LENGTH(bad); i++) {
        tt_derive_init(&derive);
        err = (struct tt_err)TT_ERR_INIT;
        int status = bad[i].what == 'a' ? tt_derive_add(&derive, bad[i].text, &err)
                   : bad[i].what == 'b' ? tt_derive_bucket(&derive, bad[i].text, &err)
                                        : tt_derive_where(&derive, bad[i].text, &err);
        assert_int_equal(status, -1);
        assert_string_equal(err.text, bad[i].error);
        assert_int_equal(err.kind, TT_ERR_USAGE);
        tt_derive_release(&derive);
    }
    tt_derive_init(&derive);
    err = (struct tt_err)TT_ERR_INIT;
    assert_int_equal(tt_derive_bucket(&derive, "p=1", &err), 0);
    assert_int_equal(tt_derive_bucket(&derive, "p=2", &err), -1);
    assert_string_equal(err.text, "'p': given twice");
    tt_derive_release(&derive);
}

static void parse_cell(double latitude, double longitude, double size, double *row, double *column)
{
    char name[TT_CELL_NAME], again[TT_CELL_NAME + 8];

    tt_cell_name(name, latitude, longitude, size);
    assert_int_equal(sscanf(name, "%lf:%lf", row, column), 2);
    snprintf(again, sizeof(again), "%.0f:%.0f", *row, *column);
    assert_string_equal(name, again); /* whole numbers, and no -0 */
}

static void test_derive_cells_are_counted_from_the_equator_and_greenwich(void **state)
{
    static const struct { double latitude, longitude, size; const char *name; } cases[] = {
        {0, 0, 250, "0:0"},       {-0.0, -0.0, 250, "0:0"},   {-1e-6, -1e-6, 250, "-1:-1"},
        {1, 0, 111195, "1:0"},    {0.99, 1.01, 111195, "0:1"}, {60.1, 1, 111195, "60:0"}, /* half as wide there */
        {60.1, 2.1, 111195, "60:1"},
    };
    char name[TT_CELL_NAME];

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        tt_cell_name(name, cases[i].latitude, cases[i].longitude, cases[i].size);
        assert_string_equal(name, cases[i].name);
    }
}

/* A step of a cell's size to the north is the next row, and to the east about the next column, wherever it begins. */
static void test_derive_cells_are_squares_of_their_size(void **state)
{
    static const double sizes[] = {1, 250, 4000, 100000};
    const double degree = 111195.08;
    struct tt_rng rng;

    (void)state;
    tt_rng_init(&rng, 1, TT_RNG_TEST, 0);
    for (int i = 0; i < 2000; i++) {
        double size = sizes[i % 4], latitude = 160 * tt_rng_unit(&rng) - 80, longitude = 340 * tt_rng_unit(&rng) - 170;
        double row, column, north, east, same;
        parse_cell(latitude, longitude, size, &row, &column);
        parse_cell(latitude + size / degree, longitude, size, &north, &same);
        if (fabs(latitude * degree / size - floor(latitude * degree / size) - 0.5) < 0.4)
            assert_true(north == row + 1);
        double ten_cells = 10 * size / (degree * cos(latitude * 3.14159265358979 / 180));
        parse_cell(latitude, longitude + ten_cells, size, &same, &east);
        assert_true(same == row && fabs(east - column - 10) <= (size > 10000 ? 3 : 1));
    }
}

static void test_derive_cells_at_the_poles_have_names(void **state)
{
    static const double sizes[] = {1, 333.3, TT_CELL_MAX_SIZE};
    double row, column;

    (void)state;
    for (size_t i = 0; i < LENGTH(sizes); i++)
        for (double longitude = -180; longitude <= 180; longitude += 45) {
            parse_cell(90, longitude, sizes[i], &row, &column);
            parse_cell(-90, longitude, sizes[i], &row, &column);
            assert_true(row < 0 && fabs(column) <= 20015087 / sizes[i] + 1);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_derive_puts_fields_at_the_end_of_untouched_rows),
        cmocka_unit_test(test_derive_meal_times_of_an_hour_column),
        cmocka_unit_test(test_derive_buckets_hold_their_lower_border),
        cmocka_unit_test(test_derive_where_keeps_rows_that_agree_with_all),
        cmocka_unit_test(test_derive_where_not_drops_rows_that_agree),
        cmocka_unit_test(test_derive_leaves_bad_fields_empty_when_told),
        cmocka_unit_test(test_derive_refuses_inputs),
        cmocka_unit_test(test_derive_refuses_settings),
        cmocka_unit_test(test_derive_cells_are_counted_from_the_equator_and_greenwich),
        cmocka_unit_test(test_derive_cells_are_squares_of_their_size),
        cmocka_unit_test(test_derive_cells_at_the_poles_have_names),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
