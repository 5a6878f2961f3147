/* Cells: see cell.h. */
#include "table/cell.h"

#include <math.h>
#include <stdio.h>

static const double pi = 3.14159265358979323846;
static const double radius = 6371008.8; /* metres: the mean of the Earth's three half axes */

void tt_cell_name(char *name, double latitude, double longitude, double size)
{
    double metres = pi / 180 * radius; /* of one degree */
    double row = floor(latitude * metres / size);
    double middle = (row + 0.5) * size / metres;
    double width = middle >= 90 || middle <= -90 ? 0 : cos(middle * pi / 180); /* the last row may pass its pole */

    snprintf(name, TT_CELL_NAME, "%.0f:%.0f", row + 0.0, floor(longitude * metres * width / size) + 0.0); /* no -0 */
}
