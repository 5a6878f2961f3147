/* Cells of places: sizes, borders, poles. */
#include "table/cell.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "unit.h"

static void parse(double latitude, double longitude, double size, double *row, double *column)
{
    char name[TT_CELL_NAME], again[TT_CELL_NAME + 8];

    tt_cell_name(name, latitude, longitude, size);
    assert_int_equal(sscanf(name, "%lf:%lf", row, column), 2);
    snprintf(again, sizeof(again), "%.0f:%.0f", *row, *column);
    assert_string_equal(name, again); /* whole numbers, and no -0 */
}

static void test_cells_are_counted_from_the_equator_and_greenwich(void **state)
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
static void test_cells_are_squares_of_their_size(void **state)
{
    static const double sizes[] = {1, 250, 4000, 100000};
    const double degree = 111195.08;
    struct tt_rng rng;

    (void)state;
    tt_rng_init(&rng, 1, TT_RNG_TEST, 0);
    for (int i = 0; i < 2000; i++) {
        double size = sizes[i % 4], latitude = 160 * tt_rng_unit(&rng) - 80, longitude = 340 * tt_rng_unit(&rng) - 170;
        double row, column, north, east, same;
        parse(latitude, longitude, size, &row, &column);
        parse(latitude + size / degree, longitude, size, &north, &same);
        if (fabs(latitude * degree / size - floor(latitude * degree / size) - 0.5) < 0.4)
            assert_true(north == row + 1);
        parse(latitude, longitude + 10 * size / (degree * cos(latitude * 3.14159265358979 / 180)), size, &same, &east);
        assert_true(same == row && fabs(east - column - 10) <= (size > 10000 ? 3 : 1));
    }
}

static void test_cells_at_the_poles_have_names(void **state)
{
    static const double sizes[] = {1, 333.3, TT_CELL_MAX_SIZE};
    double row, column;

    (void)state;
    for (size_t i = 0; i < LENGTH(sizes); i++)
        for (double longitude = -180; longitude <= 180; longitude += 45) {
            parse(90, longitude, sizes[i], &row, &column);
            parse(-90, longitude, sizes[i], &row, &column);
            assert_true(row < 0 && fabs(column) <= 20015087 / sizes[i] + 1);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells_are_counted_from_the_equator_and_greenwich),
        cmocka_unit_test(test_cells_are_squares_of_their_size),
        cmocka_unit_test(test_cells_at_the_poles_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
