/* Cells: the surface of the Earth cut into squares of about one size, so that a place is a name that others share.
 *
 *     tt_cell_name(name, 40.7484, -73.9857, 250);      "18124:-24930"
 *
 * Rows of cells lie between parallels, `size` metres apart on a sphere of the Earth's mean radius (6371.0088 km);
 * within a row, cells are as wide as they are high at the row's middle. A name is ROW:COLUMN, counted from the equator
 * to the north and from the meridian of Greenwich to the east; it depends on the two numbers and the size alone (and,
 * next to a border, on the C library's cosine). Cells of two sizes do not nest.
 */
#ifndef TT_TABLE_CELL_H
#define TT_TABLE_CELL_H

enum { TT_CELL_NAME = 48, TT_CELL_MAX_SIZE = 1000000 };

/* The cell that holds the place, as text into name (TT_CELL_NAME). latitude -90 ... 90, longitude -180 ... 180, in
 * degrees; size from 1 to TT_CELL_MAX_SIZE metres. */
void tt_cell_name(char *name, double latitude, double longitude, double size);

#endif
