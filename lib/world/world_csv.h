/* The tables of a made-up world as CSV (RFC 4180, LF): what tt-gen writes.
 *
 *     reviews  review_id,user_id,store_id,visited_at[,rating][,text]
 *              r00000000,u0000123,s000045,2024-01-01T12:34:56+09:00,4
 *     stores   store_id,category,area,price
 *              s000045,noodles,harbour,12500
 *     users    user_id,age,home_area
 *              u0000123,34,old town
 *
 * Reviews are in the order of time. Memory does not grow with their number, nor with the number of users.
 */
#ifndef TT_WORLD_WORLD_CSV_H
#define TT_WORLD_WORLD_CSV_H

#include "world/world.h"
#include "io/stream.h"

struct tt_review_columns {
    int rating;  /* 1: write the column */
    double text; /* share of the reviews that have a text, 0 ... 1; 0: no such column */
};

int tt_world_write_reviews(const struct tt_world *world, const struct tt_review_columns *columns,
                           struct tt_writer *writer, struct tt_err *err) TT_CHECKED;
int tt_world_write_stores(const struct tt_world *world, struct tt_writer *writer, struct tt_err *err) TT_CHECKED;
int tt_world_write_users(const struct tt_world *world, struct tt_writer *writer, struct tt_err *err) TT_CHECKED;

#endif
