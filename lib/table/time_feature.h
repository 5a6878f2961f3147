/* Features of a time: meal time, hour, weekday ... tt-feature adds them to rows, and tt-serve computes them from the
 * time of a request.
 *
 *     struct tt_time_features features = {.meals = meals};
 *     text = tt_time_feature(&features, TT_TIME_WEEKDAY, local, &len);        "mon"
 *
 * The struct keeps the texts of the last day, as the next time is usually on the same day. Each thread needs its own.
 */
#ifndef TT_TABLE_TIME_FEATURE_H
#define TT_TABLE_TIME_FEATURE_H

#include <stdint.h>

#include "table/meal_times.h"

enum tt_time_kind {
    TT_TIME_MEAL, TT_TIME_HOUR, TT_TIME_WEEKDAY, TT_TIME_WEEKEND, TT_TIME_DATE, TT_TIME_MONTH,
    TT_TIME_KINDS /* the number of kinds; as a kind: none of these */
};

extern const char *const tt_time_feature_names[TT_TIME_KINDS]; /* "meal_time", "hour" ... */

struct tt_time_features {
    struct tt_meal_times meals;
    int has_day;               /* date, month and weekday are those of `day` */
    int64_t day;
    char date[16], month[3];
    int weekday;
};

/* The kind with this name, or TT_TIME_KINDS. */
enum tt_time_kind tt_time_feature_find(const char *name, size_t len);

/* Its text at this local time (calendar.h): *len bytes, valid until the next call or, of a meal, as long as the
 * struct. */
const char *tt_time_feature(struct tt_time_features *features, enum tt_time_kind kind, int64_t local, size_t *len);

#endif
