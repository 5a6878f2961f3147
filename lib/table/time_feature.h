/* Features of a time: what tt-feature adds to rows, and what a service fills in from the clock, so that both mean the
 * same.
 *
 *     struct tt_time_features features = {.meals = meals};
 *     text = tt_time_feature(&features, TT_ADD_WEEKDAY, local, &len);        "mon"
 *
 * The struct keeps the last day's texts, since the next time is usually of the same day; one a thread.
 */
#ifndef TT_TABLE_TIME_FEATURE_H
#define TT_TABLE_TIME_FEATURE_H

#include <stdint.h>

#include "table/meal_times.h"

enum tt_derived {
    TT_ADD_MEAL_TIME, TT_ADD_HOUR, TT_ADD_WEEKDAY, TT_ADD_WEEKEND, TT_ADD_DATE, TT_ADD_MONTH,
    TT_ADD_KINDS /* as a kind: none of them */
};

extern const char *const tt_time_feature_names[TT_ADD_KINDS]; /* "meal_time", "hour" ... */

struct tt_time_features {
    struct tt_meal_times meals;
    int has_day;               /* the rest holds `day` */
    int64_t day;
    char date[16], month[3];
    int weekday;
};

/* The kind with this name, or TT_ADD_KINDS. */
enum tt_derived tt_time_feature_find(const char *name, size_t len);

/* Its text at this local time (calendar.h): *len bytes, valid until the next call or, of a meal, as long as the
 * struct. */
const char *tt_time_feature(struct tt_time_features *features, enum tt_derived kind, int64_t local, size_t *len);

#endif
